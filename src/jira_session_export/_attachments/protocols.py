"""The promises of what opens and keeps the files of tickets. `AttachmentConformance` checks them."""

from collections.abc import AsyncIterable, AsyncIterator, Collection
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable
from uuid import UUID

from jira_session_export._models import Attachment


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file as it is now.

    Attributes:
        size: in bytes.
        version: changes whenever the content does; empty where that cannot be told.
    """

    size: int
    version: str = ""


@runtime_checkable
class AttachmentOpener(Protocol):
    """Opens the files of tickets, wherever they are. One for all sessions of a process; used by many at once."""

    @property
    def place(self) -> str:
        """Where the files are, for people, without a secret: `the folder /srv/files`; empty when their paths say it."""

    async def stat(self, session_id: UUID, attachment: Attachment) -> StoredFile:
        """Look at a file without reading it; asked before its ticket is created.

        Raises:
            AttachmentMissingError: it is not there, or may not be read. Another machine may have it.
            AttachmentPathError: no machine could have a file of this path.
            AttachmentUnavailableError: whether it is there could not be found out now.
        """

    def open(
        self, session_id: UUID, attachment: Attachment, stored: StoredFile
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """The file's bytes from the start, piece by piece, in pieces of any size.

        Args:
            stored: as `stat` gave it; a file that is another one by now is not opened.

        Raises:
            AttachmentMissingError: it is not there any more, or may not be read; also from the iterator.
            AttachmentPathError: as of `stat`.
            AttachmentUnavailableError: it could not be read now, or it is not as `stored` says; also from the iterator.
        """


@runtime_checkable
class AttachmentStorage(AttachmentOpener, Protocol):
    """Keeps files as well, each as a part of one session."""

    async def check(self) -> None:
        """Make sure that files can be reached and read from here, at the cost of one request.

        For whoever starts, or examines: nothing is written, and no file need be there.

        Raises:
            AttachmentUnavailableError: they cannot be; for example the folder or the bucket is not there, or refuses.
                Its `path` is empty.
        """

    async def put(self, session_id: UUID, name: str, content: AsyncIterable[bytes]) -> str:
        """Keep a file. Until this returns nobody finds it, and when it fails nothing of it is found.

        Args:
            name: what it is called, for example `plan.png` or `files/plan.png`; several files may have one name.
            content: its bytes, in pieces of any size.

        Returns:
            What `Attachment.path` is to be for this file. It ends with `name`.

        Raises:
            ValueError: the name is no relative path that leads down.
            AttachmentUnavailableError: it could not be kept; its `action` is `kept`.
        """

    async def remove(self, session_id: UUID, *, keep: Collection[str] = ()) -> None:
        """Remove the session's files, but for those of the paths in `keep`; nothing happens where there are none.

        Raises:
            AttachmentUnavailableError: they may be there still; its `action` is `removed`.
        """

    async def sessions(self, *, older_than: datetime) -> Collection[UUID]:
        """The sessions of which files are kept, and none that is younger; for removing those of sessions that are gone.

        Args:
            older_than: aware. What is younger may be of a session that is just being stored.

        Raises:
            AttachmentUnavailableError: there was no answer.
        """
