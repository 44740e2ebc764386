"""Requests, responses and messages of the endpoint set, for any web framework or none.

The classes and their fields are those of the specification. Times are aware, in UTC.
"""

from datetime import datetime, timedelta
from typing import Annotated, Any, ClassVar, Literal, Self
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from jira_session_export._tables import as_csv, as_markdown, markdown_link, markdown_text
from jira_session_export._values import ErrorCategory, ManualFixKind, Refusal, WarningCode
from jira_session_export.errors import JiraSessionExportError

__all__ = [
    "ActiveStatus",
    "AdfTestRequest",
    "AdfTestResponse",
    "AdfTestResult",
    "ErrorCategory",
    "ErrorResponse",
    "ExportAlreadyRunningResponse",
    "ExportCompleteMessage",
    "ExportCompletedResponse",
    "ExportFailedMessage",
    "ExportFailedResponse",
    "ExportMessage",
    "ExportPlanResponse",
    "ExportProgressMessage",
    "ExportResultsResponse",
    "ExportRetryResponse",
    "ExportStartResponse",
    "ExportStatusResponse",
    "JiraTicketReference",
    "LeftOutTicket",
    "ManualFixGuidance",
    "ManualFixKind",
    "PlannedIssue",
    "PriorityOption",
    "ProjectRequirements",
    "ProjectValidationRequest",
    "ProjectValidationResponse",
    "SprintOption",
    "StatusResponse",
    "TeamMemberOption",
    "TicketChange",
    "ValidationWarning",
    "WarningCode",
]


_Percentage = Annotated[float, Field(ge=0, le=100)]
_Count = Annotated[int, Field(ge=0)]

ActiveStatus = Literal["exporting", "cancelled", "ready"]
"""The states of an export that is neither completed nor failed; `ready` stands for whatever the host keeps there."""

TicketChange = Literal["none", "edited", "removed", "unknown"]
"""How a ticket compares with what was exported of it: `edited` since; `removed` from the session since; `unknown` for
an issue of which this store does not know what was sent. `none` also for a ticket that was not exported."""


# -- starting --------------------------------------------------------------------------------------------------------


class ExportStartResponse(BaseModel):
    """An export was started (202).

    Attributes:
        estimated_duration_minutes: whole minutes, at least 1.
        tickets_left_out: tickets without an issue that this run does not export.
    """

    task_id: UUID
    session_id: UUID
    status: Literal["exporting"] = "exporting"
    total_tickets: _Count
    estimated_duration_minutes: Annotated[int, Field(ge=1)]
    jira_project_key: str
    started_at: datetime
    tickets_left_out: _Count = 0


class ExportAlreadyRunningResponse(BaseModel):
    """The session is being exported already (202); nothing was started.

    Attributes:
        task_id: of the export that is running.
        current_ticket_title: empty before the first ticket.
    """

    task_id: UUID
    session_id: UUID
    status: Literal["exporting"] = "exporting"
    progress_percentage: _Percentage
    current_ticket_title: str
    started_at: datetime


class ExportRetryResponse(BaseModel):
    """A failed export goes on (202).

    Attributes:
        task_id: a new one.
        retry_attempt: this retry's number, from 1; a retry after a wait that Jira asked for is not counted.
        preserved_successful_tickets: issues that exist already and are not created again.
        tickets_left_out: tickets without an issue that this run does not export.
    """

    task_id: UUID
    session_id: UUID
    status: Literal["exporting"] = "exporting"
    retry_attempt: int
    remaining_retries: _Count
    resuming_from_ticket_order: int
    preserved_successful_tickets: _Count
    tickets_left_out: _Count = 0


# -- status ----------------------------------------------------------------------------------------------------------


class ExportStatusResponse(BaseModel):
    """How far an export is that is neither completed nor failed.

    Attributes:
        status: `exporting`; `cancelled` after a cancellation; `ready` when the host has put the session back.
        tickets_left_out: tickets that were left out of the export; no other number counts them.
        tickets_edited: exported tickets that were edited since, so they differ from their issues; 0 while exporting.
        tickets_removed: exported tickets that the session has no more; 0 while exporting.
        waiting_until: when the wait is over that Jira has asked the export for, aware, in UTC; None while it waits for
            nothing.
        queue_position: its place among the sessions of its Jira site that wait for a worker, 1 for the next one; None
            when a worker has it.
        held_up: why no worker gets on with it, sentences: a file of a ticket that none has been able to read; None
            when nothing holds it up.
    """

    session_id: UUID
    task_id: UUID
    status: ActiveStatus = "exporting"
    progress_percentage: _Percentage
    tickets_completed: _Count
    total_tickets: _Count
    current_ticket_title: str | None = None
    estimated_time_remaining_minutes: int | None = None
    tickets_left_out: _Count = 0
    tickets_edited: _Count = 0
    tickets_removed: _Count = 0
    waiting_until: datetime | None = None
    queue_position: Annotated[int, Field(ge=1)] | None = None
    held_up: str | None = None


