"""The state of an export gets lost, and the session is exported again with an empty store."""

from typing import Any
from uuid import UUID

import pytest
from tests.unit.export.conftest import SESSION, World, session, ticket

from jira_session_export._export.events import IssueExported
from jira_session_export._export.exporter import Exporter
from jira_session_export._journal import SessionStatus, TicketStatus
from jira_session_export._storage.memory import InMemoryStore
from jira_session_export._values import PROPERTY_KEY, ManualFixKind
from jira_session_export.errors import AlreadyStartedError, ExportRunningError, SettingsError
from jira_session_export.testing import Fault, faults

TICKETS = (ticket(1), ticket(2, depends_on=[UUID(int=1)]), ticket(3, priority="Utmost"))


def lose_the_state(world: World) -> None:
    world.store = InMemoryStore()
    world.clock.advance(3600)


def searches(world: World) -> int:
    return sum("search/jql" in request.path for request in world.jira.requests)


async def test_what_jira_has_is_adopted_and_nothing_is_created_twice(world: World) -> None:
    before = await world.export(*TICKETS)
    lose_the_state(world)
    world.events.clear()
    state = await world.export(*TICKETS)
    assert list(world.jira.issues) == ["DEMO-1", "DEMO-2", "DEMO-3"]
    assert (state.status, state.exported, state.links_created) == (SessionStatus.COMPLETED, 3, 1)
    assert state.manual_fix_count == before.manual_fix_count == 1
    assert len(world.jira.links) == 1
    told = [event for event in world.events if isinstance(event, IssueExported)]
    assert [(event.issue.key, event.adopted) for event in told] == [(f"DEMO-{n}", True) for n in (1, 2, 3)]
    assert [(event.tickets_completed, event.tickets_total) for event in told] == [(n, 3) for n in (1, 2, 3)]
    assert [fix.kind for fix in (await world.states())[2].manual_fixes] == [ManualFixKind.PRIORITY_NOT_AVAILABLE]


async def test_the_audit_trail_says_where_an_issue_came_from(world: World) -> None:
    await world.export(*TICKETS)
    lose_the_state(world)
    await world.export(*TICKETS)
    rows = [row for row in await world.store.journal(SESSION) if row.kind == "issue_recorded"]
    assert [(row.data["adopted"], row.data["earlier_state"]) for row in rows] == [(True, True)] * 3


async def test_what_is_missing_is_created(world: World) -> None:
    await world.export(*TICKETS[:2])
    lose_the_state(world)
    state = await world.export(*TICKETS)
    assert (state.status, state.exported) == (SessionStatus.COMPLETED, 3)
    assert list(world.jira.issues) == ["DEMO-1", "DEMO-2", "DEMO-3"]


async def test_one_search_at_the_first_run_and_none_later(world: World) -> None:
    world.jira.faults.add(Fault(("POST", "/issue"), faults.status(403), nth=2))
    state = await world.export(*TICKETS)
    assert state.status == SessionStatus.EXPORT_FAILED
    assert searches(world) == 1
    assert (await world.retry()).status == SessionStatus.COMPLETED
    assert searches(world) == 1


async def test_a_crash_while_adopting_loses_nothing(world: World) -> None:
    await world.export(*TICKETS)
    lose_the_state(world)
    await world.store.put(session(*TICKETS))
    await world.service().start(SESSION)
    exporter: Exporter

    def stop(_event: Any) -> None:
        exporter.stop()

    exporter = world.exporter(sink=stop)
    state = await exporter.execute(SESSION)
    assert (state.status, state.exported) == (SessionStatus.EXPORTING, 1)
    state = await world.exporter().execute(SESSION)
    assert (state.status, state.exported) == (SessionStatus.COMPLETED, 3)
    assert len(world.jira.issues) == 3


async def test_a_second_issue_of_a_ticket_is_named(world: World) -> None:
    world.jira.index_lag = 60
    await world.export(*TICKETS)
    world.store = InMemoryStore()  # a state that was lost this recently cannot be made good by a search
    await world.export(*TICKETS)
    assert len(world.jira.issues) == 6
    lose_the_state(world)
    state = await world.export(*TICKETS)
    assert (state.status, len(world.jira.issues)) == (SessionStatus.COMPLETED, 6)
    assert [each.issue.key for each in await world.states() if each.issue] == ["DEMO-1", "DEMO-2", "DEMO-3"]
    assert [orphan.key for each in await world.states() for orphan in each.orphans] == ["DEMO-4", "DEMO-5", "DEMO-6"]


