from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest

from jira_session_export._export.fenced import FencedJournal
from jira_session_export._journal import IntentRecorded, IssueRecorded, Lease, RunStarted, Step, StepKind, StepRecorded
from jira_session_export._models import Session, Ticket
from jira_session_export._storage.memory import InMemoryStore
from jira_session_export._values import CreatedIssue
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore
from jira_session_export.testing import FakeRuntime

NOW = datetime(2026, 1, 2, tzinfo=UTC)


async def running(store: SqlAlchemyStore, tickets: int = 1) -> tuple[Session, Lease]:
    """A session that is being exported, and the lease."""
    session = Session(
        id=uuid4(),
        project_key="DEMO",
        tickets=tuple(Ticket(id=uuid4(), order=order, title=f"Ticket {order}") for order in range(1, tickets + 1)),
    )
    await store.put(session)
    lease = await store.acquire(
        session.id, RunStarted(NOW, uuid4()), expected_token=0, owner="worker", now=NOW, lease_seconds=30
    )
    assert lease is not None
    return session, lease


async def knowing(store: SqlAlchemyStore, lease: Lease) -> FencedJournal:
    """What a run appends with: it knows how its tickets stand now, and how it leaves them."""
    journal = FencedJournal(store, lease, lease_seconds=30, patience_seconds=0, runtime=FakeRuntime())
    await journal.load()
    return journal


def entries(ticket: Ticket) -> tuple[IntentRecorded, IssueRecorded, StepRecorded]:
    """What a run appends about a ticket."""
    key = f"DEMO-{ticket.order}"
    return (
        IntentRecorded(NOW, ticket.id, 1, ticket.title),
        IssueRecorded(NOW, ticket.id, CreatedIssue(str(ticket.order), key, f"https://jira.example/browse/{key}")),
        StepRecorded(NOW, ticket.id, Step(StepKind.LINK, "Blocks:DEMO-9")),
    )


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def sqlite_store(tmp_path: Path) -> AsyncIterator[SqlAlchemyStore]:
    async with SqlAlchemyStore.open(f"sqlite:///{tmp_path}/exports.db") as store:
        await store.migrate()
        yield store


@pytest.fixture
async def postgres_store(postgres: str) -> AsyncIterator[SqlAlchemyStore]:
    async with SqlAlchemyStore.open(postgres) as store:
        await store.migrate()
        yield store


@pytest.fixture
def memory_store() -> InMemoryStore:
    return InMemoryStore()


@pytest.fixture(params=["memory_store", "sqlite_store", pytest.param("postgres_store", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest) -> InMemoryStore | SqlAlchemyStore:
    return request.getfixturevalue(request.param)
