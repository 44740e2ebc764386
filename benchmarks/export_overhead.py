"""What a durable export costs beyond the requests it sends.

Usage: export_overhead.py [ratio] [size] [memory] [bulk-size] [bulk-memory] [many]; all by default. Jira is an instant
one: a process of its own that answers every create at once over a socket, so that nothing but our own work is measured.

ratio   with pause 0, an export against a bare loop of httpx POSTs of the same bodies, in turns: on SQLite, where each
        ticket takes two commits, of which the first waits for the disk, and in memory, which shows the engine alone;
        1,000 tickets in bulks of 50, 200 one by one. By the clock and by the CPU time of this process, which a busy
        machine disturbs less
size    the cost of one ticket in a session of 10,000 against one of 100, and how long its first one takes
memory  what a session of 10,000 tickets takes above an idle process, stored by another one, as for a worker
bulk-…  the same two in bulks of 50; the size against a session of 1,000, by CPU time, too
many    500 sessions at once in one process: how well they keep their pace of 1.5 s, in memory and on SQLite
"""

import asyncio
import gc
import json
import multiprocessing
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psutil

from jira_session_export import HttpRequest, HttpResponse
from jira_session_export._export.events import ExportEvent, IssueExported
from jira_session_export._export.exporter import Exporter
from jira_session_export._export.projects import ProjectReader
from jira_session_export._export.service import ExportService
from jira_session_export._jira import ApiTokenAuth, JiraClient
from jira_session_export._journal import SessionStatus
from jira_session_export._models import Session, Ticket
from jira_session_export._settings import ExportSettings
from jira_session_export._storage.memory import InMemoryStore
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore
from jira_session_export.testing import FakeJira

Store = SqlAlchemyStore | InMemoryStore
BODY = "<h2>Goal</h2><p>Orders of <b>more than one</b> parcel arrive.</p><ul><li>first</li><li>second</li></ul>"
FAST = ExportSettings(pause_seconds=0)
IN_BULKS = ExportSettings(pause_seconds=0, bulk_size=50)
PACED = ExportSettings()


def session(tickets: int) -> Session:
    return Session(
        id=uuid4(),
        project_key="DEMO",
        tickets=tuple(
            Ticket(id=uuid4(), order=order, title=f"Ticket {order}", description_html=BODY * 3, labels=("bench",))
            for order in range(1, tickets + 1)
        ),
    )


# -- an instant Jira ---------------------------------------------------------------------------------------------------


class InstantJira(asyncio.Protocol):
    """Answers every `POST /rest/api/3/issue` at once, and everything else as a FakeJira did a moment ago."""

    known: dict[bytes, bytes]
    created = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: Any = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        while (end := self._received.find(b"\r\n\r\n")) >= 0:
            head = self._received[:end].lower()
            length = 0
            if (at := head.find(b"content-length:")) >= 0:
                length = int(head[at + 15 :].split(b"\r\n", 1)[0])
            if len(self._received) < end + 4 + length:
                return
            target = b" ".join(self._received[:end].split(b" ", 2)[:2])
            body = self._received[end + 4 : end + 4 + length]
            self._received = self._received[end + 4 + length :]
            self._transport.write(self._answer(target, body))

    def _answer(self, target: bytes, body: bytes) -> bytes:
        if target == b"POST /rest/api/3/issue":
            return _http(201, self._create())
        if target == b"POST /rest/api/3/issue/bulk":
            made = b",".join(self._create() for _ in range(body.count(b'{"fields":{')))
            return _http(201, b'{"issues":[%b],"errors":[]}' % made)
        return self.known[target]

    def _create(self) -> bytes:
        InstantJira.created += 1
        number = InstantJira.created
        return b'{"id":"%d","key":"DEMO-%d","self":"http://jira/%d"}' % (number, number, number)


def _http(status: int, body: bytes) -> bytes:
    return b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nX-AAccountId: me\r\nContent-Length: %d\r\n\r\n%b" % (
        status,
        len(body),
        body,
    )


async def record_reads(tickets: Session) -> dict[bytes, bytes]:
    """What FakeJira answers to the reads of a pre-flight; nothing is found of an earlier export."""
    known = {b"POST /rest/api/3/search/jql": _http(200, b'{"issues":[],"isLast":true}')}

    class Recording:
        async def send(self, request: HttpRequest) -> HttpResponse:
            response = await fake.transport.send(request)
            target = request.url.removeprefix(fake.base_url)
            known[f"{request.method} {target}".encode()] = _http(response.status, response.body)
            return response

        async def aclose(self) -> None:
            pass

    fake = FakeJira()
    async with JiraClient(fake.base_url, ApiTokenAuth("me@example.com", "t"), transport=Recording()) as client:
        await ProjectReader(client).read("DEMO", tickets.tickets)
    return known


