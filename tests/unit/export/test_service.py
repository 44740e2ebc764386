from typing import Any
from uuid import UUID

import anyio
import pytest
from tests.unit.export.conftest import SESSION, World, session, ticket

from jira_session_export._adf import ConversionOptions
from jira_session_export._export.events import ExportEvent, IssueExported
from jira_session_export._export.exporter import Exporter
from jira_session_export._export.runners import InProcessRunner
from jira_session_export._export.service import ExportService
from jira_session_export._journal import SessionStatus, TicketStatus
from jira_session_export._settings import ExportSettings
from jira_session_export.api import (
    ExportAlreadyRunningResponse,
    ExportCompletedResponse,
    ExportStartResponse,
    ExportStatusResponse,
)
from jira_session_export.errors import (
    AlreadyCompletedError,
    AuthenticationError,
    DependencyError,
    InputError,
    NoTicketsError,
    NotStartedError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RetryNeededError,
    SessionNotFoundError,
    SettingsError,
    TicketError,
)
from jira_session_export.testing import Fault, faults

CREATE = ("POST", "/issue")
ONE, TWO, THREE = (UUID(int=number) for number in (1, 2, 3))


# -- start -----------------------------------------------------------------------------------------------------------


async def test_start_answers_with_what_will_happen(world: World) -> None:
    await world.store.put(
        session(ticket(1), ticket(2, depends_on=[ONE]), ticket(3, links=[{"type": "Relates", "to": ONE}]))
    )
    started = await world.service().start(SESSION)
    assert isinstance(started, ExportStartResponse)
    assert (started.total_tickets, started.jira_project_key, started.status) == (3, "DEMO", "exporting")
    assert started.estimated_duration_minutes == 1  # (3 × 2 s + 2 × 0.5 s) / 60, rounded up
    state = await world.state()
    assert (state.task_id, state.started_at, state.status) == (started.task_id, started.started_at, "exporting")
    assert state.lease_owner is None
    assert world.runner.submitted == [SESSION]
    assert world.jira.creates == []


async def test_starting_again_tells_of_the_run_that_is_there(world: World) -> None:
    await world.store.put(session(ticket(1), ticket(2)))
    first = await world.service().start(SESSION)
    again = await world.service().start(SESSION)
    assert isinstance(again, ExportAlreadyRunningResponse)
    assert (again.task_id, again.started_at) == (first.task_id, first.started_at)


async def test_fifty_starters_start_one_run(world: World) -> None:
    await world.store.put(session(ticket(1), ticket(2)))
    world.jira.latency = 0.2
    answers: list[Any] = []

    async def start() -> None:
        answers.append(await world.service().start(SESSION))

    async with anyio.create_task_group() as tasks:
        for _ in range(50):
            tasks.start_soon(start)
    (started,) = [answer for answer in answers if isinstance(answer, ExportStartResponse)]
    others = [answer for answer in answers if isinstance(answer, ExportAlreadyRunningResponse)]
    assert len(others) == 49
    assert {answer.task_id for answer in answers} == {started.task_id}
    assert world.runner.submitted == [SESSION]
    assert (await world.kinds()).count("run_started") == 1


async def test_what_cannot_be_started(world: World) -> None:
    service = world.service()
    with pytest.raises(SessionNotFoundError):
        await service.start(SESSION)
    await world.store.put(session())
    with pytest.raises(NoTicketsError):
        await service.start(SESSION)
    await world.store.put(session(ticket(1, depends_on=[TWO]), ticket(2, depends_on=[ONE])))
    with pytest.raises(DependencyError, match="cycle"):
        await service.start(SESSION)
    await world.store.put(session(ticket(1, issue_type="Saga")))
    with pytest.raises(TicketError, match=r"Ticket 1 .*Saga"):
        await service.start(SESSION)
    await world.store.put(session(ticket(1)))
    with pytest.raises(InputError, match=str(TWO)):
        await service.start(SESSION, only=[TWO])
    with pytest.raises(NoTicketsError):
        await service.start(SESSION, only=[])
    world.jira.revoke("CREATE_ISSUES")
    with pytest.raises(PermissionDeniedError, match="create issues"):
        await service.start(SESSION)
    world.jira.expire_token()
    with pytest.raises(AuthenticationError):
        await service.start(SESSION)
    assert (await world.state()).status == SessionStatus.READY
    assert world.runner.submitted == []


