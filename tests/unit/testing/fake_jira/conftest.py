from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from jira_session_export.testing import FakeJira, FakeRuntime


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
    return httpx.AsyncClient(base_url=fake.base_url, transport=fake.transport, **options)


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
