"""Garbage is collected now and then, and seldom when that takes long."""

import gc
from typing import Any

import anyio
from app.garbage import LEAST_SECONDS, SHARE, collecting

from jira_session_export import Runtime


async def test_the_longer_it_takes_the_longer_it_waits() -> None:
    slept: list[float] = []
    took = 0.0
    times = iter(range(10**6))

    async def sleep(seconds: float) -> None:
        slept.append(seconds)
        await anyio.lowlevel.checkpoint()
        if len(slept) == 3:
            await anyio.sleep_forever()

    def monotonic() -> float:
        nonlocal took
        took += 0.5 * (next(times) == 1)  # the first collection takes half a second
        return took

    before = [each["collections"] for each in gc.get_stats()]
    runtime: Any = Runtime(sleep=sleep, monotonic=monotonic)
    async with collecting(runtime):
        with anyio.fail_after(60):
            while len(slept) < 3:
                await anyio.sleep(0.001)
    assert slept == [LEAST_SECONDS, SHARE * 0.5, LEAST_SECONDS]
    assert gc.get_stats()[2]["collections"] >= before[2] + 2
