import os
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from jira_session_export._attachments.files import FolderAttachments, LocalFiles
from jira_session_export._attachments.protocols import StoredFile
from jira_session_export._attachments.reading import SessionFiles
from jira_session_export._models import Attachment
from jira_session_export.errors import AttachmentMissingError, AttachmentPathError, AttachmentUnavailableError

SESSION = UUID(int=1)


def attachment(path: Path | str) -> Attachment:
    return Attachment.model_validate(str(path))


async def read(opener: Any, wanted: Attachment) -> bytes:
    stored = await opener.stat(SESSION, wanted)
    async with opener.open(SESSION, wanted, stored) as pieces:
        return b"".join([piece async for piece in pieces])


async def test_a_shared_folder_opens_what_others_have_put_there(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "plan.pdf").write_bytes(b"content")
    opener = FolderAttachments(tmp_path)
    assert await read(opener, attachment("sub/plan.pdf")) == b"content"
    assert await read(opener, attachment(tmp_path / "sub" / "plan.pdf")) == b"content"
    assert str(tmp_path) in opener.place


@pytest.mark.parametrize("opener", [LocalFiles(), FolderAttachments("/")])
async def test_what_is_not_there_is_said_in_the_systems_words(opener: Any) -> None:
    with pytest.raises(AttachmentMissingError, match=r"plan.pdf cannot be read.*: No such file"):
        await opener.stat(SESSION, attachment("nowhere/plan.pdf"))


async def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    for opener in (FolderAttachments(tmp_path), LocalFiles()):
        with pytest.raises(AttachmentMissingError, match="Is a directory"):
            await opener.stat(SESSION, attachment(tmp_path / "sub"))


async def test_a_link_that_leads_outside_is_not_followed(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    (shared / "link.txt").symlink_to(secret)
    (shared / "inside.txt").write_text("x")
    (shared / "fine.txt").symlink_to(shared / "inside.txt")
    opener = FolderAttachments(shared)
    with pytest.raises(AttachmentMissingError, match="lies outside"):  # on another machine it may lead elsewhere
        await opener.stat(SESSION, attachment("link.txt"))
    for path in ("../secret.txt", "a/../../secret.txt", secret):
        with pytest.raises(AttachmentPathError, match="lies outside"):
            await opener.stat(SESSION, attachment(path))
    assert await read(opener, attachment("fine.txt")) == b"x"


async def test_a_folder_behind_a_link_has_two_paths(tmp_path: Path) -> None:
    (tmp_path / "volume").mkdir()
    (tmp_path / "volume" / "plan.pdf").write_bytes(b"x")
    (tmp_path / "files").symlink_to(tmp_path / "volume")
    opener = FolderAttachments(tmp_path / "files")
    for path in ("plan.pdf", tmp_path / "files" / "plan.pdf", tmp_path / "volume" / "plan.pdf"):
        assert await read(opener, attachment(path)) == b"x"


async def test_links_in_a_circle_are_told_in_the_systems_words(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    with pytest.raises(AttachmentMissingError, match="Too many levels of symbolic links"):
        await FolderAttachments(tmp_path).stat(SESSION, attachment("a"))


@pytest.mark.parametrize("name", ["x" * 300, "a\0b", "half\ud800.txt"])
async def test_a_name_that_no_machine_has_is_not_said_to_be_missing(tmp_path: Path, name: str) -> None:
    for opener in (LocalFiles(), FolderAttachments(tmp_path)):
        for doing in (opener.stat(SESSION, attachment(name)), _opened(opener, attachment(name))):
            with pytest.raises(AttachmentPathError):
                await doing


async def _opened(opener: Any, wanted: Attachment) -> None:
    async with opener.open(SESSION, wanted, StoredFile(1)):
        pass


async def test_a_share_that_does_not_answer_is_given_up(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "plan.pdf")  # opening it waits for who writes
    files = SessionFiles(LocalFiles(), SESSION, answer_seconds=0.05)
    with pytest.raises(AttachmentUnavailableError, match=r"no answer within 0\.05 s"):
        await files.stat(attachment(tmp_path / "plan.pdf"))
    (tmp_path / "plan.pdf").open("wb").close()


async def test_a_folder_says_whether_it_can_be_reached(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    await FolderAttachments(tmp_path).check()
    for folder, told in (("none", "there is no such folder"), ("file", "Not a directory")):
        with pytest.raises(AttachmentUnavailableError) as caught:
            await FolderAttachments(tmp_path / folder).check()
        assert str(caught.value) == f"Files cannot be read from the folder {tmp_path / folder}: {told}."


async def test_a_file_of_a_folder_that_is_not_there_is_no_fault_of_the_file() -> None:
    with pytest.raises(AttachmentMissingError, match=r"^plan\.pdf cannot be read from .*: there is no such folder\."):
        await FolderAttachments("/nowhere/at/all").stat(SESSION, attachment("plan.pdf"))


@pytest.mark.parametrize("change", ["longer", "same size"])
async def test_a_file_that_changes_after_it_was_looked_at_is_not_sent(tmp_path: Path, change: str) -> None:
    file = tmp_path / "plan.pdf"
    file.write_text("first")
    for opener in (LocalFiles(), FolderAttachments(tmp_path)):
        stored = await opener.stat(SESSION, attachment(file))
        file.write_text("first and more" if change == "longer" else "other")
        os.utime(file, ns=(1, len(opener.place)))  # a coarse clock could show the same time
        with pytest.raises(AttachmentUnavailableError, match="changed while"):
            async with opener.open(SESSION, attachment(file), stored):
                pass


async def test_a_file_that_goes_after_it_was_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "plan.pdf"
    file.write_text("x")
    stored = await LocalFiles().stat(SESSION, attachment(file))
    file.unlink()
    with pytest.raises(AttachmentMissingError, match="No such file"):
        async with LocalFiles().open(SESSION, attachment(file), stored):
            pass


async def test_a_folder_that_cannot_be_written_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    opener = FolderAttachments(tmp_path / "file")

    async def content() -> Any:
        yield b"x"

    with pytest.raises(
        AttachmentUnavailableError, match=r"plan.pdf cannot be kept in the folder .*: Not a dir"
    ) as told:
        await opener.put(SESSION, "plan.pdf", content())
    assert told.value.recovery_actions == ("Check what keeps the files (JSE_ATTACHMENTS), then try again.",)


async def test_what_breaks_the_source_is_not_the_folders_fault(tmp_path: Path) -> None:
    async def content() -> Any:
        yield b"x"
        raise FileNotFoundError(2, "No such file or directory", "plan.pdf")

    with pytest.raises(FileNotFoundError, match=r"plan\.pdf"):
        await FolderAttachments(tmp_path).put(SESSION, "plan.pdf", content())
