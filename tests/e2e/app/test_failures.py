"""What callers see when the parts below the service fail."""

import json
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from app.access import Caller
from app.examples import EXAMPLES
from app.plans import NoDryRunError, Plan, PlanStore
from app.ratelimit import PollingLimit, PollingTooFastError
from app.settings import ServiceSettings
from starlette.requests import HTTPConnection
from websockets.asyncio.client import connect

from jira_session_export.api import ExportPlanResponse
from jira_session_export.testing import FakeJira, FakeRuntime

from .conftest import Service, batch, serve
from .test_contract import close_code, is_error


def break_database(service: Service) -> None:
    path = service.settings.data_dir / "exports.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        database.execute("ALTER TABLE sessions RENAME TO lost")


async def test_a_database_that_fails_is_503_everywhere(service: Service) -> None:
    session_id = await service.load(batch(1))
    break_database(service)
    client = service.client
    for answer in (
        await client.get("/api/jira/sessions"),
        await client.get(f"/api/jira/sessions/{session_id}"),
        await client.get(f"/api/jira/export-status/{session_id}"),
        await client.get(f"/api/jira/export-results/{session_id}"),
        await client.post(f"/api/jira/export-session/{session_id}", json={}),
        await client.post(f"/api/jira/retry-failed/{session_id}", json={}),
        await client.post(
            "/api/jira/sessions", files={"file": ("b.json", b'{"project_key":"A","tickets":[{"title":"x"}]}')}
        ),
    ):
        body = is_error(answer, 503, "store_unavailable")
        assert body["error_category"] == "temporary"
    assert (await client.get("/ready")).status_code == 503
    assert (await client.get("/health")).status_code == 200
    assert await close_code(service, session_id) == 1013


async def test_a_database_that_fails_while_somebody_listens(service: Service) -> None:
    session_id = await service.load(batch(1))
    async with connect(f"{service.websocket_url}/{session_id}") as socket:
        assert "ready" in str(await socket.recv())
        break_database(service)
        await socket.wait_closed()
    assert socket.close_code == 1013


async def test_what_nobody_foresaw_is_told_without_its_insides(settings: ServiceSettings) -> None:
    async def broken(_connection: HTTPConnection) -> Caller:
        raise RuntimeError("secret detail")

    async with serve(settings, authenticate=broken) as service:
        answer = await service.client.get("/api/jira/sessions")
        is_error(answer, 500, "internal_error")
        assert "secret" not in answer.text
        assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_addresses_and_methods_that_are_not_there(service: Service) -> None:
    is_error(await service.client.get("/api/jira/nothing"), 404, "http_error")
    answer = await service.client.delete("/api/jira/sessions")
    is_error(answer, 405, "http_error")
    assert answer.headers["allow"] == "GET, POST"
    assert (await service.client.get("/static/../main.py")).status_code == 404
    assert (await service.client.get("/static/%2e%2e/main.py")).status_code == 404


async def test_a_listener_that_does_not_read_holds_up_nobody(service: Service, jira: FakeJira) -> None:
    session_id = await service.load(batch(40))
    async with connect(f"{service.websocket_url}/{session_id}", max_queue=1):
        await service.client.post(f"/api/jira/export-session/{session_id}", json={})
        assert (await service.ended(session_id))["status"] == "completed"
    assert len(jira.issues) == 40


async def test_without_room_on_the_disk_the_service_is_not_ready(settings: ServiceSettings) -> None:
    async with serve(replace(settings, least_free_bytes=10**18)) as service:
        answer = await service.client.get("/ready")
        assert (answer.status_code, answer.json()) == (
            503,
            {"status": "unavailable", "database": "ok", "queue": "none", "storage": "full"},
        )


async def test_a_database_file_that_was_removed_is_told(service: Service, settings: ServiceSettings) -> None:
    session_id = await service.load(batch(1))
    path = Path(settings.database_url.removeprefix("sqlite:///"))
    path.rename(path.with_suffix(".gone"))
    answer = await service.client.get("/ready")
    assert (answer.status_code, answer.json()["database"]) == (503, "unavailable")
    body = is_error(await service.client.get(f"/api/jira/sessions/{session_id}"), 503, "store_unavailable")
    assert "file is gone" in body["user_message"]


@pytest.mark.parametrize("content", [b"damaged" * 2_000, b"", None])
async def test_its_own_tables_are_made_anew_when_their_file_is_damaged(tmp_path: Path, content: bytes | None) -> None:
    """They hold polls and dry runs, which can be had again; a status must not be refused for them."""
    runtime, session_id = FakeRuntime(), uuid4()
    plan = Plan.of(ExportPlanResponse(**EXAMPLES["ExportPlanResponse"]), runtime.now())
    address = f"sqlite:///{tmp_path}/exports.sqlite3"
    async with PollingLimit.open(address, runtime) as polling, PlanStore.open(address) as plans:
        await plans.keep(plan)
        await polling.check(session_id)
        for engine in (polling._engine, plans._engine):
            engine.dispose()
        file = tmp_path / "exports-service.sqlite3"
        for path in tmp_path.glob(f"{file.name}-*"):
            path.unlink()
        if content is None:
            file.unlink()
        else:
            file.write_bytes(content)
        with pytest.raises(NoDryRunError):
            await plans.last(plan.summary.session_id)
        await plans.keep(plan)
        assert (await plans.last(plan.summary.session_id)).issues == plan.issues
        runtime.clock.advance(3)
        await polling.check(session_id)
        with pytest.raises(PollingTooFastError):
            await polling.check(session_id)


async def test_a_status_is_not_refused_because_a_poll_cannot_be_noted(tmp_path: Path) -> None:
    async with PollingLimit.open(f"sqlite:///{tmp_path}/exports.sqlite3", FakeRuntime()) as polling:
        with sqlite3.connect(tmp_path / "exports-service.sqlite3") as other:
            other.execute("DROP TABLE service_status_polls")
            other.execute("CREATE VIEW service_status_polls AS SELECT 1 AS session_id, 2 AS polled_at")
        await polling.check(uuid4())


async def test_what_the_service_keeps_is_its_users_alone(settings: ServiceSettings) -> None:
    settings = replace(
        settings, data_dir=settings.data_dir / "data", database_url=f"sqlite:///{settings.data_dir}/data/e.db"
    )
    async with serve(settings) as service:
        tickets = batch(1) | {"tickets": [{"title": "One", "attachments": ["notes.txt"]}]}
        files = [
            ("file", ("batch.json", json.dumps(tickets).encode(), "application/json")),
            ("attachments", ("notes.txt", b"notes", "text/plain")),
        ]
        assert (await service.client.post("/api/jira/sessions", files=files)).status_code == 201
        found = [settings.data_dir, *settings.data_dir.rglob("*")]
        assert len(found) > 5
        assert [path for path in found if stat.S_IMODE(path.stat().st_mode) & 0o077] == []


async def test_tables_of_a_newer_version_are_left_to_it(service: Service) -> None:
    session_id = await service.load(batch(1))
    with closing(sqlite3.connect(service.settings.data_dir / "exports.sqlite3")) as database, database:
        database.execute("UPDATE export_alembic_version SET version_num = '9999'")
    body = is_error(await service.client.post(f"/api/jira/export-session/{session_id}", json={}), 503, "newer_tables")
    assert "revision 9999" in body["user_message"]
    ready = await service.client.get("/ready")
    assert (ready.status_code, ready.json()["database"]) == (503, "newer")
    assert (await service.client.get(f"/api/jira/sessions/{session_id}")).json()["status"] == "ready"
