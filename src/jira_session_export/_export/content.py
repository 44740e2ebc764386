"""Reads a session's content for the engine: checked, and without the tickets that are left out."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol
from uuid import UUID

from pydantic import ValidationError

from jira_session_export._invalid import checked_session, checked_ticket, invalid_session, invalid_ticket
from jira_session_export._journal import SessionState, TicketState, by_ticket
from jira_session_export._models import Session, Ticket
from jira_session_export._slices import aside
from jira_session_export._storage.protocols import BulkSource, ExportStore, SessionSource
from jira_session_export.errors import InputError, SessionNotFoundError, TicketError


class ContentReader(SessionSource, Protocol):
    """A store as far as a session's content and its tickets' states are read; every `SessionStore` is one."""

    async def state(self, session_id: UUID) -> SessionState:
        """See `ExportStore`."""

    async def ticket_states(self, session_id: UUID) -> Sequence[TicketState]:
        """See `ExportStore`."""


def _count(session: object) -> int:
    """How many tickets it has, whatever a host's store gave for a session."""
    return len(session.tickets) if isinstance(session, Session) else 0


def _gives_checked(store: object) -> bool:
    # What a subclass or a wrapper of such a store gives may be something else. To ask whether it is a `CheckedSource`
    # would say no more, and takes as long as half a query: this is asked for each ticket.
    return "gives_checked_tickets" in vars(type(store)) and bool(getattr(store, "gives_checked_tickets", False))


async def read_states(store: ContentReader | ExportStore, session_id: UUID) -> dict[UUID, TicketState]:
    """Read where each ticket of a session is, by id. Raises like `ExportStore.ticket_states`."""
    states = await store.ticket_states(session_id)
    return await aside(len(states), by_ticket, states)


async def read_session(store: ContentReader, session_id: UUID, *, without: Collection[UUID] = ()) -> Session:
    """Read a session with all its tickets; those of `without` may be missing when they are none.

    Raises:
        TicketError: a ticket that is not left out is none: a blank title, a wrong type, an order out of range.
        InputError: the session is none.
        SessionNotFoundError, StoreUnavailableError: as `SessionSource.session`.
    """
    problem: InputError
    try:
        session = await store.session(session_id)
        if _gives_checked(store):
            return session
        return await aside(_count(session), checked_session, session)
    except ValidationError as exc:
        problem = invalid_session(exc)
        problem.__cause__ = exc
    except InputError as exc:
        problem = exc
    if isinstance(problem, TicketError) and not without:
        raise problem
    # One bad row must not keep the others from being read, and a host's error need not say which row it was: they are
    # read one by one.
    state = await store.state(session_id)
    tickets = [
        await read_ticket(store, session_id, each.ticket_id, order=each.order, title=each.title)
        for each in await store.ticket_states(session_id)
        if each.ticket_id not in without
    ]
    if not without:
        raise problem
    try:
        return Session(
            id=session_id,
            project_key=state.project_key,
            name=state.name,
            owner=state.owner,
            tickets=tuple(tickets),
        )
    except ValidationError as exc:
        raise invalid_session(exc) from exc


async def read_ticket(
    store: SessionSource, session_id: UUID, ticket_id: UUID, *, order: int | None = None, title: str = ""
) -> Ticket:
    """Read one ticket as it is now.

    Args:
        order, title: named in the error; see `invalid_ticket`.

    Raises:
        TicketError: it is none.
        SessionNotFoundError, StoreUnavailableError: as `SessionSource.ticket`.
    """
    try:
        ticket = await store.ticket(session_id, ticket_id)
        return ticket if _gives_checked(store) else checked_ticket(ticket, ticket_id)
    except (ValidationError, TicketError) as exc:
        raise invalid_ticket(exc, ticket_id, order=order, title=title) from exc


async def read_tickets(
    store: SessionSource, session_id: UUID, ticket_ids: Sequence[UUID]
) -> tuple[Sequence[Ticket], InputError | None]:
    """Read tickets as they are now, at once where the store can do that.

    Returns:
        The tickets, and None; those before the first that is none, and its error.

    Raises:
        SessionNotFoundError, StoreUnavailableError: as `SessionSource.ticket`.
    """
    if len(ticket_ids) > 1 and isinstance(store, BulkSource):
        try:
            found = await store.tickets(session_id, ticket_ids)
            if _gives_checked(store):
                return found, None
            return [checked_ticket(each, its_id) for its_id, each in zip(ticket_ids, found, strict=True)], None
        except (ValidationError, InputError):
            pass  # which one it is need not be known: they are read one by one
    tickets: list[Ticket] = []
    for ticket_id in ticket_ids:
        try:
            tickets.append(await read_ticket(store, session_id, ticket_id))
        except InputError as exc:
            return tickets, exc
    return tickets, None


async def read_present(
    store: ContentReader, session_id: UUID, states: Collection[TicketState]
) -> Mapping[UUID, Ticket | TicketError]:
    """Read the session's tickets by id; those that are none are told by their errors, those that are gone lack.

    Raises:
        SessionNotFoundError, StoreUnavailableError: as `SessionSource.session`.
    """
    try:
        return {ticket.id: ticket for ticket in (await read_session(store, session_id)).tickets}
    except InputError:
        return await read_each(store, session_id, states)


async def read_each(
    store: SessionSource, session_id: UUID, states: Collection[TicketState]
) -> Mapping[UUID, Ticket | TicketError]:
    """Read these tickets one by one, as `read_present` does with all."""
    found: dict[UUID, Ticket | TicketError] = {}
    for state in states:
        try:
            found[state.ticket_id] = await read_ticket(store, session_id, state.ticket_id)
        except TicketError as exc:
            found[state.ticket_id] = exc
        except SessionNotFoundError:
            continue
    return found
