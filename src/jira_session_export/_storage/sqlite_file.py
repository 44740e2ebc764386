"""What is wrong with a SQLite file before anything is asked of it; in words that say which file and what to do."""

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from jira_session_export._storage.revision import HEAD, VERSION_TABLE
from jira_session_export.errors import SettingsError

PREFIX = "sqlite:///"
_MAGIC = b"SQLite format 3\0"
_ELSEWHERE = "Name another file with --database sqlite:///PATH (store= in Python)."


def sqlite_path(address: str) -> Path | None:
    """The file of such an address; None for other databases and for those in memory."""
    name = address.removeprefix(PREFIX)
    if name == address or name in {"", ":memory:"} or name.startswith("file:"):
        return None
    return Path(name.partition("?")[0])


def check_sqlite_file(path: Path, *, writing: bool) -> None:
    """Say what keeps this file from being, or becoming, the state of exports.

    Raises:
        SettingsError: it is a folder, no SQLite database, from a newer version, or cannot be written; or its folder is
            missing.
    """
    try:
        if path.is_dir():
            raise SettingsError(f"{path} is a folder, not a state file.", recovery_actions=[_ELSEWHERE])
        if not path.exists():
            _check_folder(path, writing=writing)
            return
        with path.open("rb") as file:
            head = file.read(len(_MAGIC))
    except OSError as exc:
        raise SettingsError(
            f"The state file {path} cannot be read: {exc.strerror or exc}.",
            recovery_actions=["Change its permissions.", _ELSEWHERE],
        ) from exc
    if head and head != _MAGIC:
        raise SettingsError(f"{path} is no state file: it is no SQLite database.", recovery_actions=[_ELSEWHERE])
    if head:
        check_revision(path, revision_of(path))
    if writing and not (os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)):
        raise SettingsError(
            f"The state file {path} cannot be written: it, or its folder, is read-only for you.",
            recovery_actions=[_ELSEWHERE, "Or make the folder and the file writable."],
        )


def check_revision(path: Path, revision: str | None) -> None:
    """Refuse tables that only a newer version can read.

    Raises:
        SettingsError: they are newer than what this version knows.
    """
    if revision is not None and revision > HEAD:
        raise SettingsError(
            f"{path} was written by a newer version of jira-session-export: its tables are at revision {revision}, "
            f"this version knows {HEAD}.",
            recovery_actions=["Upgrade: pip install --upgrade jira-session-export.", _ELSEWHERE],
        )


def revision_of(path: Path) -> str | None:
    """The revision of the tables in a file; None when it holds none of ours, or cannot be asked."""
    try:
        with closing(sqlite3.connect(read_only(path), uri=True, timeout=2)) as connection:
            found = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()  # noqa: S608
    except sqlite3.Error:
        return None
    return str(found[0]) if found else None


def read_only(path: Path) -> str:
    """The URI that opens a file without writing anything, not even a write-ahead log beside it."""
    log = path.with_name(f"{path.name}-wal")
    immutable = "" if log.exists() and log.stat().st_size else "&immutable=1"
    return f"{path.absolute().as_uri()}?mode=ro{immutable}"


def _check_folder(path: Path, *, writing: bool) -> None:
    folder = path.parent
    if not folder.is_dir():
        raise SettingsError(
            f"The folder {folder} of the state file does not exist.",
            recovery_actions=[f"Make it: mkdir -p {folder}", _ELSEWHERE],
        )
    if writing and not os.access(folder, os.W_OK):
        raise SettingsError(
            f"The state file {path} cannot be made: its folder is read-only for you.",
            recovery_actions=[_ELSEWHERE, "Or make the folder writable."],
        )
