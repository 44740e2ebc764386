"""A world in which the process can die at any I/O operation, before it, after it, or with its answer lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import anyio
import anyio.lowlevel

from jira_session_export._export.exporter import Exporter
from jira_session_export._export.service import ExportService
from jira_session_export._jira import (
    ApiTokenAuth,
    HttpError,
    HttpFault,
    HttpRequest,
    HttpResponse,
    HttpTransport,
    JiraClient,
)
from jira_session_export._journal import Entry, Lease, SessionStatus
from jira_session_export._models import Session
from jira_session_export._settings import ExportSettings
from jira_session_export._storage.memory import InMemoryStore
from jira_session_export._storage.records import recoverable_from_jira
from jira_session_export._values import PROPERTY_KEY, ManualFixKind
from jira_session_export.errors import JiraSessionExportError, StoreUnavailableError
from jira_session_export.testing import FakeJira, FakeRuntime
from jira_session_export.testing import Fault as JiraFault
from jira_session_export.testing import faults as jira_faults
from tests.fault.watched_store import WatchedStore


class ProcessDied(BaseException):
    """What no code of the process can catch, as nothing runs any more."""


class Fault(Enum):
    DIES_BEFORE = auto()
    DIES_AFTER = auto()
    ANSWER_LOST = auto()
    POWER_FAILS = auto()
    """The process dies after the operation, and the database loses what it had not forced to the disk yet."""
    CANCELLED_BEFORE = auto()
    CANCELLED_AFTER = auto()
    """The tasks of the process are cancelled, as a second Ctrl-C does it; what it shields from that goes on."""
    DATABASE_AWAY = auto()
    """The database answers nothing for ten seconds, beginning with the operation; a request to Jira goes through."""
    STATE_LOST = auto()
    """The process dies before the operation, and the database is lost; the session is exported anew with an empty one."""
    SOME_COMMITTED = auto()
    """Of a bulk create Jira makes every second issue, and the answer gets lost; otherwise as ANSWER_LOST."""
    SOME_LIMITED = auto()
    """Of a bulk create Jira makes every second issue, and refuses the others as too many; nothing else suffers."""
    UNAVAILABLE = auto()
    """Jira answers 503 without having done anything, or the database once does not answer."""


WAITED_OUT = frozenset({Fault.DATABASE_AWAY, Fault.UNAVAILABLE, Fault.STATE_LOST, Fault.SOME_LIMITED})
"""Faults that waiting resolves, so that none of them may cost a retry."""
AWAY_SECONDS = 10.0
SOME = jira_faults.partly(jira_faults.drop_after_commit(), range(0, 50, 2))
LIMITED = jira_faults.refuse_elements(429, range(1, 50, 2), retry_after=7)


@dataclass
class Schedule:
    """Which fault strikes at which operation, counted over all processes of a run."""

    jira: FakeJira
    faults: Mapping[int, Fault] = field(default_factory=dict)
    now: Callable[[], float] = field(default=lambda: 0.0)
    away_until: float = -1.0
    operations: list[str] = field(default_factory=list)
    dead: bool = False
    power_failed: bool = False
    state_lost: bool = False
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)

    async def around(
        self,
        name: str,
        operation: Callable[[], Awaitable[Any]],
        lost: Callable[[], BaseException],
        unavailable: Callable[[], Any],
    ) -> Any:
        if self.dead:
            raise ProcessDied(f"{name} after the death")
        if name.startswith("store.") and self.now() < self.away_until:
            raise lost()
        fault = self.faults.get(len(self.operations))
        self.operations.append(name)
        if fault is Fault.DATABASE_AWAY:
            self.away_until = self.now() + AWAY_SECONDS
            if name.startswith("store."):
                raise lost()
        if fault is Fault.SOME_COMMITTED and name.endswith("/issue/bulk"):
            self.jira.faults.add(JiraFault(("POST", "/issue/bulk"), SOME))
        if fault is Fault.SOME_LIMITED and name.endswith("/issue/bulk"):
            self.jira.faults.add(JiraFault(("POST", "/issue/bulk"), LIMITED))
        if fault is Fault.UNAVAILABLE:
            return unavailable()
        if fault in {Fault.DIES_BEFORE, Fault.STATE_LOST}:
            self.dead = True
            self.state_lost = fault is Fault.STATE_LOST
            raise ProcessDied(name)
        if fault is Fault.CANCELLED_BEFORE:
            self.scope.cancel()
            await anyio.lowlevel.checkpoint()
        result = await operation()
        if fault is Fault.CANCELLED_AFTER:
            self.scope.cancel()
            if not name.startswith("store."):  # a store says what came of it, and the cancellation comes afterwards
                await anyio.lowlevel.checkpoint()
        if fault in {Fault.DIES_AFTER, Fault.POWER_FAILS}:
            self.dead = True
            self.power_failed = fault is Fault.POWER_FAILS
            raise ProcessDied(name)
        if fault in {Fault.ANSWER_LOST, Fault.SOME_COMMITTED}:
            raise lost()
        return result


class FaultyTransport:
    def __init__(self, inner: HttpTransport, schedule: Schedule) -> None:
        self._inner = inner
        self._schedule = schedule

    async def send(self, request: HttpRequest) -> HttpResponse:
        return await self._schedule.around(
            f"{request.method} {urlsplit(request.url).path}",
            lambda: self._inner.send(request),
            lambda: HttpError(HttpFault.CONNECTION_LOST),
            lambda: HttpResponse(503, body=b'{"errorMessages": ["Service unavailable."]}'),
        )

    async def aclose(self) -> None:
        pass


class DiskStore(InMemoryStore):
    """Forces to the disk what the store on SQLite does: all but what Jira can tell once more."""

    def __init__(self) -> None:
        super().__init__()
        self._on_disk: dict[UUID, Any] = {}

    async def append(self, lease: Lease, *entries: Entry) -> bool:
        cancelled = await super().append(lease, *entries)
        if not all(map(recoverable_from_jira, entries)):
            self._force()
        return cancelled

    async def acquire(self, *args: Any, **kwargs: Any) -> Lease | None:
        lease = await super().acquire(*args, **kwargs)
        self._force()
        return lease

    async def put(self, session: Session) -> None:
        await super().put(session)
        self._force()

    def _force(self) -> None:
        self._on_disk = {key: _copied(record) for key, record in self._records.items()}

    def lose_power(self) -> None:
        self._records = {key: _copied(record) for key, record in self._on_disk.items()}


def _copied(record: Any) -> Any:
    return replace(
        record,
        tickets=dict(record.tickets),
        ticket_states=dict(record.ticket_states),
        journal=list(record.journal),
    )


def faulty_store(inner: Any, schedule: Schedule) -> WatchedStore:
    """A store whose calls meet the faults of a schedule."""

    async def around(name: str, call: Callable[[], Awaitable[Any]]) -> Any:
        return await schedule.around(
            name, call, lambda: StoreUnavailableError("The database's answer got lost."), _no_answer
        )

    return WatchedStore(inner, around)


def _no_answer() -> Any:
    raise StoreUnavailableError("The database does not answer.")


class NoRunner:
    """The processes of this world look for sessions themselves."""

    async def submit(self, session_id: UUID) -> None:
        pass


@dataclass
class Outcome:
    status: str
    retries_used: int
    operations: list[str]
    processes: int


class World:
    """One Jira, one database, and processes that come and go."""

    def __init__(
        self,
        session: Session,
        *,
        faults: Mapping[int, Fault] | None = None,
        settings: ExportSettings | None = None,
        index_lag: float = 3.0,
        seed: int = 0,
        store: Any = None,
    ) -> None:
        self.chosen: Mapping[str, Any] = {}
        self.releases = 0
        self.session = session
        self.runtime = FakeRuntime(seed)
        self.settings = settings or ExportSettings()
        self.jira = FakeJira(runtime=self.runtime, index_lag=index_lag)
        self.schedule = Schedule(self.jira, faults or {}, self.runtime.monotonic)
        # A value the create metadata allows and Jira refuses all the same, so that a smaller draft is sent.
        refused = jira_faults.status(400, {"errorMessages": [], "errors": {"labels": "Not today."}})
        self.jira.faults.add(JiraFault(("POST", "/issue"), refused, nth=3))
        self.store: Any = DiskStore() if store is None else store

    async def run(self, *, max_processes: int = 12) -> Outcome:
        """Start the export and bring it to its end, through as many processes and retries as that takes.

        What `chosen` leaves out is not exported; a session that has no retry left is released.
        """
        await self.store.put(self.session)
        retries = processes = 0
        while True:
            processes += 1
            assert processes <= max_processes, f"no end after {max_processes} processes: {self.schedule.operations}"
            try:
                with anyio.CancelScope() as self.schedule.scope:
                    retries += await self._process()
                if self.schedule.scope.cancelled_caught and (await self.store.state(self.session.id)).lease_owner:
                    self.runtime.clock.advance(self.settings.lease_seconds + 1)
            except* ProcessDied:
                self.schedule.dead = False
                if self.schedule.state_lost:
                    self.schedule.state_lost = False
                    self.store = DiskStore()
                    await self.store.put(self.session)
                if self.schedule.power_failed:
                    self.schedule.power_failed = False
                    self.store.lose_power()
                self.runtime.clock.advance(self.settings.lease_seconds + 1)
            except* JiraSessionExportError:
                # A foreseen error told to the caller or logged by the runner; the caller tries again later.
                self.runtime.clock.advance(self.settings.lease_seconds + 1)
            state = await self.store.state(self.session.id)
            if state.status == SessionStatus.COMPLETED:
                return Outcome(state.status, retries, self.schedule.operations, processes)

    async def _process(self) -> int:
        """One process: starts or retries what needs it, takes up what was left behind. Returns the retries it used."""
        store: Any = faulty_store(self.store, self.schedule)
        transport = FaultyTransport(self.jira.transport, self.schedule)
        retries = 0
        async with JiraClient(
            self.jira.base_url, ApiTokenAuth("me@example.com", "token"), runtime=self.runtime, transport=transport
        ) as client:
            exporter = Exporter(client, store, settings=self.settings, runtime=self.runtime)
            service = ExportService(store, client, NoRunner(), settings=self.settings, runtime=self.runtime)
            state = await store.state(self.session.id)
            if state.status == SessionStatus.EXPORT_FAILED:
                self.runtime.clock.advance(60)  # a person reads the message before pressing retry
                if state.retry_count > self.settings.max_retries:
                    await service.release(self.session.id, by="ada")
                    self.releases += 1
                retries = 1
                await service.retry(self.session.id, **self.chosen)
            elif state.status != SessionStatus.EXPORTING:
                await service.start(self.session.id, **self.chosen)
            await exporter.execute(self.session.id)
        return retries

    async def assert_exactly_once(self) -> None:
        """One issue per ticket, one of each attachment and link, and the store says what Jira has."""
        tickets = {str(ticket.id): ticket for ticket in self.session.tickets}
        markers = Counter(issue.properties[PROPERTY_KEY]["ticket"] for issue in self.jira.issues.values())
        assert markers == Counter(tickets.keys())
        key_of = {issue.properties[PROPERTY_KEY]["ticket"]: key for key, issue in self.jira.issues.items()}
        for state in await self.store.ticket_states(self.session.id):
            assert state.issue is not None
            assert state.issue.key == key_of[str(state.ticket_id)]
            assert not state.orphans
            assert state.intent_at is None
            ticket = tickets[str(state.ticket_id)]
            names = [attachment.filename for attachment in self.jira.issues[state.issue.key].attachments]
            missing = [fix.asked_for for fix in state.manual_fixes if fix.kind is ManualFixKind.ATTACHMENT_FAILED]
            assert sorted(names + missing) == sorted(attachment.name for attachment in ticket.attachments)
            assert not missing or Fault.UNAVAILABLE in self.schedule.faults.values()
        wanted = Counter(
            (key_of[str(dependency)], key_of[str(ticket.id)])
            for ticket in self.session.tickets
            for dependency in ticket.depends_on
        )
        made = Counter((link.inward, link.outward) for link in self.jira.links)
        assert made == wanted
        final = await self.store.state(self.session.id)
        assert final.exported == len(tickets)
        assert final.links_created == len(wanted)
        assert final.lease_owner is None
        assert final.task_id is None
