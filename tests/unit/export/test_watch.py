"""`watch`: a session's progress as messages, from the hub of this process or from the store."""

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from datetime import datetime, timedelta
from uuid import UUID

import anyio
import pytest

from jira_session_export._export.events import (
    ExportCompleted,
    ExportEvent,
    ExportFailed,
    ExportProgress,
    ExportStopped,
    IssueExported,
    Phase,
)
from jira_session_export._export.hub import EventHub
from jira_session_export._export.reads import SharedReads
from jira_session_export._export.watch import watch, watch_together
from jira_session_export._journal import (
    Entry,
    IntentRecorded,
    IssueRecorded,
    Lease,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunStarted,
    RunWaiting,
    SessionState,
    Step,
    StepRecorded,
)
from jira_session_export._models import Session, Ticket
from jira_session_export._settings import ExportSettings
from jira_session_export._storage.memory import InMemoryStore
from jira_session_export._storage.protocols import ChangeSignal, QueuedSession
from jira_session_export._values import CreatedIssue, ErrorCategory, Failure, StepKind
from jira_session_export.api import ExportCompleteMessage, ExportFailedMessage, ExportMessage, ExportProgressMessage
from jira_session_export.errors import SessionNotFoundError
from jira_session_export.testing import FakeRuntime

SESSION = UUID(int=1)
TICKETS = tuple(Ticket(id=UUID(int=10 + n), order=n, title=f"Ticket {n}") for n in range(1, 5))
FAILURE = Failure(ErrorCategory.TEMPORARY, "jira_unavailable", "Jira did not answer.", ("Retry.",))


class Scene:
    """A session in a store, a run of it that is played by hand, and whoever watches."""

    def __init__(self) -> None:
        self.runtime = FakeRuntime()
        self.store: InMemoryStore = InMemoryStore()
        self.hub = EventHub()
        self.settings = ExportSettings()
        self.lease: Lease | None = None
        self._sequence = 0

    def watch(self, poll_seconds: float = 1.0) -> AsyncGenerator[ExportMessage, None]:
        return watch(self.store, self.hub, SESSION, self.settings, self.runtime, poll_seconds=poll_seconds)

    async def start(self, session_id: UUID = SESSION, lease_seconds: float = 600) -> None:
        entry = RunStarted(self.runtime.now(), self.runtime.new_id())
        token = (await self.store.state(session_id)).token
        self.lease = await self.store.acquire(
            session_id, entry, expected_token=token, owner="w", now=self.runtime.now(), lease_seconds=lease_seconds
        )

    async def append(self, *entries: Entry) -> None:
        assert self.lease is not None
        await self.store.append(self.lease, *entries)

    async def create(self, ticket: Ticket) -> None:
        """The store's part of one create."""
        now = self.runtime.now()
        await self.append(IntentRecorded(now, ticket.id, 1, ticket.title))
        await self.append(IssueRecorded(now, ticket.id, issue(ticket)))

    def event(self) -> tuple[UUID, int, object]:
        self._sequence += 1
        return SESSION, self._sequence, self.runtime.now()

    def tell_progress(self, position: int) -> None:
        title = TICKETS[position - 1].title
        self.tell(ExportProgress(*self.event(), Phase.CREATING, position, 4, title, position - 1, 4, 61.0))  # type: ignore[arg-type]

    def tell_exported(self, position: int) -> None:
        ticket = TICKETS[position - 1]
        self.tell(
            IssueExported(
                *self.event(),
                ticket.id,
                position,
                ticket.title,
                issue(ticket),
                (),
                adopted=False,
                tickets_completed=position,
                tickets_total=87,
            )  # type: ignore[arg-type]
        )

    def tell(self, event: ExportEvent) -> None:
        self.hub(event)


def issue(ticket: Ticket) -> CreatedIssue:
    return CreatedIssue(str(ticket.order), f"DEMO-{ticket.order}", f"https://x/browse/DEMO-{ticket.order}")


@pytest.fixture
async def scene() -> Scene:
    scene = Scene()
    await scene.store.put(Session(id=SESSION, project_key="DEMO", tickets=TICKETS))
    return scene


