"""The reference service on a real socket, exporting to a FakeJira on another."""

import json
import socket
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import anyio.lowlevel
import httpx
import pytest
import uvicorn

from jira_session_export import ExportSettings, JiraSettings
from jira_session_export.testing import FakeJira

EXAMPLE = Path(__file__).parents[3] / "examples" / "fastapi_app"
sys.path.insert(0, str(EXAMPLE))

from app.main import create_app  # noqa: E402 -- the example is no package that is installed
from app.settings import ServiceSettings  # noqa: E402

FAST = ExportSettings(pause_seconds=0, index_settle_seconds=0.2, reconcile_budget_seconds=5)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # the service's database and uvicorn know no other


@dataclass(frozen=True)
class Service:
    """The running service, seen from outside."""

    url: str
    client: httpx.AsyncClient
    settings: ServiceSettings

    @property
    def websocket_url(self) -> str:
        return self.url.replace("http", "ws", 1) + "/api/jira/export/progress"

    async def load(self, batch: Mapping[str, Any], **options: Any) -> str:
        """Load a session; its id."""
        files = {"file": ("batch.json", json.dumps(batch).encode(), "application/json")}
        answer = await self.client.post("/api/jira/sessions", files=files, **options)
        assert answer.status_code == 201, answer.text
        return str(answer.json()["session_id"])

    async def ended(self, session_id: str, **options: Any) -> dict[str, Any]:
        """The session, once no export of it runs."""
        with anyio.fail_after(30):
            while True:
                session: dict[str, Any] = (await self.client.get(f"/api/jira/sessions/{session_id}", **options)).json()
                if session["status"] != "exporting":
                    return session
                await anyio.sleep(0.02)

    async def exported(self, batch: Mapping[str, Any]) -> str:
        """Load a session and export it to its end."""
        session_id = await self.load(batch)
        answer = await self.client.post(f"/api/jira/export-session/{session_id}", json={})
        assert answer.status_code == 202, answer.text
        await self.ended(session_id)
        return session_id


def batch(tickets: int = 3, name: str = "Sprint 12", **fields: Any) -> dict[str, Any]:
    """A batch file of so many tickets, the last of which depends on the first."""
    listed: list[dict[str, Any]] = [
        {"id": f"t{number}", "title": f"Ticket number {number}", "description_html": f"<p>Body <b>{number}</b></p>"}
        for number in range(1, tickets + 1)
    ]
    if tickets > 1:
        listed[-1]["depends_on"] = ["t1"]
    return {"name": name, "project_key": "DEMO", "tickets": listed, **fields}


@pytest.fixture
async def jira() -> AsyncIterator[FakeJira]:
    fake = FakeJira()
    async with fake.serve():
        yield fake


@pytest.fixture
def settings(tmp_path: Path, jira: FakeJira) -> ServiceSettings:
    return ServiceSettings(
        export=FAST,
        jira=JiraSettings(jira.base_url, "service@example.com", "jira-token"),
        database_url=f"sqlite:///{tmp_path / 'exports.sqlite3'}",
        data_dir=tmp_path,
    )


Serve = Callable[..., AbstractAsyncContextManager[Service]]


@asynccontextmanager
async def serve(
    settings: ServiceSettings, *, headers: Mapping[str, str] | None = None, **options: Any
) -> AsyncIterator[Service]:
    """The service with these settings, until the block is left."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        config = uvicorn.Config(create_app(settings, **options), log_config=None, timeout_graceful_shutdown=2)
        server = uvicorn.Server(config)
        url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: server.serve([listening]))
            with anyio.fail_after(20):
                while not server.started:
                    await anyio.sleep(0.01)
            async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60) as client:
                yield Service(url, client, settings)
            server.should_exit = True
        await cut_off(server)


async def cut_off(server: uvicorn.Server) -> None:
    """Close what a server that has ended left open: connections that it accepted while it ended, or that are slow.

    uvicorn looks at its connections once. What is left would be found open by the garbage collector, in another test.
    """
    for connection in list(server.server_state.connections):
        if (transport := connection.transport) is not None:
            transport.abort()
    await anyio.lowlevel.checkpoint()


@pytest.fixture
async def service(settings: ServiceSettings) -> AsyncIterator[Service]:
    async with serve(settings) as running:
        yield running
