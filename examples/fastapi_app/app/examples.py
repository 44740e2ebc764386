"""An example of each request, response and message; they are added to the OpenAPI document."""

from typing import Any

from jira_session_export import api

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
    "field": "assignee",
    "asked_for": "Robin Former",
    "done_instead": "no assignee was set, because that account is deactivated",
    "what_to_do": "Assign the issue to the right person.",
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

_WRITTEN: dict[str, dict[str, Any]] = {
    "ExportStartResponse": {
        "task_id": _TASK,
        "session_id": _SESSION,
        "status": "exporting",
        "total_tickets": 87,
        "estimated_duration_minutes": 3,
        "jira_project_key": "PROJ",
        "started_at": _STARTED,
    },
    "ExportAlreadyRunningResponse": {
        "task_id": _TASK,
        "session_id": _SESSION,
        "status": "exporting",
        "progress_percentage": _PROGRESS,
        "current_ticket_title": "Configure Product Fields",
        "started_at": _STARTED,
    },
    "ExportRetryResponse": {
        "task_id": _TASK,
        "session_id": _SESSION,
        "status": "exporting",
        "retry_attempt": 1,
        "remaining_retries": 2,
        "resuming_from_ticket_order": 45,
        "preserved_successful_tickets": 44,
    },
    "ExportStatusResponse": {
        "session_id": _SESSION,
        "task_id": _TASK,
        "status": "exporting",
        "progress_percentage": _PROGRESS,
        "tickets_completed": 29,
        "total_tickets": 87,
        "current_ticket_title": "Configure Product Fields",
        "estimated_time_remaining_minutes": 2,
    },
    "ExportCompletedResponse": {
        "session_id": _SESSION,
        "task_id": _TASK,
        "status": "completed",
        "jira_tickets_created": 87,
        "dependencies_created": 12,
        "manual_fixes_needed": 3,
        "total_processing_time_minutes": 2.8,
        "completed_at": "2026-10-02T09:32:48Z",
    },
    "ExportFailedResponse": {
        "session_id": _SESSION,
        "task_id": _TASK,
        "status": "failed",
        "failed_at_ticket_order": 45,
        "error_category": "temporary",
        "user_message": "Network timeout connecting to Jira",
        "recovery_actions": ["Retry the export in a few minutes."],
        "retry_available": True,
        "retry_attempts_used": 0,
    },
    "JiraTicketReference": dict(**_REFERENCE),
    "ManualFixGuidance": dict(**_GUIDANCE),
    "ExportResultsResponse": {
        "session_id": _SESSION,
        "total_tickets_created": 1,
        "jira_tickets": [_REFERENCE],
        "dependencies_created": 0,
        "manual_fixes": [_GUIDANCE],
        "total_processing_time_minutes": 2.8,
    },
    "ProjectRequirements": {
        "requires_sprint_assignment": True,
        "requires_assignee": True,
        "requires_priority_levels": False,
    },
    "ProjectValidationRequest": {
        "project_key": "PROJ",
        "user_requirements": {
            "requires_sprint_assignment": True,
            "requires_assignee": True,
            "requires_priority_levels": False,
        },
    },
    "SprintOption": {"id": "37", "name": "PROJ Sprint 2", "state": "active"},
    "TeamMemberOption": {"id": "5b10ac8d82e05b22cc7d4ef5", "name": "Maria Silva", "email": "maria.silva@example.com"},
    "PriorityOption": {"id": "3", "name": "Medium", "is_default": True},
    "ValidationWarning": {
        "code": "no_open_sprint",
        "field": "sprint",
        "message": "The project has no active or future sprint.",
        "recommended_action": "Create a sprint on the project's board if tickets shall be put into one.",
    },
    "ProjectValidationResponse": {
        "project_key": "PROJ",
        "project_name": "Product",
        "validation_status": "valid",
        "can_create_tasks": True,
        "can_view_project": True,
        "available_sprints": [{"id": "37", "name": "PROJ Sprint 2", "state": "active"}],
        "team_members": [
            {"id": "5b10ac8d82e05b22cc7d4ef5", "name": "Maria Silva", "email": "maria.silva@example.com"},
        ],
        "priority_levels": [{"id": "3", "name": "Medium", "is_default": True}],
        "validation_warnings": [],
        "blocking_issues": [],
    },
    "AdfTestRequest": {"ticket_ids": [_TICKET], "include_attachments": True},
    "AdfTestResult": dict(**_TEST_RESULT),
    "AdfTestResponse": {
        "session_id": _SESSION,
        "tickets_tested": 1,
        "all_passed": True,
        "passed": 1,
        "failed": 0,
        "results": [_TEST_RESULT],
    },
    "ErrorResponse": {
        "code": "retries_exhausted",
        "error_category": "admin_required",
        "user_message": "Maximum retry attempts (3) exceeded. Please contact administrator.",
        "recovery_actions": [
            "Contact system administrator",
            "Session may need manual cleanup",
            "An administrator can release the session for further retries (ExportService.release; command: release)",
        ],
        "session_id": _SESSION,
        "retry_attempts_used": 3,
        "first_error_at": "2024-01-15T10:30:00Z",
    },
    "ExportProgressMessage": {
        "type": "export_progress",
        "session_id": _SESSION,
        "status": "exporting",
        "progress_percentage": _PROGRESS,
        "current_stage": "Creating ticket 30 of 87: Configure Product Fields",
        "tickets_completed": 29,
        "tickets_failed": 0,
        "total_tickets": 87,
        "estimated_time_remaining_minutes": 2,
        "current_jira_project": "PROJ",
    },
    "ExportCompleteMessage": {
        "type": "export_complete",
        "status": "completed",
        "tickets_created": 87,
        "dependencies_created": 12,
        "manual_fixes_needed": 3,
        "total_processing_time_minutes": 2.8,
    },
    "ExportFailedMessage": {
        "type": "export_failed",
        "status": "failed",
        "failed_at_ticket": 45,
        "error_category": "temporary",
        "retry_available": True,
        "error_message": "Network timeout connecting to Jira",
    },
    "PlannedIssue": dict(**_PLANNED),
    "ExportPlanResponse": {
        "session_id": _SESSION,
        "project_key": "PROJ",
        "total_tickets": 1,
        "ready": True,
        "blocking_issues": [],
        "manual_fixes_predicted": 1,
        "issues": [_PLANNED],
    },
}


def _complete(name: str, written: dict[str, Any]) -> dict[str, Any]:
    """The example with every member the model has; one that is not written has its default."""
    whole: dict[str, Any] = getattr(api, name).model_validate(written).model_dump(mode="json")
    unknown = written.keys() - whole.keys()
    assert not unknown, f"{name} has no {unknown}"  # noqa: S101 -- a mistake in this file
    return whole


EXAMPLES = {name: _complete(name, written) for name, written in _WRITTEN.items()}
"""By the name of the model."""
