"""The files of one session as an export reads them: whatever an opener does, it ends in time, with a sentence."""

from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import AbstractContextManager, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

import anyio

from jira_session_export._attachments.files import LocalFiles
from jira_session_export._attachments.protocols import AttachmentOpener, AttachmentStorage, StoredFile
from jira_session_export._models import Attachment
from jira_session_export.errors import (
    AttachmentError,
    AttachmentMissingError,
    AttachmentPathError,
    AttachmentUnavailableError,
    JiraSessionExportError,
)

ANSWER_SECONDS = 60.0
"""The longest that an opener may take to look at a file, to open it, or to give its next piece."""


class SessionFiles:
    """The files of a session's tickets.

    Args:
        answer_seconds: the longest wait for one answer of the opener.
        database: what keeps files in the database of the session's state, if it can. A file that is missing may lie
            there, when processes differ in their settings.
    """

    def __init__(
        self,
        opener: AttachmentOpener,
        session_id: UUID,
        *,
        answer_seconds: float = ANSWER_SECONDS,
        database: AttachmentOpener | None = None,
    ) -> None:
        self._opener = opener
        self._session_id = session_id
        self._answer_seconds = answer_seconds
        self._database = database

    async def stat(self, attachment: Attachment) -> StoredFile:
        """Look at a file.

        Raises:
            AttachmentError: it cannot be read.
            StoreUnavailableError: it lies in the database, which did not answer.
        """
        try:
            with self._in_words(attachment), anyio.fail_after(self._answer_seconds):
                return await self._opener.stat(self._session_id, attachment)
        except (AttachmentMissingError, AttachmentPathError) as exc:
            if not (hint := await self._hint(attachment)):
                raise
            raise type(exc)(f"{exc.reason}; {hint}", path=exc.path, place=exc.place) from exc

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

    async def _hint(self, attachment: Attachment) -> str:
        """Where a file may be that is not where it is looked for, when processes differ in their settings."""
        here = type(self._opener) is LocalFiles
        if not attachment.path.as_posix().startswith(f"{self._session_id}/"):  # not one that was kept
            return "" if here or not attachment.path.is_absolute() else "its path is that of a file on one machine"
        if self._database is not None and self._opener.place != self._database.place:
            with suppress(JiraSessionExportError, TimeoutError), anyio.fail_after(self._answer_seconds):
                await self._database.stat(self._session_id, attachment)
                return f"it is in {self._database.place}, so JSE_ATTACHMENTS should be `database` here"
        if here:
            return "it was kept for all workers, and JSE_ATTACHMENTS is not set here"
        return "JSE_ATTACHMENTS may be another one where the session was loaded"

    def _in_words(self, attachment: Attachment) -> AbstractContextManager[None]:
        return _in_words(attachment.path.as_posix(), self._opener.place, self._answer_seconds)


async def unreachable_because(opener: AttachmentOpener, *, answer_seconds: float = ANSWER_SECONDS) -> str | None:
    """Why files cannot be read here now, as the end of a sentence; None when they can, or the opener cannot tell."""
    if not isinstance(opener, AttachmentStorage):
        return None
    try:
        with _in_words("", opener.place, answer_seconds), anyio.fail_after(answer_seconds):
            await opener.check()
    except AttachmentError as exc:
        return exc.reason
    except JiraSessionExportError as exc:
        return exc.user_message.rstrip(".")
    return None


@contextmanager
def _in_words(path: str, place: str, answer_seconds: float) -> Iterator[None]:
    """Raise what an opener raises as an error of ours: a host's may raise anything."""
    try:
        yield
    except (JiraSessionExportError, StopAsyncIteration):
        raise
    except TimeoutError as exc:
        reason = f"there was no answer within {answer_seconds:g} s"
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
