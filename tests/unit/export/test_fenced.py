from datetime import timedelta
from uuid import UUID

import pytest
from tests.unit.export.conftest import SESSION, World, opened, taken_over

from jira_session_export._export.fenced import FIRST_DELAYS
from jira_session_export._journal import (
    CancelRequested,
    IntentRecorded,
    IssueRecorded,
    RunCompleted,
    SessionStatus,
)
from jira_session_export._runtime import Runtime
from jira_session_export._values import CreatedIssue
from jira_session_export.errors import LeaseLostError, StoreUnavailableError

ONE = UUID(int=1)
ISSUE = CreatedIssue("1", "DEMO-1", "https://jira/browse/DEMO-1")


async def test_states_follow_what_was_written(world: World) -> None:
    journal, _ = await opened(world)
    await journal.append(IntentRecorded(world.runtime.now(), ONE, 1))
    assert journal.states[ONE].intent_at == world.runtime.now()
    await journal.append(IssueRecorded(world.runtime.now(), ONE, ISSUE))
    assert dict(journal.states) == {state.ticket_id: state for state in await world.states()}


@pytest.mark.parametrize("lost", [False, True])
async def test_a_write_is_repeated_while_the_database_is_away(world: World, lost: bool) -> None:
    journal, store = await opened(world)
    store.failures, store.lost = len(FIRST_DELAYS), lost
    await journal.append(IssueRecorded(world.runtime.now(), ONE, ISSUE))
    assert world.clock.monotonic() == pytest.approx(sum(FIRST_DELAYS))
    assert (await world.states())[0].issue == ISSUE


async def test_a_database_that_stays_away_is_told_and_nothing_is_believed(world: World) -> None:
    journal, store = await opened(world)
    store.failures = 999
    with pytest.raises(StoreUnavailableError):
        await journal.append(IssueRecorded(world.runtime.now(), ONE, ISSUE))
    assert journal.states[ONE].issue is None
    assert world.clock.monotonic() == pytest.approx(60)


@pytest.mark.parametrize("impatience", ["the append's", "the run's"])
async def test_who_is_in_a_hurry_makes_the_first_tries_only(world: World, impatience: str) -> None:
    journal, store = await opened(world)
    store.failures = 999
    journal.hurried = impatience == "the run's"
    with pytest.raises(StoreUnavailableError):
        await journal.append(IssueRecorded(world.runtime.now(), ONE, ISSUE), patient=impatience != "the append's")
    assert world.clock.monotonic() == pytest.approx(sum(FIRST_DELAYS))


async def test_reading_waits_for_the_database_too(world: World) -> None:
    journal, store = await opened(world)
    store.failures = 5
    await journal.load()
    assert world.clock.monotonic() == pytest.approx(sum(FIRST_DELAYS) + 2 * 5)


@pytest.mark.parametrize("lost", [False, True])
async def test_an_end_whose_answer_got_lost_counts(world: World, lost: bool) -> None:
    journal, store = await opened(world)
    store.failures, store.lost = 1, lost
    assert await journal.end(RunCompleted(world.runtime.now(), 1.0))
    state = await world.state()
    assert (state.status, state.seconds) == (SessionStatus.COMPLETED, 1.0)


async def test_after_a_take_over_nothing_is_written(world: World) -> None:
    journal, _ = await opened(world)
    await taken_over(world)
    with pytest.raises(LeaseLostError):
        await journal.append(IssueRecorded(world.runtime.now(), ONE, ISSUE))
    assert not await journal.end(RunCompleted(world.runtime.now(), 1.0))
    with pytest.raises(LeaseLostError):
        await journal.check_lease()


async def test_a_fresh_lease_is_not_asked_for(world: World) -> None:
    journal, store = await opened(world)
    world.clock.advance(29)
    await journal.check_lease()
    assert store.renewals == 0
    world.clock.advance(1)
    await journal.check_lease()
    assert store.renewals == 1
    assert (await world.state()).lease_expires_at == world.runtime.now() + timedelta(seconds=30)


async def test_a_machine_that_slept_finds_out_by_the_wall_clock(world: World) -> None:
    """The monotonic clock stands still while a machine sleeps."""
    slept = Runtime(now=world.runtime.now, monotonic=lambda: 0.0, sleep=world.runtime.sleep)
    journal, _ = await opened(world, slept)
    await taken_over(world)
    with pytest.raises(LeaseLostError):
        await journal.check_lease()


async def test_a_request_to_cancel_is_heard_of_with_each_write(world: World) -> None:
    journal, _ = await opened(world)
    await journal.append(IntentRecorded(world.runtime.now(), ONE, 1))
    assert not journal.cancel_requested
    await world.store.request_cancel(SESSION, CancelRequested(world.runtime.now()))
    await journal.append(IssueRecorded(world.runtime.now(), ONE, ISSUE))
    assert journal.cancel_requested


async def test_the_wait_for_a_database_is_told_once_the_quick_tries_were_in_vain(world: World) -> None:
    told: list[float] = []
    journal, store = await opened(world)
    journal._tell_waiting = told.append
    store.failures = len(FIRST_DELAYS)
    await journal.load()
    assert told == []
    store.failures = len(FIRST_DELAYS) + 2
    await journal.load()
    assert told == [5.0, 5.0]
