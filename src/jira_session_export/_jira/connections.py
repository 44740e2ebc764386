"""The connections a client keeps: each serves one request at a time, and the one given back last goes out first.

httpx's own pool looks at all of its connections before and after every request, and closes one that becomes idle as
soon as more are open, idle or not, than it may keep. With fifty exports at work that made a request four times as
expensive, and every second one waited for a new TLS connection; here it costs the same however many there are.
"""

import ssl
from collections import defaultdict, deque
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.request import getproxies, proxy_bypass

import anyio
import httpcore
import httpx

from jira_session_export._runtime import Runtime

DEFAULT_LIMITS = httpx.Limits(max_connections=100, max_keepalive_connections=100, keepalive_expiry=5)
_FAILURES = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)


@dataclass(slots=True)
class _Connection:
    """A connection, opened by its first request and again after a failure.

    Attributes:
        idle: those of its site that wait for a request; it goes back there.
        idle_since: `Runtime.monotonic` when it was given back.
    """

    transport: httpx.AsyncBaseTransport
    idle: "deque[_Connection]"
    idle_since: float = 0.0


class Connections(httpx.AsyncBaseTransport):
    """httpx over as many single connections as are needed at the same time; asyncio and trio.

    Args:
        verify, proxy, trust_env: as httpx has them. With `trust_env`, HTTP_PROXY, HTTPS_PROXY, ALL_PROXY and NO_PROXY
            count where no `proxy` is given.
        limits: how many connections may be open, how many of them idle, and for how many seconds; None: any.
    """

    def __init__(
        self,
        *,
        verify: ssl.SSLContext | bool,
        proxy: str | httpx.Proxy | None,
        trust_env: bool,
        limits: httpx.Limits,
        runtime: Runtime,
    ) -> None:
        self._ssl = httpx.create_ssl_context(verify=verify, trust_env=trust_env)
        self._proxy = proxy
        self._trust_env = trust_env
        self._expiry = limits.keepalive_expiry
        self._most_idle = limits.max_keepalive_connections
        self._runtime = runtime
        self._free = anyio.CapacityLimiter(limits.max_connections or float("inf"))
        self._idle: dict[str, deque[_Connection]] = defaultdict(deque)
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; its connection is free again once the answer is closed.

        Raises:
            httpx.TransportError: as httpx's own transport.
        """
        if self._closed:
            raise RuntimeError("The client is closed.")
        await self._wait_for_a_place(request)
        idle = self._idle[_origin(request.url)]
        try:
            connection = idle.pop() if idle else _Connection(self._transport(request.url), idle)
            response = await connection.transport.handle_async_request(request)
        except BaseException:
            self._free.release_on_behalf_of(request)
            raise
        assert isinstance(response.stream, httpx.AsyncByteStream)  # noqa: S101 -- of an asynchronous transport
        response.stream = _Answer(self, connection, request, response.stream)
        return response

    async def aclose(self) -> None:
        """Close the idle connections, and those at work as soon as they are given back."""
        self._closed = True
        for idle in list(self._idle.values()):
            while idle:
                await idle.popleft().transport.aclose()

    async def give_back(self, connection: _Connection, request: httpx.Request) -> None:
        """Keep the connection for the next request, and close one that nobody has needed for long."""
        self._free.release_on_behalf_of(request)
        now = self._runtime.monotonic()
        connection.idle_since = now
        idle = connection.idle
        idle.append(connection)
        # The one idle for longest lies first. One for each given back is enough to get them all closed in time.
        too_many = self._most_idle is not None and len(idle) > self._most_idle
        too_old = self._expiry is not None and now - idle[0].idle_since > self._expiry
        if self._closed or too_many or too_old:
            await idle.popleft().transport.aclose()

    async def _wait_for_a_place(self, request: httpx.Request) -> None:
        try:
            self._free.acquire_on_behalf_of_nowait(request)
        except anyio.WouldBlock:
            with anyio.move_on_after(request.extensions.get("timeout", {}).get("pool")) as scope:
                await self._free.acquire_on_behalf_of(request)
            if scope.cancelled_caught:
                raise httpx.PoolTimeout("all connections are in use") from None

    def _transport(self, url: httpx.URL) -> httpx.AsyncBaseTransport:
        proxy = self._proxy or (_environment_proxy(url) if self._trust_env else None)
        if proxy is None:
            return _Direct(self._ssl, self._expiry)
        limits = httpx.Limits(max_connections=1, keepalive_expiry=self._expiry)
        return httpx.AsyncHTTPTransport(verify=self._ssl, proxy=proxy, limits=limits)


class _Answer(httpx.AsyncByteStream):
    """The body of an answer; closing it gives its connection back."""

    __slots__ = ("_connection", "_connections", "_request", "_stream")

    def __init__(
        self,
        connections: Connections,
        connection: _Connection,
        request: httpx.Request,
        stream: httpx.AsyncByteStream,
    ) -> None:
        self._connections: Connections | None = connections
        self._connection = connection
        self._request = request
        self._stream = stream

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self._stream.__aiter__()

    async def aclose(self) -> None:
        connections, self._connections = self._connections, None
        if connections is not None:
            try:
                await self._stream.aclose()
            finally:
                await connections.give_back(self._connection, self._request)


class _Direct(httpx.AsyncBaseTransport):
    """One connection to one site, without a proxy between; a pool around it would cost a sixth of a request."""

    def __init__(self, ssl_context: ssl.SSLContext, expiry: float | None) -> None:
        self._ssl = ssl_context
        self._expiry = expiry
        self._connection: httpcore.AsyncHTTPConnection | None = None

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        address = request.url
        if address.scheme not in {"http", "https"}:
            raise httpx.UnsupportedProtocol(f"{address.scheme!r} is neither http nor https")
        url = httpcore.URL(scheme=address.raw_scheme, host=address.raw_host, port=address.port, target=address.raw_path)
        try:
            if self._connection is not None and (self._connection.is_closed() or self._connection.has_expired()):
                await self.aclose()
            if self._connection is None:
                self._connection = httpcore.AsyncHTTPConnection(
                    url.origin, ssl_context=self._ssl, keepalive_expiry=self._expiry
                )
            answer = await self._connection.handle_async_request(
                httpcore.Request(
                    request.method,
                    url,
                    headers=request.headers.raw,
                    content=request.stream,
                    extensions=request.extensions,
                )
            )
        except _FAILURES as exc:
            raise _as_httpx(exc) from exc
        body = _Body(answer.stream)
        return httpx.Response(answer.status, headers=answer.headers, stream=body, extensions=answer.extensions)

    async def aclose(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.aclose()


class _Body(httpx.AsyncByteStream):
    """The body of an answer, whose failures are httpx's."""

    __slots__ = ("_stream",)

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        try:
            async for piece in self._stream:
                yield piece
        except _FAILURES as exc:
            raise _as_httpx(exc) from exc

    async def aclose(self) -> None:
        await self._stream.aclose()


def _as_httpx(exc: Exception) -> httpx.TransportError:
    """The error of the same name, which httpx has of each."""
    kind: type[httpx.TransportError] = getattr(httpx, type(exc).__name__)
    return kind(str(exc))


def _origin(url: httpx.URL) -> str:
    return f"{url.scheme}://{url.netloc.decode('ascii')}"


def _environment_proxy(url: httpx.URL) -> str | None:
    """The proxy the environment names for an address; None where it names none, or exempts the host."""
    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(url.host):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"
