from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from tests.unit.export.conftest import SESSION, World, session, ticket

from jira_session_export._export.admission import Admission
from jira_session_export._export.selecting import select
from jira_session_export._journal import SessionState, SessionStatus
from jira_session_export.api import ExportFailedResponse
from jira_session_export.errors import (
    ArchivedError,
    ExportRunningError,
    JiraSessionExportError,
    NothingToRetryError,
    NotStartedError,
    RetriesExhaustedError,
    RetryNeededError,
)
from jira_session_export.testing import Fault, faults

CREATE = ("POST", "/issue")


async def failed(world: World, **changes: Any) -> SessionState:
    """The state of a session whose export has failed."""
    world.jira.faults.add(Fault(CREATE, faults.status(403)))
    return replace(await world.export(ticket(1)), **changes)


async def test_what_may_be_started_and_retried(world: World) -> None:
    admission = Admission(world.settings, world.runtime)
    state = await failed(world)
    admission.check_retry(state)
    for status in (SessionStatus.READY, SessionStatus.CANCELLED, SessionStatus.COMPLETED):
        admission.check_start(replace(state, status=status))


@pytest.mark.parametrize(
    ("changes", "start", "retry"),
    [
        ({}, RetryNeededError, None),
        ({"status": SessionStatus.CANCELLED}, None, NothingToRetryError),
        ({"status": SessionStatus.EXPORTING}, None, ExportRunningError),
        ({"retry_count": 4}, RetryNeededError, RetriesExhaustedError),
        ({"started_at": None}, RetryNeededError, NotStartedError),
    ],
)
async def test_each_refusal_says_what_is_in_the_way(
    world: World,
    changes: dict[str, Any],
    start: type[JiraSessionExportError] | None,
    retry: type[JiraSessionExportError] | None,
) -> None:
    admission = Admission(world.settings, world.runtime)
    state = await failed(world, **changes)
    for check, error in ((admission.check_start, start), (admission.check_retry, retry)):
        if error is None:
            check(state)
        else:
            with pytest.raises(error):
                check(state)


async def test_an_archived_session_is_neither_started_nor_retried(world: World) -> None:
    admission = Admission(world.settings, world.runtime)
    state = await failed(world, archived_at=world.runtime.now())
    with pytest.raises(ArchivedError):
        admission.check_start(state)
    with pytest.raises(ArchivedError):
        admission.check_retry(state)


async def test_a_session_whose_issues_are_being_deleted_is_not_started(world: World) -> None:
    admission = Admission(world.settings, world.runtime)
    until = world.runtime.now() + timedelta(seconds=5)
    state = await failed(world, lease_owner="another", lease_expires_at=until)
    with pytest.raises(ExportRunningError, match="deleting"):
        admission.check_start(state)
    world.clock.advance(6)
    with pytest.raises(RetryNeededError):
        admission.check_start(state)


async def test_a_running_export_answers_for_the_same_tickets_alone(world: World) -> None:
    await world.store.put(session(ticket(1), ticket(2)))
    await world.service().start(SESSION)
    admission = Admission(world.settings, world.runtime)
    states = {state.ticket_id: state for state in await world.states()}
    until = world.runtime.now() + timedelta(seconds=5)
    state = replace(await world.state(), lease_owner="a worker", lease_expires_at=until)
    assert admission.runs_with(state, states, select(states.values()))
    other = select(states.values(), skip=[UUID(int=1)])
    with pytest.raises(ExportRunningError, match="other tickets"):
        admission.runs_with(state, states, other)
    world.clock.advance(6)
    assert not admission.runs_with(state, states, other)  # nobody works on it: it can be started anew


async def test_three_retries_and_no_more(world: World) -> None:
    world.jira.faults.add(Fault(CREATE, faults.status(401), times=None))
    await world.export(ticket(1))
    first_error_at = (await world.state()).first_error_at
    used = []
    for attempt in (1, 2, 3):
        status = await world.service().status(SESSION)
        assert isinstance(status, ExportFailedResponse)
        assert status.retry_available
        used.append(status.retry_attempts_used)
        world.clock.advance(100)
        retry = await world.service().retry(SESSION)
        assert (retry.retry_attempt, retry.remaining_retries) == (attempt, 3 - attempt)
        await world.exporter().execute(SESSION)
    assert used == [0, 1, 2]
    status = await world.service().status(SESSION)
    assert isinstance(status, ExportFailedResponse)
    assert (status.retry_available, status.retry_attempts_used) == (False, 3)
    with pytest.raises(RetriesExhaustedError) as caught:
        await world.service().retry(SESSION)
    assert (caught.value.retry_attempts_used, caught.value.first_error_at) == (3, first_error_at)
    assert (await world.state()).retry_count == 4


async def test_what_cannot_be_retried(world: World) -> None:
    await world.store.put(session(ticket(1)))
    with pytest.raises(NotStartedError):
        await world.service().retry(SESSION)
    await world.service().start(SESSION)
    with pytest.raises(ExportRunningError):
        await world.service().retry(SESSION)
    await world.exporter().execute(SESSION)
    with pytest.raises(NothingToRetryError):
        await world.service().retry(SESSION)
