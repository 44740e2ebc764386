"""The client over real sockets of this machine: what httpx really raises when connections end."""

import contextlib
import json
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import anyio
import pytest
from anyio.abc import SocketAttribute, SocketStream
from anyio.from_thread import start_blocking_portal

from jira_session_export._jira.auth import ApiTokenAuth
from jira_session_export._jira.client import JiraClient
from jira_session_export._jira.http import HttpSettings
from jira_session_export._jira.retry import RetryPolicy
from jira_session_export.errors import NotSentError, OutcomeUnknownError
from jira_session_export.testing import FakeJira

ONCE = RetryPolicy(max_attempts=1)
BODY = json.dumps({"id": "1", "key": "PAY-1"}).encode()
CREATED = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)

Behaviour = Callable[[SocketStream], Awaitable[None]]


class Server:
    """Counts the requests it has read whole."""

    def __init__(self) -> None:
        self.requests = 0
        self.url = ""

    async def read(self, stream: SocketStream) -> bytes:
        received = b""
        while b"\r\n\r\n" not in received:
            received += await stream.receive()
        head, _, body = received.partition(b"\r\n\r\n")
        (length,) = [
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        ]
        while len(body) < length:
            body += await stream.receive()
        self.requests += 1
        return body


@asynccontextmanager
async def serving(behaviour: Callable[[Server, SocketStream], Awaitable[None]]) -> AsyncIterator[Server]:
    server = Server()
    (listener,) = (await anyio.create_tcp_listener(local_host="127.0.0.1")).listeners
    server.url = f"http://127.0.0.1:{listener.extra(SocketAttribute.local_port)}"

    async def handle(stream: SocketStream) -> None:
        async with stream:
            await behaviour(server, stream)

    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, handle)
        yield server
        group.cancel_scope.cancel()


def client_for(url: str, **settings: Any) -> JiraClient:
    http = HttpSettings(use_environment=False, **settings)
    return JiraClient(url, ApiTokenAuth("me@example.com", "t"), retry=ONCE, http=http)


@pytest.mark.parametrize("looks", [[False], [True]])
async def test_a_request_is_held_back_in_the_last_moment(looks: list[bool]) -> None:
    """The connection is there and the head of the request is out; without its content it is none."""

    async def answer(server: Server, stream: SocketStream) -> None:
        with contextlib.suppress(anyio.EndOfStream, anyio.BrokenResourceError):
            while True:
                await server.read(stream)
                await stream.send(CREATED)

    asked: list[bool] = []

    async def before_send() -> Callable[[], bool]:
        asked.append(looks[0])
        return lambda: looks[0]

    async with serving(answer) as server, client_for(server.url) as client:
        if looks[0]:
            await client.create_issue({"fields": {}}, before_send=before_send)
        else:
            with pytest.raises(NotSentError, match="held back"):
                await client.create_issue({"fields": {}}, before_send=before_send)
        assert (server.requests, len(asked)) == (int(looks[0]), 1)
        await client.create_issue({"fields": {}})  # and the next one has a connection
        assert server.requests == 1 + looks[0]


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 201 Cre", CREATED[:-5], b"SSH-2.0-OpenSSH\r\n"])
async def test_a_server_that_hangs_up_after_reading(sent: bytes) -> None:
    async def hang_up(server: Server, stream: SocketStream) -> None:
        await server.read(stream)
        await stream.send(sent) if sent else None

    async with serving(hang_up) as server, client_for(server.url) as client:
        with pytest.raises(OutcomeUnknownError):
            await client.create_issue({"fields": {}})
        assert server.requests == 1


async def test_a_server_that_never_answers() -> None:
    async def wait(server: Server, stream: SocketStream) -> None:
        await server.read(stream)
        await anyio.sleep_forever()

    async with serving(wait) as server, client_for(server.url, timeout_seconds=0.1) as client:
        with pytest.raises(OutcomeUnknownError):
            await client.create_issue({"fields": {}})
        assert server.requests == 1


async def test_nobody_listens() -> None:
    async def never(server: Server, stream: SocketStream) -> None:
        raise AssertionError

    async with serving(never) as server:
        pass
    async with client_for(server.url) as client:
        with pytest.raises(NotSentError):
            await client.create_issue({"fields": {}})


async def test_a_port_that_does_not_speak_tls() -> None:
    async def answer_plainly(server: Server, stream: SocketStream) -> None:
        await stream.receive()
        await stream.send(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    context = ssl.create_default_context()
    async with serving(answer_plainly) as server:
        client = client_for(server.url.replace("http:", "https:"), ssl_context=context)
        with pytest.raises(NotSentError):
            await client.create_issue({"fields": {}})
        await client.aclose()


async def test_a_kept_connection_that_was_closed_meanwhile_costs_nothing() -> None:
    closed = anyio.Event()

    async def answer_once(server: Server, stream: SocketStream) -> None:
        await server.read(stream)
        await stream.send(CREATED)
        await stream.aclose()
        closed.set()

    async with serving(answer_once) as server, client_for(server.url) as client:
        await client.create_issue({"fields": {}})
        await closed.wait()
        await client.create_issue({"fields": {}})
        assert server.requests == 2


async def test_a_file_goes_out_whole(tmp_path) -> None:
    path = tmp_path / "a.bin"
    path.write_bytes(bytes(range(256)) * 4096)
    received: list[bytes] = []

    async def take(server: Server, stream: SocketStream) -> None:
        received.append(await server.read(stream))
        body = b'[{"id":"7"}]'
        await stream.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    async with serving(take) as server, client_for(server.url) as client:
        assert (await client.add_attachment("A-1", "a.bin", path)).id == "7"
    assert path.read_bytes() in received[0]


TWO_RUNS = """
import sys
import anyio
from jira_session_export import ApiTokenAuth, JiraClient

client = JiraClient(sys.argv[1], ApiTokenAuth("me@example.com", "token"))

async def name():
    first, again = await client.myself(), await client.myself()
    assert first.display_name == again.display_name
    return again.display_name

print(len({anyio.run(name, backend=sys.argv[2]) for _ in range(3)}))
anyio.run(client.aclose, backend=sys.argv[2])
"""


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_a_client_outlives_the_event_loop_it_was_first_used_in(backend: str) -> None:
    """As at module level in a script that calls `asyncio.run` twice; in a process, as it leaves sockets to its end."""
    with start_blocking_portal() as elsewhere, elsewhere.wrap_async_context_manager(FakeJira().serve()) as url:
        done = subprocess.run(
            [sys.executable, "-c", TWO_RUNS, url, backend], capture_output=True, text=True, timeout=30, check=False
        )
    assert (done.stdout, done.stderr) == ("1\n", "")
