from typing import Any
from uuid import UUID

import pytest

from jira_session_export._adf import convert_html
from jira_session_export._jira.wire import Project
from jira_session_export._mapping.building import session_label
from jira_session_export._mapping.draft import DescriptionForm
from jira_session_export._settings import ExportSettings
from jira_session_export._values import FollowUp, ManualFix, ManualFixKind, Marker, Requirements, StepKind
from jira_session_export.errors import TicketError

LABEL = "export-7f1f3d0a"
GREENHOPPER = "com.pyxis.greenhopper.jira:"


def fixes(draft: Any) -> list[tuple[ManualFixKind, str]]:
    return [(fix.kind, fix.field) for fix in draft.manual_fixes]


def test_a_bare_ticket_sends_what_is_needed_and_the_marker(kit: Any) -> None:
    draft = kit.draft()
    marker = Marker("s", "t", 3)
    assert draft.payload(marker) == {
        "fields": {
            "project": {"key": "PROJ"},
            "issuetype": {"id": "10001"},
            "summary": "Configure fields",
            "labels": [LABEL],
        },
        "properties": [{"key": "jira-session-export", "value": {"session": "s", "ticket": "t", "attempt": 3}}],
    }
    assert (draft.manual_fixes, draft.follow_ups) == ((), ())


def test_a_full_ticket_sends_every_field(kit: Any) -> None:
    draft = kit.draft(
        description=kit.document("Body"),
        parent_key="PROJ-1",
        issue_type="story",
        assignee="Maria Silva",
        reporter="Export Bot",
        priority="high",
        sprint="Sprint 2",
        labels=("needs-review", LABEL),
        components=("docs",),
        fix_versions=("2.0",),
        due_date="2026-12-31",
        story_points=5,
        parent="PROJ-1",
        custom_fields={"environment TYPE": "staging", "customfield_10036": "It works", "Environment": ""},
    )
    assert draft.manual_fixes == ()
    assert {**draft.fields} == {
        "project": {"key": "PROJ"},
        "issuetype": {"id": "10002"},
        "summary": "Configure fields",
        "description": kit.document("Body"),
        "assignee": {"accountId": "712020:maria"},
        "reporter": {"accountId": "712020:bot"},
        "priority": {"id": "2"},
        "customfield_10020": 2,
        "labels": ["needs-review", LABEL],
        "components": [{"id": "10001"}],
        "fixVersions": [{"id": "2"}],
        "duedate": "2026-12-31",
        "customfield_10028": 5,
        "parent": {"key": "PROJ-1"},
        "customfield_10031": {"id": "2"},
        "customfield_10036": kit.document("It works"),
    }
    assert draft.names["customfield_10031"].word == "environment TYPE"
    assert draft.names["customfield_10020"].asked_for == "Sprint 2"
    assert draft.required == {"project", "issuetype", "summary"}


# -- issue type ------------------------------------------------------------------------------------------------------


def test_an_unknown_issue_type_stops_and_names_those_there_are(kit: Any) -> None:
    with pytest.raises(TicketError, match="no issue type 'Incident'; it has: Task, Historia, Epic, Sub-task") as caught:
        kit.draft(issue_type="Incident")
    assert caught.value.field == "issue_type"
    assert caught.value.category == "user_fixable"


def test_a_project_without_issue_types(kit: Any) -> None:
    with pytest.raises(TicketError, match="it has: none"):
        kit.draft(kit.metadata(issue_types=()))


def test_an_issue_type_whose_screen_was_not_read_asks_for_a_retry(kit: Any) -> None:
    with pytest.raises(TicketError, match="after the export had read the project") as caught:
        kit.draft(issue_type="Epic")
    assert caught.value.recovery_actions == ("Retry the export: it reads the project again.",)


# -- summary ---------------------------------------------------------------------------------------------------------


def test_line_breaks_in_a_title_become_blanks(kit: Any) -> None:
    draft = kit.draft(title="One\r\ntwo\u2028three\x00")
    assert draft.fields["summary"] == "One two three"
    assert draft.manual_fixes == ()


def test_a_title_without_visible_characters_stops(kit: Any) -> None:
    with pytest.raises(TicketError, match="no visible character") as caught:
        kit.draft(title="\x00\x07")
    assert caught.value.field == "title"


