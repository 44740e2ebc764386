"""What one caller of the reference service costs the others: before and after in one run.

Each version serves from a process of its own, exporting to a FakeJira in another. What is measured:

- a dry run of a large session, its start, its upload, its test conversion: how long others wait meanwhile, for
  `/health`, for the status of a running export, and for a page of its tickets;
- of the dry run also what it sends, what it takes of the running exports' pace, and whether the lease of one ran out,
  so that another worker could have taken it; meanwhile four clients ask for the status of running and of completed
  sessions, so that there are enough answers to say what one in a hundred waits;
- uploads at once: how long a status poll waits meanwhile;
- faulty batch files: how long until all problems of one are told, and how much memory it takes for each byte sent;
- a stranger's upload: what of its body is read before the answer;
- many sessions and a large one: bytes and time of the list and of the first look;
- a running export that a page follows: bytes in so many seconds.

    python benchmarks/service.py [--tickets 10000] [--sessions 6000] [--before OTHER-CHECKOUT]
"""

import argparse
import asyncio
import json
import os
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import cycle
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

HERE = Path(__file__).parents[1]
BODY = (
    "<h2>Goal</h2><p>A paragraph with <b>bold</b> and a <a href='https://example.com'>link</a>.</p>"
    "<ul><li>one</li><li>two</li></ul><table><tr><th>a</th></tr><tr><td>1</td></tr></table>"
) * 2
SERVER = """
import sys
import uvicorn
from pathlib import Path
from app.main import create_app
from app.settings import ServiceSettings
from jira_session_export import ExportSettings, JiraSettings

folder, port, jira, pause, token = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3], float(sys.argv[4]), sys.argv[5]
settings = ServiceSettings(
    export=ExportSettings(pause_seconds=pause, index_settle_seconds=0.2, lease_seconds=6),
    jira=JiraSettings(jira, "benchmark@example.com", "token"),
    database_url=f"sqlite:///{folder / 'exports.sqlite3'}",
    data_dir=folder,
    tokens={token: None},
)
uvicorn.run(create_app(settings), port=port, log_level="critical")
"""
JIRA = """
import sys
import anyio
from jira_session_export.testing import FakeJira

async def serve():
    async with FakeJira().serve(port=int(sys.argv[1])):
        await anyio.sleep_forever()

anyio.run(serve)
"""
COMPLETED = 100
EXPORTING = 6
STATUS_CLIENTS = 4
TOKEN = "a-token-for-the-benchmark"
HEADERS = {"Authorization": f"Bearer {TOKEN}"}


@dataclass
class Running:
    """A version of the service at work."""

    port: int
    client: httpx.AsyncClient

    async def load(self, name: str, tickets: int, body: str = BODY) -> str:
        listed = [
            {"id": f"t{number}", "title": f"Ticket {number}", "description_html": body, "priority": "High"}
            for number in range(1, tickets + 1)
        ]
        content = json.dumps({"name": name, "project_key": "DEMO", "tickets": listed}).encode()
        answer = await self.client.post("/api/jira/sessions", files={"file": ("batch.json", content)})
        answer.raise_for_status()
        return str(answer.json()["session_id"])

    async def start(self, session_id: str) -> None:
        answer = await self.client.post(f"/api/jira/export-session/{session_id}", json={})
        assert answer.status_code == 202, answer.text

    async def exported(self, *session_ids: str) -> int:
        answers = [await self.client.get(f"/api/jira/sessions/{session_id}") for session_id in session_ids]
        return sum(int(answer.json()["tickets_exported"]) for answer in answers)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def running(checkout: Path, folder: Path, *, pause: float) -> AsyncIterator[Running]:
    paths = os.pathsep.join(str(checkout / part) for part in ("src", "examples/fastapi_app"))
    env = {**os.environ, "PYTHONPATH": paths}
    jira, port = free_port(), free_port()
    arguments = [str(folder), str(port), f"http://127.0.0.1:{jira}", str(pause), TOKEN]
    processes = [
        subprocess.Popen([sys.executable, "-c", JIRA, str(jira)], env=env),  # noqa: ASYNC220 -- it does not wait
        subprocess.Popen([sys.executable, "-c", SERVER, *arguments], env=env),  # noqa: ASYNC220 -- it does not wait
    ]
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", headers=HEADERS, timeout=600) as client:
            for _ in range(600):
                try:
                    await client.get("/health")
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.1)
            yield Running(port, client)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait()


