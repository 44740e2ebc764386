"""The service as a cluster: two web processes, which queue exports, and a worker, which runs them."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from app import __main__ as runner
from app.settings import service_settings
from tests.e2e.processes import ExportProcess
from websockets.asyncio.client import connect

from jira_session_export.errors import SettingsError
from jira_session_export.testing import FakeJira, Fault, faults

from .conftest import EXAMPLE, batch
from .test_contract import is_error
from .test_processes import each_title_once, environment, exported, uvicorn

JIRA = {"JIRA_BASE_URL": "https://x.example", "JIRA_EMAIL": "me@example.com", "JIRA_API_TOKEN": "token"}
CLUSTER = {"JSE_RUNNER": "procrastinate", "JSE_DATABASE_URL": "postgresql://db/exports"}


@pytest.mark.postgres
@pytest.mark.timeout(180)
async def test_every_web_process_answers_for_every_session(jira: FakeJira, tmp_path: Path, postgres: str) -> None:
    env = environment(
        tmp_path, jira, JSE_DATABASE_URL=postgres, JSE_RUNNER="procrastinate", JSE_QUEUE="ours", JSE_MAX_RETRIES="1"
    )
    for number in (3, 4):
        jira.faults.add(Fault(("POST", "/issue"), faults.status(403), nth=number))
    output = tmp_path / "worker.txt"
    async with AsyncExitStack() as stack:
        webs = await asyncio.gather(*(stack.enter_async_context(uvicorn(env)) for _ in range(2)))
        (one, _), (other, _) = webs
        assert (await one.client.get("/ready")).json()["queue"] == "ok"
        worker = ExportProcess(["worker", "--concurrency", "2"], env, output)
        try:
            session_id = await one.load(batch(6))
            plan = await other.client.post(f"/api/jira/dry-run/{session_id}", json={})
            assert plan.json()["ready"] is True
            async with connect(f"{other.websocket_url}/{session_id}") as listener:
                await one.client.post(f"/api/jira/export-session/{session_id}", json={})
                heard = [json.loads(text) async for text in listener]
            assert heard[-1]["type"] == "export_failed"
            assert any(message.get("tickets_completed") for message in heard)
            retry = f"/api/jira/retry-failed/{session_id}"
            assert (await other.client.post(retry, json={})).status_code == 202
            assert (await other.ended(session_id))["status"] == "export_failed"
            is_error(await other.client.post(retry, json={}), 422, "retries_exhausted")
            assert (await other.client.post(f"/api/jira/release-session/{session_id}")).status_code == 200
            assert (await other.client.post(retry, json={})).status_code == 202
            assert (await one.ended(session_id))["status"] == "completed"
            each_title_once(jira, 6)

            long = await other.load(batch(200, name="Sprint 13"))
            await other.client.post(f"/api/jira/export-session/{long}", json={})
            await exported(one, long, at_least=1)
            await one.client.post(f"/api/jira/cancel-export/{long}")
            assert (await other.ended(long))["status"] == "cancelled"
        finally:
            worker.send(signal.SIGTERM)
            assert await worker.wait() == 0, output.read_text()


@pytest.mark.parametrize(
    ("env", "message"),
    [
        ({"JSE_RUNNER": "celery"}, "JSE_RUNNER='celery' is no place"),
        ({**CLUSTER}, "the demo's local Jira belongs to this process alone"),
        ({**JIRA, "JSE_RUNNER": "procrastinate"}, "the service is to use SQLite"),
        ({**JIRA, **CLUSTER, "JSE_DATABASE_URL": "sqlite:///x.db"}, "the service is to use SQLite"),
    ],
)
def test_settings_that_no_cluster_can_share_are_refused(env: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        service_settings(env)


def test_the_settings_of_a_cluster() -> None:
    settings = service_settings({**JIRA, **CLUSTER, "JSE_QUEUE": "ours"})
    assert (settings.runner, settings.queue) == ("procrastinate", "ours")
    assert service_settings({}).runner == "in-process"


def test_the_demo_refuses_several_processes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JSE_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("JIRA_BASE_URL", raising=False)
    assert runner.main(["--port", "0", "--workers", "2"]) == 2
    told = capsys.readouterr().err
    assert "The demo mode runs in one process" in told
    assert "Traceback" not in told


async def test_a_start_that_cannot_be_is_told_in_a_sentence(tmp_path: Path) -> None:
    """Under uvicorn itself: a second demo on the same state."""
    keep = {name: value for name, value in os.environ.items() if not name.startswith(("JSE_", "JIRA_"))}
    lock = FakeJira(state_file=tmp_path / "fake-jira")
    async with lock.serve():
        done = subprocess.run(  # noqa: ASYNC221 -- it ends by itself
            [sys.executable, "-m", "uvicorn", "app.main:app", "--port", "0"],
            env={**keep, "JSE_DATA_DIR": str(tmp_path), "JSE_DEMO_PORT": "0"},
            cwd=EXAMPLE,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert done.returncode == 3
    assert "Traceback" not in done.stderr
    assert "The demo mode runs in one process" in done.stderr
