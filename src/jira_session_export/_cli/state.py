"""The database that keeps an export's state, and what it says of a session. Needs no Jira, and imports no client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from jira_session_export._cli.output import ExitCode, Output, Report, category_exit_code
from jira_session_export._envconfig import export_settings
from jira_session_export._export.reports import StateReader, read_results, read_status
from jira_session_export._storage.sqlite_reader import SqliteReader
from jira_session_export.api import ExportCompletedResponse, ExportFailedResponse

if TYPE_CHECKING:
    from jira_session_export._storage.sqlalchemy import SqlAlchemyStore


def default_database(file: Path) -> str:
    """Return the path of the SQLite file next to the batch file."""
    path = file.resolve()
    return f"sqlite:///{path.with_name(path.name + '.sqlite3')}"


@asynccontextmanager
async def open_store(url: str) -> AsyncIterator["SqlAlchemyStore"]:
    """The database, migrated."""
    from jira_session_export._storage.sqlalchemy import SqlAlchemyStore

    async with SqlAlchemyStore.open(url) as store:
        await store.migrate()
        yield store


@asynccontextmanager
async def open_reader(url: str) -> AsyncIterator[StateReader]:
    """The database as reports need it: a SQLite file without SQLAlchemy, which takes longer to import than to ask."""
    if (reader := SqliteReader.of(url)) is not None:
        yield reader
        return
    async with open_store(url) as store:
        yield store


async def report(store: StateReader, session_id: UUID, output: Output, *, what: Report = Report.OUTCOME) -> ExitCode:
    """Print the session's status, and return it as the exit code."""
    status = await read_status(store, session_id, export_settings())
    completed = isinstance(status, ExportCompletedResponse)
    if what is Report.RESULTS or (completed and what is Report.OUTCOME):
        results = await read_results(store, session_id)
        if output.as_json:
            output.document({"status": status.status, **results.model_dump(mode="json")})
        else:
            output.results(results)
        return ExitCode.DONE
    if output.as_json:
        output.document(status)
    else:
        output.status(status)
    if isinstance(status, ExportFailedResponse):
        return category_exit_code(status.error_category) if status.retry_available else ExitCode.ADMINISTRATOR
    return ExitCode.DONE if completed or what is Report.STATUS else ExitCode.FAILED
