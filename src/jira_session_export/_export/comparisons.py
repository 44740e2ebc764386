"""How the tickets of sessions compare with what was exported of them; again only when something was changed."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from uuid import UUID

from jira_session_export._export.changes import Change, ticket_change
from jira_session_export._export.content import ContentReader, read_each, read_present
from jira_session_export._journal import SessionState, TicketState, TicketStatus
from jira_session_export._models import Ticket
from jira_session_export._slices import aside
from jira_session_export._storage.protocols import SessionSource
from jira_session_export.errors import TicketError

COMPARED = 10
"""As many tickets are looked at in the time that one takes to be compared."""
NOTHING_COMPARED: Mapping[UUID, Change] = MappingProxyType({})
"""Of a session that has no issue."""
REMEMBERED = 10_000
"""Of each session about a kilobyte is kept."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What a status tells of a session's tickets.

    Attributes:
        edited, removed: how many were, since they were exported.
        failed_ticket: the one that the export stopped at.
    """

    edited: int = 0
    removed: int = 0
    failed_ticket: UUID | None = None


class Comparisons:
    """Compares sessions for those who poll their status: one of 10,000 tickets takes most of a second.

    What a store tells of a session's content by a number (`SessionState.content_version`) is compared once, until the
    session's state is another. Of other stores it is compared each time.

    Args:
        remembered: how many sessions, those that were asked for last.
    """

    def __init__(self, store: ContentReader, *, remembered: int = REMEMBERED) -> None:
        self._store = store
        self._remembered = remembered
        self._known: OrderedDict[UUID, tuple[SessionState, Comparison]] = OrderedDict()

    async def of(self, state: SessionState) -> Comparison:
        """Compare a session. Raises what `read_present` raises."""
        known = self._known.get(state.session_id)
        if known is not None and known[0] == state:
            self._known.move_to_end(state.session_id)
            return known[1]
        # The state was read first: what is changed while it is compared has another state by the next poll.
        tickets = await self._store.ticket_states(state.session_id)
        changes = [change.kind for change in (await read_changes(self._store, state.session_id, tickets)).values()]
        found = Comparison(
            edited=changes.count("edited"),
            removed=changes.count("removed"),
            failed_ticket=next((each.ticket_id for each in tickets if each.status is TicketStatus.FAILED), None),
        )
        if state.content_version is not None:
            self._known[state.session_id] = (state, found)
            self._known.move_to_end(state.session_id)
            while len(self._known) > self._remembered:
                self._known.popitem(last=False)
        return found


async def read_changes(store: ContentReader, session_id: UUID, tickets: Sequence[TicketState]) -> Mapping[UUID, Change]:
    """Compare the exported tickets of a session with what was exported of them. Raises what `read_present` raises."""
    exported = [ticket for ticket in tickets if ticket.issue is not None]
    if not exported:
        return NOTHING_COMPARED
    present = await read_present(store, session_id, tickets)
    return await aside(COMPARED * len(exported), compared, exported, present)


async def ticket_changes(
    source: SessionSource, session_id: UUID, tickets: Sequence[TicketState]
) -> Mapping[UUID, Change]:
    """Compare some tickets of a session, a page of a list for example, with what was exported of them.

    Args:
        source: where they are read, one by one.
        tickets: their states; of those without an issue nothing is read.

    Returns:
        Ticket → how it compares, for those with an issue.

    Raises:
        StoreUnavailableError: the database did not answer.
    """
    exported = [ticket for ticket in tickets if ticket.issue is not None]
    return compared(exported, await read_each(source, session_id, exported))


def compared(tickets: Sequence[TicketState], present: Mapping[UUID, Ticket | TicketError]) -> Mapping[UUID, Change]:
    """Compare the exported tickets of a session with what was exported of them."""
    return {
        ticket.ticket_id: ticket_change(ticket, present.get(ticket.ticket_id))
        for ticket in tickets
        if ticket.issue is not None
    }
