from typing import Any

import httpx
import pytest
from tests.unit.testing.fake_jira.conftest import client_of, create, create_body, text_document

from jira_session_export.testing import FakeJira

_LONG = 32_768


@pytest.mark.parametrize(
    ("fields", "errors"),
    [
        ({"summary": ""}, {"summary": "You must specify a summary of the issue."}),
        ({"summary": None}, {"summary": "You must specify a summary of the issue."}),
        ({"summary": "a\nb"}, {"summary": "The summary is invalid because it contains newline characters."}),
        ({"summary": "x" * 256}, {"summary": "Summary must be less than 255 characters."}),
        ({"summary": "\N{GRINNING FACE}" * 128}, {"summary": "Summary must be less than 255 characters."}),
        ({"summary": 1}, {"summary": "Operation value must be a string"}),
        ({"description": "text"}, {"description": "Operation value must be an Atlassian Document (see the Atlassian Document Format)"}),
        ({"priority": {"id": "99"}}, {"priority": "The priority selected is invalid."}),
        ({"priority": {"name": "Blocker"}}, {"priority": "The priority selected is invalid."}),
        ({"priority": "High"}, {"priority": "Specify the Priority (id or name) in the string format"}),
        ({"priority": {"id": 3}}, {"priority": "Specify the Priority (id or name) in the string format"}),
        ({"priority": {}}, {"priority": "Could not find valid 'id' or 'name' in priority object."}),
        ({"assignee": {"accountId": "x"}}, {"assignee": "Account ID x does not exist."}),
        ({"assignee": {"name": "x"}}, {"assignee": "'accountId' must be the only user identifying query parameter in GDPR strict mode"}),
        ({"assignee": "x"}, {"assignee": "data was not an object"}),
        ({"reporter": {"id": "x"}}, {"reporter": "Account ID x does not exist."}),
        ({"labels": ["a b"]}, {"labels": "The label 'a b' contains spaces which is invalid."}),
        ({"labels": ["x" * 256]}, {"labels": f"The label '{'x' * 256}' exceeds the maximum length of 255 characters."}),
        ({"labels": "a"}, {"labels": "data was not an array"}),
        ({"labels": [1]}, {"labels": "Operation value must be a string"}),
        ({"components": [{"name": "X"}]}, {"components": "Component name 'X' is not valid"}),
        ({"components": [{"id": "1"}]}, {"components": "Component id '1' is not valid"}),
        ({"components": ["X"]}, {"components": "data was not an object"}),
        ({"fixVersions": [{"name": "9"}]}, {"fixVersions": "Version name '9' is not valid"}),
        ({"duedate": "tomorrow"}, {"duedate": "Error parsing date string: tomorrow"}),
        ({"duedate": "20260301"}, {"duedate": "Error parsing date string: 20260301"}),
        ({"customfield_10020": "2"}, {"customfield_10020": "Number value expected as the Sprint id."}),
        ({"customfield_10020": 1}, {"customfield_10020": "Issue can be assigned only active or future sprints."}),
        ({"customfield_10020": 99}, {"customfield_10020": "Specify a valid value for Sprint"}),
        ({"customfield_10028": "5"}, {"customfield_10028": "Operation value must be a number"}),
        ({"customfield_10028": True}, {"customfield_10028": "Operation value must be a number"}),
        ({"customfield_10031": {"id": "1"}}, {"customfield_10031": "Option id '1' is not valid"}),
        ({"customfield_10031": {"value": "No"}}, {"customfield_10031": "Option value 'No' is not valid"}),
        ({"customfield_10031": {}}, {"customfield_10031": "Could not find valid 'id' or 'value' in the Parent Option object."}),
        ({"customfield_10032": {"value": "Web"}}, {"customfield_10032": "data was not an array"}),
        ({"customfield_10037": {"value": "x"}}, {"customfield_10037": "Operation value must be a string"}),
        ({"customfield_10037": "x" * 256}, {"customfield_10037": "The entered text is too long. It exceeds the allowed limit of 255 characters."}),
        ({"customfield_10038": "2026-03-01"}, {"customfield_10038": "Error parsing time: 2026-03-01"}),
        ({"customfield_10039": {"value": "Sales", "child": {"value": "Invoices"}}}, {"customfield_10039": "Option value 'Invoices' is not valid"}),
        ({"customfield_10041": "nowhere"}, {"customfield_10041": "Not a valid URL"}),
        ({"parent": {"key": "DEMO-9"}}, {"parent": "Could not find issue by id or key."}),
        ({"customfield_99": 1}, {"customfield_99": "Field 'customfield_99' cannot be set. It is not on the appropriate screen, or unknown."}),
        ({"environment": text_document("x")}, {"environment": "Field 'environment' cannot be set. It is not on the appropriate screen, or unknown."}),
        ({"status": {"name": "Done"}}, {"status": "Field 'status' cannot be set. It is not on the appropriate screen, or unknown."}),
        ({"project": None}, {"project": "project is required"}),
        ({"project": {"key": "NONE"}}, {"project": "valid project is required"}),
        ({"issuetype": None}, {"issuetype": "Specify a valid issue type"}),
        ({"issuetype": {"name": "Feature"}}, {"issuetype": "The issue type selected is invalid."}),
        ({"issuetype": {"name": "Sub-task"}}, {"parent": "Issue type is a sub-task but parent issue key or id not specified."}),
    ],
)  # fmt: skip
async def test_a_refused_field(fields: dict[str, Any], errors: dict[str, str], client: httpx.AsyncClient) -> None:
    answer = await client.post("/rest/api/3/issue", json=create_body(**fields))
    assert answer.status_code == 400
    assert answer.json() == {"errorMessages": [], "errors": errors}


