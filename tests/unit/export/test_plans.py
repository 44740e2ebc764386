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


async def test_a_dry_run_shows_exactly_what_is_sent(world: World, tmp_path: Path) -> None:
    file = tmp_path / "log.txt"
    file.write_text("a log")
    content = session(
        ticket(1, description_html="<p>Hello <blink>there</blink></p>", labels=["urgent"], attachments=[file]),
        ticket(2, assignee="nobody@nowhere.example", priority="High", story_points=3),
    )
    plan = await world.service().plan(content)
    assert world.jira.writes == []
    assert (plan.ready, plan.total_tickets, plan.manual_fixes_predicted) == (True, 2, 1)
    assert [issue.attachments for issue in plan.issues] == [["log.txt"], []]
    await world.export(*content.tickets)
    assert [request.json for request in world.jira.creates] == [issue.payload for issue in plan.issues]


async def test_a_dry_run_foresees_the_images_that_do_not_come_along(world: World) -> None:
    content = session(ticket(1, description_markdown="![](a.png)\n\n![](b.png)\n\n![](a.png)"), ticket(2))
    plan = await world.service().plan(content)
    assert plan.manual_fixes_predicted == 2
    await world.export(*content.tickets)
    results = await world.service().results(SESSION)
    assert [fix.recommended_action for fix in results.manual_fixes] == plan.issues[0].manual_fixes


async def test_a_dry_run_lists_no_images_that_are_not_wanted(world: World) -> None:
    world.settings = world.settings.model_copy(update={"embed_images": False})
    plan = await world.service().plan(session(ticket(1, description_html='<img src="data:image/gif;base64,R0lG">')))
    assert plan.issues[0].attachments == []


async def test_a_dry_run_names_what_cannot_be_sent(world: World) -> None:
    world.jira.project("DEMO").issue_type("Task").require("duedate")
    plan = await world.service().plan(session(ticket(1), ticket(2, due_date="2027-01-01")))
    assert not plan.ready
    assert "due" in (plan.issues[0].error_message or "").lower()
    assert plan.issues[1].error_message is None


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
