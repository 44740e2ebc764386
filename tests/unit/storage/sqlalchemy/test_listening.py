"""Hearing of what other processes write: over PostgreSQL itself, and where a connection turns out to be deaf."""

import asyncio
import logging
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager, closing
from types import SimpleNamespace
from uuid import UUID

import anyio
import psycopg
import pytest
from sqlalchemy.ext.asyncio import create_async_engine
from tests.unit.storage.conftest import NOW, entries, running

from jira_session_export._journal import CancelRequested
from jira_session_export._storage.protocols import ChangeSignal
from jira_session_export._storage.sqlalchemy.listening import CHANNEL, Listener
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore

SESSION = UUID(int=1)


async def live(signal: ChangeSignal) -> None:
    with anyio.fail_after(60):
        while not signal.is_live:
            await signal.wait()


async def told(signal: ChangeSignal) -> None:
    with anyio.fail_after(60):
        await signal.wait()


@pytest.mark.postgres
async def test_another_process_is_told_after_the_commit(postgres_store: SqlAlchemyStore, postgres: str) -> None:
    session, lease = await running(postgres_store)
    other, _ = await running(postgres_store)
    async with SqlAlchemyStore.open(postgres) as elsewhere:
        with elsewhere.follow(session.id) as signal, elsewhere.follow(other.id) as unconcerned:
            await live(signal)
            await told(unconcerned)  # that it is live
            for entry in entries(session.tickets[0]):
                await postgres_store.append(lease, entry)
                await told(signal)
            assert (await elsewhere.state(session.id)).exported == 1
            await postgres_store.put(session)  # no entry tells of it
            await told(signal)
            await postgres_store.request_cancel(session.id, CancelRequested(NOW))
            await told(signal)
            with anyio.move_on_after(0.1) as nothing:
                await unconcerned.wait()
            assert nothing.cancelled_caught


@pytest.mark.postgres
async def test_nothing_is_missed_when_the_connection_breaks(postgres_store: SqlAlchemyStore, postgres: str) -> None:
    session, lease = await running(postgres_store)
    async with SqlAlchemyStore.open(postgres) as elsewhere:
        with elsewhere.follow(session.id) as signal:
            await live(signal)
            with closing(psycopg.connect(postgres, autocommit=True)) as admin:
                query = "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE query = %s"
                assert admin.execute(query, [f"LISTEN {CHANNEL}"]).rowcount == 1
            await told(signal)  # to ask the store from now on
            assert not signal.is_live
            await postgres_store.append(lease, entries(session.tickets[0])[0])
            await live(signal)  # said by the signal, too: so the store is read again
            await postgres_store.append(lease, entries(session.tickets[0])[1])
            await told(signal)


@pytest.mark.postgres
async def test_a_hosts_engine_listens_and_stays_the_hosts(postgres_store: SqlAlchemyStore, postgres: str) -> None:
    session, lease = await running(postgres_store)
    engine = create_async_engine(postgres.replace("postgresql:", "postgresql+psycopg:"), pool_size=1, max_overflow=0)
    async with SqlAlchemyStore(engine) as elsewhere:
        with elsewhere.follow(session.id) as signal:
            await live(signal)
            await postgres_store.append(lease, entries(session.tickets[0])[0])
            await told(signal)
            assert (await elsewhere.state(session.id)).current_title == "Ticket 1", "the pool's one connection is free"
    await engine.dispose()


async def test_sqlite_is_never_live(sqlite_store: SqlAlchemyStore) -> None:
    with sqlite_store.follow(SESSION) as signal:
        assert not signal.is_live
        with anyio.move_on_after(0.01) as nothing:
            await signal.wait()
        assert nothing.cancelled_caught


class Wire:
    """What psycopg's connection does of it; a deaf one hears nothing of what is sent."""

    def __init__(self, *, deaf: bool = False, pid: int = 1) -> None:
        self.deaf = deaf
        self.info = SimpleNamespace(backend_pid=1)
        self._pid = pid
        self.opened = 0
        self._heard: asyncio.Queue[str | Exception] = asyncio.Queue()

    @asynccontextmanager
    async def connect(self) -> AsyncGenerator["Wire", None]:
        self.opened += 1
        yield self

    async def execute(self, statement: str) -> "Wire":
        assert statement in {f"LISTEN {CHANNEL}", "SELECT pg_backend_pid()"}
        return self

    async def fetchone(self) -> tuple[int]:
        return (self._pid,)

    async def notify(self, payload: str) -> None:
        if not self.deaf:
            self._heard.put_nowait(payload)

    async def notifies(self) -> AsyncIterator[psycopg.Notify]:
        while True:
            heard = await self._heard.get()
            if isinstance(heard, Exception):
                raise heard
            yield psycopg.Notify(CHANNEL, heard, 1)

    def break_off(self) -> None:
        self._heard.put_nowait(psycopg.OperationalError("server closed the connection"))


@pytest.mark.parametrize("wire", [Wire(deaf=True), Wire(pid=2)], ids=["hears nothing", "a pooler"])
async def test_a_pooler_that_passes_nothing_on_is_noticed(wire: Wire, caplog: pytest.LogCaptureFixture) -> None:
    listener = Listener(wire.connect, wire.notify, trial_seconds=0.01)
    with listener.follow(SESSION) as signal, caplog.at_level(logging.WARNING):
        await told(signal)
        assert not signal.is_live
    await listener.aclose()
    assert "PgBouncer" in caplog.text
    assert wire.opened == 1, "it is left alone for minutes"


async def test_what_is_no_notification_of_ours_is_passed_over() -> None:
    wire = Wire()
    listener = Listener(wire.connect, wire.notify)
    with listener.follow(SESSION) as signal:
        await live(signal)
        for payload in ("", "nonsense", f"{SESSION}", f"{SESSION} x", f"{UUID(int=2)} 5", "x" * 7999):
            await wire.notify(payload)
        await wire.notify(f"{SESSION} 5")
        await told(signal)
        await wire.notify(f"{SESSION} 5")  # the same once more: nothing new
        await wire.notify(f"{SESSION} 0")  # content, which has no number
        await told(signal)
        assert signal.is_live
    await listener.aclose()


async def test_a_connection_that_breaks_is_followed_by_another() -> None:
    wire = Wire()
    listener = Listener(wire.connect, wire.notify)
    with listener.follow(SESSION) as signal:
        await live(signal)
        wire.break_off()
        await told(signal)
        assert not signal.is_live
        await live(signal)
        assert wire.opened == 2
    await listener.aclose()
