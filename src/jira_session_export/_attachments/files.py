"""Files on a disk: anywhere on this machine, or in a folder that several machines share."""

import errno
import os
import shutil
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Collection
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from functools import partial
from pathlib import Path, PurePosixPath
from typing import Literal
from uuid import UUID

import anyio
from anyio import to_thread

from jira_session_export._attachments.protocols import StoredFile
from jira_session_export._models import Attachment
from jira_session_export._runtime import SYSTEM_RUNTIME, Runtime
from jira_session_export.errors import (
    AttachmentError,
    AttachmentMissingError,
    AttachmentPathError,
    AttachmentUnavailableError,
)

PIECE = 256 * 1024
"""Bytes read at a time."""
CHANGED = "it was changed while it was being attached"
"""Why a file that is another one by now is not opened."""
NO_FOLDER = "there is no such folder"
_UNFINISHED = ".part"
_OUTSIDE = "it lies outside"
_NO_NAMES = {errno.ENAMETOOLONG, errno.EINVAL, errno.EILSEQ}
"""What a system says of a path that is none."""


class LocalFiles:
    """Opens files of this machine by the paths that tickets name; how files are opened unless another way is given."""

    place: str = ""
    """See `AttachmentOpener`."""

    async def stat(self, session_id: UUID, attachment: Attachment) -> StoredFile:
        """See `AttachmentOpener`."""
        # Abandoned when it takes too long: a share whose server is away may not answer for hours.
        return await to_thread.run_sync(self._stat, session_id, attachment, abandon_on_cancel=True)

    @asynccontextmanager
    async def open(
        self, session_id: UUID, attachment: Attachment, stored: StoredFile
    ) -> AsyncGenerator[AsyncIterator[bytes], None]:
        """See `AttachmentOpener`."""
        shown = attachment.path.as_posix()
        try:
            path = await to_thread.run_sync(self._path, session_id, attachment, abandon_on_cancel=True)
            file = await anyio.open_file(path, "rb")
        except (OSError, ValueError) as exc:
            raise _unreadable(exc, shown, self.place) from exc
        async with file:
            if stored.version and _version(os.fstat(file.wrapped.fileno())) != stored.version:
                raise AttachmentUnavailableError(CHANGED, path=shown, place=self.place)
            yield _pieces(file, shown, self.place)

    def _path(self, session_id: UUID, attachment: Attachment) -> Path:  # noqa: ARG002 -- of a folder it matters
        return attachment.path

    def _stat(self, session_id: UUID, attachment: Attachment) -> StoredFile:
        try:
            with self._path(session_id, attachment).open("rb") as file:  # whether it can be opened is what is asked
                found = os.fstat(file.fileno())
        except (OSError, ValueError) as exc:
            raise _unreadable(exc, attachment.path.as_posix(), self.place) from exc
        return StoredFile(found.st_size, _version(found))


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

    async def check(self) -> None:
        """See `AttachmentStorage`. A folder that is yet to be made is not there; nor is one that is not mounted."""
        try:
            await to_thread.run_sync(_look_into, self.folder, abandon_on_cancel=True)
        except FileNotFoundError as exc:
            raise AttachmentUnavailableError(NO_FOLDER, path="", place=self.place) from exc
        except OSError as exc:
            raise _unavailable(exc, "", self.place) from exc

    async def put(self, session_id: UUID, name: str, content: AsyncIterable[bytes]) -> str:
        """See `AttachmentStorage`."""
        path = stored_path(session_id, self._runtime.new_id(), name)
        target = self.folder / path
        unfinished = self._put_folder(path) / _UNFINISHED
        source = Source(content)
        try:
            await to_thread.run_sync(partial(target.parent.mkdir, parents=True, exist_ok=True))
            async with await anyio.open_file(unfinished, "xb") as file:
                async for piece in source:
                    await file.write(piece)
            await to_thread.run_sync(unfinished.replace, target)
        except BaseException as exc:
            with anyio.CancelScope(shield=True):
                await to_thread.run_sync(partial(shutil.rmtree, self._put_folder(path), ignore_errors=True))
            if isinstance(exc, OSError) and exc is not source.broken:
                raise _unavailable(exc, name, self.place, "kept") from exc
            raise
        return path

    async def remove(self, session_id: UUID, *, keep: Collection[str] = ()) -> None:
        """See `AttachmentStorage`."""
        try:
            await to_thread.run_sync(self._remove, session_id, frozenset(keep))
        except OSError as exc:
            raise _unavailable(exc, str(session_id), self.place, "removed") from exc

    async def sessions(self, *, older_than: datetime) -> Collection[UUID]:
        """See `AttachmentStorage`."""
        try:
            return await to_thread.run_sync(self._sessions, older_than.timestamp())
        except OSError as exc:
            raise _unavailable(exc, "", self.place) from exc

    def _path(self, session_id: UUID, attachment: Attachment) -> Path:  # noqa: ARG002
        shown = attachment.path.as_posix()
        root = Path(os.path.realpath(self.folder))
        path = Path(os.path.realpath(root / attachment.path))  # of links in a circle it makes none, and opening says so
        if path.is_relative_to(root):
            return path
        named = Path(os.path.normpath(self.folder / attachment.path))
        if named.is_relative_to(self.folder):  # through a symbolic link, which may lead elsewhere on another machine
            raise AttachmentMissingError(_OUTSIDE, path=shown, place=self.place)
        raise AttachmentPathError(_OUTSIDE, path=shown, place=self.place)

    def _stat(self, session_id: UUID, attachment: Attachment) -> StoredFile:
        try:
            return super()._stat(session_id, attachment)
        except AttachmentMissingError as exc:
            if os.path.exists(self.folder):  # noqa: PTH110 -- raises nothing where a folder above may not be looked into
                raise
            raise AttachmentMissingError(NO_FOLDER, path=exc.path, place=exc.place) from exc

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


