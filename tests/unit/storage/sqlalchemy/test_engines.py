import asyncio
import traceback
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import create_engine, make_url, text
from sqlalchemy.ext.asyncio import create_async_engine

from jira_session_export._models import Session, Ticket
from jira_session_export._storage.sqlalchemy.database import Access
from jira_session_export.errors import SettingsError
from jira_session_export.integrations.procrastinate import open_queue
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore


@pytest.mark.parametrize(
    ("address", "used"),
    [
        ("sqlite:///a.db", "sqlite+pysqlite:///a.db"),
        ("sqlite+aiosqlite:///a.db", "sqlite+pysqlite:///a.db"),
        ("postgresql://ada:s3cret@host/name", "postgresql+psycopg://ada:***@host/name"),
        ("postgres://ada:s3cret@host/name", "postgresql+psycopg://ada:***@host/name"),
        ("postgresql+psycopg://ada@host/name", "postgresql+psycopg://ada@host/name"),
    ],
)
async def test_plain_addresses_get_their_driver(address: str, used: str) -> None:
    async with SqlAlchemyStore.open(address) as store:
        assert repr(store) == f"SqlAlchemyStore({used!r})"


async def test_nothing_is_opened_before_it_is_needed() -> None:
    async with SqlAlchemyStore.open("sqlite:////nowhere/at/all/exports.db"):
        pass


@pytest.mark.parametrize(
    "address",
    [
        "",
        "exports.db",
        "s3cret",
        "postgresql://ada:s3cret@host:s3cret/name",
        "mysql://ada:s3cret@host/name",
        "postgresql+asyncpg://ada:s3cret@host/name",
        "nonsense://ada:s3cret@host",
    ],
)
def test_a_wrong_address_is_refused_without_repeating_it(address: str) -> None:
    with pytest.raises(SettingsError) as caught:
        SqlAlchemyStore.open(address)
    assert "sqlite:///" in caught.value.user_message
    assert "s3cret" not in "".join(traceback.format_exception(caught.value)).replace(repr(address), "")


def test_other_databases_are_refused() -> None:
    engine = create_engine("sqlite://")
    engine.dialect.name = "oracle"
    with pytest.raises(SettingsError, match="oracle"):
        SqlAlchemyStore(engine)


async def test_sqlite_is_set_up_to_keep_its_promises(sqlite_store: SqlAlchemyStore) -> None:
    found = await sqlite_store._database.run(
        Access.QUERY,
        lambda connection: [
            connection.scalar(text(f"PRAGMA {name}")) for name in ("journal_mode", "foreign_keys", "busy_timeout")
        ],
    )
    assert found == ["wal", 1, 10_000]


async def test_a_database_in_memory_lasts_as_long_as_the_store() -> None:
    session = Session(id=uuid4(), project_key="DEMO", tickets=(Ticket(id=uuid4(), order=1, title="One"),))
    async with SqlAlchemyStore.open("sqlite://") as store:
        await store.migrate()
        await asyncio.gather(*(store.put(session) for _ in range(5)))
        assert await store.session(session.id) == session


@pytest.mark.postgres
async def test_postgresql_never_waits_for_ever(postgres: str) -> None:
    address = f"{postgres}{'&' if '?' in postgres else '?'}options=-csearch_path%3Dpg_temp"
    async with SqlAlchemyStore.open(address) as store:
        found = await store._database.run(
            Access.QUERY,
            lambda connection: [
                connection.scalar(text(f"SHOW {name}"))
                for name in ("lock_timeout", "statement_timeout", "timezone", "search_path")
            ],
        )
    assert found == ["10s", "1min", "UTC", "pg_temp"]


async def test_a_hosts_engine_stays_open(tmp_path: Path) -> None:
    engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/host.db")
    async with SqlAlchemyStore(engine) as store:
        await store.migrate()
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT count(*) FROM sessions")) == 0
    await engine.dispose()


@pytest.mark.postgres
async def test_a_database_without_an_encoding_is_refused_in_a_sentence(postgres_server: str) -> None:
    with closing(psycopg.connect(postgres_server, autocommit=True)) as server:
        server.execute("CREATE DATABASE jse_ascii ENCODING 'SQL_ASCII' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0")
        try:
            address = make_url(postgres_server).set(database="jse_ascii")
            store_address = address.render_as_string(hide_password=False)
            async with SqlAlchemyStore.open(address) as store:
                with pytest.raises(SettingsError, match="SQL_ASCII"):
                    await store.migrate()
            with pytest.raises(SettingsError, match="jse_ascii has the encoding SQL_ASCII"):
                async with open_queue(store_address):
                    pass  # a worker opens it first
        finally:
            server.execute("DROP DATABASE jse_ascii WITH (FORCE)")
