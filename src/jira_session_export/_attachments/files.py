"""Files on a disk: anywhere on this machine, or in a folder that several machines share."""

import os
import shutil
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path, PurePosixPath
from uuid import UUID

import anyio
from anyio import to_thread

from jira_session_export._attachments.protocols import StoredFile
from jira_session_export._models import Attachment
from jira_session_export._runtime import SYSTEM_RUNTIME, Runtime
from jira_session_export.errors import AttachmentMissingError, AttachmentUnavailableError

PIECE = 256 * 1024
"""Bytes read at a time."""
CHANGED = "it was changed while it was being attached"
"""Why a file that is another one by now is not opened."""
_UNFINISHED = ".part"


class LocalFiles:
    """Opens files of this machine by the paths that tickets name; how files are opened unless another way is given."""

    place: str = ""
    """See `AttachmentOpener`."""

    async def stat(self, session_id: UUID, attachment: Attachment) -> StoredFile:
        """See `AttachmentOpener`."""
        return await to_thread.run_sync(partial(_stat, self._path(session_id, attachment), attachment, self.place))

    @asynccontextmanager
    async def open(
        self, session_id: UUID, attachment: Attachment, stored: StoredFile
    ) -> AsyncGenerator[AsyncIterator[bytes], None]:
        """See `AttachmentOpener`."""
        path = self._path(session_id, attachment)
        shown = attachment.path.as_posix()
        try:
            file = await anyio.open_file(path, "rb")
        except OSError as exc:
            raise _unreadable(exc, shown, self.place) from exc
        async with file:
            if stored.version and _version(os.fstat(file.wrapped.fileno())) != stored.version:
                raise AttachmentUnavailableError(CHANGED, path=shown, place=self.place)
            yield _pieces(file, shown, self.place)

    def _path(self, session_id: UUID, attachment: Attachment) -> Path:  # noqa: ARG002 -- of a folder it matters
        return attachment.path


class FolderAttachments(LocalFiles):
    """Keeps files in a folder, for example of a volume that every worker mounts, under any path.

    Paths of tickets are counted from the folder. What lies outside it is not opened, whatever a ticket names, also not
    through a symbolic link. Without `put`, it opens what is there.

    Args:
        folder: made when the first file is kept.
    """

    def __init__(self, folder: Path | str, *, runtime: Runtime = SYSTEM_RUNTIME) -> None:
        self.folder: Path = Path(folder).absolute()
        self.place: str = f"the folder {self.folder}"
        self._runtime = runtime

    def __repr__(self) -> str:
        return f"FolderAttachments({str(self.folder)!r})"

    async def put(self, session_id: UUID, name: str, content: AsyncIterable[bytes]) -> str:
        """See `AttachmentStorage`."""
        path = stored_path(session_id, self._runtime.new_id(), name)
        target = self.folder / path
        unfinished = self._put_folder(path) / _UNFINISHED
        try:
            await to_thread.run_sync(partial(target.parent.mkdir, parents=True, exist_ok=True))
            async with await anyio.open_file(unfinished, "xb") as file:
                async for piece in content:
                    await file.write(piece)
            await to_thread.run_sync(unfinished.replace, target)
        except BaseException as exc:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(partial(shutil.rmtree, self._put_folder(path), ignore_errors=True))
            if isinstance(exc, OSError):
                raise AttachmentUnavailableError(exc.strerror or str(exc), path=name, place=self.place) from exc
            raise
        return path

    async def remove(self, session_id: UUID, *, keep: Collection[str] = ()) -> None:
        """See `AttachmentStorage`."""
        try:
            await to_thread.run_sync(self._remove, session_id, frozenset(keep))
        except OSError as exc:
            raise AttachmentUnavailableError(exc.strerror or str(exc), path=str(session_id), place=self.place) from exc

    async def sessions(self, *, older_than: datetime) -> Collection[UUID]:
        """See `AttachmentStorage`."""
        try:
            return await to_thread.run_sync(self._sessions, older_than.timestamp())
        except OSError as exc:
            raise AttachmentUnavailableError(exc.strerror or str(exc), path="", place=self.place) from exc

    def _path(self, session_id: UUID, attachment: Attachment) -> Path:  # noqa: ARG002
        root = self.folder.resolve()
        path = (root / attachment.path).resolve()
        if not path.is_relative_to(root):
            raise AttachmentMissingError("it lies outside", path=attachment.path.as_posix(), place=self.place)
        return path

    def _put_folder(self, path: str) -> Path:
        return self.folder.joinpath(*PurePosixPath(path).parts[:2])

    def _remove(self, session_id: UUID, keep: Collection[str]) -> None:
        folder = self.folder / str(session_id)
        kept = {PurePosixPath(path).parts[1] for path in keep if path.startswith(f"{session_id}/")}
        try:
            puts = list(folder.iterdir())
        except FileNotFoundError:
            return
        for each in puts:
            if each.name not in kept:
                with suppress(FileNotFoundError):  # another process removes the same
                    shutil.rmtree(each)
        with suppress(OSError):  # not empty
            folder.rmdir()

    def _sessions(self, older_than: float) -> Collection[UUID]:
        try:
            found = [each for each in self.folder.iterdir() if is_uuid(each.name)]
        except FileNotFoundError:
            return []
        return [UUID(each.name) for each in found if _youngest(each) < older_than]


def stored_path(session_id: UUID, put_id: UUID, name: str) -> str:
    """The path of a file that is kept: its session, a part that no other file has, and its name.

    Raises:
        ValueError: the name is no relative path that leads down.
    """
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or "\0" in name or ".." in parts:
        raise ValueError(f"{name!r} is no relative path that leads down")
    return f"{session_id}/{put_id.hex}/{'/'.join(parts)}"


def _youngest(folder: Path) -> float:
    """When something was put into a session's folder last."""
    try:
        return max((each.stat().st_mtime for each in (folder, *folder.iterdir())), default=0.0)
    except OSError:  # another process removes it
        return float("inf")


def is_uuid(name: str) -> bool:
    """Whether a folder is named as those of sessions are."""
    try:
        UUID(name)
    except ValueError:
        return False
    return True


def _stat(path: Path, attachment: Attachment, place: str) -> StoredFile:
    try:
        with path.open("rb") as file:  # whether it can be opened is what is asked
            found = os.fstat(file.fileno())
    except OSError as exc:
        raise _unreadable(exc, attachment.path.as_posix(), place) from exc
    return StoredFile(found.st_size, _version(found))


def _version(found: os.stat_result) -> str:
    return f"{found.st_size}-{found.st_mtime_ns}"


def _unreadable(exc: OSError, path: str, place: str) -> AttachmentMissingError:
    return AttachmentMissingError(exc.strerror or str(exc), path=path, place=place)


async def _pieces(file: anyio.AsyncFile[bytes], path: str, place: str) -> AsyncIterator[bytes]:
    try:
        while piece := await file.read(PIECE):
            yield piece
    except OSError as exc:
        raise AttachmentUnavailableError(exc.strerror or str(exc), path=path, place=place) from exc
