"""The body of an answer, decompressed piece by piece: it ends at a limit, whatever it would have become."""

import zlib

_GZIP = 16 + zlib.MAX_WBITS
_ZLIB = zlib.MAX_WBITS
_BARE = -zlib.MAX_WBITS


class BodyTooLargeError(Exception):
    """The body has more bytes than it may."""


class BodyUnreadableError(Exception):
    """The body cannot be decompressed."""


class Body:
    """A body as it comes in. Libraries decompress each piece at once, and 64 kB of gzip can be 64 MB.

    Args:
        encoding: the header Content-Encoding.
        limit: bytes it may have, decompressed.

    Raises:
        BodyUnreadableError: it is compressed in another way than gzip or deflate; none was asked for.
    """

    def __init__(self, encoding: str, limit: int) -> None:
        self._limit = limit
        self._bytes = bytearray()
        self._inflating: _Inflating | None = None
        match encoding.strip().lower():
            case "" | "identity":
                pass
            case "gzip" | "x-gzip":
                self._inflating = _Inflating(_GZIP)
            case "deflate":
                self._inflating = _Inflating(_ZLIB)
            case other:
                raise BodyUnreadableError(f"{other[:40]!r} was not asked for")

    def __len__(self) -> int:
        """Bytes that it has so far."""
        return len(self._bytes)

    def take(self, piece: bytes, until: int | None = None) -> bytes:
        """Go on with the next piece.

        Args:
            until: decompress no more once the body has so many bytes.

        Returns:
            What of the piece is not decompressed yet.

        Raises:
            BodyTooLargeError: that is too much.
            BodyUnreadableError: it cannot be decompressed.
        """
        rest = b""
        if self._inflating is None:
            self._bytes += piece
        else:
            most = self._limit + 1
            try:
                rest = self._inflating.take(piece, self._bytes, most if until is None else min(until, most))
            except zlib.error as exc:
                raise BodyUnreadableError(str(exc)) from exc
        if len(self._bytes) > self._limit:
            # Whoever keeps the error keeps this, too, by its traceback; and there may be ten at a time.
            self._bytes.clear()
            raise BodyTooLargeError(f"more than {self._limit:,} bytes")
        return rest

    def whole(self) -> bytes:
        """The body, which is not kept here; no piece comes any more.

        Raises:
            BodyUnreadableError: it ends too early.
        """
        if self._inflating is not None and not self._inflating.is_whole:
            raise BodyUnreadableError("it ends too early")
        whole = bytes(self._bytes)
        self._bytes.clear()
        return whole


class _Inflating:
    """Decompresses gzip, also of several members, or deflate with its frame or, as some servers send it, without."""

    def __init__(self, window: int) -> None:
        self._window = window
        self._inflate = zlib.decompressobj(window)
        self._head = b""
        self._begun = False

    @property
    def is_whole(self) -> bool:
        """Whether it may end here."""
        return self._inflate.eof or not (self._begun or self._head)

    def take(self, piece: bytes, body: bytearray, limit: int) -> bytes:
        """Append what the piece holds to the body, until that has `limit` bytes; gives what is left of the piece.

        Raises:
            zlib.error: it is not compressed in that way.
        """
        if not self._begun:
            piece = self._head + piece
            if len(piece) < 2:
                self._head = piece
                return b""
            self._begun = True
            if self._window == _ZLIB and not _has_frame(piece):
                self._window = _BARE
                self._inflate = zlib.decompressobj(_BARE)
        while piece and len(body) < limit:
            if self._inflate.eof:
                self._inflate = zlib.decompressobj(self._window)
            body += self._inflate.decompress(piece, limit - len(body))
            piece = self._inflate.unused_data if self._inflate.eof else self._inflate.unconsumed_tail
        return piece


def _has_frame(piece: bytes) -> bool:
    """Whether its first two bytes are the head of a zlib frame (RFC 1950)."""
    return piece[0] & 0x0F == 8 and (piece[0] * 256 + piece[1]) % 31 == 0
