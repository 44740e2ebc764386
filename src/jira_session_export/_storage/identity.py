"""How a PostgreSQL database is told from all others."""

IDENTITY = (
    "SELECT concat_ws(' ', system_identifier, (SELECT oid FROM pg_database WHERE datname = current_database()), "
    "current_schemas(false)) FROM pg_control_system()"
)
"""The cluster's number, the database's, and where names are looked up: where all three are the same, two connections
can do each other's work."""
