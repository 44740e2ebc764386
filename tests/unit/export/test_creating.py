from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import anyio
import pytest
from tests.unit.export.conftest import SESSION, BrokenStore, World, session, ticket
from tests.unit.export.test_limits import client_of

from jira_session_export._export.events import (
    ExportEvent,
    ExportFailed,
    ExportProgress,
    IssueExported,
    IssueOrphaned,
    Phase,
)
from jira_session_export._jira import HttpRequest
from jira_session_export._journal import IssueRecorded, RunResumed, SessionStatus, TicketStatus
from jira_session_export._settings import ExportSettings
from jira_session_export._values import ErrorCategory, ManualFixKind
from jira_session_export.testing import Fault, faults

CREATE = ("POST", "/issue")


def refusing(**errors: str) -> faults.FaultKind:
    return faults.status(400, {"errorMessages": [], "errors": errors})


# -- a create that Jira refuses --------------------------------------------------------------------------------------


async def test_a_refused_field_is_left_out_and_noted(world: World) -> None:
    world.jira.faults.add(Fault(CREATE, refusing(labels="Not today.")))
    state = await world.export(ticket(1, labels=["urgent"]))
    assert state.status == SessionStatus.COMPLETED
    assert len(world.jira.creates) == 2
    (fix,) = (await world.states())[0].manual_fixes
    assert (fix.kind, fix.field) == (ManualFixKind.FIELD_VALUE_REJECTED, "labels")
    assert await world.kinds() == [
        "run_started", "intent_recorded",
        "create_refused", "intent_recorded", "issue_recorded", "run_completed",
    ]  # fmt: skip
    assert [row.attempt for row in await world.store.journal(SESSION) if row.kind == "intent_recorded"] == [1, 2]


@pytest.mark.parametrize("rounds", [1, 4])
async def test_optional_fields_refused_one_a_round_are_dropped_by_the_last(world: World, rounds: int) -> None:
    world.settings = world.settings.model_copy(update={"max_fallback_rounds": rounds})
    fields = {"labels": ["urgent"], "due_date": "2027-01-01", "priority": "High", "components": ["Backend"]}
    names = ["labels", "duedate", "priority", "components", "fixVersions"][: rounds + 1]
    world.jira.faults.add(*(Fault(CREATE, refusing(**{name: "No."})) for name in names))
    state = await world.export(ticket(1, **fields, fix_versions=["1.1"], story_points=3))
    assert state.status == SessionStatus.COMPLETED
    assert len(world.jira.creates) == rounds + 2
    (issue,) = world.jira.issues.values()
    assert not {"labels", "duedate", "components", "fixVersions", "customfield_10028"} & issue.fields.keys()
    fixes = {fix.field: fix.done_instead for fix in (await world.states())[0].manual_fixes}
    assert fixes.keys() >= {"labels", "due_date", "priority", "components", "fix_versions", "story_points"}
    assert "Jira refused it: No." in fixes["due_date"]
    assert "Jira kept refusing fields" in fixes["story_points"]


async def test_fallback_rounds_are_capped(world: World) -> None:
    world.settings = world.settings.model_copy(update={"max_fallback_rounds": 1})
    world.jira.faults.add(
        Fault(CREATE, refusing(labels="No.")),
        Fault(CREATE, refusing(duedate="No.")),
        Fault(CREATE, refusing(summary="No.")),
    )
    state = await world.export(ticket(1, labels=["urgent"], due_date="2027-01-01", priority="High"))
    assert state.status == SessionStatus.EXPORT_FAILED
    assert len(world.jira.creates) == 3
    assert (await world.states())[0].intent_at is None  # certainly no issue: a retry need not look


async def test_no_fallback_at_all(world: World) -> None:
    world.settings = world.settings.model_copy(update={"max_fallback_rounds": 0})
    world.jira.faults.add(Fault(CREATE, refusing(labels="No.")))
    state = await world.export(ticket(1, labels=["urgent"]))
    assert state.status == SessionStatus.EXPORT_FAILED
    assert len(world.jira.creates) == 1


