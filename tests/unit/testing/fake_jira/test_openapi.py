"""Every answer with a documented schema has that shape."""

import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator
from tests.unit.testing.fake_jira.conftest import create, create_body, text_document

from jira_session_export.testing import FakeJira

_FOLDER = Path(__file__).parent.parent / "openapi"
_V3 = "/rest/api/3"
_AGILE = "/rest/agile/1.0"


@cache
def _document(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((_FOLDER / f"{name}.json").read_text())
    return document


def _validator(method: str, template: str, status: int) -> Draft202012Validator:
    document = _document("jira-software" if template.startswith(_AGILE) else "jira-platform-v3")
    schema = document["paths"][template][method.lower()][str(status)]
    return Draft202012Validator({**schema, "components": document["components"]})


def _problems(validator: Draft202012Validator, value: Any) -> list[str]:
    return [f"{error.json_path}: {error.message[:200]}" for error in validator.iter_errors(value)]


@pytest.fixture
async def filled(fake: FakeJira, client: httpx.AsyncClient) -> FakeJira:
    """One of everything: DEMO-1 with all its fields, a file, a comment, links and a property; DEMO-2 and its sub-task."""
    user = {"accountId": fake.user("jonas.weber@example.com").account_id}
    epic = await create(client, issuetype={"name": "Epic"})
    await create(
        client,
        description=text_document("words"),
        assignee=user,
        parent={"key": epic},
        labels=["a", "b"],
        components=[{"name": "Backend"}],
        fixVersions=[{"name": "1.1"}],
        duedate="2026-03-01",
        customfield_10020=2,
        customfield_10028=5,
        customfield_10031={"value": "Staging"},
        customfield_10032=[{"value": "Web"}, {"id": "10111"}],
        customfield_10033=user,
        customfield_10034=1.5,
        customfield_10035="2026-03-02",
        customfield_10036=text_document("accepted when"),
        customfield_10037="C-1",
        customfield_10038="2026-03-01T09:30:00.000+0100",
        customfield_10039={"value": "Sales", "child": {"value": "Orders"}},
        customfield_10040=[user],
        customfield_10041="https://example.com/spec",
    )
    await create(client, issuetype={"name": "Sub-task"}, parent={"key": "DEMO-2"})
    link = {"type": {"name": "Blocks"}, "inwardIssue": {"key": "DEMO-2"}, "outwardIssue": {"key": "DEMO-1"}}
    assert (await client.post(f"{_V3}/issueLink", json=link)).status_code == 201
    await client.post(
        f"{_V3}/issue/DEMO-2/attachments",
        files={"file": ("a.png", b"\x89PNG")},
        headers={"X-Atlassian-Token": "no-check"},
    )
    await client.post(f"{_V3}/issue/DEMO-2/comment", json={"body": text_document("well")})
    await client.put(f"{_V3}/issue/DEMO-2/properties/batch", json={"n": 1})
    remote = {"globalId": "g", "relationship": "from", "object": {"url": "https://example.com", "title": "Here"}}
    await client.post(f"{_V3}/issue/DEMO-2/remotelink", json=remote)
    return fake


_READS = [
    ("/myself", ""),
    ("/mypermissions", "?permissions=CREATE_ISSUES,LINK_ISSUES&projectKey=DEMO"),
    ("/project/{projectIdOrKey}", ""),
    ("/project/search", "?keys=DEMO"),
    ("/project/{projectIdOrKey}/components", ""),
    ("/project/{projectIdOrKey}/versions", ""),
    ("/project/{projectIdOrKey}/statuses", ""),
    ("/issue/createmeta/{projectIdOrKey}/issuetypes", ""),
    ("/issue/createmeta/{projectIdOrKey}/issuetypes/{issueTypeId}", ""),
    ("/issue/{issueIdOrKey}", "?properties=*all&expand=names,schema,renderedFields,transitions"),
    ("/issue/{issueIdOrKey}/editmeta", ""),
    ("/issue/{issueIdOrKey}/comment", ""),
    ("/issue/{issueIdOrKey}/properties", ""),
    ("/issue/{issueIdOrKey}/properties/{propertyKey}", ""),
    ("/issue/{issueIdOrKey}/remotelink", ""),
    ("/issue/{issueIdOrKey}/remotelink", "?globalId=g"),
    ("/issue/{issueIdOrKey}/transitions", ""),
    ("/attachment/meta", ""),
    ("/attachment/{id}", ""),
    ("/issueLink/{linkId}", ""),
    ("/issueLinkType", ""),
    ("/user", "?accountId={accountId}"),
    ("/user/bulk", "?accountId={accountId}"),
    ("/user/search", "?query=maria"),
    ("/user/assignable/search", "?project=DEMO&query="),
    ("/user/assignable/multiProjectSearch", "?projectKeys=DEMO&query="),
    ("/priority", ""),
    ("/priority/search", ""),
    ("/field", ""),
    ("/label", ""),
    ("/status", ""),
    ("/issuetype/project", "?projectId=10000"),
    ("/configuration", ""),
    ("/serverInfo", ""),
    ("/search/jql", "?jql=project=DEMO&fields=*all&properties=batch&maxResults=1"),
]


@pytest.mark.parametrize(("template", "query"), _READS)
async def test_read(template: str, query: str, filled: FakeJira, client: httpx.AsyncClient) -> None:
    values = {
        "projectIdOrKey": "DEMO",
        "issueIdOrKey": "DEMO-2",
        "propertyKey": "batch",
        "linkId": next(iter(filled.links)).id,
        "id": filled.issues["DEMO-2"].attachments[0].id,
        "issueTypeId": filled.issues["DEMO-2"].type_id,
        "accountId": filled.user("maria.silva@example.com").account_id,
    }
    answer = await client.get(f"{_V3}{template}{query}".format(**values))
    assert answer.status_code == 200
    assert _problems(_validator("get", f"{_V3}{template}", 200), answer.json()) == []


_WRITES: list[tuple[str, str, int, Callable[[], dict[str, Any]]]] = [
    ("/issue", "/issue", 201, lambda: {"json": create_body()}),
    ("/issue", "/issue", 400, lambda: {"json": create_body(summary="", labels=["a b"])}),
    ("/issue/bulk", "/issue/bulk", 201, lambda: {"json": {"issueUpdates": [create_body(), create_body(summary="")]}}),
    ("/issue/bulkfetch", "/issue/bulkfetch", 200, lambda: {"json": {"issueIdsOrKeys": ["DEMO-2", "DEMO-9"]}}),
    (
        "/issue/{issueIdOrKey}/attachments",
        "/issue/DEMO-2/attachments",
        200,
        lambda: {"files": {"file": ("b.txt", b"b")}, "headers": {"X-Atlassian-Token": "no-check"}},
    ),
    ("/issue/{issueIdOrKey}/comment", "/issue/DEMO-2/comment", 201, lambda: {"json": {"body": text_document("x")}}),
    (
        "/issue/{issueIdOrKey}/remotelink",
        "/issue/DEMO-2/remotelink",
        201,
        lambda: {"json": {"object": {"url": "https://example.com", "title": "x"}}},
    ),
    ("/search/jql", "/search/jql", 200, lambda: {"json": {"jql": "project = DEMO", "fields": ["*navigable"]}}),
    ("/search/approximate-count", "/search/approximate-count", 200, lambda: {"json": {"jql": "project = DEMO"}}),
]


@pytest.mark.parametrize(("template", "path", "status", "options"), _WRITES)
async def test_post(
    template: str,
    path: str,
    status: int,
    options: Callable[[], dict[str, Any]],
    filled: FakeJira,
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post(f"{_V3}{path}", **options())
    assert answer.status_code == status
    documented = _document("jira-platform-v3")["paths"][f"{_V3}{template}"]["post"]
    if str(status) in documented:
        assert _problems(_validator("post", f"{_V3}{template}", status), answer.json()) == []
    else:  # the document gives refusals by example only
        assert answer.json().keys() == {"errorMessages", "errors"}


@pytest.mark.parametrize(("template", "path"), [("/board", "/board"), ("/board/{boardId}", "/board/1")])
async def test_agile_read(template: str, path: str, client: httpx.AsyncClient) -> None:
    answer = await client.get(f"{_AGILE}{path}")
    assert _problems(_validator("get", f"{_AGILE}{template}", 200), answer.json()) == []


async def test_sprints_have_the_members_of_the_documented_example(client: httpx.AsyncClient) -> None:
    required = {"id", "self", "state", "name", "goal"}
    allowed = required | {"startDate", "endDate", "completeDate", "originBoardId", "createdDate"}
    page = (await client.get(f"{_AGILE}/board/1/sprint")).json()
    assert page.keys() == {"isLast", "maxResults", "startAt", "total", "values"}
    assert [each["state"] for each in page["values"]] == ["closed", "active", "future"]
    for sprint in page["values"]:
        assert required <= sprint.keys() <= allowed
    assert (await client.get(f"{_AGILE}/sprint/2")).json() == page["values"][1]


def test_a_wrong_shape_would_be_seen() -> None:
    validator = _validator("get", f"{_V3}/attachment/meta", 200)
    assert _problems(validator, {"enabled": "yes", "uploadLimit": 1}) != []
