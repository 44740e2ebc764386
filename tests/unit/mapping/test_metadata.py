from typing import Any

import pytest

from jira_session_export._jira.wire import IssueType, Sprint, User
from jira_session_export._mapping.metadata import (
    Lookups,
    find_issue_type,
    issue_types_used,
    looks_like_account_id,
    lookups_needed,
)


@pytest.mark.parametrize(
    ("term", "expected"),
    [
        ("5b10ac8d82e05b22cc7d4ef5", True),
        ("712020:0b8d1f6c-7d3f-4d9c-8c54-111111111111", True),
        ("qm:6b2c:7", True),
        ("Maria Silva", False),
        ("Administrator", False),
        ("maria@example.com", False),
        ("", False),
    ],
)
def test_account_ids_are_told_from_names(term: str, expected: bool) -> None:
    assert looks_like_account_id(term) is expected


def test_issue_types_are_found_by_id_name_and_untranslated_name() -> None:
    types = [IssueType(id="1", name="2"), IssueType(id="2", name="Historia", untranslated_name="Story")]
    assert find_issue_type(types, "2") == types[1]
    assert find_issue_type(types, " historia") == types[1]
    assert find_issue_type(types, "STORY") == types[1]
    assert find_issue_type(types, "Bug") is None


def test_issue_types_used_are_named_once(kit: Any) -> None:
    tickets = [kit.ticket(), kit.ticket(issue_type="task"), kit.ticket(issue_type="Story"), kit.ticket(issue_type="?")]
    assert [each.name for each in issue_types_used(tickets, kit.metadata().issue_types, "Task")] == ["Task", "Historia"]


def test_story_points_are_found_in_both_kinds_of_project(kit: Any) -> None:
    points = kit.field("customfield_1", "number", "Story Points", custom="x:float")
    estimate = kit.field("customfield_2", "number", "Schätzung", custom="com.pyxis.greenhopper.jira:jsw-story-points")
    text = kit.field("customfield_1", "string", "Story points", custom="x:textfield")
    both = kit.metadata(points, estimate, without=("customfield_10028",)).screen("10001")
    only_estimate = kit.metadata(text, estimate, without=("customfield_10028",)).screen("10001")
    only_points = kit.metadata(points, without=("customfield_10028",)).screen("10001")
    assert both.story_points(team_managed=True) == estimate
    assert both.story_points(team_managed=False) == points
    assert only_estimate.story_points(team_managed=False) == estimate
    assert only_points.story_points(team_managed=True) == points
    assert kit.metadata(without=("customfield_10028",)).screen("10001").story_points(team_managed=True) is None


def test_people_are_found_by_each_name_they_have(kit: Any) -> None:
    metadata = kit.metadata()
    assert [user.display_name for user in metadata.people("712020:maria")] == ["Maria Silva"]
    assert [user.display_name for user in metadata.people("MARIA.silva@example.com")] == ["Maria Silva"]
    assert len(metadata.people("Aiko Tanaka")) == 2
    assert metadata.people("712020:MARIA") == ()


def test_a_name_never_meets_an_id(kit: Any) -> None:
    metadata = kit.metadata(
        users=(User(account_id="kim", display_name="Lee"), User(account_id="x", display_name="#kim"))
    )
    assert [user.display_name for user in metadata.people("kim")] == ["Lee"]


def test_open_sprints_are_listed_once(kit: Any) -> None:
    twice = Sprint(id=2, name="Sprint 2", state="active")
    assert [each.id for each in kit.metadata(sprints=(twice, twice, Sprint(id=1, state="closed"))).open_sprints] == [2]


def test_permissions_nobody_asked_for_count_as_granted(kit: Any) -> None:
    metadata = kit.metadata(permissions={"A": False})
    assert not metadata.allows("A")
    assert metadata.allows("B")


# -- look-ups --------------------------------------------------------------------------------------------------------


def test_nothing_is_looked_up_that_is_certain(kit: Any) -> None:
    tickets = [kit.ticket(assignee="Maria Silva", sprint=2), kit.ticket(reporter="Nobody", sprint="Sprint 2")]
    lookups = lookups_needed(tickets, kit.metadata())
    assert lookups == Lookups()
    assert not lookups


def test_each_person_and_sprint_is_looked_up_once(kit: Any) -> None:
    metadata = kit.metadata(
        kit.field("customfield_7", "user", "Reviewer"),
        kit.field("customfield_8", "array", "Watchers", items="user"),
        users_complete=False,
    )
    tickets = [
        kit.ticket(assignee="712020:maria", sprint=77),
        kit.ticket(assignee="712020:new", sprint="77"),
        kit.ticket(assignee="712020:new", reporter="x@example.com", sprint="Sprint 77"),
        kit.ticket(assignee="maria.silva@example.com", custom_fields={"reviewer": "Jo", "WATCHERS": ["Jo", {"id": "1:a"}, 3]}),
        kit.ticket(issue_type="Nowhere", custom_fields={"Reviewer": "not seen"}),
        kit.ticket(issue_type="Epic", custom_fields={"Reviewer": "not seen"}),
        kit.ticket(custom_fields={"Environment type": "Staging", "Watchers": "  "}),
    ]  # fmt: skip
    assert lookups_needed(tickets, metadata) == Lookups(("712020:new",), ("x@example.com", "Jo"), (77,))


def test_what_was_looked_up_is_not_looked_up_again(kit: Any) -> None:
    metadata = kit.metadata(users_complete=False)
    tickets = [kit.ticket(assignee="Kim", reporter="1:a", sprint=77), kit.ticket(assignee="k@example.com", sprint=78)]
    first = lookups_needed(tickets, metadata)
    known = metadata.with_lookups(
        dict.fromkeys((*first.account_ids, *first.queries), ()),
        {77: Sprint(id=77, name="S", state="active"), 78: None},
    )
    assert bool(first)
    assert not lookups_needed(tickets, known)
    assert known.sprint(77) is not None
    assert known.sprint(78) is None


def test_a_name_in_an_incomplete_list_may_be_somebody_elses_too(kit: Any) -> None:
    metadata = kit.metadata(users_complete=False)
    assert lookups_needed([kit.ticket(assignee="Maria Silva")], metadata).queries == ("Maria Silva",)
    namesake = User(account_id="9:9", display_name="Maria Silva")
    assert len(metadata.with_lookups({"Maria Silva": (namesake,)}, {}).people("maria silva")) == 2


def test_an_address_missing_from_a_complete_list_may_be_hidden(kit: Any) -> None:
    assert lookups_needed([kit.ticket(assignee="jonas@example.com")], kit.metadata()).queries == ("jonas@example.com",)


def test_lookups_are_linear_in_what_is_named(kit: Any) -> None:
    """As many as there are distinct names, however many tickets there are."""
    tickets = [kit.ticket(assignee=f"person{number % 7}@example.com", sprint=100 + number % 3) for number in range(500)]
    lookups = lookups_needed(tickets, kit.metadata())
    assert (len(lookups.queries), len(lookups.sprint_ids)) == (7, 3)


def test_create_screens_can_be_read_later(kit: Any) -> None:
    metadata = kit.metadata()
    assert metadata.screen("10003") is None
    later = metadata.with_fields({"10003": (kit.field("summary"),)})
    assert later.screen("10003").get("summary") is not None
    assert later.screen("10001") is not None
