"""Hears of what other processes write: LISTEN on a connection of its own, of which a process has at most one.

PostgreSQL hands a notification over when the transaction is committed that sent it, so whoever hears it finds what was
written. It carries a session's id and the number of its newest entry and nothing else: what happened is in the tables.
A connection that breaks may have missed something, so everybody reads again once there is another. Whether a connection
hears anything is tried, from another connection, before it is relied on: behind PgBouncer in transaction mode LISTEN
succeeds and nothing ever comes.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from jira_session_export._printable import one_line
from jira_session_export._runtime import SYSTEM_RUNTIME, Runtime

logger = logging.getLogger("jira_session_export.storage")

CHANNEL = "jira_session_export"
"""Where PostgreSQL tells of what was written: `<session id> <number of the newest entry>`."""
TRY = "try"
"""How the payload of a trial begins."""
TRIAL_SECONDS = 3.0
"""How long a trial may be under way."""
CHECK_SECONDS = 30.0
"""How often a connection that hears is tried again: one that has died without a word hears nothing."""
RETRY_SECONDS = (0.2, 1.0, 5.0)
"""Between the attempts to have a connection again; the last one goes on."""
UNFIT_SECONDS = 300.0
"""Between the attempts where a connection heard nothing: a pooler stays what it is."""


class _DeafError(Exception):
    """The connection does not hear what another one tells."""


class Signal:
    """Whether something was written in a session; see `ChangeSignal`."""

    def __init__(self, listener: "Listener | None") -> None:
        self._listener = listener
        self._told = asyncio.Event()
        self._newest = 0

    @property
    def is_live(self) -> bool:
        """See `ChangeSignal`."""
        return self._listener is not None and self._listener.is_live

    async def wait(self) -> None:
        """See `ChangeSignal`."""
        await self._told.wait()
        self._told.clear()

    def tell(self, sequence: int | None) -> None:
        """Something was written: the entry of that number, or nobody knows what."""
        if sequence is None or sequence > self._newest:
            self._newest = sequence or self._newest
            self._told.set()


class Listener:
    """The connection that hears, and those who are told; opened for the first of them.

    Args:
        connect: opens a connection of psycopg's, in autocommit.
        notify: sends a payload to the channel, from another connection.
    """

    def __init__(
        self,
        connect: Callable[[], contextlib.AbstractAsyncContextManager[Any]],
        notify: Callable[[str], Awaitable[None]],
        *,
        runtime: Runtime = SYSTEM_RUNTIME,
        trial_seconds: float = TRIAL_SECONDS,
    ) -> None:
        self._connect = connect
        self._notify = notify
        self._runtime = runtime
        self._trial_seconds = trial_seconds
        self._signals: dict[UUID, set[Signal]] = {}
        self._task: asyncio.Task[None] | None = None
        self._trials: dict[str, asyncio.Event] = {}
        self.is_live: bool = False

    @contextmanager
    def follow(self, session_id: UUID) -> Iterator[Signal]:
        """Be told of what is written in the session."""
        if self._task is None or self._task.done():
            self._task = asyncio.ensure_future(self._run())
        signal = Signal(self)
        self._signals.setdefault(session_id, set()).add(signal)
        try:
            yield signal
        finally:
            signals = self._signals[session_id]
            signals.discard(signal)
            if not signals:
                del self._signals[session_id]

    async def aclose(self) -> None:
        """Close the connection."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _run(self) -> None:
        failures = 0
        while True:
            delay = RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)]
            try:
                async with self._connect() as connection:
                    await _listen(connection)
                    await self._hear(connection)
            except _DeafError:
                if not self.is_live:
                    delay = UNFIT_SECONDS
                    logger.warning(
                        "The database is behind a pooler such as PgBouncer, or passes on no notifications: exports of "
                        "other processes are asked about each second instead.",
                        extra={"action": "listen_unfit"},
                    )
            except Exception as exc:  # noqa: BLE001 -- whatever it is, the store is polled meanwhile
                if self.is_live or not failures:
                    logger.warning(
                        "No notifications of the database: %s", one_line(str(exc)), extra={"action": "listen_lost"}
                    )
            failures = 0 if self.is_live else failures + 1
            self.is_live = False
            self._tell_all()  # from now on they poll
            await self._runtime.sleep(delay)

    async def _hear(self, connection: Any) -> None:
        checking = asyncio.ensure_future(self._check())
        hearing = asyncio.ensure_future(self._receive(connection))
        try:
            await asyncio.wait([checking, hearing], return_when=asyncio.FIRST_COMPLETED)
        finally:
            checking.cancel()
            hearing.cancel()
            outcomes = await asyncio.gather(checking, hearing, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(outcome, asyncio.CancelledError):
                raise outcome

    async def _receive(self, connection: Any) -> None:
        async for notification in connection.notifies():
            name, _, number = notification.payload.partition(" ")
            if name == TRY:
                if trial := self._trials.get(number):
                    trial.set()
                continue
            with contextlib.suppress(ValueError):  # the channel is open to all who have the database
                for signal in tuple(self._signals.get(UUID(name), ())):
                    signal.tell(int(number) or None)

    async def _check(self) -> None:
        while True:
            name = str(self._runtime.new_id())
            heard = self._trials[name] = asyncio.Event()
            try:
                await self._notify(f"{TRY} {name}")
                async with asyncio.timeout(self._trial_seconds):
                    await heard.wait()
            except TimeoutError:
                raise _DeafError from None
            finally:
                del self._trials[name]
            if not self.is_live:
                self.is_live = True
                # What was written before this connection listened was told to nobody.
                self._tell_all()
            await self._runtime.sleep(CHECK_SECONDS)

    def _tell_all(self) -> None:
        for signals in self._signals.values():
            for signal in signals:
                signal.tell(None)


async def _listen(connection: Any) -> None:
    found = await (await connection.execute("SELECT pg_backend_pid()")).fetchone()
    if found != (connection.info.backend_pid,):
        raise _DeafError  # behind a pooler: the connection that would listen is given to others
    await connection.execute(f"LISTEN {CHANNEL}")
