from typing import Any

import pytest

from jira_session_export._export.reports import validation_response
from jira_session_export._jira.wire import Project
from jira_session_export._mapping.validation import project_not_visible, validate_project
from jira_session_export._settings import ExportSettings
from jira_session_export._values import Requirements
from jira_session_export.api import ProjectValidationResponse

SPRINT_ID = "customfield_10020"


def requirements(*names: str) -> Requirements:
    return Requirements(
        requires_assignee="assignee" in names,
        requires_priority_levels="priority" in names,
        requires_sprint_assignment="sprint" in names,
    )


def validate(metadata: Any, *required: str, **settings: Any) -> ProjectValidationResponse:
    return validation_response(validate_project(metadata, requirements(*required), ExportSettings(**settings)))


def warnings(response: ProjectValidationResponse) -> list[tuple[str, str | None]]:
    return [(warning.code, warning.field) for warning in response.validation_warnings]


def test_a_good_project_is_valid_and_offers_its_values(kit: Any) -> None:
    response = validate(kit.metadata(), "assignee", "priority", "sprint")
    assert response.model_dump() == {
        "project_key": "PROJ",
        "project_name": "Product",
        "validation_status": "valid",
        "can_create_tasks": True,
        "can_view_project": True,
        "available_sprints": [
            {"id": "2", "name": "Sprint 2", "state": "active"},
            {"id": "3", "name": "Sprint 3", "state": "future"},
            {"id": "4", "name": "Twin", "state": "active"},
            {"id": "5", "name": "twin", "state": "future"},
            {"id": "6", "name": "42", "state": "future"},
        ],
        "team_members": [
            {"id": "712020:maria", "name": "Maria Silva", "email": "maria.silva@example.com"},
            {"id": "5b10ac8d82e05b22cc7d4ef5", "name": "Jonas Weber", "email": None},
            {"id": "712020:twin-1", "name": "Aiko Tanaka", "email": None},
            {"id": "712020:twin-2", "name": "aiko tanaka", "email": None},
        ],
        "priority_levels": [
            {"id": "2", "name": "High", "is_default": False},
            {"id": "3", "name": "Medium", "is_default": True},
            {"id": "4", "name": "Low", "is_default": False},
        ],
        "validation_warnings": [],
        "blocking_issues": [],
    }


def test_a_project_nobody_can_see() -> None:
    response = validation_response(project_not_visible("GONE"))
    assert response.validation_status == "invalid"
    assert not response.can_view_project
    assert not response.can_create_tasks
    assert "no project GONE" in response.blocking_issues[0]


BLOCKING: list[tuple[dict[str, Any], tuple[str, ...], str]] = [
    ({"project": Project(id="1", key="PROJ", archived=True)}, (), "is archived"),
    ({"permissions": {"BROWSE_PROJECTS": False}}, (), "may not see project PROJ"),
    ({"permissions": {"CREATE_ISSUES": False}}, (), "may not create issues in PROJ"),
    ({"issue_types": ()}, (), "offers no issue type"),
    ({"sprints": ()}, ("sprint",), "no active or future one"),
    ({"permissions": {"SCHEDULE_ISSUES": False}}, ("sprint",), "may not put issues into sprints"),
    ({"users": ()}, ("assignee",), "nobody can be assigned"),
    ({"permissions": {"ASSIGN_ISSUES": False}}, ("assignee",), "may not assign issues"),
    ({"without": ("priority",)}, ("priority",), "does not show it for: Task, Historia, Sub-task"),
]


@pytest.mark.parametrize(("changes", "required", "message"), BLOCKING)
def test_what_blocks_an_export(kit: Any, changes: dict[str, Any], required: tuple[str, ...], message: str) -> None:
    response = validate(kit.metadata(**changes), *required)
    assert response.validation_status == "invalid"
    [blocking] = response.blocking_issues
    assert message in blocking
    assert blocking.endswith(".")


