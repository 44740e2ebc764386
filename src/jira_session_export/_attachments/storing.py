"""Takes the files of a session that lie on this machine into where every worker finds them."""

from collections.abc import Sequence
from pathlib import Path

from jira_session_export._attachments.files import LocalFiles
from jira_session_export._attachments.protocols import AttachmentStorage
from jira_session_export._models import Session


async def store_attachments(
    session: Session, storage: AttachmentStorage, *, relative_to: Path | None = None
) -> Session:
    """Keep all files of a session's tickets, and name them in its tickets by where they are then.

    What a ticket says of its files otherwise stays: their names in Jira, and which of them its description shows.

    Args:
        session: its tickets name files on this machine. A file that several of them name is kept once.
        storage: keeps them.
        relative_to: a folder. A file below it is kept under its path from there, so that a description that names
            `images/plan.png` finds it; others under their names alone.

    Returns:
        The session to be stored and exported. Once it is stored, `storage.remove(session.id, keep=...)` with its
        `stored_paths` removes what an earlier content of it had, and what an earlier try left.

    Raises:
        AttachmentMissingError: a file cannot be read.
        AttachmentUnavailableError, StoreUnavailableError: a file could not be kept.
    """
    files = {each.path: each for ticket in session.tickets for each in ticket.attachments}
    here = LocalFiles()
    kept: dict[Path, Path] = {}
    for path, file in files.items():
        async with here.open(session.id, file, await here.stat(session.id, file)) as pieces:
            kept[path] = Path(await storage.put(session.id, _name(path, relative_to), pieces))
    tickets = [
        ticket.model_copy(
            update={
                "attachments": tuple(
                    each.model_copy(update={"path": kept[each.path], "filename": each.name})
                    for each in ticket.attachments
                )
            }
        )
        if ticket.attachments
        else ticket
        for ticket in session.tickets
    ]
    return session.model_copy(update={"tickets": tuple(tickets)})


def stored_paths(session: Session) -> Sequence[str]:
    """The paths of a session's files, for `AttachmentStorage.remove`."""
    return [each.path.as_posix() for ticket in session.tickets for each in ticket.attachments]


def _name(path: Path, relative_to: Path | None) -> str:
    if relative_to is not None and path.is_relative_to(relative_to):
        return path.relative_to(relative_to).as_posix()
    return path.name