async def test_a_refusal_that_names_no_field_gets_one_more_try_with_less(world: World) -> None:
    refusal = faults.status(
        400, {"errorMessages": ["Unzulässiger Inhalt in einem oder mehreren Feldern."], "errors": {}}
    )
    world.jira.faults.add(Fault(CREATE, refusal, nth=2))
    state = await world.export(ticket(1), ticket(2, labels=["urgent"], description_html="<p>Body"), ticket(3))
    assert state.status == SessionStatus.COMPLETED
    assert [each.status for each in world.jira.creates] == [201, 400, 201, 201]
    _, second, _ = await world.states()
    assert [fix.field for fix in second.manual_fixes] == ["description", "labels"]
    assert [file.filename for file in world.jira.issues["DEMO-2"].attachments] == ["full-description.txt"]
    assert world.jira.issues["DEMO-2"].attachments[0].content == b"Body"


async def test_a_second_refusal_that_names_no_field_stops_and_names_the_ticket(world: World) -> None:
    refusal = faults.status(400, {"errorMessages": ["Needs an approval."], "errors": {}})
    world.jira.faults.add(Fault(CREATE, refusal, nth=2, times=None))
    state = await world.export(ticket(1), ticket(2, description_html="<p>Body"), ticket(3))
    assert state.status == SessionStatus.EXPORT_FAILED
    assert len(world.jira.creates) == 3
    assert state.failure is not None
    assert state.failure.message.startswith("Ticket 2 (Ticket 2): Jira refuses to create the issue")
    assert "Needs an approval." in state.failure.message


async def test_a_required_field_is_never_dropped(world: World) -> None:
    world.jira.project("DEMO").issue_type("Task").require("duedate")
    world.jira.faults.add(Fault(CREATE, refusing(duedate="It must lie in the future.")))
    state = await world.export(ticket(1, due_date="2027-01-01"))
    assert state.status == SessionStatus.EXPORT_FAILED
    assert state.failure is not None
    assert state.failure.category is ErrorCategory.USER_FIXABLE
    assert "Ticket 1 (Ticket 1)" in state.failure.message
    assert "due" in state.failure.message.lower()
    assert state.failed_at_ticket_order == 1
    assert len(world.jira.creates) == 1
    assert (await world.states())[0].status is TicketStatus.FAILED


async def test_bad_credentials_in_the_middle_stop_without_losing_keys(world: World) -> None:
    world.jira.faults.add(Fault(CREATE, faults.status(401), nth=3, times=None))
    state = await world.export(*(ticket(number) for number in range(1, 5)))
    assert state.status == SessionStatus.EXPORT_FAILED
    assert state.failure is not None
    assert (state.failure.category, state.failure.code) == (ErrorCategory.ADMIN_REQUIRED, "authentication_failed")
    assert state.failed_at_ticket_order == 3
    assert [each.issue.key if each.issue else None for each in await world.states()] == ["DEMO-1", "DEMO-2", None, None]
    failed = world.events[-1]
    assert isinstance(failed, ExportFailed)
    assert (failed.ticket_order, failed.retry_available) == (3, True)
    world.jira.faults.clear()
    assert (await world.retry()).status == SessionStatus.COMPLETED
    assert list(world.jira.issues) == ["DEMO-1", "DEMO-2", "DEMO-3", "DEMO-4"]


# -- a create whose outcome is unknown -------------------------------------------------------------------------------


async def test_a_lost_answer_is_looked_for_and_keeps_its_manual_fixes(world: World) -> None:
    world.jira.index_lag = 5
    world.jira.faults.add(Fault(CREATE, faults.drop_after_commit()))
    state = await world.export(ticket(1, priority="Utmost"))
    assert state.status == SessionStatus.COMPLETED
    assert list(world.jira.issues) == ["DEMO-1"]
    exported = next(event for event in world.events if isinstance(event, IssueExported))
    assert exported.adopted
    assert [fix.kind for fix in exported.manual_fixes] == [ManualFixKind.PRIORITY_NOT_AVAILABLE]
    assert Phase.WAITING in [event.phase for event in world.events if isinstance(event, ExportProgress)]


