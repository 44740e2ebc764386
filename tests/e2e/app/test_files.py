"""Uploaded files are kept as long as their session, and no longer."""

from pathlib import Path
from uuid import UUID

from app.files import mark_folder, remove_forgotten

from jira_session_export import Session, Ticket
from jira_session_export.storage import InMemoryStore


def upload(uploads: Path, name: str, session_id: UUID | None) -> Path:
    folder = uploads / name
    folder.mkdir(parents=True)
    (folder / "log.txt").write_text("a log")
    if session_id is not None:
        mark_folder(folder, session_id)
    return folder


async def test_files_of_sessions_that_are_gone_are_removed_at_the_start(tmp_path: Path) -> None:
    store = InMemoryStore()
    ticket = Ticket(id=UUID(int=1), order=1, title="One")
    await store.put(Session(id=UUID(int=10), project_key="DEMO", tickets=(ticket,)))
    kept = upload(tmp_path, "kept", UUID(int=10))
    forgotten = upload(tmp_path, "forgotten", UUID(int=11))
    under_way = upload(tmp_path, "under-way", None)
    await remove_forgotten(tmp_path, store)
    assert kept.exists()
    assert under_way.exists()
    assert not forgotten.exists()


async def test_a_service_without_uploads_has_none_to_remove(tmp_path: Path) -> None:
    await remove_forgotten(tmp_path / "nothing", InMemoryStore())
