from typing import Any
from uuid import UUID

import anyio
import anyio.lowlevel
import pytest
from tests.unit.export.conftest import SESSION, World, session, ticket

from jira_session_export._export.events import ExportEvent, IssueExported
from jira_session_export._export.runners import InProcessRunner
from jira_session_export._journal import RunFailed, SessionStatus
from jira_session_export._testing.fake_jira.faults import FaultKind
from jira_session_export.errors import NewerTablesError, SessionNotFoundError, StoreUnavailableError
from jira_session_export.testing import Fault, faults


async def test_what_is_submitted_runs(world: World) -> None:
    await world.store.put(session(ticket(1)))
    async with InProcessRunner(world.exporter(), sweep_seconds=None) as runner:
        await world.service(runner=runner).start(SESSION)
        await runner.wait(SESSION)
    assert (await world.state()).status == SessionStatus.COMPLETED


async def test_tables_of_a_newer_version_are_left_to_it(world: World) -> None:
    """What runs is handed over, and nothing begins."""
    newer = False

    class Upgraded:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.store, name)

        async def check_schema(self) -> None:
            if newer:
                raise NewerTablesError("The tables are newer.")

    await world.store.put(session(*(ticket(order) for order in range(1, 30))))
    async with InProcessRunner(world.exporter(store=Upgraded()), sweep_seconds=1) as runner:
        await world.service(runner=runner).start(SESSION)
        while not world.jira.issues:
            await anyio.lowlevel.checkpoint()
        newer = True
        await runner.wait(SESSION)
        assert runner.exporter.stopping
    assert (await world.state()).status == SessionStatus.EXPORTING
    assert "run_released" in await world.kinds()


async def test_submitting_twice_runs_once(world: World) -> None:
    await world.store.put(session(ticket(1)))
    async with InProcessRunner(world.exporter(), sweep_seconds=None) as runner:
        await world.service(runner=runner).start(SESSION)
        await runner.submit(SESSION)
        await runner.submit(SESSION)
        await runner.wait(SESSION)
    kinds = await world.kinds()
    assert (kinds.count("run_started"), kinds.count("run_resumed"), kinds.count("run_completed")) == (1, 0, 1)


async def test_a_retry_that_comes_while_the_failed_run_is_ending_runs(world: World) -> None:
    """Without a sweep, so that nothing but the retry itself makes it run."""

    class SlowEnd:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.store, name)

        async def append(self, lease: Any, *entries: Any) -> bool:
            cancelled = await world.store.append(lease, *entries)
            if isinstance(entries[0], RunFailed):
                tasks.start_soon(service.retry, SESSION)
                await world.runtime.sleep(5)
            return cancelled

    await world.store.put(session(ticket(1)))
    world.jira.faults.add(Fault(("POST", "/issue"), faults.status(401)))
    async with (
        InProcessRunner(world.exporter(store=SlowEnd()), sweep_seconds=None) as runner,
        anyio.create_task_group() as tasks,
    ):
        service = world.service(runner=runner)
        await service.start(SESSION)
        await runner.wait(SESSION)
    assert (await world.state()).status == SessionStatus.COMPLETED


async def test_the_sweep_resumes_what_a_crashed_process_left(world: World) -> None:
    await world.store.put(session(ticket(1), ticket(2)))
    await world.service().start(SESSION)
    away = False

    class Dying:
        def __getattr__(self, name: str) -> Any:
            method = getattr(world.store, name)

            async def call(*args: Any, **kwargs: Any) -> Any:
                if away:
                    raise StoreUnavailableError("gone with the process")
                return await method(*args, **kwargs)

            return call

    with anyio.CancelScope() as process:

        def die(event: ExportEvent) -> None:
            nonlocal away
            if isinstance(event, IssueExported):
                away = True
                process.cancel()

        await world.exporter(store=Dying(), sink=die).execute(SESSION)
    assert (await world.state()).lease_owner is not None
    started = world.clock.monotonic()
    async with InProcessRunner(world.exporter(), sweep_seconds=10) as runner:
        with anyio.fail_after(10):
            while (await world.state()).status == SessionStatus.EXPORTING:
                await world.runtime.sleep(1)
        await runner.wait(SESSION)
    state = await world.state()
    assert (state.status, state.retry_count) == (SessionStatus.COMPLETED, 0)
    assert len(world.jira.issues) == 2
    assert world.clock.monotonic() - started <= world.settings.lease_seconds + 10 + 5


async def test_a_sweep_that_fails_is_repeated(world: World, caplog: pytest.LogCaptureFixture) -> None:
    failures = iter([True, True])

    class Away:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.store, name)

        async def interrupted(self, now: Any) -> Any:
            if next(failures, False):
                raise StoreUnavailableError("away")
            return await world.store.interrupted(now)

    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    async with InProcessRunner(world.exporter(store=Away()), sweep_seconds=10):
        while (await world.state()).status == SessionStatus.EXPORTING:
            await world.runtime.sleep(1)
    assert [getattr(record, "action", "") for record in caplog.records].count("sweep_failed") == 2


async def test_closing_hands_over_at_the_next_step(world: World) -> None:
    await world.store.put(session(*(ticket(number) for number in range(1, 20))))
    async with InProcessRunner(world.exporter(), sweep_seconds=None) as runner:
        await world.service(runner=runner).start(SESSION)
        await world.runtime.sleep(5)
    state = await world.state()
    assert (state.status, state.lease_owner) == (SessionStatus.EXPORTING, None)
    assert 0 < state.exported < 19
    async with InProcessRunner(world.exporter(), sweep_seconds=None) as runner:  # at its start, it looks
        while (await world.state()).status == SessionStatus.EXPORTING:
            await world.runtime.sleep(1)
    assert len(world.jira.issues) == 19


