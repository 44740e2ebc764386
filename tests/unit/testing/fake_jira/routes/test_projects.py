import httpx
import pytest

from jira_session_export.testing import FakeJira


async def test_create_metadata_is_the_create_screen(fake: FakeJira, client: httpx.AsyncClient) -> None:
    types = (await client.get("/rest/api/3/issue/createmeta/DEMO/issuetypes")).json()
    assert types.keys() == {"issueTypes", "maxResults", "startAt", "total"}
    ids = {each["name"]: each["id"] for each in types["issueTypes"]}
    fake.project("DEMO").issue_type("Task").remove_field("labels").require("Customer reference")
    path = f"/rest/api/3/issue/createmeta/DEMO/issuetypes/{ids['Task']}"
    fields = {each["fieldId"]: each for each in (await client.get(path)).json()["fields"]}
    assert "labels" not in fields
    assert fields["customfield_10037"]["required"] is True
    assert fields["summary"]["required"] is True
    assert [each["name"] for each in fields["priority"]["allowedValues"]] == [
        "Highest",
        "High",
        "Medium",
        "Low",
        "Lowest",
    ]
    assert (fields["priority"]["hasDefaultValue"], fields["priority"]["defaultValue"]["name"]) == (True, "Medium")
    assert "allowedValues" not in fields["assignee"]
    assert "autoCompleteUrl" in fields["assignee"]
    assert fields["customfield_10020"]["schema"]["custom"] == "com.pyxis.greenhopper.jira:gh-sprint"
    assert [each["value"] for each in fields["customfield_10039"]["allowedValues"][0]["children"]] == [
        "Quotes",
        "Orders",
    ]
    epic = (await client.get(f"/rest/api/3/issue/createmeta/DEMO/issuetypes/{ids['Epic']}")).json()["fields"]
    assert "customfield_10020" not in {each["fieldId"] for each in epic}


async def test_real_pages(client: httpx.AsyncClient) -> None:
    path = "/rest/api/3/issue/createmeta/DEMO/issuetypes"
    names: list[str] = []
    while True:
        page = (await client.get(path, params={"startAt": len(names), "maxResults": 2})).json()
        if not page["issueTypes"]:
            break
        names += [each["name"] for each in page["issueTypes"]]
    assert names == ["Epic", "Story", "Task", "Bug", "Sub-task"]
    refused = await client.get(path, params={"maxResults": 201})
    assert refused.status_code == 400
    assert refused.json() == {
        "errorMessages": ["Parameter 'maxResults' must not exceed the limit '200'"],
        "errors": {},
        "httpStatusCode": {"empty": False, "present": True},
    }


async def test_without_permission(fake: FakeJira, client: httpx.AsyncClient) -> None:
    fake.revoke("ASSIGN_ISSUES")
    fields = (await client.get("/rest/api/3/issue/createmeta/DEMO/issuetypes/10002")).json()["fields"]
    assert "assignee" not in {each["fieldId"] for each in fields}
    fake.revoke("CREATE_ISSUES")
    assert (await client.get("/rest/api/3/issue/createmeta/DEMO/issuetypes")).json()["issueTypes"] == []
    assert (await client.get("/rest/api/3/issue/createmeta/DEMO/issuetypes/10002")).status_code == 404
    assert (await client.get("/rest/api/3/project/search?action=create")).json()["values"] == []
    assert (await client.get("/rest/api/3/project/DEMO")).status_code == 200
    fake.revoke("BROWSE_PROJECTS")
    for path in ("/project/DEMO", "/issue/createmeta/DEMO/issuetypes", "/project/DEMO/components"):
        hidden = await client.get(f"/rest/api/3{path}")
        assert (hidden.status_code, hidden.json()["errorMessages"]) == (
            404,
            ["No project could be found with key 'DEMO'."],
        )


async def test_keys_are_case_sensitive(client: httpx.AsyncClient) -> None:
    assert (await client.get("/rest/api/3/project/demo")).status_code == 404
    assert (await client.get("/rest/api/3/project/10000")).json()["key"] == "DEMO"


