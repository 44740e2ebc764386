"""Runs in bulks; every fault at every operation of one: tests/fault/test_bulk_creates.py."""

from contextlib import aclosing
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import anyio
import pytest
from tests.unit.export.conftest import SESSION, BrokenStore, World, session, ticket

from jira_session_export._adf import ConversionOptions
from jira_session_export._export.events import (
    ExportFailed,
    ExportProgress,
    ExportWaiting,
    IssueExported,
    IssueOrphaned,
    Phase,
    WaitReason,
)
from jira_session_export._export.hub import EventHub
from jira_session_export._export.watch import watch
from jira_session_export._journal import IntentRecorded, IssueRecorded, RunResumed, SessionStatus, TicketStatus
from jira_session_export._values import PROPERTY_KEY
from jira_session_export.api import ExportMessage, ExportProgressMessage
from jira_session_export.errors import OutcomeUnknownError
from jira_session_export.testing import Fault, faults

BULK = ("POST", "/issue/bulk")
SEARCH = ("POST", "/search/jql")
Drop = faults.drop_after_commit()


@pytest.fixture(autouse=True)
def bulks(world: World) -> None:
    world.settings = world.settings.model_copy(update={"bulk_size": 50})


def tickets(count: int, **fields: Any) -> list[Any]:
    return [ticket(number, **fields) for number in range(1, count + 1)]


async def test_announced_together_sent_together_recorded_together(world: World) -> None:
    appended: list[list[str]] = []

    def note(name: str, args: tuple[Any, ...]) -> bool:
        if name == "append":
            appended.append([type(each).__name__ for each in args[1:]])
        return False

    world.store = BrokenStore(world.store, note)
    state = await world.export(*tickets(120))
    assert (state.status, state.exported) == (SessionStatus.COMPLETED, 120)
    assert [len(each.json["issueUpdates"]) for each in world.jira.sent(*BULK)] == [50, 50, 20]
    assert [issue.summary for issue in world.jira.issues.values()] == [f"Ticket {n}" for n in range(1, 121)]
    of_tickets = [set(names) for names in appended if not names[0].startswith("Run")]
    assert of_tickets == [{IntentRecorded.__name__}, {IssueRecorded.__name__}] * 3
    markers = [issue.properties[PROPERTY_KEY]["ticket"] for issue in world.jira.issues.values()]
    assert markers == [str(UUID(int=n)) for n in range(1, 121)]


async def test_the_pause_is_between_requests(world: World) -> None:
    began = world.runtime.monotonic()
    await world.export(*tickets(100))
    assert world.runtime.monotonic() - began == pytest.approx(1.5)


async def test_progress_speaks_of_bulks_and_of_each_issue(world: World) -> None:
    await world.export(*tickets(120))
    creating = [event for event in world.events if isinstance(event, ExportProgress) and event.phase is Phase.CREATING]
    assert [event.current_stage for event in creating] == [
        "Creating tickets 1–50 of 120",
        "Creating tickets 51–100 of 120",
        "Creating tickets 101–120 of 120",
    ]
    assert [event.percentage for event in creating] == [0.8, 42.5, 84.2]
    told = [event.order for event in world.events if isinstance(event, IssueExported)]
    assert told == list(range(1, 121))


async def test_the_last_one_alone_is_told_as_ever(world: World) -> None:
    await world.export(*tickets(51))
    creating = [event for event in world.events if isinstance(event, ExportProgress) and event.phase is Phase.CREATING]
    assert creating[-1].current_stage == "Creating ticket 51 of 51: Ticket 51"
    assert [len(world.jira.sent(*BULK)), len(world.jira.creates)] == [1, 1]


async def test_a_refused_one_is_sent_again_with_less_and_the_others_are_recorded_meanwhile(world: World) -> None:
    world.jira.project("DEMO").issue_type("Task").list_also("priority", {"id": "77", "name": "Ghost"})
    batch = [ticket(1), ticket(2, priority="Ghost"), ticket(3, priority="Ghost"), ticket(4)]
    state = await world.export(*batch)
    assert state.status == SessionStatus.COMPLETED
    assert [len(each.json["issueUpdates"]) for each in world.jira.sent(*BULK)] == [4, 2]
    fixes = {state.order: [fix.field for fix in state.manual_fixes] for state in await world.states()}
    assert fixes == {1: [], 2: ["priority"], 3: ["priority"], 4: []}
    attempts = {state.order: state.attempt for state in await world.states()}
    assert attempts == {1: 1, 2: 2, 3: 2, 4: 1}


