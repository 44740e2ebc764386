"""Reads what an operator wants to know of all exports. Synchronous, over a `Connection`; writes nothing."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy import Connection, func
from sqlalchemy.orm import DeclarativeBase

from jira_session_export._journal import SessionState, SessionStatus
from jira_session_export._storage.inspection import ConnectionCount, ExportingSession, StoreInspection, UnknownIssue
from jira_session_export._storage.migrations import revision
from jira_session_export._storage.revision import HEAD
from jira_session_export._storage.sqlalchemy.statements import JOURNAL, Statements, column_of

_CONNECTIONS = sa.text(
    "SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'), "
    "(SELECT sum(CASE WHEN name = 'max_connections' THEN setting::int ELSE -setting::int END) FROM pg_settings "
    "WHERE name IN ('max_connections', 'superuser_reserved_connections', 'reserved_connections'))"
)
_AT_ONCE = 500
"""SQLite takes so many parameters, PostgreSQL plans so long."""


class Inspector:
    """The body of `SqlAlchemyStore.inspect`."""

    def __init__(
        self, statements: Statements, session_model: type[DeclarativeBase], ticket_model: type[DeclarativeBase]
    ) -> None:
        self._do = statements
        self._status = column_of(session_model, "status")
        self._intent_at = column_of(ticket_model, "export_intent_at")
        self._key = column_of(ticket_model, "jira_ticket_key")
        self._title = column_of(ticket_model, "title")

    def inspect(self, connection: Connection, *, now: datetime) -> StoreInspection:
        """A few queries; those on tables that this program does not know are left out."""
        found = revision(connection)
        is_postgresql = connection.dialect.name == "postgresql"
        known = found == HEAD
        exporting = self._exporting(connection) if known else []
        return StoreInspection(
            database=connection.dialect.name,
            revision=found,
            known_revision=HEAD,
            sessions=self._counts(connection) if known else {},
            exporting=exporting,
            unknown_issues=self._unknown(connection, exporting, now) if known else (),
            connections=ConnectionCount(*connection.execute(_CONNECTIONS).one()) if is_postgresql else None,
        )

    def _counts(self, connection: Connection) -> dict[str, int]:
        status = func.coalesce(self._status, SessionStatus.READY.value)
        rows = connection.execute(sa.select(status, func.count()).select_from(self._do.sessions).group_by(status))
        return {str(row[0]): int(row[1]) for row in rows}

    def _exporting(self, connection: Connection) -> list[ExportingSession]:
        assert self._status is not None  # noqa: S101 -- the statements require it
        rows = connection.execute(self._do.all_sessions.where(self._status == SessionStatus.EXPORTING.value))
        states: list[SessionState] = [self._do.session_state(row) for row in rows]
        latest: dict[UUID, datetime] = {}
        for at in range(0, len(states), _AT_ONCE):
            ids = [state.session_id for state in states[at : at + _AT_ONCE]]
            newest = sa.select(JOURNAL.c.session_id, func.max(JOURNAL.c.id)).where(JOURNAL.c.session_id.in_(ids))
            numbers = [row[1] for row in connection.execute(newest.group_by(JOURNAL.c.session_id))]
            entries = sa.select(JOURNAL.c.session_id, JOURNAL.c.at).where(JOURNAL.c.id.in_(numbers))
            latest |= {row[0]: row[1] for row in connection.execute(entries)}
        found = [ExportingSession(state, latest.get(state.session_id)) for state in states]
        return sorted(found, key=lambda each: (each.last_entry_at is not None, each.last_entry_at or 0))

    def _unknown(
        self, connection: Connection, exporting: Sequence[ExportingSession], now: datetime
    ) -> list[UnknownIssue]:
        """Announced, without an issue; while a worker is at a session, that is how each create looks."""
        assert self._intent_at is not None and self._key is not None and self._title is not None  # noqa: S101, PT018
        at_work = {each.state.session_id for each in exporting if each.state.lease_is_live(now)}
        rows = connection.execute(
            sa.select(
                self._do.ticket_session.column,
                self._do.ticket_key.column,
                self._do.ticket_order,
                self._title,
                self._intent_at,
            )
            .where(self._intent_at.is_not(None), self._key.is_(None))
            .order_by(self._intent_at)
        )
        found = [
            UnknownIssue(
                self._do.ticket_session.decode(row[0]), self._do.ticket_key.decode(row[1]), row[2], str(row[3]), row[4]
            )
            for row in rows
        ]
        return [each for each in found if each.session_id not in at_work]
