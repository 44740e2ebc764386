from collections.abc import Callable
from datetime import timedelta
from typing import Any

import anyio
import httpx
import pytest

from jira_session_export._jira.oauth import OAuth2Auth, OAuth2Tokens
from jira_session_export._testing.runtime import FakeRuntime
from jira_session_export.errors import (
    AuthenticationError,
    MissingScopeError,
    NotSentError,
)

Open = Callable[..., Any]
FIELD = "/rest/api/3/field"
TENANT = "/_edge/tenant_info"
GATEWAY_FIELD = "/ex/jira/11aa/rest/api/3/field"
GRANT = "/oauth/token"
NONE = httpx.Response(200, json=[])
CLOUD = httpx.Response(200, json={"cloudId": "11aa"})


def granted(number: int, **more: object) -> httpx.Response:
    answer = {"access_token": f"access-{number}", "refresh_token": f"refresh-{number}", "expires_in": 3600, **more}
    return httpx.Response(200, json={name: value for name, value in answer.items() if value is not None})


class Keeper:
    """A host's store of tokens."""

    def __init__(self, *failures: Exception) -> None:
        self.kept: list[OAuth2Tokens] = []
        self._failures = list(failures)

    async def save(self, tokens: OAuth2Tokens) -> None:
        await anyio.lowlevel.checkpoint()
        if self._failures:
            raise self._failures.pop()
        self.kept.append(tokens)


def oauth(keeper: Keeper, runtime: FakeRuntime, *, ends_in: float | None = 3600) -> OAuth2Auth:
    ends = None if ends_in is None else runtime.now() + timedelta(seconds=ends_in)
    tokens = OAuth2Tokens("access-0", "refresh-0", ends)
    return OAuth2Auth(client_id="app", client_secret="client-secret", tokens=tokens, save=keeper.save, cloud_id="11aa")


async def test_an_ended_access_token_is_renewed_once_and_saved_before_use(jira, open_client: Open, runtime) -> None:
    keeper = Keeper()
    auth = oauth(keeper, runtime, ends_in=30)

    def use(request: httpx.Request) -> httpx.Response:
        assert [tokens.access_token for tokens in keeper.kept] == ["access-1"], "used before it was saved"
        assert request.headers["authorization"] == "Bearer access-1"
        return httpx.Response(200, json=[])

    jira.on(GRANT, granted(1)).on(GATEWAY_FIELD, use)
    async with open_client(auth) as client, anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(client.fields)
    assert jira.asked.count(f"POST {GRANT}") == 1
    assert jira.requests[0].url == "https://auth.atlassian.com/oauth/token"
    assert jira.json(0) == {
        "grant_type": "refresh_token",
        "client_id": "app",
        "client_secret": "client-secret",
        "refresh_token": "refresh-0",
    }
    assert keeper.kept == [OAuth2Tokens("access-1", "refresh-1", runtime.now() + timedelta(seconds=3600))]


async def test_two_clients_of_one_consent_renew_once(jira, open_client: Open, runtime) -> None:
    keeper = Keeper()
    auth = oauth(keeper, runtime, ends_in=0)
    jira.on(GRANT, granted(1)).on(GATEWAY_FIELD, NONE)
    async with open_client(auth) as one, open_client(auth) as two, anyio.create_task_group() as group:
        group.start_soon(one.fields)
        group.start_soon(two.fields)
    assert len(keeper.kept) == 1


async def test_each_refresh_token_is_used_for_the_next_renewal(jira, open_client: Open, runtime) -> None:
    keeper = Keeper()
    jira.on(GRANT, granted(1), granted(2, refresh_token=None, expires_in=None), granted(3)).on(GATEWAY_FIELD, NONE)
    auth = oauth(keeper, runtime, ends_in=0)
    async with open_client(auth) as client:
        await client.fields()
        runtime.clock.advance(3600)
        await client.fields()
        runtime.clock.advance(36_000)
        await client.fields()
    assert [tokens.refresh_token for tokens in keeper.kept] == ["refresh-1", "refresh-1"]
    assert keeper.kept[-1].expires_at is None


async def test_a_refused_access_token_is_renewed_and_the_request_sent_again(jira, open_client: Open, runtime) -> None:
    keeper = Keeper()

    def checked(request: httpx.Request) -> httpx.Response:
        return NONE if request.headers["authorization"] == "Bearer access-1" else httpx.Response(401)

    jira.on(GRANT, granted(1)).on(GATEWAY_FIELD, checked)
    async with open_client(oauth(keeper, runtime, ends_in=None)) as client, anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(client.fields)
    assert jira.asked.count(f"POST {GRANT}") == 1


