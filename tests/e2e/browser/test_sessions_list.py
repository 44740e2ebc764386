"""The list of sessions: what needs attention first, searched, filtered, sorted, archived; and folders that are dropped."""

import shutil
from pathlib import Path
from typing import Any

import pytest
from app.settings import ServiceSettings

from jira_session_export.testing import FakeJira, Fault, faults

from ..app.conftest import batch, serve  # noqa: TID252 -- the same service
from .conftest import Screenshot
from .test_page import DEMO, opened
from .test_windows import heading

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


async def names(page: Any, *wanted: str) -> None:
    """Wait until these sessions are listed, in this order, and no other."""
    await page.wait_for_function(
        "wanted => [...document.querySelectorAll('.session-row .name')].map((e) => e.textContent).join() === wanted",
        arg=",".join(wanted),
        timeout=60_000,
    )


async def test_sessions_are_found(
    browser: Any, jira: FakeJira, settings: ServiceSettings, screenshot: Screenshot
) -> None:
    async with serve(settings) as service:
        await service.exported(batch(1, name="Alpha"))
        jira.faults.add(Fault(("POST", "/issue"), faults.status(401), nth=1))
        await service.exported(batch(1, name="Beta"))
        await service.load(batch(1, name="Gamma"))
        async with opened(browser, service.url) as page:
            await names(page, "Beta", "Gamma", "Alpha")
            await page.get_by_label("Order").select_option(label="By name")
            await names(page, "Alpha", "Beta", "Gamma")
            await page.get_by_label("Search sessions").press_sequentially("amm")
            await names(page, "Gamma")
            await page.get_by_label("Search sessions").clear()
            await page.get_by_label("State").select_option(label="Completed")
            await names(page, "Alpha")
            await page.get_by_role("link", name="Alpha").click()
            await page.get_by_role("button", name="Archive").click()
            await page.get_by_role("dialog").get_by_role("button", name="Archive").click()
            await page.get_by_role("button", name="Take out of the archive").wait_for(timeout=60_000)
            await page.get_by_role("link", name="← Sessions").click()
            await names(page, "Beta", "Gamma")
            await page.get_by_label("Archived").check()
            await names(page, "Alpha")
            await screenshot(page, "archived")
            await page.get_by_role("link", name="Alpha").click()
            await page.get_by_role("button", name="Take out of the archive").click()
            await page.get_by_role("button", name="Archive").wait_for(timeout=60_000)


async def test_a_folder_is_dropped(browser: Any, settings: ServiceSettings, tmp_path: Path) -> None:
    folder = tmp_path / "release"
    shutil.copytree(DEMO.parent, folder)
    (folder / ".DS_Store").write_bytes(b"rubbish")
    async with serve(settings) as service, opened(browser, service.url) as page:
        await page.get_by_role("button", name="Load a batch file").first.click()
        box = await page.locator(".drop").bounding_box()
        mouse = {"x": box["x"] + 40, "y": box["y"] + 20}
        data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
        session = await page.context.new_cdp_session(page)
        for kind in ("dragEnter", "dragOver", "drop"):
            await session.send("Input.dispatchDragEvent", {"type": kind, **mouse, "data": data})
        await page.get_by_text("release/demo-session.json").wait_for(timeout=60_000)
        await page.get_by_text("6 more files").wait_for()
        await page.get_by_role("button", name="Load", exact=True).click()
        await heading(page, "Freilauf: release 2.0")
