"""Runs plain functions over a SQLAlchemy `Connection`, each in one transaction, away from the event loop."""

import asyncio
import logging
import os
import shutil
import sqlite3
from abc import ABC, abstractmethod
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from enum import Enum
from functools import partial
from typing import Any, TypeVar
from uuid import UUID

import anyio
import sqlalchemy as sa
from sqlalchemy import Connection, Engine, exc
from sqlalchemy.engine.interfaces import IsolationLevel
from sqlalchemy.ext.asyncio import AsyncEngine

from jira_session_export._printable import one_line
from jira_session_export._runtime import SYSTEM_RUNTIME, outside_work
from jira_session_export._storage.sqlalchemy.listening import CHANNEL, Listener, Signal
from jira_session_export._storage.sqlalchemy.prepared import BySqlAlchemy, Prepared, Statement
from jira_session_export._storage.sqlalchemy.quick import QuickAppend
from jira_session_export._storage.sqlalchemy.workers import Job, WorkerThreads, deliver
from jira_session_export.errors import StoreError, StoreUnavailableError

logger = logging.getLogger("jira_session_export.storage")

T = TypeVar("T")
AnyEngine = TypeVar("AnyEngine", Engine, AsyncEngine)
Body = Callable[[Connection], T]
"""What happens in a transaction: synchronous, and done with the connection when it returns."""

_REFUSED = (
    exc.DataError,
    exc.IntegrityError,
    exc.ProgrammingError,
    sqlite3.DataError,
    sqlite3.IntegrityError,
    sqlite3.ProgrammingError,
)
_RESTORE = (
    "Stop the program, restore the file from a backup, or move it away: an export then takes over the issues that Jira "
    "has already."
)
_IS_FULL = "is full"
_NO_ROOM_BYTES = 1_000_000
_SQLITE_TROUBLE = (
    ("was deleted while it was in use", "The database's file is gone", _RESTORE),
    ("is not a database", "The database's file is damaged, or none of SQLite", _RESTORE),
    ("is malformed", "The database's file is damaged", _RESTORE),
    (_IS_FULL, "The disk of the database is full", "Free some space on it, then retry the export."),
    (
        "disk I/O error",
        "The disk of the database failed",
        "Look into the system's log for what is wrong with it, or raise this user's quota; then retry the export.",
    ),
    (
        "readonly database",
        "The database's file cannot be written",
        "Make it and its folder writable, then retry.",
    ),
    ("No space left on device", "The disk is full", "Free some space on it, then retry the export."),
)
"""A part of what SQLite or the system says, in words that no version translates → what it means, and what to do."""
_MISSING = frozenset({"42P01", "42703"})  # PostgreSQL: undefined_table, undefined_column


READ_DELAYS = (0.1, 0.4, 1.5)
"""Seconds between the tries of a read that gets no answer."""


class Access(Enum):
    """What a transaction is for."""

    QUERY = "one query"
    SNAPSHOT = "several queries that must see the same moment"
    BULK = "as SNAPSHOT, of all tickets of a session: with thousands, others must not wait for it"
    WRITE = "writing"
    APPEND = "writing a few rows; on SQLite, those who come at the same time share a commit"
    RECOVERABLE_APPEND = (
        "as APPEND, of what can be read from Jira again: the next commit saves it from a power failure, too"
    )


# Whatever a host's engine is set to. READ COMMITTED: two starters wait for each other's row instead of failing.
_POSTGRESQL: dict[Access, IsolationLevel] = {
    Access.QUERY: "AUTOCOMMIT",
    Access.SNAPSHOT: "REPEATABLE READ",
    Access.BULK: "REPEATABLE READ",
    Access.WRITE: "READ COMMITTED",
    Access.APPEND: "READ COMMITTED",
    Access.RECOVERABLE_APPEND: "READ COMMITTED",
}
WRITING = frozenset({Access.WRITE, Access.APPEND, Access.RECOVERABLE_APPEND})
# The driver's own BEGIN is deferred: of two such transactions that read before they write, one fails or is lost.
_SQLITE = {Access.SNAPSHOT: "BEGIN", Access.BULK: "BEGIN"} | dict.fromkeys(WRITING, "BEGIN IMMEDIATE")