@pytest.mark.parametrize(("changes", "required", "message"), [case for case in BLOCKING if case[1]])
def test_what_is_not_required_does_not_block(
    kit: Any, changes: dict[str, Any], required: tuple[str, ...], message: str
) -> None:
    others = {"assignee", "priority", "sprint"} - set(required)
    assert validate(kit.metadata(**changes), *others).validation_status == "valid"


def test_several_blocking_issues_are_named_at_once(kit: Any) -> None:
    metadata = kit.metadata(sprints=(), users=(), without=("priority",), permissions={"CREATE_ISSUES": False})
    response = validate(metadata, "assignee", "priority", "sprint")
    assert len(response.blocking_issues) == 4
    assert not response.can_create_tasks


def test_an_incomplete_list_of_people_blocks_nothing(kit: Any) -> None:
    response = validate(kit.metadata(users=(), users_complete=False), "assignee")
    assert response.validation_status == "valid"
    assert warnings(response) == [("team_members_incomplete", "assignee")]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"permissions": {"CREATE_ATTACHMENTS": False}}, [("permission_missing", "attachments")]),
        ({"permissions": {"LINK_ISSUES": False}}, [("permission_missing", "depends_on")]),
        ({"permissions": {"ASSIGN_ISSUES": False}}, [("permission_missing", "assignee")]),
        ({"permissions": {"SCHEDULE_ISSUES": False}}, [("permission_missing", "sprint")]),
        ({"sprints": ()}, [("no_open_sprint", "sprint")]),
        ({"without": ("description",)}, [("field_not_on_screen", "description")]),
        ({"without": ("labels",)}, [("field_not_on_screen", "labels")]),
        ({"without": ("priority",)}, [("field_not_on_screen", "priority")]),
        ({"without": ("assignee",)}, [("field_not_on_screen", "assignee")]),
        ({"without": (SPRINT_ID,)}, [("field_not_on_screen", "sprint")]),
    ],
)
def test_what_is_worth_a_warning(kit: Any, changes: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    response = validate(kit.metadata(**changes))
    assert response.validation_status == "valid"
    assert warnings(response) == expected
    assert response.validation_warnings[0].recommended_action


def test_a_sprint_off_the_screen_of_sub_tasks_and_epics_is_no_warning(kit: Any) -> None:
    whole, bare = kit.metadata(), kit.metadata(without=(SPRINT_ID,))
    metadata = kit.metadata(
        fields={"10001": whole.fields["10001"], "10003": bare.fields["10001"], "10004": bare.fields["10001"]}
    )
    assert warnings(validate(metadata)) == []


def test_what_blocks_is_not_warned_of_too(kit: Any) -> None:
    response = validate(kit.metadata(sprints=(), without=("priority",)), "sprint", "priority")
    assert len(response.blocking_issues) == 2
    assert response.validation_warnings == []


def test_fields_that_tickets_must_give_are_named(kit: Any) -> None:
    metadata = kit.metadata(
        kit.field("reporter", "user", "Reporter", required=True),
        kit.field(
            "customfield_1", "string", "Epic Name", custom="com.pyxis.greenhopper.jira:gh-epic-label", required=True
        ),
        kit.field("customfield_2", "string", "Customer", required=True),
        kit.field("customfield_3", "string", "Region", required=True, default="EU"),
    )
    response = validate(metadata)
    assert {code for code, _ in warnings(response)} == {"required_fields"}
    assert [warning.message for warning in response.validation_warnings] == [
        f"{name} cannot be created without: Customer." for name in ("Task", "Historia", "Sub-task")
    ]


def test_a_missing_default_issue_type_is_a_warning(kit: Any) -> None:
    response = validate(kit.metadata(), default_issue_type="Request")
    assert warnings(response) == [("default_issue_type_missing", "issue_type")]
    assert "Task, Historia" in response.validation_warnings[0].recommended_action


def test_priorities_without_metadata_are_none(kit: Any) -> None:
    anything = kit.field("priority", "priority", "Priority")
    assert validate(kit.metadata(anything)).priority_levels == []
    assert validate(kit.metadata(without=("priority",))).priority_levels == []
