"""The tables' history, and how a database is brought up to date."""

from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy import Connection

from jira_session_export._storage.revision import HEAD, VERSION_TABLE
from jira_session_export.errors import NewerTablesError, SettingsError

if TYPE_CHECKING:
    from alembic.config import Config

_LOCK = 5_210_473  # any number, the same in every process


@dataclass(frozen=True, slots=True)
class HostTables:
    """A host's own tables, which get the export's columns.

    Attributes:
        sessions, tickets: their names, with the schema in front where it is not the default one.
    """

    sessions: str = "sessions"
    tickets: str = "tickets"


def upgrade(connection: Connection, *, host_tables: HostTables | None = None) -> None:
    """Bring a database up to date within the connection's transaction; the caller commits.

    Args:
        connection: on SQLite with its write lock taken (`BEGIN IMMEDIATE`), so that only one process migrates.
        host_tables: the tables to add the export's columns to; None creates our own.

    Raises:
        SettingsError: a name of ours is taken by a table that is not ours; nothing was changed.
        NewerTablesError: the tables are a newer version's; nothing was changed.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    found = revision(connection)
    if found == HEAD:
        return
    check_not_newer(connection)
    if found is None and host_tables is None:
        _check_names_are_free(connection)
    # Slow to import, and seldom needed.
    from alembic import command  # noqa: PLC0415

    config = _config(host_tables)
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def is_up_to_date(connection: Connection) -> bool:
    """Whether the database has the newest tables."""
    return revision(connection) == HEAD


def check_not_newer(connection: Connection, *, known: bool = False) -> bool:
    """Refuse to work on tables that another process, of a newer version, has brought up to date meanwhile.

    Args:
        known: that the tables have a revision, from an earlier answer of this; it saves a look at the catalogue.

    Returns:
        Whether the tables have a revision.

    Raises:
        NewerTablesError: they are newer than what this version knows.
    """
    found = _version(connection) if known else revision(connection)
    if found is not None and found > HEAD:
        raise NewerTablesError(
            "The database was brought up to date by a newer version of jira-session-export: "
            f"its tables are at revision {found}, this version knows {HEAD}."
        )
    return found is not None


def as_sql(dialect_name: str, *, host_tables: HostTables | None = None) -> str:
    """What `upgrade` does to a database that has seen no revision yet, as SQL.

    Args:
        dialect_name: `sqlite` or `postgresql`.
        host_tables: as for `upgrade`; every column is added, also those the tables may have already.
    """
    from alembic import command  # noqa: PLC0415 - as above

    output = StringIO()
    config = _config(host_tables)
    config.output_buffer = output
    config.attributes["dialect_name"] = dialect_name
    command.upgrade(config, "head", sql=True)
    return "\n".join(line.rstrip() for line in output.getvalue().strip().splitlines()) + "\n"


def revision(connection: Connection) -> str | None:
    """The revision of the tables; None when there are none, or a host has made them without ours."""
    if not sa.inspect(connection).has_table(VERSION_TABLE):
        return None
    return _version(connection)


def _version(connection: Connection) -> str | None:
    return connection.execute(sa.text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar_one_or_none()  # noqa: S608


def _check_names_are_free(connection: Connection) -> None:
    for name in ("sessions", "tickets"):
        if sa.inspect(connection).has_table(name):
            raise SettingsError(
                f"The database has a table {name!r} that is not ours.",
                recovery_actions=[
                    "Use a database of its own for the export.",
                    "If these are the tables to export from, give the store your models.",
                ],
            )


def _config(host_tables: HostTables | None) -> "Config":
    from alembic.config import Config  # noqa: PLC0415 - as above

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    config.attributes["host_tables"] = host_tables
    return config