async def test_a_refusal_that_stops_the_export_stops_it_after_what_was_made(world: World) -> None:
    batch = [ticket(1), ticket(2), ticket(3), ticket(4)]

    def refuse(fields: Any) -> str | None:
        return "Never on a Monday." if fields["summary"] == "Ticket 3" else None

    world.jira.project("DEMO").validators.append(refuse)
    state = await world.export(*batch)
    assert state.status == SessionStatus.EXPORT_FAILED
    assert state.failed_at_ticket_order == 3
    assert state.failure is not None
    assert "Never on a Monday." in state.failure.message
    statuses = [(each.order, each.status, each.intent_at) for each in await world.states()]
    assert statuses == [
        (1, TicketStatus.EXPORTED, None),
        (2, TicketStatus.EXPORTED, None),
        (3, TicketStatus.FAILED, None),
        (4, TicketStatus.EXPORTED, None),
    ]
    (failed,) = [event for event in world.events if isinstance(event, ExportFailed)]
    assert failed.ticket_order == 3
    world.jira.project("DEMO").validators.clear()
    assert (await world.retry()).status == SessionStatus.COMPLETED
    assert len(world.jira.issues) == 4
    assert not world.jira.sent(*SEARCH)[1:]  # nothing had to be looked for


@pytest.mark.parametrize("made", [set(), {0}, {1, 3}, {0, 1, 2, 3}])
async def test_a_lost_answer_is_decided_by_one_search(world: World, made: set[int]) -> None:
    world.jira.faults.add(Fault(BULK, faults.partly(Drop, made)))
    state = await world.export(*tickets(4))
    assert state.status == SessionStatus.COMPLETED
    assert state.retry_count == 0
    assert sorted(issue.summary for issue in world.jira.issues.values()) == [f"Ticket {n}" for n in range(1, 5)]
    adopted = {event.order - 1 for event in world.events if isinstance(event, IssueExported) and event.adopted}
    assert adopted == made
    again = world.jira.sent(*BULK)[1:]
    left = 4 - len(made)
    assert [len(each.json["issueUpdates"]) for each in again] == ([left] if left > 1 else [])


async def test_what_a_worker_that_vanished_has_announced_is_decided_by_one_search(world: World) -> None:
    session_of_four = session(*tickets(4))
    await world.store.put(session_of_four)
    await world.service().start(SESSION)
    now, token = world.runtime.now(), (await world.state()).token
    entry = RunResumed(now, crashed=False)
    lease = await world.store.acquire(SESSION, entry, expected_token=token, owner="x", now=now, lease_seconds=30)
    assert lease is not None
    intents = [IntentRecorded(now, each.id, 1, each.title) for each in session_of_four.tickets]
    await world.store.append(lease, *intents)
    world.clock.advance(60)
    searched = len(world.jira.sent(*SEARCH))
    state = await world.exporter().execute(SESSION)
    assert (state.status, state.exported) == (SessionStatus.COMPLETED, 4)
    assert len(world.jira.sent(*SEARCH)) - searched <= 2  # one for the announced, one of the session's first run
    assert len(world.jira.sent(*BULK)) == 1


@pytest.mark.parametrize("status", [400, 413])
async def test_a_bulk_that_is_refused_as_a_whole_is_halved(world: World, status: int) -> None:
    def too_many(request: Any) -> bool:
        return request.body.count(b'"summary"') > 3

    world.jira.faults.add(Fault(BULK, faults.status(status), times=None, when=too_many))
    state = await world.export(*tickets(10))
    assert (state.status, state.exported) == (SessionStatus.COMPLETED, 10)
    sizes = [len(each.json["issueUpdates"]) for each in world.jira.sent(*BULK)]
    assert sizes == [10, 5, 2, 3, 5, 2, 3]
    assert [issue.summary for issue in world.jira.issues.values()] == [f"Ticket {n}" for n in range(1, 11)]
    assert not [each for each in await world.states() if each.intent_at]


async def test_one_issue_that_nobody_names_is_found_by_halving(world: World) -> None:
    def poison(request: Any) -> bool:
        return b"Ticket 7" in request.body

    for match in (BULK, ("POST", "/issue")):
        world.jira.faults.add(Fault(match, faults.status(400), times=None, when=poison))
    state = await world.export(*tickets(8))
    assert state.status == SessionStatus.EXPORT_FAILED
    assert state.failed_at_ticket_order == 7
    assert [each.order for each in await world.states() if each.issue is None] == [7, 8]


async def test_a_parent_is_created_in_an_earlier_request(world: World) -> None:
    epic = ticket(1, issue_type="Epic")
    batch = [epic, ticket(2, parent=epic.id), ticket(3), ticket(4, parent=epic.id)]
    state = await world.export(*batch)
    assert state.status == SessionStatus.COMPLETED
    parents = {issue.summary: issue.parent for issue in world.jira.issues.values()}
    assert parents == {"Ticket 1": None, "Ticket 3": None, "Ticket 2": "DEMO-1", "Ticket 4": "DEMO-1"}
    assert len(world.jira.sent(*BULK)) == 2


async def test_a_ticket_that_cannot_be_sent_stops_the_export_after_those_before_it(world: World) -> None:
    world.settings = world.settings.model_copy(update={"requires_priority_levels": True})
    state = await world.export(ticket(1, priority="High"), ticket(2, priority="High"))
    assert state.status == SessionStatus.COMPLETED