async def test_a_completed_session_is_not_started_again(world: World) -> None:
    await world.export(ticket(1))
    with pytest.raises(AlreadyCompletedError):
        await world.service().start(SESSION)


async def test_a_failed_session_is_retried_instead(world: World) -> None:
    world.jira.faults.add(Fault(CREATE, faults.status(401)))
    await world.export(ticket(1))
    with pytest.raises(RetryNeededError):
        await world.service().start(SESSION)


async def test_a_subset_leaves_the_others_skipped_until_they_are_asked_for(world: World) -> None:
    await world.store.put(session(ticket(1), ticket(2, depends_on=[ONE]), ticket(3)))
    started = await world.service().start(SESSION, only=[TWO])
    assert isinstance(started, ExportStartResponse)
    assert started.total_tickets == 1
    state = await world.exporter().execute(SESSION)
    assert (state.status, state.total, state.exported, state.links_created) == (SessionStatus.COMPLETED, 1, 1, 0)
    statuses = [each.status for each in await world.states()]
    assert statuses == [TicketStatus.SKIPPED, TicketStatus.EXPORTED, TicketStatus.SKIPPED]
    with pytest.raises(AlreadyCompletedError):
        await world.service().start(SESSION, only=[TWO])
    await world.service().start(SESSION)
    state = await world.exporter().execute(SESSION)
    assert (state.status, state.total, state.exported, state.links_created) == (SessionStatus.COMPLETED, 3, 3, 1)
    assert [issue.summary for issue in world.jira.issues.values()] == ["Ticket 2", "Ticket 1", "Ticket 3"]
    (link,) = world.jira.links
    assert (link.inward, link.outward) == ("DEMO-2", "DEMO-1")


# -- retry -----------------------------------------------------------------------------------------------------------


async def test_retry_goes_on_at_the_failed_ticket(world: World) -> None:
    world.jira.faults.add(Fault(CREATE, faults.status(401), nth=2))
    await world.export(ticket(1), ticket(2), ticket(3))
    before = (await world.state()).task_id
    retry = await world.service().retry(SESSION)
    assert (retry.retry_attempt, retry.remaining_retries) == (1, 2)
    assert (retry.resuming_from_ticket_order, retry.preserved_successful_tickets) == (2, 1)
    assert retry.task_id != before
    assert (await world.exporter().execute(SESSION)).status == SessionStatus.COMPLETED
    assert len(world.jira.issues) == 3


async def test_a_pre_flight_that_fails_uses_up_no_retry(world: World) -> None:
    world.jira.faults.add(Fault(CREATE, faults.status(401)))
    await world.export(ticket(1))
    world.jira.revoke("CREATE_ISSUES")
    with pytest.raises(PermissionDeniedError):
        await world.service().retry(SESSION)
    assert (await world.state()).retry_count == 1


async def test_a_failure_of_no_ticket_resumes_at_the_first_that_is_to_be_exported(world: World) -> None:
    await world.store.put(session(ticket(1), ticket(2), ticket(3)))
    await world.service().start(SESSION, only=[TWO, THREE])
    world.jira.faults.add(Fault(("GET", "/project/DEMO"), faults.status(403)))
    state = await world.exporter().execute(SESSION)
    assert (state.status, state.failed_at_ticket_order) == (SessionStatus.EXPORT_FAILED, None)
    assert (await world.service().retry(SESSION)).resuming_from_ticket_order == 2


