import itertools
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import anyio.lowlevel
import httpcore
import httpx
import pytest
from anyio.abc import SocketAttribute, SocketStream

from jira_session_export._jira.connections import _FAILURES, DEFAULT_LIMITS, Connections, _as_httpx
from jira_session_export._runtime import SYSTEM_RUNTIME, Runtime
from jira_session_export.testing import FakeRuntime

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Server:
    """Answers requests without a body; `requests` says on which of its connections each came, and its first line."""

    url: str = ""
    requests: list[tuple[int, bytes]] = field(default_factory=list)
    open: set[int] = field(default_factory=set)
    opened: int = 0
    answering: anyio.Event = field(default_factory=anyio.Event)
    answer: bytes = ANSWER
    closes_after: int = 1_000_000

    async def serve(self, stream: SocketStream) -> None:
        self.opened += 1
        number = self.opened
        self.open.add(number)
        async with stream:
            try:
                for answered in itertools.count(1):
                    received = b""
                    while not received.endswith(b"\r\n\r\n"):
                        received += await stream.receive()
                    self.requests.append((number, received.split(b"\r\n")[0]))
                    await self.answering.wait()
                    await stream.send(self.answer)
                    if answered == self.closes_after:
                        return
            except (anyio.EndOfStream, anyio.BrokenResourceError):
                pass
            finally:
                self.open.discard(number)

    @property
    def connections(self) -> list[int]:
        return [number for number, _ in self.requests]


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    server = Server()
    server.answering.set()
    (listener,) = (await anyio.create_tcp_listener(local_host="127.0.0.1")).listeners
    server.url = f"http://127.0.0.1:{listener.extra(SocketAttribute.local_port)}/x"
    async with listener, anyio.create_task_group() as group:
        group.start_soon(listener.serve, server.serve)
        yield server
        group.cancel_scope.cancel()


@asynccontextmanager
async def connections(
    limits: httpx.Limits = DEFAULT_LIMITS, runtime: Runtime = SYSTEM_RUNTIME, *, trust_env: bool = False
) -> AsyncIterator[Connections]:
    async with Connections(verify=True, proxy=None, trust_env=trust_env, limits=limits, runtime=runtime) as opened:
        yield opened


async def ask(connections: Connections, url: str, pool: float | None = None) -> bytes:
    request = httpx.Request("GET", url, extensions={"timeout": {"pool": pool}})
    response = await connections.handle_async_request(request)
    body = await response.aread()
    await response.aclose()
    return body


async def ask_at_once(connections: Connections, server: Server, count: int) -> None:
    """So many requests of which none is answered before all have come."""
    server.answering = anyio.Event()
    before = len(server.requests)
    async with anyio.create_task_group() as tasks:
        for _ in range(count):
            tasks.start_soon(ask, connections, server.url)
        while len(server.requests) < before + count:
            await anyio.lowlevel.checkpoint()
        server.answering.set()


async def test_one_after_the_other_needs_one_connection() -> None:
    async with serving() as server, connections() as opened:
        for _ in range(5):
            assert await ask(opened, server.url) == b"ok"
    assert server.connections == [1] * 5


async def test_connections_opened_for_a_rush_serve_the_next_one() -> None:
    async with serving() as server, connections() as opened:
        for _ in range(3):
            await ask_at_once(opened, server, 30)
        assert server.opened == 30


async def test_the_connection_given_back_last_is_used_next() -> None:
    async with serving() as server, connections() as opened:
        await ask_at_once(opened, server, 8)
        for _ in range(10):
            await ask(opened, server.url)
    assert len(set(server.connections[8:])) == 1


async def test_what_nobody_needs_any_more_is_closed() -> None:
    runtime = FakeRuntime()
    async with serving() as server, connections(runtime=runtime) as opened:
        await ask_at_once(opened, server, 8)
        await ask(opened, server.url)
        assert len(server.open) == 8
        runtime.clock.advance(6)
        for _ in range(8):
            await ask(opened, server.url)
        while len(server.open) > 1:
            await anyio.lowlevel.checkpoint()
        await ask(opened, server.url)
        assert server.opened == 8


async def test_no_more_are_kept_than_wanted() -> None:
    async with serving() as server, connections(httpx.Limits(max_keepalive_connections=2)) as opened:
        await ask_at_once(opened, server, 8)
        while len(server.open) > 2:
            await anyio.lowlevel.checkpoint()
        await ask_at_once(opened, server, 2)
        assert server.opened == 8


async def test_no_more_are_opened_than_wanted() -> None:
    async with serving() as server, connections(httpx.Limits(max_connections=3)) as opened:
        async with anyio.create_task_group() as tasks:
            for _ in range(12):
                tasks.start_soon(ask, opened, server.url)
        assert len(server.requests) == 12
        assert server.opened == 3


