"""The fake as a transport of the client: no socket, the same answers, and faults as the errors a network has."""

from collections.abc import AsyncIterable
from datetime import datetime
from email.utils import format_datetime
from urllib.parse import urlsplit

import anyio.lowlevel

from jira_session_export._jira.http import HeldBackError, HttpError, HttpFault, HttpRequest, HttpResponse
from jira_session_export._testing.fake_jira.exchange import Answer, Request
from jira_session_export._testing.fake_jira.faults import Ending
from jira_session_export._testing.fake_jira.service import Exchange, Service

_ATLASSIAN_HOSTS = frozenset({"api.atlassian.com", "auth.atlassian.com"})


class FakeTransport:
    """Answers requests to the fake's own address, to Atlassian's gateway and to its token endpoint; others find nobody.

    Waiting (for a time-out, a slow answer, the latency) is done by the runtime's clock. Cancelling a request before it
    is carried out leaves nothing done; later, the client merely does not hear of it.
    """

    def __init__(self, service: Service) -> None:
        self._service = service

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Carry one request out.

        Raises:
            HeldBackError: the request is not wanted any more.
            HttpError: a fault says so, or nobody is at that address.
        """
        address = urlsplit(request.url)
        target = f"{address.path}?{address.query}" if address.query else address.path
        received = Request.of(
            request.method,
            target,
            {name.lower(): value for name, value in request.headers.items()},
            await _whole(request.content),
            f"{address.scheme}://{address.netloc}",
        )
        seconds = self._service.latency.of(received)
        await self._wait(seconds / 2)
        if address.hostname not in self._hosts():
            raise HttpError(HttpFault.NOT_CONNECTED, f"name or service not known: {address.hostname}")
        if request.still_wanted is not None and not request.still_wanted():
            raise HeldBackError
        exchange = self._service.arrive(received)
        answer = await self._outcome(exchange, request.timeout_seconds)
        await self._wait(seconds / 2)
        self._service.finish(exchange, answer)
        return _response(exchange, answer, self._service.runtime.now())

    async def aclose(self) -> None:
        """Nothing: it has no connections, and the next client may use it."""

    async def _outcome(self, exchange: Exchange, timeout_seconds: float) -> Answer:
        kind = exchange.fault
        if kind is None:
            return self._service.carry_out(exchange)
        try:
            if kind.ends_first:
                self._service.carry_out_after(exchange, kind.delay)
            elif kind.delay:
                await self._carry_out_slowly(exchange, kind.delay, timeout_seconds)
            elif kind.carries_out:
                self._service.carry_out(exchange)
            if kind.ending not in (None, Ending.TRUNCATED):
                await self._end(kind.ending, timeout_seconds)
        except HttpError:
            self._service.finish(exchange, None)
            raise
        if kind.replacement is not None:
            return kind.replacement(self._service.runtime.now())
        if exchange.answer is None:
            message = f"the fault {kind.name!r} neither answers nor ends the connection"
            raise AssertionError(message)
        return exchange.answer

    async def _carry_out_slowly(self, exchange: Exchange, seconds: float, timeout_seconds: float) -> None:
        self._service.carry_out_after(exchange, seconds)
        if seconds >= timeout_seconds:
            await self._end(Ending.SILENT, timeout_seconds)
        await self._service.runtime.sleep(seconds)
        self._service.carry_out_now(exchange)

    async def _end(self, ending: Ending, timeout_seconds: float) -> None:
        fault = _ENDINGS[ending]
        if fault in _TIMEOUTS:
            await self._service.runtime.sleep(timeout_seconds)
        raise HttpError(fault)

    async def _wait(self, seconds: float) -> None:
        if seconds > 0:
            await self._service.runtime.sleep(seconds)
        else:
            await anyio.lowlevel.checkpoint()

    def _hosts(self) -> frozenset[str | None]:
        return _ATLASSIAN_HOSTS | {urlsplit(self._service.site.base_url).hostname}


_ENDINGS = {
    Ending.REFUSED: HttpFault.NOT_CONNECTED,
    Ending.CONNECT_TIMEOUT: HttpFault.CONNECT_TIMEOUT,
    Ending.POOL_TIMEOUT: HttpFault.POOL_TIMEOUT,
    Ending.DROPPED: HttpFault.BROKEN_ANSWER,
    Ending.TRUNCATED: HttpFault.BROKEN_ANSWER,
    Ending.RESET: HttpFault.CONNECTION_LOST,
    Ending.SILENT: HttpFault.READ_TIMEOUT,
}
_TIMEOUTS = {HttpFault.CONNECT_TIMEOUT, HttpFault.POOL_TIMEOUT, HttpFault.READ_TIMEOUT}


async def _whole(content: bytes | AsyncIterable[bytes] | None) -> bytes:
    if content is None or isinstance(content, bytes):
        return content or b""
    return b"".join([piece async for piece in content])


def _response(exchange: Exchange, answer: Answer, now: datetime) -> HttpResponse:
    headers = {"date": format_datetime(now, usegmt=True)}
    headers |= {name.lower(): value for name, value in answer.headers.items()}
    headers["content-length"] = str(len(answer.body))
    if exchange.fault is not None and exchange.fault.ending is Ending.TRUNCATED:
        half, length = len(answer.body) // 2, len(answer.body)
        raise HttpError(
            HttpFault.BROKEN_ANSWER,
            f"received {half} of {length} bytes",
            response=HttpResponse(answer.status, headers),
        )
    return HttpResponse(answer.status, headers, answer.body)
