import logging
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_session_export._jira.operation import Operation
from jira_session_export._jira.pacing import PlacesInLine
from jira_session_export._jira.ratelimit import (
    LONGEST,
    NEAR_LIMIT_PAUSE,
    Change,
    RateLimit,
    RateLimiter,
    Sleep,
    read_rate_limit,
)
from jira_session_export._runtime import sleep_until
from jira_session_export._testing.runtime import FakeRuntime
from jira_session_export.errors import RateLimitedError, StoreUnavailableError

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


def sleeping(runtime: FakeRuntime) -> Sleep:
    async def sleep(seconds: float, _reason: str | None, ready: anyio.Event | None) -> None:
        await sleep_until(runtime, seconds, ready)

    return sleep


async def test_only_the_endpoint_concerned_waits() -> None:
    runtime = FakeRuntime()
    pacing = RateLimiter(runtime)
    await pacing.pause(READ, timedelta(seconds=10))
    await pacing.wait(CREATE, 100, sleeping(runtime))
    assert runtime.monotonic() == 0
    await pacing.wait(READ_OTHER, 100, sleeping(runtime))
    assert runtime.monotonic() == pytest.approx(10)
    await pacing.wait(READ, 100, sleeping(runtime))
    assert runtime.monotonic() == pytest.approx(10)


async def test_a_limit_per_issue_pauses_that_issue_only() -> None:
    runtime = FakeRuntime()
    pacing = RateLimiter(runtime)
    await pacing.pause(READ, timedelta(seconds=10), "jira-per-issue-on-write")
    await pacing.wait(READ_OTHER, 100, sleeping(runtime))
    assert runtime.monotonic() == 0
    await pacing.wait(READ, 100, sleeping(runtime))
    assert runtime.monotonic() == pytest.approx(10)


async def test_a_pause_is_never_shortened_and_can_grow_while_somebody_waits() -> None:
    runtime = FakeRuntime()
    pacing = RateLimiter(runtime)
    await pacing.pause(READ, timedelta(seconds=10))
    await pacing.pause(READ, timedelta(seconds=2))

    async def lengthen() -> None:
        await runtime.sleep(5)
        await pacing.pause(READ, timedelta(seconds=20))

    async with anyio.create_task_group() as group:
        group.start_soon(lengthen)
        await pacing.wait(READ, 100, sleeping(runtime))
    assert runtime.monotonic() == pytest.approx(25)


class Board:
    """A `LimitStore` of one site, whose clock differs from ours."""

    def __init__(self, runtime: FakeRuntime) -> None:
        self.runtime = runtime
        self.lines: dict[str, PlacesInLine] = {}
        self.broken = False
        self.asked = 0

    def _now(self) -> float:
        self.asked += 1
        if self.broken:
            raise StoreUnavailableError("gone")
        return self.runtime.monotonic() + 1_800_000_000

    async def site_lines(self, site: str, *, now: datetime) -> tuple[float, Mapping[str, PlacesInLine]]:
        return self._now(), dict(self.lines)

    async def change_site_line(
        self, site: str, endpoint: str, change: Change, *, now: datetime
    ) -> tuple[float, PlacesInLine]:
        moment = self._now()
        self.lines[endpoint] = change(self.lines.get(endpoint), moment)
        return moment, self.lines[endpoint]


class Window:
    """Jira with a limit: so many requests in any second; refusals name whole seconds."""

    def __init__(self, runtime: FakeRuntime, limit: int) -> None:
        self._runtime = runtime
        self._limit = limit
        self.sent: list[float] = []
        self.refused = 0

    def take(self) -> int:
        """Seconds to wait; 0 when the request went through."""
        now = self._runtime.monotonic()
        recent = [moment for moment in self.sent if moment > now - 1]
        if len(recent) >= self._limit:
            self.refused += 1
            return max(1, round(recent[0] + 1 - now))
        self.sent.append(now)
        return 0


async def creates(window: Window, limiter: RateLimiter, runtime: FakeRuntime, count: int) -> int:
    """Create so many issues, one after the other; the largest number of tries."""
    most = 0
    for _ in range(count):
        tries = 0
        while True:
            tries += 1
            in_line = await limiter.wait(CREATE, 120, sleeping(runtime))
            await runtime.sleep(0.03 * runtime.random())
            if not (wait := window.take()):
                break
            await limiter.refuse(CREATE, timedelta(seconds=wait), "jira-burst-based")
        most = max(most, tries)
        await runtime.sleep(0.05)
        if not in_line:
            limiter.got_through(CREATE)
    return most


