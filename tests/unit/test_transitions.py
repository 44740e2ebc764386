"""Walks every (status, entry): what is in the table happens as it says, what is not cannot happen."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from jira_session_export import ErrorCategory, Exporter, InMemoryStore, JiraClient, Session, Ticket
from jira_session_export._storage.records import ENTRY_TYPES
from jira_session_export._transitions import (
    CHANGED_BY,
    TICKET_ENTRIES,
    TRANSITIONS,
    advance_session,
    advance_ticket,
    session_patch,
)
from jira_session_export._values import FollowUp, ManualFix, ManualFixKind
from jira_session_export.errors import ExportRunningError, LeaseLostError
from jira_session_export.jira import ApiTokenAuth, CreatedIssue
from jira_session_export.storage import (
    CancelRequested,
    CleanupEnded,
    CleanupStarted,
    CreateRefused,
    Entry,
    Failure,
    FixMarked,
    IntentRecorded,
    IssueDeleted,
    IssueRecorded,
    Lease,
    OrphanFound,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunReleased,
    RunResumed,
    RunStarted,
    RunWaiting,
    SessionArchived,
    SessionDeleted,
    SessionReleased,
    SessionState,
    SessionStatus,
    SessionUnarchived,
    Step,
    StepKind,
    StepRecorded,
    TicketState,
)
from jira_session_export.testing import FakeJira, FakeRuntime

AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
TICKET = UUID(int=11)
SESSION = Session(
    id=UUID(int=1),
    project_key="DEMO",
    tickets=(Ticket(id=TICKET, order=1, title="One"), Ticket(id=UUID(int=12), order=2, title="Two")),
)
ISSUE = CreatedIssue("10001", "DEMO-1", "https://fake-jira.example/browse/DEMO-1")
FAILURE = Failure(ErrorCategory.TEMPORARY, "not_sent", "Jira could not be reached.", ("Retry.",))
ENTRIES: dict[type[Entry], Entry] = {
    type(entry): entry
    for entry in (
        RunStarted(AT, UUID(int=21)),
        RunResumed(AT, crashed=False),
        IntentRecorded(AT, TICKET, 1, "One"),
        CreateRefused(AT, TICKET, 1, "refused", "No."),
        IssueRecorded(AT, TICKET, ISSUE),
        StepRecorded(AT, TICKET, Step(StepKind.LINK, "Blocks:DEMO-2")),
        OrphanFound(AT, TICKET, replace(ISSUE, id="10002", key="DEMO-2")),
        CancelRequested(AT),
        RunCompleted(AT, 1.0),
        RunFailed(AT, 1.0, FAILURE, TICKET, 1),
        RunCancelled(AT, 1.0),
        RunReleased(AT, 1.0),
        SessionArchived(AT, "ada"),
        SessionUnarchived(AT, "ada"),
        SessionDeleted(AT, "ada", "Sprint 12", "DEMO", None, 1),
        FixMarked(AT, TICKET, UUID(int=31), done=True, by="ada", field="priority"),
        SessionReleased(AT, "admin"),
        CleanupStarted(AT, "admin"),
        IssueDeleted(AT, TICKET, ISSUE),
        CleanupEnded(AT, 1, 0),
        RunWaiting(AT, AT, "POST /rest/api/3/issue", "jira-burst-based"),
    )
}
OF_THE_CATALOGUE = (SessionArchived, SessionUnarchived, SessionDeleted, FixMarked)
PAIRS = [(status, entry) for status in SessionStatus for entry in ENTRY_TYPES]
LEASELESS = (RunCompleted, RunFailed, RunCancelled, RunReleased, SessionReleased, CleanupEnded)
"""Entries after which nobody has the session."""
ENDS = {
    SessionStatus.COMPLETED: RunCompleted,
    SessionStatus.EXPORT_FAILED: RunFailed,
    SessionStatus.CANCELLED: RunCancelled,
}


class NoRunner:
    async def submit(self, session_id: UUID) -> None:
        raise AssertionError("nothing was started")


async def store_in(status: SessionStatus) -> tuple[InMemoryStore, Lease]:
    """A store whose session is in that status, and the last lease there was."""
    store = InMemoryStore()
    await store.put(SESSION)
    lease = Lease(SESSION.id, 0, "nobody")
    if status != SessionStatus.READY:
        lease = await take(store, ENTRIES[RunStarted])
    if status in ENDS:
        await store.append(lease, ENTRIES[ENDS[status]])
    assert (await store.state(SESSION.id)).status == status
    return store, lease


async def take(store: InMemoryStore, entry: Entry) -> Lease:
    token = (await store.state(SESSION.id)).token
    assert isinstance(entry, (RunStarted, RunResumed, CleanupStarted))
    lease = await store.acquire(SESSION.id, entry, expected_token=token, owner="w", now=AT, lease_seconds=60)
    assert lease is not None
    return lease


async def tell_the_catalogue(store: InMemoryStore, entry: Entry) -> None:
    match entry:
        case SessionArchived():
            await store.archive(SESSION.id, archived=True, by=entry.by, at=AT)
        case SessionUnarchived():
            await store.archive(SESSION.id, archived=False, by=entry.by, at=AT)
        case SessionDeleted():
            await store.delete(SESSION.id, by=entry.by, at=AT)


def test_every_entry_is_walked() -> None:
    assert set(ENTRIES) == set(ENTRY_TYPES)
    assert set(TRANSITIONS) <= set(PAIRS)


@pytest.mark.parametrize(("status", "kind"), [pair for pair in PAIRS if pair in TRANSITIONS])
async def test_what_is_in_the_table_happens_as_it_says(status: SessionStatus, kind: type[Entry]) -> None:
    store, lease = await store_in(status)
    entry = ENTRIES[kind]
    if isinstance(entry, (RunStarted, RunResumed)) and status == SessionStatus.EXPORTING:
        await store.append(lease, ENTRIES[RunReleased])
    if isinstance(entry, (IssueDeleted, CleanupEnded)):
        lease = await take(store, ENTRIES[CleanupStarted])
    if isinstance(entry, (RunStarted, RunResumed, CleanupStarted)):
        await take(store, entry)
    elif isinstance(entry, SessionReleased):
        await store.release(SESSION.id, entry)
    elif isinstance(entry, CancelRequested):
        await store.request_cancel(SESSION.id, entry)
    elif isinstance(entry, OF_THE_CATALOGUE):
        await tell_the_catalogue(store, entry)
        if isinstance(entry, SessionDeleted):
            return
    else:
        await store.append(lease, entry)
    after = await store.state(SESSION.id)
    assert after.status == TRANSITIONS[status, kind]
    assert advance_session(SessionState(SESSION.id, "DEMO", status=status), entry).status == after.status
    if not isinstance(entry, OF_THE_CATALOGUE):
        assert (after.lease_owner is None) == isinstance(entry, LEASELESS)


# Only a cleanup writes these, under the lease of its own `CleanupStarted`, after which no session is exporting.
OF_A_CLEANUP = {(SessionStatus.EXPORTING, kind) for kind in (IssueDeleted, CleanupEnded)}


@pytest.mark.parametrize(
    ("status", "kind"), [pair for pair in PAIRS if pair not in TRANSITIONS and pair not in OF_A_CLEANUP]
)
async def test_what_is_not_in_the_table_cannot_happen(status: SessionStatus, kind: type[Entry]) -> None:
    store, lease = await store_in(status)
    before = await store.state(SESSION.id), await store.journal(SESSION.id)
    entry = ENTRIES[kind]
    runtime = FakeRuntime(start=AT)
    jira = FakeJira(runtime=runtime)
    async with JiraClient(jira.base_url, ApiTokenAuth("a@example.com", "t"), transport=jira.transport) as client:
        exporter = Exporter(client, store, runtime=runtime)
        if isinstance(entry, CleanupStarted):  # the worker has the lease
            token = before[0].token
            taken = store.acquire(SESSION.id, entry, expected_token=token, owner="x", now=AT, lease_seconds=60)
            assert await taken is None
        elif isinstance(entry, SessionReleased):  # the store looks first
            assert not await store.release(SESSION.id, entry)
        elif isinstance(entry, RunResumed):  # the exporter looks first
            assert (await exporter.execute(SESSION.id)).status == status
        elif isinstance(entry, CancelRequested):  # the store looks first
            await store.request_cancel(SESSION.id, entry)
        elif isinstance(entry, OF_THE_CATALOGUE):  # the store looks first
            with pytest.raises(ExportRunningError):
                await tell_the_catalogue(store, entry)
        else:  # nobody has a lease
            with pytest.raises(LeaseLostError):
                await store.append(lease, entry)
    assert (await store.state(SESSION.id), await store.journal(SESSION.id)) == before


@pytest.mark.parametrize("kind", TICKET_ENTRIES)
@pytest.mark.parametrize("crashes", [0, 3])
@pytest.mark.parametrize("title", [None, "Another"])
def test_entries_about_tickets_change_of_the_session_what_their_patch_says(
    kind: type[Entry], crashes: int, title: str | None
) -> None:
    state = SessionState(
        SESSION.id,
        "DEMO",
        status=SessionStatus.EXPORTING,
        crash_count=crashes,
        current_title=title,
        lease_expires_at=AT + timedelta(seconds=60),
    )
    patch = session_patch(ENTRIES[kind])  # type: ignore[arg-type]
    assert advance_session(state, ENTRIES[kind]) == replace(state, **patch.changes) == patch.applied_to(state)


def test_a_later_patch_wins() -> None:
    first, second = session_patch(IntentRecorded(AT, TICKET, 1, "A")), session_patch(IntentRecorded(AT, TICKET, 2, "B"))
    issue = session_patch(IssueRecorded(AT, TICKET, ISSUE))
    assert first.then(second).changes == {"current_title": "B"}
    assert first.then(second).then(issue).changes == {"current_title": "", "crash_count": 0}, "B is in work no more"


def test_an_entry_changes_no_other_fields_of_a_ticket_than_it_is_said_to() -> None:
    """A store writes these and no others (`guessing`)."""
    fix = ManualFix(ManualFixKind.ASSIGNEE_INVALID, "assignee", "nobody", "unassigned", "Assign it by hand.")
    follow_ups = (FollowUp(StepKind.ASSIGNEE, "someone"),)
    known = {"title": "New", "manual_fixes": (fix,), "follow_ups": follow_ups, "fingerprint": "f"}
    entries = (
        IntentRecorded(AT, TICKET, 2, **known),
        CreateRefused(AT, TICKET, 1, "refused", "No."),
        IssueRecorded(AT, TICKET, ISSUE),
        IssueRecorded(AT, TICKET, ISSUE, earlier_state=True, **known),
    )
    untouched = TicketState(TICKET, 1, "One")
    announced = advance_ticket(untouched, IntentRecorded(AT, TICKET, 1, "One", (fix,), follow_ups, "e"))
    seen: dict[type[Entry], set[str]] = {type(entry): set() for entry in entries}
    for before in (untouched, announced, replace(announced, orphans=(ISSUE,))):
        for entry in entries:
            after = advance_ticket(before, entry)
            seen[type(entry)] |= {
                each.name for each in fields(TicketState) if getattr(after, each.name) != getattr(before, each.name)
            }
    assert seen == CHANGED_BY