@pytest.mark.parametrize(
    "fields",
    [
        {"summary": "x" * 255},
        {"summary": "\N{GRINNING FACE}" * 127},
        {"assignee": None},
        {"assignee": {"accountId": None}},
        {"assignee": {"accountId": "-1"}},
        {"labels": []},
        {"customfield_10028": 3},
        {"customfield_10028": 0.5},
        {"customfield_10020": 3},
        {"customfield_10020": None},
        {"project": {"id": "10000"}},
        {"issuetype": {"id": "10002"}},
        {"description": text_document("x" * (_LONG - 1))},
    ],
)
async def test_an_accepted_field(fields: dict[str, Any], client: httpx.AsyncClient) -> None:
    assert await create(client, **fields) == "DEMO-1"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"type": "doc", "version": 1, "content": [{"type": "text", "text": "x"}]}, "INVALID_INPUT"),
        ({"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": [{"type": "text", "text": ""}]}]}, "INVALID_INPUT"),
        (text_document("x" * _LONG), "CONTENT_LIMIT_EXCEEDED"),
        ({"type": "doc", "version": 1, "content": [{"type": "mediaGroup", "content": [{"type": "media", "attrs": {"type": "file", "id": "unknown", "collection": ""}}]}]}, "ATTACHMENT_VALIDATION_ERROR"),
    ],
)  # fmt: skip
async def test_a_refused_document(document: dict[str, Any], message: str, client: httpx.AsyncClient) -> None:
    for field in ("description", "customfield_10036"):
        answer = await client.post("/rest/api/3/issue", json=create_body(**{field: document}))
        assert (answer.status_code, answer.json()) == (400, {"errorMessages": [message]})


async def test_an_empty_text_node_passes_where_jira_is_lenient() -> None:
    fake = FakeJira(strict=False)
    async with client_of(fake) as client:
        await create(client, description=text_document(""))
    description = fake.issues["DEMO-1"].description
    assert description is not None
    assert description["content"] == [{"type": "paragraph", "content": []}]


