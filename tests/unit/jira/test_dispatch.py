from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest

from jira_session_export._jira.auth import ApiTokenAuth
from jira_session_export._jira.client import JiraClient
from jira_session_export._jira.http import HttpError, HttpSettings
from jira_session_export._jira.retry import RetryPolicy
from jira_session_export._jira.upload import UploadSourceError
from jira_session_export._testing.runtime import FakeRuntime
from jira_session_export.errors import (
    AuthenticationError,
    InputError,
    JiraError,
    NotFoundError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    ReadFailedError,
    RefusedError,
)

ISSUE = "/rest/api/3/issue"
MYSELF = "/rest/api/3/myself"
FIELD = "/rest/api/3/field"
PRIORITY = "/rest/api/3/priority"
LINK = "/rest/api/3/issueLink"
SEARCH = "/rest/api/3/search/jql"
CREATED = httpx.Response(201, json={"id": "10000", "key": "PAY-1", "self": "x"})
ME = httpx.Response(200, json={"accountId": "5b"})
NONE = httpx.Response(200, json=[])
NO_CONTENT = httpx.Response(204)

Open = Callable[..., Any]

BEFORE_SENDING = [httpx.ConnectError("x"), httpx.ConnectTimeout("x"), httpx.PoolTimeout("x"), httpx.ProxyError("x")]
AFTER_SENDING = [
    httpx.ReadTimeout("x"),
    httpx.WriteTimeout("x"),
    httpx.ReadError("x"),
    httpx.WriteError("x"),
    httpx.CloseError("x"),
    httpx.LocalProtocolError("x"),
    httpx.RemoteProtocolError("x"),
    httpx.DecodingError("x"),
    httpx.TooManyRedirects("x"),
    ConnectionResetError("x"),
    httpx.Response(500),
    httpx.Response(502, html="<html>"),
    httpx.Response(503, headers={"Retry-After": "1"}),
    httpx.Response(504),
    httpx.Response(201, html="<html>"),
    httpx.Response(201, content=b""),
    httpx.Response(201, content=b'{"id":"100'),
    httpx.Response(201, json={"id": "10000"}),
    httpx.Response(201, json=[]),
]


def name(reply: object) -> str:
    return f"{reply.status_code}-{len(reply.content)}" if isinstance(reply, httpx.Response) else type(reply).__name__


@pytest.mark.parametrize("fault", BEFORE_SENDING, ids=name)
async def test_a_create_that_was_not_sent_is_sent_again(jira, open_client: Open, runtime: FakeRuntime, fault) -> None:
    jira.on(ISSUE, fault, CREATED)
    async with open_client() as client:
        assert (await client.create_issue({"fields": {}})).key == "PAY-1"
    assert len(jira.requests) == 2
    assert 1.4 <= runtime.monotonic() <= 2.6


@pytest.mark.parametrize("fault", AFTER_SENDING, ids=name)
async def test_a_create_that_may_have_happened_is_never_sent_again(jira, open_client: Open, runtime, fault) -> None:
    jira.on(ISSUE, fault, CREATED)
    async with open_client() as client:
        with pytest.raises(OutcomeUnknownError) as caught:
            await client.create_issue({"fields": {}})
    assert len(jira.requests) == 1
    assert runtime.monotonic() == 0
    assert caught.value.operation == f"POST {ISSUE}"


@pytest.mark.parametrize("fault", [*BEFORE_SENDING, *AFTER_SENDING[:-1]], ids=name)
async def test_a_read_is_repeated_and_in_the_end_given_up(jira, open_client: Open, runtime, fault) -> None:
    jira.on(FIELD, fault, NONE).on(PRIORITY, fault)
    async with open_client() as client:
        assert await client.fields() == ()
        jira.requests.clear()
        with pytest.raises((ReadFailedError, NotSentError)):
            await client.priorities()
    assert len(jira.requests) == 5
    assert runtime.monotonic() < 5 * 30


@pytest.mark.parametrize("fault", [*BEFORE_SENDING, *AFTER_SENDING[:14]], ids=name)
async def test_a_write_that_may_be_repeated_is(jira, open_client: Open, fault) -> None:
    jira.on(LINK, fault, httpx.Response(201))
    async with open_client() as client:
        await client.create_link("Blocks", inward_key="A-1", outward_key="A-2")
    assert len(jira.requests) == 2