async def test_what_was_certainly_not_created_is_created_again(world: World) -> None:
    world.jira.faults.add(Fault(CREATE, faults.drop_before()))
    state = await world.export(ticket(1))
    assert state.status == SessionStatus.COMPLETED
    assert list(world.jira.issues) == ["DEMO-1"]
    assert len(world.jira.creates) == 2
    created, sent_again = world.jira.creates
    assert sent_again.started - created.started >= world.settings.index_settle_seconds


async def test_an_undecided_create_stops_as_temporary_and_the_retry_looks_first(world: World) -> None:
    world.settings = world.settings.model_copy(update={"index_settle_seconds": 300, "reconcile_budget_seconds": 20})
    world.jira.index_lag = 60
    world.jira.faults.add(Fault(CREATE, faults.drop_after_commit()))
    state = await world.export(ticket(1), ticket(2))
    assert state.failure is not None
    assert (state.failure.code, state.failure.category) == ("create_undecided", ErrorCategory.TEMPORARY)
    world.clock.advance(60)
    assert (await world.retry()).status == SessionStatus.COMPLETED
    assert list(world.jira.issues) == ["DEMO-1", "DEMO-2"]


async def test_a_create_held_back_for_long_is_announced_again(world: World) -> None:
    """The settle time counts from the announcement, so an old one would make the issue look absent at once."""
    world.jira.index_lag = 20
    world.jira.faults.add(
        Fault(CREATE, faults.rate_limit(retry_after=50), times=2), Fault(CREATE, faults.drop_after_commit())
    )
    state = await world.export(ticket(1))
    assert state.status == SessionStatus.COMPLETED
    assert list(world.jira.issues) == ["DEMO-1"]


async def test_stopping_does_not_wait_for_the_index(world: World) -> None:
    world.settings = world.settings.model_copy(update={"reconcile_budget_seconds": 600, "index_settle_seconds": 600})
    world.jira.faults.add(Fault(CREATE, faults.drop_before()))
    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)

    def stop(event: ExportEvent) -> None:
        if isinstance(event, ExportProgress) and event.phase is Phase.WAITING:
            stopped_at.append(world.clock.monotonic())
            exporter.stop()

    stopped_at: list[float] = []
    exporter = world.exporter(sink=stop)
    state = await exporter.execute(SESSION)
    assert world.clock.monotonic() - stopped_at[0] < 1
    assert (state.status, state.lease_owner) == (SessionStatus.EXPORTING, None)
    assert (await world.states())[0].intent_at is not None


# -- a stop in the middle ----------------------------------------------------------------------------------------------


