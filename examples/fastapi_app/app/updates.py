"""What the page follows a session by: its whole state at once, then again whenever something of it has changed.

The messages of an export (`JiraExport.watch`) end with the export. A page stays open longer: somebody else starts the
session again, edits, archives or deletes it. One reader for each session that is looked at asks the store and hands
what it finds to everybody who looks, so that four windows cost what one costs.
"""

import logging
import math
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, Self
from uuid import UUID

import anyio
from anyio.abc import TaskGroup
from pydantic import BaseModel, ConfigDict

from app.examples import EXAMPLES
from jira_session_export import ErrorCategory, JiraExport
from jira_session_export.api import ExportMessage
from jira_session_export.errors import SessionNotFoundError, StoreUnavailableError
from jira_session_export.events import ExportEvent, ExportProgress, FinalEvent, Listener
from jira_session_export.storage import Changes, ChangeSignal, JournalRow, SessionState, SessionStatus, TicketState
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore

logger = logging.getLogger("jira_session_export.service")

POLL_SECONDS = 1.0
"""How often the store is asked; what an export of this process does is heard of at once."""
TOLD_POLL_SECONDS = 30.0
"""How often a store is asked that tells of what other processes write."""
QUEUED_POLL_SECONDS = 5.0
"""The same while the session waits for a worker: what moves it forward in the queue is written for other sessions."""
TOGETHER_SECONDS = 0.25
"""Changes within this time are one message: nobody reads faster."""
LATEST = 2**53
"""No entry has a greater number: after it nothing has changed."""
TICKETS_TOLD = 200
"""Changed tickets in one message; of more, the page reads again those it shows."""
QUIET_SECONDS = 15.0
"""After so much time without a change there is a sign of life: a browser is not told when a connection has died."""
PACE_ENTRIES = 300
"""How many of the latest entries the pace is read from: some 80 tickets, or two bulks of fifty at least."""
PACE_WINDOW = timedelta(minutes=5)


EXAMPLE: dict[str, Any] = {
    "type": "session_update",
    "session_id": "7f1f3d0a-0f0e-4d29-9d55-5f5c3bb1b0a1",
    "last_entry": 93,
    "at": "2026-10-02T09:31:00Z",
    "name": "Sprint 12",
    "project_key": "PROJ",
    "owner": "maria",
    "status": "exporting",
    "archived_at": None,
    "total_tickets": 87,
    "tickets_exported": 30,
    "tickets_left_out": 0,
    "manual_fixes_needed": 1,
    "started_at": "2026-10-02T09:30:00Z",
    "running_since": "2026-10-02T09:30:00Z",
    "completed_at": None,
    "failed_at": None,
    "cancel_requested": False,
    "progress": EXAMPLES["ExportProgressMessage"],
    "pace_per_minute": 30.2,
    "seconds_remaining": 114,
    "failure": None,
    "tickets": [
        {
            "ticket_id": "b6b3b4b0-6c5e-4f53-9b0a-0d5e6a4b7a10",
            "order": 30,
            "title": "Configure Product Fields",
            "status": "exported",
            "jira_key": "PROJ-123",
            "jira_url": "https://example.atlassian.net/browse/PROJ-123",
            "manual_fixes_needed": 1,
            "failed": False,
        }
    ],
    "tickets_complete": True,
}


class TicketUpdate(BaseModel):
    """What has changed of a ticket.

    Attributes:
        status: `pending`, `exported`, `failed` or `skipped`.
        failed: the last export stopped at it.
    """

    ticket_id: UUID
    order: int
    title: str
    status: str
    jira_key: str | None
    jira_url: str | None
    manual_fixes_needed: int
    failed: bool


class FailureReport(BaseModel):
    """Why the last export stopped.

    Attributes:
        ticket_id: of the ticket it stopped at; None when no ticket was the reason.
        retries_left: how often it can still be retried.
        retry_not_before: Jira asked to wait until then.
    """

    category: ErrorCategory
    code: str
    message: str
    recovery_actions: list[str]
    ticket_id: UUID | None
    ticket_order: int | None
    retries_left: int
    retry_available: bool
    retry_not_before: datetime | None


