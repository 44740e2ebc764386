"""Files of tickets in the database, in pieces of bounded size."""

from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import anyio
import sqlalchemy as sa
from sqlalchemy import Connection, func

from jira_session_export._attachments.files import CHANGED, checked_path, stored_path
from jira_session_export._attachments.protocols import StoredFile
from jira_session_export._models import Attachment
from jira_session_export._runtime import SYSTEM_RUNTIME, Runtime
from jira_session_export._storage.sqlalchemy.database import Access, Database
from jira_session_export._storage.sqlalchemy.statements import table_of
from jira_session_export._storage.sqlalchemy.tables import AttachmentPieceRow, AttachmentRow
from jira_session_export.errors import AttachmentMissingError, AttachmentUnavailableError

FILES = table_of(AttachmentRow)
PIECES = table_of(AttachmentPieceRow)
PIECE = 1 << 20
"""Bytes of a piece; SQLite and PostgreSQL take more, and memory holds one or two."""


class DatabaseAttachments:
    """Keeps files beside the sessions they belong to; made by `SqlAlchemyStore.attachments`.

    A file is found only in its own session, and deleting a session removes its files. Every method raises
    `StoreUnavailableError` when the database does not answer.
    """

    place: str = "the database"
    """See `AttachmentOpener`."""

    def __init__(self, database: Database, *, runtime: Runtime = SYSTEM_RUNTIME) -> None:
        self._database = database
        self._runtime = runtime

    def __repr__(self) -> str:
        return f"DatabaseAttachments({self._database.address!r})"

    async def check(self) -> None:
        """See `AttachmentStorage`. Raises `StoreUnavailableError`, as every method does."""
        await self._database.run(Access.QUERY, lambda connection: connection.execute(sa.select(FILES.c.id).limit(1)))

    async def stat(self, session_id: UUID, attachment: Attachment) -> StoredFile:
        """See `AttachmentOpener`."""
        path = checked_path(attachment, self.place)
        chosen = (FILES.c.session_id == session_id, FILES.c.path == path, FILES.c.size.is_not(None))
        found = await self._row(sa.select(FILES.c.id, FILES.c.size).where(*chosen))
        if found is None:
            raise AttachmentMissingError(f"session {session_id} has no such file", path=path, place=self.place)
        return StoredFile(found.size, str(found.id))

    @asynccontextmanager
    async def open(
        self, session_id: UUID, attachment: Attachment, stored: StoredFile
    ) -> AsyncGenerator[AsyncIterator[bytes], None]:
        """See `AttachmentOpener`."""
        now = await self.stat(session_id, attachment)
        path = attachment.path.as_posix()
        if stored.version and now.version != stored.version:
            raise AttachmentUnavailableError(CHANGED, path=path, place=self.place)
        yield self._pieces(UUID(now.version), now.size, path)

    async def _pieces(self, file_id: UUID, size: int, path: str) -> AsyncIterator[bytes]:
        for number in range(-(-size // PIECE)):
            piece = sa.select(PIECES.c.content).where(PIECES.c.attachment_id == file_id, PIECES.c.number == number)
            found = await self._row(piece)
            if found is None:
                raise AttachmentUnavailableError("it was removed while it was being read", path=path, place=self.place)
            yield found.content

    async def put(self, session_id: UUID, name: str, content: AsyncIterable[bytes]) -> str:
        """See `AttachmentStorage`."""
        file_id = self._runtime.new_id()
        path = stored_path(session_id, file_id, name)
        row = {"id": file_id, "session_id": session_id, "path": path, "stored_at": self._runtime.now()}
        await self._do(FILES.insert().values(row))
        size = number = 0
        left = bytearray()
        try:
            async for piece in content:
                left += piece
                while len(left) >= PIECE:
                    await self._keep(file_id, number, bytes(left[:PIECE]))
                    del left[:PIECE]
                    number, size = number + 1, size + PIECE
            if left:
                await self._keep(file_id, number, bytes(left))
            await self._do(FILES.update().where(FILES.c.id == file_id).values(size=size + len(left)))
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self._database.run(Access.WRITE, partial(_remove, chosen=FILES.c.id == file_id))
            raise
        return path

    async def remove(self, session_id: UUID, *, keep: Collection[str] = ()) -> None:
        """See `AttachmentStorage`."""
        chosen = FILES.c.session_id == session_id
        if keep:
            chosen = sa.and_(chosen, FILES.c.path.not_in(list(keep)))
        await self._database.run(Access.WRITE, partial(_remove, chosen=chosen))

    async def sessions(self, *, older_than: datetime) -> Collection[UUID]:
        """See `AttachmentStorage`."""
        found = sa.select(FILES.c.session_id).group_by(FILES.c.session_id)
        found = found.having(func.max(FILES.c.stored_at) < sa.bindparam("_moment", older_than, FILES.c.stored_at.type))
        return await self._database.run(Access.QUERY, lambda connection: list(connection.scalars(found)))

    async def _keep(self, file_id: UUID, number: int, content: bytes) -> None:
        await self._do(PIECES.insert().values(attachment_id=file_id, number=number, content=content))

    async def _do(self, statement: sa.Insert | sa.Update) -> None:
        await self._database.run(Access.WRITE, lambda connection: connection.execute(statement))

    async def _row(self, statement: sa.Select[Any]) -> Any:
        return await self._database.run(Access.QUERY, lambda connection: connection.execute(statement).one_or_none())


def remove_attachments(connection: Connection, session_id: UUID) -> None:
    """Remove the files of a session that is being deleted."""
    _remove(connection, chosen=FILES.c.session_id == session_id)


def _remove(connection: Connection, *, chosen: sa.ColumnElement[bool]) -> None:
    connection.execute(PIECES.delete().where(PIECES.c.attachment_id.in_(sa.select(FILES.c.id).where(chosen))))
    connection.execute(FILES.delete().where(chosen))
