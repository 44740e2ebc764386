"""What must be true before an export writes anything."""

from collections.abc import Sequence

from jira_session_export._export.conversion import Converter
from jira_session_export._jira.wire import Project
from jira_session_export._mapping.metadata import ProjectMetadata, find_issue_type
from jira_session_export._models import Ticket
from jira_session_export._values import ErrorCategory, Refusal
from jira_session_export.errors import PermissionDeniedError, RefusedError, TicketError


def check_archived(metadata: ProjectMetadata) -> None:
    """Stop before anything is written to a project that takes nothing; it looks as if permissions were missing.

    Raises:
        RefusedError: the project is archived.
    """
    if (error := archived_error(metadata.project)) is not None:
        raise error


def archived_error(project: Project) -> RefusedError | None:
    """The error of an archived project; None for another."""
    if not project.archived:
        return None
    return RefusedError(
        f"Project {project.key} is archived, so nothing can be created in it.",
        operation=f"GET /rest/api/3/project/{project.key}",
        refusal=Refusal(200),
        recovery_actions=["Have a Jira administrator restore the project, or export to another one."],
        category=ErrorCategory.ADMIN_REQUIRED,
    )


def check_permissions(
    metadata: ProjectMetadata, tickets: Sequence[Ticket], converter: Converter, *, embed_images: bool
) -> None:
    """Stop before anything is written when the account lacks what `tickets` cannot do without.

    Raises:
        PermissionDeniedError: names the permissions missing.
    """
    needed = {"CREATE_ISSUES": "create issues"}
    may_attach = metadata.allows("CREATE_ATTACHMENTS")  # else it is worth converting what may hold images
    convert = embed_images and not may_attach
    if any(ticket.attachments or (convert and converter.brings_images(ticket)) for ticket in tickets):
        needed["CREATE_ATTACHMENTS"] = "attach files"
    if any(ticket.depends_on or ticket.links for ticket in tickets):
        needed["LINK_ISSUES"] = "link issues"
    missing = [what for permission, what in needed.items() if not metadata.allows(permission)]
    if missing:
        who = metadata.myself.display_name if metadata.myself else "The account"
        key = metadata.project.key
        raise PermissionDeniedError(
            f"{who} may not {' or '.join(missing)} in project {key}.",
            operation="GET /rest/api/3/mypermissions",
            refusal=Refusal(403),
            recovery_actions=[f"Ask an administrator of project {key} to let this account {' and '.join(missing)}."],
        )


def check_issue_types(metadata: ProjectMetadata, tickets: Sequence[Ticket], default: str) -> None:
    """Stop before anything is written when a ticket's issue type does not exist.

    Raises:
        TicketError: names the ticket and the issue types there are.
    """
    for ticket in tickets:
        wanted = ticket.issue_type or default
        if find_issue_type(metadata.issue_types, wanted) is None:
            available = ", ".join(each.name for each in metadata.issue_types) or "none"
            raise TicketError(
                f"Ticket {ticket.order} ({ticket.title}): project {metadata.project.key} has no issue type {wanted!r}; "
                f"it has {available}.",
                ticket_id=ticket.id,
                field="issue_type",
                recovery_actions=["Give the ticket one of these issue types."],
            )