@asynccontextmanager
async def probed(service: Running, paths: Sequence[str]) -> AsyncIterator[list[float]]:
    """How many milliseconds requests to these addresses take while the block runs."""
    waited: list[float] = []
    done = asyncio.Event()

    async def probe(path: str) -> None:
        async with httpx.AsyncClient(base_url=str(service.client.base_url), headers=HEADERS, timeout=600) as client:
            while not done.is_set():
                started = time.perf_counter()
                await client.get(path)
                waited.append(1000 * (time.perf_counter() - started))
                await asyncio.sleep(0.02)

    tasks = [asyncio.create_task(probe(path)) for path in paths]
    yield waited
    done.set()
    await asyncio.gather(*tasks)
    waited.sort()


def share(values: Sequence[float], part: float) -> float:
    return values[min(len(values) - 1, int(part * len(values)))]


async def dry_run(service: Running, tickets: int, folder: Path) -> dict[str, float]:
    large = await service.load("large", tickets)
    completed = [await service.load(f"completed {number}", 1, "<p>Body</p>") for number in range(COMPLETED)]
    for session in completed:
        await service.start(session)
    running = [await service.load(f"running {number}", 500, "<p>Body</p>") for number in range(EXPORTING)]
    for session in running:
        await service.start(session)
    await asyncio.sleep(6)  # the completed ones are, and their statuses may be asked for
    database, alone_since = folder / "exports.sqlite3", datetime.now(UTC)
    async with status_watched(service, running, completed) as alone_waited:
        await asyncio.sleep(10)
    together_since, started = datetime.now(UTC), time.perf_counter()
    async with (
        watched(service, running[0]) as waited,
        status_watched(service, running, completed) as statuses,
        lease_watched(database, running) as ran_out,
    ):
        answer = await service.client.post(f"/api/jira/dry-run/{large}?payload=false")
        assert answer.status_code == 200, answer.text[:500]
        seconds = time.perf_counter() - started
    alone = seconds_each(database, running, alone_since, together_since)
    together = seconds_each(database, running, together_since, datetime.now(UTC))
    return {
        "dry run: seconds": seconds,
        "dry run: kB sent": len(answer.content) / 1000,
        **told("dry run", {"health": waited["health"], "tickets": waited["tickets"]}),
        **told_of_statuses("before the dry run", alone_waited),
        **told_of_statuses("dry run", statuses),
        "dry run: pace of exports, % of alone": 100 * alone / together,
        "dry run: times an export's lease ran out": ran_out[0],
    }


def seconds_each(database: Path, sessions: Sequence[str], since: datetime, until: datetime) -> float:
    """How many seconds there were between the issues of a session, from the first to the last of that time."""
    seconds, between = 0.0, 0
    with closing(sqlite3.connect(database, timeout=10)) as connection:
        for session in sessions:
            rows = connection.execute(
                "SELECT exported_at FROM tickets WHERE session_id = ? AND exported_at IS NOT NULL ORDER BY 1",
                (session,),
            ).fetchall()
            moments = [datetime.fromisoformat(row[0]).replace(tzinfo=UTC) for row in rows]
            within = [moment for moment in moments if since <= moment <= until]
            seconds += (within[-1] - within[0]).total_seconds()
            between += len(within) - 1
    return seconds / between