async def test_a_token_refused_again_is_not_renewed_for_ever(jira, open_client: Open, runtime) -> None:
    jira.on(GRANT, granted(1)).on(GATEWAY_FIELD, httpx.Response(401))
    async with open_client(oauth(Keeper(), runtime)) as client:
        with pytest.raises(AuthenticationError):
            await client.fields()
    assert jira.asked == [f"GET {GATEWAY_FIELD}", f"POST {GRANT}", f"GET {GATEWAY_FIELD}"]


async def test_a_missing_scope_is_not_cured_by_renewing(jira, open_client: Open, runtime) -> None:
    headers = {"x-failure-category": "FAILURE_CLIENT_SCOPE_CHECK"}
    body = {"code": 401, "message": "Unauthorized; scope does not match"}
    jira.on(GATEWAY_FIELD, httpx.Response(401, headers=headers, json=body))
    async with open_client(oauth(Keeper(), runtime)) as client:
        with pytest.raises(MissingScopeError) as caught:
            await client.fields()
    assert len(jira.requests) == 1
    assert caught.value.scopes == ("read:jira-work",)
    assert "read:jira-work" in caught.value.user_message


@pytest.mark.parametrize("lifetime", [-1, 0, True, [], "soon", "3600", 1e300, 10**400, {"a": 1}])
async def test_a_lifetime_that_is_none_loses_no_tokens(jira, open_client: Open, runtime, lifetime: object) -> None:
    keeper = Keeper()
    jira.on(GRANT, granted(1, expires_in=lifetime)).on(GATEWAY_FIELD, NONE)
    async with open_client(oauth(keeper, runtime, ends_in=0)) as client:
        await client.fields()
        await client.fields()
    (kept,) = keeper.kept
    assert kept.refresh_token == "refresh-1"
    assert kept.expires_at is None or kept.expires_at > runtime.now()


class Shared(Keeper):
    """What several processes keep their tokens in."""

    def __init__(self, *stored: OAuth2Tokens | Exception | None) -> None:
        super().__init__()
        self.stored = list(stored)

    async def load(self) -> OAuth2Tokens | None:
        await anyio.lowlevel.checkpoint()
        found = self.stored.pop(0) if len(self.stored) > 1 else self.stored[0]
        if isinstance(found, Exception):
            raise found
        return found


def shared_oauth(shared: Shared, runtime: FakeRuntime) -> OAuth2Auth:
    tokens = OAuth2Tokens("access-0", "refresh-0", runtime.now())
    return OAuth2Auth(
        client_id="a", client_secret="s", tokens=tokens, save=shared.save, load=shared.load, cloud_id="11aa"
    )


async def test_what_another_process_has_renewed_is_taken_over(jira, open_client: Open, runtime) -> None:
    shared = Shared(OAuth2Tokens("access-7", "refresh-7", runtime.now() + timedelta(hours=1)))
    jira.on(GATEWAY_FIELD, NONE)
    async with open_client(shared_oauth(shared, runtime)) as client:
        await client.fields()
    assert jira.asked == [f"GET {GATEWAY_FIELD}"]
    assert jira.requests[0].headers["authorization"] == "Bearer access-7"
    assert shared.kept == []


async def test_a_newer_access_token_with_the_same_refresh_token_is_taken_over(jira, open_client: Open, runtime) -> None:
    shared = Shared(OAuth2Tokens("access-7", "refresh-0", runtime.now() + timedelta(hours=1)))
    jira.on(GATEWAY_FIELD, NONE)
    async with open_client(shared_oauth(shared, runtime)) as client:
        await client.fields()
    assert jira.requests[0].headers["authorization"] == "Bearer access-7"


async def test_the_refresh_token_saved_last_is_the_one_used(jira, open_client: Open, runtime) -> None:
    shared = Shared(OAuth2Tokens("access-7", "refresh-7", runtime.now()))
    jira.on(GRANT, granted(8)).on(GATEWAY_FIELD, NONE)
    async with open_client(shared_oauth(shared, runtime)) as client:
        await client.fields()
    assert jira.json(0)["refresh_token"] == "refresh-7"
    assert [tokens.refresh_token for tokens in shared.kept] == ["refresh-8"]


