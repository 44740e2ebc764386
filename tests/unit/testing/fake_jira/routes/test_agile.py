import httpx
import pytest
from tests.unit.testing.fake_jira.conftest import create

from jira_session_export.testing import FakeJira

_AGILE = "/rest/agile/1.0"


async def test_boards_and_their_pages(fake: FakeJira, client: httpx.AsyncClient) -> None:
    fake.add_project("PAY", style="next-gen")
    every = (await client.get(f"{_AGILE}/board")).json()
    assert [(each["name"], each["type"]) for each in every["values"]] == [
        ("DEMO board", "scrum"),
        ("DEMO support", "kanban"),
        ("PAY board", "simple"),
        ("PAY support", "kanban"),
    ]
    page = (await client.get(f"{_AGILE}/board?maxResults=3&startAt=2")).json()
    assert (page["startAt"], page["maxResults"], page["total"], page["isLast"]) == (2, 3, 4, True)
    assert len(page["values"]) == 2
    assert (await client.get(f"{_AGILE}/board?maxResults=500")).json()["maxResults"] == 50
    found = (await client.get(f"{_AGILE}/board?projectKeyOrId=PAY&type=scrum,simple&name=BOARD")).json()["values"]
    assert [each["location"]["projectKey"] for each in found] == ["PAY"]
    assert (await client.get(f"{_AGILE}/board?projectKeyOrId=NONE")).status_code == 404


@pytest.mark.parametrize(
    ("path", "status", "message"),
    [
        ("/board/2/sprint", 400, "The board does not support sprints"),
        ("/board/9/sprint", 404, "Board does not exist or you do not have permission to see it."),
        ("/board/x", 404, "Board does not exist or you do not have permission to see it."),
        ("/sprint/9", 404, "We could not find the sprint"),
    ],
)
async def test_refusals(path: str, status: int, message: str, client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{_AGILE}{path}")
    assert (answer.status_code, answer.json()["errorMessages"]) == (status, [message])


async def test_sprints_by_state(fake: FakeJira, client: httpx.AsyncClient) -> None:
    fake.add_sprint(1, "Late", "active")
    found = (await client.get(f"{_AGILE}/board/1/sprint?state=active,future")).json()["values"]
    assert [(each["name"], each["state"]) for each in found] == [
        ("DEMO Sprint 2", "active"),
        ("Late", "active"),
        ("DEMO Sprint 3", "future"),
    ]


async def test_moving(fake: FakeJira, client: httpx.AsyncClient) -> None:
    keys = [await create(client) for _ in range(2)]
    for _ in range(2):
        moved = await client.post(f"{_AGILE}/sprint/2/issue", json={"issues": keys})
        assert (moved.status_code, moved.content) == (204, b"")
    assert [fake.issues[key].sprint for key in keys] == [2, 2]
    there = (await client.get(f"{_AGILE}/sprint/2/issue")).json()
    assert [each["key"] for each in there["issues"]] == keys
    assert there["issues"][0]["fields"]["customfield_10020"][0]["name"] == "DEMO Sprint 2"
    assert (await client.post(f"{_AGILE}/backlog/issue", json={"issues": keys[:1]})).status_code == 204
    assert [fake.issues[key].sprint for key in keys] == [None, 2]


async def test_refused_moves(fake: FakeJira, client: httpx.AsyncClient) -> None:
    await create(client)
    closed = await client.post(f"{_AGILE}/sprint/1/issue", json={"issues": ["DEMO-1"]})
    assert closed.json()["errorMessages"] == ["You must specify a sprint which has not been completed."]
    assert (await client.post(f"{_AGILE}/sprint/9/issue", json={"issues": ["DEMO-1"]})).status_code == 404
    assert (await client.post(f"{_AGILE}/sprint/2/issue", json={"issues": ["DEMO-9"]})).status_code == 404
    assert (await client.post(f"{_AGILE}/sprint/2/issue", json={"issues": ["DEMO-1"] * 51})).status_code == 400
    fake.revoke("SCHEDULE_ISSUES")
    assert (await client.post(f"{_AGILE}/sprint/2/issue", json={"issues": ["DEMO-1"]})).status_code == 403
    assert fake.issues["DEMO-1"].sprint is None


async def test_issues_go_under_an_epic_whatever_screens_show(fake: FakeJira, client: httpx.AsyncClient) -> None:
    fake.project("DEMO").issue_type("Task").remove_field("parent")
    epic = await create(client, issuetype={"name": "Epic"})
    task = await create(client)
    assert (await client.post(f"{_AGILE}/epic/{epic}/issue", json={"issues": [task]})).status_code == 204
    assert fake.issues[task].parent == epic


@pytest.mark.parametrize(
    ("style", "parent", "child", "status"),
    [
        ("classic", "Story", "Task", 404),
        ("classic", "Epic", "Epic", 400),
        ("next-gen", "Epic", "Task", 400),
    ],
)
async def test_what_no_epic_takes_in(
    fake: FakeJira, client: httpx.AsyncClient, style: str, parent: str, child: str, status: int
) -> None:
    fake.add_project("PAY", style=style)
    project = {"project": {"key": "PAY"}}
    above = await create(client, issuetype={"name": parent}, **project)
    below = await create(client, issuetype={"name": child}, **project)
    assert (await client.post(f"{_AGILE}/epic/{above}/issue", json={"issues": [below]})).status_code == status
    assert fake.issues[below].parent is None
    assert (await client.post(f"{_AGILE}/epic/PAY-99/issue", json={"issues": [below]})).status_code == 404


async def test_moving_to_an_epic_takes_the_permission_to_edit(fake: FakeJira, client: httpx.AsyncClient) -> None:
    epic = await create(client, issuetype={"name": "Epic"})
    task = await create(client)
    fake.revoke("EDIT_ISSUES")
    assert (await client.post(f"{_AGILE}/epic/{epic}/issue", json={"issues": [task]})).status_code == 403
