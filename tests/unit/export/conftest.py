"""One Jira, one store and one clock, all in memory, and what an export needs to run on them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any
from uuid import UUID, uuid4

import anyio.lowlevel
import pytest

from jira_session_export._export.events import ExportEvent
from jira_session_export._export.exporter import Exporter
from jira_session_export._export.fenced import FencedJournal
from jira_session_export._export.projects import ProjectReader
from jira_session_export._export.service import ExportService
from jira_session_export._jira import ApiTokenAuth, JiraClient
from jira_session_export._journal import RunStarted, SessionState, TicketState
from jira_session_export._models import Session, Ticket
from jira_session_export._runtime import Runtime
from jira_session_export._settings import ExportSettings
from jira_session_export._storage.memory import InMemoryStore
from jira_session_export.errors import StoreUnavailableError
from jira_session_export.testing import FakeJira, FakeRuntime

SESSION = UUID(int=1000)


def ticket(number: int, **fields: Any) -> Ticket:
    return Ticket.model_validate({"id": UUID(int=number), "order": number, "title": f"Ticket {number}", **fields})


def session(*tickets: Ticket) -> Session:
    return Session(id=SESSION, project_key="DEMO", tickets=tickets)


class Runner:
    """Notes which sessions it was told to run; the test runs them."""

    def __init__(self) -> None:
        self.submitted: list[UUID] = []

    async def submit(self, session_id: UUID) -> None:
        await anyio.lowlevel.checkpoint()
        self.submitted.append(session_id)


class BrokenStore:
    """A store whose writes fail while `away` says so."""

    def __init__(self, inner: Any, away: Any) -> None:
        self._inner = inner
        self._away = away

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            if self._away(name, args):
                raise StoreUnavailableError("The database is away.")
            return await method(*args, **kwargs)

        return call


class World:
    """A Jira and a store, and a service and an exporter over them.

    Change `settings` before the first use of `service` or `exporter`.
    """

    def __init__(self) -> None:
        self.runtime = FakeRuntime()
        self.jira = FakeJira(runtime=self.runtime)
        self.store: Any = InMemoryStore()
        self.runner = Runner()
        self.client = JiraClient(
            self.jira.base_url,
            ApiTokenAuth("me@example.com", "token"),
            runtime=self.runtime,
            transport=self.jira.transport,
        )
        self.settings = ExportSettings(index_settle_seconds=30)
        self.events: list[ExportEvent] = []

    @property
    def clock(self) -> Any:
        return self.runtime.clock

    def service(self, **changes: Any) -> ExportService:
        tools: dict[str, Any] = {"store": self.store, "tracker": self.client, "runner": self.runner, **changes}
        return ExportService(**tools, settings=self.settings, runtime=self.runtime)

    def exporter(self, **changes: Any) -> Exporter:
        tools: dict[str, Any] = {
            "tracker": self.client,
            "store": self.store,
            "settings": self.settings,
            "runtime": self.runtime,
            "sink": self.events.append,
            **changes,
        }
        return Exporter(**tools)

    def projects(self) -> ProjectReader:
        return ProjectReader(self.client, runtime=self.runtime)

    async def export(self, *tickets: Ticket) -> SessionState:
        """Start a session of these tickets and run it to its end."""
        await self.store.put(session(*tickets))
        await self.service().start(SESSION)
        return await self.exporter().execute(SESSION)

    async def retry(self) -> SessionState:
        await self.service().retry(SESSION)
        return await self.exporter().execute(SESSION)

    async def state(self) -> SessionState:
        return await self.store.state(SESSION)

    async def states(self) -> Sequence[TicketState]:
        return await self.store.ticket_states(SESSION)

    async def kinds(self) -> list[str]:
        """The journal's entries in words."""
        return [row.kind for row in await self.store.journal(SESSION)]


class Flaky:
    """A store whose next calls fail; `lost` are carried out first."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner
        self.failures = 0
        self.lost = False
        self.renewals = 0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._inner, name)

        async def call(*args: Any, **kwargs: Any) -> Any:
            self.renewals += name == "renew"
            if self.failures and name in {"append", "renew", "ticket_states"}:
                self.failures -= 1
                if self.lost:
                    await method(*args, **kwargs)
                raise StoreUnavailableError("away")
            return await method(*args, **kwargs)

        return call


async def opened(world: World, runtime: Runtime | None = None) -> tuple[FencedJournal, Flaky]:
    await world.store.put(session(ticket(1)))
    lease = await world.store.acquire(
        SESSION,
        RunStarted(world.runtime.now(), uuid4()),
        expected_token=0,
        owner="me",
        now=world.runtime.now(),
        lease_seconds=30,
    )
    assert lease is not None
    store = Flaky(world.store)
    journal = FencedJournal(
        store,  # type: ignore[arg-type]
        lease,
        lease_seconds=30,
        patience_seconds=60,
        runtime=runtime or world.runtime,
    )
    await journal.load()
    return journal, store


async def taken_over(world: World) -> None:
    entry = RunStarted(world.runtime.now(), uuid4())
    world.clock.advance(31)
    token = (await world.state()).token
    assert await world.store.acquire(
        SESSION, entry, expected_token=token, owner="other", now=world.runtime.now(), lease_seconds=30
    )


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    async with world.client:
        yield world
