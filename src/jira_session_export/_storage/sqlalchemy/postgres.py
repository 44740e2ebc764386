"""PostgreSQL at an address, as the store uses it."""

import logging
import select
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from sqlalchemy import Connection, Engine, PoolProxiedConnection, exc, text

from jira_session_export._storage.identity import IDENTITY
from jira_session_export._storage.sqlalchemy.database import (
    Access,
    Body,
    ThreadedDatabase,
    shielded_result,
    transact,
)
from jira_session_export._storage.sqlalchemy.listening import Listener, Signal
from jira_session_export._storage.sqlalchemy.prepared import ByNames, Prepared, Statement
from jira_session_export._storage.sqlalchemy.quick import QuickAppend
from jira_session_export.errors import SettingsError

T = TypeVar("T")

logger = logging.getLogger("jira_session_export.storage")


class Door:
    """Makes connections, to PostgreSQL itself or to PgBouncer before it.

    PgBouncer in transaction mode gives each transaction whichever connection to the server is free. Statements that
    were prepared on one are missing on the next, so none are prepared there. The store's limits of time, which are set
    at the start of a connection, are refused by it, and left out then.

    Args:
        arguments: of psycopg's `connect`.
        options: those of the address; they say what is meant, so they are not left out.
    """

    def __init__(self, arguments: Mapping[str, Any], *, options: str) -> None:
        self._arguments = dict(arguments)
        self._options = options
        self._told = False

    def connect(self) -> psycopg.Connection:
        """A connection for transactions."""
        try:
            connection = psycopg.connect(**self._arguments)
        except psycopg.OperationalError as error:
            if "unsupported startup parameter" not in str(error) or self._options or "options" not in self._arguments:
                raise
            del self._arguments["options"]
            connection = psycopg.connect(**self._arguments)
        autocommit, connection.autocommit = connection.autocommit, True
        row = connection.execute(
            "SELECT pg_backend_pid(), current_setting('default_transaction_isolation')", prepare=False
        ).fetchone()
        connection.autocommit = autocommit
        assert row is not None  # noqa: S101 -- it asks for one
        pid, isolation = row
        if pid != connection.info.backend_pid:
            connection.prepare_threshold = None
            self._tell(isolation, connection)
        return connection

    def _tell(self, isolation: str, connection: psycopg.Connection) -> None:
        if isolation != "read committed":
            connection.close()
            raise SettingsError(
                f"Behind PgBouncer the store needs transactions that are READ COMMITTED, not {isolation.upper()}.",
                recovery_actions=["ALTER ROLE ... SET default_transaction_isolation = 'read committed'"],
            )
        if not self._told:
            self._told = True
            logger.info(
                "The database is behind a pooler such as PgBouncer: statements are not prepared%s, and exports of "
                "other processes are asked about each second.",
                "" if "options" in self._arguments else ", no limits of time are set",
                extra={"action": "pooler_found"},
            )

    @asynccontextmanager
    async def listening(self) -> AsyncGenerator[psycopg.AsyncConnection, None]:
        """A connection that listens."""
        connection = await psycopg.AsyncConnection.connect(**self._arguments, autocommit=True)
        try:
            yield connection
        finally:
            await connection.close()


class PostgresDatabase(ThreadedDatabase):
    """PostgreSQL through psycopg, used from as many threads as there are connections.

    A ticket costs half the CPU time that way: one hop to a thread for a transaction, where psycopg waits in C, not one
    turn of the event loop for each statement. Who comes while all threads are at work waits for the first to be free,
    however long that takes, so there are never more connections and none is refused.

    Args:
        engine: opened for this store, in AUTOCOMMIT.
        size: how many connections there are at most, beside the one that listens.
        door: makes the connection that listens.
    """

    appends_quickly = True

    def __init__(self, engine: Engine, *, size: int, door: "Door") -> None:
        super().__init__(engine, threads=size)
        self._engine = engine
        self._listener = Listener(door.listening, self.notify)

    def prepare(self, statement: Statement) -> Prepared:
        """See `Database`."""
        return ByNames(statement, self.dialect)

    async def identity(self) -> str | None:
        """See `Database`."""
        return await self.run(Access.QUERY, lambda connection: connection.scalar(text(IDENTITY)))

    @contextmanager
    def follow(self, session_id: UUID) -> Iterator[Signal]:
        """See `Database`."""
        with self._listener.follow(session_id) as signal:
            yield signal

    async def quick(self, append: QuickAppend) -> tuple[Any, Any]:
        """The rows that the two statements of an append gave, once they are committed: one round trip.

        Raises:
            StoreError, StoreUnavailableError: as `run`.
        """
        try:
            return await shielded_result(self._workers.submit(partial(self._quick, append)))
        except (exc.DBAPIError, exc.TimeoutError, OSError) as error:
            raise self._error(error) from error

    def _quick(self, append: QuickAppend) -> tuple[Any, Any]:
        # Once something is sent, nobody knows whether a connection that breaks has not written it. So one that the
        # server has closed while nobody used it must be noticed before.
        while True:
            # From the pool without a `Connection` around it, which would cost a tenth of an append.
            try:
                connection = self._engine.raw_connection()
            except psycopg.Error as error:
                raise exc.DBAPIError.instance(None, None, error, psycopg.Error) from error
            try:
                driver: Any = connection.driver_connection
                if _has_something_to_say(driver.pgconn.socket):
                    connection.invalidate()
                    continue
                with _told_as_sqlalchemy_does(connection):
                    first, second = driver.cursor(), driver.cursor()
                    with driver.pipeline():
                        first.execute(*append.hold)
                        second.execute(*append.write)
                    return first.fetchone(), second.fetchone()
            finally:
                connection.close()

    def _work(self, access: Access, body: Body[T]) -> T:
        def told(connection: Connection) -> T:
            connection.begin()  # what goes past SQLAlchemy would be committed by nobody
            with _told_as_sqlalchemy_does(connection.connection):
                return body(connection)

        with self._engines[access].connect() as connection:
            return transact(connection, told, None)

    async def aclose(self) -> None:
        """Close all connections, and end the threads."""
        await self._listener.aclose()
        await super().aclose()
        await self._workers.join()
        self._engine.dispose()


@contextmanager
def _told_as_sqlalchemy_does(connection: PoolProxiedConnection) -> Iterator[None]:
    """Raise what psycopg raises as SQLAlchemy's own errors, which say whether the connection is lost."""
    try:
        yield
    except psycopg.Error as error:
        driver: Any = connection.driver_connection
        lost = bool(driver.closed)
        if lost:
            connection.invalidate(error)
        raise exc.DBAPIError.instance(None, None, error, psycopg.Error, connection_invalidated=lost) from error


def _has_something_to_say(socket: int) -> bool:
    """Whether the server has sent something to a connection that nobody uses: that it is closed, as a rule."""
    if not hasattr(select, "poll"):  # Windows
        return False
    poll = select.poll()
    poll.register(socket, select.POLLIN)
    return bool(poll.poll(0))
