"""What lists ask of the stores: pages, counts, changes, marks, and putting sessions away."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from jira_session_export._journal import (
    IntentRecorded,
    IssueRecorded,
    Lease,
    OrphanFound,
    RunCompleted,
    RunFailed,
    RunStarted,
    SessionStatus,
    TicketStatus,
)
from jira_session_export._models import Session, Ticket
from jira_session_export._storage.memory import InMemoryStore
from jira_session_export._storage.sqlalchemy.content import TICKETS
from jira_session_export._storage.sqlalchemy.database import Access
from jira_session_export._values import CreatedIssue, ErrorCategory, Failure, ManualFix, ManualFixKind
from jira_session_export.errors import ExportRunningError, LeaseLostError, SessionNotFoundError
from jira_session_export.storage import SessionOrder
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore

Store = InMemoryStore | SqlAlchemyStore
NOW = datetime(2026, 1, 2, tzinfo=UTC)
FAILURE = Failure(ErrorCategory.USER_FIXABLE, "invalid_ticket", "No.", ("Mend it.",))
FIX = ManualFix(ManualFixKind.PRIORITY_NOT_AVAILABLE, "priority", "Highest", "left out", "Set the priority.")


def session(name: str, tickets: int = 1, *, owner: str | None = None, key: str = "DEMO") -> Session:
    listed = [
        Ticket(id=uuid4(), order=order, title=f"Ticket {order} of {name}", issue_type="Bug" if order % 2 else None)
        for order in range(1, tickets + 1)
    ]
    return Session(id=uuid4(), project_key=key, name=name, owner=owner, tickets=tuple(listed))


async def started(store: Store, content: Session, *, at: datetime = NOW, selection: Sequence[UUID] = ()) -> Lease:
    await store.put(content)
    chosen = frozenset(selection) or None
    lease = await store.acquire(
        content.id, RunStarted(at, uuid4(), chosen), expected_token=0, owner="w", now=at, lease_seconds=60
    )
    assert lease is not None
    return lease


async def exported(store: Store, lease: Lease, ticket: Ticket, *, fixes: tuple[ManualFix, ...] = ()) -> None:
    key = f"DEMO-{ticket.order}"
    issue = CreatedIssue(str(ticket.order), key, f"https://jira.example/browse/{key}")
    await store.append(lease, IntentRecorded(NOW, ticket.id, 1, ticket.title, fixes))
    await store.append(lease, IssueRecorded(NOW, ticket.id, issue))


async def names(store: Store, **wanted: object) -> list[str]:
    return [state.name for state in (await store.session_page(**wanted)).sessions]  # type: ignore[arg-type]


async def test_running_and_failed_sessions_come_first_then_those_never_started(store: Store) -> None:
    failed = await started(store, session("failed"), at=NOW + timedelta(hours=1))
    await store.append(failed, RunFailed(NOW, 1, FAILURE, None, None))
    early = await started(store, session("early"), at=NOW)
    await store.append(early, RunCompleted(NOW, 1))
    late = await started(store, session("late"), at=NOW + timedelta(hours=2))
    await store.append(late, RunCompleted(NOW, 1))
    await started(store, session("running"), at=NOW - timedelta(days=9))
    await store.put(session("never"))
    assert await names(store) == ["running", "failed", "never", "late", "early"]
    assert await names(store, order=SessionOrder.NAME) == ["early", "failed", "late", "never", "running"]
    assert await names(store, order=SessionOrder.STARTED) == ["late", "failed", "early", "running", "never"]
    page = await store.session_page(statuses=[SessionStatus.COMPLETED, SessionStatus.READY], limit=2)
    assert ([state.name for state in page.sessions], page.total) == (["never", "late"], 3)
    assert page.counts == {
        SessionStatus.READY: 1,
        SessionStatus.EXPORTING: 1,
        SessionStatus.COMPLETED: 2,
        SessionStatus.EXPORT_FAILED: 1,
        SessionStatus.CANCELLED: 0,
    }
    assert await names(store, statuses=[SessionStatus.COMPLETED], offset=1) == ["early"]
    assert page.sessions[0] == await store.state(page.sessions[0].session_id)


async def test_sessions_are_found_by_name_project_and_id(store: Store) -> None:
    content = session("Übersicht 100%_sure", owner="ada")
    await store.put(content)
    await store.put(session("another", key="PAY", owner="bob"))
    for text in ("übersicht", "ÜBERSICHT", "100%_", str(content.id)):
        assert await names(store, text=text) == [content.name], text
    assert await names(store, text="pay") == ["another"]
    assert await names(store, text="100%sure") == []  # no wildcard
    assert await names(store, text="a", owner="bob") == ["another"]
    assert (await store.session_page(owner="nobody")).total == 0


async def test_a_page_of_tickets(store: Store) -> None:
    content = session("Sprint 12", 5)
    first, second, third, *rest = content.tickets
    lease = await started(store, content, selection=[each.id for each in (first, second, third, rest[0])])
    await exported(store, lease, first, fixes=(FIX,))
    await exported(store, lease, second)
    await store.append(lease, RunFailed(NOW, 1, FAILURE, third.id, 3))
    page = await store.ticket_page(content.id, limit=2, offset=1)
    assert [(each.state.order, each.issue_type) for each in page.tickets] == [(2, None), (3, "Bug")]
    assert page.total == 5
    assert page.counts == {
        TicketStatus.PENDING: 1,
        TicketStatus.EXPORTED: 2,
        TicketStatus.FAILED: 1,
        TicketStatus.SKIPPED: 1,
    }
    everything = await store.ticket_page(content.id)
    assert [each.state for each in everything.tickets] == list(await store.ticket_states(content.id))

    async def orders(**wanted: object) -> list[int]:
        found = await store.ticket_page(content.id, **wanted)  # type: ignore[arg-type]
        return [each.state.order for each in found.tickets]

    assert await orders(statuses=[TicketStatus.EXPORTED, TicketStatus.FAILED]) == [1, 2, 3]
    assert await orders(with_fixes=True) == [1]
    assert await orders(text="demo-2") == [2]
    assert await orders(text="4") == [4]
    assert await orders(text="TICKET 5") == [5]
    assert await orders(text="9" * 400) == []
    assert await orders(offset=10**9) == []
    assert await store.ticket_state(content.id, first.id) == everything.tickets[0].state
    with pytest.raises(SessionNotFoundError):
        await store.ticket_state(content.id, uuid4())
    with pytest.raises(SessionNotFoundError):
        await store.ticket_page(uuid4())


@pytest.mark.parametrize("content", ["no JSON", "", '"title"', '{"issue_type": 7}', '{"issue_type": ["Bug"]}'])
async def test_content_that_is_no_ticket_costs_the_list_only_its_issue_type(store: Store, content: str) -> None:
    if isinstance(store, InMemoryStore):
        pytest.skip("it keeps tickets, not their JSON")
    kept = session("Sprint", 3)
    await store.put(kept)
    bad = kept.tickets[0].id
    damage = sa.update(TICKETS).where(TICKETS.c.id == bad).values(content=content)
    await store._database.run(Access.WRITE, lambda connection: connection.execute(damage))
    tickets = (await store.ticket_page(kept.id)).tickets
    assert [(each.state.order, each.issue_type) for each in tickets[1:]] == [(2, None), (3, "Bug")]
    assert tickets[0].state.ticket_id == bad
    assert isinstance(tickets[0].issue_type, str | None)


async def test_changes_since_a_journal_entry(store: Store) -> None:
    content = session("Sprint 12", 3)
    await store.put(content)
    assert (await store.changes(content.id, after=0)).last_entry == 0
    lease = await started(store, content)
    begun = await store.changes(content.id, after=0)
    assert not begun.complete  # a selection changes tickets without an entry each
    await exported(store, lease, content.tickets[1])
    changes = await store.changes(content.id, after=begun.last_entry)
    assert [each.state.order for each in changes.tickets] == [2]
    assert changes.complete
    assert changes.last_entry == (await store.journal(content.id))[-1].sequence
    await exported(store, lease, content.tickets[0])
    assert not (await store.changes(content.id, after=begun.last_entry, limit=1)).complete
    later = await store.changes(content.id, after=10**30)
    assert (list(later.tickets), later.complete) == ([], True)
    with pytest.raises(SessionNotFoundError):
        await store.changes(uuid4(), after=0)


async def test_a_manual_fix_is_ticked_off_for_everybody(store: Store) -> None:
    content = session("Sprint 12", 3)
    lease = await started(store, content)
    twice = replace(FIX, field="severity")
    await exported(store, lease, content.tickets[0], fixes=(FIX, twice, twice))
    await exported(store, lease, content.tickets[1])
    orphan = CreatedIssue("99", "DEMO-99", "https://jira.example/browse/DEMO-99")
    await store.append(lease, OrphanFound(NOW, content.tickets[1].id, orphan))
    await store.append(lease, RunCompleted(NOW, 1))
    page = await store.manual_fixes(content.id)
    assert [(fix.order, fix.issue.key, fix.fix.field) for fix in page.fixes] == [
        (1, "DEMO-1", "priority"),
        (1, "DEMO-1", "severity"),
        (1, "DEMO-1", "severity"),
        (2, "DEMO-99", "issue"),
    ]
    assert len({fix.fix_id for fix in page.fixes}) == 4
    assert [fix.fix_id for fix in (await store.manual_fixes(content.id)).fixes] == [fix.fix_id for fix in page.fixes]
    marked = await store.mark_fix(content.id, page.fixes[1].fix_id, done=True, by="ada", at=NOW)
    assert marked.mark is not None
    assert (marked.mark.done_by, marked.mark.done_at) == ("ada", NOW)
    again = await store.mark_fix(content.id, page.fixes[1].fix_id, done=True, by="bob", at=NOW + timedelta(days=1))
    assert again == marked  # the first word counts
    left = await store.manual_fixes(content.id, done=False, limit=2, offset=1)
    assert ([fix.fix_id for fix in left.fixes], left.total) == ([page.fixes[2].fix_id, page.fixes[3].fix_id], 3)
    assert (left.all_fixes, left.done) == (4, 1)
    await store.mark_fix(content.id, page.fixes[1].fix_id, done=False, by="bob", at=NOW)
    told = [row.data for row in await store.journal(content.id) if row.kind == "fix_marked"]
    assert [(each["done"], each["by"], each["field"]) for each in told] == [
        (True, "ada", "severity"),
        (False, "bob", "severity"),
    ]
    assert (await store.manual_fixes(content.id)).done == 0
    with pytest.raises(SessionNotFoundError):
        await store.mark_fix(content.id, uuid4(), done=True, by=None, at=NOW)
    with pytest.raises(SessionNotFoundError):
        await store.manual_fixes(uuid4())


async def test_a_session_is_put_away_and_fetched_back(store: Store) -> None:
    content = session("Sprint 12")
    await store.put(content)
    await store.put(session("other"))
    assert (await store.archive(content.id, archived=True, by="ada", at=NOW)).archived_at == NOW
    assert (await store.archive(content.id, archived=True, by="bob", at=NOW + timedelta(1))).archived_at == NOW
    assert await names(store) == ["other"]
    assert await names(store, archived=True) == ["Sprint 12"]
    await store.put(content)  # loading it again leaves it where it is
    assert (await store.state(content.id)).archived_at == NOW
    assert (await store.archive(content.id, archived=False, by="ada", at=NOW)).archived_at is None
    kinds = [(row.kind, row.data["by"]) for row in await store.journal(content.id)]
    assert kinds == [("session_archived", "ada"), ("session_unarchived", "ada")]


async def test_a_deleted_session_leaves_nothing_but_its_journal(store: Store) -> None:
    content, other = session("Sprint 12", 2, owner="ada"), session("other")
    lease = await started(store, content)
    other_lease = await started(store, other)
    with pytest.raises(ExportRunningError):
        await store.delete(content.id, by="ada", at=NOW)
    with pytest.raises(ExportRunningError):
        await store.archive(content.id, archived=True, by="ada", at=NOW)
    for ticket in content.tickets:
        await exported(store, lease, ticket, fixes=(FIX,))
    await exported(store, other_lease, other.tickets[0], fixes=(FIX,))
    await store.append(lease, RunCompleted(NOW, 1))
    fix = (await store.manual_fixes(content.id)).fixes[0]
    await store.mark_fix(content.id, fix.fix_id, done=True, by="ada", at=NOW)
    await store.delete(content.id, by="ada", at=NOW)
    for read in (store.state, store.session, store.ticket_states, store.manual_fixes, store.ticket_page):
        with pytest.raises(SessionNotFoundError):
            await read(content.id)
    last = (await store.journal(content.id))[-1]
    assert last.kind == "session_deleted"
    assert last.data == {"by": "ada", "name": "Sprint 12", "project_key": "DEMO", "owner": "ada", "exported": 2}
    assert await store.deletion(content.id) == last
    assert await store.deletion(other.id) is None
    with pytest.raises(SessionNotFoundError):
        await store.delete(content.id, by="ada", at=NOW)
    with pytest.raises(LeaseLostError):  # a worker that wakes up late
        await store.append(lease, RunCompleted(NOW, 1))
    assert (await store.manual_fixes(other.id)).all_fixes == 1
    await store.put(content)  # and it can be loaded anew
    assert [state.issue for state in await store.ticket_states(content.id)] == [None, None]
    assert (await store.manual_fixes(content.id)).all_fixes == 0
    assert await store.deletion(content.id) is None
