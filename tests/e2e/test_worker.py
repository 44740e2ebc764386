"""`jira-session-export worker` as real processes on a real PostgreSQL: killed, stopped, drained, without a database."""

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

import httpx
import psycopg
import pytest
from procrastinate import App
from tests.e2e.processes import SHORT_SETTINGS, ExportProcess

from jira_session_export import ApiTokenAuth, ExportSettings, JiraExport, Session, Ticket
from jira_session_export.errors import NewerTablesError, StoreUnavailableError
from jira_session_export.integrations.procrastinate import ProcrastinateRunner, open_queue
from jira_session_export.testing import FakeJira, Fault, faults

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(120)]

LEASE = 2.0
SLACK = 8.0
"""What a machine under load may take in addition; `benchmarks/recovery.py` measures without."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@dataclass
class Cluster:
    """A Jira, a queue, a process that starts sessions, and the workers."""

    folder: Path
    database: str
    fake: FakeJira
    app: App
    jira: JiraExport
    env: dict[str, str]
    workers: list[ExportProcess] = field(default_factory=list)

    async def worker(self, *options: str, **settings: str) -> ExportProcess:
        """One that is ready."""
        output = self.folder / f"worker-{len(self.workers)}.txt"
        output.touch()
        process = ExportProcess(["worker", *options], {**self.env, **settings}, output)
        self.workers.append(process)
        await until(lambda: "Worker of the queue" in process.printed or not process.is_running)
        return process

    async def start(self, tickets: int, number: int = 1) -> UUID:
        session_id = UUID(int=number)
        listed = tuple(
            Ticket(id=UUID(int=number * 10_000 + order), order=order, title=f"{number}, ticket {order}")
            for order in range(1, tickets + 1)
        )
        return await self.jira.start(Session(id=session_id, project_key="DEMO", tickets=listed))

    async def next_create(self) -> float:
        """How long it takes until another issue is there, in seconds."""
        clock = asyncio.get_running_loop().time
        before, began = len(self.fake.issues), clock()
        await until(lambda: len(self.fake.issues) > before)
        return clock() - began

    async def jobs(self) -> int:
        return len(list(await self.app.job_manager.list_jobs_async()))

    async def journal(self, session_id: UUID, kind: str) -> list[bool]:
        return [row.data.get("crashed", False) for row in await self.jira.store.journal(session_id) if row.kind == kind]

    def assert_exactly_once(self, tickets: int) -> None:
        titles = Counter(str(issue.fields["summary"]) for issue in self.fake.issues.values())
        assert (len(titles), set(titles.values())) == (tickets, {1})


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.02)


@pytest.fixture
async def cluster(tmp_path: Path, postgres: str) -> AsyncIterator[Cluster]:
    fake = FakeJira()
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(fake.serve())
        app = await stack.enter_async_context(open_queue(postgres))
        settings = ExportSettings(lease_seconds=LEASE, index_settle_seconds=0.6)
        jira = await stack.enter_async_context(
            JiraExport.open(
                url,
                ApiTokenAuth("me@example.com", "x"),
                store=postgres,
                settings=settings,
                runner=ProcrastinateRunner(app),
            )
        )
        env = {
            **SHORT_SETTINGS,
            "JIRA_BASE_URL": url,
            "JSE_DATABASE_URL": postgres,
            "JSE_LEASE_SECONDS": str(LEASE),
            "JSE_PAUSE_SECONDS": "0.1",
        }
        place = Cluster(tmp_path, postgres, fake, app, jira, env)
        try:
            yield place
        finally:
            for process in place.workers:
                await process.kill()


async def test_a_worker_that_dies_stops_or_drains_is_followed(cluster: Cluster) -> None:
    """Killed: within its lease and two seconds. Stopped: its session goes on elsewhere within two. Drained: it ends it."""
    clock = asyncio.get_running_loop().time
    first = await cluster.worker()
    session_id = await cluster.start(tickets=1000)
    await cluster.next_create()
    second = await cluster.worker()
    await first.kill()
    assert await cluster.next_create() <= LEASE + 2 + SLACK

    third = await cluster.worker()
    await cluster.next_create()
    second.send(signal.SIGTERM)
    asked = clock()
    assert await second.wait() == 0
    assert clock() - asked <= 2 + SLACK
    assert await cluster.next_create() <= 2 + SLACK
    assert await cluster.journal(session_id, "run_resumed") == [True, False]
    assert "The worker has stopped." in second.printed

    third.send(signal.SIGUSR1)
    await cluster.next_create()  # it goes on with what it has
    other = await cluster.start(tickets=1, number=2)
    await cluster.jira.service.cancel(session_id)
    assert await third.wait() == 0
    assert "The worker is drained." in third.printed
    assert (await cluster.jira.store.state(other)).status == "exporting"  # left to others
    await cluster.worker()
    await cluster.jira.wait(other)
    cluster.assert_exactly_once(len(cluster.fake.issues))


async def test_a_second_signal_ends_it_at_once(cluster: Cluster) -> None:
    worker = await cluster.worker(JSE_GRACE_SECONDS="60", JSE_REQUEST_TIMEOUT_SECONDS="60")
    cluster.fake.faults.add(Fault(("POST", "/issue"), faults.slow(60)))
    await cluster.start(tickets=2)
    await until(lambda: any(request.path.endswith("/issue") for request in cluster.fake.requests))
    worker.send(signal.SIGTERM)
    await asyncio.sleep(0.3)
    worker.send(signal.SIGTERM)  # as `timeout` does, or a supervisor besides the terminal
    await asyncio.sleep(1)
    assert worker.is_running  # it waits for the answer
    worker.send(signal.SIGTERM)
    assert await worker.wait(20) == -signal.SIGTERM


async def test_jobs_are_deleted_and_waiting_sessions_are_not_queued_again(cluster: Cluster) -> None:
    sessions = [await cluster.start(tickets=6, number=number) for number in range(1, 7)]
    assert await cluster.jobs() == len(sessions)
    await cluster.worker("--concurrency", "1")
    await cluster.worker("--concurrency", "1")
    most = 0
    for session_id in sessions:
        waiting = asyncio.ensure_future(cluster.jira.wait(session_id))
        while not waiting.done():
            most = max(most, await cluster.jobs())
            await asyncio.sleep(0.1)
        await waiting
    assert most <= len(sessions)
    async with asyncio.timeout(30):
        while await cluster.jobs():  # the last one goes when its run is recorded
            await asyncio.sleep(0.05)
    cluster.assert_exactly_once(36)


async def test_a_database_that_comes_back_is_waited_for(cluster: Cluster) -> None:
    worker = await cluster.worker("--health", "127.0.0.1:0", "--verbose")
    url = f"http://127.0.0.1:{worker.printed.partition('probes at port ')[2].partition('.')[0]}"
    async with httpx.AsyncClient(base_url=url, timeout=30) as probe:
        assert (await probe.get("/health")).json() == {"status": "ok"}
        await _answers(probe, 200)
        assert (await probe.get("/ready")).json() == {"status": "ready", "running": 0}
        async with _database_away(cluster.database):
            answer = await _answers(probe, 503)
            (problem,) = answer.json()["problems"]
            assert "has not answered for" in problem
            assert "jse_" not in problem  # the database's name is for the log alone
            assert (await probe.get("/health")).status_code == 200
        await _answers(probe, 200)
        await cluster.start(tickets=3)
        await cluster.jira.wait(UUID(int=1))
        worker.send(signal.SIGTERM)
        assert await worker.wait() == 0
    cluster.assert_exactly_once(3)


async def test_a_worker_whose_database_is_lost_ends_with_a_sentence(cluster: Cluster) -> None:
    worker = await cluster.worker(JSE_STORE_PATIENCE_SECONDS="1", JSE_GRACE_SECONDS="1")
    async with _database_away(cluster.database):
        assert await worker.wait() == 1
    assert "Error: The queue or the database has not answered for 1 s, so this worker ends:" in worker.printed
    assert "Traceback" not in worker.printed


async def test_an_old_worker_leaves_newer_tables_alone(cluster: Cluster) -> None:
    """Its session is handed over, and it says why in a sentence; one that starts does not begin."""
    running = await cluster.worker()
    session_id = await cluster.start(tickets=1000)
    await cluster.next_create()
    async with await psycopg.AsyncConnection.connect(cluster.database, autocommit=True) as connection:
        await connection.execute("UPDATE export_alembic_version SET version_num = '9999'")
        # What a newer process starts.
        await cluster.jira.put(
            Session(id=UUID(int=3), project_key="DEMO", tickets=(Ticket(id=UUID(int=4), order=1, title="x"),))
        )
        await connection.execute("UPDATE sessions SET status = 'exporting' WHERE id = %s", [str(UUID(int=3))])
    with pytest.raises(NewerTablesError, match="revision 9999"):
        await cluster.start(tickets=1, number=2)
    starting = await cluster.worker()
    for worker in (starting, running):
        assert await worker.wait() == 3
        assert "tables are at revision 9999" in " ".join(worker.printed.split())
        assert "Traceback" not in worker.printed
    state = await cluster.jira.store.state(session_id)
    assert (state.status, state.lease_owner) == ("exporting", None)


async def test_a_queue_that_is_away_is_told_as_such(postgres: str) -> None:
    async with open_queue(postgres) as app:
        async with await psycopg.AsyncConnection.connect(postgres, autocommit=True) as connection:
            await connection.execute("DROP TABLE procrastinate_jobs CASCADE")
        with pytest.raises(StoreUnavailableError, match="queue"):
            await ProcrastinateRunner(app).submit(UUID(int=1))


async def _answers(probe: httpx.AsyncClient, status: int) -> httpx.Response:
    async with asyncio.timeout(60):
        while True:
            answer = await probe.get("/ready")
            if answer.status_code == status:
                return answer
            await asyncio.sleep(0.05)


@asynccontextmanager
async def _database_away(database: str) -> AsyncIterator[None]:
    """Nobody gets a connection, and those that there were are gone."""
    elsewhere, _, rest = database.rpartition("/jse_")
    name, _, query = f"jse_{rest}".partition("?")
    async with await psycopg.AsyncConnection.connect(f"{elsewhere}/postgres?{query}", autocommit=True) as server:
        await server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        try:
            await server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            yield
        finally:
            await server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
