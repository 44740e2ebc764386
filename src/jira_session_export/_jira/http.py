"""HTTP in our own words: what is sent, what comes back, and what can go wrong on the way.

Only `network.py` knows the library that speaks HTTP; everything else knows this file.
"""

import ssl
from collections.abc import AsyncIterable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Protocol

from jira_session_export._jira.operation import LARGEST_ISSUES, LARGEST_REFUSAL
from jira_session_export.errors import SettingsError


@dataclass(frozen=True, slots=True)
class HttpSettings:
    """How Jira is reached.

    Attributes:
        timeout_seconds: for each step of a request (connecting, sending, waiting for more of the answer); an answer
            that drips in is given up after twice as long.
        proxy: address of a proxy, for example `http://proxy.example:3128`, maybe with `user:password@`; a SOCKS proxy
            (`socks5://`, `socks5h://`) needs the extra `socks`. None uses the environment's, if `use_environment`.
        ca_file: certificates (PEM) of the authorities that are trusted, instead of the usual ones.
        ssl_context: a TLS configuration of your own, instead of `ca_file`.
        verify_certificates: False trusts any server; for experiments only.
        use_environment: whether HTTP_PROXY, HTTPS_PROXY, ALL_PROXY, NO_PROXY, SSL_CERT_FILE and SSL_CERT_DIR count.
        allow_plain_http: whether credentials may go over `http://` to another machine than this one.
        max_connections: open at the same time.
        keep_alive_seconds: an unused connection is closed after so long.

    Raises:
        SettingsError: a number is not positive, or `ca_file` and `ssl_context` are both given.
    """

    timeout_seconds: float = 30.0
    proxy: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    ssl_context: ssl.SSLContext | None = None
    verify_certificates: bool = True
    use_environment: bool = True
    allow_plain_http: bool = False
    max_connections: int = 100
    keep_alive_seconds: float = 5.0

    def __post_init__(self) -> None:
        for name in ("timeout_seconds", "max_connections", "keep_alive_seconds"):
            if not getattr(self, name) > 0:
                raise SettingsError(
                    f"HttpSettings.{name} is {getattr(self, name)!r}; it must be more than zero.",
                    recovery_actions=[f"Give {name} a positive number."],
                )
        if self.ca_file is not None and self.ssl_context is not None:
            raise SettingsError(
                "HttpSettings has both a ca_file and an ssl_context.", recovery_actions=["Give one of the two."]
            )


DEFAULT_HTTP_SETTINGS = HttpSettings()


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """One request.

    Attributes:
        url: complete, the query included.
        headers: hold credentials, so they are in no repr.
        content: bytes, or pieces of them whose total length `headers["Content-Length"]` says; None for no body.
        timeout_seconds: for each step.
        total_seconds: for the request as a whole; None for no limit.
        wants_body: False when only status and headers of a success matter; its body may then stay unread.
        largest_answer: bytes of a success, decompressed, that are read at most.
        largest_refusal: bytes of any other answer.
        still_wanted: asked in the last moment before the content goes out, when the connection is there; at False it is
            held back, and the request ends as `HeldBackError`. None: it is always wanted.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    content: bytes | AsyncIterable[bytes] | None = field(default=None, repr=False)
    timeout_seconds: float = 30.0
    total_seconds: float | None = None
    wants_body: bool = True
    largest_answer: int = LARGEST_ISSUES
    largest_refusal: int = LARGEST_REFUSAL
    still_wanted: Callable[[], bool] | None = None


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """One answer.

    Attributes:
        headers: keys lower-case; several of the same name are joined with a comma.
        body: whole, decompressed; empty when it was not wanted.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


class HttpFault(Enum):
    """What kept a request from being answered. `sent`: whether Jira may have received it."""

    NOT_CONNECTED = "no connection could be made"
    CONNECT_TIMEOUT = "no connection was made in time"
    POOL_TIMEOUT = "all connections were busy"
    UNTRUSTED_CERTIFICATE = "the server's certificate is not trusted"
    NO_TLS = "the server and this machine found no common TLS"
    PROXY_UNREACHABLE = "the proxy could not be reached"
    PROXY_REFUSED = "the proxy refused the connection"
    INVALID_ADDRESS = "the address cannot be one"
    READ_TIMEOUT = "no answer came in time"
    WRITE_TIMEOUT = "sending took too long"
    CONNECTION_LOST = "the connection broke off"
    NOT_SENT_WHOLE = "the request could not be sent whole"
    BROKEN_ANSWER = "the answer broke off or was no HTTP"
    UNREADABLE_ANSWER = "the answer could not be decompressed"
    TOO_LARGE_ANSWER = "the answer was too large"
    OTHER = "the request failed on its way"

    @property
    def sent(self) -> bool:
        """Whether the request may have reached the server; when False it certainly did not."""
        return self not in _NEVER_SENT


_NEVER_SENT = frozenset(
    {
        HttpFault.NOT_CONNECTED,
        HttpFault.CONNECT_TIMEOUT,
        HttpFault.POOL_TIMEOUT,
        HttpFault.UNTRUSTED_CERTIFICATE,
        HttpFault.NO_TLS,
        HttpFault.PROXY_UNREACHABLE,
        HttpFault.PROXY_REFUSED,
        HttpFault.INVALID_ADDRESS,
    }
)


class HttpError(Exception):
    """A request got no whole answer. Raised by transports; `JiraClient` turns it into a `JiraError`.

    Attributes:
        fault: what happened.
        detail: more of it for a person, without secrets: a proxy's address, what is wrong with a certificate.
        response: status and headers, when only the body is missing; None when nothing came.
    """

    def __init__(self, fault: HttpFault, detail: str = "", *, response: HttpResponse | None = None) -> None:
        super().__init__(f"{fault.value}: {detail}" if detail else fault.value)
        self.fault = fault
        self.detail = detail
        self.response = response


class HeldBackError(Exception):
    """A request was not sent, because `HttpRequest.still_wanted` said no. Raised by transports."""


class HttpTransport(Protocol):
    """Carries requests. `JiraClient` brings its own; tests give it another, `FakeJira().transport` for example."""

    async def send(self, request: HttpRequest) -> HttpResponse:
        """Send a request once and bring back its answer, whatever its status; no redirect is followed.

        Raises:
            HttpError: no whole answer came. Of one that breaks off after the headers, or is too large, they are in
                `response`.
            HeldBackError: the request was not wanted any more in the last moment.
            OSError: what reading `content` raises goes through as it is.
        """

    async def aclose(self) -> None:
        """Close the connections."""
