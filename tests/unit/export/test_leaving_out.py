"""Tickets are left out of an export or a retry, and taken in again."""

from typing import Any
from uuid import UUID

import pytest
from tests.unit.export.conftest import SESSION, World, session, ticket

from jira_session_export._export.events import Phase
from jira_session_export._export.exporter import Exporter
from jira_session_export._journal import RunResumed, SessionStatus, TicketStatus
from jira_session_export._models import Ticket
from jira_session_export._values import ManualFixKind
from jira_session_export.api import (
    ExportAlreadyRunningResponse,
    ExportCompletedResponse,
    ExportFailedResponse,
    ExportStartResponse,
)
from jira_session_export.errors import (
    AlreadyCompletedError,
    ExportRunningError,
    InputError,
    NoTicketsError,
    TicketError,
)
from jira_session_export.testing import Fault, faults

ONE, TWO, THREE = UUID(int=1), UUID(int=2), UUID(int=3)
BAD = ticket(2, issue_type="Nonsense")


async def started(world: World, *tickets: Ticket, **chosen: Any) -> ExportStartResponse:
    await world.store.put(session(*tickets))
    answer = await world.service().start(SESSION, **chosen)
    assert isinstance(answer, ExportStartResponse)
    return answer


async def statuses(world: World) -> list[str]:
    return [state.status.value for state in await world.states()]


async def test_a_ticket_that_cannot_be_exported_is_left_out_at_the_start(world: World) -> None:
    with pytest.raises(TicketError, match="Nonsense"):
        await started(world, ticket(1), BAD, ticket(3))
    answer = await started(world, ticket(1), BAD, ticket(3), skip=[TWO])
    assert (answer.total_tickets, answer.tickets_left_out) == (2, 1)
    state = await world.exporter().execute(SESSION)
    assert (state.status, state.total, state.exported, state.left_out) == (SessionStatus.COMPLETED, 2, 2, 1)
    assert await statuses(world) == ["exported", "skipped", "exported"]
    status = await world.service().status(SESSION)
    assert isinstance(status, ExportCompletedResponse)
    assert (status.jira_tickets_created, status.tickets_left_out) == (2, 1)


async def test_the_audit_trail_says_what_was_left_out(world: World) -> None:
    await started(world, ticket(1), ticket(2), skip=[TWO])
    row = (await world.store.journal(SESSION))[0]
    assert (row.kind, row.data["selection"], row.data["left_out"]) == ("run_started", None, [str(TWO)])


async def test_a_left_out_ticket_is_taken_in_again(world: World) -> None:
    await started(world, ticket(1), ticket(2, depends_on=[ONE]), ticket(3, depends_on=[TWO]), skip=[TWO])
    await world.exporter().execute(SESSION)
    results = await world.service().results(SESSION)
    (left,) = results.left_out
    assert (left.ticket_id, left.order, left.reason, left.waiting) == (TWO, 2, "It was left out.", ["DEMO-2"])
    assert (results.dependencies_created, results.manual_fixes) == (0, [])
    await world.service().start(SESSION)
    state = await world.exporter().execute(SESSION)
    assert (state.status, state.exported, state.left_out, state.links_created) == (SessionStatus.COMPLETED, 3, 0, 2)
    assert (await world.service().results(SESSION)).left_out == []
    assert len(world.jira.issues) == 3


async def test_a_retry_leaves_out_the_ticket_that_fails(world: World) -> None:
    world.jira.faults.add(Fault(("POST", "/issue"), faults.status(400), nth=2, times=9))
    assert (await world.export(ticket(1), ticket(2), ticket(3))).status == SessionStatus.EXPORT_FAILED
    world.jira.faults.clear()
    failed = await world.service().status(SESSION)
    assert isinstance(failed, ExportFailedResponse)
    assert failed.failed_ticket_id == TWO
    answer = await world.service().retry(SESSION, skip=[TWO])
    assert (answer.resuming_from_ticket_order, answer.tickets_left_out, answer.retry_attempt) == (3, 1, 1)
    state = await world.exporter().execute(SESSION)
    assert (state.status, state.exported) == (SessionStatus.COMPLETED, 2)


