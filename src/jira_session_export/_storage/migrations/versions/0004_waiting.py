"""Until when a run waits because Jira has asked it to."""

import sqlalchemy as sa

from jira_session_export._storage.migrations.columns import add_missing, tables_to_extend

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column to the table of sessions, the host's or ours."""
    add_missing(tables_to_extend().sessions, [sa.Column("export_waiting_until", sa.DateTime(timezone=True))])