def test_a_long_title_is_cut_and_kept_in_the_manual_fix(kit: Any) -> None:
    title = "word " * 60 + "end"
    draft = kit.draft(title=title)
    assert len(draft.fields["summary"]) <= 255
    assert draft.fields["summary"].endswith("…")
    assert fixes(draft) == [(ManualFixKind.FIELD_VALUE_REJECTED, "title")]
    assert draft.manual_fixes[0].asked_for == title


# -- description -----------------------------------------------------------------------------------------------------


FULL_TEXT = FollowUp(StepKind.ATTACHMENT, "full-description.txt")


def test_a_description_that_was_shortened_is_attached_whole(kit: Any) -> None:
    draft = kit.draft(description=kit.document("short"), full_text="long")
    assert fixes(draft) == [(ManualFixKind.DESCRIPTION_SHORTENED, "description")]
    assert "attached as full-description.txt" in draft.manual_fixes[0].done_instead
    assert draft.follow_ups == (FULL_TEXT,)
    assert draft.description_form is DescriptionForm.SHORTENED


@pytest.mark.parametrize(
    "changes",
    [{"settings": ExportSettings(attach_full_text=False)}, {"permissions": {"CREATE_ATTACHMENTS": False}}],
)
def test_a_text_that_cannot_be_attached_is_left_to_a_person(kit: Any, changes: dict[str, Any]) -> None:
    settings = changes.pop("settings", None)
    draft = kit.draft(kit.metadata(**changes), description=kit.document("s"), full_text="l", settings=settings)
    assert draft.follow_ups == ()
    assert draft.manual_fixes[0].recommended_action == "Add the missing part from the ticket by hand."


def test_a_description_off_the_screen_is_attached(kit: Any) -> None:
    draft = kit.draft(kit.metadata(without=("description",)), description=kit.document("Body"))
    assert "description" not in draft.fields
    assert fixes(draft) == [(ManualFixKind.FIELD_NOT_ON_SCREEN, "description")]
    assert draft.follow_ups == (FULL_TEXT,)


# -- what a text lacks -------------------------------------------------------------------------------------------------


CRITERIA = {"Acceptance criteria": '<img src="a.png">'}


def test_images_that_cannot_come_along_are_said(kit: Any) -> None:
    draft = kit.draft(html='<img src="cid:logo@mail">', custom_fields=CRITERIA, rich_text=convert_html)
    assert [(fix.field, fix.asked_for) for fix in draft.manual_fixes] == [
        ("description", "cid:logo@mail shown in place"),
        ("Acceptance criteria", "a.png shown in place"),
    ]


def test_an_image_that_is_attached_is_shown_in_the_description_alone(kit: Any) -> None:
    draft = kit.draft(
        html='<img src="a.png">', attachments=["/t/a.png"], custom_fields=CRITERIA, rich_text=convert_html
    )
    assert [fix.field for fix in draft.manual_fixes] == ["Acceptance criteria"]


def test_who_wants_no_images_gets_no_fixes_for_them(kit: Any) -> None:
    settings = ExportSettings(embed_images=False)
    draft = kit.draft(html='<img src="a.png">', custom_fields=CRITERIA, rich_text=convert_html, settings=settings)
    assert draft.manual_fixes == ()


def test_a_custom_text_that_was_shortened_is_said(kit: Any) -> None:
    draft = kit.draft(custom_fields={"Acceptance criteria": "<p>word</p>" * 10_000}, rich_text=convert_html)
    assert fixes(draft) == [(ManualFixKind.FIELD_VALUE_REJECTED, "Acceptance criteria")]
    assert "shortened" in draft.manual_fixes[0].done_instead


# -- assignee and sprint off the screen --------------------------------------------------------------------------------


def test_an_assignee_off_the_screen_is_assigned_afterwards(kit: Any) -> None:
    draft = kit.draft(kit.metadata(without=("assignee",)), assignee="Maria Silva")
    assert draft.follow_ups == (FollowUp(StepKind.ASSIGNEE, "712020:maria"),)
    assert draft.manual_fixes == ()


@pytest.mark.parametrize(
    ("assignee", "permissions", "why"),
    [
        ("Nobody", {}, "cannot be assigned"),
        ("Maria Silva", {"ASSIGN_ISSUES": False}, "may not assign issues"),
    ],
)
def test_an_assignee_off_the_screen_that_cannot_be_assigned(
    kit: Any, assignee: str, permissions: dict[str, bool], why: str
) -> None:
    draft = kit.draft(kit.metadata(without=("assignee",), permissions=permissions), assignee=assignee)
    assert draft.follow_ups == ()
    assert fixes(draft) == [(ManualFixKind.ASSIGNEE_INVALID, "assignee")]
    assert why in draft.manual_fixes[0].done_instead


