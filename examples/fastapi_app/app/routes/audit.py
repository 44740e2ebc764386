"""The audit trail of a session."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from app.deps import CallerDep, EngineDep, visible_session
from app.errors import documented
from app.summaries import example
from jira_session_export.errors import SessionNotFoundError
from jira_session_export.storage import JournalRow

router = APIRouter(prefix="/api/jira", tags=["sessions"])

LARGEST = 2**53


class AuditEntry(BaseModel):
    """One state change.

    Attributes:
        kind: what happened, for example `issue_recorded`.
        trace_id: Jira's own id of the request, for Atlassian's support.
        worker: who wrote it.
    """

    model_config = example(
        sequence=17,
        at="2026-10-02T09:30:02Z",
        kind="issue_recorded",
        ticket_id="b6b3b4b0-6c5e-4f53-9b0a-0d5e6a4b7a10",
        attempt=1,
        trace_id="5f2c9a",
        worker="2c0a55d4-51fb-4c1b-8f8e-3f8c0b1f6c11",
        facts={"issue": {"id": "10001", "key": "PROJ-1", "url": "https://example.atlassian.net/browse/PROJ-1"}},
    )

    sequence: int
    at: datetime
    kind: str
    ticket_id: UUID | None
    attempt: int | None
    trace_id: str | None
    worker: str
    facts: dict[str, Any]


class AuditPage(BaseModel):
    """A part of the audit trail, oldest first.

    Attributes:
        next_after: `after` of the next part; None when this is the end.
    """

    model_config = example(entries=[], next_after=None)

    entries: list[AuditEntry]
    next_after: int | None


@router.get("/audit-trail/{session_id}", responses=documented(404, 422, 503), summary="Read the audit trail")
async def audit_trail(
    engine: EngineDep,
    caller: CallerDep,
    session_id: UUID,
    after: Annotated[int, Query(ge=0, le=LARGEST, description="Sequence number to go on after.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> AuditPage:
    """Every state change of the session, oldest first; that of a deleted session is still there for its owner."""
    try:
        await visible_session(engine, caller, session_id)
    except SessionNotFoundError:
        deleted = await engine.store.deletion(session_id)
        if deleted is None or not caller.may_see(deleted.data["owner"]):
            raise
    rows = await engine.store.journal(session_id, after=after, limit=limit + 1)
    entries = [_audit_entry(row) for row in rows[:limit]]
    return AuditPage(entries=entries, next_after=entries[-1].sequence if len(rows) > limit else None)


def _audit_entry(row: JournalRow) -> AuditEntry:
    facts: Mapping[str, Any] = row.data
    return AuditEntry(
        sequence=row.sequence,
        at=row.at,
        kind=row.kind,
        ticket_id=row.ticket_id,
        attempt=row.attempt,
        trace_id=row.trace_id,
        worker=row.lease_owner,
        facts=dict(facts),
    )
