"""Reads the state of a session once for all who ask for it at the same moment."""

from dataclasses import dataclass, field
from uuid import UUID

import anyio

from jira_session_export._journal import SessionState
from jira_session_export._storage.protocols import ExportStore


@dataclass(slots=True, eq=False)
class _Read:
    done: anyio.Event = field(default_factory=anyio.Event)
    state: SessionState | None = None
    error: Exception | None = None


class SharedReads:
    """States of sessions.

    Those who watch a session are all woken by the same write. One query is under way for a session at a time; whoever
    asks meanwhile waits for it, and shares the next one with all the others: so none gets what is older than its wish.
    """

    def __init__(self, store: ExportStore) -> None:
        self._store = store
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
