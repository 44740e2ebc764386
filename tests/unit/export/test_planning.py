"""A dry run foresees what the export meets."""

from pathlib import Path
from typing import Any

import pytest
from tests.unit.export.conftest import World, session, ticket


async def fixes(world: World, *tickets: Any) -> list[list[str]]:
    plan = await world.service().plan(session(*tickets))
    assert world.jira.writes == []
    assert plan.ready, [issue.error_message for issue in plan.issues]
    return [issue.manual_fixes for issue in plan.issues]


async def test_links_that_cannot_be_made_are_foreseen(world: World) -> None:
    (one, two, three) = await fixes(
        world,
        ticket(1, links=[{"type": "Clones", "to": "DEMO-7"}]),
        ticket(2, depends_on=[ticket(1).id], links=[{"type": "Relates", "to": "NOPE-1"}]),
        ticket(3, links=[{"type": "Relates", "to": ticket(1).id}]),
    )
    assert len(one) == 1
    assert "Jira has no issue DEMO-7" in one[0]
    assert len(two) == 1
    assert "ticket 2 (Ticket 2) relates to NOPE-1" in two[0]
    assert "Jira has no issue NOPE-1, or hides it" in two[0]
    assert three == []


async def test_a_link_type_that_is_not_there_is_foreseen_once(world: World) -> None:
    world.settings = world.settings.model_copy(update={"link_type": "Requires"})
    one, two = await fixes(world, ticket(1), ticket(2, depends_on=[ticket(1).id]))
    assert one == []
    assert len(two) == 1
    assert "ticket 1 (Ticket 1) Requires ticket 2 (Ticket 2)" in two[0]
    assert "it has: Blocks" in two[0]


async def test_linking_switched_off_is_foreseen_and_said_by_the_export(world: World) -> None:
    world.jira.options.linking_enabled = False
    tickets = [ticket(1), ticket(2, depends_on=[ticket(1).id])]
    _, (foreseen,) = await fixes(world, *tickets)
    assert "issue linking is switched off in Jira" in foreseen
    await world.export(*tickets)
    (fix,) = (await world.states())[1].manual_fixes
    assert "issue linking is switched off in Jira" in fix.done_instead
    assert world.jira.sent("POST", "/issueLink") == []


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"parent": "DEMO-1"}, "DEMO-1 is of the type Task, which is no parent for Task"),
        ({"parent": "DEMO-2"}, None),
        ({"parent": "DEMO-99"}, "Jira has no issue DEMO-99, or hides it"),
        ({"parent": "OPS-1", "issue_type": "Sub-task"}, "OPS-1 belongs to another project"),
        ({"parent": "DEMO-1", "issue_type": "Sub-task"}, None),
        ({"parent": "DEMO-2", "issue_type": "Sub-task"}, "DEMO-2 is of the type Epic, which is no parent for Sub-task"),
    ],
)
async def test_a_parent_that_jira_would_refuse_is_foreseen(
    world: World, fields: dict[str, Any], problem: str | None
) -> None:
    world.jira.add_project("OPS")
    for key, kind in (("DEMO", "Task"), ("DEMO", "Epic"), ("OPS", "Task")):
        body = {"fields": {"project": {"key": key}, "issuetype": {"name": kind}, "summary": "there"}}
        await world.client.create_issue(
            {**body, "fields": {**body["fields"], "issuetype": {"id": _type_id(world, key, kind)}}}
        )
    before = len(world.jira.creates)
    plan = await world.service().plan(session(ticket(1, **fields)))
    (planned,) = plan.issues
    told = [planned.error_message or "", *planned.manual_fixes]
    assert any(problem in text for text in told) if problem else not any(told)
    assert plan.ready == (planned.error_message is None)
    state = await world.export(ticket(1, **fields))
    assert (state.status == "completed") == plan.ready
    assert len(world.jira.creates) > before
    if plan.ready:
        assert state.manual_fix_count == plan.manual_fixes_predicted


def _type_id(world: World, key: str, name: str) -> str:
    return next(each.id for each in world.jira.project(key).issue_types if each.name == name)


async def test_a_ticket_that_is_no_parent_for_another_is_foreseen(world: World) -> None:
    tickets = [ticket(1), ticket(2, parent=ticket(1).id), ticket(3, parent=ticket(1).id, issue_type="Sub-task")]
    one, two, three = await fixes(world, *tickets)
    assert (one, three) == ([], [])
    assert "ticket 1 (Ticket 1) is of the type Task, which is no parent for Task" in two[0]


async def test_files_are_weighed_before_anything_is_sent(world: World, tmp_path: Path) -> None:
    small, large = tmp_path / "small.txt", tmp_path / "large.txt"
    small.write_bytes(b"x" * 10)
    large.write_bytes(b"x" * 100)
    world.jira.options.upload_limit = 50
    picture = "data:image/gif;base64," + "R0lGODlhAQABAAAAACw=" * 20
    tickets = [
        ticket(1, attachments=[small, large]),
        ticket(2, attachments=[tmp_path / "gone.txt"]),
        ticket(3, description_html=f'<p>see <img src="{picture}"></p>'),
        ticket(4),
    ]
    one, two, three, four = await fixes(world, *tickets)
    assert len(one) == 1
    assert "asked for large.txt; not attached: it has 100 bytes, and Jira takes at most 50" in one[0]
    assert "asked for gone.txt; not attached: No such file or directory" in two[0]
    assert len(three) == 1
    assert four == []
    await world.export(*tickets)
    assert [len(state.manual_fixes) for state in await world.states()] == [1, 1, 1, 0]


async def test_attachments_switched_off_are_foreseen(world: World, tmp_path: Path) -> None:
    file = tmp_path / "log.txt"
    file.write_text("a log")
    world.jira.options.attachments_enabled = False
    ((fix,),) = await fixes(world, ticket(1, attachments=[file]))
    assert "Attachments are switched off in Jira" in fix
