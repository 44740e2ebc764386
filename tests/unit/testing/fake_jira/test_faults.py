import pytest
from tests.unit.testing.fake_jira.conftest import client_of, create_body

from jira_session_export._testing.fake_jira.exchange import Request
from jira_session_export._testing.fake_jira.faults import Faults
from jira_session_export.testing import FakeJira, Fault, faults


def _request(method: str, path: str) -> Request:
    return Request.of(method, path, {}, b"", "https://fake-jira.example")


@pytest.mark.parametrize(
    ("match", "method", "path", "matches"),
    [
        (("POST", "/issue"), "POST", "/rest/api/3/issue", True),
        (("POST", "/issue"), "POST", "/rest/api/2/issue", True),
        (("POST", "/issue"), "POST", "/ex/jira/cloud/rest/api/3/issue", True),
        (("POST", "/issue"), "POST", "/rest/api/3/issue/bulk", False),
        (("POST", "/issue"), "GET", "/rest/api/3/issue", False),
        (("*", "/issue/*"), "GET", "/rest/api/3/issue/DEMO-1", True),
        (("*", "/issue/*"), "GET", "/rest/api/3/issue/DEMO-1/comment", False),
        (("*", "/issue/**"), "GET", "/rest/api/3/issue/DEMO-1/comment", True),
        (("*", "/**"), "GET", "/_edge/tenant_info", True),
        (("GET", "/board/*/sprint"), "GET", "/rest/agile/1.0/board/1/sprint", True),
        (("GET", "/_edge/tenant_info"), "GET", "/_edge/tenant_info", True),
        (("POST", "/oauth/token"), "POST", "/oauth/token", True),
    ],
)
def test_matching(match: tuple[str, str], method: str, path: str, matches: bool) -> None:
    assert Fault(match, faults.status(500)).matches(_request(method, path)) is matches


def test_nth_and_times() -> None:
    scheduled = Faults()
    scheduled.add(Fault(("POST", "/issue"), faults.status(500), nth=2, times=2))
    request = _request("POST", "/rest/api/3/issue")
    assert [scheduled.strike(request) is not None for _ in range(5)] == [False, True, True, False, False]
    assert scheduled.unused == []


def test_a_lasting_fault_and_its_end() -> None:
    scheduled = Faults()
    scheduled.add(Fault(("*", "/**"), faults.status(500), times=None))
    assert all(scheduled.strike(_request("GET", "/rest/api/3/myself")) for _ in range(10))
    scheduled.clear()
    assert scheduled.strike(_request("GET", "/rest/api/3/myself")) is None


def test_the_first_that_fits_meets_the_request() -> None:
    scheduled = Faults()
    first, second = faults.status(500), faults.status(502)
    scheduled.add(Fault(("POST", "/issue"), first), Fault(("POST", "/issue"), second, nth=2))
    request = _request("POST", "/rest/api/3/issue")
    assert [scheduled.strike(request) for _ in range(3)] == [first, second, None]


def test_a_part_of_what_is_not_carried_out_cannot_be() -> None:
    with pytest.raises(ValueError, match="nothing is carried out"):
        faults.partly(faults.drop_before(), {1})


async def test_some_of_a_bulk_are_refused(fake: FakeJira) -> None:
    fake.faults.add(
        Fault(("POST", "/issue/bulk"), faults.refuse_elements(429, {1}, retry_after=7)),
        Fault(("POST", "/issue/bulk"), faults.refuse_elements(429, {0, 1, 2})),
    )
    body = {"issueUpdates": [create_body(summary=summary) for summary in "abc"]}
    async with client_of(fake) as client:
        some = await client.post("/rest/api/3/issue/bulk", json=body)
        none = await client.post("/rest/api/3/issue/bulk", json=body)
    assert (some.status_code, some.headers["retry-after"]) == (201, "7")
    assert [len(some.json()["issues"]), len(none.json()["issues"])] == [2, 0]
    assert [(each["failedElementNumber"], each["status"]) for each in some.json()["errors"]] == [(1, 429)]
    assert (none.status_code, "retry-after" in none.headers) == (400, False)
    assert [issue.summary for issue in fake.issues.values()] == ["a", "c"]


async def test_a_condition(fake: FakeJira) -> None:
    fake.faults.add(Fault(("POST", "/issue"), faults.status(500), when=lambda request: b"second" in request.body))
    async with client_of(fake) as client:
        statuses = [
            (await client.post("/rest/api/3/issue", json=create_body(summary=summary))).status_code
            for summary in ("first", "second", "second")
        ]
    assert statuses == [201, 500, 201]


async def test_an_unused_fault_is_told_with_what_came_instead(fake: FakeJira) -> None:
    fake.faults.add(Fault(("PUT", "/issue/*"), faults.status(500)))
    async with client_of(fake) as client:
        await client.get("/rest/api/3/myself")
        await client.get("/rest/api/3/myself")
    with pytest.raises(AssertionError, match=r"status 500 for PUT /issue/\* \(requests: GET /myself x2\)"):
        fake.faults.assert_all_used()
