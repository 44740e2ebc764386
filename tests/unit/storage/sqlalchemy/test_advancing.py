"""Bulks are written without reading their tickets, as long as these stand as this process has left them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, text
from tests.unit.storage.conftest import NOW, running

from jira_session_export._journal import CreateRefused, IntentRecorded, IssueRecorded, Lease, OrphanFound
from jira_session_export._models import Session
from jira_session_export._storage.sqlalchemy.database import Access
from jira_session_export._values import CreatedIssue, ManualFix, ManualFixKind
from jira_session_export.errors import SessionNotFoundError
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore

FIX = ManualFix(ManualFixKind.ASSIGNEE_INVALID, "assignee", "nobody", "unassigned", "Assign it by hand.")
LATER = NOW + timedelta(seconds=1)


def announced(session: Session, attempt: int = 1) -> list[IntentRecorded]:
    return [IntentRecorded(NOW, each.id, attempt, each.title, (FIX,)) for each in session.tickets]


def recorded(session: Session) -> list[IssueRecorded]:
    issues = [CreatedIssue(str(each.order), f"DEMO-{each.order}", "https://jira.example/x") for each in session.tickets]
    return [IssueRecorded(LATER, each.id, issue) for each, issue in zip(session.tickets, issues, strict=True)]


@dataclass
class Reads:
    """The statements that have read whole tickets."""

    statements: list[str] = field(default_factory=list)

    @property
    def count(self) -> int:
        return sum(each.startswith("SELECT") and "ticket_order" in each for each in self.statements)


@asynccontextmanager
async def watched(store: SqlAlchemyStore) -> AsyncIterator[Reads]:
    reads = Reads()

    def listen(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.set_trace_callback(reads.statements.append)

    await store._database.run(Access.WRITE, listen)
    yield reads


async def assert_all_recorded(store: SqlAlchemyStore, session: Session, lease: Lease) -> None:
    states = await store.ticket_states(session.id)
    assert [state.issue for state in states] == [entry.issue for entry in recorded(session)]
    assert {state.manual_fixes for state in states} == {(FIX,)}
    assert {(state.intent_at, state.intent_fixes) for state in states} == {(None, ())}
    state = await store.state(session.id)
    assert (state.exported, state.manual_fix_count) == (len(states), len(states))
    await store.append(lease, *recorded(session))  # once more, as after a lost answer
    assert await store.ticket_states(session.id) == states
    assert await store.state(session.id) == state


@pytest.mark.parametrize("count", [2, 50, 70])
async def test_a_bulk_without_trouble_reads_no_ticket(sqlite_store: SqlAlchemyStore, count: int) -> None:
    session, lease = await running(sqlite_store, tickets=count)
    async with watched(sqlite_store) as reads:
        await sqlite_store.append(lease, *announced(session))
        await sqlite_store.append(lease, *recorded(session))
    assert reads.count == 0
    await assert_all_recorded(sqlite_store, session, lease)


async def test_what_is_left_of_a_bulk_reads_no_ticket(sqlite_store: SqlAlchemyStore) -> None:
    session, lease = await running(sqlite_store, tickets=9)
    refused = [CreateRefused(NOW, each.id, 1, "field_refused", "No.") for each in session.tickets[:4]]
    async with watched(sqlite_store) as reads:
        await sqlite_store.append(lease, *announced(session))
        await sqlite_store.append(lease, *recorded(session)[4:], *refused)
    assert reads.count == 0
    await sqlite_store.append(lease, *announced(session, attempt=2)[:4])
    await sqlite_store.append(lease, *recorded(session)[:4])
    await assert_all_recorded(sqlite_store, session, lease)


async def test_an_announcement_that_was_rolled_back_is_not_taken_for_one(sqlite_store: SqlAlchemyStore) -> None:
    session, lease = await running(sqlite_store, tickets=3)
    await sqlite_store.append(lease, *announced(session))
    failing = [CreateRefused(NOW, each.id, 1, "field_refused", "No.") for each in session.tickets]

    def broken(connection: Connection) -> None:
        sqlite_store._transactions.append(connection, lease, [*failing, *announced(session, attempt=2)])
        raise ValueError("something else went wrong")

    with pytest.raises(ValueError, match="something else"):
        await sqlite_store._database.run(Access.WRITE, broken)
    assert {state.attempt for state in await sqlite_store.ticket_states(session.id)} == {1}
    await sqlite_store.append(lease, *recorded(session))
    await assert_all_recorded(sqlite_store, session, lease)


@pytest.mark.parametrize("is_announced", [False, True])
async def test_what_others_have_changed_meanwhile_counts(sqlite_store: SqlAlchemyStore, is_announced: bool) -> None:
    session, lease = await running(sqlite_store, tickets=3)
    if is_announced:
        await sqlite_store.append(lease, *announced(session))
    first = recorded(session)[0].issue
    await sqlite_store.record_orphan(session.id, OrphanFound(NOW, session.tickets[0].id, first))
    if not is_announced:
        await sqlite_store.append(lease, *announced(session))
    await sqlite_store.append(lease, *recorded(session))
    assert [state.orphans for state in await sqlite_store.ticket_states(session.id)] == [(), (), ()]
    await assert_all_recorded(sqlite_store, session, lease)


async def test_an_issue_that_an_administrator_has_entered_stays(sqlite_store: SqlAlchemyStore) -> None:
    session, lease = await running(sqlite_store, tickets=3)
    await sqlite_store.append(lease, *announced(session))

    def enter(connection: Connection) -> None:
        connection.execute(
            text("UPDATE tickets SET jira_ticket_key = 'DEMO-2', jira_issue_id = '2' WHERE ticket_order = 2")
        )

    await sqlite_store._database.run(Access.WRITE, enter)
    before = len(await sqlite_store.journal(session.id))
    await sqlite_store.append(lease, *recorded(session))
    assert len(await sqlite_store.journal(session.id)) == before + 2


async def test_what_is_known_under_another_lease_is_forgotten(sqlite_store: SqlAlchemyStore) -> None:
    session, lease = await running(sqlite_store, tickets=3)
    await sqlite_store.append(lease, *announced(session))
    states = await sqlite_store.ticket_states(session.id)
    known = {state.ticket_id: replace(state, intent_fixes=(FIX, FIX)) for state in states}
    sqlite_store._transactions._known.remember(replace(lease, token=lease.token + 1), known)
    async with watched(sqlite_store) as reads:
        await sqlite_store.append(lease, *recorded(session))
    assert reads.count == 1
    await assert_all_recorded(sqlite_store, session, lease)


async def test_a_ticket_that_is_not_there_is_said_so(sqlite_store: SqlAlchemyStore) -> None:
    session, lease = await running(sqlite_store, tickets=2)
    entries = announced(session)
    with pytest.raises(SessionNotFoundError):
        await sqlite_store.append(lease, *entries, replace(entries[0], ticket_id=session.id))
    assert len(await sqlite_store.journal(session.id)) == 1
