"""Exports in real processes, killed at random moments: no duplicate, nothing lost."""

import os
import random
import signal
from pathlib import Path

import anyio
import pytest
from tests.e2e.processes import ExportProcess, Scene, scene

from jira_session_export.testing import Fault, Latency, faults

KILLS = int(os.environ.get("JSE_TEST_KILLS", "50"))
"""How many processes are killed, over all tests of this file."""
BULK_KILLS = int(os.environ.get("JSE_TEST_KILLS", "10"))
"""How many of exports in bulks; it is their creates alone that differ."""
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


async def kill_many(folder: Path, kills: int, *, database: str | None, seed: int, bulk: int = 1) -> None:
    async def keep_killing(number: int) -> None:
        source = random.Random(f"{seed} {number}")
        left = len(range(number, kills, AT_ONCE))
        sessions = 0
        while left > 0:
            sessions += 1
            async with scene(folder / f"{number}-{sessions}", count=24, database=database) as place:
                place.env |= {"JSE_BULK_SIZE": str(bulk)}
                if bulk > 1:  # a bulk takes its time, so that processes die before and after it has made its issues
                    place.jira.latency = Latency(per_issue=0.01)
                left -= await export_under_fire(place, left, source)
                await place.assert_exactly_once()
                assert bulk == 1 or place.jira.sent("POST", "/issue/bulk")

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


@pytest.mark.timeout(120 + 4 * BULK_KILLS)
async def test_kill_in_bulks(tmp_path: Path) -> None:
    await kill_many(tmp_path, BULK_KILLS, database=None, seed=3, bulk=5)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
async def test_a_signal_hands_over_and_the_same_command_goes_on_at_once(tmp_path: Path, number: signal.Signals) -> None:
    async with scene(tmp_path, count=6) as place:
        place.env |= {"JSE_PAUSE_SECONDS": "0.2", "JSE_LEASE_SECONDS": "60"}
        process = place.export()
        await creates(place, 2, process)
        process.send(number)
        with anyio.fail_after(10):
            assert await process.wait() == 1
        assert "Stopping after the step in work, in 5 s at the latest; press Ctrl-C again" in process.printed
        assert "cut off" not in process.printed
        assert "to go on where it stopped" in process.printed
        made = len(place.jira.creates)
        assert made < 6
        with anyio.fail_after(20):  # much less than the lease
            assert await place.export().wait() == 0
        assert "Another process" not in process.printed
        assert f"Going on: {made} of 6 tickets are exported already." in process.printed
        await place.assert_exactly_once()


async def test_one_signal_is_enough_while_jira_asks_for_a_long_wait(tmp_path: Path) -> None:
    async with scene(tmp_path, count=4) as place:
        place.env |= {"JSE_GRACE_SECONDS": "0.5", "JSE_LEASE_SECONDS": "60"}
        place.jira.faults.add(Fault(("POST", "/issue"), faults.rate_limit(retry_after=6), nth=3))
        process = place.export()
        await creates(place, 3, process)
        process.send(signal.SIGINT)
        with anyio.fail_after(10):
            assert await process.wait() == 1
        assert "waiting until" in process.printed
        assert "2 of 4 tickets exported so far" in process.printed
        # The next process learns from the store what Jira asked for and waits for it, but not for the lease.
        with anyio.fail_after(40):
            assert await place.export().wait() == 0
        await place.assert_exactly_once()


async def test_two_signals_stop_at_once_and_the_create_under_way_is_found(tmp_path: Path) -> None:
    async with scene(tmp_path, count=4) as place:
        place.env |= {"JSE_LEASE_SECONDS": "60", "JSE_INDEX_SETTLE_SECONDS": "6"}
        place.jira.faults.add(Fault(("POST", "/issue"), faults.slow(4), nth=3))
        process = place.export()
        await creates(place, 3, process)
        process.send(signal.SIGINT)
        await anyio.sleep(0.3)
        process.send(signal.SIGTERM)  # as a supervisor does that was interrupted with it
        await anyio.sleep(1)
        assert process.is_running
        process.send(signal.SIGINT)
        assert await process.wait() == 1
        assert "to go on where it stopped" in process.printed
        assert len(place.jira.issues) == 2  # so it has not waited for the third
        assert await place.export().wait() == 0
        assert len(place.jira.creates) == 4
        await place.assert_exactly_once()


async def creates(place: Scene, number: int, process: ExportProcess) -> None:
    """Wait until so many creates have reached Jira."""
    while len(place.jira.creates) < number:
        assert process.is_running, process.printed
        await anyio.sleep(0.01)
