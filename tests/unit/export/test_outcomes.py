"""Who wants to be told what came of an export is told, once, and can do the export no harm."""

import logging
from typing import Any

import anyio
import pytest
from tests.unit.export.conftest import SESSION, ticket
from tests.unit.export.conftest import session as make_session

from jira_session_export import ApiTokenAuth, ExportFailedError, ExportSettings, JiraExport
from jira_session_export.events import ExportOutcome
from jira_session_export.testing import FakeJira, FakeRuntime, Fault, faults


class Seen:
    """An observer that keeps what it is told."""

    def __init__(self) -> None:
        self.outcomes: list[ExportOutcome] = []

    async def told(self, outcome: ExportOutcome) -> None:
        self.outcomes.append(outcome)


class Broken:
    async def told(self, outcome: ExportOutcome) -> None:
        raise RuntimeError("chat is down")


class Deaf:
    async def told(self, outcome: ExportOutcome) -> None:
        await anyio.sleep_forever()


def opened(jira: FakeJira, *observers: Any) -> JiraExport:
    return JiraExport.open(
        jira.base_url, ApiTokenAuth("me@example.com", "t"), store="memory://", transport=jira.transport, observers=observers,
        settings=ExportSettings(pause_seconds=0, grace_seconds=0.1), runtime=FakeRuntime(),
    )  # fmt: skip


@pytest.fixture
def jira() -> FakeJira:
    return FakeJira(runtime=FakeRuntime())


async def test_each_end_is_told_once_to_each(jira: FakeJira) -> None:
    first, second = Seen(), Seen()
    jira.faults.add(Fault(("POST", "/issue"), faults.status(403), nth=2))
    async with opened(jira, first, second) as export:
        with pytest.raises(ExportFailedError):
            await export.export(make_session(ticket(1), ticket(2, priority="Utmost")))
        await export.export(SESSION)
        await export.export(SESSION)  # done already: no run, no end
        await export.observers_told()
    assert first.outcomes == second.outcomes
    failed, completed = first.outcomes
    assert (failed.status, failed.tickets_created, failed.tickets_total, failed.failed_at_ticket) == ("failed", 1, 2, 2)
    assert failed.failure is not None
    assert failed.retry_available
    assert (completed.status, completed.tickets_created, completed.manual_fixes, completed.failure) == (
        "completed",
        2,
        1,
        None,
    )
    assert completed.text.endswith("→ DEMO: 2 of 2 tickets exported, 1 manual fix.")
    assert failed.id != completed.id
    data = failed.payload()["data"]
    assert failed.payload()["type"] == "export.failed"
    assert data["failure"]["code"] == failed.failure.code
    assert data["failure"]["retry_available"] is True


async def test_an_observer_that_fails_or_never_answers_changes_nothing(
    jira: FakeJira, caplog: pytest.LogCaptureFixture
) -> None:
    seen = Seen()
    with anyio.fail_after(20), caplog.at_level(logging.WARNING, "jira_session_export"):
        async with opened(jira, Broken(), Deaf(), seen) as export:
            result = await export.export(make_session(ticket(1)))
    assert result.created == 1
    assert [outcome.status for outcome in seen.outcomes] == ["completed"]
    actions = [getattr(record, "action", "") for record in caplog.records]
    assert sorted(actions) == ["observer_failed", "outcome_not_told"]


async def test_a_hand_over_and_an_adoption_are_no_end(jira: FakeJira) -> None:
    seen = Seen()
    async with opened(jira, seen) as export:
        await export.adopt(make_session(ticket(1)))
        await export.observers_told()
    assert seen.outcomes == []
