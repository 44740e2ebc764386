from typing import Any

import pytest

from jira_session_export._jira.wire import Component, Project, User
from jira_session_export._mapping.assignee import default_assignee
from jira_session_export._mapping.fallback import next_draft
from jira_session_export._values import UNASSIGNED, FollowUp, Refusal, Requirements, StepKind
from jira_session_export.errors import RefusedError, TicketError

LEAD = User(account_id="712020:lead", display_name="Lea Lead")
DEPUTY = User(account_id="712020:deputy", display_name="Dee Deputy")
LED = Project(id="1", key="PROJ", assignee_type="PROJECT_LEAD", lead=LEAD)


@pytest.mark.parametrize(
    ("components", "expected"),
    [
        ([], LEAD),
        (["a"], LEAD),
        (["b"], DEPUTY),
        (["c"], None),
        (["c", "b"], DEPUTY),
        (["d"], LEAD),
    ],
)
def test_components_have_a_default_assignee_before_the_project(
    kit: Any, components: list[str], expected: User | None
) -> None:
    known = (
        Component(id="a", name="A"),
        Component(id="b", name="B", realAssigneeType="COMPONENT_LEAD", realAssignee=DEPUTY.model_dump()),
        Component(id="c", name="C", realAssigneeType="UNASSIGNED"),
        Component(id="d", name="D", realAssigneeType="PROJECT_LEAD", realAssignee=LEAD.model_dump()),
    )
    project = LED.model_copy(update={"components": known})
    assert default_assignee(kit.metadata(project=project), components) == expected
    assert default_assignee(kit.metadata(), []) is None
    unseen = default_assignee(kit.metadata(project=LED.model_copy(update={"lead": None})), [])
    assert unseen is not None
    assert unseen.display_name == "the lead"


def test_what_an_issue_without_its_assignee_gets_is_said_as_it_is(kit: Any) -> None:
    nobody = kit.draft(assignee="Nobody")
    assert nobody.manual_fixes[0].done_instead.startswith("no assignee was set, because")
    lead = kit.draft(kit.metadata(project=LED), assignee="Nobody")
    assert lead.manual_fixes[0].done_instead.startswith("the default assignee, Lea Lead, was set, because")
    refused = RefusedError("no", operation="POST", refusal=Refusal(400, {"assignee": "No."}))
    smaller = next_draft(kit.draft(kit.metadata(project=LED), assignee="Maria Silva"), refused, shorten=dict)
    assert (
        smaller.manual_fixes[0].done_instead == "the default assignee, Lea Lead, was set, because Jira refused it: No."
    )


@pytest.mark.parametrize("on_screen", [True, False])
def test_unassigned_takes_away_whom_jira_would_assign(kit: Any, on_screen: bool) -> None:
    without = () if on_screen else ("assignee",)
    free = kit.draft(kit.metadata(without=without), assignee="Unassigned")
    assert ("assignee" in free.fields, free.follow_ups, free.manual_fixes) == (False, (), ())
    led = kit.draft(kit.metadata(without=without, project=LED), assignee="unassigned")
    assert "assignee" not in led.fields
    assert led.follow_ups == (FollowUp(StepKind.ASSIGNEE, UNASSIGNED),)
    assert not led.manual_fixes
    may_not = kit.metadata(without=without, project=LED, permissions={"ASSIGN_ISSUES": False})
    (fix,) = kit.draft(may_not, assignee="Unassigned").manual_fixes
    assert "Lea Lead, was set, because the exporting account may not assign" in fix.done_instead


def test_automatic_leaves_the_assignee_to_jira(kit: Any) -> None:
    draft = kit.draft(assignee="Automatic")
    assert ("assignee" in draft.fields, draft.follow_ups, draft.manual_fixes) == (False, (), ())
    assert kit.draft(kit.metadata(project=LED), assignee="automatic").fields["assignee"] == {"accountId": "-1"}
    required = kit.field("assignee", "user", "Assignee", required=True)
    assert kit.draft(kit.metadata(required), assignee="-1").fields["assignee"] == {"accountId": "-1"}


def test_where_every_issue_needs_an_assignee_unassigned_is_none(kit: Any) -> None:
    requirements = Requirements(requires_assignee=True)
    with pytest.raises(TicketError, match="assignee"):
        kit.draft(kit.metadata(project=LED), requirements=requirements, assignee="Unassigned")
    kit.draft(kit.metadata(project=LED), requirements=requirements, assignee="Automatic")


def test_an_assignee_among_the_custom_fields_is_the_same(kit: Any) -> None:
    assert kit.draft(custom_fields={"Assignee": "me"}).fields["assignee"] == {"accountId": "712020:bot"}
    assert "assignee" not in kit.draft(custom_fields={"Assignee": "Unassigned"}).fields
    later = kit.draft(kit.metadata(project=LED), custom_fields={"assignee": "Unassigned"})
    assert later.follow_ups == (FollowUp(StepKind.ASSIGNEE, UNASSIGNED),)


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        (["me"], {"accountId": "712020:bot"}),
        ({"emailAddress": "maria.silva@example.com"}, {"accountId": "712020:maria"}),
        ({"displayName": "Maria Silva", "active": True}, {"accountId": "712020:maria"}),
        ({"accountId": None}, None),
        ({"id": ""}, None),
    ],
)
def test_an_assignee_may_be_given_as_an_object(kit: Any, wanted: Any, sent: Any) -> None:
    draft = kit.draft(custom_fields={"Assignee": wanted})
    assert (draft.fields.get("assignee"), draft.manual_fixes) == (sent, ())


@pytest.mark.parametrize("wanted", [["me", "Maria Silva"], {"active": True}, 1.5, True])
def test_an_assignee_that_names_nobody_leaves_a_fix(kit: Any, wanted: Any) -> None:
    (fix,) = kit.draft(custom_fields={"Assignee": wanted}).manual_fixes
    assert fix.done_instead.startswith("no assignee was set, because")


def test_jira_wants_an_assignee_and_the_reason_none_was_sent_is_said(kit: Any) -> None:
    refused = RefusedError("no", operation="POST", refusal=Refusal(400, {"assignee": "Issues must be assigned."}))
    with pytest.raises(TicketError, match="asked for Nemo; no assignee was set, because issues of this project"):
        next_draft(kit.draft(assignee="Nemo"), refused, shorten=dict)
    required = kit.field("assignee", "user", "Bearbeiter", required=True)
    with pytest.raises(TicketError, match="assignee is mandatory: asked for Nemo; no assignee was set"):
        kit.draft(kit.metadata(required), assignee="Nemo")
