import itertools
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import anyio
import anyio.lowlevel
import httpcore
import httpx
import pytest
from anyio.abc import SocketAttribute, SocketStream

from jira_session_export._jira.http import HttpError, HttpFault, HttpRequest, HttpSettings
from jira_session_export._jira.network import _FAILURES, FAULTS, HttpxTransport, _as_httpx, _Connections
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
    runtime: Runtime = SYSTEM_RUNTIME, *, use_environment: bool = False, max_connections: int = 100
) -> AsyncIterator[_Connections]:
    settings = HttpSettings(use_environment=use_environment, max_connections=max_connections)
    async with _Connections(settings, runtime) as opened:
        yield opened


async def ask(connections: _Connections, url: str, pool: float | None = None) -> bytes:
    request = httpx.Request("GET", url, extensions={"timeout": {"pool": pool}})
    response = await connections.handle_async_request(request)
    body = await response.aread()
    await response.aclose()
    return body


async def ask_at_once(connections: _Connections, server: Server, count: int) -> None:
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


async def test_no_more_are_opened_than_wanted() -> None:
    async with serving() as server, connections(max_connections=3) as opened:
        async with anyio.create_task_group() as tasks:
            for _ in range(12):
                tasks.start_soon(ask, opened, server.url)
        assert len(server.requests) == 12
        assert server.opened == 3


async def test_who_waits_in_vain_for_a_place_is_told() -> None:
    async with serving() as server, connections(max_connections=1) as opened:
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
    async with serving() as server, connections(max_connections=1) as opened:
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
    async with serving() as server, connections(max_connections=1) as opened:
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
    ("variables", "use_environment", "proxied"),
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
    variables: dict[str, str], use_environment: bool, proxied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    async with serving() as jira, serving() as proxy:
        address = proxy.url.removesuffix("/x")
        for name, value in variables.items():
            monkeypatch.setenv(name, value.format(proxy=address, bare=address.removeprefix("http://")))
        async with connections(use_environment=use_environment) as opened:
            assert await ask(opened, jira.url) == b"ok"
    assert (len(proxy.requests), len(jira.requests)) == ((1, 0) if proxied else (0, 1))
    if proxied:
        assert proxy.requests[0][1] == f"GET {jira.url} HTTP/1.1".encode()


def leaves(kind: type[httpx.RequestError]) -> Iterator[type[httpx.RequestError]]:
    children = kind.__subclasses__()
    if not children:
        yield kind
    for child in children:
        yield from leaves(child)


LEAVES = sorted(set(leaves(httpx.RequestError)), key=lambda kind: kind.__name__)


@pytest.mark.parametrize("kind", LEAVES)
def test_every_error_of_httpx_is_named(kind: type[httpx.RequestError]) -> None:
    assert kind in FAULTS


def test_no_error_is_named_that_httpx_does_not_have() -> None:
    assert set(FAULTS) == set(LEAVES)


async def fault_of(error: Exception) -> HttpError:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error

    with pytest.raises(HttpError) as caught:
        await HttpxTransport(httpx.MockTransport(fail)).send(HttpRequest("GET", "https://site/", {}))
    assert "secret detail" not in str(caught.value)
    return caught.value


async def test_a_kind_of_error_httpx_may_get_later_is_taken_for_sent() -> None:
    class NewTimeout(httpx.ReadTimeout):
        pass

    class NewError(httpx.RequestError):
        pass

    assert (await fault_of(NewTimeout("secret detail"))).fault is HttpFault.READ_TIMEOUT
    assert (await fault_of(NewError("secret detail"))).fault.sent


async def test_an_untrusted_certificate_is_told_from_a_network_that_fails() -> None:
    inner = ssl.SSLCertVerificationError("certificate verify failed: self-signed certificate")
    inner.verify_message = "self-signed certificate"
    middle = httpx.ConnectError("x")
    middle.__cause__ = inner
    inner.__context__ = middle
    error = await fault_of(middle)
    assert (error.fault, error.detail) == (HttpFault.UNTRUSTED_CERTIFICATE, "self-signed certificate")
    circle = httpx.ConnectError("secret detail")
    circle.__context__ = other = ValueError("x")
    other.__context__ = circle
    assert (await fault_of(circle)).fault is HttpFault.NOT_CONNECTED
