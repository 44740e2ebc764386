from typing import Any

import pytest

JSW = "com.pyxis.greenhopper.jira:jsw-story-points"
FLOAT = "com.atlassian.jira.plugin.system.customfieldtypes:float"
WITHOUT = ("customfield_10028",)


def screen(kit: Any, *fields: Any) -> Any:
    return kit.metadata(*fields, without=WITHOUT).screen("10001")


def points(kit: Any, name: str, number: int = 1, custom: str = FLOAT, type_: str = "number") -> Any:
    return kit.field(f"customfield_{number}", type_, name, custom=custom)


def test_story_points_are_found_in_both_kinds_of_project(kit: Any) -> None:
    by_name, estimate = points(kit, "Story Points"), points(kit, "Schätzung", 2, JSW)
    both = screen(kit, by_name, estimate)
    assert both.story_points(team_managed=True) == [estimate]
    assert both.story_points(team_managed=False) == [by_name]
    text = points(kit, "Story points", type_="string")
    assert screen(kit, text, estimate).story_points(team_managed=False) == [estimate]
    assert screen(kit, by_name).story_points(team_managed=True) == [by_name]
    assert not screen(kit).story_points(team_managed=True)


@pytest.mark.parametrize(
    "name", ["Story points", "Story-Points", "StoryPoints", "Story Point", "Story\u00a0point estimate", "story_points"]
)
def test_story_points_go_by_several_names(kit: Any, name: str) -> None:
    field = points(kit, name)
    assert screen(kit, field, points(kit, "Points won", 2)).story_points(team_managed=False) == [field]


def test_two_fields_of_one_name_are_both_shown_and_a_setting_decides(kit: Any) -> None:
    one, two, size = points(kit, "Story Points"), points(kit, "Story points", 2), points(kit, "Taille", 3)
    both = screen(kit, one, two, size)
    assert both.story_points(team_managed=False) == [one, two]
    assert list(both.story_points(team_managed=False, named="taille")) == [size]
    assert list(both.story_points(team_managed=False, named="customfield_2")) == [two]
    assert not both.story_points(team_managed=False, named="Nothing")


@pytest.mark.parametrize(
    ("term", "found"),
    [
        ("Umgebung", ["environment"]),
        ("Environment", ["environment"]),
        ("affects version/s", ["versions"]),
        ("Affects  Versions", ["versions"]),
        ("Security Level", ["security"]),
        ("Original", []),
        ("Team", ["customfield_10001"]),
        ("Organizations", ["customfield_10002"]),
        ("Cafe\u0301", ["customfield_10003"]),
        ("Untranslated", ["customfield_10003"]),
        ("customfield_10003", ["customfield_10003"]),
        (" customfield_10003 ", ["customfield_10003"]),
        ("10003", ["customfield_10003"]),
        ("cf[10003]", ["customfield_10003"]),
        ("99999", []),
        ("Priorität", ["customfield_10004", "priority"]),
    ],
)
def test_fields_are_found_by_what_people_call_them(kit: Any, term: str, found: list[str]) -> None:
    screen = kit.metadata(
        kit.field("environment", name="Umgebung"),
        kit.field("versions", "array", "Betroffene Versionen", items="version"),
        kit.field("security", "securitylevel", "Sicherheitsstufe"),
        kit.field("priority", "priority", "Priorität"),
        kit.field("customfield_10001", "team", "Mannschaft", custom="x:atlassian-team"),
        kit.field("customfield_10002", "array", "Organisationen", custom="x:sd-customer-organizations"),
        kit.field("customfield_10003", name="Caf\u00e9").model_copy(update={"untranslated_name": "Untranslated"}),
        kit.field("customfield_10004", name="Priorität"),
    ).screen("10001")
    assert sorted(each.field_id for each in screen.named(term)) == found


def test_a_name_in_the_accounts_language_comes_before_an_english_one(kit: Any) -> None:
    own = kit.field("customfield_7", name="Environment")
    screen = kit.metadata(own, kit.field("environment", name="Umgebung")).screen("10001")
    assert list(screen.named("Environment")) == [own]
