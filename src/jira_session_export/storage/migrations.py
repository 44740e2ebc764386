"""The migrations of the tables (extra `sqlalchemy`).

`python -m jira_session_export.storage.migrations postgresql --host-tables` prints them as SQL.
"""

import argparse
import sys

from jira_session_export._storage.migrations import HostTables, as_sql, upgrade

__all__ = ["HostTables", "as_sql", "upgrade"]


def _main() -> None:
    parser = argparse.ArgumentParser(prog="python -m jira_session_export.storage.migrations", description=__doc__)
    parser.add_argument("database", choices=["sqlite", "postgresql"])
    parser.add_argument(
        "--host-tables",
        nargs="*",
        metavar="NAME",
        help="add the columns to these two tables (sessions and tickets by default) instead of creating ours",
    )
    arguments = parser.parse_args()
    if arguments.host_tables is not None and len(arguments.host_tables) not in (0, 2):
        parser.error("--host-tables takes two names: that of the sessions and that of the tickets")
    host_tables = None if arguments.host_tables is None else HostTables(*arguments.host_tables)
    sys.stdout.write(as_sql(arguments.database, host_tables=host_tables))


if __name__ == "__main__":
    _main()
