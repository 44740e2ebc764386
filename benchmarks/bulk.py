"""How long 1,000 tickets take at a Jira that takes its time, in bulks of fifty and one by one.

Usage: bulk.py [--tickets 1000] [--singles 100] [--short]

A FakeJira on a socket, in a process of its own, takes 250 ms for each request and 50 ms more for each issue of a bulk.
Each way to create issues runs in a process of its own, too, one after the other:

pycontribs jira   `JIRA.create_issues` in lists of fifty: no pre-flight, no markers, no record of what was created
our bulks         an export with `bulk_size` 50 and no pause, on SQLite: from its start to its end, pre-flight included
our singles       the same with `bulk_size` 1, on `--singles` tickets; the time of all is extrapolated from the time of
                  one ticket after the first

pycontribs/jira is installed once, at a pinned version, into the directory for temporary files (or `--cache DIR`).
`--short` takes 100 tickets and 20 singles: whether it works, no figures to go by.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from export_overhead import bodies_of, export_tools, session

from jira_session_export._export.events import ExportEvent, IssueExported
from jira_session_export._export.exporter import Exporter
from jira_session_export._export.projects import ProjectReader
from jira_session_export._export.service import ExportService
from jira_session_export._journal import SessionStatus
from jira_session_export._settings import ExportSettings
from jira_session_export.testing import FakeJira, Latency

PEER = "jira==3.10.5"
BULK = 50
LATENCY = Latency(per_request=0.25, per_issue=0.05)
CONSTANT_REQUESTS = 15
"""What a pre-flight and the end of a run ask, however many tickets there are."""
GOAL_PEER = 1.1
GOAL_SINGLES = 3.0

PEER_PROGRAM = """
import json, sys, time
from jira import JIRA
jira = JIRA(server=sys.argv[1], basic_auth=("me@example.com", "token"), options={"rest_api_version": "3"},
            get_server_info=False, max_retries=0)
with open(sys.argv[2]) as file:
    fields = json.load(file)
size = int(sys.argv[3])
start = time.perf_counter()
made = []
for at in range(0, len(fields), size):
    made += jira.create_issues(fields[at : at + size], prefetch=False)
