"""Who may call the service, from where, and what they see."""

import base64
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from app.__main__ import check_address, free_port
from app.__main__ import main as start
from app.access import SUBPROTOCOL, TOKEN_SUBPROTOCOL, Caller, is_local
from app.main import create_app
from app.settings import ServiceSettings, service_settings
from starlette.requests import HTTPConnection
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from jira_session_export.errors import SettingsError
from jira_session_export.testing import FakeJira, Fault, faults

from .conftest import Service, batch, serve
from .test_contract import close_code, is_error

ALICE = {"Authorization": "Bearer alice-token"}
BOB = {"Authorization": "Bearer bob-token"}
CALLERS = {"alice-token": "alice", "bob-token": "bob"}


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer wrong"}, {"Authorization": "Basic alice-token"}])
async def test_without_a_known_token_nothing_is_told(settings: ServiceSettings, headers: dict[str, str]) -> None:
    async with serve(replace(settings, tokens=CALLERS), headers=headers) as service:
        for path in ("sessions", "service", "export-status/00000000-0000-4000-8000-000000000000"):
            answer = await service.client.get(f"/api/jira/{path}")
            is_error(answer, 401, "authentication_required")
            assert answer.headers["www-authenticate"].startswith("Bearer")
        assert await close_code(service, "00000000-0000-4000-8000-000000000000") == 4401
        assert (await service.client.get("/health")).status_code == 200
        assert (await service.client.get("/")).status_code == 200


async def test_one_unnamed_token_sees_everything(settings: ServiceSettings) -> None:
    async with serve(
        replace(settings, tokens={"only-token": None}), headers={"Authorization": "Bearer only-token"}
    ) as service:
        session_id = await service.load(batch(1))
        (session,) = (await service.client.get("/api/jira/sessions")).json()["sessions"]
        assert session["session_id"] == session_id
        assert session["owner"] is None


async def test_callers_see_their_own_sessions_alone(settings: ServiceSettings) -> None:
    async with serve(replace(settings, tokens=CALLERS)) as service:
        client = service.client
        hers = await service.load(batch(2), headers=ALICE)
        his = await service.load(batch(2), headers=BOB)
        assert hers != his, "two callers may load files of the same name"
        assert await service.load(batch(2), headers=ALICE) == hers, "and each updates their own"
        for headers, own in ((ALICE, hers), (BOB, his)):
            listed = (await client.get("/api/jira/sessions", headers=headers)).json()["sessions"]
            assert [session["session_id"] for session in listed] == [own]
            assert listed[0]["name"] == "Sprint 12"
        tickets = (await client.get(f"/api/jira/sessions/{hers}", headers=ALICE)).json()["tickets"]
        for answer in (
            await client.get(f"/api/jira/sessions/{hers}", headers=BOB),
            await client.get(f"/api/jira/sessions/{hers}/tickets/{tickets[0]['ticket_id']}", headers=BOB),
            await client.get(f"/api/jira/export-status/{hers}", headers=BOB),
            await client.get(f"/api/jira/export-results/{hers}", headers=BOB),
            await client.get(f"/api/jira/audit-trail/{hers}", headers=BOB),
            await client.post(f"/api/jira/export-session/{hers}", headers=BOB),
            await client.post(f"/api/jira/retry-failed/{hers}", headers=BOB),
            await client.post(f"/api/jira/cancel-export/{hers}", headers=BOB),
            await client.post(f"/api/jira/dry-run/{hers}", headers=BOB),
            await client.post(f"/api/jira/test-adf-conversion/{hers}", headers=BOB, json={"ticket_ids": []}),
        ):
            is_error(answer, 404, "session_not_found")
        assert await close_code(service, hers, additional_headers=BOB) == 4404
        assert (await client.post(f"/api/jira/export-session/{hers}", headers=ALICE)).status_code == 202


async def test_a_foreign_poll_does_not_use_up_the_owners_turn(settings: ServiceSettings) -> None:
    async with serve(replace(settings, tokens=CALLERS)) as service:
        hers = await service.load(batch(1), headers=ALICE)
        await service.client.get(f"/api/jira/export-status/{hers}", headers=BOB)
        answer = await service.client.get(f"/api/jira/export-status/{hers}", headers=ALICE)
        is_error(answer, 422, "not_started")


