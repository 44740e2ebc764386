"""The network: the one file that knows the library that speaks HTTP. What it offers is `HttpTransport`.

Each connection serves one request at a time, and the one given back last goes out first. httpx's own pool looks at all
of its connections before and after every request, and closes one that becomes idle as soon as more are open, idle or
not, than it may keep. With fifty exports at work that made a request four times as expensive, and every second one
waited for a new TLS connection; here it costs the same however many there are.
"""

import ssl
from collections import defaultdict, deque
from collections.abc import AsyncIterable, AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import anyio
import httpcore
import httpx
from anyio.lowlevel import RunVar

from jira_session_export._jira.body import Body, BodyTooLargeError, BodyUnreadableError
from jira_session_export._jira.environment import Proxy, proxy_for, trusted_certificates
from jira_session_export._jira.http import HeldBackError, HttpError, HttpFault, HttpRequest, HttpResponse, HttpSettings
from jira_session_export._runtime import Runtime
from jira_session_export.errors import SettingsError

_FAILURES = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    httpcore.ProxyError,
    httpcore.UnsupportedProtocol,
)


FAULTS: Mapping[type[httpx.RequestError], HttpFault] = MappingProxyType(
    {
        httpx.ConnectError: HttpFault.NOT_CONNECTED,
        httpx.ConnectTimeout: HttpFault.CONNECT_TIMEOUT,
        httpx.PoolTimeout: HttpFault.POOL_TIMEOUT,
        httpx.ProxyError: HttpFault.PROXY_REFUSED,
        httpx.UnsupportedProtocol: HttpFault.INVALID_ADDRESS,
        httpx.ReadTimeout: HttpFault.READ_TIMEOUT,
        httpx.WriteTimeout: HttpFault.WRITE_TIMEOUT,
        httpx.ReadError: HttpFault.CONNECTION_LOST,
        httpx.WriteError: HttpFault.CONNECTION_LOST,
        httpx.CloseError: HttpFault.CONNECTION_LOST,
        httpx.LocalProtocolError: HttpFault.NOT_SENT_WHOLE,
        httpx.RemoteProtocolError: HttpFault.BROKEN_ANSWER,
        httpx.DecodingError: HttpFault.UNREADABLE_ANSWER,
        httpx.TooManyRedirects: HttpFault.OTHER,
    }
)
"""What each of httpx's errors is; a test fails when httpx has one that is not named here."""


def open_network(settings: HttpSettings, runtime: Runtime, address: str) -> "HttpxTransport":
    """The network, for requests to `address` mostly. Nothing is sent yet.

    Raises:
        SettingsError: the certificates to trust cannot be read, or the proxy for that address cannot be used.
    """
    connections = _Connections(settings, runtime)
    proxy = proxy_for(address, settings)
    if proxy is not None:
        _through(proxy, ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), httpx.Limits())  # says what is wrong with it
    return HttpxTransport(connections, settings)


_LARGE = 1_000_000
"""Bytes of a body from which on it is read alone; nearly all answers of Jira are smaller."""


