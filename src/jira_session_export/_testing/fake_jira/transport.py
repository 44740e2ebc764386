"""The fake behind an `httpx` transport: no socket, the same answers, and faults as the errors `httpx` would raise."""

from collections.abc import AsyncIterator

import anyio
import anyio.lowlevel
import httpx

from jira_session_export._testing.fake_jira.exchange import Answer, Request
from jira_session_export._testing.fake_jira.faults import Ending
from jira_session_export._testing.fake_jira.service import Exchange, Service

_ATLASSIAN_HOSTS = frozenset({"api.atlassian.com", "auth.atlassian.com"})


class FakeTransport(httpx.AsyncBaseTransport):
    """Answers requests to the fake's own address, to Atlassian's gateway and to its token endpoint; others find nobody.

    Waiting (for a time-out, a slow answer, the latency) is done by the runtime's clock. Cancelling a request before it
    is carried out leaves nothing done; later, the client merely does not hear of it.
    """

    def __init__(self, service: Service, latency: float) -> None:
        self._service = service
        self.latency = latency

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Carry one request out."""
        received = Request.of(
            request.method,
            request.url.raw_path.decode("ascii"),
            {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in request.headers.raw},
            await request.aread(),
            f"{request.url.scheme}://{request.url.netloc.decode('ascii')}",
        )
        await self._wait(self.latency / 2)
        if request.url.host not in self._hosts():
            message = f"[Errno -2] Name or service not known: {request.url.host}"
            raise httpx.ConnectError(message)
        exchange = self._service.arrive(received)
        answer = await self._outcome(exchange, _Patience(request))
        await self._wait(self.latency / 2)
        self._service.finish(exchange, answer)
        return _response(exchange, answer)

    async def _outcome(self, exchange: Exchange, patience: "_Patience") -> Answer:
        kind = exchange.fault
        if kind is None:
            return self._service.carry_out(exchange)
        try:
            if kind.ends_first:
                self._service.carry_out_after(exchange, kind.delay)
            elif kind.delay:
                await self._carry_out_slowly(exchange, kind.delay, patience)
            elif kind.carries_out:
                self._service.carry_out(exchange)
            if kind.ending not in (None, Ending.TRUNCATED):
                await self._end(kind.ending, patience)
        except httpx.TransportError:
            self._service.finish(exchange, None)
            raise
        if kind.replacement is not None:
            return kind.replacement(self._service.runtime.now())
        if exchange.answer is None:
            message = f"the fault {kind.name!r} neither answers nor ends the connection"
            raise AssertionError(message)
        return exchange.answer

    async def _carry_out_slowly(self, exchange: Exchange, seconds: float, patience: "_Patience") -> None:
        self._service.carry_out_after(exchange, seconds)
        if patience.read is not None and seconds >= patience.read:
            await self._end(Ending.SILENT, patience)
        await self._service.runtime.sleep(seconds)
        self._service.carry_out_now(exchange)

    async def _end(self, ending: Ending, patience: "_Patience") -> None:
        sleep = self._service.runtime.sleep
        match ending:
            case Ending.REFUSED:
                raise httpx.ConnectError("All connection attempts failed")
            case Ending.CONNECT_TIMEOUT:
                await sleep(patience.connect or 0)
                raise httpx.ConnectTimeout("")
            case Ending.POOL_TIMEOUT:
                await sleep(patience.pool or 0)
                raise httpx.PoolTimeout("")
            case Ending.DROPPED | Ending.TRUNCATED:
                raise httpx.RemoteProtocolError("Server disconnected without sending a response.")
            case Ending.RESET:
                raise httpx.ReadError("")
            case Ending.SILENT:
                if patience.read is None:
                    await anyio.sleep_forever()
                await sleep(patience.read or 0)
                raise httpx.ReadTimeout("")

    async def _wait(self, seconds: float) -> None:
        if seconds > 0:
            await self._service.runtime.sleep(seconds)
        else:
            await anyio.lowlevel.checkpoint()

    def _hosts(self) -> frozenset[str]:
        return _ATLASSIAN_HOSTS | {httpx.URL(self._service.site.base_url).host}


class _Patience:
    """How long the client waits, in seconds; None for ever."""

    def __init__(self, request: httpx.Request) -> None:
        timeouts: dict[str, float | None] = request.extensions.get("timeout", {})
        self.connect = timeouts.get("connect")
        self.read = timeouts.get("read")
        self.pool = timeouts.get("pool")


class _Truncated(httpx.AsyncByteStream):
    """The first half of a body, and then the connection is gone."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def __aiter__(self) -> AsyncIterator[bytes]:
        half = self._body[: len(self._body) // 2]
        yield half
        message = (
            "peer closed connection without sending complete message body "
            f"(received {len(half)} bytes, expected {len(self._body)})"
        )
        raise httpx.RemoteProtocolError(message)


def _response(exchange: Exchange, answer: Answer) -> httpx.Response:
    headers = {**answer.headers, "content-length": str(len(answer.body))}
    if exchange.fault is not None and exchange.fault.ending is Ending.TRUNCATED:
        return httpx.Response(answer.status, headers=headers, stream=_Truncated(answer.body))
    return httpx.Response(answer.status, headers=headers, content=answer.body)