async def test_an_unknown_session(scene: Scene) -> None:
    with pytest.raises(SessionNotFoundError):
        await anext(watch(scene.store, scene.hub, UUID(int=9), scene.settings, scene.runtime))


async def test_the_present_state_comes_at_once_and_a_start_is_waited_for(scene: Scene) -> None:
    async with aclosing(scene.watch()) as messages:
        first = await anext(messages)
        assert isinstance(first, ExportProgressMessage)
        assert (first.status, first.current_stage, first.progress_percentage) == ("ready", "Not started", 0.0)
        assert first.estimated_time_remaining_minutes is None
        await scene.start()
        second = await anext(messages)
        assert isinstance(second, ExportProgressMessage)
        assert (second.status, second.current_stage) == ("exporting", "Starting")
        assert second.estimated_time_remaining_minutes == 1


async def test_a_run_elsewhere_is_seen_in_the_store(scene: Scene) -> None:
    await scene.start()
    stages = []
    async with aclosing(scene.watch()) as messages:
        await anext(messages)
        for ticket in TICKETS:
            await scene.append(IntentRecorded(scene.runtime.now(), ticket.id, 1, ticket.title))
            message = await anext(messages)
            assert isinstance(message, ExportProgressMessage)
            stages.append((message.current_stage, message.progress_percentage))
            await scene.append(IssueRecorded(scene.runtime.now(), ticket.id, issue(ticket)))
            async with aclosing(scene.watch()) as late:  # in the pause after it, its title is not the next one's
                now = await anext(late)
                assert isinstance(now, ExportProgressMessage)
                n = ticket.order + 1
                assert now.current_stage == (f"Creating ticket {n} of 4" if n <= 4 else "Linking dependencies")
        message = await anext(messages)
        assert isinstance(message, ExportProgressMessage)
        assert message.current_stage == "Linking dependencies"
        await scene.append(RunCompleted(scene.runtime.now(), 90.0))
        last = await anext(messages)
        assert isinstance(last, ExportCompleteMessage)
        assert (last.tickets_created, last.total_processing_time_minutes) == (4, 1.5)
        with pytest.raises(StopAsyncIteration):
            await anext(messages)
    assert stages == [(f"Creating ticket {n} of 4: Ticket {n}", 25.0 * n if n < 4 else 99.9) for n in range(1, 5)]


async def test_a_run_elsewhere_in_bulks_is_told_as_such(scene: Scene) -> None:
    scene.settings = scene.settings.model_copy(update={"bulk_size": 3})
    await scene.start()
    stages = []
    async with aclosing(scene.watch()) as messages:
        await anext(messages)
        for bulk in (TICKETS[:3], TICKETS[3:]):
            now = scene.runtime.now()
            await scene.append(*(IntentRecorded(now, ticket.id, 1, ticket.title) for ticket in bulk))
            message = await anext(messages)
            assert isinstance(message, ExportProgressMessage)
            stages.append(message.current_stage)
            await scene.append(*(IssueRecorded(now, ticket.id, issue(ticket)) for ticket in bulk))
    assert stages == ["Creating tickets 1–3 of 4", "Creating ticket 4 of 4: Ticket 4"]


async def test_a_run_here_is_heard_without_the_store(scene: Scene) -> None:
    await scene.start()
    async with aclosing(scene.watch()) as messages:
        await anext(messages)
        before = scene.runtime.monotonic()
        scene.tell_progress(2)
        message = await anext(messages)
        assert isinstance(message, ExportProgressMessage)
        assert message.current_stage == "Creating ticket 2 of 4: Ticket 2"
        assert (message.progress_percentage, message.tickets_completed) == (50.0, 1)
        assert message.estimated_time_remaining_minutes == 2
        assert message.current_jira_project == "DEMO"
        scene.tell_exported(2)
        message = await anext(messages)
        assert isinstance(message, ExportProgressMessage)
        assert message.tickets_completed == 2
        assert scene.runtime.monotonic() - before < 0.1, "the store was not waited for"
        scene.tell(ExportCompleted(*scene.event(), 4, 1, 2, 30.0))  # type: ignore[arg-type]
        last = await anext(messages)
        assert last == ExportCompleteMessage(
            tickets_created=4, dependencies_created=1, manual_fixes_needed=2, total_processing_time_minutes=0.5
        )


