import inspect
import json
from datetime import UTC, datetime, timedelta
from types import UnionType
from typing import Any, Union, get_args, get_origin
from uuid import UUID

import pytest
from pydantic import BaseModel, TypeAdapter, ValidationError

from jira_session_export import api, errors
from jira_session_export._values import ErrorCategory, Refusal
from jira_session_export.api import ErrorResponse, ExportMessage

SESSION = UUID(int=7)

# The fields of each class as the specification names them; Optional ones end in `?`.
SPECIFIED: dict[str, str] = {
    "ExportStartResponse": "task_id session_id status total_tickets estimated_duration_minutes jira_project_key started_at",
    "ExportAlreadyRunningResponse": "task_id session_id status progress_percentage current_ticket_title started_at",
    "ExportStatusResponse": "session_id task_id status progress_percentage tickets_completed total_tickets current_ticket_title? estimated_time_remaining_minutes?",
    "ExportCompletedResponse": "session_id task_id status jira_tickets_created dependencies_created manual_fixes_needed total_processing_time_minutes completed_at",
    "ExportFailedResponse": "session_id task_id status failed_at_ticket_order error_category user_message recovery_actions retry_available retry_attempts_used",
    "ExportRetryResponse": "task_id session_id status retry_attempt remaining_retries resuming_from_ticket_order preserved_successful_tickets",
    "ProjectValidationRequest": "project_key user_requirements",
    "ProjectRequirements": "requires_sprint_assignment requires_assignee requires_priority_levels",
    "ProjectValidationResponse": "project_key project_name validation_status can_create_tasks can_view_project available_sprints team_members priority_levels validation_warnings blocking_issues",
    "SprintOption": "id name state",
    "AdfTestRequest": "ticket_ids include_attachments",
    "AdfTestResponse": "session_id tickets_tested all_passed passed failed results",
    "AdfTestResult": "ticket_id ticket_title status adf_size_bytes? character_reduction? error_message? suggested_fix? attachment_upload_tested attachment_upload_status?",
    "ExportResultsResponse": "session_id total_tickets_created jira_tickets dependencies_created manual_fixes total_processing_time_minutes",
    "JiraTicketReference": "ticket_id jira_key jira_url title",
    "ManualFixGuidance": "jira_key title issue_type recommended_action jira_url",
    "ExportProgressMessage": "type session_id status progress_percentage current_stage tickets_completed tickets_failed total_tickets estimated_time_remaining_minutes? current_jira_project",
    "ExportCompleteMessage": "type status tickets_created dependencies_created manual_fixes_needed total_processing_time_minutes",
    "ExportFailedMessage": "type status failed_at_ticket? error_category retry_available error_message",
}  # fmt: skip

# What came later; each has a default, so that a host that makes the class by the specification still can.
ADDED: dict[str, str] = {
    "ExportFailedMessage": "retry_not_before?",
    "ExportProgressMessage": "waiting_until? queue_position? held_up?",
    "ManualFixGuidance": "field asked_for done_instead what_to_do",
    "ExportStartResponse": "tickets_left_out",
    "ExportRetryResponse": "tickets_left_out",
    "ExportStatusResponse": "tickets_left_out tickets_edited tickets_removed waiting_until? queue_position? held_up?",
    "ExportCompletedResponse": "tickets_left_out tickets_edited tickets_removed",
    "ExportFailedResponse": "failed_ticket_id? tickets_left_out tickets_edited tickets_removed retry_not_before?",
    "JiraTicketReference": "change edited_fields current_title?",
    "ExportResultsResponse": "tickets_edited tickets_removed left_out",
}

MODELS = [
    model
    for _, model in inspect.getmembers(api, inspect.isclass)
    if issubclass(model, BaseModel) and model.__module__ == api.__name__
]


def is_optional(annotation: Any) -> bool:
    return get_origin(annotation) in {Union, UnionType} and type(None) in get_args(annotation)


@pytest.mark.parametrize("name", SPECIFIED)
def test_classes_have_the_fields_of_the_specification(name: str) -> None:
    fields = getattr(api, name).model_fields
    named = [key + "?" * is_optional(info.annotation) for key, info in fields.items()]
    specified = SPECIFIED[name].split()
    assert named[: len(specified)] == specified
    assert named[len(specified) :] == ADDED.get(name, "").split()
    assert not any(fields[key.rstrip("?")].is_required() for key in ADDED.get(name, "").split())


@pytest.mark.parametrize("model", MODELS)
def test_models_make_a_json_schema_and_say_what_they_are(model: type[BaseModel]) -> None:
    assert model.model_json_schema()["title"] == model.__name__
    assert model.__doc__


