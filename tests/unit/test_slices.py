"""Long work leaves the event loop to others."""

import threading

import anyio
import pytest

from jira_session_export._slices import MANY, SharedLoop, aside
from jira_session_export.testing import FakeRuntime


async def test_few_are_looked_at_at_once_and_many_in_a_thread() -> None:
    here = threading.get_ident()
    assert await aside(MANY - 1, threading.get_ident) == here
    assert await aside(MANY, threading.get_ident) != here


async def test_many_are_looked_at_one_call_at_a_time() -> None:
    """Python executes one thread at a time; each more of them has the event loop wait longer for its turn."""
    at_once, most = 0, 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        threading.Event().wait(0.005)
        with lock:
            at_once -= 1

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(aside, MANY, work)
    assert most == 1


async def test_what_goes_wrong_aside_is_raised_and_the_next_has_its_turn() -> None:
    def fail() -> None:
        raise ValueError("broken")

    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            await aside(MANY, fail)
    assert await aside(MANY, lambda: 1) == 1


def test_each_event_loop_has_turns_of_its_own() -> None:
    for _ in range(2):
        assert anyio.run(aside, MANY, lambda: 1) == 1


async def test_long_work_stands_still_while_others_are_at_work() -> None:
    """A request goes to threads and back several times, and they answer at once only when nobody converts meanwhile."""
    runtime = FakeRuntime()
    loop = SharedLoop(runtime)
    await loop.others_turn()
    assert runtime.clock.sleeps == []

    async def answer_a_request() -> None:
        runtime.clock.advance(0.0005)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(answer_a_request)
        await loop.others_turn()
    assert runtime.clock.sleeps == [0.001]
    await loop.others_turn()
    assert runtime.clock.sleeps == [0.001]
