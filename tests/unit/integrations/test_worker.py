"""What a worker says at its start; that it works at all is shown by real ones (`tests/e2e/test_worker.py`)."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest
from procrastinate import App
from procrastinate.testing import InMemoryConnector

from jira_session_export import ApiTokenAuth, JiraExport
from jira_session_export.integrations.procrastinate import ExportWorker
from jira_session_export.storage.attachments import FolderAttachments, LocalFiles
from jira_session_export.testing import FakeJira


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.mark.parametrize("folder", ["shared", "none", None])
async def test_it_says_once_when_files_are_out_of_reach_and_goes_on(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, folder: str | None
) -> None:
    (tmp_path / "shared").mkdir()
    opener = LocalFiles() if folder is None else FolderAttachments(tmp_path / folder)
    fake = FakeJira()
    async with App(connector=InMemoryConnector()).open_async() as app:
        jira = JiraExport.open(
            fake.base_url,
            ApiTokenAuth("me@example.com", "x"),
            store="memory://",
            attachments=opener,
            transport=fake.transport,
        )
        async with jira:
            worker = ExportWorker(app, jira.exporter)
            running = asyncio.ensure_future(worker.run())
            while worker.problems():  # until it has started
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.05)
            worker.stop()
            await running
    told = [record.getMessage() for record in caplog.records if record.levelno >= logging.WARNING]
    expected = (
        f"The files of tickets, in the folder {tmp_path / 'none'}, cannot be reached from here: there is no such folder; "
        "other workers go on with sessions that need one"
    )
    assert told == ([expected] if folder == "none" else [])
