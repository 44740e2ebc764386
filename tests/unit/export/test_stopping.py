import anyio
import pytest
from tests.unit.export.conftest import SESSION, World, opened, session, taken_over, ticket

from jira_session_export._export.events import ExportEvent, ExportStopped, IssueExported
from jira_session_export._export.stopping import StopRequested, StopSwitch
from jira_session_export._journal import CancelRequested, SessionStatus
from jira_session_export.errors import LeaseLostError


async def test_the_first_request_decides_how_a_run_ends(world: World) -> None:
    journal, _ = await opened(world)
    stop = StopSwitch(journal, runtime=world.runtime, cancelled=False)
    await stop.checkpoint()
    stop.request(cancelled=False)
    stop.request(cancelled=True)
    assert (stop.requested, journal.hurried) == (True, True)
    with pytest.raises(StopRequested) as raised:
        await stop.checkpoint()
    assert not raised.value.cancelled


async def test_a_run_that_was_cancelled_before_waits_for_nothing(world: World) -> None:
    journal, _ = await opened(world)
    stop = StopSwitch(journal, runtime=world.runtime, cancelled=True)
    await stop.sleep(60)
    with stop.until_stopped():
        await world.runtime.sleep(60)
    assert world.clock.monotonic() == 0


async def test_a_request_ends_every_wait(world: World) -> None:
    journal, _ = await opened(world)
    stop = StopSwitch(journal, runtime=world.runtime, cancelled=False)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(stop.sleep, 60)
        tasks.start_soon(stop.sleep, 1)
        await world.runtime.sleep(0.5)
        stop.request(cancelled=False)
    assert world.clock.monotonic() == pytest.approx(0.5)


async def test_a_wait_is_as_long_as_it_was_asked_for_unless_it_is_told_to_end(world: World) -> None:
    journal, store = await opened(world)
    stop = StopSwitch(journal, runtime=world.runtime, cancelled=False)
    await stop.sleep(7)
    assert world.clock.monotonic() == pytest.approx(7)
    assert store.renewals == 3
    ready = anyio.Event()
    ready.set()
    await stop.sleep(7, ready)
    assert world.clock.monotonic() == pytest.approx(7)


async def test_a_long_wait_sees_a_cancellation_by_another_process(world: World) -> None:
    journal, store = await opened(world)
    stop = StopSwitch(journal, runtime=world.runtime, cancelled=False)
    await world.store.request_cancel(SESSION, CancelRequested(world.runtime.now()))
    store.failures = 1  # it is asked again
    await stop.sleep(60)
    assert stop.requested
    assert world.clock.monotonic() == pytest.approx(4)


async def test_a_wait_finds_out_that_the_session_is_lost(world: World) -> None:
    journal, _ = await opened(world)
    stop = StopSwitch(journal, runtime=world.runtime, cancelled=False)
    await taken_over(world)
    with pytest.raises(LeaseLostError):
        await stop.sleep(60)
    began = world.clock.monotonic()
    await stop.sleep(60)
    assert world.clock.monotonic() == began


async def test_stopping_hands_over_between_two_tickets(world: World) -> None:
    def stop(event: ExportEvent) -> None:
        world.events.append(event)
        if isinstance(event, IssueExported):
            exporter.stop()

    await world.store.put(session(ticket(1), ticket(2)))
    await world.service().start(SESSION)
    exporter = world.exporter(sink=stop)
    state = await exporter.execute(SESSION)
    assert (state.status, state.exported, state.lease_owner) == (SessionStatus.EXPORTING, 1, None)
    assert world.events[-1] == ExportStopped(SESSION, world.events[-1].sequence, world.events[-1].at, cancelled=False)
    assert (await world.exporter().execute(SESSION)).status == SessionStatus.COMPLETED
