"""What both stores do beyond the export's protocols: `put` and `sessions`."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from jira_session_export._journal import (
    CreateRefused,
    IntentRecorded,
    IssueRecorded,
    Lease,
    RunFailed,
    RunReleased,
    RunStarted,
    TicketStatus,
)
from jira_session_export._models import Attachment, Session, Ticket, TicketLink
from jira_session_export._storage.memory import InMemoryStore
from jira_session_export._values import CreatedIssue, ErrorCategory, Failure
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore

Store = InMemoryStore | SqlAlchemyStore
NOW = datetime(2026, 1, 2, tzinfo=UTC)
ISSUE = CreatedIssue("10001", "DEMO-1", "https://jira.example/browse/DEMO-1")
FAILURE = Failure(ErrorCategory.USER_FIXABLE, "invalid_ticket", "No.", ("Mend it.",))


def ticket(order: int, title: str = "", *, key: UUID | None = None) -> Ticket:
    return Ticket(id=key or uuid4(), order=order, title=title or f"Ticket {order}")


def session(*tickets: Ticket, key: UUID | None = None, name: str = "", owner: str | None = None) -> Session:
    return Session(id=key or uuid4(), project_key="DEMO", name=name, owner=owner, tickets=tickets)


async def start(store: Store, session_id: UUID, *, token: int = 0, at: datetime = NOW) -> Lease:
    entry = RunStarted(at, uuid4())
    lease = await store.acquire(session_id, entry, expected_token=token, owner="worker", now=at, lease_seconds=30)
    assert lease is not None
    return lease


async def orders(store: Store, session_id: UUID) -> list[tuple[int, str]]:
    states = [(state.order, state.title) for state in await store.ticket_states(session_id)]
    assert [(ticket.order, ticket.title) for ticket in (await store.session(session_id)).tickets] == states
    return states


async def test_every_field_of_a_ticket_is_kept(store: Store) -> None:
    first, second = ticket(1), ticket(2)
    full = Ticket(
        id=uuid4(),
        order=3,
        title="A title with \N{SNOWMAN}",
        description_html="<p>NUL \0 and \N{PILE OF POO}</p>",
        issue_type="Story",
        priority="High",
        assignee="ada@example.com",
        reporter="Bob",
        sprint=7,
        labels=("a", "b"),
        components=("Backend",),
        fix_versions=("1.0",),
        due_date=date(2026, 3, 4),
        story_points=2.5,
        parent=first.id,
        depends_on=(second.id, first.id),
        links=(TicketLink(type="Relates", to="DEMO-7"), TicketLink(type="Relates", to=second.id)),
        attachments=(Attachment(path=Path("plans/a.pdf"), filename="plan.pdf", media_type="application/pdf"),),
        custom_fields={"Team": {"id": 5, "tags": ["x", None]}},
    )
    content = session(first, second, full, name="Named", owner="ada")
    await store.put(content)
    assert await store.session(content.id) == content
    assert await store.ticket(content.id, full.id) == full


async def test_new_content_is_read_and_the_export_state_stays(store: Store) -> None:
    one, two = ticket(1), ticket(2)
    content = session(one, two)
    await store.put(content)
    lease = await start(store, content.id)
    await store.append(lease, IntentRecorded(NOW, one.id, 1), IssueRecorded(NOW, one.id, ISSUE))
    before = await store.state(content.id)
    renamed = two.model_copy(update={"title": "Renamed", "description_html": "<p>new</p>"})
    await store.put(session(renamed, one.model_copy(update={"order": 3}), key=content.id, name="Second try"))
    assert await store.ticket(content.id, two.id) == renamed
    assert await orders(store, content.id) == [(2, "Renamed"), (3, "Ticket 1")]
    states = await store.ticket_states(content.id)
    assert (states[1].issue, states[1].status) == (ISSUE, TicketStatus.EXPORTED)
    after = await store.state(content.id)
    assert (after.name, after.token, after.exported, after.total) == ("Second try", 1, 1, 2)
    assert (after.status, after.started_at, after.lease_owner) == (before.status, before.started_at, before.lease_owner)
    await store.append(lease, IntentRecorded(NOW, two.id, 1))


async def test_a_ticket_left_out_goes_unless_it_may_have_an_issue(store: Store) -> None:
    done, open_, refused, untouched, stays = (ticket(order) for order in range(1, 6))
    content = session(done, open_, refused, untouched, stays)
    await store.put(content)
    lease = await start(store, content.id)
    await store.append(
        lease,
        IntentRecorded(NOW, done.id, 1),
        IssueRecorded(NOW, done.id, ISSUE),
        IntentRecorded(NOW, refused.id, 1),
        CreateRefused(NOW, refused.id, 1, "jira_refused", "No."),
        IntentRecorded(NOW, open_.id, 1),
        RunFailed(NOW, 1.0, FAILURE, open_.id, 2),
    )
    added = ticket(1, "Added")
    await store.put(session(added, stays, key=content.id))
    assert await orders(store, content.id) == [(1, "Added"), (5, "Ticket 5"), (6, "Ticket 1"), (7, "Ticket 2")]
    state = await store.state(content.id)
    assert (state.total, state.exported) == (4, 1)


async def test_no_ticket_goes_while_an_export_is_under_way(store: Store) -> None:
    one, two = ticket(1), ticket(2)
    content = session(one, two)
    await store.put(content)
    lease = await start(store, content.id)
    await store.put(session(one, key=content.id))
    await store.append(lease, IntentRecorded(NOW, two.id, 1), RunReleased(NOW, 1.0))
    await store.put(session(one, key=content.id))
    assert len(await store.ticket_states(content.id)) == 2


async def test_tickets_added_after_the_end_count(store: Store) -> None:
    content = session(ticket(1))
    await store.put(content)
    lease = await start(store, content.id)
    await store.append(lease, RunReleased(NOW, 1.0))
    await store.put(session(*content.tickets, ticket(2), key=content.id))
    assert (await store.state(content.id)).total == 2


async def test_two_sessions_may_have_tickets_with_the_same_ids(store: Store) -> None:
    shared = ticket(1)
    one, two = session(shared), session(shared.model_copy(update={"title": "Other"}))
    await store.put(one)
    await store.put(two)
    lease = await start(store, one.id)
    await store.append(lease, IntentRecorded(NOW, shared.id, 1), IssueRecorded(NOW, shared.id, ISSUE))
    assert (await store.ticket(two.id, shared.id)).title == "Other"
    assert (await store.ticket_states(two.id))[0].issue is None


async def test_sessions_are_listed_by_owner_latest_start_first(store: Store) -> None:
    early, late, never, other = (
        session(ticket(1), name=name, owner=owner)
        for name, owner in (("early", "ada"), ("late", "ada"), ("never", "ada"), ("other", "bob"))
    )
    for content in (early, late, never, other):
        await store.put(content)
    await start(store, early.id)
    await start(store, late.id, at=NOW + timedelta(hours=1))
    assert [state.name for state in await store.sessions("ada")] == ["never", "late", "early"]
    assert [state.name for state in await store.sessions("bob")] == ["other"]
    assert await store.sessions("nobody") == []
    assert {state.session_id for state in await store.sessions()} == {early.id, late.id, never.id, other.id}
    assert (await store.sessions("bob"))[0] == await store.state(other.id)


async def test_a_session_without_tickets_can_be_stored(store: Store) -> None:
    content = session()
    await store.put(content)
    assert await store.session(content.id) == content
    assert await store.ticket_states(content.id) == []