def test_a_sprint_off_the_screen_is_entered_afterwards(kit: Any) -> None:
    draft = kit.draft(kit.metadata(without=("customfield_10020",)), sprint="Sprint 3")
    assert draft.follow_ups == (FollowUp(StepKind.SPRINT, "3"),)
    assert draft.manual_fixes == ()


@pytest.mark.parametrize(
    ("ticket", "permissions", "why"),
    [
        ({"sprint": "Sprint 1"}, {}, "closed"),
        ({"sprint": 2}, {"SCHEDULE_ISSUES": False}, "may not schedule"),
        ({"sprint": 2, "issue_type": "Sub-task", "parent": "PROJ-1"}, {}, "its parent's sprint"),
    ],
)
def test_a_sprint_off_the_screen_that_cannot_be_entered(
    kit: Any, ticket: dict[str, Any], permissions: dict[str, bool], why: str
) -> None:
    metadata = kit.metadata(without=("customfield_10020",), permissions=permissions)
    draft = kit.draft(metadata, parent_key="PROJ-1", **ticket)
    assert draft.follow_ups == ()
    assert fixes(draft) == [(ManualFixKind.SPRINT_NOT_FOUND, "sprint")]
    assert why in draft.manual_fixes[0].done_instead


# -- parent ----------------------------------------------------------------------------------------------------------


def test_a_parent_without_issue_leaves_a_manual_fix(kit: Any) -> None:
    draft = kit.draft(parent=UUID(int=5))
    assert fixes(draft) == [(ManualFixKind.FIELD_VALUE_REJECTED, "parent")]


def test_a_parent_off_the_screen_is_set_afterwards(kit: Any) -> None:
    draft = kit.draft(kit.metadata(without=("parent",)), parent="PROJ-1", parent_key="PROJ-1")
    assert "parent" not in draft.fields
    assert (draft.manual_fixes, draft.follow_ups) == ((), (FollowUp(StepKind.PARENT, "PROJ-1"),))


def test_a_parent_off_the_screen_is_said_when_nothing_can_be_done_afterwards(kit: Any) -> None:
    metadata = kit.metadata(without=("parent",), permissions={"EDIT_ISSUES": False})
    draft = kit.draft(metadata, parent="PROJ-1", parent_key="PROJ-1")
    assert fixes(draft) == [(ManualFixKind.FIELD_NOT_ON_SCREEN, "parent")]
    assert "may not edit issues" in draft.manual_fixes[0].done_instead
    assert draft.follow_ups == ()


def test_an_epic_link_stands_in_for_a_parent(kit: Any) -> None:
    epic_link = kit.field("customfield_10014", "any", "Epic Link", custom=GREENHOPPER + "gh-epic-link")
    draft = kit.draft(kit.metadata(epic_link, without=("parent",)), parent="PROJ-1", parent_key="PROJ-1")
    assert draft.fields["customfield_10014"] == "PROJ-1"
    assert draft.names["customfield_10014"].word == "parent"


def test_a_sub_task_is_created_under_its_parent_whatever_the_screen_shows(kit: Any) -> None:
    metadata = kit.metadata(without=("parent",))
    draft = kit.draft(metadata, issue_type="Sub-task", parent="PROJ-1", parent_key="PROJ-1")
    assert draft.fields["parent"] == {"key": "PROJ-1"}
    assert "parent" in draft.required


@pytest.mark.parametrize(
    ("ticket", "message"),
    [({}, "parent is mandatory, and the ticket does not give it"), ({"parent": UUID(int=5)}, "has no issue in Jira")],
)
def test_a_sub_task_without_parent_stops(kit: Any, ticket: dict[str, Any], message: str) -> None:
    with pytest.raises(TicketError, match=message) as caught:
        kit.draft(kit.metadata(without=("parent",)), issue_type="Sub-task", **ticket)
    assert caught.value.field == "parent"


