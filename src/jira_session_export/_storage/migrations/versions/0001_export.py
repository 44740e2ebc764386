"""The export's tables, and its columns on the tables of sessions and tickets.

Written out instead of taken from the models, because a revision must not change with them.
"""

from typing import Any

import sqlalchemy as sa
from alembic import context, op
from sqlalchemy.dialects.postgresql import JSONB

from jira_session_export._storage.migrations import HostTables
from jira_session_export._storage.migrations.columns import add_missing

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_UUID = sa.String(36).with_variant(sa.Uuid(), "postgresql")
_MOMENT = sa.DateTime(timezone=True)
_JSON = sa.JSON().with_variant(JSONB(), "postgresql")
_ZERO = sa.text("0")
_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _session_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("current_stage", sa.String(20), server_default="review"),
        sa.Column("status", sa.String(20), server_default="ready"),
        sa.Column("export_task_id", _UUID),
        sa.Column("export_started_at", _MOMENT),
        sa.Column("export_failed_at", _MOMENT),
        sa.Column("failed_at_ticket_order", sa.Integer()),
        sa.Column("export_retry_count", sa.Integer(), server_default=_ZERO),
        sa.Column("completed_at", _MOMENT),
        sa.Column("export_last_task_id", _UUID),
        sa.Column("export_first_error_at", _MOMENT),
        sa.Column("export_failure", _JSON),
        sa.Column("export_crash_count", sa.Integer(), server_default=_ZERO, nullable=False),
        sa.Column("export_current_title", sa.Text()),
        sa.Column("export_seconds", sa.Float(), server_default=_ZERO, nullable=False),
        sa.Column("export_cancel_requested", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("export_token", sa.Integer(), server_default=_ZERO, nullable=False),
        sa.Column("export_lease_owner", sa.Text()),
        sa.Column("export_lease_expires_at", _MOMENT),
        sa.Column("export_total", sa.Integer(), server_default=_ZERO, nullable=False),
        sa.Column("export_exported", sa.Integer(), server_default=_ZERO, nullable=False),
        sa.Column("export_links_created", sa.Integer(), server_default=_ZERO, nullable=False),
        sa.Column("export_manual_fix_count", sa.Integer(), server_default=_ZERO, nullable=False),
    ]


def _ticket_columns() -> list[sa.Column[Any]]:
    return [
        sa.Column("jira_export_status", sa.String(20), server_default="pending"),
        sa.Column("jira_ticket_key", sa.Text()),
        sa.Column("jira_ticket_url", sa.Text()),
        sa.Column("exported_at", _MOMENT),
        sa.Column("jira_issue_id", sa.Text()),
        sa.Column("export_attempt", sa.Integer(), server_default=_ZERO, nullable=False),
        sa.Column("export_intent_at", _MOMENT),
        sa.Column("export_intent_fixes", _JSON),
        sa.Column("export_follow_ups", _JSON),
        sa.Column("export_orphans", _JSON),
    ]


def upgrade() -> None:
    """Add the columns to the host's tables, or create ours; then the tables beside them."""
    tables: HostTables | None = context.config.attributes["host_tables"]
    if tables is None:
        _create_own_tables()
    else:
        add_missing(tables.sessions, _session_columns())
        add_missing(tables.tickets, _ticket_columns())
    _create_tables_beside()


def _create_own_tables() -> None:
    op.create_table(
        "sessions",
        sa.Column("id", _UUID, primary_key=True),
        sa.Column("project_key", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text()),
        *_session_columns(),
    )
    op.create_index("export_sessions_by_status", "sessions", ["status"])
    op.create_table(
        "tickets",
        sa.Column("session_id", _UUID, sa.ForeignKey("sessions.id"), primary_key=True),
        sa.Column("id", _UUID, primary_key=True),
        sa.Column("ticket_order", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        *_ticket_columns(),
    )


def _create_tables_beside() -> None:
    op.create_table(
        "export_steps",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("session_id", _UUID, nullable=False),
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("kind", sa.String(20), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("done", sa.Boolean(), nullable=False),
        sa.Column("jira_id", sa.Text()),
        sa.UniqueConstraint("session_id", "ticket_id", "kind", "target", name="export_steps_once"),
    )
    op.create_table(
        "export_manual_fixes",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("session_id", _UUID, nullable=False),
        sa.Column("ticket_id", _UUID, nullable=False),
        sa.Column("step_id", _NUMBER, sa.ForeignKey("export_steps.id")),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("asked_for", sa.Text(), nullable=False),
        sa.Column("done_instead", sa.Text(), nullable=False),
        sa.Column("recommended_action", sa.Text(), nullable=False),
    )
    op.create_index("export_manual_fixes_by_ticket", "export_manual_fixes", ["session_id", "ticket_id"])
    op.create_table(
        "export_journal",
        sa.Column("id", _NUMBER, primary_key=True),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("session_id", _UUID, nullable=False),
        sa.Column("ticket_id", _UUID),
        sa.Column("attempt", sa.Integer()),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("trace_id", sa.Text()),
        sa.Column("data", _JSON, nullable=False),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("lease_owner", sa.Text(), nullable=False),
    )
    op.create_index("export_journal_by_session", "export_journal", ["session_id", "id"])
