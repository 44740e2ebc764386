import httpx
import pytest
from tests.unit.testing.fake_jira.conftest import create, create_body, text_document

from jira_session_export.testing import FakeJira

_API = "/rest/api/3"


async def test_bulk_create(fake: FakeJira, client: httpx.AsyncClient) -> None:
    updates = [create_body(summary="one"), create_body(summary=""), create_body(summary="three")]
    answer = await client.post(f"{_API}/issue/bulk", json={"issueUpdates": updates})
    assert answer.status_code == 201
    assert [each["key"] for each in answer.json()["issues"]] == ["DEMO-1", "DEMO-2"]
    assert answer.json()["errors"] == [
        {
            "status": 400,
            "elementErrors": {
                "errorMessages": [],
                "errors": {"summary": "You must specify a summary of the issue."},
                "status": 400,
            },
            "failedElementNumber": 1,
        }
    ]
    assert (await client.post(f"{_API}/issue/bulk", json={"issueUpdates": updates[1:2]})).status_code == 400
    assert (await client.post(f"{_API}/issue/bulk", json={"issueUpdates": updates * 17})).status_code == 400
    assert (await client.post(f"{_API}/issue/bulk", json={})).status_code == 400
    assert (await client.post(f"{_API}/issue/bulk", json={"issueUpdates": []})).status_code == 400
    odd = (await client.post(f"{_API}/issue/bulk", json={"issueUpdates": ["x", updates[0]]})).json()
    assert [each["failedElementNumber"] for each in odd["errors"]] == [0]
    assert [issue.summary for issue in fake.issues.values()] == ["one", "three", "one"]


async def test_fields_and_properties_asked_for(client: httpx.AsyncClient) -> None:
    await create(client, labels=["x"])
    await client.put(f"{_API}/issue/DEMO-1/properties/p", json=1)
    some = (await client.get(f"{_API}/issue/DEMO-1?fields=labels,summary,nothing&properties=p,q")).json()
    assert (set(some["fields"]), some["properties"]) == ({"labels", "summary"}, {"p": 1})
    every = (await client.get(f"{_API}/issue/DEMO-1")).json()["fields"]
    assert {"comment", "attachment", "issuelinks", "status", "assignee"} <= set(every)
    assert (every["assignee"], every["components"]) == (None, [])
    fewer = (await client.get(f"{_API}/issue/DEMO-1?fields=-labels,-comment")).json()["fields"]
    assert set(every) - set(fewer) == {"labels", "comment"}
    navigable = (await client.get(f"{_API}/issue/DEMO-1?fields=*navigable")).json()["fields"]
    assert set(every) - set(navigable) == {"comment", "attachment"}


async def test_keys_in_any_case_and_ids(client: httpx.AsyncClient) -> None:
    await create(client)
    for name in ("DEMO-1", "demo-1", "10000"):
        assert (await client.get(f"{_API}/issue/{name}")).json()["key"] == "DEMO-1"


async def test_what_cannot_be_seen_is_not_there(fake: FakeJira, client: httpx.AsyncClient) -> None:
    await create(client)
    fake.revoke("BROWSE_PROJECTS")
    for name in ("DEMO-1", "DEMO-9"):
        answer = await client.get(f"{_API}/issue/{name}")
        assert answer.status_code == 404
        assert answer.json()["errorMessages"] == ["Issue does not exist or you do not have permission to see it."]


async def test_assigning_does_not_ask_the_screen(fake: FakeJira, client: httpx.AsyncClient) -> None:
    fake.project("DEMO").issue_type("Task").remove_field("assignee")
    await create(client)
    path = f"{_API}/issue/DEMO-1/assignee"
    jonas = fake.user("jonas.weber@example.com").account_id
    assert (await client.put(path, json={"accountId": jonas})).status_code == 204
    assert fake.issues["DEMO-1"].assignee == jonas
    assert (await client.put(path, json={"accountId": None})).status_code == 204
    assert fake.issues["DEMO-1"].assignee is None
    former = fake.user("robin.former@example.com").account_id
    for wrong in (former, "x", 7):
        assert (await client.put(path, json={"accountId": wrong})).status_code == 400
    fake.project("DEMO").allows_unassigned = False
    assert (await client.put(path, json={"accountId": "-1"})).status_code == 400
    fake.revoke("ASSIGN_ISSUES")
    assert (await client.put(path, json={"accountId": jonas})).status_code == 403


