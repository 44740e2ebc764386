"""Which tickets are created with one request."""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from jira_session_export._export.work import TicketOutline, outline
from jira_session_export._journal import TicketState, TicketStatus
from jira_session_export._models import Ticket
from jira_session_export._values import CreatedIssue

MOST_CHARACTERS = 500_000
"""Of all descriptions of one bulk; as ADF they are some times as long, and a request ought to stay below a few MB."""

LOOK_AHEAD = 4
"""How many times the size of a bulk is looked through for tickets whose parents exist."""


def next_bulk(waiting: deque[TicketOutline], states: Mapping[UUID, TicketState], size: int) -> list[TicketOutline]:
    """Take the tickets off `waiting` that are to be created with the next request.

    A ticket whose parent has no issue yet stays for a later request; all others keep their order. A ticket that has an
    issue already comes alone, when it is its turn.

    Args:
        waiting: the tickets to come, parents before their children; not empty.
        size: the most tickets of one request.
    """
    taken = [waiting.popleft()]
    if size == 1 or states[taken[0].id].issue is not None:
        return taken
    left: list[TicketOutline] = []
    characters = taken[0].length
    while waiting and len(taken) < size and len(left) < LOOK_AHEAD * size:
        ticket = waiting.popleft()
        if states[ticket.id].issue is not None or not _has_parent(ticket, states):
            left.append(ticket)
            continue
        characters += ticket.length
        if characters > MOST_CHARACTERS:
            left.append(ticket)
            break
        taken.append(ticket)
    waiting.extendleft(reversed(left))
    return taken


def count_requests(tickets: Sequence[Ticket], states: Mapping[UUID, TicketState], size: int) -> int:
    """How many requests create the issues of `tickets` if Jira refuses none.

    Args:
        tickets: those without an issue that a run would create, parents before their children.
        size: the most tickets of one request.
    """
    if size == 1:
        return len(tickets)
    if not any(isinstance(ticket.parent, UUID) or _length(ticket) * size > MOST_CHARACTERS for ticket in tickets):
        return -(-len(tickets) // size)  # no bulk is cut short: nothing need be tried out
    # Whoever is not among them either has an issue or never gets one, so no child waits for it.
    planned = {ticket.id: states[ticket.id] for ticket in tickets}
    waiting = deque(map(outline, tickets))
    requests = 0
    while waiting:
        for ticket in next_bulk(waiting, planned, size):
            planned[ticket.id] = replace(planned[ticket.id], issue=_PLANNED)
        requests += 1
    return requests


_PLANNED = CreatedIssue("", "", "")
"""Stands for the issue that an earlier request of a plan makes."""


def _has_parent(ticket: TicketOutline, states: Mapping[UUID, TicketState]) -> bool:
    """Return whether its parent, if it has one in the session, has an issue; one that is left out never gets one."""
    if not isinstance(ticket.parent, UUID):
        return True
    parent = states.get(ticket.parent)
    return parent is None or parent.issue is not None or parent.status is TicketStatus.SKIPPED


def _length(ticket: Ticket) -> int:
    return len(ticket.description_markdown or ticket.description_html or "")