def _variants(engine: AnyEngine) -> dict[Access, AnyEngine]:
    if engine.dialect.name == "sqlite":
        return dict.fromkeys(Access, engine)
    return {access: engine.execution_options(isolation_level=level) for access, level in _POSTGRESQL.items()}


class _ConnectionLostError(Exception):
    """The connection broke before the commit was sent, so nothing was written. Never leaves this module."""


def transact(connection: Connection, body: Body[T], opening: str | None) -> T:
    """Do `body` in one transaction and commit it. `opening`: what begins it; None leaves it to the driver."""
    try:
        if opening is not None:
            _begin(connection, opening)
        result = body(connection)
    except exc.DBAPIError as error:
        if error.connection_invalidated:
            raise _ConnectionLostError from error
        raise
    connection.commit()
    return result


def _begin(connection: Connection, opening: str) -> None:
    connection.begin()
    cursor = connection.connection.cursor()
    driver: Any = connection.connection.driver_connection
    if driver.in_transaction:
        # A host's engine has begun already, in its own way; nothing has happened in it yet.
        cursor.execute("ROLLBACK")
    cursor.execute(opening)
    cursor.close()


class Database(ABC):
    """A database as the store uses it.

    Attributes:
        appends_quickly: whether it has `quick`.
    """

    appends_quickly = False

    def __init__(self, engine: Engine | AsyncEngine) -> None:
        self.dialect = engine.dialect
        self.dialect_name = engine.dialect.name
        self.address = engine.url.render_as_string(hide_password=True)
        self._secret = engine.url.password
        self._place = os.path.abspath(engine.url.database or "")  # noqa: PTH100 -- for SQLite
        self._logged = ""
        self._openings = _SQLITE if self.dialect_name == "sqlite" else {}

    async def run(self, access: Access, body: Body[T]) -> T:
        """What `body` returns, once it is committed; exactly one transaction.

        A read that meets a server which restarts, or a connection that breaks, is repeated for two seconds: it changes
        nothing, and whoever asked need not know.

        It cannot be stopped half-way: a cancellation that comes meanwhile is delivered at the caller's next wait.
        What `body` raises rolls everything back.

        Raises:
            StoreUnavailableError: whether it was written is unknown.
            StoreError: the database refused it; nothing was written.
        """
        delays = iter(() if access in WRITING or self.dialect_name == "sqlite" else READ_DELAYS)
        while True:
            try:
                return await self._run_once(access, body)
            except StoreUnavailableError as error:
                if not _may_pass(error.__cause__) or (delay := next(delays, None)) is None:
                    raise
                await SYSTEM_RUNTIME.sleep(delay)

    async def _run_once(self, access: Access, body: Body[T]) -> T:
        try:
            with outside_work():
                try:
                    return await shielded_result(self._submit(access, body))
                except _ConnectionLostError:
                    # The pool held a connection the server has closed since; the next one is fresh.
                    return await shielded_result(self._submit(access, body))
        except _ConnectionLostError as error:
            raise self._error(error.__cause__) from error.__cause__
        except (exc.DBAPIError, exc.TimeoutError, sqlite3.Error, OSError) as error:
            raise self._error(error) from error

    def prepare(self, statement: Statement) -> Prepared:
        """The statement, ready to run on a connection of this database."""
        return BySqlAlchemy(statement)

    async def identity(self) -> str | None:
        """What tells the database from all others; None when it cannot be known, or its transactions are not shared."""
        return None

    async def quick(self, append: QuickAppend) -> tuple[Any, Any]:
        """The rows that the two statements of an append gave, once they are committed."""
        raise NotImplementedError

    @contextmanager
    def follow(self, session_id: UUID) -> Iterator[Signal]:  # noqa: ARG002 -- of those that can listen
        """Be told of what is written in the session, where the database can tell."""
        yield Signal(None)

    async def notify(self, payload: str) -> None:
        """Send a payload to the channel of those who listen."""
        statement = sa.select(sa.func.pg_notify(CHANNEL, payload))
        await self.run(Access.QUERY, lambda connection: connection.execute(statement))

    @abstractmethod
    async def aclose(self) -> None:
        """Give back what was opened for this store."""

    @abstractmethod
    def _submit(self, access: Access, body: Body[T]) -> asyncio.Future[T]: ...

    def _error(self, error: BaseException | None) -> StoreError:
        cause = error.orig if isinstance(error, exc.DBAPIError) else error
        reason = str(cause).partition("\n")[0]
        if self._secret:
            reason = reason.replace(self._secret, "***")
        if getattr(cause, "sqlstate", None) in _MISSING or reason.startswith("no such "):
            return StoreUnavailableError(
                f"The database lacks the export's tables: {reason}",
                recovery_actions=["Bring the tables up to date with the store's migrate()."],
            )
        for sign, message, action in _SQLITE_TROUBLE:
            if sign in reason or (sign == _IS_FULL and self._failed_for_want_of_room(reason)):
                return StoreUnavailableError(f"{message} ({reason}).", recovery_actions=[action])
        if isinstance(error, _REFUSED):
            return StoreError(f"The database refused what was asked of it, and nothing was written: {reason}")
        if self.dialect_name == "sqlite":
            return StoreUnavailableError(f"The database did not answer: {reason}")
        # The driver's words name the server, the account and the database: for the log, not for whoever called.
        if reason != self._logged:
            self._logged = reason
            logger.warning("The database did not answer: %s", one_line(reason), extra={"action": "database_away"})
        return StoreUnavailableError(
            f"The database did not answer: {reason}",
            public_message=f"The database did not answer: {_without_names(cause, reason)}.",
        )

    def _failed_for_want_of_room(self, reason: str) -> bool:
        """Whether an error of the disk comes from there being no room: SQLite has no word of its own for its index."""
        if "disk I/O error" not in reason:
            return False
        try:
            return shutil.disk_usage(os.path.dirname(self._place)).free < _NO_ROOM_BYTES  # noqa: PTH120
        except OSError:
            return False


