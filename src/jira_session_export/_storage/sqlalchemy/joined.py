"""A connection of the host's own, in whose transaction the store writes. Nothing is committed or rolled back here."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, NullPool, create_engine, exc
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession, create_async_engine
from sqlalchemy.orm import Session as OrmSession

from jira_session_export._runtime import outside_work
from jira_session_export._storage.identity import IDENTITY
from jira_session_export._storage.sqlalchemy.database import WRITING, Access, Body, Database
from jira_session_export.errors import SettingsError, StoreError

if TYPE_CHECKING:
    import psycopg

T = TypeVar("T")

HostConnection: TypeAlias = (
    "AsyncSession | AsyncConnection | OrmSession | Connection | psycopg.Connection[Any] | psycopg.AsyncConnection[Any]"
)
"""What a host has open."""

_KINDS = (
    "an AsyncSession, AsyncConnection, Session or Connection of SQLAlchemy, on psycopg, sqlite3 or aiosqlite, "
    "or a connection of psycopg 3"
)
_ANOTHER = "Roll it back and begin another one."
_UNUSABLE = {
    "25P02": "a statement before has failed, and the database takes no more of it",
    "25006": "it is for reading only",
}
"""SQLSTATEs that tell of the host's transaction, not of a database that may come back."""
_DRIVERS = frozenset({"psycopg", "psycopg_async", "pysqlite", "aiosqlite"})


class JoinedDatabase(Database):
    """A host's connection as the store uses it.

    Several reads see one moment only if the host's transaction does; a start is decided by one compare-and-set.
    Each of the store's transactions is a savepoint of the host's: what fails leaves nothing behind, and the host may go
    on with its own.

    Args:
        connection: in a transaction, or about to begin one by itself.
        store: the database that it must be a connection to.

    Raises:
        SettingsError: the store cannot write through such a connection.
    """

    def __init__(self, connection: Any, store: Database) -> None:  # not Database's: there is no engine of ours
        self.dialect = store.dialect
        self.dialect_name = store.dialect_name
        self.address = store.address
        self._store = store
        self._run_on = _way_to(connection)
        self._checked = False

    async def _run_once(self, access: Access, body: Body[T]) -> T:
        try:
            with outside_work():
                result: T = await self._run_on(partial(self._within, access, body))
                return result
        except (exc.DBAPIError, exc.TimeoutError, OSError) as error:
            cause = error.orig if isinstance(error, exc.DBAPIError) else None
            if unusable := _UNUSABLE.get(getattr(cause, "sqlstate", None) or ""):
                raise SettingsError(
                    f"The transaction cannot be written to: {unusable}.", recovery_actions=[_ANOTHER]
                ) from error
            raise self._error(error) from error
        except exc.InvalidRequestError as error:
            raise SettingsError(
                f"The transaction cannot be written to: {str(error).partition(' (')[0]}",
                recovery_actions=[_ANOTHER],
            ) from error

    async def run(self, access: Access, body: Body[T]) -> T:
        """What `body` returns; it is for good when the host commits.

        Raises:
            StoreUnavailableError: the database did not answer; nothing of it stays if the host rolls back.
            StoreError: the database refused it.
            SettingsError: the connection is to another database, or in no transaction.
        """
        if not self._checked:
            theirs = await self.identity()
            ours = await _identity_of(self._store)
            if theirs is not None and ours is not None and theirs != ours:
                raise SettingsError(
                    "The connection is to another database than the store's, so one transaction cannot hold both.",
                    recovery_actions=["Give a connection to the database of JSE_DATABASE_URL."],
                )
            self._checked = True
        return await self._run_once(access, body)

    async def identity(self) -> str | None:
        """See `Database`."""
        return await self._run_once(Access.QUERY, _identity)

    def _within(self, access: Access, body: Body[T], connection: Connection) -> T:
        _check(connection, self.dialect_name)
        if access not in WRITING:
            return body(connection)
        if self.dialect_name == "sqlite":
            _begin_sqlite(connection)
        with connection.begin_nested():
            return body(connection)

    def _submit(self, access: Access, body: Body[T]) -> Any:
        raise NotImplementedError  # `run` needs none

    def _error(self, error: BaseException | None) -> StoreError:
        return self._store._error(error)  # noqa: SLF001 -- it is the same database, with its file and its password

    async def aclose(self) -> None:
        """Leave the connection to the host."""


