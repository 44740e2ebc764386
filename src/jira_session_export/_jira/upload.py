"""A file as the body of a multipart request, read from disk piece by piece."""

import mimetypes
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

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


@dataclass(frozen=True, slots=True)
class Upload:
    """One part named `file`, as Jira's attachment endpoint takes it; can be sent again from its start.

    Attributes:
        source: the file, or its bytes.
        size: in bytes; what a file gets appended meanwhile is not sent.
    """

    source: Path | bytes
    size: int
    boundary: str
    head: bytes

    @classmethod
    async def of(cls, source: Path | bytes, filename: str, media_type: str | None, boundary: str) -> Self:
        """The upload of that file.

        Raises:
            UploadSourceError: the file is not there or may not be read.
        """
        try:
            size = len(source) if isinstance(source, bytes) else (await anyio.Path(source).stat()).st_size
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
        """
        if isinstance(self.source, bytes):
            yield self.head + self.source + self._tail
            return
        try:
            file = await anyio.open_file(self.source, "rb")
        except OSError as exc:
            raise UploadSourceError.of(exc) from exc
        async with file:
            yield _Pieces(self.head, file, self.size, self._tail)


class _Pieces:
    """Head, then the file's bytes, then the tail; an iterator by hand, since an unfinished generator needs closing."""

    def __init__(self, head: bytes, file: anyio.AsyncFile[bytes], size: int, tail: bytes) -> None:
        self._head = head
        self._file = file
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
                piece = await self._file.read(min(PIECE, self._left))
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
