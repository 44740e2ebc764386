"""Ways to sign in to Jira. Secrets appear in no repr; `secrets` lists them so that they can be blotted out elsewhere.

Sources: https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/ and
https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/ (October 2026).
"""

from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

import anyio

from jira_session_export._jira.wire import TokenGrant
from jira_session_export._runtime import Runtime
from jira_session_export.errors import NotSentError, SettingsError

GATEWAY_URL = "https://api.atlassian.com"
TOKEN_URL = "https://auth.atlassian.com/oauth/token"  # noqa: S105 -- an address, no secret
RENEWAL_MARGIN = timedelta(seconds=60)
"""An access token is renewed this long before it ends, so that it cannot end on the way."""

RequestGrant = Callable[[str, Mapping[str, str]], Awaitable[TokenGrant]]
"""Posts a form of values to a token address and returns the answer."""


class Secret(str):
    """Text that a traceback with local variables does not show."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'[secret]'"


class Auth(Protocol):
    """What the transport needs to know of a way to sign in."""

    @property
    def uses_gateway(self) -> bool:
        """Whether requests go to Atlassian's gateway instead of the site."""

    @property
    def gateway_url(self) -> str:
        """The gateway's address."""

    @property
    def cloud_id(self) -> str | None:
        """The site's cloud id, None to look it up."""

    @property
    def advice(self) -> str:
        """What to do when Jira does not accept it."""

    async def authorization(self, runtime: Runtime, request_grant: RequestGrant) -> str:
        """The Authorization header's value, renewed first when it has ended."""

    async def renewed(self, stale: str, runtime: Runtime, request_grant: RequestGrant) -> bool:
        """Whether there is now another header than `stale`, which Jira did not accept."""

    def secrets(self) -> tuple[str, ...]:
        """Everything that must not be shown."""


@dataclass(frozen=True, slots=True)
class ApiTokenAuth:
    """E-mail address and API token of an Atlassian account.

    Attributes:
        scoped: whether the token was made with scopes; such tokens work through Atlassian's gateway only.
        cloud_id: the site's cloud id for the gateway; looked up when None.

    Raises:
        SettingsError: one of the two is empty or holds characters that cannot be sent.
    """

    email: str
    token: str = field(repr=False)
    scoped: bool = False
    cloud_id: str | None = None
    gateway_url: str = GATEWAY_URL
    _header: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        _require_sendable("The account's e-mail address", self.email)
        _require_sendable("The API token", self.token)
        credentials = b64encode(f"{self.email}:{self.token}".encode()).decode("ascii")
        object.__setattr__(self, "_header", Secret(f"Basic {credentials}"))

    @property
    def uses_gateway(self) -> bool:
        """Whether requests go to Atlassian's gateway instead of the site."""
        return self.scoped

    @property
    def advice(self) -> str:
        """What to do when Jira does not accept it."""
        if self.scoped:
            return (
                "Renew the API token with the scopes read:jira-work, write:jira-work, read:jira-user and the sprint "
                "scopes, and check the account's e-mail address."
            )
        return (
            "Renew the Jira API token and check the account's e-mail address; a token made with scopes needs "
            "`ApiTokenAuth(..., scoped=True)`."
        )

    async def authorization(self, runtime: Runtime, request_grant: RequestGrant) -> str:  # noqa: ARG002 -- constant
        """The Authorization header's value."""
        return self._header

    async def renewed(self, stale: str, runtime: Runtime, request_grant: RequestGrant) -> bool:  # noqa: ARG002 -- constant
        """False: only a person can renew an API token."""
        return False

    def secrets(self) -> tuple[str, ...]:
        """The token, alone and inside the header."""
        return (self._header.removeprefix("Basic "), self.token)


@dataclass(frozen=True, slots=True)
class BearerAuth:
    """A token sent as it is: a personal access token, or an OAuth access token that the host renews itself.

    Attributes:
        uses_gateway: whether requests go through Atlassian's gateway, as OAuth access tokens need it.
        cloud_id: the site's cloud id for the gateway; looked up when None.

    Raises:
        SettingsError: the token is empty or holds characters that cannot be sent.
    """

    token: str = field(repr=False)
    uses_gateway: bool = False
    cloud_id: str | None = None
    gateway_url: str = GATEWAY_URL

    def __post_init__(self) -> None:
        _require_sendable("The token", self.token)

    @property
    def advice(self) -> str:
        """What to do when Jira does not accept it."""
        return "Renew the token that is used to sign in to Jira."

    async def authorization(self, runtime: Runtime, request_grant: RequestGrant) -> str:  # noqa: ARG002 -- constant
        """The Authorization header's value."""
        return Secret(f"Bearer {self.token}")

    async def renewed(self, stale: str, runtime: Runtime, request_grant: RequestGrant) -> bool:  # noqa: ARG002 -- constant
        """False: the host renews it."""
        return False

    def secrets(self) -> tuple[str, ...]:
        """The token."""
        return (self.token,)


