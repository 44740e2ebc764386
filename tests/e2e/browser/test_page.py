"""The page in a real browser: an export from its start over a lost connection and a failure to its results."""

import csv
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest

from jira_session_export import ExportSettings
from jira_session_export.testing import FakeJira, Fault, faults

from ..app.conftest import EXAMPLE, Service, batch, serve  # noqa: TID252 -- the same service

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

DEMO = EXAMPLE.parent / "data" / "demo-session.json"
PACED = ExportSettings(pause_seconds=0.15, index_settle_seconds=0.2, reconcile_budget_seconds=5)
DESKTOP = {"width": 1280, "height": 860}


@asynccontextmanager
async def opened(browser: Any, url: str, **options: Any) -> AsyncIterator[Any]:
    """A page that fails the test when a script fails or the console complains."""
    complaints: list[str] = []
    context = await browser.new_context(viewport=DESKTOP, **options)
    page = await context.new_page()
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    await page.goto(url)
    yield page
    await context.close()
    # What the service refuses (a poll too early, a token not yet given) shows in the console too.
    assert [each for each in complaints if "Failed to load resource" not in each and "WebSocket" not in each] == []


class Wire:
    """The WebSockets of a page, to be cut."""

    def __init__(self) -> None:
        self.is_cut = False
        self._open: list[Any] = []

    async def connect(self, page: Any) -> None:
        await page.route_web_socket("**/session-updates/*", self._pass)

    async def _pass(self, socket: Any) -> None:
        if self.is_cut:
            await socket.close(code=1011)
            return
        socket.connect_to_server()
        self._open.append(socket)

    async def cut(self) -> None:
        self.is_cut = True
        for socket in self._open:
            await socket.close(code=1011)
        self._open.clear()

    def mend(self) -> None:
        self.is_cut = False


async def percent(page: Any) -> float:
    return float(await page.get_by_role("progressbar").get_attribute("aria-valuenow"))


async def load_demo(service: Service) -> str:
    files = {"file": ("demo.json", json.dumps(demo()).encode(), "application/json")}
    answer = await service.client.post("/api/jira/sessions", files=files)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["session_id"])


def demo() -> dict[str, Any]:
    """The shipped session, without the files beside it."""
    batch_file = json.loads(DEMO.read_text(encoding="utf-8"))
    for ticket in batch_file["tickets"]:
        ticket.pop("attachments", None)
    return dict(batch_file)


async def test_an_export_from_start_to_results(browser: Any, jira: FakeJira, settings: Any, screenshot: Any) -> None:
    async with serve(replace(settings, export=PACED)) as service, opened(browser, service.url) as page:
        wire = Wire()
        await wire.connect(page)
        session_id = await load_demo(service)
        jira.faults.add(Fault(("POST", "/issue"), faults.status(401), nth=60))

        await page.reload()
        await screenshot(page, "1-sessions")
        await page.get_by_role("link", name="Freilauf").click()
        await page.get_by_text("Every ticket can be sent").wait_for()
        await screenshot(page, "2-ready")

        await page.get_by_role("button", name="Start export").click()
        bar = page.get_by_role("progressbar")
        await bar.wait_for()
        await page.get_by_text("Live", exact=True).wait_for()
        before = await percent(page)
        await page.wait_for_function(
            "before => +document.querySelector('[role=progressbar]').ariaValueNow > before + 5", arg=before
        )
        await screenshot(page, "3-live")

        await wire.cut()
        await page.get_by_text("Polling every 2 s").wait_for()
        before = await percent(page)
        await page.wait_for_function(
            "before => +document.querySelector('[role=progressbar]').ariaValueNow > before + 5", arg=before
        )
        await screenshot(page, "4-polling")
        wire.mend()
        await page.get_by_text("Live", exact=True).wait_for(timeout=20_000)

        await page.get_by_role("heading", name="The export stopped").wait_for(timeout=30_000)
        await page.get_by_text("Needs an administrator").wait_for()
        await page.get_by_text("3 retries left").wait_for()
        await screenshot(page, "5-failed")
        assert len(jira.issues) == 59

        await page.get_by_role("button", name="Retry", exact=True).click()
        await page.get_by_role("heading", name="87 tickets exported").wait_for(timeout=60_000)
        assert len(jira.issues) == 87

        await page.get_by_role("link", name="Open the check list").click()
        await page.get_by_role("heading", name="To fix by hand in Jira").wait_for()
        await screenshot(page, "6-results")
        first = page.get_by_role("checkbox").first
        await first.check()
        await page.get_by_text("1 of 3 done").wait_for()
        await page.reload()
        await page.get_by_text("1 of 3 done").wait_for()
        async with page.expect_download() as download:
            await page.get_by_role("button", name="CSV").click()
        saved = await (await download.value).path()
        rows = list(csv.DictReader(saved.read_text(encoding="utf-8-sig").splitlines()))
        assert [row["record"] for row in rows].count("issue") == 87
        assert [row["record"] for row in rows].count("manual fix") == 3

        async with page.context.expect_page() as opening:
            await page.get_by_role("link", name="DEMO-1", exact=True).click()
        issue = await opening.value
        assert issue.url == f"{jira.base_url}/browse/DEMO-1"
        await issue.close()

        await page.get_by_role("link", name="Audit trail").click()
        await page.get_by_text("Export started").first.wait_for()
        await screenshot(page, "7-audit")
        results = (await service.client.get(f"/api/jira/export-results/{session_id}")).json()
        assert results["total_tickets_created"] == 87


