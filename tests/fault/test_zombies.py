"""A worker that was stopped and wakes after its session was taken over: it writes nothing, and tells nothing untrue."""

import contextlib
import logging
import multiprocessing
import os
import random
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import anyio.to_thread
import pytest

from jira_session_export._batch import load_batch
from jira_session_export._envconfig import export_settings
from jira_session_export._export.events import ExportCompleted, ExportEvent, IssueExported
from jira_session_export._export.exporter import Exporter
from jira_session_export._export.runners import InProcessRunner
from jira_session_export._export.service import ExportService
from jira_session_export._jira import ApiTokenAuth, HttpRequest, HttpResponse, HttpSettings, JiraClient
from jira_session_export._jira.network import open_network
from jira_session_export._jira_export import JiraExport
from jira_session_export._journal import SessionStatus
from jira_session_export._models import Session, Ticket
from jira_session_export._runtime import SYSTEM_RUNTIME
from jira_session_export._settings import ExportSettings
from jira_session_export._values import PROPERTY_KEY
from jira_session_export.api import ExportAlreadyRunningResponse, ExportStartResponse
from jira_session_export.errors import JiraSessionExportError, StoreUnavailableError
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore
from jira_session_export.testing import FakeJira
from tests.e2e.processes import Scene, scene
from tests.fault.freezing import Freezer, Moment, TwoWorkers
from tests.fault.watched_store import WatchedStore

SETTINGS = ExportSettings(index_settle_seconds=30, reconcile_budget_seconds=60, pause_seconds=0.5)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # the virtual clock decides what happens when


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    file = tmp_path_factory.mktemp("files") / "log.txt"
    file.write_text("a log")
    one, two, three = (UUID(int=number) for number in (1, 2, 3))
    return Session(
        id=UUID(int=1000),
        project_key="DEMO",
        tickets=(
            Ticket(id=one, order=1, title="One", attachments=(file,)),
            Ticket(id=two, order=2, title="Two", depends_on=(one,), labels=("label",)),
            Ticket(id=three, order=3, title="Three", depends_on=(two,), attachments=(file,)),
        ),
    )


async def operations(session: Session) -> list[str]:
    freezer = Freezer()
    await TwoWorkers(session, SETTINGS).run(freezer)
    return freezer.operations


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.timeout(120)
async def test_stopped_at_every_operation(session: Session, moment: Moment) -> None:
    names = await operations(session)
    assert sum(name.endswith("POST /rest/api/3/issue") for name in names) == 4  # one is refused its label
    await stop_at_each(names, moment, lambda: TwoWorkers(session, SETTINGS))


def in_bulks(session: Session) -> TwoWorkers:
    """Jira refuses one issue of the bulk, which is sent again alone with less."""
    one, two, three = session.tickets
    session = session.model_copy(update={"tickets": (one, two.model_copy(update={"priority": "Ghost"}), three)})
    world = TwoWorkers(session, SETTINGS.model_copy(update={"bulk_size": 3}))
    world.jira.faults.clear()
    world.jira.project("DEMO").issue_type("Task").list_also("priority", {"id": "77", "name": "Ghost"})
    return world


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.timeout(120)
async def test_stopped_at_every_operation_in_bulks(session: Session, moment: Moment) -> None:
    undisturbed = Freezer()
    await in_bulks(session).run(undisturbed)
    names = undisturbed.operations
    assert [name.rpartition("/")[2] for name in names if name.endswith(("/issue/bulk", "/issue"))] == ["bulk", "issue"]
    await stop_at_each(names, moment, lambda: in_bulks(session))


async def stop_at_each(names: Sequence[str], moment: Moment, make_world: Callable[[], TwoWorkers]) -> None:
    """Stop the first worker of a world at each of its operations in turn."""
    for position in range(len(names)):
        world = make_world()
        told, token = await world.run(Freezer(position, moment))
        try:
            await assert_harmless(world, token)
            await assert_true(told, world, token)
        except AssertionError as exc:
            raise AssertionError(f"stopped {moment.name} {position} of {names}") from exc


async def assert_true(told: list[ExportEvent], world: TwoWorkers, token: int) -> None:
    """What the stopped worker told after it woke is what the store holds."""
    states = {state.ticket_id: state for state in await world.store.ticket_states(world.session.id)}
    rows = await world.store.journal(world.session.id)
    for event in told:
        if isinstance(event, IssueExported):
            assert states[event.ticket_id].issue == event.issue
        if isinstance(event, ExportCompleted):
            assert any(row.kind == "run_completed" and row.token == token for row in rows)


