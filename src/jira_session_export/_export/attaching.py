"""Whether files can be attached, judged before anything is sent."""

from collections.abc import Collection
from dataclasses import dataclass

from jira_session_export._attachments.reading import SessionFiles
from jira_session_export._models import Attachment, Ticket
from jira_session_export._values import ErrorCategory
from jira_session_export.errors import AttachmentError, AttachmentPathError, TicketError


@dataclass(frozen=True, slots=True)
class Attaching:
    """Whether files can be attached.

    Attributes:
        problem: why none can; None when they can.
        upload_limit: bytes a file may have; None for no limit known.
    """

    problem: str | None
    upload_limit: int | None = None


class TicketFileError(TicketError):
    """A file of a ticket cannot be read here.

    Attributes:
        everywhere: nor can any other worker read it.
    """

    def __init__(self, ticket: Ticket, attachment: Attachment, exc: AttachmentError, *, machine: str) -> None:
        where = f"{exc.path}, in {exc.place}" if exc.place else exc.path
        self.everywhere: bool = isinstance(exc, AttachmentPathError)
        super().__init__(
            f"The file {attachment.name!r} cannot be read on {machine}, where the export runs: {exc.reason} ({where}).",
            ticket_id=ticket.id,
            field="attachments",
            recovery_actions=exc.recovery_actions
            if self.everywhere
            else [
                "Keep attachments where every worker can read them (JSE_ATTACHMENTS), then retry the export.",
                "Or leave the file out of the ticket.",
            ],
        )
        if exc.category is ErrorCategory.TEMPORARY:
            self.category = exc.category


async def check_files(ticket: Ticket, files: SessionFiles, *, machine: str, attached: Collection[str] = ()) -> None:
    """Make sure that a ticket's files can be read by this process.

    Args:
        machine: the name of the machine that it runs on.
        attached: names of files that Jira has already.

    Raises:
        TicketFileError: one cannot; the message names the machine.
    """
    for attachment in ticket.attachments:
        if attachment.name in attached:
            continue
        try:
            await files.stat(attachment)
        except AttachmentError as exc:
            raise TicketFileError(ticket, attachment, exc, machine=machine) from exc


async def upload_problem(content: bytes | Attachment, files: SessionFiles, attaching: Attaching) -> str:
    """Why a file could not be attached, as the end of a sentence; empty when it could.

    It must be there, readable, and small enough for Jira.
    """
    if attaching.problem:
        return attaching.problem
    try:
        size = len(content) if isinstance(content, bytes) else (await files.stat(content)).size
    except AttachmentError as exc:
        return exc.reason
    if attaching.upload_limit is not None and size > attaching.upload_limit:
        return f"it has {size:,} bytes, and Jira takes at most {attaching.upload_limit:,}"
    return ""