class HttpxTransport:
    """An `HttpTransport` over one of httpx."""

    def __init__(self, inner: httpx.AsyncBaseTransport, settings: HttpSettings | None = None) -> None:
        self._inner = inner
        self._settings = settings or HttpSettings(use_environment=False)
        self._large = anyio.CapacityLimiter(1)

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send a request once.

        Raises:
            HttpError: no whole answer came.
            HeldBackError: the request is not wanted any more.
        """
        sent = _as_httpx_request(request)
        response: httpx.Response | None = None
        failure: httpx.RequestError
        try:
            with anyio.move_on_after(request.total_seconds):
                response = await self._inner.handle_async_request(sent)
                try:
                    # A redirect is read from its headers; its body may be a whole file.
                    read = request.wants_body or response.status_code >= 400
                    body = await self._read(response, request) if read else b""
                finally:
                    await response.aclose()
                return HttpResponse(response.status_code, _headers(response), body)
            failure = httpx.ReadTimeout("the answer took too long as a whole")
        except BodyTooLargeError as exc:
            begun = None if response is None else HttpResponse(response.status_code, _headers(response))
            raise HttpError(HttpFault.TOO_LARGE_ANSWER, str(exc), response=begun) from None
        except httpx.RequestError as exc:
            failure = exc
        # Whoever logs the chain of errors must not find the credentials in the request httpx keeps in it.
        sent.headers.pop("Authorization", None)
        fault, detail = self._explained(failure, sent.url)
        begun = None if response is None else HttpResponse(response.status_code, _headers(response))
        raise HttpError(fault, detail, response=begun) from failure

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()

    async def _read(self, response: httpx.Response, request: HttpRequest) -> bytes:
        """The body, decompressed here: httpx would do it however large it becomes.

        Raises:
            BodyTooLargeError: it is larger than the request allows.
            httpx.RequestError: it broke off, or cannot be decompressed.
        """
        limit = request.largest_answer if response.status_code < 400 else request.largest_refusal
        try:
            if response.is_stream_consumed:  # by a transport that reads answers itself
                body = Body("", limit)
                body.take(await response.aread())
                return body.whole()
            body = Body(response.headers.get("content-encoding", ""), limit)
            pieces = response.aiter_raw()
            async for piece in pieces:
                rest = body.take(piece, _LARGE)
                if rest or len(body) >= _LARGE:
                    return await self._read_large(body, rest, pieces)
            return body.whole()
        except BodyUnreadableError as exc:
            raise httpx.DecodingError(str(exc)) from exc

    async def _read_large(self, body: Body, rest: bytes, pieces: AsyncIterator[bytes]) -> bytes:
        """Read on from there, one such body at a time: ten requests at once must not hold ten of them."""
        async with self._large:
            body.take(rest)
            async for piece in pieces:
                body.take(piece)
            return body.whole()

    def _explained(self, failure: httpx.RequestError, url: httpx.URL) -> tuple[HttpFault, str]:
        fault = next((FAULTS[kind] for kind in type(failure).__mro__ if kind in FAULTS), HttpFault.OTHER)
        if fault.sent or fault is HttpFault.POOL_TIMEOUT:
            return fault, ""
        for cause in _causes(failure):
            if isinstance(cause, ssl.SSLCertVerificationError):
                return HttpFault.UNTRUSTED_CERTIFICATE, cause.verify_message or ""
            if isinstance(cause, ssl.SSLError):
                return HttpFault.NO_TLS, cause.reason or ""
        proxy = proxy_for(str(url), self._settings)
        if proxy is None:
            return fault, ""
        if fault is HttpFault.PROXY_REFUSED:
            return fault, f"{proxy.named}: {failure}" if str(failure) else proxy.named
        return HttpFault.PROXY_UNREACHABLE, proxy.named


def _as_httpx_request(request: HttpRequest) -> httpx.Request:
    content, seconds = request.content, request.timeout_seconds
    try:
        made = httpx.Request(
            request.method,
            _address(request.url),
            headers=request.headers,
            stream=None if content is None else _Pieces(content, request.still_wanted),
            extensions={"timeout": {"connect": seconds, "read": seconds, "write": seconds, "pool": seconds}},
        )
    except httpx.InvalidURL:
        raise HttpError(HttpFault.INVALID_ADDRESS) from None
    # httpx leaves both out of a request that is given a stream.
    made.headers["Host"] = made.url.netloc.decode("ascii")
    if isinstance(content, bytes):
        made.headers["Content-Length"] = str(len(content))
    return made


@lru_cache(maxsize=64)
def _address(url: str) -> httpx.URL:
    """The address taken apart: the slowest part of making a request, and nearly always the one of the last create."""
    return httpx.URL(url)


class _Pieces(httpx.AsyncByteStream):
    """The body of a request. httpx's own for bytes is a generator, which trio complains of when nobody exhausts it."""

    def __init__(self, content: bytes | AsyncIterable[bytes], still_wanted: Callable[[], bool] | None) -> None:
        self._content = content
        self._still_wanted = still_wanted

    def __aiter__(self) -> AsyncIterator[bytes]:
        pieces = _Once(self._content) if isinstance(self._content, bytes) else self._content.__aiter__()
        return pieces if self._still_wanted is None else _Wanted(pieces, self._still_wanted)


class _Once:
    """Bytes as one piece."""

    def __init__(self, content: bytes) -> None:
        self._left = [content]

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if not self._left:
            raise StopAsyncIteration
        return self._left.pop()


class _Wanted:
    """Pieces, the first of which is given only if it is still wanted.

    It is asked for once the connection is there and the headers are out. Without its content Jira does not carry out a
    request, and between this look and the system call that sends the content nothing waits.
    """

    def __init__(self, pieces: AsyncIterator[bytes], still_wanted: Callable[[], bool]) -> None:
        self._pieces = pieces
        self._still_wanted = still_wanted
        self._begun = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        if self._begun:
            return await self._pieces.__anext__()
        self._begun = True
        piece = await self._pieces.__anext__()
        if not self._still_wanted():
            raise HeldBackError
        return piece


