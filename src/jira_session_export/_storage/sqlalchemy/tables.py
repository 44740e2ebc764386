"""The tables: mixins for a host's own tables, the default tables, and the tables that both need in addition."""

from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    BigInteger,
    Boolean,
    Double,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from jira_session_export._storage.sqlalchemy.types import Json, Line, UtcDateTime, UuidText

_ZERO = text("0")
# SQLite numbers rows by itself only in a column of exactly this type.
_Number = BigInteger().with_variant(Integer, "sqlite")


class ExportSessionMixin:
    """The columns an export needs on a table of sessions.

    The table also needs the attributes `id` (a UUID, or a text that is one) and `project_key`; `name` and `owner` are
    used when there. Attributes called otherwise are made known with `sqlalchemy.orm.synonym`.
    """

    current_stage: Mapped[str | None] = mapped_column(String(20), server_default="review", sort_order=100)
    status: Mapped[str | None] = mapped_column(String(20), server_default="ready", sort_order=100)
    export_task_id: Mapped[UUID | None] = mapped_column(UuidText, sort_order=100)
    export_started_at: Mapped[datetime | None] = mapped_column(UtcDateTime, sort_order=100)
    export_failed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, sort_order=100)
    failed_at_ticket_order: Mapped[int | None] = mapped_column(Integer, sort_order=100)
    export_retry_count: Mapped[int | None] = mapped_column(Integer, server_default=_ZERO, sort_order=100)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime, sort_order=100)

    export_last_task_id: Mapped[UUID | None] = mapped_column(UuidText, sort_order=101)
    export_first_error_at: Mapped[datetime | None] = mapped_column(UtcDateTime, sort_order=101)
    export_failure: Mapped[dict[str, Any] | None] = mapped_column(Json, sort_order=101)
    export_crash_count: Mapped[int] = mapped_column(Integer, server_default=_ZERO, sort_order=101)
    export_current_title: Mapped[str | None] = mapped_column(Line, sort_order=101)
    export_seconds: Mapped[float] = mapped_column(Float, server_default=_ZERO, sort_order=101)
    export_cancel_requested: Mapped[bool] = mapped_column(Boolean, server_default=false(), sort_order=101)
    export_token: Mapped[int] = mapped_column(Integer, server_default=_ZERO, sort_order=101)
    export_lease_owner: Mapped[str | None] = mapped_column(Line, sort_order=101)
    export_lease_expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime, sort_order=101)
    export_waiting_until: Mapped[datetime | None] = mapped_column(UtcDateTime, sort_order=101)
    export_total: Mapped[int] = mapped_column(Integer, server_default=_ZERO, sort_order=101)
    export_exported: Mapped[int] = mapped_column(Integer, server_default=_ZERO, sort_order=101)
    export_links_created: Mapped[int] = mapped_column(Integer, server_default=_ZERO, sort_order=101)
    export_manual_fix_count: Mapped[int] = mapped_column(Integer, server_default=_ZERO, sort_order=101)
    export_archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime, sort_order=101)
    export_left_out: Mapped[int] = mapped_column(Integer, server_default=_ZERO, sort_order=101)
    export_site: Mapped[str | None] = mapped_column(Line, sort_order=101)
    export_held_up: Mapped[dict[str, Any] | None] = mapped_column(Json, sort_order=101)


class ExportTicketMixin:
    """The columns an export needs on a table of tickets.

    The table also needs the attributes `id` and `session_id` (UUIDs, or texts that are), `order` (an integer, unique in
    the session) and `title`. Attributes called otherwise are made known with `sqlalchemy.orm.synonym`.
    """

    jira_export_status: Mapped[str | None] = mapped_column(String(20), server_default="pending", sort_order=100)
    jira_ticket_key: Mapped[str | None] = mapped_column(Line, sort_order=100)
    jira_ticket_url: Mapped[str | None] = mapped_column(Line, sort_order=100)
    exported_at: Mapped[datetime | None] = mapped_column(UtcDateTime, sort_order=100)

    jira_issue_id: Mapped[str | None] = mapped_column(Line, sort_order=101)
    export_attempt: Mapped[int] = mapped_column(Integer, server_default=_ZERO, sort_order=101)
    export_intent_at: Mapped[datetime | None] = mapped_column(UtcDateTime, sort_order=101)
    export_intent_fixes: Mapped[list[Any] | None] = mapped_column(Json, sort_order=101)
    export_follow_ups: Mapped[list[Any] | None] = mapped_column(Json, sort_order=101)
    export_orphans: Mapped[list[Any] | None] = mapped_column(Json, sort_order=101)
    export_title: Mapped[str | None] = mapped_column(Line, sort_order=101)
    export_fingerprint: Mapped[str | None] = mapped_column(Line, sort_order=101)
    export_removed: Mapped[bool] = mapped_column(Boolean, server_default=false(), sort_order=101)


class ExportBase(DeclarativeBase):
    """The tables exports need besides those of sessions and tickets. No foreign keys: a host's keys are its own."""

    metadata: ClassVar[MetaData] = MetaData()


