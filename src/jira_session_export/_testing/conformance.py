"""`StoreConformance`: the promises of `SessionSource` and `ExportStore`, as tests for any store."""

import json
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import anyio
from anyio.lowlevel import checkpoint

from jira_session_export._journal import (
    CancelRequested,
    CleanupEnded,
    CleanupStarted,
    CreateRefused,
    Entry,
    HeldUp,
    IntentRecorded,
    IssueDeleted,
    IssueRecorded,
    JournalRow,
    Lease,
    OrphanFound,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunReleased,
    RunResumed,
    RunStarted,
    SessionReleased,
    SessionState,
    SessionStatus,
    Step,
    StepRecorded,
    TicketState,
    TicketStatus,
)
from jira_session_export._models import Session, Ticket
from jira_session_export._runtime import SYSTEM_RUNTIME
from jira_session_export._storage.protocols import (
    AdvancingStore,
    BulkSource,
    ChangeSource,
    NumberedSource,
    SessionStore,
)
from jira_session_export._transitions import advance_session, advance_ticket
from jira_session_export._values import (
    CreatedIssue,
    ErrorCategory,
    Failure,
    FollowUp,
    ManualFix,
    ManualFixKind,
    StepKind,
)
from jira_session_export.errors import LeaseLostError, SessionNotFoundError

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC)
LEASE_SECONDS = 30.0
LATER = NOW + timedelta(seconds=LEASE_SECONDS)
FIX = ManualFix(ManualFixKind.ASSIGNEE_INVALID, "assignee", "nobody@example.com", "unassigned", "Assign it by hand.")
LINK_FIX = ManualFix(ManualFixKind.LINK_FAILED, "depends_on", "DEMO-1", "no link", "Link it by hand.")
FAILURE = Failure(ErrorCategory.TEMPORARY, "jira_unavailable", "Jira is down.", ("Retry later.",), trace_id="trace-9")


def new_session(tickets: int = 3) -> Session:
    """A session nobody has seen before."""
    return Session(
        id=SYSTEM_RUNTIME.new_id(),
        project_key="DEMO",
        tickets=tuple(
            Ticket(
                id=SYSTEM_RUNTIME.new_id(),
                order=order,
                title=f"Ticket {order}",
                description_html=f"<p>Body {order}</p>",
            )
            for order in range(1, tickets + 1)
        ),
    )


def issue(number: int) -> CreatedIssue:
    """The issue DEMO-`number`."""
    return CreatedIssue(
        id=str(10_000 + number), key=f"DEMO-{number}", url=f"https://jira.example.com/browse/DEMO-{number}"
    )


class Expectation:
    """What the journal's own functions make of a session's entries; the store must come to the same."""

    def __init__(self, state: SessionState, tickets: Sequence[TicketState]) -> None:
        self._state = state
        self._tickets = {ticket.ticket_id: ticket for ticket in tickets}

    def acquired(self, entry: RunStarted | RunResumed | CleanupStarted, owner: str, now: datetime) -> None:
        """Somebody has taken the session."""
        self._state = replace(
            self._state,
            token=self._state.token + 1,
            lease_owner=owner or None,
            lease_expires_at=now + timedelta(seconds=LEASE_SECONDS),
        )
        if isinstance(entry, RunStarted):
            self._tickets = {key: advance_ticket(ticket, entry) for key, ticket in self._tickets.items()}
        self._state = advance_session(self._state, entry)

    def appended(self, *entries: Entry) -> None:
        """The entries have been written."""
        for entry in entries:
            ticket_id: UUID | None = getattr(entry, "ticket_id", None)
            if ticket_id is not None:
                self._tickets[ticket_id] = advance_ticket(self._tickets[ticket_id], entry)
            self._state = advance_session(self._state, entry)

    @property
    def tickets(self) -> list[TicketState]:
        """By order."""
        return sorted(self._tickets.values(), key=lambda ticket: ticket.order)

    @property
    def state(self) -> SessionState:
        """Counters counted."""
        wanted = [ticket for ticket in self._tickets.values() if ticket.status != TicketStatus.SKIPPED]
        steps = [step for ticket in wanted for step in ticket.steps]
        return replace(
            self._state,
            total=len(wanted),
            exported=sum(ticket.status == TicketStatus.EXPORTED for ticket in wanted),
            links_created=sum(step.kind == StepKind.LINK and step.done for step in steps),
            manual_fix_count=sum(len(ticket.manual_fixes) for ticket in wanted),
            left_out=len(self._tickets) - len(wanted),
        )


