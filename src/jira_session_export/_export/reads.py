"""Reads the state of a session, and the queue, once for all who ask for it at the same moment."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

import anyio

from jira_session_export._export.turns import place_in_turn
from jira_session_export._journal import SessionState
from jira_session_export._runtime import Runtime
from jira_session_export._storage.protocols import ExportStore, QueuedSession, SessionQueue

QUEUE_SECONDS = 1.0
"""How old the queue may be that a session's place is told from."""


@dataclass(slots=True, eq=False)
class _Read:
    done: anyio.Event = field(default_factory=anyio.Event)
    state: SessionState | None = None
    error: Exception | None = None


class SharedReads:
    """States of sessions, and their places in the queue.

    Those who watch a session are all woken by the same write. One query is under way for a session at a time; whoever
    asks meanwhile waits for it, and shares the next one with all the others: so none gets what is older than its wish.
    """

    def __init__(self, store: ExportStore, runtime: Runtime) -> None:
        self._store = store
        self._runtime = runtime
        self._queue: tuple[float, Sequence[QueuedSession]] | None = None
        self._reading_queue = anyio.Lock()
        self._under_way: dict[UUID, _Read] = {}
        self._to_come: dict[UUID, _Read] = {}

    async def state(self, session_id: UUID) -> SessionState:
        """As `ExportStore.state`, by a query that has not begun yet; raises the same."""
        while True:
            read = self._to_come.get(session_id)
            if read is None:
                return await self._read(session_id)
            await read.done.wait()
            if read.error is not None:
                raise read.error
            if read.state is not None:
                return read.state
            # Whoever was to read has been cancelled.

    async def _read(self, session_id: UUID) -> SessionState:
        read = self._to_come[session_id] = _Read()
        try:
            try:
                while (before := self._under_way.get(session_id)) is not None:
                    await before.done.wait()
            finally:
                del self._to_come[session_id]
            self._under_way[session_id] = read
            try:
                read.state = await self._store.state(session_id)
            finally:
                del self._under_way[session_id]
        except Exception as exc:
            read.error = exc
            raise
        finally:
            read.done.set()
        return read.state

    async def queue_position(self, state: SessionState) -> int | None:
        """Return the place of a session among those that wait for a worker, from 1; None when it does not wait.

        However many sessions wait and are watched, the queue is read once in `QUEUE_SECONDS`.
        """
        if not isinstance(self._store, SessionQueue):
            return None
        async with self._reading_queue:
            known = self._queue
            if known is not None and 0 <= self._runtime.monotonic() - known[0] < QUEUE_SECONDS:
                place = place_in_turn(state, known[1])
                if place is not None:
                    return place
                # It may have been started since.
            self._queue = self._runtime.monotonic(), await self._store.queued(self._runtime.now())
            return place_in_turn(state, self._queue[1])
