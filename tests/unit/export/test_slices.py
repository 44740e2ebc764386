"""Long work leaves the event loop to others."""

import threading
from typing import Any
from uuid import UUID

import anyio
import pytest
from tests.unit.export.conftest import SESSION, World, session, ticket

from jira_session_export._export.slices import MANY, SharedLoop, aside
from jira_session_export._models import Session, Ticket
from jira_session_export.adf import DEFAULT_RULES, ConversionOptions, Rule


async def test_few_are_looked_at_at_once_and_many_in_a_thread() -> None:
    here = threading.get_ident()
    assert await aside(MANY - 1, threading.get_ident) == here
    assert await aside(MANY, threading.get_ident) != here


async def test_many_are_looked_at_one_call_at_a_time() -> None:
    """Python executes one thread at a time; each more of them has the event loop wait longer for its turn."""
    at_once, most = 0, 0
    lock = threading.Lock()

    def work() -> None:
        nonlocal at_once, most
        with lock:
            at_once += 1
            most = max(most, at_once)
        threading.Event().wait(0.005)
        with lock:
            at_once -= 1

    async with anyio.create_task_group() as tasks:
        for _ in range(5):
            tasks.start_soon(aside, MANY, work)
    assert most == 1


async def test_what_goes_wrong_aside_is_raised_and_the_next_has_its_turn() -> None:
    def fail() -> None:
        raise ValueError("broken")

    for _ in range(2):
        with pytest.raises(ValueError, match="broken"):
            await aside(MANY, fail)
    assert await aside(MANY, lambda: 1) == 1


def test_each_event_loop_has_turns_of_its_own() -> None:
    for _ in range(2):
        assert anyio.run(aside, MANY, lambda: 1) == 1


async def test_long_work_stands_still_while_others_are_at_work(world: World) -> None:
    """A request goes to threads and back several times, and they answer at once only when nobody converts meanwhile."""
    loop = SharedLoop(world.runtime)
    await loop.others_turn()
    assert world.runtime.clock.sleeps == []

    async def answer_a_request() -> None:
        world.runtime.clock.advance(0.0005)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(answer_a_request)
        await loop.others_turn()
    assert world.runtime.clock.sleeps == [0.001]
    await loop.others_turn()
    assert world.runtime.clock.sleeps == [0.001]


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
