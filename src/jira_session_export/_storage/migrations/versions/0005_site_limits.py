"""What Jira has said about the limits of its endpoints."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "export_site_limits",
        sa.Column("site", sa.Text, primary_key=True),
        sa.Column("endpoint", sa.Text, primary_key=True),
        sa.Column("not_before", sa.Double, nullable=False),
        sa.Column("last_place", sa.Double, nullable=False),
        sa.Column("rate", sa.Double, nullable=False),
        sa.Column("rated_at", sa.Double, nullable=False),
        sa.Column("corrected", sa.Boolean, nullable=False),
        sa.Column("reason", sa.Text),
    )
