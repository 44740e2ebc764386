"""Builds the responses of the endpoint set from a session's state; reads the store alone."""

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal, Protocol
from uuid import UUID

from jira_session_export._export.changes import Change
from jira_session_export._export.comparisons import COMPARED, Comparison, Comparisons, compared, ticket_changes
from jira_session_export._export.content import ContentReader, read_present
from jira_session_export._export.held_up import held_up_because
from jira_session_export._export.pace import percentage, seconds_per_ticket
from jira_session_export._export.turns import place_in_turn
from jira_session_export._journal import SessionState, SessionStatus, TicketState, TicketStatus
from jira_session_export._models import Session, Ticket
from jira_session_export._runtime import SYSTEM_RUNTIME, Runtime
from jira_session_export._settings import ExportSettings
from jira_session_export._slices import aside
from jira_session_export._storage.catalog import SessionCatalog, TicketFix, ticket_fixes
from jira_session_export._storage.protocols import SessionQueue, SessionSource
from jira_session_export._values import CreatedIssue, ManualFix
from jira_session_export._wording import sentence
from jira_session_export.api import (
    ActiveStatus,
    ExportCompletedResponse,
    ExportFailedResponse,
    ExportResultsResponse,
    ExportStatusResponse,
    JiraTicketReference,
    LeftOutTicket,
    ManualFixGuidance,
    PriorityOption,
    ProjectValidationResponse,
    SprintOption,
    StatusResponse,
    TeamMemberOption,
    ValidationWarning,
)
from jira_session_export.errors import NotStartedError, TicketError

if TYPE_CHECKING:  # the status of an export is read without a Jira client
    from jira_session_export._export.selecting import Selection
    from jira_session_export._mapping.validation import ProjectValidation


class StateReader(ContentReader, Protocol):
    """What a report asks of a store; every `SessionStore` has it."""


NOT_COMPARED = Comparison()
"""Of a session that is exporting."""

_SPRINT_STATES: dict[str, Literal["active", "closed", "future"]] = {
    "active": "active",
    "closed": "closed",
    "future": "future",
}


def status_response(
    state: SessionState,
    settings: ExportSettings,
    now: datetime | None = None,
    *,
    comparison: Comparison = NOT_COMPARED,
    queue_position: int | None = None,
) -> StatusResponse:
    """Build the status of a session that was started at least once.

    Args:
        now: for what is so at a moment only; the present one when None.
        comparison: how its exported tickets compare with what was exported.
        queue_position: its place among those that wait for a worker.

    Raises:
        NotStartedError: it never was.
    """
    if state.started_at is None:
        raise NotStartedError("This session has not been exported yet.", session_id=state.session_id)
    task_id = state.last_task_id
    assert task_id is not None  # noqa: S101 -- set with started_at
    edited, removed = comparison.edited, comparison.removed
    if state.status == SessionStatus.COMPLETED:
        assert state.completed_at is not None  # noqa: S101 -- set with the status
        return ExportCompletedResponse(
            session_id=state.session_id,
            task_id=task_id,
            jira_tickets_created=state.exported,
            dependencies_created=state.links_created,
            manual_fixes_needed=state.manual_fix_count,
            total_processing_time_minutes=minutes(state.seconds),
            completed_at=state.completed_at,
            tickets_left_out=state.left_out,
            tickets_edited=edited,
            tickets_removed=removed,
        )
    if state.status == SessionStatus.EXPORT_FAILED:
        assert state.failure is not None  # noqa: S101 -- set with the status
        return ExportFailedResponse(
            session_id=state.session_id,
            task_id=task_id,
            failed_at_ticket_order=state.failed_at_ticket_order or 0,
            failed_ticket_id=comparison.failed_ticket,
            tickets_left_out=state.left_out,
            tickets_edited=edited,
            tickets_removed=removed,
            error_category=state.failure.category,
            user_message=state.failure.message,
            recovery_actions=list(state.failure.recovery_actions),
            retry_available=retry_available(state, settings),
            retry_attempts_used=max(0, min(state.retry_count - 1, settings.max_retries)),
            retry_not_before=state.failure.retry_not_before,
        )
    exporting = state.status == SessionStatus.EXPORTING
    now = now or SYSTEM_RUNTIME.now()
    return ExportStatusResponse(
        session_id=state.session_id,
        task_id=task_id,
        status=active_status(state),
        progress_percentage=progress_percentage(state),
        tickets_completed=state.exported,
        total_tickets=state.total,
        current_ticket_title=state.current_title or None,
        estimated_time_remaining_minutes=remaining_minutes(state, settings) if exporting else None,
        tickets_left_out=state.left_out,
        tickets_edited=edited,
        tickets_removed=removed,
        waiting_until=waiting_until(state, now),
        queue_position=queue_position,
        held_up=held_up_because(state, now),
    )


