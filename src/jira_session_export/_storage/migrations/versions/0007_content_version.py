"""Which version of its content a session has, so that a comparison with what was exported need not be repeated."""

import sqlalchemy as sa
from alembic import context

from jira_session_export._storage.migrations import HostTables
from jira_session_export._storage.migrations.columns import add_missing

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column to our own table of sessions; a host's content changes without us."""
    if context.config.attributes["host_tables"] is None:
        column = sa.Column("content_version", sa.Integer(), nullable=False, server_default=sa.text("0"))
        add_missing(HostTables().sessions, [column])
