"""Ways to sign in to Jira. Secrets appear in no repr; `secrets` lists them so that they can be blotted out elsewhere.

Sources: https://developer.atlassian.com/cloud/jira/platform/oauth-2-3lo-apps/ and
https://support.atlassian.com/atlassian-account/docs/manage-api-tokens-for-your-atlassian-account/ (October 2026).
"""

from base64 import b64encode
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from jira_session_export._jira.wire import TokenGrant
from jira_session_export._runtime import Runtime
from jira_session_export.errors import SettingsError

GATEWAY_URL = "https://api.atlassian.com"

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
        require_sendable("The account's e-mail address", self.email)
        require_sendable("The API token", self.token)
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
        require_sendable("The token", self.token)

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


def require_sendable(what: str, value: str) -> None:
    """Refuse what no header can carry, without showing it.

    Raises:
        SettingsError: it is empty, or holds spaces, line breaks or other characters.
    """
    # httpx and h11 print a header they cannot send, so such a value must not get that far.
    if not value or not value.isascii() or any(not char.isprintable() or char == " " for char in value):
        raise SettingsError(
            f"{what} is empty or holds spaces, line breaks or characters that cannot be sent.",
            recovery_actions=[f"Copy it again. {what} has no spaces or line breaks."],
        )
