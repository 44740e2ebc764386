"""SQLite as the store uses it."""

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
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


@dataclass(frozen=True, slots=True)
class _Append:
    """A transaction that may share its commit."""

    access: Access
    body: Body[Any]


class SqliteDatabase(Database):
    """SQLite through an `Engine`, used from one thread, because it has one writer anyway.

    This is several times as fast as an asyncio driver: one hop to the thread for a transaction, not one for each
    operation of a cursor. What several exports append at the same time is committed together, so that they wait for
    the disk once.

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
        self._kept: Connection | None = None
        self._path = _path(engine) if owned else None
        self._file: tuple[int, int] | None = None

    def prepare(self, statement: Statement) -> Prepared:
        """See `Database`."""
        return ByDriver(statement, self._engine.dialect) if self._owned else super().prepare(statement)

    def _submit(self, access: Access, body: Body[T]) -> asyncio.Future[T]:
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

    def _transact(self, access: Access, body: Body[T]) -> T:
        with self._connected() as connection:
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
    def _connected(self) -> Iterator[Connection]:
        """A connection: of an engine of ours always the same, until something goes wrong with it.

        Raises:
            FileNotFoundError: the file was deleted while it was in use. SQLite would go on writing to what is left of
                it, which nobody will ever read; a file that was put in its place is opened instead.
        """
        if self._path is not None and self._file is not None and (found := _identity(self._path)) != self._file:
            if found is None:
                raise FileNotFoundError(f"{self._path} was deleted while it was in use")
            self._dispose()
            self._kept = self._file = None
        connection = self._kept or self._engine.connect()
        self._kept = None
        if self._path is not None and self._file is None:
            self._file = _identity(self._path)
        try:
            yield connection
        except BaseException:
            connection.close()
            raise
        if self._owned:
            self._kept = connection
        else:
            connection.close()

    def _dispose(self) -> None:
        if self._kept is not None:
            self._kept.close()
        self._engine.dispose()

    def _survive_power_failures(self, connection: Connection, access: Access) -> None:
        setting = "NORMAL" if access is Access.RECOVERABLE_APPEND else self._synchronous
        if self._synchronous is not None and connection.info.get("synchronous") != setting:
            cursor = connection.connection.cursor()
            cursor.execute(f"PRAGMA synchronous = {setting}")
            cursor.close()
            connection.info["synchronous"] = setting

    async def aclose(self) -> None:
        """Close the engine when it is ours, and end the thread."""
        if self._owned:
            # In the thread, because SQLite connections in memory belong to the one that opened them.
            await shielded_result(self._workers.submit(self._dispose))
        self._workers.close()


def _path(engine: Engine) -> Path | None:
    """The file of the database; None when it has none, or an address of its own."""
    name = engine.url.database
    return None if not name or name == ":memory:" or name.startswith("file:") else Path(name).absolute()


def _identity(path: Path) -> tuple[int, int] | None:
    """What tells the file from another of the same name; None when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
