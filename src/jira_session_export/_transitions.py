"""What each entry changes, and which entry may come in which status. Nothing else decides it.

The life of a session (`SessionStatus`; while it is `exporting`, the lease says which worker has it):

                                        RunStarted, retry
                ┌────────────────────────────────────────────────────────────┐
                ▼                                                            │
    ready ──▶ exporting, no lease ──RunResumed──▶ exporting, leased ──RunFailed──▶ export_failed
    RunStarted  ▲      ▲                           │  │  │  │
                │      └───────RunReleased─────────┘  │  │  └──RunCompleted──▶ completed ──┐
                │      └──(the lease runs out)────────┘  │                                 │
                │                                        └──RunCancelled──▶ cancelled ──┐  │
                └────────────────────────RunStarted─────────────────────────────────────┴──┘

A `completed` session is started again only when it has tickets without an issue, one that nobody works on when it is
to export other tickets. Entries about tickets, `RunWaiting` and `CancelRequested` come while it is `exporting` and
leave the status as it is. `SessionReleased` lets a failed session be retried again. A cleanup (`CleanupStarted`,
`IssueDeleted`, `CleanupEnded`) makes any session that is not exporting a cancelled one.
"""

from collections.abc import Mapping, Reversible
from dataclasses import dataclass, fields, replace
from functools import reduce
from itertools import repeat
from operator import attrgetter, call
from typing import Any, assert_never, get_args

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
    SessionStatus,
    SessionUnarchived,
    StepRecorded,
    TicketState,
    TicketStatus,
)

TicketEntry = IntentRecorded | CreateRefused | IssueRecorded | StepRecorded | OrphanFound
"""Entries about a ticket. What they set in the session does not depend on what stands there: see `SessionPatch`."""

TICKET_ENTRIES: tuple[type[Entry], ...] = get_args(TicketEntry)

_READY, _EXPORTING, _COMPLETED, _FAILED, _CANCELLED = (
    SessionStatus.READY,
    SessionStatus.EXPORTING,
    SessionStatus.COMPLETED,
    SessionStatus.EXPORT_FAILED,
    SessionStatus.CANCELLED,
)