def _serve(pipe: Any) -> None:
    async def serve() -> None:
        InstantJira.known = await record_reads(session(1))
        server = await asyncio.get_running_loop().create_server(InstantJira, "127.0.0.1", 0)
        pipe.send(server.sockets[0].getsockname()[1])
        await server.serve_forever()

    asyncio.run(serve())


@contextmanager
def instant_jira() -> Iterator[str]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}"
    finally:
        process.kill()
        process.join()


# -- what is measured --------------------------------------------------------------------------------------------------


class Nowhere:
    async def submit(self, session_id: UUID) -> None:
        """Nothing: the benchmark executes."""


@asynccontextmanager
async def export_tools(url: str, folder: Path | None) -> AsyncIterator[tuple[JiraClient, Store]]:
    """A client and a store: SQLite in `folder`, or in memory without one."""
    async with JiraClient(url, ApiTokenAuth("me@example.com", "token")) as client:
        if folder is None:
            yield client, InMemoryStore()
            return
        async with SqlAlchemyStore.open(f"sqlite:///{folder}/{uuid4().hex}.sqlite3") as store:
            await store.migrate()
            yield client, store


async def prepared(client: JiraClient, store: Store, content: Session, settings: ExportSettings) -> Exporter:
    """An exporter that has only to execute the session: stored, started, the project read."""
    projects = ProjectReader(client, settings=settings)
    await store.put(content)
    await ExportService(store, client, Nowhere(), settings=settings, projects=projects).start(content.id)
    return Exporter(client, store, settings=settings, projects=projects)


async def bodies_of(url: str, content: Session) -> list[bytes]:
    async with export_tools(url, None) as (client, store):
        plan = await ExportService(store, client, Nowhere(), settings=FAST).plan(content)
    return [json.dumps(issue.payload, separators=(",", ":")).encode() for issue in plan.issues]


@dataclass(frozen=True, slots=True)
class Taken:
    """What something took: seconds by the clock, and of this process's CPU."""

    seconds: float
    cpu: float


class Watch:
    """Measures from its making on."""

    def __init__(self) -> None:
        self._seconds, self._cpu = time.perf_counter(), time.process_time()

    def taken(self) -> Taken:
        return Taken(time.perf_counter() - self._seconds, time.process_time() - self._cpu)


async def bare_loop(url: str, bodies: list[bytes]) -> Taken:
    async with httpx.AsyncClient(auth=("me@example.com", "token")) as client:
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        await client.get(f"{url}/rest/api/3/myself")
        watch = Watch()
        for body in bodies:
            (await client.post(f"{url}/rest/api/3/issue", content=body, headers=headers)).raise_for_status().json()
        return watch.taken()


async def export(url: str, folder: Path | None, content: Session, settings: ExportSettings = FAST) -> Taken:
    async with export_tools(url, folder) as (client, store):
        exporter = await prepared(client, store, content, settings)
        gc.collect()
        gc.freeze()  # as the command and the reference service do
        gc.set_threshold(5_000, 10, 200)
        watch = Watch()
        state = await exporter.execute(content.id)
        taken = watch.taken()
        gc.unfreeze()
        gc.set_threshold(700, 10, 10)
    assert state.status == SessionStatus.COMPLETED, state.failure
    return taken


