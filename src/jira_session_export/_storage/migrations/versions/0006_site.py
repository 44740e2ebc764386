"""Which Jira site a session is exported to."""

import sqlalchemy as sa
from alembic import context, op

from jira_session_export._storage.migrations import HostTables

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column to the table of sessions, the host's or ours."""
    tables: HostTables | None = context.config.attributes["host_tables"]
    schema, _, name = (tables.sessions if tables is not None else "sessions").rpartition(".")
    if not op.get_context().as_sql:  # a host that makes its tables from the mixins has it already
        present = sa.inspect(op.get_bind()).get_columns(name, schema=schema or None)
        if any(column["name"] == "export_site" for column in present):
            return
    op.add_column(name, sa.Column("export_site", sa.Text()), schema=schema or None)
