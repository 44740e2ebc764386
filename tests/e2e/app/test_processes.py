"""The service as processes: killed, stopped, several at once, behind a proxy."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from jira_session_export.testing import FakeJira, Fault, faults

from .conftest import EXAMPLE, Service, batch
from .test_contract import is_error

DEMO = EXAMPLE.parent / "data" / "demo-session.json"


def environment(folder: Path, jira: FakeJira, **more: str) -> dict[str, str]:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("JSE_", "JIRA_"))}
    return {
        **inherited,
        "JIRA_BASE_URL": jira.base_url,
        "JIRA_EMAIL": "service@example.com",
        "JIRA_API_TOKEN": "jira-token",
        "JSE_DATA_DIR": str(folder),
        "JSE_PAUSE_SECONDS": "0.1",
        "JSE_LEASE_SECONDS": "1.5",
        "JSE_INDEX_SETTLE_SECONDS": "0.5",
        **more,
    }


@contextmanager
def process(*arguments: str, env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    running = subprocess.Popen([sys.executable, "-m", *arguments], env=env, cwd=EXAMPLE, start_new_session=True)
    try:
        yield running
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)  # its workers too
        running.wait()


@asynccontextmanager
async def uvicorn(env: dict[str, str], *arguments: str) -> AsyncIterator[tuple[Any, subprocess.Popen[bytes]]]:
    """`uvicorn app.main:app` as a process of its own, once it is ready."""
    port = free_port()
    with process(
        "uvicorn", "app.main:app", "--port", str(port), "--log-level", "warning", *arguments, env=env
    ) as running:
        url = f"http://127.0.0.1:{port}"
        async with httpx.AsyncClient(base_url=url, timeout=30) as client:
            await ready(client, running)
            yield Service(url, client, None), running  # type: ignore[arg-type]


async def ready(client: httpx.AsyncClient, running: subprocess.Popen[bytes]) -> None:
    with anyio.fail_after(40):
        while True:
            assert running.poll() is None, "the service did not start"
            try:
                (await client.get("/ready")).raise_for_status()
            except httpx.TransportError:
                await anyio.sleep(0.05)
            else:
                return


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


async def exported(service: Service, session_id: str, *, at_least: int) -> None:
    with anyio.fail_after(30):
        while (await service.client.get(f"/api/jira/sessions/{session_id}")).json()["tickets_exported"] < at_least:
            await anyio.sleep(0.02)


def each_title_once(jira: FakeJira, tickets: int) -> None:
    titles = Counter(issue.summary for issue in jira.issues.values())
    assert len(titles) == tickets
    assert set(titles.values()) == {1}


async def test_a_killed_service_goes_on_by_itself_without_duplicates(jira: FakeJira, tmp_path: Path) -> None:
    env = environment(tmp_path, jira)
    # The answer of the sixth create is still on its way when the process dies.
    jira.faults.add(Fault(("POST", "/issue"), faults.slow(0.8), nth=6))
    async with uvicorn(env) as (service, running):
        session_id = await service.load(batch(12))
        await service.client.post(f"/api/jira/export-session/{session_id}", json={})
        await exported(service, session_id, at_least=5)
        await anyio.sleep(0.3)
        running.kill()
    async with uvicorn(env) as (service, _):
        session = await service.ended(session_id)
        assert session["status"] == "completed"
        kinds = [
            (entry["kind"], entry["facts"].get("crashed"))
            for entry in (await service.client.get(f"/api/jira/audit-trail/{session_id}")).json()["entries"]
        ]
    assert ("run_resumed", True) in kinds
    each_title_once(jira, 12)
    assert len(jira.links) == 1


async def test_a_stopped_service_hands_over_and_the_next_goes_on(jira: FakeJira, tmp_path: Path) -> None:
    env = environment(tmp_path, jira, JSE_LEASE_SECONDS="600")
    async with uvicorn(env) as (service, running):
        session_id = await service.load(batch(10))
        await service.client.post(f"/api/jira/export-session/{session_id}", json={})
        async with connect(f"{service.websocket_url}/{session_id}") as listener:
            await exported(service, session_id, at_least=3)
            running.send_signal(signal.SIGTERM)
            with anyio.fail_after(20):
                async for _ in _ignoring_close(listener):
                    pass
                assert listener.close_code == 1012
                await anyio.to_thread.run_sync(running.wait)
    assert running.returncode in {0, -signal.SIGTERM}
    async with uvicorn(env) as (service, _):
        # The lease lasts ten minutes, so this works only because it was given back.
        assert (await service.ended(session_id))["status"] == "completed"
    each_title_once(jira, 10)


async def _ignoring_close(listener: Any) -> AsyncIterator[Any]:
    try:
        async for message in listener:
            yield message
    except ConnectionClosed:
        return


async def test_several_processes_share_everything(jira: FakeJira, tmp_path: Path) -> None:
    env = environment(tmp_path, jira)
    jira.faults.add(Fault(("POST", "/issue"), faults.slow(0.15), times=None))
    async with uvicorn(env) as (one, _), uvicorn(env) as (other, _):
        session_id = await one.load(batch(10))
        async with connect(f"{other.websocket_url}/{session_id}") as listener:
            await one.client.post(f"/api/jira/export-session/{session_id}", json={})
            again = await other.client.post(f"/api/jira/export-session/{session_id}", json={})
            assert again.status_code == 202
            assert (await one.client.get(f"/api/jira/export-status/{session_id}")).status_code == 200
            is_error(await other.client.get(f"/api/jira/export-status/{session_id}"), 429, "polling_too_fast")
            got = [json.loads(text) async for text in listener]
        assert got[-1]["type"] == "export_complete"
        assert any(message["status"] == "exporting" and message["tickets_completed"] for message in got[:-1])
    each_title_once(jira, 10)


async def test_cancelling_reaches_another_process(jira: FakeJira, tmp_path: Path) -> None:
    env = environment(tmp_path, jira, JSE_PAUSE_SECONDS="0.3")
    async with uvicorn(env) as (one, _), uvicorn(env) as (other, _):
        session_id = await one.load(batch(30))
        await one.client.post(f"/api/jira/export-session/{session_id}", json={})
        await exported(one, session_id, at_least=1)
        await other.client.post(f"/api/jira/cancel-export/{session_id}")
        session = await other.ended(session_id)
    assert session["status"] == "cancelled"
    assert 0 < len(jira.issues) < 30


async def test_behind_a_proxy_on_a_path(jira: FakeJira, tmp_path: Path) -> None:
    async with uvicorn(environment(tmp_path, jira), "--root-path", "/export") as (service, _):
        for path in ("/", "/static/js/main.js", "/api/jira/sessions"):
            assert (await service.client.get(path)).status_code == 200, path
        servers = (await service.client.get("/openapi.json")).json()["servers"]
        assert servers == [{"url": "/export"}]
        session_id = await service.load(batch(1))
        async with connect(f"{service.websocket_url}/{session_id}") as listener:
            assert "ready" in str(await listener.recv())


async def test_a_proxy_tells_who_really_asks(jira: FakeJira, tmp_path: Path) -> None:
    async with uvicorn(environment(tmp_path, jira), "--proxy-headers") as (service, _):
        forwarded = {"X-Forwarded-For": "203.0.113.5"}
        is_error(await service.client.get("/api/jira/sessions", headers=forwarded), 403, "local_only")


async def test_on_postgres_too(jira: FakeJira, tmp_path: Path, postgres: str) -> None:
    env = environment(tmp_path, jira, JSE_DATABASE_URL=postgres)
    async with uvicorn(env, "--workers", "2") as (service, _):
        session_id = await service.exported(batch(5))
        assert (await service.client.get(f"/api/jira/sessions/{session_id}")).json()["status"] == "completed"
        answers = [await service.client.get(f"/api/jira/export-status/{session_id}") for _ in range(4)]
        assert sorted(answer.status_code for answer in answers) == [200, 429, 429, 429]
    each_title_once(jira, 5)


async def test_the_runner_loads_the_demo_and_prints_the_address(tmp_path: Path) -> None:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("JSE_", "JIRA_"))}
    env = inherited | {"JSE_DATA_DIR": str(tmp_path), "JSE_DEMO_PORT": "0"}
    port = free_port()
    command = [sys.executable, "-m", "app", "--port", str(port), "--load", str(DEMO)]
    running = subprocess.Popen(  # noqa: ASYNC220 -- it only starts
        command, env=env, cwd=EXAMPLE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
            await ready(client, running)
            (session,) = (await client.get("/api/jira/sessions")).json()["sessions"]
            assert session["total_tickets"] == 87
    finally:
        running.terminate()
        output, _ = running.communicate(timeout=20)
    assert f"http://127.0.0.1:{port}/" in output.decode()
    assert "demo mode" in output.decode()


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])
def test_the_runner_refuses_a_public_address_without_a_token(tmp_path: Path, host: str) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("JSE_", "JIRA_"))}
    done = subprocess.run(
        [sys.executable, "-m", "app", "--host", host],
        env=env | {"JSE_DATA_DIR": str(tmp_path)},
        cwd=EXAMPLE,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert "JSE_API_TOKEN" in done.stderr


@pytest.mark.skipif(not hasattr(resource, "prlimit"), reason="only Linux changes the limits of another process")
async def test_a_disk_that_fails_midway_loses_nothing(tmp_path: Path, jira: FakeJira) -> None:
    """The process is kept from writing to files, as by a full or failing disk; it takes no rights and no disk."""
    async with uvicorn(environment(tmp_path, jira)) as (service, running):
        session_id = await service.load(batch(30))
        await service.client.post(f"/api/jira/export-session/{session_id}", json={})
        await exported(service, session_id, at_least=3)
        _, hard = resource.prlimit(running.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (0, hard))
        # Whoever only reads is served; whoever writes is told what is the matter, and what to do.
        file = {"file": ("other.json", json.dumps(batch(1, name="Other")).encode())}
        is_error(await service.client.post("/api/jira/sessions", files=file), 503, "disk_full")
        body = is_error(await service.client.post(f"/api/jira/dry-run/{session_id}"), 503, "store_unavailable")
        assert body["user_message"] == "The disk of the database failed."
        body = is_error(await service.client.post(f"/api/jira/cancel-export/{session_id}"), 503, "store_unavailable")
        assert "The disk of the database failed" in body["user_message"]  # there is room on it
        assert "system's log" in body["recovery_actions"][0]
        for path in (
            "sessions",
            f"sessions/{session_id}",
            f"export-status/{session_id}",
            f"export-results/{session_id}",
        ):
            answer = await service.client.get(f"/api/jira/{path}")
            assert answer.status_code == 200, answer.text
        await anyio.sleep(2)  # longer than the lease
        resource.prlimit(running.pid, resource.RLIMIT_FSIZE, (hard, hard))
        assert (await service.client.post("/api/jira/sessions", files=file)).status_code == 201
        assert (await service.ended(session_id))["status"] == "completed"
    assert Counter(issue.summary for issue in jira.issues.values()) == Counter(
        f"Ticket number {number}" for number in range(1, 31)
    )
