from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_session_export._jira.operation import Operation
from jira_session_export._jira.ratelimit import LONGEST, NEAR_LIMIT_PAUSE, RateLimit, RateLimiter, read_rate_limit
from jira_session_export._testing.runtime import FakeRuntime

NOW = datetime(2026, 10, 2, 9, 30, tzinfo=UTC)
CREATE = Operation("POST", "/rest/api/3/issue", "create")
READ = Operation("GET", "/rest/api/3/issue/A-1", "read", endpoint="/rest/api/3/issue/{key}")
READ_OTHER = Operation("GET", "/rest/api/3/issue/A-2", "read", endpoint="/rest/api/3/issue/{key}")


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "5"}, 5),
        ({"retry-after": " 2.5 "}, 2.5),
        ({"retry-after": "0"}, None),
        ({"retry-after": "-3"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, 86_400),
        ({"retry-after": "99999999999999999999"}, 86_400),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "Fri, 02 Oct 2026 09:30:30 GMT"}, 30),
        ({"retry-after": "Fri, 02 Oct 2026 09:30:30 -0000"}, 30),
        ({"retry-after": "Fri, 02 Oct 2020 09:30:30 GMT"}, None),
        ({"retry-after": "Fri, 02 Oct 2099 09:30:30 GMT"}, 86_400),
        ({"retry-after": "Fri, 99 Oct 2026 09:30:30 GMT"}, None),
        ({"x-ratelimit-reset": "2026-10-02T09:31:00Z"}, 60),
        ({"x-ratelimit-reset": "2026-10-02T09:31Z"}, 60),
        ({"x-ratelimit-reset": "2026-10-02T11:31:00+02:00"}, 60),
        ({"x-ratelimit-reset": "2026-10-02T09:31:00"}, 60),
        ({"x-ratelimit-reset": str(NOW.timestamp() + 7)}, 7),
        ({"x-ratelimit-reset": "9" * 400}, None),
        ({"x-ratelimit-reset": "whenever"}, None),
        ({"x-ratelimit-reset": "2026-10-02T09:00:00Z"}, None),
        ({"x-ratelimit-interval-seconds": "4"}, 4),
        ({"retry-after": "0", "x-ratelimit-interval-seconds": "4"}, 4),
        ({"retry-after": "3", "x-ratelimit-reset": "2026-10-02T09:31:00Z"}, 3),
        ({"ratelimit": '"global-app-quota";r=0;t=12'}, 12),
        ({"ratelimit": '"global-app-quota";r=100;t=12'}, None),
        ({"ratelimit": '"a";r=0;t=12, "b";r=0;t=40, "c";r=9;t=90'}, 40),
        ({"ratelimit": '"a";r=0'}, None),
        ({"ratelimit": '"a"'}, None),
        ({"ratelimit": '"a";r=0;t=' + "9" * 5000}, 86_400),
        ({"beta-ratelimit": '"a";r=0;t=12', "x-beta-ratelimit-reset": "2026-10-02T09:31:00Z"}, None),
    ],
)
def test_every_header_family_names_a_wait(headers: dict[str, str], seconds: float | None) -> None:
    wait = read_rate_limit(headers, NOW).retry_after
    assert wait == (None if seconds is None else timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("headers", "remaining"),
    [
        ({}, None),
        ({"x-ratelimit-remaining": "349"}, 349),
        ({"x-ratelimit-remaining": "many"}, None),
        ({"x-ratelimit-remaining": "9" * 5000}, None),
        ({"ratelimit": '"a";r=5;t=1', "x-ratelimit-remaining": "9"}, 5),
        ({"ratelimit": '"a";t=1'}, None),
    ],
)
def test_the_scarcest_remainder_counts(headers: dict[str, str], remaining: int | None) -> None:
    assert read_rate_limit(headers, NOW).remaining == remaining


@pytest.mark.parametrize(
    "reason",
    [
        "jira-quota-global-based",
        "jira-quota-tenant-based",
        "jira-burst-based",
        "jira-per-issue-on-write",
        "jira-cost-based",
    ],
)
def test_the_reason_is_kept_as_written(reason: str) -> None:
    assert read_rate_limit({"ratelimit-reason": reason}, NOW).reason == reason


@pytest.mark.parametrize(
    ("limit", "pause"),
    [
        (RateLimit(), None),
        (RateLimit(remaining=3), None),
        (RateLimit(remaining=3, retry_after=timedelta(seconds=9)), None),
        (RateLimit(remaining=0), NEAR_LIMIT_PAUSE),
        (RateLimit(remaining=0, retry_after=timedelta(seconds=9)), timedelta(seconds=9)),
        (RateLimit(near_limit=True), NEAR_LIMIT_PAUSE),
    ],
)
def test_a_success_near_the_limit_rests_the_endpoint(limit: RateLimit, pause: timedelta | None) -> None:
    assert limit.pause_after_success == pause


def test_near_limit_is_read() -> None:
    assert read_rate_limit({"x-ratelimit-nearlimit": "true"}, NOW).near_limit
    assert not read_rate_limit({"x-ratelimit-nearlimit": "false"}, NOW).near_limit


NAMES = ["retry-after", "ratelimit", "x-ratelimit-reset", "x-ratelimit-remaining", "x-ratelimit-interval-seconds"]


@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=40) | st.from_regex(r"[0-9TZ:.+;=rt\"-]{0,30}")))
def test_no_header_breaks_the_reading(headers: dict[str, str]) -> None:
    wait = read_rate_limit(headers, NOW).retry_after
    assert wait is None or timedelta() < wait <= LONGEST


def sleeping(runtime: FakeRuntime) -> Callable[[float, str | None], Awaitable[None]]:
    async def sleep(seconds: float, _reason: str | None) -> None:
        await runtime.sleep(seconds)

    return sleep


async def test_only_the_endpoint_concerned_waits() -> None:
    runtime = FakeRuntime()
    pacing = RateLimiter(runtime)
    pacing.pause(READ, timedelta(seconds=10))
    await pacing.wait(CREATE, 100, sleeping(runtime))
    assert runtime.monotonic() == 0
    await pacing.wait(READ_OTHER, 100, sleeping(runtime))
    assert runtime.monotonic() == pytest.approx(10)
    await pacing.wait(READ, 100, sleeping(runtime))
    assert runtime.monotonic() == pytest.approx(10)


async def test_a_limit_per_issue_pauses_that_issue_only() -> None:
    runtime = FakeRuntime()
    pacing = RateLimiter(runtime)
    pacing.pause(READ, timedelta(seconds=10), "jira-per-issue-on-write")
    await pacing.wait(READ_OTHER, 100, sleeping(runtime))
    assert runtime.monotonic() == 0
    await pacing.wait(READ, 100, sleeping(runtime))
    assert runtime.monotonic() == pytest.approx(10)


async def test_a_pause_is_never_shortened_and_can_grow_while_somebody_waits() -> None:
    runtime = FakeRuntime()
    pacing = RateLimiter(runtime)
    pacing.pause(READ, timedelta(seconds=10))
    pacing.pause(READ, timedelta(seconds=2))

    async def lengthen() -> None:
        await runtime.sleep(5)
        pacing.pause(READ, timedelta(seconds=20))

    async with anyio.create_task_group() as group:
        group.start_soon(lengthen)
        await pacing.wait(READ, 100, sleeping(runtime))
    assert runtime.monotonic() == pytest.approx(25)
