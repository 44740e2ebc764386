"""Exports on procrastinate workers, with a real PostgreSQL; one worker is killed in the middle."""

import asyncio
import os
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from uuid import UUID

import pytest
from procrastinate import App, PsycopgConnector

from jira_session_export import ApiTokenAuth, ExportSettings, JiraExport, Session, Ticket
from jira_session_export.errors import StoreUnavailableError
from jira_session_export.integrations.procrastinate import ProcrastinateRunner
from jira_session_export.testing import FakeJira

SETTINGS = ExportSettings(pause_seconds=0.15, lease_seconds=2, index_settle_seconds=1)

WORKER = """
import asyncio, sys
from procrastinate import App, PsycopgConnector
from jira_session_export import ApiTokenAuth, JiraExport
from jira_session_export.integrations.procrastinate import ProcrastinateRunner, run_worker
from tests.e2e.test_procrastinate import SETTINGS

async def main(database, jira):
    app = App(connector=PsycopgConnector(conninfo=database))
    auth, runner = ApiTokenAuth("me@example.com", "x"), ProcrastinateRunner(app)
    async with (
        app.open_async(),
        JiraExport.open(jira, auth, store=database, settings=SETTINGS, runner=runner) as exports,
    ):
        print("ready", flush=True)
        await run_worker(app, exports.exporter, concurrency=2)

asyncio.run(main(*sys.argv[1:]))
"""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def app(postgres: str) -> AsyncIterator[App]:
    app = App(connector=PsycopgConnector(conninfo=_plain(postgres)))
    async with app.open_async():
        await app.schema_manager.apply_schema_async()
        yield app


def _plain(address: str) -> str:
    return address.replace("postgresql+psycopg://", "postgresql://")


def _worker(database: str, jira: str) -> subprocess.Popen[str]:
    worker = subprocess.Popen(
        [sys.executable, "-c", WORKER, _plain(database), jira], stdout=subprocess.PIPE, text=True, env=os.environ.copy()
    )
    assert worker.stdout is not None
    assert worker.stdout.readline() == "ready\n"
    return worker


@pytest.mark.postgres
@pytest.mark.timeout(120)
async def test_a_killed_worker_is_replaced_and_every_issue_exists_once(app: App, postgres: str) -> None:
    tickets = tuple(
        Ticket(id=UUID(int=number), order=number, title=f"Ticket {number}", description_html="<p>x")
        for number in range(1, 13)
    )
    session = Session(id=UUID(int=99), project_key="DEMO", tickets=tickets)
    fake = FakeJira()
    async with (
        fake.serve() as url,
        JiraExport.open(
            url,
            ApiTokenAuth("me@example.com", "x"),
            store=postgres,
            settings=SETTINGS,
            runner=ProcrastinateRunner(app),
        ) as jira,
    ):
        workers = [await asyncio.to_thread(_worker, postgres, url) for _ in range(2)]
        try:
            session_id = await jira.start(session)
            while len(fake.issues) < 4:
                await asyncio.sleep(0.05)
            # Whoever of the two has it: both die, a third takes over.
            for worker in workers:
                worker.send_signal(signal.SIGKILL)
                worker.wait()
            workers.append(await asyncio.to_thread(_worker, postgres, url))
            result = await jira.wait(session_id)
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
                assert worker.stdout is not None
                worker.stdout.close()
        assert len(result.issues) == len(tickets)
        assert Counter(issue.fields["summary"] for issue in fake.issues.values()) == Counter(
            ticket.title for ticket in tickets
        )


@pytest.mark.postgres
@pytest.mark.timeout(120)
async def test_a_worker_that_dies_or_stops_is_followed_soon(app: App, postgres: str) -> None:
    """Killed: within its lease and two seconds. Asked to stop: its session goes on elsewhere within two."""
    tickets = tuple(Ticket(id=UUID(int=number), order=number, title=f"Ticket {number}") for number in range(1, 61))
    session = Session(id=UUID(int=99), project_key="DEMO", tickets=tickets)
    fake, runner, auth = FakeJira(), ProcrastinateRunner(app), ApiTokenAuth("me@example.com", "x")

    async def next_create() -> float:
        before, began = len(fake.issues), asyncio.get_running_loop().time()
        while len(fake.issues) == before:
            await asyncio.sleep(0.02)
        return asyncio.get_running_loop().time() - began

    async with (
        fake.serve() as url,
        JiraExport.open(url, auth, store=postgres, settings=SETTINGS, runner=runner) as jira,
    ):
        workers = [await asyncio.to_thread(_worker, postgres, url)]
        try:
            await jira.start(session)
            await next_create()
            workers.append(await asyncio.to_thread(_worker, postgres, url))
            workers[0].send_signal(signal.SIGKILL)
            workers[0].wait()
            after_death = await next_create()
            workers.append(await asyncio.to_thread(_worker, postgres, url))
            await next_create()
            workers[1].send_signal(signal.SIGTERM)
            asked = asyncio.get_running_loop().time()
            assert await asyncio.to_thread(workers[1].wait, 20) == 0
            until_gone = asyncio.get_running_loop().time() - asked
            after_stop = await next_create()
        finally:
            for worker in workers:
                worker.kill()
                worker.wait()
                assert worker.stdout is not None
                worker.stdout.close()
        crashed = [row.data["crashed"] for row in await jira.store.journal(session.id) if row.kind == "run_resumed"]
    slack = 3.0  # of a machine under load; without it the limits are the lease and 2 s, 2 s, and 2 s
    assert after_death <= SETTINGS.lease_seconds + SETTINGS.index_settle_seconds + 2 + slack
    assert until_gone <= 2 + slack
    assert after_stop <= 2 + slack
    assert crashed == [True, False]


@pytest.mark.postgres
async def test_a_queue_that_is_away_is_told_as_such(postgres: str) -> None:
    app = App(connector=PsycopgConnector(conninfo=_plain(postgres)))
    async with app.open_async():  # without procrastinate's schema
        with pytest.raises(StoreUnavailableError, match="queue"):
            await ProcrastinateRunner(app).submit(UUID(int=1))
