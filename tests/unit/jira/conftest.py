"""A Jira that answers from a script, for what the transport does with single answers; FakeJira is for the rest."""

import json
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Any

import anyio.lowlevel
import httpx
import pytest

from jira_session_export._jira.auth import ApiTokenAuth
from jira_session_export._jira.client import JiraClient
from jira_session_export._jira.network import HttpxTransport
from jira_session_export._testing.runtime import FakeRuntime

SITE = "https://demo.atlassian.net"
TOKEN = "PLANTED-api-token-3141592653"

Reply = httpx.Response | Exception | Callable[[httpx.Request], httpx.Response]


class ScriptedJira(httpx.AsyncBaseTransport):
    """Answers with the scripted replies in turn, per path; keeps every request with its body read."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []
        self.bodies: list[bytes] = []
        self._replies: dict[str, list[Reply]] = {}

    def on(self, path: str, *replies: Reply) -> "ScriptedJira":
        """The last reply stays."""
        self._replies[path] = list(replies)
        return self

    @property
    def asked(self) -> list[str]:
        return [f"{request.method} {request.url.path}" for request in self.requests]

    def json(self, index: int = -1) -> Any:
        return json.loads(self.bodies[index])

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await anyio.lowlevel.checkpoint()
        self.bodies.append(await request.aread())
        self.requests.append(request)
        replies = self._replies.get(request.url.path)
        assert replies, f"nothing is scripted for {request.method} {request.url.path}"
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        if isinstance(reply, httpx.RequestError):
            reply.request = request
        if isinstance(reply, Exception):
            raise reply
        if callable(reply):
            return reply(request)
        return httpx.Response(reply.status_code, headers=reply.headers, content=reply.content)


class BrokenBody(httpx.AsyncByteStream):
    """A body that breaks off."""

    def __init__(self, pieces: Iterable[bytes], error: Exception) -> None:
        self._pieces = pieces
        self._error = error

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for piece in self._pieces:
            yield piece
        raise self._error


@pytest.fixture
def jira() -> ScriptedJira:
    return ScriptedJira()


@pytest.fixture
def runtime() -> FakeRuntime:
    return FakeRuntime()


@pytest.fixture
def broken_body() -> type[BrokenBody]:
    return BrokenBody


@pytest.fixture
def open_client(jira: ScriptedJira, runtime: FakeRuntime) -> Callable[..., Any]:
    @asynccontextmanager
    async def opened(auth: Any = None, base_url: str = SITE, **options: Any) -> AsyncIterator[JiraClient]:
        auth = auth or ApiTokenAuth("me@example.com", TOKEN, scoped=False)
        async with JiraClient(base_url, auth, runtime=runtime, transport=HttpxTransport(jira), **options) as client:
            yield client

    return opened
