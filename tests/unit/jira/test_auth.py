from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import anyio
import httpx
import pytest

from jira_session_export._jira.auth import ApiTokenAuth, BearerAuth, Secret
from jira_session_export._jira.client import JiraClient
from jira_session_export._jira.oauth import OAuth2Auth, OAuth2Tokens
from jira_session_export._testing.runtime import FakeRuntime
from jira_session_export.errors import (
    AuthenticationError,
    ReadFailedError,
    SettingsError,
)

Open = Callable[..., Any]
FIELD = "/rest/api/3/field"
TENANT = "/_edge/tenant_info"
GATEWAY_FIELD = "/ex/jira/11aa/rest/api/3/field"
NONE = httpx.Response(200, json=[])
CLOUD = httpx.Response(200, json={"cloudId": "11aa"})


async def save(tokens: OAuth2Tokens) -> None:
    pass


async def test_an_api_token_is_sent_as_basic(jira, open_client: Open) -> None:
    jira.on(FIELD, NONE)
    async with open_client(ApiTokenAuth("me@example.com", "t0ken")) as client:
        await client.fields()
    scheme, credentials = jira.requests[0].headers["authorization"].split()
    assert (scheme, b64decode(credentials)) == ("Basic", b"me@example.com:t0ken")
    assert str(jira.requests[0].url).startswith("https://demo.atlassian.net/")


async def test_a_bearer_token_is_sent_as_it_is_to_the_gateway(jira, open_client: Open) -> None:
    jira.on(GATEWAY_FIELD, NONE)
    async with open_client(BearerAuth("t0ken", cloud_id="11aa")) as client:
        await client.fields()
    assert jira.requests[0].headers["authorization"] == "Bearer t0ken"


async def test_a_bearer_token_may_go_to_what_stands_before_jira(jira, open_client: Open) -> None:
    jira.on(FIELD, NONE)
    async with open_client(BearerAuth("t0ken", uses_gateway=False), base_url="https://jira.example.com") as client:
        await client.fields()
    assert jira.requests[0].headers["authorization"] == "Bearer t0ken"


@pytest.mark.parametrize("site", ["https://demo.atlassian.net", "https://demo.jira.com/"])
def test_a_cloud_site_is_given_no_bearer_token(site: str) -> None:
    with pytest.raises(SettingsError) as caught:
        JiraClient(site, BearerAuth("t0ken", uses_gateway=False))
    assert "ApiTokenAuth(email, token)" in caught.value.recovery_actions[1]


@pytest.mark.parametrize("auth", [ApiTokenAuth("me@example.com", "t", scoped=True), BearerAuth("t", uses_gateway=True)])
async def test_a_scoped_token_goes_to_the_gateway_looked_up_once(jira, open_client: Open, auth: Any) -> None:
    jira.on(TENANT, CLOUD).on(GATEWAY_FIELD, NONE)
    async with open_client(auth) as client, anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(client.fields)
    assert jira.asked == [f"GET {TENANT}", *[f"GET {GATEWAY_FIELD}"] * 5]
    assert jira.requests[0].url.host == "demo.atlassian.net"
    assert "authorization" not in jira.requests[0].headers
    assert {request.url.host for request in jira.requests[1:]} == {"api.atlassian.com"}
    assert all("authorization" in request.headers for request in jira.requests[1:])


async def test_a_known_cloud_id_is_not_looked_up(jira, open_client: Open) -> None:
    jira.on(GATEWAY_FIELD, NONE)
    async with open_client(ApiTokenAuth("me@example.com", "t", scoped=True, cloud_id="11aa")) as client:
        await client.fields()
    assert len(jira.requests) == 1


async def test_a_look_up_that_failed_is_made_again(jira, open_client: Open) -> None:
    auth = ApiTokenAuth("me@example.com", "t", scoped=True)
    jira.on(TENANT, *[httpx.Response(503)] * 5, CLOUD).on(GATEWAY_FIELD, NONE)
    async with open_client(auth) as client:
        with pytest.raises(ReadFailedError) as caught:
            await client.fields()
        assert "cloud id" in caught.value.user_message
        await client.fields()


async def test_the_advice_fits_the_kind_of_token(jira, open_client: Open, runtime: FakeRuntime) -> None:
    auths = [
        ApiTokenAuth("me@example.com", "t", scoped=False),
        ApiTokenAuth("me@example.com", "t", cloud_id="11aa"),
        ApiTokenAuth("me@example.com", "t", scoped=True, cloud_id="11aa"),
        BearerAuth("t", cloud_id="11aa"),
        OAuth2Auth(client_id="a", client_secret="s", tokens=OAuth2Tokens("t", "r"), save=save, cloud_id="11aa"),
    ]
    jira.on("/ex/jira/11aa/rest/api/3/myself", httpx.Response(401)).on(FIELD, httpx.Response(401)).on(
        GATEWAY_FIELD, httpx.Response(401)
    ).on("/oauth/token", httpx.Response(403))
    said = []
    for auth in auths:
        async with open_client(auth) as client:
            with pytest.raises(AuthenticationError) as caught:
                await client.fields()
            said += caught.value.recovery_actions
    assert len(set(said)) == 5


BAD = ["", "two words", "line\nbreak", "tab\t", "nul\x00", "ümlaut", " padded "]


@pytest.mark.parametrize("value", BAD)
@pytest.mark.parametrize(
    "make",
    [
        lambda value: ApiTokenAuth("me@example.com", value),
        lambda value: ApiTokenAuth(value, "t"),
        BearerAuth,
        lambda value: OAuth2Tokens(value, "r"),
    ],
)
def test_what_cannot_be_sent_is_refused_without_showing_it(make: Callable[[str], object], value: str) -> None:
    with pytest.raises(SettingsError) as caught:
        make(value)
    assert not value.strip() or value.strip() not in str(caught.value)


def test_values_compare_and_copy() -> None:
    auth = ApiTokenAuth("me@example.com", "t")
    assert auth == ApiTokenAuth("me@example.com", "t")
    assert hash(auth) == hash(ApiTokenAuth("me@example.com", "t"))
    assert Secret("x") == "x"
    assert replace(BearerAuth("a"), token="b") == BearerAuth("b")
