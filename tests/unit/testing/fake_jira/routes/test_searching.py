from datetime import UTC, datetime, timedelta

import httpx
import pytest
from tests.unit.testing.fake_jira.conftest import create

from jira_session_export.testing import FakeJira, FakeRuntime

_SEARCH = "/rest/api/3/search/jql"


async def _keys(client: httpx.AsyncClient, jql: str, **body: object) -> list[str]:
    answer = await client.post(_SEARCH, json={"jql": jql, "fields": ["key"], "maxResults": 100, **body})
    assert answer.status_code == 200, answer.text
    return [each["key"] for each in answer.json()["issues"]]


async def test_only_ids_unless_asked(client: httpx.AsyncClient) -> None:
    await create(client, labels=["x"])
    assert (await client.post(_SEARCH, json={"jql": "project = DEMO"})).json() == {
        "issues": [{"id": "10000"}],
        "isLast": True,
    }
    found = (await client.get(_SEARCH, params={"jql": "project = DEMO", "fields": "labels"})).json()["issues"][0]
    assert (found["key"], found["fields"]) == ("DEMO-1", {"labels": ["x"]})
    named = await client.get(_SEARCH, params={"jql": "project = DEMO", "fields": "labels", "expand": "names"})
    assert named.json()["names"] == {"labels": "Labels"}


async def test_pages_by_token(client: httpx.AsyncClient, runtime: FakeRuntime) -> None:
    keys = [await create(client) for _ in range(5)]
    found: list[str] = []
    body: dict[str, object] = {"jql": "project = DEMO ORDER BY key", "fields": ["key"], "maxResults": 2}
    pages = 0
    while True:
        page = (await client.post(_SEARCH, json=body)).json()
        found += [each["key"] for each in page["issues"]]
        pages += 1
        assert ("nextPageToken" in page) is not page["isLast"]
        assert not {"total", "startAt"} & page.keys()
        if page["isLast"]:
            break
        body["nextPageToken"] = page["nextPageToken"]
    assert (found, pages) == (keys, 3)
    for token, jql in (("nonsense", body["jql"]), (body["nextPageToken"], "project = DEMO"), ("bnVsbA==", body["jql"])):
        refused = await client.post(_SEARCH, json={"jql": jql, "nextPageToken": token})
        assert refused.status_code == 400
        assert refused.json()["errorMessages"] == ["The provided next page token is invalid or expired."]
    runtime.clock.advance(timedelta(days=7).total_seconds())
    assert (await client.post(_SEARCH, json=body)).status_code == 400


async def test_large_pages_are_cut_silently(client: httpx.AsyncClient) -> None:
    updates = {
        "issueUpdates": [{"fields": {"project": {"key": "DEMO"}, "issuetype": {"name": "Task"}, "summary": "x"}}] * 50
    }
    for _ in range(3):
        await client.post("/rest/api/3/issue/bulk", json=updates)
    with_fields = await client.post(_SEARCH, json={"jql": "project = DEMO", "maxResults": 5000, "fields": ["summary"]})
    assert len(with_fields.json()["issues"]) == 100
    assert len((await client.post(_SEARCH, json={"jql": "project = DEMO", "maxResults": 5000})).json()["issues"]) == 150
    count = await client.post("/rest/api/3/search/approximate-count", json={"jql": "project = DEMO"})
    assert count.json() == {"count": 150}


async def test_the_index_lags_and_the_database_does_not(
    fake: FakeJira, client: httpx.AsyncClient, runtime: FakeRuntime
) -> None:
    fake.index_lag = 30
    await create(client, labels=["x"])
    assert await _keys(client, "labels = x") == []
    assert (await client.get("/rest/api/3/issue/DEMO-1")).status_code == 200
    assert await _keys(client, "labels = x", reconcileIssues=[10000, 99]) == ["DEMO-1"]
    runtime.clock.advance(29)
    assert await _keys(client, "labels = x") == []
    runtime.clock.advance(1)
    assert await _keys(client, "labels = x") == ["DEMO-1"]

    await client.put("/rest/api/3/issue/DEMO-1", json={"fields": {"labels": ["y"]}})
    assert await _keys(client, "labels = x") == ["DEMO-1"]
    assert await _keys(client, "labels = y") == []
    runtime.clock.advance(30)
    assert await _keys(client, "labels = y") == ["DEMO-1"]

    await client.delete("/rest/api/3/issue/DEMO-1")
    assert await _keys(client, "project = DEMO") == []
    runtime.clock.advance(30)
    assert await _keys(client, "project = DEMO") == []