def _may_pass(error: BaseException | None) -> bool:
    """Whether the same may work in a moment: no pool that is full, and no tables that are missing."""
    cause = error.orig if isinstance(error, exc.DBAPIError) else error
    return not isinstance(error, exc.TimeoutError) and getattr(cause, "sqlstate", None) not in _MISSING


def _without_names(cause: BaseException | None, reason: str) -> str:
    """What is the matter, in words that name neither a server nor an account."""
    state = getattr(cause, "sqlstate", None) or ""
    for begin, words in _SQLSTATES.items():
        if state.startswith(begin):
            return words
    lowered = reason.lower()
    return next((words for sign, words in _SIGNS.items() if sign in lowered), "the log says why")


_SQLSTATES = {
    "28": "it does not accept the credentials",
    "3D": "there is no database of that name",
    "53": "it has no connection or no space left",
    "57P": "it is starting, stopping or restarting",
    "40": "another transaction was in the way",
}
"""How SQLSTATEs of PostgreSQL begin → what they mean. Source: PostgreSQL's documentation, appendix A (version 18)."""
_SIGNS = {
    "refused": "the connection was refused",
    "timeout": "no connection in time",
    "timed out": "no connection in time",
    "password": "it does not accept the credentials",
    "authentication": "it does not accept the credentials",
    "resolve": "its name is not known",
    "name or service": "its name is not known",
    "starting up": "it is starting, stopping or restarting",
    "shutting down": "it is starting, stopping or restarting",
    "closed": "the connection broke off",
    "terminat": "the connection broke off",
    "reset": "the connection broke off",
    "no such file": "the connection was refused",
}
"""What libpq and drivers say, without an SQLSTATE, when there is no connection → the same without names."""