async def test_a_cancelled_export_sends_no_further_bulk(world: World) -> None:
    def cancel_soon(event: Any) -> None:
        world.events.append(event)
        if isinstance(event, IssueExported) and event.order == 50:
            exporter.cancel(SESSION)

    exporter = world.exporter(sink=cancel_soon)
    await world.store.put(session(*tickets(80)))
    await world.service().start(SESSION)
    state = await exporter.execute(SESSION)
    assert state.status == SessionStatus.CANCELLED
    assert len(world.jira.issues) == 50
    await world.service().start(SESSION)
    assert (await world.exporter().execute(SESSION)).exported == 80
    assert len(world.jira.issues) == 80


async def test_a_dry_run_says_how_many_requests_and_minutes_it_takes(world: World) -> None:
    batch = [ticket(1, issue_type="Epic"), *(ticket(n, parent=UUID(int=1)) for n in range(2, 121))]
    plan = await world.service().plan(session(*batch))
    assert (plan.create_requests, plan.estimated_duration_minutes) == (4, 1)
    await world.export(*batch)
    assert len(world.jira.sent(*BULK)) + len(world.jira.creates) == 4
    done = await world.service().plan(session(*batch))
    assert (done.create_requests, done.estimated_duration_minutes) == (0, 0)
    world.settings = world.settings.model_copy(update={"bulk_size": 1})
    singles = session(*tickets(120)).model_copy(update={"id": UUID(int=77)})
    one_by_one = await world.service().plan(singles)
    assert (one_by_one.create_requests, one_by_one.estimated_duration_minutes) == (120, 4)


async def test_a_dry_run_counts_no_request_for_what_cannot_be_sent(world: World) -> None:
    unsendable = ticket(2, issue_type="Sub-task", parent=UUID(int=1))  # Jira has no sub-tasks of epics
    plan = await world.service().plan(session(ticket(1, issue_type="Epic"), unsendable))
    assert [issue.error_message is None for issue in plan.issues] == [True, False]
    assert plan.create_requests == 1


async def test_progress_does_not_go_back_where_children_wait_for_their_parents(world: World) -> None:
    epic, story = ticket(1, issue_type="Epic"), ticket(2, parent=UUID(int=1))
    await world.export(epic, story, ticket(3, issue_type="Sub-task", parent=story.id), *tickets(60)[3:])
    creating = [event for event in world.events if isinstance(event, ExportProgress) and event.phase is Phase.CREATING]
    assert [event.current_stage for event in creating] == [
        "Creating tickets 1–50 of 60",
        "Creating tickets 51–59 of 60",
        "Creating ticket 60 of 60: Ticket 3",
    ]
    told = [event.percentage for event in creating]
    assert told == sorted(told)


async def test_a_retry_of_the_only_one_left_counts_what_is_done(world: World) -> None:
    world.jira.project("DEMO").validators.append(lambda fields: "No." if fields["summary"] == "Ticket 2" else None)
    await world.export(*tickets(10))
    world.jira.project("DEMO").validators.clear()
    world.events.clear()
    await world.retry()
    (creating,) = [each for each in world.events if isinstance(each, ExportProgress) and each.phase is Phase.CREATING]
    assert creating.current_stage == "Creating ticket 10 of 10: Ticket 2"


async def test_looking_for_the_issues_of_a_bulk_is_told_as_that(world: World) -> None:
    world.jira.index_lag = 5
    world.jira.faults.add(Fault(BULK, Drop))
    await world.export(*tickets(60))
    looking = {event.current_stage for event in world.events if getattr(event, "phase", None) is Phase.WAITING}
    assert looking == {"Looking for tickets 1–50 of 60 in Jira"}


async def test_messages_of_bulks_never_go_back_although_the_store_is_asked_in_between(world: World) -> None:
    world.jira.project("DEMO").issue_type("Task").list_also("priority", {"id": "77", "name": "Ghost"})
    world.jira.index_lag = 20
    world.jira.faults.add(Fault(BULK, faults.partly(Drop, range(0, 50, 2)), nth=2))
    batch = [ticket(number, **({"priority": "Ghost"} if number == 7 else {})) for number in range(1, 131)]
    hub = EventHub()
    told: list[ExportMessage] = []
    await world.store.put(session(*batch))
    await world.service().start(SESSION)

    async def listen() -> None:
        async with aclosing(
            watch(world.store, hub, SESSION, world.settings, world.runtime, poll_seconds=0.3)
        ) as messages:
            async for message in messages:
                told.append(message)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(listen)
        await world.exporter(sink=hub).execute(SESSION)
    percentages = [each.progress_percentage for each in told if isinstance(each, ExportProgressMessage)]
    completed = [each.tickets_completed for each in told if isinstance(each, ExportProgressMessage)]
    assert percentages == sorted(percentages)
    assert completed == sorted(completed)
    assert "Looking for tickets 51–100 of 130 in Jira" in {getattr(each, "current_stage", "") for each in told}


