"""Where tickets' content is read: our own tables, or a host's."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from itertools import repeat
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import ValidationError
from sqlalchemy import ColumnElement, Connection, bindparam
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.exc import DataError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase
from sqlalchemy.orm import Session as OrmSession

from jira_session_export._invalid import invalid_session, invalid_ticket
from jira_session_export._journal import SessionStatus
from jira_session_export._models import Session, Ticket
from jira_session_export._storage.records import kept_orders, stored_ticket
from jira_session_export._storage.sqlalchemy.prepared import Prepared, Statement
from jira_session_export._storage.sqlalchemy.statements import Key, SomeTickets, Statements, table_of
from jira_session_export._storage.sqlalchemy.tables import SessionRow, TicketRow
from jira_session_export._storage.sqlalchemy.transactions import Transactions
from jira_session_export.errors import SessionNotFoundError, TicketError

ToTicket = Callable[[Any], Ticket]
"""Makes a `Ticket` of a row of the host's ticket model."""
ToSession = Callable[[Any, Sequence[Ticket]], Session]
"""Makes a `Session` of a row of the host's session model and its tickets."""

SESSIONS = table_of(SessionRow)
TICKETS = table_of(TicketRow)


class OwnContent:
    """Content in our default tables, one JSON document a ticket; here we write it too."""

    is_checked = True
    """Whether what is read is known to be valid."""
    _session = sa.select(SESSIONS.c.id, SESSIONS.c.project_key, SESSIONS.c.name, SESSIONS.c.owner).where(
        SESSIONS.c.id == bindparam("_session")
    )

    def __init__(
        self, statements: Statements, transactions: Transactions, prepare: Callable[[Statement], Prepared]
    ) -> None:
        self._transactions = transactions
        insert = statements.insert
        self._statements = statements
        self._put_session = _upsert(insert(SESSIONS), ["id"], ["project_key", "name", "owner"], grows="content_version")
        written = ["ticket_order", "title", "content", "export_removed"]
        self._put_tickets = prepare(_upsert(insert(TICKETS), ["session_id", "id"], written))
        self._ids = sa.select(TICKETS.c.id).where(TICKETS.c.session_id == bindparam("_session"))
        this_ticket = (TICKETS.c.session_id == bindparam("_session"), TICKETS.c.id == bindparam("_ticket"))
        columns = (TICKETS.c.content, TICKETS.c.ticket_order, TICKETS.c.id)
        self._ticket = prepare(sa.select(*columns).where(*this_ticket))
        self._tickets = prepare(
            sa.select(*columns).where(TICKETS.c.session_id == bindparam("_session")).order_by(TICKETS.c.ticket_order)
        )
        self._some_tickets = SomeTickets(statements.ticket_session, statements.ticket_key, columns, prepare)
        self._version = prepare(sa.select(SESSIONS.c.content_version).where(SESSIONS.c.id == bindparam("_session")))
        self._move = TICKETS.update().where(*this_ticket)
        self._remove = TICKETS.delete().where(*this_ticket)

    def session(self, connection: Connection, session_id: UUID) -> Session:
        """The session with all its tickets, in order."""
        row = connection.execute(self._session, {"_session": session_id}).one_or_none()
        if row is None:
            raise SessionNotFoundError(session_id=session_id)
        tickets = self._tickets.each(connection, {"_session": session_id})
        return Session(
            id=row.id,
            project_key=row.project_key,
            name=row.name,
            owner=row.owner,
            tickets=tuple(stored_ticket(*row) for row in tickets),
        )

    def ticket(self, connection: Connection, session_id: UUID, ticket_id: UUID) -> Ticket:
        """One ticket."""
        row = self._ticket.row(connection, {"_session": session_id, "_ticket": ticket_id})
        if row is None:
            raise SessionNotFoundError(session_id=session_id)
        return stored_ticket(*row)

    def tickets(self, connection: Connection, session_id: UUID, ticket_ids: Sequence[UUID]) -> list[Ticket]:
        """Some tickets, in that order: one query for fifty."""
        rows = {row[2]: row for row in self._some_tickets.rows(connection, session_id, ticket_ids)}
        if len(rows) < len(ticket_ids):
            raise SessionNotFoundError(session_id=session_id)
        return [stored_ticket(*rows[ticket_id]) for ticket_id in ticket_ids]

    def version(self, connection: Connection, session_id: UUID) -> int:
        """The number of the session's content."""
        row = self._version.row(connection, {"_session": session_id})
        if row is None:
            raise SessionNotFoundError(session_id=session_id)
        version: int = row[0]
        return version

    def issue_types(
        self, connection: Connection, session_id: UUID, ticket_ids: Sequence[UUID]
    ) -> Mapping[UUID, str | None]:
        """The issue types that tickets name, read by the database: their descriptions may be long.

        Rows that are no tickets are left out.
        """
        if not ticket_ids:
            return {}
        chosen = (TICKETS.c.session_id == session_id, TICKETS.c.id.in_(ticket_ids))
        if connection.dialect.name == "sqlite":
            written = sa.func.json_extract(TICKETS.c.content, "$.issue_type")
            issue_type: ColumnElement[Any] = sa.case((sa.func.json_valid(TICKETS.c.content) == 1, written))
            found = connection.execute(sa.select(TICKETS.c.id, issue_type).where(*chosen))
            return {row[0]: row[1] if isinstance(row[1], str) else None for row in found}
        issue_type = sa.cast(TICKETS.c.content, JSON)["issue_type"].astext
        try:
            with connection.begin_nested():  # or what comes after an error would be refused, too
                found = connection.execute(sa.select(TICKETS.c.id, issue_type).where(*chosen))
                return {row[0]: row[1] for row in found}
        except DataError:  # a row is no JSON, and PostgreSQL before version 16 cannot say which
            rows = connection.execute(sa.select(TICKETS.c.content, TICKETS.c.ticket_order, TICKETS.c.id).where(*chosen))
            types: dict[UUID, str | None] = {}
            for row in rows:
                with suppress(TicketError):
                    types[row.id] = stored_ticket(*row).issue_type
            return types

    def ready(self, session: Session) -> Callable[[Connection], None]:
        """What is left of writing a session once its tickets are rows.

        That is done before the transaction, which on SQLite keeps all others from writing.
        """
        tickets = session.tickets
        columns = {
            "session_id": repeat(session.id),
            "id": [ticket.id for ticket in tickets],
            "ticket_order": [ticket.order for ticket in tickets],
            "title": [ticket.title for ticket in tickets],
            "content": [_content(ticket) for ticket in tickets],
            "export_removed": repeat(False),  # noqa: FBT003 -- a column's value
        }
        put_tickets = self._put_tickets.ready(columns) if tickets else _nothing
        return partial(self._put, session=session, put_tickets=put_tickets)

    def _put(self, connection: Connection, session: Session, put_tickets: Callable[[Connection], object]) -> None:
        """Write the session's content, keep its export state."""
        columns = {"id": session.id, "project_key": session.project_key, "name": session.name, "owner": session.owner}
        connection.execute(self._put_session, columns)
        there = connection.execute(self._ids, {"_session": session.id}).scalars()
        gone = set(there).difference(ticket.id for ticket in session.tickets)
        running = self._transactions.state(connection, session.id).status == SessionStatus.EXPORTING
        kept = kept_orders(session, self._statements.read_heads(connection, session.id, gone), running=running)
        removed = gone - kept.keys()
        moved = [
            {"_session": session.id, "_ticket": key, "ticket_order": order, "export_removed": True}
            for key, order in kept.items()
        ]
        put_tickets(connection)
        if moved:
            connection.execute(self._move, moved)
        if removed:
            connection.execute(self._remove, [{"_session": session.id, "_ticket": key} for key in removed])
        self._transactions.recount(connection, session.id)
        self._statements.tell_of_content(connection, session.id)


