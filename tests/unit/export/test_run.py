from typing import Any
from uuid import UUID

import anyio
import pytest
from tests.unit.export.conftest import SESSION, World, session, ticket

from jira_session_export.errors import LeaseLostError, StoreUnavailableError
from jira_session_export.export.progress import (
    ExportCompleted,
    ExportEvent,
    ExportFailed,
    ExportProgress,
    ExportStopped,
    IssueExported,
    IssueOrphaned,
    Phase,
)
from jira_session_export.facts import ErrorCategory, ManualFixKind
from jira_session_export.journal import IssueRecorded, RunCompleted, SessionStatus, TicketStatus
from jira_session_export.testing import Fault, faults

CREATE = ("POST", "/issue")


def refusing(**errors: str) -> faults.FaultKind:
    return faults.status(400, {"errorMessages": [], "errors": errors})


# -- pace ------------------------------------------------------------------------------------------------------------


async def test_the_pause_is_between_creates_from_end_to_start(world: World) -> None:
    world.jira.transport.latency = 0.4
    await world.export(*(ticket(number) for number in range(1, 5)))
    assert world.jira.create_spacing() == pytest.approx([1.5 + 0.2] * 3)  # and half of the latency on the way there
    slept = [seconds for seconds in world.clock.sleeps if 0.5 < seconds < 1.6]
    assert slept == pytest.approx([1.5] * 3)  # none after the last


async def test_what_is_done_for_an_issue_counts_as_pause(world: World, tmp_path: Any) -> None:
    file = tmp_path / "log.txt"
    file.write_text("a log")
    world.jira.faults.add(Fault(("POST", "/issue/*/attachments"), faults.slow(4)))
    await world.export(ticket(1, attachments=(file,)), ticket(2))
    assert world.jira.create_spacing() == pytest.approx([4.0])


async def test_a_pause_of_nothing(world: World) -> None:
    world.settings = world.settings.model_copy(update={"pause_seconds": 0})
    await world.export(*(ticket(number) for number in range(1, 4)))
    assert world.jira.create_spacing() == [0.0, 0.0]


# -- what is told ----------------------------------------------------------------------------------------------------


async def test_events_come_in_order_and_say_what_the_store_holds(world: World) -> None:
    held: list[tuple[str, bool]] = []

    def sink(event: ExportEvent) -> None:
        record = world.store._records[SESSION]
        match event:
            case IssueExported():
                held.append(("issue", record.ticket_states[event.ticket_id].issue == event.issue))
            case ExportCompleted():
                held.append(("completed", record.state.status == SessionStatus.COMPLETED))
            case _:
                pass
        world.events.append(event)

    await world.store.put(session(ticket(1), ticket(2, depends_on=[UUID(int=1)])))
    await world.service().start(SESSION)
    await world.exporter(sink=sink).execute(SESSION)
    assert held == [("issue", True), ("issue", True), ("completed", True)]
    assert [event.sequence for event in world.events] == list(range(1, 7))
    assert [type(event) for event in world.events] == [
        *([ExportProgress, IssueExported] * 2),
        ExportProgress,
        ExportCompleted,
    ]
    progress = [event for event in world.events if isinstance(event, ExportProgress)]
    assert [event.current_stage for event in progress] == [
        "Creating ticket 1 of 2: Ticket 1",
        "Creating ticket 2 of 2: Ticket 2",
        "Linking dependency 1 of 1",
    ]
    assert [event.percentage for event in progress] == [50.0, 99.9, 99.9]
    assert world.events[-1].at == (await world.state()).completed_at


async def test_the_thirtieth_of_eighty_seven(world: World) -> None:
    await world.export(*(ticket(number) for number in range(1, 88)))
    event = next(each for each in world.events if isinstance(each, ExportProgress) and each.position == 30)
    assert (event.percentage, event.tickets_completed, event.tickets_total) == (34.5, 29, 87)
    assert event.seconds_remaining == pytest.approx(58 * 1.5, rel=0.05)
    assert event.current_stage == "Creating ticket 30 of 87: Ticket 30"


async def test_a_sink_that_fails_harms_nobody(world: World, caplog: pytest.LogCaptureFixture) -> None:
    def sink(event: ExportEvent) -> None:
        raise RuntimeError("no")

    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    state = await world.exporter(sink=sink).execute(SESSION)
    assert state.status == SessionStatus.COMPLETED
    assert any(getattr(record, "action", "") == "event_sink_failed" for record in caplog.records)


