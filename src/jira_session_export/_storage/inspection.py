"""What a store tells of all its exports at once, for whoever operates them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from jira_session_export._journal import SessionState


@dataclass(frozen=True, slots=True)
class ExportingSession:
    """A session that is exporting, at work or not.

    Attributes:
        state: its state.
        last_entry_at: when the newest entry of its audit trail was written.
    """

    state: SessionState
    last_entry_at: datetime | None


@dataclass(frozen=True, slots=True)
class UnknownIssue:
    """A ticket whose issue was announced and never recorded, in a session that nobody works on.

    Attributes:
        session_id: the session.
        ticket_id: the ticket.
        order: its place in the session.
        title: its title.
        announced_at: when the create was about to be sent.
    """

    session_id: UUID
    ticket_id: UUID
    order: int
    title: str
    announced_at: datetime


@dataclass(frozen=True, slots=True)
class ConnectionCount:
    """Connections of a PostgreSQL server, those of other programs among them.

    Attributes:
        used: that are open.
        allowed: that an ordinary account may open: `max_connections` without those kept for superusers.
    """

    used: int
    allowed: int


@dataclass(frozen=True, slots=True)
class StoreInspection:
    """What there is in a store.

    Attributes:
        database: `sqlite` or `postgresql`.
        revision: of the tables; None when there are none.
        known_revision: the newest that this program knows.
        sessions: how many there are of each status; empty unless the tables are as this program knows them.
        exporting: the sessions that are exporting, those started first first.
        unknown_issues: issues of which nobody knows whether they exist; the next run of their session finds out.
        connections: of the server; None for SQLite.
    """

    database: str
    revision: str | None
    known_revision: str
    sessions: Mapping[str, int]
    exporting: Sequence[ExportingSession]
    unknown_issues: Sequence[UnknownIssue]
    connections: ConnectionCount | None

    @property
    def is_up_to_date(self) -> bool:
        """Whether the tables are as this program knows them."""
        return self.revision == self.known_revision