def _content(ticket: Ticket) -> str:
    # pydantic does not leave out what a function gives by default, and would have it looked through at each reading.
    return ticket.model_dump_json(exclude_defaults=True, exclude=None if ticket.custom_fields else {"custom_fields"})


def _nothing(_connection: Connection) -> None:
    """There are no tickets to write."""


def _upsert(insert: Any, key: list[str], values: list[str], *, grows: str | None = None) -> Any:
    """Insert a row, or overwrite these values of the one that is there, and add one to its `grows`."""
    written = {name: insert.excluded[name] for name in values}
    if grows is not None:
        written[grows] = insert.table.c[grows] + 1
    return insert.on_conflict_do_update(index_elements=key, set_=written)


class HostContent:
    """Content in a host's tables, read through its models, so that relationships work in `to_ticket`."""

    is_checked = False
    """As in `OwnContent`; what a host's functions make need not be."""

    def __init__(
        self,
        statements: Statements,
        session_model: type[DeclarativeBase],
        ticket_model: type[DeclarativeBase],
        to_ticket: ToTicket,
        to_session: ToSession | None,
    ) -> None:
        self._keys = statements
        self._to_ticket = to_ticket
        self._to_session = to_session or _session
        self._session = sa.select(session_model).where(statements.session_key.column == bindparam("_session"))
        self._all_tickets = sa.select(ticket_model)
        self._tickets = (
            sa.select(ticket_model)
            .where(statements.ticket_session.column == bindparam("_session"))
            .order_by(statements.ticket_order)
        )
        self._ticket = sa.select(ticket_model).where(
            statements.ticket_session.column == bindparam("_session"),
            statements.ticket_key.column == bindparam("_ticket"),
        )

    def session(self, connection: Connection, session_id: UUID) -> Session:
        """The session with all its tickets, in order."""
        with OrmSession(connection) as orm:
            row = orm.scalars(self._session, {"_session": self._keys.session_key.encode(session_id)}).one_or_none()
            if row is None:
                raise SessionNotFoundError(session_id=session_id)
            rows = orm.scalars(self._tickets, {"_session": self._keys.ticket_session.encode(session_id)})
            tickets = [self._read(ticket, place) for place, ticket in enumerate(rows, start=1)]
            try:
                return self._to_session(row, tickets)
            except ValidationError as exc:
                raise invalid_session(exc) from exc

    def issue_types(
        self, connection: Connection, session_id: UUID, ticket_ids: Sequence[UUID]
    ) -> Mapping[UUID, str | None]:
        """The issue types that tickets name; rows that are no tickets are left out."""
        in_session = self._keys.ticket_session
        in_part = self._keys.ticket_key.column.in_([self._keys.ticket_key.encode(each) for each in ticket_ids])
        rows = self._all_tickets.where(in_session.column == in_session.encode(session_id), in_part)
        found: dict[UUID, str | None] = {}
        with OrmSession(connection) as orm:
            for row in orm.scalars(rows):
                with suppress(TicketError):  # whoever opens or exports it learns what is wrong with it
                    ticket = self._read(row)
                    found[ticket.id] = ticket.issue_type
        return found

    def ticket(self, connection: Connection, session_id: UUID, ticket_id: UUID) -> Ticket:
        """One ticket."""
        keys = {
            "_session": self._keys.ticket_session.encode(session_id),
            "_ticket": self._keys.ticket_key.encode(ticket_id),
        }
        with OrmSession(connection) as orm:
            row = orm.scalars(self._ticket, keys).one_or_none()
            if row is None:
                raise SessionNotFoundError(session_id=session_id)
            return self._read(row)

    def tickets(self, connection: Connection, session_id: UUID, ticket_ids: Sequence[UUID]) -> list[Ticket]:
        """Some tickets, in that order: a query for each, as a host's rows may have relationships of any kind."""
        return [self.ticket(connection, session_id, ticket_id) for ticket_id in ticket_ids]

    def _read(self, row: Any, order: int | None = None) -> Ticket:
        """Make a ticket of a row.

        Raises:
            TicketError: the row is none, whatever the host's function made of it.
        """
        try:
            return self._to_ticket(row)
        except SQLAlchemyError:
            raise  # the database's fault, not the row's
        except Exception as exc:
            ticket_id = Key.decode(row.id)
            raise invalid_ticket(exc, ticket_id, order=order and getattr(row, "order", order)) from exc


def _session(row: Any, tickets: Sequence[Ticket]) -> Session:
    return Session(
        id=row.id,
        project_key=row.project_key,
        name=getattr(row, "name", None) or "",
        owner=getattr(row, "owner", None),
        tickets=tuple(tickets),
    )
