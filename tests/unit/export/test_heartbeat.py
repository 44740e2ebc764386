from typing import Any

import anyio
import pytest
from tests.unit.export.conftest import SESSION, World, opened, session, taken_over, ticket

from jira_session_export._export.events import ExportCompleted
from jira_session_export._export.fenced import FencedJournal
from jira_session_export._export.heartbeat import Heartbeat
from jira_session_export._export.stopping import StopRequested, StopSwitch
from jira_session_export._journal import CancelRequested, RunCompleted


class Beating:
    """A heartbeat over a journal of the world's store."""

    def __init__(self, world: World, journal: FencedJournal) -> None:
        self.told = 0
        self.stop = StopSwitch(journal, runtime=world.runtime, cancelled=False)
        settings = world.settings.model_copy(update={"lease_seconds": 30, "request_timeout_seconds": 20})
        self._heartbeat = Heartbeat(journal, self.stop, settings=settings, runtime=world.runtime, lost=self._lost)
        self.beat = self._heartbeat.beat

    def _lost(self) -> None:
        self.told += 1


async def test_it_renews_three_times_in_a_lease_whatever_the_database_says(world: World) -> None:
    journal, store = await opened(world)
    beating = Beating(world, journal)
    store.failures = 2
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(beating.beat, tasks.cancel_scope)
        await world.runtime.sleep(31)
        assert store.renewals == 3
        tasks.cancel_scope.cancel()
    assert (beating.told, journal.lost) == (0, False)


async def test_it_brings_the_news_of_a_cancellation(world: World) -> None:
    journal, _ = await opened(world)
    beating = Beating(world, journal)
    await world.store.request_cancel(SESSION, CancelRequested(world.runtime.now()))
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(beating.beat, tasks.cancel_scope)
        await world.runtime.sleep(11)
        with pytest.raises(StopRequested) as stop:
            await beating.stop.checkpoint()
        tasks.cancel_scope.cancel()
    assert stop.value.cancelled


async def test_a_lost_lease_ends_waits_at_once_and_the_run_after_its_last_request(world: World) -> None:
    journal, _ = await opened(world)
    beating = Beating(world, journal)
    ended: list[float] = []
    async with anyio.create_task_group() as run:
        run.start_soon(beating.beat, run.cancel_scope)
        await taken_over(world)
        with beating.stop.until_stopped():
            await world.runtime.sleep(1_000)
        ended.append(world.clock.monotonic())
        try:
            await world.runtime.sleep(1_000)
        finally:
            ended.append(world.clock.monotonic())
    assert ended[1] - ended[0] == pytest.approx(40)
    assert (beating.told, journal.lost) == (1, True)


async def test_a_sign_of_life_that_comes_behind_the_end_takes_nothing_back(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    class SlowEnd:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.store, name)

        async def append(self, lease: Any, *entries: Any) -> bool:
            cancelled = await world.store.append(lease, *entries)
            if isinstance(entries[0], RunCompleted):
                await world.runtime.sleep(world.settings.lease_seconds)
            return cancelled

    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    await world.exporter(store=SlowEnd()).execute(SESSION)
    assert isinstance(world.events[-1], ExportCompleted)
    assert not any(getattr(record, "action", "") == "lease_lost" for record in caplog.records)