async def ratio(url: str, folder: Path) -> None:
    few, many_tickets, rounds = 200, 1_000, 15  # a shared machine changes its speed within seconds
    bodies = await bodies_of(url, session(few))
    ways: dict[str, tuple[int, Callable[[], Awaitable[Taken]]]] = {
        "bare loop of POSTs": (few, lambda: bare_loop(url, bodies)),
        "export, in memory": (few, lambda: export(url, None, session(few))),
        "export, SQLite": (few, lambda: export(url, folder, session(few))),
        "in bulks, in memory": (many_tickets, lambda: export(url, None, session(many_tickets), IN_BULKS)),
        "in bulks, SQLite": (many_tickets, lambda: export(url, folder, session(many_tickets), IN_BULKS)),
    }
    taken: dict[str, list[Taken]] = {name: [] for name in ways}
    for _ in range(rounds + 1):
        for name, (_, run) in ways.items():
            taken[name].append(await run())
    print(f"{'':20} {'ms a ticket':>12} {'ratio':>7} {'best':>7} {'worst':>7} {'CPU ms':>8} {'ratio':>7}")
    # The first round warms up.
    bare = [Taken(each.seconds / few, each.cpu / few) for each in taken["bare loop of POSTs"][1:]]
    for name, (tickets, _) in ways.items():
        each = [Taken(one.seconds / tickets, one.cpu / tickets) for one in taken[name][1:]]
        ratios = [one.seconds / other.seconds for one, other in zip(each, bare, strict=True)]
        cpu_ratios = [one.cpu / other.cpu for one, other in zip(each, bare, strict=True)]
        print(
            f"{name:20} {statistics.median(one.seconds for one in each) * 1e3:12.3f} {statistics.median(ratios):7.2f} "
            f"{min(ratios):7.2f} {max(ratios):7.2f} {statistics.median(one.cpu for one in each) * 1e3:8.3f} "
            f"{statistics.median(cpu_ratios):7.2f}"
        )
    print("goal for SQLite in bulks of 50: 0.5")


async def size(url: str, folder: Path) -> None:
    """All of the session, and of the large one its begin and its end, where what grows with the session would show."""
    per_ticket: dict[str, list[float]] = {}

    async def run(tickets: int) -> tuple[list[float], float]:
        content = session(tickets)
        ends: list[float] = []

        def sink(event: ExportEvent) -> None:
            if isinstance(event, IssueExported):
                ends.append(time.perf_counter())

        async with export_tools(url, folder) as (client, store):
            exporter = await prepared(client, store, content, FAST)
            exporter.sink = sink
            start = time.perf_counter()
            await exporter.execute(content.id)
        return ends, ends[0] - start

    small: list[float] = []
    await run(100)
    for _ in range(5):
        ends, _ = await run(100)
        small.append((ends[-1] - ends[0]) / 99)
    ends, until_first = await run(10_000)
    for _ in range(5):
        after, _ = await run(100)
        small.append((after[-1] - after[0]) / 99)
    per_ticket["100"] = small
    per_ticket["10,000"] = [(ends[-1] - ends[0]) / 9_999]
    for name, first in (("  its first 1,000", 0), ("  its last 1,000", 9_000)):
        per_ticket[name] = [(ends[first + 999] - ends[first]) / 999]
    print(f"{'tickets':20} {'ms a ticket':>12}")
    for name, seconds in per_ticket.items():
        print(f"{name:20} {statistics.median(seconds) * 1e3:12.3f}")
    print(f"{'  until its first':20} {until_first * 1e3 / 10_000:12.3f}")
    growth = per_ticket["10,000"][0] / statistics.median(small)
    print(f"10,000 against 100: {growth:.2f} (goal: 1.1)")


