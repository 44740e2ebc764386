"""Runs that a queue's task waits for."""

import anyio
import anyio.lowlevel
import pytest
from tests.unit.export.conftest import SESSION, World, session, ticket

from jira_session_export._export.executions import Executions
from jira_session_export._journal import SessionStatus
from jira_session_export._settings import ExportSettings
from jira_session_export.errors import SessionNotFoundError


async def started(world: World, tickets: int) -> Executions:
    await world.store.put(session(*(ticket(order) for order in range(1, tickets + 1))))
    await world.service().start(SESSION)
    return Executions(world.exporter())


async def until_first_issue(world: World) -> None:
    while not world.jira.issues:
        await anyio.lowlevel.checkpoint()


async def test_it_runs_a_session_to_its_end(world: World) -> None:
    executions = await started(world, 2)
    assert (await executions.run(SESSION)).status == SessionStatus.COMPLETED
    assert (await executions.run(SESSION)).status == SessionStatus.COMPLETED  # a job that comes twice
    assert len(world.jira.issues) == 2


async def test_an_error_comes_as_it_is(world: World) -> None:
    with pytest.raises(SessionNotFoundError):
        await Executions(world.exporter()).run(SESSION)


async def test_a_call_that_is_cancelled_hands_over_first(world: World) -> None:
    executions = await started(world, 9)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(executions.run, SESSION)
        await until_first_issue(world)
        tasks.cancel_scope.cancel()
    state = await world.state()
    assert (state.status, state.lease_owner) == (SessionStatus.EXPORTING, None)
    assert "run_released" in await world.kinds()
    assert not [each for each in await world.states() if each.intent_at and each.issue is None]  # nothing to look for
    assert (await Executions(world.exporter()).run(SESSION)).status == SessionStatus.COMPLETED
    assert len(world.jira.issues) == 9


async def test_all_hand_over_when_it_closes_and_none_begins(world: World) -> None:
    executions = await started(world, 9)
    statuses = []

    async def run() -> None:
        statuses.append((await executions.run(SESSION)).status)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run)
        await until_first_issue(world)
        await executions.hand_over()
    assert statuses == [SessionStatus.EXPORTING]
    made = len(world.jira.issues)
    assert (await executions.run(SESSION)).status == SessionStatus.EXPORTING
    assert len(world.jira.issues) == made


async def test_what_does_not_reach_its_next_step_in_time_is_cut_off(world: World) -> None:
    world.settings = ExportSettings(grace_seconds=0)
    executions = await started(world, 9)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(executions.run, SESSION)
        await until_first_issue(world)
        await executions.hand_over()
    assert (await world.state()).lease_owner is None