async def assert_harmless(world: TwoWorkers, token: int) -> None:
    assert await world.written_by(token) == []
    state = await world.store.state(world.session.id)
    assert state.status == SessionStatus.COMPLETED
    created = world.created()
    assert set(created) <= await world.announced()
    assert Counter(ticket for ticket, _ in created) == Counter(str(ticket.id) for ticket in world.session.tickets)
    assert set(world.attached().values()) == {1}
    keys = {key for key, _ in world.jira.issues.items()}
    states = await world.store.ticket_states(world.session.id)
    assert {ticket.issue.key for ticket in states if ticket.issue} == keys
    assert len(world.jira.links) == state.links_created == 2


# -- a real process that is stopped and wakes --------------------------------------------------------------------------


@pytest.mark.timeout(120)
async def test_real_processes_stopped_and_woken(tmp_path: Path) -> None:
    source = random.Random(os.environ.get("JSE_TEST_SEED", "5"))
    moments = [(source.randrange(1, 36), source.random() * 0.02) for _ in range(8)]

    async def stop_and_wake(number: int, after_requests: int, delay: float) -> None:
        async with scene(tmp_path / str(number), count=10) as place:
            first = place.export()
            await place.requests(after_requests, first)
            await anyio.sleep(delay)
            stopped = first.is_running  # the last moments may lie beyond its end
            if stopped:
                first.send(signal.SIGSTOP)
            second = place.export()
            # It may have been stopped in a transaction; then the database is locked until it wakes.
            finished = await second.wait() == 0
            if stopped:
                first.send(signal.SIGCONT)
            await first.wait()
            if not finished:
                assert "database" in place.printed
                assert await place.export().wait() == 0
            await assert_once_but_for_what_was_on_its_way(place)

    async with anyio.create_task_group() as tasks:
        for number, (after_requests, delay) in enumerate(moments):
            tasks.start_soon(stop_and_wake, number, after_requests, delay)


def _stopped_before_the_first_byte(batch: str, database: str, env: dict[str, str], output: str) -> None:
    """Export, and stop this process when its third create has been looked at and nothing of it is sent."""
    os.environ.update(env)
    logging.basicConfig(filename=output, level=logging.INFO)
    site = env["JIRA_BASE_URL"]
    settings = export_settings(env)

    class Stopping:
        def __init__(self) -> None:
            self._inner = open_network(HttpSettings(use_environment=False), SYSTEM_RUNTIME, site)
            self._creates = 0

        async def send(self, request: HttpRequest) -> HttpResponse:
            if request.method == "POST" and request.url.endswith("/issue"):
                self._creates += 1
                if self._creates == 3:
                    os.kill(os.getpid(), signal.SIGSTOP)
            return await self._inner.send(request)

        async def aclose(self) -> None:
            await self._inner.aclose()

    async def main() -> None:
        auth = ApiTokenAuth("me@example.com", "token")
        async with JiraExport.open(site, auth, store=database, settings=settings, transport=Stopping()) as jira:
            await jira.export(load_batch(Path(batch)))

    with contextlib.suppress(JiraSessionExportError):
        anyio.run(main)


@pytest.mark.timeout(120)
async def test_a_real_process_stopped_between_the_look_at_the_lease_and_the_first_byte(tmp_path: Path) -> None:
    """It sends nothing when it wakes: both clocks are looked at again once the connection is there."""
    async with scene(tmp_path, count=5) as place:
        output = tmp_path / "stopped.txt"
        arguments = (str(place.batch), place.database, place.env, str(output))
        process = multiprocessing.get_context("forkserver").Process(
            target=_stopped_before_the_first_byte, args=arguments
        )
        process.start()
        try:
            while not (process.pid and is_stopped(process.pid)):
                await anyio.sleep(0.01)
            created = len(place.jira.issues)
            assert created == 2
            assert await place.export().wait() == 0
            assert len(place.jira.issues) == 5
            os.kill(process.pid, signal.SIGCONT)
            await anyio.to_thread.run_sync(process.join, 60)
            assert process.exitcode == 0
        finally:
            process.kill()
        assert "Another worker has taken the session over" in output.read_text()
        await place.assert_exactly_once()


def is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


