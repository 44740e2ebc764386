"""Trial conversions of tickets, with a check that their files could be uploaded; nothing is uploaded."""

import json
from collections.abc import Collection, Sequence
from typing import Any
from uuid import UUID

from jira_session_export._adf import adf_to_text
from jira_session_export._attachments.protocols import AttachmentOpener
from jira_session_export._attachments.reading import SessionFiles
from jira_session_export._export.attaching import Attaching, upload_problem
from jira_session_export._export.content import read_session
from jira_session_export._export.conversion import Converter
from jira_session_export._export.projects import ProjectReader
from jira_session_export._models import Session, Ticket
from jira_session_export._runtime import Runtime
from jira_session_export._slices import SharedLoop, aside
from jira_session_export._storage.protocols import SessionStore
from jira_session_export._wording import sentence
from jira_session_export.api import AdfTestRequest, AdfTestResponse, AdfTestResult
from jira_session_export.errors import InputError


class Trial:
    """Converts the descriptions of sessions, and checks their files, without uploading.

    Args:
        attachments: opens the files of tickets.
    """

    def __init__(
        self,
        store: SessionStore,
        *,
        projects: ProjectReader,
        attachments: AttachmentOpener,
        converter: Converter,
        runtime: Runtime,
    ) -> None:
        self._store = store
        self._projects = projects
        self._attachments = attachments
        self._converter = converter
        self._runtime = runtime

    async def of_session(self, session_id: UUID, request: AdfTestRequest) -> AdfTestResponse:
        """Try the tickets of a session; see `ExportService.test_conversion`."""
        session = await read_session(self._store, session_id)
        chosen = await aside(len(session.tickets), _chosen, session, request.ticket_ids)
        limits = (
            await self._projects.attaching(session.project_key)
            if request.include_attachments and any(ticket.attachments for ticket in chosen)
            else None
        )
        attachments = request.include_attachments
        files = SessionFiles(self._attachments, session_id)
        results: list[AdfTestResult] = []
        loop = SharedLoop(self._runtime)
        for ticket in chosen:
            results.append(
                await _try_conversion(ticket, self._converter, files, attachments=attachments, limits=limits)
            )
            await loop.others_turn()
        passed = sum(result.status == "passed" for result in results)
        return AdfTestResponse(
            session_id=session_id,
            tickets_tested=len(results),
            all_passed=passed == len(results),
            passed=passed,
            failed=len(results) - passed,
            results=results,
        )


def _chosen(session: Session, ticket_ids: Collection[UUID]) -> Sequence[Ticket]:
    by_id = {ticket.id: ticket for ticket in session.tickets}
    unknown = [str(ticket_id) for ticket_id in ticket_ids if ticket_id not in by_id]
    if unknown:
        raise InputError(f"Not in this session: {', '.join(unknown)}.")
    return [by_id[ticket_id] for ticket_id in ticket_ids] or sorted(session.tickets, key=lambda ticket: ticket.order)


async def _try_conversion(
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
