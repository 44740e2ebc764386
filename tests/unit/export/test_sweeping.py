"""Which sessions a sweep queues, and how often."""

import logging
from uuid import UUID

import pytest
from tests.unit.export.conftest import SESSION, BrokenStore, Runner, World, session, ticket

from jira_session_export._export.runners import QueueRunner
from jira_session_export._export.sweeping import Sweeper
from jira_session_export._journal import RunReleased, RunResumed
from jira_session_export._settings import ExportSettings
from jira_session_export.errors import StoreUnavailableError


async def start(world: World, *session_ids: UUID) -> None:
    for session_id in session_ids:
        tickets = [ticket(session_id.int * 10 + order, order=order) for order in range(1, 9)]
        await world.store.put(session(*tickets).model_copy(update={"id": session_id}))
        await world.service(runner=Runner()).start(session_id)


def later(world: World, seconds: float) -> None:
    world.clock.advance(seconds)


async def test_a_job_that_got_lost_is_queued_again_and_more_and_more_seldom(world: World) -> None:
    await start(world, SESSION)
    sweeper = Sweeper(world.exporter(), world.runner)
    queued_at = []
    for second in range(0, 1000, 5):
        if await sweeper.once():
            queued_at.append(second)
        later(world, 5)
    assert queued_at == [15, 45, 105, 225, 465, 945]
    assert world.runner.submitted == [SESSION] * 6


async def test_a_session_whose_worker_died_is_queued_as_soon_as_its_lease_has_run_out(world: World) -> None:
    await start(world, SESSION)
    sweeper = Sweeper(world.exporter(), world.runner)
    state = await world.state()
    await world.store.acquire(
        SESSION, resumed(world), expected_token=state.token, owner="gone", now=world.runtime.now(), lease_seconds=30
    )
    later(world, 29)
    assert await sweeper.once() == []
    later(world, 2)
    assert await sweeper.once() == [SESSION]
    later(world, 5)
    assert await sweeper.once() == []


def resumed(world: World) -> RunResumed:
    return RunResumed(world.runtime.now(), crashed=False, first=True)


async def test_what_was_handed_over_is_queued_at_once_each_time(world: World) -> None:
    await start(world, SESSION)
    sweeper = Sweeper(world.exporter(), world.runner)
    for _ in range(2):
        exporter = world.exporter(sink=lambda _: exporter.stop())  # noqa: B023 -- of this round
        await exporter.execute(SESSION)
        assert await sweeper.once() == [SESSION]
        await taken(world, sweeper)


async def taken(world: World, sweeper: Sweeper) -> None:
    """A worker has the session when the sweep looks."""
    state = await world.state()
    lease = await world.store.acquire(
        SESSION, resumed(world), expected_token=state.token, owner="worker", now=world.runtime.now(), lease_seconds=30
    )
    assert await sweeper.once() == []
    await world.store.append(lease, RunReleased(world.runtime.now(), 0.0))


async def test_only_those_that_may_run_are_queued(world: World) -> None:
    world.settings = ExportSettings(sessions_at_once=2)
    await start(world, *(UUID(int=number) for number in range(1, 6)))
    later(world, 60)
    assert await Sweeper(world.exporter(), world.runner).once() == [UUID(int=1), UUID(int=2)]


async def test_a_queue_that_does_not_answer_is_asked_once_a_round_and_again_in_the_next(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await start(world, UUID(int=1), UUID(int=2))
    later(world, 60)
    asked: list[UUID] = []
    broken = True

    def enqueue(session_id: UUID) -> None:
        asked.append(session_id)
        if broken:
            raise ConnectionError("no broker")

    sweeper = Sweeper(world.exporter(), QueueRunner(enqueue))
    with caplog.at_level(logging.INFO, "jira_session_export.sweep"):
        await sweeper.once_logged()
        assert asked == [UUID(int=1)]
        broken = False
        await sweeper.once_logged()
    assert asked == [UUID(int=1), UUID(int=1), UUID(int=2)]
    actions = [record.action for record in caplog.records if hasattr(record, "action")]
    assert actions == ["sweep_failed", "session_queued", "session_queued"]
    assert "ConnectionError" in caplog.text


async def test_a_database_that_is_away_is_an_error_of_one_round(world: World) -> None:
    away = True
    store = BrokenStore(world.store, lambda *_: away)
    sweeper = Sweeper(world.exporter(store=store), world.runner)
    with pytest.raises(StoreUnavailableError):
        await sweeper.once()
    away = False
    assert await sweeper.once() == []


async def test_a_queue_takes_functions_and_coroutine_functions() -> None:
    taken: list[UUID] = []

    async def asynchronous(session_id: UUID) -> None:
        taken.append(session_id)

    await QueueRunner(taken.append).submit(SESSION)
    await QueueRunner(asynchronous).submit(SESSION, owner="ann", site="https://x", priority=3)
    await QueueRunner(lambda session_id: asynchronous(UUID(int=session_id.int))).submit(SESSION)
    assert taken == [SESSION] * 3
