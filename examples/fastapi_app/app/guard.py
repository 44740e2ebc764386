"""What every request passes: who may connect at all, how much they may send, and the headers that protect the page."""

import logging
from base64 import b64encode
from hashlib import sha256

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access import AccessError, check_local, check_origin
from app.errors import InternalError, RequestTooLargeError, error_response
from app.settings import ServiceSettings
from jira_session_export.adf import PREVIEW_STYLESHEET

logger = logging.getLogger("jira_session_export.service")

MAX_JSON_BYTES = 1_000_000
UPLOAD_PATH = "/api/jira/sessions"
_PREVIEW_DIGEST = b64encode(sha256(PREVIEW_STYLESHEET.encode()).digest()).decode()

SECURITY_HEADERS = {
    # The one inline style sheet is the library's own, for the frames that show previews; frames inherit this policy.
    "Content-Security-Policy": "; ".join(
        (
            "default-src 'none'",
            "script-src 'self'",
            f"style-src 'self' 'sha256-{_PREVIEW_DIGEST}'",
            "img-src 'self' data: https:",
            "connect-src 'self'",
            "frame-src 'self'",
            "manifest-src 'self'",
            "base-uri 'none'",
            "form-action 'none'",
            "frame-ancestors 'none'",
        )
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


class Guard:
    """ASGI middleware around the whole service."""

    def __init__(self, app: ASGIApp, *, settings: ServiceSettings, token_required: bool) -> None:
        self._app = app
        self._settings = settings
        self._token_required = token_required

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            self._check_websocket(HTTPConnection(scope))
        except AccessError:
            # Accepted first: only then does a browser tell its script the code.
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": 4403})
            return
        await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        connection = HTTPConnection(scope)
        body = _LimitedBody(receive, self._settings.max_upload_bytes if _is_upload(scope) else MAX_JSON_BYTES)

        started = False

        async def send_protected(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                if "/api/" in scope["path"]:
                    headers.setdefault("Cache-Control", "no-store")
            await send(message)

        async def send_unless_too_large(message: Message) -> None:
            if not body.too_large:
                await send_protected(message)

        try:
            if not self._token_required:
                check_local(connection)
            if scope["method"] not in {"GET", "HEAD"}:
                check_origin(connection, self._settings.allowed_origins)
        except AccessError as exc:
            await error_response(exc)(scope, receive, send_protected)
            return
        try:
            await self._app(scope, body.receive, send_unless_too_large)
        except Exception:
            logger.exception("A request failed for a reason nobody foresaw", extra={"action": "request_failed"})
            if not started:
                await error_response(InternalError("Something nobody foresaw."))(scope, receive, send_protected)
        if body.too_large:
            await error_response(body.error)(scope, receive, send_protected)

    def _check_websocket(self, connection: HTTPConnection) -> None:
        if not self._token_required:
            check_local(connection)
        check_origin(connection, self._settings.allowed_origins)


def _is_upload(scope: Scope) -> bool:
    return scope["method"] == "POST" and str(scope["path"]).endswith(UPLOAD_PATH)


class _LimitedBody:
    """A request's body, cut off when it grows larger than `limit` bytes, whatever the headers say."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive = receive
        self._limit = limit
        self._received = 0
        self.error = RequestTooLargeError(f"The request is larger than {limit:,} bytes.")

    @property
    def too_large(self) -> bool:
        """Whether it was cut off."""
        return self._received > self._limit

    async def receive(self) -> Message:
        """The next piece; after the limit, as if the client had gone."""
        message = await self._receive()
        self._received += len(message.get("body", b""))
        return {"type": "http.disconnect"} if self.too_large else message