class StoreConformance:
    """Inherit it, give it a fixture `store`, and pytest puts your store through every promise the export rests on.

        class TestMyStore(StoreConformance):
            @pytest.fixture
            async def store(self): ...

    The tests are coroutines run by anyio's pytest plugin, on the backends your `anyio_backend` fixture names. Sessions
    are stored with `store.put`; override `put` when yours come into the store another way. Every test uses sessions
    of its own, so the store need not be empty.
    """

    starters: ClassVar[int] = 50
    """How many try to take one session at once."""

    tells_of_changes: ClassVar[bool | None] = None
    """Whether the signals of your `ChangeSource` are live where the tests run. None: the test waits ten seconds for one
    that is, and takes the store for one that cannot tell here."""

    pytestmark: ClassVar[list[Any]]

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        import pytest  # noqa: PLC0415 - only those who test have it

        cls.pytestmark = [*getattr(cls, "pytestmark", []), pytest.mark.anyio]

    async def put(self, store: Any, session: Session) -> None:
        """Bring `session` into the store."""
        await store.put(session)

    # -- content ---------------------------------------------------------------------------------------------------

    async def test_a_session_is_read_with_its_tickets_in_order(self, store: SessionStore) -> None:
        session = new_session()
        await self.put(store, session)
        read = await store.session(session.id)
        assert (read.id, read.project_key) == (session.id, session.project_key)
        assert [ticket.id for ticket in read.tickets] == [ticket.id for ticket in session.tickets]
        for ticket in session.tickets:
            found = await store.ticket(session.id, ticket.id)
            assert found.title == ticket.title
            assert found in read.tickets
        if isinstance(store, BulkSource):
            backwards = [ticket.id for ticket in reversed(session.tickets)]
            several = await store.tickets(session.id, backwards)
            assert [ticket.id for ticket in several] == backwards
            assert all(ticket in read.tickets for ticket in several)
            await raises(SessionNotFoundError, store.tickets(session.id, [*backwards, SYSTEM_RUNTIME.new_id()]))

    async def test_what_is_not_there_is_said_not_to_be(self, store: SessionStore) -> None:
        session = new_session()
        await self.put(store, session)
        nobody = SYSTEM_RUNTIME.new_id()
        for reading in (
            store.session(nobody),
            store.ticket(nobody, nobody),
            store.ticket(session.id, nobody),
            store.ticket(nobody, session.tickets[0].id),
            store.state(nobody),
            store.ticket_states(nobody),
            store.request_cancel(nobody, CancelRequested(NOW)),
            store.journal(nobody),
            take(store, nobody, started(), token=0),
        ):
            await raises(SessionNotFoundError, reading)

    async def test_a_new_session_is_pending(self, store: SessionStore) -> None:
        session = new_session()
        await self.put(store, session)
        state = await store.state(session.id)
        assert (state.session_id, state.project_key, state.token) == (session.id, "DEMO", 0)
        assert (state.total, state.exported, state.links_created, state.manual_fix_count) == (3, 0, 0, 0)
        assert state.status != SessionStatus.EXPORTING
        assert not state.lease_is_live(NOW)
        assert list(await store.ticket_states(session.id)) == [
            TicketState(ticket_id=ticket.id, order=ticket.order, title=ticket.title) for ticket in session.tickets
        ]
        assert list(await store.journal(session.id)) == []

    async def test_a_store_that_numbers_content_numbers_every_change_of_it(self, store: SessionStore) -> None:
        session = new_session()
        await self.put(store, session)

        async def version() -> int | None:
            number = (await store.state(session.id)).content_version
            if isinstance(store, NumberedSource):
                assert await store.content_version(session.id) == number
            return number

        seen = [await version()]
        if seen == [None]:
            return
        first, *others = session.tickets
        renamed = first.model_copy(update={"title": "Renamed"})
        for tickets in ((renamed, *others), others, (first, *others)):
            await self.put(store, session.model_copy(update={"tickets": tuple(tickets)}))
            seen.append(await version())
        assert len({*seen} - {None}) == len(seen)
        if isinstance(store, NumberedSource):
            await raises(SessionNotFoundError, store.content_version(SYSTEM_RUNTIME.new_id()))
        await take(store, session.id, started(), token=0)
        assert await version() == seen[-1]  # nothing was changed

    # -- taking and giving back ------------------------------------------------------------------------------------

    async def test_a_run_starts_with_the_lease(self, store: SessionStore) -> None:
        session, expected = await self._stored(store)
        entry = started()
        lease = await take(store, session.id, entry, token=0, owner="one")
        expected.acquired(entry, "one", NOW)
        assert lease == Lease(session_id=session.id, token=1, owner="one")
        await agree(store, expected)
        assert (await store.state(session.id)).lease_is_live(LATER - timedelta(seconds=1))

    async def test_a_session_that_is_handed_on_says_why_until_it_is_started_anew_or_ends(
        self, store: SessionStore
    ) -> None:
        session, expected = await self._stored(store)
        first = await self._take(store, session, expected, started(), token=0)
        held = HeldUp(NOW, session.tickets[1].id, "The file 'plan.pdf' cannot be read.", {"a": NOW, "b": LATER})
        await self._append(store, first, expected, RunReleased(NOW, 1.0, held))
        assert (await store.state(session.id)).held_up == held
        second = await self._take(store, session, expected, RunResumed(LATER, crashed=False), token=1)
        assert (await store.state(session.id)).held_up == held
        await self._append(store, second, expected, RunFailed(LATER, 1.0, FAILURE, None, None))
        assert (await store.state(session.id)).held_up is None

    async def _take(
        self,
        store: SessionStore,
        session: Session,
        expected: Expectation,
        entry: RunStarted | RunResumed,
        *,
        token: int,
    ) -> Lease:
        lease = await take(store, session.id, entry, token=token, now=entry.at)
        assert lease is not None
        expected.acquired(entry, "worker", entry.at)
        return lease

    async def test_a_selection_skips_the_others_and_a_new_start_opens_them_again(self, store: SessionStore) -> None:
        session, expected = await self._stored(store)
        first, second, third = (ticket.id for ticket in session.tickets)
        entry = started(selection=frozenset({first, second}))
        lease = await take(store, session.id, entry, token=0)
        assert lease is not None
        expected.acquired(entry, "worker", NOW)
        await agree(store, expected)
        assert (await store.state(session.id)).total == 2
        done = (intent(first), IssueRecorded(NOW, first, issue(1)), RunFailed(NOW, 1.0, FAILURE, second, 2))
        await self._append(store, lease, expected, *done)
        again = started(selection=frozenset({third}), retry=True)
        assert await take(store, session.id, again, token=1) is not None
        expected.acquired(again, "worker", NOW)
        await agree(store, expected)
        statuses = [ticket.status for ticket in await store.ticket_states(session.id)]
        assert statuses == [TicketStatus.EXPORTED, TicketStatus.SKIPPED, TicketStatus.PENDING]

    async def test_a_live_lease_is_not_taken(self, store: SessionStore) -> None:
        session, expected = await self._running(store)
        at = LATER - timedelta(milliseconds=1)
        assert await take(store, session.id, RunResumed(at, crashed=True), token=1, now=at, owner="other") is None
        await agree(store, expected)
        assert len(await store.journal(session.id)) == 1

    async def test_a_changed_token_refuses_a_decision_made_before_it(self, store: SessionStore) -> None:
        session, expected = await self._running(store)
        lease = Lease(session.id, 1, "worker")
        await self._append(store, lease, expected, RunReleased(NOW, 1.0))
        assert await take(store, session.id, RunResumed(NOW, crashed=False), token=0) is None
        await agree(store, expected)
        assert await take(store, session.id, RunResumed(NOW, crashed=False), token=1) is not None

    async def test_an_expired_lease_is_taken_over(self, store: SessionStore) -> None:
        session, expected = await self._running(store)
        entry = RunResumed(LATER, crashed=True)
        lease = await take(store, session.id, entry, token=1, owner="other", now=LATER)
        expected.acquired(entry, "other", LATER)
        assert lease == Lease(session_id=session.id, token=2, owner="other")
        await agree(store, expected)
        assert (await store.state(session.id)).crash_count == 1

    async def test_of_many_starters_at_once_exactly_one_wins(self, store: SessionStore) -> None:
        session, _ = await self._stored(store)
        leases: list[Lease | None] = []

        async def start(number: int) -> None:
            leases.append(await take(store, session.id, started(), token=0, owner=f"starter {number}"))

        async with anyio.create_task_group() as tasks:
            for number in range(self.starters):
                tasks.start_soon(start, number)
        won = [lease for lease in leases if lease is not None]
        assert len(leases) == self.starters
        assert len(won) == 1
        state = await store.state(session.id)
        assert (state.token, state.lease_owner) == (1, won[0].owner)
        assert [row.kind for row in await store.journal(session.id)] == ["run_started"]

    async def test_the_end_of_a_run_gives_the_lease_back(self, store: SessionStore) -> None:
        for end in (
            CleanupEnded(NOW, 0, 0),
            RunCompleted(NOW, 2.5),
            RunFailed(NOW, 2.5, FAILURE, None, None),
            RunCancelled(NOW, 2.5),
            RunReleased(NOW, 2.5),
        ):
            session, expected = await self._running(store)
            lease = Lease(session.id, 1, "worker")
            await self._append(store, lease, expected, end)
            assert (await store.state(session.id)).lease_owner is None
            await raises(LeaseLostError, store.append(lease, end))
            await raises(LeaseLostError, store.renew(lease, now=NOW, lease_seconds=LEASE_SECONDS))
            await agree(store, expected)
            assert await take(store, session.id, started(), token=1) is not None

    async def test_a_sign_of_life_moves_the_end_of_the_lease(self, store: SessionStore) -> None:
        session, _ = await self._running(store)
        lease = Lease(session.id, 1, "worker")
        soon = NOW + timedelta(seconds=20)
        assert await store.renew(lease, now=soon, lease_seconds=LEASE_SECONDS) is False
        resumed = RunResumed(LATER, crashed=True)
        assert await take(store, session.id, resumed, token=1, now=LATER) is None
        assert (await store.state(session.id)).lease_expires_at == soon + timedelta(seconds=LEASE_SECONDS)
        end = soon + timedelta(seconds=LEASE_SECONDS)
        assert await take(store, session.id, resumed, token=1, now=end) is not None

    async def test_a_stale_worker_writes_nothing(self, store: SessionStore) -> None:
        for owner in ("other", "worker"):  # the second: its own name, after a restart
            await self._check_that_a_stale_worker_writes_nothing(store, owner)

    async def _check_that_a_stale_worker_writes_nothing(self, store: SessionStore, owner: str) -> None:
        session, expected = await self._running(store)
        stale = Lease(session.id, 1, "worker")
        first = session.tickets[0].id
        await self._append(store, stale, expected, intent(first))
        entry = RunResumed(LATER, crashed=True)
        lease = await take(store, session.id, entry, token=1, now=LATER, owner=owner)
        assert lease is not None
        expected.acquired(entry, owner, LATER)
        rows = list(await store.journal(session.id))
        recorded = IssueRecorded(LATER, first, issue(1))
        for entries in (
            [recorded],
            [intent(first, 2)],
            [RunFailed(LATER, 1.0, FAILURE, first, 1)],
            [RunReleased(LATER, 1.0)],
        ):
            await raises(LeaseLostError, store.append(stale, *entries))
        await raises(LeaseLostError, store.renew(stale, now=LATER, lease_seconds=LEASE_SECONDS))
        await agree(store, expected)
        assert list(await store.journal(session.id)) == rows
        await self._append(store, lease, expected, recorded)
        await raises(LeaseLostError, store.append(stale, recorded))

    async def test_an_expired_lease_nobody_took_over_still_writes(self, store: SessionStore) -> None:
        session, expected = await self._running(store)
        entry = IntentRecorded(LATER + timedelta(hours=1), session.tickets[0].id, 1)
        await self._append(store, Lease(session.id, 1, "worker"), expected, entry)

    # -- entries ---------------------------------------------------------------------------------------------------

    async def test_every_entry_changes_what_the_journal_says(self, store: SessionStore) -> None:
        session, expected = await self._running(store)
        lease = Lease(session.id, 1, "worker")
        first, second, third = (ticket.id for ticket in session.tickets)
        for entries in scenario(first, second, third):
            await self._append(store, lease, expected, *entries)
        retry = started(retry=True)
        lease_again = await take(store, session.id, retry, token=1, now=LATER)
        assert lease_again is not None
        expected.acquired(retry, "worker", LATER)
        await agree(store, expected)
        for entry in (
            IntentRecorded(LATER, third, 2, "Ticket 3"),
            IssueRecorded(LATER, third, issue(3), adopted=True),
            RunCompleted(LATER, 4.25),
        ):
            await self._append(store, lease_again, expected, entry)
        state = await store.state(session.id)
        assert (state.status, state.total, state.exported, state.links_created) == (SessionStatus.COMPLETED, 3, 3, 1)
        assert (state.manual_fix_count, state.retry_count, state.seconds) == (3, 1, 7.25)

    async def test_what_a_run_knows_of_its_tickets_is_checked(self, store: SessionStore) -> None:
        """The same comes of `append_advanced`, where a store has it, whether or not the run knew how they stood."""
        if not isinstance(store, AdvancingStore):
            return
        session, expected = await self._running(store)
        lease = Lease(session.id, 1, "worker")
        first, second, third = (ticket.id for ticket in session.tickets)
        knows = {state.ticket_id: state for state in await store.ticket_states(session.id)}

        async def append(*entries: Entry) -> None:
            after: dict[UUID, TicketState] = {}
            for entry in entries:
                ticket_id: UUID | None = getattr(entry, "ticket_id", None)
                if ticket_id is not None:
                    after[ticket_id] = advance_ticket(after.get(ticket_id, knows[ticket_id]), entry)
            await store.append_advanced(lease, entries, [(knows[key], state) for key, state in after.items()])
            knows.update(after)
            expected.appended(*entries)
            await agree(store, expected)

        orphan = OrphanFound(NOW, second, issue(7))
        await append(intent(first, fixes=(FIX,)), intent(second), intent(third))
        await store.record_orphan(session.id, orphan)
        expected.appended(orphan)
        await append(IssueRecorded(NOW, first, issue(1)), IssueRecorded(NOW, second, issue(7)))
        await append(CreateRefused(NOW, third, 1, "field_refused", "No."), IntentRecorded(LATER, third, 2, "Ticket 3"))
        await append(IssueRecorded(LATER, third, issue(3)), StepRecorded(NOW, first, Step(StepKind.LINK, "blocks:2")))
        await append(StepRecorded(NOW, first, Step(StepKind.SPRINT, "7", done=False, manual_fix=LINK_FIX)))
        assert (await store.state(session.id)).manual_fix_count == 2
        stale = replace(lease, token=0)
        for entries in ([intent(first)], [intent(first), intent(second)]):
            advanced = [(knows[each.ticket_id], advance_ticket(knows[each.ticket_id], each)) for each in entries]
            await raises(LeaseLostError, store.append_advanced(stale, entries, advanced))
        await agree(store, expected)

    async def test_repeating_what_is_recorded_changes_nothing(self, store: SessionStore) -> None:
        session, expected = await self._running(store)
        lease = Lease(session.id, 1, "worker")
        first = session.tickets[0].id
        recorded = IssueRecorded(NOW, first, issue(1))
        step = StepRecorded(NOW, first, Step(StepKind.LINK, "blocks:2"))
        refused = StepRecorded(NOW, first, Step(StepKind.ATTACHMENT, "1:a.txt", done=False, manual_fix=FIX))
        await self._append(store, lease, expected, intent(first, fixes=(FIX,)), recorded, step, refused)
        rows = list(await store.journal(session.id))
        for entries in ([recorded], [step], [refused], [recorded, step, refused]):
            await store.append(lease, *entries)
        await agree(store, expected)
        assert list(await store.journal(session.id)) == rows

    async def test_a_repeat_beside_news_keeps_the_news(self, store: SessionStore) -> None:
        session, expected = await self._running(store)
        lease = Lease(session.id, 1, "worker")
        first = session.tickets[0].id
        recorded = IssueRecorded(NOW, first, issue(1))
        await self._append(store, lease, expected, intent(first), recorded)
        step = StepRecorded(NOW, first, Step(StepKind.SPRINT, "7"))
        await store.append(lease, recorded, step)
        expected.appended(step)
        await agree(store, expected)

    async def test_a_bulk_is_written_as_if_its_tickets_came_alone(self, store: SessionStore) -> None:
        """More tickets than a bulk has, some of them twice, each with something else to change."""
        session, expected = await self._running(store, tickets=54)
        lease = Lease(session.id, 1, "worker")
        ids = [ticket.id for ticket in session.tickets]
        announced = [intent(each, fixes=(FIX,) if place % 3 == 0 else ()) for place, each in enumerate(ids)]
        await self._append(store, lease, expected, *announced)
        outcomes: list[Entry] = []
        for place, each in enumerate(ids, 1):
            if place % 5 == 0:
                outcomes += [CreateRefused(NOW, each, 1, "jira_refused", "No."), intent(each, 2, fixes=(LINK_FIX,))]
            else:
                step = Step(StepKind.ATTACHMENT, "1:a.txt", done=False, manual_fix=FIX)
                outcomes += [IssueRecorded(NOW, each, issue(place)), StepRecorded(NOW, each, step)]
            if place % 7 == 0:
                outcomes.append(OrphanFound(NOW, each, issue(1000 + place)))
        await self._append(store, lease, expected, *reversed(outcomes[:-4]), *outcomes[-4:])
        kept = await store.journal(session.id, after=0, limit=1000)
        assert [row.kind for row in kept].count("intent_recorded") == 54 + 10
        late = [IssueRecorded(NOW, each, issue(2000 + place), adopted=True) for place, each in enumerate(ids[4::5])]
        await self._append(store, lease, expected, *late)

    async def test_entries_written_together_are_there_together_or_not_at_all(self, store: SessionStore) -> None:
        session, expected = await self._running(store)
        first = session.tickets[0].id
        stranger = intent(SYSTEM_RUNTIME.new_id())
        await raises(SessionNotFoundError, store.append(Lease(session.id, 1, "worker"), intent(first), stranger))
        await agree(store, expected)
        assert len(await store.journal(session.id)) == 1

    async def test_a_cancelled_append_has_a_known_outcome(self, store: SessionStore) -> None:
        for patience in range(12):
            session, _ = await self._running(store, tickets=1)
            lease = Lease(session.id, 1, "worker")
            ticket_id = session.tickets[0].id
            entries = (intent(ticket_id), IssueRecorded(NOW, ticket_id, issue(1)))
            returned = await cancelled_after(patience, lambda: store.append(lease, *entries))  # noqa: B023 - awaited here
            kinds = [row.kind for row in await store.journal(session.id)][1:]
            assert kinds == (["intent_recorded", "issue_recorded"] if returned else [])
            assert (await store.state(session.id)).exported == returned
            # The store is usable, and nothing is still under way.
            await store.append(lease, *entries)
            assert (await store.state(session.id)).exported == 1

    async def test_appends_made_at_once_all_count(self, store: SessionStore) -> None:
        session, expected = await self._running(store, tickets=10)
        lease = Lease(session.id, 1, "worker")
        done = {ticket.id: IssueRecorded(NOW, ticket.id, issue(ticket.order)) for ticket in session.tickets}
        async with anyio.create_task_group() as tasks:
            for entry in done.values():
                tasks.start_soon(store.append, lease, entry)
        expected.appended(*done.values())
        await agree(store, expected)

    async def test_sessions_do_not_touch_each_other(self, store: SessionStore) -> None:
        running = [await self._running(store) for _ in range(5)]
        pairs = [(session, expected, Lease(session.id, 1, "worker")) for session, expected in running]

        async def work(session: Session, expected: Expectation, lease: Lease) -> None:
            for ticket in session.tickets:
                await self._append(store, lease, expected, intent(ticket.id))
                await self._append(store, lease, expected, IssueRecorded(NOW, ticket.id, issue(ticket.order)))

        async with anyio.create_task_group() as tasks:
            for session, expected, lease in pairs[1:]:
                tasks.start_soon(work, session, expected, lease)
        for _, expected, _ in pairs:
            await agree(store, expected)

    # -- cancelling, finding, reading back -------------------------------------------------------------------------

    async def test_a_cancel_reaches_the_worker_and_ends_with_the_run(self, store: SessionStore) -> None:
        session, expected = await self._running(store)
        lease = Lease(session.id, 1, "worker")
        for at in (NOW, LATER):  # asked for twice, requested once
            await store.request_cancel(session.id, CancelRequested(at))
        expected.appended(CancelRequested(NOW))
        await agree(store, expected)
        assert (await store.state(session.id)).cancel_requested
        assert await store.renew(lease, now=NOW, lease_seconds=LEASE_SECONDS) is True
        entry, end = intent(session.tickets[0].id), RunCancelled(NOW, 1.0)
        assert await store.append(lease, entry) is True
        expected.appended(entry)
        assert await store.append(lease, end) is True
        expected.appended(end)
        await agree(store, expected)
        assert not (await store.state(session.id)).cancel_requested

    async def test_there_is_nothing_to_cancel_when_nothing_runs(self, store: SessionStore) -> None:
        session, expected = await self._stored(store)
        await store.request_cancel(session.id, CancelRequested(NOW))
        await agree(store, expected)

    async def test_a_start_that_a_worker_takes_up_is_one_row(self, store: SessionStore) -> None:
        session, expected = await self._stored(store)
        entry = started()
        assert await take(store, session.id, entry, token=0, owner="") is not None
        expected.acquired(entry, "", NOW)
        await agree(store, expected)
        assert (await store.state(session.id)).lease_owner is None
        assert session.id in await store.interrupted(NOW)
        first = RunResumed(NOW, crashed=False, first=True)
        lease = await take(store, session.id, first, token=1, owner="worker")
        assert lease is not None
        expected.acquired(first, "worker", NOW)
        await agree(store, expected)
        assert [row.kind for row in await store.journal(session.id)] == ["run_started"]

    async def test_an_orphan_needs_no_lease_and_is_kept_once(self, store: SessionStore) -> None:
        session, expected = await self._running(store)
        first, second = session.tickets[0].id, session.tickets[1].id
        lease = Lease(session.id, 1, "worker")
        orphan = OrphanFound(NOW, first, issue(7))
        ticket = await store.record_orphan(session.id, orphan)
        expected.appended(orphan)
        assert (ticket.issue, ticket.orphans) == (None, (orphan.issue,))
        await agree(store, expected)
        assert (await store.record_orphan(session.id, orphan)).orphans == (orphan.issue,)  # known already
        await agree(store, expected)
        # Found by the worker that has the session, it is the ticket's issue and no orphan any more.
        await self._append(store, lease, expected, intent(first), IssueRecorded(NOW, first, issue(7), adopted=True))
        assert (await store.record_orphan(session.id, orphan)).orphans == ()
        await agree(store, expected)
        await self._append(store, lease, expected, RunCompleted(NOW, 1.0))
        late = OrphanFound(LATER, second, issue(8))
        await store.record_orphan(session.id, late)
        expected.appended(late)
        await agree(store, expected)
        await raises(
            SessionNotFoundError, store.record_orphan(session.id, OrphanFound(NOW, SYSTEM_RUNTIME.new_id(), issue(9)))
        )
        await raises(SessionNotFoundError, store.record_orphan(SYSTEM_RUNTIME.new_id(), orphan))

    async def test_a_failed_session_is_released_once_its_retries_are_used_up(self, store: SessionStore) -> None:
        session, expected = await self._running(store)
        lease: Lease | None = Lease(session.id, 1, "worker")
        entry = SessionReleased(NOW, "an administrator")
        assert await store.release(session.id, entry) is False
        for token in range(1, 4):
            assert lease is not None
            await self._append(store, lease, expected, RunFailed(NOW, 1.0, FAILURE, None, None))
            if token == 1:  # no retry is used up
                assert await store.release(session.id, entry) is False
                await agree(store, expected)
            if token < 3:
                retry = started(retry=True)
                lease = await take(store, session.id, retry, token=token)
                expected.acquired(retry, "worker", NOW)
        assert await store.release(session.id, entry) is True
        expected.appended(entry)
        await agree(store, expected)
        assert (await store.state(session.id)).retry_count == 1
        (row,) = [row for row in await store.journal(session.id) if row.kind == "session_released"]
        assert dict(row.data) == {"by": "an administrator"}

    async def test_what_is_deleted_is_as_if_it_had_not_been_exported(self, store: SessionStore) -> None:
        session, expected = await self._running(store)
        lease: Lease | None = Lease(session.id, 1, "worker")
        assert lease is not None
        first, second, third = (ticket.id for ticket in session.tickets)
        for entries in scenario(first, second, third):
            await self._append(store, lease, expected, *entries)
        cleanup = CleanupStarted(NOW, "somebody")
        lease = await take(store, session.id, cleanup, token=1)
        assert lease is not None
        expected.acquired(cleanup, "worker", NOW)
        await agree(store, expected)
        assert session.id not in await store.interrupted(LATER)  # else a sweep would create again what is deleted
        deleted = [IssueDeleted(NOW, first, issue(1), 2), IssueDeleted(NOW, second, issue(9))]
        stranger = IssueDeleted(NOW, None, issue(8))
        await self._append(store, lease, expected, *deleted, stranger)
        await self._append(store, lease, expected, IssueDeleted(NOW, first, issue(7)), CleanupEnded(NOW, 2, 1))
        one, two, _ = await store.ticket_states(session.id)
        assert (one.issue, one.status, one.attempt, one.steps, one.manual_fixes, one.orphans) == (
            None,
            TicketStatus.PENDING,
            2,
            (),
            (),
            (),
        )
        assert two.issue == issue(2)
        state = await store.state(session.id)
        assert (state.status, state.exported, state.links_created, state.lease_owner) == ("cancelled", 1, 0, None)

    async def test_interrupted_sessions_are_found(self, store: SessionStore) -> None:
        ready, _ = await self._stored(store)
        live, _ = await self._running(store)
        released, _ = await self._running(store)
        ended = []
        for end in (RunCompleted(NOW, 1.0), RunFailed(NOW, 1.0, FAILURE, None, None), RunCancelled(NOW, 1.0)):
            session, _ = await self._running(store)
            await store.append(Lease(session.id, 1, "worker"), end)
            ended.append(session.id)
        await store.append(Lease(released.id, 1, "worker"), RunReleased(NOW, 1.0))
        before, after = set(await store.interrupted(NOW)), set(await store.interrupted(LATER))
        assert released.id in before
        assert live.id not in before
        assert {released.id, live.id} <= after
        assert after.isdisjoint({ready.id, *ended})

    async def test_a_store_that_tells_of_changes_tells_all_of_them(self, store: SessionStore) -> None:
        """`ChangeSource`, for a store that is one; after the write, so that it is found."""
        if not isinstance(store, ChangeSource):
            return
        session, _ = await self._running(store)
        other, _ = await self._running(store)
        lease, elsewhere = (Lease(session_id=each.id, token=1, owner="worker") for each in (session, other))
        with store.follow(session.id) as signal:
            if self.tells_of_changes is not False:
                with anyio.move_on_after(60 if self.tells_of_changes else 10):
                    while not signal.is_live:
                        await signal.wait()
            assert self.tells_of_changes in {None, signal.is_live}
            if not signal.is_live:
                return  # this one cannot, here; then it is asked again and again
            with anyio.fail_after(60):
                for ticket in session.tickets:
                    await store.append(lease, IntentRecorded(NOW, ticket.id, 1, ticket.title))
                    await signal.wait()
                    assert (await store.state(session.id)).current_title == ticket.title
            await store.append(elsewhere, IntentRecorded(NOW, other.tickets[0].id, 1, "Another session"))
            with anyio.move_on_after(0.05) as nothing:
                await signal.wait()
            assert nothing.cancelled_caught
            await store.append(lease, IssueRecorded(NOW, session.tickets[0].id, issue(1)))
            with anyio.fail_after(60):
                await signal.wait()  # a wait that was cancelled has lost nothing

    async def test_the_journal_tells_all_and_reads_in_pages(self, store: SessionStore) -> None:
        session, expected = await self._running(store)
        other, _ = await self._running(store)
        lease = Lease(session.id, 1, "worker")
        first, second, third = (ticket.id for ticket in session.tickets)
        for entries in scenario(first, second, third):
            await self._append(store, lease, expected, *entries)
            await store.append(Lease(other.id, 1, "worker"), intent(other.tickets[0].id))
        rows = list(await store.journal(session.id))
        assert [row.kind for row in rows] == [
            "run_started",
            "intent_recorded",
            "create_refused",
            "intent_recorded",
            "issue_recorded",
            *["step_recorded"] * 3,
            "orphan_found",
            "intent_recorded",
            "issue_recorded",
            "intent_recorded",
            "run_failed",
        ]
        assert all(row.session_id == session.id and row.at.utcoffset() == timedelta(0) for row in rows)
        assert [row.sequence for row in rows] == sorted({row.sequence for row in rows})
        assert [(row.ticket_id, row.attempt, row.trace_id) for row in rows[:5]] == [
            (None, None, None),
            (first, 1, None),
            (first, 1, "trace-1"),
            (first, 2, None),
            (first, 2, "trace-2"),
        ]
        assert rows[-1].trace_id == "trace-9"
        assert json.loads(json.dumps(dict(rows[4].data)))["issue"]["key"] == "DEMO-1"
        pages: list[JournalRow] = []
        after = 0
        while page := await store.journal(session.id, after=after, limit=5):
            assert len(page) <= 5
            pages += page
            after = page[-1].sequence
        assert pages == rows

    # -- inside ----------------------------------------------------------------------------------------------------

    async def _stored(self, store: SessionStore, tickets: int = 3) -> tuple[Session, Expectation]:
        session = new_session(tickets)
        await self.put(store, session)
        return session, Expectation(await store.state(session.id), await store.ticket_states(session.id))

    async def _running(self, store: SessionStore, tickets: int = 3) -> tuple[Session, Expectation]:
        """A session that "worker" holds with token 1."""
        session, expected = await self._stored(store, tickets)
        entry = started()
        assert await take(store, session.id, entry, token=0) is not None
        expected.acquired(entry, "worker", NOW)
        return session, expected

    async def _append(self, store: SessionStore, lease: Lease, expected: Expectation, *entries: Entry) -> None:
        assert await store.append(lease, *entries) is False
        expected.appended(*entries)
        await agree(store, expected)


