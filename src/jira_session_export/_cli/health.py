"""Answers the probes of a supervisor: `GET /health`, the process lives; `GET /ready`, it takes sessions."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from http import HTTPStatus
from typing import Protocol

from jira_session_export.errors import SettingsError

PATIENCE_SECONDS = 5.0
"""How long a caller may take to say what it wants."""
MOST_BYTES = 8_192


class Probed(Protocol):
    """What is asked for; an `ExportWorker`."""

    @property
    def running(self) -> int:
        """How many sessions it works on."""

    def problems(self) -> Sequence[str]:
        """Why it is not ready; empty when it is."""


@asynccontextmanager
async def serve_health(where: str, worker: Probed) -> AsyncIterator[int]:
    """Answer probes until the block is left; gives the port.

    `/health` answers 200 as long as the process does anything at all. `/ready` answers 200, or 503 with the reasons.

    Args:
        where: `PORT` on all addresses, or `ADDRESS:PORT`.

    Raises:
        SettingsError: it is no port, or one that cannot be listened at.
    """
    address, _, port = where.rpartition(":")
    if not port.isdecimal() or int(port) > 65_535:
        raise SettingsError(f"--health takes a port, such as 8081 or 127.0.0.1:8081, not {where!r}.")

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(PATIENCE_SECONDS):
                head = await reader.readuntil(b"\r\n\r\n")
                writer.write(_answer(head.split(b"\r\n", 1)[0].decode("latin-1"), worker))
                await writer.drain()
        writer.close()

    try:
        server = await asyncio.start_server(answer, address.strip("[]") or None, int(port), limit=MOST_BYTES)
    except OSError as exc:
        raise SettingsError(
            f"The worker cannot listen for probes at {where}: {exc.strerror or exc}.",
            recovery_actions=["Choose another port with --health."],
        ) from exc
    async with server:
        yield server.sockets[0].getsockname()[1]


def _answer(request_line: str, worker: Probed) -> bytes:
    method, _, rest = request_line.partition(" ")
    path = rest.partition(" ")[0].partition("?")[0]
    problems = list(worker.problems())
    status: HTTPStatus
    body: dict[str, object]
    match path:
        case _ if method not in {"GET", "HEAD"}:
            status, body = HTTPStatus.METHOD_NOT_ALLOWED, {}
        case "/health":
            status, body = HTTPStatus.OK, {"status": "ok"}
        case "/ready" if problems:
            status, body = HTTPStatus.SERVICE_UNAVAILABLE, {"status": "unavailable", "problems": problems}
        case "/ready":
            status, body = HTTPStatus.OK, {"status": "ready", "running": worker.running}
        case _:
            status, body = HTTPStatus.NOT_FOUND, {}
    text = (json.dumps(body) + "\n").encode()
    head = (
        f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(text)}\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n"
    )
    return head.encode() + (b"" if method == "HEAD" else text)
