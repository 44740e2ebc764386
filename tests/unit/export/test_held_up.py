"""Files that some workers cannot read: the session is handed on, and says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any
from uuid import UUID

import anyio
import pytest
from tests.unit.export.conftest import SESSION, World, session, ticket

from jira_session_export._attachments.protocols import StoredFile
from jira_session_export._export.held_up import REST_SECONDS, held_up_because
from jira_session_export._export.reports import status_response
from jira_session_export._export.watch import _of_state
from jira_session_export._journal import SessionStatus
from jira_session_export._models import Attachment
from jira_session_export._storage.protocols import QueuedSession
from jira_session_export.errors import AttachmentMissingError, AttachmentPathError, AttachmentUnavailableError


class Shelf:
    """An opener whose files are here; what it is to raise stands where the bytes would."""

    place = "the shelf"

    def __init__(self, **files: bytes | Exception) -> None:
        self.files: dict[str, Any] = {name.replace("_", "."): content for name, content in files.items()}
        self.broken_after: int | None = None
        self.opened = 0

    async def stat(self, session_id: UUID, attachment: Attachment) -> StoredFile:
        assert session_id == SESSION
        return StoredFile(len(self._content(attachment)))

    @asynccontextmanager
    async def open(
        self, session_id: UUID, attachment: Attachment, stored: StoredFile
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        content = self._content(attachment)
        self.opened += 1

        async def pieces() -> AsyncIterator[bytes]:
            for at in range(0, len(content), 2):
                if self.broken_after is not None and at >= self.broken_after:
                    raise AttachmentUnavailableError(
                        "it was cut off", path=attachment.path.as_posix(), place=self.place
                    )
                yield content[at : at + 2]

        yield pieces()

    def _content(self, attachment: Attachment) -> bytes:
        content = self.files.get(attachment.path.as_posix())
        if content is None:
            raise AttachmentMissingError("there is no such file", path=attachment.path.as_posix(), place=self.place)
        if isinstance(content, Exception):
            raise content
        return content


def worker(world: World, machine: str, shelf: Shelf) -> Any:
    return world.exporter(attachments=shelf, shared=True, machine=machine)


async def start(world: World, *tickets: Any) -> None:
    await world.store.put(session(*tickets))
    await world.service().start(SESSION)


async def test_another_worker_goes_on_at_the_ticket_whose_file_this_one_lacks(world: World) -> None:
    await start(world, ticket(1), ticket(2, attachments=["plan.pdf"]), ticket(3))
    one, other = worker(world, "one", Shelf()), worker(world, "other", Shelf(plan_pdf=b"content"))
    state = await one.execute(SESSION)
    assert (state.status, len(world.jira.issues)) == (SessionStatus.EXPORTING, 1)
    assert (state.lease_owner, state.crash_count, state.retry_count) == (None, 0, 0)
    assert list(state.held_up.machines) == ["one"]
    assert "plan.pdf" in state.held_up.reason
    assert "one" in state.held_up.reason
    assert await one.unattended() == []
    assert (await one.execute(SESSION)).token == state.token
    assert await other.unattended() == [SESSION]
    state = await other.execute(SESSION)
    assert (state.status, state.held_up, state.manual_fix_count) == (SessionStatus.COMPLETED, None, 0)
    files = [file.content for issue in world.jira.issues.values() for file in issue.attachments]
    assert files == [b"content"]


async def test_other_processes_of_the_same_machine_leave_it_alone_too(world: World) -> None:
    await start(world, ticket(1, attachments=["plan.pdf"]))
    token = (await worker(world, "one", Shelf()).execute(SESSION)).token
    assert (await worker(world, "one", Shelf()).execute(SESSION)).token == token
    await world.runtime.sleep(REST_SECONDS)
    assert (await worker(world, "one", Shelf(plan_pdf=b"x")).execute(SESSION)).status == SessionStatus.COMPLETED


async def test_it_says_so_while_none_can_and_fails_after_a_while_before_the_create(world: World) -> None:
    world.settings = world.settings.model_copy(update={"attachment_patience_seconds": 60})
    await start(world, ticket(1, attachments=["plan.pdf"]))
    workers = [worker(world, name, Shelf()) for name in ("one", "two")]
    state = await world.state()
    while state.status == SessionStatus.EXPORTING:
        for each in workers:
            if SESSION in await each.unattended():
                state = await each.execute(SESSION)
        if state.status == SessionStatus.EXPORTING:
            told = held_up_because(state, world.runtime.now())
            assert told
            assert "plan.pdf" in told
            status = status_response(state, world.settings, now=world.runtime.now())
            assert status.held_up == told
            message: Any = _of_state(state, world.settings, world.runtime.now())
            assert (message.current_stage, message.held_up) == (told, told)
        await world.runtime.sleep(5)
    assert "one, two" in told
    assert (state.status, state.failed_at_ticket_order) == (SessionStatus.EXPORT_FAILED, 1)
    assert state.failed_at is not None
    assert state.started_at is not None
    assert timedelta(seconds=60) <= state.failed_at - state.started_at < timedelta(seconds=90)
    assert world.jira.issues == {}
    assert (await world.kinds()).count("run_released") < 12
    workers[0].attachments.files["plan.pdf"] = b"x"
    await world.service().retry(SESSION)
    assert (await workers[0].execute(SESSION)).status == SessionStatus.COMPLETED


async def test_a_path_that_no_worker_can_open_fails_at_once(world: World) -> None:
    await start(world, ticket(1), ticket(2, attachments=["../secret.txt"]))
    outside = AttachmentPathError("it lies outside", path="../secret.txt", place="the shelf")
    state = await worker(world, "one", Shelf(**{"../secret.txt": outside})).execute(SESSION)
    assert (state.status, state.failed_at_ticket_order, state.held_up) == (SessionStatus.EXPORT_FAILED, 2, None)
    assert state.failure is not None
    assert "it lies outside (../secret.txt, in the shelf)" in state.failure.message
    assert state.failure.recovery_actions[0].startswith("Correct the path of the file")
    assert len(world.jira.issues) == 1


async def test_a_session_of_which_nobody_has_the_file_can_be_cancelled_at_once(world: World) -> None:
    await start(world, ticket(1, attachments=["plan.pdf"]))
    one = worker(world, "one", Shelf())
    await one.execute(SESSION)
    await world.service().cancel(SESSION)
    assert (await one.execute(SESSION)).status == SessionStatus.CANCELLED


async def test_it_takes_no_turn_from_others_while_it_rests(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.settings = world.settings.model_copy(update={"sessions_at_once": 1})
    await start(world, ticket(1, attachments=["plan.pdf"]))
    one = worker(world, "one", Shelf())
    await one.execute(SESSION)
    second = session(ticket(1)).model_copy(update={"id": UUID(int=7)})
    await world.store.put(second)
    await world.service().start(second.id)
    assert await one.unattended() == [second.id]
    assert (await one.execute(second.id)).status == SessionStatus.COMPLETED
    assert all(isinstance(each, QueuedSession) for each in await world.store.queued(world.runtime.now()))


async def test_a_file_that_breaks_off_after_the_create_is_sent_by_the_next_worker(world: World) -> None:
    await start(world, ticket(1, attachments=["plan.pdf"]))
    broken = Shelf(plan_pdf=b"content")
    broken.broken_after = 4
    state = await worker(world, "one", broken).execute(SESSION)
    assert (state.status, len(world.jira.issues)) == (SessionStatus.EXPORTING, 1)
    assert "it was cut off" in state.held_up.reason
    state = await worker(world, "other", Shelf(plan_pdf=b"content")).execute(SESSION)
    assert (state.status, len(world.jira.issues), state.manual_fix_count) == (SessionStatus.COMPLETED, 1, 0)
    (issue,) = world.jira.issues.values()
    assert [file.content for file in issue.attachments] == [b"content"]


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (AttachmentMissingError("access to it is denied", path="plan.pdf", place="s3://b"), "access to it is denied"),
        (PermissionError(13, "Permission denied"), "Permission denied"),
        (ConnectionResetError(104, "Connection reset by peer"), "Connection reset by peer"),
        (RuntimeError("500 Internal Server Error\n<Code>…"), "RuntimeError: 500 Internal Server Error"),
        (TimeoutError(), "no answer within"),
    ],
)
async def test_whatever_an_opener_raises_is_a_sentence(world: World, error: Exception, told: str) -> None:
    world.settings = world.settings.model_copy(update={"attachment_patience_seconds": 0})
    await start(world, ticket(1, attachments=["plan.pdf"]))
    state = await worker(world, "one", Shelf(plan_pdf=error)).execute(SESSION)
    assert state.status == SessionStatus.EXPORT_FAILED
    assert state.failure is not None
    assert state.failure.code == "invalid_ticket"
    assert told in state.failure.message
    assert world.jira.issues == {}


async def test_an_opener_that_hangs_is_given_up(world: World) -> None:
    from jira_session_export._attachments.reading import SessionFiles

    class Hanging(Shelf):
        async def stat(self, session_id: UUID, attachment: Attachment) -> StoredFile:
            await anyio.sleep_forever()
            raise AssertionError

    files = SessionFiles(Hanging(), SESSION, answer_seconds=0.01)
    with pytest.raises(
        AttachmentUnavailableError, match=r"plan.pdf cannot be read from the shelf: there was no answer"
    ):
        await files.stat(Attachment.model_validate("plan.pdf"))


async def test_a_file_that_shrinks_is_not_attached_by_half(world: World) -> None:
    class Shrinking(Shelf):
        async def stat(self, session_id: UUID, attachment: Attachment) -> StoredFile:
            return StoredFile(9)

    await start(world, ticket(1, attachments=["plan.pdf"]))
    state = await worker(world, "one", Shrinking(plan_pdf=b"content")).execute(SESSION)
    assert state.status == SessionStatus.EXPORTING
    assert "became shorter" in state.held_up.reason
    (issue,) = world.jira.issues.values()
    assert issue.attachments == []


async def test_a_file_may_be_waived_by_a_setting(world: World) -> None:
    world.settings = world.settings.model_copy(update={"requires_attachments": False})
    await start(world, ticket(1, attachments=["plan.pdf"]))
    state = await worker(world, "one", Shelf()).execute(SESSION)
    assert (state.status, state.manual_fix_count) == (SessionStatus.COMPLETED, 1)


async def test_a_plan_says_which_file_cannot_be_read(world: World) -> None:
    await world.store.put(session(ticket(1, attachments=["plan.pdf", "here.txt"])))
    plan = await world.service(attachments=Shelf(here_txt=b"x")).plan(SESSION)
    (fix,) = plan.issues[0].manual_fixes
    assert "there is no such file" in fix
    assert "plan.pdf" in fix
