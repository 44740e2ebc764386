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
from jira_session_export.errors import AuthenticationError, NotSentError, SettingsError

GATEWAY_URL = "https://api.atlassian.com"
TOKEN_URL = "https://auth.atlassian.com/oauth/token"  # noqa: S105 -- an address, no secret
RENEWAL_MARGIN = timedelta(seconds=60)
"""An access token is renewed this long before it ends, so that it cannot end on the way."""

LONGEST_LIFE = timedelta(days=30)
"""An access token is renewed at the latest after so long, whatever lifetime Atlassian states (an hour in 2026)."""

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
    def may_need_gateway(self) -> bool:
        """Whether the gateway is worth a try when the site refuses."""

    @property
    def is_bearer(self) -> bool:
        """Whether the header's scheme is `Bearer`."""

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
        scoped: whether the token was made with scopes; such tokens work through Atlassian's gateway only. None: the
            gateway is tried once the site (`*.atlassian.net`) refuses the token.
        cloud_id: the site's cloud id for the gateway; looked up when None.

    Raises:
        SettingsError: one of the two is empty or holds characters that cannot be sent.
    """

    email: str
    token: str = field(repr=False)
    scoped: bool | None = None
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
        return self.scoped is True

    @property
    def may_need_gateway(self) -> bool:
        """Whether the gateway is worth a try when the site refuses."""
        return self.scoped is None

    @property
    def is_bearer(self) -> bool:
        """False: an API token goes with an e-mail address."""
        return False

    @property
    def advice(self) -> str:
        """What to do when Jira does not accept it."""
        if self.scoped:
            return (
                "Renew the API token with the scopes read:jira-work, write:jira-work, read:jira-user and the sprint "
                "scopes, and check the account's e-mail address."
            )
        if self.scoped is None:
            return "Renew the Jira API token, and check that the e-mail address is that of its account."
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
    """An OAuth access token that the host renews itself, sent as it is.

    Attributes:
        uses_gateway: whether requests go through Atlassian's gateway. A site of Jira Cloud refuses every bearer token:
            False is for what else may stand in Jira's place, a proxy that signs in itself for example.
        cloud_id: the site's cloud id for the gateway; looked up when None.

    Raises:
        SettingsError: the token is empty or holds characters that cannot be sent.
    """

    token: str = field(repr=False)
    uses_gateway: bool = True
    cloud_id: str | None = None
    gateway_url: str = GATEWAY_URL

    def __post_init__(self) -> None:
        _require_sendable("The token", self.token)

    @property
    def may_need_gateway(self) -> bool:
        """False: whether it does is said."""
        return False

    @property
    def is_bearer(self) -> bool:
        """True."""
        return True

    @property
    def advice(self) -> str:
        """What to do when Jira does not accept it."""
        if self.uses_gateway:
            return "Renew the OAuth access token that is used to sign in to Jira."
        return (
            "An OAuth access token goes through the gateway: BearerAuth(token). An API token goes with an e-mail "
            "address: ApiTokenAuth(email, token)."
        )

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
    before they are used, so that a crash cannot lose the only valid refresh token. Several processes share a consent
    through `load`: each looks for what another has saved before it renews, and after Atlassian has refused its refresh
    token. Two that renew at the same moment both succeed, since a used refresh token is taken again for ten minutes.

    Args:
        tokens: to begin with; those that `load` gives go before them once they are needed.
        save: keeps the new tokens durably; when it fails, it is called again before the next request.
        load: reads the tokens saved last, by this process or another; None: there are none, or no other process.
        cloud_id: the site's cloud id; looked up when None.
    """

    uses_gateway = True
    may_need_gateway = False
    is_bearer = True
    advice = "Connect the account to Jira again: the consent has ended, was withdrawn, or lacks a scope."

    def __init__(
        self,
        *,
        client_id: str,
        client_secret: str,
        tokens: OAuth2Tokens,
        save: Callable[[OAuth2Tokens], Awaitable[None]],
        load: Callable[[], Awaitable[OAuth2Tokens | None]] | None = None,
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
        self._load = load
        self._replaced: tuple[str, ...] = ()
        self._saved = True
        self._lock = anyio.Lock()

    def __repr__(self) -> str:
        return f"OAuth2Auth(client_id={self.client_id!r}, cloud_id={self.cloud_id!r})"

    async def authorization(self, runtime: Runtime, request_grant: RequestGrant) -> str:
        """The Authorization header's value, renewed first when the access token has ended.

        Raises:
            AuthenticationError: Atlassian no longer accepts the refresh token.
            NotSentError: the new tokens could not be saved, or those saved last could not be read.
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
            NotSentError: the new tokens could not be saved, or those saved last could not be read.
        """
        async with self._lock:
            if self._header == stale:
                await self._renew(runtime, request_grant)
            await self._save_once()
        return True

    def secrets(self) -> tuple[str, ...]:
        """Client secret, access token, refresh token, and the tokens before these."""
        return (self._client_secret, self._tokens.access_token, self._tokens.refresh_token, *self._replaced)

    @property
    def _header(self) -> str:
        return Secret(f"Bearer {self._tokens.access_token}")

    def _usable(self, now: datetime) -> bool:
        return self._saved and not self._has_ended(now)

    def _has_ended(self, now: datetime) -> bool:
        expires_at = self._tokens.expires_at
        return expires_at is not None and now >= expires_at - RENEWAL_MARGIN

    async def _renew(self, runtime: Runtime, request_grant: RequestGrant) -> None:
        """Other tokens: those another process has saved, if they are good, or new ones."""
        if self._saved and await self._reloaded() and not self._has_ended(runtime.now()):
            return
        while True:
            tokens = self._tokens
            try:
                grant = await request_grant(
                    self.token_url,
                    {
                        "grant_type": "refresh_token",
                        "client_id": self.client_id,
                        "client_secret": Secret(self._client_secret),
                        "refresh_token": Secret(tokens.refresh_token),
                    },
                )
            except AuthenticationError:
                # Another process may have used this refresh token, and saved the next one meanwhile.
                if not await self._reloaded():
                    raise
                if not self._has_ended(runtime.now()):
                    return
                continue
            break
        self._replace(
            OAuth2Tokens(
                grant.access_token,
                grant.refresh_token or tokens.refresh_token,
                _expiry(grant.expires_in, runtime.now()),
            )
        )
        self._saved = False

    async def _reloaded(self) -> bool:
        """Whether the host's store had other tokens than these, which are taken."""
        if self._load is None:
            return False
        try:
            stored = await self._load()
        except Exception as exc:  # noqa: BLE001 -- the host's code may raise anything
            failure = type(exc).__name__
        else:
            if stored is None or (stored.access_token, stored.refresh_token) == self._tokens_in_use:
                return False
            self._replace(stored)
            return True
        # Outside the handler: what the host raised may show the tokens.
        raise NotSentError(
            f"The Jira tokens could not be read from where they are kept ({failure}).",
            operation="load the OAuth tokens",
            recovery_actions=["Check the host's store of Jira tokens, then retry."],
        )

    @property
    def _tokens_in_use(self) -> tuple[str, str]:
        return self._tokens.access_token, self._tokens.refresh_token

    def _replace(self, tokens: OAuth2Tokens) -> None:
        self._replaced = (self._tokens.access_token, self._tokens.refresh_token)
        self._tokens = tokens

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


def _expiry(expires_in: object, now: datetime) -> datetime | None:
    """When an access token ends. New tokens are never lost for a lifetime that is none: it counts as unknown."""
    if isinstance(expires_in, bool) or not isinstance(expires_in, int | float | str):
        return None
    try:
        seconds = float(expires_in)
    except (ValueError, OverflowError):
        return None
    if not seconds > 0:  # also when it is no number
        return None
    return now + min(timedelta(seconds=min(seconds, LONGEST_LIFE.total_seconds())), LONGEST_LIFE)


def _require_sendable(what: str, value: str) -> None:
    # httpx and h11 print a header they cannot send, so such a value must not get that far.
    if not value or not value.isascii() or any(not char.isprintable() or char == " " for char in value):
        raise SettingsError(
            f"{what} is empty or holds spaces, line breaks or characters that cannot be sent.",
            recovery_actions=[f"Copy it again. {what} has no spaces or line breaks."],
        )
