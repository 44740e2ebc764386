"""A file that is stored by one process is exported by another one, which does not have it."""

from pathlib import Path
from uuid import UUID

import pytest

from jira_session_export import ExportSettings, JiraExport, Session
from jira_session_export._storage.sqlalchemy.attachments import PIECE
from jira_session_export.errors import AttachmentMissingError, AttachmentUnavailableError
from jira_session_export.jira import ApiTokenAuth
from jira_session_export.storage.attachments import (
    AttachmentStorage,
    FolderAttachments,
    store_attachments,
    stored_paths,
)
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore
from jira_session_export.testing import FakeJira

DOT = "R0lGODlhAQABAAAAACw="


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def session(*files: Path, html: str = "") -> Session:
    tickets = [
        {
            "id": UUID(int=number),
            "order": number,
            "title": f"Ticket {number}",
            "description_html": html,
            "attachments": paths,
        }
        for number, paths in enumerate(
            [[{"path": file} for file in files], [{"path": files[0], "filename": "same.txt"}]], 1
        )
    ]
    return Session.model_validate({"id": UUID(int=9), "project_key": "DEMO", "tickets": tickets})


async def test_files_in_the_database_are_exported_where_they_are_not(tmp_path: Path) -> None:
    image = tmp_path / "batch" / "images" / "plan.png"
    image.parent.mkdir(parents=True)
    image.write_bytes(b"\x89PNG" + b"x" * 3 * PIECE)
    database = f"sqlite:///{tmp_path}/exports.db"
    async with SqlAlchemyStore.open(database) as store:
        await store.migrate()
        kept = await store_attachments(
            session(image, html='<p><img src="images/plan.png"></p>'),
            store.attachments(),
            relative_to=tmp_path / "batch",
        )
        await store.put(kept)
    content = image.read_bytes()
    image.unlink()
    assert len(set(stored_paths(kept))) == 1  # kept once
    fake = FakeJira()
    async with JiraExport.open(
        fake.base_url,
        ApiTokenAuth("me@example.com", "token"),
        store=database,
        attachments="database",
        settings=ExportSettings(pause_seconds=0),
        transport=fake.transport,
    ) as jira:
        result = await jira.export(kept.id)
        assert result.manual_fixes == ()
        issues = list(fake.issues.values())
        assert [file.content for issue in issues for file in issue.attachments] == [content, content]
        assert [file.filename for issue in issues for file in issue.attachments] == ["plan.png", "same.txt"]
        assert '"media"' in str(issues[0].fields["description"]).replace("'", '"')
        assert isinstance(jira.attachments, AttachmentStorage)
        store = jira.store
        assert isinstance(store, SqlAlchemyStore)
        await store.delete(kept.id, by=None, at=jira.runtime.now())
        with pytest.raises(AttachmentMissingError):
            await jira.attachments.stat(kept.id, kept.tickets[0].attachments[0])


async def test_a_file_that_is_removed_while_it_is_read(tmp_path: Path) -> None:
    file = tmp_path / "large.bin"
    file.write_bytes(b"x" * 3 * PIECE)
    async with SqlAlchemyStore.open(f"sqlite:///{tmp_path}/exports.db") as store:
        await store.migrate()
        storage = store.attachments()
        kept = await store_attachments(session(file), storage)
        (attachment,) = kept.tickets[0].attachments
        stored = await storage.stat(kept.id, attachment)
        async with storage.open(kept.id, attachment, stored) as pieces:
            assert await anext(pieces)
            await storage.remove(kept.id)
            with pytest.raises(AttachmentUnavailableError, match="removed while"):
                await anext(pieces)
        with pytest.raises(AttachmentMissingError, match="has no such file"):
            async with storage.open(kept.id, attachment, stored):
                pass


async def test_no_session_finds_the_file_of_another(tmp_path: Path) -> None:
    file = tmp_path / "plan.pdf"
    file.write_text("x")
    async with SqlAlchemyStore.open(f"sqlite:///{tmp_path}/exports.db") as store:
        await store.migrate()
        kept = await store_attachments(session(file), store.attachments())
        with pytest.raises(AttachmentMissingError):
            await store.attachments().stat(UUID(int=8), kept.tickets[0].attachments[0])


async def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(AttachmentMissingError, match=r"gone\.txt cannot be read: No such file"):
        await store_attachments(session(tmp_path / "gone.txt"), FolderAttachments(tmp_path / "kept"))
    assert not list((tmp_path / "kept").rglob("gone*"))
