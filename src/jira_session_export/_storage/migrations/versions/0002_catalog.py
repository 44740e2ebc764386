"""Sessions can be put away, and manual fixes ticked off."""

import sqlalchemy as sa
from alembic import op

from jira_session_export._storage.migrations.columns import add_missing, tables_to_extend

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_UUID = sa.String(36).with_variant(sa.Uuid(), "postgresql")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Add the column to the sessions, the host's or ours; then the table of marks."""
    add_missing(tables_to_extend().sessions, [sa.Column("export_archived_at", _MOMENT)])
    op.create_table(
        "export_fix_marks",
        sa.Column("id", _UUID, primary_key=True),
        sa.Column("session_id", _UUID, nullable=False),
        sa.Column("done_by", sa.Text()),
        sa.Column("done_at", _MOMENT, nullable=False),
    )
    op.create_index("export_fix_marks_by_session", "export_fix_marks", ["session_id"])
