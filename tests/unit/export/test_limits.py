"""Waits that Jira asks for: told, bounded, ended at once, and never at the cost of a retry."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import anyio
import pytest
from tests.unit.export.conftest import SESSION, World, session, ticket

from jira_session_export._export.events import ExportFailed, ExportProgress, ExportWaiting, WaitReason
from jira_session_export._export.hub import EventHub
from jira_session_export._export.runners import InProcessRunner
from jira_session_export._export.watch import watch
from jira_session_export._jira import ApiTokenAuth, HttpRequest, HttpResponse, JiraClient, RetryPolicy
from jira_session_export._journal import SessionStatus
from jira_session_export._runtime import Runtime
from jira_session_export.api import (
    ExportFailedMessage,
    ExportFailedResponse,
    ExportProgressMessage,
    ExportStatusResponse,
)
from jira_session_export.errors import RateLimitedError, RetryTooEarlyError
from jira_session_export.testing import FakeJira, Fault, RateLimits, faults

CREATE = ("POST", "/issue")
LINK = ("POST", "/issueLink")


class Telling:
    """A transport that adds headers to the answers of one endpoint."""

    def __init__(self, world: World, end: str, headers: Mapping[str, str], *, first: int = 1) -> None:
        self._world = world
        self._end = end
        self._headers = headers
        self._left = first

    async def send(self, request: HttpRequest) -> HttpResponse:
        response = await self._world.jira.transport.send(request)
        if request.method == "POST" and request.url.endswith(self._end) and self._left:
            self._left -= 1
            return replace(response, headers={**response.headers, **self._headers})
        return response

    async def aclose(self) -> None:
        pass


def client_of(world: World, transport: Any, runtime: Runtime | None = None) -> JiraClient:
    auth = ApiTokenAuth("me@example.com", "token")
    return JiraClient(world.jira.base_url, auth, runtime=runtime or world.runtime, transport=transport)


def limits_told(world: World) -> list[ExportWaiting]:
    waits = [event for event in world.events if isinstance(event, ExportWaiting)]
    return [event for event in waits if event.reason is WaitReason.RATE_LIMIT]


async def waited(world: World, seconds: float) -> None:
    """Let the run get so far."""
    until = world.clock.monotonic() + seconds
    while world.clock.monotonic() < until:
        await world.runtime.sleep(0.1)


async def test_a_wait_is_told_while_it_lasts_and_the_export_goes_on(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    world.jira.faults.add(Fault(CREATE, faults.rate_limit(retry_after=40), nth=2))
    hub, messages = EventHub(), []
    await world.store.put(session(ticket(1), ticket(2), ticket(3)))
    await world.service().start(SESSION)
    during: Any = None
    async with anyio.create_task_group() as tasks:

        async def listen() -> None:
            async for message in watch(world.store, hub, SESSION, world.settings, world.runtime):
                messages.append(message)

        async def look() -> None:
            nonlocal during
            while not limits_told(world):
                await world.runtime.sleep(0.1)
            await waited(world, 10)
            during = await world.service().status(SESSION)

        def tell(event: Any) -> None:
            world.events.append(event)
            hub(event)

        tasks.start_soon(listen)
        tasks.start_soon(look)
        state = await world.exporter(sink=tell).execute(SESSION)
    assert (state.status, state.retry_count, len(world.jira.issues)) == (SessionStatus.COMPLETED, 0, 3)

    (waiting,) = limits_told(world)
    assert (waiting.reason, waiting.title, waiting.detail) == (WaitReason.RATE_LIMIT, "Ticket 2", "jira-burst-based")
    assert waiting.current_stage == f"Waiting until {waiting.until:%H:%M:%S} UTC, as Jira asked: Ticket 2"
    after = world.events[world.events.index(waiting) + 1]
    assert isinstance(after, ExportProgress)
    assert (after.position, after.title) == (2, "Ticket 2")
    told = [each for each in messages if isinstance(each, ExportProgressMessage) and each.waiting_until]
    assert {(each.current_stage, each.waiting_until) for each in told} == {(waiting.current_stage, waiting.until)}
    assert isinstance(during, ExportStatusResponse)
    assert (during.waiting_until, during.current_ticket_title) == (waiting.until, "Ticket 2")
    (row,) = [row for row in await world.store.journal(SESSION) if row.kind == "run_waiting"]
    assert row.data["operation"] == "POST /rest/api/3/issue"
    (line,) = [record.getMessage() for record in caplog.records if getattr(record, "action", "") == "jira_wait"]
    assert str(SESSION) in line
    assert "jira-burst-based" in line
    assert "Ticket 2" in line
    assert state.waiting_until is None


@pytest.mark.parametrize(
    ("fault", "seconds"),
    [
        (faults.rate_limit(retry_after=121), 121),
        (faults.rate_limit(reason="jira-quota-tenant-based", retry_after=3000), 3000),
        (faults.status(429, {}, headers={"retry-after": "1e30"}), 86400),
        (faults.status(429, {}, headers={"retry-after": "Thu, 01 Jan 2099 00:00:00 GMT"}), 86400),
        (faults.status(429, {}, headers={"ratelimit": '"global-app-quota";r=0;t=900'}), 900),
    ],
)
async def test_beyond_the_longest_wait_it_stops_says_when_and_uses_no_retry(
    world: World, fault: Any, seconds: float
) -> None:
    world.jira.faults.add(Fault(CREATE, fault, nth=2))
    state = await world.export(ticket(1), ticket(2))
    assert (state.status, state.retry_count, state.exported) == (SessionStatus.EXPORT_FAILED, 0, 1)
    assert state.failure is not None
    assert (state.failure.code, state.failure.category) == ("rate_limited", "temporary")
    moment = state.failure.retry_not_before
    assert moment is not None
    assert state.failed_at is not None
    assert (moment - state.failed_at).total_seconds() == pytest.approx(seconds, abs=2)
    told = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    assert told in state.failure.message
    assert told in state.failure.recovery_actions[0]

    service = world.service()
    status = await service.status(SESSION)
    assert isinstance(status, ExportFailedResponse)
    assert (status.retry_not_before, status.retry_available, status.retry_attempts_used) == (moment, True, 0)
    (event,) = [event for event in world.events if isinstance(event, ExportFailed)]
    assert event.retry_available
    messages = [each async for each in watch(world.store, EventHub(), SESSION, world.settings, world.runtime)]
    assert isinstance(messages[0], ExportFailedMessage)
    assert messages[0].retry_not_before == moment

    kinds = await world.kinds()
    for _ in range(5):
        with pytest.raises(RetryTooEarlyError, match=told) as early:
            await service.retry(SESSION)
        assert early.value.retry_not_before == moment
        assert early.value.retry_after is not None
        assert early.value.retry_after.total_seconds() == pytest.approx(seconds, abs=3)
    with contextlib.suppress(RateLimitedError):  # where it is a quota of all requests
        assert told in (await service.plan(session(ticket(1), ticket(2)))).blocking_issues[0]
    assert await world.kinds() == kinds
    world.clock.advance(seconds + 3)
    state = await world.retry()
    assert (state.status, state.retry_count, len(world.jira.issues)) == (SessionStatus.COMPLETED, 0, 2)


async def test_a_clock_that_is_set_back_holds_no_session(world: World) -> None:
    world.jira.faults.add(Fault(CREATE, faults.rate_limit(retry_after=3000)))
    state = await world.export(ticket(1))
    assert state.failure is not None
    world.clock.advance(3001)
    world.clock.set_wall_clock(timedelta(days=-1))
    assert (await world.retry()).status == SessionStatus.COMPLETED


async def test_a_limit_that_never_ends_uses_up_no_retry(world: World) -> None:
    """Without a word of how long, too: it is Jira's to end, and no person can."""
    world.jira.faults.add(Fault(CREATE, faults.status(429, {}), times=100))
    state = await world.export(ticket(1))
    for _ in range(6):
        assert state.failure is not None
        assert (state.failure.code, state.retry_count) == ("rate_limited", 0)
        assert state.failure.retry_not_before is not None
        world.clock.advance(61)
        state = await world.retry()
    world.jira.faults.clear()
    world.clock.advance(61)
    assert (await world.retry()).status == SessionStatus.COMPLETED


