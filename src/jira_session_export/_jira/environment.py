"""Which proxy and which certificates a connection takes: those set, or those this machine's environment names."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from jira_session_export._envconfig import environment
from jira_session_export._jira.http import HttpSettings
from jira_session_export.errors import SettingsError

PROXY_SCHEMES = ("http", "https", "socks5", "socks5h")


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy that requests go through.

    Attributes:
        url: may hold credentials.
        source: where it was set: a variable's name, or `HttpSettings.proxy`.
    """

    url: str = field(repr=False)
    source: str

    @property
    def named(self) -> str:
        """Its address without credentials, and where it was set."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]} (set by {self.source})"

    def unusable(self, why: str) -> SettingsError:
        """The error that says so. Its address is not shown: a slip of the pen may have put a password anywhere."""
        return SettingsError(
            f"The proxy that {self.source} names cannot be used: {why}.",
            recovery_actions=[
                f"Correct {self.source}, for example http://proxy.example:3128, or unset it.",
                "Or exempt Jira's host from the proxy with NO_PROXY.",
            ],
        )


def proxy_for(url: str, settings: HttpSettings) -> Proxy | None:
    """The proxy for an address: the one set, or the environment's; None where there is none or the host is exempt.

    Raises:
        SettingsError: its address is not one of a proxy.
    """
    if settings.proxy is not None:
        proxy: Proxy | None = Proxy(settings.proxy, "HttpSettings.proxy")
    else:
        proxy = _of_environment(url, settings)
    if proxy is None:
        return None
    try:
        parts = urlsplit(proxy.url)
        usable = bool(parts.hostname) and parts.port != 0
    except ValueError:
        raise proxy.unusable("it is no address") from None
    if not usable or parts.scheme not in PROXY_SCHEMES:
        schemes = ", ".join(f"{scheme}://" for scheme in PROXY_SCHEMES)
        raise proxy.unusable(f"its address must begin with one of {schemes} and name a host")
    return proxy


def _of_environment(url: str, settings: HttpSettings) -> Proxy | None:
    if not settings.use_environment:
        return None
    parts = urlsplit(url)
    proxies = getproxies()
    kind = parts.scheme if proxies.get(parts.scheme) else "all"
    address = proxies.get(kind)
    if not address or proxy_bypass(parts.hostname or ""):
        return None
    env = environment()
    source = next((name for name in (f"{kind}_proxy", f"{kind.upper()}_PROXY") if env.get(name)), "this machine")
    return Proxy(address if "://" in address else f"http://{address}", source)


def trusted_certificates(settings: HttpSettings) -> ssl.SSLContext | None:
    """The TLS configuration that was set, or that the environment names; None where neither says anything.

    Raises:
        SettingsError: the certificates named cannot be read.
    """
    if settings.ssl_context is not None:
        return settings.ssl_context
    env = environment() if settings.use_environment else {}
    if settings.ca_file is not None:
        named, path, folder = "HttpSettings.ca_file", str(settings.ca_file), False
    elif env.get("SSL_CERT_FILE"):
        named, path, folder = "SSL_CERT_FILE", env["SSL_CERT_FILE"], False
    elif env.get("SSL_CERT_DIR"):
        named, path, folder = "SSL_CERT_DIR", env["SSL_CERT_DIR"], True
    else:
        return None
    try:
        if folder:
            next(iter(Path(path).iterdir()), None)
            return ssl.create_default_context(capath=path)
        return ssl.create_default_context(cafile=path)
    except ssl.SSLError:
        why = "it holds no PEM certificates"
    except OSError as exc:
        why = (exc.strerror or type(exc).__name__).lower()
    what = "a folder of PEM certificates" if folder else "a file with PEM certificates"
    raise SettingsError(
        f"The certificates to trust cannot be read: {named} names {path!r}: {why}.",
        recovery_actions=[f"Let {named} name {what}, your network's authority included, or unset it."],
    )
