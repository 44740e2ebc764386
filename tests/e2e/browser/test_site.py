"""The documentation, opened from the disk as a reader would who built it."""

import fcntl
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
TABLES = ".md-typeset__scrollwrap"
DIAGRAMS = ".md-typeset pre > code"
PARTS = [
    ("reference/settings", TABLES),
    ("reference/errors", TABLES),
    ("how-to/observe-exports", TABLES),
    ("how-to/troubleshooting", TABLES),
    ("explanation/session-states", TABLES),
    ("explanation/session-states", DIAGRAMS),
]

pytestmark = [pytest.mark.browser, pytest.mark.timeout(240)]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The documentation, built once for all processes of the test run; JSE_SITE names one that was built just now."""
    if built := os.environ.get("JSE_SITE"):
        return Path(built)
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    folder = root / "site"
    with (root / "site.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.exists():
            building = root / "site-building"
            command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(building)]
            env = {**os.environ, "NO_MKDOCS_2_WARNING": "1"}
            done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            building.rename(folder)
    return folder


def address(site: Path, page: str) -> str:
    return (site / f"{page}.html").as_uri()


async def test_search_works_and_nothing_comes_from_elsewhere(site: Path, browser: Any) -> None:
    page = await browser.new_page(viewport={"width": 1280, "height": 900})
    elsewhere: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: elsewhere.append(request.url) if request.url.startswith("http") else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    await page.goto(address(site, "how-to/upgrade"))
    # By keys, as a reader types: the search listens for keyup, and inserted text raises none.
    await page.locator("input.md-search__input").press_sequentially("lease")
    first = page.locator(".md-search-result__item a").first
    await first.wait_for(timeout=60_000)
    await first.click()
    await page.wait_for_url("file:///**")
    assert "lease" in (await page.inner_text("body")).lower()
    assert elsewhere == []
    assert errors == []


@pytest.mark.parametrize(("name", "parts"), PARTS)
async def test_tables_and_diagrams_can_be_read_whole_at_1280_pixels(
    site: Path, browser: Any, name: str, parts: str
) -> None:
    page = await browser.new_page(viewport={"width": 1280, "height": 900})
    await page.goto(address(site, name))
    cut_off = await page.eval_on_selector_all(
        parts,
        "all => all.filter(each => each.scrollWidth > each.clientWidth + 1).map(each => each.innerText.slice(0, 80))",
    )
    assert cut_off == []
