"""The service's own tables: in the store's database, on SQLite in a file of their own beside it."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.exc import DatabaseError, IntegrityError, ProgrammingError, SQLAlchemyError

from app.files import DiskFullError, has_room
from jira_session_export import JiraSessionExportError
from jira_session_export.errors import StoreUnavailableError

logger = logging.getLogger("jira_session_export.service")

T = TypeVar("T")

_DAMAGED = ("is malformed", "is not a database", "no such table")
_FULL = ("is full", "No space left on device", "could not extend file")
"""Parts of what databases say when there is no room; no version translates the first."""
_FAILED = "disk I/O error"
_NO_ROOM_BYTES = 1_000_000


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


def in_transaction(engine: sa.Engine, table: sa.Table, work: Callable[[sa.Connection], T]) -> T:
    """What `work` returns, once it is committed.

    A file of our own that is damaged is made anew: what was in it can be had again.

    Raises:
        StoreUnavailableError: the database does not answer.
        DiskFullError: there is no room left.
    """
    try:
        try:
            with engine.begin() as connection:
                return work(connection)
        except DatabaseError as exc:
            if not _made_anew(engine, table, exc):
                raise
            with engine.begin() as connection:
                return work(connection)
    except SQLAlchemyError as exc:
        raise database_error(exc, engine) from exc


def _made_anew(engine: sa.Engine, table: sa.Table, error: DatabaseError) -> bool:
    """Make the table anew where the file was damaged or replaced; whether that was so."""
    said = str(error.orig)
    if engine.dialect.name != "sqlite" or not any(sign in said for sign in _DAMAGED):
        return False
    logger.warning("The file of the service's own tables is made anew: %s", said, extra={"action": "tables_made_anew"})
    engine.dispose()
    if "no such table" not in said:
        for ending in ("", "-wal", "-shm"):
            Path(f"{engine.url.database}{ending}").unlink(missing_ok=True)
    create_missing(engine, table)
    return True


def database_error(error: SQLAlchemyError, engine: sa.Engine) -> JiraSessionExportError:
    """What a caller is told when the service's own tables cannot be read or written."""
    said = str(getattr(error, "orig", error))
    if any(sign in said for sign in _FULL) or (_FAILED in said and not _is_roomy(engine)):
        return DiskFullError("The disk of the database is full.")
    if _FAILED in said:
        return StoreUnavailableError(
            "The disk of the database failed.",
            recovery_actions=["Look into the system's log for what is wrong with it, or with the service's limits."],
        )
    return StoreUnavailableError("The database did not answer.")


def _is_roomy(engine: sa.Engine) -> bool:
    try:
        return has_room([Path(engine.url.database or "").absolute().parent], _NO_ROOM_BYTES)
    except OSError:
        return True


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
        raise database_error(exc, engine) from exc