async def test_a_browser_sends_its_token_as_a_subprotocol(settings: ServiceSettings) -> None:
    async with serve(replace(settings, tokens=CALLERS)) as service:
        session_id = await service.load(batch(1), headers=ALICE)

        def offer(token: bytes) -> list[Any]:
            return [SUBPROTOCOL, TOKEN_SUBPROTOCOL + base64.urlsafe_b64encode(token).decode().rstrip("=")]

        address = f"{service.websocket_url}/{session_id}"
        async with connect(address, subprotocols=offer(b"alice-token")) as socket:
            assert '"status":"ready"' in str(await socket.recv())
            assert socket.subprotocol == SUBPROTOCOL, "the token is not sent back"
        assert await close_code(service, session_id, subprotocols=offer(b"wrong")) == 4401
        assert await close_code(service, session_id, subprotocols=offer(b"\xff")) == 4401
        assert await close_code(service, session_id, subprotocols=offer(b"bob-token")) == 4404


async def test_pages_of_other_origins_may_neither_listen_nor_write(service: Service) -> None:
    session_id = await service.load(batch(1))
    foreign = {"Origin": "https://evil.example"}
    answer = await service.client.post(f"/api/jira/export-session/{session_id}", headers=foreign)
    is_error(answer, 403, "origin_not_allowed")
    assert await close_code(service, session_id, origin="https://evil.example") == 4403
    own = service.url
    assert (await service.client.post(f"/api/jira/dry-run/{session_id}", headers={"Origin": own})).status_code == 200
    async with connect(f"{service.websocket_url}/{session_id}", origin=own) as socket:  # type: ignore[arg-type]
        assert await socket.recv()


async def test_allowed_origins_may(settings: ServiceSettings) -> None:
    async with serve(replace(settings, allowed_origins=frozenset({"https://host.example"}))) as service:
        session_id = await service.load(batch(1), headers={"Origin": "https://host.example"})
        async with connect(f"{service.websocket_url}/{session_id}", origin="https://host.example") as socket:  # type: ignore[arg-type]
            assert await socket.recv()


async def test_without_a_token_only_this_machine_is_served(service: Service) -> None:
    answer = await service.client.get("/api/jira/sessions", headers={"Host": "attacker.example"})
    is_error(answer, 403, "local_only")
    here = service.url.rpartition(":")[2]
    address = f"ws://attacker.example:{here}/api/jira/export/progress/x"
    async with connect(address, host="127.0.0.1", port=int(here)) as socket:
        with pytest.raises(ConnectionClosed):
            await socket.recv()
    assert socket.close_code == 4403
    assert (await service.client.get("/api/jira/sessions", headers={"Host": "localhost:8000"})).status_code == 200


async def test_without_a_token_other_machines_are_refused(settings: ServiceSettings) -> None:
    transport = httpx.ASGITransport(app=create_app(settings), client=("203.0.113.5", 40000))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as elsewhere:
        is_error(await elsewhere.get("/api/jira/sessions"), 403, "local_only")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "service.example", ""])
def test_no_public_address_without_a_token(host: str) -> None:
    with pytest.raises(SettingsError, match="does not listen"):
        check_address(host, service_settings({}))
    check_address(host, service_settings({"JSE_API_TOKEN": "a-secret-that-is-long"}))


@pytest.mark.parametrize(
    ("host", "local"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("localhost", True),
        ("app.localhost", True),
        ("localhost.example", False),
        ("10.0.0.1", False),
        ("0.0.0.0", False),
    ],
)
def test_what_is_this_machine(host: str, *, local: bool) -> None:
    assert is_local(host) is local


async def test_a_host_brings_its_own_access(settings: ServiceSettings) -> None:
    async def by_header(connection: HTTPConnection) -> Caller:
        return Caller(connection.headers["x-user"])

    async with serve(settings, authenticate=by_header) as service:
        session_id = await service.load(batch(1), headers={"X-User": "carol"})
        listed = await service.client.get("/api/jira/sessions", headers={"X-User": "carol"})
        assert [each["session_id"] for each in listed.json()["sessions"]] == [session_id]
        listed = await service.client.get("/api/jira/sessions", headers={"X-User": "dave"})
        assert listed.json()["sessions"] == []


