from collections.abc import Mapping
from typing import Any

import pytest
from tests.unit.export.conftest import World, ticket

from jira_session_export._journal import SessionStatus
from jira_session_export._testing.fake_jira.richtext import RichText
from jira_session_export._values import ManualFixKind, StepKind
from jira_session_export.testing import Fault, faults

READ_BACK = ("POST", "/issue/bulkfetch")
TEXT = "<p>Nobody shall lose a word of this.</p>"


def replaced(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    """As a template does that an administrator set up for all issues."""
    text = {"type": "text", "text": "Use the form."}
    content = [{"type": "paragraph", "content": [text]}]
    return {**fields, "description": RichText.of({"type": "doc", "version": 1, "content": content})}


def without_labels(fields: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in fields.items() if name != "labels"}


@pytest.fixture
def verifying(world: World) -> World:
    world.settings = world.settings.model_copy(update={"verify_after_create": True})
    return world


def readings(world: World) -> int:
    return sum(request.resource == "/issue/bulkfetch" for request in world.jira.requests)


async def fixes(world: World) -> list[tuple[str, str, str]]:
    return [(fix.kind, fix.field, fix.done_instead) for each in await world.states() for fix in each.manual_fixes]


async def test_nothing_is_read_back_unless_it_is_asked_for(world: World) -> None:
    world.jira.project("DEMO").post_functions.append(replaced)
    await world.export(ticket(1, description_html=TEXT))
    assert (readings(world), await fixes(world)) == (0, [])


async def test_what_jira_kept_leaves_nothing_but_a_step(verifying: World) -> None:
    full = ticket(
        1,
        description_html=f'{TEXT}<img src="data:image/gif;base64,R0lGODlhAQABAAAAACw=">',
        assignee="Maria Silva",
        priority="High",
        sprint="DEMO Sprint 2",
        labels=["needs review"],
        components=["Backend", "Docs"],
        fix_versions=["1.1"],
        due_date="2027-01-31",
        story_points=3,
        custom_fields={
            "Environment type": "Staging",
            "Affected platforms": ["Web", "iOS"],
            "Module": "Sales > Quotes",
            "Planned start": "2026-10-02T09:30:00+02:00",
            "Acceptance criteria": "It **works**",
            "Watching team": "Maria Silva, Jonas Weber",
        },
    )
    state = await verifying.export(full)
    assert state.status == SessionStatus.COMPLETED
    assert [field for _, field, _ in await fixes(verifying)] == ["labels"]  # sent with a hyphen
    steps = (await verifying.states())[0].steps
    assert [(step.target, step.done) for step in steps if step.kind is StepKind.VERIFICATION] == [("issue", True)]


async def test_many_issues_are_read_back_with_one_request(verifying: World) -> None:
    await verifying.export(*(ticket(number, description_html=TEXT) for number in range(1, 54)))
    assert readings(verifying) == 2
    assert all(not each.lacks(StepKind.VERIFICATION, "issue") for each in await verifying.states())


async def test_what_jira_replaced_or_dropped_leaves_manual_fixes(verifying: World) -> None:
    verifying.jira.project("DEMO").post_functions.extend((replaced, without_labels))
    state = await verifying.export(ticket(1, description_html=TEXT, labels=["urgent"]), ticket(2))
    assert state.status == SessionStatus.COMPLETED
    first, second = await verifying.states()
    assert [(fix.kind, fix.field, fix.asked_for) for fix in first.manual_fixes] == [
        (ManualFixKind.CHANGED_BY_JIRA, "description", "the whole description"),
        (ManualFixKind.CHANGED_BY_JIRA, "labels", "urgent, export-00000000"),
    ]
    assert "another text (11 characters instead of 27" in first.manual_fixes[0].done_instead
    assert [(fix.field, fix.asked_for) for fix in second.manual_fixes] == [("Labels", "export-00000000")]
    assert state.manual_fix_count == 3


async def test_a_run_that_goes_on_compares_what_earlier_ones_made(verifying: World) -> None:
    verifying.jira.project("DEMO").post_functions.append(replaced)
    verifying.jira.faults.add(Fault(READ_BACK, faults.status(401), times=None))
    state = await verifying.export(ticket(1, description_html=TEXT, assignee="nobody@example.com"))
    assert state.status == SessionStatus.EXPORT_FAILED
    verifying.jira.faults.clear()
    assert (await verifying.retry()).status == SessionStatus.COMPLETED
    assert [(kind, field) for kind, field, _ in await fixes(verifying)] == [
        (ManualFixKind.ASSIGNEE_INVALID, "assignee"),
        (ManualFixKind.CHANGED_BY_JIRA, "description"),
    ]
    assert len(verifying.jira.creates) == 1


async def test_a_lost_answer_is_asked_for_again(verifying: World) -> None:
    verifying.jira.faults.add(Fault(READ_BACK, faults.drop_after_commit()))
    assert (await verifying.export(ticket(1))).status == SessionStatus.COMPLETED
    assert readings(verifying) == 2


@pytest.mark.parametrize("status", [403, 404])
async def test_an_issue_that_cannot_be_read_back_is_said(verifying: World, status: int) -> None:
    verifying.jira.faults.add(Fault(READ_BACK, faults.status(status), times=None))
    assert (await verifying.export(ticket(1))).status == SessionStatus.COMPLETED
    [(kind, field, instead)] = await fixes(verifying)
    assert (kind, field) == (ManualFixKind.CHANGED_BY_JIRA, "issue")
    assert instead.startswith("it was not compared: ")


async def test_an_issue_that_vanished_is_said(verifying: World) -> None:
    verifying.jira.faults.add(Fault(READ_BACK, faults.status(200, {"issues": [], "issueErrors": []})))
    await verifying.export(ticket(1))
    assert "Jira does not show the issue any more" in (await fixes(verifying))[0][2]
