from typing import Any

import pytest

from jira_session_export._jira.wire import Team
from jira_session_export._mapping.fields import resolve
from jira_session_export._mapping.metadata import Found

SYSTEM = "com.atlassian.jira.plugin.system.customfieldtypes:"
ASSETS = "com.atlassian.jira.plugins.cmdb:cmdb-object-cftype"
ORGANIZATIONS = "com.atlassian.servicedesk:sd-customer-organizations"
REQUEST_TYPE = "com.atlassian.servicedesk:vp-origin"
TEAM_ID = "36885b3c-1bf0-4f85-a357-c5b858c31de4"
PROJECTS = [{"id": "10", "key": "OPS", "name": "Operations"}, {"id": "11", "key": "DEV", "name": "OPS"}]


def outcome(kit: Any, field: Any, wanted: Any, metadata: Any = None) -> Any:
    """What is sent, or why not."""
    resolution = resolve(field, "word", wanted, metadata or kit.metadata(), kit.document)
    assert (resolution.value is None) == bool(resolution.fixes)
    return resolution.fixes[0].done_instead if resolution.fixes else resolution.value


@pytest.mark.parametrize(
    ("type_", "items", "custom", "wanted", "sent"),
    [
        ("group", None, SYSTEM + "grouppicker", "jira users", {"name": "jira users"}),
        ("group", None, SYSTEM + "grouppicker", {"groupId": "276f955c"}, {"groupId": "276f955c"}),
        ("array", "group", SYSTEM + "multigrouppicker", "a, b", [{"name": "a"}, {"name": "b"}]),
        ("project", None, SYSTEM + "project", "ops", {"key": "OPS"}),
        ("project", None, SYSTEM + "project", 10010, {"id": "10010"}),
        ("project", None, SYSTEM + "project", {"key": "OPS"}, {"key": "OPS"}),
        ("array", "sd-customerorganization", ORGANIZATIONS, "1; 2", [1, 2]),
        ("array", "sd-customerorganization", ORGANIZATIONS, "1, 2", [1, 2]),
        ("array", "sd-customerorganization", ORGANIZATIONS, [1, {"id": "2"}], [1, 2]),
        ("array", "cmdb-object-field", ASSETS, "ws-1:88, ws-1:89", [{"id": "ws-1:88"}, {"id": "ws-1:89"}]),
        ("any", None, ASSETS, "ws-1:88", [{"id": "ws-1:88"}]),
        ("array", "cmdb-object-field", ASSETS, [{"id": "ws:1", "objectId": "1"}], [{"id": "ws:1", "objectId": "1"}]),
        (
            "array",
            "cmdb-object-field",
            ASSETS,
            {"workspaceId": "ws", "objectId": "1"},
            [{"workspaceId": "ws", "objectId": "1", "id": "ws:1"}],
        ),
        ("array", "cmdb-object-field", ASSETS, "88", "named by the ids of its workspace and itself"),
        ("sd-customerrequesttype", None, REQUEST_TYPE, 27, "27"),
        ("sd-customerrequesttype", None, REQUEST_TYPE, "it/get-help", "it/get-help"),
        ("sd-customerrequesttype", None, REQUEST_TYPE, {"requestType": {"id": "27"}}, "27"),
        ("sd-customerrequesttype", None, REQUEST_TYPE, "Get help", "request types there are"),
        ("team", None, SYSTEM + "atlassian-team", TEAM_ID, TEAM_ID),
        ("team", None, SYSTEM + "atlassian-team", {"id": TEAM_ID, "name": "x"}, TEAM_ID),
        ("any", None, "com.atlassian.teams:rm-teams-custom-field-team", 4158, "4158"),
        ("team", None, SYSTEM + "atlassian-team", "Platform", "Jira does not say which teams"),
    ],
)  # fmt: skip
def test_references(kit: Any, type_: str, items: str | None, custom: str, wanted: Any, sent: Any) -> None:
    found = outcome(kit, kit.field("customfield_1", type_, items=items, custom=custom), wanted)
    if isinstance(sent, str) and found != sent:
        assert sent in found
    else:
        assert found == sent


@pytest.mark.parametrize(
    ("wanted", "sent"), [("Operations", "10"), ("ops", "11"), ("DEV", "11"), ("10", "10"), ({"key": "DEV"}, "11")]
)
def test_a_project_goes_by_name_before_key_before_id(kit: Any, wanted: Any, sent: str) -> None:
    field = kit.field("customfield_1", "project", custom=SYSTEM + "project", allowed=PROJECTS)
    assert outcome(kit, field, wanted) == {"id": sent}


def test_a_team_goes_by_a_name_that_fits_one(kit: Any) -> None:
    field = kit.field("customfield_1", "team", custom=SYSTEM + "atlassian-team")
    teams = (Team(id="1", name="Platform"), Team(id="2", name="Platform Core"), Team(id="3", name="Ops"))
    known = kit.metadata().with_lookups(Found(teams={"platform": teams, "Core": teams, "Twice": ()}))
    assert outcome(kit, field, "platform", known) == "1"
    assert "no such team; Jira suggests: Platform, Platform Core, Ops" in outcome(kit, field, "Core", known)
    assert outcome(kit, field, "Twice", known).endswith("there is no such team")
    twins = kit.metadata().with_lookups(Found(teams={"ops": (teams[2], Team(id="4", name="OPS"))}))
    assert "several teams are called so (their ids: 3, 4)" in outcome(kit, field, "ops", twins)


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        (True, [{"id": "1"}]),
        ("yes", [{"id": "1"}]),
        (" X ", [{"id": "1"}]),
        ("Impediment", [{"id": "1"}]),
        ([True], [{"id": "1"}]),
        ({"value": "Impediment"}, [{"id": "1"}]),
    ],
)
def test_a_single_check_box_is_ticked_by_a_word(kit: Any, wanted: Any, sent: Any) -> None:
    box = kit.options(("1", "Impediment"))
    field = kit.field("customfield_1", "array", items="option", custom=SYSTEM + "multicheckboxes", allowed=box)
    assert outcome(kit, field, wanted) == sent