@pytest.mark.parametrize("end", ["cancel", "cancel elsewhere", "close"])
@pytest.mark.parametrize("fault", [Fault(CREATE, faults.rate_limit(retry_after=100), nth=2), None])
async def test_a_wait_is_ended_at_once(world: World, end: str, fault: Fault | None) -> None:
    """Of a refused create, and of a quota that a successful answer told of."""
    client = world.client
    if fault is not None:
        world.jira.faults.add(fault)
    else:
        reset = (world.runtime.now() + timedelta(seconds=100)).isoformat()
        client = client_of(world, Telling(world, "/issue", {"x-ratelimit-remaining": "0", "x-ratelimit-reset": reset}))
    await world.store.put(session(ticket(1), ticket(2)))
    async with InProcessRunner(world.exporter(tracker=client), sweep_seconds=None) as runner:
        service = world.service(runner=runner)
        await service.start(SESSION)
        while not limits_told(world):
            await world.runtime.sleep(0.1)
        asked = world.clock.monotonic()
        if end == "cancel":
            await service.cancel(SESSION)
        elif end == "cancel elsewhere":
            await world.service().cancel(SESSION)
        if end != "close":
            await runner.wait(SESSION)
    assert world.clock.monotonic() - asked <= (2.2 if end == "cancel elsewhere" else 0.5)
    state = await world.state()
    assert state.status == (SessionStatus.EXPORTING if end == "close" else SessionStatus.CANCELLED)
    assert (state.exported, state.lease_owner, state.waiting_until, state.retry_count) == (1, None, None, 0)
    assert [each.intent_at for each in await world.states()] == [None, None]  # nothing is left to be looked for
    world.clock.advance(100)
    if end != "close":
        await world.service().start(SESSION)
    assert (await world.exporter().execute(SESSION)).status == SessionStatus.COMPLETED
    assert len(world.jira.issues) == 2


