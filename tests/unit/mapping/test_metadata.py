from typing import Any

import pytest

from jira_session_export._jira.wire import IssueType, Sprint, User
from jira_session_export._mapping.metadata import find_issue_type, looks_like_account_id


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
    assert find_issue_type([IssueType(id="3", name="Prüfung\u00a0A")], "Pru\u0308fung  a") is not None


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


def test_create_screens_can_be_read_later(kit: Any) -> None:
    metadata = kit.metadata()
    assert metadata.screen("10003") is None
    later = metadata.with_fields({"10003": (kit.field("summary"),)})
    assert later.screen("10003").get("summary") is not None
    assert later.screen("10001") is not None
