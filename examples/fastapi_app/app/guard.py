"""What every request passes before anything of it is read: who may ask, how much they may send, and how slowly.

Also the headers that protect the page.
"""

import logging
from base64 import b64encode
from hashlib import sha256

import anyio
from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.access import Authenticate, check_local, check_origin
from app.body import LimitedBody
from app.deps import CALLER
from app.errors import InternalError, error_response
from app.longwork import Turns
from app.settings import ServiceSettings
from jira_session_export import JiraSessionExportError
from jira_session_export.adf import PREVIEW_STYLESHEET

logger = logging.getLogger("jira_session_export.service")

MAX_JSON_BYTES = 1_000_000
UPLOAD_PATH = "/api/jira/sessions"
LINGER_SECONDS = 1.0
LINGER_BYTES = 1_000_000
UPLOADS_AT_ONCE = 8
UPLOADS_WAITING = 64
"""Uploads that wait for their turn; nothing of them is read meanwhile."""
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

    def __init__(
        self, app: ASGIApp, *, settings: ServiceSettings, authenticate: Authenticate, token_required: bool
    ) -> None:
        self._app = app
        self._settings = settings
        self._authenticate = authenticate
        self._token_required = token_required
        self._uploads = Turns("uploads", at_once=UPLOADS_AT_ONCE, waiting=UPLOADS_WAITING)

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
            self._check_place(HTTPConnection(scope))
            check_origin(HTTPConnection(scope), self._settings.allowed_origins)
        except JiraSessionExportError:
            # Accepted first: only then does a browser tell its script the code.
            await receive()
            await send({"type": "websocket.accept"})
            await send({"type": "websocket.close", "code": 4403})
            return
        await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer = _Answer(send, private=_is_api(scope))
        try:
            # Before a byte of the body is read: whoever may not ask costs no more than the headers they sent.
            await self._admit(scope)
        except JiraSessionExportError as exc:
            await answer.refuse(exc, scope, receive)
            return
        except Exception:  # of a host's own `Authenticate`
            logger.exception("A request failed for a reason nobody foresaw", extra={"action": "request_failed"})
            await error_response(InternalError("Something nobody foresaw."))(scope, receive, answer.send)
            return
        upload = _is_upload(scope)
        limit = self._settings.max_upload_bytes if upload else MAX_JSON_BYTES
        body = LimitedBody(receive, limit, patience_seconds=self._settings.body_patience_seconds)

        async def send_unless_cut_off(message: Message) -> None:
            if body.error is None:
                await answer.send(message)

        try:
            if upload:
                async with self._uploads.turn():
                    await self._app(scope, body.receive, send_unless_cut_off)
            else:
                await self._app(scope, body.receive, send_unless_cut_off)
        except JiraSessionExportError as exc:  # too many uploads wait
            await answer.refuse(exc, scope, receive)
        except Exception:
            logger.exception("A request failed for a reason nobody foresaw", extra={"action": "request_failed"})
            if not answer.started and body.error is None:
                await error_response(InternalError("Something nobody foresaw."))(scope, receive, answer.send)
        if body.error is not None:
            await error_response(body.error)(scope, receive, answer.send)

    async def _admit(self, scope: Scope) -> None:
        """Find out who asks. Raises `AccessError`, or what the host's own `Authenticate` raises."""
        connection = HTTPConnection(scope)
        self._check_place(connection)
        if scope["method"] not in {"GET", "HEAD"}:
            check_origin(connection, self._settings.allowed_origins)
        if _is_api(scope):
            scope[CALLER] = await self._authenticate(connection)

    def _check_place(self, connection: HTTPConnection) -> None:
        if not self._token_required:
            check_local(connection)


class _Answer:
    """Sends the answer with the headers that protect it."""

    def __init__(self, send: Send, *, private: bool) -> None:
        self._send = send
        self._private = private
        self.started = False

    async def send(self, message: Message) -> None:
        """Pass the message on."""
        if message["type"] == "http.response.start":
            self.started = True
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            if self._private:
                headers.setdefault("Cache-Control", "no-store")
        await self._send(message)

    async def refuse(self, error: JiraSessionExportError, scope: Scope, receive: Receive) -> None:
        """Tell the error, then close the connection.

        A little of the body is thrown away meanwhile: closed at once, a caller who is still sending would be told of a
        broken connection instead.
        """
        response = error_response(error, headers={"Connection": "close"})
        await self.send(
            {"type": "http.response.start", "status": response.status_code, "headers": response.raw_headers}
        )
        await self.send({"type": "http.response.body", "body": response.body, "more_body": True})
        thrown_away, more = 0, all(name != b"expect" for name, _ in scope["headers"])
        with anyio.move_on_after(LINGER_SECONDS):
            while more and thrown_away < LINGER_BYTES:
                message = await receive()
                thrown_away += len(message.get("body", b""))
                more = message.get("more_body", False)
        await self.send({"type": "http.response.body", "body": b""})


def _path(scope: Scope) -> str:
    return str(scope["path"]).removeprefix(scope.get("root_path", ""))


def _is_api(scope: Scope) -> bool:
    return _path(scope).startswith("/api/")


def _is_upload(scope: Scope) -> bool:
    return scope["method"] == "POST" and _path(scope).rstrip("/") == UPLOAD_PATH