def started(*, selection: frozenset[UUID] | None = None, retry: bool = False) -> RunStarted:
    """A run with an id of its own."""
    return RunStarted(NOW, SYSTEM_RUNTIME.new_id(), selection, retry)


def intent(ticket_id: UUID, attempt: int = 1, *, fixes: tuple[ManualFix, ...] = ()) -> IntentRecorded:
    """An announced create."""
    follow_ups = (FollowUp(StepKind.SPRINT, "7"),)
    return IntentRecorded(NOW, ticket_id, attempt, f"Attempt {attempt}", fixes, follow_ups, f"1 title={attempt}")


def scenario(first: UUID, second: UUID, third: UUID) -> tuple[tuple[Entry, ...], ...]:
    """A run with every kind of entry, in the appends it would make; it fails at the third ticket."""
    return (
        (intent(first, fixes=(LINK_FIX,)),),
        (CreateRefused(NOW, first, 1, "jira_refused", "No such user.", trace_id="trace-1"),),
        (intent(first, 2, fixes=(FIX,)),),
        (IssueRecorded(NOW, first, issue(1), trace_id="trace-2"),),
        (StepRecorded(NOW, first, Step(StepKind.ATTACHMENT, "1:plan.pdf", jira_id="55"), trace_id="trace-3"),),
        (
            StepRecorded(NOW, first, Step(StepKind.LINK, "Blocks:DEMO-2")),
            StepRecorded(NOW, first, Step(StepKind.LINK, "Blocks:DEMO-9", done=False, manual_fix=LINK_FIX)),
        ),
        (OrphanFound(NOW, first, issue(7)),),
        (intent(second, fixes=(FIX,)), IssueRecorded(NOW, second, issue(2), adopted=True)),
        (intent(third),),
        (RunFailed(NOW, 3.0, FAILURE, third, 3),),
    )


