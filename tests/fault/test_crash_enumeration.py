"""The process dies, or an answer gets lost, at every single I/O operation of an export."""

import os
import random
import shutil
from itertools import combinations
from pathlib import Path
from uuid import UUID

import anyio
import pytest

from jira_session_export._models import Session, Ticket
from jira_session_export._settings import ExportSettings
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore
from jira_session_export.testing import Fault as JiraFault
from jira_session_export.testing import faults as jira_faults
from tests.fault.crashing import WAITED_OUT, Fault, World

NIGHTLY = os.environ.get("JSE_HYPOTHESIS_PROFILE") == "nightly"
SETTINGS = ExportSettings(index_settle_seconds=30, reconcile_budget_seconds=60)


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # the virtual clock decides what happens when; a second event loop would show the same


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("files")
    (folder / "log.txt").write_text("a log")
    (folder / "data.csv").write_text("a;b\n1;2\n")
    return folder


def small_session(files: Path) -> Session:
    """Four tickets: dependencies, attachments, two fallbacks foreseen; the world adds one Jira has to ask for."""

    def ticket(number: int, **fields: object) -> Ticket:
        return Ticket.model_validate(
            {
                "id": UUID(int=number),
                "order": number,
                "title": f"Ticket {number}",
                "description_html": f"<p>Body of <b>ticket {number}</b></p>",
                **fields,
            }
        )

    return Session(
        id=UUID(int=1000),
        project_key="DEMO",
        tickets=(
            ticket(1, attachments=(files / "log.txt",)),
            ticket(2, depends_on=(UUID(int=1),), assignee="nobody@nowhere.example"),
            ticket(3, labels=("a label",), attachments=(files / "log.txt", files / "data.csv")),
            ticket(4, depends_on=(UUID(int=2), UUID(int=3)), priority="Utmost"),
        ),
    )


async def operations_of(session: Session) -> list[str]:
    outcome = await World(session, settings=SETTINGS).run()
    assert outcome.retries_used == 0
    return outcome.operations


async def test_without_faults_each_write_happens_once(files: Path) -> None:
    operations = await operations_of(small_session(files))
    creates = [name for name in operations if name.endswith("POST /rest/api/3/issue")]
    assert len(creates) == 4 + 1  # Jira refuses one, which is sent again with less
    assert sum("attachments" in name for name in operations) == 3
    assert sum("issueLink" in name and name.startswith("POST") for name in operations) == 3


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.timeout(300)
async def test_one_fault_at_every_operation(files: Path, fault: Fault) -> None:
    session = small_session(files)
    total = len(await operations_of(session))
    assert total > 30
    for position in range(total):
        world = World(session, faults={position: fault}, settings=SETTINGS)
        outcome = await world.run()
        try:
            assert outcome.retries_used <= (0 if fault in WAITED_OUT else 3)
            await world.assert_exactly_once()
        except AssertionError as exc:
            raise AssertionError(f"{fault.name} at {position}: {outcome.operations}") from exc


@pytest.fixture(scope="module")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("databases") / "empty.sqlite3"

    async def migrate() -> None:
        async with SqlAlchemyStore.open(f"sqlite:///{path}") as store:
            await store.migrate()

    anyio.run(migrate)
    return path


# What the process does to the store is the same for every store, so a store of a real database is put through those
# faults that leave something in it: the process dies after a write or is cancelled, and the answer gets lost.
@pytest.mark.parametrize("fault", [Fault.DIES_AFTER, Fault.ANSWER_LOST, Fault.CANCELLED_AFTER])
@pytest.mark.timeout(300)
async def test_one_fault_at_every_write_to_sqlite(
    files: Path, empty_database: Path, tmp_path: Path, fault: Fault
) -> None:
    session = small_session(files)
    operations = await operations_of(session)
    writes = [at for at, name in enumerate(operations) if name.startswith(("store.acquire", "store.append"))]
    assert len(writes) > 15
    for position in writes:
        database = tmp_path / f"{position}.sqlite3"
        shutil.copy(empty_database, database)
        async with SqlAlchemyStore.open(f"sqlite:///{database}", synchronous="NORMAL") as store:
            world = World(session, faults={position: fault}, settings=SETTINGS, store=store)
            outcome = await world.run()
            try:
                assert outcome.retries_used <= 3
                await world.assert_exactly_once()
            except AssertionError as exc:
                raise AssertionError(f"{fault.name} at {position}: {outcome.operations}") from exc


