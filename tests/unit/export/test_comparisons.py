"""A session that is polled after its export is compared with what was exported only when something has changed."""

from dataclasses import replace
from typing import Any
from uuid import UUID

from tests.unit.export.conftest import SESSION, World, session, ticket

from jira_session_export._export.comparisons import Comparisons
from jira_session_export._journal import SessionState
from jira_session_export._models import Session
from jira_session_export._storage.memory import InMemoryStore
from jira_session_export.testing import Fault, faults

TICKETS = (ticket(1), ticket(2), ticket(3))
OTHER = UUID(int=8)


class CountingStore(InMemoryStore):
    """Counts how often a whole session is read."""

    def __init__(self) -> None:
        super().__init__()
        self.read = 0

    async def session(self, session_id: UUID) -> Session:
        self.read += 1
        return await super().session(session_id)


class WithoutNumbers(CountingStore):
    """As a store on a host's own tables, which change without us."""

    async def state(self, session_id: UUID) -> SessionState:
        return replace(await super().state(session_id), content_version=None)


async def polled(world: World, service: Any) -> tuple[tuple[int, int, UUID | None], int]:
    """What a poll tells, and how often it read the session."""
    before = world.store.read
    status = await service.status(SESSION)
    failed: UUID | None = getattr(status, "failed_ticket_id", None)
    return (status.tickets_edited, status.tickets_removed, failed), world.store.read - before


async def test_a_poll_after_the_first_reads_no_tickets(world: World) -> None:
    world.store = CountingStore()
    await world.export(*TICKETS)
    service = world.service()
    assert await polled(world, service) == ((0, 0, None), 1)
    assert await polled(world, service) == ((0, 0, None), 0)
    await world.store.put(session(ticket(1, title="Renamed"), ticket(2)))
    assert await polled(world, service) == ((1, 1, None), 1)
    assert await polled(world, service) == ((1, 1, None), 0)
    await world.store.put(session(*TICKETS))
    assert await polled(world, service) == ((0, 0, None), 1)


async def test_the_ticket_an_export_stopped_at_is_remembered_until_it_is_retried(world: World) -> None:
    world.store = CountingStore()
    world.jira.faults.add(Fault(("POST", "/issue"), faults.status(401), nth=2, times=1))
    await world.export(*TICKETS)
    service = world.service()
    for reads in (1, 0):
        assert await polled(world, service) == ((0, 0, ticket(2).id), reads)
    await world.retry()
    assert await polled(world, service) == ((0, 0, None), 1)


async def test_a_session_that_was_deleted_and_exported_anew_is_compared_anew(world: World) -> None:
    world.store = CountingStore()
    await world.export(*TICKETS)
    service = world.service()
    await world.store.put(session(ticket(1, title="Renamed"), *TICKETS[1:]))
    assert await polled(world, service) == ((1, 0, None), 1)
    await world.store.delete(SESSION, by=None, at=world.runtime.now())
    await world.export(*TICKETS)
    assert await polled(world, service) == ((0, 0, None), 1)


async def test_content_that_changes_without_a_number_is_compared_each_time(world: World) -> None:
    world.store = WithoutNumbers()
    await world.export(*TICKETS)
    service = world.service()
    for _ in range(2):
        assert await polled(world, service) == ((0, 0, None), 1)


async def test_what_is_remembered_is_bounded(world: World) -> None:
    world.store = CountingStore()
    await world.export(*TICKETS)
    state = await world.state()
    known = Comparisons(world.store, remembered=1)
    world.store.read = 0
    await known.of(state)
    await known.of(state)
    assert world.store.read == 1
    await world.store.put(session(*TICKETS).model_copy(update={"id": OTHER}))
    await known.of(await world.store.state(OTHER))
    await known.of(state)
    assert world.store.read == 2  # of one without an issue no tickets are read, but it is remembered