async def test_a_failure_told_here_or_stored_is_the_same_message(scene: Scene) -> None:
    await scene.start()
    async with aclosing(scene.watch()) as messages:
        await anext(messages)
        scene.tell(ExportFailed(*scene.event(), 2, FAILURE, retry_available=True))  # type: ignore[arg-type]
        told = await anext(messages)
    await scene.append(RunFailed(scene.runtime.now(), 5.0, FAILURE, TICKETS[1].id, 2))
    (stored,) = [message async for message in scene.watch()]
    assert told == stored
    assert stored == ExportFailedMessage(
        failed_at_ticket=2, error_category="temporary", retry_available=True, error_message="Jira did not answer."
    )


async def test_a_cancelled_run_is_no_end(scene: Scene) -> None:
    await scene.start()
    async with aclosing(scene.watch()) as messages:
        await anext(messages)
        scene.tell_progress(1)
        await anext(messages)
        await scene.append(RunCancelled(scene.runtime.now(), 1.0))
        scene.tell(ExportStopped(*scene.event(), cancelled=True))  # type: ignore[arg-type]
        message = await anext(messages)
        assert isinstance(message, ExportProgressMessage)
        assert (message.status, message.current_stage) == ("cancelled", "Cancelled after 0 of 4 tickets")
        await scene.start()
        message = await anext(messages)
        assert isinstance(message, ExportProgressMessage)
        assert message.status == "exporting"
        scene.tell_progress(1)
        message = await anext(messages)
        assert isinstance(message, ExportProgressMessage)
        assert message.current_stage == "Creating ticket 1 of 4: Ticket 1"


async def test_progress_never_goes_backwards(scene: Scene) -> None:
    """Events from before the store was read may still wait to be read."""
    await scene.start()
    messages = scene.watch()
    await scene.create(TICKETS[0])
    await scene.create(TICKETS[1])
    first = await anext(messages)
    assert isinstance(first, ExportProgressMessage)
    assert first.tickets_completed == 2
    scene.tell_progress(1)
    scene.tell_exported(2)
    scene.tell_progress(3)
    async with aclosing(messages):
        second = await anext(messages)
        assert isinstance(second, ExportProgressMessage)
        assert second.current_stage == "Creating ticket 3 of 4: Ticket 3"


async def test_a_run_that_vanished_from_here_is_found_in_the_store(scene: Scene) -> None:
    """Its worker lost the lease, so it told no end."""
    await scene.start()
    async with aclosing(scene.watch(poll_seconds=0.001)) as messages:
        await anext(messages)
        scene.tell_progress(1)
        await anext(messages)
        for ticket in TICKETS:
            await scene.create(ticket)
        await scene.append(RunCompleted(scene.runtime.now(), 1.0))
        got = [message async for message in messages]
    assert isinstance(got[-1], ExportCompleteMessage)


async def test_who_reads_slowly_misses_positions_and_holds_up_nobody(scene: Scene) -> None:
    await scene.start()
    async with aclosing(scene.watch()) as messages:
        await anext(messages)
        for position in (1, 2, 3, 4):
            scene.tell_progress(position)
        message = await anext(messages)
        assert isinstance(message, ExportProgressMessage)
        assert message.current_stage == "Creating ticket 4 of 4: Ticket 4"


async def test_nothing_is_left_behind_when_the_watcher_goes(scene: Scene) -> None:
    await scene.start()

    async def read() -> None:
        async with aclosing(scene.watch()) as messages:
            async for _ in messages:
                pass

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        with scene.runtime.clock.held():
            await anyio.wait_all_tasks_blocked()
            scene.tell_progress(1)
            await anyio.wait_all_tasks_blocked()
            tasks.cancel_scope.cancel()
    assert not scene.hub._listeners


