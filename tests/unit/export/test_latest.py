from collections.abc import Sequence
from uuid import UUID

import pytest
from tests.unit.export.conftest import SESSION, session, ticket

from jira_session_export import InMemoryStore
from jira_session_export._export import latest
from jira_session_export._export.latest import Latest, LatestTickets
from jira_session_export._models import Ticket


class Counting:
    """A store in memory that counts what is read; `numbered`: whether it tells the number of its content."""

    def __init__(self) -> None:
        self.inner = InMemoryStore()
        self.read: list[int] = []

    def __getattr__(self, name: str) -> object:
        return getattr(self.inner, name)

    async def tickets(self, session_id: UUID, ticket_ids: Sequence[UUID]) -> Sequence[Ticket]:
        self.read.append(len(ticket_ids))
        return await self.inner.tickets(session_id, ticket_ids)


class Numbered(Counting):
    async def content_version(self, session_id: UUID) -> int | None:
        return await self.inner.content_version(session_id)


TICKETS = [ticket(number) for number in range(1, 7)]


async def kept(store: Counting) -> LatestTickets:
    await store.inner.put(session(*TICKETS))
    found = LatestTickets(store, SESSION)  # type: ignore[arg-type]
    found.keep(TICKETS, await found.version())
    return found


def ids(*numbers: int) -> list[UUID]:
    return [UUID(int=number) for number in numbers]


async def test_what_nobody_has_changed_is_not_read_again() -> None:
    store = Numbered()
    found = await kept(store)
    assert await found.read(ids(1, 2)) == Latest(TICKETS[:2], as_at_start=True)
    assert await found.read(ids(3, 4)) == Latest(TICKETS[2:4], as_at_start=True)
    assert store.read == []


async def test_after_a_change_everything_is_read() -> None:
    store = Numbered()
    found = await kept(store)
    await found.read(ids(1, 2))
    edited = [ticket(number, title=f"New {number}") for number in range(1, 7)]
    await store.inner.put(session(*edited))
    assert (await found.read(ids(3, 4))).tickets == edited[2:4]
    assert (await found.read(ids(5, 6))).tickets == edited[4:]
    assert store.read == [2, 2]


async def test_a_store_that_cannot_tell_is_read_each_time() -> None:
    store = Counting()
    found = await kept(store)
    assert await found.version() is None
    assert await found.read(ids(1, 2)) == Latest(TICKETS[:2])
    assert store.read == [2]


async def test_a_subclass_may_give_other_tickets() -> None:
    class Other(Numbered):
        pass

    assert await LatestTickets(Other(), SESSION).version() is None  # type: ignore[arg-type]


@pytest.mark.parametrize(("most", "limit"), [("MOST_TICKETS", 4), ("MOST_CHARACTERS", 4)])
async def test_only_so_many_are_kept(monkeypatch: pytest.MonkeyPatch, most: str, limit: int) -> None:
    monkeypatch.setattr(latest, most, limit)
    store = Numbered()
    await store.inner.put(session(*(ticket(number, description_markdown="x") for number in range(1, 7))))
    found = LatestTickets(store, SESSION)  # type: ignore[arg-type]
    found.keep((await store.inner.session(SESSION)).tickets, await found.version())
    await found.read(ids(1, 2))
    await found.read(ids(3, 4))
    assert store.read == []
    await found.read(ids(5, 6))
    assert store.read == [2]


async def test_of_a_bulk_that_is_kept_in_part_everything_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(latest, "MOST_TICKETS", 3)
    store = Numbered()
    found = await kept(store)
    assert await found.read(ids(3, 4)) == Latest(TICKETS[2:4])
    assert store.read == [2]
    assert await found.read(ids(1, 2)) == Latest(TICKETS[:2], as_at_start=True)
    assert store.read == [2]
