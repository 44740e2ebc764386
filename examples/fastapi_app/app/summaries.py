"""Sessions and tickets at a glance, as lists show them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from app.engine import Engine
from jira_session_export.storage import SessionState, SessionStatus, TicketOverview, TicketStatus

SESSION_EXAMPLE: dict[str, Any] = {
    "session_id": "7f1f3d0a-0f0e-4d29-9d55-5f5c3bb1b0a1",
    "name": "Sprint 12",
    "project_key": "PROJ",
    "owner": "maria",
    "current_stage": "review",
    "status": "ready",
    "total_tickets": 87,
    "tickets_exported": 0,
    "manual_fixes_needed": 0,
    "started_at": None,
    "completed_at": None,
    "failed_at": None,
    "retry_available": False,
    "archived_at": None,
}
TICKET_EXAMPLE: dict[str, Any] = {
    "ticket_id": "b6b3b4b0-6c5e-4f53-9b0a-0d5e6a4b7a10",
    "order": 1,
    "title": "Configure Product Fields",
    "issue_type": "Story",
    "status": "pending",
    "jira_key": None,
    "jira_url": None,
    "manual_fixes_needed": 0,
    "failed": False,
}


def example(**values: Any) -> ConfigDict:
    """The configuration of a model that shows an example."""
    return ConfigDict(json_schema_extra={"examples": [values]})


class SessionSummary(BaseModel):
    """A session at a glance.

    Attributes:
        status: `ready`, `exporting`, `completed`, `export_failed` or `cancelled`.
        total_tickets: without those left out of a partial export.
        archived_at: when it was put away; None when it was not.
    """

    model_config = example(**SESSION_EXAMPLE)

    session_id: UUID
    name: str
    project_key: str
    owner: str | None
    current_stage: str
    status: str
    total_tickets: int
    tickets_exported: int
    manual_fixes_needed: int
    started_at: datetime | None
    completed_at: datetime | None
    failed_at: datetime | None
    retry_available: bool
    archived_at: datetime | None


class TicketSummary(BaseModel):
    """A ticket at a glance.

    Attributes:
        status: `pending`, `exported`, `failed` or `skipped`.
        failed: the last export stopped at it.
    """

    model_config = example(**TICKET_EXAMPLE)

    ticket_id: UUID
    order: int
    title: str
    issue_type: str
    status: str
    jira_key: str | None
    jira_url: str | None
    manual_fixes_needed: int
    failed: bool


def summary_of(engine: Engine, state: SessionState) -> SessionSummary:
    """The session at a glance."""
    failed = state.status == SessionStatus.EXPORT_FAILED
    return SessionSummary(
        session_id=state.session_id,
        name=state.name,
        project_key=state.project_key,
        owner=state.owner,
        current_stage=state.current_stage,
        status=state.status,
        total_tickets=state.total,
        tickets_exported=state.exported,
        manual_fixes_needed=state.manual_fix_count,
        started_at=state.started_at,
        completed_at=state.completed_at,
        failed_at=state.failed_at if failed else None,
        archived_at=state.archived_at,
        retry_available=failed and state.retry_count <= engine.jira.settings.max_retries,
    )


def ticket_of(engine: Engine, session: SessionState, ticket: TicketOverview) -> dict[str, Any]:
    """The fields of the ticket at a glance."""
    state = ticket.state
    return {
        "ticket_id": state.ticket_id,
        "order": state.order,
        "title": state.title,
        "issue_type": ticket.issue_type or engine.jira.settings.default_issue_type,
        "status": state.status,
        "jira_key": state.issue.key if state.issue else None,
        "jira_url": state.issue.url if state.issue else None,
        "manual_fixes_needed": len(state.manual_fixes),
        "failed": session.status == SessionStatus.EXPORT_FAILED and session.failed_at_ticket_order == state.order,
    }


class TicketCounts(BaseModel):
    """How many tickets of a session have each status."""

    model_config = example(pending=60, exported=26, failed=1, skipped=0)

    pending: int
    exported: int
    failed: int
    skipped: int


def counts_of(counts: Mapping[TicketStatus, int]) -> TicketCounts:
    """The counts as an answer has them."""
    return TicketCounts(**{status.value: counts[status] for status in TicketStatus})