async def test_halves_keep_the_pause_and_what_is_sent_with_less_does_not(world: World) -> None:
    world.jira.faults.add(Fault(BULK, faults.status(413)))
    began = world.runtime.monotonic()
    await world.export(*tickets(10))
    assert [len(each.json["issueUpdates"]) for each in world.jira.sent(*BULK)] == [10, 5, 5]
    assert world.runtime.monotonic() - began == pytest.approx(1.5)


@pytest.mark.parametrize("status", [400, 413])
async def test_a_stop_between_halves_leaves_nothing_to_look_for(world: World, status: int) -> None:
    world.jira.faults.add(Fault(BULK, faults.status(status)))

    def stop_soon(event: Any) -> None:
        if isinstance(event, IssueExported):
            exporter.stop()

    exporter = world.exporter(sink=stop_soon)
    await world.store.put(session(*tickets(8)))
    await world.service().start(SESSION)
    await exporter.execute(SESSION)
    states = await world.states()
    assert [each.order for each in states if each.issue is not None] == [1, 2, 3, 4]
    assert not [each for each in states if each.intent_at]


async def test_a_stop_between_a_refusal_and_the_next_try_leaves_nothing_to_look_for(world: World) -> None:
    world.jira.project("DEMO").issue_type("Task").list_also("priority", {"id": "77", "name": "Ghost"})

    def stop_soon(event: Any) -> None:
        if isinstance(event, IssueExported):
            exporter.stop()

    exporter = world.exporter(sink=stop_soon)
    await world.store.put(session(ticket(1), ticket(2, priority="Ghost"), ticket(3, priority="Ghost")))
    await world.service().start(SESSION)
    await exporter.execute(SESSION)
    states = await world.states()
    assert [each.order for each in states if each.issue is not None] == [1]
    assert not [each for each in states if each.intent_at]
    assert len(world.jira.sent(*BULK)) == 1
    searched = len(world.jira.sent(*SEARCH))
    assert (await world.exporter().execute(SESSION)).exported == 3
    assert len(world.jira.sent(*SEARCH)) == searched


def made(number: int) -> dict[str, str]:
    return {"id": str(9_999 + number), "key": f"DEMO-{number}", "self": "https://jira.example/1"}


def not_made(**fields: Any) -> dict[str, Any]:
    errors = {"errorMessages": [], "errors": {"labels": "Not today."}, "status": 400}
    return {"status": 400, "elementErrors": errors, **fields}


MADE = [made(1), made(2), made(3)]
# What an answer may look like of which nobody knows that Jira ever gives it; of four tickets, three are made.
ODD_ANSWERS = {
    "fewer issues, no error": (201, {"issues": [made(1)], "errors": []}),
    "no issues": (201, {"issues": None, "errors": None}),
    "nothing at all": (201, {"issues": [], "errors": []}),
    "an issue that is none": (201, {"issues": [made(1), None, made(3)], "errors": [not_made(failedElementNumber=3)]}),
    "an issue twice": (201, {"issues": [made(1), made(1), made(3)], "errors": [not_made(failedElementNumber=3)]}),
    "an error without its place": (201, {"issues": MADE, "errors": [not_made()]}),
    "an error without its place, as 400": (400, {"issues": MADE, "errors": [not_made()]}),
    "an error elsewhere": (201, {"issues": MADE, "errors": [not_made(failedElementNumber=4)]}),
    "an error elsewhere, as 400": (400, {"issues": MADE, "errors": [not_made(failedElementNumber=-1)]}),
    "an error twice": (201, {"issues": MADE[:2], "errors": [not_made(failedElementNumber=3)] * 2}),
    "an error that is none, as 400": (400, {"issues": MADE, "errors": ["no"]}),
    "its place as a string": (201, {"issues": MADE, "errors": [not_made(failedElementNumber="3")]}),
    "no words": (201, {"issues": MADE, "errors": [not_made(failedElementNumber=3, elementErrors=None)]}),
    "a status of no error": (201, {"issues": MADE, "errors": [not_made(failedElementNumber=3, status=200)]}),
    "an unknown fate": (201, {"issues": MADE, "errors": [not_made(failedElementNumber=3, status=500)]}),
    "several statuses": (207, {"issues": MADE, "errors": [not_made(failedElementNumber=3)]}),
    "a list": (201, []),
    "a page": (200, "<html>"),
}


@pytest.mark.parametrize("name", ODD_ANSWERS)
async def test_an_odd_answer_makes_no_ticket_twice_and_loses_none(world: World, name: str) -> None:
    status, body = ODD_ANSWERS[name]
    world.jira.index_lag = 3
    world.jira.faults.add(Fault(BULK, faults.partly(faults.status(status, body, after_commit=True), {0, 1, 2})))
    state = await world.export(*(ticket(number, labels=["a"]) for number in range(1, 5)))
    assert (state.status, state.exported, state.retry_count) == (SessionStatus.COMPLETED, 4, 0)
    keys = {issue.properties[PROPERTY_KEY]["ticket"]: key for key, issue in world.jira.issues.items()}
    assert len(keys) == len(world.jira.issues) == 4
    for each in await world.states():
        assert each.issue is not None
        assert (each.issue.key, each.intent_at, len(each.orphans)) == (keys[str(each.ticket_id)], None, 0)