async def test_a_write_that_may_be_repeated_stays_unknown_in_the_end(jira, open_client: Open) -> None:
    jira.on(LINK, httpx.Response(503))
    async with open_client() as client:
        with pytest.raises(OutcomeUnknownError):
            await client.create_link("Blocks", inward_key="A-1", outward_key="A-2")
    assert len(jira.requests) == 5


async def test_a_web_page_is_no_answer_to_a_write(jira, open_client: Open) -> None:
    jira.on(LINK, httpx.Response(200, html="<html>login</html>"))
    async with open_client() as client:
        with pytest.raises(OutcomeUnknownError):
            await client.create_link("Blocks", inward_key="A-1", outward_key="A-2")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 410, 413, 415, 422, 302])
async def test_a_refusal_is_final(jira, open_client: Open, status: int) -> None:
    jira.on(ISSUE, httpx.Response(status, json={"errors": {"priority": "x"}})).on(MYSELF, ME)
    async with open_client() as client:
        with pytest.raises(RefusedError) as caught:
            await client.create_issue({"fields": {}})
    assert jira.asked.count(f"POST {ISSUE}") == 1
    assert caught.value.refusal.field_errors == {"priority": "x"}


async def test_a_refusal_whose_reasons_got_lost_is_still_a_refusal(jira, open_client: Open, broken_body) -> None:
    def reply(request: httpx.Request) -> httpx.Response:
        return httpx.Response(400, stream=broken_body([b'{"errors"'], httpx.ReadError("x", request=request)))

    jira.on(ISSUE, reply)
    async with open_client() as client:
        with pytest.raises(RefusedError) as caught:
            await client.create_issue({"fields": {}})
    assert caught.value.refusal.status == 400
    assert isinstance(caught.value.__cause__, HttpError)
    assert isinstance(caught.value.__cause__.__cause__, httpx.ReadError)


async def test_a_created_issue_whose_answer_breaks_off_is_unknown(jira, open_client: Open, broken_body) -> None:
    def reply(request: httpx.Request) -> httpx.Response:
        error = httpx.RemoteProtocolError("peer closed connection", request=request)
        return httpx.Response(201, stream=broken_body([b'{"id":'], error))

    jira.on(ISSUE, reply)
    async with open_client() as client:
        with pytest.raises(OutcomeUnknownError):
            await client.create_issue({"fields": {}})
    assert len(jira.requests) == 1


class Dripping(httpx.AsyncByteStream):
    async def __aiter__(self) -> AsyncIterator[bytes]:
        while True:
            await anyio.sleep(0.005)
            yield b" "


async def test_an_answer_that_drips_in_ends_one_day(jira, open_client: Open) -> None:
    jira.on(ISSUE, lambda request: httpx.Response(201, stream=Dripping()))
    async with open_client(http=HttpSettings(timeout_seconds=0.02)) as client:
        with anyio.fail_after(5), pytest.raises(OutcomeUnknownError):
            await client.create_issue({"fields": {}})


async def test_a_caller_that_gives_up_is_not_held(jira, open_client: Open) -> None:
    jira.on(ISSUE, lambda request: httpx.Response(201, stream=Dripping()))
    async with open_client() as client:
        with anyio.move_on_after(0.02) as scope:
            await client.create_issue({"fields": {}})
    assert scope.cancelled_caught


LIMITED = [
    ({"Retry-After": "45"}, 45),
    ({"Retry-After": "Mon, 05 Jan 2026 09:00:45 GMT"}, 45),
    ({"X-RateLimit-Reset": "2026-01-05T09:00:45Z", "X-Failure-Category": "FAILURE_CLIENT_RATE"}, 45),
    ({"RateLimit": '"global-app-quota";r=0;t=45'}, 45),
    ({"X-RateLimit-Interval-Seconds": "45", "Retry-After": "0"}, 45),
]


@pytest.mark.parametrize(("headers", "seconds"), LIMITED)
async def test_a_rate_limited_create_waits_as_asked(jira, open_client: Open, runtime, headers, seconds) -> None:
    jira.on(ISSUE, httpx.Response(429, headers=headers), CREATED)
    async with open_client() as client:
        await client.create_issue({"fields": {}})
    assert runtime.monotonic() == pytest.approx(seconds)


