"""Opens engines from addresses, set up so that the store's promises hold."""

from typing import Any, Literal

from sqlalchemy import URL, Engine, create_engine, event, exc, make_url
from sqlalchemy.ext.asyncio import AsyncEngine

from jira_session_export._settings import ExportSettings
from jira_session_export._storage.addresses import check_encoding
from jira_session_export._storage.sqlalchemy.database import AsyncDatabase, Database, ThreadedDatabase
from jira_session_export._storage.sqlalchemy.sqlite import SqliteDatabase, file_of, make_private
from jira_session_export.errors import SettingsError

Synchronous = Literal["FULL", "NORMAL"]

_EXPECTED = "It looks like sqlite:///exports.db or postgresql://user:password@host/database."
_DRIVERS = {
    "sqlite": "sqlite+pysqlite",
    "sqlite+aiosqlite": "sqlite+pysqlite",
    "postgres": "postgresql+psycopg",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg_async": "postgresql+psycopg",
}
"""What people write → the driver we use; for SQLite the synchronous one, in a thread: see `SqliteDatabase`."""
POOL_SIZE: int = ExportSettings().pool_size
"""Connections of one store to PostgreSQL, unless another number is set."""
_BUSY_SECONDS = 10
_POSTGRESQL: dict[str, Any] = {
    "connect_timeout": 10,
    "keepalives_idle": 30,
    "tcp_user_timeout": 60_000,
}
# Two starters wait for each other's row instead of failing, whatever the database is set to.
# A commit is not given up when its caller is cancelled, so nothing may wait for ever. A process that is stopped in the
# middle of a transaction holds its session's row: the server ends that transaction, or no other worker could go on.
_POSTGRESQL_OPTIONS = (
    r"-c default_transaction_isolation=read\ committed "
    "-c timezone=utc -c lock_timeout=10s -c statement_timeout=60s -c idle_in_transaction_session_timeout=15s"
)


def connect(
    target: str | URL | Engine | AsyncEngine | Database, *, synchronous: Synchronous, pool_size: int = POOL_SIZE
) -> Database:
    """Return the database at an address or of an engine; nothing is sent to it yet.

    Raises:
        SettingsError: the address is malformed, or names a database or driver we do not know.
    """
    if isinstance(target, Database):
        return target
    if isinstance(target, Engine):
        sqlite = _supported(target).dialect.name == "sqlite"
        return SqliteDatabase(target, owned=False) if sqlite else ThreadedDatabase(target)
    if isinstance(target, AsyncEngine):
        _supported(target.sync_engine)
        return AsyncDatabase(target, owned=False)
    try:
        return _open(_parsed(target), synchronous, pool_size)
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
    return url.set(drivername=_DRIVERS.get(url.drivername, url.drivername))


def _open(url: URL, synchronous: Synchronous, pool_size: int) -> Database:
    match url.drivername:
        case "sqlite+pysqlite":
            engine = create_engine(url, hide_parameters=True)
            _set_up_sqlite(engine)
            return SqliteDatabase(engine, owned=True, synchronous=synchronous)
        case "postgresql+psycopg":
            return _open_postgres(url, pool_size)
        case name:
            raise SettingsError(f"{name!r} is no database this store knows. {_EXPECTED}")


def _open_postgres(url: URL, pool_size: int) -> Database:
    from jira_session_export._storage.sqlalchemy.postgres import Door, PostgresDatabase  # noqa: PLC0415 -- needs psycopg

    arguments = {**_POSTGRESQL, "options": f"{_POSTGRESQL_OPTIONS} {url.query.get('options', '')}"}
    engine = create_engine(
        url,
        hide_parameters=True,
        isolation_level="AUTOCOMMIT",
        pool_size=pool_size,
        max_overflow=0,
        pool_reset_on_return=None,  # a transaction is ended by whoever has begun it
    )
    _refuse_unknown_encoding(engine)
    _, connect = engine.dialect.create_connect_args(url)
    door = Door({**connect, **arguments}, options=str(url.query.get("options", "")))

    @event.listens_for(engine, "do_connect")
    def open_door(*_arguments: object) -> Any:
        return door.connect()

    return PostgresDatabase(engine, size=pool_size, door=door)


def _supported(engine: Engine) -> Engine:
    if engine.dialect.name not in ("sqlite", "postgresql"):
        raise SettingsError(f"The store runs on SQLite and PostgreSQL, not on {engine.dialect.name}.")
    return engine


def _refuse_unknown_encoding(engine: Engine) -> None:
    """Refuse a database that does not know how its bytes are to be read; the driver gives bytes for its strings."""

    # Before SQLAlchemy's own first look at the connection, which stumbles over them.
    @event.listens_for(engine, "connect", insert=True)
    def check(connection: Any, _record: object) -> None:
        check_encoding(connection.info.parameter_status("server_encoding"), engine.url.database)


def _set_up_sqlite(engine: Engine) -> None:
    path = file_of(engine)

    @event.listens_for(engine, "do_connect")
    def prepare(*_arguments: object) -> None:
        if path is not None:
            make_private(path)

    @event.listens_for(engine, "connect")
    def configure(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {_BUSY_SECONDS * 1000}")
        cursor.execute("PRAGMA journal_mode = WAL")
        cursor.execute("PRAGMA foreign_keys = ON")
        cursor.close()
