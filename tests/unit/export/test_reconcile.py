from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.unit.export.conftest import SESSION, World

from jira_session_export._export.reconcile import created_around, decide, find_created
from jira_session_export._values import PROPERTY_KEY, CreatedIssue, Marker
from jira_session_export.errors import CreateUndecidedError, ReadFailedError
from jira_session_export.testing import Fault, faults

ONE, TWO = UUID(int=1), UUID(int=2)


async def create(world: World, ticket_id: UUID = ONE, session_id: UUID = SESSION, attempt: int = 1) -> CreatedIssue:
    marker = Marker(str(session_id), str(ticket_id), attempt)
    fields = {"project": {"key": "DEMO"}, "issuetype": {"name": "Task"}, "summary": "x"}
    properties = [{"key": PROPERTY_KEY, "value": marker.as_property()}]
    return await world.client.create_issue({"fields": fields, "properties": properties})


class Asked:
    """Decides about the create announced at the clock's start, and notes its waits."""

    def __init__(self, world: World, **settings: Any) -> None:
        self._world = world
        self._settings = world.settings.model_copy(update=settings)
        self.intent_at = world.runtime.now()
        self.waits: list[float] = []

    async def __call__(self, *more: UUID) -> Mapping[UUID, Sequence[CreatedIssue]]:
        async def wait(seconds: float) -> None:
            self.waits.append(seconds)
            await self._world.runtime.sleep(seconds)

        return await decide(
            self._world.client,
            project_key="DEMO",
            session_id=SESSION,
            intents=dict.fromkeys((ONE, *more), self.intent_at),
            settings=self._settings,
            runtime=self._world.runtime,
            wait=wait,
        )


async def test_a_hit_is_proof(world: World) -> None:
    asked = Asked(world)
    issue = await create(world)
    assert await asked() == {ONE: [issue]}
    assert asked.waits == []


async def test_the_index_is_waited_for(world: World) -> None:
    world.jira.index_lag = 9
    asked = Asked(world)
    issue = await create(world)
    assert await asked() == {ONE: [issue]}
    assert asked.waits == [1, 2, 4, 8]


async def test_one_search_decides_all_and_only_what_is_missing_is_waited_for(world: World) -> None:
    asked = Asked(world, index_settle_seconds=20)
    issue = await create(world, TWO)
    assert await asked(TWO) == {TWO: [issue]}
    assert sum(asked.waits) == 20
    asked = Asked(world, index_settle_seconds=100, reconcile_budget_seconds=1)
    other = await create(world, TWO)
    with pytest.raises(CreateUndecidedError) as caught:
        await asked(TWO)
    assert caught.value.ticket_id == ONE
    asked = Asked(world)
    first = await create(world)
    searched = len(world.jira.sent("POST", "/search/jql"))
    assert await asked(TWO) == {ONE: [first], TWO: [issue, other]}
    assert len(world.jira.sent("POST", "/search/jql")) == searched + 1


async def test_the_one_that_stays_undecided_is_told(world: World) -> None:
    asked = Asked(world, index_settle_seconds=100, reconcile_budget_seconds=1)
    await create(world, ONE)
    with pytest.raises(CreateUndecidedError) as caught:
        await asked(TWO)
    assert caught.value.ticket_id == TWO


async def test_absence_is_believed_once_the_index_has_settled(world: World) -> None:
    asked = Asked(world, index_settle_seconds=20)
    assert await asked() == {}
    assert sum(asked.waits) == 20
    assert await asked() == {}  # and at once from then on
    assert sum(asked.waits) == 20


async def test_an_announcement_that_seems_still_to_come_ages_with_the_look(world: World) -> None:
    """The clock was set back since; nobody knows when it was announced."""
    asked = Asked(world, index_settle_seconds=20)
    asked.intent_at += timedelta(hours=1)
    assert await asked() == {}
    assert sum(asked.waits) == 20


async def test_the_budget_is_kept(world: World) -> None:
    asked = Asked(world, index_settle_seconds=100, reconcile_budget_seconds=12)
    with pytest.raises(CreateUndecidedError) as caught:
        await asked()
    assert sum(asked.waits) == 12
    assert caught.value.ticket_id == ONE
    assert 'project = "DEMO"' in caught.value.jql


async def test_other_tickets_and_sessions_do_not_count(world: World) -> None:
    await create(world, TWO)
    await create(world, ONE, UUID(int=7))
    await world.client.create_issue(
        {"fields": {"project": {"key": "DEMO"}, "issuetype": {"name": "Task"}, "summary": "a person's own"}}
    )
    assert await Asked(world, index_settle_seconds=0)() == {}


async def test_all_issues_of_a_ticket_oldest_first(world: World) -> None:
    later = [await create(world, attempt=attempt) for attempt in (2, 1)]
    now = world.runtime.now()
    found = await find_created(world.client, project_key="DEMO", session_id=SESSION, intents={ONE: now}, now=now)
    assert found == {ONE: later}


async def test_a_jira_that_cannot_be_asked_decides_nothing(world: World) -> None:
    world.jira.faults.add(Fault(("POST", "/search/jql"), faults.status(503), times=None))
    with pytest.raises(ReadFailedError):
        await Asked(world, index_settle_seconds=0)()


@pytest.mark.parametrize(
    ("age_minutes", "window"),
    [
        (0, 'created >= "-10m"'),
        (0.5, 'created >= "-11m"'),
        (10, 'created >= "-20m"'),
        (30, 'created >= "-40m" AND created <= "-20m"'),
    ],
)
def test_the_search_is_relative_to_now(age_minutes: float, window: str) -> None:
    now = datetime(2026, 1, 5, 9, tzinfo=UTC)
    expected = f'project = "DEMO" AND {window} ORDER BY created ASC'
    moment = now - timedelta(minutes=age_minutes)
    assert created_around("DEMO", [moment], now) == expected


def test_the_search_reaches_from_the_first_to_the_last() -> None:
    now = datetime(2026, 1, 5, 9, tzinfo=UTC)
    moments = [now - timedelta(minutes=each) for each in (40, 90, 60)]
    assert 'created >= "-100m" AND created <= "-30m"' in created_around("DEMO", moments, now)
