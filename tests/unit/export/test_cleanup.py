"""An export is undone: the issues of one session are deleted, and never any others."""

from typing import Any
from uuid import UUID

import pytest
from tests.unit.export.conftest import SESSION, World, session, ticket

from jira_session_export._export.cleanup import Cleaner, CleanupOutcome, CleanupReport
from jira_session_export._journal import SessionStatus
from jira_session_export._storage.memory import InMemoryStore
from jira_session_export._values import PROPERTY_KEY
from jira_session_export.errors import ExportRunningError, InputError, LeaseLostError
from jira_session_export.testing import Fault, faults

TICKETS = (ticket(1), ticket(2, depends_on=[UUID(int=1)]), ticket(3, issue_type="Sub-task", parent=UUID(int=1)))


def cleaner(world: World) -> Cleaner:
    return Cleaner(world.client, world.store, settings=world.settings, runtime=world.runtime)


async def clean(world: World, **options: Any) -> CleanupReport:
    return await cleaner(world).clean_up(SESSION, "DEMO", by="ada", **options)


def outcomes(report: CleanupReport) -> dict[str, str]:
    return {each.issue.key: each.outcome.value for each in sorted(report.issues, key=lambda each: each.issue.key)}


async def test_a_dry_run_deletes_nothing(world: World) -> None:
    await world.export(*TICKETS)
    rows = len(await world.store.journal(SESSION))
    report = await cleaner(world).find(SESSION, "DEMO")
    assert report.dry_run
    assert outcomes(report) == {"DEMO-1": "found", "DEMO-2": "found", "DEMO-3": "found"}
    assert {(each.title, each.status) for each in report.issues} == {
        (f"Ticket {number}", "To Do") for number in (1, 2, 3)
    }
    assert len(world.jira.issues) == 3
    assert len(await world.store.journal(SESSION)) == rows
    assert not [request for request in world.jira.requests if request.method == "DELETE"]


async def test_the_issues_are_deleted_and_the_session_can_be_exported_anew(world: World) -> None:
    await world.export(*TICKETS)
    report = await clean(world)
    assert outcomes(report) == {"DEMO-1": "deleted", "DEMO-2": "deleted", "DEMO-3": "deleted"}
    assert not world.jira.issues
    state = await world.state()
    assert (state.status, state.exported, state.links_created, state.manual_fix_count, state.lease_owner) == (
        SessionStatus.CANCELLED,
        0,
        0,
        0,
        None,
    )
    assert (await world.kinds())[-5:] == ["cleanup_started", *["issue_deleted"] * 3, "cleanup_ended"]
    assert (await world.store.journal(SESSION))[-1].data == {"deleted": 3, "kept": 0}
    await world.service().start(SESSION)
    state = await world.exporter().execute(SESSION)
    assert (state.status, state.exported, state.links_created) == (SessionStatus.COMPLETED, 3, 1)
    assert list(world.jira.issues) == ["DEMO-4", "DEMO-5", "DEMO-6"]
    assert [issue.properties[PROPERTY_KEY]["attempt"] for issue in world.jira.issues.values()] == [2, 2, 2]


async def test_issues_of_others_stay(world: World) -> None:
    await world.export(*TICKETS[:2])
    one, two = world.jira.issues.values()
    one.properties[PROPERTY_KEY] = {**one.properties[PROPERTY_KEY], "session": str(UUID(int=7))}
    other = session(ticket(9)).model_copy(update={"id": UUID(int=8)})
    await world.store.put(other)
    await world.service().start(other.id)
    await world.exporter().execute(other.id)
    label = next(each for each in two.fields["labels"] if each.startswith("export-"))
    world.jira.issues["DEMO-3"].fields["labels"] = [label]  # somebody has copied the label
    report = await clean(world)
    assert outcomes(report) == {"DEMO-1": "kept", "DEMO-2": "deleted"}
    assert list(world.jira.issues) == ["DEMO-1", "DEMO-3"]
    assert "another session's" in next(each.reason for each in report.issues if each.reason)


