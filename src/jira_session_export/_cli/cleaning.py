"""`jira-session-export cleanup`: undoes an export, with whatever is left of its state."""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import typer

from jira_session_export._cli.export import check_site, open_jira
from jira_session_export._cli.output import ExitCode, Output
from jira_session_export._cli.sessions import Place, Wanted, find_session, find_sessions
from jira_session_export._cli.state import check_database, default_database, open_copy
from jira_session_export._envconfig import export_settings, jira_settings
from jira_session_export._export.cleanup import CleanupOutcome, CleanupReport, SessionIssue
from jira_session_export._models import Session
from jira_session_export._printable import one_line
from jira_session_export._storage.memory import InMemoryStore
from jira_session_export._storage.protocols import SessionStore
from jira_session_export._wording import counted
from jira_session_export.errors import InputError, SessionNotFoundError, SettingsError

WORDS = {
    CleanupOutcome.FOUND: "to be deleted",
    CleanupOutcome.DELETED: "deleted",
    CleanupOutcome.MISSING: "not shown by Jira: gone, or hidden from this account",
    CleanupOutcome.KEPT: "kept",
}


@dataclass(frozen=True, slots=True)
class Asked:
    """How to go about it.

    Attributes:
        by: who does it.
        yes: do not ask.
    """

    by: str
    yes: bool
    forget_missing: bool
    site_moved: bool


@dataclass(frozen=True, slots=True)
class _Subject:
    """The session to clean up, and where its state is, or would be; None: there is none."""

    session: Session | UUID
    name: str
    project_key: str | None
    database: str | None

    @property
    def session_id(self) -> UUID:
        """The session's id."""
        return self.session.id if isinstance(self.session, Session) else self.session


async def clean_session(wanted: Wanted, asked: Asked, output: Output) -> ExitCode:
    """Show the session's issues; delete them if that is said."""
    subject = await _subject(wanted, output)
    account, settings = jira_settings(), export_settings()
    async with _opened(subject.database) as store, open_jira(account, store, settings, output) as jira:
        if subject.database is not None:
            await check_site(jira, subject.session_id, subject.database, account, moved=asked.site_moved)
        found = await jira.cleanup(subject.session, project_key=subject.project_key)
    wants = found.count(CleanupOutcome.FOUND) + (asked.forget_missing and found.count(CleanupOutcome.MISSING))
    if not wants or not (asked.yes or _confirmed(found, subject.name, output)):
        _print(found, output)
        if wants:
            output.note("Nothing was deleted. To delete these issues: the same command with --yes.")
        return ExitCode.DONE
    if subject.database is not None:
        check_database(subject.database, writing=True)
    async with open_jira(account, subject.database or "memory://", settings, output) as jira:
        if isinstance(subject.session, Session) and not await _is_stored(jira.store, subject.session_id):
            await jira.put(subject.session)  # so that an audit trail is kept, and the next export knows of it
        done = await jira.cleanup(
            subject.session,
            by=asked.by,
            dry_run=False,
            project_key=subject.project_key,
            forget_missing=asked.forget_missing,
        )
    _print(done, output)
    return ExitCode.DONE if done.count(CleanupOutcome.DELETED) == len(done.issues) else ExitCode.FAILED


@asynccontextmanager
async def _opened(database: str | None) -> AsyncIterator[SessionStore]:
    """The state to look at, without writing to it."""
    if database is None:
        yield InMemoryStore()
        return
    async with open_copy(database) as store:
        yield store


async def _subject(wanted: Wanted, output: Output) -> _Subject:
    """What is meant: a session that is stored, a batch file, or an id of which nothing else is left."""
    if wanted.session is not None and _is_batch(Path(wanted.session)):
        from jira_session_export._batch import load_batch

        path = Path(wanted.session)
        try:
            batch = load_batch(path, project_key=wanted.project, session_name=wanted.name)
        except InputError as exc:
            # A file that names no project, or cannot be read today: the state knows what was exported from it.
            with suppress(SettingsError):  # there is no state, or it cannot be read
                if await find_sessions(wanted):
                    return _stored(await find_session(wanted, output))
            raise exc from None
        return _Subject(batch, batch.name, batch.project_key, wanted.database or default_database(path))
    try:
        place = await find_session(wanted, output)
    except InputError:
        identity = _as_id(wanted.session)
        if identity is None or wanted.project is None:
            raise
        return _Subject(identity, str(identity), wanted.project, wanted.database)
    return _stored(place)


def _stored(place: Place) -> _Subject:
    return _Subject(
        place.session_id, place.state.name or str(place.session_id), place.state.project_key, place.database
    )


def _is_batch(path: Path) -> bool:
    if not path.exists():
        return False
    if path.is_dir():
        return True
    with path.open("rb") as file:
        return file.read(6) != b"SQLite"


def _as_id(text: str | None) -> UUID | None:
    try:
        return UUID(text or "")
    except ValueError:
        return None


async def _is_stored(store: SessionStore, session_id: UUID) -> bool:
    try:
        await store.state(session_id)
    except SessionNotFoundError:
        return False
    return True


def _confirmed(found: CleanupReport, name: str, output: Output) -> bool:
    """Ask a person at a terminal for the session's name; nobody else is asked."""
    if output.as_json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return False
    _print(found, output)
    number = counted(found.count(CleanupOutcome.FOUND), "issue")
    typed: str = typer.prompt(
        f"Type the session's name ({one_line(name)}) to delete {number}", default="", show_default=False, err=True
    )
    return typed.strip() == name


def _print(report: CleanupReport, output: Output) -> None:
    if output.as_json:
        output.document(
            {
                "session_id": str(report.session_id),
                "project_key": report.project_key,
                "dry_run": report.dry_run,
                "note": report.note,
                "issues": [_facts(each) for each in report.issues],
            }
        )
        return
    output.write("".join(f"{_line(each)}\n" for each in report.issues))
    counts = [f"{counted(number, 'issue')} {word}" for kind, word in WORDS.items() if (number := report.count(kind))]
    output.note("; ".join(counts) + "." if counts else "Jira shows no issue of this session.")
    if report.note:
        output.note(report.note)


def _line(each: SessionIssue) -> str:
    told = f"{WORDS[each.outcome]}: {each.reason}" if each.reason else WORDS[each.outcome]
    return "\t".join(map(one_line, (each.issue.key, each.status, each.title, told)))


def _facts(each: SessionIssue) -> dict[str, object]:
    return {
        "jira_key": each.issue.key,
        "jira_url": each.issue.url,
        "title": each.title,
        "jira_status": each.status,
        "ticket_id": str(each.ticket_id) if each.ticket_id else None,
        "outcome": each.outcome.value,
        "reason": each.reason,
    }
