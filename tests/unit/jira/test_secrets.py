"""Planted secrets: whatever goes wrong, none may show in a log record, an error, its causes, or a repr."""

import logging
import pickle
import traceback
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from jira_session_export._jira.auth import ApiTokenAuth, BearerAuth
from jira_session_export._jira.client import JiraClient
from jira_session_export._jira.oauth import OAuth2Auth, OAuth2Tokens
from jira_session_export._jira.retry import RetryPolicy
from jira_session_export._testing.runtime import FakeRuntime
from jira_session_export.errors import JiraSessionExportError

Open = Callable[..., Any]
PLANTED = "PLANTED-3141592653"
BASIC = b64encode(f"me@example.com:{PLANTED}".encode()).decode()


async def failing_save(tokens: OAuth2Tokens) -> None:
    raise RuntimeError(f"INSERT {tokens.access_token} {tokens.refresh_token}")


async def quiet_save(tokens: OAuth2Tokens) -> None:
    pass


def oauth(runtime: FakeRuntime, save: Any = quiet_save) -> OAuth2Auth:
    tokens = OAuth2Tokens(PLANTED, PLANTED, runtime.now() + timedelta(seconds=30))
    return OAuth2Auth(client_id="app", client_secret=PLANTED, tokens=tokens, save=save, cloud_id="11aa")


def chain(error: BaseException) -> Iterator[BaseException]:
    seen: set[int] = set()
    todo: list[BaseException | None] = [error]
    while todo:
        current = todo.pop()
        if current is not None and id(current) not in seen:
            seen.add(id(current))
            yield current
            todo += [current.__cause__, current.__context__]


def everything_shown(error: BaseException) -> str:
    shown = ["".join(traceback.format_exception(error))]
    for link in chain(error):
        shown += [str(link), repr(link), repr(vars(link))]
        if isinstance(link, httpx.RequestError):
            shown += [str(link.request.headers.raw), str(link.request.url)]
        if isinstance(link, JiraSessionExportError):
            shown += [str(vars(link)), repr(pickle.dumps(link))]
    return "\n".join(shown)


ECHO = {"errorMessages": [f"Bad header Basic {BASIC}", f"Bearer {PLANTED}"], "errors": {PLANTED: PLANTED}}
FAULTS: list[httpx.Response | Exception] = [
    httpx.ConnectError("x"),
    httpx.ReadError("x"),
    httpx.ReadTimeout("x"),
    *[
        httpx.Response(status, json=ECHO)
        for status in (200, 201, 302, 400, 401, 403, 404, 409, 413, 422, 429, 500, 503)
    ],
    httpx.Response(400, text=f"Authorization: Bearer {PLANTED}"),
    httpx.Response(403, html=f"<html>Authorization: Bearer {PLANTED}</html>"),
    httpx.Response(302, headers={"Location": f"https://login.example.com/?token={PLANTED}"}),
    httpx.Response(201, content=PLANTED.encode()),
]
AUTHS: list[Callable[[FakeRuntime], Any]] = [
    lambda runtime: ApiTokenAuth("me@example.com", PLANTED, scoped=False),
    lambda runtime: ApiTokenAuth("me@example.com", PLANTED, scoped=True, cloud_id="11aa"),
    lambda runtime: BearerAuth(PLANTED, cloud_id="11aa"),
    oauth,
    lambda runtime: oauth(runtime, failing_save),
]


@pytest.mark.parametrize("make_auth", AUTHS)
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: getattr(fault, "status_code", type(fault).__name__))
async def test_no_secret_shows(
    jira, open_client: Open, runtime: FakeRuntime, caplog: pytest.LogCaptureFixture, make_auth, fault
) -> None:
    caplog.set_level(logging.DEBUG)
    auth = make_auth(runtime)
    grant = httpx.Response(200, json={"access_token": PLANTED + "2", "refresh_token": PLANTED + "3", "expires_in": 30})
    for base in ("", "/ex/jira/11aa"):
        jira.on(f"{base}/rest/api/3/issue", fault).on(f"{base}/rest/api/3/field", fault)
        jira.on(f"{base}/rest/api/3/myself", httpx.Response(401, json=ECHO))
    jira.on("/oauth/token", grant, fault)
    shown = []
    async with open_client(auth, retry=RetryPolicy(max_attempts=2)) as client:
        for call in (lambda: client.create_issue({"fields": {}}), client.fields):
            with pytest.raises(JiraSessionExportError) as caught:
                await call()
            shown.append(everything_shown(caught.value))
        shown += [repr(client), repr(auth), str(auth)]
    shown += [repr(vars(record)) for record in caplog.records]
    text = "\n".join(shown)
    assert PLANTED not in text
    if isinstance(auth, ApiTokenAuth):  # to the others this is somebody else's secret
        assert BASIC not in text
    assert caplog.records


def local_variables(error: BaseException) -> str:
    """What tools that show local variables would show of our own functions."""
    frames: list[str] = []
    for link in chain(error):
        walked = traceback.walk_tb(link.__traceback__)
        ours = [(frame, line) for frame, line in walked if "jira_session_export" in frame.f_globals.get("__name__", "")]
        frames += [f"{frame.f_code.co_name}: {frame.f_locals!r}" for frame, _ in ours]
    assert any("authorization" in frame for frame in frames)
    return "\n".join(frames)


@pytest.mark.parametrize("make_auth", AUTHS[:4])
@pytest.mark.parametrize("fault", [httpx.ReadError("x"), httpx.Response(500), httpx.Response(400), httpx.Response(201)])
async def test_credentials_are_not_even_in_local_variables(jira, open_client: Open, runtime, make_auth, fault) -> None:
    auth = make_auth(runtime)
    grant = httpx.Response(
        200, json={"access_token": PLANTED + "2", "refresh_token": PLANTED + "3", "expires_in": 3600}
    )
    jira.on("/rest/api/3/issue", fault).on("/ex/jira/11aa/rest/api/3/issue", fault).on("/oauth/token", grant)
    async with open_client(auth) as client:
        with pytest.raises(JiraSessionExportError) as caught:
            await client.create_issue({"fields": {}})
    shown = local_variables(caught.value)
    assert PLANTED not in shown
    assert BASIC not in shown


@pytest.mark.parametrize("bad", [f"{PLANTED}\n", f"{PLANTED} x", f"ü{PLANTED}"])
def test_a_secret_that_cannot_be_sent_does_not_show(bad: str) -> None:
    for make in (lambda: ApiTokenAuth("me@example.com", bad), lambda: BearerAuth(bad), lambda: OAuth2Tokens(bad, bad)):
        with pytest.raises(JiraSessionExportError) as caught:
            make()
        assert PLANTED not in str(caught.value) + repr(caught.value)


def test_credentials_inside_an_address_do_not_show() -> None:
    with pytest.raises(JiraSessionExportError) as caught:
        JiraClient(f"https://me:{PLANTED}@demo.atlassian.net", BearerAuth("t"))
    assert PLANTED not in str(caught.value) + repr(caught.value.recovery_actions)
