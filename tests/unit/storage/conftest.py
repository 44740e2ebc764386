from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from jira_session_export.storage.memory import InMemoryStore
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
async def sqlite_store(tmp_path: Path) -> AsyncIterator[SqlAlchemyStore]:
    async with SqlAlchemyStore.open(f"sqlite:///{tmp_path}/exports.db") as store:
        await store.migrate()
        yield store


@pytest.fixture
async def postgres_store(postgres: str) -> AsyncIterator[SqlAlchemyStore]:
    async with SqlAlchemyStore.open(postgres) as store:
        await store.migrate()
        yield store


@pytest.fixture
def memory_store() -> InMemoryStore:
    return InMemoryStore()


@pytest.fixture(params=["memory_store", "sqlite_store", pytest.param("postgres_store", marks=pytest.mark.postgres)])
def store(request: pytest.FixtureRequest) -> InMemoryStore | SqlAlchemyStore:
    return request.getfixturevalue(request.param)
