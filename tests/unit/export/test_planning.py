"""A dry run foresees what the export meets."""

from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import pytest
from tests.unit.export.conftest import SESSION, World, session, ticket

from jira_session_export._export.surroundings import keys_named
from jira_session_export._models import Session, Ticket
from jira_session_export.adf import DEFAULT_RULES, ConversionOptions, Rule
from jira_session_export.errors import AlreadyCompletedError, PermissionDeniedError, RetryNeededError
from jira_session_export.testing import Fault, faults


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


async def test_ready_means_that_start_would_accept(world: World) -> None:
    tickets = [ticket(1), ticket(2)]
    plan = await world.service().plan(session(*tickets))
    assert (plan.ready, plan.blocking_issues) == (True, [])  # not stored yet
    world.jira.faults.add(Fault(("POST", "/issue"), faults.status(403), nth=2))
    await world.export(*tickets)
    failed = await world.service().plan(session(*tickets))
    assert not failed.ready
    assert failed.blocking_issues == ["The last export of this session failed; retry it instead of starting another."]
    assert [issue.order for issue in failed.issues] == [2]  # the other one has been exported
    with pytest.raises(RetryNeededError):
        await world.service().start(SESSION)
    await world.service().retry(SESSION)
    running = await world.service().plan(session(*tickets))
    assert running.blocking_issues == ["An export of this session is running."]
    await world.exporter().execute(SESSION)
    done = await world.service().plan(session(*tickets))
    assert (done.ready, done.total_tickets) == (False, 0)
    assert done.blocking_issues == ["Every ticket of this session has been exported already."]
    with pytest.raises(AlreadyCompletedError):
        await world.service().start(SESSION)
    added = await world.service().plan(session(*tickets, ticket(3)))
    assert added.ready


async def test_what_start_refuses_a_dry_run_refuses(world: World) -> None:
    world.jira.revoke("LINK_ISSUES")
    tickets = [ticket(1), ticket(2, depends_on=[ticket(1).id])]
    with pytest.raises(PermissionDeniedError):
        await world.service().plan(session(*tickets))


async def test_a_plan_asks_for_what_the_tickets_name_and_no_more(world: World, tmp_path: Path) -> None:
    file = tmp_path / "log.txt"
    file.write_text("a log")
    await world.service().plan(session(ticket(1)))
    plain = len(world.jira.requests)
    links = [{"type": "Relates", "to": f"DEMO-{number}"} for number in range(1, 60)]
    await world.service().plan(session(ticket(1, attachments=[file], links=links), ticket(2, parent="DEMO-1")))
    asked = [request.resource for request in world.jira.requests[plain:]]
    assert sorted(set(asked)) == sorted(asked)
    assert len(asked) == plain + 2
    assert len(keys_named([ticket(1, links=links), ticket(2, parent="DEMO-1")])) == 59


async def test_no_lease_is_lost_while_a_large_session_is_planned(world: World) -> None:
    """Each of its tickets takes a second to convert, and an export's worker must give a sign of life every 60 s."""

    def slow(_element: Any, out: Any) -> Any:
        world.runtime.clock.advance(1)
        return out.open("paragraph", {})

    conversion = ConversionOptions(rules=DEFAULT_RULES.before("paragraph", Rule("slow", slow, frozenset({"section"}))))
    world.settings = world.settings.model_copy(update={"pause_seconds": 5, "lease_seconds": 60})
    await world.store.put(session(*(ticket(number) for number in range(1, 101))))
    await world.service().start(SESSION)
    interrupted: list[Any] = []
    other = Session(
        id=UUID(int=7),
        project_key="DEMO",
        tickets=tuple(
            Ticket(id=ticket(1000 + n).id, order=n, title=f"Ticket {n}", description_html="<section>Body</section>")
            for n in range(1, 121)
        ),
    )

    async def other_workers_look() -> None:
        while True:
            await world.runtime.sleep(5)
            interrupted.extend(await world.store.interrupted(world.runtime.now()))

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(world.exporter().execute, SESSION)
        await world.runtime.sleep(7)
        tasks.start_soon(other_workers_look)
        started = world.runtime.monotonic()
        plan = await world.service(conversion=conversion).plan(other)
        assert len(plan.issues) == 120
        assert world.runtime.monotonic() - started >= 120
        tasks.cancel_scope.cancel()
    assert interrupted == []
    assert (await world.kinds()).count("run_resumed") == 0
