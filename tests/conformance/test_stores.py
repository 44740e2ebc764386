from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import create_async_engine

from jira_session_export._storage.memory import InMemoryStore
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore
from jira_session_export.testing import StoreConformance


class TestMemory(StoreConformance):
    @pytest.fixture
    async def store(self) -> InMemoryStore:
        return InMemoryStore()


class SqlConformance(StoreConformance):
    @pytest.fixture
    def anyio_backend(self) -> str:
        return "asyncio"


class TestSqlite(SqlConformance):
    tells_of_changes = False

    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[SqlAlchemyStore]:
        async with SqlAlchemyStore.open(f"sqlite:///{tmp_path}/exports.db") as store:
            await store.migrate()
            yield store


class TestSqliteWithAHostsAsyncEngine(SqlConformance):
    tells_of_changes = False

    @pytest.fixture
    async def store(self, tmp_path: Path) -> AsyncIterator[SqlAlchemyStore]:
        engine = create_async_engine(f"sqlite+aiosqlite:///{tmp_path}/exports.db")
        async with SqlAlchemyStore(engine) as store:
            await store.migrate()
            yield store
        await engine.dispose()


@pytest.mark.postgres
class TestPostgres(SqlConformance):
    tells_of_changes = True

    @pytest.fixture
    async def store(self, shared_postgres: str) -> AsyncIterator[SqlAlchemyStore]:
        async with SqlAlchemyStore.open(shared_postgres) as store:
            await store.migrate()
            yield store