@pytest.mark.parametrize(
    ("status", "code"),
    [(401, "authentication_failed"), (403, "permission_denied"), (404, "jira_not_found")],
)
async def test_a_refusal_of_one_that_less_cannot_mend_stops_the_export_after_the_others(
    world: World, status: int, code: str
) -> None:
    refused = not_made(failedElementNumber=1, status=status)
    answer = faults.status(201, {"issues": MADE, "errors": [refused]}, after_commit=True)
    world.jira.faults.add(Fault(BULK, faults.partly(answer, {0, 2, 3})))
    state = await world.export(*tickets(4))
    assert (state.status, state.failed_at_ticket_order) == (SessionStatus.EXPORT_FAILED, 2)
    assert state.failure is not None
    assert state.failure.code == code
    assert [each.issue is not None for each in await world.states()] == [True, False, True, True]
    assert (await world.retry()).exported == len(world.jira.issues) == 4
    assert [each.attempt for each in await world.states()] == [1, 2, 1, 1]
    markers = {issue.summary: issue.properties[PROPERTY_KEY]["attempt"] for issue in world.jira.issues.values()}
    assert markers["Ticket 2"] == 2


async def test_the_first_of_several_refusals_is_told(world: World) -> None:
    refused = [not_made(failedElementNumber=number, status=403) for number in (3, 1, 2)]
    answer = faults.status(201, {"issues": MADE[:1], "errors": refused}, after_commit=True)
    world.jira.faults.add(Fault(BULK, faults.partly(answer, {0})))
    state = await world.export(*tickets(4))
    assert (state.failed_at_ticket_order, state.exported) == (2, 1)


@pytest.mark.parametrize("status", [401, 403, 404, 409])
async def test_a_whole_refusal_that_is_no_matter_of_size_is_not_halved(world: World, status: int) -> None:
    world.jira.faults.add(Fault(BULK, faults.status(status), times=None))
    state = await world.export(*tickets(4))
    assert (state.status, state.failed_at_ticket_order) == (SessionStatus.EXPORT_FAILED, 1)
    assert {len(each.json["issueUpdates"]) for each in world.jira.sent(*BULK)} == {4}
    assert not world.jira.creates


async def test_a_whole_request_that_is_too_many_has_used_its_patience(world: World) -> None:
    world.jira.faults.add(Fault(BULK, faults.rate_limit(), times=None))
    state = await world.export(*tickets(2))
    assert state.failure is not None
    assert state.failure.code == "rate_limited"
    assert sizes(world) == [2] * 5


async def test_what_is_sent_with_less_in_a_half_keeps_no_pause(world: World) -> None:
    world.jira.project("DEMO").issue_type("Task").list_also("priority", {"id": "77", "name": "Ghost"})
    world.jira.faults.add(Fault(BULK, faults.status(413)))
    began = world.runtime.monotonic()
    await world.export(ticket(1, priority="Ghost"), ticket(2, priority="Ghost"), *tickets(4)[2:])
    assert sizes(world) == [4, 2, 2, 2]
    assert world.runtime.monotonic() - began == pytest.approx(1.5)


async def test_a_second_issue_of_a_lost_bulk_is_kept_as_an_orphan(world: World) -> None:
    class Twice:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.client, name)

        async def create_issues(self, payloads: Any, **hooks: Any) -> Any:
            await world.client.create_issues(payloads)
            await world.client.create_issues(payloads, **hooks)
            raise OutcomeUnknownError("Lost.", operation="POST /issue/bulk")

    await world.store.put(session(*tickets(2)))
    await world.service().start(SESSION)
    assert (await world.exporter(tracker=Twice()).execute(SESSION)).exported == 2
    assert [[orphan.key for orphan in each.orphans] for each in await world.states()] == [["DEMO-3"], ["DEMO-4"]]


# -- some of a bulk are too many for Jira --------------------------------------------------------------------------


def sizes(world: World) -> list[int]:
    return [len(each.json["issueUpdates"]) for each in world.jira.sent(*BULK)]


async def test_what_was_too_many_is_sent_again_after_the_wait_that_jira_asks_for(world: World) -> None:
    world.jira.faults.add(Fault(BULK, faults.refuse_elements(429, {1, 3}, retry_after=20)))
    began = world.runtime.monotonic()
    state = await world.export(*tickets(5))
    assert (state.status, state.exported, state.retry_count) == (SessionStatus.COMPLETED, 5, 0)
    assert world.runtime.monotonic() - began == pytest.approx(20)
    assert sizes(world) == [5, 2]
    assert [issue.summary for issue in world.jira.issues.values()] == [f"Ticket {n}" for n in (1, 3, 5, 2, 4)]
    waiting = [event for event in world.events if isinstance(event, ExportWaiting)]
    assert [(each.reason, each.until) for each in waiting] == [(WaitReason.RATE_LIMIT, world.runtime.now())]
    assert not world.jira.sent(*SEARCH)[1:]  # nothing had to be looked for
    told = [event.order for event in world.events if isinstance(event, IssueExported)]
    assert told == [1, 3, 5, 2, 4]
    assert [each.attempt for each in await world.states()] == [1, 2, 1, 2, 1]


