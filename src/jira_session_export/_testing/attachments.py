"""`AttachmentConformance`: the promises of `AttachmentStorage`, as tests for whatever keeps files."""

from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any, ClassVar
from uuid import UUID

from anyio import create_task_group

from jira_session_export._attachments.protocols import AttachmentStorage, StoredFile
from jira_session_export._models import Attachment
from jira_session_export._runtime import SYSTEM_RUNTIME
from jira_session_export.errors import (
    AttachmentError,
    AttachmentMissingError,
    AttachmentPathError,
    AttachmentUnavailableError,
)

LARGE = 6 * (1 << 20) + 12_345
NAMES = ("plan.pdf", "files/sub/plan (2).png", "Größe & 日本 #1?.txt", "100%25 done+.txt", "a'b\"c;=~.log", " x .y ")


class AttachmentConformance:
    """Inherit it, give it a fixture `storage`, and pytest puts what keeps your files through its promises.

        class TestMyStorage(AttachmentConformance):
            @pytest.fixture
            async def storage(self): ...

    The tests are coroutines run by anyio's pytest plugin. Every test uses sessions of its own, so the storage need not
    be empty.
    """

    pytestmark: ClassVar[list[Any]]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        import pytest  # noqa: PLC0415 - only those who test have it

        cls.pytestmark = [*getattr(cls, "pytestmark", []), pytest.mark.anyio]

    async def test_a_file_comes_back_as_it_was(self, storage: AttachmentStorage) -> None:
        session_id = SYSTEM_RUNTIME.new_id()
        content = bytes(range(256)) * (LARGE // 256)
        for stored in (b"", b"x", content):
            path = await storage.put(session_id, "plan.pdf", pieces(stored, 100_000))
            found = await storage.stat(session_id, attachment(path))
            assert found.size == len(stored)
            assert await read(storage, session_id, path) == stored
            assert await read(storage, session_id, path) == stored

    async def test_names_of_all_kinds_are_kept(self, storage: AttachmentStorage) -> None:
        session_id = SYSTEM_RUNTIME.new_id()
        paths = [await storage.put(session_id, name, pieces(name.encode())) for name in NAMES]
        assert len(set(paths)) == len(NAMES)
        for name, path in zip(NAMES, paths, strict=True):
            assert path.endswith(name)
            assert await read(storage, session_id, path) == name.encode()

    async def test_names_that_lead_elsewhere_are_refused(self, storage: AttachmentStorage) -> None:
        for name in ("", "/etc/passwd", "../plan.pdf", "files/../../plan.pdf", "a\0b"):
            await raises(ValueError, storage.put(SYSTEM_RUNTIME.new_id(), name, pieces(b"x")))

    async def test_files_of_one_name_are_several(self, storage: AttachmentStorage) -> None:
        session_id = SYSTEM_RUNTIME.new_id()
        first = await storage.put(session_id, "plan.pdf", pieces(b"first"))
        second = await storage.put(session_id, "plan.pdf", pieces(b"second"))
        assert await read(storage, session_id, first) == b"first"
        assert await read(storage, session_id, second) == b"second"
        versions = [await storage.stat(session_id, attachment(path)) for path in (first, second)]
        assert versions[0] != versions[1]

    async def test_what_is_not_there_is_missing(self, storage: AttachmentStorage) -> None:
        session_id = SYSTEM_RUNTIME.new_id()
        there = await storage.put(session_id, "plan.pdf", pieces(b"x"))
        for path in (f"{there}x", "nothing.txt", f"{session_id}/none", there.rpartition("/")[0]):
            error = await raises(AttachmentMissingError, storage.stat(session_id, attachment(path)))
            assert path in str(error)
            await raises(AttachmentMissingError, read(storage, session_id, path, StoredFile(1)))

    async def test_nothing_outside_is_opened(self, storage: AttachmentStorage) -> None:
        await raises(AttachmentError, storage.stat(SYSTEM_RUNTIME.new_id(), attachment("/etc/passwd")))
        for path in ("../../../../../../etc/passwd", "a/../../../../../../../etc/passwd"):
            await raises(AttachmentPathError, storage.stat(SYSTEM_RUNTIME.new_id(), attachment(path)))
            await raises(AttachmentPathError, read(storage, SYSTEM_RUNTIME.new_id(), path, StoredFile(1)))

    async def test_a_path_that_is_none_is_not_said_to_be_missing(self, storage: AttachmentStorage) -> None:
        for path in ("a\0b", "half\ud800.txt"):
            await raises(AttachmentPathError, storage.stat(SYSTEM_RUNTIME.new_id(), attachment(path)))

    async def test_it_says_that_it_can_be_reached(self, storage: AttachmentStorage) -> None:
        await storage.put(SYSTEM_RUNTIME.new_id(), "plan.pdf", pieces(b"x"))
        await storage.check()

    async def test_a_file_that_is_another_one_by_now_is_not_opened(self, storage: AttachmentStorage) -> None:
        session_id = SYSTEM_RUNTIME.new_id()
        path = await storage.put(session_id, "plan.pdf", pieces(b"first"))
        other = await storage.put(session_id, "plan.pdf", pieces(b"other"))
        stored = await storage.stat(session_id, attachment(other))
        if stored.version:
            await raises(AttachmentUnavailableError, read(storage, session_id, path, stored))

    async def test_a_file_that_breaks_off_is_not_found(self, storage: AttachmentStorage) -> None:
        session_id = SYSTEM_RUNTIME.new_id()
        kept = await storage.put(session_id, "kept.txt", pieces(b"kept"))

        async def broken() -> AsyncIterator[bytes]:
            yield b"x" * LARGE
            raise BrokenOffError

        try:
            await storage.put(session_id, "plan.pdf", broken())
        except Exception as exc:  # noqa: BLE001 -- what it is is the storage's; that it is told is promised
            told: BaseException | None = exc
        else:
            told = None
        assert told is not None
        assert await read(storage, session_id, kept) == b"kept"
        assert session_id in await storage.sessions(older_than=SYSTEM_RUNTIME.now() + timedelta(hours=1))
        await storage.remove(session_id, keep=[kept])
        assert await read(storage, session_id, kept) == b"kept"

    async def test_files_are_removed_with_their_session(self, storage: AttachmentStorage) -> None:
        one, other = SYSTEM_RUNTIME.new_id(), SYSTEM_RUNTIME.new_id()
        first = await storage.put(one, "a.txt", pieces(b"first"))
        second = await storage.put(one, "files/b.txt", pieces(b"second"))
        third = await storage.put(other, "a.txt", pieces(b"third"))
        await storage.remove(one, keep=[second, "of-another-time/x.txt"])
        await raises(AttachmentMissingError, storage.stat(one, attachment(first)))
        assert await read(storage, one, second) == b"second"
        await storage.remove(one)
        await storage.remove(one)
        await raises(AttachmentMissingError, storage.stat(one, attachment(second)))
        assert await read(storage, other, third) == b"third"

    async def test_sessions_that_have_files_are_known(self, storage: AttachmentStorage) -> None:
        session_id = SYSTEM_RUNTIME.new_id()
        await storage.put(session_id, "a.txt", pieces(b"x"))
        now = SYSTEM_RUNTIME.now()
        assert session_id in await storage.sessions(older_than=now + timedelta(hours=1))
        assert session_id not in await storage.sessions(older_than=now - timedelta(hours=1))
        await storage.remove(session_id)
        assert session_id not in await storage.sessions(older_than=now + timedelta(hours=1))

    async def test_many_read_at_once(self, storage: AttachmentStorage) -> None:
        session_id = SYSTEM_RUNTIME.new_id()
        paths = [await storage.put(session_id, f"{number}.txt", pieces(b"%d" % number)) for number in range(10)]
        found: dict[str, bytes] = {}

        async def one(path: str) -> None:
            found[path] = await read(storage, session_id, path)

        async with create_task_group() as tasks:
            for path in paths:
                tasks.start_soon(one, path)
        assert [found[path] for path in paths] == [b"%d" % number for number in range(10)]

    async def test_a_reader_may_stop_early(self, storage: AttachmentStorage) -> None:
        session_id = SYSTEM_RUNTIME.new_id()
        path = await storage.put(session_id, "large.bin", pieces(b"x" * LARGE))
        stored = await storage.stat(session_id, attachment(path))
        async with storage.open(session_id, attachment(path), stored) as found:
            assert await anext(found)
            await _close(found)
        assert len(await read(storage, session_id, path)) == LARGE

    async def test_it_says_where_the_files_are(self, storage: AttachmentStorage) -> None:
        assert storage.place
        assert "\n" not in storage.place


class BrokenOffError(Exception):
    """What a broken source raises."""


def attachment(path: str) -> Attachment:
    """A ticket's file of that path."""
    return Attachment(path=Path(path))


async def pieces(content: bytes, size: int = 1000) -> AsyncIterator[bytes]:
    """The content in pieces of that size."""
    for at in range(0, len(content), size):
        yield content[at : at + size]


async def read(storage: AttachmentStorage, session_id: UUID, path: str, stored: StoredFile | None = None) -> bytes:
    """All of a file."""
    stored = stored or await storage.stat(session_id, attachment(path))
    found: list[bytes] = []
    async with storage.open(session_id, attachment(path), stored) as content:
        found.extend([piece async for piece in content])
    return b"".join(found)


async def _close(content: AsyncIterator[bytes]) -> None:
    """Close a generator that is not at its end, as the export does."""
    close: Any = getattr(content, "aclose", None)
    if close is not None:
        await close()


async def raises(kind: type[BaseException], doing: Any) -> BaseException:
    """Make sure that awaiting raises an error of that kind, and return it."""
    try:
        result = await doing
    except kind as exc:
        return exc
    raise AssertionError(f"{kind.__name__} was not raised; it gave {result!r}"[:300])


__all__: Sequence[str] = ["AttachmentConformance"]
