"""Holds the reference service under load and watches what must stay flat: memory, descriptors, threads, files.

Sessions are loaded with attachments, followed by listeners, exported, dry-run, archived and deleted, over and over. The
first third is for warming up; after it nothing may grow. Exits with 1 when something does.

    python benchmarks/soak.py [--seconds 600]
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from service import HEADERS, HERE, Running, running
from websockets.asyncio.client import connect
from websockets.exceptions import WebSocketException

AT_ONCE = 6


@dataclass
class Sample:
    """What the service's process holds."""

    memory_mb: float
    descriptors: int
    threads: int
    files: int


def sample(process: int, folder: Path) -> Sample:
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    status = dict(line.split(":", 1) for line in lines if ":" in line)
    return Sample(
        memory_mb=int(status["VmRSS"].split()[0]) / 1024,
        descriptors=len(list(Path(f"/proc/{process}/fd").iterdir())),
        threads=int(status["Threads"]),
        files=sum(1 for path in (folder / "uploads").rglob("*") if path.is_file()),
    )


async def life(service: Running, number: int, counts: dict[str, int]) -> None:
    """One session from its upload to its deletion."""
    tickets = [
        {"title": f"Ticket {place}", "description_html": "<p>Body</p>" * 20, "attachments": ["a.txt"]}
        for place in range(8)
    ]
    content = json.dumps({"name": f"Soak {number}", "project_key": "DEMO", "tickets": tickets}).encode()
    files = [("file", ("batch.json", content)), ("attachments", ("a.txt", b"a" * 5_000))]
    answer = await service.client.post("/api/jira/sessions", files=files)
    answer.raise_for_status()
    session = answer.json()["session_id"]
    await service.client.post(f"/api/jira/dry-run/{session}?payload=false")
    address = f"ws://127.0.0.1:{service.port}/api/jira/export/progress/{session}"

    async def listen() -> None:
        try:
            async with connect(address, additional_headers=HEADERS) as messages:
                async for _ in messages:
                    counts["messages"] += 1
        except WebSocketException:
            return

    listeners = [asyncio.create_task(listen()) for _ in range(3)]
    await service.start(session)
    await asyncio.gather(*listeners)
    await service.client.get(f"/api/jira/export-results/{session}/file")
    await service.client.post(f"/api/jira/sessions/{session}/archive")
    assert (await service.client.delete(f"/api/jira/sessions/{session}")).status_code == 204
    counts["exports"] += 1


async def soak(seconds: float) -> bool:
    counts = {"exports": 0, "messages": 0}
    samples: list[Sample] = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        async with running(HERE, folder, pause=0.0) as service:
            process = _process_of(service.port) or 0
            end, number = time.monotonic() + seconds, 0

            async def work() -> None:
                nonlocal number
                while time.monotonic() < end:
                    number += 1
                    await life(service, number, counts)

            workers = [asyncio.create_task(work()) for _ in range(AT_ONCE)]
            while not all(worker.done() for worker in workers):
                await asyncio.wait(workers, timeout=max(1.0, seconds / 30))
                samples.append(sample(process, folder))
            for worker in workers:
                worker.result()
            await asyncio.sleep(1)
            samples.append(sample(process, folder))
    warm = samples[len(samples) // 3]
    last = samples[-1]
    print(f"{counts['exports']:,} exports of 8 tickets, {counts['messages']:,} messages to listeners")
    print(f"{'':14}{'warm':>10}{'most':>10}{'end':>10}")
    flat = True
    allowed = {"memory_mb": 1.25, "descriptors": 1.25, "threads": 1.1, "files": 1.0}
    for field, factor in allowed.items():
        first, final = getattr(warm, field), getattr(last, field)
        print(f"{field:14}{first:10.1f}{max(getattr(each, field) for each in samples):10.1f}{final:10.1f}")
        flat &= final <= max(first, 1) * factor + (0 if field == "files" else 8)
    print("flat" if flat else "NOT FLAT")
    return flat


def _process_of(port: int) -> int | None:
    """The process that listens on the port; the service's own, started a moment ago."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if str(port).encode() in words and any(b"create_app" in word for word in words):
                return int(entry.name)
    return None


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600)
    sys.exit(0 if asyncio.run(soak(parser.parse_args().seconds)) else 1)
