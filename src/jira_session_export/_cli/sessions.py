"""Finds the session a command is about, from as little as the person says: nothing, a file, an id, a name."""

import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from uuid import UUID

import typer

from jira_session_export._cli.output import Output
from jira_session_export._cli.remembered import Remembered, recall_all
from jira_session_export._cli.state import STATE_ENDING, default_database, open_reader
from jira_session_export._journal import SessionState, SessionStatus
from jira_session_export._storage.sqlite_file import PREFIX, revision_of, sqlite_path
from jira_session_export._wording import counted
from jira_session_export.errors import InputError, SessionNotFoundError, SettingsError

MOST_FILES = 200
"""State files that are looked into when no file was named."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the person said.

    Attributes:
        session: batch file, state file, id or name; None for whatever is here.
        database: address of the state.
        project: key of the Jira project.
        name: the session's name.
        newest: take the one started last, when several fit.
    """

    session: str | None = None
    database: str | None = None
    project: str | None = None
    name: str | None = None
    newest: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """A session and the database that knows it.

    Attributes:
        kept: what the command has kept of it.
    """

    database: str
    state: SessionState
    kept: Remembered

    @property
    def session_id(self) -> UUID:
        """The session's id."""
        return self.state.session_id

    @property
    def began(self) -> bool:
        """Whether an export of it was ever started, or has issues."""
        return self.state.started_at is not None or self.state.exported > 0

    @property
    def words(self) -> str:
        """For a list to choose from."""
        state = self.state
        status = STATUS_WORDS.get(state.status, "not started")
        done = f"{state.exported} of {counted(state.total, 'ticket')}" if state.total else "no tickets"
        return f"{state.name or state.session_id} → {state.project_key}: {status}, {done}  ({state.session_id})"


STATUS_WORDS = {
    SessionStatus.EXPORTING.value: "exporting",
    SessionStatus.COMPLETED.value: "completed",
    SessionStatus.EXPORT_FAILED.value: "failed",
    SessionStatus.CANCELLED.value: "cancelled",
}
"""Status → what people read; any other is `not started`."""


async def find_session(wanted: Wanted, output: Output) -> Place:
    """The one session that is meant.

    Raises:
        InputError: none fits, or several do and nobody can be asked.
        SettingsError: the database cannot be read, or holds no exports.
    """
    places = await find_sessions(wanted)
    if wanted.name is None and wanted.project is None:
        # One that never began, as after a project's key was mistyped, makes nobody choose.
        places = [place for place in places if place.began] or places
    if len(places) == 1 or (places and wanted.newest):
        return max(places, key=_started)
    if not places:
        raise _nothing_fits(wanted)
    return _chosen(sorted(places, key=_started, reverse=True), output)


async def find_sessions(wanted: Wanted) -> Sequence[Place]:
    """All sessions that fit what was said.

    Raises:
        SettingsError: the database cannot be read, or holds no exports.
    """
    session, databases = wanted.session, [wanted.database] if wanted.database else []
    identity = None
    by_name = wanted.name
    from_batch: Path | None = None
    if session is not None:
        path = Path(session)
        identity = _as_id(session)
        if identity is not None:
            databases = databases or _state_files_here()
        elif _is_state_file(path):
            databases = [_address(path)]
        elif _exists(path) or _exists(_beside(path)):
            from_batch = path
            databases = databases or [default_database(path)]
        else:
            databases = databases or _state_files_here()
            by_name = by_name or session
    else:
        databases = databases or _state_files_here()
    places = [place for database in databases for place in await _all_in(database, identity)]
    places = [
        place
        for place in places
        if (wanted.project is None or place.state.project_key == wanted.project)
        and (by_name is None or by_name in {place.state.name, str(place.session_id)})
    ]
    if from_batch is not None and (len(places) > 1 or wanted.database):
        return _of_batch(from_batch, places, wanted)
    return places


