"""A start and its job: in one transaction where the queue lies in the store's database, else one after the other."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, closing
from uuid import UUID

import psycopg
import pytest
from procrastinate import App

from jira_session_export._export.ports import ExportRunner
from jira_session_export._export.service import ExportService
from jira_session_export._journal import SessionStatus
from jira_session_export._models import Session, Ticket
from jira_session_export._storage.memory import InMemoryStore
from jira_session_export.errors import StoreUnavailableError
from jira_session_export.integrations.procrastinate import ProcrastinateRunner, open_queue
from jira_session_export.jira import ApiTokenAuth, JiraClient
from jira_session_export.storage import SessionStore
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore
from jira_session_export.testing import FakeJira

SESSION = Session(
    id=UUID(int=1), project_key="DEMO", owner="maria", tickets=(Ticket(id=UUID(int=2), order=1, title="Ticket"),)
)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def client() -> AsyncIterator[JiraClient]:
    fake = FakeJira()
    async with JiraClient(fake.base_url, ApiTokenAuth("me@example.com", "x"), transport=fake.transport) as client:
        yield client


@pytest.fixture
async def store(postgres: str) -> AsyncIterator[SqlAlchemyStore]:
    async with SqlAlchemyStore.open(postgres) as store:
        await store.migrate()
        await store.put(SESSION)
        yield store


@pytest.fixture
async def queue(postgres: str) -> AsyncIterator[App]:
    async with open_queue(postgres) as app:
        yield app


class Together(ProcrastinateRunner):
    """Queues in the transaction of the start and in no other way."""

    async def submit(self, session_id: UUID, **_about: object) -> None:
        raise AssertionError(f"{session_id} was started before it was queued")


def service(store: SessionStore, client: JiraClient, runner: ExportRunner) -> ExportService:
    return ExportService(store, client, runner)


async def jobs(app: App) -> list[tuple[object, int]]:
    return [(job.task_kwargs["session_id"], job.priority) for job in await app.job_manager.list_jobs_async()]


@pytest.mark.postgres
async def test_a_start_and_its_job_are_one_transaction(store: SqlAlchemyStore, queue: App, client: JiraClient) -> None:
    await service(store, client, Together(queue)).start(SESSION.id, priority=5)
    assert await jobs(queue) == [(str(SESSION.id), 5)]
    assert (await store.state(SESSION.id)).status == SessionStatus.EXPORTING


@pytest.mark.postgres
async def test_a_session_that_cannot_be_queued_is_not_started(
    store: SqlAlchemyStore, queue: App, client: JiraClient, postgres: str
) -> None:
    with closing(psycopg.connect(postgres, autocommit=True)) as admin:
        admin.execute("ALTER TABLE procrastinate_jobs RENAME TO away")
    with pytest.raises(StoreUnavailableError, match="queue"):
        await service(store, client, Together(queue)).start(SESSION.id)
    assert (await store.state(SESSION.id)).status == SessionStatus.READY
    assert await store.journal(SESSION.id) == []


@pytest.mark.postgres
async def test_a_queue_in_another_database_gets_the_job_afterwards(
    store: SqlAlchemyStore, client: JiraClient, postgres_database: Callable[[], AbstractContextManager[str]]
) -> None:
    with postgres_database() as elsewhere:
        async with open_queue(elsewhere) as app:
            await service(store, client, ProcrastinateRunner(app)).start(SESSION.id, priority=2)
            assert await jobs(app) == [(str(SESSION.id), 2)]


async def test_a_runner_is_told_whose_session_it_is_and_where_it_goes(client: JiraClient) -> None:
    told: list[tuple[UUID, object]] = []

    class Runner:
        async def submit(
            self, session_id: UUID, *, owner: str | None = None, site: str = "", priority: int = 0
        ) -> None:
            told.append((session_id, (owner, site, priority)))

    class Plain:
        async def submit(self, session_id: UUID) -> None:
            told.append((session_id, None))

    store = InMemoryStore()
    await store.put(SESSION)
    await service(store, client, Runner()).start(SESSION.id, priority=1)
    other = SESSION.model_copy(update={"id": UUID(int=9)})
    await store.put(other)
    await service(store, client, Plain()).start(other.id)  # type: ignore[arg-type]
    assert told == [(SESSION.id, ("maria", client.base_url, 1)), (other.id, None)]
