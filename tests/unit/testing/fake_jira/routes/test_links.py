import httpx
import pytest
from tests.unit.testing.fake_jira.conftest import create

from jira_session_export.testing import FakeJira

_BLOCKS = {"type": {"name": "Blocks"}, "inwardIssue": {"key": "DEMO-1"}, "outwardIssue": {"key": "DEMO-2"}}


@pytest.fixture(autouse=True)
async def issues(client: httpx.AsyncClient) -> None:
    await create(client)
    await create(client)


async def test_direction(fake: FakeJira, client: httpx.AsyncClient) -> None:
    """The inward issue is the source: it "blocks" the outward one."""
    made = await client.post("/rest/api/3/issueLink", json=_BLOCKS)
    assert (made.status_code, made.content) == (201, b"")
    assert [(each.type, each.inward, each.outward) for each in fake.links] == [("Blocks", "DEMO-1", "DEMO-2")]
    source, target = [
        (await client.get(f"/rest/api/3/issue/{key}?fields=issuelinks")).json()["fields"]["issuelinks"][0]
        for key in ("DEMO-1", "DEMO-2")
    ]
    assert (source["type"]["outward"], source["outwardIssue"]["key"]) == ("blocks", "DEMO-2")
    assert (target["type"]["inward"], target["inwardIssue"]["key"]) == ("is blocked by", "DEMO-1")
    assert ("inwardIssue" in source, "outwardIssue" in target) == (False, False)


async def test_repeating_adds_nothing_but_the_other_way_round_does(fake: FakeJira, client: httpx.AsyncClient) -> None:
    turned = {**_BLOCKS, "inwardIssue": _BLOCKS["outwardIssue"], "outwardIssue": _BLOCKS["inwardIssue"]}
    for body in (_BLOCKS, _BLOCKS, turned, {**_BLOCKS, "type": {"id": "10003"}}):
        assert (await client.post("/rest/api/3/issueLink", json=body)).status_code == 201
    assert [each.type for each in fake.links] == ["Blocks", "Blocks", "Relates"]


@pytest.mark.parametrize(
    ("change", "status", "message"),
    [
        ({"type": {"name": "Causes"}}, 404, "No issue link type with name 'Causes' found."),
        ({"outwardIssue": {"key": "DEMO-9"}}, 404, "Issue does not exist or you do not have permission to see it."),
        ({"outwardIssue": None}, 400, "Invalid request payload. Refer to the REST API documentation and try again."),
    ],
)
async def test_refusals(change: dict[str, object], status: int, message: str, client: httpx.AsyncClient) -> None:
    answer = await client.post("/rest/api/3/issueLink", json={**_BLOCKS, **change})
    assert (answer.status_code, answer.json()["errorMessages"]) == (status, [message])


async def test_switched_off_or_forbidden(fake: FakeJira, client: httpx.AsyncClient) -> None:
    fake.revoke("LINK_ISSUES")
    assert (await client.post("/rest/api/3/issueLink", json=_BLOCKS)).status_code == 404
    remote = {"object": {"url": "https://example.com", "title": "t"}}
    assert (await client.post("/rest/api/3/issue/DEMO-1/remotelink", json=remote)).status_code == 403
    fake.grant("LINK_ISSUES")
    fake.options.linking_enabled = False
    assert (await client.post("/rest/api/3/issueLink", json=_BLOCKS)).status_code == 404
    assert (await client.get("/rest/api/3/issueLinkType")).status_code == 404


async def test_reading_and_deleting(fake: FakeJira, client: httpx.AsyncClient) -> None:
    await client.post("/rest/api/3/issueLink", json=_BLOCKS)
    path = f"/rest/api/3/issueLink/{fake.links[0].id}"
    shown = (await client.get(path)).json()
    assert (shown["inwardIssue"]["key"], shown["outwardIssue"]["key"]) == ("DEMO-1", "DEMO-2")
    assert (await client.delete(path)).status_code == 204
    assert (await client.get(path)).status_code == 404
    assert (await client.post("/rest/api/3/issueLink", json=_BLOCKS)).status_code == 201
    await client.delete("/rest/api/3/issue/DEMO-2")
    assert fake.links == ()


async def test_remote_links_are_put(fake: FakeJira, client: httpx.AsyncClient) -> None:
    path = "/rest/api/3/issue/DEMO-1/remotelink"
    body = {"globalId": "g", "object": {"url": "https://example.com", "title": "one"}}
    statuses = [(await client.post(path, json=body)).status_code for _ in range(2)]
    body["object"] = {"url": "https://example.com", "title": "two"}
    statuses.append((await client.post(path, json=body)).status_code)
    assert statuses == [201, 200, 200]
    assert [each.value["object"]["title"] for each in fake.issues["DEMO-1"].remote_links] == ["two"]
    refused = await client.post(path, json={"object": {"url": "https://example.com"}})
    assert refused.json()["errors"] == {"title": "'title' is required."}
    assert (await client.delete(f"{path}?globalId=g")).status_code == 204
    assert (await client.get(f"{path}?globalId=g")).status_code == 404
    assert (await client.delete(f"{path}?globalId=g")).status_code == 404


async def test_an_issue_is_not_linked_to_itself(client: httpx.AsyncClient) -> None:
    body = {"type": {"name": "Blocks"}, "inwardIssue": {"key": "DEMO-1"}, "outwardIssue": {"key": "DEMO-1"}}
    refused = await client.post("/rest/api/3/issueLink", json=body)
    assert (refused.status_code, refused.json()["errorMessages"]) == (400, ["You cannot link an issue to itself."])
