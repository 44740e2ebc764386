"""OAuth 2.0 (3LO): tokens that rotate, renewed once for all who share them and saved before they are used.

Source: https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/ (October 2026).
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import anyio

from jira_session_export._jira.auth import GATEWAY_URL, RequestGrant, Secret, require_sendable
from jira_session_export._runtime import Runtime
from jira_session_export.errors import AuthenticationError, NotSentError

TOKEN_URL = "https://auth.atlassian.com/oauth/token"  # noqa: S105 -- an address, no secret
RENEWAL_MARGIN = timedelta(seconds=60)
"""An access token is renewed this long before it ends, so that it cannot end on the way."""

LONGEST_LIFE = timedelta(days=30)
"""An access token is renewed at the latest after so long, whatever lifetime Atlassian states (an hour in 2026)."""


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
        require_sendable("The access token", self.access_token)


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
