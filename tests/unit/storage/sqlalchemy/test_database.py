import asyncio
import socket
import traceback
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from uuid import uuid4

import anyio
import anyio.lowlevel
import psycopg
import pytest
from sqlalchemy import Connection, create_engine, event, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine
from tests.unit.storage.conftest import NOW, entries, knowing, running

from jira_session_export._journal import IntentRecorded, Lease, RunStarted
from jira_session_export._models import Session, Ticket
from jira_session_export._storage.sqlalchemy.database import Access
from jira_session_export._values import ErrorCategory
from jira_session_export.api import ErrorResponse
from jira_session_export.errors import LeaseLostError, NewerTablesError, StoreError, StoreUnavailableError
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore

# -- transactions ------------------------------------------------------------------------------------------------------


async def test_each_append_is_one_commit(sqlite_store: SqlAlchemyStore) -> None:
    session, lease = await running(sqlite_store, tickets=2)
    statements: list[str] = []

    def listen(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(statements.append)

    await sqlite_store._database.run(Access.WRITE, listen)
    first, second = session.tickets
    for entry in entries(first):
        statements.clear()
        await sqlite_store.append(lease, entry)
        assert statements.count("COMMIT") == 1
        assert statements.count("BEGIN IMMEDIATE") == 1
        assert not [statement for statement in statements if statement.startswith("ROLLBACK")]
    statements.clear()
    await sqlite_store.append(lease, *entries(second))
    assert statements.count("COMMIT") == 1


async def test_an_append_costs_the_same_however_many_tickets_there_are(sqlite_store: SqlAlchemyStore) -> None:
    """Per-ticket cost must not grow: the same few statements, each finding its row by key."""
    session, lease = await running(sqlite_store, tickets=200)
    statements: list[str] = []

    def listen(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(statements.append)

    await sqlite_store._database.run(Access.WRITE, listen)
    statements.clear()
    await sqlite_store.append(lease, entries(session.tickets[150])[0])
    assert len(statements) <= 7
    await sqlite_store._database.run(Access.WRITE, lambda c: c.connection.driver_connection.set_trace_callback(None))
    for statement in statements:
        if statement.startswith(("SELECT", "UPDATE")):

            def plan(connection: Connection, statement: str = statement) -> str:
                rows = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}")
                return "; ".join(row.detail for row in rows)

            assert "SCAN" not in await sqlite_store._database.run(Access.QUERY, plan)


async def test_no_statement_of_a_bulk_goes_through_the_tickets(sqlite_store: SqlAlchemyStore) -> None:
    session, lease = await running(sqlite_store, tickets=50)
    journal = await knowing(sqlite_store, lease)
    statements: list[str] = []

    def listen(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(statements.append)

    await sqlite_store._database.run(Access.WRITE, listen)
    await journal.append(*(IntentRecorded(NOW, each.id, 1, each.title) for each in session.tickets))
    change = next(each for each in statements if each.startswith("UPDATE tickets"))
    assert len([each for each in statements if each.startswith("SELECT")]) == 1  # the lease

    def plan(connection: Connection) -> str:
        return "; ".join(row.detail for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {change}"))

    assert "SCAN" not in await sqlite_store._database.run(Access.QUERY, plan)


async def test_a_cancelled_caller_knows_the_outcome(store: SqlAlchemyStore) -> None:
    known = 0
    for moment in range(40):
        session, lease = await running(store)
        outcome: list[str] = []

        async def work(session: Session = session, lease: Lease = lease, outcome: list[str] = outcome) -> None:
            await store.append(lease, *entries(session.tickets[0]))
            outcome.append("written")
            await asyncio.sleep(1)  # the cancellation comes here

        task = asyncio.create_task(work())
        for _ in range(moment % 20):
            await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        state = await store.state(session.id)
        assert state.exported == len(outcome)
        known += len(outcome)
        await store.append(lease, *entries(session.tickets[0]))
    assert known > 0


async def test_a_time_limit_is_told_after_the_commit(sqlite_store: SqlAlchemyStore) -> None:
    session, lease = await running(sqlite_store)

    async def limited() -> None:
        async with asyncio.timeout(0):
            await sqlite_store.append(lease, *entries(session.tickets[0]))
            await asyncio.sleep(1)  # the cancellation comes here

    with pytest.raises(TimeoutError):
        await limited()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    await asyncio.sleep(0)
    assert (await sqlite_store.state(session.id)).exported == 1


async def test_a_cancelled_scope_leaves_no_trace_on_the_task(sqlite_store: SqlAlchemyStore) -> None:
    session, lease = await running(sqlite_store)
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(asyncio.sleep, 0)
            asyncio.get_running_loop().call_soon(scope.cancel)
            await sqlite_store.append(lease, *entries(session.tickets[0]))
        await anyio.lowlevel.checkpoint()
    assert scope.cancelled_caught
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0
    assert (await sqlite_store.state(session.id)).exported == 1


async def test_an_error_reaches_a_cancelled_caller_first(sqlite_store: SqlAlchemyStore) -> None:
    """Or the key of an issue that exists would be lost silently when the write fails while a worker is stopped."""
    session, lease = await running(sqlite_store)
    seen: list[BaseException] = []

    async def work() -> None:
        try:
            await sqlite_store.append(Lease(lease.session_id, 99, "stale"), *entries(session.tickets[0]))
        except LeaseLostError as error:
            seen.append(error)
        await asyncio.sleep(1)  # the cancellation comes here

    task = asyncio.create_task(work())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert [type(error) for error in seen] == [LeaseLostError]


@pytest.fixture(params=["sqlite", "aiosqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    engine = None
    target: Any = f"sqlite:///{tmp_path}/exports.db"
    if request.param == "postgres":
        target = request.getfixturevalue("postgres")
    if request.param == "aiosqlite":
        target = engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/exports.db")
    async with SqlAlchemyStore(target) as store:
        await store.migrate()
        yield store
    if engine is not None:
        await engine.dispose()


# -- hosts' engines ----------------------------------------------------------------------------------------------------


def begin_deferred(engine: Any) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: Any, _record: object) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")


@pytest.mark.parametrize("options", [{}, {"isolation_level": "AUTOCOMMIT"}])
@pytest.mark.parametrize("set_up", [lambda _: None, begin_deferred])
async def test_writes_are_atomic_however_a_hosts_sqlite_engine_begins(
    options: dict[str, str], set_up: Callable[[Any], None], tmp_path: Path
) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/host.db", **options)
    set_up(engine)
    async with SqlAlchemyStore(engine) as store, SqlAlchemyStore(engine) as second:
        await store.migrate()
        session, lease = await running(store)
        stranger = IntentRecorded(NOW, uuid4(), 1)
        with pytest.raises(Exception, match="no session"):
            await store.append(lease, *entries(session.tickets[0]), stranger)
        assert (await store.state(session.id)).exported == 0
        others = [Session(id=uuid4(), project_key="DEMO", tickets=session.tickets) for _ in range(10)]
        for other in others:
            await store.put(other)
        for other in others:
            entry = RunStarted(NOW, uuid4())
            leases = await asyncio.gather(
                *(
                    each.acquire(other.id, entry, expected_token=0, owner="w", now=NOW, lease_seconds=30)
                    for each in (store, second)
                )
            )
            assert len([lease for lease in leases if lease]) == 1
    engine.dispose()


@pytest.mark.postgres
@pytest.mark.parametrize("level", ["AUTOCOMMIT", "SERIALIZABLE"])
async def test_writes_are_atomic_however_a_hosts_postgresql_engine_begins(level: Any, postgres: str) -> None:
    url = make_url(postgres).set(drivername="postgresql+psycopg")
    engine = create_engine(url, isolation_level=level)
    async with SqlAlchemyStore(engine) as store:
        await store.migrate()
        session, lease = await running(store)
        with pytest.raises(Exception, match="no session"):
            await store.append(lease, *entries(session.tickets[0]), IntentRecorded(NOW, uuid4(), 1))
        assert (await store.state(session.id)).exported == 0
        other = Session(id=uuid4(), project_key="DEMO", tickets=session.tickets)
        await store.put(other)
        entry = RunStarted(NOW, uuid4())
        leases = await asyncio.gather(
            *(store.acquire(other.id, entry, expected_token=0, owner="w", now=NOW, lease_seconds=30) for _ in range(10))
        )
        assert len([lease for lease in leases if lease]) == 1
    engine.dispose()


@pytest.mark.postgres
async def test_a_take_over_under_way_is_waited_for(postgres_store: SqlAlchemyStore, postgres: str) -> None:
    session, lease = await running(postgres_store)
    async with await psycopg.AsyncConnection.connect(postgres) as other:
        await other.execute("UPDATE sessions SET export_token = 2 WHERE id = %s", [session.id])
        append = asyncio.create_task(postgres_store.append(lease, *entries(session.tickets[0])))
        with closing(psycopg.connect(postgres, autocommit=True)) as watch:
            for _ in range(1000):
                if watch.execute("SELECT 1 FROM pg_locks WHERE NOT granted").fetchone():
                    break
                await asyncio.sleep(0.01)
        await other.commit()
    with pytest.raises(LeaseLostError):
        await append
    assert (await postgres_store.state(session.id)).exported == 0


# -- failures ----------------------------------------------------------------------------------------------------------


@pytest.mark.postgres
async def test_a_connection_closed_by_the_server_is_replaced(postgres_store: SqlAlchemyStore, postgres: str) -> None:
    session, lease = await running(postgres_store)
    with closing(psycopg.connect(postgres, autocommit=True)) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    await postgres_store.append(lease, *entries(session.tickets[0]))
    assert (await postgres_store.state(session.id)).exported == 1


@pytest.mark.postgres
async def test_a_connection_that_breaks_again_is_an_error(postgres_store: SqlAlchemyStore) -> None:
    tries = 0

    def suicide(connection: Connection) -> None:
        nonlocal tries
        tries += 1
        connection.execute(text("SELECT pg_terminate_backend(pg_backend_pid())"))

    with pytest.raises(StoreUnavailableError) as caught:
        await postgres_store._database.run(Access.WRITE, suicide)
    assert tries == 2
    assert caught.value.__cause__ is not None


async def test_an_unreachable_server_is_said_so_without_the_password() -> None:
    async with SqlAlchemyStore.open("postgresql://ada:s3cret@127.0.0.1:1/exports") as store:
        with pytest.raises(StoreUnavailableError) as caught:
            await store.state(uuid4())
    assert caught.value.category is ErrorCategory.TEMPORARY
    assert "127.0.0.1" in caught.value.user_message
    assert caught.value.__cause__ is not None
    told = "".join(traceback.format_exception(caught.value))
    assert "s3cret" not in told.replace('"postgresql://ada:s3cret@127.0.0.1:1/exports"', "")


async def test_a_file_that_cannot_be_opened_is_said_so(tmp_path: Path) -> None:
    async with SqlAlchemyStore.open(f"sqlite:///{tmp_path}/missing/exports.db") as store:
        with pytest.raises(StoreUnavailableError, match="unable to open"):
            await store.migrate()


async def test_a_file_that_is_no_database_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "exports.db").write_text("This is a text, and a rather long one. " * 100)
    async with SqlAlchemyStore.open(f"sqlite:///{tmp_path}/exports.db") as store:
        with pytest.raises(StoreUnavailableError, match="not a database"):
            await store.migrate()


async def test_missing_tables_are_said_so(tmp_path: Path) -> None:
    async with SqlAlchemyStore.open(f"sqlite:///{tmp_path}/exports.db") as store:
        with pytest.raises(StoreUnavailableError, match="sessions") as caught:
            await store.state(uuid4())
    assert "migrate()" in caught.value.recovery_actions[0]


@pytest.mark.postgres
async def test_missing_tables_are_said_so_on_postgresql(postgres: str) -> None:
    async with SqlAlchemyStore.open(postgres) as store:
        with pytest.raises(StoreUnavailableError, match="sessions") as caught:
            await store.state(uuid4())
    assert "migrate()" in caught.value.recovery_actions[0]


@pytest.mark.postgres
async def test_a_value_the_database_cannot_hold_is_an_error_of_ours(postgres_store: SqlAlchemyStore) -> None:
    ticket = Ticket.model_construct(id=uuid4(), order=2**40, title="Far away")
    with pytest.raises(StoreError, match="out of range") as caught:
        await postgres_store.put(
            Session.model_construct(id=uuid4(), project_key="DEMO", name="", owner=None, tickets=(ticket,))
        )
    assert not isinstance(caught.value, StoreUnavailableError)


async def test_a_database_locked_by_another_is_an_error(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path}/exports.db", connect_args={"timeout": 0.05})
    async with SqlAlchemyStore(engine) as store:
        await store.migrate()
        session, lease = await running(store)
        with engine.connect() as other:
            other.exec_driver_sql("BEGIN IMMEDIATE")
            with pytest.raises(StoreUnavailableError, match="locked"):
                await store.append(lease, *entries(session.tickets[0]))
        assert (await store.state(session.id)).exported == 0
        await store.append(lease, *entries(session.tickets[0]))
    engine.dispose()


# -- a server that is away ---------------------------------------------------------------------------------------------


async def test_who_is_told_that_the_database_is_away_learns_no_names(caplog: pytest.LogCaptureFixture) -> None:
    with closing(socket.socket()) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    async with SqlAlchemyStore.open(f"postgresql://somebody:secret@127.0.0.1:{port}/exports") as store:
        with pytest.raises(StoreUnavailableError) as caught:
            await store.state(uuid4())
    told = ErrorResponse.from_error(caught.value).model_dump_json()
    assert "the connection was refused" in told
    for name in ("127.0.0.1", str(port), "somebody", "secret", "exports"):
        assert name not in told
    assert str(port) in caplog.text
    assert "secret" not in caplog.text


@pytest.mark.postgres
async def test_a_read_during_a_restart_is_repeated(postgres: str) -> None:
    """The server's connections are cut, and for a moment it takes no other: whoever reads does not notice."""
    async with SqlAlchemyStore.open(postgres) as store:
        await store.migrate()
        session = Session(id=uuid4(), project_key="DEMO", tickets=(Ticket(id=uuid4(), order=1, title="One"),))
        await store.put(session)
        url = make_url(postgres).set(drivername="postgresql")
        name = url.database
        admin = url.set(database="postgres").render_as_string(hide_password=False)
        with closing(psycopg.connect(admin, autocommit=True)) as server:
            server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            server.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])

            async def open_again() -> None:
                await anyio.sleep(0.4)
                server.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

            async with anyio.create_task_group() as tasks:
                tasks.start_soon(open_again)
                assert (await store.session(session.id)).id == session.id


@pytest.fixture(params=["sqlite_store", pytest.param("postgres_store", marks=pytest.mark.postgres)])
def kept(request: pytest.FixtureRequest) -> SqlAlchemyStore:
    return request.getfixturevalue(request.param)


async def test_newer_tables_are_left_alone(kept: SqlAlchemyStore) -> None:
    """By every process, whether they were newer from the start or have become so."""
    await kept.check_schema()
    await running(kept)
    newer = text("UPDATE export_alembic_version SET version_num = '9999'")
    await kept._database.run(Access.WRITE, lambda connection: connection.execute(newer))

    async def start_with_a_job() -> None:
        entry = RunStarted(NOW, uuid4())
        await kept.acquire_with(
            uuid4(), entry, expected_token=0, owner="", now=NOW, lease_seconds=30, also=lambda _connection: None
        )

    for act in (kept.check_schema, kept.migrate, lambda: running(kept), start_with_a_job):
        with pytest.raises(NewerTablesError, match="revision 9999"):
            await act()
