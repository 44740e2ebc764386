"""A store in this process's memory: for tests, trials and scripts that need no resume after their end."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Self
from uuid import UUID

from anyio.lowlevel import checkpoint

from jira_session_export._journal import (
    CancelRequested,
    CleanupStarted,
    Entry,
    FixMarked,
    JournalRow,
    Lease,
    OrphanFound,
    RunResumed,
    RunStarted,
    SessionArchived,
    SessionDeleted,
    SessionReleased,
    SessionState,
    SessionStatus,
    SessionUnarchived,
    TicketState,
    TicketStatus,
)
from jira_session_export._models import Session, Ticket
from jira_session_export._storage.catalog import (
    KNOWN_STATUSES,
    Changes,
    FixMark,
    FixPage,
    SessionOrder,
    SessionPage,
    TicketFix,
    TicketOverview,
    TicketPage,
    fix_page,
    status_counts,
    ticket_fixes,
)
from jira_session_export._storage.protocols import QueuedSession
from jira_session_export._storage.records import (
    already_recorded,
    current_lease,
    journal_row,
    keeps_row,
    kept_orders,
    ticket_of,
    update_counters,
)
from jira_session_export._transitions import advance_session, advance_ticket
from jira_session_export.errors import ExportRunningError, LeaseLostError, SessionNotFoundError

_NEVER = datetime.min.replace(tzinfo=UTC)


@dataclass(slots=True)
class _Record:
    """All there is of one session."""

    content: Session
    state: SessionState
    tickets: dict[UUID, Ticket] = field(default_factory=dict)
    ticket_states: dict[UUID, TicketState] = field(default_factory=dict)
    journal: list[JournalRow] = field(default_factory=list)
    marks: dict[UUID, FixMark] = field(default_factory=dict)


class InMemoryStore:
    """Sessions, their tickets and their export state in memory; asyncio and trio.

    It keeps every promise of `SessionSource` and `ExportStore` but one: nothing outlives the process. Not for use from
    several threads.
    """

    def __init__(self) -> None:
        self._records: dict[UUID, _Record] = {}
        self._deleted: dict[UUID, list[JournalRow]] = {}
        self._sequence = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Nothing to give back; what is stored stays as long as the store does."""

    async def migrate(self) -> None:
        """Nothing to bring up to date; a host may write the same lines for every store."""

    # -- content ---------------------------------------------------------------------------------------------------

    async def put(self, session: Session) -> None:
        """Store a session, or new content for one that is there; its export state is kept.

        A ticket the new content lacks is removed, unless Jira has or may have an issue of it or an export is running;
        the tickets kept that way come after the others.
        """
        await checkpoint()
        record = self._records.get(session.id)
        if record is None:
            state = SessionState(session_id=session.id, project_key=session.project_key)
            record = self._records[session.id] = _Record(session, state)
        running = record.state.status == SessionStatus.EXPORTING
        kept = kept_orders(session, record.ticket_states, running=running)
        tickets = [*session.tickets, *(_reordered(record.tickets[key], order) for key, order in kept.items())]
        before = record.ticket_states
        blank = TicketState(ticket_id=session.id, order=0, title="")
        record.ticket_states = {
            ticket.id: replace(
                before.get(ticket.id, blank), ticket_id=ticket.id, order=ticket.order, title=ticket.title
            )
            for ticket in tickets
        }
        for ticket_id, ticket_state in record.ticket_states.items():
            if ticket_state.removed != (ticket_id in kept):
                record.ticket_states[ticket_id] = replace(ticket_state, removed=ticket_id in kept)
        record.tickets = {ticket.id: ticket for ticket in tickets}
        record.content = session
        version = record.state.content_version
        record.state = replace(
            update_counters(record.state, before.values(), record.ticket_states.values()),
            project_key=session.project_key,
            name=session.name,
            owner=session.owner,
            content_version=0 if version is None else version + 1,
        )

    async def sessions(self, owner: str | None = None) -> Sequence[SessionState]:
        """List the sessions of `owner`, or all: those never started first, then by start, latest first."""
        await checkpoint()
        found = [record.state for record in self._records.values() if owner is None or record.state.owner == owner]
        found.sort(key=lambda state: (state.name, str(state.session_id)))
        found.sort(key=lambda state: state.started_at or _NEVER, reverse=True)
        found.sort(key=lambda state: state.started_at is not None)
        return found

    async def session(self, session_id: UUID) -> Session:
        """See `SessionSource`."""
        await checkpoint()
        record = self._record(session_id)
        tickets = tuple(sorted(record.tickets.values(), key=lambda ticket: ticket.order))
        return record.content.model_copy(update={"tickets": tickets})

    async def ticket(self, session_id: UUID, ticket_id: UUID) -> Ticket:
        """See `SessionSource`."""
        await checkpoint()
        try:
            return self._record(session_id).tickets[ticket_id]
        except KeyError:
            raise SessionNotFoundError(session_id=session_id) from None

    async def tickets(self, session_id: UUID, ticket_ids: Sequence[UUID]) -> Sequence[Ticket]:
        """See `BulkSource`."""
        return [await self.ticket(session_id, ticket_id) for ticket_id in ticket_ids]

    async def content_version(self, session_id: UUID) -> int | None:
        """See `NumberedSource`."""
        return (await self.state(session_id)).content_version

    # -- catalogue -------------------------------------------------------------------------------------------------

    async def session_page(
        self,
        *,
        owner: str | None = None,
        text: str = "",
        statuses: Sequence[SessionStatus] = (),
        archived: bool = False,
        order: SessionOrder = SessionOrder.ACTIVITY,
        offset: int = 0,
        limit: int = 50,
    ) -> SessionPage:
        """See `SessionCatalog`."""
        wanted = text.casefold()
        fitting = [
            state
            for state in await self.sessions(owner)
            if (state.archived_at is not None) is archived
            and (
                wanted in state.name.casefold()
                or wanted in state.project_key.casefold()
                or wanted == str(state.session_id)
            )
        ]
        counts = status_counts(Counter(state.status for state in fitting))
        if statuses:
            fitting = [state for state in fitting if _known(state.status) in statuses]
        fitting.sort(key=lambda state: (state.name, str(state.session_id)))
        match order:
            case SessionOrder.NAME:
                pass
            case SessionOrder.PROJECT:
                fitting.sort(key=lambda state: state.project_key)
            case SessionOrder.STARTED:
                fitting.sort(key=lambda state: state.started_at or _NEVER, reverse=True)
            case SessionOrder.ACTIVITY:
                fitting.sort(key=lambda state: state.started_at or _NEVER, reverse=True)
                fitting.sort(key=lambda state: state.started_at is not None)
                first = (SessionStatus.EXPORTING, SessionStatus.EXPORT_FAILED)
                fitting.sort(key=lambda state: first.index(state.status) if state.status in first else len(first))
        return SessionPage(fitting[offset : offset + limit], len(fitting), counts)

    async def ticket_page(
        self,
        session_id: UUID,
        *,
        text: str = "",
        statuses: Sequence[TicketStatus] = (),
        with_fixes: bool = False,
        offset: int = 0,
        limit: int = 100,
    ) -> TicketPage:
        """See `SessionCatalog`."""
        states = await self.ticket_states(session_id)
        counts = dict.fromkeys(TicketStatus, 0) | Counter(state.status for state in states)
        wanted = text.casefold()
        fitting = [
            state
            for state in states
            if (not statuses or state.status in statuses)
            and (not with_fixes or state.manual_fixes)
            and (
                wanted in state.title.casefold()
                or (state.issue is not None and wanted in state.issue.key.casefold())
                or wanted == str(state.order)
            )
        ]
        return TicketPage(self._overviews(session_id, fitting[offset : offset + limit]), len(fitting), counts)

    async def ticket_state(self, session_id: UUID, ticket_id: UUID) -> TicketState:
        """See `SessionCatalog`."""
        await checkpoint()
        try:
            return self._record(session_id).ticket_states[ticket_id]
        except KeyError:
            raise SessionNotFoundError(session_id=session_id) from None

    async def changes(self, session_id: UUID, *, after: int, limit: int = 500) -> Changes:
        """See `SessionCatalog`."""
        await checkpoint()
        record = self._record(session_id)
        rows = [row for row in record.journal if row.sequence > after]
        named = {row.ticket_id for row in rows if row.ticket_id is not None}
        complete = len(named) <= limit and not any(row.kind == "run_started" for row in rows)
        states = sorted(
            (state for key, state in record.ticket_states.items() if key in named), key=lambda state: state.order
        )
        last = record.journal[-1].sequence if record.journal else 0
        return Changes(last, self._overviews(session_id, states[:limit]), complete=complete)

    async def manual_fixes(
        self, session_id: UUID, *, done: bool | None = None, offset: int = 0, limit: int | None = 100
    ) -> FixPage:
        """See `SessionCatalog`."""
        await checkpoint()
        return fix_page(self._fixes(session_id), done, offset, limit)

    async def mark_fix(self, session_id: UUID, fix_id: UUID, *, done: bool, by: str | None, at: datetime) -> TicketFix:
        """See `SessionCatalog`."""
        await checkpoint()
        record = self._record(session_id)
        found = next((fix for fix in self._fixes(session_id) if fix.fix_id == fix_id), None)
        if found is None:
            raise SessionNotFoundError(session_id=session_id)
        if (found.mark is not None) is done:
            return found
        if done:
            record.marks[fix_id] = FixMark(fix_id, by, at)
        else:
            del record.marks[fix_id]
        entry = FixMarked(at, found.ticket_id, fix_id, done, by, found.fix.field)
        self._keep(record, current_lease(record.state), entry, None)
        return replace(found, mark=record.marks.get(fix_id))

    async def archive(self, session_id: UUID, *, archived: bool, by: str | None, at: datetime) -> SessionState:
        """See `SessionCatalog`."""
        await checkpoint()
        record = self._at_rest(session_id)
        if (record.state.archived_at is not None) is not archived:
            entry: Entry = SessionArchived(at, by) if archived else SessionUnarchived(at, by)
            self._keep(record, current_lease(record.state), entry, None)
        return record.state

    async def delete(self, session_id: UUID, *, by: str | None, at: datetime) -> None:
        """See `SessionCatalog`."""
        await checkpoint()
        record = self._at_rest(session_id)
        state = record.state
        entry = SessionDeleted(at, by, state.name, state.project_key, state.owner, state.exported)
        self._keep(record, current_lease(state), entry, None)
        self._deleted[session_id] = self._records.pop(session_id).journal

    async def deletion(self, session_id: UUID) -> JournalRow | None:
        """See `SessionCatalog`."""
        await checkpoint()
        return None if session_id in self._records else next(iter(self._deleted.get(session_id, [])[-1:]), None)

    def _fixes(self, session_id: UUID) -> list[TicketFix]:
        record = self._record(session_id)
        states = sorted(record.ticket_states.values(), key=lambda state: state.order)
        return [fix for state in states for fix in ticket_fixes(state, record.marks)]

    def _overviews(self, session_id: UUID, states: Sequence[TicketState]) -> list[TicketOverview]:
        tickets = self._record(session_id).tickets
        return [TicketOverview(state, tickets[state.ticket_id].issue_type) for state in states]

    def _at_rest(self, session_id: UUID) -> _Record:
        record = self._record(session_id)
        if record.state.status == SessionStatus.EXPORTING:
            raise ExportRunningError(
                "An export of this session is running.",
                session_id=session_id,
                recovery_actions=["Cancel the export, or wait until it has ended."],
            )
        return record

    # -- export state ----------------------------------------------------------------------------------------------

    async def state(self, session_id: UUID) -> SessionState:
        """See `ExportStore`."""
        await checkpoint()
        return self._record(session_id).state

    async def ticket_states(self, session_id: UUID) -> Sequence[TicketState]:
        """See `ExportStore`."""
        await checkpoint()
        return sorted(self._record(session_id).ticket_states.values(), key=lambda ticket: ticket.order)

    async def acquire(
        self,
        session_id: UUID,
        entry: RunStarted | RunResumed | CleanupStarted,
        *,
        expected_token: int,
        owner: str,
        now: datetime,
        lease_seconds: float,
    ) -> Lease | None:
        """See `ExportStore`."""
        await checkpoint()
        record = self._record(session_id)
        if record.state.token != expected_token or record.state.lease_is_live(now):
            return None
        # The token grows with every lease, so a write of an earlier worker that wakes up late is refused (`_held`).
        lease = Lease(session_id=session_id, token=expected_token + 1, owner=owner)
        record.state = replace(
            record.state,
            token=lease.token,
            lease_owner=owner or None,
            lease_expires_at=now + timedelta(seconds=lease_seconds),
        )
        if isinstance(entry, RunStarted):
            before = record.ticket_states
            record.ticket_states = {key: advance_ticket(ticket, entry) for key, ticket in before.items()}
            record.state = update_counters(record.state, before.values(), record.ticket_states.values())
        self._keep(record, lease, entry, None)
        return lease

    async def renew(self, lease: Lease, *, now: datetime, lease_seconds: float) -> bool:
        """See `ExportStore`."""
        await checkpoint()
        record = self._held(lease)
        record.state = replace(record.state, lease_expires_at=now + timedelta(seconds=lease_seconds))
        return record.state.cancel_requested

    async def append(self, lease: Lease, *entries: Entry) -> bool:
        """See `ExportStore`."""
        await checkpoint()
        record = self._held(lease)
        cancelled = record.state.cancel_requested
        # Checked before anything is changed: an append is all or nothing.
        if not record.ticket_states.keys() >= {key for entry in entries if (key := ticket_of(entry))}:
            raise SessionNotFoundError(session_id=lease.session_id)
        for entry in entries:
            ticket_id = ticket_of(entry)
            ticket = record.ticket_states[ticket_id] if ticket_id else None
            if ticket is not None:
                if already_recorded(ticket, entry):
                    continue
                after = record.ticket_states[ticket.ticket_id] = advance_ticket(ticket, entry)
                record.state = update_counters(record.state, [ticket], [after])
            self._keep(record, lease, entry, ticket)
        return cancelled

    async def request_cancel(self, session_id: UUID, entry: CancelRequested) -> None:
        """See `ExportStore`."""
        await checkpoint()
        record = self._record(session_id)
        if record.state.status == SessionStatus.EXPORTING and not record.state.cancel_requested:
            self._keep(record, current_lease(record.state), entry, None)

    async def release(self, session_id: UUID, entry: SessionReleased) -> bool:
        """See `ExportStore`."""
        await checkpoint()
        record = self._record(session_id)
        if record.state.status != SessionStatus.EXPORT_FAILED or record.state.retry_count <= 1:
            return False
        self._keep(record, current_lease(record.state), entry, None)
        return True

    async def record_orphan(self, session_id: UUID, entry: OrphanFound) -> TicketState:
        """See `ExportStore`."""
        await checkpoint()
        record = self._record(session_id)
        ticket = record.ticket_states.get(entry.ticket_id)
        if ticket is None:
            raise SessionNotFoundError(session_id=session_id)
        if already_recorded(ticket, entry):
            return ticket
        after = record.ticket_states[entry.ticket_id] = advance_ticket(ticket, entry)
        self._keep(record, current_lease(record.state), entry, ticket)
        return after

    async def interrupted(self, now: datetime) -> Sequence[UUID]:
        """See `ExportStore`."""
        await checkpoint()
        return [
            session_id
            for session_id, record in self._records.items()
            if record.state.status == SessionStatus.EXPORTING and not record.state.lease_is_live(now)
        ]

    async def queued(self, now: datetime) -> Sequence[QueuedSession]:
        """See `SessionQueue`."""
        await checkpoint()
        return [
            QueuedSession(key, state.owner, state.site, state.started_at, state.lease_is_live(now))
            for key, record in self._records.items()
            if (state := record.state).status == SessionStatus.EXPORTING
        ]

    async def journal(self, session_id: UUID, *, after: int = 0, limit: int = 1000) -> Sequence[JournalRow]:
        """See `ExportStore`."""
        await checkpoint()
        earlier = self._deleted.get(session_id, [])
        rows = earlier if earlier and session_id not in self._records else [*earlier, *self._record(session_id).journal]
        return [row for row in rows if row.sequence > after][:limit]

    # -- inside ----------------------------------------------------------------------------------------------------

    def _record(self, session_id: UUID) -> _Record:
        try:
            return self._records[session_id]
        except KeyError:
            raise SessionNotFoundError(session_id=session_id) from None

    def _held(self, lease: Lease) -> _Record:
        record = self._records.get(lease.session_id)
        if record is None or (record.state.token, record.state.lease_owner) != (lease.token, lease.owner):
            raise LeaseLostError("Another worker has taken this export over, or it has ended.")
        return record

    def _keep(self, record: _Record, lease: Lease, entry: Entry, ticket: TicketState | None) -> None:
        record.state = advance_session(record.state, entry)
        if not keeps_row(entry):
            return
        self._sequence += 1
        record.journal.append(journal_row(self._sequence, lease, entry, ticket))


def _known(status: str) -> SessionStatus:
    return SessionStatus(status) if status in KNOWN_STATUSES else SessionStatus.READY


def _reordered(ticket: Ticket, order: int) -> Ticket:
    return ticket.model_copy(update={"order": order})