async def test_without_a_wait_asked_for_the_back_off_grows(world: World) -> None:
    world.jira.faults.add(Fault(BULK, faults.refuse_elements(429, {0, 1, 2}), times=3))
    began = world.runtime.monotonic()
    state = await world.export(*tickets(3))
    assert (state.status, state.exported) == (SessionStatus.COMPLETED, 3)
    assert sizes(world) == [3] * 4
    assert 0.7 * 14 <= world.runtime.monotonic() - began <= 1.3 * 14  # 2 + 4 + 8 seconds


async def test_a_limit_that_lets_some_through_each_time_is_waited_out_for_as_long_as_it_takes(world: World) -> None:
    world.jira.faults.add(Fault(BULK, faults.refuse_elements(429, range(2, 50)), times=None))
    state = await world.export(*tickets(20))
    assert (state.status, state.exported) == (SessionStatus.COMPLETED, 20)
    assert sizes(world) == list(range(20, 1, -2))


async def test_a_limit_that_lets_none_through_stops_the_export_until_later(world: World) -> None:
    world.jira.faults.add(Fault(BULK, faults.refuse_elements(429, {0, 1}, retry_after=9), times=5))
    state = await world.export(*tickets(2))
    assert (state.status, state.failed_at_ticket_order) == (SessionStatus.EXPORT_FAILED, 1)
    assert state.failure is not None
    assert state.failure.code == "rate_limited"
    assert state.failure.retry_not_before == world.runtime.now() + timedelta(seconds=9)
    assert not [each for each in await world.states() if each.intent_at]
    world.clock.advance(9)
    assert (await world.retry()).exported == len(world.jira.issues) == 2
    assert len(world.jira.sent(*SEARCH)) <= 1


async def test_a_wait_that_is_too_long_stops_the_export_after_what_was_made(world: World) -> None:
    world.jira.faults.add(Fault(BULK, faults.refuse_elements(429, {1}, retry_after=121)))
    state = await world.export(*tickets(3))
    assert (state.status, state.exported, state.failed_at_ticket_order) == (SessionStatus.EXPORT_FAILED, 2, 2)
    assert state.failure is not None
    assert state.failure.retry_not_before == world.runtime.now() + timedelta(seconds=121)
    assert not [each for each in await world.states() if each.intent_at]


async def test_too_many_beside_a_fallback_an_unknown_fate_and_a_refusal(world: World) -> None:
    world.jira.project("DEMO").issue_type("Task").list_also("priority", {"id": "77", "name": "Ghost"})
    ghost = {"errorMessages": [], "errors": {"priority": "Not today."}, "status": 400}
    errors = [
        not_made(failedElementNumber=0, status=503, elementErrors={"status": 503}),
        not_made(failedElementNumber=1, elementErrors=ghost),
        not_made(failedElementNumber=2, status=429, elementErrors={"status": 429}),
    ]
    answer = faults.status(
        201, {"issues": [made(1)], "errors": errors}, headers={"retry-after": "3"}, after_commit=True
    )
    world.jira.faults.add(Fault(BULK, faults.partly(answer, {3})))
    batch = [ticket(1), ticket(2, priority="Ghost"), ticket(3), ticket(4)]
    state = await world.export(*batch)
    assert (state.status, state.exported, state.retry_count) == (SessionStatus.COMPLETED, 4, 0)
    assert sizes(world) == [4, 3]
    assert [issue.summary for issue in world.jira.issues.values()] == [f"Ticket {n}" for n in (4, 1, 2, 3)]
    fixes = {each.order: [fix.field for fix in each.manual_fixes] for each in await world.states()}
    assert fixes == {1: [], 2: ["priority"], 3: [], 4: []}


async def test_a_refusal_that_needs_a_person_is_told_before_a_limit(world: World) -> None:
    errors = [not_made(failedElementNumber=0, status=429), not_made(failedElementNumber=2, status=403)]
    answer = faults.status(201, {"issues": MADE[:2], "errors": errors}, after_commit=True)
    world.jira.faults.add(Fault(BULK, faults.partly(answer, {1, 3})))
    state = await world.export(*tickets(4))
    assert (state.failed_at_ticket_order, state.exported) == (3, 2)
    assert not [each for each in await world.states() if each.intent_at]


async def test_a_stop_while_some_wait_leaves_nothing_to_look_for(world: World) -> None:
    def stop_soon(event: Any) -> None:
        if isinstance(event, ExportWaiting) and event.reason is WaitReason.RATE_LIMIT:
            exporter.stop()

    world.jira.faults.add(Fault(BULK, faults.refuse_elements(429, {0, 1, 2}, retry_after=60)))
    exporter = world.exporter(sink=stop_soon)
    await world.store.put(session(*tickets(3)))
    await world.service().start(SESSION)
    await exporter.execute(SESSION)
    assert not world.jira.issues
    assert not [each for each in await world.states() if each.intent_at]
    searched = len(world.jira.sent(*SEARCH))
    assert (await world.exporter().execute(SESSION)).exported == len(world.jira.issues) == 3
    assert len(world.jira.sent(*SEARCH)) == searched


