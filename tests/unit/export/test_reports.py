from dataclasses import replace
from datetime import UTC, datetime
from typing import ClassVar
from uuid import UUID

import pytest
from tests.unit.export.conftest import SESSION, World, session, ticket

from jira_session_export._export.reports import (
    progress_percentage,
    remaining_minutes,
    results_response,
    retry_available,
    status_response,
)
from jira_session_export._journal import SessionState, SessionStatus, TicketState
from jira_session_export._models import Session, Ticket
from jira_session_export._settings import ExportSettings
from jira_session_export._storage.memory import InMemoryStore
from jira_session_export._values import CreatedIssue, ErrorCategory, Failure, ManualFix, ManualFixKind
from jira_session_export.api import ExportCompletedResponse, ExportFailedResponse, ExportStatusResponse
from jira_session_export.errors import NotStartedError

SETTINGS = ExportSettings()
AT = datetime(2026, 1, 5, 9, tzinfo=UTC)
TASK = UUID(int=77)
RUNNING = SessionState(
    UUID(int=1000),
    "DEMO",
    status=SessionStatus.EXPORTING,
    task_id=TASK,
    last_task_id=TASK,
    started_at=AT,
    current_title="Configure Product Fields",
    total=87,
    exported=29,
)
FAILURE = Failure(ErrorCategory.TEMPORARY, "jira_unreachable", "Jira is away.", ("Retry later.",))


def failed(retry_count: int) -> SessionState:
    return replace(
        RUNNING, status=SessionStatus.EXPORT_FAILED, failure=FAILURE, retry_count=retry_count, failed_at_ticket_order=45
    )


def test_exporting() -> None:
    status = status_response(RUNNING, SETTINGS)
    assert isinstance(status, ExportStatusResponse)
    assert (status.progress_percentage, status.tickets_completed, status.total_tickets) == (34.5, 29, 87)
    assert (status.current_ticket_title, status.task_id) == ("Configure Product Fields", TASK)
    assert status.estimated_time_remaining_minutes == 2


@pytest.mark.parametrize(
    ("exported", "total", "title", "percentage"),
    [(0, 0, None, 0), (0, 3, None, 0), (0, 3, "One", 33.3), (2, 3, "Three", 99.9), (3, 3, "Three", 99.9)],
)
def test_progress(exported: int, total: int, title: str | None, percentage: float) -> None:
    state = replace(RUNNING, exported=exported, total=total, current_title=title)
    assert progress_percentage(state) == percentage


def test_remaining() -> None:
    assert remaining_minutes(replace(RUNNING, exported=87), SETTINGS) == 0
    assert remaining_minutes(replace(RUNNING, exported=86), SETTINGS) == 1
    assert remaining_minutes(replace(RUNNING, exported=0), SETTINGS) == 3


def test_completed() -> None:
    state = replace(
        RUNNING,
        status=SessionStatus.COMPLETED,
        task_id=None,
        completed_at=AT,
        exported=87,
        links_created=12,
        manual_fix_count=3,
        seconds=168,
    )
    status = status_response(state, SETTINGS)
    assert isinstance(status, ExportCompletedResponse)
    assert (status.jira_tickets_created, status.dependencies_created, status.manual_fixes_needed) == (87, 12, 3)
    assert (status.total_processing_time_minutes, status.task_id) == (2.8, TASK)


@pytest.mark.parametrize(
    ("retry_count", "used", "available"), [(1, 0, True), (3, 2, True), (4, 3, False), (9, 3, False)]
)
def test_failed(retry_count: int, used: int, available: bool) -> None:
    status = status_response(failed(retry_count), SETTINGS)
    assert isinstance(status, ExportFailedResponse)
    assert (status.status, status.failed_at_ticket_order, status.error_category) == ("failed", 45, "temporary")
    assert (status.retry_attempts_used, status.retry_available) == (used, available)
    assert (status.user_message, status.recovery_actions) == ("Jira is away.", ["Retry later."])
    assert retry_available(failed(retry_count), SETTINGS) is available