def _way_to(connection: Any) -> Callable[[Callable[[Connection], Any]], Any]:
    """How a function of a SQLAlchemy `Connection` is run on what the host has.

    Raises:
        SettingsError: it cannot be.
    """
    if isinstance(connection, AsyncSession):

        async def on_async_session(body: Callable[[Connection], T]) -> T:
            await connection.flush()
            return await (await connection.connection()).run_sync(body)

        return on_async_session
    if isinstance(connection, AsyncConnection):
        return connection.run_sync
    if isinstance(connection, (OrmSession, Connection)):

        async def here(body: Callable[[Connection], T]) -> T:
            if isinstance(connection, Connection):
                return body(connection)
            connection.flush()
            return body(connection.connection())

        return here
    if type(connection).__module__.partition(".")[0] == "psycopg":
        import psycopg  # noqa: PLC0415 -- whoever has a connection of it has it installed

        if isinstance(connection, psycopg.AsyncConnection):
            return partial(_on_async_psycopg, connection)
        if isinstance(connection, psycopg.Connection):
            return partial(_on_psycopg, connection)
    kind = f"{type(connection).__module__.partition('.')[0]}'s {type(connection).__name__}"
    raise SettingsError(
        f"The store cannot write in a transaction of {kind}; it takes {_KINDS}.",
        recovery_actions=[
            "Give one of these, on the same transaction.",
            "Or store the session after your commit: JiraExport.start is harmless to repeat.",
        ],
    )


def _check(connection: Connection, dialect_name: str) -> None:
    """Refuse a connection that cannot hold the store's writes.

    Raises:
        SettingsError: it is to another kind of database, by a driver that is not known, or in no transaction.
    """
    if connection.dialect.name != dialect_name:
        raise SettingsError(
            f"The connection is to {connection.dialect.name}, and the store is on {dialect_name}.",
            recovery_actions=["Give a connection to the database of the store."],
        )
    if connection.dialect.driver not in _DRIVERS:
        raise SettingsError(
            f"The store cannot write in a transaction of the driver {connection.dialect.driver}; it takes {_KINDS}.",
            recovery_actions=["Use psycopg 3 for this transaction, or store the session after your commit."],
        )
    driver: Any = connection.connection.dbapi_connection
    if dialect_name == "postgresql" and driver.autocommit and driver.info.transaction_status == 0:  # idle
        raise SettingsError(
            "The connection commits each statement by itself, so there is no transaction to write in.",
            recovery_actions=["Begin a transaction first, for example with connection.transaction()."],
        )
    if dialect_name == "sqlite":
        if not connection.in_transaction():
            connection.begin()  # a host's engine may have an event that really begins
        driver = connection.connection.driver_connection
        if driver.isolation_level is None and not driver.in_transaction:
            raise SettingsError(
                "The connection commits each statement by itself, so there is no transaction to write in.",
                recovery_actions=["Give one without isolation_level='AUTOCOMMIT'."],
            )


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock, unless the host has begun to write.

    Python's driver begins a transaction only before it changes a row. A savepoint outside of one would be a transaction
    of its own, and its release a commit.
    """
    driver: Any = connection.connection.driver_connection
    if not driver.in_transaction:
        cursor = connection.connection.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        cursor.close()


async def _identity_of(store: Database) -> str | None:
    return await store.run(Access.QUERY, _identity)


def _identity(connection: Connection) -> str | None:
    """What tells the database from all others; None where it cannot be known."""
    if connection.dialect.name == "postgresql":
        return str(connection.execute(sa.text(IDENTITY)).scalar_one())
    file = next((row[2] for row in connection.exec_driver_sql("PRAGMA database_list") if row[1] == "main"), "")
    return str(Path(file).resolve()) if file else None


class _Borrowed:
    """A connection of psycopg that SQLAlchemy may use, and not end: a commit is the host's.

    Whatever the host's rows are like, SQLAlchemy's are tuples.
    """

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    def cursor(self, *arguments: Any, **options: Any) -> Any:
        from psycopg.rows import tuple_row  # noqa: PLC0415 -- as above

        return self._connection.cursor(*arguments, **{"row_factory": tuple_row, **options})

    def commit(self) -> None:
        """Leave it to the host."""

    rollback = close = commit


class _BorrowedAsync(_Borrowed):
    async def commit(self) -> None:  # type: ignore[override]
        """Leave it to the host."""

    rollback = close = commit  # type: ignore[assignment]


async def _on_psycopg(connection: "psycopg.Connection[Any]", body: Callable[[Connection], T]) -> T:
    borrowed: Any = _Borrowed(connection)
    engine = create_engine(
        "postgresql+psycopg://", creator=lambda: borrowed, poolclass=NullPool, use_native_hstore=False
    )
    with engine.connect() as made:
        return body(made)


async def _on_async_psycopg(connection: "psycopg.AsyncConnection[Any]", body: Callable[[Connection], T]) -> T:
    async def lend() -> Any:
        return _BorrowedAsync(connection)

    engine = create_async_engine(
        "postgresql+psycopg://", async_creator=lend, poolclass=NullPool, use_native_hstore=False
    )
    async with engine.connect() as made:
        return await made.run_sync(body)