async def test_the_audit_trail_tells_a_bulk_in_one_line(
    browser: Any, jira: FakeJira, settings: Any, screenshot: Any
) -> None:
    jira.faults.add(Fault(("POST", "/issue/bulk"), faults.status(413), nth=2))
    in_bulks = settings.export.model_copy(update={"bulk_size": 50})
    async with serve(replace(settings, export=in_bulks)) as service:
        session_id = await service.exported(batch(100))
        page = await browser.new_page(viewport=DESKTOP)

        async def give_less(route: Any) -> None:
            answer = await route.fetch(url=route.request.url.replace("limit=1000", "limit=70"))
            page_of = await answer.json()
            # What a bulk looks like that is announced again before it is sent, as it had to wait.
            announced = [each for each in page_of["entries"][:51] if each["kind"] == "intent_recorded"]
            if len(announced) == 50:
                page_of["entries"][1:1] = announced
            await route.fulfill(response=answer, json=page_of)

        await page.route("**/audit-trail/**", give_less)
        await page.goto(f"{service.url}/#/{session_id}/audit")
        more = page.get_by_role("button", name="Show later entries")
        loading = page.get_by_role("button", name="Show later entries", disabled=True)
        await page.get_by_text("19 issues created").wait_for(timeout=60_000)  # a page may end in the middle of a bulk
        while not await page.get_by_text("Export completed").count():
            async with page.expect_response("**/audit-trail/**"):
                await more.click()
            await loading.wait_for(state="hidden")  # else the button is looked for that goes with the last page
        await page.get_by_text("DEMO-1 … DEMO-50").wait_for()
        told = await page.locator("table.audit tbody td:nth-child(2)").all_inner_texts()
        assert [each.split(" attempt")[0] for each in told if "ssue" in each] == [
            *["About to create 50 issues"] * 2,
            "50 issues created",
            "About to create 50 issues",
            "No issue was made for 50 tickets",
            *["About to create 25 issues", "25 issues created"] * 2,
        ]
        await page.get_by_text("too large").wait_for()
        await screenshot(page, "bulks")
        announced = page.get_by_role("row", name="About to create 50 issues").first
        assert await page.get_by_role("link", name="Ticket number 7", exact=True).count() == 0
        await announced.get_by_role("button", name="Show each").press("Enter")
        await page.get_by_role("link", name="Ticket number 7", exact=True).wait_for()
        await announced.get_by_role("button", name="Hide each").press("Enter")
        assert await page.get_by_role("link", name="Ticket number 7", exact=True).count() == 0


async def test_everything_works_with_the_keyboard(browser: Any, settings: Any) -> None:
    async with serve(settings) as service:
        await service.load(batch(3))
        async with opened(browser, service.url) as page:

            async def press(key: str, *, until: str) -> None:
                """Press Tab or an arrow until the element with that text has the focus."""
                for _ in range(25):
                    await page.keyboard.press(key)
                    focused = "document.activeElement.matches('a, button') ? document.activeElement.textContent : ''"
                    if until in await page.evaluate(focused):
                        return
                raise AssertionError(f"{until!r} cannot be reached with {key}")

            await page.get_by_role("link", name="Sprint 12").wait_for()
            await press("Tab", until="Sprint 12")
            await page.keyboard.press("Enter")
            await page.get_by_role("button", name="Start export").wait_for()
            await press("Tab", until="Ticket number 1")
            await press("ArrowDown", until="Ticket number 2")
            await page.keyboard.press("Enter")
            await page.get_by_role("heading", name="Ticket number 2").wait_for()
            await press("Shift+Tab", until="Start export")
            await page.keyboard.press("Enter")
            await page.get_by_role("heading", name="3 tickets exported").wait_for()