# -- fields off the screen, custom fields ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field_id", "word", "value"),
    [
        ("priority", "priority", "High"),
        ("reporter", "reporter", "Maria Silva"),
        ("labels", "labels", ["a"]),
        ("components", "components", ["Docs"]),
        ("fixVersions", "fix_versions", ["1.0"]),
        ("duedate", "due_date", "2026-12-31"),
        ("customfield_10028", "story_points", 3),
    ],
)
def test_what_the_screen_does_not_show_is_left_out_and_said(kit: Any, field_id: str, word: str, value: Any) -> None:
    draft = kit.draft(kit.metadata(without=(field_id,)), **{word: value})
    assert field_id not in draft.fields
    assert fixes(draft) == [(ManualFixKind.FIELD_NOT_ON_SCREEN, word)]
    assert "create screen of Task does not show" in draft.manual_fixes[0].done_instead


@pytest.mark.parametrize(
    ("name", "kind", "why"),
    [
        ("Unheard of", ManualFixKind.FIELD_NOT_ON_SCREEN, "does not show such a field"),
        ("customfield_1", ManualFixKind.FIELD_NOT_ON_SCREEN, "does not show such a field"),
        ("twice", ManualFixKind.FIELD_NOT_ON_SCREEN, "several fields are called so (customfield_10050, customfield_10051)"),
        ("Priority", ManualFixKind.FIELD_VALUE_REJECTED, "gives this field twice, and its priority was used"),
        ("summary", ManualFixKind.FIELD_VALUE_REJECTED, "Summary is not set through custom fields"),
    ],
)  # fmt: skip
def test_custom_fields_that_are_not_certain_are_left_out_and_said(
    kit: Any, name: str, kind: ManualFixKind, why: str
) -> None:
    draft = kit.draft(priority="High", custom_fields={name: "x"})
    assert fixes(draft) == [(kind, name)]
    assert why in draft.manual_fixes[0].done_instead
    assert draft.fields["priority"] == {"id": "2"}
    assert draft.fields["summary"] == "Configure fields"
    assert draft.names["summary"].word == "title"


def test_of_two_fields_with_one_name_the_id_tells(kit: Any) -> None:
    assert kit.draft(custom_fields={"customfield_10051": "x"}).fields["customfield_10051"] == "x"


def test_a_system_field_may_be_given_as_custom_field(kit: Any) -> None:
    draft = kit.draft(custom_fields={"Due date": "2026-12-31", "Environment": "Linux", "Sprint": "Sprint 2"})
    assert draft.fields["duedate"] == "2026-12-31"
    assert draft.fields["environment"] == kit.document("Linux")
    assert draft.fields["customfield_10020"] == 2


# -- required fields and requirements --------------------------------------------------------------------------------


def test_missing_required_fields_stop_before_anything_is_sent(kit: Any) -> None:
    metadata = kit.metadata(
        kit.field("customfield_1", "option", "Team", required=True, allowed=kit.options(("1", "Red"), ("2", "Blue"))),
        kit.field("customfield_2", "string", "Customer", required=True),
        kit.field("customfield_3", "string", "With default", required=True, default="x"),
    )
    with pytest.raises(TicketError) as caught:
        kit.draft(metadata)
    assert caught.value.field == "Team, Customer"
    assert caught.value.user_message == (
        "Team is mandatory, and the ticket does not give it (one of: Red, Blue). "
        "Customer is mandatory, and the ticket does not give it."
    )
    draft = kit.draft(metadata, custom_fields={"Team": "blue", "Customer": "A"})
    assert {"customfield_1", "customfield_2"} <= draft.required
    assert "customfield_3" not in draft.required


def test_a_required_field_that_cannot_be_sent_stops_with_the_reason(kit: Any) -> None:
    required = kit.field("components", "array", items="component", required=True, allowed=kit.named(("1", "Docs")))
    with pytest.raises(TicketError, match=r"components is mandatory: asked for Moon; .* not one of: Docs"):
        kit.draft(kit.metadata(required), components=["Moon"])


def test_jiras_dialog_fills_in_reporter_and_epic_name_and_so_do_we(kit: Any) -> None:
    reporter = kit.field("reporter", "user", "Reporter", required=True)
    epic_name = kit.field(
        "customfield_10011", "string", "Epic Name", custom=GREENHOPPER + "gh-epic-label", required=True
    )
    draft = kit.draft(kit.metadata(reporter, epic_name))
    assert draft.fields["reporter"] == {"accountId": "712020:bot"}
    assert draft.fields["customfield_10011"] == "Configure fields"
    given = kit.draft(kit.metadata(reporter, epic_name), reporter="Maria Silva", custom_fields={"Epic name": "E"})
    assert given.fields["reporter"] == {"accountId": "712020:maria"}
    assert given.fields["customfield_10011"] == "E"


