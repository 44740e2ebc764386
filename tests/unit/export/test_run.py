from dataclasses import replace
from typing import Any
from uuid import UUID

import anyio
import pytest
from tests.unit.export.conftest import SESSION, BrokenStore, World, session, ticket

from jira_session_export._export.events import (
    ExportCompleted,
    ExportEvent,
    ExportProgress,
    ExportWaiting,
    IssueExported,
    WaitReason,
)
from jira_session_export._journal import SessionStatus
from jira_session_export._models import Ticket
from jira_session_export._values import ErrorCategory
from jira_session_export.errors import StoreUnavailableError
from jira_session_export.testing import Fault, faults

# -- pace ------------------------------------------------------------------------------------------------------------


async def test_the_pause_is_between_creates_from_end_to_start(world: World) -> None:
    world.jira.latency = 0.4
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


async def test_a_pause_is_told_with_its_end(world: World) -> None:
    await world.export(*(ticket(number) for number in range(1, 4)))
    waits = [event for event in world.events if isinstance(event, ExportWaiting)]
    assert [event.reason for event in waits] == [WaitReason.PAUSE] * 2
    assert [(event.until - event.at).total_seconds() for event in waits] == pytest.approx([1.5] * 2)


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
    assert [event.sequence for event in world.events] == list(range(1, 8))
    assert [type(event) for event in world.events] == [
        ExportProgress,
        IssueExported,
        ExportWaiting,
        ExportProgress,
        IssueExported,
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


async def test_a_relation_that_two_tickets_state_is_one_link_and_counts_once(world: World) -> None:
    one, two = ticket(1), ticket(2)
    await world.export(
        ticket(1, links=[{"type": "Blocks", "to": two.id}, {"type": "Relates", "to": two.id}]),
        ticket(2, depends_on=[one.id], links=[{"type": "relates to", "to": one.id}]),
    )
    assert [(link.type, link.inward, link.outward) for link in world.jira.links] == [
        ("Blocks", "DEMO-1", "DEMO-2"),
        ("Relates", "DEMO-1", "DEMO-2"),
    ]
    assert len(world.jira.sent("POST", "/issueLink")) == 2
    completed = world.events[-1]
    assert isinstance(completed, ExportCompleted)
    assert completed.dependencies_created == 2


def edit_stored(world: World, edited: Ticket) -> None:
    """Change a ticket at once, as a `put` of another process does."""
    record = world.store._records[SESSION]
    record.tickets[edited.id] = edited
    record.state = replace(record.state, content_version=(record.state.content_version or 0) + 1)


async def test_an_edit_may_name_what_nobody_looked_up(world: World) -> None:
    """A sprint, a reporter and an issue type that no ticket named when the run read the project."""
    first, second = ticket(1), ticket(2)
    guest = world.jira.add_user("Gil Guest", "gil@example.com", assignable_in=())
    edited = second.model_copy(update={"sprint": "DEMO Sprint 2", "reporter": "Gil Guest", "issue_type": "Bug"})

    def edit(event: ExportEvent) -> None:
        if isinstance(event, IssueExported):
            edit_stored(world, edited)

    await world.store.put(session(first, second))
    await world.service().start(SESSION)
    await world.exporter(sink=edit).execute(SESSION)
    fields = world.jira.creates[-1].json["fields"]
    assert fields["customfield_10020"] == 2
    assert fields["reporter"] == {"accountId": guest.account_id}
    assert not (await world.states())[1].manual_fixes


async def test_the_latest_edits_count(world: World) -> None:
    first, second = ticket(1), ticket(2, description_html="<p>old</p>")

    def edit(event: ExportEvent) -> None:
        if isinstance(event, IssueExported):
            edited = second.model_copy(update={"description_html": "<p>new</p>"})
            edit_stored(world, edited)

    await world.store.put(session(first, second))
    await world.service().start(SESSION)
    await world.exporter(sink=edit).execute(SESSION)
    assert "new" in str(world.jira.issues["DEMO-2"].description)


# -- what ends it ----------------------------------------------------------------------------------------------------


async def test_a_store_that_is_away_for_a_moment_is_waited_for(world: World) -> None:
    failures = iter([True, True, True])
    store = BrokenStore(world.store, lambda name, args: name == "append" and next(failures, False))
    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    assert (await world.exporter(store=store).execute(SESSION)).status == SessionStatus.COMPLETED


@pytest.mark.parametrize("operation", ["session", "ticket_states", "ticket", "append", "renew", "state"])
async def test_a_store_that_is_away_for_a_minute_costs_no_retry_and_blames_no_ticket(
    world: World, operation: str
) -> None:
    back = None

    def away(name: str, _args: Any) -> bool:
        nonlocal back
        if name == operation and back is None and running:
            back = world.clock.monotonic() + 60
        return back is not None and world.clock.monotonic() < back

    running = False
    store = BrokenStore(world.store, away)
    await world.store.put(session(ticket(1), ticket(2)))
    await world.service().start(SESSION)
    exporter = world.exporter(store=store)

    def started(event: ExportEvent) -> None:
        nonlocal running
        running = True

    running = operation in {"session", "ticket_states"}
    exporter = world.exporter(store=store, sink=started)
    state = await exporter.execute(SESSION)
    assert (state.status, state.retry_count, state.failure) == (SessionStatus.COMPLETED, 0, None)
    assert back is not None or operation == "renew"
    assert list(world.jira.issues) == ["DEMO-1", "DEMO-2"]


async def test_a_store_that_stays_away_for_reading_has_the_session_handed_over(world: World) -> None:
    away = True
    store = BrokenStore(world.store, lambda name, _: away and name == "ticket")
    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    state = await world.exporter(store=store).execute(SESSION)
    assert (state.status, state.lease_owner) == (SessionStatus.EXPORTING, None)
    away = False
    state = await world.exporter(store=store).execute(SESSION)
    assert (state.status, state.retry_count, state.crash_count) == (SessionStatus.COMPLETED, 0, 0)


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


# -- across tickets --------------------------------------------------------------------------------------------------


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