async def test_without_a_label_nothing_can_be_looked_for_and_the_log_says_so(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    world.settings = world.settings.model_copy(update={"marker_label": ""})
    await world.export(*TICKETS)
    assert searches(world) == 0
    assert any(getattr(record, "action", "") == "adoption_impossible" for record in caplog.records)


async def test_issues_of_others_with_the_same_label_are_left_alone(world: World) -> None:
    await world.export(*TICKETS)
    lose_the_state(world)
    one, two, three = world.jira.issues.values()
    one.properties[PROPERTY_KEY] = {**one.properties[PROPERTY_KEY], "session": str(UUID(int=7))}
    two.properties[PROPERTY_KEY] = "garbage"
    three.properties[PROPERTY_KEY] = {**three.properties[PROPERTY_KEY], "ticket": "no id of ours"}
    state = await world.export(*TICKETS)
    assert (state.exported, len(world.jira.issues)) == (3, 6)


async def test_issues_whose_ticket_is_gone_are_named_in_the_log(world: World, caplog: pytest.LogCaptureFixture) -> None:
    await world.export(*TICKETS)
    lose_the_state(world)
    await world.export(*TICKETS[:1])
    (record,) = [record for record in caplog.records if getattr(record, "action", "") == "issues_without_ticket"]
    assert "DEMO-2, DEMO-3" in record.getMessage()
    assert len(world.jira.issues) == 3


async def test_issues_made_from_another_file_with_the_same_ids_are_named(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.export(ticket(1), ticket(2), ticket(3))
    lose_the_state(world)
    others = [ticket(1, title="Pears"), ticket(2), ticket(3, title="  ".join(ticket(3).title.split()))]
    await world.export(*others)
    (record,) = [record for record in caplog.records if getattr(record, "action", "") == "adopted_other_title"]
    assert record.getMessage().startswith("DEMO-1 has another title in Jira than in this session")
    assert "--session NAME" in record.getMessage()


async def test_what_a_person_has_changed_since_stays(world: World) -> None:
    await world.export(ticket(1, assignee="me@example.com"))
    lose_the_state(world)
    writes = len([request for request in world.jira.requests if request.method in {"PUT", "POST"}])
    await world.export(ticket(1, assignee="me@example.com"))
    made = [request for request in world.jira.requests if request.method in {"PUT", "POST"}][writes:]
    assert not [request.path for request in made if request.path.endswith("/assignee") or request.method == "PUT"]


async def test_adopting_alone_creates_nothing(world: World) -> None:
    await world.export(*TICKETS[:2])
    lose_the_state(world)
    await world.store.put(session(*TICKETS))
    state = await world.exporter().adopt(SESSION)
    assert (state.status, state.exported) == (SessionStatus.CANCELLED, 2)
    assert [each.status for each in await world.states()] == [
        TicketStatus.EXPORTED,
        TicketStatus.EXPORTED,
        TicketStatus.PENDING,
    ]
    assert len(world.jira.issues) == 2
    await world.service().start(SESSION)
    assert (await world.exporter().execute(SESSION)).exported == 3
    assert len(world.jira.issues) == 3


async def test_an_adopted_session_that_lacks_nothing_but_links_can_be_started(world: World) -> None:
    await world.export(ticket(1), ticket(2))
    lose_the_state(world)
    await world.store.put(session(*TICKETS[:2]))
    await world.exporter().adopt(SESSION)
    await world.service().start(SESSION)
    state = await world.exporter().execute(SESSION)
    assert (state.status, state.links_created, len(world.jira.links)) == (SessionStatus.COMPLETED, 1, 1)


async def test_adopting_is_for_a_store_that_knows_nothing(world: World) -> None:
    await world.export(*TICKETS)
    with pytest.raises(AlreadyStartedError):
        await world.exporter().adopt(SESSION)
    lose_the_state(world)
    await world.store.put(session(*TICKETS))
    await world.service().start(SESSION)
    with pytest.raises(ExportRunningError):
        await world.exporter().adopt(SESSION)
    world.settings = world.settings.model_copy(update={"marker_label": ""})
    with pytest.raises(SettingsError, match="marker_label"):
        await world.exporter().adopt(SESSION)
