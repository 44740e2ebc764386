"""The files of loaded sessions: which session they belong to, and their removal when nobody refers to them."""

import shutil
from collections.abc import Collection
from pathlib import Path
from uuid import UUID

from anyio import to_thread

MARK = ".session"
"""A file in an upload's folder that names its session."""


def mark_folder(folder: Path, session_id: UUID) -> None:
    """Say whose files these are."""
    (folder / MARK).write_text(str(session_id))


async def remove_unused(uploads: Path, session_id: UUID, *, used: Collection[Path] = ()) -> None:
    """Remove the session's upload folders that hold none of the files in `used`."""
    await to_thread.run_sync(_remove_of, uploads, session_id, frozenset(used))


def _remove_of(uploads: Path, session_id: UUID, used: frozenset[Path]) -> None:
    for folder in _folders(uploads):
        if _owner(folder) == session_id and not any(path.is_relative_to(folder) for path in used):
            shutil.rmtree(folder, ignore_errors=True)


def owners(uploads: Path) -> dict[Path, UUID | None]:
    """Each upload's folder, and the session it is marked with."""
    return {folder: _owner(folder) for folder in _folders(uploads)}


def _folders(uploads: Path) -> list[Path]:
    try:
        return [entry for entry in uploads.iterdir() if entry.is_dir()]
    except FileNotFoundError:
        return []


def _owner(folder: Path) -> UUID | None:
    try:
        return UUID((folder / MARK).read_text())
    except (OSError, ValueError):
        return None
