"""The fake over a real socket: HTTP/1.1, and faults as a network makes them."""

import logging
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import anyio.abc
import h11

from jira_session_export._testing.fake_jira.exchange import Answer, Request
from jira_session_export._testing.fake_jira.faults import Ending
from jira_session_export._testing.fake_jira.service import Exchange, Service

_log = logging.getLogger(__name__)
_MULTIPART_MARGIN = 4096
"""Bytes of a request around its one file, about."""
_CHUNK = 65_536
_LINGER_NOT = struct.pack("ii", 1, 0)


@asynccontextmanager
async def listen(service: Service, host: str, port: int) -> AsyncIterator[str]:
    """Listen until the block is left; gives the address.

    Args:
        port: 0 for any free one.

    Raises:
        OSError: the port is taken, or the host is not this machine's.
    """
    listener = await anyio.create_tcp_listener(local_host=host, local_port=port)
    served = listener.extra(anyio.abc.SocketAttribute.local_port)  # noqa: S610 - no database here
    name = f"[{host}]" if ":" in host else host

    async def handle(stream: anyio.abc.SocketStream) -> None:
        await _Connection(stream, service).serve()

    failed: Exception | None = None
    async with listener, anyio.create_task_group() as tasks:
        tasks.start_soon(listener.serve, handle)
        try:
            yield f"http://{name}:{served}"
        except Exception as exc:  # noqa: BLE001 -- kept, or the task group would wrap it in an exception group
            failed = exc
        tasks.cancel_scope.cancel()
    if failed is not None:
        raise failed


class _Connection:
    """One client's connection, request after request."""

    def __init__(self, stream: anyio.abc.SocketStream, service: Service) -> None:
        self._stream = stream
        self._service = service
        self._protocol = h11.Connection(h11.SERVER)

    async def serve(self) -> None:
        try:
            while (request := await self._read_request()) is not None:
                if not await self._handle(request) or self._protocol.our_state is not h11.DONE:
                    break
                if self._protocol.their_state is not h11.DONE:
                    break
                self._protocol.start_next_cycle()
        except h11.RemoteProtocolError as exc:
            _log.warning("a request that is no HTTP", extra={"action": "fake_jira_bad_request", "error": str(exc)})
        except (anyio.BrokenResourceError, anyio.ClosedResourceError, anyio.EndOfStream):
            return  # the client is gone
        finally:
            await anyio.aclose_forcefully(self._stream)

    async def _read_request(self) -> Request | None:
        head: h11.Request | None = None
        body: list[bytes] = []
        while True:
            event = self._protocol.next_event()
            if event is h11.NEED_DATA:
                if self._protocol.they_are_waiting_for_100_continue:
                    await self._send(h11.InformationalResponse(status_code=100, headers=[]))
                self._protocol.receive_data(await self._receive())
            elif isinstance(event, h11.Request):
                head = event
                if self._is_too_large(head):
                    await self._cut_off(head)
                    return None
            elif isinstance(event, h11.Data):
                body.append(bytes(event.data))
            elif isinstance(event, h11.EndOfMessage) and head is not None:
                return _request(head, b"".join(body))
            else:
                return None

    def _is_too_large(self, head: h11.Request) -> bool:
        """Whether an upload is refused for its size before it is read."""
        limit = self._service.site.options.upload_limit + _MULTIPART_MARGIN
        headers = dict(head.headers)
        length = headers.get(b"content-length", b"0")
        return head.target.endswith(b"/attachments") and length.isdigit() and int(length) > limit

    async def _cut_off(self, head: h11.Request) -> None:
        """Answer 413 and close, as the edge does with an upload too large for it; the client is still sending.

        Source: uploads beyond the limit end with 413 or a reset connection in public reports; which of the two a client
        sees depends on how much it has sent.
        """
        request = _request(head, b"")
        exchange = self._service.arrive(request)
        answer = self._service.refuse(exchange, 413)
        await self._send_answer(request, answer)
        await self._stream.send_eof()

    async def _receive(self) -> bytes:
        try:
            return await self._stream.receive(_CHUNK)
        except anyio.EndOfStream:
            return b""

    async def _handle(self, request: Request) -> bool:
        """Answer one request; False when the connection ends with it."""
        seconds = self._service.latency.of(request)
        await self._spend(seconds / 2)
        exchange = self._service.arrive(request)
        try:
            answer = await self._outcome(exchange)
        except Exception:  # noqa: BLE001 - one bad route must not end the server for everybody
            _log.exception("a route of the fake failed", extra={"action": "fake_jira_failed"})
            answer = Answer.json(500, {"errorMessages": ["Internal server error"], "errors": {}})
        await self._spend(seconds / 2)
        self._service.finish(exchange, answer)
        if answer is None:
            return False
        if exchange.fault is not None and exchange.fault.ending is Ending.TRUNCATED:
            await self._send_half(answer)
            return False
        await self._send_answer(request, answer)
        return True

    async def _spend(self, seconds: float) -> None:
        if seconds:
            await self._service.runtime.sleep(seconds)

    async def _outcome(self, exchange: Exchange) -> Answer | None:
        service, kind = self._service, exchange.fault
        if kind is None:
            return service.carry_out(exchange)
        if kind.ends_first:
            service.carry_out_after(exchange, kind.delay)
        elif kind.delay:
            service.carry_out_after(exchange, kind.delay)
            await service.runtime.sleep(kind.delay)
            service.carry_out_now(exchange)
        elif kind.carries_out:
            service.carry_out(exchange)
        if kind.ending not in (None, Ending.TRUNCATED):
            await self._end(kind.ending)
            return None
        return kind.replacement(service.runtime.now()) if kind.replacement else exchange.answer

    async def _end(self, ending: Ending) -> None:
        if ending is Ending.SILENT:
            while await self._receive():
                pass
        elif ending is Ending.DROPPED:
            await self._stream.send_eof()
        else:
            # Without lingering, closing sends RST instead of FIN.
            raw = self._stream.extra(anyio.abc.SocketAttribute.raw_socket)  # noqa: S610 - no database here
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_NOT)

    async def _send_answer(self, request: Request, answer: Answer) -> None:
        await self._send(_head(answer))
        if answer.body and request.method != "HEAD":
            await self._send(h11.Data(data=answer.body))
        await self._send(h11.EndOfMessage())

    async def _send_half(self, answer: Answer) -> None:
        await self._send(_head(answer))
        await self._send(h11.Data(data=answer.body[: len(answer.body) // 2]))
        await self._stream.send_eof()

    async def _send(self, event: h11.Event) -> None:
        data = self._protocol.send(event)
        if data:
            await self._stream.send(data)


def _request(head: h11.Request, body: bytes) -> Request:
    headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in head.headers}
    origin = f"http://{headers.get('host', '')}"
    return Request.of(head.method.decode("ascii"), head.target.decode("ascii"), headers, body, origin)


def _head(answer: Answer) -> h11.Response:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in answer.headers.items()]
    if answer.status != 204:
        headers.append((b"content-length", str(len(answer.body)).encode()))
    return h11.Response(status_code=answer.status, headers=headers, reason=answer.reason.encode())