class ExportCompletedResponse(BaseModel):
    """An export that is done.

    Attributes:
        tickets_left_out: tickets that were left out of the export; no other number counts them.
        tickets_edited: exported tickets that were edited since, so they differ from their issues.
        tickets_removed: exported tickets that the session has no more.
    """

    session_id: UUID
    task_id: UUID
    status: Literal["completed"] = "completed"
    jira_tickets_created: _Count
    dependencies_created: _Count
    manual_fixes_needed: _Count
    total_processing_time_minutes: float
    completed_at: datetime
    tickets_left_out: _Count = 0
    tickets_edited: _Count = 0
    tickets_removed: _Count = 0


class ExportFailedResponse(BaseModel):
    """An export that stopped.

    Attributes:
        failed_at_ticket_order: 0 when no ticket was the reason.
        failed_ticket_id: the ticket it stopped at, to be left out of the retry; None when no ticket was the reason.
        error_category: `user_fixable`, `admin_required` or `temporary`.
        tickets_left_out: tickets that were left out of the export; no other number counts them.
        tickets_edited: exported tickets that were edited since, so they differ from their issues.
        tickets_removed: exported tickets that the session has no more.
        retry_not_before: when Jira takes requests again, aware, in UTC; a retry before is refused. None when a retry
            need not wait.
    """

    session_id: UUID
    task_id: UUID
    status: Literal["failed"] = "failed"
    failed_at_ticket_order: int
    error_category: ErrorCategory
    user_message: str
    recovery_actions: list[str]
    retry_available: bool
    retry_attempts_used: _Count
    failed_ticket_id: UUID | None = None
    tickets_left_out: _Count = 0
    tickets_edited: _Count = 0
    tickets_removed: _Count = 0
    retry_not_before: datetime | None = None


StatusResponse = Annotated[
    ExportStatusResponse | ExportCompletedResponse | ExportFailedResponse, Field(discriminator="status")
]
"""Any answer about an export's status, told apart by `status`."""


# -- results ---------------------------------------------------------------------------------------------------------


class JiraTicketReference(BaseModel):
    """A ticket's issue.

    Attributes:
        ticket_id: the host's id.
        jira_url: the address a person opens.
        title: the title that was exported; that of an adopted issue as Jira has it.
        change: how the ticket compares with what was exported.
        edited_fields: what was edited since, in the batch file's words; empty unless `change` is `edited`.
        current_title: the ticket's title now, where it is another one; None otherwise, and when it was removed.
    """

    ticket_id: UUID
    jira_key: str
    jira_url: str
    title: str
    change: TicketChange = "none"
    edited_fields: list[str] = []
    current_title: str | None = None


class LeftOutTicket(BaseModel):
    """A ticket that is not exported, because it was left out.

    Attributes:
        reason: why, in plain words.
        waiting: keys of issues that are to be linked to it, or to be under it, once it is exported.
    """

    ticket_id: UUID
    order: int
    title: str
    reason: str
    waiting: list[str] = []


class ManualFixGuidance(BaseModel):
    """Something to put right by hand in Jira.

    Attributes:
        issue_type: what kind of thing, for example `assignee_invalid`, `sprint_not_found`; not Jira's issue type.
        recommended_action: what was asked for, what was done instead, what to do now, in one string.
        field: the ticket's field, in the batch file's words; empty when it is about no field.
        asked_for: what the ticket wanted.
        done_instead: what the issue got.
        what_to_do: what to do now.
    """

    jira_key: str
    title: str
    issue_type: ManualFixKind
    recommended_action: str
    jira_url: str
    field: str = ""
    asked_for: str = ""
    done_instead: str = ""
    what_to_do: str = ""


