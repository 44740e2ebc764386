"""respx, by which hosts intercept HTTP in their tests, intercepts the client as it intercepts httpx itself."""

import httpx
import pytest
import respx

from jira_session_export import ApiTokenAuth, JiraClient, RetryPolicy
from jira_session_export.errors import NotSentError, OutcomeUnknownError, RefusedError
from jira_session_export.testing import FakeRuntime

SITE = "https://demo.atlassian.net"
AUTH = ApiTokenAuth("me@example.com", "token")


async def test_answers_and_what_was_sent(respx_mock: respx.MockRouter, tmp_path) -> None:
    create = respx_mock.post(f"{SITE}/rest/api/3/issue").respond(201, json={"id": "1", "key": "PAY-1"})
    users = respx_mock.get(f"{SITE}/rest/api/3/user/assignable/search", params={"query": "Ann & Bob"}).respond(json=[])
    attach = respx_mock.post(f"{SITE}/rest/api/3/issue/PAY-1/attachments").respond(json=[{"id": "7"}])
    (tmp_path / "a.txt").write_bytes(b"content")
    async with JiraClient(SITE, AUTH) as client:
        assert (await client.create_issue({"fields": {"summary": "Prüfung"}})).key == "PAY-1"
        assert await client.assignable_users("PAY", query="Ann & Bob") == ()
        assert (await client.add_attachment("PAY-1", "a.txt", tmp_path / "a.txt")).id == "7"
    assert create.calls.last.request.content == '{"fields":{"summary":"Prüfung"}}'.encode()
    assert create.calls.last.request.headers["authorization"].startswith("Basic ")
    assert users.called
    assert b"content" in attach.calls.last.request.content


async def test_refusals_and_repetitions(respx_mock: respx.MockRouter) -> None:
    refusal = {"errorMessages": [], "errors": {"priority": "The priority selected is invalid."}}
    respx_mock.post(f"{SITE}/rest/api/3/issue").mock(
        side_effect=[httpx.Response(429, headers={"Retry-After": "7"}), httpx.Response(400, json=refusal)]
    )
    runtime = FakeRuntime()
    async with JiraClient(SITE, AUTH, runtime=runtime) as client:
        with pytest.raises(RefusedError) as caught:
            await client.create_issue({"fields": {}})
    assert set(caught.value.refusal.field_errors) == {"priority"}
    assert runtime.monotonic() == 7


@pytest.mark.parametrize(
    ("fault", "error"), [(httpx.ConnectError, NotSentError), (httpx.ReadTimeout, OutcomeUnknownError)]
)
async def test_errors_of_httpx_as_side_effects(
    respx_mock: respx.MockRouter, fault: type[Exception], error: type[Exception]
) -> None:
    respx_mock.post(f"{SITE}/rest/api/3/issue").mock(side_effect=fault)
    async with JiraClient(SITE, AUTH, retry=RetryPolicy(max_attempts=1)) as client:
        with pytest.raises(error):
            await client.create_issue({"fields": {}})


async def test_what_no_route_answers_fails_the_test_instead_of_leaving_the_machine(
    respx_mock: respx.MockRouter,
) -> None:
    async with JiraClient(SITE, AUTH) as client:
        with pytest.raises(AssertionError, match="not mocked"):
            await client.myself()
