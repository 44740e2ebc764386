"""Whether files can be attached, judged before anything is sent."""

import os
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from socket import gethostname

import anyio.to_thread

from jira_session_export._models import Ticket
from jira_session_export.errors import TicketError


@dataclass(frozen=True, slots=True)
class Attaching:
    """Whether files can be attached.

    Attributes:
        problem: why none can; None when they can.
        upload_limit: bytes a file may have; None for no limit known.
    """

    problem: str | None
    upload_limit: int | None = None


async def check_files(ticket: Ticket, *, attached: Collection[str] = ()) -> None:
    """Make sure that a ticket's files can be read on this machine.

    Args:
        attached: names of files that Jira has already.

    Raises:
        TicketError: one cannot; the message names the machine.
    """
    for attachment in ticket.attachments:
        if attachment.name in attached:
            continue
        try:
            await anyio.to_thread.run_sync(_readable_size, attachment.path)
        except OSError as exc:
            raise TicketError(
                f"The file {attachment.name!r} cannot be read on {gethostname()}, where the export runs: "
                f"{exc.strerror or exc} ({attachment.path}).",
                ticket_id=ticket.id,
                field="attachments",
                recovery_actions=[
                    "Keep attachments in a folder that every worker has under the same path, then retry the export.",
                    "Or leave the file out of the ticket.",
                ],
            ) from exc


def upload_problem(content: bytes | Path, attaching: Attaching) -> str:
    """Why a file could not be attached, as the end of a sentence; empty when it could.

    It must be there, readable, and small enough for Jira.
    """
    if attaching.problem:
        return attaching.problem
    try:
        size = len(content) if isinstance(content, bytes) else _readable_size(content)
    except OSError as exc:
        return exc.strerror or str(exc)
    if attaching.upload_limit is not None and size > attaching.upload_limit:
        return f"it has {size:,} bytes, and Jira takes at most {attaching.upload_limit:,}"
    return ""


def _readable_size(path: Path) -> int:
    with path.open("rb") as file:
        return os.fstat(file.fileno()).st_size
