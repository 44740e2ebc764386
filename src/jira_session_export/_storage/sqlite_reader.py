"""Reads where exports are from a SQLite file of ours, by Python's own driver.

For the command's `status` and `results`, which scripts call often: importing SQLAlchemy took three quarters of their
time (`make bench`, imports). `SqlAlchemyStore` reads the same; a test holds the two equal, column by column.
"""

import json
import os
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self
from uuid import UUID

from jira_session_export._journal import SessionState, TicketState
from jira_session_export._models import Session, Ticket
from jira_session_export._storage.records import stored_ticket
from jira_session_export._storage.revision import HEAD, VERSION_TABLE
from jira_session_export._storage.rows import (
    SESSION_COLUMNS,
    TICKET_COLUMNS,
    session_state,
    ticket_state,
    with_details,
)
from jira_session_export._storage.sqlite_file import read_only, sqlite_path
from jira_session_export.errors import SessionNotFoundError, StoreUnavailableError

BUSY_SECONDS = 10
_BESIDE = ("project_key", "name", "owner", "content_version")
"""Columns of a session beside those of its export."""


def _moment(value: str) -> datetime:
    return datetime.fromisoformat(value).replace(tzinfo=UTC)


DECODERS: Mapping[str, Callable[[Any], Any]] = {
    "ticket_id": UUID,
    "export_task_id": UUID,
    "export_last_task_id": UUID,
    "export_started_at": _moment,
    "export_failed_at": _moment,
    "export_first_error_at": _moment,
    "completed_at": _moment,
    "export_lease_expires_at": _moment,
    "export_archived_at": _moment,
    "export_waiting_until": _moment,
    "exported_at": _moment,
    "export_intent_at": _moment,
    "export_failure": json.loads,
    "export_held_up": json.loads,
    "export_intent_fixes": json.loads,
    "export_follow_ups": json.loads,
    "export_orphans": json.loads,
    "export_cancel_requested": bool,
    "export_removed": bool,
    "done": bool,
}
"""Column → how its value is read; the others are what SQLite gives."""


class SqliteReader:
    """The questions of `SessionStore` that a report asks, answered from a file."""

    def __init__(self, path: Path) -> None:
        self._path = path

    @classmethod
    def of(cls, address: str) -> Self | None:
        """A reader of that database; None when it is not a file of ours, or its tables are not up to date."""
        path = sqlite_path(address)
        if path is None or "?" in address or not path.is_file():
            return None
        reader = cls(path)
        try:
            with reader._connected() as connection:
                found = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608
        except StoreUnavailableError:
            return None  # the store says what is wrong with it
        return reader if found is not None and found[0] == HEAD else None

    async def state(self, session_id: UUID) -> SessionState:
        """See `ExportStore`."""
        with self._connected() as connection:
            return self._state(connection, session_id)

    async def sessions(self) -> Sequence[SessionState]:
        """All sessions: those never started first, then by start, latest first."""
        columns = ", ".join(("id", *_BESIDE, *SESSION_COLUMNS))
        order = "export_started_at IS NOT NULL, export_started_at DESC"
        with self._connected() as connection:
            rows = connection.execute(f"SELECT {columns} FROM sessions ORDER BY {order}").fetchall()  # noqa: S608
        return [_session_state(UUID(row["id"]), row) for row in rows]

    async def ticket_states(self, session_id: UUID) -> Sequence[TicketState]:
        """See `ExportStore`."""
        key = str(session_id)
        columns = ", ".join(("id", "ticket_order", "title", *TICKET_COLUMNS))
        with self._connected() as connection:
            connection.execute("BEGIN")  # the three queries see the same moment
            heads = connection.execute(
                f"SELECT {columns} FROM tickets WHERE session_id = ? ORDER BY ticket_order",  # noqa: S608
                (key,),
            ).fetchall()
            if not heads:
                self._state(connection, session_id)
            steps, fixes = (
                connection.execute(f"SELECT * FROM {table} WHERE session_id = ? ORDER BY id", (key,)).fetchall()  # noqa: S608
                for table in ("export_steps", "export_manual_fixes")
            )
        return with_details(
            [
                ticket_state(UUID(row["id"]), row["ticket_order"], row["title"], _values(row, TICKET_COLUMNS))
                for row in heads
            ],
            steps=map(_decoded, steps),
            fixes=map(_decoded, fixes),
        )

    async def session(self, session_id: UUID) -> Session:
        """See `SessionSource`."""
        with self._connected() as connection:
            connection.execute("BEGIN")  # the two queries see the same moment
            state = self._state(connection, session_id)
            rows = connection.execute(
                "SELECT content, ticket_order, id FROM tickets WHERE session_id = ? ORDER BY ticket_order",
                (str(session_id),),
            ).fetchall()
        tickets = tuple(stored_ticket(content, order, UUID(key)) for content, order, key in rows)
        return Session(
            id=session_id, project_key=state.project_key, name=state.name, owner=state.owner, tickets=tickets
        )

    async def ticket(self, session_id: UUID, ticket_id: UUID) -> Ticket:
        """See `SessionSource`."""
        with self._connected() as connection:
            row = connection.execute(
                "SELECT content, ticket_order FROM tickets WHERE session_id = ? AND id = ?",
                (str(session_id), str(ticket_id)),
            ).fetchone()
        if row is None:
            raise SessionNotFoundError(session_id=session_id)
        return stored_ticket(row["content"], row["ticket_order"], ticket_id)

    def _state(self, connection: sqlite3.Connection, session_id: UUID) -> SessionState:
        columns = ", ".join((*_BESIDE, *SESSION_COLUMNS))
        row = connection.execute(f"SELECT {columns} FROM sessions WHERE id = ?", (str(session_id),)).fetchone()  # noqa: S608
        if row is None:
            raise SessionNotFoundError(session_id=session_id)
        return _session_state(session_id, row)

    @contextmanager
    def _connected(self) -> Iterator[sqlite3.Connection]:
        try:
            # Read-only only where it must be: then SQLite cannot recover what a killed process left in the
            # write-ahead log.
            writable = os.access(self._path, os.W_OK) and os.access(self._path.parent, os.W_OK)
            uri = f"{self._path.absolute().as_uri()}?mode=rw" if writable else read_only(self._path)
            with closing(sqlite3.connect(uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None)) as connection:
                connection.row_factory = sqlite3.Row
                yield connection
        except sqlite3.Error as error:
            raise StoreUnavailableError(f"The database did not answer: {error}") from error


def _session_state(session_id: UUID, row: sqlite3.Row) -> SessionState:
    return session_state(
        session_id,
        row["project_key"],
        row["name"],
        row["owner"],
        _values(row, SESSION_COLUMNS),
        content_version=row["content_version"],
    )


def _values(row: sqlite3.Row, columns: Sequence[str]) -> list[Any]:
    decoded = _decoded(row)
    return [decoded[column] for column in columns]


def _decoded(row: sqlite3.Row) -> dict[str, Any]:
    return {
        column: DECODERS[column](value) if value is not None and column in DECODERS else value
        for column, value in zip(row.keys(), row, strict=True)
    }
