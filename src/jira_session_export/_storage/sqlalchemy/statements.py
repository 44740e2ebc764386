"""The statements, built once for the two tables they run on."""

from collections.abc import Callable, Collection, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, bindparam, func
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import ColumnProperty, DeclarativeBase, SynonymProperty

from jira_session_export._journal import Entry, Lease, SessionState, SessionStatus, TicketState, TicketStatus
from jira_session_export._storage.migrations import HostTables
from jira_session_export._storage.records import facts_as_json, facts_of
from jira_session_export._storage.rows import (
    COUNTER_COLUMNS,
    SESSION_COLUMNS,
    TICKET_COLUMNS,
    session_state,
    ticket_state,
)
from jira_session_export._storage.sqlalchemy.listening import CHANNEL
from jira_session_export._storage.sqlalchemy.prepared import Prepared, Statement
from jira_session_export._storage.sqlalchemy.tables import JournalEntryRow, ManualFixRow, SessionRow, StepRow
from jira_session_export._storage.sqlalchemy.types import JsonText
from jira_session_export._values import StepKind
from jira_session_export.errors import InputError, LeaseLostError, SettingsError


def table_of(model: type[DeclarativeBase]) -> sa.Table:
    """Return the table of a model."""
    table = sa.inspect(model).local_table
    if not isinstance(table, sa.Table):
        raise SettingsError(f"{model.__name__} is not mapped to a table.")
    return table


STEPS = table_of(StepRow)
FIXES = table_of(ManualFixRow)
JOURNAL = table_of(JournalEntryRow)


_SOME_TICKETS = tuple(f"_ticket_{place}" for place in range(50))
"""The tickets that one statement reads: as many as a bulk has."""

STEP_KEY = ("session_id", "ticket_id", "kind", "target")
"""What makes a step unique."""


def column_of(model: type[DeclarativeBase], name: str) -> ColumnElement[Any] | None:
    """Return the column of a model's attribute, through synonyms; None when there is none."""
    attributes = sa.inspect(model).attrs
    found = attributes.get(name)
    if isinstance(found, SynonymProperty):
        found = attributes.get(found.name)
    return found.columns[0] if isinstance(found, ColumnProperty) else None


def _required(model: type[DeclarativeBase], name: str) -> ColumnElement[Any]:
    column = column_of(model, name)
    if column is None:
        raise SettingsError(
            f"{model.__name__} has no attribute {name!r}.",
            recovery_actions=[f"Add it, or name yours with `{name} = synonym(...)`, and inherit our mixin."],
        )
    return column


class Key:
    """A key column, and how it takes and gives UUIDs: a host may keep them as strings."""

    def __init__(self, column: ColumnElement[Any]) -> None:
        self.column = column
        try:
            self._as_text = issubclass(column.type.python_type, str)
        except NotImplementedError:
            self._as_text = False

    def encode(self, value: UUID) -> UUID | str:
        """As the column takes it."""
        return str(value) if self._as_text else value

    @staticmethod
    def decode(value: Any) -> UUID:
        """As we use it.

        Raises:
            InputError: the host has a row whose key is no UUID.
        """
        try:
            return value if isinstance(value, UUID) else UUID(str(value))
        except ValueError:
            raise InputError(
                f"A row of the host's has the key {str(value)[:60]!r}, which is no UUID.",
                recovery_actions=["Give every session and ticket that is exported a UUID as its key."],
            ) from None


class SomeTickets:
    """Reads columns of some tickets of a session, fifty with one query."""

    def __init__(
        self,
        session: Key,
        ticket: Key,
        columns: Sequence[ColumnElement[Any]],
        prepare: Callable[[Statement], Prepared],
    ) -> None:
        self._session = session
        self._ticket = ticket
        places = [bindparam(name, type_=ticket.column.type) for name in _SOME_TICKETS]
        self._statement = prepare(
            sa.select(*columns).where(session.column == bindparam("_session"), ticket.column.in_(places))
        )

    def rows(self, connection: Connection, session_id: UUID, ticket_ids: Collection[UUID]) -> list[Sequence[Any]]:
        """The rows of those that there are, in any order."""
        keys = [self._ticket.encode(ticket_id) for ticket_id in ticket_ids]
        session: dict[str, Any] = {"_session": self._session.encode(session_id)}
        rows: list[Sequence[Any]] = []
        for at in range(0, len(keys), len(_SOME_TICKETS)):
            # The statement has places for fifty; those left over name one again, which finds no row twice.
            part = keys[at : at + len(_SOME_TICKETS)]
            part += part[-1:] * (len(_SOME_TICKETS) - len(part))
            rows += self._statement.rows(connection, session | dict(zip(_SOME_TICKETS, part, strict=True)))
        return rows