def active_status(state: SessionState) -> ActiveStatus:
    """Return the status of a session that is neither completed nor failed."""
    match state.status:
        case SessionStatus.EXPORTING:
            return "exporting"
        case SessionStatus.CANCELLED:
            return "cancelled"
        case _:
            return "ready"


def retry_available(state: SessionState, settings: ExportSettings) -> bool:
    """Return whether a failed session may be retried once more."""
    return state.retry_count <= settings.max_retries


def waiting_until(state: SessionState, now: datetime) -> datetime | None:
    """Return until when the run waits because Jira asked it to; None when it does not at `now`."""
    until = state.waiting_until
    return until if until is not None and until > now else None


def retry_is_early(state: SessionState, now: datetime) -> datetime | None:
    """Return before when a retry of a failed session is refused; None when it is not, at `now`.

    A clock that was set back since the failure says nothing of how long Jira still has to be waited for.
    """
    moment = state.failure.retry_not_before if state.failure is not None else None
    if moment is None or state.failed_at is None or not state.failed_at <= now < moment:
        return None
    return moment


def progress_percentage(state: SessionState) -> float:
    """Return the percentage of tickets done, the current one included; below 100 until the export is completed."""
    in_work = state.current_title is not None and state.exported < state.total
    return percentage(state.exported + in_work, state.total)


def remaining_minutes(state: SessionState, settings: ExportSettings) -> int:
    """Estimate the whole minutes that the rest takes, from the configured pause."""
    return math.ceil((state.total - state.exported) * seconds_per_ticket(settings) / 60)


def minutes(seconds: float) -> float:
    """Convert seconds to minutes with one decimal."""
    return round(seconds / 60, 1)


def results_response(
    state: SessionState, tickets: Sequence[TicketState], present: Mapping[UUID, Ticket | TicketError]
) -> ExportResultsResponse:
    """Build the response with all issues made so far, and everything a person must put right in Jira.

    Args:
        present: the session's tickets as they are now, as `read_present` reads them.
    """
    exported = [(ticket, ticket.issue) for ticket in tickets if ticket.issue is not None]
    changes = compared(tickets, present)
    references = [_reference(ticket, issue, changes[ticket.ticket_id]) for ticket, issue in exported]
    return ExportResultsResponse(
        session_id=state.session_id,
        total_tickets_created=len(exported),
        jira_tickets=references,
        **_changed(references),
        left_out=left_out_tickets(tickets, present),
        dependencies_created=state.links_created,
        manual_fixes=[guidance(fix) for ticket in tickets for fix in ticket_fixes(ticket)],
        total_processing_time_minutes=minutes(state.seconds),
    )


def guidance(found: TicketFix) -> ManualFixGuidance:
    """Return a manual fix as the results tell it."""
    fix = found.fix
    return ManualFixGuidance(
        jira_key=found.issue.key,
        title=found.title,
        issue_type=fix.kind,
        recommended_action=describe(fix),
        jira_url=found.issue.url,
        field=fix.field,
        asked_for=fix.asked_for,
        done_instead=fix.done_instead,
        what_to_do=fix.recommended_action,
    )