@pytest.mark.parametrize(
    ("fault", "recorded"),
    [
        (faults.rate_limit(retry_after=60), 1),
        (faults.slow(20), 1),
        (faults.slow(3), 2),  # within the time of grace nothing is cut off
    ],
    ids=lambda value: getattr(value, "name", value),
)
async def test_closing_cuts_off_what_takes_longer_than_the_time_of_grace(
    world: World, fault: FaultKind, recorded: int
) -> None:
    world.jira.faults.add(Fault(("POST", "/issue"), fault, nth=2))
    await world.store.put(session(ticket(1), ticket(2), ticket(3)))
    async with InProcessRunner(world.exporter(), sweep_seconds=None) as runner:
        await world.service(runner=runner).start(SESSION)
        while len(world.jira.creates) < 2:
            await world.runtime.sleep(0.1)
        closed = world.clock.monotonic()
    assert world.clock.monotonic() - closed <= world.settings.grace_seconds
    state = await world.state()
    assert (state.status, state.lease_owner, state.exported) == (SessionStatus.EXPORTING, None, recorded)
    async with InProcessRunner(world.exporter(), sweep_seconds=None):
        while (await world.state()).status == SessionStatus.EXPORTING:
            await world.runtime.sleep(1)
    assert (await world.state()).status == SessionStatus.COMPLETED
    assert len(world.jira.issues) == 3


async def test_a_sweep_under_way_while_the_runner_closes_disturbs_no_run(world: World) -> None:
    class SlowSweep:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.store, name)

        async def interrupted(self, now: Any) -> Any:
            await world.runtime.sleep(2)
            return [UUID(int=7)]

    world.jira.faults.add(Fault(("POST", "/issue"), faults.slow(4)))
    await world.store.put(session(ticket(1), ticket(2)))
    async with InProcessRunner(world.exporter(store=SlowSweep())) as runner:
        await world.service(runner=runner).start(SESSION)
        await world.runtime.sleep(1)
    assert (await world.state()).exported == 1


async def test_a_runner_that_is_not_open_takes_nothing(world: World) -> None:
    with pytest.raises(RuntimeError, match="async context manager"):
        await InProcessRunner(world.exporter()).submit(SESSION)


async def test_waiting_gives_the_outcome(world: World) -> None:
    await world.store.put(session(ticket(1)))
    async with InProcessRunner(world.exporter(), sweep_seconds=None) as runner:
        assert (await runner.wait(SESSION)).status == SessionStatus.READY  # it does not run
        world.jira.faults.add(Fault(("POST", "/issue"), faults.status(403)))
        service = world.service(runner=runner)
        await service.start(SESSION)
        state = await runner.wait(SESSION)
        assert state.failure is not None
        assert (state.status, state.failure.code) == (SessionStatus.EXPORT_FAILED, "permission_denied")
        await service.retry(SESSION)
        assert (await runner.wait(SESSION)).status == SessionStatus.COMPLETED
        with pytest.raises(SessionNotFoundError):
            await runner.wait(UUID(int=7))


async def test_an_error_nobody_foresaw_ends_its_own_run_alone(world: World, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the host's block nor another session is cancelled for it, and the host's own error is not wrapped."""
    other = UUID(int=2000)

    class Broken:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.store, name)

        async def acquire(self, session_id: UUID, *args: Any, **kwargs: Any) -> Any:
            if session_id == other:
                raise RuntimeError("what?")
            return await world.store.acquire(session_id, *args, **kwargs)

        async def interrupted(self, _now: Any) -> Any:
            raise RuntimeError("what else?")

    await world.store.put(session(ticket(1), ticket(2)))
    await world.store.put(session(ticket(3)).model_copy(update={"id": other}))
    await world.service().start(other)

    async def host() -> None:
        async with InProcessRunner(world.exporter(store=Broken()), sweep_seconds=1) as runner:
            await world.service(runner=runner).start(SESSION)
            await runner.submit(other)
            await runner.wait(other)
            assert (await runner.wait(SESSION)).status == SessionStatus.COMPLETED
            await world.runtime.sleep(5)
            raise KeyError("the host's")

    with pytest.raises(KeyError, match="the host's"):
        await host()
    assert any(str(other) in record.getMessage() and record.exc_info for record in caplog.records)


async def test_a_foreseen_failure_is_one_line_that_says_all(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.jira.faults.add(Fault(("POST", "/issue"), faults.status(403), nth=2))
    state = await world.export(ticket(1), ticket(2))
    assert state.failure is not None
    (record,) = [each for each in caplog.records if each.levelname != "INFO"]
    line = record.getMessage()
    for part in (str(SESSION), "Ticket 2 (Ticket 2)", "permission_denied", "may not create the issue"):
        assert part in line
    assert record.exc_info is None
    assert "\n" not in line


async def test_a_run_that_could_not_be_recorded_ends_nothing_else(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    class Away:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.store, name)

        async def append(self, lease: Any, *entries: Any) -> bool:
            raise StoreUnavailableError("away")

    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    async with InProcessRunner(world.exporter(store=Away()), sweep_seconds=None) as runner:
        await runner.submit(SESSION)
        await runner.wait(SESSION)
    assert any(getattr(record, "action", "") == "run_unrecorded" for record in caplog.records)
