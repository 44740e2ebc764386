"""What uvicorn lacks against callers that only hold connections open."""

import asyncio
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from uvicorn.protocols.http.auto import AutoHTTPProtocol

logger = logging.getLogger("jira_session_export.service")

BACKLOG = 64
"""Connections that wait to be accepted; asyncio takes so many in one turn."""
HEADER_SECONDS = 15.0
"""How long a new connection may take to say what it wants."""
RESERVED = 64
"""Descriptors kept for the database, Jira, uploads and attachments."""
LOG_SECONDS = 60.0
_Protocol: Any = AutoHTTPProtocol  # which class it is depends on what is installed
OUT_OF_DESCRIPTORS = "socket.accept() out of system resource"
"""What asyncio says when `accept` fails so; each time it tries, up to `backlog` times a turn."""


def raise_descriptor_limit() -> None:
    """Have as many descriptors as the system allows."""
    if sys.platform != "win32":  # which has no such limit
        import resource  # noqa: PLC0415 -- not there on every system

        _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def most_connections() -> int:
    """How many connections leave enough descriptors for everything else."""
    if sys.platform == "win32":
        return 5_000
    import resource  # noqa: PLC0415 -- not there on every system

    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    # Of those that are too many, as many as asyncio takes in one turn are open before the first is closed.
    return max(8, soft - max(RESERVED, soft // 4) - BACKLOG)


@contextmanager
def quiet_accept() -> Iterator[None]:
    """Tell now and then that no connection can be accepted for want of descriptors; asyncio tells it each time."""
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    last_told = float("-inf")

    def handle(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        nonlocal last_told
        if context.get("message") != OUT_OF_DESCRIPTORS:
            (before or type(loop).default_exception_handler)(loop, context)
        elif loop.time() - last_told > LOG_SECONDS:
            last_told = loop.time()
            logger.error(
                "No connection can be accepted: %s", context.get("exception"), extra={"action": "accept_failed"}
            )

    loop.set_exception_handler(handle)
    try:
        yield
    finally:
        loop.set_exception_handler(before)


class BoundedProtocol(_Protocol):  # type: ignore[misc]
    """HTTP as uvicorn speaks it, with a bound on connections and on how long a caller may say nothing.

    Without it, connections that say nothing use up the descriptors. Then asyncio tries to accept again and again, with
    a line in the log each time.
    """

    most: int | None = None
    last_told = float("-inf")

    def connection_made(self, transport: Any) -> None:
        """Take the connection, unless there are too many."""
        super().connection_made(transport)
        self._header_timer: asyncio.TimerHandle | None = None
        kind = type(self)
        if kind.most is None:
            kind.most = most_connections()
        if len(self.connections) > kind.most:
            transport.abort()
            if self.loop.time() - kind.last_told > LOG_SECONDS:
                kind.last_told = self.loop.time()
                logger.warning(
                    "More than %d connections are open; others are turned away",
                    kind.most,
                    extra={"action": "too_many_connections"},
                )
            return
        self._header_timer = self.loop.call_later(HEADER_SECONDS, self._close_if_silent)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        if self._header_timer is not None:
            self._header_timer.cancel()
        super().connection_lost(exc)

    def _close_if_silent(self) -> None:
        # A connection that became a WebSocket is not among ours any more.
        if self.cycle is None and self in self.connections:
            self.transport.abort()
