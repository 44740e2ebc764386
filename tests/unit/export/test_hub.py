from datetime import UTC, datetime
from uuid import UUID

import anyio
import pytest

from jira_session_export._export.events import (
    ExportCompleted,
    ExportEvent,
    ExportProgress,
    IssueExported,
    LeaseLost,
    Phase,
)
from jira_session_export._export.hub import EventHub, guarded
from jira_session_export._values import CreatedIssue

SESSION = UUID(int=1)
AT = datetime(2026, 1, 2, tzinfo=UTC)


def progress(sequence: int, position: int = 1, *, phase: Phase = Phase.CREATING, total: int = 87) -> ExportProgress:
    return ExportProgress(
        SESSION, sequence, AT, phase, position, total, "Configure Product Fields", position - 1, 87, 60.0
    )


def exported(sequence: int) -> IssueExported:
    return IssueExported(
        SESSION,
        sequence,
        AT,
        UUID(int=2),
        1,
        "A",
        CreatedIssue("1", "DEMO-1", "u"),
        (),
        adopted=False,
        tickets_completed=1,
        tickets_total=87,
    )


def completed(sequence: int) -> ExportCompleted:
    return ExportCompleted(SESSION, sequence, AT, 87, 12, 3, 168.0)


async def test_a_listener_gets_everything_that_matters_and_ends_with_the_last_event() -> None:
    hub = EventHub()
    got: list[ExportEvent] = []
    with hub.listen(SESSION) as listener:
        hub(progress(1))
        hub(exported(2))
        hub(completed(3))
        hub(exported(4))
        with anyio.fail_after(1):
            got = [event async for event in listener]
    assert got == [progress(1), exported(2), completed(3)]


async def test_a_listener_that_waits_is_woken() -> None:
    hub = EventHub()
    got: list[ExportEvent] = []

    async def read(listener: object) -> None:
        async for event in listener:  # type: ignore[attr-defined]
            got.append(event)

    with hub.listen(SESSION) as listener:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(read, listener)
            await anyio.wait_all_tasks_blocked()
            hub(exported(1))
            await anyio.wait_all_tasks_blocked()
            assert got == [exported(1)]
            hub(completed(2))
    assert got == [exported(1), completed(2)]


async def test_a_slow_listener_keeps_the_newest() -> None:
    hub = EventHub(buffer_size=3)
    with hub.listen(SESSION) as slow:
        for number in range(1, 6):
            hub(progress(number, number))
        for number in range(6, 10):
            hub(exported(number))
        hub(completed(10))
        assert [event.sequence async for event in slow] == [8, 9, 10]


def test_unread_progress_is_replaced_by_newer_progress() -> None:
    hub = EventHub()
    with hub.listen(SESSION) as listener:
        for number in range(1, 200):
            hub(progress(number, number))
        listener.close()
        assert len(listener) == 1


def test_the_latest_event_is_kept_until_the_run_ends() -> None:
    hub = EventHub()
    assert hub.latest(SESSION) is None
    hub(progress(1))
    assert hub.latest(SESSION) == progress(1)
    hub(completed(2))
    assert hub.latest(SESSION) is None


def test_a_failing_sink_is_logged_and_harms_nobody(caplog: pytest.LogCaptureFixture) -> None:
    def failing(_event: ExportEvent) -> None:
        raise RuntimeError("sink is broken")

    guarded(failing)(progress(1))
    assert "sink is broken" in caplog.text


def test_the_position_is_the_one_told_last_until_the_run_ends_here() -> None:
    hub = EventHub()
    assert hub.position(SESSION) is None
    for end in (completed(4), LeaseLost(SESSION, 4, AT)):
        hub(progress(1, 3))
        hub(exported(2))
        assert hub.position(SESSION) == progress(1, 3)
        hub(end)
        assert hub.position(SESSION) is None
