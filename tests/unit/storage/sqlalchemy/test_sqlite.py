import asyncio
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import Connection
from tests.unit.storage.conftest import NOW, entries, running

from jira_session_export._journal import IntentRecorded, Lease
from jira_session_export._models import Session
from jira_session_export._storage.sqlalchemy.database import Access
from jira_session_export.errors import LeaseLostError, SessionNotFoundError, StoreUnavailableError
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore

# -- shared commits ----------------------------------------------------------------------------------------------------


async def listen(store: SqlAlchemyStore) -> list[str]:
    """The statements that SQLite is given from now on."""
    statements: list[str] = []

    def trace(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(statements.append)

    await store._database.run(Access.WRITE, trace)
    return statements


async def pragma(store: SqlAlchemyStore, text: str) -> Any:
    return await store._database.run(Access.WRITE, lambda c: c.exec_driver_sql(f"PRAGMA {text}").scalar())


async def append_all(store: SqlAlchemyStore, runs: list[tuple[Session, Lease]]) -> list[Any]:
    """What came of appending all at the same time."""
    appends = (store.append(lease, *entries(session.tickets[0])) for session, lease in runs)
    return await asyncio.gather(*appends, return_exceptions=True)


async def test_appends_at_the_same_time_share_commits(sqlite_store: SqlAlchemyStore) -> None:
    """Many exports at once would otherwise wait for the disk one after the other."""
    runs = [await running(sqlite_store) for _ in range(30)]
    statements = await listen(sqlite_store)
    assert await append_all(sqlite_store, runs) == [False] * 30
    assert 1 <= statements.count("COMMIT") < 15
    for _, lease in runs:
        assert (await sqlite_store.state(lease.session_id)).exported == 1


@pytest.mark.parametrize("place", ["first", "last"])
async def test_who_fails_in_a_shared_commit_fails_alone(place: str, sqlite_store: SqlAlchemyStore) -> None:
    fine = [await running(sqlite_store) for _ in range(10)]
    session, lease = await running(sqlite_store)
    stale = (session, Lease(lease.session_id, 99, "stale"))
    stranger = (session, (await running(sqlite_store))[1])
    failing = [stale, stranger]
    outcomes = await append_all(sqlite_store, failing + fine if place == "first" else fine + failing)
    failures = [outcome for outcome in outcomes if outcome is not False]
    assert [type(failure) for failure in failures] == [LeaseLostError, SessionNotFoundError]
    for _, lease in fine:
        assert (await sqlite_store.state(lease.session_id)).exported == 1
        assert len(await sqlite_store.journal(lease.session_id)) == 4
    for _, lease in failing:
        assert (await sqlite_store.state(lease.session_id)).exported == 0
        assert len(await sqlite_store.journal(lease.session_id)) == 1


async def test_when_the_disk_is_full_nobody_is_told_it_was_written(sqlite_store: SqlAlchemyStore) -> None:
    runs = [await running(sqlite_store) for _ in range(5)]
    await pragma(sqlite_store, f"max_page_count = {await pragma(sqlite_store, 'page_count')}")
    large = [IntentRecorded(NOW, session.tickets[0].id, 1, "x" * 20_000) for session, _ in runs]
    appends = (sqlite_store.append(lease, entry) for (_, lease), entry in zip(runs, large, strict=True))
    outcomes = await asyncio.gather(*appends, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {StoreUnavailableError}
    assert "full" in str(outcomes[0])
    await pragma(sqlite_store, "max_page_count = 100000")
    for _, lease in runs:
        assert len(await sqlite_store.journal(lease.session_id)) == 1
    assert await append_all(sqlite_store, runs) == [False] * 5


async def test_those_who_wait_for_another_process_wait_together(sqlite_store: SqlAlchemyStore, tmp_path: Path) -> None:
    runs = [await running(sqlite_store) for _ in range(20)]
    await pragma(sqlite_store, "busy_timeout = 1")
    statements = await listen(sqlite_store)
    with closing(sqlite3.connect(tmp_path / "exports.db")) as other:
        other.execute("BEGIN IMMEDIATE")
        outcomes = await append_all(sqlite_store, runs)
    assert {type(outcome) for outcome in outcomes} == {StoreUnavailableError}
    assert "locked" in str(outcomes[0])
    assert statements.count("BEGIN IMMEDIATE") < 10
    assert await append_all(sqlite_store, runs) == [False] * 20


async def test_who_reads_does_not_wait_for_who_writes(sqlite_store: SqlAlchemyStore) -> None:
    """A session of 10,000 tickets that is being stored kept everybody's status waiting."""
    session, lease = await running(sqlite_store)
    reads = asyncio.Event()
    loop = asyncio.get_running_loop()

    def write(_connection: Connection) -> bool:
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(reads.wait(), 30), loop).result()

    writing = asyncio.create_task(sqlite_store._database.run(Access.WRITE, write))
    await sqlite_store.state(session.id)
    await sqlite_store.ticket(session.id, session.tickets[0].id)
    await sqlite_store.ticket_page(session.id)
    await sqlite_store.ticket_states(session.id)
    reads.set()
    assert await writing
    await sqlite_store.append(lease, *entries(session.tickets[0]))
    assert (await sqlite_store.state(session.id)).exported == 1  # what was acknowledged is read


@pytest.mark.parametrize("access", [Access.SNAPSHOT, Access.BULK])
async def test_a_status_does_not_wait_for_who_reads_much(access: Access, sqlite_store: SqlAlchemyStore) -> None:
    """A page of tickets that was read while a session was planned kept everybody's status waiting for 60 ms."""
    session, _ = await running(sqlite_store)
    status_read = asyncio.Event()
    loop = asyncio.get_running_loop()

    def read(_connection: Connection) -> bool:
        return asyncio.run_coroutine_threadsafe(asyncio.wait_for(status_read.wait(), 30), loop).result()

    reading = asyncio.create_task(sqlite_store._database.run(access, read))
    await sqlite_store.state(session.id)
    status_read.set()
    assert await reading


# -- power failures ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("setting", "number"), [("FULL", 2), ("NORMAL", 1)])
async def test_only_what_jira_can_tell_again_may_be_lost_with_the_power(
    setting: Any, number: int, tmp_path: Path
) -> None:
    def synchronous(connection: Connection) -> int:
        return connection.connection.cursor().execute("PRAGMA synchronous").fetchone()[0]

    async with SqlAlchemyStore.open(f"sqlite:///{tmp_path}/exports.db", synchronous=setting) as store:
        for access, expected in (
            (Access.WRITE, number),
            (Access.APPEND, number),
            (Access.RECOVERABLE_APPEND, 1),
            (Access.WRITE, number),
            (Access.RECOVERABLE_APPEND, 1),
            (Access.APPEND, number),
        ):
            assert await store._database.run(access, synchronous) == expected


# -- the file ----------------------------------------------------------------------------------------------------------


async def test_a_file_that_is_deleted_while_it_is_in_use_is_missed(tmp_path: Path) -> None:
    """SQLite would go on writing to what is left of it, and everything would be lost."""
    path = tmp_path / "state.db"
    async with SqlAlchemyStore.open(f"sqlite:///{path}") as store:
        await store.migrate()
        session, lease = await running(store)
        moved = path.rename(tmp_path / "moved.db")
        for _ in range(2):
            with pytest.raises(StoreUnavailableError, match="file is gone") as caught:
                await store.append(lease, *entries(session.tickets[0]))
            assert "restore the file" in caught.value.recovery_actions[0]
        assert not path.exists()
        path.write_bytes(moved.read_bytes())
        assert await store.append(lease, *entries(session.tickets[0])) is False
    async with SqlAlchemyStore.open(f"sqlite:///{path}") as store:
        assert (await store.state(session.id)).exported == 1


@pytest.mark.parametrize("damage", ["no database", "cut off", "overwritten"])
async def test_a_damaged_file_is_told_with_what_to_do(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    async with SqlAlchemyStore.open(f"sqlite:///{path}") as store:
        await store.migrate()
        session, _ = await running(store)
    data = path.read_bytes()
    path.write_bytes(
        {
            "no database": b"hello\n" * 900,
            "cut off": data[: len(data) // 2],
            "overwritten": data[:4096] + b"\xff" * 90_000,
        }[damage]
    )
    async with SqlAlchemyStore.open(f"sqlite:///{path}") as store:
        with pytest.raises(StoreUnavailableError, match="damaged") as caught:
            await store.state(session.id)
    assert "backup" in caught.value.recovery_actions[0]


async def test_a_full_disk_is_told_with_what_to_do(sqlite_store: SqlAlchemyStore) -> None:
    session, lease = await running(sqlite_store)
    pages = await pragma(sqlite_store, "page_count")
    await pragma(sqlite_store, f"max_page_count = {pages}")
    much = [entry for _ in range(2_000) for entry in entries(session.tickets[0])]
    with pytest.raises(StoreUnavailableError, match="disk of the database is full") as caught:
        await sqlite_store.append(lease, *much)
    assert "Free some space" in caught.value.recovery_actions[0]


@pytest.mark.parametrize(
    ("room", "told"), [(0, "The disk of the database is full"), (10**9, "The disk of the database failed")]
)
async def test_a_disk_that_fails_is_no_full_one(
    room: int, told: str, sqlite_store: SqlAlchemyStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite says "disk I/O error" of both, when it is its index that has no room."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=room))

    def fail(_connection: Connection) -> None:
        raise sqlite3.OperationalError("disk I/O error")

    with pytest.raises(StoreUnavailableError, match=told):
        await sqlite_store._database.run(Access.WRITE, fail)
