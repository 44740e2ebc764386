"""Opens a store from its address."""

from typing import TYPE_CHECKING

from jira_session_export._settings import ExportSettings
from jira_session_export._storage.memory import InMemoryStore
from jira_session_export.errors import SettingsError

if TYPE_CHECKING:
    from jira_session_export._storage.sqlalchemy import SqlAlchemyStore

MEMORY = "memory"


def open_store(address: str, *, pool_size: int | None = None) -> "InMemoryStore | SqlAlchemyStore":
    """The store at an address; nothing is connected to yet.

    Args:
        address: `sqlite:///exports.db`, `postgresql://user:password@host/database`, or `memory://`, which forgets
            everything with the process.
        pool_size: connections to PostgreSQL at most; None: as many as the settings have by default.

    Raises:
        SettingsError: the address cannot be read, or what it takes is not installed.
    """
    if address.partition(":")[0] == MEMORY:
        return InMemoryStore()
    try:
        from jira_session_export._storage.sqlalchemy import SqlAlchemyStore  # noqa: PLC0415 -- of an extra
    except ModuleNotFoundError as exc:
        raise SettingsError(
            f"The store needs {exc.name}, which is not installed.",
            recovery_actions=["Install it: pip install 'jira-session-export[sqlalchemy]'"],
        ) from exc
    return SqlAlchemyStore.open(address, pool_size=pool_size or ExportSettings().pool_size)


def check_encoding(server_encoding: str | None, database: str | None) -> None:
    """Refuse a PostgreSQL database that does not know how its bytes are to be read.

    Args:
        server_encoding: as the server reports it.

    Raises:
        SettingsError: it is SQL_ASCII.
    """
    if server_encoding == "SQL_ASCII":
        raise SettingsError(
            f"The PostgreSQL database {database} has the encoding SQL_ASCII, which keeps no characters.",
            recovery_actions=["Make another one: CREATE DATABASE name ENCODING 'UTF8' TEMPLATE template0"],
        )