async def test_searching(fake: FakeJira, client: httpx.AsyncClient) -> None:
    fake.add_project("PAY", "Payments")
    fake.add_component("PAY", "Ledger")
    fake.add_version("PAY", "3.0")

    async def keys(query: str) -> list[str]:
        return [each["key"] for each in (await client.get(f"/rest/api/3/project/search{query}")).json()["values"]]

    assert await keys("") == ["DEMO", "PAY"]
    assert await keys("?query=paym") == ["PAY"]
    assert await keys("?keys=DEMO,NONE") == ["DEMO"]
    page = (await client.get("/rest/api/3/project/search?maxResults=1")).json()
    assert (page["isLast"], page["nextPage"].endswith("startAt=1")) == (False, True)
    assert [each["key"] for each in (await client.get("/rest/api/3/project")).json()] == ["DEMO", "PAY"]
    whole = (await client.get("/rest/api/3/project/PAY")).json()
    assert whole["components"][-1]["name"] == "Ledger"
    assert whole["versions"][-1]["name"] == "3.0"
    assert (await client.get("/rest/api/3/project/PAY/component?maxResults=2")).json()["total"] == 5
    assert (await client.get("/rest/api/3/project/PAY/version")).json()["total"] == 4
    assert len((await client.get("/rest/api/3/issuetype")).json()) == 10
    fake.delete_project("PAY")
    assert await keys("") == ["DEMO"]
    assert {board.project_key for board in fake.boards.values()} == {"DEMO"}


async def test_a_team_managed_project_estimates_with_its_own_field(fake: FakeJira, client: httpx.AsyncClient) -> None:
    project = fake.add_project("TEAM", style="next-gen")
    assert (await client.get("/rest/api/3/project/TEAM")).json()["style"] == "next-gen"
    shown = {each.field.id for each in project.issue_type("Story")}
    assert "customfield_10016" in shown
    assert "customfield_10028" not in shown


@pytest.mark.parametrize(
    ("query", "status", "message"),
    [
        ("", 400, "The 'permissions' query parameter is required."),
        ("?permissions=FLY", 400, "Unrecognized permission: FLY"),
        ("?permissions=CREATE_ISSUES&projectKey=NONE", 404, "No project could be found with key 'NONE'."),
        (
            "?permissions=CREATE_ISSUES&issueKey=DEMO-9",
            404,
            "Issue does not exist or you do not have permission to see it.",
        ),
    ],
)
async def test_refused_permission_questions(query: str, status: int, message: str, client: httpx.AsyncClient) -> None:
    answer = await client.get(f"/rest/api/3/mypermissions{query}")
    assert (answer.status_code, answer.json()["errorMessages"]) == (status, [message])


async def test_permissions(fake: FakeJira, client: httpx.AsyncClient) -> None:
    fake.revoke("LINK_ISSUES", project="DEMO")
    fake.revoke("CREATE_ISSUES", account_id=fake.user("aiko.tanaka@example.com").account_id)
    asked = "?permissions=LINK_ISSUES,CREATE_ISSUES,ADMINISTER"
    here = (await client.get(f"/rest/api/3/mypermissions{asked}&projectKey=DEMO")).json()["permissions"]
    assert {key: each["havePermission"] for key, each in here.items()} == {
        "LINK_ISSUES": False,
        "CREATE_ISSUES": True,
        "ADMINISTER": False,
    }
    anywhere = (await client.get(f"/rest/api/3/mypermissions{asked}")).json()["permissions"]
    assert anywhere["LINK_ISSUES"]["havePermission"] is True


def test_a_misspelt_name_in_a_test_is_told(fake: FakeJira) -> None:
    for wrong in (
        lambda: fake.revoke("CREATE_ISSUE"),
        lambda: fake.project("DEMO").issue_type("Tasks"),
        lambda: fake.project("DEMO").issue_type("Task").require("Customer"),
        lambda: fake.user("nobody@example.com"),
    ):
        with pytest.raises(LookupError):
            wrong()