def _reference(ticket: TicketState, issue: CreatedIssue, change: Change) -> JiraTicketReference:
    title = exported_title(ticket)
    return JiraTicketReference(
        ticket_id=ticket.ticket_id,
        jira_key=issue.key,
        jira_url=issue.url,
        title=title,
        change=change.kind,
        edited_fields=list(change.fields),
        current_title=ticket.title if change.kind != "removed" and ticket.title != title else None,
    )


def exported_title(ticket: TicketState) -> str:
    """Return the title that was exported; the present one where the state is older than the record of it."""
    return ticket.exported_title or ticket.title


def left_out_tickets(
    tickets: Sequence[TicketState], present: Mapping[UUID, Ticket | TicketError]
) -> list[LeftOutTicket]:
    """Return the tickets that are left out, in order, with the issues that wait for them."""
    states = {ticket.ticket_id: ticket for ticket in tickets}
    left_out = {key for key, ticket in states.items() if ticket.status is TicketStatus.SKIPPED}
    if not left_out:
        return []
    waiting: dict[UUID, list[str]] = {}
    for ticket_id, ticket in present.items():
        state = states.get(ticket_id)
        if isinstance(ticket, TicketError) or state is None or state.issue is None:
            continue
        wanted = {*ticket.depends_on, *(link.to for link in ticket.links), ticket.parent}
        for other in left_out & wanted:
            waiting.setdefault(other, []).append(state.issue.key)
    return [
        LeftOutTicket(
            ticket_id=ticket.ticket_id,
            order=ticket.order,
            title=ticket.title,
            reason=_why_left_out(ticket, present.get(ticket.ticket_id), states),
            waiting=waiting.get(ticket.ticket_id, []),
        )
        for ticket in tickets
        if ticket.ticket_id in left_out
    ]


def planned_left_out(states: Collection[TicketState], session: Session, selection: "Selection") -> list[LeftOutTicket]:
    """Return what a run with that selection would leave out, with the tickets whose link or parent would wait."""
    then = [
        replace(
            state,
            status=TicketStatus.PENDING if selection.takes(state.ticket_id) else TicketStatus.SKIPPED,
            # A ticket that is exported then has no key yet, so people get its place.
            issue=CreatedIssue("", f"ticket {state.order}", "") if selection.takes(state.ticket_id) else None,
        )
        if state.issue is None
        else state
        for state in sorted(states, key=lambda state: state.order)
    ]
    return left_out_tickets(then, {ticket.id: ticket for ticket in session.tickets})


def _why_left_out(ticket: TicketState, present: Ticket | TicketError | None, states: Mapping[UUID, TicketState]) -> str:
    if ticket.removed:
        return "The session does not have it any more."
    if isinstance(present, Ticket) and isinstance(present.parent, UUID):
        parent = states.get(present.parent)
        if parent is not None and parent.status is TicketStatus.SKIPPED:
            return f"It was left out, as was its parent, ticket {parent.order}."
    return "It was left out."


def validation_response(validation: "ProjectValidation") -> ProjectValidationResponse:
    """Build the response that says whether sessions can be exported to a project, and what its drop-downs offer."""
    return ProjectValidationResponse(
        project_key=validation.project_key,
        project_name=validation.project_name,
        validation_status="invalid" if validation.blocking_issues else "valid",
        can_create_tasks=validation.can_create,
        can_view_project=validation.can_view,
        available_sprints=[
            SprintOption(id=str(each.id), name=each.name, state=state)
            for each in validation.sprints
            if (state := _SPRINT_STATES.get(each.state.lower())) is not None
        ],
        team_members=[
            TeamMemberOption(id=each.account_id, name=each.display_name, email=each.email_address)
            for each in validation.users
        ],
        priority_levels=[
            PriorityOption(id=each.id, name=each.name, is_default=each.is_default) for each in validation.priorities
        ],
        validation_warnings=[
            ValidationWarning(
                code=each.code,
                field=each.field,
                message=each.message,
                recommended_action=each.recommended_action,
            )
            for each in validation.warnings
        ],
        blocking_issues=list(validation.blocking_issues),
    )