def test_cancelled_and_never_started() -> None:
    status = status_response(replace(RUNNING, status=SessionStatus.CANCELLED, current_title=None), SETTINGS)
    assert isinstance(status, ExportStatusResponse)
    assert (status.status, status.progress_percentage) == ("cancelled", 33.3)
    assert status.estimated_time_remaining_minutes is None
    with pytest.raises(NotStartedError):
        status_response(SessionState(UUID(int=1), "DEMO"), SETTINGS)


def test_results() -> None:
    def issue(number: int) -> CreatedIssue:
        return CreatedIssue(str(number), f"DEMO-{number}", f"https://jira/browse/DEMO-{number}")

    fix = ManualFix(ManualFixKind.ASSIGNEE_INVALID, "assignee", "Bo", "left unassigned", "Assign the issue by hand.")
    made = TicketState(UUID(int=1), 1, "One", issue=issue(1), manual_fixes=(fix,), orphans=(issue(9),))
    pending = TicketState(UUID(int=2), 2, "Two")
    results = results_response(replace(RUNNING, links_created=4, seconds=61), [made, pending], {})
    assert (results.total_tickets_created, results.dependencies_created) == (1, 4)
    assert results.total_processing_time_minutes == 1.0
    (reference,) = results.jira_tickets
    assert (reference.ticket_id, reference.jira_key, reference.title) == (UUID(int=1), "DEMO-1", "One")
    first, second = results.manual_fixes
    assert (first.jira_key, first.issue_type) == ("DEMO-1", "assignee_invalid")
    assert first.recommended_action == "assignee: asked for Bo; left unassigned. Assign the issue by hand."
    assert (second.jira_key, second.issue_type) == ("DEMO-9", "duplicate_issue")


@pytest.mark.parametrize("left_out", [False, True])
async def test_a_part_of_the_results_is_that_part_of_all_of_them(world: World, left_out: bool) -> None:
    tickets = [ticket(number, priority="No such" if number % 2 else None) for number in range(1, 8)]
    await world.store.put(session(*tickets))
    await world.service().start(SESSION, skip=[tickets[6].id] if left_out else ())
    await world.exporter().execute(SESSION)
    await world.store.put(session(*tickets[:1], ticket(2, title="Edited"), *tickets[2:]))
    whole = await world.service().results(SESSION)
    assert (len(whole.jira_tickets), len(whole.left_out), whole.tickets_edited) == (7 - left_out, left_out, 1)
    for offset, limit in ((0, 2), (1, 3), (5, 10), (9, 1), (0, 0), (2, None)):
        end = None if limit is None else offset + limit
        part = await world.service().results(SESSION, offset=offset, limit=limit)
        assert part.jira_tickets == whole.jira_tickets[offset:end]
        assert part.manual_fixes == whole.manual_fixes[offset:end]
        assert part.tickets_edited == sum(each.change == "edited" for each in part.jira_tickets)
        for name in ("total_tickets_created", "dependencies_created", "left_out", "total_processing_time_minutes"):
            assert getattr(part, name) == getattr(whole, name), name
    for wrong in ({"offset": -1}, {"limit": -1}):
        with pytest.raises(ValueError, match="0 or more"):
            await world.service().results(SESSION, **wrong)


async def test_a_part_of_the_results_costs_what_it_shows(world: World) -> None:
    await world.export(*(ticket(number) for number in range(1, 8)))

    class Reading(InMemoryStore):
        read: ClassVar[list[str]] = []

        async def session(self, session_id: UUID) -> Session:
            raise AssertionError("all tickets were read")

        async def ticket(self, session_id: UUID, ticket_id: UUID) -> Ticket:
            self.read.append("ticket")
            return await super().ticket(session_id, ticket_id)

    world.store.__class__ = Reading
    part = await world.service().results(SESSION, offset=2, limit=3)
    assert [each.jira_key for each in part.jira_tickets] == ["DEMO-3", "DEMO-4", "DEMO-5"]
    assert len(Reading.read) == 3
