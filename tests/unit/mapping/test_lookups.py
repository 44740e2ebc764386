from typing import Any

import pytest

from jira_session_export._jira.wire import Sprint, Team, User
from jira_session_export._mapping.lookups import Lookups, issue_types_used, lookups_needed
from jira_session_export._mapping.metadata import Found

TEAM = "com.atlassian.jira.plugin.system.customfieldtypes:atlassian-team"


def test_issue_types_used_are_named_once(kit: Any) -> None:
    tickets = [kit.ticket(), kit.ticket(issue_type="task"), kit.ticket(issue_type="Story"), kit.ticket(issue_type="?")]
    assert [each.name for each in issue_types_used(tickets, kit.metadata().issue_types, "Task")] == ["Task", "Historia"]


def test_nothing_is_looked_up_that_is_certain(kit: Any) -> None:
    tickets = [
        kit.ticket(assignee="Maria Silva", sprint=2),
        kit.ticket(assignee="Unassigned", reporter="me", sprint="Sprint 2"),
        kit.ticket(assignee="automatic", reporter="712020:anybody"),
        kit.ticket(reporter="maria.silva@example.com"),
    ]
    lookups = lookups_needed(tickets, kit.metadata())
    assert lookups == Lookups()
    assert not lookups


def test_each_person_and_sprint_is_looked_up_once(kit: Any) -> None:
    metadata = kit.metadata(
        kit.field("customfield_7", "user", "Reviewer"),
        kit.field("customfield_8", "array", "Watchers", items="user"),
        users_complete=False,
        boards_read=False,
    )
    tickets = [
        kit.ticket(assignee="712020:maria", sprint=77),
        kit.ticket(assignee="712020:new", sprint="77"),
        kit.ticket(assignee="712020:new", reporter="x@example.com", sprint="Sprint 77"),
        kit.ticket(assignee="maria.silva@example.com", custom_fields={"reviewer": "Jo", "WATCHERS": ["Jo", {"id": "1:a"}, 3]}),
        kit.ticket(custom_fields={"Assignee": "Kim", "Sprint": 78}),
        kit.ticket(issue_type="Nowhere", custom_fields={"Reviewer": "not seen"}),
        kit.ticket(issue_type="Epic", custom_fields={"Reviewer": "not seen"}),
        kit.ticket(custom_fields={"Environment type": "Staging", "Watchers": "  "}),
    ]  # fmt: skip
    assert lookups_needed(tickets, metadata) == Lookups(
        account_ids=("712020:new",),
        assignees=("Kim",),
        people=("x@example.com", "Jo"),
        sprint_ids=(77, 78),
        open_sprints=True,
    )


def test_what_was_looked_up_is_not_looked_up_again(kit: Any) -> None:
    metadata = kit.metadata(users_complete=False)
    tickets = [kit.ticket(assignee="Kim", reporter="1:a", sprint=77), kit.ticket(assignee="k@example.com", sprint=78)]
    first = lookups_needed(tickets, metadata)
    known = metadata.with_lookups(
        Found(
            assignable=dict.fromkeys((*first.account_ids, *first.assignees), ()),
            people=dict.fromkeys(first.people, ()),
            sprints={77: Sprint(id=77, name="S", state="active"), 78: None},
        )
    )
    assert bool(first)
    assert not lookups_needed(tickets, known)
    assert known.sprint(77) is not None
    assert known.sprint(78) is None


def test_a_name_in_an_incomplete_list_may_be_somebody_elses_too(kit: Any) -> None:
    metadata = kit.metadata(users_complete=False)
    assert lookups_needed([kit.ticket(assignee="Maria Silva")], metadata).assignees == ("Maria Silva",)
    namesake = User(account_id="9:9", display_name="Maria Silva")
    found = metadata.with_lookups(Found(assignable={"Maria Silva": (namesake,)}))
    assert len(found.people("maria silva")) == 2


@pytest.mark.parametrize("who", ["jonas@example.com", "Somebody Else"])
def test_who_is_missing_from_a_list_may_exist_all_the_same(kit: Any, who: str) -> None:
    assert lookups_needed([kit.ticket(assignee=who)], kit.metadata()).assignees == (who,)