async def test_a_smaller_lag_does_not_bring_old_states_back(
    fake: FakeJira, client: httpx.AsyncClient, runtime: FakeRuntime
) -> None:
    fake.index_lag = 60
    await create(client, labels=["old"])
    fake.index_lag = 0
    await client.put("/rest/api/3/issue/DEMO-1", json={"fields": {"labels": ["new"]}})
    assert await _keys(client, "labels = new") == ["DEMO-1"]
    runtime.clock.advance(60)
    assert await _keys(client, "labels = new") == ["DEMO-1"]
    assert await _keys(client, "labels = old") == []


@pytest.mark.parametrize(
    ("jql", "message"),
    [
        ("", "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."),
        ("ORDER BY created DESC", "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."),
        ("project = NONE", "The value 'NONE' does not exist for the field 'project'."),
        ("colour = red", "Field 'colour' does not exist or you do not have permission to view it."),
        ("project =", "Error in the JQL Query: The query ends too early."),
        ("project = DEMO AND", "Error in the JQL Query: The query ends too early."),
        ("project = DEMO labels = x", "Error in the JQL Query: 'labels' is not expected here."),
        ("(project = DEMO", "Error in the JQL Query: The query ends too early."),
        ("project = DEMO)", "Error in the JQL Query: ')' is not expected here."),
        ("project in (DEMO", "Error in the JQL Query: The query ends too early."),
        ("project ! DEMO", "Error in the JQL Query: The character '!' is not expected here."),
        ("project not DEMO", "Error in the JQL Query: 'DEMO' is not expected here."),
        ("project = DEMO ORDER created", "Error in the JQL Query: 'created' is not expected here."),
        ("project = DEMO ORDER BY shape", "Not able to sort using field 'shape'."),
        ("created >= soon", "Date value 'soon' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', '-5d', '4w 2d'."),
        ("created >= -9999999999d", "Date value '-9999999999d' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', '-5d', '4w 2d'."),
        ("summary = x", "The operator '=' is not supported by this field."),
        ("labels ~ x", "The operator '~' is not supported by this field."),
        ("created ~ -1d", "The operator '~' is not supported by this field."),
        ("key > DEMO-9", "An issue with key 'DEMO-9' does not exist for field 'key'."),
        ("cf[10028] > many", "Value 'many' is invalid for a number field."),
        ("project = DEMO ORDER BY " + ", ".join(["key"] * 8), "The query sorts by more than 7 fields."),
    ],
)  # fmt: skip
async def test_refused_queries(jql: str, message: str, client: httpx.AsyncClient) -> None:
    answer = await client.post(_SEARCH, json={"jql": jql})
    assert (answer.status_code, answer.json()["errorMessages"]) == (400, [message])


async def test_limits_of_a_search(client: httpx.AsyncClient) -> None:
    for extra in ({"reconcileIssues": [1] * 51}, {"properties": ["p"] * 6}, {"fields": "labels"}, {"maxResults": "x"}):
        assert (await client.post(_SEARCH, json={"jql": "project = DEMO", **extra})).status_code == 400


async def test_the_old_search_is_gone(client: httpx.AsyncClient) -> None:
    for version in (2, 3):
        for answer in (
            await client.get(f"/rest/api/{version}/search", params={"jql": "project = DEMO"}),
            await client.post(f"/rest/api/{version}/search", json={"jql": "project = DEMO"}),
        ):
            assert answer.status_code == 410
            assert "/rest/api/3/search/jql" in answer.json()["errorMessages"][0]


async def test_a_query_is_read_in_the_callers_time_zone(
    fake: FakeJira, client: httpx.AsyncClient, runtime: FakeRuntime
) -> None:
    await create(client)
    assert runtime.now() == datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert await _keys(client, 'created >= "2026-01-05 09:00"') == ["DEMO-1"]
    assert await _keys(client, 'created >= "2026-01-05 09:01"') == []
    fake.user("maria.silva@example.com").time_zone = "Asia/Tokyo"
    assert await _keys(client, 'created >= "2026-01-05 18:01"') == []
    assert await _keys(client, 'created >= "2026-01-05 18:00"') == ["DEMO-1"]


async def test_at_most_seven_fields_give_the_order(client: httpx.AsyncClient) -> None:
    for count, status in ((7, 200), (8, 400)):
        jql = f"project = DEMO ORDER BY {', '.join(['created'] * count)}"
        assert (await client.post("/rest/api/3/search/jql", json={"jql": jql})).status_code == status
