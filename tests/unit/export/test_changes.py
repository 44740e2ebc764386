"""Tickets are edited, removed or adopted, and the results say how they compare with their issues."""

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from tests.unit.export.conftest import SESSION, World, session, ticket

from jira_session_export._export.changes import Change, ticket_change
from jira_session_export._export.comparisons import COMPARED
from jira_session_export._export.events import Phase
from jira_session_export._export.exporter import Exporter
from jira_session_export._journal import TicketState
from jira_session_export._models import Ticket
from jira_session_export._slices import MANY
from jira_session_export._storage.memory import InMemoryStore
from jira_session_export._values import PROPERTY_KEY, CreatedIssue
from jira_session_export.api import ExportCompletedResponse
from jira_session_export.errors import TicketError
from jira_session_export.testing import Fault, faults

ISSUE = CreatedIssue("1", "DEMO-1", "https://jira/browse/DEMO-1")
TICKETS = (ticket(1), ticket(2, description_html="<p>Body</p>"), ticket(3))


async def changes(world: World) -> dict[str, tuple[str, list[str]]]:
    results = await world.service().results(SESSION)
    return {each.jira_key: (each.change, each.edited_fields) for each in results.jira_tickets}


async def test_nothing_was_edited(world: World) -> None:
    await world.export(*TICKETS)
    assert set(map(str, await changes(world))) == {"DEMO-1", "DEMO-2", "DEMO-3"}
    assert {kind for kind, _ in (await changes(world)).values()} == {"none"}


async def test_edits_after_the_export_are_told_and_the_exported_title_is_shown(world: World) -> None:
    await world.export(*TICKETS)
    requests = len(world.jira.requests)
    await world.store.put(session(ticket(1, title="Renamed", labels=["x"]), TICKETS[1], TICKETS[2]))
    results = await world.service().results(SESSION)
    first = results.jira_tickets[0]
    assert (first.title, first.current_title, first.change) == ("Ticket 1", "Renamed", "edited")
    assert first.edited_fields == ["labels", "title"]
    assert [each.change for each in results.jira_tickets[1:]] == ["none", "none"]
    assert (results.tickets_edited, results.tickets_removed) == (1, 0)
    status = await world.service().status(SESSION)
    assert isinstance(status, ExportCompletedResponse)
    assert (status.tickets_edited, status.tickets_removed, status.tickets_left_out) == (1, 0, 0)
    assert len(world.jira.requests) == requests  # Jira was not asked


async def test_a_ticket_put_back_as_it_was_is_no_edit(world: World) -> None:
    await world.export(*TICKETS)
    await world.store.put(session(ticket(1, title="Renamed"), *TICKETS[1:]))
    await world.store.put(session(*TICKETS))
    assert {kind for kind, _ in (await changes(world)).values()} == {"none"}


async def test_a_ticket_that_is_gone_from_the_batch_is_told(world: World) -> None:
    await world.export(*TICKETS)
    await world.store.put(session(*TICKETS[1:]))
    assert (await changes(world))["DEMO-1"] == ("removed", [])
    status = await world.service().status(SESSION)
    assert isinstance(status, ExportCompletedResponse)
    assert (status.jira_tickets_created, status.tickets_removed) == (3, 1)
    await world.store.put(session(*TICKETS))
    assert (await changes(world))["DEMO-1"] == ("none", [])


async def test_what_was_sent_counts_not_what_was_read_when_the_run_began(world: World) -> None:
    """The ticket is edited while the export runs, once before its create and once after it."""
    edited = (TICKETS[0], TICKETS[1], ticket(3, title="Before"))
    world.jira.faults.add(Fault(("POST", "/issue"), faults.status(403), nth=3))
    await world.export(*TICKETS)
    await world.store.put(session(*edited))
    await world.retry()
    assert (await changes(world))["DEMO-3"] == ("none", [])
    await world.store.put(session(*edited[:2], ticket(3, title="After")))
    results = await world.service().results(SESSION)
    assert (results.jira_tickets[2].title, results.jira_tickets[2].edited_fields) == ("Before", ["title"])