async def test_without_a_word_from_jira_the_back_off_doubles(jira, open_client: Open, runtime) -> None:
    jira.on(ISSUE, httpx.Response(429, html="<html>Too many requests</html>"))
    async with open_client(retry=RetryPolicy(jitter=(1, 1))) as client:
        with pytest.raises(RateLimitedError):
            await client.create_issue({"fields": {}})
    assert runtime.clock.sleeps == pytest.approx([2, 4, 8, 16])


@pytest.mark.parametrize("retry_after", ["3600", "99999999999", "Fri, 01 Jan 2100 00:00:00 GMT"])
async def test_an_absurd_wait_is_not_kept(jira, open_client: Open, runtime, retry_after: str) -> None:
    jira.on(ISSUE, httpx.Response(429, headers={"Retry-After": retry_after}))
    async with open_client() as client:
        with pytest.raises(RateLimitedError) as caught:
            await client.create_issue({"fields": {}})
    assert len(jira.requests) == 1
    assert runtime.monotonic() == 0
    assert caught.value.retry_after is not None
    assert timedelta(hours=1) <= caught.value.retry_after <= timedelta(days=1)


async def test_a_pause_concerns_its_endpoint_only_and_everybody_there(jira, open_client: Open, runtime) -> None:
    jira.on(ISSUE, httpx.Response(429, headers={"Retry-After": "60"}), CREATED).on(FIELD, NONE)
    ended: dict[str, float] = {}

    async def timed(label: str, call: Callable[[], Any], *, after: float = 0) -> None:
        await runtime.sleep(after)
        await call()
        ended[label] = runtime.monotonic()

    async with open_client() as client, anyio.create_task_group() as group:
        group.start_soon(lambda: timed("first create", lambda: client.create_issue({})))
        group.start_soon(lambda: timed("second create", lambda: client.create_issue({}), after=10))
        group.start_soon(lambda: timed("read", client.fields, after=10))
    assert ended == {
        "read": pytest.approx(10),
        "first create": pytest.approx(60),
        "second create": pytest.approx(61, abs=0.1),  # nothing is known yet of how many at once are welcome
    }
    assert jira.asked.count(f"POST {ISSUE}") == 3


async def test_an_endpoint_near_its_limit_rests(jira, open_client: Open, runtime) -> None:
    used_up = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "2026-01-05T09:00:20Z"}
    jira.on(FIELD, httpx.Response(200, json=[], headers=used_up), NONE).on(PRIORITY, NONE)
    async with open_client() as client:
        await client.fields()
        await client.priorities()
        assert runtime.monotonic() == 0
        await client.fields()
        assert runtime.monotonic() == pytest.approx(20)


async def test_an_unavailable_jira_that_names_a_time_is_given_it(jira, open_client: Open, runtime) -> None:
    jira.on(FIELD, httpx.Response(503, headers={"Retry-After": "70"}), NONE)
    async with open_client() as client:
        await client.fields()
    assert runtime.monotonic() == pytest.approx(70)


async def test_not_found_is_believed_from_an_account(jira, open_client: Open) -> None:
    jira.on("/rest/api/3/project/PAY", httpx.Response(404)).on(MYSELF, ME)
    async with open_client() as client:
        with pytest.raises(NotFoundError):
            await client.project("PAY")
    assert jira.asked == ["GET /rest/api/3/project/PAY", f"GET {MYSELF}"]


async def test_not_found_to_a_named_account_needs_no_check(jira, open_client: Open) -> None:
    jira.on("/rest/api/3/project/PAY", httpx.Response(404, headers={"X-AACCOUNTID": "5b"}))
    async with open_client() as client:
        with pytest.raises(NotFoundError):
            await client.project("PAY")
    assert len(jira.requests) == 1


async def test_not_found_to_wrong_credentials_is_about_the_credentials(jira, open_client: Open) -> None:
    jira.on("/rest/api/3/project/PAY", httpx.Response(404)).on(MYSELF, httpx.Response(401))
    async with open_client() as client:
        with pytest.raises(AuthenticationError) as caught:
            await client.project("PAY")
    assert "read project PAY" in caught.value.user_message
    assert "scoped=True" in caught.value.recovery_actions[0]


async def test_not_found_that_cannot_be_checked_is_not_believed(jira, open_client: Open) -> None:
    jira.on("/rest/api/3/project/PAY", httpx.Response(404)).on(MYSELF, httpx.Response(503))
    async with open_client() as client:
        with pytest.raises(ReadFailedError):
            await client.project("PAY")


