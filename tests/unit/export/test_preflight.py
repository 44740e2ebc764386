"""Callers at the same time share one reading of a project."""

from collections import Counter

import anyio

from jira_session_export import ApiTokenAuth, JiraClient, ProjectReader
from jira_session_export.testing import FakeJira, FakeRuntime


async def test_fifty_at_once_share_one_and_a_later_one_is_fresh() -> None:
    runtime = FakeRuntime()
    jira = FakeJira(runtime=runtime, latency=0.1)
    async with JiraClient(
        jira.base_url, ApiTokenAuth("me@example.com", "x"), runtime=runtime, transport=jira.transport
    ) as client:
        reader = ProjectReader(client, runtime=runtime)

        async def read() -> None:
            assert (await reader.read("DEMO", [], fresh=True)).project.key == "DEMO"

        async with anyio.create_task_group() as tasks:
            for _ in range(50):
                tasks.start_soon(read)
        read_at_once = Counter(request.path for request in jira.requests)["/rest/api/3/project/DEMO"]
        assert read_at_once == 1
        await read()
        assert Counter(request.path for request in jira.requests)["/rest/api/3/project/DEMO"] == 2
        await reader.read("DEMO", [])
        assert Counter(request.path for request in jira.requests)["/rest/api/3/project/DEMO"] == 2