class SessionUpdate(BaseModel):
    """A session as it is now.

    Attributes:
        last_entry: sequence number of the audit trail's newest entry; an update with a smaller one is out of date.
        at: when it was read.
        status: `ready`, `exporting`, `completed`, `export_failed` or `cancelled`.
        running_since: when the export that runs, or ran last, was started; None before the first.
        progress: the present position, as `JiraExport.watch` words it.
        pace_per_minute: tickets exported in a minute, measured over the last minutes; None before there are enough.
        seconds_remaining: estimate of the time that the rest takes.
        tickets: those that have changed since the last update, or since `after`.
        tickets_complete: whether these are all that have changed; otherwise the list must be read again.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    type: Literal["session_update"] = "session_update"
    session_id: UUID
    last_entry: int
    at: datetime
    name: str
    project_key: str
    owner: str | None
    status: str
    archived_at: datetime | None
    total_tickets: int
    tickets_exported: int
    tickets_left_out: int
    manual_fixes_needed: int
    started_at: datetime | None
    running_since: datetime | None
    completed_at: datetime | None
    failed_at: datetime | None
    cancel_requested: bool
    progress: ExportMessage
    pace_per_minute: float | None
    seconds_remaining: int | None
    failure: FailureReport | None
    tickets: list[TicketUpdate]
    tickets_complete: bool


@dataclass(slots=True, eq=False)
class Follower:
    """One that looks at a session: it gets the newest update, with every ticket that has changed since its last one."""

    _pending: SessionUpdate | None = None
    _end: Exception | None = None
    _news: anyio.Event = field(default_factory=anyio.Event)

    def put(self, update: SessionUpdate) -> None:
        """Hand it an update; one that was not read yet is merged into it."""
        before = self._pending
        if before is not None:
            tickets = {ticket.ticket_id: ticket for ticket in (*before.tickets, *update.tickets)}
            complete = before.tickets_complete and update.tickets_complete and len(tickets) <= TICKETS_TOLD
            told = list(tickets.values())[-TICKETS_TOLD:]
            update = update.model_copy(update={"tickets": told, "tickets_complete": complete})
        self._pending = update
        self._news.set()

    def end(self, reason: Exception) -> None:
        """There will be no more."""
        self._end = reason
        self._news.set()

    async def updates(self) -> AsyncGenerator[SessionUpdate | None, None]:
        """Each update, and None when there was none for `QUIET_SECONDS`. Raises what ended them."""
        while True:
            with anyio.move_on_after(QUIET_SECONDS) as waiting:
                await self._news.wait()
            if waiting.cancelled_caught:
                yield None
                continue
            self._news = anyio.Event()
            update, self._pending = self._pending, None
            if update is not None:
                yield update
            if self._end is not None:
                raise self._end


class _Reader:
    """Reads one session for everybody who looks at it."""

    def __init__(self, jira: JiraExport, store: SqlAlchemyStore, session_id: UUID) -> None:
        self._jira = jira
        self._store = store
        self._session_id = session_id
        self._known: tuple[SessionState, int] | None = None
        self._position: ExportProgress | None = None
        self._latest: SessionUpdate | None = None
        self._nudge = anyio.Event()
        self.followers: set[Follower] = set()

    def add(self, follower: Follower) -> None:
        """Tell it everything from now on, and at once what is known."""
        self.followers.add(follower)
        if self._latest is not None:
            # What it has seen of the tickets is not known here.
            follower.put(self._latest.model_copy(update={"tickets": [], "tickets_complete": False}))

    def nudge(self) -> None:
        """Something was written that no entry tells of: tell the session again, and have the tickets read again."""
        self._known = None
        self._nudge.set()

    async def run(self) -> None:
        """Read and tell until the session is gone or the database is."""
        try:
            while True:
                with (
                    self._jira.hub.listen(self._session_id) as listener,
                    self._store.follow(self._session_id) as signal,
                ):
                    heard = True
                    while heard:
                        await self._tell()
                        heard = await self._heard(listener, signal)
                        await self._jira.runtime.sleep(TOGETHER_SECONDS)
        except (SessionNotFoundError, StoreUnavailableError) as exc:
            self._end(exc)
        except Exception:
            # Whoever looks comes again; the readers of other sessions, and the service, must not end with this one.
            logger.exception("A session could not be read for those who look at it", extra={"action": "update_failed"})
            self._end(StoreUnavailableError("The session could not be read."))

    def _end(self, reason: Exception) -> None:
        for follower in self.followers:
            follower.end(reason)

    async def _heard(self, listener: Listener, signal: ChangeSignal) -> bool:
        """Wait for something to do: an event of a run here, a nudge, a write elsewhere, or the time to ask the store.

        Returns:
            Whether the listener hears on; it hears one run.
        """
        event: ExportEvent | None = None
        closed = False

        async with anyio.create_task_group() as tasks:

            async def listen() -> None:
                nonlocal event, closed
                event = await listener.receive()
                closed = event is None
                tasks.cancel_scope.cancel()

            async def be_nudged() -> None:
                await self._nudge.wait()
                tasks.cancel_scope.cancel()

            async def be_told() -> None:
                await signal.wait()
                tasks.cancel_scope.cancel()

            for wait in (listen, be_nudged, be_told):
                tasks.start_soon(wait)
            told_poll_seconds = QUEUED_POLL_SECONDS if self._is_queued() else TOLD_POLL_SECONDS
            await self._jira.runtime.sleep(told_poll_seconds if signal.is_live else POLL_SECONDS)
            tasks.cancel_scope.cancel()
        while len(listener):
            event = await listener.receive()
        return not closed and not isinstance(event, FinalEvent)

    def _is_queued(self) -> bool:
        """Whether the session waited for a worker when it was read last."""
        return self._latest is not None and getattr(self._latest.progress, "queue_position", None) is not None

    async def _tell(self) -> None:
        self._nudge = anyio.Event()
        after = self._known[1] if self._known else None
        # The entries before the state: so the state is never older than the entry that is named.
        changes = await self._store.changes(
            self._session_id, after=LATEST if after is None else after, limit=TICKETS_TOLD
        )
        # Who has the lease until when changes all the time, and is nobody's business here.
        state = replace(await self._store.state(self._session_id), lease_owner=None, lease_expires_at=None)
        queued = self._is_queued()
        # What a run here is at is written nowhere: it looks for issues whose answer got lost, for example.
        before, self._position = self._position, self._jira.hub.position(self._session_id)
        moved = self._position is not before
        if self._known == (state, changes.last_entry) and not queued and not moved:
            return
        update = await _update(self._jira, self._store, state, changes, tickets_known=after is not None)
        unchanged = self._known == (state, changes.last_entry)
        if unchanged and self._latest is not None and update.progress == self._latest.progress:
            return
        self._known = state, changes.last_entry
        self._latest = update
        for follower in self.followers:
            follower.put(self._latest)


class SessionUpdates:
    """Updates of the sessions that somebody looks at.

    Args:
        tasks: where sessions are read in the background.
    """

    def __init__(self, jira: JiraExport, store: SqlAlchemyStore, tasks: TaskGroup) -> None:
        self._jira = jira
        self._store = store
        self._tasks = tasks
        self._readers: dict[UUID, tuple[_Reader, anyio.CancelScope]] = {}

    @classmethod
    @asynccontextmanager
    async def open(cls, jira: JiraExport, store: SqlAlchemyStore) -> AsyncIterator[Self]:
        """Reading until the block is left."""
        async with anyio.create_task_group() as tasks:
            yield cls(jira, store, tasks)
            tasks.cancel_scope.cancel()

    def nudge(self, session_id: UUID) -> None:
        """Say that the session was written in a way that its audit trail does not show."""
        if session_id in self._readers:
            self._readers[session_id][0].nudge()

    async def once(self, session_id: UUID, *, after: int | None = None) -> SessionUpdate:
        """The session as it is now, with the tickets that have changed after that entry.

        Raises:
            SessionNotFoundError: there is no such session.
            StoreUnavailableError: the database did not answer.
        """
        changes = await self._store.changes(session_id, after=LATEST if after is None else after, limit=TICKETS_TOLD)
        state = await self._store.state(session_id)
        return await _update(self._jira, self._store, state, changes, tickets_known=after is not None)

    async def follow(self, session_id: UUID) -> AsyncGenerator[SessionUpdate | None, None]:
        """The session as it is now, then each change, as long as there is the session; None is a sign of life.

        Raises:
            SessionNotFoundError: there is no such session, or not any more.
            StoreUnavailableError: the database did not answer.
        """
        follower = Follower()
        with self._reader(session_id) as reader:
            reader.add(follower)
            try:
                async with aclosing(follower.updates()) as updates:
                    async for update in updates:
                        yield update
            finally:
                reader.followers.discard(follower)

    @contextmanager
    def _reader(self, session_id: UUID) -> Iterator[_Reader]:
        if session_id not in self._readers:
            reader, scope = _Reader(self._jira, self._store, session_id), anyio.CancelScope()

            async def run() -> None:
                with scope:
                    await reader.run()
                # Whoever comes now gets a new one.
                if self._readers.get(session_id) == (reader, scope):
                    del self._readers[session_id]

            self._readers[session_id] = reader, scope
            self._tasks.start_soon(run)
        reader, scope = self._readers[session_id]
        try:
            yield reader
        finally:
            if not reader.followers:
                scope.cancel()
                if self._readers.get(session_id) == (reader, scope):
                    del self._readers[session_id]


async def _update(
    jira: JiraExport, store: SqlAlchemyStore, state: SessionState, changes: Changes, *, tickets_known: bool
) -> SessionUpdate:
    async with aclosing(jira.watch(state.session_id)) as messages:
        progress = await anext(messages)
    now = jira.runtime.now()
    rows = await store.journal(state.session_id, after=max(0, changes.last_entry - PACE_ENTRIES), limit=PACE_ENTRIES)
    exporting = state.status == SessionStatus.EXPORTING
    pace = pace_per_minute(rows, now) if exporting else None
    failed_row = next((row for row in reversed(rows) if row.kind == "run_failed"), None)
    return SessionUpdate(
        session_id=state.session_id,
        last_entry=changes.last_entry,
        at=now,
        name=state.name,
        project_key=state.project_key,
        owner=state.owner,
        status=state.status,
        archived_at=state.archived_at,
        total_tickets=state.total,
        tickets_exported=state.exported,
        tickets_left_out=state.left_out,
        manual_fixes_needed=state.manual_fix_count,
        started_at=state.started_at,
        running_since=max((row.at for row in rows if row.kind == "run_started"), default=state.started_at),
        completed_at=state.completed_at,
        failed_at=state.failed_at,
        cancel_requested=state.cancel_requested,
        progress=progress,
        pace_per_minute=pace,
        seconds_remaining=_seconds_remaining(state, progress, pace) if exporting else None,
        failure=_failure(jira, state, failed_row),
        tickets=[_ticket(state, overview.state) for overview in changes.tickets],
        tickets_complete=tickets_known and changes.complete,
    )


def pace_per_minute(rows: Sequence[JournalRow], now: datetime) -> float | None:
    """Tickets exported in a minute, from the entries of the latest run; None before three of them are there.

    The tickets of a bulk are recorded at the same moment, so two moments are needed, too: how long the first bulk took
    is not known from its record. Those that were announced with a bulk and sent once more, as Jira had refused them,
    count as recorded with it: nobody pauses before them, so they would make the pace look far too quick.
    """
    recorded: Counter[datetime] = Counter()
    announced: dict[UUID | None, datetime] = {}
    latest: datetime | None = None
    for row in rows:
        if row.kind in {"run_started", "run_resumed"}:
            recorded.clear()
            announced.clear()
            latest = None
        elif row.kind == "intent_recorded":
            announced.setdefault(row.ticket_id, row.at)
        elif row.kind == "issue_recorded" and now - row.at <= PACE_WINDOW:
            if latest is None or announced.get(row.ticket_id, latest) >= latest:
                latest = row.at
            recorded[latest] += 1
    if recorded.total() < 3 or len(recorded) < 2:
        return None
    first, last = min(recorded), max(recorded)
    seconds = (last - first).total_seconds()
    # A run that has stopped for longer than its requests take is slower than they were.
    idle = (now - last).total_seconds()
    usual = seconds / (len(recorded) - 1)
    seconds += idle if idle > 2 * usual else 0
    return round(60 * (recorded.total() - recorded[first]) / seconds, 1)


def _seconds_remaining(state: SessionState, progress: ExportMessage, pace: float | None) -> int | None:
    if pace and state.exported < state.total:
        return math.ceil(60 * (state.total - state.exported) / pace)
    minutes = getattr(progress, "estimated_time_remaining_minutes", None)
    return None if minutes is None else 60 * minutes


def _failure(jira: JiraExport, state: SessionState, row: JournalRow | None) -> FailureReport | None:
    if state.status != SessionStatus.EXPORT_FAILED or state.failure is None:
        return None
    allowed = jira.settings.max_retries
    return FailureReport(
        category=state.failure.category,
        code=state.failure.code,
        message=state.failure.message,
        recovery_actions=list(state.failure.recovery_actions),
        ticket_id=row.ticket_id if row else None,
        ticket_order=state.failed_at_ticket_order,
        retries_left=max(0, allowed + 1 - state.retry_count),
        retry_available=state.retry_count <= allowed,
        retry_not_before=state.failure.retry_not_before,
    )


def _ticket(session: SessionState, ticket: TicketState) -> TicketUpdate:
    return TicketUpdate(
        ticket_id=ticket.ticket_id,
        order=ticket.order,
        title=ticket.title,
        status=ticket.status,
        jira_key=ticket.issue.key if ticket.issue else None,
        jira_url=ticket.issue.url if ticket.issue else None,
        manual_fixes_needed=len(ticket.manual_fixes),
        failed=session.status == SessionStatus.EXPORT_FAILED and session.failed_at_ticket_order == ticket.order,
    )
