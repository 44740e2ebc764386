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
from jira_session_export.integrations.procrastinate import ProcrastinateRunner, register_tasks
from tests.e2e.test_procrastinate import SETTINGS

async def main(database, jira):
    app = App(connector=PsycopgConnector(conninfo=database))
    auth, runner = ApiTokenAuth("me@example.com", "x"), ProcrastinateRunner(app)
    async with (
        app.open_async(),
        JiraExport.open(jira, auth, store=database, settings=SETTINGS, runner=runner) as exports,
    ):
        register_tasks(app, exports.exporter, sweep_cron="* * * * * *")
        print("ready", flush=True)
        await app.run_worker_async(concurrency=2, fetch_job_polling_interval=0.2)

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
async def test_a_queue_that_is_away_is_told_as_such(postgres: str) -> None:
    app = App(connector=PsycopgConnector(conninfo=_plain(postgres)))
    async with app.open_async():  # without procrastinate's schema
        with pytest.raises(StoreUnavailableError, match="queue"):
            await ProcrastinateRunner(app).submit(UUID(int=1))
