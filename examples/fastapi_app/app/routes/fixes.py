"""What is to be put right by hand in Jira, and what of it somebody has done."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from app.deps import CallerDep, EngineDep, SessionDep
from app.errors import documented
from app.summaries import example
from jira_session_export.storage import TicketFix

router = APIRouter(prefix="/api/jira", tags=["export"])

LARGEST_OFFSET = 10_000_000
_FIX = {
    "fix_id": "0b6c2d5e-6a0f-5b54-9f5e-7c0f7a1f2b33",
    "ticket_id": "b6b3b4b0-6c5e-4f53-9b0a-0d5e6a4b7a10",
    "order": 1,
    "title": "Configure Product Fields",
    "jira_key": "PROJ-123",
    "jira_url": "https://example.atlassian.net/browse/PROJ-123",
    "issue_type": "assignee_invalid",
    "field": "assignee",
    "asked_for": "Robin Former",
    "done_instead": "no assignee was set, because that account is deactivated",
    "recommended_action": "Assign the issue to the right person.",
    "done": True,
    "done_by": "maria",
    "done_at": "2026-10-02T10:12:00Z",
}


class FixItem(BaseModel):
    """One thing to put right by hand.

    Attributes:
        fix_id: stays the same however often the list is read.
        issue_type: what kind of thing it is, as in the results.
        done_by: who said that it is done; None when callers have no names.
    """

    model_config = example(**_FIX)

    fix_id: UUID
    ticket_id: UUID
    order: int
    title: str
    jira_key: str
    jira_url: str
    issue_type: str
    field: str
    asked_for: str
    done_instead: str
    recommended_action: str
    done: bool
    done_by: str | None
    done_at: datetime | None


class FixList(BaseModel):
    """A part of what is to be put right by hand, by the order of the tickets.

    Attributes:
        total: how many fit what was asked for.
        fixes_total: of the session.
        fixes_done: of these.
    """

    model_config = example(fixes=[_FIX], offset=0, total=1, fixes_total=1, fixes_done=1)

    fixes: list[FixItem]
    offset: int
    total: int
    fixes_total: int
    fixes_done: int


class FixMarkRequest(BaseModel):
    """Whether it is done."""

    model_config = example(done=True)

    done: bool


@router.get(
    "/sessions/{session_id}/manual-fixes", responses=documented(404, 422, 503), summary="List what to fix by hand"
)
async def list_manual_fixes(
    engine: EngineDep,
    state: SessionDep,
    done: Annotated[bool | None, Query(description="Only what is done, or is not.")] = None,
    offset: Annotated[int, Query(ge=0, le=LARGEST_OFFSET)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> FixList:
    """What a person must put right in Jira, and who has done what of it."""
    page = await engine.store.manual_fixes(state.session_id, done=done, offset=offset, limit=limit)
    return FixList(
        fixes=[_item(fix) for fix in page.fixes],
        offset=offset,
        total=page.total,
        fixes_total=page.all_fixes,
        fixes_done=page.done,
    )


@router.put(
    "/sessions/{session_id}/manual-fixes/{fix_id}",
    responses=documented(400, 404, 413, 422, 503),
    summary="Tick off a manual fix",
)
async def mark_manual_fix(
    engine: EngineDep, caller: CallerDep, state: SessionDep, fix_id: UUID, request: FixMarkRequest
) -> FixItem:
    """Say that it is done, or is not after all; everybody who sees the session sees it."""
    now = engine.jira.runtime.now()
    return _item(await engine.store.mark_fix(state.session_id, fix_id, done=request.done, by=caller.name, at=now))


def _item(fix: TicketFix) -> FixItem:
    return FixItem(
        fix_id=fix.fix_id,
        ticket_id=fix.ticket_id,
        order=fix.order,
        title=fix.title,
        jira_key=fix.issue.key,
        jira_url=fix.issue.url,
        issue_type=fix.fix.kind,
        field=fix.fix.field,
        asked_for=fix.fix.asked_for,
        done_instead=fix.fix.done_instead,
        recommended_action=fix.fix.recommended_action,
        done=fix.mark is not None,
        done_by=fix.mark.done_by if fix.mark else None,
        done_at=fix.mark.done_at if fix.mark else None,
    )
