"""A real browser beside the running service."""

import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from ..app.conftest import jira, serve, service, settings  # noqa: F401, TID252 -- the same service

Screenshot = Callable[..., Any]


def _unavailable() -> str | None:
    try:
        import playwright  # noqa: F401 -- optional
    except ImportError:
        return "the package playwright is not installed"
    if _chromium() is None:
        return "there is no Chromium on this system"
    return None


def _chromium() -> str | None:
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"  # of the whole module, as its browser is


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Any]:
    """The system's Chromium, headless, which starts once for a module."""
    if reason := _unavailable():
        if os.environ.get("JSE_REQUIRE_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.async_api import async_playwright

    async with async_playwright() as playwright:
        started = await playwright.chromium.launch(executable_path=_chromium(), args=["--no-sandbox"])
        yield started
        await started.close()


@pytest.fixture
async def browser(chromium: Any) -> AsyncIterator[Any]:
    """Chromium as if just started: each test opens contexts of its own, and leaves none."""
    yield chromium
    for context in chromium.contexts:
        await context.close()


@pytest.fixture
def screenshot(request: pytest.FixtureRequest) -> Screenshot:
    """Keeps a picture of the page, outside the repository."""
    root = os.environ.get("JSE_ARTIFACTS") or str(Path(tempfile.gettempdir()) / "jse-artifacts")
    folder = Path(root) / "screenshots"
    folder.mkdir(parents=True, exist_ok=True)

    async def take(page: Any, name: str) -> None:
        await page.screenshot(path=folder / f"{request.node.name}-{name}.png")

    return take
