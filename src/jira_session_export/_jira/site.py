"""Where requests go: to the site itself, or to Atlassian's gateway in front of it."""

import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from ipaddress import ip_address
from urllib.parse import urlsplit

import anyio

from jira_session_export._jira.auth import GATEWAY_URL, Auth
from jira_session_export.errors import SettingsError

GATEWAY_PATH = "/ex/jira/"
_GATEWAY_SITE = re.compile(r"/ex/jira/[^/]+/?")


class Site:
    """One Jira site: the address people use, and the one requests use.

    Args:
        base_url: the site's address (`https://your-site.atlassian.net`), or that of the gateway with a cloud id.

        allow_plain_http: whether credentials may go over `http://` to another machine.

    Raises:
        SettingsError: it is no address of a Jira site, or credentials of that kind cannot be used there.
    """

    def __init__(self, base_url: str, auth: Auth, *, allow_plain_http: bool = True) -> None:
        self.base_url = _checked(base_url, allow_plain_http=allow_plain_http)
        self._auth = auth
        self._lock = anyio.Lock()
        self._browse_base: str | None = None if self.is_gateway else self.base_url
        self._api_base: str | None = None
        self._gateway_tried = False
        if auth.uses_gateway and not allow_plain_http:
            _refuse_plain_http(auth.gateway_url)
        if self.is_gateway or not auth.uses_gateway:
            self._api_base = self.base_url
        elif auth.cloud_id is not None:
            self._api_base = self.gateway_base(auth.cloud_id)
        if auth.is_bearer and not auth.uses_gateway and self.is_cloud:
            raise SettingsError(
                "A Jira Cloud site takes no bearer token; Atlassian's gateway does.",
                recovery_actions=[
                    "Leave `uses_gateway` as it is: BearerAuth(token).",
                    "For an API token, sign in with the account's e-mail address: ApiTokenAuth(email, token).",
                ],
            )

    @property
    def is_gateway(self) -> bool:
        """Whether the address given is the gateway's, from which the site's own is not known."""
        return GATEWAY_PATH in self.base_url

    @property
    def is_cloud(self) -> bool:
        """Whether the address given is certainly that of a Jira Cloud site."""
        return _is_cloud(urlsplit(self.base_url).hostname)

    @property
    def advice(self) -> str:
        """What to do when the address turns out not to be that of a Jira Cloud site."""
        if self.is_gateway:
            return "Check the cloud id in Jira's address: https://your-site.atlassian.net/_edge/tenant_info shows it."
        parts = urlsplit(self.base_url)
        alone = f"{parts.scheme}://{parts.netloc}"
        wanted = alone if parts.path else "that of your Jira Cloud site, for example https://your-site.atlassian.net"
        return f"Set Jira's address to {wanted}. Jira Data Center and Jira Server are not supported."

    async def api_base(self, look_up_cloud_id: Callable[[], Awaitable[str]]) -> str:
        """The address requests start with; the cloud id is looked up at most once."""
        if self._api_base is None:
            async with self._lock:
                if self._api_base is None:
                    self._api_base = self.gateway_base(await look_up_cloud_id())
        return self._api_base

    @asynccontextmanager
    async def trying_gateway(self) -> AsyncIterator[bool]:
        """Whether the gateway is to be tried with the credentials that the site refuses: once, by one caller."""
        async with self._lock:
            at_site = self._api_base == self.base_url and not self.is_gateway
            may_try = at_site and self._auth.may_need_gateway and self.is_cloud and not self._gateway_tried
            self._gateway_tried = self._gateway_tried or may_try
            yield may_try

    def use_gateway(self, cloud_id: str) -> None:
        """Send requests to the gateway from now on."""
        self._api_base = self.gateway_base(cloud_id)

    @property
    def browse_base(self) -> str | None:
        """The address people use; None while it is unknown."""
        return self._browse_base

    def learn_browse_base(self, address: str | None) -> None:
        """Take the address people use from what Jira says about itself; None: it says none that could be opened."""
        if address is not None:
            self._browse_base = address.rstrip("/")
        elif self._browse_base is None:
            self._browse_base = self.base_url

    def gateway_base(self, cloud_id: str) -> str:
        """The address of requests for that site at the gateway."""
        return f"{self._auth.gateway_url.rstrip('/')}{GATEWAY_PATH}{cloud_id}"


def _checked(base_url: str, *, allow_plain_http: bool) -> str:
    base_url = base_url.strip()
    try:
        parts = urlsplit(base_url)
        valid = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        raise _no_address() from None
    # Not shown: an address with a user and a password in it would show them.
    if not valid or parts.username or parts.password or not _is_plain(base_url):
        raise _no_address()
    if parts.query or parts.fragment or (_is_cloud(parts.hostname) and parts.path.strip("/")):
        raise _no_address(f"https://{parts.netloc}")
    if parts.hostname == urlsplit(GATEWAY_URL).hostname and not _GATEWAY_SITE.fullmatch(parts.path):
        raise SettingsError(
            "The address of Atlassian's gateway needs the site's cloud id.",
            recovery_actions=[
                f"Set Jira's address to the site's own, or to {GATEWAY_URL}{GATEWAY_PATH}<cloud id>.",
                "https://your-site.atlassian.net/_edge/tenant_info shows the cloud id.",
            ],
        )
    if not allow_plain_http:
        _refuse_plain_http(base_url)
    return base_url.rstrip("/")


def _no_address(better: str = "the site's address, for example https://your-site.atlassian.net") -> SettingsError:
    return SettingsError(
        "Jira's address is not one of a Jira site alone: scheme and host, no credentials, page, query or fragment.",
        recovery_actions=[f"Set it to {better}."],
    )


def _refuse_plain_http(address: str) -> None:
    parts = urlsplit(address)
    if parts.scheme == "http" and not _is_this_machine(parts.hostname or ""):
        raise SettingsError(
            f"The credentials would go unencrypted to {parts.hostname}.",
            recovery_actions=[
                "Set Jira's address to one that starts with https://.",
                "If that is meant, say so: HttpSettings(allow_plain_http=True), or JIRA_ALLOW_HTTP=true.",
            ],
        )


def _is_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _is_cloud(host: str | None) -> bool:
    return (host or "").endswith((".atlassian.net", ".jira.com"))


def _is_plain(text: str) -> bool:
    return not any(char.isspace() or not char.isprintable() for char in text)
