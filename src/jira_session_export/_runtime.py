"""The one place where time, sleep, randomness and ids come from."""

import random
import time
import uuid
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

import anyio
from anyio.lowlevel import RunVar


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Runtime:
    """What the outside world lends us, as one value, so that a test can move all of it together.

    Attributes:
        now: the wall clock, aware, in UTC; what we write down.
        monotonic: seconds; what we measure budgets and durations with.
        sleep: waits that many seconds; a fake must move `now` and `monotonic` by as much.
        random: a number in [0, 1).
        new_id: a UUID nobody else has.
    """

    now: Callable[[], datetime] = _now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    random: Callable[[], float] = random.random
    new_id: Callable[[], uuid.UUID] = uuid.uuid4


SYSTEM_RUNTIME = Runtime()


async def first_of(*waits: Callable[[], Awaitable[object]]) -> None:
    """Wait for one of them and cancel the others."""
    async with anyio.create_task_group() as tasks:

        async def run(wait: Callable[[], Awaitable[object]]) -> None:
            await wait()
            tasks.cancel_scope.cancel()

        for wait in waits:
            tasks.start_soon(run, wait)


async def sleep_until(runtime: Runtime, seconds: float, ready: anyio.Event | None) -> None:
    """Sleep that many seconds, or until `ready` is set."""
    if ready is None:
        await runtime.sleep(seconds)
    else:
        await first_of(lambda: runtime.sleep(seconds), ready.wait)


_at_work: RunVar[int] = RunVar("jira_session_export_at_work", 0)


@contextmanager
def outside_work() -> Iterator[None]:
    """Tell a virtual clock that something outside the event loop is at work, a database for one.

    To the event loop it looks like waiting, and time would jump meanwhile.
    """
    _at_work.set(_at_work.get() + 1)
    try:
        yield
    finally:
        _at_work.set(_at_work.get() - 1)


def is_outside_work_under_way() -> bool:
    """Return whether anything of the running event loop is at work outside it."""
    return _at_work.get() > 0
