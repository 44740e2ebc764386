"""Who may call, and which sessions they see. Hosts put their own `Authenticate` in the place of the bearer tokens."""

import base64
import binascii
import hmac
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import ClassVar
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection

from jira_session_export import ErrorCategory, JiraSessionExportError

SUBPROTOCOL = "jira-session-export"
"""What the WebSocket speaks; a browser offers it together with its token."""
TOKEN_SUBPROTOCOL = "jira-session-export.bearer."  # noqa: S105 -- a prefix, not a secret
"""Prefix of the subprotocol that carries a token, base64url without padding: scripts in a browser cannot set headers on
a WebSocket, and an address with a token in it would end up in logs."""


FORWARDED = ("forwarded", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""Headers by which a proxy tells for whom it asks."""


class AccessError(JiraSessionExportError):
    """The request is not allowed."""

    code = "not_allowed"
    category = ErrorCategory.USER_FIXABLE
    status: ClassVar[int] = 403


class AuthenticationRequiredError(AccessError):
    """There is no token, or not one we know."""

    code = "authentication_required"
    status = 401
    default_actions = ("Send the header 'Authorization: Bearer <token>' with a token from JSE_API_TOKEN.",)


class OriginNotAllowedError(AccessError):
    """A script of another site asks, with the browser of somebody who may."""

    code = "origin_not_allowed"
    default_actions = ("Add the page's origin to JSE_ALLOWED_ORIGINS if it may call this service.",)


class AdministratorsOnlyError(AccessError):
    """What was asked is for administrators of this service."""

    code = "administrators_only"
    default_actions = ("Ask an administrator of this service (JSE_ADMINISTRATORS).",)


class LocalOnlyError(AccessError):
    """Without tokens only this machine is served."""

    code = "local_only"
    category = ErrorCategory.ADMIN_REQUIRED
    default_actions = ("Set JSE_API_TOKEN to serve other machines.", "Or open http://127.0.0.1 on this machine.")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks.

    Attributes:
        name: owner of the sessions they see and load; None sees every session, and is an administrator.
        administrator: whether they may release sessions.
    """

    name: str | None = None
    administrator: bool = False

    @property
    def is_administrator(self) -> bool:
        """Whether they may release sessions."""
        return self.administrator or self.name is None

    def may_see(self, owner: str | None) -> bool:
        """Whether a session of `owner` is theirs."""
        return self.name is None or self.name == owner


Authenticate = Callable[[HTTPConnection], Awaitable[Caller]]
"""Says who makes a request or opens a WebSocket; raises `AccessError` for somebody who may not."""


def bearer_tokens(tokens: Mapping[str, str | None], administrators: Collection[str] = ()) -> Authenticate:
    """The default: a bearer token per caller; without any, everybody who gets through to us is the one caller."""

    async def authenticate(connection: HTTPConnection) -> Caller:
        if not tokens:
            return Caller()
        given = _header_token(connection) or _subprotocol_token(connection)
        if given is None:
            raise AuthenticationRequiredError("This service asks for a token.")
        known = [token for token in tokens if hmac.compare_digest(token.encode(), given.encode())]
        if not known:
            raise AuthenticationRequiredError("This token is not known here.")
        name = tokens[known[0]]
        return Caller(name, administrator=name in administrators)

    return authenticate


def _header_token(connection: HTTPConnection) -> str | None:
    scheme, _, token = connection.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


def _subprotocol_token(connection: HTTPConnection) -> str | None:
    if connection.scope["type"] != "websocket":
        return None
    for protocol in connection.scope.get("subprotocols", ()):
        if protocol.startswith(TOKEN_SUBPROTOCOL):
            encoded = protocol.removeprefix(TOKEN_SUBPROTOCOL)
            try:
                return base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
            except (binascii.Error, UnicodeDecodeError):
                return None
    return None


def check_origin(connection: HTTPConnection, allowed: frozenset[str]) -> None:
    """Refuse what a script of another site asks: on this machine no token is needed, and cookies travel by themselves.

    Raises:
        OriginNotAllowedError: the browser names another site than ours and the allowed ones.
    """
    origin = connection.headers.get("origin")
    if origin is None or origin in allowed:
        return
    # The scheme is left out: behind a proxy that ends TLS without telling us, ours would look like http.
    if _place(origin) != connection.headers.get("host", "").lower():
        raise OriginNotAllowedError(f"Pages of {origin} may not call this service.")


def check_local(connection: HTTPConnection) -> None:
    """Refuse everybody but this machine, and names other than its own: a foreign name may point here (DNS rebinding).

    Raises:
        LocalOnlyError: the request came from elsewhere, through a proxy or another address, or under another name.
    """
    if any(name in connection.headers for name in FORWARDED):
        raise LocalOnlyError("Without a token this service does not answer behind a proxy: everybody could be there.")
    client, server = connection.scope.get("client"), connection.scope.get("server")
    name = _host(connection.headers.get("host", ""))
    addresses = [peer[0] for peer in (client, server) if peer and peer[1] is not None]
    if not is_local(name) or not all(is_local(address) for address in addresses):
        raise LocalOnlyError("Without a token this service answers only on the machine it runs on.")


def _place(origin: str) -> str | None:
    """Host and port of an origin; None for what is none."""
    try:
        return urlsplit(origin).netloc.lower() or None
    except ValueError:
        return None


def _host(text: str) -> str:
    """The name in a `Host` header; empty for what is none."""
    try:
        return urlsplit(f"//{text}").hostname or ""
    except ValueError:
        return ""


def is_local(host: str) -> bool:
    """Whether `host` names this machine and nothing else."""
    if host.rstrip(".").lower() == "localhost" or host.lower().endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
