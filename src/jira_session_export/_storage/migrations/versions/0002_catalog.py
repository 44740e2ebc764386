"""Sessions can be put away, and manual fixes ticked off."""

import sqlalchemy as sa
from alembic import context, op

from jira_session_export._storage.migrations import HostTables

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_UUID = sa.String(36).with_variant(sa.Uuid(), "postgresql")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the column to the sessions, the host's or ours; then the table of marks."""
    tables: HostTables | None = context.config.attributes["host_tables"]
    schema, _, name = (tables or HostTables()).sessions.rpartition(".")
    if op.get_context().as_sql or "export_archived_at" not in {
        column["name"] for column in sa.inspect(op.get_bind()).get_columns(name, schema=schema or None)
    }:
        op.add_column(name, sa.Column("export_archived_at", _MOMENT), schema=schema or None)
    op.create_table(
        "export_fix_marks",
        sa.Column("id", _UUID, primary_key=True),
        sa.Column("session_id", _UUID, nullable=False),
        sa.Column("done_by", sa.Text()),
        sa.Column("done_at", _MOMENT, nullable=False),
    )
    op.create_index("export_fix_marks_by_session", "export_fix_marks", ["session_id"])