def describe(fix: ManualFix) -> str:
    """Describe a manual fix in one string: what was asked for, what was done, what to do now."""
    return f"{fix.field}: asked for {fix.asked_for}; {sentence(fix.done_instead)} {fix.recommended_action}"


async def read_status(
    store: StateReader, session_id: UUID, settings: ExportSettings, runtime: Runtime = SYSTEM_RUNTIME
) -> StatusResponse:
    """Read the session's status. Raises what `ExportStore.state` and `status_response` raise."""
    return await status_of(store, await store.state(session_id), settings, Comparisons(store), runtime)


async def status_of(
    store: StateReader, state: SessionState, settings: ExportSettings, comparisons: Comparisons, runtime: Runtime
) -> StatusResponse:
    """Read what a state that has just been read lacks of the session's status. Raises as `read_status`."""
    now = runtime.now()
    if state.status == SessionStatus.EXPORTING:
        # Asked for often: one query, and a second one only while nobody works on it.
        position = None if state.lease_is_live(now) else await queue_position(store, state, now)
        return status_response(state, settings, now, queue_position=position)
    return status_response(state, settings, now, comparison=await comparisons.of(state))


async def queue_position(store: object, state: SessionState, now: datetime) -> int | None:
    """Return the place of a session among those that wait for a worker, from 1; None when it does not wait."""
    if not isinstance(store, SessionQueue):
        return None
    return place_in_turn(state, await store.queued(now))


async def read_results(
    store: StateReader, session_id: UUID, *, offset: int = 0, limit: int | None = None
) -> ExportResultsResponse:
    """Read the session's results so far.

    Args:
        offset, limit: the part of the issues, and of the manual fixes, that is wanted; of a store that is a
            `SessionCatalog` no more than that is read, unless tickets are left out. None: all from `offset` on.

    Raises:
        ValueError: `offset` or `limit` is negative.
        Exception: what `ExportStore.state` raises.
    """
    if offset < 0 or (limit is not None and limit < 0):
        raise ValueError(f"offset is {offset} and limit is {limit}; both must be 0 or more.")
    state = await store.state(session_id)
    if limit is not None and not state.left_out and isinstance(store, SessionCatalog):
        return await _read_part(store, store, state, offset, limit)
    tickets = await store.ticket_states(session_id)
    present = await read_present(store, session_id, tickets)
    results = await aside(COMPARED * state.exported, results_response, state, tickets, present)
    return results if (offset, limit) == (0, None) else _part(results, offset, limit)


async def _read_part(
    source: SessionSource, catalog: SessionCatalog, state: SessionState, offset: int, limit: int
) -> ExportResultsResponse:
    session_id = state.session_id
    page = await catalog.ticket_page(session_id, statuses=[TicketStatus.EXPORTED], offset=offset, limit=limit)
    fixes = await catalog.manual_fixes(session_id, offset=offset, limit=limit)
    tickets = [each.state for each in page.tickets]
    changes = await ticket_changes(source, session_id, tickets)
    references = [
        _reference(ticket, ticket.issue, changes[ticket.ticket_id]) for ticket in tickets if ticket.issue is not None
    ]
    return ExportResultsResponse(
        session_id=session_id,
        total_tickets_created=page.counts[TicketStatus.EXPORTED],
        jira_tickets=references,
        dependencies_created=state.links_created,
        manual_fixes=[guidance(fix) for fix in fixes.fixes],
        total_processing_time_minutes=minutes(state.seconds),
        **_changed(references),
    )


def _part(results: ExportResultsResponse, offset: int, limit: int | None) -> ExportResultsResponse:
    end = None if limit is None else offset + limit
    references = results.jira_tickets[offset:end]
    part = {"jira_tickets": references, "manual_fixes": results.manual_fixes[offset:end], **_changed(references)}
    return results.model_copy(update=part)


def _changed(references: Sequence[JiraTicketReference]) -> dict[str, int]:
    kinds = [reference.change for reference in references]
    return {"tickets_edited": kinds.count("edited"), "tickets_removed": kinds.count("removed")}