def requirements(*names: str) -> Requirements:
    return Requirements(
        requires_assignee="assignee" in names,
        requires_priority_levels="priority" in names,
        requires_sprint_assignment="sprint" in names,
    )


ALL_THREE = requirements("assignee", "priority", "sprint")


@pytest.mark.parametrize("word", ["assignee", "priority", "sprint"])
def test_requirements_that_a_ticket_does_not_meet_stop(kit: Any, word: str) -> None:
    good: dict[str, Any] = {"assignee": "Maria Silva", "priority": "High", "sprint": "Sprint 2"}
    assert {"assignee", "priority", "customfield_10020"} <= kit.draft(requirements=ALL_THREE, **good).required
    with pytest.raises(TicketError, match=f"{word} is mandatory, and the ticket does not give it"):
        kit.draft(requirements=ALL_THREE, **{**good, word: None})
    with pytest.raises(TicketError, match=f"{word} is mandatory: asked for Nothing Known"):
        kit.draft(requirements=requirements(word), **{**good, word: "Nothing Known"})


def test_requirements_met_afterwards_are_met(kit: Any) -> None:
    draft = kit.draft(
        kit.metadata(without=("assignee", "customfield_10020")),
        requirements=requirements("assignee", "sprint"),
        assignee="Maria Silva",
        sprint=2,
    )
    assert {each.kind for each in draft.follow_ups} == {StepKind.ASSIGNEE, StepKind.SPRINT}


def test_a_sub_task_needs_no_sprint_of_its_own(kit: Any) -> None:
    kit.draft(requirements=requirements("sprint"), issue_type="Sub-task", parent="PROJ-1", parent_key="PROJ-1")


# -- story points, marker label --------------------------------------------------------------------------------------


def test_story_points_of_a_team_managed_project(kit: Any) -> None:
    estimate = kit.field("customfield_10016", "number", "Estimate", custom=GREENHOPPER + "jsw-story-points")
    metadata = kit.metadata(estimate, project=Project(id="1", key="PROJ", style="next-gen"))
    assert kit.draft(metadata, story_points=2.5).fields["customfield_10016"] == 2.5


def test_the_marker_label_can_be_renamed_and_switched_off(kit: Any) -> None:
    assert kit.draft(settings=ExportSettings(marker_label="batch_{session}")).fields["labels"] == ["batch_7f1f3d0a"]
    assert "labels" not in kit.draft(settings=ExportSettings(marker_label="")).fields
    assert "labels" not in kit.draft(kit.metadata(without=("labels",))).fields
    assert session_label(ExportSettings(marker_label="{x}{session}"), "7f1f3d0a-0f0e") == "{x}7f1f3d0a"


def test_labels_that_are_mandatory_are_not_met_by_ours(kit: Any) -> None:
    required = kit.field("labels", "array", "Labels", items="string", required=True)
    with pytest.raises(TicketError, match="Labels is mandatory"):
        kit.draft(kit.metadata(required))


def test_every_manual_fix_says_what_to_do(kit: Any) -> None:
    draft = kit.draft(
        kit.metadata(without=("duedate",)),
        title="x" * 300,
        assignee="Nobody",
        sprint="None",
        priority="Urgent",
        labels=("x" * 300,),
        components=("Moon",),
        due_date="2026-12-31",
        custom_fields={"Gone": 1},
    )
    assert len(draft.manual_fixes) == 8
    for fix in draft.manual_fixes:
        assert isinstance(fix, ManualFix)
        assert fix.recommended_action.endswith(".")
        assert not fix.done_instead.endswith(".")
        assert fix.asked_for


# -- who sees an issue -----------------------------------------------------------------------------------------------


def security(kit: Any) -> Any:
    return kit.field(
        "security", "securitylevel", "Security Level", allowed=kit.named(("1", "Internal"), ("2", "Board"))
    )


