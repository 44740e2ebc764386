"""The database that keeps an export's state, and what it says of a session. Needs no Jira, and imports no client."""

import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

from jira_session_export._cli.output import ExitCode, Output, Report, category_exit_code
from jira_session_export._envconfig import export_settings
from jira_session_export._export.reports import StateReader, read_results, read_status
from jira_session_export._journal import SessionState
from jira_session_export._storage.sqlite_file import PREFIX, check_sqlite_file, revision_of, sqlite_path
from jira_session_export._storage.sqlite_reader import SqliteReader
from jira_session_export._wording import counted
from jira_session_export.api import ExportCompletedResponse, ExportFailedResponse
from jira_session_export.errors import SettingsError

if TYPE_CHECKING:
    from jira_session_export._storage.memory import InMemoryStore
    from jira_session_export._storage.sqlalchemy import SqlAlchemyStore

STATE_ENDING = ".sqlite3"


class Reader(StateReader, Protocol):
    """What the commands that only read ask of a database."""

    async def sessions(self) -> Sequence[SessionState]:
        """All sessions, latest first."""


def default_database(file: Path) -> str:
    """The address of the SQLite file next to the batch file."""
    path = file.resolve()
    return f"{PREFIX}{path.with_name(path.name + STATE_ENDING)}"


def check_database(address: str, *, writing: bool) -> None:
    """Say what is wrong with a state file before it is used.

    Raises:
        SettingsError: as `check_sqlite_file`.
    """
    if (path := sqlite_path(address)) is not None:
        check_sqlite_file(path, writing=writing)


@asynccontextmanager
async def open_store(url: str) -> AsyncIterator["SqlAlchemyStore"]:
    """The database, migrated.

    Raises:
        SettingsError: as `check_database`.
    """
    from jira_session_export._storage.sqlalchemy import SqlAlchemyStore

    check_database(url, writing=True)
    async with SqlAlchemyStore.open(url) as store:
        await store.migrate()
        yield store


@asynccontextmanager
async def open_reader(url: str) -> AsyncIterator[Reader]:
    """The database as reports need it: a SQLite file without SQLAlchemy, which takes longer to import than to ask.

    Raises:
        SettingsError: there is no such file, or it holds no exports.
    """
    check_database(url, writing=False)
    if (reader := SqliteReader.of(url)) is not None:
        yield reader
        return
    path = sqlite_path(url)
    if path is not None and (not path.exists() or revision_of(path) is None):
        raise no_exports(path)
    async with open_store(url) as store:
        yield store


def no_exports(path: Path) -> SettingsError:
    """There is nothing to report of."""
    problem = f"{path} holds no exports." if path.exists() else f"There is no state file {path}."
    return SettingsError(
        problem,
        recovery_actions=["Name the batch file that was exported, or the state file.", "Or give --database URL."],
    )


@asynccontextmanager
async def open_copy(url: str) -> AsyncIterator["InMemoryStore | SqlAlchemyStore"]:
    """What a dry run asks for the state: a copy, so that nothing is written, not even a write-ahead log.

    Raises:
        SettingsError: as `check_database`.
    """
    from jira_session_export._storage.memory import InMemoryStore

    check_database(url, writing=False)
    path = sqlite_path(url)
    if path is not None:
        if not path.exists() or revision_of(path) is None:
            yield InMemoryStore()
            return
        with TemporaryDirectory(prefix="jira-session-export-") as folder:
            copy = Path(folder) / "state"
            for ending in ("", "-wal"):
                if (file := path.with_name(path.name + ending)).exists():
                    shutil.copyfile(file, f"{copy}{ending}")
            async with open_store(f"{PREFIX}{copy}") as store:
                yield store
        return
    from jira_session_export._storage.sqlalchemy import SqlAlchemyStore

    async with SqlAlchemyStore.open(url) as store:
        if await store.is_migrated():
            yield store
        else:
            yield InMemoryStore()


async def report(
    store: StateReader, session_id: UUID, output: Output, *, what: Report = Report.OUTCOME, stopped: bool = False
) -> ExitCode:
    """Print the session's status, and return it as the exit code.

    Args:
        stopped: the export was stopped here, so that no process works on it.
    """
    status = await read_status(store, session_id, export_settings())
    completed = isinstance(status, ExportCompletedResponse)
    results = None
    if what is Report.RESULTS or (what is Report.OUTCOME and (completed or output.wants_summary)):
        results = await read_results(store, session_id)
    if what is Report.OUTCOME:
        output.summarize(status, results)
    if what is Report.RESULTS or (completed and what is Report.OUTCOME):
        assert results is not None  # noqa: S101 -- read above
        open_words = "" if completed else await _left_to_do(store, session_id)
        output.results(results, status=status.status, unfinished=open_words)
        return output.with_fixes(len(results.manual_fixes))
    output.status(status, stopped=stopped)
    if isinstance(status, ExportFailedResponse):
        return category_exit_code(status.error_category) if status.retry_available else ExitCode.ADMINISTRATOR
    return ExitCode.DONE if completed or what is Report.STATUS else ExitCode.FAILED


async def _left_to_do(store: StateReader, session_id: UUID) -> str:
    state = await store.state(session_id)
    return f"Not complete: {state.exported:,} of {counted(state.total, 'ticket')} exported so far."
