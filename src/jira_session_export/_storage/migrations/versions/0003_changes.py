"""What was exported of each ticket, so that later edits can be told, and how many tickets are left out."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import context, op

from jira_session_export._storage.migrations import HostTables

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns to the tables of sessions and tickets, the host's or ours."""
    tables: HostTables = context.config.attributes["host_tables"] or HostTables()
    _add_missing(
        tables.sessions, [sa.Column("export_left_out", sa.Integer(), server_default=sa.text("0"), nullable=False)]
    )
    _add_missing(
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


def _add_missing(table: str, columns: Sequence[sa.Column[object]]) -> None:
    schema, _, name = table.rpartition(".")
    present: set[str] = set()
    if not op.get_context().as_sql:
        present = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(name, schema=schema or None)}
    for column in columns:
        if column.name not in present:
            op.add_column(name, column, schema=schema or None)
