"""Hands events to listeners.

A listener that fails or is slow harms neither the export nor another listener: each has a bounded buffer, in which the
oldest progress makes room for the newest.
"""

import logging
from collections import deque
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from uuid import UUID

import anyio

from jira_session_export._export.events import EventSink, ExportEvent, ExportProgress, FinalEvent, LeaseLost

logger = logging.getLogger("jira_session_export.events")


class Listener:
    """A bounded view on one session's events: `async for event in listener`."""

    def __init__(self, buffer_size: int) -> None:
        self._buffer: deque[ExportEvent] = deque(maxlen=buffer_size)
        self._news = anyio.Event()
        self._closed = False

    def _put(self, event: ExportEvent) -> None:
        if self._closed:
            return
        if isinstance(event, ExportProgress) and self._buffer and isinstance(self._buffer[-1], ExportProgress):
            self._buffer[-1] = event  # a newer position makes an unread one worthless
        else:
            self._buffer.append(event)
        self._closed = isinstance(event, FinalEvent)
        self._news.set()

    def __len__(self) -> int:
        """Return how many events wait to be read."""
        return len(self._buffer)

    def close(self) -> None:
        """End the iteration after the events that are there."""
        self._closed = True
        self._news.set()

    async def receive(self) -> ExportEvent | None:
        """Wait for the next event; None after the last. Cancelling it loses nothing."""
        while not self._buffer:
            if self._closed:
                return None
            self._news = anyio.Event()
            await self._news.wait()
        return self._buffer.popleft()

    async def __aiter__(self) -> AsyncIterator[ExportEvent]:
        while (event := await self.receive()) is not None:
            yield event


class EventHub:
    """Hands the events of running exports to any number of listeners; an `EventSink`.

    Args:
        buffer_size: events kept for a listener that does not read; more push the oldest out.
    """

    def __init__(self, *, buffer_size: int = 64) -> None:
        self._buffer_size = buffer_size
        self._listeners: dict[UUID, set[Listener]] = {}
        self._latest: dict[UUID, ExportEvent] = {}
        self._positions: dict[UUID, ExportProgress] = {}

    def __call__(self, event: ExportEvent) -> None:
        """Hand `event` to the listeners of its session; never waits."""
        # A run that has ended is the store's to tell of; keeping its last event would keep every session ever run.
        if isinstance(event, FinalEvent):
            self._latest.pop(event.session_id, None)
        else:
            self._latest[event.session_id] = event
        if isinstance(event, ExportProgress):
            self._positions[event.session_id] = event
        elif isinstance(event, FinalEvent | LeaseLost):
            self._positions.pop(event.session_id, None)
        # A copy: a listener may leave while it is being handed an event.
        for listener in tuple(self._listeners.get(event.session_id, ())):
            listener._put(event)  # noqa: SLF001 -- the two are one thing

    def latest(self, session_id: UUID) -> ExportEvent | None:
        """Return the newest event of a run in this process; None when there is none."""
        return self._latest.get(session_id)

    def position(self, session_id: UUID) -> ExportProgress | None:
        """Return what a run in this process is at; None when there is none, or it has not begun with a ticket yet."""
        return self._positions.get(session_id)

    @contextmanager
    def listen(self, session_id: UUID) -> Iterator[Listener]:
        """Listen to the session's events from now on; iterate the listener inside the block."""
        listener = Listener(self._buffer_size)
        self._listeners.setdefault(session_id, set()).add(listener)
        try:
            yield listener
        finally:
            listeners = self._listeners[session_id]
            listeners.discard(listener)
            if not listeners:
                del self._listeners[session_id]


def guarded(sink: EventSink) -> EventSink:
    """Wrap `sink` so that what it raises is logged: a sink must never fail an export."""

    def guard(event: ExportEvent) -> None:
        try:
            sink(event)
        except Exception:
            logger.exception(
                "An event sink failed at an event of session %s",
                event.session_id,
                extra={"action": "event_sink_failed", "session_id": str(event.session_id)},
            )

    return guard
