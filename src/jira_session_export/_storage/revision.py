"""Which tables a database has: what is written there, and what is the newest."""

HEAD = "0008"
"""The newest revision."""
VERSION_TABLE = "export_alembic_version"
"""Where the revision is kept; not Alembic's usual name, which is the host's."""
