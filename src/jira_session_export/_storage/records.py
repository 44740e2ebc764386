"""What every store of ours keeps of an entry, and how a session's counters follow from its tickets."""

import json
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from pydantic_core import PydanticSerializationError

from jira_session_export._invalid import invalid_ticket
from jira_session_export._journal import (
    CancelRequested,
    CleanupEnded,
    CleanupStarted,
    CreateRefused,
    Entry,
    FixMarked,
    IntentRecorded,
    IssueDeleted,
    IssueRecorded,
    JournalRow,
    Lease,
    OrphanFound,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunReleased,
    RunResumed,
    RunStarted,
    RunWaiting,
    SessionArchived,
    SessionDeleted,
    SessionReleased,
    SessionState,
    SessionUnarchived,
    StepRecorded,
    TicketState,
    TicketStatus,
)
from jira_session_export._models import Ticket
from jira_session_export._transitions import TICKET_ENTRIES
from jira_session_export._values import ManualFix, StepKind

if TYPE_CHECKING:
    from jira_session_export._models import Session

ENTRY_TYPES: tuple[type[Entry], ...] = (
    RunStarted,
    RunResumed,
    IntentRecorded,
    CreateRefused,
    IssueRecorded,
    StepRecorded,
    OrphanFound,
    CancelRequested,
    RunCompleted,
    RunFailed,
    RunCancelled,
    RunReleased,
    SessionArchived,
    SessionUnarchived,
    SessionDeleted,
    FixMarked,
    SessionReleased,
    CleanupStarted,
    IssueDeleted,
    CleanupEnded,
    RunWaiting,
)
"""Every entry there is."""

_ADAPTERS = {entry_type: TypeAdapter(entry_type) for entry_type in ENTRY_TYPES}
_AT = {"at"}
KINDS = {entry_type: re.sub(r"(?<!^)(?=[A-Z])", "_", entry_type.__name__).lower() for entry_type in ENTRY_TYPES}
"""What entries are called in the audit trail."""


def kind_of(entry: Entry) -> str:
    """Return the name of an entry's class in snake case: `issue_recorded` for an `IssueRecorded`."""
    return KINDS[type(entry)]


def facts_of(entry: Entry) -> dict[str, Any]:
    """Return an entry's fields except its time, as JSON values; sets are sorted, so equal entries are equal JSON."""
    facts: dict[str, Any] = _ADAPTERS[type(entry)].dump_python(entry, mode="json", exclude={"at"})
    for name in ("selection", "left_out"):
        if facts.get(name):
            facts[name].sort()
    return facts


def ticket_of(entry: Entry) -> UUID | None:
    """Return the ticket an entry is about; None for the session as a whole."""
    return getattr(entry, "ticket_id", None)


def attempt_of(entry: Entry, ticket: TicketState | None) -> int | None:
    """Return the number of the create an entry belongs to: its own, else the ticket's last; None when there is none."""
    return getattr(entry, "attempt", None) or (ticket.attempt if ticket else None) or None


def trace_of(entry: Entry) -> str | None:
    """Return the trace id of the request that an entry is about."""
    return entry.failure.trace_id if isinstance(entry, RunFailed) else getattr(entry, "trace_id", None)


def current_lease(state: SessionState) -> Lease:
    """Return the session's present lease, for an entry that is written without one; no lease has an empty owner."""
    return Lease(session_id=state.session_id, token=state.token, owner=state.lease_owner or "")


def already_recorded(ticket: TicketState, entry: Entry) -> bool:
    """Return whether the ticket has what the entry says already, so that writing it again must change nothing."""
    match entry:
        case IssueRecorded():
            return ticket.issue is not None and ticket.issue.id == entry.issue.id
        case StepRecorded(step=step):
            return any((known.kind, known.target) == (step.kind, step.target) for known in ticket.steps)
        case OrphanFound(issue=orphan):
            known_ids = {issue.id for issue in (ticket.issue, *ticket.orphans) if issue is not None}
            return orphan.id in known_ids
        case _:
            return False


def new_fixes(before: TicketState, after: TicketState) -> tuple[ManualFix, ...]:
    """Return the manual fixes that entries have added to a ticket: they are only ever added."""
    return after.manual_fixes[len(before.manual_fixes) :]


def keeps_row(entry: Entry) -> bool:
    """Return whether the audit trail has a row of the entry; what a start has said already is not said again."""
    return not (isinstance(entry, RunResumed) and entry.first)


def recoverable_from_jira(entry: Entry) -> bool:
    """Return whether a power failure may take the entry back.

    The ticket's announcement stays, and the next run finds in Jira what the entry recorded, or does it again without
    effect.
    """
    return isinstance(entry, IssueRecorded | StepRecorded)


def facts_as_json(entry: Entry) -> str:
    """Return `facts_of` the entry as a JSON document; for those of tickets without making the facts first."""
    if isinstance(entry, TICKET_ENTRIES):
        try:
            return _ADAPTERS[type(entry)].serializer.to_json(entry, exclude=_AT).decode()
        except PydanticSerializationError:
            pass  # a broken character, which only the standard library writes
    return json.dumps(facts_of(entry))