def test_others_are_looked_up_among_all_users(kit: Any) -> None:
    """A person of that name who can be assigned need not be the only one of that name."""
    assert lookups_needed([kit.ticket(reporter="Maria Silva")], kit.metadata()).people == ("Maria Silva",)


def test_nobody_is_looked_up_where_jira_would_only_refuse(kit: Any) -> None:
    tickets = [kit.ticket(assignee="Kim", reporter="Lee")]
    permissions = {"USER_PICKER": False}
    metadata = kit.metadata(users=(), users_refused="You are not authorized.", permissions=permissions)
    assert not lookups_needed(tickets, metadata)
    assert not metadata.with_lookups(Found(people_refused={"Kim": "no"})).can_be_looked_up("Kim", assignable=True)


@pytest.mark.parametrize(
    ("sprint", "known", "needed"),
    [
        (2, {}, Lookups()),
        ("2", {}, Lookups()),
        ("Sprint 2", {}, Lookups()),
        ("Sprint 2", {"boards_read": False}, Lookups(open_sprints=True)),
        ("Sprint 9", {"boards_read": False, "boards_refused": "No Jira Software."}, Lookups()),
        ("Sprint 9", {}, Lookups(closed_sprints=("Sprint 9",))),
        ("Sprint 9", {"closed_names": frozenset({"sprint 9"})}, Lookups()),
        (99, {"boards_read": False}, Lookups(sprint_ids=(99,))),
        ("99", {"boards_read": False}, Lookups(sprint_ids=(99,))),
        ("99", {"boards_read": False, "asked_sprints": frozenset({99})}, Lookups(open_sprints=True)),
        ("1", {"boards_read": False}, Lookups(open_sprints=True)),
        (1, {"boards_read": False}, Lookups()),
    ],
)
def test_boards_are_read_when_a_name_needs_them(
    kit: Any, sprint: str | int, known: dict[str, Any], needed: Lookups
) -> None:
    assert lookups_needed([kit.ticket(sprint=sprint)], kit.metadata(**known)) == needed


def test_teams_are_looked_up_by_name_alone(kit: Any) -> None:
    metadata = kit.metadata(kit.field("customfield_10001", "team", "Équipe", custom=TEAM))
    tickets = [
        kit.ticket(custom_fields={"Team": "Platform"}),
        kit.ticket(custom_fields={"customfield_10001": {"name": "Platform"}}),
        kit.ticket(custom_fields={"10001": "36885b3c-1bf0-4f85-a357-c5b858c31de4"}),
    ]
    assert lookups_needed(tickets, metadata) == Lookups(teams=(("Équipe", "Platform"),))
    known = metadata.with_lookups(Found(teams={"Platform": (Team(id="t", name="Platform"),)}))
    assert not lookups_needed(tickets, known)


def test_lookups_are_linear_in_what_is_named(kit: Any) -> None:
    """As many as there are distinct names, however many tickets there are."""
    tickets = [kit.ticket(assignee=f"person{number % 7}@example.com", sprint=100 + number % 3) for number in range(500)]
    lookups = lookups_needed(tickets, kit.metadata())
    assert (len(lookups.assignees), len(lookups.sprint_ids)) == (7, 3)


def test_a_list_of_people_in_one_text_is_looked_up_in_its_parts(kit: Any) -> None:
    """A comma may also stand inside a name, so what it parts is asked for whole, too."""
    metadata = kit.metadata(kit.field("customfield_8", "array", "Watchers", items="user"), users=())
    tickets = [kit.ticket(custom_fields={"Watchers": "Kim; Silva, Maria\nk@example.com"})]
    assert lookups_needed(tickets, metadata).people == ("Kim", "Silva, Maria", "k@example.com", "Silva", "Maria")
    maria = User(account_id="1:m", display_name="Silva, Maria")
    kim = User(account_id="1:k", display_name="Kim")
    known = metadata.with_lookups(Found(people={"Silva, Maria": (maria,), "Kim": (kim,), "k@example.com": (kim,)}))
    draft = kit.draft(known, custom_fields={"Watchers": "Kim; Silva, Maria"})
    assert draft.fields["customfield_8"] == [{"accountId": "1:k"}, {"accountId": "1:m"}]
