"""The command at the end of an export: what it gets, and that it ends."""

import json
import logging
import sys
import time
from pathlib import Path

import anyio
import psutil
import pytest
from tests.unit.export.test_webhook import OUTCOME

from jira_session_export._export.finish_command import FinishCommand
from jira_session_export.errors import SettingsError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="a shell of POSIX")


async def test_it_gets_variables_and_json_and_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JIRA_API_TOKEN", "t0ken")
    monkeypatch.setenv("MINE", "kept")
    kept = tmp_path / "kept"
    await FinishCommand(
        f"cat > '{kept}.json'; env > '{kept}.env'; echo \"$JSE_EXPORT_STATUS $JSE_EXPORT_PROJECT_KEY\" > '{kept}'"
    ).told(OUTCOME)
    assert kept.read_text() == "failed ABC\n"
    assert json.loads(Path(f"{kept}.json").read_text()) == OUTCOME.payload()
    env = Path(f"{kept}.env").read_text()
    assert "JSE_EXPORT_ERROR_CODE=read_failed" in env
    assert "JSE_EXPORT_TICKETS_CREATED=30" in env
    assert "MINE=kept" in env
    assert "t0ken" not in env


@pytest.mark.parametrize(
    ("command", "action"),
    [
        ("true", "finish_command_done"),
        ("exit 3", "finish_command_failed"),
        ("no-such-command-anywhere 2>/dev/null", "finish_command_failed"),
    ],
)
async def test_what_becomes_of_it_is_logged(command: str, action: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "jira_session_export"):
        await FinishCommand(command).told(OUTCOME)
    assert [getattr(record, "action", "") for record in caplog.records] == [action]


async def test_one_that_takes_too_long_is_killed_with_what_it_started(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    begun = time.monotonic()
    started = tmp_path / "started"
    command = f"sleep 60 & echo $! > '{started}'; sleep 60"
    await FinishCommand(command, timeout_seconds=0.5).told(OUTCOME)
    assert time.monotonic() - begun < 20
    assert "took longer than 0.5 s" in caplog.text
    process = started.read_text() if started.exists() else ""  # there is none yet on a machine that is slow enough
    with anyio.fail_after(20):
        while process and _is_alive(int(process)):
            await anyio.sleep(0.01)


def _is_alive(process: int) -> bool:
    try:
        return psutil.Process(process).status() != psutil.STATUS_ZOMBIE  # which nobody has waited for yet
    except psutil.NoSuchProcess:
        return False


def test_an_empty_one_is_refused() -> None:
    with pytest.raises(SettingsError):
        FinishCommand(" ")