class ThreadedDatabase(Database):
    """An `Engine`, used from threads of its own."""

    def __init__(self, engine: Engine, *, threads: int = 5) -> None:
        super().__init__(engine)
        self._engines = _variants(engine)
        self._workers = WorkerThreads[Callable[[], Any]](threads, run_each)

    def _submit(self, access: Access, body: Body[T]) -> asyncio.Future[T]:
        return self._workers.submit(partial(self._work, access, body))

    def _work(self, access: Access, body: Body[T]) -> T:
        with self._engines[access].connect() as connection:
            return transact(connection, body, self._openings.get(access))

    async def aclose(self) -> None:
        """End the threads; the engine is the host's."""
        self._workers.close()


def run_each(jobs: Sequence[Job[Callable[[], Any]]]) -> None:
    """Do each job and deliver its outcome; in a thread."""
    for job in jobs:
        try:
            job.result = job.order()
        except BaseException as error:  # noqa: BLE001 -- the waiting caller gets it
            job.error = error
    deliver(jobs)


class AsyncDatabase(Database):
    """An `AsyncEngine`, used on the event loop it belongs to."""

    def __init__(self, engine: AsyncEngine, *, owned: bool) -> None:
        super().__init__(engine)
        self._engine = engine
        self._owned = owned
        self._engines = _variants(engine)
        self._listener = Listener(self._own_connection, self.notify) if engine.dialect.driver == "psycopg" else None

    @contextmanager
    def follow(self, session_id: UUID) -> Iterator[Signal]:
        """See `Database`."""
        if self._listener is None:
            yield Signal(None)
        else:
            with self._listener.follow(session_id) as signal:
                yield signal

    @asynccontextmanager
    async def _own_connection(self) -> AsyncGenerator[Any, None]:
        """A connection of the driver's that the pool does not count."""
        async with self._engines[Access.QUERY].connect() as connection:
            driver: Any = (await connection.get_raw_connection()).driver_connection
            await connection.run_sync(Connection.detach)
            try:
                yield driver
            finally:
                await driver.close()
                await connection.invalidate()  # there is nothing to roll back

    def _submit(self, access: Access, body: Body[T]) -> asyncio.Future[T]:
        # A task of its own, so that cancelling the caller does not reach into the transaction.
        return asyncio.ensure_future(self._work(access, body))

    async def _work(self, access: Access, body: Body[T]) -> T:
        async with self._engines[access].connect() as connection:
            return await connection.run_sync(transact, body, self._openings.get(access))

    async def aclose(self) -> None:
        """Close the engine when it is ours."""
        if self._listener is not None:
            await self._listener.aclose()
        if self._owned:
            await shielded_result(asyncio.ensure_future(self._engine.dispose()))


async def shielded_result(future: asyncio.Future[T]) -> T:
    """The future's outcome, waited for to the end; a cancellation that arrives meanwhile is passed on afterwards."""
    try:
        return await asyncio.shield(future)  # as a rule nobody cancels, and nothing else is needed
    except asyncio.CancelledError as error:
        cancelled = error
    with anyio.CancelScope(shield=True):  # or a scope that is cancelled would go on cancelling
        while not future.done():
            try:
                await asyncio.shield(future)
            except asyncio.CancelledError as error:
                cancelled = error
            except Exception:  # noqa: BLE001 -- the future's own, raised below
                break
    if (task := asyncio.current_task()) is not None:
        # The request counts once (`asyncio.timeout` compares), and reaches the caller where it waits next.
        task.uncancel()
        task.cancel(*cancelled.args)
    if future.cancelled():
        raise StoreUnavailableError("The event loop was shut down while the database was at work.")
    return future.result()