async def test_others_hear_of_the_limit(world: World) -> None:
    world.jira.faults.add(Fault(BULK, faults.refuse_elements(429, {1}, retry_after=30)))
    payload = {"fields": {"project": {"key": "DEMO"}, "issuetype": {"name": "Task"}, "summary": "One"}}
    began = world.runtime.monotonic()
    await world.client.create_issues([payload] * 2)
    assert world.runtime.monotonic() == began
    await world.client.create_issues([payload])
    assert world.runtime.monotonic() - began == pytest.approx(30)


# -- what is kept of a bulk ------------------------------------------------------------------------------------------


def partly_refused(world: World) -> None:
    world.jira.project("DEMO").issue_type("Task").list_also("priority", {"id": "77", "name": "Ghost"})


@pytest.mark.parametrize(
    "fault",
    [faults.status(413), faults.status(400), faults.drop_before(), faults.partly(Drop, {0, 2}), None],
    ids=["413", "400", "lost before", "lost in the middle", "some refused"],
)
async def test_a_marker_names_the_create_that_made_the_issue(world: World, fault: Any) -> None:
    partly_refused(world)
    if fault is not None:
        world.jira.faults.add(Fault(BULK, fault))
    await world.export(*tickets(4), *(ticket(number, priority="Ghost") for number in (5, 6)))
    attempts = {str(state.ticket_id): state.attempt for state in await world.states()}
    markers = [issue.properties[PROPERTY_KEY] for issue in world.jira.issues.values()]
    assert {marker["ticket"]: marker["attempt"] for marker in markers} == attempts
    fingerprints = {str(state.ticket_id): state.fingerprint for state in await world.states()}
    assert {marker["ticket"]: marker["fingerprint"] for marker in markers} == fingerprints
    ghosts = [issue for issue in world.jira.issues.values() if issue.summary in {"Ticket 5", "Ticket 6"}]
    assert ["priority" in issue.fields and issue.fields["priority"]["id"] == "77" for issue in ghosts] == [False] * 2


async def test_steps_that_are_left_are_done_for_each_of_a_bulk(world: World) -> None:
    partly_refused(world)
    image = "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR4nGNgYGBgAAAABQABpfZFQAAAAABJRU5ErkJggg=="
    shown = f'<p>See</p><p><img src="{image}"></p>'
    batch = [
        ticket(1),
        ticket(2, description_html=shown),
        ticket(3, description_html=shown, priority="Ghost"),
        ticket(4, sprint="DEMO Sprint 2"),
        ticket(5),
    ]
    state = await world.export(*batch)
    assert state.status == SessionStatus.COMPLETED
    attached = [len(issue.attachments) for issue in world.jira.issues.values()]
    assert sorted(attached) == [0, 0, 0, 1, 1]
    kinds = {state.order: {step.kind.value for step in state.steps} for state in await world.states()}
    assert kinds[2] == kinds[3]
    assert "attachment" in kinds[2]


async def test_an_edit_between_two_bulks_counts(world: World) -> None:
    world.settings = world.settings.model_copy(update={"bulk_size": 2})

    def edit(event: Any) -> None:
        if isinstance(event, IssueExported) and event.order == 2:
            record = world.store._records[SESSION]
            record.tickets[UUID(int=3)] = ticket(3, title="Edited")
            record.state = replace(record.state, content_version=(record.state.content_version or 0) + 1)

    await world.store.put(session(*tickets(6)))
    await world.service().start(SESSION)
    await world.exporter(sink=edit).execute(SESSION)
    summaries = [issue.summary for issue in world.jira.issues.values()]
    assert summaries == ["Ticket 1", "Ticket 2", "Edited", "Ticket 4", "Ticket 5", "Ticket 6"]


async def test_those_before_one_that_cannot_be_sent_are_finished_first(world: World) -> None:
    image = '<p><img src="data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="></p>'
    state = await world.export(ticket(1, description_html=image), ticket(2, title="\x07"), ticket(3))
    assert (state.status, state.failed_at_ticket_order) == (SessionStatus.EXPORT_FAILED, 2)
    (issue,) = world.jira.issues.values()
    assert len(issue.attachments) == 1


async def test_of_two_that_cannot_be_sent_the_first_is_told_whatever_is_wrong_with_them(world: World) -> None:
    """The one has no title that Jira takes, which shows after the other's conversion."""
    too_long = "x" * (ConversionOptions().max_input_length + 1)
    state = await world.export(*tickets(12), ticket(13, title="\x07"), ticket(14, description_html=too_long))
    assert (state.status, state.failed_at_ticket_order) == (SessionStatus.EXPORT_FAILED, 13)
    assert len(world.jira.issues) == 12


