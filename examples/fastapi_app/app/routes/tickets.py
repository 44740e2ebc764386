"""A session's tickets: a page of the list, and one with its source, its preview and what was done for its issue."""

import re
from contextlib import suppress
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Query
from pydantic import BaseModel

from app.deps import EngineDep, SessionDep
from app.engine import Engine
from app.errors import documented
from app.summaries import TICKET_EXAMPLE, TicketCounts, TicketSummary, counts_of, example, ticket_of, tickets_of
from jira_session_export import Conversion, ManualFix, Ticket, adf_to_html
from jira_session_export.errors import DocumentTooLargeError, SessionNotFoundError
from jira_session_export.storage import TicketOverview, TicketStatus, ticket_change

router = APIRouter(prefix="/api/jira", tags=["sessions"])

DESCRIPTIONS = {"description_html", "description_markdown"}
LARGEST_OFFSET = 10_000_000
MOST_RELATED = 50


class TicketList(BaseModel):
    """A part of a session's tickets, by order.

    Attributes:
        total: how many fit what was asked for.
        counts: over all tickets of the session.
    """

    model_config = example(
        tickets=[TICKET_EXAMPLE], offset=0, total=1, counts={"pending": 1, "exported": 0, "failed": 0, "skipped": 0}
    )

    tickets: list[TicketSummary]
    offset: int
    total: int
    counts: TicketCounts


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


class RelatedTicket(BaseModel):
    """Another ticket of the session that this one names."""

    model_config = example(ticket_id="0d5e6a4b-6c5e-4f53-9b0a-b6b3b4b07a10", order=2, title="Catalogue")

    ticket_id: UUID
    order: int
    title: str


class TicketDetail(TicketSummary):
    """A ticket with its description as it is now, as Jira will show it, and what gets lost on the way.

    Attributes:
        source_format: what `source` is.
        preview_html: a whole page without scripts, for a sandboxed frame; None when the description is too long.
        external_images: images that the preview would load from elsewhere; it does so only when asked to.
        problem: why the description cannot be converted.
        depends_on: tickets of this session that come first.
        related: the tickets that `depends_on` and `fields` name, of very many the first.
        fields: what else the ticket sets, in the batch file's words.
    """

    model_config = example(
        **TICKET_EXAMPLE,
        source_format="html",
        source="<p>Configure the <b>fields</b>.</p>",
        preview_html="<!DOCTYPE html>…",
        external_images=0,
        problem=None,
        losses=[],
        manual_fixes=[],
        steps=[],
        depends_on=[],
        related=[],
        attachments=["fields.xlsx"],
        fields={"priority": "High", "labels": ["catalogue"]},
    )

    source_format: Literal["html", "markdown", "none"]
    source: str
    preview_html: str | None
    external_images: int
    problem: str | None
    losses: list[LossReport]
    manual_fixes: list[FixReport]
    steps: list[StepReport]
    depends_on: list[UUID]
    related: list[RelatedTicket]
    attachments: list[str]
    fields: dict[str, Any]


@router.get("/sessions/{session_id}/tickets", responses=documented(404, 422, 503), summary="List a session's tickets")
async def list_tickets(
    *,
    engine: EngineDep,
    state: SessionDep,
    q: Annotated[str, Query(max_length=200, description="Part of a title or of an issue's key, or the order.")] = "",
    status: Annotated[list[TicketStatus], Query(description="Only these.")] = [],  # noqa: B006 -- FastAPI copies it
    fixes: Annotated[bool, Query(description="Only those with something to put right by hand.")] = False,
    offset: Annotated[int, Query(ge=0, le=LARGEST_OFFSET)] = 0,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> TicketList:
    """A part of the tickets; where each of them is."""
    page = await engine.store.ticket_page(
        state.session_id, text=q, statuses=status, with_fixes=fixes, offset=offset, limit=limit
    )
    return TicketList(
        tickets=await tickets_of(engine, state, page.tickets),
        offset=offset,
        total=page.total,
        counts=counts_of(page.counts),
    )


@router.get(
    "/sessions/{session_id}/tickets/{ticket_id}", responses=documented(404, 422, 503), summary="One ticket with preview"
)
async def read_ticket(
    *,
    engine: EngineDep,
    state: SessionDep,
    ticket_id: UUID,
    images: Annotated[bool, Query(description="Let the preview load images from elsewhere.")] = False,
) -> TicketDetail:
    """The ticket as it is now: its source, how Jira will show it, what gets lost, and what was done for its issue."""
    ticket = await engine.store.ticket(state.session_id, ticket_id)
    progress = await engine.store.ticket_state(state.session_id, ticket_id)
    conversion, preview, problem = await engine.work.run(_preview, engine, ticket, images)
    return TicketDetail(
        **ticket_of(engine, state, TicketOverview(progress, ticket.issue_type), ticket_change(progress, ticket)),
        source_format=_source_format(ticket),
        source=ticket.description_html or ticket.description_markdown or "",
        preview_html=preview,
        external_images=len(IMAGE.findall(preview or "")),
        problem=problem,
        losses=[
            LossReport(kind=loss.kind, path=loss.path, excerpt=loss.excerpt, detail=loss.detail)
            for loss in (conversion.losses if conversion else ())
        ],
        manual_fixes=[_fix(fix) for fix in progress.manual_fixes],
        steps=[StepReport(kind=step.kind, target=step.target, done=step.done) for step in progress.steps],
        depends_on=list(ticket.depends_on),
        related=await _related(engine, state.session_id, ticket),
        attachments=[attachment.name for attachment in ticket.attachments],
        fields=_fields(ticket),
    )


async def _related(engine: Engine, session_id: UUID, ticket: Ticket) -> list[RelatedTicket]:
    """The other tickets that a ticket names: by them it is understood, not by their ids."""
    links = [link.to for link in ticket.links]
    named = dict.fromkeys(each for each in (*ticket.depends_on, ticket.parent, *links) if isinstance(each, UUID))
    related = []
    for ticket_id in list(named)[:MOST_RELATED]:
        with suppress(SessionNotFoundError):  # the batch was loaded again without it
            state = await engine.store.ticket_state(session_id, ticket_id)
            related.append(RelatedTicket(ticket_id=ticket_id, order=state.order, title=state.title))
    return related


IMAGE = re.compile(r'<img [^>]*src="https?:')


def _source_format(ticket: Ticket) -> Literal["html", "markdown", "none"]:
    if ticket.description_markdown is not None:
        return "markdown"
    return "html" if ticket.description_html is not None else "none"


def _preview(engine: Engine, ticket: Ticket, images: bool) -> tuple[Conversion | None, str | None, str | None]:
    """The description as an export converts it, and as a page; or why it cannot be."""
    try:
        conversion = engine.jira.service.convert(ticket)
    except DocumentTooLargeError as exc:
        return None, None, exc.user_message
    return conversion, adf_to_html(conversion.document, page=True, images=images), None


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