async def test_an_edit_between_a_lost_answer_and_the_adoption_is_told(world: World) -> None:
    world.jira.faults.add(Fault(("POST", "/issue"), faults.drop_after_commit(), nth=1))
    world.jira.index_lag = 20
    await world.store.put(session(*TICKETS))
    await world.service().start(SESSION)
    exporter: Exporter = world.exporter(
        sink=lambda event: exporter.stop() if getattr(event, "phase", None) is Phase.WAITING else None
    )
    assert (await exporter.execute(SESSION)).exported == 0
    await world.store.put(session(ticket(1, title="Edited"), *TICKETS[1:]))
    world.clock.advance(60)
    await world.exporter().execute(SESSION)
    results = await world.service().results(SESSION)
    first = results.jira_tickets[0]
    assert (first.title, first.current_title, first.change) == ("Ticket 1", "Edited", "edited")


async def test_the_marker_tells_after_a_lost_state_what_was_sent(world: World) -> None:
    await world.export(*TICKETS)
    world.store = InMemoryStore()
    world.clock.advance(3600)
    await world.export(TICKETS[0], ticket(2, description_html="<p>Other</p>"), ticket(3, labels=["new"]))
    assert await changes(world) == {
        "DEMO-1": ("none", []),
        "DEMO-2": ("edited", ["description"]),
        "DEMO-3": ("edited", ["labels"]),
    }


async def test_of_an_issue_without_fingerprint_only_the_title_is_known(world: World) -> None:
    await world.export(*TICKETS)
    for issue in world.jira.issues.values():
        del issue.properties[PROPERTY_KEY]["fingerprint"]
    world.store = InMemoryStore()
    world.clock.advance(3600)
    await world.export(ticket(1, labels=["maybe new"]), ticket(2, title="Certainly new"), TICKETS[2])
    assert await changes(world) == {
        "DEMO-1": ("unknown", []),
        "DEMO-2": ("edited", ["title"]),
        "DEMO-3": ("unknown", []),
    }
    results = await world.service().results(SESSION)
    assert [(each.title, each.current_title) for each in results.jira_tickets] == [
        ("Ticket 1", None),
        ("Ticket 2", "Certainly new"),
        ("Ticket 3", None),
    ]


async def test_a_state_older_than_the_record_says_so(world: World) -> None:
    await world.export(*TICKETS)
    record = world.store._records[SESSION]
    record.ticket_states = {
        key: replace(state, fingerprint="", exported_title="") for key, state in record.ticket_states.items()
    }
    assert {kind for kind, _ in (await changes(world)).values()} == {"unknown"}


async def test_large_sessions_are_compared_too(world: World) -> None:
    many = [ticket(number) for number in range(1, MANY // COMPARED + 3)]
    await world.export(*many)
    await world.store.put(session(ticket(1, title="Edited"), *many[1:]))
    assert (await world.service().results(SESSION)).tickets_edited == 1
    status = await world.service().status(SESSION)
    assert isinstance(status, ExportCompletedResponse)
    assert status.tickets_edited == 1


@pytest.mark.parametrize(
    ("present", "change"),
    [
        (None, Change("removed")),
        (TicketError("title is blank.", ticket_id=UUID(int=1), field="title"), Change("edited", ("title",))),
        (TicketError("no JSON.", ticket_id=UUID(int=1)), Change("edited")),
    ],
)
def test_tickets_that_cannot_be_read(present: Any, change: Change) -> None:
    state = TicketState(UUID(int=1), 1, "One", issue=ISSUE)
    assert ticket_change(state, present) == change
    assert ticket_change(replace(state, issue=None), present) == Change()


def test_a_title_that_jira_cut_is_no_edit() -> None:
    long = "word " * 100
    known = Ticket(id=UUID(int=1), order=1, title=long)
    state = TicketState(UUID(int=1), 1, long, issue=ISSUE, exported_title=f"{long[:254].rstrip()}…")
    assert ticket_change(state, known) == Change("unknown")
