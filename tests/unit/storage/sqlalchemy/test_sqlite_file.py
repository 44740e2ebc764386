"""The file under the store: private, and missed when it is gone."""

import asyncio
import os
import shutil
import stat
from pathlib import Path
from uuid import uuid4

import pytest

from jira_session_export._models import Session, Ticket
from jira_session_export.errors import StoreUnavailableError
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore


def session(tickets: int = 1) -> Session:
    listed = [Ticket(id=uuid4(), order=order, title=f"Ticket {order}") for order in range(1, tickets + 1)]
    return Session(id=uuid4(), project_key="DEMO", tickets=tuple(listed))


async def test_the_file_and_its_companions_are_their_owners_alone(tmp_path: Path) -> None:
    before = os.umask(0o022)
    try:
        async with SqlAlchemyStore.open(f"sqlite:///{tmp_path}/exports.db") as store:
            await store.migrate()
            await store.put(session())
            modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(("exports.db", "exports.db-wal", "exports.db-shm"), 0o600)


async def test_a_file_that_was_removed_is_missed(tmp_path: Path) -> None:
    path = tmp_path / "exports.db"
    content = session()
    async with SqlAlchemyStore.open(f"sqlite:///{path}") as store:
        await store.migrate()
        await store.put(content)
        await store.session(content.id)
    async with SqlAlchemyStore.open(f"sqlite:///{path}") as store:
        await store.session(content.id)
        await store.state(content.id)
        path.rename(tmp_path / "kept")
        for again in (store.state(content.id), store.session(content.id), store.put(session())):
            with pytest.raises(StoreUnavailableError, match="file is gone"):
                await again
        assert not path.exists(), "another, empty one took its place"
        (tmp_path / "kept").rename(path)
        assert await store.session(content.id) == content
        shutil.copy(path, tmp_path / "copy")
        os.replace(tmp_path / "copy", path)  # noqa: PTH105 -- as an administrator restores it
        assert await store.session(content.id) == content
        await store.put(session())


async def test_a_damaged_file_is_no_traceback(tmp_path: Path) -> None:
    path = tmp_path / "exports.db"
    async with SqlAlchemyStore.open(f"sqlite:///{path}") as store:
        await store.migrate()
        await store.put(session(500))
    content = bytearray(path.read_bytes())
    content[4096:] = b"\xff" * (len(content) - 4096)
    path.write_bytes(content)
    async with SqlAlchemyStore.open(f"sqlite:///{path}") as store:
        with pytest.raises(StoreUnavailableError, match="is damaged"):
            await store.session_page()


async def test_a_large_session_that_is_read_keeps_nobody_waiting(tmp_path: Path) -> None:
    large, small = session(4000), session()
    async with SqlAlchemyStore.open(f"sqlite:///{tmp_path}/exports.db") as store:
        await store.migrate()
        await store.put(large)
        await store.put(small)
        reading = asyncio.ensure_future(store.session(large.id))
        await asyncio.sleep(0)
        for _ in range(3):
            await store.state(small.id)
        assert not reading.done()
        assert await reading == large