async def assert_once_but_for_what_was_on_its_way(place: Scene) -> None:
    """Exactly once; but a process stopped between its look at the lease and the sending has sent one thing more."""
    session_id = place.session.id
    async with place.store() as store:
        rows = await store.journal(session_id)
        tokens = [row.token for row in rows]
        assert tokens == sorted(tokens), "an entry of a worker that had lost the session"
        announced = {(str(row.ticket_id), row.attempt) for row in rows if row.kind == "intent_recorded"}
    issues = place.jira.issues.values()
    markers = [issue.properties[PROPERTY_KEY] for issue in issues]
    assert {(marker["ticket"], marker["attempt"]) for marker in markers} <= announced
    files = [len(issue.attachments) - len({each.filename for each in issue.attachments}) for issue in issues]
    if len(markers) - len(place.session.tickets) + sum(files) == 1:
        return
    await place.assert_exactly_once()


# -- two starters ------------------------------------------------------------------------------------------------------


@asynccontextmanager
async def on_sqlite(folder: Path, session: Session) -> AsyncIterator[tuple[FakeJira, SqlAlchemyStore, JiraClient]]:
    jira = FakeJira()
    async with (
        SqlAlchemyStore.open(f"sqlite:///{folder}/state.sqlite3") as store,
        JiraClient(jira.base_url, ApiTokenAuth("me@example.com", "token"), transport=jira.transport) as client,
    ):
        await store.migrate()
        await store.put(session)
        yield jira, store, client


async def test_fifty_starters_on_a_real_database_start_one_run(tmp_path: Path, session: Session) -> None:
    settings = SETTINGS.model_copy(update={"pause_seconds": 0})
    async with on_sqlite(tmp_path, session) as (jira, store, client):
        exporter = Exporter(client, store, settings=settings)
        async with InProcessRunner(exporter) as runner:
            services = [ExportService(store, client, runner, settings=settings) for _ in range(50)]
            answers: list[Any] = []

            async def start(service: ExportService) -> None:
                answers.append(await service.start(session.id))

            async with anyio.create_task_group() as tasks:
                for service in services:
                    tasks.start_soon(start, service)
            await runner.wait(session.id)
        assert [type(answer) for answer in answers].count(ExportStartResponse) == 1
        assert [type(answer) for answer in answers].count(ExportAlreadyRunningResponse) == 49
        assert len({answer.task_id for answer in answers}) == 1
        assert len(jira.issues) == 3
        kinds = [row.kind for row in await store.journal(session.id)]
        assert (kinds.count("run_started"), kinds.count("run_resumed")) == (1, 0)


async def test_two_workers_on_one_session_are_one_run(tmp_path: Path, session: Session) -> None:
    settings = SETTINGS.model_copy(update={"pause_seconds": 0})
    async with on_sqlite(tmp_path, session) as (jira, store, client):

        class Nowhere:
            async def submit(self, session_id: UUID) -> None:
                pass

        await ExportService(store, client, Nowhere(), settings=settings).start(session.id)
        async with anyio.create_task_group() as tasks:
            for _ in range(10):
                tasks.start_soon(Exporter(client, store, settings=settings).execute, session.id)
        assert len(jira.issues) == 3
        kinds = [row.kind for row in await store.journal(session.id)]
        assert (kinds.count("run_resumed"), kinds.count("run_completed")) == (0, 1)


# -- a database that is away -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("away_from", range(1, 30, 3))
async def test_a_store_that_is_away_for_long(session: Session, away_from: int) -> None:
    """From some write on it is away for minutes: sweeps go on, and one worker finishes as soon as it is back."""
    world = TwoWorkers(session, SETTINGS)
    calls = 0
    back_at = 0.0

    async def away(_name: str, call: Callable[[], Awaitable[Any]]) -> Any:
        nonlocal calls, back_at
        calls += 1
        if calls == away_from:
            back_at = world.runtime.monotonic() + 200
        if calls >= away_from and world.runtime.monotonic() < back_at:
            raise StoreUnavailableError("The database is away.")
        return await call()

    store: Any = WatchedStore(world.store, away)
    client, _ = world.exporter(Freezer())
    await world.store.put(session)
    async with client:
        exporter = Exporter(client, store, settings=SETTINGS, runtime=world.runtime)
        async with InProcessRunner(exporter, sweep_seconds=5) as runner:
            service = ExportService(world.store, client, runner, settings=SETTINGS, runtime=world.runtime)
            await service.start(session.id)
            with anyio.fail_after(20):
                while (state := await world.store.state(session.id)).status == SessionStatus.EXPORTING:
                    await world.runtime.sleep(1)
    assert state.status == SessionStatus.COMPLETED
    assert state.retry_count == 0
    await assert_harmless(world, state.token)