@pytest.mark.parametrize("ends_in", [3600, 0])
async def test_a_refresh_token_another_process_used_meanwhile(jira, open_client: Open, runtime, ends_in: int) -> None:
    newer = OAuth2Tokens("access-7", "refresh-7", runtime.now() + timedelta(seconds=ends_in))
    shared = Shared(OAuth2Tokens("access-0", "refresh-0", runtime.now()), newer)
    refused = httpx.Response(403, json={"error": "invalid_grant"})
    jira.on(GRANT, refused, granted(8)).on(GATEWAY_FIELD, NONE)
    async with open_client(shared_oauth(shared, runtime)) as client:
        await client.fields()
    sent = "access-7" if ends_in else "access-8"
    assert jira.requests[-1].headers["authorization"] == f"Bearer {sent}"


async def test_a_consent_that_has_ended_is_told_although_others_share_it(jira, open_client: Open, runtime) -> None:
    shared = Shared(OAuth2Tokens("access-0", "refresh-0", runtime.now()))
    jira.on(GRANT, httpx.Response(403, json={"error": "invalid_grant"}))
    async with open_client(shared_oauth(shared, runtime)) as client:
        with pytest.raises(AuthenticationError):
            await client.fields()
    assert len(jira.requests) == 1


async def test_tokens_that_cannot_be_loaded(jira, open_client: Open, runtime) -> None:
    shared = Shared(RuntimeError("SELECT refresh_token='refresh-0'"))
    async with open_client(shared_oauth(shared, runtime)) as client:
        with pytest.raises(NotSentError) as caught:
            await client.fields()
    assert "RuntimeError" in caught.value.user_message
    assert caught.value.__context__ is None


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_dead_refresh_token_asks_for_a_new_consent(jira, open_client: Open, runtime, status: int) -> None:
    refused = {"error": "invalid_grant", "error_description": "Unknown or invalid refresh token."}
    jira.on(GRANT, httpx.Response(status, json=refused))
    async with open_client(oauth(Keeper(), runtime, ends_in=0)) as client:
        with pytest.raises(AuthenticationError) as caught:
            await client.fields()
    assert "Connect the account to Jira again" in caught.value.recovery_actions[0]
    assert "invalid_grant" in caught.value.refusal.messages


async def test_a_renewal_is_repeated_when_its_answer_is_lost(jira, open_client: Open, runtime) -> None:
    keeper = Keeper()
    jira.on(GRANT, httpx.ReadError("x"), httpx.Response(200, html="<html>"), granted(1)).on(GATEWAY_FIELD, NONE)
    async with open_client(oauth(keeper, runtime, ends_in=0)) as client:
        await client.fields()
    assert len(keeper.kept) == 1


async def test_tokens_that_could_not_be_saved_are_not_used_and_saved_later(jira, open_client: Open, runtime) -> None:
    keeper = Keeper(RuntimeError("UPDATE tokens SET refresh_token='refresh-1'"))
    jira.on(GRANT, granted(1), httpx.Response(403)).on(GATEWAY_FIELD, NONE)
    async with open_client(oauth(keeper, runtime, ends_in=0)) as client:
        with pytest.raises(NotSentError) as caught:
            await client.fields()
        assert "RuntimeError" in caught.value.user_message
        assert caught.value.__context__ is None
        await client.fields()
    assert jira.asked == [f"POST {GRANT}", f"GET {GATEWAY_FIELD}"]
    assert [tokens.refresh_token for tokens in keeper.kept] == ["refresh-1"]


async def test_a_cancellation_does_not_lose_the_new_tokens(jira, open_client: Open, runtime) -> None:
    kept: list[OAuth2Tokens] = []
    scope = anyio.CancelScope()

    async def slow_save(tokens: OAuth2Tokens) -> None:
        scope.cancel()
        await anyio.lowlevel.checkpoint()
        kept.append(tokens)

    tokens = OAuth2Tokens("access-0", "refresh-0", runtime.now())
    auth = OAuth2Auth(client_id="a", client_secret="s", tokens=tokens, save=slow_save, cloud_id="11aa")
    jira.on(GRANT, granted(1)).on(GATEWAY_FIELD, NONE)
    async with open_client(auth) as client:
        with scope:
            await client.fields()
    assert [tokens.refresh_token for tokens in kept] == ["refresh-1"]
