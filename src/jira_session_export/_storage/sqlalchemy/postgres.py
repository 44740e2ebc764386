"""PostgreSQL at an address, as the store uses it."""

import asyncio
import select
from collections.abc import AsyncGenerator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import psycopg
from sqlalchemy import Connection, Engine, exc

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

T = TypeVar("T")


class PostgresDatabase(ThreadedDatabase):
    """PostgreSQL through psycopg, used from as many threads as there are connections.

    A ticket costs half the CPU time that way: one hop to a thread for a transaction, where psycopg waits in C, not one
    turn of the event loop for each statement. Who comes while all threads are at work waits for the first to be free,
    however long that takes, so there are never more connections and none is refused.

    Args:
        engine: opened for this store, in AUTOCOMMIT.
        size: how many connections there are at most, beside the one that listens.
        connect: the arguments of psycopg's `connect`.
    """

    appends_quickly = True

    def __init__(self, engine: Engine, *, size: int, connect: Mapping[str, Any]) -> None:
        super().__init__(engine, threads=size)
        self._engine = engine
        self._connect = dict(connect)
        self._listener = Listener(self._own_connection, self.notify)

    def prepare(self, statement: Statement) -> Prepared:
        """See `Database`."""
        return ByNames(statement, self.dialect)

    @contextmanager
    def follow(self, session_id: UUID) -> Iterator[Signal]:
        """See `Database`."""
        with self._listener.follow(session_id) as signal:
            yield signal

    @asynccontextmanager
    async def _own_connection(self) -> AsyncGenerator[psycopg.AsyncConnection, None]:
        connection = await psycopg.AsyncConnection.connect(**self._connect, autocommit=True)
        try:
            yield connection
        finally:
            await connection.close()

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
            with self._engines[Access.QUERY].connect() as connection:
                driver: Any = connection.connection.driver_connection
                if _has_something_to_say(driver.pgconn.socket):
                    connection.invalidate()
                    continue
                with _told_as_sqlalchemy_does(connection):
                    first, second = driver.cursor(), driver.cursor()
                    with driver.pipeline():
                        first.execute(*append.hold)
                        second.execute(*append.write)
                    return first.fetchone(), second.fetchone()

    def _work(self, access: Access, body: Body[T]) -> T:
        def told(connection: Connection) -> T:
            connection.begin()  # what goes past SQLAlchemy would be committed by nobody
            with _told_as_sqlalchemy_does(connection):
                return body(connection)

        with self._engines[access].connect() as connection:
            return transact(connection, told, None)

    async def aclose(self) -> None:
        """Close all connections, and end the threads."""
        await self._listener.aclose()
        await super().aclose()
        await asyncio.to_thread(self._workers.join)
        self._engine.dispose()


@contextmanager
def _told_as_sqlalchemy_does(connection: Connection) -> Iterator[None]:
    """Raise what psycopg raises as SQLAlchemy's own errors, which say whether the connection is lost."""
    try:
        yield
    except psycopg.Error as error:
        driver: Any = connection.connection.driver_connection
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
