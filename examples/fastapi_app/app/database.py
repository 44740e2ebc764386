"""The service's own tables: in the store's database, on SQLite in a file of their own beside it."""

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import IntegrityError, ProgrammingError, SQLAlchemyError

from app.files import DiskFullError
from jira_session_export import JiraSessionExportError
from jira_session_export.errors import StoreUnavailableError

_FULL = ("is full", "disk I/O error", "No space left on device", "could not extend file")
"""Parts of what databases say when there is no room; no version translates the first two."""


def service_engine(database_url: str) -> sa.Engine:
    """An engine for the service's own tables; nothing is connected to yet.

    SQLite has one writer at a time. In a file of their own, a poll need not wait for a session that is being stored,
    nor an export for a dry run that is being kept. Nothing of it is missed after a power failure.
    """
    url = sa.make_url(database_url)
    if url.drivername in {"postgresql", "postgres"}:
        # Small statements, now and then: one connection is enough, as several processes share what the server has, and
        # preparing them would save little and fail behind PgBouncer.
        return sa.create_engine(
            url.set(drivername="postgresql+psycopg"),
            hide_parameters=True,
            pool_size=1,
            max_overflow=0,
            connect_args={"prepare_threshold": None},
        )
    path = sqlite_file(database_url)
    if path is None:
        return sa.create_engine(url, hide_parameters=True)
    engine = sa.create_engine(
        url.set(database=str(path.with_name(f"{path.stem}-service{path.suffix}"))), hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA synchronous = NORMAL")
        cursor.close()

    return engine


def sqlite_file(database_url: str) -> Path | None:
    """The file of an SQLite database; None for another one, and for one in memory."""
    url = sa.make_url(database_url)
    name = url.database
    if not url.drivername.startswith("sqlite") or not name or name == ":memory:" or name.startswith("file:"):
        return None
    return Path(name)


def database_error(error: SQLAlchemyError) -> JiraSessionExportError:
    """What a caller is told when the service's own tables cannot be read or written."""
    if is_full_of(error):
        return DiskFullError("The disk of the database is full.")
    return StoreUnavailableError("The database did not answer.")


def is_full_of(error: SQLAlchemyError) -> bool:
    """Whether the database has no room left."""
    said = str(getattr(error, "orig", error))
    return any(sign in said for sign in _FULL)


def create_missing(engine: sa.Engine, table: sa.Table) -> None:
    """Create the table unless it is there.

    Raises:
        StoreUnavailableError: the database does not answer.
        DiskFullError: there is no room for it.
    """
    try:
        with engine.begin() as connection:
            connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
    except (IntegrityError, ProgrammingError):
        pass  # PostgreSQL: another worker made it at the same moment
    except SQLAlchemyError as exc:
        raise database_error(exc) from exc