async def test_an_issue_that_could_not_be_recorded_is_named_and_adopted(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    away = True
    store = BrokenStore(world.store, lambda name, args: away and any(isinstance(arg, IssueRecorded) for arg in args))
    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    state = await world.exporter(store=store).execute(SESSION)
    assert (state.status, state.lease_owner) == (SessionStatus.EXPORTING, None)
    assert any(isinstance(event, IssueOrphaned) and event.issue.key == "DEMO-1" for event in world.events)
    (orphaned,) = [record for record in caplog.records if getattr(record, "action", "") == "issue_orphaned"]
    message = orphaned.getMessage()
    assert "DEMO-1" in message
    assert f"{world.jira.base_url}/browse/DEMO-1" in message
    assert "UPDATE tickets SET jira_ticket_key = 'DEMO-1'" in message
    assert f"WHERE id = '{UUID(int=1)}'" in message
    away = False
    state = await world.exporter(store=store).execute(SESSION)
    assert (state.status, state.retry_count) == (SessionStatus.COMPLETED, 0)
    assert list(world.jira.issues) == ["DEMO-1"]


async def test_a_lost_answer_costs_no_retry_with_the_settings_as_they_are(world: World) -> None:
    world.settings = ExportSettings()
    world.jira.index_lag = 90
    world.jira.faults.add(Fault(CREATE, faults.drop_after_commit()), Fault(CREATE, faults.drop_before(), nth=2))
    state = await world.export(ticket(1), ticket(2))
    assert (state.status, state.retry_count) == (SessionStatus.COMPLETED, 0)
    assert list(world.jira.issues) == ["DEMO-1", "DEMO-2"]


@pytest.mark.parametrize("settle", [0, 30])
async def test_a_jira_that_answers_every_create_with_an_error_is_asked_a_few_times(world: World, settle: int) -> None:
    world.settings = world.settings.model_copy(update={"index_settle_seconds": settle, "max_create_rounds": 4})
    world.jira.faults.add(Fault(CREATE, faults.status(503), times=99))
    state = await world.export(ticket(1), ticket(2))
    assert state.failure is not None
    assert (state.failure.code, state.failure.category) == ("outcome_unknown", ErrorCategory.TEMPORARY)
    assert "Ticket 1" in state.failure.message
    assert len(world.jira.creates) == 4
    assert world.clock.monotonic() >= 2 + 4 + 8 + 3 * settle
    assert (await world.states())[0].intent_at is None


@pytest.mark.parametrize(("fault", "looked_for"), [(faults.status(429), False), (faults.slow(20), True)])
async def test_a_create_jira_has_put_off_is_not_looked_for_after_a_cancellation(
    world: World, fault: faults.FaultKind, looked_for: bool
) -> None:
    """Nothing is under way during the wait; a create that was cut off, however, may have been made."""
    world.settings = world.settings.model_copy(update={"index_settle_seconds": 3})
    world.jira.faults.add(Fault(CREATE, fault))
    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    with anyio.CancelScope() as scope:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(world.exporter().execute, SESSION)
            await world.runtime.sleep(1)
            scope.cancel()
    (state,) = await world.states()
    assert (state.intent_at is not None) is looked_for
    assert (await world.exporter().execute(SESSION)).status == SessionStatus.COMPLETED
    assert len(world.jira.issues) == 1
    assert any(b"created >=" in request.body for request in world.jira.requests) is looked_for


async def test_a_cancellation_right_after_a_create_loses_no_key(world: World) -> None:
    class SlowStore(BrokenStore):
        pass

    scope = anyio.CancelScope()

    def cancel_once(name: str, args: Any) -> bool:
        if any(isinstance(arg, IssueRecorded) for arg in args) and not scope.cancel_called:
            scope.cancel()
            return True  # and the database is away for the first try
        return False

    store = SlowStore(world.store, cancel_once)
    await world.store.put(session(ticket(1), ticket(2)))
    await world.service().start(SESSION)
    with scope:
        await world.exporter(store=store).execute(SESSION)
    assert (await world.states())[0].issue is not None


# -- across tickets ----------------------------------------------------------------------------------------------------


async def test_a_parent_from_the_session(world: World) -> None:
    await world.export(
        ticket(1, parent=UUID(int=2), issue_type="Story"),
        ticket(2, issue_type="Epic"),
        ticket(3, parent=UUID(int=1), issue_type="Sub-task"),
    )
    parents = {issue.summary: issue.parent for issue in world.jira.issues.values()}
    key = {issue.summary: issue.key for issue in world.jira.issues.values()}
    assert parents == {"Ticket 2": None, "Ticket 1": key["Ticket 2"], "Ticket 3": key["Ticket 1"]}


# -- an issue that was made while another worker took the session over ------------------------------------------------


class TakenOver:
    """A tracker whose first create stands still after it was carried out, until another worker has done its part."""

    def __init__(self, world: World, meanwhile: Callable[[], Awaitable[None]]) -> None:
        self._world = world
        self._meanwhile = meanwhile
        self._done = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._world.client, name)

    async def create_issue(self, payload: Any, **hooks: Any) -> Any:
        issue = await self._world.client.create_issue(payload, **hooks)
        if not self._done:
            self._done = True
            self._world.clock.advance(self._world.settings.lease_seconds + 1)
            await self._meanwhile()
        return issue


