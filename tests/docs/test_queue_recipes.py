"""The recipes for queues of the host's do what their pages say, with the real libraries and real processes.

A worker is killed in the middle of a session: another goes on, and there is one issue for each ticket. One that is asked
to end hands over.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path
from uuid import UUID

import psutil
import pytest
from tests.docs.pages import ROOT, blocks

from jira_session_export.storage import SessionState, SessionStatus
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore
from jira_session_export.testing import FakeJira

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]
TICKETS = 20
MANY = 400
SWEEP_SECONDS = re.compile(r"(every(?:=|\": ))5")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class Recipe:
    """The files of a page in a folder, with what runs from them."""

    def __init__(self, folder: Path, page: str, fake: FakeJira, env: dict[str, str]) -> None:
        self.folder = folder
        self.fake = fake
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("JIRA_", "JSE_"))}
        self.env = {
            **clean,
            "JIRA_EMAIL": "me@example.com",
            "JIRA_API_TOKEN": "token",
            "JSE_PAUSE_SECONDS": "0.05",
            "JSE_LEASE_SECONDS": "1",
            "JSE_INDEX_SETTLE_SECONDS": "0.6",
            **env,
        }
        self.running: list[asyncio.subprocess.Process] = []
        for block in blocks(ROOT / "docs" / "how-to" / page):
            if block.title:
                (folder / block.title).write_text(SWEEP_SECONDS.sub(r"\g<1>0.3", block.code), "utf-8")

    async def start(self, *command: str) -> asyncio.subprocess.Process:
        with (self.folder / f"{command[0]}.log").open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                Path(sys.executable).parent / command[0],
                *command[1:],
                cwd=self.folder,
                env=self.env,
                stdout=log,
                stderr=log,
            )
        self.running.append(process)
        return process

    async def send(self, number: int, tickets: int) -> UUID:
        """Start a session, as the page's script does."""
        listed = [{"title": f"Ticket {number}-{order}"} for order in range(1, tickets + 1)]
        (self.folder / "backlog.json").write_text(json.dumps({"name": f"Session {number}", "tickets": listed}))
        script = await asyncio.create_subprocess_exec(
            sys.executable, "send.py", cwd=self.folder, env=self.env, stdout=asyncio.subprocess.PIPE
        )
        printed, _ = await script.communicate()
        assert script.returncode == 0
        return UUID(printed.decode().split()[-1])

    async def until(self, condition: Callable[[], object]) -> None:
        try:
            async with asyncio.timeout(60):
                while not condition():
                    await asyncio.sleep(0.02)
        except TimeoutError:
            logs = "\n".join(file.read_text("utf-8", "replace")[-3000:] for file in self.folder.glob("*.log"))
            pytest.fail(f"{len(self.fake.issues)} issues; {logs}")

    async def until_issues(self, count: int) -> None:
        await self.until(lambda: len(self.fake.issues) >= count)

    async def until_completed(self, session_id: UUID) -> None:
        async with self.store() as store:
            async with asyncio.timeout(60):
                while (await store.state(session_id)).status != SessionStatus.COMPLETED:
                    await asyncio.sleep(0.1)

    async def state(self, session_id: UUID) -> SessionState:
        async with self.store() as store:
            return await store.state(session_id)

    @asynccontextmanager
    async def store(self) -> AsyncIterator[SqlAlchemyStore]:
        store = SqlAlchemyStore.open(self.env["JSE_DATABASE_URL"])
        async with store:
            await store.migrate()
            yield store

    async def kinds(self, session_id: UUID) -> Sequence[str]:
        async with self.store() as store:
            return [row.kind for row in await store.journal(session_id)]

    def assert_exactly_once(self) -> None:
        titles = Counter(str(issue.fields["summary"]) for issue in self.fake.issues.values())
        assert (len(titles), set(titles.values())) == (TICKETS, {1})

    async def end(self) -> None:
        for process in self.running:
            if process.returncode is None:
                for each in [*psutil.Process(process.pid).children(recursive=True), psutil.Process(process.pid)]:
                    each.kill()
                await process.wait()


@asynccontextmanager
async def recipe(folder: Path, page: str, **env: str) -> AsyncIterator[Recipe]:
    fake = FakeJira()
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(fake.serve())
        made = Recipe(
            folder, page, fake, {"JIRA_BASE_URL": url, "JSE_DATABASE_URL": f"sqlite:///{folder}/exports.db", **env}
        )
        stack.push_async_callback(made.end)
        yield made


async def worked_off(made: Recipe, kill: Callable[[], Awaitable[asyncio.subprocess.Process]]) -> None:
    """A session whose worker is killed, then one whose worker is asked to end.

    Args:
        kill: kills what works on the first session; gives the worker that works on the second one.
    """
    # FakeJira answers in this event loop, so the worker cannot get far ahead of what is seen here.
    sending = asyncio.create_task(made.send(1, TICKETS))
    await made.until_issues(3)
    worker = await kill()
    first = await sending
    assert (await made.state(first)).status == SessionStatus.EXPORTING
    await made.until_issues(TICKETS)
    await made.until_completed(first)
    made.assert_exactly_once()
    assert "run_resumed" in await made.kinds(first)

    sending = asyncio.create_task(made.send(2, MANY))
    await made.until_issues(TICKETS + 3)
    worker.send_signal(signal.SIGTERM)
    await asyncio.wait_for(worker.wait(), 30)
    second = await sending
    assert "run_released" in await made.kinds(second)
    assert (await made.state(second)).exported == len(made.fake.issues) - TICKETS < MANY


def kill_children(process: asyncio.subprocess.Process) -> None:
    for child in psutil.Process(process.pid).children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            child.kill()


async def test_celery(tmp_path: Path) -> None:
    async with recipe(tmp_path, "embed-in-celery.md", CELERY_BROKER_URL="sqla+sqlite:///broker.db") as made:
        worker = await made.start("celery", "--app", "tasks", "worker", "--concurrency", "1", "--loglevel", "INFO")
        await made.start("celery", "--app", "tasks", "beat", "--loglevel", "INFO")

        async def kill() -> asyncio.subprocess.Process:
            kill_children(worker)  # Celery starts another one
            return worker

        await worked_off(made, kill)


@pytest.mark.postgres
async def test_taskiq(tmp_path: Path, postgres: str) -> None:
    address = postgres.replace("postgresql+psycopg://", "postgresql://")
    async with recipe(tmp_path, "embed-in-taskiq.md", JSE_DATABASE_URL=postgres, TASKIQ_DATABASE_URL=address) as made:
        worker = await made.start(
            "taskiq",
            "worker",
            "tasks:broker",
            "--workers",
            "1",
            "--wait-tasks-timeout",
            "1",
            "--shutdown-timeout",
            "10",
        )

        async def kill() -> asyncio.subprocess.Process:
            kill_children(worker)  # taskiq starts others
            return worker

        await worked_off(made, kill)


async def test_dbos(tmp_path: Path) -> None:
    async with recipe(tmp_path, "embed-in-dbos.md", DBOS_SYSTEM_DATABASE_URL=f"sqlite:///{tmp_path}/dbos.db") as made:
        worker = await made.start("python", "worker.py")
        # Its first worker makes DBOS's tables, without which the script cannot queue anything.
        await made.until(lambda: "DBOS launched" in (tmp_path / "python.log").read_text("utf-8"))

        async def kill() -> asyncio.subprocess.Process:
            worker.kill()
            return await made.start("python", "worker.py")

        await worked_off(made, kill)
