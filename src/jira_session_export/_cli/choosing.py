"""Finds the tickets that `--skip` and `--only` name."""

from collections.abc import Collection, Iterable, Sequence
from difflib import get_close_matches
from uuid import UUID

from jira_session_export._journal import TicketState
from jira_session_export._models import Session, ticket_id_from
from jira_session_export.errors import InputError

Known = Sequence[tuple[UUID, int, str]]
"""Id, place and title of each ticket of a session."""


def known_tickets(tickets: Session | Iterable[TicketState]) -> Known:
    """The tickets of a batch, or of a session that is stored."""
    if isinstance(tickets, Session):
        return [(ticket.id, ticket.order, ticket.title) for ticket in tickets.tickets]
    return [(ticket.ticket_id, ticket.order, ticket.title) for ticket in tickets]


def find_tickets(words: Collection[str] | None, session_id: UUID, known: Known) -> frozenset[UUID]:
    """The tickets that are named: by the id of the batch file, a UUID, their place, or their title.

    Raises:
        InputError: nothing, or more than one ticket, is called so.
    """
    return frozenset(_found(word.strip(), session_id, known) for word in words or ())


def _found(word: str, session_id: UUID, known: Known) -> UUID:
    by_id = ticket_id_from(session_id, word) if word else None
    fits = [
        each
        for each in known
        if each[0] == by_id or (word.isdecimal() and int(word) == each[1]) or _plain(each[2]) == _plain(word)
    ]
    if len(fits) == 1:
        return fits[0][0]
    if fits:
        raise InputError(
            f"{word!r} may be {' or '.join(f'ticket {order} ({title})' for _, order, title in fits)}.",
            recovery_actions=["Name it by its UUID:", *(f"{key} is ticket {order}" for key, order, _ in fits)],
        )
    near = get_close_matches(word, [title for _, _, title in known], n=1)
    raise InputError(
        f"The session has no ticket {word!r}.",
        recovery_actions=[
            *([f"Did you mean {near[0]!r}?"] if near else []),
            "Name a ticket by its id in the batch file, its place in the session, or its title.",
        ],
    )


def _plain(title: str) -> str:
    return " ".join(title.split()).casefold()
