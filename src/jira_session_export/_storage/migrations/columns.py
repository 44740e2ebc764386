"""Adds columns to the tables of sessions and tickets, the host's or ours; for revisions."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from alembic import context, op

from jira_session_export._storage.migrations import HostTables


def tables_to_extend() -> HostTables:
    """The tables that get the export's columns: those of the host that migrates, else our own."""
    tables: HostTables | None = context.config.attributes["host_tables"]
    return tables or HostTables()


def add_missing(table: str, columns: Sequence[sa.Column[Any]]) -> None:
    """Add those columns that the table lacks: a host that makes its tables from the mixins has them already."""
    schema, _, name = table.rpartition(".")
    present: set[str] = set()
    if not op.get_context().as_sql:
        present = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(name, schema=schema or None)}
    for column in columns:
        if column.name not in present:
            op.add_column(name, column, schema=schema or None)
