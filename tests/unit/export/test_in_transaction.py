"""A session that is stored and started in a transaction of the host's: all of it is there after its commit, or nothing."""

import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, closing
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from procrastinate import App
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import Session as OrmSession

from jira_session_export import ExportSettings, JiraExport
from jira_session_export._journal import SessionStatus
from jira_session_export._models import Session, Ticket
from jira_session_export.errors import SessionNotFoundError, SettingsError, StoreUnavailableError, TicketError
from jira_session_export.integrations.procrastinate import ProcrastinateRunner, open_queue
from jira_session_export.jira import ApiTokenAuth
from jira_session_export.testing import FakeJira

SESSION = Session(
    id=UUID(int=1), project_key="DEMO", owner="maria", tickets=(Ticket(id=UUID(int=2), order=1, title="Ticket"),)
)
Opened = tuple[Any, Callable[[], Any], Callable[[], Any]]


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@asynccontextmanager
async def exporting(database: str, **options: Any) -> AsyncIterator[JiraExport]:
    fake = FakeJira()
    async with JiraExport.open(
        fake.base_url,
        ApiTokenAuth("me@example.com", "x"),
        store=database,
        settings=ExportSettings(pause_seconds=0),
        transport=fake.transport,
        **options,
    ) as jira:
        yield jira


async def done(result: Any) -> None:
    if isinstance(result, Awaitable):
        await result


@asynccontextmanager
async def opened(way: str, database: str) -> AsyncIterator[tuple[Any, Callable[[str], Any], Any]]:
    """A connection that a host has open, what it runs its own statements with, and what has commit and rollback."""
    url = make_url(database)
    match way:
        case "AsyncConnection" | "AsyncSession":
            driver = "sqlite+aiosqlite" if url.drivername == "sqlite" else "postgresql+psycopg"
            engine = create_async_engine(url.set(drivername=driver))
            async with engine.connect() as connection, AsyncSession(engine) as session:
                host: Any = connection if way == "AsyncConnection" else session
                yield host, lambda sql: host.execute(text(sql)), host
            await engine.dispose()
        case "Connection" | "Session":
            driver = "sqlite" if url.drivername == "sqlite" else "postgresql+psycopg"
            sync_engine = create_engine(url.set(drivername=driver))
            with sync_engine.connect() as plain, OrmSession(sync_engine) as orm:
                host = plain if way == "Connection" else orm
                yield host, lambda sql: host.execute(text(sql)), host
            sync_engine.dispose()
        case "psycopg":
            from psycopg.rows import dict_row

            with psycopg.connect(database, row_factory=dict_row) as raw:
                yield raw, raw.execute, raw
        case _:
            async with await psycopg.AsyncConnection.connect(database) as raw_async:
                yield raw_async, raw_async.execute, raw_async


POSTGRES = ["AsyncConnection", "AsyncSession", "Connection", "Session", "psycopg", "psycopg async"]


async def jobs(app: App) -> list[tuple[object, int]]:
    return [(job.task_kwargs["session_id"], job.priority) for job in await app.job_manager.list_jobs_async()]


@pytest.mark.postgres
@pytest.mark.parametrize("way", POSTGRES)
async def test_with_postgresql_content_start_and_job_are_there_together_or_not_at_all(way: str, postgres: str) -> None:
    with closing(psycopg.connect(postgres, autocommit=True)) as admin:
        admin.execute("CREATE TABLE orders (id integer)")
        async with (
            open_queue(postgres) as app,
            exporting(postgres, runner=ProcrastinateRunner(app)) as jira,
            opened(way, postgres) as (connection, execute, host),
        ):
            await done(execute("INSERT INTO orders VALUES (1)"))
            await jira.in_transaction(connection).start(SESSION, priority=5)
            with pytest.raises(SessionNotFoundError):  # nobody else sees it
                await jira.store.state(SESSION.id)
            assert await jobs(app) == []
            await done(host.rollback())
            with pytest.raises(SessionNotFoundError):
                await jira.store.state(SESSION.id)
            assert (await jobs(app), admin.execute("SELECT count(*) FROM orders").fetchone()) == ([], (0,))

            await done(execute("INSERT INTO orders VALUES (2)"))
            joined = jira.in_transaction(connection)
            await joined.put(SESSION)
            await joined.start(SESSION.id, priority=5)
            assert (await joined.store.state(SESSION.id)).status == SessionStatus.EXPORTING
            await done(host.commit())
            assert (await jira.store.state(SESSION.id)).status == SessionStatus.EXPORTING
            assert await jobs(app) == [(str(SESSION.id), 5)]
            assert admin.execute("SELECT count(*) FROM orders").fetchone() == (1,)
            await joined.committed()
            assert len(await jobs(app)) == 1


