"""The page with very many tickets, in the system's Chromium: opening, filtering, clicking, and the bytes it asks for.

    python benchmarks/page.py [--tickets 10000] [--example PATH]

Two builds are compared by running it for both in turn:

    python benchmarks/page.py; PYTHONPATH=/path/to/other/src python benchmarks/page.py --example /path/to/other/examples

Times are the browser's own, from the key or click to the frame that shows its result; each is the median of several.
"""

import argparse
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
from playwright.sync_api import Page, sync_playwright

EXAMPLES = Path(__file__).parent.parent / "examples"
ROUNDS = 5
EXPORT_SECONDS = 20

PAINTED = "await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));"
FILTER = (
    """async ([text, wanted]) => {
      const input = document.querySelector(".ticket-tools input[type=search]");
      const rows = () => [...document.querySelectorAll("a.ticket-row")].filter((row) => row.offsetParent);
      const started = performance.now();
      input.value = text;
      input.dispatchEvent(new Event("input", { bubbles: true }));
      const busy = performance.now() - started;
      while (!(rows().length && rows().every((row) => row.textContent.includes(wanted)))) {"""
    + PAINTED
    + """}
      return { busy, shown: performance.now() - started };
    }"""
)
CLICK = (
    """async (place) => {
      const row = [...document.querySelectorAll("a.ticket-row")].filter((each) => each.offsetParent)[place];
      const title = row.querySelector(".title").title;
      const started = performance.now();
      row.click();
      while (document.querySelector(".ticket-detail h2")?.textContent !== title) {"""
    + PAINTED
    + """}
      return performance.now() - started;
    }"""
)


def batch(tickets: int) -> bytes:
    body = "<h2>Why</h2><p>Two thirds of all contacts are <b>calls</b>.</p><ul><li>one</li><li>two</li></ul>" * 3
    listed = [
        {"id": f"t{number}", "title": f"Ticket {number:05d} about part {number % 97}", "description_html": body}
        for number in range(1, tickets + 1)
    ]
    return json.dumps({"name": "Large", "project_key": "DEMO", "tickets": listed}).encode()


@contextmanager
def service(examples: Path, folder: Path) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = os.environ | {"JSE_DATA_DIR": str(folder), "JSE_DEMO_PORT": "0", "JSE_PAUSE_SECONDS": "0.1"}
    env["PYTHONPATH"] = os.pathsep.join(filter(None, [str(examples / "fastapi_app"), env.get("PYTHONPATH")]))
    process = subprocess.Popen(
        [sys.executable, "-m", "app", "--port", str(port)],
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                httpx.get(f"{url}/health")
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield url
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def opened(page: Page, address: str) -> float:
    """Milliseconds until the first ticket of the list and its preview are there."""
    page.goto("about:blank")
    started = time.perf_counter()
    page.goto(address)
    page.locator("a.ticket-row").first.wait_for(timeout=120_000)
    page.locator(".ticket-detail h2").wait_for(timeout=120_000)
    return 1000 * (time.perf_counter() - started)


def measure(url: str, tickets: int) -> Iterator[tuple[str, str]]:
    files = {"file": ("large.json", batch(tickets))}
    session_id = httpx.post(f"{url}/api/jira/sessions", files=files, timeout=300).json()["session_id"]
    address = f"{url}/#/{session_id}"
    with sync_playwright() as playwright:
        executable = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        session = page.context.new_cdp_session(page)
        session.send("Network.enable")
        received = {"bytes": 0}

        def count(event: dict[str, float]) -> None:
            received["bytes"] += int(event.get("encodedDataLength", 0))

        def count_frame(event: dict[str, dict[str, str]]) -> None:
            received["bytes"] += len(event["response"]["payloadData"])

        session.on("Network.loadingFinished", count)
        session.on("Network.webSocketFrameReceived", count_frame)

        yield "open", f"{statistics.median(opened(page, address) for _ in range(ROUNDS)):.0f} ms"
        yield "bytes of the first view", f"{received['bytes'] / ROUNDS / 1000:.0f} kB"
        keys = [page.evaluate(FILTER, [f"part {number}", f"part {number}"]) for number in range(40, 40 + ROUNDS)]
        yield "filter: a key keeps the page busy", f"{statistics.median(each['busy'] for each in keys):.1f} ms"
        yield "filter: until it is shown", f"{statistics.median(each['shown'] for each in keys):.0f} ms"
        page.evaluate(FILTER, ["", "Ticket"])
        clicks = [page.evaluate(CLICK, place) for place in range(1, 1 + ROUNDS)]
        yield "click until the ticket is shown", f"{statistics.median(clicks):.0f} ms"

        httpx.post(f"{url}/api/jira/export-session/{session_id}", json={}, timeout=60)
        opened(page, address)  # a build before this one does not notice by itself
        page.get_by_role("progressbar").wait_for(timeout=60_000)
        received["bytes"] = 0
        page.wait_for_timeout(1000 * EXPORT_SECONDS)
        yield f"bytes while an export runs for {EXPORT_SECONDS} s", f"{received['bytes'] / 1000:.0f} kB"
        started = time.perf_counter()
        opened(page, address)
        page.wait_for_function(
            "() => [...document.querySelectorAll('.stat')].some((stat) => /Pace.*min/.test(stat.textContent))",
            timeout=120_000,
        )
        yield "pace after a reload", f"{1000 * (time.perf_counter() - started):.0f} ms"
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tickets", type=int, default=10_000)
    parser.add_argument("--example", type=Path, default=EXAMPLES, help="the folder of the build's examples")
    options = parser.parse_args()
    print(f"{options.tickets:,} tickets, {options.example}")
    with tempfile.TemporaryDirectory() as folder, service(options.example, Path(folder)) as url:
        for name, value in measure(url, options.tickets):
            print(f"  {name:<44} {value:>10}", flush=True)


if __name__ == "__main__":
    main()
