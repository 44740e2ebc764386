"""Clocks that are set while an export runs, or between two of its processes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import anyio
import pytest
from tests.unit.export.conftest import SESSION, World, session, ticket
from tests.unit.export.test_limits import client_of

from jira_session_export._export.runners import InProcessRunner
from jira_session_export._export.signs_of_life import SignsOfLife
from jira_session_export._journal import RunResumed, SessionStatus
from jira_session_export._runtime import Runtime
from jira_session_export.testing import FakeJira, Fault, faults

DAY = timedelta(days=1)
CREATE = ("POST", "/issue")


@dataclass
class OwnClock:
    """The wall clock of one machine; time passes as everywhere."""

    world: World
    ahead: timedelta = timedelta()

    @property
    def runtime(self) -> Runtime:
        shared = self.world.runtime
        return Runtime(
            now=lambda: shared.now() + self.ahead,
            monotonic=shared.monotonic,
            sleep=shared.sleep,
            random=shared.random,
            new_id=shared.new_id,
        )


async def left_by_a_dead_worker(world: World, now: Any) -> None:
    """A session whose worker took the lease at `now`, and vanished."""
    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    state = await world.state()
    lease = await world.store.acquire(
        SESSION, RunResumed(now, crashed=False), expected_token=state.token, owner="gone", now=now, lease_seconds=30
    )
    assert lease is not None


async def test_a_clock_that_is_set_back_holds_no_session(world: World) -> None:
    await left_by_a_dead_worker(world, world.runtime.now() + DAY)
    began = world.clock.monotonic()
    async with InProcessRunner(world.exporter(), sweep_seconds=10):
        while (await world.state()).status == SessionStatus.EXPORTING:
            await world.runtime.sleep(1)
    assert world.clock.monotonic() - began <= world.settings.lease_seconds + 15
    assert (await world.state()).status == SessionStatus.COMPLETED
    assert len(world.jira.issues) == 1


@pytest.mark.parametrize("by", [DAY, -DAY])
async def test_a_clock_that_is_set_takes_no_session_from_a_worker_that_is_alive(world: World, by: timedelta) -> None:
    """Both are on the machine whose clock is set, in the middle of a create that takes its time."""
    world.jira.faults.add(Fault(CREATE, faults.slow(25)))
    await world.store.put(session(ticket(1), ticket(2)))
    await world.service().start(SESSION)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(world.exporter().execute, SESSION)
        while not world.jira.creates:
            await world.runtime.sleep(0.1)
        async with InProcessRunner(world.exporter(), sweep_seconds=1) as runner:
            await world.runtime.sleep(2)
            world.clock.set_wall_clock(by)
            while (await world.state()).status == SessionStatus.EXPORTING:
                await world.runtime.sleep(1)
            await runner.wait(SESSION)
    state = await world.state()
    assert (state.status, state.crash_count, len(world.jira.issues)) == (SessionStatus.COMPLETED, 0, 2)
    assert "run_resumed" not in await world.kinds()


async def test_a_clock_that_was_set_forward_before_still_lets_a_dead_worker_go(world: World) -> None:
    await left_by_a_dead_worker(world, world.runtime.now())
    signs = SignsOfLife(world.runtime, 30)
    world.clock.set_wall_clock(DAY)
    assert await signs.unattended(world.store) == []
    world.clock.advance(31)
    assert await signs.unattended(world.store) == [SESSION]


@pytest.mark.parametrize("by", [DAY, -DAY, timedelta(minutes=-20), timedelta(minutes=20), timedelta()])
@pytest.mark.parametrize("died", [False, True])
async def test_a_clock_that_is_set_after_an_announcement_makes_no_issue_twice(
    world: World, by: timedelta, died: bool
) -> None:
    """Jira's clock tells how old the announcement is: the index has not settled, whatever ours shows."""
    ours = OwnClock(world)
    jira = FakeJira(runtime=world.runtime, index_lag=20)
    jira.faults.add(Fault(CREATE, faults.drop_after_commit()))
    client = client_of(world, jira.transport, ours.runtime)
    await world.store.put(session(ticket(1)))
    await world.service(tracker=client).start(SESSION)
    first = world.exporter(tracker=client, runtime=ours.runtime)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(first.execute, SESSION)
        while not jira.issues:
            await world.runtime.sleep(0.01)
        if died:
            tasks.cancel_scope.cancel()
        ours.ahead = by
    if died:
        second = world.exporter(tracker=client, runtime=ours.runtime)
        assert (await second.execute(SESSION)).status == SessionStatus.COMPLETED
    assert (await world.state()).status == SessionStatus.COMPLETED
    assert len(jira.issues) == 1


@pytest.mark.parametrize("ahead", [DAY, -DAY, timedelta(minutes=5)])
async def test_a_clock_that_is_always_wrong_changes_nothing(world: World, ahead: timedelta) -> None:
    ours = OwnClock(world, ahead)
    jira = FakeJira(runtime=world.runtime, index_lag=20)
    jira.faults.add(Fault(CREATE, faults.drop_after_commit()))
    client = client_of(world, jira.transport, ours.runtime)
    await world.store.put(session(ticket(1), ticket(2)))
    await world.service(tracker=client).start(SESSION)
    state = await world.exporter(tracker=client, runtime=ours.runtime).execute(SESSION)
    assert (state.status, len(jira.issues), state.retry_count) == (SessionStatus.COMPLETED, 2, 0)
