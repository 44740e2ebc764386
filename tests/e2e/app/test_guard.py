"""Strangers, slow callers and crowds cost nothing: bodies, connections, descriptors."""

import asyncio
import contextlib
import os
import socket
import subprocess
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import anyio
import httpx
import pytest
from app.__main__ import check_address
from app.guard import UPLOADS_AT_ONCE, UPLOADS_WAITING
from app.settings import ServiceSettings, service_settings

from jira_session_export.errors import SettingsError

from .conftest import EXAMPLE, Service, batch, serve
from .test_contract import is_error

TOKEN = "a-token-that-is-long-enough"


async def raw(service: Service, head: str, body: bytes = b"", *, seconds: float = 10) -> str:
    """What a caller who sends just this is answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(service.url.rpartition(":")[2]))
    writer.write(head.replace("\n", "\r\n").encode() + b"\r\n" + body)
    await writer.drain()
    with anyio.fail_after(seconds):
        answer = (await reader.read()).decode()
    writer.close()
    return answer


@pytest.mark.parametrize("path", ["/api/jira/sessions", "/api/jira/export-session/x", "/api/jira/validate-project"])
async def test_nothing_of_a_strangers_body_is_waited_for(settings: ServiceSettings, path: str) -> None:
    async with serve(replace(settings, tokens={TOKEN: None})) as service:
        head = (
            f"POST {path} HTTP/1.1\nHost: x\nContent-Length: 40000000\nContent-Type: multipart/form-data; boundary=b\n"
        )
        answer = await raw(service, head, seconds=5)  # of the body, not a byte was sent
        assert answer.startswith("HTTP/1.1 401")
        assert "authentication_required" in answer
        assert "connection: close" in answer.lower()
        expecting = await raw(service, head + "Expect: 100-continue\n", seconds=5)
        assert expecting.startswith("HTTP/1.1 401"), "nobody is asked to go on"


async def test_a_body_that_comes_too_slowly_is_given_up(settings: ServiceSettings) -> None:
    async with serve(replace(settings, body_patience_seconds=0.3)) as service:
        for path in ("/api/jira/sessions", "/api/jira/validate-project"):
            kind = "multipart/form-data; boundary=b" if path.endswith("sessions") else "application/json"
            head = f"POST {path} HTTP/1.1\nHost: 127.0.0.1\nContent-Length: 4000\nContent-Type: {kind}\n"
            answer = await raw(service, head, b"--b\r\n" if kind.startswith("multipart") else b"{")
            assert answer.startswith("HTTP/1.1 408"), answer
            assert "request_too_slow" in answer
        # What is slow to answer is another thing: the body was there at once.
        session_id = await service.load(batch(400))
        assert (await service.client.post(f"/api/jira/dry-run/{session_id}?limit=1")).status_code == 200


async def test_a_refused_caller_who_is_still_sending_hears_why(settings: ServiceSettings) -> None:
    async with serve(replace(settings, tokens={TOKEN: None})) as service:
        files = {"file": ("batch.json", b"x" * 600_000)}
        is_error(await service.client.post("/api/jira/sessions", files=files), 401, "authentication_required")


@pytest.mark.parametrize("host", ["[::1", "a:b:c", "[", "127.0.0.1:port", "\u00fc", "x y", "]", "127.0.0.1:99999999"])
async def test_a_malformed_host_is_no_error_of_ours(settings: ServiceSettings, host: str) -> None:
    for tokens in ({}, {TOKEN: None}):
        async with serve(replace(settings, tokens=tokens)) as service:
            head = f"GET /api/jira/sessions HTTP/1.1\nHost: {host}\nConnection: close\n"
            status = int((await raw(service, head)).split(" ")[1])
            assert status in ({401} if tokens else {200, 400, 403}), host


@pytest.mark.parametrize("origin", ["http://[::1", "//", "null", "http://", "x", "http://a:b:c", "\u00fc", "http://]"])
async def test_a_malformed_origin_is_not_allowed(service: Service, origin: str) -> None:
    head = f"POST /api/jira/validate-project HTTP/1.1\nHost: 127.0.0.1\nOrigin: {origin}\nConnection: close\n"
    answer = await raw(service, head)
    assert answer.startswith("HTTP/1.1 403"), answer
    assert "origin_not_allowed" in answer


async def test_without_a_token_nobody_is_served_through_a_proxy(service: Service) -> None:
    for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "X-Forwarded-Host"):
        answer = await service.client.get("/api/jira/sessions", headers={name: "203.0.113.9"})
        assert "proxy" in is_error(answer, 403, "local_only")["user_message"]


def test_a_short_token_is_no_protection_on_a_public_address() -> None:
    with pytest.raises(SettingsError, match="16 characters"):
        check_address("0.0.0.0", service_settings({"JSE_API_TOKEN": "secret"}))
    check_address("127.0.0.1", service_settings({"JSE_API_TOKEN": "secret"}))
    check_address("0.0.0.0", service_settings({"JSE_API_TOKEN": TOKEN}))


async def test_uploads_wait_for_their_turn_and_no_crowd_waits(service: Service) -> None:
    session_id = await service.exported(batch(1))
    head = "POST /api/jira/sessions HTTP/1.1\nHost: 127.0.0.1\nContent-Length: 4000\nContent-Type: multipart/form-data; boundary=b\n"
    writers = []
    for _ in range(UPLOADS_AT_ONCE + UPLOADS_WAITING):
        _, writer = await asyncio.open_connection("127.0.0.1", int(service.url.rpartition(":")[2]))
        writer.write(head.replace("\n", "\r\n").encode() + b"\r\n--b\r\n")
        writers.append(writer)
    await anyio.sleep(0.3)
    refused = await raw(service, head)
    assert refused.startswith("HTTP/1.1 503"), refused
    assert "retry-after" in refused.lower()
    assert (await service.client.get(f"/api/jira/export-status/{session_id}")).status_code == 200
    for writer in writers:
        writer.close()
    with anyio.fail_after(10):
        assert await service.load(batch(1, name="next"))


@pytest.fixture
async def starved(tmp_path: Path) -> AsyncIterator[tuple[subprocess.Popen[str], str]]:
    """The service in a process with few descriptors, and its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "JSE_DATA_DIR": str(tmp_path / "data"),
        "JSE_DEMO_PORT": "0",
        "PYTHONPATH": str(EXAMPLE),
    }
    log = (tmp_path / "log").open("w")
    process = subprocess.Popen(  # noqa: ASYNC220 -- it does not wait
        ["/bin/sh", "-c", f"ulimit -n 128; exec {sys.executable} -m app --port {port}"],
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=log,
        text=True,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        async with httpx.AsyncClient() as client:
            with anyio.fail_after(60):
                while True:
                    with contextlib.suppress(httpx.TransportError):
                        await client.get(f"{url}/health")
                        break
                    await anyio.sleep(0.1)
        yield process, url
    finally:
        process.terminate()
        process.wait(30)
        log.close()


async def test_silent_connections_do_not_use_up_the_descriptors(
    starved: tuple[subprocess.Popen[str], str], tmp_path: Path
) -> None:
    process, url = starved
    address = ("127.0.0.1", int(url.rpartition(":")[2]))
    used = _processor_seconds(process.pid)
    sockets = []
    for _ in range(300):
        silent = socket.socket()
        with contextlib.suppress(OSError):
            silent.connect(address)
        sockets.append(silent)
    await anyio.sleep(2)
    assert _processor_seconds(process.pid) - used < 1, "it spins"
    assert (tmp_path / "log").read_text().count("\n") < 20, "the log is flooded"
    for silent in sockets:
        silent.close()
    async with httpx.AsyncClient() as client:
        with anyio.fail_after(30):
            while True:
                with contextlib.suppress(httpx.TransportError):
                    assert (await client.get(f"{url}/health")).status_code == 200
                    break
                await anyio.sleep(0.1)


def _processor_seconds(process_id: int) -> float:
    fields = Path(f"/proc/{process_id}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