async def test_what_was_left_out_stays_so_in_a_retry_unless_it_is_named(world: World) -> None:
    world.jira.faults.add(Fault(("POST", "/issue"), faults.status(403), nth=2))
    await started(world, ticket(1), ticket(2), ticket(3), ticket(4), skip=[TWO])
    await world.exporter().execute(SESSION)
    await world.service().retry(SESSION, skip=[UUID(int=4)])
    world.jira.faults.add(Fault(("POST", "/issue"), faults.status(403)))
    await world.exporter().execute(SESSION)
    assert await statuses(world) == ["exported", "skipped", "failed", "skipped"]
    await world.service().retry(SESSION, only=[TWO, THREE])
    assert (await world.exporter().execute(SESSION)).status == SessionStatus.COMPLETED
    assert await statuses(world) == ["exported", "exported", "exported", "skipped"]


async def test_only_and_skip_together(world: World) -> None:
    await started(world, ticket(1), ticket(2), ticket(3), only=[ONE, TWO], skip=[TWO])
    assert await statuses(world) == ["pending", "skipped", "skipped"]


async def test_what_cannot_be_chosen(world: World) -> None:
    await world.store.put(session(ticket(1), ticket(2)))
    service = world.service()
    with pytest.raises(NoTicketsError, match="left out"):
        await service.start(SESSION, skip=[ONE, TWO])
    with pytest.raises(NoTicketsError, match="left out"):
        await service.start(SESSION, only=[ONE], skip=[ONE])
    with pytest.raises(NoTicketsError, match="chosen"):
        await service.start(SESSION, only=[])
    with pytest.raises(InputError, match=str(THREE)):
        await service.start(SESSION, skip=[THREE])
    assert (await world.state()).token == 0


async def test_a_sub_task_is_left_out_with_its_parent(world: World) -> None:
    sub = ticket(2, issue_type="Sub-task", parent=ONE)
    answer = await started(world, ticket(1), sub, ticket(3), skip=[ONE])
    assert (answer.total_tickets, answer.tickets_left_out) == (1, 2)
    assert (await world.exporter().execute(SESSION)).status == SessionStatus.COMPLETED
    results = await world.service().results(SESSION)
    assert [left.reason for left in results.left_out] == [
        "It was left out.",
        "It was left out, as was its parent, ticket 1.",
    ]
    await world.service().start(SESSION)
    await world.exporter().execute(SESSION)
    assert [issue.parent for issue in world.jira.issues.values()] == [None, None, "DEMO-2"]


async def test_nothing_is_left_when_the_parent_is_left_out(world: World) -> None:
    with pytest.raises(NoTicketsError, match="parent"):
        await started(world, ticket(1), ticket(2, issue_type="Sub-task", parent=ONE), skip=[ONE])


async def test_another_child_is_created_without_its_parent(world: World) -> None:
    tickets = (ticket(1, title="The epic", issue_type="Epic"), ticket(2, parent=ONE))
    await world.store.put(session(*tickets))
    plan = await world.service().plan(session(*tickets), skip=[ONE])
    assert [(left.order, left.waiting) for left in plan.left_out] == [(1, ["ticket 2"])]
    assert (plan.total_tickets, plan.ready) == (1, True)
    assert "ticket 1 (The epic)" in plan.issues[0].manual_fixes[0]
    await started(world, *tickets, skip=[ONE])
    await world.exporter().execute(SESSION)
    (fix,) = (await world.states())[1].manual_fixes
    assert (fix.kind, fix.field, fix.asked_for) == (
        ManualFixKind.FIELD_VALUE_REJECTED,
        "parent",
        "ticket 1 (The epic)",
    )


async def test_a_run_goes_on_as_it_was_started(world: World) -> None:
    await started(world, ticket(1), ticket(2), ticket(3), skip=[TWO])
    exporter: Exporter = world.exporter(sink=lambda _event: exporter.stop())
    await exporter.execute(SESSION)
    answer = await world.service().start(SESSION)  # whoever says nothing of tickets goes on
    assert isinstance(answer, ExportAlreadyRunningResponse)
    assert isinstance(await world.service().start(SESSION, skip=[TWO]), ExportAlreadyRunningResponse)
    assert (await world.exporter().execute(SESSION)).exported == 2


async def test_an_interrupted_run_can_be_started_with_other_tickets(world: World) -> None:
    await started(world, ticket(1), ticket(2), ticket(3))
    exporter: Exporter = world.exporter(sink=lambda _event: exporter.stop())
    await exporter.execute(SESSION)
    answer = await world.service().start(SESSION, skip=[THREE])
    assert isinstance(answer, ExportStartResponse)
    assert (await world.exporter().execute(SESSION)).status == SessionStatus.COMPLETED
    assert await statuses(world) == ["exported", "exported", "skipped"]
    assert len(world.jira.issues) == 2


