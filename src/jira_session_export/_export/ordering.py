"""The order in which tickets are created: what others depend on comes first."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from heapq import heappop, heappush
from operator import attrgetter
from uuid import UUID

from jira_session_export._models import Ticket
from jira_session_export.errors import DependencyError


def dependency_order(tickets: Sequence[Ticket], *, absent: Collection[UUID] = ()) -> tuple[Ticket, ...]:
    """Sort the tickets: each after all it depends on and after its parent, otherwise by `order`.

    Args:
        absent: tickets that may be named although they are not there.

    Raises:
        DependencyError: a ticket names one that is not there, or tickets depend on each other in a cycle.
    """
    if not any(ticket.depends_on or ticket.links or ticket.parent for ticket in tickets):
        return tuple(sorted(tickets, key=attrgetter("order", "id")))
    by_id = {ticket.id: ticket for ticket in tickets}
    graph: dict[UUID, set[UUID]] = {}
    for ticket in tickets:
        needs = {ticket_id for ticket_id in _needs(ticket) if ticket_id in by_id or ticket_id not in absent}
        # Not `needs - by_id.keys()`: that walks all keys, for each ticket.
        missing = min((ticket_id for ticket_id in needs if ticket_id not in by_id), default=None)
        if missing is not None:
            raise DependencyError(
                f"Ticket {ticket.order} ({ticket.title!r}) depends on {missing}, which is not in this session.",
                tickets=[ticket.id],
            )
        for link in ticket.links:
            if isinstance(link.to, UUID) and link.to not in by_id and link.to not in absent:
                raise DependencyError(
                    f"Ticket {ticket.order} ({ticket.title!r}) links to {link.to}, which is not in this session.",
                    tickets=[ticket.id],
                )
        graph[ticket.id] = needs
    return tuple(by_id[ticket_id] for ticket_id in _sorted(graph, by_id))


def _needs(ticket: Ticket) -> Iterator[UUID]:
    yield from ticket.depends_on
    if isinstance(ticket.parent, UUID):
        yield ticket.parent


def _sorted(graph: Mapping[UUID, set[UUID]], by_id: Mapping[UUID, Ticket]) -> Iterator[UUID]:
    sorter = TopologicalSorter(graph)
    try:
        sorter.prepare()
    except CycleError as exc:
        # graphlib lists a cycle from a node back to itself, each node needed by the next; people read it the other way.
        cycle = [by_id[ticket_id] for ticket_id in reversed(exc.args[1])]
        raise DependencyError(
            "Tickets depend on each other in a cycle: "
            + " → ".join(f"{ticket.order} ({ticket.title!r})" for ticket in cycle)
            + ".",
            tickets=[ticket.id for ticket in cycle[:-1]],
        ) from exc
    ready: list[tuple[int, UUID]] = []
    while sorter.is_active():
        for ticket_id in sorter.get_ready():
            heappush(ready, (by_id[ticket_id].order, ticket_id))
        _, ticket_id = heappop(ready)
        yield ticket_id
        sorter.done(ticket_id)