async def test_a_retry_keeps_to_the_subset(world: World) -> None:
    await world.store.put(session(ticket(1), ticket(2), ticket(3)))
    world.jira.faults.add(Fault(CREATE, faults.status(401), nth=2))
    await world.service().start(SESSION, only=[ONE, THREE])
    await world.exporter().execute(SESSION)
    assert (await world.retry()).total == 2
    assert [issue.summary for issue in world.jira.issues.values()] == ["Ticket 1", "Ticket 3"]


# -- cancel ----------------------------------------------------------------------------------------------------------


async def test_cancel_takes_effect_between_two_tickets_and_can_be_started_again(world: World) -> None:
    await world.store.put(session(*(ticket(number) for number in range(1, 31))))
    service = world.service()
    await service.start(SESSION)
    cancelled_after: list[int] = []

    def watch(event: ExportEvent) -> None:
        if isinstance(event, IssueExported) and event.order == 3:
            tasks.start_soon(cancel)

    async def cancel() -> None:
        status = await service.cancel(SESSION)
        assert isinstance(status, ExportStatusResponse)
        cancelled_after.append(status.tickets_completed)

    async with anyio.create_task_group() as tasks:
        await world.exporter(sink=watch).execute(SESSION)
    state = await world.state()
    assert state.status == SessionStatus.CANCELLED
    assert (state.lease_owner, state.cancel_requested, state.retry_count) == (None, False, 0)
    # Asked for during the pause, so nothing more is sent, and nothing announced is left open.
    assert state.exported == len(world.jira.issues) == cancelled_after[0] == 3
    assert all(ticket.intent_at is None for ticket in await world.states())
    status = await service.status(SESSION)
    assert isinstance(status, ExportStatusResponse)
    assert (status.status, status.current_ticket_title) == ("cancelled", None)
    started = await service.start(SESSION)
    assert isinstance(started, ExportStartResponse)
    assert started.total_tickets == 30 - state.exported
    assert (await world.exporter().execute(SESSION)).status == SessionStatus.COMPLETED
    assert len(world.jira.issues) == 30


async def test_a_state_that_was_just_read_tells_the_status_of_a_running_export(world: World) -> None:
    """An endpoint has read it already, to see whose session it is."""
    await world.store.put(session(ticket(1)))
    service = world.service()
    with pytest.raises(NotStartedError):
        await service.status_of(await world.state())
    await service.start(SESSION)
    state, status = await world.state(), await service.status(SESSION)
    world.store.state = None  # another read would fail
    assert await service.status_of(state) == status


async def test_a_session_nobody_works_on_is_cancelled_before_anything_is_created(world: World) -> None:
    await world.store.put(session(ticket(1), ticket(2)))
    await world.service().start(SESSION)
    await world.service().cancel(SESSION)
    assert world.runner.submitted == [SESSION, SESSION]
    assert (await world.exporter().execute(SESSION)).status == SessionStatus.CANCELLED
    assert world.jira.creates == []
    kinds = [row.kind for row in await world.store.journal(SESSION)]
    assert kinds == ["run_started", "cancel_requested", "run_cancelled"]


async def test_cancelling_what_does_not_run_changes_nothing(world: World) -> None:
    await world.store.put(session(ticket(1)))
    with pytest.raises(NotStartedError):
        await world.service().cancel(SESSION)
    await world.service().start(SESSION)
    await world.exporter().execute(SESSION)
    assert isinstance(await world.service().cancel(SESSION), ExportCompletedResponse)


# -- status and results ----------------------------------------------------------------------------------------------