async def bulk_size(url: str, folder: Path) -> None:
    """Whole exports of either size, in turns: ten of 1,000 tickets for each of 10,000, so that both are as long."""
    small, large, rounds = 1_000, 10_000, 3
    taken: dict[int, list[Taken]] = {small: [], large: []}
    await export(url, folder, session(100), IN_BULKS)
    for _ in range(rounds):
        for _ in range(large // small):
            taken[small].append(await export(url, folder, session(small), IN_BULKS))
        taken[large].append(await export(url, folder, session(large), IN_BULKS))
    print(f"{'tickets, in bulks':20} {'ms a ticket':>12} {'best':>8} {'CPU ms':>8} {'best':>8}")
    for tickets, each in taken.items():
        seconds, cpu = sorted(one.seconds for one in each), sorted(one.cpu for one in each)
        figures = (statistics.median(seconds), seconds[0], statistics.median(cpu), cpu[0])
        print(f"{tickets:<20,} {figures[0] / tickets * 1e3:12.3f}", end="")
        print(*(f" {figure / tickets * 1e3:8.3f}" for figure in figures[1:]), sep="")
    growth = [statistics.median(one.cpu for one in each) / tickets for tickets, each in taken.items()]
    print(f"10,000 against 1,000, CPU time: {growth[1] / growth[0]:.2f} (goal: 1.1)")


async def bulk_memory(url: str, folder: Path) -> None:
    await memory(url, folder, IN_BULKS, goal=50)


def store_large_session(address: str) -> UUID:
    """Store a session of 10,000 tickets; as another process does it for a worker."""
    content = session(10_000)

    async def put() -> None:
        async with SqlAlchemyStore.open(address) as store:
            await store.put(content)

    asyncio.run(put())
    return content.id


async def memory(url: str, folder: Path, settings: ExportSettings = FAST, *, goal: int = 100) -> None:
    """In this process, which should do nothing else: see `main`. The session is stored by another one."""
    me = psutil.Process()
    address = f"sqlite:///{folder}/memory.sqlite3"
    async with (
        JiraClient(url, ApiTokenAuth("me@example.com", "token")) as client,
        SqlAlchemyStore.open(address) as store,
    ):
        await store.migrate()
        warm = session(10)
        await (await prepared(client, store, warm, settings)).execute(warm.id)
        gc.collect()
        idle = me.memory_info().rss
        peak = idle
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as other:
            session_id = await asyncio.get_running_loop().run_in_executor(other, store_large_session, address)
        projects = ProjectReader(client, settings=settings)
        await ExportService(store, client, Nowhere(), settings=settings, projects=projects).start(session_id)

        def sink(event: ExportEvent) -> None:
            nonlocal peak
            if isinstance(event, IssueExported) and event.order % 100 == 0:
                peak = max(peak, me.memory_info().rss)

        exporter = Exporter(client, store, settings=settings, projects=projects, sink=sink)
        await exporter.execute(session_id)
        peak = max(peak, me.memory_info().rss)
    print(f"{'idle':24} {idle / 2**20:8.1f} MB")
    print(f"{'peak':24} {peak / 2**20:8.1f} MB")
    print(f"10,000 tickets: {(peak - idle) / 2**20:.1f} MB above idle (goal: {goal})")


async def many(url: str, folder: Path) -> None:
    print(f"{'500 sessions at once':20} {'pace s':>8} {'slowest':>8} {'off by':>8} {'slowest':>8}")
    for name, place in (("in memory", None), ("SQLite", folder)):
        paces = await _paces(url, place, sessions=500, tickets=8)
        middle, slowest = statistics.median(paces), max(paces)
        off, worst = (100 * (pace / PACED.pause_seconds - 1) for pace in (middle, slowest))
        print(f"{name:20} {middle:8.3f} {slowest:8.3f} {off:6.1f} % {worst:6.1f} %")
    print("goal: 5 %")


async def _paces(url: str, folder: Path | None, *, sessions: int, tickets: int) -> list[float]:
    """Seconds a ticket took, for each session."""
    ends: dict[UUID, list[float]] = {}

    def sink(event: ExportEvent) -> None:
        if isinstance(event, IssueExported):
            ends.setdefault(event.session_id, []).append(time.perf_counter())

    async with export_tools(url, folder) as (client, store):
        projects = ProjectReader(client, settings=PACED)
        service = ExportService(store, client, Nowhere(), settings=PACED, projects=projects)
        contents = [session(tickets) for _ in range(sessions)]
        for content in contents:
            await store.put(content)
            await service.start(content.id)
        gc.collect()
        gc.freeze()  # as the reference service does
        exporter = Exporter(client, store, settings=PACED, projects=projects, sink=sink)
        async with asyncio.TaskGroup() as group:
            for number, content in enumerate(contents):
                group.create_task(_after(number * PACED.pause_seconds / sessions, exporter, content.id))
    assert len(ends) == sessions
    assert all(len(times) == tickets for times in ends.values())
    return [(times[-1] - times[0]) / (tickets - 1) for times in ends.values()]


async def _after(seconds: float, exporter: Exporter, session_id: UUID) -> None:
    await asyncio.sleep(seconds)
    await exporter.execute(session_id)


MEASUREMENTS: dict[str, Callable[[str, Path], Awaitable[None]]] = {
    "ratio": ratio,
    "size": size,
    "memory": memory,
    "bulk-size": bulk_size,
    "bulk-memory": bulk_memory,
    "many": many,
}


def main(names: list[str]) -> None:
    if len(names) != 1:
        for name in names or MEASUREMENTS:
            subprocess.run([sys.executable, __file__, name], check=True)
        return
    print(f"-- {names[0]}")
    with instant_jira() as url, tempfile.TemporaryDirectory(prefix="jse-bench-") as folder:
        asyncio.run(MEASUREMENTS[names[0]](url, Path(folder)))


if __name__ == "__main__":
    main(sys.argv[1:])
