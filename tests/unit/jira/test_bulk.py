import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_session_export._jira.auth import ApiTokenAuth
from jira_session_export._jira.bulk import read_bulk
from jira_session_export._jira.client import JiraClient
from jira_session_export._jira.http import HttpResponse
from jira_session_export._jira.operation import Effect, Operation
from jira_session_export._testing.fake_jira.exchange import Answer
from jira_session_export._testing.fake_jira.faults import FaultKind
from jira_session_export._values import CreatedIssue
from jira_session_export.errors import (
    InputError,
    JiraError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitedError,
    RefusedError,
    TooLargeError,
)
from jira_session_export.testing import FakeJira, FakeRuntime, Fault, faults

NOW = datetime(2026, 10, 1, tzinfo=UTC)
BULK = ("POST", "/issue/bulk")
MANY = Operation(
    "POST", "/rest/api/3/issue/bulk", "create the issues", Effect.ADDITIVE, answers=frozenset(range(400, 500))
)
ONE = Operation("POST", "/rest/api/3/issue", "create the issue", Effect.ADDITIVE)


def read(body: Any, sent: int, status: int = 201) -> tuple[CreatedIssue | JiraError, ...]:
    response = HttpResponse(
        status,
        {"atl-traceid": "t1", "retry-after": "7", "ratelimit-reason": "jira-burst-based"},
        json.dumps(body).encode(),
    )
    return read_bulk(
        response, sent=sent, operation=MANY, single=ONE, browse_url=lambda key: f"https://a/{key}", now=lambda: NOW
    )


def made(number: int) -> dict[str, str]:
    return {"id": str(10_000 + number), "key": f"DEMO-{number}", "self": "https://a/1"}


def failed(number: int, status: int = 400, **errors: str) -> dict[str, Any]:
    return {
        "status": status,
        "elementErrors": {"errorMessages": [], "errors": errors, "status": status},
        "failedElementNumber": number,
    }


def test_what_was_made_is_matched_past_what_was_refused() -> None:
    first, second, third, fourth = read(
        {"issues": [made(7), made(9)], "errors": [failed(2, labels="no"), failed(0, summary="You must")]}, 4
    )
    assert isinstance(first, RefusedError)
    assert dict(first.refusal.field_errors) == {"summary": "You must"}
    assert second == CreatedIssue("10007", "DEMO-7", "https://a/DEMO-7", "t1")
    assert isinstance(third, RefusedError)
    assert (third.refusal.status, third.trace_id) == (400, "t1")
    assert fourth == CreatedIssue("10009", "DEMO-9", "https://a/DEMO-9", "t1")


def test_an_issue_is_refused_as_if_it_had_been_sent_alone() -> None:
    forbidden, unknown = read({"issues": [], "errors": [failed(0, 403), failed(1, 500)]}, 2, 400)
    assert isinstance(forbidden, PermissionDeniedError)
    assert isinstance(unknown, OutcomeUnknownError)  # Jira's own failure with one issue says nothing about its fate
    assert "create the issue" in str(forbidden)


@pytest.mark.parametrize(
    "body",
    [
        {"issues": [made(1)], "errors": []},
        {"issues": [made(1), made(2), made(3)], "errors": []},
        {"issues": [made(1)], "errors": [failed(0), failed(0)]},
        {"issues": [made(1)], "errors": [failed(2)]},
    ],
)
@pytest.mark.parametrize("status", [201, 400])
def test_issues_that_cannot_be_matched_leave_the_outcome_unknown(body: Any, status: int) -> None:
    with pytest.raises(OutcomeUnknownError):
        read(body, 2, status)


@pytest.mark.parametrize(
    "body", [{"issues": [], "errors": [failed(0)]}, {"errorMessages": ["no"], "errors": {}}, [], {"issues": "none"}]
)
def test_what_names_no_issue_that_was_made_is_no_answer_to_a_bulk(body: Any) -> None:
    with pytest.raises(ValueError, match=r".+"):
        read(body, 2, 400)


@pytest.mark.parametrize(
    "errors",
    [[{"status": 400}], [failed(-1)], ["no"], "no", [{**failed(1), "elementErrors": []}]],
)
@pytest.mark.parametrize("status", [201, 400])
def test_issues_beside_errors_that_cannot_be_read_leave_the_outcome_unknown(errors: Any, status: int) -> None:
    with pytest.raises(OutcomeUnknownError):
        read({"issues": [made(1)], "errors": errors}, 2, status)


@pytest.mark.parametrize("again", [made(1), {**made(2), "id": made(1)["id"]}, {**made(2), "key": made(1)["key"]}])
def test_an_issue_named_twice_leaves_the_outcome_unknown(again: dict[str, str]) -> None:
    with pytest.raises(OutcomeUnknownError):
        read({"issues": [made(1), again], "errors": []}, 2)


@pytest.mark.parametrize(("status", "error"), [(201, OutcomeUnknownError), (400, RefusedError)])
async def test_an_answer_nested_too_deep_is_none(
    fake: FakeJira, runtime: FakeRuntime, status: int, error: type[JiraError]
) -> None:
    deep = FaultKind("deep", carries_out=False, replacement=lambda _: Answer(status, b"[" * 200_000))
    fake.faults.add(Fault(BULK, deep))
    async with client_of(fake, runtime) as client:
        with pytest.raises(error):
            await client.create_issues([payload("a"), payload("b")])