async def test_a_sub_task_that_somebody_added_keeps_its_parent(world: World) -> None:
    await world.export(ticket(1), ticket(2))
    stranger = {"fields": {"project": {"key": "DEMO"}, "issuetype": {"name": "Sub-task"}, "summary": "Mine"}}
    stranger["fields"]["parent"] = {"key": "DEMO-1"}
    await world.client.create_issue(stranger)
    report = await clean(world)
    assert outcomes(report) == {"DEMO-1": "kept", "DEMO-2": "deleted"}
    assert list(world.jira.issues) == ["DEMO-1", "DEMO-3"]
    assert any("subtasks" in each.reason for each in report.issues)
    assert [each.issue is not None for each in await world.states()] == [True, False]


async def test_without_a_state_the_label_finds_them(world: World) -> None:
    await world.export(*TICKETS)
    world.store = InMemoryStore()
    world.clock.advance(3600)
    report = await clean(world)
    assert report.count(CleanupOutcome.DELETED) == 3
    assert "does not know session" in report.note
    assert not world.jira.issues


async def test_after_a_lost_state_the_next_export_creates_anew(world: World) -> None:
    """The index still shows what was deleted, and the export must not adopt it."""
    await world.export(*TICKETS)
    world.store = InMemoryStore()
    world.clock.advance(3600)
    await world.store.put(session(*TICKETS))
    world.jira.index_lag = 60
    assert (await clean(world)).count(CleanupOutcome.DELETED) == 3
    await world.service().start(SESSION)
    state = await world.exporter().execute(SESSION)
    assert (state.status, state.exported, len(world.jira.issues)) == (SessionStatus.COMPLETED, 3, 3)


async def test_what_jira_does_not_show_is_forgotten_only_when_that_is_said(world: World) -> None:
    await world.export(ticket(1), ticket(2))
    world.jira._site.delete_issue(world.jira.issues["DEMO-1"])
    report = await clean(world)
    assert outcomes(report) == {"DEMO-1": "missing", "DEMO-2": "deleted"}
    assert (await world.states())[0].issue is not None
    report = await clean(world, forget_missing=True)
    assert outcomes(report) == {"DEMO-1": "deleted"}
    assert all(each.issue is None for each in await world.states())


@pytest.mark.parametrize(
    "fault", [faults.drop_after_commit(), faults.drop_before(), faults.status(503, after_commit=True)]
)
async def test_a_lost_answer_to_a_delete(world: World, fault: Any) -> None:
    await world.export(ticket(1), ticket(2))
    world.jira.faults.add(Fault(("DELETE", "/issue/{key}"), fault))
    report = await clean(world)
    assert report.count(CleanupOutcome.DELETED) == 2
    assert not world.jira.issues
    assert all(each.issue is None for each in await world.states())


async def test_the_account_must_be_allowed_to_delete(world: World) -> None:
    await world.export(ticket(1))
    world.jira.revoke("DELETE_ISSUES")
    with pytest.raises(InputError, match="may not delete"):
        await clean(world)
    assert (await world.state()).status == SessionStatus.COMPLETED


async def test_a_running_export_is_not_cleaned_up_and_a_cleanup_not_exported(world: World) -> None:
    await world.export(ticket(1))
    await world.store.put(session(ticket(1), ticket(2)))
    await world.service().start(SESSION)
    with pytest.raises(ExportRunningError):
        await clean(world)
    await world.exporter().execute(SESSION)
    held = await cleaner(world)._taken(SESSION, "ada")
    with pytest.raises(ExportRunningError, match="deleting"):
        await world.service().start(SESSION)
    with pytest.raises(ExportRunningError):
        await clean(world)
    world.clock.advance(3600)  # it has died; no sweep goes on creating, and the next cleanup does
    assert SESSION not in await world.store.interrupted(world.runtime.now())
    assert (await clean(world)).count(CleanupOutcome.DELETED) == 2
    with pytest.raises(LeaseLostError):
        await held.renew()


async def test_a_second_issue_of_a_ticket_is_deleted_too(world: World) -> None:
    world.jira.index_lag = 60
    await world.export(ticket(1))
    world.store = InMemoryStore()
    await world.export(ticket(1))
    world.store = InMemoryStore()
    world.clock.advance(3600)
    await world.export(ticket(1))
    assert [orphan.key for orphan in (await world.states())[0].orphans] == ["DEMO-2"]
    assert outcomes(await clean(world)) == {"DEMO-1": "deleted", "DEMO-2": "deleted"}
    assert not world.jira.issues
    assert not (await world.states())[0].orphans
