"""The files of one session as an export reads them: whatever an opener does, it ends in time, with a sentence."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import anyio

from jira_session_export._attachments.files import LocalFiles
from jira_session_export._attachments.protocols import AttachmentOpener, StoredFile
from jira_session_export._models import Attachment
from jira_session_export.errors import (
    AttachmentError,
    AttachmentMissingError,
    AttachmentUnavailableError,
    JiraSessionExportError,
)

ANSWER_SECONDS = 60.0
"""The longest that an opener may take to look at a file, to open it, or to give its next piece."""


class SessionFiles:
    """The files of a session's tickets.

    Args:
        answer_seconds: the longest wait for one answer of the opener.
    """

    def __init__(self, opener: AttachmentOpener, session_id: UUID, *, answer_seconds: float = ANSWER_SECONDS) -> None:
        self._opener = opener
        self._session_id = session_id
        self._answer_seconds = answer_seconds

    async def stat(self, attachment: Attachment) -> StoredFile:
        """Look at a file.

        Raises:
            AttachmentError: it cannot be read.
            StoreUnavailableError: it lies in the database, which did not answer.
        """
        with self._in_words(attachment), anyio.fail_after(self._answer_seconds):
            return await self._opener.stat(self._session_id, attachment)

    async def size(self, content: bytes | Attachment) -> int | None:
        """Bytes of what is to be uploaded; None when it cannot be read. Raises `StoreUnavailableError`."""
        if isinstance(content, bytes):
            return len(content)
        try:
            return (await self.stat(content)).size
        except AttachmentError:
            return None

    async def to_send(self, content: bytes | Attachment) -> "bytes | Path | FileToSend":
        """What a client of Jira uploads. Raises as `stat`."""
        if isinstance(content, bytes):
            return content
        if type(self._opener) is LocalFiles:
            return content.path
        return FileToSend(self, content, await self.stat(content))

    @asynccontextmanager
    async def opened(self, attachment: Attachment, stored: StoredFile) -> AsyncGenerator[AsyncIterator[bytes], None]:
        """A file's bytes. Raises as `stat`."""
        opening = self._opener.open(self._session_id, attachment, stored)
        with self._in_words(attachment), anyio.fail_after(self._answer_seconds):
            pieces = await opening.__aenter__()
        try:
            yield _Pieces(self, attachment, pieces)
        finally:
            with anyio.CancelScope(shield=True), self._in_words(attachment), anyio.fail_after(self._answer_seconds):
                if isinstance(pieces, AsyncGenerator):  # it may not have come to its end
                    await pieces.aclose()
                await opening.__aexit__(None, None, None)

    async def next_piece(self, attachment: Attachment, pieces: AsyncIterator[bytes]) -> bytes:
        """The next piece of a file. Raises as `stat`, and `StopAsyncIteration`."""
        with self._in_words(attachment), anyio.fail_after(self._answer_seconds):
            return await pieces.__anext__()

    @contextmanager
    def _in_words(self, attachment: Attachment) -> Iterator[None]:
        """Raise what an opener raises as an error of ours: a host's may raise anything."""
        path, place = attachment.path.as_posix(), self._opener.place
        try:
            yield
        except (JiraSessionExportError, StopAsyncIteration):
            raise
        except TimeoutError as exc:
            reason = f"there was no answer within {self._answer_seconds:g} s"
            raise AttachmentUnavailableError(reason, path=path, place=place) from exc
        except ConnectionError as exc:
            raise AttachmentUnavailableError(exc.strerror or str(exc), path=path, place=place) from exc
        except OSError as exc:
            raise AttachmentMissingError(exc.strerror or str(exc), path=path, place=place) from exc
        except Exception as exc:
            reason = f"{type(exc).__name__}: {exc}".partition("\n")[0]
            raise AttachmentUnavailableError(reason, path=path, place=place) from exc


@dataclass(frozen=True, slots=True)
class FileToSend:
    """An `UploadSource`."""

    files: SessionFiles
    attachment: Attachment
    stored: StoredFile

    @property
    def size(self) -> int:
        """Bytes it has."""
        return self.stored.size

    @asynccontextmanager
    async def opened(self) -> AsyncGenerator[AsyncIterator[bytes], None]:
        """Its bytes from the start."""
        async with self.files.opened(self.attachment, self.stored) as pieces:
            yield pieces


class _Pieces:
    """An iterator by hand: a generator that is not finished needs closing."""

    def __init__(self, files: SessionFiles, attachment: Attachment, pieces: AsyncIterator[bytes]) -> None:
        self._files = files
        self._attachment = attachment
        self._pieces = pieces

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        return await self._files.next_piece(self._attachment, self._pieces)