@pytest.mark.parametrize("way", ["AsyncConnection", "AsyncSession", "Connection", "Session"])
async def test_with_sqlite_content_and_start_are_there_together_or_not_at_all(way: str, tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/exports.db"
    async with exporting(database, resume=False) as jira:
        with closing(sqlite3.connect(tmp_path / "exports.db")) as admin:
            admin.execute("CREATE TABLE orders (id integer)")
        async with opened(way, database) as (connection, execute, host):
            for before in (True, False):  # a host that has written already, and one that has not
                if before:
                    await done(execute("INSERT INTO orders VALUES (1)"))
                await jira.in_transaction(connection).start(SESSION)
                await done(host.rollback())
                with pytest.raises(SessionNotFoundError):
                    await jira.store.state(SESSION.id)
            joined = jira.in_transaction(connection)
            await joined.start(SESSION)
            await done(execute("INSERT INTO orders VALUES (2)"))
            await done(host.commit())
        with closing(sqlite3.connect(tmp_path / "exports.db")) as admin:
            assert admin.execute("SELECT id FROM orders").fetchall() == [(2,)]
        assert (await jira.store.state(SESSION.id)).lease_owner is None
        await joined.committed()
        assert (await jira.wait(SESSION.id)).created == 1


@pytest.mark.postgres
@pytest.mark.parametrize("way", POSTGRES)
async def test_what_fails_leaves_the_hosts_transaction_usable(way: str, postgres: str) -> None:
    wrong = SESSION.model_copy(update={"tickets": (SESSION.tickets[0].model_copy(update={"issue_type": "Nonsense"}),)})
    async with exporting(postgres, resume=False) as jira, opened(way, postgres) as (connection, execute, host):
        await done(execute("CREATE TABLE orders (id integer)"))
        joined = jira.in_transaction(connection)
        with pytest.raises(TicketError, match="Nonsense"):
            await joined.start(wrong)
        with pytest.raises(SessionNotFoundError):
            await joined.start(UUID(int=99))
        await done(execute("INSERT INTO orders VALUES (1)"))
        await joined.put(SESSION)
        await done(host.commit())
        assert (await jira.store.state(SESSION.id)).status == SessionStatus.READY


@pytest.mark.postgres
async def test_a_connection_to_another_database_is_refused(postgres: str, shared_postgres: str) -> None:
    async with exporting(postgres, resume=False) as jira, opened("psycopg async", shared_postgres) as (other, _, _host):
        with pytest.raises(SettingsError, match="another database"):
            await jira.in_transaction(other).put(SESSION)


@pytest.mark.postgres
async def test_a_connection_without_a_transaction_is_refused(postgres: str) -> None:
    async with exporting(postgres, resume=False) as jira:
        with closing(psycopg.connect(postgres, autocommit=True)) as connection:
            with pytest.raises(SettingsError, match="commits each statement"):
                await jira.in_transaction(connection).put(SESSION)
            with connection.transaction():
                await jira.in_transaction(connection).put(SESSION)
        assert (await jira.store.state(SESSION.id)).total == 1
        engine = create_async_engine(make_url(postgres).set(drivername="postgresql+psycopg"))
        async with engine.connect() as plain:
            await plain.execution_options(isolation_level="AUTOCOMMIT")
            with pytest.raises(SettingsError, match="commits each statement"):
                await jira.in_transaction(plain).put(SESSION)
        await engine.dispose()


@pytest.mark.postgres
@pytest.mark.parametrize("way", ["AsyncConnection", "psycopg", "psycopg async"])
async def test_a_transaction_that_cannot_be_written_to_is_no_database_that_is_away(
    way: str, shared_postgres: str
) -> None:
    async with (
        exporting(shared_postgres, resume=False) as jira,
        opened(way, shared_postgres) as (connection, execute, host),
    ):
        with pytest.raises(Exception, match="division by zero"):
            await done(execute("SELECT 1 / 0"))
        with pytest.raises(SettingsError, match="a statement before has failed") as caught:
            await jira.in_transaction(connection).put(SESSION)
        assert caught.value.recovery_actions == ("Roll it back and begin another one.",)
        await done(host.rollback())
        await done(execute("SET TRANSACTION READ ONLY"))
        with pytest.raises(SettingsError, match="for reading only"):
            await jira.in_transaction(connection).put(SESSION)


async def test_what_is_no_connection_of_a_known_kind_is_refused(tmp_path: Path) -> None:
    class Connection:
        """As asyncpg's."""

    Connection.__module__ = "asyncpg.connection"
    async with exporting(f"sqlite:///{tmp_path}/exports.db", resume=False) as jira:
        with pytest.raises(SettingsError, match=r"asyncpg's Connection; it takes an AsyncSession"):
            jira.in_transaction(Connection())
        with closing(sqlite3.connect(tmp_path / "exports.db")) as raw, pytest.raises(SettingsError, match="sqlite3's"):
            jira.in_transaction(raw)
        engine = create_engine(f"sqlite:///{tmp_path}/exports.db", isolation_level="AUTOCOMMIT")
        with engine.connect() as plain, pytest.raises(SettingsError, match="commits each statement"):
            await jira.in_transaction(plain).put(SESSION)
        other = create_engine(f"sqlite:///{tmp_path}/other.db")
        with other.connect() as plain, pytest.raises(SettingsError, match="another database"):
            await jira.in_transaction(plain).put(SESSION)
        engine.dispose()
        other.dispose()
    async with exporting("memory://", resume=False) as jira:
        with pytest.raises(SettingsError, match="cannot write in a transaction"):
            jira.in_transaction(Connection())


async def test_a_disk_that_fails_under_the_hosts_transaction_is_told_as_under_ours(tmp_path: Path) -> None:
    class Failing(sqlite3.Cursor):
        def execute(self, statement: str, *arguments: Any) -> sqlite3.Cursor:
            if "database_list" in statement:
                raise sqlite3.OperationalError("disk I/O error")
            return super().execute(statement, *arguments)

    class OnItsDisk(sqlite3.Connection):
        def cursor(self, *_: Any) -> Any:
            return super().cursor(Failing)

    database = f"sqlite:///{tmp_path}/exports.db"
    engine = create_engine(database, connect_args={"factory": OnItsDisk})
    async with exporting(database) as jira:
        with (
            engine.connect() as connection,
            pytest.raises(StoreUnavailableError, match="The disk of the database failed"),
        ):
            await jira.in_transaction(connection).put(SESSION)
    engine.dispose()