@pytest.mark.parametrize(("workers", "sessions"), [(1, 10), (4, 10), (8, 10), (8, 1), (1, 1)])
async def test_however_many_workers_ask_as_often_as_jira_allows(workers: int, sessions: int) -> None:
    runtime = FakeRuntime(seed=workers * 100 + sessions)
    window, board, tries = Window(runtime, 5), Board(runtime), []
    each = 160 // (workers * sessions)

    async def session(limiter: RateLimiter) -> None:
        tries.append(await creates(window, limiter, runtime, each))

    async with anyio.create_task_group() as group:
        for _ in range(workers):
            limiter = RateLimiter(runtime, "https://jira.example")
            limiter.share(board)
            for _ in range(sessions):
                group.start_soon(session, limiter)
    assert len(window.sent) == 160
    assert runtime.monotonic() <= 1.2 * 160 / 5
    assert max(tries) <= 3  # of five: no session fails for it
    assert window.refused <= workers * sessions + 10


async def test_what_one_worker_is_told_holds_for_all() -> None:
    runtime = FakeRuntime()
    board, first, second = Board(runtime), RateLimiter(runtime, "s"), RateLimiter(runtime, "s")
    first.share(board)
    second.share(board)
    await first.refuse(CREATE, timedelta(seconds=30))
    await first.pause(READ, timedelta(seconds=3600), "jira-quota-global-based")
    with pytest.raises(RateLimitedError) as caught:
        await second.wait(READ_OTHER, 120, sleeping(runtime))
    assert caught.value.reason == "jira-quota-global-based"
    anonymous = Operation("POST", "/token", "sign in", authenticated=False)
    await second.wait(anonymous, 120, sleeping(runtime))
    assert runtime.monotonic() == 0


async def test_where_nothing_limits_others_are_asked_once_a_second_at_most() -> None:
    runtime = FakeRuntime()
    board, limiter = Board(runtime), RateLimiter(runtime, "s")
    limiter.share(board)
    for _ in range(100):
        assert not await limiter.wait(CREATE, 120, sleeping(runtime))
        await runtime.sleep(0.05)
    assert board.asked <= 6


async def test_without_a_database_a_worker_keeps_to_what_it_was_told_itself(caplog: pytest.LogCaptureFixture) -> None:
    runtime = FakeRuntime()
    board, limiter = Board(runtime), RateLimiter(runtime, "s")
    limiter.share(board)
    board.broken = True
    await limiter.refuse(CREATE, timedelta(seconds=10))
    await limiter.wait(CREATE, 120, sleeping(runtime))
    assert runtime.monotonic() == pytest.approx(10)
    await runtime.sleep(5)
    await limiter.wait(CREATE, 120, sleeping(runtime))
    told = [record for record in caplog.records if record.levelno == logging.WARNING]
    assert ["not shared" in record.message for record in told] == [True]  # once, however often it is asked


async def test_a_limit_that_refuses_nothing_for_long_is_forgotten() -> None:
    runtime = FakeRuntime()
    board, limiter = Board(runtime), RateLimiter(runtime, "s")
    limiter.share(board)
    await limiter.refuse(CREATE, timedelta(seconds=1))
    assert await limiter.wait(CREATE, 120, sleeping(runtime))
    await runtime.sleep(100)
    assert not await limiter.wait(CREATE, 120, sleeping(runtime))


async def test_a_person_waits_for_a_place_in_line_no_longer_than_for_anything_else() -> None:
    runtime = FakeRuntime()
    limiter = RateLimiter(runtime, "s")
    await limiter.refuse(CREATE, timedelta(seconds=1))

    async def in_line() -> None:
        await limiter.wait(CREATE, 120, sleeping(runtime))

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(in_line)
        await runtime.sleep(1.5)
        with pytest.raises(RateLimitedError):
            await limiter.wait(CREATE, 2, sleeping(runtime), waits_in_line=False)
    assert runtime.monotonic() <= 10


async def test_whoever_stops_in_line_lets_the_next_one_through() -> None:
    runtime = FakeRuntime()
    limiter = RateLimiter(runtime, "s")
    await limiter.refuse(CREATE, timedelta(seconds=1))
    through: list[float] = []

    async def stopped(seconds: float, _reason: str | None, _ready: anyio.Event | None) -> None:
        await runtime.sleep(min(seconds, 0.1))
        if runtime.monotonic() > 1:
            raise RuntimeError("stopped")

    async def stops() -> None:
        with pytest.raises(RuntimeError):
            await limiter.wait(CREATE, 120, stopped)

    async def goes_on() -> None:
        await limiter.wait(CREATE, 120, sleeping(runtime))
        through.append(runtime.monotonic())

    async with anyio.create_task_group() as group:
        group.start_soon(stops)
        await runtime.sleep(0.01)
        group.start_soon(goes_on)
    assert len(through) == 1
    assert through[0] <= 3
