"""Bulks are written without reading their tickets, as long as these stand as this process has left them."""

import asyncio
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, TypeVar, cast

import pytest
from sqlalchemy import Connection, text
from tests.unit.storage.conftest import NOW, knowing, running

from jira_session_export._journal import (
    CancelRequested,
    CreateRefused,
    Entry,
    IntentRecorded,
    IssueRecorded,
    Lease,
    OrphanFound,
)
from jira_session_export._models import Session
from jira_session_export._storage.sqlalchemy.database import Access, Body
from jira_session_export._storage.sqlalchemy.sqlite import SqliteDatabase
from jira_session_export._values import CreatedIssue, ManualFix, ManualFixKind
from jira_session_export.errors import LeaseLostError, SessionNotFoundError, StoreUnavailableError
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore

T = TypeVar("T")

FIX = ManualFix(ManualFixKind.ASSIGNEE_INVALID, "assignee", "nobody", "unassigned", "Assign it by hand.")
OTHER = ManualFix(ManualFixKind.PRIORITY_NOT_AVAILABLE, "priority", "Ghost", "left out", "Set it by hand.")
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
    journal = await knowing(sqlite_store, lease)
    async with watched(sqlite_store) as reads:
        await journal.append(*announced(session))
        await journal.append(*recorded(session))
    assert reads.count == 0
    await assert_all_recorded(sqlite_store, session, lease)


async def test_what_is_left_of_a_bulk_reads_no_ticket(sqlite_store: SqlAlchemyStore) -> None:
    session, lease = await running(sqlite_store, tickets=9)
    journal = await knowing(sqlite_store, lease)
    refused = [CreateRefused(NOW, each.id, 1, "field_refused", "No.") for each in session.tickets[:4]]
    async with watched(sqlite_store) as reads:
        await journal.append(*announced(session))
        await journal.append(*recorded(session)[4:], *refused)
    assert reads.count == 0
    await journal.append(*announced(session, attempt=2)[:4])
    await journal.append(*recorded(session)[:4])
    await assert_all_recorded(sqlite_store, session, lease)


@pytest.mark.parametrize("is_written", [False, True])
async def test_an_append_whose_answer_was_lost_is_repeated(sqlite_store: SqlAlchemyStore, is_written: bool) -> None:
    session, lease = await running(sqlite_store, tickets=3)
    journal = await knowing(sqlite_store, lease)
    database = sqlite_store._database
    assert isinstance(database, SqliteDatabase)
    lost: list[bool] = []

    class Failing(SqliteDatabase):
        async def run(self, access: Access, body: Body[T]) -> T:
            answer = await super().run(access, body) if is_written or not lost else None
            if lost:
                lost.clear()
                raise StoreUnavailableError("The database did not answer.")
            return cast("T", answer)

    database.__class__ = Failing
    for entries in (announced(session), recorded(session)):
        lost.append(True)
        await journal.append(*entries)  # twice
        assert not lost
    database.__class__ = SqliteDatabase
    await assert_all_recorded(sqlite_store, session, lease)


@pytest.mark.parametrize("is_announced", [False, True])
async def test_what_others_have_changed_meanwhile_counts(sqlite_store: SqlAlchemyStore, is_announced: bool) -> None:
    session, lease = await running(sqlite_store, tickets=3)
    journal = await knowing(sqlite_store, lease)
    if is_announced:
        await journal.append(*announced(session))
    first = recorded(session)[0].issue
    await sqlite_store.record_orphan(session.id, OrphanFound(NOW, session.tickets[0].id, first))
    if not is_announced:
        await journal.append(*announced(session))
    await journal.append(*recorded(session))
    assert [state.orphans for state in await sqlite_store.ticket_states(session.id)] == [(), (), ()]
    await assert_all_recorded(sqlite_store, session, lease)


async def test_an_issue_that_an_administrator_has_entered_stays(sqlite_store: SqlAlchemyStore) -> None:
    session, lease = await running(sqlite_store, tickets=3)
    journal = await knowing(sqlite_store, lease)
    await journal.append(*announced(session))

    def enter(connection: Connection) -> None:
        connection.execute(
            text("UPDATE tickets SET jira_ticket_key = 'DEMO-2', jira_issue_id = '2' WHERE ticket_order = 2")
        )

    await sqlite_store._database.run(Access.WRITE, enter)
    before = len(await sqlite_store.journal(session.id))
    await journal.append(*recorded(session))
    assert len(await sqlite_store.journal(session.id)) == before + 2


@pytest.mark.parametrize("is_announced", [False, True])
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE tickets SET export_attempt = 7 WHERE ticket_order = 2",
        "UPDATE tickets SET export_intent_at = '2026-01-01 00:00:00.000000' WHERE ticket_order = 2",
        "UPDATE tickets SET jira_export_status = 'failed' WHERE ticket_order = 2",
        "UPDATE tickets SET jira_ticket_key = 'DEMO-9', jira_issue_id = '9' WHERE ticket_order = 2",
    ],
)
async def test_a_wrong_guess_writes_nothing_and_is_put_right(
    sqlite_store: SqlAlchemyStore, change: str, is_announced: bool
) -> None:
    session, lease = await running(sqlite_store, tickets=3)
    journal = await knowing(sqlite_store, lease)
    if is_announced:
        await journal.append(*announced(session))
    await sqlite_store._database.run(Access.WRITE, lambda connection: connection.execute(text(change)))
    async with watched(sqlite_store) as reads:
        if not is_announced:
            await journal.append(*announced(session))
        await journal.append(*recorded(session))
    # What an announcement does not set stays as somebody has set it, and the run does not come to know of that.
    stays = "DEMO-9" in change or "status" in change
    assert reads.count == (2 if stays and not is_announced else 1)
    assert len(await sqlite_store.journal(session.id)) == 1 + 3 + 3
    await assert_all_recorded(sqlite_store, session, lease)