@pytest.mark.parametrize("wanted", [False, "no", "false", "0"])
def test_a_word_for_no_leaves_a_check_box_alone(kit: Any, wanted: Any) -> None:
    box = kit.options(("1", "Impediment"))
    field = kit.field("customfield_1", "array", items="option", custom=SYSTEM + "multicheckboxes", allowed=box)
    resolution = resolve(field, "Flagged", wanted, kit.metadata(), kit.document)
    assert (resolution.value, resolution.fixes) == (None, ())


@pytest.mark.parametrize("name", ["No", "X"])
def test_a_check_box_that_is_called_so_is_ticked(kit: Any, name: str) -> None:
    field = kit.field(
        "customfield_1", "array", items="option", custom=SYSTEM + "multicheckboxes", allowed=kit.options(("1", name))
    )
    assert outcome(kit, field, name) == [{"id": "1"}]


CASCADE = [
    {"id": "1", "value": "Sales", "children": [{"id": "2", "value": "Quotes"}, {"id": "3", "value": "A > B"}]},
    {"id": "4", "value": "R > D", "children": [{"id": "5", "value": "Lab"}]},
    {"id": "6", "value": "North - South", "children": []},
]


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        ("Sales", {"id": "1"}),
        ("Sales > Quotes", {"id": "1", "child": {"id": "2"}}),
        ("Sales->Quotes", {"id": "1", "child": {"id": "2"}}),
        ("Sales → quotes", {"id": "1", "child": {"id": "2"}}),
        ("Sales / Quotes", {"id": "1", "child": {"id": "2"}}),
        ("Sales - Quotes", {"id": "1", "child": {"id": "2"}}),
        ("Sales: Quotes", {"id": "1", "child": {"id": "2"}}),
        ("Sales > A > B", {"id": "1", "child": {"id": "3"}}),
        (["Sales -> Quotes"], {"id": "1", "child": {"id": "2"}}),
        (["Sales"], {"id": "1"}),
        ("R > D", {"id": "4"}),
        ("R > D > Lab", {"id": "4", "child": {"id": "5"}}),
        ("North - South", {"id": "6"}),
        ({"value": "Sales", "child": {"value": "Quotes"}}, {"id": "1", "child": {"id": "2"}}),
        ("Sales > Tea", "not one of: Quotes"),
        ("Tea - Quotes", "not one of: Sales"),
        ("a > b > c", "the field has two levels"),
    ],
)
def test_the_levels_of_a_cascade_are_told_apart(kit: Any, wanted: Any, sent: Any) -> None:
    custom = SYSTEM + "cascadingselect"
    field = kit.field("customfield_1", "option-with-child", custom=custom, allowed=CASCADE)
    found = outcome(kit, field, wanted)
    assert sent in found if isinstance(sent, str) else found == sent


@pytest.mark.parametrize(
    ("wanted", "zone", "sent"),
    [
        ("2026-10-02T09:30", "Europe/Berlin", "2026-10-02T07:30:00.000+0000"),
        ("2026-12-02T09:30", "Europe/Berlin", "2026-12-02T08:30:00.000+0000"),
        ("2026-10-02", "America/New_York", "2026-10-02T04:00:00.000+0000"),
        ("2026-10-02T09:30+05:30", "Europe/Berlin", "2026-10-02T04:00:00.000+0000"),
        ("2026-10-02 09:30", None, "2026-10-02T09:30:00.000+0000"),
        ("2026-10-02T09:30Z", "Nowhere/Else", "2026-10-02T09:30:00.000+0000"),
        ("2026-10-02T09:30", "Nowhere/Else", "not known on this computer"),
        ("2026-10-02T09:30", "../etc/passwd", "not known on this computer"),
    ],
)
def test_a_time_without_a_zone_is_one_of_the_accounts(kit: Any, wanted: str, zone: str | None, sent: str) -> None:
    myself = kit.metadata().myself.model_copy(update={"time_zone": zone})
    field = kit.field("customfield_1", "datetime", custom=SYSTEM + "datetime")
    assert sent in outcome(kit, field, wanted, kit.metadata(myself=myself))


SINGLE = [
    ("version", None, SYSTEM + "version", ["1.1"], {"name": "1.1"}),
    ("user", None, SYSTEM + "userpicker", ["Maria Silva"], {"accountId": "712020:maria"}),
    ("team", None, SYSTEM + "atlassian-team", [TEAM_ID], TEAM_ID),
    ("group", None, SYSTEM + "grouppicker", ["a", " "], {"name": "a"}),
    ("array", "json", "com.pyxis.greenhopper.jira:gh-sprint", [2], 2),
    ("array", "json", "com.pyxis.greenhopper.jira:gh-sprint", ["Sprint 2"], 2),
    ("number", None, SYSTEM + "float", ["5"], 5),
]


@pytest.mark.parametrize(("type_", "items", "custom", "wanted", "sent"), SINGLE)
def test_a_list_of_one_is_one_value(
    kit: Any, type_: str, items: str | None, custom: str, wanted: Any, sent: Any
) -> None:
    field = kit.field("customfield_1", type_, items=items, custom=custom)
    assert outcome(kit, field, wanted) == sent
    assert "holds one value" in outcome(kit, field, [*wanted, "b"])
