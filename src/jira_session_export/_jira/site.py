"""Where requests go: to the site itself, or to Atlassian's gateway in front of it."""

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import anyio

from jira_session_export._jira.auth import Auth
from jira_session_export.errors import SettingsError

GATEWAY_PATH = "/ex/jira/"


class Site:
    """One Jira site: the address people use, and the one requests use.

    Args:
        base_url: the site's address (`https://your-site.atlassian.net`), or that of the gateway with a cloud id.

    Raises:
        SettingsError: it is no address of a web site.
    """

    def __init__(self, base_url: str, auth: Auth) -> None:
        self.base_url = _checked(base_url)
        self._auth = auth
        self._lock = anyio.Lock()
        self._browse_base: str | None = None if self.is_gateway else self.base_url
        self._api_base: str | None = None
        if self.is_gateway or not auth.uses_gateway:
            self._api_base = self.base_url
        elif auth.cloud_id is not None:
            self._api_base = self._gateway_base(auth.cloud_id)

    @property
    def is_gateway(self) -> bool:
        """Whether the address given is the gateway's, from which the site's own is not known."""
        return GATEWAY_PATH in self.base_url

    async def api_base(self, look_up_cloud_id: Callable[[], Awaitable[str]]) -> str:
        """The address requests start with; the cloud id is looked up at most once."""
        if self._api_base is None:
            async with self._lock:
                if self._api_base is None:
                    self._api_base = self._gateway_base(await look_up_cloud_id())
        return self._api_base

    @property
    def browse_base(self) -> str | None:
        """The address people use; None while it is unknown."""
        return self._browse_base

    def learn_browse_base(self, address: str) -> None:
        """Take the address people use from what Jira says about itself."""
        self._browse_base = address.rstrip("/")

    def _gateway_base(self, cloud_id: str) -> str:
        return f"{self._auth.gateway_url.rstrip('/')}{GATEWAY_PATH}{cloud_id}"


def _checked(base_url: str) -> str:
    try:
        parts = urlsplit(base_url.strip())
        valid = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        valid = False
    # Not shown: an address with a user and a password in it would show them.
    if not valid or parts.username or parts.password or parts.query or parts.fragment or not _is_plain(base_url):
        raise SettingsError(
            "Jira's address is not one of a web site, without credentials, query or fragment.",
            recovery_actions=["Set it to the site's address, for example https://your-site.atlassian.net."],
        )
    return base_url.strip().rstrip("/")


def _is_plain(text: str) -> bool:
    return not any(char.isspace() or not char.isprintable() for char in text.strip())