PROGRESS: dict[str, Any] = {
    "session_id": str(SESSION),
    "task_id": str(UUID(int=8)),
    "progress_percentage": 34.5,
    "tickets_completed": 29,
    "total_tickets": 87,
}
COMPLETED: dict[str, Any] = {
    "session_id": str(SESSION),
    "task_id": str(UUID(int=8)),
    "jira_tickets_created": 87,
    "dependencies_created": 12,
    "manual_fixes_needed": 3,
    "total_processing_time_minutes": 2.8,
    "completed_at": "2026-10-02T09:32:48Z",
}
FAILED: dict[str, Any] = {
    "session_id": str(SESSION),
    "task_id": str(UUID(int=8)),
    "failed_at_ticket_order": 45,
    "error_category": "temporary",
    "user_message": "Network timeout connecting to Jira",
    "recovery_actions": ["Retry."],
    "retry_available": True,
    "retry_attempts_used": 0,
}


@pytest.mark.parametrize(
    ("status", "values", "model"),
    [
        ("exporting", PROGRESS, api.ExportStatusResponse),
        ("cancelled", PROGRESS, api.ExportStatusResponse),
        ("ready", PROGRESS, api.ExportStatusResponse),
        ("completed", COMPLETED, api.ExportCompletedResponse),
        ("failed", FAILED, api.ExportFailedResponse),
    ],
)
def test_status_answers_are_told_apart_by_their_status(status: str, values: dict[str, Any], model: type) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(api.StatusResponse)
    answer = adapter.validate_python({**values, "status": status})
    assert type(answer) is model
    assert json.loads(answer.model_dump_json())["status"] == status
    with pytest.raises(ValidationError):
        adapter.validate_python({**values, "status": "review"})


def test_messages_are_told_apart_by_type() -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(ExportMessage)
    message = {"type": "export_failed", "error_category": "temporary", "retry_available": True, "error_message": "x"}
    assert type(adapter.validate_python(message)) is api.ExportFailedMessage
    with pytest.raises(ValidationError):
        adapter.validate_python({**message, "type": "export_over"})
    with pytest.raises(ValidationError):
        adapter.validate_python({**message, "error_category": "somebody"})


@pytest.mark.parametrize("percentage", [-0.1, 100.1])
def test_percentages_are_percentages(percentage: float) -> None:
    with pytest.raises(ValidationError):
        api.ExportStatusResponse.model_validate({**PROGRESS, "progress_percentage": percentage})


def test_words_for_programs_are_typed() -> None:
    """A caller's type checker knows every value of them."""
    for model in MODELS:
        for name, info in model.model_fields.items():
            if name in {"status", "type", "state", "error_category", "validation_status", "issue_type"}:
                assert info.annotation is not str, f"{model.__name__}.{name}"


# -- errors ----------------------------------------------------------------------------------------------------------


def body(error: errors.JiraSessionExportError) -> Any:
    return json.loads(ErrorResponse.from_error(error).model_dump_json())


def test_exhausted_retries_are_told_as_specified() -> None:
    error = errors.RetriesExhaustedError(
        session_id=SESSION, retry_attempts_used=3, first_error_at=datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
    )
    assert body(error) == {
        "code": "retries_exhausted",
        "error_category": "admin_required",
        "user_message": "Maximum retry attempts (3) exceeded. Please contact administrator.",
        "recovery_actions": [
            "Contact system administrator",
            "Session may need manual cleanup",
            "An administrator can release the session for further retries (ExportService.release; command: release)",
        ],
        "session_id": str(SESSION),
        "retry_attempts_used": 3,
        "first_error_at": "2024-01-15T10:30:00Z",
    }


def test_facts_stand_beside_the_message() -> None:
    cycle = body(errors.DependencyError("a cycle", tickets=[UUID(int=1), UUID(int=2)]))
    assert cycle["tickets"] == [str(UUID(int=1)), str(UUID(int=2))]
    refusal = Refusal(400, {"summary": "too long"}, ("INVALID_INPUT",), "trace-1")
    refused = body(errors.RefusedError("no", operation="POST /issue", refusal=refusal))
    assert refused["jira_errors"] == {"summary": "too long"}
    assert refused["jira_messages"] == ["INVALID_INPUT"]
    assert refused["trace_id"] == "trace-1"
    limited = body(errors.RateLimitedError("slow down", operation="GET /x", retry_after=timedelta(seconds=30)))
    assert limited["retry_after_seconds"] == 30
    assert "reason" not in limited


def test_a_category_of_its_own_is_told() -> None:
    error = errors.JiraSessionExportError("x", category=ErrorCategory.TEMPORARY)
    assert body(error)["error_category"] == "temporary"
    assert body(error)["recovery_actions"] == ["Contact your administrator."]


def test_every_error_has_a_body() -> None:
    pending = [errors.JiraSessionExportError]
    seen = set()
    while pending:
        kind = pending.pop()
        pending.extend(kind.__subclasses__())
        error = kind.__new__(kind, "message")
        error.user_message, error.recovery_actions = "message", kind.default_actions
        answer = body(error)
        assert answer["user_message"] == "message"
        assert answer["recovery_actions"]
        seen.add(answer["code"])
    assert len(seen) > 20