taken = time.perf_counter() - start
assert all(each["status"] == "Success" for each in made), made[0]
import resource
print(json.dumps({"seconds": taken, "issues": len(made), "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """What one way took; `seconds` for all tickets."""

    name: str
    seconds: float
    requests: int
    peak_mb: float
    note: str = ""


# -- Jira --------------------------------------------------------------------------------------------------------------


def _serve(pipe: Any) -> None:
    """Serve until the pipe closes; each message on it is answered with the number of requests and of issues."""

    async def serve() -> None:
        jira = FakeJira(latency=LATENCY)
        async with jira.serve() as url:
            pipe.send(url)
            while True:
                try:
                    await asyncio.to_thread(pipe.recv)
                except EOFError:
                    return
                pipe.send((len(jira.requests), len(jira.issues)))

    asyncio.run(serve())


class SlowJira:
    """A FakeJira in a process of its own."""

    def __init__(self, url: str, pipe: Any) -> None:
        self.url = url
        self._pipe = pipe

    def counts(self) -> tuple[int, int]:
        """How many requests it got, and how many issues it has."""
        self._pipe.send(None)
        requests, issues = self._pipe.recv()
        return requests, issues


@contextmanager
def slow_jira() -> Iterator[SlowJira]:
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield SlowJira(ours.recv(), ours)
    finally:
        process.kill()
        process.join()


# -- the ways ----------------------------------------------------------------------------------------------------------


async def export(url: str, folder: Path, tickets: int, bulk: int) -> dict[str, float]:
    """Our export, pre-flight and all."""
    settings = ExportSettings(pause_seconds=0, bulk_size=bulk)
    content = session(tickets)
    ends: list[float] = []

    class Nowhere:
        async def submit(self, session_id: object) -> None:
            """Nothing: it is executed here."""

    def sink(event: ExportEvent) -> None:
        if isinstance(event, IssueExported):
            ends.append(time.perf_counter())

    async with export_tools(url, folder) as (client, store):
        await store.put(content)
        start = time.perf_counter()
        projects = ProjectReader(client, settings=settings)
        await ExportService(store, client, Nowhere(), settings=settings, projects=projects).start(content.id)
        state = await Exporter(client, store, settings=settings, projects=projects, sink=sink).execute(content.id)
        taken = time.perf_counter() - start
    assert state.status == SessionStatus.COMPLETED, state.failure
    return {
        "seconds": taken,
        "each": (ends[-1] - ends[0]) / (tickets - 1),
        "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }


def ours(jira: SlowJira, folder: Path, tickets: int, bulk: int) -> dict[str, float]:
    """`export` in a process of its own."""
    command = [sys.executable, __file__, "--way", str(bulk), "--tickets", str(tickets), "--url", jira.url]
    done = subprocess.run([*command, "--folder", str(folder)], check=True, capture_output=True, text=True)
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def peer(jira: SlowJira, folder: Path, cache: Path, tickets: int) -> dict[str, float]:
    """pycontribs/jira, with the fields of the same bodies."""
    payloads = [json.loads(body) for body in asyncio.run(bodies_of(jira.url, session(tickets)))]
    bodies = folder / "fields.json"
    bodies.write_text(json.dumps([payload["fields"] for payload in payloads]))
    if not (cache / "jira").exists():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*command, "--target", str(cache), PEER], check=True, capture_output=True)
    done = subprocess.run(
        [sys.executable, "-c", PEER_PROGRAM, jira.url, str(bodies), str(BULK)],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(cache)},
    )
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


def measure(cache: Path, folder: Path, tickets: int, singles: int) -> list[Figures]:
    """Each way against a Jira of its own."""
    figures = []
    with slow_jira() as jira:
        answer = peer(jira, folder, cache, tickets)
        # What the bodies were made from was read with the same client; only the creates are the other one's.
        assert jira.counts()[1] == tickets
        requests = -(-tickets // BULK)
        figures.append(Figures(f"pycontribs {PEER}", answer["seconds"], requests, answer["peak"] / 1024))
    with slow_jira() as jira:
        answer = ours(jira, folder, tickets, BULK)
        requests, issues = jira.counts()
        assert issues == tickets
        figures.append(Figures(f"our bulks of {BULK}", answer["seconds"], requests, answer["peak"] / 1024))
    with slow_jira() as jira:
        answer = ours(jira, folder, singles, 1)
        requests, issues = jira.counts()
        assert issues == singles
        more = tickets - singles
        note = f"extrapolated from {singles}" if more else ""
        seconds = answer["seconds"] + more * answer["each"]
        figures.append(Figures("ours, one by one", seconds, requests + more, answer["peak"] / 1024, note))
    return figures


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--tickets", type=int, default=1000)
    arguments.add_argument("--singles", type=int, default=100)
    arguments.add_argument("--short", action="store_true", help="100 tickets, 20 one by one")
    default = Path(tempfile.gettempdir()) / "jse-bench-pycontribs"
    arguments.add_argument("--cache", type=Path, default=default, help="where pycontribs/jira is installed")
    arguments.add_argument("--way", type=int, help=argparse.SUPPRESS)
    arguments.add_argument("--url", help=argparse.SUPPRESS)
    arguments.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    chosen = arguments.parse_args()
    if chosen.way:
        print(json.dumps(asyncio.run(export(chosen.url, chosen.folder, chosen.tickets, chosen.way))))
        return
    tickets, singles = (100, 20) if chosen.short else (chosen.tickets, chosen.singles)
    with tempfile.TemporaryDirectory(prefix="jse-bench-") as folder:
        figures = measure(chosen.cache, Path(folder), tickets, min(singles, tickets))
    print(f"{tickets:,} tickets, {LATENCY.per_request * 1e3:.0f} ms a request", end="")
    print(f" and {LATENCY.per_issue * 1e3:.0f} ms more for each issue of a bulk\n")
    print(f"{'':24} {'seconds':>8} {'requests':>9} {'peak MB':>8}")
    for each in figures:
        print(f"{each.name:24} {each.seconds:8.1f} {each.requests:9,} {each.peak_mb:8.0f}  {each.note}".rstrip())
    other, bulks, one_by_one = figures
    most = -(-tickets // BULK) + CONSTANT_REQUESTS
    print(f"\nour bulks against pycontribs: {bulks.seconds / other.seconds:.2f} (goal: {GOAL_PEER} at most)")
    print(f"one by one against our bulks: {one_by_one.seconds / bulks.seconds:.2f} (goal: {GOAL_SINGLES:.0f} at least)")
    print(f"requests of our bulks: {bulks.requests} (goal: {most} at most)")


if __name__ == "__main__":
    main()