class ExportResultsResponse(BaseModel):
    """All issues of a session, and what is left to do by hand.

    Attributes:
        tickets_edited: exported tickets that were edited since; each says so by its `change`.
        tickets_removed: exported tickets that the session has no more.
        left_out: tickets that were not exported on purpose.
    """

    session_id: UUID
    total_tickets_created: _Count
    jira_tickets: list[JiraTicketReference]
    dependencies_created: _Count
    manual_fixes: list[ManualFixGuidance]
    total_processing_time_minutes: float
    tickets_edited: _Count = 0
    tickets_removed: _Count = 0
    left_out: list[LeftOutTicket] = []

    def to_csv(self) -> str:
        """All of it as CSV: one row for each issue, then one for each manual fix.

        The column `record` says `issue` or `manual fix`. Cells that a spreadsheet would take for a formula begin with
        an apostrophe.
        """
        issues = [("issue", each.jira_key, each.title, each.jira_url, "", "", "", "", "") for each in self.jira_tickets]
        fixes = [
            (
                "manual fix",
                each.jira_key,
                each.title,
                each.jira_url,
                each.issue_type.value,
                each.field,
                each.asked_for,
                each.done_instead,
                each.what_to_do or each.recommended_action,
            )
            for each in self.manual_fixes
        ]
        head = ("record", "key", "title", "url", "kind", "field", "asked_for", "done_instead", "what_to_do")
        return as_csv(head, [*issues, *fixes])

    def to_markdown(self) -> str:
        """All of it as two tables in GitHub's Markdown: the manual fixes first, then the issues."""
        fixes = as_markdown(
            ("Issue", "Field", "Asked for", "Done instead", "What to do"),
            [
                (
                    markdown_link(each.jira_key, each.jira_url),
                    markdown_text(each.field or each.issue_type.value),
                    markdown_text(each.asked_for),
                    markdown_text(each.done_instead),
                    markdown_text(each.what_to_do or each.recommended_action),
                )
                for each in self.manual_fixes
            ],
        )
        issues = as_markdown(
            ("Issue", "Title"),
            [(markdown_link(each.jira_key, each.jira_url), markdown_text(each.title)) for each in self.jira_tickets],
        )
        parts = [f"## To fix by hand\n\n{fixes}"] if self.manual_fixes else []
        parts += [f"## Issues\n\n{issues}"] if self.jira_tickets else ["No issue was created.\n"]
        return "\n".join(parts)


# -- project validation ----------------------------------------------------------------------------------------------


class ProjectRequirements(BaseModel):
    """What every ticket of a session must be able to carry into Jira."""

    requires_sprint_assignment: bool
    requires_assignee: bool
    requires_priority_levels: bool


class ProjectValidationRequest(BaseModel):
    """Asks whether sessions can be exported to a project."""

    project_key: Annotated[str, Field(min_length=1)]
    user_requirements: ProjectRequirements


class SprintOption(BaseModel):
    """A sprint that takes issues.

    Attributes:
        state: `active`, `future` or `closed`.
    """

    id: str
    name: str
    state: Literal["active", "closed", "future"]


class TeamMemberOption(BaseModel):
    """Somebody issues can be assigned to.

    Attributes:
        id: Jira's account id.
        email: None when the profile hides it.
    """

    id: str
    name: str
    email: str | None = None


class PriorityOption(BaseModel):
    """A priority issues of the project can have."""

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

    code: WarningCode
    field: str | None = None
    message: str
    recommended_action: str


class ProjectValidationResponse(BaseModel):
    """Whether sessions can be exported to a project, and what its drop-downs offer.

    Attributes:
        validation_status: `valid`, or `invalid` when there are blocking issues.
        blocking_issues: what must be put right before an export can work, in plain words.
    """

    project_key: str
    project_name: str
    validation_status: Literal["valid", "invalid"]
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

    ticket_id: UUID
    ticket_title: str
    status: Literal["passed", "failed"]
    adf_size_bytes: int | None = None
    character_reduction: float | None = None
    error_message: str | None = None
    suggested_fix: str | None = None
    attachment_upload_tested: bool
    attachment_upload_status: Literal["passed", "failed", "skipped"] | None = None


class AdfTestResponse(BaseModel):
    """What a trial conversion gave."""

    session_id: UUID
    tickets_tested: _Count
    all_passed: bool
    passed: _Count
    failed: _Count
    results: list[AdfTestResult]


# -- errors ----------------------------------------------------------------------------------------------------------