@pytest.mark.parametrize(
    ("outer", "inner", "kind", "status"),
    [
        (None, 403, PermissionDeniedError, 403),
        (0, 413, TooLargeError, 413),
        (200, None, RefusedError, 400),
        (201, 302, RefusedError, 400),
        (403, 400, PermissionDeniedError, 403),
        (400, 403, RefusedError, 400),
        (None, "403", RefusedError, 400),
    ],
)
def test_the_status_of_an_error_is_one_of_an_error(
    outer: Any, inner: Any, kind: type[RefusedError], status: int
) -> None:
    error = {"failedElementNumber": 0, "status": outer, "elementErrors": {"errors": {"x": "no"}, "status": inner}}
    (outcome,) = read({"issues": [], "errors": [error]}, 1, 400)
    assert type(outcome) is kind
    assert outcome.refusal.status == status


def test_one_that_was_too_many_waits_for_as_long_as_the_whole_answer_says() -> None:
    made_one, limited = read({"issues": [made(1)], "errors": [failed(1, 429)]}, 2)
    assert isinstance(made_one, CreatedIssue)
    assert isinstance(limited, RateLimitedError)
    assert (limited.retry_after, limited.retry_not_before) == (timedelta(seconds=7), NOW + timedelta(seconds=7))
    assert (limited.reason, limited.operation, limited.trace_id) == ("jira-burst-based", ONE.name, "t1")


@given(st.lists(st.booleans(), min_size=1, max_size=50))
def test_every_mixture_is_matched(fates: list[bool]) -> None:
    body = {
        "issues": [made(number) for number, fate in enumerate(fates) if fate],
        "errors": [failed(number) for number, fate in enumerate(fates) if not fate],
    }
    for number, outcome in enumerate(read(body, len(fates), 201 if any(fates) else 400)):
        assert (outcome.key == f"DEMO-{number}") if isinstance(outcome, CreatedIssue) else not fates[number]


# -- the client, with FakeJira --------------------------------------------------------------------------------------


@pytest.fixture
def fake(runtime: FakeRuntime) -> FakeJira:
    return FakeJira(runtime=runtime)


@pytest.fixture
def runtime() -> FakeRuntime:
    return FakeRuntime()


def client_of(fake: FakeJira, runtime: FakeRuntime) -> JiraClient:
    auth = ApiTokenAuth("me@example.com", "t")
    return JiraClient(fake.base_url, auth, runtime=runtime, transport=fake.transport)


def payload(summary: str = "One", **fields: Any) -> dict[str, Any]:
    return {"fields": {"project": {"key": "DEMO"}, "issuetype": {"name": "Task"}, "summary": summary, **fields}}


async def test_fifty_issues_with_one_request(fake: FakeJira, runtime: FakeRuntime) -> None:
    async with client_of(fake, runtime) as client:
        outcomes = await client.create_issues([payload(f"Number {number}") for number in range(50)])
    assert [each.key for each in outcomes if isinstance(each, CreatedIssue)] == list(fake.issues)
    assert [each.summary for each in fake.issues.values()] == [f"Number {number}" for number in range(50)]
    assert len(fake.sent(*BULK)) == 1


async def test_some_are_refused_and_all_are_refused(fake: FakeJira, runtime: FakeRuntime) -> None:
    async with client_of(fake, runtime) as client:
        some = await client.create_issues([payload(""), payload("good"), payload("bad", nothing="1")])
        none = await client.create_issues([payload(""), payload("")])
    assert [isinstance(each, CreatedIssue) for each in some] == [False, True, False]
    assert isinstance(some[2], RefusedError)
    assert list(some[2].refusal.field_errors) == ["nothing"]
    assert all(isinstance(each, RefusedError) for each in none)
    assert len(fake.issues) == 1


async def test_none_and_too_many_are_refused_here(fake: FakeJira, runtime: FakeRuntime) -> None:
    async with client_of(fake, runtime) as client:
        for payloads in ([], [payload()] * 51):
            with pytest.raises(InputError, match="1 to 50"):
                await client.create_issues(payloads)
    assert fake.requests == []


async def test_a_refusal_of_the_whole_is_one_error(fake: FakeJira, runtime: FakeRuntime) -> None:
    fake.faults.add(Fault(BULK, faults.status(413)), Fault(BULK, faults.status(400)))
    async with client_of(fake, runtime) as client:
        with pytest.raises(TooLargeError):
            await client.create_issues([payload()])
        with pytest.raises(RefusedError):
            await client.create_issues([payload()])
    assert not fake.issues


@pytest.mark.parametrize(
    "kind", [faults.drop_after_commit(), faults.status(503, after_commit=True), faults.truncated(), faults.bad_json()]
)
async def test_a_lost_answer_after_some_issues_is_never_repeated(
    fake: FakeJira, runtime: FakeRuntime, kind: faults.FaultKind
) -> None:
    fake.faults.add(Fault(BULK, faults.partly(kind, {0, 2})))
    async with client_of(fake, runtime) as client:
        with pytest.raises(OutcomeUnknownError):
            await client.create_issues([payload(name) for name in "abcd"])
    assert [each.summary for each in fake.issues.values()] == ["a", "c"]
    assert len(fake.sent(*BULK)) == 1


@pytest.mark.parametrize("status", [400, 403, 404, 409, 413, 429])
async def test_an_answer_that_names_issues_is_never_taken_for_a_refusal_of_all(
    fake: FakeJira, runtime: FakeRuntime, status: int
) -> None:
    body = {"issues": [made(1)], "errors": [failed(1, status)]}
    odd = {"issues": [made(1)], "errors": ["what?"]}
    answers = [faults.status(status, each, after_commit=True) for each in (body, odd)]
    fake.faults.add(*(Fault(BULK, faults.partly(each, {0})) for each in answers))
    async with client_of(fake, runtime) as client:
        first, second = await client.create_issues([payload("a"), payload("b")])
        assert isinstance(first, CreatedIssue)
        assert isinstance(second, JiraError)
        with pytest.raises(OutcomeUnknownError):
            await client.create_issues([payload("c"), payload("d")])
    assert len(fake.sent(*BULK)) == 2
