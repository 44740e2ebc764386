"""Files that a worker does not have."""

from __future__ import annotations

from pathlib import Path
from socket import gethostname

from tests.unit.export.conftest import World, ticket

from jira_session_export._journal import SessionStatus
from jira_session_export.testing import Fault, faults


async def test_a_worker_without_the_file_says_so_before_the_create(world: World, tmp_path: Path) -> None:
    world.settings = world.settings.model_copy(update={"requires_attachments": True, "bulk_size": 3})
    here = tmp_path / "here.txt"
    here.write_text("x")
    elsewhere = tmp_path / "elsewhere.txt"
    state = await world.export(ticket(1, attachments=[str(here)]), ticket(2, attachments=[str(elsewhere)]), ticket(3))
    assert (state.status, state.failed_at_ticket_order, len(world.jira.issues)) == (SessionStatus.EXPORT_FAILED, 2, 1)
    assert state.failure is not None
    assert gethostname() in state.failure.message
    assert "elsewhere.txt" in state.failure.message
    elsewhere.write_text("y")
    state = await world.retry()
    assert (state.status, len(world.jira.issues), state.manual_fix_count) == (SessionStatus.COMPLETED, 3, 0)
    assert sum(len(issue.attachments) for issue in world.jira.issues.values()) == 2


async def test_a_worker_that_takes_over_without_the_file_does_not_complete_the_session(
    world: World, tmp_path: Path
) -> None:
    world.settings = world.settings.model_copy(update={"requires_attachments": True})
    file = tmp_path / "a.txt"
    file.write_text("x")
    world.jira.faults.add(Fault(("POST", "/issue/*/attachments"), faults.status(401)))
    assert (await world.export(ticket(1, attachments=[str(file)]))).status == SessionStatus.EXPORT_FAILED
    file.unlink()
    state = await world.retry()
    assert state.status == SessionStatus.EXPORT_FAILED
    assert state.failure is not None
    assert "a.txt" in state.failure.message
    file.write_text("x")
    state = await world.retry()
    assert (state.status, state.manual_fix_count) == (SessionStatus.COMPLETED, 0)
    assert [len(issue.attachments) for issue in world.jira.issues.values()] == [1]


async def test_by_default_a_missing_file_leaves_a_manual_fix(world: World, tmp_path: Path) -> None:
    state = await world.export(ticket(1, attachments=[str(tmp_path / "gone.txt")]))
    assert (state.status, state.manual_fix_count) == (SessionStatus.COMPLETED, 1)
