"""Where a missing file may be, and whether files can be reached at all: told in sentences, whatever an opener raises."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from jira_session_export._attachments.files import FolderAttachments, LocalFiles
from jira_session_export._attachments.reading import SessionFiles, unreachable_because
from jira_session_export._models import Attachment
from jira_session_export.errors import AttachmentMissingError, AttachmentPathError
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore

SESSION = UUID(int=1)
KEPT = f"{SESSION}/{'0' * 32}/plan.pdf"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


async def reason(opener: Any, path: str, database: Any = None) -> str:
    with pytest.raises((AttachmentMissingError, AttachmentPathError)) as caught:
        await SessionFiles(opener, SESSION, database=database).stat(Attachment(path=Path(path)))
    return caught.value.reason


async def test_a_worker_without_the_setting_is_told_of_it() -> None:
    told = await reason(LocalFiles(), KEPT)
    assert told == "No such file or directory; it was kept for all workers, and JSE_ATTACHMENTS is not set here"
    assert await reason(LocalFiles(), "/nowhere/plan.pdf") == "No such file or directory"


async def test_a_file_of_one_machine_is_told_as_such(tmp_path: Path) -> None:
    told = await reason(FolderAttachments(tmp_path), "/nowhere/plan.pdf")
    assert told == "it lies outside; its path is that of a file on one machine"
    assert await reason(FolderAttachments(tmp_path), "plan.pdf") == "No such file or directory"


async def test_a_file_that_is_in_the_database_is_found_there(tmp_path: Path) -> None:
    async def content() -> AsyncIterator[bytes]:
        yield b"x"

    async with SqlAlchemyStore.open(f"sqlite:///{tmp_path}/exports.db") as store:
        await store.migrate()
        database = store.attachments()
        kept = await database.put(SESSION, "plan.pdf", content())
        for opener in (FolderAttachments(tmp_path), LocalFiles()):
            told = await reason(opener, kept, database)
            assert told.endswith("; it is in the database, so JSE_ATTACHMENTS should be `database` here")
        other = "JSE_ATTACHMENTS may be another one where the session was loaded"
        assert await reason(FolderAttachments(tmp_path), KEPT, database) == f"No such file or directory; {other}"
        assert (await reason(database, KEPT, database)).endswith(f"has no such file; {other}")


async def test_what_cannot_be_reached_is_told_whatever_is_raised(tmp_path: Path) -> None:
    class Hosts(FolderAttachments):
        def __init__(self, error: Exception) -> None:
            super().__init__(tmp_path)
            self.error = error

        async def check(self) -> None:
            raise self.error

    assert await unreachable_because(LocalFiles()) is None
    assert await unreachable_because(FolderAttachments(tmp_path)) is None
    assert await unreachable_because(FolderAttachments(tmp_path / "none")) == "there is no such folder"
    assert await unreachable_because(Hosts(PermissionError(13, "Permission denied"))) == "Permission denied"
    assert await unreachable_because(Hosts(ConnectionRefusedError(111, "Refused"))) == "Refused"
    assert await unreachable_because(Hosts(RuntimeError("odd\nsecond line"))) == "RuntimeError: odd"


async def test_a_database_without_tables_cannot_be_reached(tmp_path: Path) -> None:
    async with SqlAlchemyStore.open(f"sqlite:///{tmp_path}/exports.db") as store:
        told = await unreachable_because(store.attachments())
    assert told is not None
    assert told.startswith("The database lacks the export's tables: no such table")