class TellingStore(InMemoryStore):
    """Tells of what is written while `is_live`, as a database does that several processes work on."""

    def __init__(self) -> None:
        super().__init__()
        self.is_live = True
        self.reads = 0
        self._told = anyio.Event()

    @contextmanager
    def follow(self, session_id: UUID) -> Iterator[ChangeSignal]:
        yield self

    async def wait(self) -> None:
        await self._told.wait()

    def tell(self) -> None:
        told, self._told = self._told, anyio.Event()
        told.set()

    async def state(self, session_id: UUID) -> SessionState:
        self.reads += 1
        return await super().state(session_id)

    async def append(self, lease: Lease, *entries: Entry) -> bool:
        cancelled = await super().append(lease, *entries)
        self.tell()
        return cancelled


@pytest.fixture
async def telling() -> Scene:
    scene = Scene()
    scene.store = TellingStore()
    await scene.store.put(Session(id=SESSION, project_key="DEMO", tickets=TICKETS))
    await scene.start()
    return scene


async def test_a_run_elsewhere_is_told_at_once_by_a_store_that_can(telling: Scene) -> None:
    """All of its phases, without one poll, as the clock stands still."""
    stages: list[str] = []

    async def read() -> None:
        async for message in telling.watch():
            stages.append(getattr(message, "current_stage", message.type))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(read)
        with telling.runtime.clock.held():
            await anyio.wait_all_tasks_blocked()
            now, ticket = telling.runtime.now(), TICKETS[0]
            for entry in (
                IntentRecorded(now, ticket.id, 1, ticket.title),
                RunWaiting(now, now + timedelta(seconds=30), "create_issue"),
            ):
                await telling.append(entry)
                await anyio.wait_all_tasks_blocked()
        await telling.runtime.sleep(31)
        with telling.runtime.clock.held():
            for entry in (
                *(IssueRecorded(now, each.id, issue(each)) for each in TICKETS),
                StepRecorded(now, ticket.id, Step(StepKind.LINK, "Blocks:DEMO-2")),
                RunCompleted(now, 1.0),
            ):
                await telling.append(entry)
                await anyio.wait_all_tasks_blocked()
    waiting = f"Waiting until {now + timedelta(seconds=30):%H:%M:%S} UTC, as Jira asked"
    assert stages == [
        "Starting",
        "Creating ticket 1 of 4: Ticket 1",
        f"{waiting}: Ticket 1",
        "Creating ticket 1 of 4: Ticket 1",
        *(f"Creating ticket {n} of 4" for n in (2, 3, 4)),
        "Linking dependencies",
        "Linking dependencies, 1 so far",
        "export_complete",
    ]


async def test_the_end_of_a_wait_is_told_though_nobody_writes_it_down(telling: Scene) -> None:
    now = telling.runtime.now()
    await telling.append(RunWaiting(now, now + timedelta(seconds=30), "create_issue"))
    async with aclosing(telling.watch()) as messages:
        waiting = await anext(messages)
        assert isinstance(waiting, ExportProgressMessage)
        assert waiting.waiting_until is not None
        message = await anext(messages)
        assert isinstance(message, ExportProgressMessage)
        assert message.current_stage == "Starting"
        assert telling.runtime.now() - now < timedelta(seconds=31)


async def test_a_store_that_goes_deaf_is_polled(telling: Scene) -> None:
    store = telling.store
    assert isinstance(store, TellingStore)
    async with aclosing(telling.watch()) as messages:
        await anext(messages)
        store.is_live = False
        assert telling.lease is not None
        await InMemoryStore.append(
            store, telling.lease, IntentRecorded(telling.runtime.now(), TICKETS[0].id, 1, "Told to nobody")
        )
        store.tell()  # that it is not live any more
        message = await anext(messages)
        assert isinstance(message, ExportProgressMessage)
        await InMemoryStore.append(
            store, telling.lease, IssueRecorded(telling.runtime.now(), TICKETS[0].id, issue(TICKETS[0]))
        )
        before = telling.runtime.now()
        message = await anext(messages)
        assert isinstance(message, ExportProgressMessage)
        assert message.tickets_completed == 1
        assert telling.runtime.now() - before < timedelta(seconds=1.1)


