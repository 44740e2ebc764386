from typing import Any

import anyio
import pytest
from tests.unit.export.conftest import SESSION, BrokenStore, World, session, ticket

from jira_session_export._export.events import ExportCompleted, ExportEvent, ExportFailed, IssueExported
from jira_session_export.errors import LeaseLostError


async def test_an_end_somebody_else_has_recorded_is_not_told(world: World) -> None:
    class Overtaken:
        def __init__(self, inner: Any) -> None:
            self._inner = inner

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

        async def append(self, lease: Any, *entries: Any) -> None:
            if any(type(entry).__name__ == "RunCompleted" for entry in entries):
                raise LeaseLostError("taken over")
            await self._inner.append(lease, *entries)

    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    await world.exporter(store=Overtaken(world.store)).execute(SESSION)
    assert not any(isinstance(event, (ExportCompleted, ExportFailed)) for event in world.events)


async def test_cancelling_the_task_gives_the_lease_back(world: World) -> None:
    await world.store.put(session(ticket(1), ticket(2)))
    await world.service().start(SESSION)
    with anyio.CancelScope() as scope:

        def cancel(event: ExportEvent) -> None:
            if isinstance(event, IssueExported):
                scope.cancel()

        await world.exporter(sink=cancel).execute(SESSION)
    assert scope.cancelled_caught
    state = await world.state()
    assert (state.lease_owner, state.exported) == (None, 1)


async def test_a_store_that_is_away_does_not_swallow_a_cancellation(world: World) -> None:
    away = False
    store = BrokenStore(world.store, lambda name, args: away)
    await world.store.put(session(ticket(1), ticket(2)))
    await world.service().start(SESSION)
    with anyio.CancelScope() as scope:

        def cancel(event: ExportEvent) -> None:
            nonlocal away
            if isinstance(event, IssueExported):
                away = True
                scope.cancel()

        await world.exporter(store=store, sink=cancel).execute(SESSION)
    assert scope.cancelled_caught


async def test_an_error_nobody_foresaw_is_recorded_and_logged(world: World, caplog: pytest.LogCaptureFixture) -> None:
    class Surprise(Exception):
        pass

    class Broken:
        async def create_issue(self, *_args: Any, **_kwargs: Any) -> Any:
            raise Surprise("what?")

        def __getattr__(self, name: str) -> Any:
            return getattr(world.client, name)

    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    state = await world.exporter(tracker=Broken()).execute(SESSION)
    assert state.failure is not None
    assert "Surprise" in state.failure.message
    assert "Look into the log" in state.failure.recovery_actions[0]
    (record,) = [each for each in caplog.records if getattr(each, "action", "") == "run_failed"]
    assert record.getMessage() == f"The export of session {SESSION} failed at ticket 1 for a reason nobody foresaw"
    assert record.exc_info is not None
    assert record.exc_info[0] is Surprise


async def test_an_end_that_the_store_does_not_take_is_logged_when_the_task_is_cancelled(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    away = False
    store = BrokenStore(world.store, lambda _name, _args: away)
    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    with anyio.CancelScope() as scope:

        def cancel(_event: ExportEvent) -> None:
            nonlocal away
            away = True
            scope.cancel()

        await world.exporter(store=store, sink=cancel).execute(SESSION)
    (record,) = [each for each in caplog.records if getattr(each, "action", "") == "not_released"]
    assert "The database is away." in record.getMessage()
