"""Files of tickets, and why no worker gets on with a session."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from jira_session_export._storage.migrations.columns import add_missing, tables_to_extend

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_UUID = sa.String(36).with_variant(sa.Uuid(), "postgresql")
_JSON = sa.JSON().with_variant(JSONB(), "postgresql")


def upgrade() -> None:
    """Add the column to the table of sessions, the host's or ours; then the tables of files."""
    add_missing(tables_to_extend().sessions, [sa.Column("export_held_up", _JSON)])
    op.create_table(
        "export_attachments",
        sa.Column("id", _UUID, primary_key=True),
        sa.Column("session_id", _UUID, nullable=False),
        sa.Column("path", sa.Text, nullable=False),
        sa.Column("size", sa.BigInteger),
        sa.Column("stored_at", sa.DateTime(timezone=True), nullable=False),
        sa.UniqueConstraint("session_id", "path", name="export_attachments_once"),
    )
    op.create_table(
        "export_attachment_pieces",
        sa.Column("attachment_id", _UUID, primary_key=True),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
    )