async def test_who_waits_in_vain_for_a_place_is_told() -> None:
    async with serving() as server, connections(httpx.Limits(max_connections=1)) as opened:
        server.answering = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, opened, server.url)
            while not server.requests:
                await anyio.lowlevel.checkpoint()
            with pytest.raises(httpx.PoolTimeout):
                await ask(opened, server.url, pool=0)
            server.answering.set()
        assert await ask(opened, server.url, pool=0) == b"ok"


async def test_a_connection_the_server_has_closed_is_replaced() -> None:
    async with serving() as server, connections() as opened:
        server.closes_after = 1
        for _ in range(3):
            await ask(opened, server.url)
            while server.open:
                await anyio.lowlevel.checkpoint()
        assert server.connections == [1, 2, 3]


async def test_a_failure_and_a_cancellation_free_their_places() -> None:
    async with serving() as server, connections(httpx.Limits(max_connections=1)) as opened:
        for _ in range(3):
            with pytest.raises(httpx.ConnectError):
                await ask(opened, "http://127.0.0.1:1/", pool=0)
        server.answering = anyio.Event()
        for asked in range(1, 4):
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(ask, opened, server.url, 0)
                while len(server.requests) < asked:
                    await anyio.lowlevel.checkpoint()
                tasks.cancel_scope.cancel()
        server.answering.set()
        assert await ask(opened, server.url, pool=0) == b"ok"


@pytest.mark.parametrize("sent", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nok", b"SSH-2.0\r\n\r\n"])
async def test_what_goes_wrong_is_told_as_httpx_tells_it(sent: bytes) -> None:
    async with serving() as server, connections() as opened:
        server.answer = sent
        server.closes_after = 1
        with pytest.raises(httpx.RemoteProtocolError):
            await ask(opened, server.url)
        server.answer = ANSWER
        assert await ask(opened, server.url) == b"ok"


def test_httpx_has_an_error_for_each_of_its_transports() -> None:
    raised = [
        kind
        for kind in vars(httpcore).values()
        if isinstance(kind, type) and issubclass(kind, Exception) and kind is not httpcore.ConnectionNotAvailable
    ]
    assert len(raised) > 10
    for kind in raised:
        assert issubclass(kind, _FAILURES)
        assert type(_as_httpx(kind("why"))).__name__ == kind.__name__
        assert str(_as_httpx(kind("why"))) == "why"


async def test_a_scheme_nobody_knows() -> None:
    async with connections() as opened:
        with pytest.raises(httpx.UnsupportedProtocol, match="gopher"):
            await ask(opened, "gopher://127.0.0.1/")


async def test_an_answer_closed_unread_frees_its_place() -> None:
    async with serving() as server, connections(httpx.Limits(max_connections=1)) as opened:
        for _ in range(3):
            request = httpx.Request("GET", server.url, extensions={"timeout": {"pool": 0}})
            response = await opened.handle_async_request(request)
            await response.aclose()
            await response.aclose()
        assert await ask(opened, server.url, pool=0) == b"ok"


async def test_closing_ends_idle_connections_and_those_at_work_once_they_are_free() -> None:
    async with serving() as server, connections() as opened:
        await ask_at_once(opened, server, 3)
        server.answering = anyio.Event()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, opened, server.url)
            while len(server.requests) < 4:
                await anyio.lowlevel.checkpoint()
            await opened.aclose()
            while len(server.open) > 1:
                await anyio.lowlevel.checkpoint()
            server.answering.set()
        while server.open:
            await anyio.lowlevel.checkpoint()
        with pytest.raises(RuntimeError, match="closed"):
            await ask(opened, server.url)


@pytest.mark.parametrize(
    ("variables", "trust_env", "proxied"),
    [
        ({"http_proxy": "{proxy}"}, True, True),
        ({"all_proxy": "{proxy}"}, True, True),
        ({"http_proxy": "{bare}"}, True, True),
        ({"https_proxy": "{proxy}"}, True, False),
        ({"http_proxy": "{proxy}", "no_proxy": "jira.example,127.0.0.1"}, True, False),
        ({"http_proxy": "{proxy}", "no_proxy": "jira.example"}, True, True),
        ({"http_proxy": "{proxy}"}, False, False),
    ],
)
async def test_the_proxy_of_the_environment(
    variables: dict[str, str], trust_env: bool, proxied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    async with serving() as jira, serving() as proxy:
        address = proxy.url.removesuffix("/x")
        for name, value in variables.items():
            monkeypatch.setenv(name, value.format(proxy=address, bare=address.removeprefix("http://")))
        async with connections(trust_env=trust_env) as opened:
            assert await ask(opened, jira.url) == b"ok"
    assert (len(proxy.requests), len(jira.requests)) == ((1, 0) if proxied else (0, 1))
    if proxied:
        assert proxy.requests[0][1] == f"GET {jira.url} HTTP/1.1".encode()
