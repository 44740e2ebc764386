"""Opens engines from addresses, set up so that the store's promises hold."""

from typing import Any, Literal

from sqlalchemy import URL, Connection, Engine, create_engine, event, exc, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from jira_session_export.errors import SettingsError
from jira_session_export.storage.sqlalchemy.database import READ_OPTION, AsyncDatabase, Database, ThreadedDatabase

Synchronous = Literal["FULL", "NORMAL"]

_EXPECTED = "It looks like sqlite:///exports.db or postgresql://user:password@host/database."
_BUSY_SECONDS = 10
_POSTGRESQL: dict[str, Any] = {
    "connect_timeout": 10,
    # A commit is not given up when its caller is cancelled, so nothing here may wait for ever.
    "options": "-c timezone=utc -c lock_timeout=10s -c statement_timeout=60s",
    "keepalives_idle": 30,
    "tcp_user_timeout": 60_000,
}


def connect(target: str | URL | Engine | AsyncEngine, *, synchronous: Synchronous) -> Database:
    """The database behind an address or an engine; nothing is sent to it yet.

    Raises:
        SettingsError: the address is malformed, or names a database or driver we do not know.
    """
    if isinstance(target, Engine):
        return ThreadedDatabase(_supported(target), owned=False, threads=_threads(target))
    if isinstance(target, AsyncEngine):
        _supported(target.sync_engine)
        return AsyncDatabase(target, owned=False)
    try:
        return _open(_parsed(target), synchronous)
    except ModuleNotFoundError as error:
        raise SettingsError(
            f"The database driver {error.name!r} is not installed.",
            recovery_actions=["Install it: pip install 'jira-session-export[sqlalchemy]'"],
        ) from error


def _parsed(address: str | URL) -> URL:
    try:
        url = make_url(address)
    except (exc.ArgumentError, ValueError):
        # Not chained: the parser's words may repeat a part of the address, and with it the password.
        raise SettingsError(f"The database's address cannot be read. {_EXPECTED}") from None
    drivers = {"postgres": "postgresql+psycopg", "postgresql": "postgresql+psycopg", "sqlite": "sqlite+pysqlite"}
    return url.set(drivername=drivers.get(url.drivername, url.drivername))


def _open(url: URL, synchronous: Synchronous) -> Database:
    match url.drivername:
        case "sqlite+pysqlite":
            engine = create_engine(url, hide_parameters=True)
            _set_up_sqlite(engine, synchronous)
            return ThreadedDatabase(engine, owned=True, threads=1)
        case "sqlite+aiosqlite":
            async_engine = create_async_engine(url, hide_parameters=True)
            _set_up_sqlite(async_engine.sync_engine, synchronous)
            return AsyncDatabase(async_engine, owned=True)
        case "postgresql+psycopg" | "postgresql+psycopg_async":
            return AsyncDatabase(create_async_engine(url, hide_parameters=True, connect_args=_POSTGRESQL), owned=True)
        case name:
            raise SettingsError(f"{name!r} is no database this store knows. {_EXPECTED}")


def _supported(engine: Engine) -> Engine:
    if engine.dialect.name not in ("sqlite", "postgresql"):
        raise SettingsError(f"The store runs on SQLite and PostgreSQL, not on {engine.dialect.name}.")
    return engine


def _threads(engine: Engine) -> int:
    return 1 if engine.dialect.name == "sqlite" else 5


def _set_up_sqlite(engine: Engine, synchronous: Synchronous) -> None:
    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        # The driver must not begin transactions by itself: its BEGIN is deferred, and two of those that read before
        # they write fail or lose an update.
        connection.isolation_level = None
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute(f"PRAGMA synchronous = {synchronous}")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        opening = connection.get_execution_options().get(READ_OPTION, "BEGIN IMMEDIATE")
        if opening:
            connection.exec_driver_sql(opening)
