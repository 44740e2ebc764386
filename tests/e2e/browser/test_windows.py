"""Several windows, slow networks, a service that goes away: every window shows what is so, and nothing older."""

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import anyio
import pytest
import uvicorn
from app.main import create_app
from app.settings import ServiceSettings

from jira_session_export.testing import FakeJira, Fault, faults

from ..app.conftest import Service, batch, cut_off, serve  # noqa: TID252 -- the same service
from .test_page import PACED, Wire, opened

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

PATIENCE = 60_000
SLOW = {"offline": False, "latency": 400, "downloadThroughput": 40_000, "uploadThroughput": 20_000}


async def slow_down(page: Any) -> None:
    session = await page.context.new_cdp_session(page)
    await session.send("Network.enable")
    await session.send("Network.emulateNetworkConditions", SLOW)


async def heading(page: Any, name: str) -> None:
    await page.get_by_role("heading", name=name).wait_for(timeout=PATIENCE)


@asynccontextmanager
async def windows(browser: Any, *addresses: str) -> AsyncIterator[list[Any]]:
    """Windows of one browser, each on its address; nobody looks at any of them in particular."""
    context = await browser.new_context(viewport={"width": 1280, "height": 860})
    pages = [await context.new_page() for _ in addresses]
    for page, address in zip(pages, addresses, strict=True):
        await page.goto(address)
    yield pages
    await context.close()


async def test_four_windows_tell_the_same(browser: Any, jira: FakeJira, settings: Any, screenshot: Any) -> None:
    async with serve(replace(settings, export=PACED)) as service:
        jira.faults.add(Fault(("POST", "/issue"), faults.status(401), nth=12))
        session_id = await service.load(batch(30))
        address = f"{service.url}/#/{session_id}"
        async with windows(browser, address, address, f"{address}/results", f"{service.url}/#/") as (
            one,
            two,
            results,
            listed,
        ):
            await slow_down(two)
            await slow_down(listed)
            for page in (one, two, results):
                await heading(page, "Ready to export")
            await one.get_by_role("button", name="Start export").click()
            for page in (one, two, results):
                await page.get_by_role("progressbar").wait_for(timeout=PATIENCE)
            await listed.get_by_text("Exporting").last.wait_for(timeout=PATIENCE)
            await results.get_by_role("link", name="DEMO-1", exact=True).wait_for(timeout=PATIENCE)

            for page in (one, two, results):
                await heading(page, "The export stopped")
                assert await page.get_by_role("button", name="Start export").count() == 0
            await listed.get_by_text("Failed", exact=True).last.wait_for(timeout=PATIENCE)
            await screenshot(two, "stopped")

            await two.get_by_role("button", name="Retry", exact=True).click()
            for page in (one, two, results):
                await page.get_by_role("progressbar").wait_for(timeout=PATIENCE)
                assert await page.get_by_role("heading", name="The export stopped").count() == 0
            await one.get_by_role("button", name="Cancel export").click()
            await one.get_by_role("dialog").get_by_role("button", name="Cancel export").click()
            for page in (one, two, results):
                await heading(page, "Cancelled")
            await results.get_by_role("button", name="Continue export").click()
            for page in (one, two, results):
                await heading(page, "30 tickets exported")
                assert await page.get_by_text("The export stopped").count() == 0
            await results.get_by_text("Nothing to fix by hand").wait_for(timeout=PATIENCE)
            await listed.get_by_text("Completed").last.wait_for(timeout=PATIENCE)

            await one.get_by_role("button", name="Delete").click()
            await one.get_by_role("dialog").get_by_role("button", name="Delete").click()
            for page in (two, results):
                await heading(page, "This session was deleted")
            await heading(listed, "No sessions yet")
            await heading(one, "No sessions yet")


async def test_a_retry_at_once_shows_the_export_that_runs(browser: Any, jira: FakeJira, settings: Any) -> None:
    jira.faults.add(Fault(("POST", "/issue"), faults.status(401), nth=2))
    async with serve(replace(settings, export=PACED)) as service:
        session_id = await service.exported(batch(25))
        async with opened(browser, f"{service.url}/#/{session_id}") as page:
            await slow_down(page)
            await page.reload()
            await page.get_by_role("button", name="Retry", exact=True).click()
            await page.get_by_role("progressbar").wait_for(timeout=PATIENCE)
            seen = await page.evaluate(
                """async () => {
                  const seen = new Set();
                  for (let at = 0; at < 30; at += 1) {
                    for (const title of document.querySelectorAll(".run h2")) seen.add(title.textContent);
                    await new Promise((done) => setTimeout(done, 50));
                  }
                  return [...seen];
                }"""
            )
            assert not {"Ready to export", "The export stopped"} & set(seen), seen
            await heading(page, "25 tickets exported")