def test_a_security_level_is_required_once_it_is_asked_for(kit: Any) -> None:
    draft = kit.draft(kit.metadata(security(kit)), custom_fields={"Security level": "board"})
    assert draft.fields["security"] == {"id": "2"}
    assert "security" in draft.required
    assert draft.manual_fixes == ()
    assert "security" not in kit.draft(kit.metadata(security(kit)), custom_fields={"Security level": " "}).fields


@pytest.mark.parametrize(
    ("custom_fields", "why"),
    [
        ({"security": "Intern"}, "it is not one of: Internal, Board"),
        ({"security": {"name": "Intern"}}, "it is not one of"),
        ({"security": ["Internal", "Board"]}, "holds one value"),
        ({"security": "Internal", "Security Level": "Board"}, "the ticket gives it as security, too"),
    ],
)
def test_a_security_level_that_cannot_be_sent_stops(kit: Any, custom_fields: Any, why: str) -> None:
    with pytest.raises(TicketError, match=why) as caught:
        kit.draft(kit.metadata(security(kit)), custom_fields=custom_fields)
    assert "restricts who sees the issue" in caught.value.user_message
    assert caught.value.category == "user_fixable"


def test_the_same_security_level_twice_is_one(kit: Any) -> None:
    draft = kit.draft(kit.metadata(security(kit)), custom_fields={"security": "1", "Security Level": "Internal"})
    assert draft.fields["security"] == {"id": "1"}


def test_a_custom_field_may_be_called_security(kit: Any) -> None:
    own = kit.field("customfield_10099", "string", "Security", custom=GREENHOPPER + "x")
    assert kit.draft(kit.metadata(own), custom_fields={"security": "checked"}).fields["customfield_10099"] == "checked"
    twin = kit.field("customfield_10099", "string", "Security Level", custom=GREENHOPPER + "x")
    with pytest.raises(TicketError, match="several fields are called so"):
        kit.draft(kit.metadata(security(kit), twin), custom_fields={"Security Level": "Board"})


def test_a_field_that_restricts_a_team_managed_issue_is_passed_on_or_stops(kit: Any) -> None:
    restriction = {"issuerestrictions": {"projectrole": [{"id": "10002"}]}}
    field = kit.field("issuerestriction", "issuerestriction", "Restrict to")
    draft = kit.draft(kit.metadata(field), custom_fields={"Restrict to": restriction})
    assert (draft.fields["issuerestriction"], "issuerestriction" in draft.required) == (restriction, True)
    with pytest.raises(TicketError, match="does not show such a field"):
        kit.draft(custom_fields={"Restrict to": restriction})


# -- no description --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "html", ["<p></p>", "<p>\N{NO-BREAK SPACE}</p>", "<p><br></p>", "<table><tr><td></td></tr></table>"]
)
def test_a_description_that_shows_nothing_is_none(kit: Any, html: str) -> None:
    for metadata in (kit.metadata(), kit.metadata(without=("description",))):
        draft = kit.draft(metadata, html=html)
        assert "description" not in draft.fields
        assert (draft.manual_fixes, draft.follow_ups) == ((), ())
    with pytest.raises(TicketError, match="Description is mandatory"):
        kit.draft(kit.metadata(kit.field("description", required=True)), html=html)


def test_an_image_is_a_description_and_no_text(kit: Any) -> None:
    html = '<img src="data:image/png;base64,iVBORw0KGgo=">'
    draft = kit.draft(html=html)
    assert "description" in draft.fields
    assert not draft.attach_full_text
    off_screen = kit.draft(kit.metadata(without=("description",)), html=html)
    assert ([fix.field for fix in off_screen.manual_fixes], off_screen.follow_ups) == (["description"], ())
    attached = kit.draft(html='<img src="a.png">', attachments=["/t/a.png"])
    assert "description" in attached.fields
    missing = kit.draft(html='<img src="a.png">')
    assert ("description" in missing.fields, [fix.field for fix in missing.manual_fixes]) == (False, ["description"])
    unwanted = kit.draft(html=html, settings=ExportSettings(embed_images=False))
    assert "description" not in unwanted.fields


@pytest.mark.parametrize("value", ["<p></p>", "<p><br></p>", {"type": "doc", "version": 1, "content": []}])
def test_a_rich_text_that_shows_nothing_is_none(kit: Any, value: Any) -> None:
    draft = kit.draft(custom_fields={"Acceptance criteria": value}, rich_text=convert_html)
    assert "customfield_10036" not in draft.fields
    assert draft.manual_fixes == ()
