from typing import Any
from uuid import UUID

import anyio
import pytest
from tests.unit.export.conftest import SESSION, World, session, ticket

from jira_session_export._journal import RunResumed, SessionStatus
from jira_session_export.errors import SessionNotFoundError


async def test_a_session_that_is_not_exporting_is_left_alone(world: World) -> None:
    await world.store.put(session(ticket(1)))
    state = await world.exporter().execute(SESSION)
    assert (state.status, state.token) == (SessionStatus.READY, 0)
    with pytest.raises(SessionNotFoundError):
        await world.exporter().execute(UUID(int=7))


async def test_a_session_another_worker_has_is_left_alone(world: World) -> None:
    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    token = (await world.state()).token
    entry = RunResumed(world.runtime.now(), crashed=False)
    await world.store.acquire(
        SESSION, entry, expected_token=token, owner="other", now=world.runtime.now(), lease_seconds=30
    )
    state = await world.exporter().execute(SESSION)
    assert (state.lease_owner, state.token) == ("other", token + 1)
    assert world.jira.creates == []


async def test_a_lease_that_ran_out_counts_as_a_crash_and_one_given_back_does_not(world: World) -> None:
    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    token = (await world.state()).token
    entry = RunResumed(world.runtime.now(), crashed=False)
    await world.store.acquire(
        SESSION, entry, expected_token=token, owner="other", now=world.runtime.now(), lease_seconds=30
    )
    world.clock.advance(30)
    await world.exporter().execute(SESSION)
    resumed = [row.data["crashed"] for row in await world.store.journal(SESSION) if row.kind == "run_resumed"]
    assert resumed == [False, True]


async def test_ten_exporters_at_once_are_one_run(world: World) -> None:
    await world.store.put(session(ticket(1), ticket(2)))
    await world.service().start(SESSION)
    async with anyio.create_task_group() as tasks:
        for _ in range(10):
            tasks.start_soon(world.exporter().execute, SESSION)
    assert len(world.jira.issues) == 2
    kinds = await world.kinds()
    assert (kinds.count("run_started"), kinds.count("run_resumed"), kinds.count("run_completed")) == (1, 0, 1)


async def test_many_sessions_run_side_by_side(world: World) -> None:
    contents = [
        session(*(ticket(10 * number + at, id=UUID(int=10 * number + at)) for at in (1, 2))).model_copy(
            update={"id": UUID(int=5000 + number)}
        )
        for number in range(1, 6)
    ]
    exporter = world.exporter()
    for content in contents:
        await world.store.put(content)
        await world.service().start(content.id)
    started = world.clock.monotonic()
    async with anyio.create_task_group() as tasks:
        for content in contents:
            tasks.start_soon(exporter.execute, content.id)
    assert len(world.jira.issues) == 10
    assert world.clock.monotonic() - started == pytest.approx(1.5)


async def test_stop_while_the_lease_is_being_taken(world: World) -> None:
    class Stopping:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.store, name)

        async def acquire(self, *args: Any, **kwargs: Any) -> Any:
            lease = await world.store.acquire(*args, **kwargs)
            exporter.stop()
            return lease

    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    exporter = world.exporter(store=Stopping())
    state = await exporter.execute(SESSION)
    assert (state.status, state.lease_owner) == (SessionStatus.EXPORTING, None)
    assert world.jira.creates == []


async def test_a_stopped_exporter_takes_up_nothing(world: World) -> None:
    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    exporter = world.exporter()
    exporter.stop()
    token = (await world.state()).token
    assert (await exporter.execute(SESSION)).token == token