async def test_a_running_export_keeps_its_tickets(world: World) -> None:
    await started(world, ticket(1), ticket(2))
    await world.store.acquire(
        SESSION,
        RunResumed(world.runtime.now(), crashed=False),
        expected_token=(await world.state()).token,
        owner="somebody",
        now=world.runtime.now(),
        lease_seconds=60,
    )
    with pytest.raises(ExportRunningError, match="other tickets"):
        await world.service().start(SESSION, skip=[TWO])


async def test_the_issue_of_a_lost_answer_is_found_although_its_ticket_is_left_out(world: World) -> None:
    """A create whose outcome nobody knows is left out: its issue is not forgotten, and never created twice."""
    world.jira.index_lag = 20
    world.jira.faults.add(Fault(("POST", "/issue"), faults.drop_after_commit(), nth=2))
    await started(world, ticket(1), ticket(2), ticket(3))
    exporter: Exporter = world.exporter(
        sink=lambda event: exporter.stop() if getattr(event, "phase", None) is Phase.WAITING else None
    )
    await exporter.execute(SESSION)
    assert len(world.jira.issues) == 2
    world.clock.advance(60)
    await world.service().start(SESSION, skip=[TWO])
    state = await world.exporter().execute(SESSION)
    assert (state.status, state.exported, state.left_out) == (SessionStatus.COMPLETED, 3, 0)
    assert len(world.jira.issues) == 3


async def test_a_create_that_is_undecided_is_left_out_and_decided_later(world: World) -> None:
    world.jira.index_lag = 20
    world.jira.faults.add(Fault(("POST", "/issue"), faults.drop_after_commit(), nth=2))
    await started(world, ticket(1), ticket(2), ticket(3))
    exporter: Exporter = world.exporter(
        sink=lambda event: exporter.stop() if getattr(event, "phase", None) is Phase.WAITING else None
    )
    await exporter.execute(SESSION)
    await world.service().start(SESSION, skip=[TWO])
    state = await world.exporter().execute(SESSION)
    assert (state.status, state.exported, state.left_out) == (SessionStatus.COMPLETED, 2, 1)
    world.clock.advance(60)
    await world.service().start(SESSION)
    state = await world.exporter().execute(SESSION)
    assert (state.exported, len(world.jira.issues)) == (3, 3)
    assert (await world.states())[1].issue is not None


async def test_a_ticket_that_is_gone_from_the_batch_is_not_exported(world: World) -> None:
    """Its create was announced and refused by a crash before it was sent: the ticket is kept, and then removed."""
    world.jira.index_lag = 20
    world.jira.faults.add(Fault(("POST", "/issue"), faults.drop_before(), nth=2))
    await started(world, ticket(1), ticket(2), ticket(3))
    exporter: Exporter = world.exporter(
        sink=lambda event: exporter.stop() if getattr(event, "phase", None) is Phase.WAITING else None
    )
    await exporter.execute(SESSION)
    await world.service().cancel(SESSION)
    await world.exporter().execute(SESSION)
    await world.store.put(session(ticket(1), ticket(3)))
    world.clock.advance(60)
    await world.service().start(SESSION)
    state = await world.exporter().execute(SESSION)
    assert (state.status, state.exported, len(world.jira.issues)) == (SessionStatus.COMPLETED, 2, 2)
    (left,) = (await world.service().results(SESSION)).left_out
    assert (left.title, left.reason) == ("Ticket 2", "The session does not have it any more.")


async def test_a_completed_session_with_edits_is_told_and_nothing_is_sent(world: World) -> None:
    await world.export(ticket(1), ticket(2))
    await world.store.put(session(ticket(1, title="Edited")))
    requests = len(world.jira.requests)
    with pytest.raises(AlreadyCompletedError, match="1 was edited since and 1 was removed") as caught:
        await world.service().start(SESSION)
    assert (caught.value.tickets_edited, caught.value.tickets_removed) == (1, 1)
    assert len(world.jira.requests) == requests


async def test_the_status_of_a_left_out_ticket_is_skipped(world: World) -> None:
    await started(world, ticket(1), ticket(2), skip=[TWO])
    assert (await world.states())[1].status is TicketStatus.SKIPPED