def orphan_told(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if getattr(record, "action", "") == "issue_orphaned"]


async def test_a_second_issue_is_recorded_as_an_orphan_and_the_first_is_not_to_be_replaced(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """The index lags for longer than it is trusted to, so the other worker has found nothing and created another."""
    world.jira.index_lag = 10_000

    async def export_elsewhere() -> None:
        await world.exporter(sink=lambda _: None).execute(SESSION)

    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    await world.exporter(tracker=TakenOver(world, export_elsewhere)).execute(SESSION)
    assert list(world.jira.issues) == ["DEMO-1", "DEMO-2"]
    (state,) = await world.states()
    assert state.issue is not None
    assert (state.issue.key, [orphan.key for orphan in state.orphans]) == ("DEMO-2", ["DEMO-1"])
    (fix,) = (await world.service().results(SESSION)).manual_fixes
    assert (fix.jira_key, fix.issue_type) == ("DEMO-1", "duplicate_issue")
    (line,) = orphan_told(caplog)
    assert "DEMO-1" in line
    assert str(SESSION) in line
    assert "DEMO-2 is the recorded one" in line
    assert "UPDATE" not in line
    assert len([event for event in world.events if isinstance(event, IssueOrphaned)]) == 1


async def test_an_issue_that_the_other_worker_adopts_is_no_orphan(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    async def export_elsewhere() -> None:
        await world.exporter(sink=lambda _: None).execute(SESSION)

    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    await world.exporter(tracker=TakenOver(world, export_elsewhere)).execute(SESSION)
    (state,) = await world.states()
    assert state.issue is not None
    assert (state.issue.key, state.orphans, orphan_told(caplog)) == ("DEMO-1", (), [])


async def test_an_orphan_that_is_adopted_later_is_none_any_more(world: World, caplog: pytest.LogCaptureFixture) -> None:
    async def take_over() -> None:
        state = await world.state()
        lease = await world.store.acquire(
            SESSION,
            RunResumed(world.runtime.now(), crashed=True),
            expected_token=state.token,
            owner="another",
            now=world.runtime.now(),
            lease_seconds=30,
        )
        assert lease is not None

    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    await world.exporter(tracker=TakenOver(world, take_over)).execute(SESSION)
    (state,) = await world.states()
    assert (state.issue, [orphan.key for orphan in state.orphans]) == (None, ["DEMO-1"])
    (line,) = orphan_told(caplog)
    assert "the other worker adopts it" in line
    world.clock.advance(31)
    assert (await world.exporter().execute(SESSION)).status == SessionStatus.COMPLETED
    (state,) = await world.states()
    assert state.issue is not None
    assert (state.issue.key, state.orphans) == ("DEMO-1", ())
    assert list(world.jira.issues) == ["DEMO-1"]


async def test_a_create_whose_connection_was_long_in_coming_is_announced_again(world: World) -> None:
    """Time that passes between the look at the lease and the content counts, on either clock."""
    looked: list[float] = []

    class SlowToConnect:
        async def send(self, request: HttpRequest) -> Any:
            if request.still_wanted is not None:
                looked.append(world.clock.monotonic())
                if len(looked) == 1:
                    world.clock.advance(world.settings.index_settle_seconds - 1)
            return await world.jira.transport.send(request)

        async def aclose(self) -> None:
            pass

    client = client_of(world, SlowToConnect())
    await world.store.put(session(ticket(1)))
    await world.service().start(SESSION)
    state = await world.exporter(tracker=client).execute(SESSION)
    assert state.status == SessionStatus.COMPLETED
    assert (len(looked), len(world.jira.creates), len(world.jira.issues)) == (2, 1, 1)
    announced = [row.at for row in await world.store.journal(SESSION) if row.kind == "intent_recorded"]
    assert len(announced) == 2