TRANSITIONS: Mapping[tuple[SessionStatus, type[Entry]], SessionStatus] = {
    (_READY, RunStarted): _EXPORTING,
    (_CANCELLED, RunStarted): _EXPORTING,
    (_COMPLETED, RunStarted): _EXPORTING,
    (_FAILED, RunStarted): _EXPORTING,
    (_EXPORTING, RunStarted): _EXPORTING,
    (_EXPORTING, RunResumed): _EXPORTING,
    **{(_EXPORTING, entry): _EXPORTING for entry in TICKET_ENTRIES},
    (_EXPORTING, CancelRequested): _EXPORTING,
    (_EXPORTING, RunWaiting): _EXPORTING,
    (_EXPORTING, RunReleased): _EXPORTING,
    (_EXPORTING, RunCompleted): _COMPLETED,
    (_EXPORTING, RunFailed): _FAILED,
    (_EXPORTING, RunCancelled): _CANCELLED,
    **{
        (status, entry): status
        for status in (_READY, _COMPLETED, _FAILED, _CANCELLED)
        for entry in (SessionArchived, SessionUnarchived, SessionDeleted)
    },
    **{(status, FixMarked): status for status in SessionStatus},
    (_FAILED, SessionReleased): _FAILED,
    **{(status, CleanupStarted): _CANCELLED for status in (_READY, _CANCELLED, _COMPLETED, _FAILED)},
    (_CANCELLED, IssueDeleted): _CANCELLED,
    (_CANCELLED, CleanupEnded): _CANCELLED,
}
"""(status, entry) → the status after it.

A pair that is not listed never happens: `ExportService` and `Exporter` look at the status before they take the lease,
`ExportStore.request_cancel`, `ExportStore.release` and the methods of `SessionCatalog` look themselves, and every other
entry needs the lease, which the end of a run gives back.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionPatch:
    """What entries about tickets set in the session, whatever stands there: so a store need not read the session.

    Attributes:
        current_title: None: it stays.
        crash_count: None: it stays.
    """

    current_title: str | None = None
    crash_count: int | None = None

    @property
    def changes(self) -> dict[str, Any]:
        """Field → value, for what is set."""
        return {each.name: value for each in fields(self) if (value := getattr(self, each.name)) is not None}

    def applied_to(self, state: SessionState) -> SessionState:
        """Return the session with these fields set."""
        return replace(state, **self.changes) if self.changes else state

    def then(self, later: "SessionPatch") -> "SessionPatch":
        """Return the fields of both; `later` wins."""
        return replace(self, **later.changes)


def session_patch(entry: TicketEntry) -> SessionPatch:
    """Return what an entry about a ticket sets in the session."""
    match entry:
        case IntentRecorded():
            return SessionPatch(current_title=entry.title)
        case IssueRecorded():
            return SessionPatch(crash_count=0, current_title="")
        case StepRecorded():
            return SessionPatch(crash_count=0)
        case CreateRefused() | OrphanFound():
            return SessionPatch()
        case _:
            assert_never(entry)


def patch_of(entries: Reversible[TicketEntry]) -> SessionPatch:
    """Return what entries about tickets set in the session, one after the other."""
    # Entries of one kind set the same fields, so the last of each kind says it all.
    latest: dict[type[Entry], TicketEntry] = {}
    for entry in reversed(entries):
        latest.setdefault(type(entry), entry)
    return reduce(SessionPatch.then, map(session_patch, reversed(latest.values())), SessionPatch())


def advance_session(state: SessionState, entry: Entry) -> SessionState:
    """Return the session after `entry`; counters (`total`, `exported`, …) are the store's, counted from its tickets."""
    match entry:
        case RunStarted():
            return replace(
                state,
                current_stage="jira_export",
                status=SessionStatus.EXPORTING,
                task_id=entry.task_id,
                last_task_id=entry.task_id,
                started_at=entry.at,
                completed_at=None,
                failure=None,
                failed_at_ticket_order=None,
                crash_count=0,
                cancel_requested=False,
                waiting_until=None,
                held_up=None,
                site=entry.site or state.site,
            )
        case RunResumed():
            return replace(state, crash_count=state.crash_count + entry.crashed, waiting_until=None)
        case CancelRequested():
            return replace(state, cancel_requested=True)
        case RunWaiting():
            return replace(state, waiting_until=entry.until)
        case RunCompleted():
            return _ended(
                replace(
                    state,
                    current_stage="completed",
                    status=SessionStatus.COMPLETED,
                    task_id=None,
                    completed_at=entry.at,
                    seconds=state.seconds + entry.seconds,
                )
            )
        case RunFailed():
            return _ended(
                replace(
                    state,
                    status=SessionStatus.EXPORT_FAILED,
                    failed_at=entry.at,
                    failed_at_ticket_order=entry.ticket_order,
                    first_error_at=state.first_error_at or entry.at,
                    # What only takes time uses no retry: those are for failures a person has to look at.
                    retry_count=state.retry_count + (entry.failure.retry_not_before is None),
                    failure=entry.failure,
                    seconds=state.seconds + entry.seconds,
                )
            )
        case RunCancelled():
            return _ended(replace(state, status=SessionStatus.CANCELLED, seconds=state.seconds + entry.seconds))
        case RunReleased():
            # Whoever takes over must know of a cancellation that met the hand-over.
            released = _ended(replace(state, seconds=state.seconds + entry.seconds))
            return replace(released, cancel_requested=state.cancel_requested, held_up=entry.held_up)
        case SessionArchived():
            return replace(state, archived_at=entry.at)
        case SessionUnarchived():
            return replace(state, archived_at=None)
        case SessionReleased():
            # As after the first failure: so `max_retries` retries are left.
            return replace(state, retry_count=min(state.retry_count, 1))
        case CleanupStarted():
            # Not `exporting`: when this process dies, no sweep may take the session up and create what is deleted.
            return replace(
                state,
                status=SessionStatus.CANCELLED,
                current_stage="jira_export",
                task_id=None,
                completed_at=None,
                failure=None,
                failed_at_ticket_order=None,
                first_error_at=None,
                retry_count=0,
                crash_count=0,
            )
        case CleanupEnded():
            return _ended(state)
        case IntentRecorded() | CreateRefused() | IssueRecorded() | StepRecorded() | OrphanFound():
            return session_patch(entry).applied_to(state)
        case _:
            return state


