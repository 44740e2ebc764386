"""What an export that was waited for has come to."""

from dataclasses import dataclass
from uuid import UUID

from jira_session_export.api import ExportResultsResponse, LeftOutTicket, ManualFixGuidance, TicketChange


@dataclass(frozen=True, slots=True)
class ExportedIssue:
    """The issue of one ticket.

    Attributes:
        key: for example `ABC-12`.
        url: the issue's page.
        title: the title that was exported.
        change: how the ticket compares with what was exported: `none`, `edited`, `removed` or `unknown`.
        edited_fields: what was edited since, in the batch file's words; edit the issue in Jira likewise.
    """

    key: str
    url: str
    ticket_id: UUID
    title: str
    change: TicketChange = "none"
    edited_fields: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ExportResult:
    """What a session has become in Jira.

    Attributes:
        issues: one for each exported ticket, in the order of the tickets.
        manual_fixes: what a person must put right in Jira.
        dependencies_created: links made for `depends_on` and `links`.
        created: how many of the issues were created while this call waited; 0 when all was exported before.
        adopted: how many were found in Jira meanwhile, by an export in this process: they were made earlier, and their
            record was lost.
        minutes: what the export took, over all runs, to one decimal.
        left_out: tickets that were not exported on purpose.
    """

    session_id: UUID
    issues: tuple[ExportedIssue, ...]
    manual_fixes: tuple[ManualFixGuidance, ...]
    dependencies_created: int
    created: int
    adopted: int
    minutes: float
    left_out: tuple[LeftOutTicket, ...] = ()


def export_result(response: ExportResultsResponse, *, exported_before: int, adopted: int) -> ExportResult:
    """The results of a session as a value for scripts."""
    return ExportResult(
        session_id=response.session_id,
        issues=tuple(
            ExportedIssue(
                each.jira_key, each.jira_url, each.ticket_id, each.title, each.change, tuple(each.edited_fields)
            )
            for each in response.jira_tickets
        ),
        manual_fixes=tuple(response.manual_fixes),
        dependencies_created=response.dependencies_created,
        created=len(response.jira_tickets) - exported_before - adopted,
        adopted=adopted,
        minutes=response.total_processing_time_minutes,
        left_out=tuple(response.left_out),
    )
