"""`doctor`: one page, and its exit code; on SQLite and on PostgreSQL with a queue."""

import asyncio
import json
import sqlite3
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from jira_session_export._journal import IntentRecorded, RunStarted
from jira_session_export._models import Session, Ticket
from jira_session_export.integrations.procrastinate import ProcrastinateRunner, open_queue
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore

from .conftest import Command

SESSION = Session(
    id=UUID(int=1), name="Sprint 12", project_key="DEMO", tickets=(Ticket(id=UUID(int=2), order=1, title="Prices"),)
)
LONG_AGO = datetime.now(UTC) - timedelta(hours=1)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def abandoned(store: SqlAlchemyStore) -> None:
    """A session whose worker died after it had announced an issue."""
    await store.migrate()
    await store.put(SESSION)
    started = RunStarted(LONG_AGO, UUID(int=3))
    lease = await store.acquire(SESSION.id, started, expected_token=0, owner="gone", now=LONG_AGO, lease_seconds=30)
    assert lease is not None
    await store.append(lease, IntentRecorded(LONG_AGO, SESSION.tickets[0].id, 1, "Prices", ()))


def test_all_is_well_on_sqlite(run: Command, tmp_path: Path) -> None:
    async def prepare() -> None:
        async with SqlAlchemyStore.open(f"sqlite:///{tmp_path}/exports.db") as store:
            await store.migrate()
            await store.put(SESSION)

    asyncio.run(prepare())
    done = run("doctor", "--database", "sqlite:///exports.db")
    assert done.returncode == 0, done.stderr
    assert "Nothing to look at." in done.stdout
    assert "1 ready" in done.stdout
    assert "Queue" not in done.stdout


def test_a_shared_folder_that_is_not_mounted_is_named(run: Command, tmp_path: Path) -> None:
    async def prepare() -> None:
        async with SqlAlchemyStore.open(f"sqlite:///{tmp_path}/exports.db") as store:
            await store.migrate()

    asyncio.run(prepare())
    shared = tmp_path / "shared"
    done = run("doctor", "--database", "sqlite:///exports.db", env={"JSE_ATTACHMENTS": shared.as_uri()})
    assert (done.returncode, done.stderr) == (1, "")
    told = f"The files of tickets, in the folder {shared}, cannot be reached from here: "
    assert f"{told}there is no such folder." in done.stdout
    shared.touch()
    done = run("doctor", "--database", "sqlite:///exports.db", env={"JSE_ATTACHMENTS": shared.as_uri()})
    assert f"{told}Not a directory." in done.stdout
    shared.unlink()
    shared.mkdir()
    assert run("doctor", "--database", "sqlite:///exports.db", env={"JSE_ATTACHMENTS": shared.as_uri()}).returncode == 0


def test_what_a_dead_process_left_is_named(run: Command, tmp_path: Path) -> None:
    async def prepare() -> None:
        async with SqlAlchemyStore.open(f"sqlite:///{tmp_path}/exports.db") as store:
            await abandoned(store)

    asyncio.run(prepare())
    done = run("doctor", env={"JSE_DATABASE_URL": "sqlite:///exports.db"})
    assert done.returncode == 1
    assert "2 things to look at:" in done.stdout
    assert "nobody works on it: Sprint 12" in done.stdout
    assert "Of 1 ticket nobody knows whether Jira has an issue" in done.stdout
    document = json.loads(run("doctor", "--json", "--database", "sqlite:///exports.db").stdout)
    assert [finding["code"] for finding in document["findings"]] == ["stuck_sessions", "unknown_issues"]
    assert document["unknown_issues"][0]["title"] == "Prices"
    assert document["sessions"] == {"exporting": 1}
    assert (document["healthy"], document["queue"], document["connections"]) == (False, None, None)


def test_tables_of_another_version_are_told_not_touched(run: Command, tmp_path: Path) -> None:
    path = tmp_path / "exports.db"

    async def prepare() -> None:
        async with SqlAlchemyStore.open(f"sqlite:///{path}") as store:
            await store.migrate()

    asyncio.run(prepare())
    with closing(sqlite3.connect(path)) as database, database:
        database.execute("UPDATE export_alembic_version SET version_num = '0001'")
    done = run("doctor", "--database", "sqlite:///exports.db")
    assert done.returncode == 1
    assert "The tables are at revision 0001" in done.stdout
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("SELECT version_num FROM export_alembic_version").fetchone() == ("0001",)


@pytest.mark.parametrize(
    ("database", "message"),
    [
        ("sqlite:///none.db", "There is no state file none.db."),
        ("postgresql://127.0.0.1:1/x", "The database did not answer"),
    ],
)
def test_a_database_that_is_not_there(run: Command, database: str, message: str) -> None:
    done = run("doctor", "--database", database)
    assert done.returncode in {1, 2}
    assert message in done.stderr


@pytest.mark.postgres
def test_queue_and_workers(run: Command, postgres: str) -> None:
    async def prepare() -> None:
        async with SqlAlchemyStore.open(postgres) as store:
            await store.migrate()

    asyncio.run(prepare())
    without = run("doctor", "--database", postgres)
    assert (without.returncode, "exports run in the processes" in without.stdout) == (0, True)

    async def queue(*, worker: bool) -> None:
        async with SqlAlchemyStore.open(postgres) as store, open_queue(postgres) as app:
            if worker:
                await app.job_manager.register_worker()
                return
            await store.put(SESSION)
            now = datetime.now(UTC)
            started = RunStarted(now, UUID(int=3))
            await store.acquire(SESSION.id, started, expected_token=0, owner="", now=now, lease_seconds=30)
            await ProcrastinateRunner(app).submit(SESSION.id)

    asyncio.run(queue(worker=False))
    alone = run("doctor", "--database", postgres)
    assert alone.returncode == 1
    assert "No worker is alive, and 1 session waits." in alone.stdout
    asyncio.run(queue(worker=True))
    done = run("doctor", "--database", postgres, "--json")
    assert done.returncode == 0, done.stdout
    document = json.loads(done.stdout)
    assert document["queue"]["waiting"] == [str(SESSION.id)]
    assert (document["queue"]["depth"], document["queue"]["running"], document["queue"]["workers_alive"]) == (1, 0, 1)
    assert 0 <= document["queue"]["oldest_waiting_seconds"] < 60
    assert 0 < document["connections"]["used"] < document["connections"]["allowed"]
    assert "jira_session_export: 1 waiting" in run("doctor", "--database", postgres).stdout


@pytest.mark.postgres
def test_a_queue_that_cannot_be_looked_at_is_not_said_to_be_missing(
    run: Command, postgres: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def prepare() -> None:
        async with SqlAlchemyStore.open(postgres) as store, open_queue(postgres):
            await store.migrate()

    asyncio.run(prepare())
    monkeypatch.setitem(sys.modules, "procrastinate", None)
    done = run("doctor", "--database", postgres)
    assert "Queue        not looked at, as procrastinate is not installed." in done.stdout
    assert "exports run in the processes" not in done.stdout
    named = run("doctor", "--database", postgres, "--queue", "exports")
    assert (named.returncode, named.stdout) == (2, "")
    assert "procrastinate, which is not installed." in named.stderr