def _headers(response: httpx.Response) -> dict[str, str]:
    headers: dict[str, str] = {}
    for raw_name, raw_value in response.headers.raw:
        name, value = raw_name.decode("latin-1").lower(), raw_value.decode("utf-8", errors="replace")
        headers[name] = f"{headers[name]}, {value}" if name in headers else value
    return headers


def _causes(exc: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    cause: BaseException | None = exc
    while cause is not None and id(cause) not in seen:
        yield cause
        seen.add(id(cause))
        cause = cause.__cause__ or cause.__context__


def _tls(settings: HttpSettings) -> ssl.SSLContext:
    if not settings.verify_certificates:
        return httpx.create_ssl_context(verify=False)
    return trusted_certificates(settings) or httpx.create_ssl_context(trust_env=False)


def _through(proxy: Proxy, ssl_context: ssl.SSLContext, limits: httpx.Limits) -> httpx.AsyncBaseTransport:
    """Httpx's transport through a proxy.

    Raises:
        SettingsError: it needs a package that is not installed.
    """
    try:
        return httpx.AsyncHTTPTransport(verify=ssl_context, proxy=httpx.Proxy(proxy.url), limits=limits)
    except (httpx.InvalidURL, ValueError):
        raise proxy.unusable("it is no address") from None
    except ImportError:
        raise SettingsError(
            f"The proxy {proxy.named} needs the package socksio, which is not installed.",
            recovery_actions=[
                "Install it: pip install 'jira-session-export[socks]'.",
                "Or exempt Jira's host from the proxy with NO_PROXY.",
            ],
        ) from None


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


class _Connections(httpx.AsyncBaseTransport):
    """httpx over as many single connections as are needed at the same time; asyncio and trio.

    Raises:
        SettingsError: the certificates to trust cannot be read.
    """

    def __init__(self, settings: HttpSettings, runtime: Runtime) -> None:
        self._ssl = _tls(settings)
        self._settings = settings
        self._runtime = runtime
        self._free = anyio.CapacityLimiter(settings.max_connections)
        # Of each event loop its own: a connection cannot be used, nor be closed, in another loop than it was opened in.
        self._idle: RunVar[defaultdict[str, deque[_Connection]]] = RunVar(f"jira_session_export.idle.{id(self)}")
        self._closed = False

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send the request; its connection is free again once the answer is closed.

        Raises:
            httpx.TransportError: as httpx's own transport.
        """
        if self._closed:
            raise RuntimeError("The client is closed.")
        await self._wait_for_a_place(request)
        idle = self._idle_here()[_origin(request.url)]
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
        for idle in list(self._idle_here().values()):
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
        too_old = now - idle[0].idle_since > self._settings.keep_alive_seconds
        if self._closed or too_old:
            await idle.popleft().transport.aclose()

    def _idle_here(self) -> "defaultdict[str, deque[_Connection]]":
        try:
            return self._idle.get()
        except LookupError:
            idle: defaultdict[str, deque[_Connection]] = defaultdict(deque)
            self._idle.set(idle)
            return idle

    async def _wait_for_a_place(self, request: httpx.Request) -> None:
        try:
            self._free.acquire_on_behalf_of_nowait(request)
        except anyio.WouldBlock:
            with anyio.move_on_after(request.extensions.get("timeout", {}).get("pool")) as scope:
                await self._free.acquire_on_behalf_of(request)
            if scope.cancelled_caught:
                raise httpx.PoolTimeout("all connections are in use") from None

    def _transport(self, url: httpx.URL) -> httpx.AsyncBaseTransport:
        expiry = self._settings.keep_alive_seconds
        proxy = proxy_for(str(url), self._settings)
        if proxy is None:
            return _Direct(self._ssl, expiry)
        limits = httpx.Limits(max_connections=1, keepalive_expiry=expiry)
        return _through(proxy, self._ssl, limits)


class _Answer(httpx.AsyncByteStream):
    """The body of an answer; closing it gives its connection back."""

    __slots__ = ("_connection", "_connections", "_request", "_stream")

    def __init__(
        self,
        connections: _Connections,
        connection: _Connection,
        request: httpx.Request,
        stream: httpx.AsyncByteStream,
    ) -> None:
        self._connections: _Connections | None = connections
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