class Source:
    """What is to be kept. It remembers what broke it: that may be an OSError, and is not the place's."""

    def __init__(self, content: AsyncIterable[bytes]) -> None:
        self._content = content
        self.broken: Exception | None = None

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._content:
                yield piece
        except Exception as exc:
            self.broken = exc
            raise


def stored_path(session_id: UUID, put_id: UUID, name: str) -> str:
    """The path of a file that is kept: its session, a part that no other file has, and its name.

    Raises:
        ValueError: the name is no relative path that leads down.
    """
    parts = PurePosixPath(name).parts
    if not parts or name.startswith("/") or "\0" in name or ".." in parts:
        raise ValueError(f"{name!r} is no relative path that leads down")
    return f"{session_id}/{put_id.hex}/{'/'.join(parts)}"


def checked_path(attachment: Attachment, place: str) -> str:
    """The path of a file where paths are no folder's, but keys.

    Raises:
        AttachmentPathError: it leads upwards, or has what no key has.
    """
    path = attachment.path.as_posix()
    if ".." in attachment.path.parts:
        raise AttachmentPathError(_OUTSIDE, path=path, place=place)
    try:
        has_nul = b"\0" in path.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        raise AttachmentPathError("its path cannot be encoded", path=path, place=place) from None
    if has_nul:
        raise AttachmentPathError("its path has a NUL", path=path, place=place)
    return path


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


def _version(found: os.stat_result) -> str:
    return f"{found.st_size}-{found.st_mtime_ns}"


def _look_into(folder: Path) -> None:
    with os.scandir(folder) as entries:
        next(entries, None)


def _unreadable(exc: OSError | ValueError, path: str, place: str) -> AttachmentError:
    """Why a file cannot be opened. ValueError: its path has a NUL, or cannot be encoded."""
    if isinstance(exc, OSError) and exc.errno not in _NO_NAMES:
        return AttachmentMissingError(exc.strerror or str(exc), path=path, place=place)
    reason = exc.strerror if isinstance(exc, OSError) else None
    return AttachmentPathError(reason or f"its path is none: {exc}", path=path, place=place)


def _unavailable(
    exc: OSError, path: str, place: str, action: Literal["read", "kept", "removed"] = "read"
) -> AttachmentUnavailableError:
    """What the system said of a file, or of all files where `path` is empty, as an error that may pass."""
    return AttachmentUnavailableError(exc.strerror or str(exc), path=path, place=place, action=action)


async def _pieces(file: anyio.AsyncFile[bytes], path: str, place: str) -> AsyncIterator[bytes]:
    try:
        while piece := await file.read(PIECE):
            yield piece
    except OSError as exc:
        raise _unavailable(exc, path, place) from exc
