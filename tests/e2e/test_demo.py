"""The shipped session, and what exporting it costs: no HTTP write and no commit more than there are facts."""

from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine
from tests.e2e.test_cli import run

from jira_session_export import ApiTokenAuth, Exporter, ExportService, ExportSettings, JiraClient, load_batch
from jira_session_export._cli.demo import demo_file
from jira_session_export._cli.export import Foreground
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore
from jira_session_export.testing import FakeJira

READS_BEFORE_AN_EXPORT = 20
"""However many tickets there are: account, permissions, project, screens, people, boards, sprints, link types."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # the SQLAlchemy store's


async def test_the_demo_makes_the_writes_it_must_and_no_other(tmp_path: Path) -> None:
    session = load_batch(demo_file())
    # So long a lease needs no sign of life during the test, which would be a commit more.
    settings = ExportSettings(pause_seconds=0, lease_seconds=3600)
    fake = FakeJira()
    changes_before: dict[int, int] = {}
    commits = 0

    def count(connection: Connection) -> None:
        nonlocal commits
        driver = connection.connection.driver_connection
        assert driver is not None
        commits += driver.total_changes > changes_before.get(id(driver), 0)
        changes_before[id(driver)] = driver.total_changes

    async with (
        SqlAlchemyStore.open(f"sqlite:///{tmp_path / 'demo.sqlite3'}") as store,
        JiraClient(fake.base_url, ApiTokenAuth("me@example.com", "x"), transport=fake.transport) as client,
    ):
        await store.migrate()
        await store.put(session)
        service = ExportService(store, client, Foreground(), settings=settings)
        await service.start(session.id)
        event.listen(Engine, "commit", count)
        await store.state(session.id)  # a first look tells what each connection had changed before
        commits = 0
        try:
            await Exporter(client, store, settings=settings).execute(session.id)
        finally:
            event.remove(Engine, "commit", count)
        results = await service.results(session.id)
        entries = await store.journal(session.id)

    assert results.total_tickets_created == 87
    assert results.dependencies_created == 12
    assert sorted(fix.issue_type for fix in results.manual_fixes) == [
        "assignee_invalid",
        "priority_not_available",
        "sprint_not_found",
    ]

    files = sum(len(ticket.attachments) for ticket in session.tickets)
    assert files > 0
    writes = Counter(request.path.rpartition("/")[2] for request in fake.writes)
    # Every fallback of the demo is foreseen from the create metadata, so Jira need not refuse anything.
    assert writes == {"issue": 87, "attachments": files, "issueLink": 12}
    assert len(fake.issues) == 87

    reads = [request for request in fake.requests if request not in fake.writes]
    assert len(reads) <= 2 * READS_BEFORE_AN_EXPORT  # once for the answer to the start, once by the worker
    assert fake.requests.index(fake.creates[0]) == len(reads)

    assert all(entry.trace_id for entry in entries if entry.kind in {"issue_recorded", "step_recorded"})
    kinds = Counter(entry.kind for entry in entries)
    assert kinds == {
        "run_started": 1,
        "intent_recorded": 87,
        "issue_recorded": 87,
        "step_recorded": files + 12,
        "run_completed": 1,
    }
    recorded_by_the_run = kinds.total() - 1  # the start came before
    assert commits == recorded_by_the_run + 1  # and the lease, of which the audit trail says nothing


def test_the_demo_command_is_resumable_and_idempotent(tmp_path: Path) -> None:
    first = run("demo", "--folder", str(tmp_path), "--pause", "0", cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    assert "87 created, 12 dependencies, 3 manual fixes" in first.stdout
    assert "a real export pauses 1.5 s" in first.stderr
    again = run("demo", "--folder", str(tmp_path), "--pause", "0", cwd=tmp_path)
    assert again.returncode == 0
    assert "already" in again.stderr
    assert "87 created" in again.stdout
    assert "DEMO-88" not in again.stdout