@asynccontextmanager
async def status_watched(
    service: Running, running: Sequence[str], completed: Sequence[str]
) -> AsyncIterator[dict[str, list[float]]]:
    """How many milliseconds the answers to status polls take while the block runs: by what the session does.

    Each of four clients asks every 50 ms. A session's status can be asked for once in two seconds: the others are told
    to wait, which is `refused`.
    """
    waited: dict[str, list[float]] = {"running": [], "completed": [], "refused": []}
    done = asyncio.Event()

    async def ask(client: httpx.AsyncClient, session: str, kind: str) -> None:
        started = time.perf_counter()
        answer = await client.get(f"/api/jira/export-status/{session}")
        assert answer.status_code in {200, 429}, answer.text[:500]
        waited["refused" if answer.status_code == 429 else kind].append(1000 * (time.perf_counter() - started))

    async def probe(sessions: Sequence[tuple[str, str]]) -> None:
        async with httpx.AsyncClient(base_url=str(service.client.base_url), headers=HEADERS, timeout=600) as client:
            for session, kind in cycle(sessions):
                if done.is_set():
                    return
                await ask(client, session, kind)
                await asyncio.sleep(0.05)

    kinds = [(session, "running") for session in running] + [(session, "completed") for session in completed]
    tasks = [asyncio.create_task(probe(kinds[number::STATUS_CLIENTS])) for number in range(STATUS_CLIENTS)]
    yield waited
    done.set()
    await asyncio.gather(*tasks)
    for values in waited.values():
        values.sort()


def told_of_statuses(what: str, waited: dict[str, list[float]]) -> dict[str, float]:
    answered = sorted(waited["running"] + waited["completed"])
    return {
        f"{what}: status, answers": len(answered),
        f"{what}: status, p50 ms": share(answered, 0.5),
        f"{what}: status, p99 ms": share(answered, 0.99),
        f"{what}: status, most ms": answered[-1],
        **{f"{what}: status {kind}, p99 ms": share(values, 0.99) for kind, values in waited.items() if values},
    }


async def others(service: Running, tickets: int) -> dict[str, float]:
    """How long others wait while a large session is uploaded, test converted, started, and asked for its results."""
    small = await service.load("small", 2000, "<p>Body</p>")
    await service.start(small)
    found: dict[str, float] = {}
    async with watched(service, small) as waited:
        large = await service.load("large", tickets)
    found |= told("upload", waited)
    async with watched(service, small) as waited:
        answer = await service.client.post(f"/api/jira/test-adf-conversion/{large}", json={"ticket_ids": []})
        assert answer.status_code == 200, answer.text[:500]
    found |= told("test conversion", waited)
    async with watched(service, small) as waited:
        started = time.perf_counter()
        await service.start(large)
        seconds = time.perf_counter() - started
        await asyncio.sleep(3)  # the run reads the session again
    found |= {"start: seconds": seconds, **told("start", waited)}
    async with watched(service, small) as waited:
        await service.client.get(f"/api/jira/export-results/{large}?limit=100")
        await service.client.get(f"/api/jira/sessions/{large}")
    return found | told("results and first look", waited)


@asynccontextmanager
async def watched(service: Running, session: str) -> AsyncIterator[dict[str, list[float]]]:
    """How many milliseconds others wait while the block runs: by what they ask for."""
    paths = {
        "health": "/health",
        "status": f"/api/jira/export-status/{session}",
        "tickets": f"/api/jira/sessions/{session}/tickets?limit=50",
    }
    waited: dict[str, list[float]] = {}
    async with AsyncExitStack() as stack:
        for name, path in paths.items():
            waited[name] = await stack.enter_async_context(probed(service, [path]))
        yield waited


def told(what: str, waited: dict[str, list[float]]) -> dict[str, float]:
    return {f"{what}: {name} waits, p99 ms": share(values, 0.99) for name, values in waited.items()} | {
        f"{what}: most ms": max(values[-1] for values in waited.values())
    }


@asynccontextmanager
async def lease_watched(database: Path, sessions: Sequence[str]) -> AsyncIterator[list[int]]:
    """How often the lease of a running export was found to have run out while the block runs."""
    ran_out = [0]
    done = asyncio.Event()
    marks = ", ".join("?" * len(sessions))

    def look() -> int:
        with closing(sqlite3.connect(database, timeout=10)) as connection:
            rows = connection.execute(
                f"SELECT status, export_lease_expires_at FROM sessions WHERE id IN ({marks})", list(sessions)
            ).fetchall()
        now = datetime.now(UTC)
        return sum(row[0] == "exporting" and datetime.fromisoformat(row[1]).replace(tzinfo=UTC) < now for row in rows)

    async def watch() -> None:
        while not done.is_set():
            ran_out[0] += await asyncio.to_thread(look)
            await asyncio.sleep(0.1)

    task = asyncio.create_task(watch())
    yield ran_out
    done.set()
    await task


