import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from tests.unit.testing.fake_jira.conftest import client_of, create, create_body, text_document

from jira_session_export._testing.fake_jira.persistence import StateFileError
from jira_session_export.testing import FakeJira, FakeRuntime


async def test_everything_made_over_rest_survives(tmp_path: Path) -> None:
    path = tmp_path / "jira.sqlite3"
    fake = FakeJira(("DEMO", "PAY"), state_file=path, burn_keys=True)
    sprint = fake.add_sprint(1, "Sprint 9", "active")
    async with client_of(fake, auth=("new.person@example.com", "t")) as client:
        epic = await create(client, issuetype={"name": "Epic"})
        await create(
            client,
            project={"key": "PAY"},
            description=text_document("words \N{SNOWMAN}"),
            parent={"key": epic},
            customfield_10020=sprint.id,
            labels=["x"],
        )
        await client.post("/rest/api/3/issue", json=create_body(summary=""))
        await client.put("/rest/api/3/issue/PAY-1/properties/p", json={"$richText": "mine"})
        await client.post("/rest/api/3/issue/PAY-1/comment", json={"body": text_document("c")})
        remote = {"globalId": "g", "object": {"url": "https://example.com", "title": "t"}}
        await client.post("/rest/api/3/issue/PAY-1/remotelink", json=remote)
        for name in ("kept.bin", "gone.bin"):
            await client.post(
                "/rest/api/3/issue/PAY-1/attachments",
                files={"file": (name, b"\x00\xff")},
                headers={"X-Atlassian-Token": "no-check"},
            )
        await client.delete(f"/rest/api/3/attachment/{fake.issues['PAY-1'].attachments[1].id}")
        link = {"type": {"name": "Blocks"}, "inwardIssue": {"key": "PAY-1"}, "outwardIssue": {"key": epic}}
        await client.post("/rest/api/3/issueLink", json=link)
        await create(client)
        await client.delete("/rest/api/3/issue/DEMO-3")
    fake.close()

    again = FakeJira(("OTHER", "PAY"), state_file=path)
    assert dict(again.issues) == dict(fake.issues)
    assert again.links == fake.links
    assert again.users == fake.users
    assert again.sprints[sprint.id] == sprint
    assert list(again.projects) == ["DEMO", "PAY", "OTHER"]
    assert [again.project(key).id for key in ("DEMO", "PAY")] == [fake.project(key).id for key in ("DEMO", "PAY")]
    async with client_of(again) as client:
        assert await create(client) == "DEMO-4"
        assert (await client.get("/rest/api/3/search/jql?jql=labels = x&fields=key")).json()["issues"][0][
            "key"
        ] == "PAY-1"
    numbers = [int(issue.id) for issue in again.issues.values()]
    assert len(set(numbers)) == len(numbers)
    again.close()


async def test_a_lagging_index_lags_on(tmp_path: Path, runtime: FakeRuntime) -> None:
    path = tmp_path / "jira.sqlite3"
    fake = FakeJira(runtime=runtime, state_file=path, index_lag=60)
    async with client_of(fake) as client:
        await create(client)
    fake.close()
    runtime.clock.advance(30)
    again = FakeJira(runtime=runtime, state_file=path, index_lag=60)
    async with client_of(again) as client:
        assert (await client.get("/rest/api/3/search/jql?jql=project=DEMO")).json()["issues"] == []
        runtime.clock.advance(30)
        assert len((await client.get("/rest/api/3/search/jql?jql=project=DEMO")).json()["issues"]) == 1
    again.close()


def test_a_file_that_is_no_state_file(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("not a database" * 100)
    with pytest.raises(StateFileError, match=r"notes\.txt"):
        FakeJira(state_file=path)
    with pytest.raises(StateFileError, match="nowhere"):
        FakeJira(state_file=tmp_path / "nowhere" / "jira.sqlite3")
    assert path.read_text().startswith("not a database")


def test_a_file_in_use(tmp_path: Path) -> None:
    path = tmp_path / "jira.sqlite3"
    first = FakeJira(state_file=path)
    with pytest.raises(StateFileError, match="locked"):
        FakeJira(state_file=path)
    first.close()
    FakeJira(state_file=path).close()


_SERVER = """
import sys, anyio
from pathlib import Path
from jira_session_export.testing import FakeJira

async def main():
    async with FakeJira(state_file=Path(sys.argv[1])).serve() as url:
        print(url, flush=True)
        await anyio.sleep_forever()

anyio.run(main)
"""


def test_killed_in_the_middle_it_keeps_what_it_has_answered(tmp_path: Path) -> None:
    path = tmp_path / "jira.sqlite3"
    answered: list[str] = []
    for _ in range(2):
        server = subprocess.Popen([sys.executable, "-c", _SERVER, str(path)], stdout=subprocess.PIPE, text=True)
        assert server.stdout is not None
        url = server.stdout.readline().strip()
        deadline = time.monotonic() + 0.3
        with httpx.Client(base_url=url, auth=("maria.silva@example.com", "t")) as client:
            while time.monotonic() < deadline:
                answered.append(client.post("/rest/api/3/issue", json=create_body()).json()["key"])
            server.send_signal(signal.SIGKILL)
        server.wait()
        server.stdout.close()
    again = FakeJira(state_file=path)
    assert list(again.issues) == answered
    assert len(set(answered)) == len(answered) > 2
    again.close()


async def test_the_file_holds_each_issue_once(tmp_path: Path) -> None:
    path = tmp_path / "jira.sqlite3"
    fake = FakeJira(state_file=path)
    async with client_of(fake) as client:
        await create(client)
        for number in range(200):
            await client.put("/rest/api/3/issue/DEMO-1/properties/p", json=number)
    fake.close()
    assert path.stat().st_size < 100_000
    again = FakeJira(state_file=path)
    assert json.dumps(again.issues["DEMO-1"].properties) == '{"p": 199}'
    again.close()