async def test_a_late_answer_does_not_replace_a_newer_one(browser: Any, settings: Any) -> None:
    """The answer that an earlier question gets is older than what has been told since."""
    async with serve(replace(settings, export=PACED)) as service:
        session_id = await service.load(batch(4))
        async with opened(browser, f"{service.url}/#/{session_id}") as page:
            await heading(page, "Ready to export")
            held: list[Any] = []

            async def hold(route: Any) -> None:
                response = await route.fetch()
                held.append((route, response))

            await page.route("**/update*", hold)
            old = await service.client.get(f"/api/jira/sessions/{session_id}/update")
            await page.get_by_role("button", name="Start export").click()
            await heading(page, "4 tickets exported")
            with anyio.fail_after(30):
                while not held:
                    await anyio.sleep(0.05)
            route, response = held[0]
            await route.fulfill(response=response, body=old.text)
            await page.unroute("**/update*")
            await anyio.sleep(0.3)
            assert await page.get_by_role("heading", name="4 tickets exported").count() == 1


async def test_a_request_that_comes_too_late_shows_what_runs(browser: Any, jira: FakeJira, settings: Any) -> None:
    """Somebody else has retried it, and this window has not heard of it yet."""
    jira.faults.add(Fault(("POST", "/issue"), faults.status(401), nth=2))
    async with serve(replace(settings, export=PACED)) as service:
        session_id = await service.exported(batch(25))
        async with opened(browser, f"{service.url}/#/{session_id}") as page:
            await heading(page, "The export stopped")
            wire = Wire()
            await wire.connect(page)
            wire.is_cut = True
            await page.route("**/update*", lambda route: route.abort())
            await page.reload()
            await page.unroute("**/update*")
            await heading(page, "The export stopped")
            await page.route("**/update*", lambda route: route.abort())
            answer = await service.client.post(f"/api/jira/retry-failed/{session_id}", json={})
            assert answer.status_code == 202, answer.text
            async with page.expect_response("**/retry-failed/*") as refused:
                await page.get_by_role("button", name="Retry", exact=True).click()
            assert (await refused.value).status == 409
            await page.unroute("**/update*")
            await page.get_by_role("progressbar").wait_for(timeout=PATIENCE)
            assert await page.get_by_role("heading", name="Ready to export").count() == 0
            await heading(page, "25 tickets exported")


class Outage:
    """A service that can be stopped and started again on its port."""

    def __init__(self, settings: ServiceSettings) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self._settings = settings
        self._server: uvicorn.Server | None = None
        self._stopped = anyio.Event()

    async def start(self, tasks: Any) -> None:
        config = uvicorn.Config(
            create_app(self._settings), port=self.port, log_config=None, timeout_graceful_shutdown=1
        )
        server = self._server = uvicorn.Server(config)
        stopped = self._stopped = anyio.Event()

        async def run() -> None:
            await server.serve()
            await cut_off(server)
            stopped.set()

        tasks.start_soon(run)
        with anyio.fail_after(30):
            while not server.started:
                await anyio.sleep(0.02)

    async def stop(self) -> None:
        assert self._server is not None
        self._server.should_exit = True
        with anyio.fail_after(30):
            await self._stopped.wait()


async def test_the_service_goes_and_comes_back(
    browser: Any, settings: ServiceSettings, service: Service, screenshot: Any
) -> None:
    """With two services on one database, the first is there to look at what the second is asked."""
    session_id = await service.load(batch(3))
    outage = Outage(settings)
    async with anyio.create_task_group() as tasks:
        await outage.start(tasks)
        address = f"http://127.0.0.1:{outage.port}/#/"
        async with windows(browser, f"{address}{session_id}", address) as (page, listed):
            await heading(page, "Ready to export")
            await listed.get_by_role("link", name="Sprint 12").wait_for(timeout=PATIENCE)
            await outage.stop()
            for window in (page, listed):
                await window.get_by_text("No connection to the service. Last known state of").wait_for(timeout=PATIENCE)
            await screenshot(page, "away")
            await service.client.post(f"/api/jira/export-session/{session_id}", json={})
            await service.ended(session_id)
            await outage.start(tasks)
            await heading(page, "3 tickets exported")
            await listed.get_by_text("Completed").last.wait_for(timeout=PATIENCE)
            for window in (page, listed):
                await window.get_by_text("Last known state").wait_for(state="hidden", timeout=PATIENCE)
        await outage.stop()


async def test_addresses_that_lead_nowhere(browser: Any, settings: Any) -> None:
    async with serve(settings) as service:
        session_id = await service.load(batch(2))
        async with opened(browser, service.url) as page:
            for wrong in ("nonsense", "00000000-0000-4000-8000-000000000000/results"):
                await page.goto(f"{service.url}/#/{wrong}")
                await heading(page, "There is no such session")
                await page.get_by_role("link", name="All sessions").click()
                await page.get_by_role("link", name="Sprint 12").wait_for(timeout=PATIENCE)
            await page.goto(f"{service.url}/#/{session_id}/tickets/nonsense")
            await heading(page, "There is no such ticket in this session")