async def faulty(service: Running, _: Path) -> dict[str, float]:
    """How long it takes until a faulty file's problems are told, and how much memory a file of nothing takes."""

    async def seconds(content: bytes) -> float:
        started = time.perf_counter()
        answer = await service.client.post("/api/jira/sessions", files={"file": ("batch.json", content)})
        assert answer.status_code in {413, 422}, answer.text[:300]
        return time.perf_counter() - started

    def batch(tickets: list[Any]) -> bytes:
        return json.dumps({"name": "Faulty", "project_key": "DEMO", "tickets": tickets}).encode()

    misspelt = [{"id": f"t{n}", "title": f"Ticket {n}", "depends_on": [f"ticket {n}"]} for n in range(800)]
    wrong = [{"id": f"t{n}", "title": f"Ticket {n}", "priorty": "High", "order": -1} for n in range(10_000)]
    doubled = b'{"project_key":"DEMO","tickets":[{"title":"a",' + b",".join(
        b'"k%d":1,"k%d":1' % (n, n) for n in range(32_000)
    )
    nothing = b'{"project_key":"DEMO","tickets":[' + b",".join([b"{}"] * 3_000_000) + b"]}"
    found = {
        "faulty: 800 misspelt depends_on, s": await seconds(batch(misspelt)),
        "faulty: 10,000 tickets with two faults, s": await seconds(batch(wrong)),
        "faulty: 32,000 doubled keys, s": await seconds(doubled + b"}]}"),
    }
    before = memory(service.port, forget=True)
    found["faulty: 9 MB of {}, s"] = await seconds(nothing)
    return found | {"faulty: memory it took, times 9 MB": 1e6 * (memory(service.port) - before) / len(nothing)}


def memory(port: int, *, forget: bool = False) -> float:
    """The most MB of memory that the service has had; `forget`: has now, and what it had before is forgotten."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            with suppress(OSError):
                words = (entry / "cmdline").read_bytes().split(b"\0")
                if str(port).encode() in words and any(b"create_app" in word for word in words):
                    if forget:
                        (entry / "clear_refs").write_text("5")
                    lines = (entry / "status").read_text().splitlines()
                    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))
    return 0.0


async def uploads(service: Running, count: int) -> dict[str, float]:
    session = await service.load("polled", 1)
    async with probed(service, [f"/api/jira/export-status/{session}"]) as waited:
        started = time.perf_counter()
        await asyncio.gather(*(service.load(f"upload {number}", 300) for number in range(count)))
        seconds = time.perf_counter() - started
    return {
        "uploads: seconds": seconds,
        "uploads: a poll waits, p50 ms": share(waited, 0.5),
        "uploads: a poll waits, p99 ms": share(waited, 0.99),
    }


async def stranger(service: Running) -> dict[str, float]:
    """How many kB of a form the service takes from somebody without a token before it answers."""
    reader, writer = await asyncio.open_connection("127.0.0.1", service.port)
    head = (
        "POST /api/jira/sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 30000000\r\n"
        "Content-Type: multipart/form-data; boundary=b\r\n\r\n--b\r\n"
        'Content-Disposition: form-data; name="file"; filename="a.json"\r\n\r\n'
    )
    writer.write(head.encode())
    answer = asyncio.create_task(reader.read(100))
    sent = 0
    while not answer.done() and sent < 30_000_000:
        try:
            writer.write(b"x" * 10_000)
            await writer.drain()
        except ConnectionError:
            break
        sent += 10_000
        await asyncio.sleep(0.001)
    if not answer.done() and sent >= 30_000_000:
        await asyncio.wait([answer], timeout=20)
    answer.cancel()
    writer.close()
    return {"stranger: kB read before the answer": sent / 1000}


async def lists(service: Running, sessions: int, tickets: int, folder: Path) -> dict[str, float]:
    large = await service.load("the large one", tickets, "<p>Body</p>")
    fill(folder / "exports.sqlite3", sessions)
    found = {}
    for name, path in (
        ("sessions: list", "/api/jira/sessions"),
        ("sessions: first look", f"/api/jira/sessions/{large}"),
    ):
        times = []
        for _ in range(3):
            started = time.perf_counter()
            answer = await service.client.get(path)
            times.append(time.perf_counter() - started)
        found[f"{name}, kB"] = len(answer.content) / 1000
        found[f"{name}, ms"] = 1000 * min(times)
    return found


def fill(database: Path, sessions: int) -> None:
    with sqlite3.connect(database) as connection:
        connection.executemany(
            "INSERT INTO sessions (id, project_key, name, owner) VALUES (?, 'DEMO', ?, NULL)",
            [(str(uuid4()), f"Sprint {number}") for number in range(sessions)],
        )


async def followed(service: Running, tickets: int, seconds: float) -> dict[str, float]:
    """The bytes a page gets in so many seconds: what the version's own page asks for."""
    session = await service.load("followed", tickets, "<p>Body</p>")
    await service.start(session)
    got = 0
    address = f"ws://127.0.0.1:{service.port}/api/jira"
    new = (await service.client.get(f"/api/jira/sessions/{session}/tickets?limit=1")).status_code == 200
    path = f"{address}/session-updates/{session}" if new else f"{address}/export/progress/{session}"

    async def listen() -> None:
        nonlocal got
        try:
            async with connect(path, additional_headers=HEADERS, max_size=None) as messages:
                async for message in messages:
                    got += len(message)
        except WebSocketException:
            return

    async def poll() -> None:
        nonlocal got
        while not new:  # the old page read the whole session anew, every two seconds
            await asyncio.sleep(2)
            got += len((await service.client.get(f"/api/jira/sessions/{session}")).content)

    tasks = [asyncio.create_task(listen()), asyncio.create_task(poll())]
    before = await service.exported(session)
    await asyncio.sleep(seconds)
    made = await service.exported(session) - before
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await service.client.post(f"/api/jira/cancel-export/{session}")
    return {f"followed: kB in {seconds:.0f} s": got / 1000, "followed: tickets meanwhile": made}