async def test_the_latest_edits_count(world: World) -> None:
    first, second = ticket(1), ticket(2, description_html="<p>old</p>")

    def edit(event: ExportEvent) -> None:
        if isinstance(event, IssueExported):
            edited = second.model_copy(update={"description_html": "<p>new</p>"})
            world.store._records[SESSION].tickets[second.id] = edited

    await world.store.put(session(first, second))
    await world.service().start(SESSION)
    await world.exporter(sink=edit).execute(SESSION)
    assert "new" in str(world.jira.issues["DEMO-2"].description)


# -- a create that Jira refuses --------------------------------------------------------------------------------------


async def test_a_refused_field_is_left_out_and_noted(world: World) -> None:
    world.jira.faults.add(Fault(CREATE, refusing(labels="Not today.")))
    state = await world.export(ticket(1, labels=["urgent"]))
    assert state.status == SessionStatus.COMPLETED
    assert len(world.jira.creates) == 2
    (fix,) = (await world.states())[0].manual_fixes
    assert (fix.kind, fix.field) == (ManualFixKind.FIELD_VALUE_REJECTED, "labels")
    assert await world.kinds() == [
        "run_started", "run_released", "run_resumed", "intent_recorded",
        "create_refused", "intent_recorded", "issue_recorded", "run_completed",
    ]  # fmt: skip
    assert [row.attempt for row in await world.store.journal(SESSION) if row.kind == "intent_recorded"] == [1, 2]


async def test_fallback_rounds_are_capped(world: World) -> None:
    world.settings = world.settings.model_copy(update={"max_fallback_rounds": 1})
    world.jira.faults.add(
        Fault(CREATE, refusing(labels="No.")),
        Fault(CREATE, refusing(duedate="No.")),
        Fault(CREATE, refusing(priority="No.")),
    )
    state = await world.export(ticket(1, labels=["urgent"], due_date="2027-01-01", priority="High"))
    assert state.status == SessionStatus.EXPORT_FAILED
    assert len(world.jira.creates) == 2
    assert (await world.states())[0].intent_at is None  # certainly no issue: a retry need not look


async def test_a_required_field_is_never_dropped(world: World) -> None:
    world.jira.project("DEMO").issue_type("Task").require("duedate")
    world.jira.faults.add(Fault(CREATE, refusing(duedate="It must lie in the future.")))
    state = await world.export(ticket(1, due_date="2027-01-01"))
    assert state.status == SessionStatus.EXPORT_FAILED
    assert state.failure is not None
    assert state.failure.category is ErrorCategory.USER_FIXABLE
    assert "Ticket 1 (Ticket 1)" in state.failure.message
    assert "due" in state.failure.message.lower()
    assert state.failed_at_ticket_order == 1
    assert len(world.jira.creates) == 1
    assert (await world.states())[0].status is TicketStatus.FAILED


async def test_bad_credentials_in_the_middle_stop_without_losing_keys(world: World) -> None:
    world.jira.faults.add(Fault(CREATE, faults.status(401), nth=3, times=None))
    state = await world.export(*(ticket(number) for number in range(1, 5)))
    assert state.status == SessionStatus.EXPORT_FAILED
    assert state.failure is not None
    assert (state.failure.category, state.failure.code) == (ErrorCategory.ADMIN_REQUIRED, "authentication_failed")
    assert state.failed_at_ticket_order == 3
    assert [each.issue.key if each.issue else None for each in await world.states()] == ["DEMO-1", "DEMO-2", None, None]
    failed = world.events[-1]
    assert isinstance(failed, ExportFailed)
    assert (failed.ticket_order, failed.retry_available) == (3, True)
    world.jira.faults.clear()
    assert (await world.retry()).status == SessionStatus.COMPLETED
    assert list(world.jira.issues) == ["DEMO-1", "DEMO-2", "DEMO-3", "DEMO-4"]


# -- a create whose outcome is unknown -------------------------------------------------------------------------------