async def test_the_page_is_protected(service: Service) -> None:
    for path in ("/", "/static/js/main.js", "/api/jira/sessions", "/nowhere"):
        headers = (await service.client.get(path)).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
    page = (await service.client.get("/")).text
    assert "<style" not in page
    assert "style=" not in page
    assert "<script>" not in page
    assert "://" not in page.replace('xmlns="http://www.w3.org/2000/svg"', ""), "nothing is loaded from elsewhere"


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("", {}),
        ("secret", {"secret": None}),
        ("alice:one", {"one": "alice"}),
        ("alice:one, bob:two", {"one": "alice", "two": "bob"}),
    ],
)
def test_tokens_in_the_environment(text: str, tokens: dict[str, str | None]) -> None:
    assert service_settings({"JSE_API_TOKEN": text}).tokens == tokens


@pytest.mark.parametrize("text", ["one,two", "alice:", ":one", "alice:one,bob:one", "with space", "alice:one,two"])
def test_tokens_that_cannot_be_meant(text: str) -> None:
    with pytest.raises(SettingsError, match="JSE_API_TOKEN") as caught:
        service_settings({"JSE_API_TOKEN": text})
    assert "one" not in str(caught.value), "a token is never repeated"


def test_settings_of_the_environment() -> None:
    settings = service_settings(
        {"JSE_PAUSE_SECONDS": "0.25", "JSE_DATABASE_URL": "postgresql://db/x", "JSE_DEMO_PORT": "0"}
    )
    assert settings.export.pause_seconds == 0.25
    assert settings.database_url == "postgresql://db/x"
    assert settings.jira is None
    assert settings.demo_port == 0
    with pytest.raises(SettingsError, match="JIRA_EMAIL, JIRA_API_TOKEN"):
        service_settings({"JIRA_BASE_URL": "https://example.atlassian.net"})
    with pytest.raises(SettingsError, match="JSE_DEMO_PORT"):
        service_settings({"JSE_DEMO_PORT": "70000"})
    assert "secret" not in repr(service_settings({"JSE_API_TOKEN": "secret"}))


async def test_only_administrators_release_sessions(settings: ServiceSettings, jira: FakeJira) -> None:
    jira.faults.add(Fault(("POST", "/issue"), faults.status(401), times=None))
    strict = settings.export.model_copy(update={"max_retries": 1})
    told = replace(settings, tokens=CALLERS, administrators=frozenset({"alice"}), export=strict)
    async with serve(told) as service:
        for headers, may in ((BOB, False), (ALICE, True)):
            session_id = await service.load(batch(1), headers=headers)
            await service.client.post(f"/api/jira/export-session/{session_id}", headers=headers)
            await service.ended(session_id, headers=headers)
            await service.client.post(f"/api/jira/retry-failed/{session_id}", headers=headers)
            await service.ended(session_id, headers=headers)
            about = (await service.client.get("/api/jira/service", headers=headers)).json()
            assert about["administrator"] is may
            refused = await service.client.post(f"/api/jira/retry-failed/{session_id}", headers=headers)
            body = is_error(refused, 422, "retries_exhausted")
            release = await service.client.post(f"/api/jira/release-session/{session_id}", headers=headers)
            if may:
                assert "release-session" in body["recovery_actions"][1]
                assert release.json()["retry_available"] is True
            else:
                assert body["user_message"] == "Maximum retry attempts (1) exceeded. Please contact administrator."
                is_error(release, 403, "administrators_only")


def test_a_taken_port_is_told_and_no_address_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("JSE_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("JSE_DATABASE_URL", raising=False)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen(1)
        port = other.getsockname()[1]
        assert start(["--port", str(port), "--load", str(tmp_path / "none.json")]) == 2
        printed = capsys.readouterr()
        assert printed.out == ""
        assert f"cannot listen on 127.0.0.1, port {port}: another program listens there" in printed.err
        assert "make app ARGS='--port 8001'" in printed.err
    assert not (tmp_path / "data").exists()
    assert free_port("127.0.0.1", port) == port
    assert free_port("127.0.0.1", 0) > 0
