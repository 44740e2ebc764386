"""Choosing: which tickets are exported, retried or left out; releasing a session; what was done by hand and edited since."""

from dataclasses import replace
from typing import Any

import pytest
from app.settings import ServiceSettings

from jira_session_export.testing import FakeJira, Fault, faults

from ..app.conftest import batch, serve  # noqa: TID252 -- the same service
from .conftest import Screenshot
from .test_page import opened
from .test_windows import heading, windows

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]


async def choose(page: Any, *orders: int) -> None:
    await page.get_by_role("button", name="Choose tickets").click()
    for order in orders:
        await page.get_by_label(f"Choose ticket {order}:").check()


async def test_tickets_are_chosen(
    browser: Any, jira: FakeJira, settings: ServiceSettings, screenshot: Screenshot
) -> None:
    async with serve(settings) as service:
        session_id = await service.load(batch(0) | {"tickets": [{"title": f"Ticket {n}"} for n in range(1, 7)]})
        async with opened(browser, f"{service.url}/#/{session_id}") as page:
            await choose(page, 2, 4)
            await page.get_by_text("2 chosen").wait_for()
            await screenshot(page, "chosen")
            await page.get_by_role("button", name="Export only these").click()
            await heading(page, "2 tickets exported")
            await page.get_by_text("4 tickets were left out").wait_for()
            assert {issue.fields["summary"] for issue in jira.issues.values()} == {"Ticket 2", "Ticket 4"}

            await choose(page, 1, 3)
            await screenshot(page, "left-out")
            await page.get_by_role("button", name="Export without them").click()
            await heading(page, "4 tickets exported")
            jira.faults.add(Fault(("POST", "/issue"), faults.status(401), nth=1))
            await page.get_by_role("button", name="Export what was left out").click()
            await heading(page, "The export stopped")
            await page.get_by_role("button", name="Leave ticket 1 out and retry").click()
            await heading(page, "5 tickets exported")
            await page.get_by_text("1 ticket was left out").wait_for()
            assert "Ticket 1" not in {issue.fields["summary"] for issue in jira.issues.values()}


async def test_a_session_is_released_after_its_retries(browser: Any, jira: FakeJira, settings: ServiceSettings) -> None:
    settings = replace(settings, export=settings.export.model_copy(update={"max_retries": 1}))
    async with serve(settings) as service:
        jira.faults.add(Fault(("POST", "/issue"), faults.status(401), nth=1))
        jira.faults.add(Fault(("POST", "/issue"), faults.status(401), nth=2))
        session_id = await service.exported(batch(2))
        async with opened(browser, f"{service.url}/#/{session_id}") as page:
            await page.get_by_text("1 retry left").wait_for()
            await page.get_by_role("button", name="Retry", exact=True).click()
            await page.get_by_text("All retries are used up").wait_for(timeout=60_000)
            await page.get_by_role("button", name="Release for more retries").click()
            await page.get_by_role("button", name="Retry", exact=True).click(timeout=60_000)
            await heading(page, "2 tickets exported")


async def test_fixes_are_done_for_everybody_and_edits_are_marked(
    browser: Any, settings: ServiceSettings, screenshot: Screenshot
) -> None:
    settings = replace(settings, tokens={"right": "maria"})
    async with serve(settings, headers={"Authorization": "Bearer right"}) as service:
        tickets: list[dict[str, Any]] = [
            {"id": "one", "title": "One", "assignee": "nobody@example.com"},
            {"id": "two", "title": "Two", "depends_on": ["one"]},
        ]
        session_id = await service.exported(batch(0) | {"tickets": tickets})
        tickets[1]["title"] = "Two, edited"
        assert await service.load(batch(0) | {"tickets": tickets}) == session_id
        address = f"{service.url}/#/{session_id}/results"
        async with windows(browser, service.url, service.url) as (mine, theirs):
            for page in (mine, theirs):
                await page.get_by_label("Access token").press_sequentially("right")
                await page.get_by_role("button", name="Sign in").click()
                await page.get_by_role("link", name="Sprint 12").wait_for(timeout=60_000)
                await page.goto(address)
                await page.get_by_text("0 of 1 done").wait_for(timeout=60_000)
            await mine.get_by_role("checkbox").check()
            for page in (mine, theirs):
                await page.get_by_text("1 of 1 done").wait_for(timeout=60_000)
                await page.get_by_text("Done by maria").wait_for(timeout=60_000)
            await theirs.get_by_text("Edited since export").wait_for()
            await screenshot(theirs, "done")
            await theirs.get_by_role("link", name="Tickets").click()
            await theirs.get_by_role("link", name="Two, edited").click()
            await theirs.get_by_text("Edited since it was exported (title)").wait_for(timeout=60_000)
            await theirs.get_by_text("1 · One").wait_for()
            await screenshot(theirs, "edited")
