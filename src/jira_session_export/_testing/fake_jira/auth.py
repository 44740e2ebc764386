"""Who a request comes from: API tokens, scoped tokens, OAuth 2.0 with rotating refresh tokens, and nobody."""

import base64
import binascii
import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from jira_session_export._testing.fake_jira.entities import FakeUser
from jira_session_export._testing.fake_jira.exchange import Answer, NotAuthenticated, Refused, Request
from jira_session_export._testing.fake_jira.state import Site, account_id_of

ACCESS_TOKEN_LIFE = timedelta(hours=1)
REFRESH_REUSE_LEEWAY = timedelta(minutes=10)
INTEGRATION_EMAIL = "integration@example.com"
"""Who a bearer token without a known owner belongs to."""

_SEEMS_NOBODY = {"x-seraph-loginreason": "AUTHENTICATED_FAILED"}


@dataclass(frozen=True, slots=True)
class Identity:
    """Who calls.

    Attributes:
        user: None for an anonymous call.
        scopes: what the credential may be used for; None for everything.
        headers: what the answer says about the login.
    """

    user: FakeUser | None
    scopes: frozenset[str] | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class OAuthGrant:
    """What a user allowed an OAuth 2.0 app.

    Attributes:
        code: what the app exchanges for its first tokens.
        access_token: the newest one; empty until the code or a refresh token was used.
        refresh_token: the newest one.
        refreshes: how often tokens were handed out.
    """

    client_id: str
    client_secret: str
    email: str
    scopes: frozenset[str]
    code: str
    refresh_token: str
    access_token: str = ""
    refreshes: int = 0
    _access: dict[str, datetime] = field(default_factory=dict)
    _used: dict[str, datetime] = field(default_factory=dict)

    def accepts(self, access_token: str, now: datetime) -> bool:
        """Whether that access token is still good."""
        return access_token in self._access and now < self._access[access_token]

    def refresh(self, token: str, now: datetime) -> bool:
        """Hand out new tokens for a refresh token (or the code); False when it is not good (any more).

        A refresh token that was used is taken again for ten minutes, as Atlassian does: two workers may collide.
        """
        used_at = self._used.get(token)
        if token != self.refresh_token and (used_at is None or now - used_at > REFRESH_REUSE_LEEWAY):
            return False
        self._used.setdefault(token, now)
        self.refreshes += 1
        self.access_token = f"{self.code}-access-{self.refreshes}"
        self.refresh_token = f"{self.code}-refresh-{self.refreshes}"
        self._access[self.access_token] = now + ACCESS_TOKEN_LIFE
        return True

    def expire(self) -> None:
        """Let all its access tokens run out; the refresh token stays good."""
        self._access.clear()


@dataclass(slots=True)
class _ApiToken:
    email: str | None
    scopes: frozenset[str] | None


