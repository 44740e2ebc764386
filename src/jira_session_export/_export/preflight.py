"""What must be true before an export writes anything."""

from collections.abc import Sequence

from jira_session_export._export.conversion import Converter
from jira_session_export._jira.wire import Project
from jira_session_export._mapping.metadata import ProjectMetadata, find_issue_type
from jira_session_export._models import Ticket
from jira_session_export._values import ErrorCategory, Refusal
from jira_session_export._wording import counted
from jira_session_export.errors import PermissionDeniedError, RefusedError, TicketError

_NAMED = 20
"""Tickets that one message names beside the first."""


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
        TicketError: of the first such ticket; names all of them and the issue types there are.
    """
    named = {each.issue_type or default for each in tickets}
    unknown = {name for name in named if find_issue_type(metadata.issue_types, name) is None}
    if not unknown:
        return
    wrong = [each for each in tickets if (each.issue_type or default) in unknown]
    ticket, *others = wrong
    available = ", ".join(each.name for each in metadata.issue_types) or "none"
    more = ", ".join(f"{each.order} ({each.issue_type or default!r})" for each in others[:_NAMED])
    more += " and others" if len(others) > _NAMED else ""
    also = f" The same is true of {counted(len(others), 'more ticket')}: {more}."
    raise TicketError(
        f"Ticket {ticket.order} ({ticket.title}): project {metadata.project.key} has no issue type "
        f"{ticket.issue_type or default!r}; it has {available}.{also if others else ''}",
        ticket_id=ticket.id,
        field="issue_type",
        recovery_actions=[f"Give {'these tickets' if others else 'the ticket'} one of these issue types."],
    )
