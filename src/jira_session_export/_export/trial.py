"""A trial conversion of a ticket, with a check that its files could be uploaded; nothing is uploaded."""

import json
from typing import Any

from jira_session_export._adf import adf_to_text
from jira_session_export._attachments.reading import SessionFiles
from jira_session_export._export.attaching import Attaching, upload_problem
from jira_session_export._export.conversion import Converter
from jira_session_export._models import Ticket
from jira_session_export._wording import sentence
from jira_session_export.api import AdfTestResult
from jira_session_export.errors import InputError


async def try_conversion(
    ticket: Ticket, converter: Converter, files: SessionFiles, *, attachments: bool, limits: Attaching | None
) -> AdfTestResult:
    """Convert the ticket and check its files.

    Args:
        files: reads them.
        attachments: whether its files were to be checked.
        limits: what Jira accepts; None when nothing has to be checked.
    """
    problem = await _upload_problem(ticket, files, limits) if limits is not None else None
    tested = attachments and bool(ticket.attachments)
    common: dict[str, Any] = {
        "ticket_id": ticket.id,
        "ticket_title": ticket.title,
        "attachment_upload_tested": tested,
        "attachment_upload_status": ("failed" if problem else "passed") if tested else "skipped",
    }
    try:
        conversion = await converter.ticket_aside(ticket)
    except InputError as exc:
        return AdfTestResult(
            status="failed", error_message=exc.user_message, suggested_fix=exc.recovery_actions[0], **common
        )
    source = ticket.description_html or ticket.description_markdown or ""
    text = adf_to_text(conversion.document)
    return AdfTestResult(
        status="failed" if problem else "passed",
        adf_size_bytes=len(json.dumps(conversion.document, ensure_ascii=False, separators=(",", ":")).encode()),
        character_reduction=round(100 * (1 - len(text) / len(source)), 1) if source else 0.0,
        error_message=problem,
        suggested_fix=_upload_fix(limits) if problem else None,
        **common,
    )


def _upload_fix(limits: Attaching | None) -> str:
    if limits and limits.problem:
        return "Ask a Jira administrator to allow attachments, or export without them."
    return "Replace or remove the named file."


async def _upload_problem(ticket: Ticket, files: SessionFiles, limits: Attaching) -> str | None:
    """Why a ticket's files could not be attached; None when they could."""
    for attachment in ticket.attachments:
        if problem := await upload_problem(attachment, files, limits):
            return limits.problem or sentence(f"{attachment.name} cannot be attached: {problem}")
    return None
