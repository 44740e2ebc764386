"""What an export tells while it runs: typed events, a hub that hands them to listeners, and estimates.

Events say only what the store holds already. A listener that fails or is slow harms neither the export nor another
listener: each has a bounded buffer, in which the oldest progress makes room for the newest.
"""

import logging
import math
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

import anyio

from jira_session_export._facts import CreatedIssue, ManualFix
from jira_session_export._journal import Failure

logger = logging.getLogger("jira_session_export.progress")

SECONDS_PER_CALL = 0.5
"""What one create or link is expected to take before any has been measured."""


class Phase(StrEnum):
    """What the export is busy with."""

    CREATING = "creating"
    LINKING = "linking"
    WAITING = "waiting"
    """For Jira's search index, to find out whether an issue exists."""


@dataclass(frozen=True, slots=True)
class ExportEvent:
    """Something a listener may want to know.

    Attributes:
        sequence: grows by one with each event of a run.
        at: aware, in UTC.
    """

    session_id: UUID
    sequence: int
    at: datetime


@dataclass(frozen=True, slots=True)
class ExportProgress(ExportEvent):
    """How far the export is.

    Attributes:
        position: the ticket or link in work, from 1.
        total: how many tickets, or links, there are.
        title: the ticket in work; empty for links.
        tickets_completed: issues that exist and are recorded.
        seconds_remaining: estimated.
    """

    phase: Phase
    position: int
    total: int
    title: str
    tickets_completed: int
    tickets_total: int
    seconds_remaining: float

    @property
    def percentage(self) -> float:
        """Part of the tickets, with the one in work counted, one decimal; 100 is for the completed export alone."""
        if self.phase is Phase.LINKING:
            return 99.9
        return percentage(self.position, self.tickets_total)

    @property
    def current_stage(self) -> str:
        """For people: `Creating ticket 30 of 87: Configure Product Fields`, `Linking dependency 3 of 12`."""
        match self.phase:
            case Phase.LINKING:
                return f"Linking dependency {self.position} of {self.total}"
            case Phase.WAITING:
                return f"Looking for ticket {self.position} of {self.total} in Jira: {self.title}"
            case _:
                return f"Creating ticket {self.position} of {self.total}: {self.title}"


@dataclass(frozen=True, slots=True)
class IssueExported(ExportEvent):
    """A ticket's issue exists and is recorded. `adopted`: it was found, not just created."""

    ticket_id: UUID
    order: int
    title: str
    issue: CreatedIssue
    manual_fixes: tuple[ManualFix, ...]
    adopted: bool


@dataclass(frozen=True, slots=True)
class IssueOrphaned(ExportEvent):
    """An issue exists in Jira that could not be recorded. The next run adopts it."""

    ticket_id: UUID
    title: str
    issue: CreatedIssue


@dataclass(frozen=True, slots=True)
class ExportCompleted(ExportEvent):
    """All is done. `seconds`: over all workers."""

    tickets_created: int
    dependencies_created: int
    manual_fixes_needed: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ExportFailed(ExportEvent):
    """The run stopped. `ticket_order`: None when it was no ticket's fault."""

    ticket_order: int | None
    failure: Failure
    retry_available: bool


@dataclass(frozen=True, slots=True)
class ExportStopped(ExportEvent):
    """The run was cancelled or handed over; `cancelled` tells which. It can be taken up again."""

    cancelled: bool


FinalEvent = ExportCompleted | ExportFailed | ExportStopped
EventSink = Callable[[ExportEvent], None]


def percentage(position: int, total: int) -> float:
    """100·position/total to one decimal, below 100."""
    return min(99.9, round(100 * position / total, 1)) if total else 0.0


def estimated_minutes(tickets: int, links: int, *, pause_seconds: float) -> int:
    """Whole minutes an export of that size takes, at least 1, before anything was measured."""
    seconds = tickets * (pause_seconds + SECONDS_PER_CALL) + links * SECONDS_PER_CALL
    return max(1, math.ceil(seconds / 60))


class Pace:
    """Learns how long a ticket takes and estimates the rest."""

    def __init__(self, *, pause_seconds: float, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._started = monotonic()
        self._done = 0
        self._guess = pause_seconds + SECONDS_PER_CALL

    def ticket_done(self) -> None:
        """One more ticket was created and its pause is over."""
        self._done += 1

    def seconds_remaining(self, tickets: int, links: int) -> float:
        """Estimate for so many tickets and links more."""
        # The guess counts as one measured ticket, so that the first few tickets do not throw the estimate about.
        per_ticket = (self._guess + self._monotonic() - self._started) / (1 + self._done)
        return tickets * per_ticket + links * SECONDS_PER_CALL


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
        """Events that wait to be read."""
        return len(self._buffer)

    def close(self) -> None:
        """End the iteration behind the events that are there."""
        self._closed = True
        self._news.set()

    async def receive(self) -> ExportEvent | None:
        """The next event, waited for; None behind the last. Cancelling it loses nothing."""
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
    """Hands the events of running exports to whoever listens; an `EventSink`.

    Args:
        buffer_size: events kept for a listener that does not read; more push the oldest out.
    """

    def __init__(self, *, buffer_size: int = 64) -> None:
        self._buffer_size = buffer_size
        self._listeners: dict[UUID, set[Listener]] = {}
        self._latest: dict[UUID, ExportEvent] = {}

    def __call__(self, event: ExportEvent) -> None:
        """Hand `event` to the listeners of its session; never waits."""
        if isinstance(event, FinalEvent):
            self._latest.pop(event.session_id, None)
        else:
            self._latest[event.session_id] = event
        for listener in tuple(self._listeners.get(event.session_id, ())):
            listener._put(event)  # noqa: SLF001 -- the two are one thing

    def latest(self, session_id: UUID) -> ExportEvent | None:
        """The newest event of a run that is going on here."""
        return self._latest.get(session_id)

    @contextmanager
    def listen(self, session_id: UUID) -> Iterator[Listener]:
        """A listener for the session's events from now on; iterate it inside the block."""
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
    """`sink`, with what it raises logged: telling must never fail an export."""

    def tell(event: ExportEvent) -> None:
        try:
            sink(event)
        except Exception:
            logger.exception("An event sink failed", extra={"action": "event_sink_failed"})

    return tell