async def measure(checkout: Path, options: argparse.Namespace) -> dict[str, float]:
    found: dict[str, float] = {}
    parts: dict[str, Any] = {
        "dry-run": (options.pause, lambda service, folder: dry_run(service, options.tickets, folder)),
        "others": (options.pause, lambda service, _: others(service, options.tickets)),
        "faulty": (1.5, faulty),
        "uploads": (1.5, lambda service, _: uploads(service, 45)),
        "stranger": (1.5, lambda service, _: stranger(service)),
        "lists": (1.5, lambda service, folder: lists(service, options.sessions, options.tickets, folder)),
        "followed": (0.0, lambda service, _: followed(service, options.tickets, options.seconds)),
    }
    for name, (pause, part) in parts.items():
        if options.only and name not in options.only:
            continue
        with tempfile.TemporaryDirectory() as folder:
            async with running(checkout, Path(folder), pause=pause) as service:
                found |= await part(service, Path(folder))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=10_000)
    parser.add_argument("--sessions", type=int, default=6_000)
    parser.add_argument("--seconds", type=float, default=20, help="how long a running export is followed")
    parser.add_argument("--pause", type=float, default=0.2, help="between the tickets of the export beside a dry run")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--only", nargs="*", help="dry-run, others, faulty, uploads, stranger, lists, followed")
    parser.add_argument(
        "--before", type=Path, help="the folder of another version's checkout, measured beside this one"
    )
    options = parser.parse_args()
    versions = ({"before": options.before.absolute()} if options.before else {}) | {"here": HERE}
    found: dict[str, list[dict[str, float]]] = {version: [] for version in versions}
    for _ in range(options.rounds):  # in turn, so that a busy minute harms all alike
        for version, checkout in versions.items():
            found[version].append(asyncio.run(measure(checkout, options)))
    print(f"{'':45}" + "".join(f"{version:>12}" for version in versions) + ("before/here".rjust(13)))
    for name in found["here"][0]:
        middle = {version: statistics.median(each[name] for each in found[version]) for version in versions}
        ratio = middle["before"] / middle["here"] if options.before and middle["here"] else float("nan")
        print(f"{name:45}" + "".join(f"{value:12,.1f}" for value in middle.values()) + f"{ratio:13.1f}")


if __name__ == "__main__":
    main()
