import httpx
from tests.unit.testing.fake_jira.conftest import client_of, create, create_body

from jira_session_export._testing.fake_jira.fields import FieldKind
from jira_session_export.testing import FakeJira, FakeRuntime


async def test_the_request_log(fake: FakeJira, client: httpx.AsyncClient) -> None:
    await client.get("/rest/api/3/project/DEMO?expand=lead")
    await client.post("/rest/api/3/search/jql", json={"jql": "project = DEMO"})
    await client.post("/rest/api/3/issue", json=create_body(summary=""))
    await create(client)
    await client.put(f"https://api.atlassian.com/ex/jira/{fake.cloud_id}/rest/api/3/issue/DEMO-1/properties/p", json=1)
    assert [(each.method, each.resource, each.status) for each in fake.requests] == [
        ("GET", "/project/DEMO", 200),
        ("POST", "/search/jql", 200),
        ("POST", "/issue", 400),
        ("POST", "/issue", 201),
        ("PUT", "/issue/DEMO-1/properties/p", 201),
    ]
    assert fake.requests[0].query == {"expand": ["lead"]}
    assert [each.resource for each in fake.writes] == ["/issue", "/issue", "/issue/DEMO-1/properties/p"]
    assert fake.creates[1].json["fields"]["summary"] == "A task"
    assert fake.sent("PUT") == fake.requests[-1:]
    assert all("authorization" not in each.headers for each in fake.requests)


async def test_spacing_between_creates(fake: FakeJira, client: httpx.AsyncClient, runtime: FakeRuntime) -> None:
    for _ in range(3):
        await create(client)
        await runtime.sleep(1.5)
        await client.get("/rest/api/3/myself")
    assert fake.create_spacing() == [1.5, 1.5]
    assert [each.at for each in fake.creates] == [issue.created for issue in fake.issues.values()]


async def test_a_field_of_ones_own(fake: FakeJira, client: httpx.AsyncClient) -> None:
    fake.add_field("customfield_10900", "Customer", FieldKind.OPTION, options=["ACME", "Umbrella"])
    fake.project("DEMO").issue_type("Task").add_field("Customer", required=True)
    refused = await client.post("/rest/api/3/issue", json=create_body())
    assert refused.json()["errors"] == {"customfield_10900": "Customer is required."}
    key = await create(client, customfield_10900={"value": "ACME"})
    shown = (await client.get(f"/rest/api/3/issue/{key}?fields=customfield_10900")).json()["fields"]
    assert shown["customfield_10900"]["value"] == "ACME"


async def test_what_a_test_may_look_at(fake: FakeJira, client: httpx.AsyncClient) -> None:
    jonas = fake.user("jonas.weber@example.com")
    key = await create(client, assignee={"accountId": jonas.account_id}, labels=["b", "a"], customfield_10020=3)
    issue = fake.issues[key]
    assert (issue.summary, issue.labels, issue.assignee, issue.priority) == (
        "A task",
        ["a", "b"],
        jonas.account_id,
        "Medium",
    )
    assert fake.sprints[issue.sprint or 0].name == "DEMO Sprint 3"
    assert issue.description is None
    assert fake.priorities["3"].name == "Medium"


async def test_issue_types_can_go(fake: FakeJira, client: httpx.AsyncClient) -> None:
    fake.project("DEMO").remove_issue_type("Task")
    refused = await client.post("/rest/api/3/issue", json=create_body())
    assert refused.json()["errors"] == {"issuetype": "The issue type selected is invalid."}


async def test_two_fakes_know_nothing_of_each_other() -> None:
    first, second = FakeJira(), FakeJira()
    async with client_of(first) as client:
        await create(client)
    first.project("DEMO").issue_type("Task").remove_field("labels")
    assert not second.issues
    async with client_of(second) as client:
        assert await create(client, labels=["x"]) == "DEMO-1"
