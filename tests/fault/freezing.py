"""A world in which a worker is stopped at any I/O operation and wakes long after another has taken its session over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Any
from urllib.parse import urlsplit

import anyio

from jira_session_export._export.events import ExportEvent
from jira_session_export._export.exporter import Exporter
from jira_session_export._export.service import ExportService
from jira_session_export._jira import ApiTokenAuth, HttpRequest, HttpResponse, HttpTransport, JiraClient
from jira_session_export._models import Session
from jira_session_export._settings import ExportSettings
from jira_session_export._storage.memory import InMemoryStore
from jira_session_export._values import PROPERTY_KEY
from jira_session_export.testing import FakeJira, FakeRuntime, Fault, faults
from tests.fault.crashing import NoRunner
from tests.fault.watched_store import WatchedStore


class Moment(Enum):
    BEFORE = auto()
    """The operation is carried out when the worker wakes."""
    AFTER = auto()
    """The operation is carried out at once; the worker hears of it when it wakes."""


@dataclass
class Freezer:
    """Stops everything one worker does to the outside, from one of its operations on, until it is thawed."""

    position: int | None = None
    moment: Moment = Moment.BEFORE
    operations: list[str] = field(default_factory=list)
    frozen: anyio.Event = field(default_factory=anyio.Event)
    thawed: anyio.Event = field(default_factory=anyio.Event)

    async def around(self, name: str, operation: Callable[[], Awaitable[Any]]) -> Any:
        stops_here = len(self.operations) == self.position
        self.operations.append(name)
        if stops_here and self.moment is Moment.AFTER:
            result = await operation()
            self.frozen.set()
            await self.thawed.wait()
            return result
        if stops_here:
            self.frozen.set()
        if self.frozen.is_set():
            await self.thawed.wait()
        return await operation()


class FreezableTransport:
    def __init__(self, inner: HttpTransport, freezer: Freezer) -> None:
        self._inner = inner
        self._freezer = freezer

    async def send(self, request: HttpRequest) -> HttpResponse:
        return await self._freezer.around(
            f"{request.method} {urlsplit(request.url).path}", lambda: self._inner.send(request)
        )

    async def aclose(self) -> None:
        pass


class TwoWorkers:
    """One session, one Jira, one store; the first worker is stopped and the second goes on."""

    def __init__(self, session: Session, settings: ExportSettings, *, index_lag: float = 3.0) -> None:
        self.session = session
        self.settings = settings
        self.runtime = FakeRuntime()
        self.jira = FakeJira(runtime=self.runtime, index_lag=index_lag)
        refused = faults.status(400, {"errorMessages": [], "errors": {"labels": "Not today."}})
        self.jira.faults.add(Fault(("POST", "/issue"), refused, nth=2))
        self.store = InMemoryStore()

    def exporter(self, freezer: Freezer, events: list[ExportEvent] | None = None) -> tuple[JiraClient, Exporter]:
        client = JiraClient(
            self.jira.base_url,
            ApiTokenAuth("me@example.com", "token"),
            runtime=self.runtime,
            transport=FreezableTransport(self.jira.transport, freezer),
        )
        store: Any = WatchedStore(self.store, freezer.around)
        sink = (lambda _: None) if events is None else events.append
        return client, Exporter(client, store, settings=self.settings, runtime=self.runtime, sink=sink)

    async def run(self, freezer: Freezer) -> tuple[list[ExportEvent], int]:
        """Start the session, let the first worker be stopped, the second finish, and the first wake.

        Returns:
            What the first worker told after it woke, and the token of its lease.
        """
        await self.store.put(self.session)
        told: list[ExportEvent] = []
        client, first = self.exporter(freezer, told)
        other_client, second = self.exporter(Freezer())
        async with client, other_client:
            service = ExportService(self.store, other_client, NoRunner(), settings=self.settings, runtime=self.runtime)
            await service.start(self.session.id)
            token = (await self.store.state(self.session.id)).token + 1
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(first.execute, self.session.id)
                if freezer.position is not None:
                    await freezer.frozen.wait()
                    self.runtime.clock.advance(self.settings.lease_seconds + 1)
                    await second.execute(self.session.id)
                    told_before = len(told)
                    self.runtime.clock.advance(self.settings.lease_seconds)
                    freezer.thawed.set()
                else:
                    told_before = 0
        return told[told_before:], token

    async def written_by(self, token: int) -> list[str]:
        """The kinds of the journal's entries that bear the token and follow another worker's."""
        rows = await self.store.journal(self.session.id)
        others = [row.sequence for row in rows if row.token > token]
        return [row.kind for row in rows if row.token == token and others and row.sequence > others[0]]

    async def announced(self) -> set[tuple[str, int]]:
        """Ticket and attempt of each create in the journal."""
        rows = await self.store.journal(self.session.id)
        return {(str(row.ticket_id), row.attempt or 0) for row in rows if row.kind == "intent_recorded"}

    def created(self) -> list[tuple[str, int]]:
        """Ticket and attempt in the marker of each issue Jira has."""
        markers = [issue.properties[PROPERTY_KEY] for issue in self.jira.issues.values()]
        return [(marker["ticket"], marker["attempt"]) for marker in markers]

    def attached(self) -> Counter[tuple[str, str]]:
        """How often each file is attached: ticket and name."""
        return Counter(
            (issue.properties[PROPERTY_KEY]["ticket"], attachment.filename)
            for issue in self.jira.issues.values()
            for attachment in issue.attachments
        )
