"""What a run works through: read at its start, in order, and kept without what the tickets say."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from jira_session_export._export.content import ContentReader, read_session
from jira_session_export._export.conversion import may_hold_images
from jira_session_export._export.ordering import dependency_order
from jira_session_export._journal import TicketState, TicketStatus
from jira_session_export._models import Ticket, TicketLink
from jira_session_export._slices import aside
from jira_session_export.errors import TicketError


@dataclass(frozen=True, slots=True)
class TicketOutline:
    """What a run keeps of a ticket until its end.

    Ten thousand tickets with long descriptions would take hundreds of megabytes, and each is read again before it is
    converted, because the latest edits count.

    Attributes:
        length: characters of the description.
        may_have_files: whether it has attachments, or a description that may hold images.
        content: a hash of all it says, the same only in this process.
    """

    id: UUID
    order: int
    title: str
    parent: UUID | str | None
    depends_on: tuple[UUID, ...]
    links: tuple[TicketLink, ...]
    length: int
    may_have_files: bool
    content: int


def outline(ticket: Ticket) -> TicketOutline:
    """Return what a run keeps of the ticket."""
    return TicketOutline(
        ticket.id,
        ticket.order,
        ticket.title,
        ticket.parent,
        ticket.depends_on,
        ticket.links,
        len(ticket.description_markdown or ticket.description_html or ""),
        bool(ticket.attachments) or may_hold_images(ticket),
        content_of(ticket),
    )


def content_of(ticket: Ticket) -> int:
    """Return `TicketOutline.content` of the ticket."""
    values = dict(vars(ticket))
    custom_fields = values.pop("custom_fields")  # they have no hash
    return hash((*values.values(), repr(custom_fields) if custom_fields else ""))


async def read_in_order(
    store: ContentReader, session_id: UUID, states: Mapping[UUID, TicketState]
) -> tuple[Ticket, ...]:
    """Read a session's tickets, each after all it depends on and after its parent.

    Raises:
        TicketError: a ticket that has no issue yet is none, or the store keeps no state of it: a host's function has
            made a session with a ticket that its table does not have.
        DependencyError: as `dependency_order`.
        InputError, SessionNotFoundError, StoreUnavailableError: as `read_session`.
    """
    count = len(states)
    # Rows that have turned bad count only where something is still to be created.
    passed = await aside(count, _passed, states)
    tickets = (await read_session(store, session_id, without=passed)).tickets
    await aside(count, _check_known, tickets, states)
    return await aside(count, dependency_order, tickets, absent=passed)


def _passed(states: Mapping[UUID, TicketState]) -> Collection[UUID]:
    """The tickets of which nothing is to be created."""
    passed = {TicketStatus.SKIPPED, TicketStatus.EXPORTED}
    return {state.ticket_id for state in states.values() if state.status in passed}


def _check_known(tickets: Sequence[Ticket], states: Mapping[UUID, TicketState]) -> None:
    for ticket in tickets:
        if ticket.id not in states:
            raise TicketError(
                f"Ticket {ticket.order} ({ticket.title}): the store has no such ticket.",
                ticket_id=ticket.id,
                field="id",
            )
