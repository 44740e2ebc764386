"""Builds the responses of the endpoint set from a session's state; reads the store alone."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, Protocol
from uuid import UUID

from jira_session_export._export.pace import SECONDS_PER_CALL, percentage
from jira_session_export._journal import SessionState, SessionStatus, TicketState
from jira_session_export._settings import ExportSettings
from jira_session_export._values import ManualFix, ManualFixKind
from jira_session_export.api import (
    ActiveStatus,
    ExportCompletedResponse,
    ExportFailedResponse,
    ExportResultsResponse,
    ExportStatusResponse,
    JiraTicketReference,
    ManualFixGuidance,
    PriorityOption,
    ProjectValidationResponse,
    SprintOption,
    StatusResponse,
    TeamMemberOption,
    ValidationWarning,
)
from jira_session_export.errors import NotStartedError

if TYPE_CHECKING:  # the status of an export is read without a Jira client
    from jira_session_export._mapping.validation import ProjectValidation


class StateReader(Protocol):
    """What a report asks of a store; every `ExportStore` has it."""

    async def state(self, session_id: UUID) -> SessionState:
        """See `ExportStore`."""

    async def ticket_states(self, session_id: UUID) -> Sequence[TicketState]:
        """See `ExportStore`."""


_SPRINT_STATES: dict[str, Literal["active", "closed", "future"]] = {
    "active": "active",
    "closed": "closed",
    "future": "future",
}


def status_response(state: SessionState, settings: ExportSettings) -> StatusResponse:
    """Build the status of a session that was started at least once.

    Raises:
        NotStartedError: it never was.
    """
    if state.started_at is None:
        raise NotStartedError("This session has not been exported yet.", session_id=state.session_id)
    task_id = state.last_task_id
    assert task_id is not None  # noqa: S101 -- set with started_at
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
        )
    if state.status == SessionStatus.EXPORT_FAILED:
        assert state.failure is not None  # noqa: S101 -- set with the status
        return ExportFailedResponse(
            session_id=state.session_id,
            task_id=task_id,
            failed_at_ticket_order=state.failed_at_ticket_order or 0,
            error_category=state.failure.category,
            user_message=state.failure.message,
            recovery_actions=list(state.failure.recovery_actions),
            retry_available=retry_available(state, settings),
            retry_attempts_used=min(state.retry_count - 1, settings.max_retries),
        )
    exporting = state.status == SessionStatus.EXPORTING
    return ExportStatusResponse(
        session_id=state.session_id,
        task_id=task_id,
        status=active_status(state),
        progress_percentage=progress_percentage(state),
        tickets_completed=state.exported,
        total_tickets=state.total,
        current_ticket_title=state.current_title,
        estimated_time_remaining_minutes=remaining_minutes(state, settings) if exporting else None,
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


def progress_percentage(state: SessionState) -> float:
    """Return the percentage of tickets done, the current one included; below 100 until the export is completed."""
    in_work = state.current_title is not None and state.exported < state.total
    return percentage(state.exported + in_work, state.total)


def remaining_minutes(state: SessionState, settings: ExportSettings) -> int:
    """Estimate the whole minutes that the rest takes, from the configured pause."""
    return math.ceil((state.total - state.exported) * (settings.pause_seconds + SECONDS_PER_CALL) / 60)


def minutes(seconds: float) -> float:
    """Convert seconds to minutes with one decimal."""
    return round(seconds / 60, 1)


def results_response(state: SessionState, tickets: Sequence[TicketState]) -> ExportResultsResponse:
    """Build the response with all issues made so far, and everything a person must put right in Jira."""
    exported = [(ticket, ticket.issue) for ticket in tickets if ticket.issue is not None]
    return ExportResultsResponse(
        session_id=state.session_id,
        total_tickets_created=len(exported),
        jira_tickets=[
            JiraTicketReference(ticket_id=ticket.ticket_id, jira_key=issue.key, jira_url=issue.url, title=ticket.title)
            for ticket, issue in exported
        ],
        dependencies_created=state.links_created,
        manual_fixes=[
            ManualFixGuidance(
                jira_key=issue.key,
                title=ticket.title,
                issue_type=fix.kind,
                recommended_action=describe(fix),
                jira_url=issue.url,
                field=fix.field,
                asked_for=fix.asked_for,
                done_instead=fix.done_instead,
                what_to_do=fix.recommended_action,
            )
            for ticket, issue in exported
            for fix in ticket.manual_fixes
        ]
        + [
            ManualFixGuidance(
                jira_key=orphan.key,
                title=ticket.title,
                issue_type=ManualFixKind.DUPLICATE_ISSUE,
                recommended_action=(
                    f"{orphan.key} was made for the same ticket as {ticket.issue.key if ticket.issue else 'no issue'}: "
                    "have an administrator delete it."
                ),
                jira_url=orphan.url,
                asked_for="one issue",
                done_instead=f"a second one, {orphan.key}",
                what_to_do=f"Have an administrator delete {orphan.key}.",
            )
            for ticket in tickets
            for orphan in ticket.orphans
        ],
        total_processing_time_minutes=minutes(state.seconds),
    )


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
    return f"{fix.field}: asked for {fix.asked_for}; {fix.done_instead}. {fix.recommended_action}"


async def read_status(store: StateReader, session_id: UUID, settings: ExportSettings) -> StatusResponse:
    """Read the session's status. Raises what `ExportStore.state` and `status_response` raise."""
    return status_response(await store.state(session_id), settings)


async def read_results(store: StateReader, session_id: UUID) -> ExportResultsResponse:
    """Read the session's results so far. Raises what `ExportStore.state` raises."""
    return results_response(await store.state(session_id), await store.ticket_states(session_id))