async def _all_in(database: str, identity: UUID | None) -> Sequence[Place]:
    kept = recall_all(database)
    async with open_reader(database) as reader:
        states: Sequence[SessionState] = ()
        if identity is None:
            states = await reader.sessions()
        else:
            with suppress(SessionNotFoundError):
                states = [await reader.state(identity)]
    return [Place(database, state, kept.get(state.session_id, Remembered())) for state in states]


def _of_batch(path: Path, places: Sequence[Place], wanted: Wanted) -> Sequence[Place]:
    """Those that came from this file: by what was kept of them, else by the id that the file gives today."""
    resolved = str(path.resolve())
    ours = [place for place in places if place.kept.batch == resolved]
    if ours:
        return ours
    with suppress(InputError):
        from jira_session_export._batch import load_batch

        identity = load_batch(path, project_key=wanted.project, session_name=wanted.name).id
        return [place for place in places if place.session_id == identity]
    # A file that is gone or cannot be read today says nothing; a session that came from another file is not meant.
    return [place for place in places if not place.kept.batch]


def _chosen(places: Sequence[Place], output: Output) -> Place:
    """Ask, or say what to choose from; the newest comes first.

    Raises:
        InputError: nobody can be asked.
    """
    if output.as_json or not (sys.stdin.isatty() and sys.stderr.isatty()):
        by_file = "its batch file, " if len({place.database for place in places}) > 1 else ""
        raise InputError(
            f"There are {counted(len(places), 'session')} here; say which one is meant.",
            recovery_actions=[
                *_listed(places[:20]),
                f"Say it with {by_file}--session NAME, --project KEY or its id, or take the last one with --newest.",
            ],
        )
    for number, words in enumerate(_listed(places), 1):
        output.note(f"{number:>3}  {words}")
    answer: int = typer.prompt("Which session", default=1, type=int, err=True)
    if not 1 <= answer <= len(places):
        raise InputError(f"There is no number {answer} in the list.", recovery_actions=["Choose one of the list."])
    return places[answer - 1]


def _listed(places: Sequence[Place]) -> list[str]:
    """A line for each; with the state file where there are several, as a copy of a session has its id."""
    if len({place.database for place in places}) == 1:
        return [place.words for place in places]
    return [f"{place.words}  {Path(sqlite_path(place.database) or place.database).name}" for place in places]


def _nothing_fits(wanted: Wanted) -> InputError:
    if wanted.session is None and wanted.database is None and not _state_files_here():
        return InputError(
            f"There is no state file (*{STATE_ENDING}) in this folder.",
            recovery_actions=["Name the batch file that was exported, or the state file.", "Or give --database URL."],
        )
    told = [wanted.session or "", wanted.name or "", wanted.project and f"project {wanted.project}"]
    what = ", ".join(part for part in told if part)
    if not what:
        return InputError(
            "The database holds no sessions.", recovery_actions=["Name another one with --database, or export first."]
        )
    names = [path.name for path in Path().iterdir() if not path.name.startswith(".")] if wanted.session else []
    near = get_close_matches(wanted.session or "", names, n=1)
    return InputError(
        f"There is no session of {what} here.",
        recovery_actions=[
            *([f"Did you mean {near[0]}?"] if near else []),
            "List what there is: jira-session-export sessions",
        ],
    )


def _started(place: Place) -> float:
    return place.state.started_at.timestamp() if place.state.started_at else 0.0


def _as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _state_files_here() -> list[str]:
    """The state files of this folder.

    Raises:
        SettingsError: there are too many to look into.
    """
    files = [path for path in sorted(Path.cwd().glob(f"*{STATE_ENDING}")) if path.is_file()]
    if len(files) > MOST_FILES:
        raise SettingsError(
            f"There are {counted(len(files), 'state file')} in this folder.",
            recovery_actions=["Name the batch file or the state file."],
        )
    return [_address(path) for path in files if revision_of(path) is not None]


def _is_state_file(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(6) == b"SQLite"


def _address(path: Path) -> str:
    return f"{PREFIX}{path.resolve()}"


def _beside(path: Path) -> Path:
    return path.with_name(path.name + STATE_ENDING) if path.name else path


def _exists(path: Path) -> bool:
    with suppress(OSError, ValueError):
        return path.exists()
    return False
