"""A file as the body of a multipart request, read piece by piece."""

import mimetypes
from collections.abc import AsyncIterable, AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, Self, runtime_checkable

import anyio

PIECE = 256 * 1024
"""Bytes read at a time."""

_NAME_ESCAPES = str.maketrans({'"': "%22", "\r": "%0D", "\n": "%0A"})


class UploadSourceError(OSError):
    """The file cannot be read, so it was not attached; distinguished from an error of the network."""

    @classmethod
    def of(cls, exc: OSError) -> Self:
        """The same, with the system's words."""
        return cls(exc.errno, exc.strerror or str(exc), exc.filename)


@runtime_checkable
class UploadSource(Protocol):
    """A file that lies neither in memory nor on this machine, to be uploaded."""

    @property
    def size(self) -> int:
        """Bytes it has."""

    def opened(self) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Its bytes from the start, piece by piece; opened again when they are sent again.

        Raises:
            AttachmentError: it cannot be read; also from the iterator.
        """


@dataclass(frozen=True, slots=True)
class Upload:
    """One part named `file`, as Jira's attachment endpoint takes it; can be sent again from its start.

    Attributes:
        source: the file, or its bytes.
        size: in bytes; what a file gets appended meanwhile is not sent.
    """

    source: Path | bytes | UploadSource
    size: int
    boundary: str
    head: bytes

    @classmethod
    async def of(
        cls, source: Path | bytes | UploadSource, filename: str, media_type: str | None, boundary: str
    ) -> Self:
        """The upload of that file.

        Raises:
            UploadSourceError: the file is not there or may not be read.
        """
        try:
            if isinstance(source, Path):
                size = (await anyio.Path(source).stat()).st_size
            else:
                size = len(source) if isinstance(source, bytes) else source.size
        except OSError as exc:
            raise UploadSourceError.of(exc) from exc
        media_type = media_type or mimetypes.guess_type(filename)[0] or "application/octet-stream"
        head = (
            f"--{boundary}\r\n"
            f'Content-Disposition: form-data; name="file"; filename="{filename.translate(_NAME_ESCAPES)}"\r\n'
            f"Content-Type: {' '.join(media_type.split())}\r\n\r\n"
        )
        return cls(source, size, boundary, head.encode("utf-8", errors="replace"))

    @property
    def headers(self) -> dict[str, str]:
        """The headers that describe the body."""
        return {
            "Content-Type": f"multipart/form-data; boundary={self.boundary}",
            "Content-Length": str(len(self.head) + self.size + len(self._tail)),
        }

    @property
    def _tail(self) -> bytes:
        return f"\r\n--{self.boundary}--\r\n".encode("ascii")

    @asynccontextmanager
    async def opened(self) -> AsyncIterator[AsyncIterable[bytes] | bytes]:
        """The body, from its start.

        Raises:
            UploadSourceError: the file is not there or may not be read.
            AttachmentError: as the source raises it.
        """
        if isinstance(self.source, bytes):
            yield self.head + self.source + self._tail
            return
        if not isinstance(self.source, Path):
            async with self.source.opened() as pieces:
                yield _Pieces(self.head, _next_of(pieces), self.size, self._tail)
            return
        try:
            file = await anyio.open_file(self.source, "rb")
        except OSError as exc:
            raise UploadSourceError.of(exc) from exc
        async with file:
            yield _Pieces(self.head, file.read, self.size, self._tail)


def _next_of(pieces: AsyncIterator[bytes]) -> Callable[[int], Awaitable[bytes]]:
    """Read the next piece, whatever its size; what is more than was announced is left out."""

    async def read(size: int) -> bytes:  # noqa: ARG001 -- pieces are as they come
        async for piece in pieces:
            if piece:
                return piece
        return b""

    return read


class _Pieces:
    """Head, then the file's bytes, then the tail; an iterator by hand, since an unfinished generator needs closing."""

    def __init__(self, head: bytes, read: Callable[[int], Awaitable[bytes]], size: int, tail: bytes) -> None:
        self._head = head
        self._read = read
        self._left = size
        self._tail = tail

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._head:
            head, self._head = self._head, b""
            return head
        if self._left:
            try:
                piece = (await self._read(min(PIECE, self._left)))[: self._left]
            except OSError as exc:
                raise UploadSourceError.of(exc) from exc
            if not piece:
                raise UploadSourceError("the file became shorter while it was sent")
            self._left -= len(piece)
            return piece
        if self._tail:
            tail, self._tail = self._tail, b""
            return tail
        raise StopAsyncIteration
