"""What the command's reports read without SQLAlchemy is what the store reads."""

import sqlite3
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Boolean
from tests.unit.export.conftest import session, ticket

from jira_session_export import ApiTokenAuth, ExportFailedError, ExportSettings, JiraExport
from jira_session_export._storage.revision import VERSION_TABLE
from jira_session_export._storage.rows import SESSION_COLUMNS, TICKET_COLUMNS
from jira_session_export._storage.sqlalchemy.statements import FIXES, STEPS, table_of
from jira_session_export._storage.sqlalchemy.tables import SessionRow, TicketRow
from jira_session_export._storage.sqlalchemy.types import Json, UtcDateTime, UuidText
from jira_session_export._storage.sqlite_reader import DECODERS, SqliteReader
from jira_session_export.errors import SessionNotFoundError, StoreUnavailableError
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore
from jira_session_export.testing import FakeJira, FakeRuntime, Fault, faults


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # the SQLAlchemy store's


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "exports.db"


def test_every_column_is_read_as_its_type_says() -> None:
    columns = [
        *(table_of(SessionRow).c[name] for name in SESSION_COLUMNS),
        *(table_of(TicketRow).c[name] for name in TICKET_COLUMNS),
        *(column for table in (STEPS, FIXES) for column in table.c if column.name != "session_id"),
    ]
    decoded = {column.name for column in columns if isinstance(column.type, (UtcDateTime, UuidText, Json, Boolean))}
    assert decoded == set(DECODERS)


async def test_it_reads_what_the_store_reads_at_every_stage(path: Path, tmp_path: Path) -> None:
    async def compare() -> None:
        async with SqlAlchemyStore.open(address) as store:
            reader = SqliteReader.of(address)
            assert reader is not None
            assert await reader.state(batch.id) == await store.state(batch.id)
            assert await reader.ticket_states(batch.id) == await store.ticket_states(batch.id)

    (tmp_path / "notes.txt").write_text("for Jira")
    batch = session(
        ticket(1, assignee="nobody@example.com", attachments=[str(tmp_path / "notes.txt")]),
        ticket(2, title="Ein Titel mit ☃ und 'Quotes'", depends_on=[UUID(int=1)], priority="None such"),
        ticket(3, links=[{"type": "Relates", "to": "DEMO-999"}]),
        ticket(4),
    )
    address = f"sqlite:///{path}"
    fake = FakeJira()
    fake.faults.add(Fault(("POST", "/issue"), faults.status(401), nth=3))
    async with JiraExport.open(
        fake.base_url,
        ApiTokenAuth("me@example.com", "token"),
        store=address,
        settings=ExportSettings(pause_seconds=0),
        runtime=FakeRuntime(),
        transport=fake.transport,
    ) as jira:
        await jira.put(batch)
        await compare()
        with pytest.raises(ExportFailedError):
            await jira.export(batch)
        await compare()
        await jira.export(batch, only=None)
        await compare()
        states = await jira.store.ticket_states(batch.id)
    assert any(each.steps for each in states)
    assert any(each.manual_fixes for each in states)
    assert any(step.manual_fix for each in states for step in each.steps)


async def test_no_such_session_is_said_as_by_the_store(path: Path) -> None:
    async with SqlAlchemyStore.open(f"sqlite:///{path}") as store:
        await store.migrate()
    reader = SqliteReader.of(f"sqlite:///{path}")
    assert reader is not None
    for question in (reader.state, reader.ticket_states):
        with pytest.raises(SessionNotFoundError):
            await question(UUID(int=9))
    path.write_bytes(b"no database any more" * 100)
    with pytest.raises(StoreUnavailableError):
        await reader.state(UUID(int=9))


async def test_what_is_no_file_of_ours_is_left_to_the_store(path: Path) -> None:
    address = f"sqlite:///{path}"
    assert SqliteReader.of(address) is None
    assert not path.exists()
    path.write_bytes(b"no database" * 100)
    assert SqliteReader.of(address) is None
    path.unlink()
    async with SqlAlchemyStore.open(address) as store:
        await store.migrate()
    assert SqliteReader.of(address) is not None
    for other in (
        "postgresql://localhost/exports",
        "sqlite://",
        f"sqlite:///{path}?mode=ro",
        f"sqlite+aiosqlite:///{path}",
    ):
        assert SqliteReader.of(other) is None
    with sqlite3.connect(path) as connection:
        connection.execute(f"UPDATE {VERSION_TABLE} SET version_num = '0000'")
    connection.close()
    assert SqliteReader.of(address) is None
