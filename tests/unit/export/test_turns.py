"""Who is next: fair between owners, within what the settings let run, and never on another Jira."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import anyio
import pytest
from tests.unit.export.conftest import World, ticket

from jira_session_export._export.runners import InProcessRunner
from jira_session_export._export.turns import in_turn, may_run, of_site, to_make_room
from jira_session_export._jira import ApiTokenAuth, JiraClient
from jira_session_export._journal import SessionStatus
from jira_session_export._models import Session
from jira_session_export._settings import ExportSettings
from jira_session_export._storage.protocols import QueuedSession
from jira_session_export.api import ExportStatusResponse
from jira_session_export.testing import FakeJira

NOW = datetime(2026, 1, 5, 9, tzinfo=UTC)


def queued(number: int, owner: str | None, *, held: bool = False, site: str | None = None) -> QueuedSession:
    return QueuedSession(UUID(int=number), owner, site, NOW + timedelta(seconds=number), held)


def numbers(sessions: list[QueuedSession]) -> list[int]:
    return [each.session_id.int for each in sessions]


def test_an_owner_with_one_session_does_not_wait_for_one_with_many() -> None:
    many = [queued(number, "a", held=number <= 10) for number in range(1, 25)]
    few = [queued(30, "b"), queued(31, "b"), queued(32, "c")]
    assert numbers(in_turn([*many, *few]))[:5] == [30, 32, 31, 11, 12]


def test_without_owners_the_earlier_start_goes_first() -> None:
    assert numbers(in_turn([queued(3, None), queued(1, None), queued(2, None)])) == [1, 2, 3]


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({}, [5, 3, 4]),
        ({"sessions_at_once": 3}, [5]),
        ({"sessions_at_once": 2}, []),
        ({"sessions_at_once_per_owner": 2}, [5, 3]),
        ({"sessions_at_once_per_owner": 1}, [5]),
    ],
)
def test_no_more_run_than_the_settings_let(limits: dict[str, int], expected: list[int]) -> None:
    sessions = [queued(1, "a", held=True), queued(2, "c", held=True), queued(3, "a"), queued(4, "a"), queued(5, "b")]
    assert numbers(may_run(sessions, ExportSettings(**limits))) == expected


def test_other_sites_are_left_alone() -> None:
    sessions = [queued(1, "a", site="https://x"), queued(2, "a", site="https://y"), queued(3, "a")]
    assert numbers(of_site(sessions, "https://x")) == [1, 3]


async def test_a_session_that_waits_for_another_address_is_told_of_once(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    await world.store.put(session_of("a", 1, 1))
    await world.service().start(UUID(int=1000))
    elsewhere = FakeJira(base_url="http://localhost:1234")
    client = JiraClient(elsewhere.base_url, ApiTokenAuth("me@example.com", "x"), transport=elsewhere.transport)
    worker = world.exporter(tracker=client)

    def told() -> list[str]:
        return [each.getMessage() for each in caplog.records if getattr(each, "action", "") == "other_site"]

    await worker.unattended()
    assert told() == []  # a worker for it may be about to take it
    await world.runtime.sleep(61)
    for _ in range(3):
        assert await worker.unattended() == []
    expected = (
        f"Session {UUID(int=1000)} waits for a worker that exports to {world.jira.base_url}; this process exports "
    )
    assert told() == [f"{expected}to http://localhost:1234"]
    assert await world.exporter().unattended() == [UUID(int=1000)]


def test_one_run_makes_room_until_it_is_fair() -> None:
    running = [queued(number, "a", held=True) for number in range(1, 4)]
    settings = ExportSettings()
    assert to_make_room([*running, queued(9, "b")], settings) == UUID(int=3)
    assert to_make_room([*running[:2], queued(3, "a"), queued(8, "b", held=True), queued(9, "b")], settings) is None
    assert to_make_room(running, settings) is None
    assert to_make_room([queued(9, "b")], settings) is None


def session_of(owner: str, number: int, tickets: int) -> Session:
    first = number * 1000
    return Session(
        id=UUID(int=first),
        project_key="DEMO",
        owner=owner,
        tickets=tuple(
            ticket(place, id=UUID(int=first + place), title=f"{owner} {place}") for place in range(1, tickets + 1)
        ),
    )


async def test_three_tickets_do_not_wait_for_somebody_elses_many_sessions(world: World) -> None:
    """Four places, all taken by one owner's sessions, each of which takes a minute."""
    world.settings = world.settings.model_copy(update={"sessions_at_once": 4})
    many = [session_of("a", number, 40) for number in range(1, 13)]
    small = session_of("b", 50, 3)
    for each in (*many, small):
        await world.store.put(each)
    async with InProcessRunner(world.exporter(), sweep_seconds=10) as runner:
        service = world.service(runner=runner)
        for each in many:
            await service.start(each.id)
        await world.runtime.sleep(20)
        assert sum(each.held for each in await world.store.queued(world.runtime.now())) == 4
        waiting = await service.status(many[-1].id)
        assert isinstance(waiting, ExportStatusResponse)
        assert waiting.queue_position == 8
        began = world.runtime.monotonic()
        await service.start(small.id)
        with anyio.fail_after(30):
            while (await world.store.state(small.id)).status == SessionStatus.EXPORTING:
                await world.runtime.sleep(0.5)
        assert world.runtime.monotonic() - began < 12
        assert sum(each.held for each in await world.store.queued(world.runtime.now())) <= 4
        for each in many:
            while (await world.store.state(each.id)).status == SessionStatus.EXPORTING:
                await world.runtime.sleep(5)
    assert len(world.jira.issues) == 12 * 40 + 3


async def test_a_session_is_exported_to_the_site_it_was_started_for(world: World) -> None:
    other = FakeJira(runtime=world.runtime, base_url="https://other.atlassian.net")
    auth = ApiTokenAuth("me@example.com", "token")
    client = JiraClient(other.base_url, auth, runtime=world.runtime, transport=other.transport)
    here, there = session_of("a", 1, 2), session_of("a", 2, 2)
    await world.store.put(here)
    await world.store.put(there)
    await world.service().start(here.id)
    await world.service(tracker=client).start(there.id)
    assert (await world.store.state(there.id)).site == other.base_url
    exporter = world.exporter()
    assert await exporter.unattended() == [here.id]
    assert (await exporter.execute(there.id)).status == SessionStatus.EXPORTING
    assert (await exporter.execute(here.id)).status == SessionStatus.COMPLETED
    elsewhere = world.exporter(tracker=client)
    assert await elsewhere.unattended() == [there.id]
    assert (await elsewhere.execute(there.id)).status == SessionStatus.COMPLETED
    assert (len(world.jira.issues), len(other.issues)) == (2, 2)