async def test_a_place_in_the_queue_is_told_anew_though_nobody_tells_of_other_sessions() -> None:
    scene = Scene()
    scene.store = TellingStore()
    for number in (11, 12):
        other = UUID(int=number)
        await scene.store.put(Session(id=other, project_key="DEMO", tickets=TICKETS))
        await scene.start(other, lease_seconds=0)
    await scene.store.put(Session(id=SESSION, project_key="DEMO", tickets=TICKETS))
    await scene.runtime.sleep(1)
    await scene.start(lease_seconds=0)
    stages: list[tuple[int | None, str]] = []
    async with aclosing(scene.watch()) as messages:
        for number in (11, 12, 13):
            before = scene.runtime.now()
            message = await anext(messages)
            assert isinstance(message, ExportProgressMessage)
            stages.append((message.queue_position, message.current_stage))
            assert scene.runtime.now() - before < timedelta(seconds=6)
            if number < 13:
                await scene.start(UUID(int=number))
    assert stages == [
        (3, "Waiting for a worker, number 3 in the queue"),
        (2, "Waiting for a worker, number 2 in the queue"),
        (1, "Waiting for a worker, next in the queue"),
    ]


async def test_however_many_wait_and_are_watched_the_queue_is_read_once_a_second() -> None:
    class Counting(TellingStore):
        queries = 0

        async def queued(self, now: datetime) -> Sequence[QueuedSession]:
            self.queries += 1
            return await super().queued(now)

    scene = Scene()
    store = scene.store = Counting()
    sessions = [UUID(int=number) for number in range(11, 16)]
    reads = SharedReads(store, scene.runtime)
    for session_id in sessions:
        await store.put(Session(id=session_id, project_key="DEMO", tickets=TICKETS))
        await scene.start(session_id, lease_seconds=0)
    states = [await store.state(session_id) for session_id in sessions]
    found: dict[UUID, int | None] = {}

    async def ask(state: SessionState) -> None:
        found[state.session_id] = await reads.queue_position(state)

    for queries in (1, 2):
        async with anyio.create_task_group() as tasks:
            for state in states * 3:
                tasks.start_soon(ask, state)
        assert sorted(place or 0 for place in found.values()) == [1, 2, 3, 4, 5]
        assert store.queries == queries
        await scene.runtime.sleep(1)
    # One that was started since is found, though the queue was read a moment ago.
    await reads.queue_position(states[0])
    await store.put(Session(id=SESSION, project_key="DEMO", tickets=TICKETS))
    await scene.start(lease_seconds=0)
    assert await reads.queue_position(await store.state(SESSION)) == 6


async def test_a_session_that_just_started_is_not_said_to_wait_until_it_does(scene: Scene) -> None:
    await scene.start(lease_seconds=0)
    async with aclosing(scene.watch()) as messages:
        stages = [getattr(await anext(messages), "current_stage", "") for _ in range(2)]
    assert stages == ["Starting", "Waiting for a worker, next in the queue"]


async def test_all_who_watch_a_session_are_answered_by_one_query(telling: Scene) -> None:
    store = telling.store
    assert isinstance(store, TellingStore)
    heard = 0

    async def read() -> None:
        nonlocal heard
        async for message in watch_together(
            store, telling.hub, SESSION, telling.settings, telling.runtime, poll_seconds=1.0, reads=reads
        ):
            heard += getattr(message, "tickets_completed", 0)

    reads = SharedReads(store, telling.runtime)
    async with anyio.create_task_group() as tasks:
        for _ in range(20):
            tasks.start_soon(read)
        with telling.runtime.clock.held():
            await anyio.wait_all_tasks_blocked()
            before = store.reads
            await telling.append(IssueRecorded(telling.runtime.now(), TICKETS[0].id, issue(TICKETS[0])))
            await anyio.wait_all_tasks_blocked()
            assert heard == 20
            assert store.reads - before <= 2
            tasks.cancel_scope.cancel()