@pytest.mark.timeout(300)
async def test_pairs_of_faults(files: Path) -> None:
    session = small_session(files)
    total = len(await operations_of(session))
    pairs = list(combinations(range(total + 10), 2))
    chosen = random.Random(20261124).sample(pairs, 300 if NIGHTLY else 100)
    kinds = random.Random(7)
    for pair in chosen:
        faults = {position: kinds.choice(list(Fault)) for position in pair}
        world = World(session, faults=faults, settings=SETTINGS)
        outcome = await world.run()
        assert outcome.retries_used <= 3, faults
        await world.assert_exactly_once()


def random_faults(seed: int) -> dict[int, Fault]:
    """The schedule of that number: replay one with `random_faults(seed)`."""
    source = random.Random(seed)
    return {source.randrange(120): source.choice(list(Fault)) for _ in range(source.randint(1, 5))}


@pytest.mark.parametrize("first_seed", range(0, 1000, 250))
@pytest.mark.timeout(300)
async def test_random_schedules(files: Path, first_seed: int) -> None:
    session = small_session(files)
    for seed in range(first_seed, first_seed + (250 if NIGHTLY else 80)):
        world = World(
            session, faults=random_faults(seed), settings=SETTINGS.model_copy(update={"max_retries": 9}), seed=seed
        )
        await world.run(max_processes=20)
        try:
            await world.assert_exactly_once()
        except AssertionError as exc:
            raise AssertionError(f"schedule {seed}: {random_faults(seed)}") from exc


def session_with_second_thoughts() -> Session:
    """An epic and a ticket under it, whose create screen shows no parent; both are read back."""
    common = {"description_html": "<p>Body</p>"}
    epic = Ticket.model_validate({"id": UUID(int=1), "order": 1, "title": "Epic", "issue_type": "Epic", **common})
    task = Ticket.model_validate({"id": UUID(int=2), "order": 2, "title": "Task", "parent": UUID(int=1), **common})
    return Session(id=UUID(int=1000), project_key="DEMO", tickets=(epic, task))


def changing_world(faults: dict[int, Fault]) -> World:
    settings = SETTINGS.model_copy(update={"verify_after_create": True})
    world = World(session_with_second_thoughts(), faults=faults, settings=settings)
    project = world.jira.project("DEMO")
    project.edit_screen("Task").remove_field("parent")
    project.issue_type("Task").remove_field("parent")
    project.post_functions.append(lambda fields: {name: fields[name] for name in fields if name != "description"})
    return world


@pytest.mark.parametrize("fault", Fault)
@pytest.mark.timeout(300)
async def test_a_parent_set_afterwards_and_the_reading_back_survive_a_fault_anywhere(fault: Fault) -> None:
    undisturbed = changing_world({})
    operations = (await undisturbed.run()).operations
    assert sum("bulkfetch" in name for name in operations) == 1
    assert sum("/epic/" in name for name in operations) == 1
    for position in range(len(operations)):
        world = changing_world({position: fault})
        outcome = await world.run()
        try:
            await world.assert_exactly_once()
            assert [issue.parent for issue in world.jira.issues.values()] == [None, "DEMO-1"]
            for state in await world.store.ticket_states(world.session.id):
                assert [fix.field for fix in state.manual_fixes] == ["description"]
                assert len(state.steps) == len({(step.kind, step.target) for step in state.steps})
        except AssertionError as exc:
            raise AssertionError(f"{fault.name} at {position}: {outcome.operations}") from exc