async def test_deleting(fake: FakeJira, client: httpx.AsyncClient) -> None:
    await create(client)
    fake.revoke("DELETE_ISSUES")
    assert (await client.delete(f"{_API}/issue/DEMO-1")).status_code == 403
    fake.grant("DELETE_ISSUES")
    assert (await client.delete(f"{_API}/issue/DEMO-1")).status_code == 204
    assert (await client.get(f"{_API}/issue/DEMO-1")).status_code == 404
    assert await create(client) == "DEMO-2"


async def test_an_issue_with_sub_tasks_is_deleted_only_together_with_them(
    fake: FakeJira, client: httpx.AsyncClient
) -> None:
    await create(client)
    parent = {"parent": {"key": "DEMO-1"}, "issuetype": {"name": "Sub-task"}}
    await create(client, **parent)
    path = f"{_API}/issue/DEMO-1"
    for refused in (await client.delete(path), await client.delete(path, params={"deleteSubtasks": "false"})):
        assert refused.status_code == 400
        assert "DEMO-1" in refused.json()["errorMessages"][0]
    assert list(fake.issues) == ["DEMO-1", "DEMO-2"]
    assert (await client.delete(path, params={"deleteSubtasks": "true"})).status_code == 204
    assert not fake.issues
    assert (await client.delete(path)).status_code == 404


async def test_transitions(fake: FakeJira, client: httpx.AsyncClient) -> None:
    await create(client)
    offered = (await client.get(f"{_API}/issue/DEMO-1/transitions")).json()["transitions"]
    done = next(each["id"] for each in offered if each["to"]["name"] == "Done")
    assert (await client.post(f"{_API}/issue/DEMO-1/transitions", json={"transition": {"id": done}})).status_code == 204
    assert (await client.get(f"{_API}/issue/DEMO-1?fields=status")).json()["fields"]["status"]["name"] == "Done"
    assert (await client.post(f"{_API}/issue/DEMO-1/transitions", json={"transition": {"id": "9"}})).status_code == 400


async def test_comments(fake: FakeJira, client: httpx.AsyncClient) -> None:
    await create(client)
    path = f"{_API}/issue/DEMO-1/comment"
    assert (await client.post(path, json={"body": text_document("well")})).status_code == 201
    refused = await client.post(path, json={"body": "plain"})
    assert refused.json()["errors"] == {"comment": "Comment body is not valid!"}
    assert (await client.post("/rest/api/2/issue/DEMO-1/comment", json={"body": "plain"})).json()["body"] == "plain"
    page = (await client.get(path)).json()
    assert (page["total"], len(page["comments"])) == (2, 2)
    fake.revoke("ADD_COMMENTS")
    forbidden = await client.post(path, json={"body": text_document("x")})
    assert forbidden.status_code == 400
    assert forbidden.json()["errorMessages"] == [
        "Maria Silva, you do not have the permission to comment on this issue."
    ]