class StepRow(ExportBase):
    """A step after the create, done or given up."""

    __tablename__ = "export_steps"
    __table_args__ = (UniqueConstraint("session_id", "ticket_id", "kind", "target", name="export_steps_once"),)

    id: Mapped[int] = mapped_column(_Number, primary_key=True)
    session_id: Mapped[UUID] = mapped_column(UuidText)
    ticket_id: Mapped[UUID] = mapped_column(UuidText)
    kind: Mapped[str] = mapped_column(String(20))
    target: Mapped[str] = mapped_column(Line)
    done: Mapped[bool] = mapped_column(Boolean)
    jira_id: Mapped[str | None] = mapped_column(Line)


class ManualFixRow(ExportBase):
    """A thing to put right by hand, of an issue that exists; `step_id` is set when a step left it."""

    __tablename__ = "export_manual_fixes"
    __table_args__ = (Index("export_manual_fixes_by_ticket", "session_id", "ticket_id"),)

    id: Mapped[int] = mapped_column(_Number, primary_key=True)
    session_id: Mapped[UUID] = mapped_column(UuidText)
    ticket_id: Mapped[UUID] = mapped_column(UuidText)
    step_id: Mapped[int | None] = mapped_column(ForeignKey("export_steps.id"))
    kind: Mapped[str] = mapped_column(String(40))
    field: Mapped[str] = mapped_column(Line)
    asked_for: Mapped[str] = mapped_column(Line)
    done_instead: Mapped[str] = mapped_column(Line)
    recommended_action: Mapped[str] = mapped_column(Line)


class FixMarkRow(ExportBase):
    """A manual fix that somebody has done; `id` is made of what the fix says."""

    __tablename__ = "export_fix_marks"
    __table_args__ = (Index("export_fix_marks_by_session", "session_id"),)

    id: Mapped[UUID] = mapped_column(UuidText, primary_key=True)
    session_id: Mapped[UUID] = mapped_column(UuidText)
    done_by: Mapped[str | None] = mapped_column(Line)
    done_at: Mapped[datetime] = mapped_column(UtcDateTime)


class JournalEntryRow(ExportBase):
    """The audit trail: every entry, with the lease it was written under."""

    __tablename__ = "export_journal"
    __table_args__ = (Index("export_journal_by_session", "session_id", "id"),)

    id: Mapped[int] = mapped_column(_Number, primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    session_id: Mapped[UUID] = mapped_column(UuidText)
    ticket_id: Mapped[UUID | None] = mapped_column(UuidText)
    attempt: Mapped[int | None] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(40))
    trace_id: Mapped[str | None] = mapped_column(Line)
    data: Mapped[dict[str, Any]] = mapped_column(Json)
    token: Mapped[int] = mapped_column(Integer)
    lease_owner: Mapped[str] = mapped_column(Line)


class SiteLimitRow(ExportBase):
    """What Jira has said about the limits of an endpoint of a site, for all processes. Times: seconds since 1970."""

    __tablename__ = "export_site_limits"

    site: Mapped[str] = mapped_column(Line, primary_key=True)
    endpoint: Mapped[str] = mapped_column(Line, primary_key=True)
    not_before: Mapped[float] = mapped_column(Double)
    last_place: Mapped[float] = mapped_column(Double)
    rate: Mapped[float] = mapped_column(Double)
    rated_at: Mapped[float] = mapped_column(Double)
    corrected: Mapped[bool] = mapped_column(Boolean)
    reason: Mapped[str | None] = mapped_column(Line)


class AttachmentRow(ExportBase):
    """A file of a ticket that is kept in the database; without a size it is not there yet, or never came to be."""

    __tablename__ = "export_attachments"
    __table_args__ = (UniqueConstraint("session_id", "path", name="export_attachments_once"),)

    id: Mapped[UUID] = mapped_column(UuidText, primary_key=True)
    session_id: Mapped[UUID] = mapped_column(UuidText)
    path: Mapped[str] = mapped_column(Line)
    size: Mapped[int | None] = mapped_column(BigInteger)
    stored_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AttachmentPieceRow(ExportBase):
    """A piece of such a file."""

    __tablename__ = "export_attachment_pieces"

    attachment_id: Mapped[UUID] = mapped_column(UuidText, primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class OwnBase(DeclarativeBase):
    """The default tables, for hosts without tables of their own."""

    metadata: ClassVar[MetaData] = MetaData()


class SessionRow(ExportSessionMixin, OwnBase):
    """A session as we store it when the host has no table of its own."""

    __tablename__ = "sessions"
    __table_args__ = (Index("export_sessions_by_status", "status"),)

    id: Mapped[UUID] = mapped_column(UuidText, primary_key=True)
    project_key: Mapped[str] = mapped_column(Line)
    name: Mapped[str] = mapped_column(Line)
    owner: Mapped[str | None] = mapped_column(Line)
    content_version: Mapped[int] = mapped_column(Integer, server_default=_ZERO)


class TicketRow(ExportTicketMixin, OwnBase):
    """A ticket as we store it; `content` is the `Ticket` as JSON.

    The key is the pair, because a batch file may be exported to two projects with the same ticket ids.
    """

    __tablename__ = "tickets"

    session_id: Mapped[UUID] = mapped_column(UuidText, ForeignKey("sessions.id"), primary_key=True)
    id: Mapped[UUID] = mapped_column(UuidText, primary_key=True)
    order: Mapped[int] = mapped_column("ticket_order", Integer)
    title: Mapped[str] = mapped_column(Line)
    content: Mapped[str] = mapped_column(Line)