async def test_status_while_it_runs_and_at_the_end(world: World) -> None:
    await world.store.put(session(*(ticket(number) for number in range(1, 5))))
    service = world.service()
    with pytest.raises(NotStartedError):
        await service.status(SESSION)
    started = await service.start(SESSION)
    seen: list[ExportStatusResponse] = []

    async def look() -> None:
        status = await service.status(SESSION)
        assert isinstance(status, ExportStatusResponse)
        seen.append(status)

    def watch(event: ExportEvent) -> None:
        if isinstance(event, IssueExported) and event.order < 4:
            tasks.start_soon(look)

    async with anyio.create_task_group() as tasks:
        await world.exporter(sink=watch).execute(SESSION)
    assert [each.tickets_completed for each in seen] == [1, 2, 3]
    assert {each.task_id for each in seen} == {started.task_id}
    assert [each.estimated_time_remaining_minutes for each in seen] == [1, 1, 1]
    final = await service.status(SESSION)
    assert isinstance(final, ExportCompletedResponse)
    assert (final.task_id, final.jira_tickets_created, final.manual_fixes_needed) == (started.task_id, 4, 0)
    assert final.total_processing_time_minutes == pytest.approx(0.1)  # 3 pauses of 1.5 s
    assert (await world.state()).task_id is None


async def test_results_list_issues_and_what_to_fix(world: World) -> None:
    await world.export(ticket(1, priority="Utmost"), ticket(2, depends_on=[ONE]))
    results = await world.service().results(SESSION)
    assert [(each.jira_key, each.title) for each in results.jira_tickets] == [
        ("DEMO-1", "Ticket 1"),
        ("DEMO-2", "Ticket 2"),
    ]
    assert results.jira_tickets[0].jira_url == f"{world.jira.base_url}/browse/DEMO-1"
    assert (results.total_tickets_created, results.dependencies_created) == (2, 1)
    (fix,) = results.manual_fixes
    assert (fix.jira_key, fix.title, fix.issue_type) == ("DEMO-1", "Ticket 1", "priority_not_available")
    assert "Utmost" in fix.recommended_action


async def test_results_name_issues_made_twice(world: World) -> None:
    """Somebody else's worker created one although it had lost the session: an administrator must know."""
    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)

    class CreatesTwice:
        def __getattr__(self, name: str) -> Any:
            return getattr(world.client, name)

        async def create_issue(self, payload: Any, *, before_send: Any, on_not_sent: Any) -> Any:
            await world.client.create_issue(payload)
            await world.client.create_issue(payload)
            raise OutcomeUnknownError("lost", operation="POST /rest/api/3/issue")

    await world.exporter(tracker=CreatesTwice()).execute(SESSION)
    results = await world.service().results(SESSION)
    assert [each.jira_key for each in results.jira_tickets] == ["DEMO-1"]
    (fix,) = results.manual_fixes
    assert (fix.jira_key, fix.issue_type) == ("DEMO-2", "duplicate_issue")
    assert "DEMO-1" in fix.recommended_action


# -- what it is made of -----------------------------------------------------------------------------------------------


async def test_swapped_arguments_are_told_when_they_are_given(world: World) -> None:
    with pytest.raises(TypeError, match="store is a store, for example a SqlAlchemyStore, not an object of JiraClient"):
        ExportService(world.client, world.store, world.runner)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="runner is a runner"):
        ExportService(world.store, world.client, world.exporter())  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="tracker is Jira"):
        Exporter(world.store, world.client)  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="exporter is an Exporter"):
        InProcessRunner(world.service())  # type: ignore[arg-type]


async def test_service_and_exporter_in_one_process_cannot_differ(world: World) -> None:
    settings = ExportSettings(max_retries=5)
    conversion = ConversionOptions(max_input_length=99)
    runner = InProcessRunner(Exporter(world.client, world.store, settings=settings, conversion=conversion))
    assert ExportService(world.store, world.client, runner).settings is settings
    with pytest.raises(SettingsError, match="different settings: max_retries 7 and 5"):
        ExportService(world.store, world.client, runner, settings=ExportSettings(max_retries=7))
    with pytest.raises(SettingsError, match="different settings: conversion"):
        ExportService(world.store, world.client, runner, conversion=ConversionOptions(max_input_length=98))
