"""Sessions and their tickets: load, list, look at with previews, and the audit trail."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from anyio import to_thread
from fastapi import APIRouter, File, Form, Query, UploadFile
from pydantic import BaseModel, ConfigDict

from app.deps import CallerDep, EngineDep, SessionDep
from app.engine import Engine
from app.errors import documented
from app.uploads import load_upload
from jira_session_export import Conversion, ManualFix, Ticket, adf_to_html
from jira_session_export.errors import DocumentTooLargeError
from jira_session_export.storage import JournalRow, SessionState, SessionStatus, TicketState

router = APIRouter(prefix="/api/jira", tags=["sessions"])

DESCRIPTIONS = {"description_html", "description_markdown"}

_SESSION: dict[str, Any] = {
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
}
_TICKET: dict[str, Any] = {
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


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


class SessionSummary(BaseModel):
    """A session at a glance.

    Attributes:
        status: `ready`, `exporting`, `completed`, `export_failed` or `cancelled`.
        total_tickets: without those left out of a partial export.
    """

    model_config = _example(**_SESSION)

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


class SessionList(BaseModel):
    """The sessions this caller sees: those never started first, then the latest start first."""

    model_config = _example(sessions=[_SESSION])

    sessions: list[SessionSummary]


class TicketSummary(BaseModel):
    """A ticket at a glance.

    Attributes:
        status: `pending`, `exported`, `failed` or `skipped`.
        failed: the last export stopped at it.
    """

    model_config = _example(**_TICKET)

    ticket_id: UUID
    order: int
    title: str
    issue_type: str
    status: str
    jira_key: str | None
    jira_url: str | None
    manual_fixes_needed: int
    failed: bool


class SessionDetail(SessionSummary):
    """A session with its tickets, in order."""

    model_config = _example(**_SESSION, tickets=[_TICKET])

    tickets: list[TicketSummary]


class LossReport(BaseModel):
    """Something of a description that Jira cannot show as it was.

    Attributes:
        path: where it stands in the source.
        excerpt: what it was.
        detail: what is done instead.
    """

    kind: str
    path: str
    excerpt: str
    detail: str


class FixReport(BaseModel):
    """Something an issue got otherwise than asked for."""

    kind: str
    field: str
    asked_for: str
    done_instead: str
    recommended_action: str


class StepReport(BaseModel):
    """Something done for the issue after its create."""

    kind: str
    target: str
    done: bool


class TicketDetail(TicketSummary):
    """A ticket with its description as it is now, as Jira will show it, and what gets lost on the way.

    Attributes:
        source_format: what `source` is.
        preview_html: a whole page without scripts, for a sandboxed frame; None when the description is too long.
        problem: why the description cannot be converted.
        depends_on: tickets of this session that come first.
        fields: what else the ticket sets, in the batch file's words.
    """

    model_config = _example(
        **_TICKET,
        source_format="html",
        source="<p>Configure the <b>fields</b>.</p>",
        preview_html="<!DOCTYPE html>…",
        problem=None,
        losses=[],
        manual_fixes=[],
        steps=[],
        depends_on=[],
        attachments=["fields.xlsx"],
        fields={"priority": "High", "labels": ["catalogue"]},
    )

    source_format: Literal["html", "markdown", "none"]
    source: str
    preview_html: str | None
    problem: str | None
    losses: list[LossReport]
    manual_fixes: list[FixReport]
    steps: list[StepReport]
    depends_on: list[UUID]
    attachments: list[str]
    fields: dict[str, Any]


class AuditEntry(BaseModel):
    """One state change.

    Attributes:
        kind: what happened, for example `issue_recorded`.
        trace_id: Jira's own id of the request, for Atlassian's support.
        worker: who wrote it.
    """

    model_config = _example(
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

    model_config = _example(entries=[], next_after=None)

    entries: list[AuditEntry]
    next_after: int | None


@router.get("/sessions", responses=documented(503), summary="List sessions")
async def list_sessions(engine: EngineDep, caller: CallerDep) -> SessionList:
    """The sessions this caller may see."""
    return SessionList(sessions=[_summary(engine, state) for state in await engine.store.sessions(caller.name)])


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
    return _summary(engine, await engine.store.state(session.id))


@router.get("/sessions/{session_id}", responses=documented(404, 422, 503), summary="One session with its tickets")
async def read_session(engine: EngineDep, state: SessionDep) -> SessionDetail:
    """The session, and where each of its tickets is."""
    session = await engine.store.session(state.session_id)
    states = {ticket.ticket_id: ticket for ticket in await engine.store.ticket_states(state.session_id)}
    return SessionDetail(
        **_summary(engine, state).model_dump(),
        tickets=[
            TicketSummary(**_ticket_summary(engine, state, ticket, states[ticket.id]))
            for ticket in sorted(session.tickets, key=lambda ticket: ticket.order)
            if ticket.id in states
        ],
    )


@router.get(
    "/sessions/{session_id}/tickets/{ticket_id}", responses=documented(404, 422, 503), summary="One ticket with preview"
)
async def read_ticket(engine: EngineDep, state: SessionDep, ticket_id: UUID) -> TicketDetail:
    """The ticket as it is now: its source, how Jira will show it, what gets lost, and what was done for its issue."""
    ticket = await engine.store.ticket(state.session_id, ticket_id)
    states = await engine.store.ticket_states(state.session_id)
    progress = next(found for found in states if found.ticket_id == ticket_id)
    conversion, problem = await to_thread.run_sync(_convert, engine, ticket)
    return TicketDetail(
        **_ticket_summary(engine, state, ticket, progress),
        source_format=_source_format(ticket),
        source=ticket.description_html or ticket.description_markdown or "",
        preview_html=adf_to_html(conversion.document, page=True) if conversion else None,
        problem=problem,
        losses=[
            LossReport(kind=loss.kind, path=loss.path, excerpt=loss.excerpt, detail=loss.detail)
            for loss in (conversion.losses if conversion else ())
        ],
        manual_fixes=[_fix(fix) for fix in progress.manual_fixes],
        steps=[StepReport(kind=step.kind, target=step.target, done=step.done) for step in progress.steps],
        depends_on=list(ticket.depends_on),
        attachments=[attachment.name for attachment in ticket.attachments],
        fields=_fields(ticket),
    )


@router.get("/audit-trail/{session_id}", responses=documented(404, 422, 503), summary="Read the audit trail")
async def audit_trail(
    engine: EngineDep,
    state: SessionDep,
    after: Annotated[int, Query(ge=0, le=2**53, description="Sequence number to go on behind.")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> AuditPage:
    """Every state change of the session's exports, oldest first."""
    rows = await engine.store.journal(state.session_id, after=after, limit=limit + 1)
    entries = [_audit_entry(row) for row in rows[:limit]]
    return AuditPage(entries=entries, next_after=entries[-1].sequence if len(rows) > limit else None)


