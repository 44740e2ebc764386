"""The kinds of fields that refer to something beside the issue: what Jira takes, shows and refuses."""

from typing import Any

import httpx
import pytest
from tests.unit.testing.fake_jira.conftest import create, create_body

from jira_session_export.testing import FakeJira, FieldKind

TEAM = "customfield_10501"


def shown(fake: FakeJira, kind: FieldKind, *options: str) -> str:
    if kind is FieldKind.TIME_TRACKING:
        field_id = "timetracking"
    else:
        field_id = fake.add_field(TEAM, "New", kind, options=options).id
    fake.project("DEMO").issue_type("Task").add_field(field_id)
    return field_id


@pytest.mark.parametrize(
    ("kind", "value", "read_back"),
    [
        (
            FieldKind.TIME_TRACKING,
            {"originalEstimate": "2d"},
            {"originalEstimate": "2d", "remainingEstimate": "2d"},
        ),
        (FieldKind.TIME_TRACKING, {"remainingEstimate": "1w 2h"}, {"remainingEstimate": "1w 2h"}),
        (FieldKind.GROUP, {"name": "jira-users"}, {"name": "jira-users"}),
        (FieldKind.GROUPS, [{"name": "qa"}], [{"name": "qa"}]),
        (FieldKind.PROJECT, {"key": "DEMO"}, {"id": "10000", "key": "DEMO", "name": "Demo project"}),
        (FieldKind.ASSETS, [{"id": "ws:88"}], [{"workspaceId": "ws", "id": "ws:88", "objectId": "88"}]),
    ],
)
async def test_what_jira_takes_it_shows(
    fake: FakeJira, client: httpx.AsyncClient, kind: FieldKind, value: Any, read_back: Any
) -> None:
    fake.add_group("qa")
    field_id = shown(fake, kind)
    key = await create(client, **{field_id: value})
    issue = (await client.get(f"/rest/api/3/issue/{key}")).json()
    assert issue["fields"][field_id] == read_back
    assert (await client.get(f"/browse/{key}")).status_code == 200


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (FieldKind.TIME_TRACKING, "2d"),
        (FieldKind.TIME_TRACKING, {"timeSpent": "2d"}),
        (FieldKind.TIME_TRACKING, {"originalEstimate": 2}),
        (FieldKind.TIME_TRACKING, {"originalEstimate": "soon"}),
        (FieldKind.VERSION, [{"name": "1.1"}]),
        (FieldKind.VERSION, {"name": "9.9"}),
        (FieldKind.RADIO, "A"),
        (FieldKind.RADIO, {"value": "C"}),
        (FieldKind.CHECKBOXES, {"value": "A"}),
        (FieldKind.GROUP, "jira-users"),
        (FieldKind.GROUP, {"name": "nobody"}),
        (FieldKind.GROUPS, {"name": "jira-users"}),
        (FieldKind.PROJECT, "DEMO"),
        (FieldKind.PROJECT, {"key": "NOPE"}),
        (FieldKind.TEAM, {"id": "A"}),
        (FieldKind.TEAM, "A"),
        (FieldKind.ASSETS, {"id": "ws:88"}),
        (FieldKind.ASSETS, [{"key": "ITSM-88"}]),
        (FieldKind.ORGANIZATIONS, ["10000"]),
        (FieldKind.ORGANIZATIONS, [99]),
        (FieldKind.REQUEST_TYPE, 10000),
        (FieldKind.REQUEST_TYPE, "99"),
    ],
)
async def test_what_jira_refuses_is_refused_under_the_field(
    fake: FakeJira, client: httpx.AsyncClient, kind: FieldKind, value: Any
) -> None:
    field_id = shown(fake, kind, "A", "B")
    answer = await client.post("/rest/api/3/issue", json=create_body(**{field_id: value}))
    assert answer.status_code == 400
    assert list(answer.json()["errors"]) == [field_id]


async def test_teams_are_suggested_by_the_beginning_of_a_word(fake: FakeJira, client: httpx.AsyncClient) -> None:
    field_id = shown(fake, FieldKind.TEAM, "Web Platform", "Platform & Core", "Payments")
    answer = await client.get(
        "/rest/api/3/jql/autocompletedata/suggestions", params={"fieldName": "New", "fieldValue": "plat"}
    )
    results = answer.json()["results"]
    assert [each["displayName"] for each in results] == ["Web <b>Plat</b>form", "<b>Plat</b>form &amp; Core"]
    team = fake.fields[field_id].options[0]
    assert results[0]["value"] == team.id
    key = await create(client, **{field_id: team.id})
    read = (await client.get(f"/rest/api/3/issue/{key}")).json()["fields"][field_id]
    assert (read["id"], read["name"]) == (team.id, "Web Platform")
