"""Every view on a desk and on a phone, light and dark: nothing that keeps somebody from using it, nothing cut off."""

from dataclasses import replace
from typing import Any

import pytest
from app.settings import ServiceSettings

from jira_session_export.testing import FakeJira, Fault, faults

from ..app.conftest import Service, batch, serve  # noqa: TID252 -- the same service
from .conftest import Screenshot
from .test_page import PACED, demo

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]

DESK = {"width": 1280, "height": 860}
PHONE = {"width": 375, "height": 780}
FOOTER_GAP = 200
"""What lies below the footer at most: its own padding."""


async def sessions_in_every_state(service: Service, jira: FakeJira) -> dict[str, str]:
    """One session ready, one that has failed, one completed with things to fix."""
    tickets = demo()
    done = await service.exported({**tickets, "id": "done", "name": "Release 1.9"})
    jira.faults.add(Fault(("POST", "/issue"), faults.status(401), nth=3))
    failed = await service.exported(long_titles(batch(8, name="Sprint 11")))
    return {"ready": await service.load(tickets), "failed": failed, "done": done}


def long_titles(batch_file: dict[str, Any]) -> dict[str, Any]:
    for ticket in batch_file["tickets"][1:4]:
        ticket["title"] = "A title that is quite long " * 6 + "andawordwithoutanendthatcannotbebroken" * 2
    return batch_file


async def complaints(page: Any) -> list[str]:
    """What axe-core finds, and whether something is cut off or blank."""
    from axe_playwright_python.async_playwright import Axe

    await page.evaluate("document.fonts.ready")
    found = (await Axe().run(page, options={"resultTypes": ["violations"]})).response["violations"]
    said = [f"{each['id']}: {node['html'][:160]}" for each in found for node in each["nodes"]]
    sizes = await page.evaluate(
        """() => ({
          wide: document.documentElement.scrollWidth - innerWidth,
          below: document.documentElement.scrollHeight - document.querySelector(".footer").getBoundingClientRect().bottom
            - scrollY,
        })"""
    )
    if sizes["wide"] > 0:
        said.append(f"{sizes['wide']} px too wide")
    if sizes["below"] > FOOTER_GAP:
        said.append(f"{sizes['below']} px of nothing below the footer")
    return said


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_view(
    browser: Any, settings: ServiceSettings, jira: FakeJira, screenshot: Screenshot, scheme: str
) -> None:
    async with serve(replace(settings, export=replace_pause(PACED))) as service:
        ids = await sessions_in_every_state(service, jira)
        views = {
            "sessions": "",
            "nowhere": "nonsense",
            "ready": ids["ready"],
            "failed": ids["failed"],
            "done": f"{ids['done']}/tickets",
            "results": f"{ids['done']}/results",
            "project": f"{ids['ready']}/project",
            "audit": f"{ids['done']}/audit",
        }
        found: dict[str, list[str]] = {}
        for size, viewport in (("desk", DESK), ("phone", PHONE)):
            context = await browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce")
            page = await context.new_page()
            for name, path in views.items():
                await page.goto(f"{service.url}/#/{path}")
                await page.wait_for_load_state("networkidle")
                await page.locator(".skeleton").first.wait_for(state="detached", timeout=60_000)
                if name == "ready":
                    await page.get_by_text("Every ticket can be sent").wait_for(timeout=60_000)
                    await page.get_by_role("button", name="Choose tickets").click()
                found[f"{name} {size}"] = await complaints(page)
                await screenshot(page, f"{size}-{name}")
                if name == "done" and size == "phone":
                    await page.locator(".ticket-row").first.click()
                    await page.locator(".ticket-detail iframe").wait_for()
                    found["ticket phone"] = await complaints(page)
                    await screenshot(page, "phone-ticket")
            await page.goto(f"{service.url}/#/")
            await page.get_by_role("button", name="Load a batch file").click()
            found[f"loader {size}"] = await complaints(page)
            await screenshot(page, f"{size}-loader")
            await context.close()
        assert {name: said for name, said in found.items() if said} == {}


def replace_pause(export: Any) -> Any:
    return export.model_copy(update={"pause_seconds": 0})


async def test_the_preview_follows_the_theme(browser: Any, settings: ServiceSettings) -> None:
    from playwright.async_api import expect

    async with serve(settings) as service:
        session_id = await service.load(batch(1))
        context = await browser.new_context(viewport=DESK, color_scheme="light")
        page = await context.new_page()
        await page.goto(f"{service.url}/#/{session_id}")
        text = page.frame_locator("iframe").locator(".adf p")
        # The frame may be made anew meanwhile, so each look is repeated until it is as it should be.
        await expect(text).to_have_css("color", "rgb(23, 43, 77)", timeout=60_000)
        await page.get_by_role("button", name="Use the dark theme").click()
        await expect(text).to_have_css("color", "rgb(199, 209, 219)", timeout=60_000)
        await expect(page.locator(".paper")).to_have_css("background-color", "rgb(23, 27, 31)", timeout=60_000)
        # Of another scheme than its document the frame would be white.
        await expect(page.locator("iframe")).to_have_css("color-scheme", "light", timeout=60_000)
        await context.close()


async def test_the_api_can_be_read_and_tried(browser: Any, settings: ServiceSettings) -> None:
    async with serve(settings) as service:
        context = await browser.new_context(viewport=DESK)
        page = await context.new_page()
        elsewhere: list[str] = []
        complaints: list[str] = []
        page.on(
            "request",
            lambda request: None if request.url.startswith((service.url, "data:")) else elsewhere.append(request.url),
        )
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        await page.goto(f"{service.url}/docs")
        await page.get_by_text("start_export", exact=True).wait_for(timeout=60_000)
        await page.locator("#operations-service-health button.opblock-summary-control").click()
        await page.get_by_role("button", name="Try it out").click()
        await page.get_by_role("button", name="Execute").click()
        await page.locator(".live-responses-table .response-col_status", has_text="200").wait_for(timeout=60_000)
        assert (elsewhere, complaints) == ([], [])
        await context.close()
