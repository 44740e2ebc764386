"""SQLite as the store uses it."""

import asyncio
import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection, Engine, exc

from jira_session_export._storage.sqlalchemy.database import (
    WRITING,
    Access,
    Body,
    Database,
    run_each,
    shielded_result,
    transact,
)
from jira_session_export._storage.sqlalchemy.prepared import ByDriver, Prepared, Statement
from jira_session_export._storage.sqlalchemy.workers import Job, WorkerThreads, deliver

T = TypeVar("T")


class _Lane(Enum):
    """A thread with a connection of its own."""

    WRITER = "whoever writes; all of a database in memory, and of a host's engine"
    READER = "those who read a row or a few"
    PAGE_READER = "those who read a page of tickets, which takes ten times as long"
    BULK_READER = "those who read all tickets of a session"


_LANES = {Access.QUERY: _Lane.READER, Access.SNAPSHOT: _Lane.PAGE_READER, Access.BULK: _Lane.BULK_READER}


@dataclass(frozen=True, slots=True)
class _Append:
    """A transaction that may share its commit."""

    access: Access
    body: Body[Any]


class SqliteDatabase(Database):
    """SQLite through an `Engine`, written to from one thread, because it has one writer anyway.

    This is several times as fast as an asyncio driver: one hop to the thread for a transaction, not one for each
    operation of a cursor. What several exports append at the same time is committed together, so that they wait for
    the disk once. In a file, those who read have threads and connections of their own: neither a large session that is
    being stored nor one that is being read, nor a page of tickets, keeps a status waiting.

    Args:
        owned: the engine was opened for this store.
        synchronous: SQLite's setting for what must outlive a power failure; None leaves it to the engine.
    """

    def __init__(self, engine: Engine, *, owned: bool, synchronous: str | None = None) -> None:
        super().__init__(engine)
        self._engine = engine
        self._owned = owned
        self._synchronous = synchronous
        self._workers = WorkerThreads[Callable[[], Any] | _Append](1, self._work)
        self._readers = {lane: WorkerThreads[Callable[[], Any]](1, _run_in_turn) for lane in _LANES.values()}
        self._kept: dict[_Lane, Connection] = {}
        self._path = file_of(engine) if owned else None
        self._identity: dict[_Lane, tuple[int, int]] = {}

    def prepare(self, statement: Statement) -> Prepared:
        """See `Database`."""
        return ByDriver(statement, self._engine.dialect) if self._owned else super().prepare(statement)

    def _submit(self, access: Access, body: Body[T]) -> asyncio.Future[T]:
        if access not in WRITING and self._path is not None:
            lane = _LANES[access]
            return self._readers[lane].submit(partial(self._transact, access, body, lane=lane))
        shared = access in {Access.APPEND, Access.RECOVERABLE_APPEND}
        return self._workers.submit(_Append(access, body) if shared else partial(self._transact, access, body))

    def _work(self, jobs: Sequence[Job[Any]]) -> None:
        # Those who read go first: they need not wait for the disk. Remarks go last: no create waits for them.
        run_each([job for job in jobs if not isinstance(job.order, _Append)])
        appends = [job for job in jobs if isinstance(job.order, _Append)]
        for access in (Access.APPEND, Access.RECOVERABLE_APPEND):
            if together := [job for job in appends if job.order.access is access]:
                self._commit_together(access, together)
                deliver(together)

    def _transact(self, access: Access, body: Body[T], *, lane: _Lane = _Lane.WRITER) -> T:
        with self._connected(lane) as connection:
            if access in WRITING:
                self._survive_power_failures(connection, access)
            return transact(connection, body, self._openings.get(access))

    def _commit_together(self, access: Access, jobs: Sequence[Job[_Append]]) -> None:
        def all_of_them(connection: Connection) -> list[Any]:
            return [job.order.body(connection) for job in jobs]

        try:
            results = self._transact(access, all_of_them)
        except BaseException as error:  # noqa: BLE001 -- the waiting caller gets it
            if len(jobs) == 1 or isinstance(error, (sqlite3.OperationalError, exc.OperationalError)):
                # The database is full, or locked for longer than one waits: each by itself would wait as long again.
                for job in jobs:
                    job.error = error
            else:  # nothing was written; who is at fault shows when each has a transaction of its own
                for job in jobs:
                    self._commit_together(access, [job])
        else:
            for job, result in zip(jobs, results, strict=True):
                job.result = result

    @contextmanager
    def _connected(self, lane: _Lane) -> Iterator[Connection]:
        """A connection: of an engine of ours always the same in a lane, until something goes wrong with it."""
        self._check_file(lane)
        connection = self._kept.pop(lane, None) or self._engine.connect()
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if self._owned:
            self._kept[lane] = connection
        else:
            connection.close()

    def _check_file(self, lane: _Lane) -> None:
        """Notice that the file was removed or replaced: what is written to a removed one is lost without a word.

        Raises:
            FileNotFoundError: it was removed.
        """
        if self._path is None:
            return
        try:
            found = os.stat(self._path)  # noqa: PTH116 -- called before every transaction
        except FileNotFoundError:
            if not self._identity:
                return  # it is made with the first connection
            self._drop(lane)
            raise FileNotFoundError(f"{self._path} was deleted while it was in use") from None
        identity = (found.st_dev, found.st_ino)
        if self._identity.get(lane, identity) != identity:
            self._drop(lane)
        self._identity[lane] = identity

    def _drop(self, lane: _Lane) -> None:
        """Close the thread's connection for good, whichever pool it came from, and those that wait in the pool."""
        if (connection := self._kept.pop(lane, None)) is not None:
            connection.invalidate()
            connection.close()
        self._engine.dispose()

    def _survive_power_failures(self, connection: Connection, access: Access) -> None:
        setting = "NORMAL" if access is Access.RECOVERABLE_APPEND else self._synchronous
        if self._synchronous is not None and connection.info.get("synchronous") != setting:
            cursor = connection.connection.cursor()
            cursor.execute(f"PRAGMA synchronous = {setting}")
            cursor.close()
            connection.info["synchronous"] = setting

    async def aclose(self) -> None:
        """Close the engine when it is ours, and end the threads."""
        if self._owned:
            # In the threads, because SQLite connections in memory belong to the one that opened them.
            if self._path is not None:
                for lane, readers in self._readers.items():
                    await shielded_result(readers.submit(partial(self._drop, lane)))
            # Last: whoever closes the last connection to the file moves the log into it.
            await shielded_result(self._workers.submit(partial(self._drop, _Lane.WRITER)))
        for readers in self._readers.values():
            readers.close()
        self._workers.close()


def _run_in_turn(jobs: Sequence[Job[Callable[[], Any]]]) -> None:
    """Do each job and deliver its outcome before the next one is begun; in a thread."""
    for job in jobs:
        run_each([job])


def file_of(engine: Engine) -> str | None:
    """The path of the file an engine works on; None for a database in memory, or one that a URI names."""
    name = engine.url.database
    if not name or name == ":memory:" or name.startswith("file:") or engine.url.query:
        return None
    return os.path.abspath(name)  # noqa: PTH100 -- a string, as SQLite takes it


def make_private(path: str) -> None:
    """Make a database file that is not there yet, for its owner alone; SQLite gives its companions the same mode."""
    with suppress(OSError):  # what cannot be made, SQLite says better
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