class Statements:
    """Every statement the export state needs. Parameters that are no columns begin with an underscore.

    Args:
        prepare: of the database at hand, for what runs with every ticket.
    """

    def __init__(
        self,
        session_model: type[DeclarativeBase],
        ticket_model: type[DeclarativeBase],
        *,
        dialect_name: str,
        prepare: Callable[[Statement], Prepared],
    ) -> None:
        self.insert: Callable[[sa.Table], postgresql.Insert | sqlite.Insert] = (
            postgresql.insert if dialect_name == "postgresql" else sqlite.insert
        )
        self.dialect_name = dialect_name
        # PostgreSQL's driver takes values; text it would read again.
        self.facts: Callable[[Entry], Any] = facts_of if dialect_name == "postgresql" else _facts_as_text
        self.sessions = table_of(session_model)
        self.tickets = table_of(ticket_model)
        self.host_tables = HostTables(self.sessions.fullname, self.tickets.fullname)
        self.session_key = Key(_required(session_model, "id"))
        self.ticket_session = Key(_required(ticket_model, "session_id"))
        self.ticket_key = Key(_required(ticket_model, "id"))
        self.ticket_order = _required(ticket_model, "order")
        session = {name: _required(session_model, name) for name in SESSION_COLUMNS}
        ticket = {name: _required(ticket_model, name) for name in TICKET_COLUMNS}
        self._session_columns = (
            self.session_key.column,
            _required(session_model, "project_key"),
            _optional(session_model, "name"),
            _optional(session_model, "owner"),
            # A host's column of that name may be anything.
            sa.null() if session_model is not SessionRow else _required(session_model, "content_version"),
            *session.values(),
        )
        self._ticket_columns = (
            self.ticket_key.column,
            self.ticket_order,
            _required(ticket_model, "title"),
            *ticket.values(),
        )
        this_session = self.session_key.column == bindparam("_session")
        of_session = self.ticket_session.column == bindparam("_session")
        self.session_columns = session
        self.ticket_columns = ticket
        self.cancel_requested = session["export_cancel_requested"]
        held = self.held = sa.and_(
            this_session,
            session["export_token"] == bindparam("_token"),
            session["export_lease_owner"] == bindparam("_owner"),
        )
        free = sa.or_(
            session["export_lease_owner"].is_(None),
            session["export_lease_expires_at"].is_(None),
            session["export_lease_expires_at"] <= bindparam("_now"),
        )
        exporting = session["status"] == SessionStatus.EXPORTING.value

        # A host inserts tickets itself, so they are counted when asked for until a run keeps count.
        live_total = sa.case(
            (
                session["export_token"] == 0,
                sa.select(func.count())
                .where(self.ticket_session.column == self.session_key.column)
                .correlate(self.sessions)
                .scalar_subquery(),
            ),
            else_=session["export_total"],
        )
        live = [live_total if column is session["export_total"] else column for column in self._session_columns]
        self.session = prepare(sa.select(*live).where(this_session))
        self.all_sessions = sa.select(*live).order_by(
            session["export_started_at"].desc().nulls_first(), self._session_columns[2], self.session_key.column
        )
        owner = column_of(session_model, "owner")
        self.sessions_of_owner = self.all_sessions.where(
            sa.false() if owner is None else owner == bindparam("_session_owner")
        )
        self.interrupted = sa.select(self.session_key.column).where(exporting, free)
        self.queued = sa.select(
            self.session_key.column,
            _optional(session_model, "owner").label("owner"),
            session["export_site"].label("site"),
            session["export_started_at"].label("started_at"),
            sa.not_(free).label("held"),
        ).where(exporting)
        # Locks the row on PostgreSQL; on SQLite the transaction has the write lock already.
        self.fence = prepare(sa.select(*self._session_columns).where(held).with_for_update())
        self.hold = prepare(sa.select(session["export_cancel_requested"]).where(held).with_for_update())
        self.take = prepare(
            self.sessions.update()
            .where(this_session, session["export_token"] == bindparam("_token"), free)
            .values(
                {
                    session["export_token"]: session["export_token"] + 1,
                    session["export_lease_owner"]: bindparam("_owner"),
                    session["export_lease_expires_at"]: bindparam("_until"),
                }
            )
            .returning(*self._session_columns)
        )
        self.renew = prepare(
            self.sessions.update()
            .where(held)
            .values({session["export_lease_expires_at"]: bindparam("_until")})
            .returning(session["export_cancel_requested"])
        )
        self.request_cancel = prepare(
            self.sessions.update()
            .where(this_session, exporting, sa.not_(session["export_cancel_requested"]))
            .values({session["export_cancel_requested"]: sa.true()})
            .returning(*self._session_columns)
        )
        failed = session["status"] == SessionStatus.EXPORT_FAILED.value
        self.release = prepare(
            self.sessions.update()
            .where(this_session, failed, session["export_retry_count"] > 1)
            .values({session["export_retry_count"]: 1})
            .returning(*self._session_columns)
        )
        self.change_session = prepare(self.sessions.update().where(this_session))
        self.grow_session = prepare(
            self.sessions.update()
            .where(this_session)
            .values({session[name]: session[name] + bindparam(f"_{name}") for name in COUNTER_COLUMNS})
        )

        self.ticket_heads = sa.select(*self._ticket_columns)
        self.ticket_orphans = ticket["export_orphans"]
        self.all_tickets = prepare(sa.select(*self._ticket_columns).where(of_session).order_by(self.ticket_order))
        this_ticket = sa.and_(of_session, self.ticket_key.column == bindparam("_ticket"))
        self.one_ticket = prepare(sa.select(*self._ticket_columns).where(this_ticket))
        self._some_tickets = SomeTickets(self.ticket_session, self.ticket_key, self._ticket_columns, prepare)
        self.change_ticket = prepare(self.tickets.update().where(this_ticket))
        # What no two appends leave alike, and what others may change behind our back. NULL: a host's row that is older
        # than our columns.
        self.as_guessed = (
            func.coalesce(ticket["export_attempt"], 0) == bindparam("_was_attempt"),
            ticket["export_intent_at"].is_not_distinct_from(
                bindparam("_was_intent_at", type_=ticket["export_intent_at"].type)
            ),
            ticket["jira_ticket_key"].is_not_distinct_from(bindparam("_was_key", type_=ticket["jira_ticket_key"].type)),
            func.coalesce(ticket["jira_export_status"], TicketStatus.PENDING.value) == bindparam("_was_status"),
            ticket["export_orphans"].is_(None),
        )
        self.change_guessed_tickets = prepare(self.tickets.update().where(this_ticket, *self.as_guessed))

        self.steps = sa.select(STEPS).where(STEPS.c.session_id == bindparam("_session_id")).order_by(STEPS.c.id)
        self.fixes = sa.select(FIXES).where(FIXES.c.session_id == bindparam("_session_id")).order_by(FIXES.c.id)
        self.journal = (
            sa.select(JOURNAL)
            .where(JOURNAL.c.session_id == bindparam("_session_id"), JOURNAL.c.id > bindparam("_after"))
            .order_by(JOURNAL.c.id)
            .limit(bindparam("_limit"))
        )
        self.forget_steps, self.forget_fixes = (
            table.delete().where(
                table.c.session_id == bindparam("_session_id"), table.c.ticket_id == bindparam("_ticket_id")
            )
            for table in (STEPS, FIXES)
        )
        self.add_step = prepare(
            self.insert(STEPS)
            .on_conflict_do_nothing(index_elements=[STEPS.c[name] for name in STEP_KEY])
            .returning(STEPS.c.id)
        )
        self.add_journal = prepare(JOURNAL.insert().inline())
        newest = sa.select(func.max(JOURNAL.c.id)).where(JOURNAL.c.session_id == bindparam("_session_id"))
        payload = sa.cast(bindparam("_session_name"), sa.String) + " " + sa.cast(newest.scalar_subquery(), sa.String)
        self._tell = prepare(sa.select(func.pg_notify(CHANNEL, payload))) if dialect_name == "postgresql" else None
        self.add_fixes = prepare(FIXES.insert().inline())

        tickets = sa.select(func.count()).select_from(self.tickets).where(of_session)
        status = sa.func.coalesce(ticket["jira_export_status"], TicketStatus.PENDING.value)
        beside: sa.BindParameter[UUID] = bindparam("_session_id")
        # A skipped ticket has no issue, hence neither steps nor manual fixes.
        counted = {
            session["export_total"]: tickets.where(status != TicketStatus.SKIPPED.value),
            session["export_exported"]: tickets.where(status == TicketStatus.EXPORTED.value),
            session["export_links_created"]: sa.select(func.count()).where(
                STEPS.c.session_id == beside, STEPS.c.kind == StepKind.LINK.value, STEPS.c.done
            ),
            session["export_manual_fix_count"]: sa.select(func.count()).where(FIXES.c.session_id == beside),
            session["export_left_out"]: tickets.where(status == TicketStatus.SKIPPED.value),
        }
        self.recount = prepare(
            self.sessions.update()
            .where(this_session)
            .values({column: query.scalar_subquery() for column, query in counted.items()})
            .returning(*self._session_columns)
        )

    def held_by(self, lease: Lease) -> dict[str, Any]:
        """The parameters of a statement that the lease must be held for."""
        return {"_session": self.session_key.encode(lease.session_id), "_token": lease.token, "_owner": lease.owner}

    def tell_of_entries(self, connection: Connection, session_id: UUID) -> None:
        """Have other processes told of the entries just written, once they are committed."""
        if self._tell is not None:
            self._tell.row(connection, {"_session_id": session_id, "_session_name": str(session_id)})

    def tell_of_content(self, connection: Connection, session_id: UUID) -> None:
        """Have other processes told, once it is committed, of something that no entry tells of."""
        if self._tell is not None:
            connection.execute(sa.select(func.pg_notify(CHANNEL, f"{session_id} 0")))

    def ticket_keys(self, session_id: UUID, ticket_id: UUID) -> dict[str, Any]:
        """The parameters that name a ticket."""
        return {"_session": self.ticket_session.encode(session_id), "_ticket": self.ticket_key.encode(ticket_id)}

    def read_heads(
        self, connection: Connection, session_id: UUID, ticket_ids: Collection[UUID]
    ) -> dict[UUID, TicketState]:
        """Those of these tickets that there are, without steps and manual fixes: one query for fifty."""
        if len(ticket_ids) == 1:
            rows = self.one_ticket.rows(connection, self.ticket_keys(session_id, *ticket_ids))
        else:
            rows = self._some_tickets.rows(connection, session_id, ticket_ids)
        return {state.ticket_id: state for state in map(self.ticket_state, rows)}

    def session_state(self, row: Sequence[Any]) -> SessionState:
        """The session in a row of `session` and its like."""
        key, project_key, name, owner, content_version, *values = row
        return session_state(Key.decode(key), project_key, name, owner, values, content_version=content_version)

    @staticmethod
    def ticket_state(row: Sequence[Any]) -> TicketState:
        """The ticket in a row of `all_tickets` or `one_ticket`, without steps and manual fixes."""
        key, order, title, *values = row
        return ticket_state(Key.decode(key), order, title, values)


def _facts_as_text(entry: Entry) -> JsonText:
    return JsonText(facts_as_json(entry))


def lease_lost() -> LeaseLostError:
    """Say that the lease is not held any more."""
    return LeaseLostError("Another worker has taken this export over, or it has ended.")


def _optional(model: type[DeclarativeBase], name: str) -> ColumnElement[Any]:
    column = column_of(model, name)
    return sa.null().label(name) if column is None else column
