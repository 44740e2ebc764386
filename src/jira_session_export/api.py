"""Requests, responses and messages of the endpoint set, for any web framework or none.

The classes and their fields are those of the specification. Times are aware, in UTC.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from jira_session_export._values import ErrorCategory, Refusal
from jira_session_export.errors import JiraSessionExportError

_SESSION = "7f1f3d0a-0f0e-4d29-9d55-5f5c3bb1b0a1"
_TASK = "2c0a55d4-51fb-4c1b-8f8e-3f8c0b1f6c11"
_TICKET = "b6b3b4b0-6c5e-4f53-9b0a-0d5e6a4b7a10"
_STARTED = "2026-10-02T09:30:00Z"
_PROGRESS = 34.5

_REFERENCE: dict[str, Any] = {
    "ticket_id": _TICKET,
    "jira_key": "PROJ-123",
    "jira_url": "https://example.atlassian.net/browse/PROJ-123",
    "title": "Configure Product Fields",
}
_GUIDANCE: dict[str, Any] = {
    "jira_key": "PROJ-123",
    "title": "Configure Product Fields",
    "issue_type": "assignee_invalid",
    "recommended_action": (
        "assignee: asked for Robin Former; no assignee was set, because that account is deactivated. "
        "Assign the issue to the right person."
    ),
    "jira_url": "https://example.atlassian.net/browse/PROJ-123",
}
_TEST_RESULT: dict[str, Any] = {
    "ticket_id": _TICKET,
    "ticket_title": "Configure Product Fields",
    "status": "passed",
    "adf_size_bytes": 2312,
    "character_reduction": 38.4,
    "error_message": None,
    "suggested_fix": None,
    "attachment_upload_tested": True,
    "attachment_upload_status": "passed",
}

Percentage = Annotated[float, Field(ge=0, le=100)]
Count = Annotated[int, Field(ge=0)]


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


# -- starting --------------------------------------------------------------------------------------------------------


class ExportStartResponse(BaseModel):
    """An export was started (202).

    Attributes:
        estimated_duration_minutes: whole minutes, at least 1.
    """

    model_config = _example(
        task_id=_TASK,
        session_id=_SESSION,
        status="exporting",
        total_tickets=87,
        estimated_duration_minutes=3,
        jira_project_key="PROJ",
        started_at=_STARTED,
    )

    task_id: UUID
    session_id: UUID
    status: str = "exporting"
    total_tickets: Count
    estimated_duration_minutes: Annotated[int, Field(ge=1)]
    jira_project_key: str
    started_at: datetime


class ExportAlreadyRunningResponse(BaseModel):
    """The session is being exported already (202); nothing was started.

    Attributes:
        task_id: of the export that is running.
        current_ticket_title: empty before the first ticket.
    """

    model_config = _example(
        task_id=_TASK,
        session_id=_SESSION,
        status="exporting",
        progress_percentage=_PROGRESS,
        current_ticket_title="Configure Product Fields",
        started_at=_STARTED,
    )

    task_id: UUID
    session_id: UUID
    status: str = "exporting"
    progress_percentage: Percentage
    current_ticket_title: str
    started_at: datetime


class ExportRetryResponse(BaseModel):
    """A failed export goes on (202).

    Attributes:
        task_id: a new one.
        retry_attempt: this retry's number, from 1.
        preserved_successful_tickets: issues that exist already and are not created again.
    """

    model_config = _example(
        task_id=_TASK,
        session_id=_SESSION,
        status="exporting",
        retry_attempt=1,
        remaining_retries=2,
        resuming_from_ticket_order=45,
        preserved_successful_tickets=44,
    )

    task_id: UUID
    session_id: UUID
    status: str = "exporting"
    retry_attempt: int
    remaining_retries: Count
    resuming_from_ticket_order: int
    preserved_successful_tickets: Count


# -- status ----------------------------------------------------------------------------------------------------------


class ExportStatusResponse(BaseModel):
    """How far an export is."""

    model_config = _example(
        session_id=_SESSION,
        task_id=_TASK,
        status="exporting",
        progress_percentage=_PROGRESS,
        tickets_completed=29,
        total_tickets=87,
        current_ticket_title="Configure Product Fields",
        estimated_time_remaining_minutes=2,
    )

    session_id: UUID
    task_id: UUID
    status: str = "exporting"
    progress_percentage: Percentage
    tickets_completed: Count
    total_tickets: Count
    current_ticket_title: str | None = None
    estimated_time_remaining_minutes: int | None = None


class ExportCompletedResponse(BaseModel):
    """An export that is done."""

    model_config = _example(
        session_id=_SESSION,
        task_id=_TASK,
        status="completed",
        jira_tickets_created=87,
        dependencies_created=12,
        manual_fixes_needed=3,
        total_processing_time_minutes=2.8,
        completed_at="2026-10-02T09:32:48Z",
    )

    session_id: UUID
    task_id: UUID
    status: str = "completed"
    jira_tickets_created: Count
    dependencies_created: Count
    manual_fixes_needed: Count
    total_processing_time_minutes: float
    completed_at: datetime


class ExportFailedResponse(BaseModel):
    """An export that stopped.

    Attributes:
        failed_at_ticket_order: 0 when no ticket was the reason.
        error_category: `user_fixable`, `admin_required` or `temporary`.
    """

    model_config = _example(
        session_id=_SESSION,
        task_id=_TASK,
        status="failed",
        failed_at_ticket_order=45,
        error_category="temporary",
        user_message="Network timeout connecting to Jira",
        recovery_actions=["Retry the export in a few minutes."],
        retry_available=True,
        retry_attempts_used=0,
    )

    session_id: UUID
    task_id: UUID
    status: str = "failed"
    failed_at_ticket_order: int
    error_category: str
    user_message: str
    recovery_actions: list[str]
    retry_available: bool
    retry_attempts_used: Count


# -- results ---------------------------------------------------------------------------------------------------------


class JiraTicketReference(BaseModel):
    """A ticket's issue.

    Attributes:
        ticket_id: the host's id.
        jira_url: the address a person opens.
    """

    model_config = _example(**_REFERENCE)

    ticket_id: UUID
    jira_key: str
    jira_url: str
    title: str


class ManualFixGuidance(BaseModel):
    """Something to put right by hand in Jira.

    Attributes:
        issue_type: what kind of thing, for example `assignee_invalid`, `sprint_not_found`; not Jira's issue type.
        recommended_action: what was asked for, what was done instead, what to do now.
    """

    model_config = _example(**_GUIDANCE)

    jira_key: str
    title: str
    issue_type: str
    recommended_action: str
    jira_url: str


class ExportResultsResponse(BaseModel):
    """All issues of a session, and what is left to do by hand."""

    model_config = _example(
        session_id=_SESSION,
        total_tickets_created=1,
        jira_tickets=[_REFERENCE],
        dependencies_created=0,
        manual_fixes=[_GUIDANCE],
        total_processing_time_minutes=2.8,
    )

    session_id: UUID
    total_tickets_created: Count
    jira_tickets: list[JiraTicketReference]
    dependencies_created: Count
    manual_fixes: list[ManualFixGuidance]
    total_processing_time_minutes: float


# -- project validation ----------------------------------------------------------------------------------------------


class ProjectRequirements(BaseModel):
    """What every ticket of a session must be able to carry into Jira."""

    model_config = _example(requires_sprint_assignment=True, requires_assignee=True, requires_priority_levels=False)

    requires_sprint_assignment: bool
    requires_assignee: bool
    requires_priority_levels: bool


class ProjectValidationRequest(BaseModel):
    """Asks whether sessions can be exported to a project."""

    model_config = _example(
        project_key="PROJ",
        user_requirements={
            "requires_sprint_assignment": True,
            "requires_assignee": True,
            "requires_priority_levels": False,
        },
    )

    project_key: Annotated[str, Field(min_length=1)]
    user_requirements: ProjectRequirements


class SprintOption(BaseModel):
    """A sprint that takes issues.

    Attributes:
        state: `active`, `future` or `closed`.
    """

    model_config = _example(id="37", name="PROJ Sprint 2", state="active")

    id: str
    name: str
    state: str


class TeamMemberOption(BaseModel):
    """Somebody issues can be assigned to.

    Attributes:
        id: Jira's account id.
        email: None when the profile hides it.
    """

    model_config = _example(id="5b10ac8d82e05b22cc7d4ef5", name="Maria Silva", email="maria.silva@example.com")

    id: str
    name: str
    email: str | None = None


class PriorityOption(BaseModel):
    """A priority issues of the project can have."""

    model_config = _example(id="3", name="Medium", is_default=True)

    id: str
    name: str
    is_default: bool = False


class ValidationWarning(BaseModel):
    """Something that will not stop an export, and that somebody should know.

    Attributes:
        code: a stable word for programs.
        field: what it is about, in the batch file's words; None when it is about no field.
        message: what is so.
        recommended_action: what to do about it.
    """

    model_config = _example(
        code="no_open_sprint",
        field="sprint",
        message="The project has no active or future sprint.",
        recommended_action="Create a sprint on the project's board if tickets shall be put into one.",
    )

    code: str
    field: str | None = None
    message: str
    recommended_action: str


class ProjectValidationResponse(BaseModel):
    """Whether sessions can be exported to a project, and what its drop-downs offer.

    Attributes:
        validation_status: `valid`, or `invalid` when there are blocking issues.
        blocking_issues: what must be put right before an export can work, in plain words.
    """

    model_config = _example(
        project_key="PROJ",
        project_name="Product",
        validation_status="valid",
        can_create_tasks=True,
        can_view_project=True,
        available_sprints=[{"id": "37", "name": "PROJ Sprint 2", "state": "active"}],
        team_members=[
            {"id": "5b10ac8d82e05b22cc7d4ef5", "name": "Maria Silva", "email": "maria.silva@example.com"},
        ],
        priority_levels=[{"id": "3", "name": "Medium", "is_default": True}],
        validation_warnings=[],
        blocking_issues=[],
    )

    project_key: str
    project_name: str
    validation_status: str
    can_create_tasks: bool
    can_view_project: bool
    available_sprints: list[SprintOption]
    team_members: list[TeamMemberOption]
    priority_levels: list[PriorityOption]
    validation_warnings: list[ValidationWarning]
    blocking_issues: list[str]


# -- testing the conversion ------------------------------------------------------------------------------------------


class AdfTestRequest(BaseModel):
    """Asks for a trial conversion of tickets.

    Attributes:
        ticket_ids: empty for all tickets of the session.
        include_attachments: check too whether their files could be uploaded; nothing is uploaded.
    """

    model_config = _example(ticket_ids=[_TICKET], include_attachments=True)

    ticket_ids: list[UUID]
    include_attachments: bool = True


class AdfTestResult(BaseModel):
    """What a trial conversion of one ticket gave.

    Attributes:
        status: `passed` or `failed`.
        adf_size_bytes: of the document as JSON.
        character_reduction: percent by which the visible text is shorter than the source, one decimal.
        attachment_upload_status: `passed`, `failed` or `skipped`.
    """

    model_config = _example(**_TEST_RESULT)

    ticket_id: UUID
    ticket_title: str
    status: str
    adf_size_bytes: int | None = None
    character_reduction: float | None = None
    error_message: str | None = None
    suggested_fix: str | None = None
    attachment_upload_tested: bool
    attachment_upload_status: str | None = None


class AdfTestResponse(BaseModel):
    """What a trial conversion gave."""

    model_config = _example(
        session_id=_SESSION,
        tickets_tested=1,
        all_passed=True,
        passed=1,
        failed=0,
        results=[_TEST_RESULT],
    )

    session_id: UUID
    tickets_tested: Count
    all_passed: bool
    passed: Count
    failed: Count
    results: list[AdfTestResult]


# -- errors ----------------------------------------------------------------------------------------------------------


class ErrorResponse(BaseModel):
    """The body of every error; facts of the error (`retry_attempts_used`, `tickets`, …) stand beside these members.

    Attributes:
        code: a stable word for programs.
        error_category: `user_fixable`, `admin_required` or `temporary`.
        user_message: what went wrong, in plain words.
        recovery_actions: what to do now; at least one.
    """

    model_config = ConfigDict(
        extra="allow",
        json_schema_extra={
            "examples": [
                {
                    "code": "retries_exhausted",
                    "error_category": "admin_required",
                    "user_message": "Maximum retry attempts (3) exceeded. Please contact administrator.",
                    "recovery_actions": ["Contact system administrator", "Session may need manual cleanup"],
                    "session_id": _SESSION,
                    "retry_attempts_used": 3,
                    "first_error_at": "2024-01-15T10:30:00Z",
                }
            ]
        },
    )

    code: str
    error_category: str
    user_message: str
    recovery_actions: Annotated[list[str], Field(min_length=1)]

    @classmethod
    def from_error(cls, error: JiraSessionExportError) -> Self:
        """The body that tells `error`: its message and, as further members, its facts.

        A duration becomes seconds (`retry_after` → `retry_after_seconds`), a refusal Jira's own `jira_errors` (field →
        message) and `jira_messages`; facts that are not known are left out.
        """
        return cls(
            code=error.code,
            error_category=error.category.value,
            user_message=error.user_message,
            recovery_actions=list(error.recovery_actions),
            **_facts(error),
        )


def _facts(error: JiraSessionExportError) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for name, value in vars(error).items():
        if name in {"category", "user_message", "recovery_actions"} or name.startswith("_") or value is None:
            continue
        if isinstance(value, timedelta):
            facts[f"{name}_seconds"] = value.total_seconds()
        elif isinstance(value, Refusal):
            facts |= {"jira_errors": dict(value.field_errors), "jira_messages": list(value.messages)}
        elif isinstance(value, tuple):
            facts[name] = list(value)
        else:
            facts[name] = value
    return facts


# -- messages over the WebSocket -------------------------------------------------------------------------------------


class ExportProgressMessage(BaseModel):
    """Tells how far a running export is."""

    model_config = _example(
        type="export_progress",
        session_id=_SESSION,
        status="exporting",
        progress_percentage=_PROGRESS,
        current_stage="Creating ticket 30 of 87: Configure Product Fields",
        tickets_completed=29,
        tickets_failed=0,
        total_tickets=87,
        estimated_time_remaining_minutes=2,
        current_jira_project="PROJ",
    )

    type: Literal["export_progress"] = "export_progress"
    session_id: UUID
    status: str = "exporting"
    progress_percentage: Percentage
    current_stage: str
    tickets_completed: Count
    tickets_failed: Count = 0
    total_tickets: Count
    estimated_time_remaining_minutes: int | None = None
    current_jira_project: str


class ExportCompleteMessage(BaseModel):
    """Tells that an export is done; the last message."""

    model_config = _example(
        type="export_complete",
        status="completed",
        tickets_created=87,
        dependencies_created=12,
        manual_fixes_needed=3,
        total_processing_time_minutes=2.8,
    )

    type: Literal["export_complete"] = "export_complete"
    status: str = "completed"
    tickets_created: Count
    dependencies_created: Count
    manual_fixes_needed: Count
    total_processing_time_minutes: float


class ExportFailedMessage(BaseModel):
    """Tells that an export stopped; the last message.

    Attributes:
        failed_at_ticket: the ticket's order; None when no ticket was the reason.
    """

    model_config = _example(
        type="export_failed",
        status="failed",
        failed_at_ticket=45,
        error_category=ErrorCategory.TEMPORARY.value,
        retry_available=True,
        error_message="Network timeout connecting to Jira",
    )

    type: Literal["export_failed"] = "export_failed"
    status: str = "failed"
    failed_at_ticket: int | None = None
    error_category: str
    retry_available: bool
    error_message: str


ExportMessage = Annotated[
    ExportProgressMessage | ExportCompleteMessage | ExportFailedMessage, Field(discriminator="type")
]
"""Any message over the WebSocket, told apart by `type`."""


# -- dry run ---------------------------------------------------------------------------------------------------------


_PLANNED: dict[str, Any] = {
    "ticket_id": _TICKET,
    "order": 1,
    "title": "Configure Product Fields",
    "payload": {
        "fields": {"project": {"key": "PROJ"}, "issuetype": {"id": "10001"}, "summary": "Configure Product Fields"}
    },
    "manual_fixes": [_GUIDANCE["recommended_action"]],
    "losses": [],
    "attachments": ["fields.xlsx"],
    "error_message": None,
}


class PlannedIssue(BaseModel):
    """What an export would send for one ticket, and what it would leave for a person.

    Attributes:
        payload: the body of the create; None when the ticket cannot be sent.
        manual_fixes: what would be done otherwise than asked, as far as it can be told before asking Jira.
        losses: what of the description ADF cannot carry.
        attachments: names of the files that would be attached.
        error_message: why the ticket cannot be sent; None when it can.
    """

    model_config = _example(**_PLANNED)

    ticket_id: UUID
    order: int
    title: str
    payload: dict[str, Any] | None = None
    manual_fixes: list[str] = []
    losses: list[str] = []
    attachments: list[str] = []
    error_message: str | None = None


class ExportPlanResponse(BaseModel):
    """A dry run: everything but the writes.

    Attributes:
        ready: whether every ticket can be sent.
        manual_fixes_predicted: over all issues.
    """

    model_config = _example(
        session_id=_SESSION,
        project_key="PROJ",
        total_tickets=1,
        ready=True,
        manual_fixes_predicted=1,
        issues=[_PLANNED],
    )

    session_id: UUID
    project_key: str
    total_tickets: Count
    ready: bool
    manual_fixes_predicted: Count
    issues: list[PlannedIssue]
