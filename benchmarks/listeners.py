"""200 WebSocket listeners on one session: what they cost the export, and how late they hear.

The service, a local Jira and the listeners are three processes. The same session is exported without and with
listeners; the pace is read from the audit trail. A listener's delay is from the moment a created issue is written down
to the arrival of the message that counts it, so it contains the commit.
"""

import argparse
import asyncio
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import httpx
from websockets.asyncio.client import connect

from jira_session_export.testing import FakeJira

SCRIPT = Path(__file__).resolve()
ROOT = SCRIPT.parents[1]
PACE_LIMIT = 2.0  # percent
DELAY_LIMIT = 100.0  # milliseconds, 95th percentile


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--listeners", type=int, default=200)
    parser.add_argument("--tickets", type=int, default=16)
    parser.add_argument("--pause", type=float, default=1.5)
    parser.add_argument("--jira", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.jira:
        asyncio.run(serve_jira(options.jira))
        return 0
    return asyncio.run(measure(options.listeners, options.tickets, options.pause))


async def serve_jira(port: int) -> None:
    async with FakeJira().serve(port=port):
        await asyncio.Event().wait()


async def measure(listeners: int, tickets: int, pause: float) -> int:
    with tempfile.TemporaryDirectory() as folder:
        jira, service = free_port(), free_port()
        env = {name: value for name, value in os.environ.items() if not name.startswith(("JSE_", "JIRA_"))} | {
            "JIRA_BASE_URL": f"http://127.0.0.1:{jira}",
            "JIRA_EMAIL": "bench@example.com",
            "JIRA_API_TOKEN": "token",
            "JSE_DATA_DIR": folder,
            "JSE_PAUSE_SECONDS": str(pause),
        }
        uvicorn = ("-m", "uvicorn", "app.main:app", "--port", str(service), "--log-level", "warning")
        with process(env, str(SCRIPT), "--jira", str(jira)), process(env, *uvicorn):
            url = f"http://127.0.0.1:{service}"
            async with httpx.AsyncClient(base_url=url, timeout=60) as client:
                await ready(client)
                await export(client, url, tickets=3, listeners=0, name="warm-up")
                alone, _ = await export(client, url, tickets=tickets, listeners=0, name="alone")
                heard, delays = await export(client, url, tickets=tickets, listeners=listeners, name="heard")
    change = 100 * (heard / alone - 1)
    delay = statistics.quantiles(delays, n=20)[-1]
    print(f"{'':28}{'measured':>12}{'limit':>10}")
    print(f"{'seconds per ticket, alone':28}{alone:12.4f}")
    print(f"{f'with {listeners} listeners':28}{heard:12.4f}")
    print(f"{'change of pace':28}{change:11.2f}%{PACE_LIMIT:9.0f}%")
    print(f"{'delay of messages, median':28}{statistics.median(delays):9.1f} ms")
    print(f"{'delay of messages, p95':28}{delay:9.1f} ms{DELAY_LIMIT:7.0f} ms")
    print(f"({len(delays):,} messages heard)")
    return 0 if change < PACE_LIMIT and delay < DELAY_LIMIT else 1


async def export(
    client: httpx.AsyncClient, url: str, *, tickets: int, listeners: int, name: str
) -> tuple[float, list[float]]:
    """Export a session; seconds from one issue to the next, and the delays in milliseconds of all messages."""
    batch = {"name": name, "project_key": "DEMO", "tickets": [{"title": f"Ticket {n}"} for n in range(tickets)]}
    loaded = await client.post("/api/jira/sessions", files={"file": ("batch.json", json.dumps(batch).encode())})
    session_id = loaded.raise_for_status().json()["session_id"]
    arrivals: list[tuple[int, float]] = []
    listening = asyncio.Semaphore(0)

    async def listen() -> None:
        address = f"{url.replace('http', 'ws')}/api/jira/export/progress/{session_id}"
        async with connect(address, open_timeout=60) as socket_:
            listening.release()
            counted = 0
            async for text in socket_:
                now = time.time()
                message = json.loads(text)
                completed = message.get("tickets_completed", counted)
                if completed == counted + 1:
                    arrivals.append((completed, now))
                counted = completed

    tasks = [asyncio.create_task(listen()) for _ in range(listeners)]
    for _ in tasks:
        await listening.acquire()
    (await client.post(f"/api/jira/export-session/{session_id}", json={})).raise_for_status()
    await asyncio.gather(*tasks)
    while (await client.get(f"/api/jira/sessions/{session_id}")).json()["status"] == "exporting":  # noqa: ASYNC110
        await asyncio.sleep(0.5)
    trail = (await client.get(f"/api/jira/audit-trail/{session_id}", params={"limit": 1000})).json()["entries"]
    recorded = [datetime.fromisoformat(each["at"]).timestamp() for each in trail if each["kind"] == "issue_recorded"]
    pace = (recorded[-1] - recorded[0]) / (len(recorded) - 1)
    return pace, [1000 * (at - recorded[completed - 1]) for completed, at in arrivals]


async def ready(client: httpx.AsyncClient) -> None:
    for _ in range(600):
        with suppress(httpx.TransportError):
            if (await client.get("/ready")).is_success:
                return
        await asyncio.sleep(0.05)
    raise TimeoutError("the service did not start")


@contextmanager
def process(env, *arguments):
    running = subprocess.Popen([sys.executable, *arguments], env=env, cwd=ROOT / "examples" / "fastapi_app")
    try:
        yield
    finally:
        running.terminate()
        running.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


if __name__ == "__main__":
    sys.exit(main())
