import socket
from pathlib import Path

import anyio
import httpx
import pytest
from tests.unit.testing.fake_jira.conftest import create, create_body, text_document

from jira_session_export import ApiTokenAuth, HttpSettings, JiraClient
from jira_session_export._testing.fake_jira.faults import FaultKind
from jira_session_export.errors import OutcomeUnknownError, TooLargeError
from jira_session_export.testing import FakeJira, Fault, faults

_AUTH = ("maria.silva@example.com", "token")


@pytest.mark.parametrize(
    ("kind", "error", "created"),
    [
        (faults.drop_before(), httpx.RemoteProtocolError, 0),
        (faults.drop_after_commit(), httpx.RemoteProtocolError, 1),
        (faults.reset(), httpx.ReadError, 0),
        (faults.reset(after_commit=True), httpx.ReadError, 1),
        (faults.refuse_connection(), httpx.ReadError, 0),
        (faults.timeout_before(), httpx.ReadTimeout, 0),
        (faults.timeout_after_commit(), httpx.ReadTimeout, 1),
        (faults.truncated(), httpx.RemoteProtocolError, 1),
        (faults.late_commit(0.001), httpx.RemoteProtocolError, 0),
    ],
    ids=lambda value: value.name if isinstance(value, FaultKind) else None,
)
async def test_connections_really_break(kind: FaultKind, error: type[Exception], created: int) -> None:
    fake = FakeJira()
    fake.faults.add(Fault(("POST", "/issue"), kind))
    timeout = httpx.Timeout(5, read=0.2 if error is httpx.ReadTimeout else 5)
    async with fake.serve() as url, httpx.AsyncClient(base_url=url, auth=_AUTH, timeout=timeout) as client:
        with pytest.raises(error):
            await client.post("/rest/api/3/issue", json=create_body())
        assert sum(each.carried_out for each in fake.requests) == created
        assert (await client.get("/rest/api/3/myself")).status_code == 200
    fake.faults.assert_all_used()


async def test_answers_that_are_sent() -> None:
    fake = FakeJira()
    fake.faults.add(
        Fault(("GET", "/myself"), faults.status(503)),
        Fault(("GET", "/myself"), faults.rate_limit(retry_after=3), nth=2),
        Fault(("GET", "/myself"), faults.slow(0.01), nth=3),
        Fault(("GET", "/myself"), faults.empty(204), nth=4),
    )
    async with fake.serve() as url, httpx.AsyncClient(base_url=url, auth=_AUTH) as client:
        statuses = [(await client.get("/rest/api/3/myself")).status_code for _ in range(5)]
    assert statuses == [503, 429, 200, 204, 200]


async def test_addresses_are_the_sockets() -> None:
    fake = FakeJira()
    async with fake.serve() as url, httpx.AsyncClient(base_url=url, auth=_AUTH) as client:
        assert fake.base_url == url
        assert (await client.get("/rest/api/3/serverInfo")).json()["baseUrl"] == url
        assert (await client.get("/rest/api/3/myself")).json()["self"].startswith(f"{url}/rest/api/3/")
        gateway = f"{url}/ex/jira/{fake.cloud_id}"
        assert (await client.get(f"{gateway}/rest/api/3/myself")).json()["self"].startswith(f"{gateway}/rest/api/3/")
    assert fake.base_url == "https://fake-jira.example"


async def test_many_clients_at_once() -> None:
    fake = FakeJira()
    async with (
        fake.serve() as url,
        httpx.AsyncClient(base_url=url, auth=_AUTH) as client,
        anyio.create_task_group() as tasks,
    ):
        for number in range(20):
            tasks.start_soon(lambda name: create(client, summary=name), f"issue {number}")
    assert sorted(issue.summary for issue in fake.issues.values()) == sorted(f"issue {number}" for number in range(20))


async def test_a_large_body_and_an_expectation() -> None:
    fake = FakeJira()
    async with fake.serve() as url, httpx.AsyncClient(base_url=url, auth=_AUTH) as client:
        await create(client, description=text_document("x" * 30_000))
        content = bytes(range(256)) * 4096
        answer = await client.post(
            "/rest/api/3/issue/DEMO-1/attachments",
            files={"file": ("a.bin", content)},
            headers={"X-Atlassian-Token": "no-check", "Expect": "100-continue"},
        )
        assert answer.status_code == 200
    assert fake.issues["DEMO-1"].attachments[0].content == content


async def test_what_is_no_http_is_hung_up_on() -> None:
    fake = FakeJira()
    async with fake.serve() as url:
        async with await anyio.connect_tcp("127.0.0.1", int(url.rpartition(":")[2])) as stream:
            await stream.send(b"hello\r\n\r\n")
            with pytest.raises((anyio.EndOfStream, anyio.BrokenResourceError)):
                await stream.receive()
        async with httpx.AsyncClient(base_url=url) as client:
            assert (await client.get("/rest/api/3/serverInfo")).status_code == 200


async def test_a_failing_route_answers_500_and_the_server_goes_on() -> None:
    fake = FakeJira()
    fake.project("DEMO").screens.clear()  # a project nothing can be created in: only a test could make one
    async with fake.serve() as url, httpx.AsyncClient(base_url=url, auth=_AUTH) as client:
        assert (await client.post("/rest/api/3/issue", json=create_body())).status_code == 500
        assert (await client.get("/rest/api/3/myself")).status_code == 200


async def test_a_taken_port() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(OSError, match="in use"):
            async with FakeJira().serve(port=taken.getsockname()[1]):
                pass


async def test_the_state_file_is_let_go_of(tmp_path: Path) -> None:
    path = tmp_path / "jira.sqlite3"
    fake = FakeJira(state_file=path)
    async with fake.serve() as url, httpx.AsyncClient(base_url=url, auth=_AUTH) as client:
        await create(client)
    again = FakeJira(state_file=path)
    assert list(again.issues) == ["DEMO-1"]
    again.close()


async def test_an_upload_beyond_the_limit_is_cut_off() -> None:
    fake = FakeJira()
    fake.options.upload_limit = 1000
    async with fake.serve() as url:
        auth = ApiTokenAuth("maria.silva@example.com", "token")
        async with JiraClient(url, auth, http=HttpSettings(use_environment=False)) as client:
            project = {"project": {"key": "DEMO"}, "issuetype": {"name": "Task"}, "summary": "A task"}
            key = (await client.create_issue({"fields": project})).key
            assert (await client.add_attachment(key, "small.bin", b"x" * 1000)).size == 1000
            with pytest.raises((TooLargeError, OutcomeUnknownError)):
                await client.add_attachment(key, "large.bin", b"x" * 5_000_000)
            assert [file.filename for file in (await client.issue(key, fields=["attachment"])).attachments] == [
                "small.bin"
            ]
