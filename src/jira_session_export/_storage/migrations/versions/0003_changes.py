"""What was exported of each ticket, so that later edits can be told, and how many tickets are left out."""

import sqlalchemy as sa
from alembic import context, op

from jira_session_export._storage.migrations.columns import add_missing, tables_to_extend

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns to the tables of sessions and tickets, the host's or ours."""
    tables = tables_to_extend()
    add_missing(
        tables.sessions, [sa.Column("export_left_out", sa.Integer(), server_default=sa.text("0"), nullable=False)]
    )
    add_missing(
        tables.tickets,
        [
            sa.Column("export_title", sa.Text()),
            sa.Column("export_fingerprint", sa.Text()),
            sa.Column("export_removed", sa.Boolean(), server_default=sa.false(), nullable=False),
        ],
    )
    # The columns that tie a host's tickets to their sessions are not known here; the next start counts its sessions.
    if context.config.attributes["host_tables"] is None:
        op.execute(
            "UPDATE sessions SET export_left_out = (SELECT count(*) FROM tickets "
            "WHERE tickets.session_id = sessions.id AND tickets.jira_export_status = 'skipped')"
        )