def _ended(state: SessionState) -> SessionState:
    return replace(
        state,
        lease_owner=None,
        lease_expires_at=None,
        waiting_until=None,
        cancel_requested=False,
        current_title=None,
        held_up=None,
    )


def advance_ticket(state: TicketState, entry: Entry) -> TicketState:
    """Return the ticket after an entry that names it, or after a `RunStarted` (which selects and re-opens tickets)."""
    match entry:
        case RunStarted():
            if state.issue is not None:
                return state
            return _changed(
                state, status=TicketStatus.PENDING if entry.takes(state.ticket_id) else TicketStatus.SKIPPED
            )
        case IntentRecorded():
            return _changed(
                state,
                attempt=entry.attempt,
                intent_at=entry.at,
                intent_fixes=entry.manual_fixes,
                follow_ups=entry.follow_ups,
                exported_title=entry.title,
                fingerprint=entry.fingerprint,
            )
        case CreateRefused():
            return _changed(state, intent_at=None, intent_fixes=(), follow_ups=())
        case IssueRecorded():
            # An issue of an earlier state was not announced here, so what was announced last is not what made it.
            sent = entry if entry.earlier_state else None
            return _changed(
                state,
                status=TicketStatus.EXPORTED,
                issue=entry.issue,
                exported_at=entry.at,
                intent_at=None,
                intent_fixes=(),
                follow_ups=entry.follow_ups or state.follow_ups,
                # One that was made by a worker which had lost the session, and is now found and taken for the issue.
                orphans=tuple(orphan for orphan in state.orphans if orphan.id != entry.issue.id),
                manual_fixes=state.manual_fixes + state.intent_fixes + entry.manual_fixes,
                exported_title=sent.title if sent else state.exported_title,
                fingerprint=sent.fingerprint if sent else state.fingerprint,
            )
        case StepRecorded(step=step):
            fixes = (step.manual_fix,) if step.manual_fix else ()
            return _changed(state, steps=(*state.steps, step), manual_fixes=state.manual_fixes + fixes)
        case OrphanFound():
            return _changed(state, orphans=(*state.orphans, entry.issue))
        case IssueDeleted():
            return _without(state, entry)
        case RunFailed() if state.issue is None:
            return _changed(state, status=TicketStatus.FAILED)
        case _:
            return state


def _without(state: TicketState, entry: IssueDeleted) -> TicketState:
    attempt = max(state.attempt, entry.attempt)
    if state.issue is None or state.issue.id != entry.issue.id:
        others = tuple(each for each in state.orphans if each.id != entry.issue.id)
        return _changed(state, attempt=attempt, orphans=others)
    # The attempt stays: with it, the next run does not look for issues of an earlier state.
    return TicketState(
        state.ticket_id, state.order, state.title, attempt=attempt, orphans=state.orphans, removed=state.removed
    )


CHANGED_BY: Mapping[type[Entry], frozenset[str]] = {
    IntentRecorded: frozenset(
        {"attempt", "intent_at", "intent_fixes", "follow_ups", "exported_title", "fingerprint"},
    ),
    CreateRefused: frozenset({"intent_at", "intent_fixes", "follow_ups"}),
    IssueRecorded: frozenset(
        {
            "status",
            "issue",
            "exported_at",
            "intent_at",
            "intent_fixes",
            "follow_ups",
            "orphans",
            "manual_fixes",
            "exported_title",
            "fingerprint",
        }
    ),
}
"""Which fields of a ticket `advance_ticket` may change for an entry of that kind, and no others."""

_SETTERS = {field.name: getattr(TicketState, field.name).__set__ for field in fields(TicketState)}
_VALUES = attrgetter(*_SETTERS)


def _changed(state: TicketState, **changes: Any) -> TicketState:
    """Do as `dataclasses.replace`, in two thirds of the time: it is called four times for each issue created."""
    after = object.__new__(TicketState)
    any(map(call, _SETTERS.values(), repeat(after), _VALUES(state)))  # sets each: a setter returns None
    for name, value in changes.items():
        _SETTERS[name](after, value)
    return after
