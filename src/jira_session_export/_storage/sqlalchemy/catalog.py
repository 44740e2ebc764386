"""What each promise of `SessionCatalog` does within one transaction. Synchronous, over a `Connection`."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Connection, func
from sqlalchemy.orm import DeclarativeBase

from jira_session_export._journal import (
    Entry,
    FixMarked,
    JournalRow,
    SessionArchived,
    SessionDeleted,
    SessionState,
    SessionStatus,
    SessionUnarchived,
    TicketState,
    TicketStatus,
)
from jira_session_export._storage.catalog import (
    Changes,
    FixMark,
    FixPage,
    SessionOrder,
    SessionPage,
    TicketFix,
    TicketOverview,
    TicketPage,
    fix_page,
    spellings,
    status_counts,
    ticket_fixes,
)
from jira_session_export._storage.records import current_lease
from jira_session_export._storage.rows import with_details
from jira_session_export._storage.sqlalchemy.attachments import remove_attachments
from jira_session_export._storage.sqlalchemy.content import HostContent, OwnContent
from jira_session_export._storage.sqlalchemy.statements import FIXES, JOURNAL, STEPS, Statements, column_of, table_of
from jira_session_export._storage.sqlalchemy.tables import FixMarkRow
from jira_session_export._storage.sqlalchemy.transactions import Transactions, journal_row_of
from jira_session_export.errors import ExportRunningError, SessionNotFoundError, SettingsError

MARKS = table_of(FixMarkRow)
_SQL_INTEGER = 2**31
_RUN_STARTED = "run_started"


class Catalog:
    """The bodies of the catalogue's transactions."""

    def __init__(
        self,
        statements: Statements,
        transactions: Transactions,
        content: OwnContent | HostContent,
        session_model: type[DeclarativeBase],
        ticket_model: type[DeclarativeBase],
    ) -> None:
        self._do = statements
        self._transactions = transactions
        self._content = content
        columns = {
            name: column_of(session_model, name)
            for name in ("id", "name", "project_key", "owner", "status", "export_started_at", "export_archived_at")
        }
        self._session = {name: sa.null() if column is None else column for name, column in columns.items()}
        self._status = func.coalesce(self._session["status"], SessionStatus.READY.value)
        ticket = {name: column_of(ticket_model, name) for name in ("title", "jira_export_status", "jira_ticket_key")}
        self._ticket = {name: sa.null() if column is None else column for name, column in ticket.items()}
        self._ticket_status = func.coalesce(self._ticket["jira_export_status"], TicketStatus.PENDING.value)

    # -- sessions --------------------------------------------------------------------------------------------------

    def session_page(
        self,
        connection: Connection,
        *,
        owner: str | None,
        text: str,
        statuses: Sequence[SessionStatus],
        archived: bool,
        order: SessionOrder,
        offset: int,
        limit: int,
    ) -> SessionPage:
        """Two queries, and a third for the rows of the page: a session's tickets are counted only when it is shown."""
        archive = self._session["export_archived_at"]
        wanted: list[ColumnElement[bool]] = [archive.is_not(None) if archived else archive.is_(None)]
        if owner is not None:
            wanted.append(self._session["owner"] == owner)
        if text:
            wanted.append(sa.or_(*self._contains(text, ("name", "project_key"), self._session), *self._with_id(text)))
        found = connection.execute(sa.select(self._status, func.count()).where(*wanted).group_by(self._status))
        counts = status_counts({row[0]: row[1] for row in found})
        chosen = sum(counts[status] for status in statuses or SessionStatus)
        if statuses:
            wanted.append(self._of_status(statuses))
        key = self._do.session_key.column
        keys = connection.execute(
            sa.select(key).where(*wanted).order_by(*self._order(order)).offset(min(offset, 2**62)).limit(limit)
        ).scalars()
        by_id = {self._do.session_key.decode(each): place for place, each in enumerate(keys)}
        if not by_id:
            return SessionPage((), chosen, counts)
        encoded = [self._do.session_key.encode(each) for each in by_id]
        rows = connection.execute(self._do.all_sessions.where(key.in_(encoded)))
        states = [self._do.session_state(row) for row in rows]
        return SessionPage(sorted(states, key=lambda state: by_id[state.session_id]), chosen, counts)

    def _contains(
        self, text: str, names: Sequence[str], columns: Mapping[str, ColumnElement[Any]]
    ) -> list[ColumnElement[bool]]:
        return [columns[name].icontains(each, autoescape=True) for name in names for each in sorted(spellings(text))]

    def _with_id(self, text: str) -> list[ColumnElement[bool]]:
        try:
            return [self._do.session_key.column == self._do.session_key.encode(UUID(text))]
        except ValueError:
            return []

    def _of_status(self, statuses: Sequence[SessionStatus]) -> ColumnElement[bool]:
        known = self._status.in_([status.value for status in statuses])
        if SessionStatus.READY not in statuses:
            return known
        return sa.or_(known, self._status.not_in([status.value for status in SessionStatus]))  # a host's own

    def _order(self, order: SessionOrder) -> list[ColumnElement[Any]]:
        started = self._session["export_started_at"]
        named: list[ColumnElement[Any]] = [self._session["name"], self._do.session_key.column]
        match order:
            case SessionOrder.NAME:
                return named
            case SessionOrder.PROJECT:
                return [self._session["project_key"], *named]
            case SessionOrder.STARTED:
                return [started.desc().nulls_last(), *named]
            case SessionOrder.ACTIVITY:
                rank = sa.case(
                    (self._status == SessionStatus.EXPORTING.value, 0),
                    (self._status == SessionStatus.EXPORT_FAILED.value, 1),
                    else_=2,
                )
                return [rank, started.desc().nulls_first(), *named]

    # -- tickets ---------------------------------------------------------------------------------------------------

    def ticket_page(
        self,
        connection: Connection,
        session_id: UUID,
        *,
        text: str,
        statuses: Sequence[TicketStatus],
        with_fixes: bool,
        offset: int,
        limit: int,
    ) -> TicketPage:
        """A handful of queries, whatever the number of tickets."""
        of_session = self._of_session(session_id)
        found = connection.execute(
            sa.select(self._ticket_status, func.count()).where(of_session).group_by(self._ticket_status)
        )
        counts = dict.fromkeys(TicketStatus, 0) | {TicketStatus(status): count for status, count in found}
        if not sum(counts.values()):
            self._transactions.state(connection, session_id)
        wanted = [of_session]
        if text:
            order = int(text) if text.isascii() and text.isdecimal() and int(text) < _SQL_INTEGER else None
            named = self._contains(text, ("title", "jira_ticket_key"), self._ticket)
            wanted.append(sa.or_(*named, *([] if order is None else [self._do.ticket_order == order])))
        if statuses:
            wanted.append(self._ticket_status.in_([status.value for status in statuses]))
        if with_fixes:
            fixed = connection.execute(
                sa.select(FIXES.c.ticket_id).where(FIXES.c.session_id == session_id).distinct()
            ).scalars()
            wanted.append(self._is_one_of(list(fixed)))
        total = (
            connection.execute(sa.select(func.count()).select_from(self._do.tickets).where(*wanted)).scalar_one()
            if len(wanted) > 1
            else sum(counts.values())
        )
        keys = connection.execute(
            sa.select(self._do.ticket_key.column)
            .where(*wanted)
            .order_by(self._do.ticket_order, self._do.ticket_key.column)
            .offset(min(offset, 2**62))
            .limit(limit)
        ).scalars()
        tickets = self._overviews(connection, session_id, [self._do.ticket_key.decode(key) for key in keys])
        return TicketPage(tickets, total, counts)

    def ticket_state(self, connection: Connection, session_id: UUID, ticket_id: UUID) -> TicketState:
        """Three queries."""
        states = self._states(connection, session_id, [ticket_id])
        if not states:
            raise SessionNotFoundError(session_id=session_id)
        return states[0]

    def changes(self, connection: Connection, session_id: UUID, *, after: int, limit: int) -> Changes:
        """A few queries over the journal's newest rows."""
        entries = sa.and_(JOURNAL.c.session_id == session_id, JOURNAL.c.id > min(after, 2**62))
        last = connection.execute(
            sa.select(func.max(JOURNAL.c.id)).where(JOURNAL.c.session_id == session_id)
        ).scalar_one()
        if last is None:
            self._transactions.state(connection, session_id)
            return Changes(0, (), complete=True)
        if last <= after:
            return Changes(last, (), complete=True)
        about_tickets = sa.select(JOURNAL.c.ticket_id).where(entries, JOURNAL.c.ticket_id.is_not(None)).distinct()
        named = list(connection.execute(about_tickets.limit(limit + 1)).scalars())
        started = connection.execute(sa.select(JOURNAL.c.id).where(entries, JOURNAL.c.kind == _RUN_STARTED).limit(1))
        complete = len(named) <= limit and started.first() is None
        return Changes(last, self._overviews(connection, session_id, named[:limit]), complete=complete)

    def _overviews(
        self, connection: Connection, session_id: UUID, ticket_ids: Sequence[UUID]
    ) -> Sequence[TicketOverview]:
        states = self._states(connection, session_id, ticket_ids)
        types = self._content.issue_types(connection, session_id, [state.ticket_id for state in states])
        return [TicketOverview(state, types.get(state.ticket_id)) for state in states]

    def _states(self, connection: Connection, session_id: UUID, ticket_ids: Sequence[UUID]) -> list[TicketState]:
        if not ticket_ids:
            return []
        rows = connection.execute(
            self._do.ticket_heads.where(self._of_session(session_id), self._is_one_of(ticket_ids)).order_by(
                self._do.ticket_order
            )
        )
        tickets = [self._do.ticket_state(row) for row in rows]
        steps, fixes = (
            connection.execute(
                sa.select(table)
                .where(table.c.session_id == session_id, table.c.ticket_id.in_(ticket_ids))
                .order_by(table.c.id)
            ).mappings()
            for table in (STEPS, FIXES)
        )
        return with_details(tickets, steps=steps, fixes=fixes)

    def _of_session(self, session_id: UUID) -> ColumnElement[bool]:
        return self._do.ticket_session.column == self._do.ticket_session.encode(session_id)

    def _is_one_of(self, ticket_ids: Sequence[UUID]) -> ColumnElement[bool]:
        return self._do.ticket_key.column.in_([self._do.ticket_key.encode(each) for each in ticket_ids])

    # -- manual fixes ----------------------------------------------------------------------------------------------

    def manual_fixes(
        self, connection: Connection, session_id: UUID, *, done: bool | None, offset: int, limit: int | None
    ) -> FixPage:
        """Read the tickets that have fixes or orphans, and the marks."""
        return fix_page(self._fixes(connection, session_id), done, offset, limit)

    def _fixes(self, connection: Connection, session_id: UUID) -> list[TicketFix]:
        with_fix = connection.execute(
            sa.select(FIXES.c.ticket_id).where(FIXES.c.session_id == session_id).distinct()
        ).scalars()
        ids = set(with_fix)
        if self._do.ticket_orphans is not None:
            with_orphan = connection.execute(
                sa.select(self._do.ticket_key.column).where(
                    self._of_session(session_id), self._do.ticket_orphans.is_not(None)
                )
            ).scalars()
            ids |= {self._do.ticket_key.decode(key) for key in with_orphan}
        if not ids:
            self._transactions.state(connection, session_id)
            return []
        marks = {
            row.id: FixMark(row.id, row.done_by, row.done_at)
            for row in connection.execute(sa.select(MARKS).where(MARKS.c.session_id == session_id))
        }
        found: list[TicketFix] = []
        listed = sorted(ids)
        states: list[TicketState] = []
        for start in range(0, len(listed), 500):  # SQLite takes so many parameters, PostgreSQL plans so long
            states += self._states(connection, session_id, listed[start : start + 500])
        for state in sorted(states, key=lambda state: state.order):
            found += ticket_fixes(state, marks)
        return found

    def mark_fix(
        self, connection: Connection, session_id: UUID, fix_id: UUID, *, done: bool, by: str | None, at: datetime
    ) -> TicketFix:
        """Write the mark and its entry, unless it is there already."""
        state = self._transactions.state(connection, session_id)
        found = next((fix for fix in self._fixes(connection, session_id) if fix.fix_id == fix_id), None)
        if found is None:
            raise SessionNotFoundError(session_id=session_id)
        if (found.mark is not None) is done:
            return found
        if done:
            mark = {"id": fix_id, "session_id": session_id, "done_by": by, "done_at": at}
            connection.execute(self._do.insert(MARKS).on_conflict_do_nothing(index_elements=[MARKS.c.id]), mark)
        else:
            connection.execute(MARKS.delete().where(MARKS.c.id == fix_id))
        entry = FixMarked(at, found.ticket_id, fix_id, done, by, found.fix.field)
        self._keep(connection, state, entry)
        fixes = self._fixes(connection, session_id)
        return next(fix for fix in fixes if fix.fix_id == fix_id)

    # -- putting away ----------------------------------------------------------------------------------------------

    def archive(
        self, connection: Connection, session_id: UUID, *, archived: bool, by: str | None, at: datetime
    ) -> SessionState:
        """Write the column and the entry, unless it is so already."""
        state = self._locked(connection, session_id)
        if (state.archived_at is not None) is archived:
            return state
        entry: Entry = SessionArchived(at, by) if archived else SessionUnarchived(at, by)
        self._transactions.change(connection, state, entry)
        return self._transactions.state(connection, session_id)

    def delete(self, connection: Connection, session_id: UUID, *, by: str | None, at: datetime) -> None:
        """Remove every row of the session but its journal's."""
        if not isinstance(self._content, OwnContent):
            raise SettingsError("The tables are the host's: remove sessions and tickets through its own models.")
        state = self._locked(connection, session_id)
        entry = SessionDeleted(at, by, state.name, state.project_key, state.owner, state.exported)
        self._keep(connection, state, entry)
        remove_attachments(connection, session_id)
        for table in (MARKS, FIXES, STEPS):
            connection.execute(table.delete().where(table.c.session_id == session_id))
        connection.execute(self._do.tickets.delete().where(self._of_session(session_id)))
        connection.execute(
            self._do.sessions.delete().where(self._do.session_key.column == self._do.session_key.encode(session_id))
        )

    def deletion(self, connection: Connection, session_id: UUID) -> JournalRow | None:
        """One query; a deleted session that was loaded anew has a row again."""
        key = self._do.session_key
        there = sa.select(key.column).where(key.column == key.encode(session_id)).exists()
        row = (
            connection.execute(
                sa.select(JOURNAL)
                .where(JOURNAL.c.session_id == session_id, JOURNAL.c.kind == "session_deleted", sa.not_(there))
                .order_by(JOURNAL.c.id.desc())
                .limit(1)
            )
            .mappings()
            .first()
        )
        return None if row is None else journal_row_of(row)

    def _locked(self, connection: Connection, session_id: UUID) -> SessionState:
        """Read the session with its row locked, so that no run begins meanwhile.

        Raises:
            ExportRunningError: one is going on.
        """
        key = self._do.session_key
        connection.execute(sa.select(key.column).where(key.column == key.encode(session_id)).with_for_update())
        state = self._transactions.state(connection, session_id)
        if state.status == SessionStatus.EXPORTING:
            raise ExportRunningError(
                "An export of this session is running.",
                session_id=session_id,
                recovery_actions=["Cancel the export, or wait until it has ended."],
            )
        return state

    def _keep(self, connection: Connection, state: SessionState, entry: Entry) -> None:
        self._transactions.keep(connection, current_lease(state), entry)