async def test_a_hostile_description_does_nothing(browser: Any, settings: Any) -> None:
    evil = (
        '<p>Hello</p><script>parent.hacked = 1</script><img src=x onerror="parent.hacked = 1">'
        '<a href="javascript:parent.hacked=1">click</a><style>body{display:none}</style>'
        "</textarea></pre></iframe><script>window.hacked = 1</script>"
    )
    from playwright.async_api import expect

    async with serve(settings) as service:
        tickets = [{"title": '<img src=x onerror="window.hacked=1">', "description_html": evil}]
        session_id = await service.load(batch(0) | {"tickets": tickets})
        async with opened(browser, f"{service.url}/#/{session_id}") as page:
            frame = page.frame_locator("iframe")
            await frame.get_by_text("Hello").wait_for()
            await expect(frame.locator("script")).to_have_count(0)  # tried again when the frame is made anew
            await page.get_by_role("heading", name="<img src=x").wait_for()
            await anyio.sleep(0.2)
            assert await page.evaluate("window.hacked") is None


async def test_signing_in(browser: Any, settings: Any, screenshot: Any) -> None:
    async with serve(replace(settings, tokens={"right-token": "maria"})) as service:
        await service.load(batch(2), headers={"Authorization": "Bearer right-token"})
        async with opened(browser, service.url) as page:
            await page.get_by_label("Access token").fill("wrong")
            await page.get_by_role("button", name="Sign in").click()
            await page.get_by_text("That token is not known here").wait_for()
            await screenshot(page, "sign-in")
            await page.get_by_label("Access token").fill("right-token")
            await page.get_by_role("button", name="Sign in").click()
            await page.get_by_role("link", name="Sprint 12").click()
            await page.get_by_role("button", name="Start export").click()
            await page.get_by_role("heading", name="2 tickets exported").wait_for()
            await page.get_by_role("button", name="Sign out maria").click()
            await page.get_by_label("Access token").wait_for()


async def test_loading_a_folder_and_its_problems(browser: Any, settings: Any, screenshot: Any, tmp_path: Path) -> None:
    async with serve(settings) as service, opened(browser, service.url) as page:
        await page.get_by_role("button", name="Load a batch file").first.click()
        broken = {"tickets": [{"titel": "One"}, {"title": "Two", "attachments": ["plans/gone.png"]}]}
        await page.locator("#files").set_input_files(
            {"name": "broken.json", "mimeType": "application/json", "buffer": json.dumps(broken).encode()}
        )
        await page.get_by_role("button", name="Load", exact=True).click()
        problems = page.get_by_role("region", name="Problems")
        await problems.get_by_role("cell", name="ticket 2").first.wait_for()
        await problems.get_by_text("plans/gone.png").wait_for()
        await screenshot(page, "refused")
        assert "--" not in await problems.inner_text()
        await page.get_by_role("button", name="Choose others").click()
        await page.locator("#folder").set_input_files(DEMO.parent)
        await page.get_by_text("demo-session.json").wait_for()
        await screenshot(page, "chosen")
        await page.get_by_role("button", name="Load", exact=True).click()
        await page.get_by_role("heading", name="Freilauf").wait_for()
        await page.get_by_label("Filter tickets by title").press_sequentially("5")
        await page.get_by_role("link", name="Two customers get the last slot").wait_for()
        # Whatever else lies in a folder of Markdown files, and comes first in it, is not taken for the batch file.
        folder = tmp_path / "written"
        (folder / "a").mkdir(parents=True)
        (folder / "a" / "plan.png").write_bytes(b"\x89PNG")
        (folder / "a.txt").write_text("Notes")
        (folder / "b.md").write_text("---\ntitle: Written by hand\n---\nText\n")
        await page.goto(service.url)
        await page.get_by_role("button", name="Load a batch file").first.click()
        await page.locator("#folder").set_input_files(folder)
        await page.get_by_text("A folder of Markdown files", exact=True).wait_for()
        await page.get_by_label("Project key").press_sequentially("DEMO")
        await page.get_by_role("button", name="Load", exact=True).click()
        await page.get_by_role("heading", name="Written by hand").wait_for()