async def test_a_ticket_removed_meanwhile_is_said_so(sqlite_store: SqlAlchemyStore) -> None:
    session, lease = await running(sqlite_store, tickets=3)
    journal = await knowing(sqlite_store, lease)
    await journal.append(*announced(session))
    removal = text("DELETE FROM tickets WHERE ticket_order = 2")
    await sqlite_store._database.run(Access.WRITE, lambda connection: connection.execute(removal))
    with pytest.raises(SessionNotFoundError):
        await journal.append(*recorded(session))
    assert {state.issue for state in await sqlite_store.ticket_states(session.id)} == {None}
    assert len(await sqlite_store.journal(session.id)) == 1 + 3


@pytest.mark.parametrize("place", [0, 1, 2])
async def test_neighbours_in_a_shared_commit_do_not_suffer_from_a_wrong_guess(
    sqlite_store: SqlAlchemyStore, place: int
) -> None:
    runs = [await running(sqlite_store, tickets=3) for _ in range(3)]
    journals = [await knowing(sqlite_store, lease) for _, lease in runs]
    for (session, _), journal in zip(runs, journals, strict=True):
        await journal.append(*announced(session))
    wrong = runs[place][0]
    orphan = OrphanFound(NOW, wrong.tickets[1].id, recorded(wrong)[1].issue)
    async with SqlAlchemyStore.open(sqlite_store._database.address) as elsewhere:
        await elsewhere.record_orphan(wrong.id, orphan)
    go_on = threading.Event()  # so that all of them have come when the first is begun
    busy = asyncio.ensure_future(sqlite_store._database.run(Access.WRITE, lambda _: go_on.wait(60)))
    appends = [
        asyncio.ensure_future(journal.append(*recorded(session)))
        for (session, _), journal in zip(runs, journals, strict=True)
    ]
    await asyncio.sleep(0)
    go_on.set()
    await asyncio.gather(*appends)
    await busy
    for session, lease in runs:
        assert len(await sqlite_store.journal(session.id)) == 1 + 3 + (session is wrong) + 3
        await assert_all_recorded(sqlite_store, session, lease)


async def test_a_stale_worker_writes_nothing_of_a_bulk(sqlite_store: SqlAlchemyStore) -> None:
    session, lease = await running(sqlite_store, tickets=3)
    journal = await knowing(sqlite_store, lease)
    await journal.append(*announced(session))
    for stale in (replace(lease, token=lease.token - 1), replace(lease, owner="another")):
        with pytest.raises(LeaseLostError):
            await (await knowing(sqlite_store, stale)).append(*recorded(session))
    assert len(await sqlite_store.journal(session.id)) == 1 + 3
    await journal.append(*recorded(session))
    await assert_all_recorded(sqlite_store, session, lease)


async def test_a_subclass_that_writes_in_its_own_way_is_asked_to(sqlite_store: SqlAlchemyStore) -> None:
    appended: list[Entry] = []

    class Own(SqlAlchemyStore):
        async def append(self, lease: Lease, *entries: Entry) -> bool:
            appended.extend(entries)
            return await super().append(lease, *entries)

    session, lease = await running(sqlite_store, tickets=2)
    sqlite_store.__class__ = Own
    await (await knowing(sqlite_store, lease)).append(*announced(session))
    assert appended == announced(session)


async def test_a_ticket_that_is_not_there_is_said_so(sqlite_store: SqlAlchemyStore) -> None:
    session, lease = await running(sqlite_store, tickets=2)
    entries = announced(session)
    with pytest.raises(SessionNotFoundError):
        await sqlite_store.append(lease, *entries, replace(entries[0], ticket_id=session.id))
    assert len(await sqlite_store.journal(session.id)) == 1


async def history(store: SqlAlchemyStore, *, knows: bool) -> list[Any]:
    """What is stored of a bulk of which some are refused, announced anew with others' refusals, and made."""
    session, lease = await running(store, tickets=4)
    journal = await knowing(store, lease)

    async def append(*entries: Entry) -> None:
        await (journal.append(*entries) if knows else store.append(lease, *entries))

    second, third, fourth = session.tickets[1:]
    made = [replace(each, trace_id=f"made-{number}") for number, each in enumerate(recorded(session))]
    refused = [CreateRefused(NOW, each.id, 1, "field_refused", "No.", "refusal") for each in (second, third, fourth)]
    again = [IntentRecorded(LATER, each.id, 2, each.title, (FIX, OTHER)) for each in (second, third)]
    await append(*announced(session))
    await append(made[0], *refused[:1])
    await append(*refused[1:], *again)
    await append(made[1], CreateRefused(LATER, third.id, 2, "field_refused", "No."))
    assert journal.cancel_requested is False
    await store.request_cancel(session.id, CancelRequested(LATER))
    await append(replace(again[1], attempt=3), IntentRecorded(LATER, fourth.id, 2, fourth.title))
    assert journal.cancel_requested is knows
    await append(*made[2:])
    orders = {each.id: each.order for each in session.tickets}
    rows = await store.journal(session.id)
    told = [(orders.get(row.ticket_id) if row.ticket_id else None, row.at, row.kind, row.attempt) for row in rows]
    states = [
        (state.issue, state.attempt, state.status, state.intent_at, state.manual_fixes)
        for state in await store.ticket_states(session.id)
    ]
    state = await store.state(session.id)
    return [told, [row.trace_id for row in rows], states, state.exported, state.manual_fix_count]


async def test_the_same_is_stored_as_after_reading_how_the_tickets_stand(sqlite_store: SqlAlchemyStore) -> None:
    assert await history(sqlite_store, knows=True) == await history(sqlite_store, knows=False)