async def test_an_account_that_is_not_found_is_not_looked_for_again(jira, open_client: Open) -> None:
    jira.on(MYSELF, httpx.Response(404))
    async with open_client() as client:
        with pytest.raises(RefusedError) as caught:
            await client.myself()
    assert len(jira.requests) == 1
    assert "there is no Jira Cloud at this address" in caught.value.user_message


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(404),
        httpx.Response(404, html="<html>dead link</html>"),
        httpx.Response(405),
        httpx.Response(302, headers={"Location": "https://id.example/login"}),
        httpx.Response(200, html="<!DOCTYPE html><title>Log in</title>"),
        httpx.Response(200, content=b"\n <html>", headers={"Content-Type": "application/json"}),
    ],
)
@pytest.mark.parametrize(
    ("base", "wanted"),
    [
        ("https://jira.example.com/jira", "Set Jira's address to https://jira.example.com."),
        ("https://jira.example.com:8443/browse/PAY-1", "Set Jira's address to https://jira.example.com:8443."),
        ("https://jira.example.com", "https://your-site.atlassian.net"),
        ("https://api.atlassian.com/ex/jira/11aa", "Check the cloud id"),
    ],
)
async def test_what_is_no_jira_cloud_is_told_at_once(jira, open_client: Open, answer, base: str, wanted: str) -> None:
    path = httpx.URL(base).path.rstrip("/")
    jira.on(f"{path}{MYSELF}", answer).on(f"{path}/rest/api/3/serverInfo", answer)
    jira.on(f"{path}/rest/api/3/project/PAY", httpx.Response(404))
    async with open_client(base_url=base) as client:
        for call in (client.myself, client.server_info, lambda: client.project("PAY")):
            with pytest.raises(RefusedError) as caught:
                await call()
            assert "there is no Jira Cloud at this address" in caught.value.user_message
            assert wanted in caught.value.recovery_actions[0]
    assert len(jira.requests) == 4


TENANT = "/_edge/tenant_info"
AT_GATEWAY = "/ex/jira/11aa"
UNKNOWN = ApiTokenAuth("me@example.com", "t0ken")


def knows_the_token(jira) -> None:
    jira.on(TENANT, httpx.Response(200, json={"cloudId": "11aa"})).on(f"{AT_GATEWAY}{MYSELF}", ME)