async def test_refusals_of_one_stage_come_together_and_those_of_the_next_only_then(
    fake: FakeJira, client: httpx.AsyncClient
) -> None:
    fake.project("DEMO").issue_type("Task").remove_field("duedate").remove_field("labels")
    fields: dict[str, Any] = {
        "customfield_10028": "many",
        "customfield_10020": "2",
        "duedate": "2026-01-01",
        "labels": [],
        "priority": {"id": "99"},
        "assignee": {"accountId": "x"},
    }
    refused = []
    while (answer := await client.post("/rest/api/3/issue", json=create_body(**fields))).status_code == 400:
        refused.append(set(answer.json()["errors"]))
        for name in refused[-1]:
            del fields[name]
    assert refused == [{"customfield_10028", "customfield_10020"}, {"duedate", "labels"}, {"priority", "assignee"}]
    assert list(fake.issues) == ["DEMO-1"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "There was an error parsing JSON. Check that your request body is valid."),
        (b"[]", "Invalid request payload. Refer to the REST API documentation and try again."),
        (b'{"fields": []}', "Invalid request payload. Refer to the REST API documentation and try again."),
        (b'{"issue": {}}', "Invalid request payload. Refer to the REST API documentation and try again."),
    ],
)
async def test_a_malformed_body(body: bytes, message: str, client: httpx.AsyncClient) -> None:
    answer = await client.post("/rest/api/3/issue", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.json()["errorMessages"] == [message]


async def test_another_content_type(client: httpx.AsyncClient) -> None:
    assert (await client.post("/rest/api/3/issue", content=b"x")).status_code == 415


async def test_what_jira_fills_in(fake: FakeJira, client: httpx.AsyncClient) -> None:
    await create(client)
    issue = fake.issues["DEMO-1"]
    assert issue.priority == "Medium"
    assert issue.reporter == fake.user("maria.silva@example.com").account_id
    assert issue.assignee is None


async def test_required_fields(fake: FakeJira, client: httpx.AsyncClient) -> None:
    screen = fake.project("DEMO").issue_type("Task").require("Customer reference").require("labels")
    answer = await client.post("/rest/api/3/issue", json=create_body())
    assert answer.json()["errors"] == {
        "customfield_10037": "Customer reference is required.",
        "labels": "Labels is required.",
    }
    screen.require("Customer reference", default="none").make_optional("labels")
    await create(client)
    assert fake.issues["DEMO-1"].fields["customfield_10037"] == "none"


async def test_a_project_that_must_assign(fake: FakeJira, client: httpx.AsyncClient) -> None:
    fake.project("DEMO").allows_unassigned = False
    answer = await client.post("/rest/api/3/issue", json=create_body())
    assert answer.json()["errors"] == {"assignee": "Issues must be assigned."}


async def test_a_priority_scheme(fake: FakeJira, client: httpx.AsyncClient) -> None:
    fake.project("DEMO").issue_type("Task").allow_only("priority", "2", "3")
    answer = await client.post("/rest/api/3/issue", json=create_body(priority={"name": "Low"}))
    assert answer.json()["errors"] == {"priority": "The priority selected is invalid."}
    await create(client, priority={"name": "High"})


async def test_someone_who_may_not_be_assigned(fake: FakeJira, client: httpx.AsyncClient) -> None:
    outsider = fake.add_user("Olga Out", "olga@example.com", assignable_in=["OTHER"])
    former = fake.user("robin.former@example.com")
    for user in (outsider, former):
        answer = await client.post("/rest/api/3/issue", json=create_body(assignee={"accountId": user.account_id}))
        assert answer.json()["errors"] == {"assignee": f"User '{user.display_name}' cannot be assigned issues."}


async def test_permissions(fake: FakeJira, client: httpx.AsyncClient) -> None:
    fake.revoke("MODIFY_REPORTER")
    reporter = {"accountId": fake.user("aiko.tanaka@example.com").account_id}
    answer = await client.post("/rest/api/3/issue", json=create_body(reporter=reporter))
    assert list(answer.json()["errors"]) == ["reporter"]
    fake.revoke("CREATE_ISSUES", project="DEMO")
    answer = await client.post("/rest/api/3/issue", json=create_body())
    assert answer.status_code == 400
    assert answer.json()["errorMessages"] == ["You do not have permission to create issues in this project."]
    fake.revoke("BROWSE_PROJECTS")
    answer = await client.post("/rest/api/3/issue", json=create_body())
    assert answer.json()["errors"] == {"project": "valid project is required"}


async def test_a_team_managed_project_has_its_parents_at_home(fake: FakeJira, client: httpx.AsyncClient) -> None:
    fake.add_project("TEAM", style="next-gen")
    fake.add_project("OTHER")
    epic = await create(client, issuetype={"name": "Epic"})
    for project, status in (("OTHER", 201), ("TEAM", 400)):
        body = create_body(project={"key": project}, parent={"key": epic})
        assert (await client.post("/rest/api/3/issue", json=body)).status_code == status


async def test_hierarchy(fake: FakeJira, client: httpx.AsyncClient) -> None:
    epic = await create(client, issuetype={"name": "Epic"})
    story = await create(client, issuetype={"name": "Story"}, parent={"key": epic})
    subtask = await create(client, issuetype={"name": "Sub-task"}, parent={"id": fake.issues[story].id})
    assert [fake.issues[key].parent for key in (epic, story, subtask)] == [None, epic, story]
    for kind, parent in (("Task", story), ("Sub-task", epic), ("Task", subtask)):
        answer = await client.post(
            "/rest/api/3/issue", json=create_body(issuetype={"name": kind}, parent={"key": parent})
        )
        text = "Given parent work item does not belong to appropriate hierarchy."
        assert answer.json()["errors"] == {"parent": text, "parentId": text}


async def test_properties_come_with_the_create(fake: FakeJira, client: httpx.AsyncClient) -> None:
    body = {**create_body(), "properties": [{"key": "k", "value": {"a": [1]}}]}
    assert (await client.post("/rest/api/3/issue", json=body)).status_code == 201
    assert fake.issues["DEMO-1"].properties == {"k": {"a": [1]}}
    for wrong in ("x", [{"key": "k"}], [{"key": "k" * 256, "value": 1}], [{"key": "k", "value": "x" * 32_768}]):
        answer = await client.post("/rest/api/3/issue", json={**create_body(), "properties": wrong})
        assert answer.status_code == 400
    assert len(fake.issues) == 1


async def test_update_operations(fake: FakeJira, client: httpx.AsyncClient) -> None:
    body = {**create_body(), "update": {"labels": [{"add": "a"}, {"add": "b"}]}}
    assert (await client.post("/rest/api/3/issue", json=body)).status_code == 201
    assert fake.issues["DEMO-1"].labels == ["a", "b"]
    edit = {
        "update": {"labels": [{"remove": "a"}], "components": [{"add": {"name": "Docs"}}], "summary": [{"set": "New"}]}
    }
    assert (await client.put("/rest/api/3/issue/DEMO-1", json=edit)).status_code == 204
    issue = fake.issues["DEMO-1"]
    assert (issue.labels, issue.fields["components"][0]["name"], issue.summary) == (["b"], "Docs", "New")
    for wrong in (
        {"fields": {"labels": []}, "update": {"labels": [{"add": "x"}]}},
        {"update": {"labels": {"add": "x"}}},
        {"update": {"labels": [{"add": "x", "set": []}]}},
        {"update": {"summary": [{"add": "x"}]}},
        {"update": []},
    ):
        assert (await client.put("/rest/api/3/issue/DEMO-1", json=wrong)).status_code == 400


async def test_a_refused_create_may_use_up_a_key() -> None:
    fake = FakeJira(burn_keys=True)
    async with client_of(fake) as client:
        assert (await client.post("/rest/api/3/issue", json=create_body(summary=""))).status_code == 400
        assert await create(client) == "DEMO-2"
        assert fake.issues["DEMO-2"].id == "10001"


async def test_version_2_takes_and_shows_plain_text(fake: FakeJira, client: httpx.AsyncClient) -> None:
    body = create_body(description="one\nmore\n \ntwo\n", customfield_10036="three")
    answer = await client.post("/rest/api/2/issue", json=body)
    assert answer.status_code == 201
    assert answer.json()["self"].startswith("https://fake-jira.example/rest/api/2/issue/")
    assert (await client.get("/rest/api/2/issue/DEMO-1")).json()["fields"]["customfield_10036"] == "three"
    assert (await client.get("/rest/api/2/issue/DEMO-1")).json()["fields"]["description"] == "one\nmore\n\ntwo"
    shown = (await client.get("/rest/api/3/issue/DEMO-1")).json()["fields"]["description"]
    assert [[node.get("text") for node in block["content"]] for block in shown["content"]] == [
        ["one", None, "more"],
        ["two"],
    ]
    for wrong, text in ((text_document("x"), "Operation value must be a string"), ("x" * _LONG, "32,767")):
        answer = await client.post("/rest/api/2/issue", json=create_body(description=wrong))
        assert text in answer.json()["errors"]["description"]


async def test_an_edit(fake: FakeJira, client: httpx.AsyncClient) -> None:
    await create(client, labels=["a"], customfield_10020=2)
    edit = {"fields": {"labels": [], "customfield_10020": None, "summary": "New", "duedate": "2026-02-01"}}
    assert (await client.put("/rest/api/3/issue/DEMO-1", json=edit)).status_code == 204
    issue = fake.issues["DEMO-1"]
    assert (issue.labels, issue.sprint, issue.summary, issue.fields["duedate"]) == ([], None, "New", "2026-02-01")
    answer = await client.put("/rest/api/3/issue/DEMO-1?returnIssue=true", json={"fields": {"summary": "Newer"}})
    assert answer.json()["fields"]["summary"] == "Newer"


@pytest.mark.parametrize(
    ("fields", "name"),
    [({"summary": None}, "summary"), ({"summary": ""}, "summary"), ({"project": {"key": "X"}}, "project")],
)
async def test_a_refused_edit(fields: dict[str, Any], name: str, client: httpx.AsyncClient) -> None:
    await create(client)
    answer = await client.put("/rest/api/3/issue/DEMO-1", json={"fields": fields})
    assert (answer.status_code, list(answer.json()["errors"])) == (400, [name])


async def test_an_edit_without_permission(fake: FakeJira, client: httpx.AsyncClient) -> None:
    await create(client)
    quiet = await client.put("/rest/api/3/issue/DEMO-1?notifyUsers=false", json={"fields": {"summary": "x"}})
    assert quiet.status_code == 400
    fake.grant("ADMINISTER_PROJECTS")
    quiet = await client.put("/rest/api/3/issue/DEMO-1?notifyUsers=false", json={"fields": {"summary": "x"}})
    assert quiet.status_code == 204
    fake.revoke("EDIT_ISSUES")
    assert (await client.put("/rest/api/3/issue/DEMO-1", json={"fields": {"summary": "y"}})).status_code == 403


async def test_german_messages() -> None:
    async with client_of(FakeJira(language="de")) as client:
        answer = await client.post("/rest/api/3/issue", json=create_body(priority={"id": "9"}, customfield_10020=1))
    assert answer.json()["errors"] == {
        "priority": "Die gewählte Priorität ist ungültig.",
        "customfield_10020": "Vorgänge können nur aktiven oder künftigen Sprints zugewiesen werden.",
    }


@pytest.mark.parametrize(
    ("assignee", "expected"),
    [
        ({}, "lead"),
        ({"assignee": {"accountId": "-1"}}, "lead"),
        ({"assignee": {"id": "-1"}}, "lead"),
        ({"assignee": None}, None),
        ({"assignee": {"accountId": None}}, None),
        ({"components": [{"name": "Docs"}]}, "deputy"),
        ({"components": [{"name": "Backend"}, {"name": "Docs"}]}, None),
    ],
)
async def test_without_an_assignee_the_default_one_is_set(
    fake: FakeJira, client: httpx.AsyncClient, assignee: dict[str, Any], expected: str | None
) -> None:
    project = fake.project("DEMO")
    people = {"lead": project.lead, "deputy": fake.user("jonas.weber@example.com").account_id, None: None}
    project.assignee_type = "PROJECT_LEAD"
    for component in project.components:
        if component.name == "Docs":
            component.assignee_type, component.lead = "COMPONENT_LEAD", people["deputy"]
        if component.name == "Backend":
            component.assignee_type = "UNASSIGNED"
    key = await create(client, **assignee)
    assert fake.issues[key].assignee == people[expected]
    shown = (await client.get("/rest/api/3/project/DEMO")).json()
    assert shown["assigneeType"] == "PROJECT_LEAD"
    assert {each["name"]: each.get("realAssignee", {}).get("accountId") for each in shown["components"]} == {
        "Backend": None,
        "Billing": people["lead"],
        "Docs": people["deputy"],
        "Frontend": people["lead"],
    }


async def test_a_mandatory_text_of_which_nobody_sees_anything_is_missing(
    fake: FakeJira, client: httpx.AsyncClient
) -> None:
    fake.project("DEMO").issue_type("Task").require("description")
    blank = {"type": "doc", "version": 1, "content": [{"type": "paragraph", "content": []}]}
    answer = await client.post("/rest/api/3/issue", json=create_body(description=blank))
    assert (answer.status_code, answer.json()["errors"]) == (400, {"description": "Description is required."})
