"""What the command keeps in a state file beside the export's own tables, so that nobody has to say it again.

One row a session, in a table of the command's own: which file was exported, to which site, and how its texts are
converted. It is written by Python's own driver and lives in SQLite files alone; a database that hosts share is left as
it is. No credentials are kept, and none are ever sent to an address that such a file names.
"""

import json
import sqlite3
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from jira_session_export._storage.sqlite_file import read_only, sqlite_path
from jira_session_export.errors import StoreUnavailableError

_TABLE = """CREATE TABLE IF NOT EXISTS export_command (
    session_id TEXT PRIMARY KEY, batch TEXT NOT NULL, site TEXT NOT NULL, conversion TEXT NOT NULL
)"""
BUSY_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Remembered:
    """What an export was told.

    Attributes:
        batch: absolute path of the batch file; empty for standard input.
        site: address of the Jira site.
        conversion: the options of the command that say how texts are converted, by name.
    """

    batch: str = ""
    site: str = ""
    conversion: dict[str, Any] = field(default_factory=dict)


def recall(address: str, session_id: UUID) -> Remembered:
    """What was kept of a session; nothing where nothing was."""
    return recall_all(address).get(session_id, Remembered())


def recall_all(address: str) -> dict[UUID, Remembered]:
    """What was kept of each session."""
    path = sqlite_path(address)
    if path is None or not path.is_file():
        return {}
    try:
        with closing(sqlite3.connect(read_only(path), uri=True, timeout=BUSY_SECONDS)) as connection:
            rows = connection.execute("SELECT session_id, batch, site, conversion FROM export_command").fetchall()
    except sqlite3.Error:  # an older version's file
        return {}
    return {UUID(row[0]): Remembered(row[1], row[2], json.loads(row[3])) for row in rows}


def remember(address: str, session_id: UUID, what: Remembered) -> None:
    """Keep it, in place of what was kept.

    Raises:
        StoreUnavailableError: it could not be written.
    """
    path: Path | None = sqlite_path(address)
    if path is None or not path.is_file():
        return
    values = asdict(what)
    try:
        with closing(sqlite3.connect(path, timeout=BUSY_SECONDS)) as connection, connection:
            connection.execute(_TABLE)
            connection.execute(
                "INSERT OR REPLACE INTO export_command (session_id, batch, site, conversion) VALUES (?, ?, ?, ?)",
                (str(session_id), values["batch"], values["site"], json.dumps(values["conversion"])),
            )
    except sqlite3.Error as exc:
        raise StoreUnavailableError(f"The state file {path} could not be written: {exc}") from exc