async def take(
    store: SessionStore,
    session_id: UUID,
    entry: RunStarted | RunResumed | CleanupStarted,
    *,
    token: int,
    owner: str = "worker",
    now: datetime = NOW,
) -> Lease | None:
    """`acquire`, with the usual length of lease."""
    return await store.acquire(
        session_id, entry, expected_token=token, owner=owner, now=now, lease_seconds=LEASE_SECONDS
    )


async def agree(store: SessionStore, expected: Expectation) -> None:
    """The store holds what the journal's functions say."""
    state = await store.state(expected.state.session_id)
    assert state == expected.state
    assert list(await store.ticket_states(state.session_id)) == expected.tickets


async def raises(error: type[Exception], call: Coroutine[Any, Any, object]) -> None:
    """The call raises that error."""
    try:
        result = await call
    except error:
        return
    raise AssertionError(f"{error.__name__} was not raised, the result was {result!r}")


async def cancelled_after(patience: int, call: Callable[[], Coroutine[Any, Any, object]]) -> bool:
    """Whether the call returned, although it was cancelled after `patience` turns of the event loop."""
    returned = False

    async def run() -> None:
        nonlocal returned
        await call()
        returned = True

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(run)
        for _ in range(patience):
            await checkpoint()
        tasks.cancel_scope.cancel()
    return returned