class ErrorResponse(BaseModel):
    """The body of every error; facts of the error (`retry_attempts_used`, `tickets`, …) are further members.

    Attributes:
        code: a stable word for programs.
        error_category: `user_fixable`, `admin_required` or `temporary`.
        user_message: what went wrong, in plain words.
        recovery_actions: what to do now; at least one.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="allow")

    code: str
    error_category: ErrorCategory
    user_message: str
    recovery_actions: Annotated[list[str], Field(min_length=1)]

    @classmethod
    def from_error(cls, error: JiraSessionExportError) -> Self:
        """Build the body for `error`: its message and, as further members, its facts.

        A duration becomes seconds (`retry_after` → `retry_after_seconds`), a refusal Jira's own `jira_errors` (field →
        message) and `jira_messages`; facts that are not known are left out.
        """
        return cls(
            code=error.code,
            error_category=error.category,
            user_message=getattr(error, "public_message", error.user_message),
            recovery_actions=list(error.recovery_actions),
            **_facts(error),
        )


_TOLD_ALREADY = frozenset({"category", "user_message", "public_message", "recovery_actions"})


def _facts(error: JiraSessionExportError) -> dict[str, Any]:
    facts: dict[str, Any] = {}
    for name, value in vars(error).items():
        if (
            name in {"category", "user_message", "public_message", "recovery_actions"}
            or name.startswith("_")
            or value is None
        ):
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
    """The position of a running export.

    Attributes:
        waiting_until: when the wait is over that Jira has asked the export for, aware, in UTC; None while it waits for
            nothing.
        queue_position: its place among the sessions of its Jira site that wait for a worker, 1 for the next one; None
            when a worker has it.
        held_up: why no worker gets on with it, sentences: a file of a ticket that none has been able to read; None
            when nothing holds it up.
    """

    type: Literal["export_progress"] = "export_progress"
    session_id: UUID
    status: ActiveStatus = "exporting"
    progress_percentage: _Percentage
    current_stage: str
    tickets_completed: _Count
    tickets_failed: _Count = 0
    total_tickets: _Count
    estimated_time_remaining_minutes: int | None = None
    current_jira_project: str
    waiting_until: datetime | None = None
    queue_position: Annotated[int, Field(ge=1)] | None = None
    held_up: str | None = None


class ExportCompleteMessage(BaseModel):
    """An export is completed; the last message."""

    type: Literal["export_complete"] = "export_complete"
    status: Literal["completed"] = "completed"
    tickets_created: _Count
    dependencies_created: _Count
    manual_fixes_needed: _Count
    total_processing_time_minutes: float


class ExportFailedMessage(BaseModel):
    """An export stopped with a failure; the last message.

    Attributes:
        failed_at_ticket: the ticket's order; None when no ticket was the reason.
        retry_not_before: as in `ExportFailedResponse`.
    """

    type: Literal["export_failed"] = "export_failed"
    status: Literal["failed"] = "failed"
    failed_at_ticket: int | None = None
    error_category: ErrorCategory
    retry_available: bool
    error_message: str
    retry_not_before: datetime | None = None


ExportMessage = Annotated[
    ExportProgressMessage | ExportCompleteMessage | ExportFailedMessage, Field(discriminator="type")
]
"""Any message over the WebSocket, told apart by `type`."""


# -- dry run ---------------------------------------------------------------------------------------------------------


class PlannedIssue(BaseModel):
    """What an export would send for one ticket, and what it would leave for a person.

    Attributes:
        payload: the body of the create; None when the ticket cannot be sent.
        adopts: key of the issue that Jira has of this ticket, and that is taken over; None when one is created.
        manual_fixes: what would be done otherwise than asked, as far as it is known before asking Jira.
        losses: what of the description ADF cannot carry.
        attachments: names of the files that would be attached.
        error_message: why the ticket cannot be sent; None when it can.
    """

    ticket_id: UUID
    order: int
    title: str
    payload: dict[str, Any] | None = None
    manual_fixes: list[str] = []
    losses: list[str] = []
    attachments: list[str] = []
    error_message: str | None = None
    adopts: str | None = None


class ExportPlanResponse(BaseModel):
    """A dry run: everything but the writes.

    Attributes:
        ready: whether every ticket can be sent, and an export would be started.
        blocking_issues: why it would not be started: it is running, has failed or is done.
        manual_fixes_predicted: over all issues.
        left_out: tickets that the export would not send.
        issues_in_jira: keys of issues that Jira has of this session although this store never exported it: an export
            adopts them instead of creating them. Empty when the store has exported the session.
        adoption_note: what cannot be known about them; None when nothing is in doubt.
        create_requests: how many requests create the issues if Jira refuses none: one for each, or for each bulk.
        estimated_duration_minutes: whole minutes; 0 when there is nothing to export.
    """

    session_id: UUID
    project_key: str
    total_tickets: _Count
    ready: bool
    blocking_issues: list[str] = []
    manual_fixes_predicted: _Count
    issues: list[PlannedIssue]
    left_out: list[LeftOutTicket] = []
    issues_in_jira: list[str] = []
    adoption_note: str | None = None
    create_requests: _Count = 0
    estimated_duration_minutes: _Count = 0
