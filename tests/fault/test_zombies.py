"""A worker that was stopped and wakes after its session was taken over: it writes nothing, and tells nothing untrue."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import pytest

from jira_session_export.export.exporter import Exporter
from jira_session_export.export.progress import ExportCompleted, ExportEvent, IssueExported, IssueOrphaned
from jira_session_export.jira import ApiTokenAuth, JiraClient
from jira_session_export.journal import SessionStatus
from jira_session_export.models import Session, Ticket
from jira_session_export.settings import ExportSettings
from jira_session_export.testing import FakeJira, Fault, faults
from tests.fault.crashing import NoRunner
from tests.fault.freezing import Freezer, Moment, TwoWorkers

SETTINGS = ExportSettings(index_settle_seconds=30, reconcile_budget_seconds=60, pause_seconds=0.5)

SENT_AGAIN = ("POST /rest/api/3/issue", "/attachments")
"""What cannot be taken back when a worker is stopped in the moment it sends: between its last look at the lease and
the first byte on the wire."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"  # the virtual clock decides what happens when


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Session:
    file = tmp_path_factory.mktemp("files") / "log.txt"
    file.write_text("a log")
    one, two, three = (UUID(int=number) for number in (1, 2, 3))
    return Session(
        id=UUID(int=1000),
        project_key="DEMO",
        tickets=(
            Ticket(id=one, order=1, title="One", attachments=(file,)),
            Ticket(id=two, order=2, title="Two", depends_on=(one,), labels=("label",)),
            Ticket(id=three, order=3, title="Three", depends_on=(two,), attachments=(file,)),
        ),
    )


async def operations(session: Session) -> list[str]:
    freezer = Freezer()
    await TwoWorkers(session, SETTINGS).run(freezer)
    return freezer.operations


@pytest.mark.parametrize("moment", Moment)
@pytest.mark.timeout(120)
async def test_stopped_at_every_operation(session: Session, moment: Moment) -> None:
    names = await operations(session)
    assert sum(name.endswith("POST /rest/api/3/issue") for name in names) == 4  # one is refused its label
    for position, name in enumerate(names):
        world = TwoWorkers(session, SETTINGS)
        told, token = await world.run(Freezer(position, moment))
        try:
            await assert_harmless(world, token, stopped_sending=moment is Moment.BEFORE and name.endswith(SENT_AGAIN))
            await assert_true(told, world, token)
        except AssertionError as exc:
            raise AssertionError(f"stopped {moment.name} {position} of {names}") from exc


async def assert_true(told: list[ExportEvent], world: TwoWorkers, token: int) -> None:
    """What the stopped worker told after it woke is what the store holds."""
    states = {state.ticket_id: state for state in await world.store.ticket_states(world.session.id)}
    rows = await world.store.journal(world.session.id)
    for event in told:
        if isinstance(event, IssueExported):
            assert states[event.ticket_id].issue == event.issue
        if isinstance(event, ExportCompleted):
            assert any(row.kind == "run_completed" and row.token == token for row in rows)


async def assert_harmless(world: TwoWorkers, token: int, *, stopped_sending: bool) -> None:
    assert await world.written_by(token) == []
    state = await world.store.state(world.session.id)
    assert state.status == SessionStatus.COMPLETED
    created = world.created()
    assert set(created) <= await world.announced()
    if stopped_sending:
        return
    assert Counter(ticket for ticket, _ in created) == Counter(str(ticket.id) for ticket in world.session.tickets)
    assert set(world.attached().values()) == {1}
    keys = {key for key, _ in world.jira.issues.items()}
    states = await world.store.ticket_states(world.session.id)
    assert {ticket.issue.key for ticket in states if ticket.issue} == keys
    assert len(world.jira.links) == state.links_created == 2