@dataclass(frozen=True, slots=True)
class OAuth2Tokens:
    """The tokens of one OAuth 2.0 (3LO) consent.

    Attributes:
        refresh_token: works once: each renewal gives another.
        expires_at: when the access token ends, aware; None when unknown.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime | None = None

    def __post_init__(self) -> None:
        _require_sendable("The access token", self.access_token)


class OAuth2Auth:
    """OAuth 2.0 (3LO) with rotating refresh tokens.

    Share one object among all clients of a consent: it renews the tokens once, under a lock, and hands them to `save`
    before they are used, so that a crash cannot lose the only valid refresh token.

    Args:
        save: keeps the new tokens durably; when it fails, it is called again before the next request.
        cloud_id: the site's cloud id; looked up when None.
    """

    uses_gateway = True
    advice = "Connect the account to Jira again: the consent has ended, was withdrawn, or lacks a scope."

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        tokens: OAuth2Tokens,
        save: Callable[[OAuth2Tokens], Awaitable[None]],
        cloud_id: str | None = None,
        gateway_url: str = GATEWAY_URL,
        token_url: str = TOKEN_URL,
    ) -> None:
        self.client_id = client_id
        self.cloud_id = cloud_id
        self.gateway_url = gateway_url
        self.token_url = token_url
        self._client_secret = client_secret
        self._tokens = tokens
        self._save = save
        self._saved = True
        self._lock = anyio.Lock()

    def __repr__(self) -> str:
        return f"OAuth2Auth(client_id={self.client_id!r}, cloud_id={self.cloud_id!r})"

    async def authorization(self, runtime: Runtime, request_grant: RequestGrant) -> str:
        """The Authorization header's value, renewed first when the access token has ended.

        Raises:
            AuthenticationError: Atlassian no longer accepts the refresh token.
            NotSentError: the new tokens could not be saved.
        """
        if not self._usable(runtime.now()):
            async with self._lock:
                if self._has_ended(runtime.now()):
                    await self._renew(runtime, request_grant)
                await self._save_once()
        return self._header

    async def renewed(self, stale: str, runtime: Runtime, request_grant: RequestGrant) -> bool:
        """True: there is now another header than `stale`, from this call or from one that came before it.

        Raises:
            AuthenticationError: Atlassian no longer accepts the refresh token.
            NotSentError: the new tokens could not be saved.
        """
        async with self._lock:
            if self._header == stale:
                await self._renew(runtime, request_grant)
            await self._save_once()
        return True

    def secrets(self) -> tuple[str, ...]:
        """Client secret, access token, refresh token."""
        return (self._client_secret, self._tokens.access_token, self._tokens.refresh_token)

    @property
    def _header(self) -> str:
        return Secret(f"Bearer {self._tokens.access_token}")

    def _usable(self, now: datetime) -> bool:
        return self._saved and not self._has_ended(now)

    def _has_ended(self, now: datetime) -> bool:
        expires_at = self._tokens.expires_at
        return expires_at is not None and now >= expires_at - RENEWAL_MARGIN

    async def _renew(self, runtime: Runtime, request_grant: RequestGrant) -> None:
        grant = await request_grant(
            self.token_url,
            {
                "grant_type": "refresh_token",
                "client_id": self.client_id,
                "client_secret": Secret(self._client_secret),
                "refresh_token": Secret(self._tokens.refresh_token),
            },
        )
        self._tokens = OAuth2Tokens(
            grant.access_token,
            grant.refresh_token or self._tokens.refresh_token,
            None if grant.expires_in is None else runtime.now() + timedelta(seconds=grant.expires_in),
        )
        self._saved = False

    async def _save_once(self) -> None:
        if self._saved:
            return
        # The old refresh token is used up: a cancellation must not stop the new one from being kept.
        with anyio.CancelScope(shield=True):
            try:
                await self._save(self._tokens)
            except Exception as exc:  # noqa: BLE001 -- the host's code may raise anything
                failure = type(exc).__name__
            else:
                self._saved = True
                return
        # Outside the handler: what the host raised may show the tokens (a database error shows its parameters).
        raise NotSentError(
            f"The renewed Jira tokens could not be saved ({failure}), so they are not used yet.",
            operation="save the OAuth tokens",
            recovery_actions=["Check the host's store of Jira tokens, then retry."],
        )


def _require_sendable(what: str, value: str) -> None:
    # httpx and h11 print a header they cannot send, so such a value must not get that far.
    if not value or not value.isascii() or any(not char.isprintable() or char == " " for char in value):
        raise SettingsError(
            f"{what} is empty or holds spaces, line breaks or characters that cannot be sent.",
            recovery_actions=[f"Copy it again. {what} has no spaces or line breaks."],
        )
