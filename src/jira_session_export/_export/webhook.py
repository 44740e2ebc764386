"""`Webhook`: posts what came of an export to an address, signed and repeated as Standard Webhooks asks.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md (November 2026).
"""

import base64
import binascii
import hashlib
import hmac
import logging
from dataclasses import KW_ONLY, dataclass, field
from ipaddress import ip_address
from urllib.parse import urlsplit

import anyio

from jira_session_export._export.outcomes import ExportOutcome
from jira_session_export._jira.http import HttpError, HttpRequest, HttpSettings, HttpTransport
from jira_session_export._runtime import SYSTEM_RUNTIME, Runtime
from jira_session_export._wording import counted
from jira_session_export.errors import SettingsError

logger = logging.getLogger("jira_session_export.webhook")

BACK_OFF_SECONDS = (1.0, 4.0, 15.0)
"""Waits between the attempts; each is multiplied with a random number from 0.7 to 1.3."""
SHORTEST_SECRET = 16
_PREFIX = "whsec_"


@dataclass(frozen=True, slots=True)
class Webhook:
    """Posts each outcome as JSON to an address; an `OutcomeObserver`.

    The body is `ExportOutcome.payload()`. Its headers are those of Standard Webhooks: `webhook-id`,
    `webhook-timestamp` (seconds since 1970) and, with a secret, `webhook-signature`: `v1,` and the base64 of the
    HMAC-SHA256 of `{id}.{timestamp}.{body}`. An answer that is not 2xx is an attempt that failed; a connection that
    breaks, 408, 429 and 5xx are tried again, redirects are never followed.

    A receiver whose answer got lost is told again with the same `webhook-id`.

    Args:
        url: where to; https, or http on this machine. It may hold a token, so it is in no log and no repr.
        secret: what the signature is made with: any string of 16 characters or more, or `whsec_` and base64. None
            signs nothing, for chats that take what is posted to them.
        timeout_seconds: for one attempt.
        total_seconds: for all attempts together.
        transport: instead of the network, for tests.

    Raises:
        SettingsError: the address is none that may be used, or the secret is too short.
    """

    url: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)
    _: KW_ONLY
    timeout_seconds: float = 10.0
    total_seconds: float = 60.0
    runtime: Runtime = field(default=SYSTEM_RUNTIME, repr=False)
    transport: HttpTransport | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        _check_address(self.url)
        if self.secret is not None:
            _key(self.secret)

    @property
    def host(self) -> str:
        """The receiver's host, which may be told."""
        return urlsplit(self.url).hostname or ""

    async def told(self, outcome: ExportOutcome) -> None:
        """Post the outcome; what becomes of it is in the log."""
        facts = {"session_id": str(outcome.session_id), "status": outcome.status, "webhook_id": str(outcome.id)}
        attempts = 0
        problem = "it took too long"
        with anyio.move_on_after(self.total_seconds):
            for wait in (*BACK_OFF_SECONDS, None):
                attempts += 1
                problem, again = await self._post(outcome)
                if not problem:
                    logger.info(
                        "The webhook at %s has taken the outcome of session %s",
                        self.host,
                        outcome.session_id,
                        extra={"action": "webhook_delivered", "attempt": attempts, **facts},
                    )
                    return
                if wait is None or not again:
                    break
                await self.runtime.sleep(wait * (0.7 + 0.6 * self.runtime.random()))
        logger.warning(
            "The webhook at %s was not told of session %s (%s): %s",
            self.host,
            outcome.session_id,
            counted(attempts, "attempt"),
            problem,
            extra={"action": "webhook_failed", "attempt": attempts, **facts},
        )

    def headers(self, outcome: ExportOutcome, body: bytes) -> dict[str, str]:
        """The headers of one attempt; the timestamp is that of the attempt, so that a receiver can refuse old ones."""
        timestamp = str(int(self.runtime.now().timestamp()))
        headers = {
            "Content-Type": "application/json; charset=utf-8",
            "User-Agent": "jira-session-export",
            "webhook-id": str(outcome.id),
            "webhook-timestamp": timestamp,
        }
        if self.secret is not None:
            signed = b".".join((str(outcome.id).encode(), timestamp.encode(), body))
            digest = hmac.new(_key(self.secret), signed, hashlib.sha256).digest()
            headers["webhook-signature"] = f"v1,{base64.b64encode(digest).decode()}"
        return headers

    async def _post(self, outcome: ExportOutcome) -> tuple[str, bool]:
        """Post once.

        Returns:
            What went wrong, empty for nothing, and whether to try again.
        """
        body = outcome.body()
        request = HttpRequest(
            "POST",
            self.url,
            self.headers(outcome, body),
            body,
            timeout_seconds=self.timeout_seconds,
            total_seconds=self.timeout_seconds,
            wants_body=False,
        )
        transport = self.transport
        try:
            if transport is None:
                from jira_session_export._jira.network import open_network  # noqa: PLC0415 -- only who posts needs it

                transport = open_network(HttpSettings(), self.runtime, self.url)
            try:
                answer = await transport.send(request)
            finally:
                if self.transport is None:
                    await transport.aclose()
        except HttpError as exc:
            if exc.response is None:
                return str(exc), True
            answer = exc.response
        if 200 <= answer.status < 300:
            return "", False
        return f"it answered {answer.status}", answer.status in {408, 429} or answer.status >= 500


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname or "", parts.port
    except ValueError:
        host, parts = "", urlsplit("")
    # The address is not shown: those of chats are secrets.
    is_plain = url.isascii() and url.isprintable() and " " not in url
    if parts.scheme not in {"https", "http"} or not host or parts.username or not is_plain:
        raise SettingsError(
            "The webhook's address is none.", recovery_actions=["Set it to one that begins with https://."]
        )
    if parts.scheme == "http" and not _is_this_machine(host):
        raise SettingsError(
            f"The webhook's messages would go unencrypted to {host}.",
            recovery_actions=["Set its address to one that begins with https://."],
        )


def _is_this_machine(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _key(secret: str) -> bytes:
    key = secret.encode()
    if secret.startswith(_PREFIX):
        try:
            key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
        except binascii.Error:
            raise SettingsError(
                "The webhook's secret begins with whsec_, and what follows is no base64.",
                recovery_actions=["Copy it whole, or use any other string of 16 characters or more."],
            ) from None
    if len(key) < SHORTEST_SECRET:
        raise SettingsError(
            f"The webhook's secret is shorter than {SHORTEST_SECRET} bytes.",
            recovery_actions=["Use a long random one, for example: openssl rand -hex 32"],
        )
    return key