def _summary(engine: Engine, state: SessionState) -> SessionSummary:
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
        retry_available=failed and state.retry_count <= engine.jira.settings.max_retries,
    )


def _ticket_summary(engine: Engine, session: SessionState, ticket: Ticket, state: TicketState) -> dict[str, Any]:
    stopped_here = session.status == SessionStatus.EXPORT_FAILED and session.failed_at_ticket_order == ticket.order
    return {
        "ticket_id": ticket.id,
        "order": ticket.order,
        "title": ticket.title,
        "issue_type": ticket.issue_type or engine.jira.settings.default_issue_type,
        "status": state.status,
        "jira_key": state.issue.key if state.issue else None,
        "jira_url": state.issue.url if state.issue else None,
        "manual_fixes_needed": len(state.manual_fixes),
        "failed": stopped_here,
    }


def _source_format(ticket: Ticket) -> Literal["html", "markdown", "none"]:
    if ticket.description_markdown is not None:
        return "markdown"
    return "html" if ticket.description_html is not None else "none"


def _convert(engine: Engine, ticket: Ticket) -> tuple[Conversion | None, str | None]:
    """The description as an export converts it, or why it cannot be."""
    try:
        return engine.jira.service.convert(ticket), None
    except DocumentTooLargeError as exc:
        return None, exc.user_message


def _fields(ticket: Ticket) -> dict[str, Any]:
    """What the ticket sets, apart from what is told elsewhere."""
    told = {"id", "order", "title", "issue_type", "depends_on", "attachments", "custom_fields"}
    fields: dict[str, Any] = ticket.model_dump(mode="json", exclude=told | DESCRIPTIONS, exclude_defaults=True)
    if ticket.custom_fields:
        # A number shows as it was written, `1.10` for one.
        fields["custom_fields"] = {
            name: str(value) if isinstance(value, float) else value for name, value in ticket.custom_fields.items()
        }
    return fields


def _fix(fix: ManualFix) -> FixReport:
    return FixReport(
        kind=fix.kind,
        field=fix.field,
        asked_for=fix.asked_for,
        done_instead=fix.done_instead,
        recommended_action=fix.recommended_action,
    )


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