async def test_what_is_refused_is_closed_with_the_record_of_the_others(world: World) -> None:
    """A crash at that moment leaves nothing to look for."""
    appended: list[list[str]] = []

    def note(name: str, args: tuple[Any, ...]) -> bool:
        if name == "append":
            appended.append([type(each).__name__ for each in args[1:] if not type(each).__name__.startswith("Run")])
        return False

    world.jira.project("DEMO").issue_type("Task").list_also("priority", {"id": "77", "name": "Ghost"})
    world.store = BrokenStore(world.store, note)
    await world.export(ticket(1), ticket(2, priority="Ghost"), ticket(3))
    assert [names for names in appended if names] == [
        ["IntentRecorded"] * 3,
        ["IssueRecorded", "IssueRecorded", "CreateRefused"],
        ["IntentRecorded"],
        ["IssueRecorded"],
    ]


async def test_what_is_refused_is_closed_although_another_stays_unknown(world: World) -> None:
    world.settings = world.settings.model_copy(update={"index_settle_seconds": 500, "reconcile_budget_seconds": 10})
    errors = [not_made(failedElementNumber=0), not_made(failedElementNumber=1, status=500)]
    world.jira.faults.add(Fault(BULK, faults.status(400, {"issues": [], "errors": errors})))
    state = await world.export(ticket(1, labels=["a"]), ticket(2, labels=["a"]))
    assert (state.status, state.failed_at_ticket_order) == (SessionStatus.EXPORT_FAILED, 2)
    assert [each.intent_at is None for each in await world.states()] == [True, False]
    world.clock.advance(600)
    assert (await world.retry()).exported == len(world.jira.issues) == 2


async def test_a_bulk_held_back_for_long_is_announced_again_as_a_whole(world: World) -> None:
    """The settle time counts from the announcement, so an old one would make an issue look absent at once."""
    world.jira.index_lag = 20
    world.jira.faults.add(Fault(BULK, faults.rate_limit(retry_after=50), times=2), Fault(BULK, Drop))
    state = await world.export(*tickets(3))
    assert state.status == SessionStatus.COMPLETED
    assert list(world.jira.issues) == ["DEMO-1", "DEMO-2", "DEMO-3"]


async def test_every_issue_of_a_bulk_that_could_not_be_recorded_is_named_and_adopted(world: World) -> None:
    away = True
    store = BrokenStore(world.store, lambda _, args: away and any(isinstance(each, IssueRecorded) for each in args))
    await world.store.put(session(*tickets(3)))
    await world.service().start(SESSION)
    await world.exporter(store=store).execute(SESSION)
    told = [event.issue.key for event in world.events if isinstance(event, IssueOrphaned)]
    assert told == ["DEMO-1", "DEMO-2", "DEMO-3"]
    away = False
    state = await world.exporter(store=store).execute(SESSION)
    assert (state.status, state.exported, len(world.jira.issues)) == (SessionStatus.COMPLETED, 3, 3)


async def test_a_database_away_for_a_minute_loses_nothing_of_what_became_of_a_bulk(world: World) -> None:
    world.jira.project("DEMO").issue_type("Task").list_also("priority", {"id": "77", "name": "Ghost"})
    away_until: list[float] = []

    def is_away(_: str, args: tuple[Any, ...]) -> bool:
        if not away_until and any(isinstance(each, IssueRecorded) for each in args):
            away_until.append(world.runtime.monotonic() + 60)
        return bool(away_until) and world.runtime.monotonic() < away_until[0]

    world.store = BrokenStore(world.store, is_away)
    state = await world.export(ticket(1), ticket(2, priority="Ghost"), ticket(3))
    assert (state.status, state.exported, state.retry_count) == (SessionStatus.COMPLETED, 3, 0)
    kinds = await world.kinds()
    assert kinds.count("create_refused") == 1
    assert kinds.index("create_refused") < len(kinds) - kinds[::-1].index("intent_recorded") - 1
    assert not [event for event in world.events if isinstance(event, IssueOrphaned)]


async def test_every_issue_of_a_bulk_whose_worker_lost_the_session_is_kept(world: World) -> None:
    class TakenOver:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.client, name)

        async def create_issues(self, payloads: Any, **hooks: Any) -> Any:
            outcomes = await world.client.create_issues(payloads, **hooks)
            world.clock.advance(world.settings.lease_seconds + 1)
            state, now = await world.state(), world.runtime.now()
            entry = RunResumed(now, crashed=True)
            assert await world.store.acquire(
                SESSION, entry, expected_token=state.token, owner="another", now=now, lease_seconds=30
            )
            return outcomes

    await world.store.put(session(*tickets(3)))
    await world.service().start(SESSION)
    await world.exporter(tracker=TakenOver()).execute(SESSION)
    assert [[orphan.key for orphan in each.orphans] for each in await world.states()] == [
        ["DEMO-1"],
        ["DEMO-2"],
        ["DEMO-3"],
    ]
    world.clock.advance(31)
    assert (await world.exporter().execute(SESSION)).exported == len(world.jira.issues) == 3
    assert not [each for each in await world.states() if each.orphans]