async def test_a_lost_answer_is_looked_for_and_keeps_its_manual_fixes(world: World) -> None:
    world.jira.index_lag = 5
    world.jira.faults.add(Fault(CREATE, faults.drop_after_commit()))
    state = await world.export(ticket(1, priority="Utmost"))
    assert state.status == SessionStatus.COMPLETED
    assert list(world.jira.issues) == ["DEMO-1"]
    exported = next(event for event in world.events if isinstance(event, IssueExported))
    assert exported.adopted
    assert [fix.kind for fix in exported.manual_fixes] == [ManualFixKind.PRIORITY_NOT_AVAILABLE]
    assert Phase.WAITING in [event.phase for event in world.events if isinstance(event, ExportProgress)]


async def test_what_was_certainly_not_created_is_created_again(world: World) -> None:
    world.jira.faults.add(Fault(CREATE, faults.drop_before()))
    state = await world.export(ticket(1))
    assert state.status == SessionStatus.COMPLETED
    assert list(world.jira.issues) == ["DEMO-1"]
    assert len(world.jira.creates) == 2
    created, sent_again = world.jira.creates
    assert sent_again.started - created.started >= world.settings.index_settle_seconds


async def test_an_undecided_create_stops_as_temporary_and_the_retry_looks_first(world: World) -> None:
    world.settings = world.settings.model_copy(update={"index_settle_seconds": 300, "reconcile_budget_seconds": 20})
    world.jira.index_lag = 60
    world.jira.faults.add(Fault(CREATE, faults.drop_after_commit()))
    state = await world.export(ticket(1), ticket(2))
    assert state.failure is not None
    assert (state.failure.code, state.failure.category) == ("create_undecided", ErrorCategory.TEMPORARY)
    world.clock.advance(60)
    assert (await world.retry()).status == SessionStatus.COMPLETED
    assert list(world.jira.issues) == ["DEMO-1", "DEMO-2"]


async def test_a_create_held_back_for_long_is_announced_again(world: World) -> None:
    """The settle time counts from the announcement, so an old one would make the issue look absent at once."""
    world.jira.index_lag = 20
    world.jira.faults.add(
        Fault(CREATE, faults.rate_limit(retry_after=50), times=2), Fault(CREATE, faults.drop_after_commit())
    )
    state = await world.export(ticket(1))
    assert state.status == SessionStatus.COMPLETED
    assert list(world.jira.issues) == ["DEMO-1"]


async def test_stopping_does_not_wait_for_the_index(world: World) -> None:
    world.settings = world.settings.model_copy(update={"reconcile_budget_seconds": 600, "index_settle_seconds": 600})
    world.jira.faults.add(Fault(CREATE, faults.drop_before()))
    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)

    def stop(event: ExportEvent) -> None:
        if isinstance(event, ExportProgress) and event.phase is Phase.WAITING:
            stopped_at.append(world.clock.monotonic())
            exporter.stop()

    stopped_at: list[float] = []
    exporter = world.exporter(sink=stop)
    state = await exporter.execute(SESSION)
    assert world.clock.monotonic() - stopped_at[0] < 1
    assert (state.status, state.lease_owner) == (SessionStatus.EXPORTING, None)
    assert (await world.states())[0].intent_at is not None


# -- what ends it ----------------------------------------------------------------------------------------------------


class BrokenStore:
    """A store whose writes fail while `away` says so."""

    def __init__(self, inner: Any, away: Any) -> None:
        self._inner = inner
        self._away = away

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            if self._away(name, args):
                raise StoreUnavailableError("The database is away.")
            return await method(*args, **kwargs)

        return call


