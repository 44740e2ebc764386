"""Appends about one ticket on PostgreSQL: one round trip while the ticket stands as guessed, else the ordinary way."""

from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from typing import Any, TypeVar

import psycopg
import pytest
from tests.unit.storage.conftest import NOW, entries, knowing, running

from jira_session_export._journal import (
    CreateRefused,
    IntentRecorded,
    IssueRecorded,
    OrphanFound,
    RunWaiting,
    Step,
    StepRecorded,
)
from jira_session_export._storage.sqlalchemy.database import WRITING, Access, Body
from jira_session_export._storage.sqlalchemy.postgres import PostgresDatabase
from jira_session_export._storage.sqlalchemy.quick import QuickAppend
from jira_session_export._values import CreatedIssue, ManualFix, ManualFixKind, StepKind
from jira_session_export.errors import LeaseLostError, SessionNotFoundError
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore

T = TypeVar("T")

pytestmark = pytest.mark.postgres

FIX = ManualFix(ManualFixKind.ASSIGNEE_INVALID, "assignee", "nobody", "unassigned", "Assign it by hand.")


class Ways:
    """How appends were done: in one round trip, or in the ordinary way."""

    def __init__(self) -> None:
        self.quick = 0
        self.ordinary = 0


@pytest.fixture
async def store(postgres: str) -> AsyncIterator[SqlAlchemyStore]:
    async with SqlAlchemyStore.open(postgres) as store:
        await store.migrate()
        yield store


@contextmanager
def watched(store: SqlAlchemyStore) -> Iterator[Ways]:
    ways, database = Ways(), store._database
    assert isinstance(database, PostgresDatabase)

    class Counting(PostgresDatabase):
        async def quick(self, append: QuickAppend) -> tuple[Any, Any]:
            rows = await super().quick(append)
            ways.quick += rows[1] is not None
            return rows

        async def run(self, access: Access, body: Body[T]) -> T:
            ways.ordinary += access in WRITING
            return await super().run(access, body)

    database.__class__ = Counting
    yield ways
    database.__class__ = PostgresDatabase


async def test_a_ticket_without_trouble_takes_one_round_trip_for_each_append(store: SqlAlchemyStore) -> None:
    session, lease = await running(store, tickets=2)
    journal = await knowing(store, lease)
    with watched(store) as ways:
        for ticket in session.tickets:
            for entry in entries(ticket):
                await journal.append(entry)
    assert (ways.quick, ways.ordinary) == (6, 0)
    state = await store.state(session.id)
    assert (state.exported, state.links_created, state.current_title) == (2, 2, "")
    rows = await store.journal(session.id)
    assert [row.kind for row in rows[1:4]] == ["intent_recorded", "issue_recorded", "step_recorded"]
    assert [row.attempt for row in rows[1:4]] == [1, 1, 1]


async def test_a_refusal_goes_together_with_the_next_announcement(store: SqlAlchemyStore) -> None:
    session, lease = await running(store)
    journal = await knowing(store, lease)
    (ticket,) = session.tickets
    with watched(store) as ways:
        await journal.append(IntentRecorded(NOW, ticket.id, 1, ticket.title))
        refused = CreateRefused(NOW, ticket.id, 1, "field_refused", "Jira refused the assignee.", "trace")
        await journal.append(refused, IntentRecorded(NOW, ticket.id, 2, ticket.title, (FIX,)))
        await journal.append(entries(ticket)[1])
        step = Step(StepKind.LINK, "Blocks:DEMO-9", done=False, manual_fix=FIX)
        await journal.append(StepRecorded(NOW, ticket.id, step))
        await journal.append(StepRecorded(NOW, ticket.id, step))  # once more, as after a lost answer
    assert ways.quick == 4
    (state,) = await store.ticket_states(session.id)
    assert (state.attempt, state.manual_fixes, len(state.steps)) == (2, (FIX, FIX), 1)
    assert state.steps[0].manual_fix == FIX
    assert (await store.state(session.id)).manual_fix_count == 2
    kinds = [row.kind for row in await store.journal(session.id)]
    assert kinds[1:] == ["intent_recorded", "create_refused", "intent_recorded", "issue_recorded", "step_recorded"]


async def test_a_wrong_guess_writes_nothing_and_is_put_right(store: SqlAlchemyStore, postgres: str) -> None:
    session, lease = await running(store)
    journal = await knowing(store, lease)
    (ticket,) = session.tickets
    _, recorded, _ = entries(ticket)
    await journal.append(IntentRecorded(NOW, ticket.id, 1, ticket.title))
    with closing(psycopg.connect(postgres, autocommit=True)) as admin:  # as the log tells an administrator to
        admin.execute("UPDATE tickets SET jira_ticket_key = 'DEMO-1', jira_issue_id = '1'")
    with watched(store) as ways:
        await journal.append(recorded)
    assert ways.quick == 0
    assert [row.kind for row in await store.journal(session.id)] == ["run_started", "intent_recorded"]

    orphan = CreatedIssue("77", "DEMO-77", "https://jira.example/browse/DEMO-77")
    other, held = await running(store)
    others = await knowing(store, held)
    await others.append(IntentRecorded(NOW, other.tickets[0].id, 1, "Ticket"))
    async with SqlAlchemyStore.open(postgres) as elsewhere:
        await elsewhere.record_orphan(other.id, OrphanFound(NOW, other.tickets[0].id, orphan))
    await others.append(IssueRecorded(NOW, other.tickets[0].id, orphan))
    (state,) = await store.ticket_states(other.id)
    assert (state.issue, state.orphans) == (orphan, ())


async def test_what_does_not_fit_is_written_in_the_ordinary_way(store: SqlAlchemyStore) -> None:
    session, lease = await running(store, tickets=2)
    journal = await knowing(store, lease)
    first, second = session.tickets
    with watched(store) as ways:
        await journal.append(*(IntentRecorded(NOW, ticket.id, 1, ticket.title) for ticket in session.tickets))
        await journal.append(entries(first)[1])  # it stands as the bulk has left it
        await journal.append(RunWaiting(NOW, NOW, "create_issue"))
        await journal.append(entries(second)[1])
    assert (ways.quick, ways.ordinary) == (2, 2)
    assert (await store.state(session.id)).exported == 2


async def test_a_stale_lease_and_an_unknown_ticket_write_nothing(store: SqlAlchemyStore) -> None:
    session, lease = await running(store)
    (ticket,) = session.tickets
    intent = IntentRecorded(NOW, ticket.id, 1, ticket.title)
    with pytest.raises(LeaseLostError):
        await (await knowing(store, replace(lease, token=0))).append(intent)
    with pytest.raises(LeaseLostError):
        await (await knowing(store, replace(lease, owner="another"))).append(intent)
    with pytest.raises(SessionNotFoundError):
        await store.append(lease, replace(intent, ticket_id=session.id))
    with pytest.raises(SessionNotFoundError):
        await store.append(lease, StepRecorded(NOW, session.id, Step(StepKind.LINK, "x")))
    assert len(await store.journal(session.id)) == 1


async def test_a_connection_that_the_server_has_closed_meanwhile_is_no_error(
    store: SqlAlchemyStore, postgres: str
) -> None:
    session, lease = await running(store)
    journal = await knowing(store, lease)
    for entry in entries(session.tickets[0]):
        with closing(psycopg.connect(postgres, autocommit=True)) as admin:
            admin.execute(
                "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
                " WHERE pid <> pg_backend_pid() AND datname = current_database()"
            )
        await journal.append(entry)
    assert (await store.state(session.id)).links_created == 1