# What leaves something behind for the next process to find.
LEFT_BEHIND = [Fault.DIES_AFTER, Fault.ANSWER_LOST, Fault.STATE_LOST]


def session_to_choose_from() -> Session:
    """Three tickets, of which the second is left out: the third depends on it and stands under it."""
    common = {"description_html": "<p>Body</p>"}
    one = Ticket.model_validate({"id": UUID(int=1), "order": 1, "title": "One", **common})
    epic = Ticket.model_validate({"id": UUID(int=2), "order": 2, "title": "Two", "issue_type": "Epic", **common})
    third = {"id": UUID(int=3), "order": 3, "title": "Three", "depends_on": (UUID(int=2),), **common}
    return Session(id=UUID(int=1000), project_key="DEMO", tickets=(one, epic, Ticket.model_validate(third)))


async def left_out_and_taken_in(faults: dict[int, Fault]) -> World:
    """The second ticket is left out until the rest is done, then it is taken in."""
    world = World(session_to_choose_from(), faults=faults, settings=SETTINGS)
    world.jira.faults.clear()  # an issue that lost its label cannot be found once the state is lost
    world.chosen = {"skip": [UUID(int=2)]}
    await world.run(max_processes=16)
    state = await world.store.state(world.session.id)
    assert state.exported + state.left_out == 3
    assert len(world.jira.issues) == state.exported
    world.chosen = {}
    world.runtime.clock.advance(600)  # the index shows all that was made, should the state be lost now
    for _ in range(3):  # a process that dies before it has started anything leaves the session completed as it is
        if (await world.store.state(world.session.id)).left_out:
            await world.run(max_processes=16)
    return world


@pytest.mark.parametrize("fault", LEFT_BEHIND)
@pytest.mark.timeout(300)
async def test_a_fault_anywhere_while_a_ticket_is_left_out_and_taken_in_again(fault: Fault) -> None:
    undisturbed = await left_out_and_taken_in({})
    operations = undisturbed.schedule.operations
    await undisturbed.assert_exactly_once()
    assert sum(name.endswith("POST /rest/api/3/issue") for name in operations) == 3
    for position in range(len(operations)):
        world = await left_out_and_taken_in({position: fault})
        try:
            await world.assert_exactly_once()
        except AssertionError as exc:
            raise AssertionError(f"{fault.name} at {position}: {world.schedule.operations}") from exc


def exhausted_world(faults: dict[int, Fault]) -> World:
    """Jira refuses the second create twice, one retry is allowed, and an administrator releases the session."""
    world = World(session_to_choose_from(), faults=faults, settings=SETTINGS.model_copy(update={"max_retries": 1}))
    world.jira.faults.add(JiraFault(("POST", "/issue"), jira_faults.status(403), nth=2, times=2))
    return world


@pytest.mark.parametrize("fault", [each for each in LEFT_BEHIND if each is not Fault.STATE_LOST])
@pytest.mark.timeout(300)
async def test_a_fault_anywhere_around_a_release(fault: Fault) -> None:
    undisturbed = exhausted_world({})
    operations = (await undisturbed.run(max_processes=20)).operations
    assert undisturbed.releases == 1
    assert any(name.startswith("store.release(") for name in operations)
    releases = 0
    for position in range(len(operations)):
        world = exhausted_world({position: fault})
        outcome = await world.run(max_processes=20)
        try:
            await world.assert_exactly_once()
            kinds = [row.kind for row in await world.store.journal(world.session.id)]
            releases += kinds.count("session_released")
            assert kinds.count("session_released") <= 2
        except AssertionError as exc:
            raise AssertionError(f"{fault.name} at {position}: {outcome.operations}") from exc
    assert releases > len(operations) / 2  # a death may take the place of a failure, and then none is needed
