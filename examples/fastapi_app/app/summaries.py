"""Sessions and tickets at a glance, as lists show them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from app.engine import Engine
from jira_session_export.api import TicketChange
from jira_session_export.storage import (
    Change,
    SessionState,
    SessionStatus,
    TicketOverview,
    TicketStatus,
    ticket_changes,
)

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
    "tickets_left_out": 0,
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
    "exported_title": None,
    "change": "none",
    "edited_fields": [],
}


def example(**values: Any) -> ConfigDict:
    """The configuration of a model that shows an example."""
    return ConfigDict(json_schema_extra={"examples": [values]})


class SessionSummary(BaseModel):
    """A session at a glance.

    Attributes:
        status: `ready`, `exporting`, `completed`, `export_failed` or `cancelled`.
        total_tickets: without those left out.
        tickets_left_out: tickets that the last start left out of the export.
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
    tickets_left_out: int
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
        exported_title: the title that was exported; None when it was not exported, or nobody knows.
        change: how the ticket compares with what was exported: `none`, `edited`, `removed` or `unknown`; `none` while
            an export is running.
        edited_fields: what was edited since, in the batch file's words.
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
    exported_title: str | None
    change: TicketChange
    edited_fields: list[str]


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
        tickets_left_out=state.left_out,
        started_at=state.started_at,
        completed_at=state.completed_at,
        failed_at=state.failed_at if failed else None,
        archived_at=state.archived_at,
        retry_available=failed and state.retry_count <= engine.jira.settings.max_retries,
    )


async def tickets_of(engine: Engine, session: SessionState, tickets: Sequence[TicketOverview]) -> list[TicketSummary]:
    """The tickets at a glance. Exported ones are read and compared, unless an export is running."""
    exported = [] if session.status == SessionStatus.EXPORTING else [each.state for each in tickets if each.state.issue]
    changes = await ticket_changes(engine.store, session.session_id, exported)
    return [
        TicketSummary(**ticket_of(engine, session, each, changes.get(each.state.ticket_id, NO_CHANGE)))
        for each in tickets
    ]


NO_CHANGE = Change()


def ticket_of(
    engine: Engine, session: SessionState, ticket: TicketOverview, change: Change = NO_CHANGE
) -> dict[str, Any]:
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
        "exported_title": state.exported_title or None if state.issue else None,
        "change": change.kind,
        "edited_fields": list(change.fields),
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
