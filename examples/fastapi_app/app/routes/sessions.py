"""Sessions: load, list, look at, put away, remove."""

from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, Response, UploadFile
from pydantic import BaseModel

from app.deps import CallerDep, EngineDep, SessionDep
from app.engine import Engine
from app.errors import documented
from app.files import remove_unused
from app.summaries import (
    SESSION_EXAMPLE,
    TICKET_EXAMPLE,
    SessionSummary,
    TicketCounts,
    TicketSummary,
    counts_of,
    example,
    summary_of,
    ticket_of,
    tickets_of,
)
from app.uploads import load_upload
from jira_session_export.storage import SessionOrder, SessionState, SessionStatus
from jira_session_export.storage.attachments import AttachmentStorage

router = APIRouter(prefix="/api/jira", tags=["sessions"])

LARGEST_OFFSET = 10_000_000
FIRST_TICKETS = 100
_COUNTS: dict[str, Any] = {"pending": 87, "exported": 0, "failed": 0, "skipped": 0}


class SessionCounts(BaseModel):
    """How many sessions have each status."""

    model_config = example(ready=3, exporting=1, completed=12, export_failed=0, cancelled=0)

    ready: int
    exporting: int
    completed: int
    export_failed: int
    cancelled: int


class SessionList(BaseModel):
    """A part of the sessions this caller sees.

    Attributes:
        total: how many fit what was asked for.
        counts: over all that fit `q` and `archived`, whatever their status.
    """

    model_config = example(
        sessions=[SESSION_EXAMPLE],
        offset=0,
        total=1,
        counts={"ready": 1, "exporting": 0, "completed": 0, "export_failed": 0, "cancelled": 0},
    )

    sessions: list[SessionSummary]
    offset: int
    total: int
    counts: SessionCounts


class SessionDetail(SessionSummary):
    """A session with the first of its tickets.

    Attributes:
        counts: how many tickets have each status.
        failed_ticket: the one that the last export stopped at.
        manual_fixes_done: of `manual_fixes_needed`.
        tickets: the first 100, by order; the others are at `/sessions/{session_id}/tickets`.
    """

    model_config = example(
        **SESSION_EXAMPLE, counts=_COUNTS, failed_ticket=None, manual_fixes_done=0, tickets=[TICKET_EXAMPLE]
    )

    counts: TicketCounts
    failed_ticket: TicketSummary | None
    manual_fixes_done: int
    tickets: list[TicketSummary]


@router.get("/sessions", responses=documented(422, 503), summary="List sessions")
async def list_sessions(
    *,
    engine: EngineDep,
    caller: CallerDep,
    q: Annotated[str, Query(max_length=200, description="Part of a name or project key, or the id.")] = "",
    status: Annotated[list[SessionStatus], Query(description="Only these.")] = [],  # noqa: B006 -- FastAPI copies it
    archived: Annotated[bool, Query(description="Those in the archive instead of the others.")] = False,
    sort: SessionOrder = SessionOrder.ACTIVITY,
    offset: Annotated[int, Query(ge=0, le=LARGEST_OFFSET)] = 0,
    limit: Annotated[int, Query(ge=1, le=100)] = 50,
) -> SessionList:
    """A part of the sessions this caller may see: running ones first, then failed ones, unless sorted otherwise."""
    page = await engine.store.session_page(
        owner=caller.name, text=q, statuses=status, archived=archived, order=sort, offset=offset, limit=limit
    )
    return SessionList(
        sessions=[summary_of(engine, state) for state in page.sessions],
        offset=offset,
        total=page.total,
        counts=SessionCounts(**{status.value: page.counts[status] for status in SessionStatus}),
    )


@router.post("/sessions", status_code=201, responses=documented(400, 413, 422, 503), summary="Load a batch file")
async def load_session(
    engine: EngineDep,
    caller: CallerDep,
    file: Annotated[UploadFile, File(description="JSON, JSON Lines, YAML or CSV; its name says which.")],
    attachments: Annotated[list[UploadFile], File(description="The files its tickets attach, by name.")] = [],  # noqa: B006 -- FastAPI copies it
    project_key: Annotated[str | None, Form(description="Overrides the file's.")] = None,
) -> SessionSummary:
    """Store the session of a batch file. Loading the same file again updates its session; what was exported stays."""
    session = await load_upload(engine, caller, file, attachments, project_key or None)
    return summary_of(engine, await engine.store.state(session.id))


@router.get("/sessions/{session_id}", responses=documented(404, 422, 503), summary="One session")
async def read_session(engine: EngineDep, state: SessionDep) -> SessionDetail:
    """The session, how far its tickets are, and the first of them."""
    page = await engine.store.ticket_page(state.session_id, limit=FIRST_TICKETS)
    done = (await engine.store.manual_fixes(state.session_id, limit=0)).done if state.manual_fix_count else 0
    return SessionDetail(
        **summary_of(engine, state).model_dump(),
        counts=counts_of(page.counts),
        failed_ticket=await _failed_ticket(engine, state),
        manual_fixes_done=done,
        tickets=await tickets_of(engine, state, page.tickets),
    )


async def _failed_ticket(engine: Engine, state: SessionState) -> TicketSummary | None:
    order = state.failed_at_ticket_order
    if state.status != SessionStatus.EXPORT_FAILED or order is None:
        return None
    page = await engine.store.ticket_page(state.session_id, text=str(order))
    found = next((ticket for ticket in page.tickets if ticket.state.order == order), None)
    return None if found is None else TicketSummary(**ticket_of(engine, state, found))


@router.post(
    "/sessions/{session_id}/archive", responses=documented(404, 409, 422, 503), summary="Put a session into the archive"
)
async def archive_session(engine: EngineDep, caller: CallerDep, state: SessionDep) -> SessionSummary:
    """Put the session away: it is listed among the archived ones alone, and cannot be exported."""
    now = engine.jira.runtime.now()
    archived = await engine.store.archive(state.session_id, archived=True, by=caller.name, at=now)
    return summary_of(engine, archived)


@router.post(
    "/sessions/{session_id}/unarchive", responses=documented(404, 409, 422, 503), summary="Fetch a session back"
)
async def unarchive_session(engine: EngineDep, caller: CallerDep, state: SessionDep) -> SessionSummary:
    """Fetch the session back from the archive."""
    now = engine.jira.runtime.now()
    archived = await engine.store.archive(state.session_id, archived=False, by=caller.name, at=now)
    return summary_of(engine, archived)


@router.delete(
    "/sessions/{session_id}",
    status_code=204,
    response_class=Response,
    responses=documented(404, 409, 422, 503),
    summary="Delete a session",
)
async def delete_session(engine: EngineDep, caller: CallerDep, state: SessionDep) -> None:
    """Remove the session with its tickets and files. Its issues stay in Jira, and so does its audit trail here."""
    await engine.store.delete(state.session_id, by=caller.name, at=engine.jira.runtime.now())
    await engine.plans.forget(state.session_id)
    await remove_unused(engine.settings.uploads, state.session_id)
    if isinstance(engine.jira.attachments, AttachmentStorage):
        await engine.jira.attachments.remove(state.session_id)