async def test_properties(fake: FakeJira, client: httpx.AsyncClient) -> None:
    await create(client)
    path = f"{_API}/issue/DEMO-1/properties"
    assert (await client.put(f"{path}/a.b", json={"n": 1})).status_code == 201
    assert (await client.put(f"{path}/a.b", json=[2])).status_code == 200
    assert (await client.get(f"{path}/a.b")).json() == {"key": "a.b", "value": [2]}
    assert [each["key"] for each in (await client.get(path)).json()["keys"]] == ["a.b"]
    assert (await client.put(f"{path}/{'k' * 256}", json=1)).status_code == 400
    assert (await client.put(f"{path}/k", json="x" * 32_768)).status_code == 400
    assert (await client.put(f"{path}/k", content=b"{")).status_code == 400
    assert (await client.put(f"{path}/with%2Fslash", json=1)).status_code == 201
    assert fake.issues["DEMO-1"].properties == {"a.b": [2], "with/slash": 1}
    assert (await client.delete(f"{path}/a.b")).status_code == 204
    assert (await client.delete(f"{path}/a.b")).status_code == 404
    assert (await client.get(f"{path}/a.b")).status_code == 404
    fake.revoke("EDIT_ISSUES")
    assert (await client.put(f"{path}/k", json=1)).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/rest/api/3/nothing", 404),
        ("GET", "/rest/api/4/myself", 404),
        ("PATCH", "/rest/api/3/issue", 405),
        ("GET", "/rest/api/3", 404),
        ("GET", "/rest/api/latest/myself", 200),
    ],
)
async def test_unknown_paths(method: str, path: str, status: int, client: httpx.AsyncClient) -> None:
    answer = await client.request(method, path)
    assert answer.status_code == status
    if status != 200:
        assert answer.headers["content-type"] == "application/problem+json"
        assert (answer.json()["status"], bool(answer.json()["detail"])) == (status, True)
    if status == 404:
        assert answer.json()["detail"] == f"No endpoint {method} {path}."
    assert answer.headers.get("allow") == ("POST" if status == 405 else None)


async def test_a_body_that_is_no_json(client: httpx.AsyncClient) -> None:
    answer = await client.post("/rest/api/3/issue", content=b"a", headers={"Content-Type": "text/plain"})
    assert (answer.status_code, answer.headers["accept"]) == (415, "application/json")
    assert answer.json()["detail"] == "Content-Type 'text/plain' is not supported."


async def test_an_archived_project_is_shown_and_takes_nothing(fake: FakeJira, client: httpx.AsyncClient) -> None:
    fake.project("DEMO").is_archived = True
    assert (await client.get("/rest/api/3/project/DEMO")).json()["archived"] is True
    assert (await client.get("/rest/api/3/issue/createmeta/DEMO/issuetypes")).json()["issueTypes"] == []
    refused = await client.post("/rest/api/3/issue", json=create_body())
    assert refused.status_code == 400
    assert "errors" not in refused.json()


async def test_a_renamed_project_answers_with_its_present_key(fake: FakeJira, client: httpx.AsyncClient) -> None:
    fake.project("DEMO").former_keys.append("OLD")
    assert (await client.get("/rest/api/3/project/OLD")).json()["key"] == "DEMO"
    search = {"jql": "project = OLD"}
    assert (await client.post("/rest/api/3/search/jql", json=search)).status_code == 400


async def test_lists_of_the_site(fake: FakeJira, client: httpx.AsyncClient) -> None:
    fake.add_priority("Blocker", id="6")
    fake.remove_priority("Low")
    await create(client, labels=["b", "a"])
    names = [each["name"] for each in (await client.get(f"{_API}/priority")).json()]
    assert names == ["Highest", "High", "Medium", "Lowest", "Blocker"]
    assert (await client.get(f"{_API}/priority/6")).json()["name"] == "Blocker"
    assert (await client.get(f"{_API}/priority/9")).status_code == 404
    fake.project("DEMO").issue_type("Task").allow_only("priority", "6")
    allowed = (await client.get(f"{_API}/priority/search?projectId=10000")).json()
    assert [each["name"] for each in allowed["values"]] == ["Blocker"]
    assert (await client.get(f"{_API}/label")).json()["values"] == ["a", "b"]
    assert (await client.get(f"{_API}/field/search?query=sprint")).json()["values"][0]["id"] == "customfield_10020"
