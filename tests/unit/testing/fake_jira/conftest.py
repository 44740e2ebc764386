import math
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from jira_session_export._jira.http import HttpError, HttpFault, HttpRequest
from jira_session_export._jira.network import FAULTS
from jira_session_export.testing import FakeJira, FakeRuntime

_ERRORS = {fault: kind for kind, fault in FAULTS.items() if fault is not HttpFault.CONNECTION_LOST}
_ERRORS[HttpFault.CONNECTION_LOST] = httpx.ReadError


class OverFake(httpx.AsyncBaseTransport):
    """Lets httpx speak to the fake without a socket, so that a test asks it as it would ask Jira."""

    def __init__(self, fake: FakeJira) -> None:
        self._transport = fake.transport

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in request.headers.raw}
        timeout = request.extensions["timeout"]["read"]
        seconds = math.inf if timeout is None else timeout
        sent = HttpRequest(request.method, str(request.url), headers, await request.aread(), timeout_seconds=seconds)
        try:
            response = await self._transport.send(sent)
        except HttpError as exc:
            raise _ERRORS[exc.fault](str(exc)) from exc
        return httpx.Response(response.status, headers=dict(response.headers), content=response.body)


@pytest.fixture
def runtime() -> FakeRuntime:
    return FakeRuntime()


@pytest.fixture
def fake(runtime: FakeRuntime) -> FakeJira:
    return FakeJira(runtime=runtime)


@pytest.fixture
async def client(fake: FakeJira) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(fake) as client:
        yield client


def client_of(fake: FakeJira, **options: Any) -> httpx.AsyncClient:
    options.setdefault("auth", ("maria.silva@example.com", "token"))
    return httpx.AsyncClient(base_url=fake.base_url, transport=OverFake(fake), **options)


def text_document(text: str) -> dict[str, Any]:
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": text}]}
    return {"type": "doc", "version": 1, "content": [paragraph]}


def create_body(**fields: Any) -> dict[str, Any]:
    return {"fields": {"project": {"key": "DEMO"}, "issuetype": {"name": "Task"}, "summary": "A task", **fields}}


async def create(client: httpx.AsyncClient, **fields: Any) -> str:
    answer = await client.post("/rest/api/3/issue", json=create_body(**fields))
    assert answer.status_code == 201, answer.text
    key: str = answer.json()["key"]
    return key
