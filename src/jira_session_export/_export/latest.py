"""The tickets of a run as they are now, read again only when somebody may have changed them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from jira_session_export._export.content import ContentReader, read_tickets
from jira_session_export._models import Ticket
from jira_session_export._storage.protocols import NumberedSource
from jira_session_export.errors import InputError

MOST_TICKETS = 2_000
MOST_CHARACTERS = 2_000_000
"""Of the descriptions of all tickets that are kept: some megabytes, whatever the size of the session."""


@dataclass(frozen=True, slots=True)
class Latest:
    """Tickets as they are now.

    Attributes:
        tickets: all that were asked for; those before the first that is none, if there is one.
        problem: why that one is none.
        as_at_start: whether they are certainly as they were when the run began.
    """

    tickets: Sequence[Ticket]
    problem: InputError | None = None
    as_at_start: bool = False


class LatestTickets:
    """Gives tickets as they are now.

    The first ones of a run are kept as they were read at its start, and given as long as the store says that nothing
    has been stored in the session since. A store that cannot say so is read each time.
    """

    def __init__(self, store: ContentReader, session_id: UUID) -> None:
        self._store = store
        self._session_id = session_id
        self._version: int | None = None
        self._kept: dict[UUID, Ticket] = {}

    async def version(self) -> int | None:
        """The number of the session's present content; None when the store cannot tell.

        Raises:
            SessionNotFoundError, StoreUnavailableError: as `SessionSource.ticket`.
        """
        store = self._store
        # Of its class only, as of a `CheckedSource`: a subclass or a wrapper may give other tickets.
        if "content_version" in vars(type(store)) and isinstance(store, NumberedSource):
            return await store.content_version(self._session_id)
        return None

    def keep(self, tickets: Iterable[Ticket], version: int | None) -> None:
        """Keep the first of the tickets, which are to be created in this order.

        Args:
            version: what `version` gave before they were read.
        """
        self._version = version
        self._kept = {}
        if version is None:
            return
        characters = 0
        for ticket in tickets:
            characters += len(ticket.description_markdown or ticket.description_html or "")
            if characters > MOST_CHARACTERS or len(self._kept) == MOST_TICKETS:
                break
            self._kept[ticket.id] = ticket

    async def read(self, ticket_ids: Sequence[UUID]) -> Latest:
        """The tickets as they are now; each is asked for once.

        Raises:
            SessionNotFoundError, StoreUnavailableError: as `read_tickets`.
        """
        kept = all(ticket_id in self._kept for ticket_id in ticket_ids)
        if kept and await self.version() == self._version:
            return Latest([self._kept.pop(ticket_id) for ticket_id in ticket_ids], as_at_start=True)
        if kept:
            self._kept = {}
        return Latest(*await read_tickets(self._store, self._session_id, ticket_ids))
