"""The host application does its work, asynchronously and synchronously, and uses public names only."""

import ast
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jira_session_export.testing import FakeJira, Fault, faults
from tests.host_app import synchronous
from tests.host_app.asynchronous import open_host
from tests.host_app.backlog import Story, as_session

STORIES = [
    Story("Offer only free slots", "<h1>Rules</h1><ul><li>On the quarter hour"),
    Story("Booking page", assignee="nobody@example.com", after="Offer only free slots"),
]
SESSION = as_session("Bookings", "DEMO", STORIES)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # the SQLAlchemy store's


@pytest.fixture
def fake() -> FakeJira:
    return FakeJira()


@pytest.fixture
def store(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'host.db'}"


async def test_the_asynchronous_host_exports_shows_and_reports(fake: FakeJira, store: str) -> None:
    async with open_host(fake.base_url, store, fake.transport) as host:
        assert await host.problems(SESSION) == []
        assert list(await host.export_and_show(SESSION)) == ["DEMO-1", "DEMO-2"]
        assert host.percentages == sorted(host.percentages)
        assert host.completed == [SESSION.id]
    async with open_host(fake.base_url, store, fake.transport) as restarted:
        assert await restarted.outcome(SESSION) == "2 issues, 1 to fix by hand"
    assert len(fake.issues) == 2


async def test_the_asynchronous_host_goes_on_after_a_failure(fake: FakeJira, store: str) -> None:
    fake.faults.add(Fault(("POST", "/issue"), faults.status(401), nth=2))
    async with open_host(fake.base_url, store, fake.transport) as host:
        assert await host.outcome(SESSION) == "authentication_failed at ticket 2: try again"
        assert await host.outcome(SESSION) == "2 issues, 1 to fix by hand"


def test_the_synchronous_host_does_the_same_from_several_threads(fake: FakeJira, store: str) -> None:
    fake.faults.add(Fault(("POST", "/issue"), faults.status(401), nth=2))
    jira = synchronous.make_jira(fake.base_url, store, fake.transport)
    assert synchronous.problems(jira, SESSION) == []
    assert synchronous.outcome(jira, SESSION) == "authentication_failed at ticket 2: try again"
    with ThreadPoolExecutor(4) as threads:
        outcomes = set(threads.map(lambda _: synchronous.outcome(jira, SESSION), range(8)))
    assert outcomes == {"2 issues, 1 to fix by hand"}
    issues, percentages = synchronous.export_and_show(jira, as_session("Reminders", "DEMO", STORIES[:1]))
    assert list(issues) == ["DEMO-3"]
    assert percentages == sorted(percentages)
    jira.close()


def imported() -> Iterator[str]:
    for path in Path(__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("jira_session_export"):
                yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_it_uses_public_names_only() -> None:
    names = list(imported())
    assert len(names) > 20
    assert not [name for name in names if "._" in name]
