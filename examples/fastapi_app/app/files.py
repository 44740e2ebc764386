"""The files of loaded sessions: which session they belong to, and their removal when nobody refers to them."""

import asyncio
import errno
import logging
import os
import shutil
from collections.abc import Collection, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import ClassVar
from uuid import UUID

from anyio import to_thread

from app.longwork import beside
from jira_session_export import ErrorCategory, JiraSessionExportError
from jira_session_export.errors import SessionNotFoundError
from jira_session_export.storage import ExportStore
from jira_session_export.storage.attachments import AttachmentStorage

logger = logging.getLogger("jira_session_export.service")

YOUNG = timedelta(days=1)
"""Files may be so old before their session is stored."""
ANSWER_SECONDS = 20.0
"""How long what keeps files for workers elsewhere may take to say that it can be reached."""
MARK = ".session"
"""A file in an upload's folder that names its session."""


@contextmanager
def private_files(folder: Path) -> Iterator[None]:
    """Make the folder, and have all files made meanwhile readable by this service's user alone."""
    before = os.umask(0o077)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if folder.stat().st_uid == os.geteuid():
            folder.chmod(0o700)  # it may be of an earlier version
        yield
    finally:
        os.umask(before)


def has_room(folders: Collection[Path], least_free_bytes: int) -> bool:
    """Whether there is room in all of these folders."""
    return all(shutil.disk_usage(folder).free >= least_free_bytes for folder in folders)


def is_full(error: BaseException | None) -> bool:
    """Whether an error says that the disk is full, this user's part of it, or what this process may write."""
    return isinstance(error, OSError) and error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}


class DiskFullError(JiraSessionExportError):
    """There is no room for what was sent, or for what was to be kept of it."""

    code = "disk_full"
    category = ErrorCategory.ADMIN_REQUIRED
    status: ClassVar[int] = 503
    default_actions = ("Make room on the disk of JSE_DATA_DIR and of the database, then ask again.",)


def mark_folder(folder: Path, session_id: UUID) -> None:
    """Say whose files these are."""
    (folder / MARK).write_text(str(session_id))


async def remove_unused(uploads: Path, session_id: UUID, *, used: Collection[Path] = ()) -> None:
    """Remove the session's upload folders that hold none of the files in `used`."""
    await to_thread.run_sync(_remove_of, uploads, session_id, frozenset(used))


async def remove_forgotten(uploads: Path, store: ExportStore) -> None:
    """Remove the upload folders whose sessions are gone, whoever has removed those: at the start of the service."""
    for folder, session_id in (await to_thread.run_sync(owners, uploads)).items():
        if session_id is None:
            continue  # an upload under way in another process, or of an earlier version
        try:
            await store.state(session_id)
        except SessionNotFoundError:
            await to_thread.run_sync(partial(shutil.rmtree, folder, ignore_errors=True))


def looked_after(storage: AttachmentStorage, store: ExportStore, now: datetime) -> AbstractAsyncContextManager[None]:
    """Look once whether files for workers elsewhere can be kept and read, and remove those of sessions that are gone.

    Beside the service's work, as a bucket of many files takes long to list; what is not done is when the block is left.
    """
    return beside(_look_after(storage, store, now))


async def _look_after(storage: AttachmentStorage, store: ExportStore, now: datetime) -> None:
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            await storage.check()
        for session_id in await storage.sessions(older_than=now - YOUNG):
            try:
                await store.state(session_id)
            except SessionNotFoundError:
                await storage.remove(session_id)
    except JiraSessionExportError as exc:
        problem = exc.user_message
    except TimeoutError:
        problem = f"There was no answer within {ANSWER_SECONDS:g} s from {storage.place}."
    else:
        return
    logger.warning(
        "Files that are uploaded may not reach the workers: %s", problem, extra={"action": "attachments_away"}
    )


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
