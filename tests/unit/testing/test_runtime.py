from datetime import UTC, datetime, timedelta

import anyio
import anyio.lowlevel
import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_session_export._runtime import Runtime, outside_work
from jira_session_export.testing import FakeRuntime


async def test_sleeping_moves_both_clocks_and_takes_no_time() -> None:
    runtime = FakeRuntime(start=datetime(2026, 3, 1, tzinfo=UTC))
    await runtime.sleep(86_400)
    assert runtime.now() == datetime(2026, 3, 2, tzinfo=UTC)
    assert runtime.monotonic() == 86_400
    assert runtime.clock.sleeps == [86_400]


async def test_sleepers_wake_in_the_order_of_their_deadlines() -> None:
    runtime = FakeRuntime()
    woken: list[tuple[float, float]] = []

    async def sleeper(seconds: float) -> None:
        await runtime.sleep(seconds)
        woken.append((seconds, runtime.monotonic()))

    async with anyio.create_task_group() as tasks:
        for seconds in (3.0, 1.0, 2.0, 1.0, 0.5):
            tasks.start_soon(sleeper, seconds)
    assert woken == [(0.5, 0.5), (1.0, 1.0), (1.0, 1.0), (2.0, 2.0), (3.0, 3.0)]


async def test_time_stands_still_while_another_task_can_run() -> None:
    runtime = FakeRuntime()
    seen: list[float] = []

    async def busy() -> None:
        for _ in range(200):
            await anyio.lowlevel.checkpoint()
        seen.append(runtime.monotonic())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(busy)
        await runtime.sleep(1)
    assert seen == [0.0]


async def test_many_paced_tasks_keep_their_pace() -> None:
    runtime = FakeRuntime()
    ends: list[float] = []

    async def paced() -> None:
        for _ in range(10):
            for _ in range(5):
                await anyio.lowlevel.checkpoint()
            await runtime.sleep(1.5)
        ends.append(runtime.monotonic())

    async with anyio.create_task_group() as tasks:
        for _ in range(100):
            tasks.start_soon(paced)
    assert ends == [15.0] * 100


async def test_a_cancelled_sleeper_hands_the_clock_on() -> None:
    runtime = FakeRuntime()
    async with anyio.create_task_group() as tasks:
        with anyio.CancelScope() as scope:
            async with anyio.create_task_group() as inner:
                inner.start_soon(runtime.sleep, 100)
                while not runtime.clock.sleeps:
                    await anyio.lowlevel.checkpoint()
                tasks.start_soon(runtime.sleep, 2)
                scope.cancel()
        assert runtime.monotonic() < 100
    assert runtime.monotonic() == 2


@pytest.mark.parametrize("first", [0, 1])
async def test_sleepers_cancelled_together_hand_the_clock_on(first: int) -> None:
    """The one that drives passes the wheel to one that will not take it any more."""
    runtime = FakeRuntime()
    doomed = [anyio.CancelScope(), anyio.CancelScope()]

    async def sleeper(number: int) -> None:
        with doomed[number]:
            await runtime.sleep(10 + number)

    async with anyio.create_task_group() as tasks:
        for number in (first, 1 - first):
            tasks.start_soon(sleeper, number)
        with anyio.fail_after(5):
            while len(runtime.clock.sleeps) < 2:
                await anyio.lowlevel.checkpoint()
            tasks.start_soon(runtime.sleep, 20)
            while len(runtime.clock.sleeps) < 3:
                await anyio.lowlevel.checkpoint()
        for scope in doomed:
            scope.cancel()
    assert [scope.cancelled_caught for scope in doomed] == [True, True]
    assert runtime.monotonic() == 20


async def test_time_waits_while_it_is_held() -> None:
    runtime = FakeRuntime()
    seen: list[float] = []

    async def work() -> None:
        with runtime.clock.held():
            await anyio.to_thread.run_sync(lambda: None)
            seen.append(runtime.monotonic())

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(work)
        await runtime.sleep(5)
    assert seen == [0.0]
    assert runtime.monotonic() == 5


async def test_advance_wakes_those_it_passes() -> None:
    runtime = FakeRuntime()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(runtime.sleep, 10)
        while not runtime.clock.sleeps:
            await anyio.lowlevel.checkpoint()
        runtime.clock.advance(30)
    assert runtime.monotonic() == 30


async def test_time_stands_still_while_a_database_is_at_work() -> None:
    runtime = FakeRuntime()
    told: list[float] = []

    async def sleeper() -> None:
        await runtime.sleep(20)
        told.append(1)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(sleeper)
        with outside_work():
            await anyio.sleep(0.05)
            assert (told, runtime.monotonic()) == ([], 0)
    assert (told, runtime.monotonic()) == ([1], 20)


async def test_no_sleep_is_still_a_checkpoint() -> None:
    runtime = FakeRuntime()
    with anyio.CancelScope() as scope:
        scope.cancel()
        await runtime.sleep(0)
    assert scope.cancelled_caught


def test_it_is_a_runtime_and_one_seed_replays_it() -> None:
    first, second, other = FakeRuntime(7), FakeRuntime(7), FakeRuntime(8)
    assert isinstance(first, Runtime)
    assert [first.random() for _ in range(5)] == [second.random() for _ in range(5)]
    assert first.new_id() == second.new_id()
    assert first.new_id() != other.new_id()
    assert first.new_id().version == 4


def test_two_processes_may_share_a_clock() -> None:
    first = FakeRuntime(1)
    second = FakeRuntime(2, clock=first.clock)
    first.clock.advance(3)
    assert second.now() - first.now() == timedelta(0)
    assert second.monotonic() == 3


@given(st.lists(st.floats(min_value=0, max_value=1e6), max_size=20))
def test_sleeping_in_turn_adds_up(durations: list[float]) -> None:
    runtime = FakeRuntime()

    async def run() -> None:
        for seconds in durations:
            await runtime.sleep(seconds)

    anyio.run(run)
    total = 0.0
    for seconds in durations:
        total += seconds
    assert runtime.monotonic() == total
