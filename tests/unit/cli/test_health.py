"""The answers to probes."""

import asyncio
import socket

import pytest

from jira_session_export._cli.health import serve_health
from jira_session_export.errors import SettingsError


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Worker:
    running = 2

    def __init__(self, *problems: str) -> None:
        self._problems = problems

    def problems(self) -> tuple[str, ...]:
        return self._problems


async def ask(worker: Worker, request: str) -> tuple[str, str]:
    async with serve_health("127.0.0.1:0", worker) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"{request}\r\nHost: x\r\n\r\n".encode())
        head, _, body = (await reader.read()).decode().partition("\r\n\r\n")
        writer.close()
    return head.partition("\r\n")[0], body


@pytest.mark.parametrize(
    ("request_line", "problems", "status", "body"),
    [
        ("GET /health HTTP/1.1", ["away"], "200 OK", '{"status": "ok"}\n'),
        ("GET /ready HTTP/1.1", [], "200 OK", '{"status": "ready", "running": 2}\n'),
        ("GET /ready?probe=1 HTTP/1.1", [], "200 OK", '{"status": "ready", "running": 2}\n'),
        ("HEAD /ready HTTP/1.1", [], "200 OK", ""),
        (
            "GET /ready HTTP/1.1",
            ["The worker is draining."],
            "503 Service Unavailable",
            '{"status": "unavailable", "problems": ["The worker is draining."]}\n',
        ),
        ("GET / HTTP/1.1", [], "404 Not Found", "{}\n"),
        ("POST /ready HTTP/1.1", [], "405 Method Not Allowed", "{}\n"),
        ("nonsense", [], "405 Method Not Allowed", "{}\n"),
    ],
)
async def test_answers(request_line: str, problems: list[str], status: str, body: str) -> None:
    assert await ask(Worker(*problems), request_line) == (f"HTTP/1.1 {status}", body)


async def test_a_head_that_is_too_long_is_not_answered() -> None:
    assert await ask(Worker(), "GET /" + "x" * 100_000) == ("", "")


@pytest.mark.parametrize("where", ["", "x", "127.0.0.1:", "70000", "1.2.3.4"])
async def test_no_port(where: str) -> None:
    with pytest.raises(SettingsError, match="--health takes a port"):
        async with serve_health(where, Worker()):
            pass


async def test_a_port_that_is_taken() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(SettingsError, match=f"cannot listen for probes at {where}"):
            async with serve_health(where, Worker()):
                pass