@pytest.mark.parametrize(
    "headers",
    [
        {"x-ratelimit-remaining": "0", "retry-after": "3600"},
        {"ratelimit": '"tenant-app-quota";r=0;t=3600'},
    ],
)
async def test_a_quota_told_with_a_success_stops_the_next_create_at_once(world: World, headers: dict[str, str]) -> None:
    await world.store.put(session(ticket(1), ticket(2)))
    await world.service().start(SESSION)
    started = world.clock.monotonic()
    state = await world.exporter(tracker=client_of(world, Telling(world, "/issue", headers))).execute(SESSION)
    assert world.clock.monotonic() - started < 10
    assert (state.status, state.exported, state.retry_count) == (SessionStatus.EXPORT_FAILED, 1, 0)
    assert state.failure is not None
    assert state.failure.retry_not_before is not None
    assert len(world.jira.creates) == 1  # the second was not even sent


async def test_what_a_person_waits_for_fails_at_once_with_the_time(world: World) -> None:
    """Also while a run waits, which holds nothing that an answer needs."""
    asked = world.client.with_options(retry=RetryPolicy.interactive())
    world.jira.faults.add(
        Fault(("GET", "/project/DEMO"), faults.rate_limit(retry_after=100), nth=2),
    )
    await world.store.put(session(ticket(1)))
    exporter = world.exporter()
    async with InProcessRunner(exporter, sweep_seconds=None) as runner:
        service = world.service(tracker=asked, runner=runner, projects=exporter.projects.asking(asked, soon=True))
        await service.start(SESSION)  # reads the project; so does the run, which believes nothing so old
        world.clock.advance(120)
        while not limits_told(world):
            await world.runtime.sleep(0.1)
        before = world.clock.monotonic()
        with pytest.raises(RateLimitedError) as caught:
            await service.plan(session(ticket(1)))
        assert world.clock.monotonic() - before < 2
        assert caught.value.retry_not_before is not None
        assert "UTC" in caught.value.user_message
        await runner.wait(SESSION)
    assert (await world.state()).status == SessionStatus.COMPLETED


async def test_a_quota_of_all_requests_pauses_every_endpoint(world: World) -> None:
    world.jira.faults.add(
        Fault(LINK, faults.rate_limit(reason="jira-quota-global-based", retry_after=500)),
    )
    state = await world.export(ticket(1), ticket(2, depends_on=[str(ticket(1).id)]))
    assert state.status == SessionStatus.EXPORT_FAILED
    with pytest.raises(RateLimitedError):
        await world.client.with_options(retry=RetryPolicy.interactive()).myself()
    world.clock.advance(500)
    await world.client.myself()


async def test_an_hourly_quota_is_waited_for_where_the_setting_allows_it(world: World) -> None:
    world.settings = world.settings.model_copy(update={"longest_wait_seconds": 3700})
    jira = FakeJira(runtime=world.runtime, limits=RateLimits(quota=30))
    async with client_of(world, jira.transport) as client:
        await world.store.put(session(*(ticket(number) for number in range(1, 41))))
        await world.service(tracker=client).start(SESSION)
        state = await world.exporter(tracker=client).execute(SESSION)
    assert (state.status, state.retry_count, len(jira.issues)) == (SessionStatus.COMPLETED, 0, 40)