class Authority:
    """Knows the credentials of a site.

    Without a list of tokens every API and bearer token is good, and an e-mail address nobody has becomes a new user.
    """

    def __init__(self, site: Site, tokens: Collection[str] | None) -> None:
        self._site = site
        self._tokens = None if tokens is None else {token: _ApiToken(None, None) for token in tokens}
        self._scoped: dict[str, _ApiToken] = {}
        self._expired: set[str] = set()
        self._all_expired = False
        self.grants: list[OAuthGrant] = []

    def add_token(self, token: str, *, email: str | None = None, scopes: Collection[str] | None = None) -> None:
        """Make a token good: of one user or any, and with scopes only through the gateway."""
        entry = _ApiToken(email, None if scopes is None else frozenset(scopes))
        self._expired.discard(token)
        if scopes is not None:
            self._scoped[token] = entry
        elif self._tokens is None:
            self._tokens = {token: entry}
        else:
            self._tokens[token] = entry

    def expire(self, token: str | None) -> None:
        """Let one token run out, or all; of OAuth only the access tokens."""
        if token is None:
            self._all_expired = True
        else:
            self._expired.add(token)
        for grant in self.grants:
            if token in (None, grant.access_token):
                grant.expire()

    def renew(self) -> None:
        """Make all API tokens good again that have run out."""
        self._all_expired = False
        self._expired.clear()

    def authorize(
        self, *, client_id: str, client_secret: str, email: str, scopes: Collection[str], refresh_token: str | None
    ) -> OAuthGrant:
        """Let a user allow an app."""
        code = f"grant-{len(self.grants) + 1}"
        grant = OAuthGrant(
            client_id, client_secret, email, frozenset(scopes), code, refresh_token or f"{code}-refresh-0"
        )
        self.grants.append(grant)
        return grant

    def identify(self, request: Request) -> Identity:
        """Who sends a request. Wrong credentials make an anonymous call, as in Jira.

        A bearer token sent to a site is refused ahead of every route, those that need no login included; one that is
        spelled otherwise than `Bearer <token>` is none. A complete JWT is read, and then not accepted.

        Source: live sites, September 2026 (brekkylab/backlot#135 on GitHub); many reports of the same 403.

        Raises:
            Refused: a call through the gateway whose token is not good, or a bearer token at the site.
        """
        scheme, _, credentials = request.headers.get("authorization", "").partition(" ")
        if request.cloud_id is None and scheme == "Bearer" and credentials.strip() == credentials != "":
            if _is_jwt(credentials):
                raise NotAuthenticated(self._site.say("not_authenticated"), self._site.base_url)
            raise ConnectTokenRefused(403, "Failed to parse Connect Session Auth Token")
        match scheme.lower():
            case "bearer" if request.cloud_id is None:
                identity = Identity(None)
            case "basic":
                identity = self._basic(credentials, via_gateway=request.cloud_id is not None)
            case "bearer":
                identity = self._bearer(credentials.strip())
            case _:
                identity = Identity(None)
        if request.cloud_id is not None:
            self._check_gateway(request.cloud_id, identity)
        return identity

    def check_scopes(self, identity: Identity, needed: Collection[str]) -> None:
        """Refuse a token that lacks a scope, as the gateway does."""
        if identity.scopes is not None and not identity.scopes.issuperset(needed):
            refused = _gateway_refusal("Unauthorized; scope does not match")
            refused.headers = {"x-failure-category": "FAILURE_CLIENT_SCOPE_CHECK"}
            raise refused

    def token_endpoint(self, body: dict[str, str]) -> Answer:
        """`POST /oauth/token`: tokens for a code or a refresh token."""
        kind = body.get("grant_type")
        for grant in self.grants:
            if (grant.client_id, grant.client_secret) != (body.get("client_id"), body.get("client_secret")):
                continue
            now = self._site.now()
            if kind == "authorization_code" and body.get("code") == grant.code and not grant.refreshes:
                grant.refresh(grant.refresh_token, now)
                return _tokens(grant)
            if kind == "refresh_token" and grant.refresh(body.get("refresh_token", ""), now):
                return _tokens(grant)
        description = "Unknown or invalid refresh token." if kind == "refresh_token" else "Invalid authorization code"
        return Answer.json(403, {"error": "invalid_grant", "error_description": description})

    def accessible_resources(self, request: Request) -> Answer:
        """`GET /oauth/token/accessible-resources`: the sites an access token reaches."""
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        for grant in self.grants:
            if grant.accepts(token, self._site.now()):
                site = {
                    "id": self._site.cloud_id,
                    "url": self._site.base_url,
                    "name": self._site.title.lower(),
                    "scopes": sorted(grant.scopes),
                    "avatarUrl": f"{self._site.base_url}/avatar/site",
                }
                return Answer.json(200, [site])
        return Answer.json(401, {"code": 401, "message": "Unauthorized"})

    def _basic(self, credentials: str, *, via_gateway: bool) -> Identity:
        try:
            email, _, token = base64.b64decode(credentials, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return Identity(None, headers=_SEEMS_NOBODY)
        entry = self._entry(token, via_gateway=via_gateway)
        if entry is None or not email or (entry.email is not None and entry.email.lower() != email.lower()):
            return Identity(None, headers=_SEEMS_NOBODY)
        return Identity(self._user(email), entry.scopes)

    def _bearer(self, token: str) -> Identity:
        for grant in self.grants:
            if grant.accepts(token, self._site.now()):
                return Identity(self._user(grant.email), grant.scopes)
            if token.startswith(f"{grant.code}-"):
                return Identity(None, headers=_SEEMS_NOBODY)
        entry = self._entry(token, via_gateway=True)
        if entry is None:
            return Identity(None, headers=_SEEMS_NOBODY)
        return Identity(self._user(entry.email or INTEGRATION_EMAIL), entry.scopes)

    def _entry(self, token: str, *, via_gateway: bool) -> _ApiToken | None:
        if not token or self._all_expired or token in self._expired:
            return None
        if token in self._scoped:
            return self._scoped[token] if via_gateway else None
        if self._tokens is None:
            return _ApiToken(None, None)
        return self._tokens.get(token)

    def _user(self, email: str) -> FakeUser | None:
        known = self._site.user_with_email(email)
        if known is not None:
            return known if known.active else None
        name = email.partition("@")[0].replace(".", " ").replace("_", " ").title()
        return self._site.add_user(FakeUser(account_id_of(email), name, email))

    def _check_gateway(self, cloud_id: str, identity: Identity) -> None:
        if cloud_id != self._site.cloud_id:
            raise _gateway_refusal("No site with that cloud id", status=404)
        if identity.user is None:
            raise _gateway_refusal("Unauthorized")


def _gateway_refusal(text: str, status: int = 401) -> "GatewayRefused":
    return GatewayRefused(status, text)


class GatewayRefused(Refused):
    """The gateway says no, in its own shape: `{"code", "message"}`."""

    def answer(self) -> Answer:
        """The whole answer."""
        return Answer.json(self.status, {"code": self.status, "message": self.messages[0]}, self.headers)


class ConnectTokenRefused(Refused):
    """A site says no to a bearer token, in a shape of its own: `{"error"}`."""

    def answer(self) -> Answer:
        """The whole answer."""
        return Answer.json(self.status, {"error": self.messages[0]}, {"content-type": "application/json"})


def _is_jwt(token: str) -> bool:
    parts = token.split(".")
    if len(parts) != 3 or not all(parts):
        return False
    try:
        header = json.loads(base64.urlsafe_b64decode(parts[0] + "=" * (-len(parts[0]) % 4)))
    except ValueError:
        return False
    return isinstance(header, dict) and "alg" in header


def _tokens(grant: OAuthGrant) -> Answer:
    return Answer.json(
        200,
        {
            "access_token": grant.access_token,
            "refresh_token": grant.refresh_token,
            "expires_in": int(ACCESS_TOKEN_LIFE.total_seconds()),
            "scope": " ".join(sorted(grant.scopes)),
            "token_type": "Bearer",
        },
    )
