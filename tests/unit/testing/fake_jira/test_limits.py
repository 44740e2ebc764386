from datetime import UTC, datetime

import pytest
from tests.unit.testing.fake_jira.conftest import client_of, create

from jira_session_export._testing.fake_jira.limits import RateLimitHeaders, RateLimitReason, rate_limited
from jira_session_export.testing import FakeJira, FakeRuntime, RateLimits

_NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    ("family", "names"),
    [
        (RateLimitHeaders.STANDARD, {"retry-after", "x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset", "ratelimit-reason"}),
        (RateLimitHeaders.STRUCTURED, {"retry-after", "ratelimit-policy", "ratelimit", "ratelimit-reason"}),
        (RateLimitHeaders.BETA, {"x-beta-ratelimit-limit", "x-beta-ratelimit-remaining", "x-beta-ratelimit-reset", "beta-ratelimit-policy", "beta-ratelimit", "beta-retry-after"}),
        (RateLimitHeaders.GATEWAY, {"x-failure-category", "x-ratelimit-reset"}),
        (RateLimitHeaders.NONE, set()),
    ],
)  # fmt: skip
def test_families_of_headers(family: RateLimitHeaders, names: set[str]) -> None:
    answer = rate_limited(_NOW, RateLimitReason.BURST, retry_after=30, headers=family)
    assert answer.status == 429
    assert set(answer.headers) - {"content-type"} == names


@pytest.mark.parametrize(("given", "header"), [(5, "5"), (5.0, "5"), (0.5, "0.5"), ("soon", "soon"), (None, None)])
def test_retry_after(given: float | str | None, header: str | None) -> None:
    assert rate_limited(_NOW, retry_after=given).headers.get("retry-after") == header


@pytest.mark.parametrize("reason", list(RateLimitReason))
def test_reasons(reason: RateLimitReason) -> None:
    assert rate_limited(_NOW, reason).headers["ratelimit-reason"] == reason


async def test_writes_to_one_issue(runtime: FakeRuntime) -> None:
    fake = FakeJira(runtime=runtime, limits=RateLimits(per_issue_writes=True))
    async with client_of(fake) as client:
        await create(client)
        await create(client)
        path = "/rest/api/3/issue/DEMO-1/properties/p"
        statuses = [(await client.put(path, json=number)).status_code for number in range(21)]
        assert statuses == [201, *[200] * 19, 429]
        refused = await client.put(path, json=0)
        assert (refused.headers["ratelimit-reason"], refused.headers["retry-after"]) == ("jira-per-issue-on-write", "2")
        assert (await client.put("/rest/api/3/issue/DEMO-2/properties/p", json=0)).status_code == 201
        for _ in range(4):
            runtime.clock.advance(2)
            for _ in range(20):
                assert (await client.put(path, json=0)).status_code == 200
        runtime.clock.advance(2)
        assert (await client.put(path, json=0)).status_code == 429
        runtime.clock.advance(20)
        assert (await client.put(path, json=0)).status_code == 200


async def test_bursts_and_the_quota(runtime: FakeRuntime) -> None:
    fake = FakeJira(runtime=runtime, limits=RateLimits(burst={"POST": 2}, quota=5))
    async with client_of(fake) as client:
        await create(client)
        await create(client)
        refused = await client.post("/rest/api/3/issue", json={})
        assert refused.headers["ratelimit-reason"] == "jira-burst-based"
        assert (await client.post("/rest/api/3/search/jql", json={"jql": "project = DEMO"})).status_code == 200
        assert (await client.get("/rest/api/3/myself")).status_code == 200
        assert (await client.get("/rest/api/3/myself")).status_code == 200
        refused = await client.get("/rest/api/3/myself")
        assert refused.headers["ratelimit-reason"] == "jira-quota-global-based"
        assert refused.headers["retry-after"] == "3600"
        runtime.clock.advance(3600)
        assert (await client.get("/rest/api/3/myself")).status_code == 200


async def test_searches_for_people_share_a_limit(runtime: FakeRuntime) -> None:
    fake = FakeJira(runtime=runtime, limits=RateLimits(user_searches=2))
    async with client_of(fake) as client:
        assignable = "/rest/api/3/user/assignable/search?project=DEMO&query=a"
        assert (await client.get(assignable)).status_code == 200
        assert (await client.get("/rest/api/3/user/search?query=a")).status_code == 200
        assert (await client.get(assignable)).status_code == 429
        assert (await client.get("/rest/api/3/myself")).status_code == 200
        runtime.clock.advance(60)
        assert (await client.get(assignable)).status_code == 200


async def test_others_count_against_the_same_limits(runtime: FakeRuntime) -> None:
    fake = FakeJira(runtime=runtime, limits=RateLimits(burst={"POST": 5}))
    async with client_of(fake) as client:
        fake.spend("POST", "/rest/api/3/issue", 4)
        await create(client)
        refused = await client.post("/rest/api/3/issue", json={})
        assert (refused.status_code, refused.headers["ratelimit-reason"]) == (429, "jira-burst-based")