def journal_columns(
    lease: Lease, entry: Entry, ticket: TicketState | None, *, facts: Callable[[Entry], Any] = facts_of
) -> dict[str, Any]:
    """Return what is kept of an entry, by the names of `JournalRow`, but for its number.

    Args:
        ticket: the one it is about, as it was before.
        facts: gives what is kept as `data`.
    """
    return {
        "at": entry.at,
        "session_id": lease.session_id,
        "ticket_id": ticket_of(entry),
        "attempt": attempt_of(entry, ticket),
        "kind": kind_of(entry),
        "trace_id": trace_of(entry),
        "data": facts(entry),
        "token": lease.token,
        "lease_owner": lease.owner,
    }


def journal_row(sequence: int, lease: Lease, entry: Entry, ticket: TicketState | None) -> JournalRow:
    """Return the journal row of an entry. `ticket`: the one it is about, as it was before."""
    return JournalRow(sequence, **journal_columns(lease, entry, ticket))


@dataclass(frozen=True, slots=True)
class Counters:
    """A session's counters over its tickets that are not skipped, and how many are."""

    total: int = 0
    exported: int = 0
    links_created: int = 0
    manual_fix_count: int = 0
    left_out: int = 0

    @classmethod
    def of(cls, ticket: TicketState) -> Self:
        """Return what one ticket adds to its session's counters."""
        return cls.of_all((ticket,))

    @classmethod
    def of_all(cls, tickets: Collection[TicketState]) -> Self:
        """Return what these tickets add to their session's counters."""
        counted = [ticket for ticket in tickets if ticket.status != TicketStatus.SKIPPED]
        return cls(
            total=len(counted),
            exported=[ticket.status for ticket in counted].count(TicketStatus.EXPORTED),
            links_created=sum(step.kind == StepKind.LINK and step.done for ticket in counted for step in ticket.steps),
            manual_fix_count=sum([len(ticket.manual_fixes) for ticket in counted]),
            left_out=len(tickets) - len(counted),
        )

    @classmethod
    def change(cls, before: TicketState, after: TicketState) -> "Counters":
        """Return what a session's counters change by when one of its tickets does."""
        if before.steps or before.manual_fixes or after.steps or after.manual_fixes:
            return cls.of(after) - cls.of(before)
        return _CHANGES[before.status, after.status]

    def __add__(self, other: "Counters") -> "Counters":
        return self._combined(other, 1)

    def __sub__(self, other: "Counters") -> "Counters":
        return self._combined(other, -1)

    def added_to(self, state: SessionState) -> SessionState:
        """Return the session with these numbers added to its counters."""
        if self == Counters():
            return state
        return replace(state, **{name: getattr(state, name) + added for name, added in asdict(self).items()})

    def _combined(self, other: "Counters", sign: int) -> "Counters":
        return Counters(
            total=self.total + sign * other.total,
            exported=self.exported + sign * other.exported,
            links_created=self.links_created + sign * other.links_created,
            manual_fix_count=self.manual_fix_count + sign * other.manual_fix_count,
            left_out=self.left_out + sign * other.left_out,
        )


def _of_status(status: TicketStatus) -> Counters:
    return Counters.of(TicketState(UUID(int=0), 1, "", status=status))


_CHANGES = {
    (before, after): _of_status(after) - _of_status(before) for before in TicketStatus for after in TicketStatus
}


def update_counters(state: SessionState, before: Iterable[TicketState], after: Iterable[TicketState]) -> SessionState:
    """Return the session with its counters changed as its tickets changed from `before` to `after`."""
    return (Counters.of_all(tuple(after)) - Counters.of_all(tuple(before))).added_to(state)


def stored_ticket(content: str, order: int, ticket_id: UUID) -> Ticket:
    """Return a ticket from its JSON, as the tables of our own keep it.

    Raises:
        TicketError: somebody has written something else there.
    """
    try:
        ticket = Ticket.model_validate_json(content)
    except ValidationError as exc:
        raise invalid_ticket(exc, ticket_id, order=order) from exc
    # A ticket kept although its session's new content lacks it has moved to the end.
    return ticket if ticket.order == order else ticket.model_copy(update={"order": order})


def may_have_issue(ticket: TicketState) -> bool:
    """Return whether Jira has, or may have, an issue of this ticket; such a ticket is never removed."""
    return ticket.issue is not None or ticket.intent_at is not None or bool(ticket.orphans)


def kept_orders(session: "Session", known: Mapping[UUID, TicketState], *, running: bool) -> dict[UUID, int]:
    """Return the tickets to keep although the session's new content lacks them, with their orders: they come last.

    Args:
        session: the new content.
        known: the tickets there are.
        running: an export is going on or was interrupted; then every ticket is kept, as its worker may be at it.
    """
    named = {ticket.id for ticket in session.tickets}
    kept = [state for state in known.values() if state.ticket_id not in named and (running or may_have_issue(state))]
    last = max((ticket.order for ticket in session.tickets), default=0)
    kept.sort(key=lambda state: state.order)
    return {state.ticket_id: last + place for place, state in enumerate(kept, start=1)}
