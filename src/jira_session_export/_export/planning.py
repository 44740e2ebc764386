"""What an export would send, without sending it."""

from jira_session_export._export.conversion import Converter
from jira_session_export._export.reports import describe
from jira_session_export._export.uploads import uploads
from jira_session_export._mapping.building import build_draft
from jira_session_export._mapping.metadata import ProjectMetadata
from jira_session_export._models import Session, Ticket
from jira_session_export._settings import ExportSettings
from jira_session_export._values import Marker
from jira_session_export.api import PlannedIssue
from jira_session_export.errors import InputError


def plan_issue(
    session: Session, ticket: Ticket, project: ProjectMetadata, settings: ExportSettings, converter: Converter
) -> PlannedIssue:
    """What would be sent for one ticket, and what it would leave for a person."""
    marker = Marker(str(session.id), str(ticket.id), 1)
    try:
        conversion = converter.ticket(ticket)
        draft = build_draft(
            ticket,
            conversion,
            project,
            settings=settings,
            marker=marker,
            # A parent that is a ticket will have an issue by then; here the ticket's id stands for its key.
            parent_key=str(ticket.parent) if ticket.parent is not None else None,
            rich_text=converter.text,
        )
    except InputError as exc:
        return PlannedIssue(ticket_id=ticket.id, order=ticket.order, title=ticket.title, error_message=exc.user_message)
    embed_images = settings.embed_images
    files = uploads(ticket, conversion, draft.follow_ups, lambda _: "", embed_images=embed_images)
    return PlannedIssue(
        ticket_id=ticket.id,
        order=ticket.order,
        title=ticket.title,
        payload=draft.payload(marker),
        manual_fixes=[describe(fix) for fix in draft.manual_fixes],
        losses=[f"{loss.kind}: {loss.excerpt}" for loss in conversion.losses],
        attachments=[file.target for file in files],
    )