async def test_an_issue_that_could_not_be_recorded_is_named_and_adopted(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    away = True
    store = BrokenStore(world.store, lambda name, args: away and any(isinstance(arg, IssueRecorded) for arg in args))
    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    state = await world.exporter(store=store).execute(SESSION)
    assert state.status == SessionStatus.EXPORT_FAILED
    assert any(isinstance(event, IssueOrphaned) and event.issue.key == "DEMO-1" for event in world.events)
    (orphaned,) = [record for record in caplog.records if getattr(record, "action", "") == "issue_orphaned"]
    message = orphaned.getMessage()
    assert "DEMO-1" in message
    assert f"{world.jira.base_url}/browse/DEMO-1" in message
    assert "UPDATE tickets SET jira_ticket_key = 'DEMO-1'" in message
    assert f"WHERE id = '{UUID(int=1)}'" in message
    away = False
    assert (await world.retry()).status == SessionStatus.COMPLETED
    assert list(world.jira.issues) == ["DEMO-1"]


async def test_a_store_that_is_away_for_a_moment_is_waited_for(world: World) -> None:
    failures = iter([True, True, True])
    store = BrokenStore(world.store, lambda name, args: name == "append" and next(failures, False))
    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    assert (await world.exporter(store=store).execute(SESSION)).status == SessionStatus.COMPLETED


async def test_a_store_that_stays_away_leaves_the_session_to_the_next_worker(world: World) -> None:
    away = True
    store = BrokenStore(world.store, lambda name, args: away and name in {"append", "renew"})
    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    with pytest.raises(StoreUnavailableError):
        await world.exporter(store=store).execute(SESSION)
    away = False
    assert (await world.state()).status == SessionStatus.EXPORTING
    world.clock.advance(world.settings.lease_seconds)
    state = await world.exporter(store=store).execute(SESSION)
    assert (state.status, state.retry_count) == (SessionStatus.COMPLETED, 0)


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


@pytest.mark.parametrize(("fault", "looked_for"), [(faults.status(429), False), (faults.slow(20), True)])
async def test_a_create_jira_has_put_off_is_not_looked_for_after_a_cancellation(
    world: World, fault: faults.FaultKind, looked_for: bool
) -> None:
    """Nothing is under way during the wait; a create that was cut off, however, may have been made."""
    world.settings = world.settings.model_copy(update={"index_settle_seconds": 3})
    world.jira.faults.add(Fault(CREATE, fault))
    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(world.exporter().execute, SESSION)
            await world.runtime.sleep(1)
            scope.cancel()
    (state,) = await world.states()
    assert (state.intent_at is not None) is looked_for
    assert (await world.exporter().execute(SESSION)).status == SessionStatus.COMPLETED
    assert len(world.jira.issues) == 1
    assert any("search/jql" in request.path for request in world.jira.requests) is looked_for


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


async def test_a_cancellation_right_after_a_create_loses_no_key(world: World) -> None:
    class SlowStore(BrokenStore):
        pass

    scope = anyio.CancelScope()

    def cancel_once(name: str, args: Any) -> bool:
        if any(isinstance(arg, IssueRecorded) for arg in args) and not scope.cancel_called:
            scope.cancel()
            return True  # and the database is away for the first try
        return False

    store = SlowStore(world.store, cancel_once)
    await world.store.put(session(ticket(1), ticket(2)))
    await world.service().start(SESSION)
    with scope:
        await world.exporter(store=store).execute(SESSION)
    assert (await world.states())[0].issue is not None


# -- across tickets --------------------------------------------------------------------------------------------------


async def test_a_parent_from_the_session(world: World) -> None:
    await world.export(
        ticket(1, parent=UUID(int=2), issue_type="Story"),
        ticket(2, issue_type="Epic"),
        ticket(3, parent=UUID(int=1), issue_type="Sub-task"),
    )
    parents = {issue.summary: issue.parent for issue in world.jira.issues.values()}
    key = {issue.summary: issue.key for issue in world.jira.issues.values()}
    assert parents == {"Ticket 2": None, "Ticket 1": key["Ticket 2"], "Ticket 3": key["Ticket 1"]}


async def test_a_worker_that_dies_over_and_over_without_progress_is_an_administrators_case(world: World) -> None:
    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    for _ in range(world.settings.max_crashes):
        with anyio.CancelScope() as scope:
            store = BrokenStore(world.store, lambda name, args: scope.cancel_called)

            def die(event: ExportEvent, scope: anyio.CancelScope = scope) -> None:
                scope.cancel()

            await world.exporter(store=store, sink=die).execute(SESSION)
        assert (await world.state()).lease_owner is not None
        world.clock.advance(world.settings.lease_seconds)
    state = await world.exporter().execute(SESSION)
    assert state.failure is not None
    assert (state.failure.code, state.failure.category) == ("worker_crashed", ErrorCategory.ADMIN_REQUIRED)
    assert world.jira.creates == []
    assert (await world.retry()).status == SessionStatus.COMPLETED


async def test_an_error_nobody_foresaw_is_recorded(world: World) -> None:
    class Surprise(Exception):
        pass

    class Broken:
        def __getattr__(self, name: str) -> Any:
            if name == "create_issue":
                raise Surprise("what?")
            return getattr(world.client, name)

    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    state = await world.exporter(tracker=Broken()).execute(SESSION)
    assert state.failure is not None
    assert "Surprise" in state.failure.message


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