@pytest.mark.parametrize(
    "refusal",
    [
        httpx.Response(401, text="Client must be authenticated to access this resource."),
        httpx.Response(200, json=[], headers={"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}),
        httpx.Response(404, json={"errorMessages": ["No."]}, headers={"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}),
        httpx.Response(404, json={"errorMessages": ["No."]}),
    ],
)
async def test_a_token_the_site_refuses_is_tried_at_the_gateway(jira, open_client: Open, refusal) -> None:
    knows_the_token(jira)
    jira.on(FIELD, refusal).on(MYSELF, httpx.Response(401)).on(f"{AT_GATEWAY}{FIELD}", NONE)
    jira.on(f"{AT_GATEWAY}{ISSUE}", CREATED)
    async with open_client(UNKNOWN) as client:
        assert await client.fields() == ()
        assert (await client.create_issue({})).url == "https://demo.atlassian.net/browse/PAY-1"
    assert jira.asked.count(f"GET {FIELD}") == 1
    assert jira.asked.count(f"GET {TENANT}") == 1
    assert jira.asked[-1] == f"POST {AT_GATEWAY}{ISSUE}"


async def test_calls_refused_at_the_same_time_find_the_gateway_together(jira, open_client: Open) -> None:
    knows_the_token(jira)
    jira.on(FIELD, httpx.Response(401)).on(f"{AT_GATEWAY}{FIELD}", NONE)
    async with open_client(UNKNOWN) as client, anyio.create_task_group() as group:
        for _ in range(5):
            group.start_soon(client.fields)
    assert jira.asked.count(f"GET {TENANT}") == jira.asked.count(f"GET {AT_GATEWAY}{MYSELF}") == 1
    assert jira.asked.count(f"GET {AT_GATEWAY}{FIELD}") == 5


async def test_a_create_the_site_refuses_is_sent_once_more_and_announced_so(jira, open_client: Open) -> None:
    knows_the_token(jira)
    jira.on(ISSUE, httpx.Response(401)).on(f"{AT_GATEWAY}{ISSUE}", CREATED)
    told: list[str] = []

    async def before() -> None:
        told.append("before")

    async with open_client(UNKNOWN) as client:
        await client.create_issue({}, before_send=before, on_not_sent=lambda: told.append("not sent"))
    assert (told[0], set(told[1:-1]), told[-1]) == ("before", {"not sent"}, "before")


async def test_an_empty_search_at_the_site_is_repeated_at_the_gateway(jira, open_client: Open) -> None:
    knows_the_token(jira)
    found = httpx.Response(200, json={"issues": [{"id": "1", "key": "PAY-1"}], "isLast": True})
    jira.on(SEARCH, httpx.Response(200, json={"issues": [], "isLast": True})).on(MYSELF, httpx.Response(401))
    jira.on(f"{AT_GATEWAY}{SEARCH}", found)
    async with open_client(UNKNOWN) as client:
        assert [issue.key for issue in await client.search("project = PAY")] == ["PAY-1"]


async def test_a_token_that_lacks_the_scope_of_the_trial_is_known_there_all_the_same(jira, open_client: Open) -> None:
    knows_the_token(jira)
    lacks = httpx.Response(401, headers={"X-Failure-Category": "FAILURE_CLIENT_SCOPE_CHECK"})
    jira.on(f"{AT_GATEWAY}{MYSELF}", lacks).on(FIELD, httpx.Response(401)).on(f"{AT_GATEWAY}{FIELD}", NONE)
    async with open_client(UNKNOWN) as client:
        assert await client.fields() == ()


@pytest.mark.parametrize("known", [httpx.Response(401), httpx.Response(503), httpx.Response(404)])
async def test_a_token_nobody_knows_is_tried_there_once_and_refused_as_the_site_did(
    jira, open_client: Open, known: httpx.Response
) -> None:
    knows_the_token(jira)
    jira.on(f"{AT_GATEWAY}{MYSELF}", known).on(FIELD, httpx.Response(401))
    async with open_client(UNKNOWN, retry=RetryPolicy(max_attempts=1)) as client, anyio.create_task_group() as group:

        async def refused() -> None:
            with pytest.raises(AuthenticationError):
                await client.fields()

        for _ in range(4):
            group.start_soon(refused)
    assert jira.asked.count(f"GET {AT_GATEWAY}{MYSELF}") == 1
    assert jira.asked.count(f"GET {FIELD}") == 4


async def test_credentials_for_another_host_than_a_cloud_site_are_not_carried_to_atlassian(
    jira, open_client: Open
) -> None:
    jira.on(FIELD, httpx.Response(401))
    async with open_client(UNKNOWN, base_url="https://jira.example.com") as client:
        with pytest.raises(AuthenticationError):
            await client.fields()
    assert len(jira.requests) == 1


ANONYMOUS = {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}


async def test_a_read_answered_as_to_a_stranger_is_not_believed(jira, open_client: Open) -> None:
    jira.on(FIELD, httpx.Response(200, json=[], headers=ANONYMOUS))
    async with open_client() as client:
        with pytest.raises(AuthenticationError):
            await client.fields()


async def test_a_create_that_succeeded_has_happened_whoever_jira_took_us_for(jira, open_client: Open) -> None:
    jira.on(ISSUE, httpx.Response(201, json={"id": "1", "key": "PAY-1"}, headers=ANONYMOUS))
    async with open_client() as client:
        assert (await client.create_issue({})).key == "PAY-1"


@pytest.mark.parametrize("payload", [{"x": float("nan")}, {"x": object()}, {"x": "\ud800"}])
async def test_what_is_no_json_is_not_sent(jira, open_client: Open, payload: dict[str, Any]) -> None:
    async with open_client() as client:
        with pytest.raises(InputError) as caught:
            await client.create_issue(payload)
    assert jira.requests == []
    assert "create the issue" in caught.value.user_message


async def test_a_name_that_fits_no_address_is_not_sent(jira, open_client: Open) -> None:
    async with open_client() as client:
        with pytest.raises(InputError):
            await client.issue("x" * 100_000)
    assert jira.requests == []


async def test_what_is_sent(jira, open_client: Open) -> None:
    jira.on(ISSUE, CREATED).on(FIELD, NONE)
    async with open_client() as client:
        await client.create_issue({"fields": {"summary": "Prüfung 🚀"}})
        await client.fields()
    create, read = (request.headers for request in jira.requests)
    assert create["content-type"] == create["accept"] == "application/json"
    assert jira.json(0) == {"fields": {"summary": "Prüfung 🚀"}}
    assert "content-type" not in read
    assert "cookie" not in read
    assert jira.requests[0].extensions["timeout"] == {"connect": 30, "read": 30, "write": 30, "pool": 30}


async def test_cookies_are_not_sent_back(jira, open_client: Open) -> None:
    jira.on(FIELD, httpx.Response(200, json=[], headers={"Set-Cookie": "atlassian.xsrf.token=abc; Path=/"}))
    async with open_client() as client:
        await client.fields()
        await client.fields()
    assert "cookie" not in jira.requests[1].headers


async def test_many_sessions_share_one_client(jira, open_client: Open) -> None:
    jira.on(ISSUE, CREATED)
    async with open_client() as client, anyio.create_task_group() as group:
        for _ in range(50):
            group.start_soon(client.create_issue, {})
    assert len(jira.requests) == 50


async def test_errors_keep_their_cause_and_the_trace(jira, open_client: Open) -> None:
    jira.on(ISSUE, httpx.ReadTimeout("x")).on(LINK, httpx.Response(400, headers={"Atl-Traceid": "1f2e"}))
    async with open_client() as client:
        with pytest.raises(JiraError) as caught:
            await client.create_issue({})
        assert isinstance(caught.value.__cause__, HttpError)
        assert isinstance(caught.value.__cause__.__cause__, httpx.ReadTimeout)
        with pytest.raises(JiraError) as caught:
            await client.create_link("Blocks", inward_key="A-1", outward_key="A-2")
        assert caught.value.trace_id == "1f2e"


async def test_a_file_that_fails_while_it_is_sent_is_no_error_of_the_network(jira, open_client: Open, tmp_path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"abc")

    jira.on(f"{ISSUE}/A-1/attachments", httpx.Response(429), httpx.Response(200, json=[{"id": "7"}]))
    async with open_client() as client, anyio.create_task_group() as group:

        async def shorten() -> None:
            while not jira.requests:
                await anyio.lowlevel.checkpoint()
            path.write_bytes(b"")

        group.start_soon(shorten)
        with pytest.raises(UploadSourceError):
            await client.add_attachment("A-1", "a", path)


async def test_before_each_sending_the_caller_is_asked(jira, open_client: Open, runtime) -> None:
    asked: list[tuple[float, int]] = []

    async def note() -> None:
        asked.append((round(runtime.monotonic()), len(jira.requests)))

    jira.on(ISSUE, httpx.Response(429, headers={"Retry-After": "60"}), httpx.ConnectError("x"), CREATED)
    async with open_client(retry=RetryPolicy(jitter=(1, 1))) as client:
        await client.create_issue({}, before_send=note)
    assert asked == [(0, 0), (60, 1), (64, 2)]


async def test_the_caller_hears_of_a_sending_in_vain_before_the_wait(jira, open_client: Open, runtime) -> None:
    heard: list[tuple[float, int]] = []
    on_not_sent = [httpx.Response(429, headers={"Retry-After": "60"}), httpx.ConnectError("x")]
    async with open_client(retry=RetryPolicy(jitter=(1, 1))) as client:
        jira.on(ISSUE, *on_not_sent, CREATED)
        await client.create_issue(
            {}, on_not_sent=lambda: heard.append((round(runtime.monotonic()), len(jira.requests)))
        )
        assert heard == [(0, 1), (60, 2)]
        heard.clear()
        jira.on(ISSUE, httpx.Response(500))
    async with open_client(retry=RetryPolicy(jitter=(1, 1))) as client:
        with pytest.raises(OutcomeUnknownError):
            await client.create_issue({}, on_not_sent=lambda: heard.append((0, 0)))
        assert heard == []


async def test_what_the_caller_raises_prevents_the_sending(jira, open_client: Open) -> None:
    sent: list[int] = []

    async def refuse() -> None:
        sent.append(1)
        if len(sent) == 2:
            raise LookupError("no longer ours")

    jira.on(ISSUE, httpx.Response(429), CREATED)
    async with open_client() as client:
        with pytest.raises(LookupError):
            await client.create_issue({}, before_send=refuse)
    assert len(jira.requests) == 1


async def test_closing_is_quiet(open_client: Open) -> None:
    async with open_client() as client:
        assert isinstance(client, JiraClient)
    await client.aclose()
