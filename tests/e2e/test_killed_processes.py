"""Exports in real processes, killed at random moments: no duplicate, nothing lost."""

import os
import random
from pathlib import Path

import anyio
import pytest
from tests.e2e.processes import Scene, scene

KILLS = int(os.environ.get("JSE_TEST_KILLS", "50"))
"""How many processes are killed, over all tests of this file."""
AT_ONCE = 5
FURTHEST_REQUEST = 40
"""A process is killed at the latest when it has asked Jira so often; the first ten or so prepare."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # what runs in the processes is asyncio


async def export_under_fire(place: Scene, kills: int, source: random.Random) -> int:
    """Export until it completes, killing processes on the way. Returns how many were killed."""
    killed = 0
    while True:
        process = place.export()
        target = len(place.jira.requests) + source.randrange(1, FURTHEST_REQUEST)
        delay = source.random() * 0.02
        if killed < kills and await place.requests(target, process):
            await anyio.sleep(delay)
            if process.is_running:
                await process.kill()
                killed += 1
                continue
        assert await process.wait() == 0, process.printed
        return killed


async def kill_many(folder: Path, kills: int, *, database: str | None, seed: int) -> None:
    async def keep_killing(number: int) -> None:
        source = random.Random(f"{seed} {number}")
        left = len(range(number, kills, AT_ONCE))
        sessions = 0
        while left > 0:
            sessions += 1
            async with scene(folder / f"{number}-{sessions}", count=24, database=database) as place:
                left -= await export_under_fire(place, left, source)
                await place.assert_exactly_once()

    async with anyio.create_task_group() as tasks:
        for number in range(AT_ONCE):
            tasks.start_soon(keep_killing, number)


@pytest.mark.timeout(120 + 4 * KILLS)
async def test_kill_on_sqlite(tmp_path: Path) -> None:
    await kill_many(tmp_path, KILLS - KILLS * 2 // 5, database=None, seed=1)


@pytest.mark.postgres
@pytest.mark.timeout(120 + 4 * KILLS)
async def test_kill_on_postgresql(tmp_path: Path, postgres: str) -> None:
    await kill_many(tmp_path, KILLS * 2 // 5, database=postgres, seed=2)
