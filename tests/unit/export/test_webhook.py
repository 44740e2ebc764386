"""A webhook is signed, repeated, bounded, and tells nobody its secrets."""

import base64
import hashlib
import hmac
import json
import logging
from datetime import UTC, datetime
from uuid import UUID

import pytest

from jira_session_export._export.outcomes import ExportOutcome
from jira_session_export._export.webhook import Webhook
from jira_session_export._jira.http import HttpError, HttpFault, HttpRequest, HttpResponse
from jira_session_export._values import ErrorCategory, Failure
from jira_session_export.errors import SettingsError
from jira_session_export.testing import FakeRuntime

SECRET = "a secret of the receiver's"
URL = "https://hooks.example.com/services/T0KEN"
FAILURE = Failure(ErrorCategory.TEMPORARY, "read_failed", "Jira is away. " * 1000, ("Retry.",), None)
OUTCOME = ExportOutcome(
    UUID(int=1), "failed", datetime(2026, 11, 28, tzinfo=UTC), UUID(int=2), "Sprint ü", "ABC", UUID(int=3), 87, 30, 0, 2, 61.04, FAILURE, 31, retry_available=True,
)  # fmt: skip


class Receiver:
    """A transport whose answers are scripted."""

    def __init__(self, *answers: int | HttpFault) -> None:
        self.answers = list(answers)
        self.requests: list[HttpRequest] = []

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, HttpFault):
            raise HttpError(answer)
        return HttpResponse(answer)

    async def aclose(self) -> None:
        pass


async def tell(
    receiver: Receiver, secret: str | None = SECRET, *, clock: FakeRuntime | None = None, total: float = 60
) -> Webhook:
    clock = clock or FakeRuntime()
    hook = Webhook(URL, secret, runtime=clock, transport=receiver, total_seconds=total)
    await hook.told(OUTCOME)
    return hook


@pytest.mark.parametrize("secret", [SECRET, "whsec_" + base64.b64encode(bytes(range(24))).decode()])
async def test_what_is_posted_is_signed_as_standard_webhooks_says(secret: str) -> None:
    receiver = Receiver(204)
    await tell(receiver, secret)
    (request,) = receiver.requests
    assert isinstance(request.content, bytes)
    assert (request.method, request.url) == ("POST", URL)
    headers = request.headers
    key = base64.b64decode(secret.removeprefix("whsec_")) if secret.startswith("whsec_") else secret.encode()
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + request.content
    assert (
        headers["webhook-signature"]
        == "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    )
    body = json.loads(request.content)
    assert body["type"] == "export.failed"
    assert body["data"]["session_name"] == "Sprint ü"
    assert len(request.content) < 64_000
    assert headers["webhook-id"] == body["data"]["id"]


async def test_without_a_secret_nothing_is_signed() -> None:
    receiver = Receiver(200)
    await tell(receiver, None)
    assert "webhook-signature" not in receiver.requests[0].headers


@pytest.mark.parametrize(
    ("answers", "attempts"),
    [
        ((200,), 1), ((500, 200), 2), ((429, 503, 201), 3), ((HttpFault.NOT_CONNECTED, HttpFault.READ_TIMEOUT, 200), 3),
        ((500,), 4), ((HttpFault.NOT_CONNECTED,), 4), ((404,), 1), ((302,), 1), ((410,), 1),
    ],
)  # fmt: skip
async def test_what_may_pass_is_tried_again_with_growing_waits(
    answers: tuple[int | HttpFault, ...], attempts: int
) -> None:
    receiver, clock = Receiver(*answers), FakeRuntime()
    await tell(receiver, clock=clock)
    assert len(receiver.requests) == attempts
    assert list(clock.clock.sleeps) == sorted(clock.clock.sleeps)
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 1


async def test_the_log_says_what_became_of_it_and_no_secret(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, "jira_session_export"):
        hook = await tell(Receiver(200))
        await tell(Receiver(HttpFault.NOT_CONNECTED))
    assert [getattr(record, "action", "") for record in caplog.records] == ["webhook_delivered", "webhook_failed"]
    said = caplog.text + repr(hook) + repr([vars(record) for record in caplog.records])
    assert "hooks.example.com" in said
    assert SECRET not in said
    assert "T0KEN" not in said


@pytest.mark.parametrize(
    ("url", "secret"),
    [
        ("http://hooks.example.com/x", None), ("ftp://x/y", None), ("hooks.example.com", None), ("https://me:pw@x/y", None), ("https://[x/", None),
        ("https://x/a b", None), (URL, "short"), (URL, "whsec_$$$"), ("", None),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_refused_without_being_shown(url: str, secret: str | None) -> None:
    with pytest.raises(SettingsError) as refused:
        Webhook(url, secret)
    assert "pw" not in str(refused.value)
    assert "$$$" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://127.0.0.1:8/x", "http://localhost/x", "http://[::1]:8/"])
def test_this_machine_may_be_told_without_tls(url: str) -> None:
    assert Webhook(url).host
