"""Creates tickets' issues, one each: announces, sends and records them; sends less when Jira refuses; or finds them.

One ticket goes by `POST /issue`, several by `POST /issue/bulk`. What holds for one holds for each of several, as it is
the same code: a create is announced before it is sent, decided before it is sent again, and recorded before anything
else happens.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

import anyio

from jira_session_export._export.fenced import FencedJournal
from jira_session_export._export.pending import Pending, Preparer, Sent, closing_entries
from jira_session_export._export.ports import IssueTracker
from jira_session_export._export.reconcile import decide, find_created
from jira_session_export._export.recording import Recorded, Recorder
from jira_session_export._export.stopping import StopRequested
from jira_session_export._export.write_state import WriteState
from jira_session_export._jira.dispatch import JiraWait, WaitForJira
from jira_session_export._jira.operation import Effect
from jira_session_export._jira.retry import RetryPolicy, wait_before_repeat
from jira_session_export._journal import CreateRefused, Entry, IntentRecorded, IssueRecorded, OrphanFound, TicketState
from jira_session_export._mapping.metadata import ProjectMetadata
from jira_session_export._models import Ticket
from jira_session_export._runtime import Runtime
from jira_session_export._settings import ExportSettings
from jira_session_export._values import CreatedIssue
from jira_session_export.errors import (
    CreateUndecidedError,
    InputError,
    JiraError,
    JiraSessionExportError,
    LeaseLostError,
    OutcomeUnknownError,
    RateLimitedError,
    RefusedError,
)

ANNOUNCEMENT_SECONDS = 5.0
"""A create held back for longer is announced again when it is sent: the settle time counts from the announcement."""

FIRST_ROUND_DELAY_SECONDS = 2.0
"""The wait before a create is sent again that Jira has answered without making an issue; doubled each round."""
LONGEST_ROUND_DELAY_SECONDS = 30.0

WHOLE_REFUSALS = frozenset({400, 413})
"""Statuses by which a whole bulk is refused that may be a matter of its size, or of one issue nobody names."""

Wait = Callable[[float], Awaitable[None]]
"""Waits that many seconds, or raises when the run is to stop."""

Made = Callable[[Ticket, bool], None]
"""Hears of a ticket whose issue is recorded, and whether it was found instead of created."""


class Creator:
    """Creates the issues of one run.

    Args:
        preparer: says what their creates send.
        checkpoint: awaited between two steps; raises when the run is to stop there.
        wait_for_jira: waits before what was one too many for Jira is sent again; raises as `checkpoint`.
        orphaned: called with an issue that exists and could not be recorded.
        made: called with each ticket as soon as its issue is recorded.

    Attributes:
        sent: what was sent last in the last `create`, by ticket: of those that have steps left once their issues are
            recorded. A ticket whose issue was found at once is not there.
        failed: the ticket that made the last `create` fail.
        last_ended: `Runtime.monotonic` when the last request to create ended; None before the first.
        unsent: closes the announcements that a cancellation left open although nothing of them was sent.
    """

    def __init__(
        self,
        tracker: IssueTracker,
        journal: FencedJournal,
        *,
        session_id: UUID,
        settings: ExportSettings,
        preparer: Preparer,
        runtime: Runtime,
        checkpoint: Callable[[], Awaitable[None]],
        wait_for_jira: WaitForJira,
        orphaned: Callable[[Ticket, CreatedIssue], None],
        made: Made,
    ) -> None:
        self._tracker = tracker
        self._journal = journal
        self._session_id = session_id
        self._settings = settings
        self._preparer = preparer
        self._runtime = runtime
        self._checkpoint = checkpoint
        self._wait_for_jira = wait_for_jira
        self._made = made
        self._recorder = Recorder(journal, session_id=session_id, runtime=runtime, orphaned=orphaned)
        self.sent: dict[UUID, Sent] = {}
        self.failed: Ticket | None = None
        self.last_ended: float | None = None
        self.unsent: tuple[CreateRefused, ...] = ()

    async def create(
        self,
        tickets: Sequence[Ticket],
        project: ProjectMetadata,
        *,
        wait: Wait,
        pause: Callable[[], Awaitable[None]],
    ) -> InputError | None:
        """Make sure that each ticket has exactly one issue, recorded. Several are created with one request.

        Args:
            pause: keeps the pause between two requests for different tickets; what Jira has refused is sent again at
                once.

        Returns:
            Why the first ticket without an issue cannot be sent; those before it have theirs. None when all have.

        Raises:
            JiraSessionExportError: the ticket `failed` has none, or it cannot be known yet whether it has. The tickets
                before it that can be created have been.
        """
        self.sent = {}
        self.failed = tickets[0]
        # An open intent means that an earlier worker may have created the issue. It is decided before anything is sent;
        # creating first would make a second issue (tests/fault/test_crash_enumeration.py).
        states = self._journal.states
        open_ones = [ticket for ticket in tickets if states[ticket.id].intent_at is not None]
        if open_ones:
            await self._adopt(open_ones, project, wait)
        missing = [ticket for ticket in tickets if states[ticket.id].issue is None]
        pending, problem = await self._preparer.prepare(missing, project)
        # Where Jira refuses a bulk as a whole, its halves come one after the other.
        groups = [pending] if pending else []
        while groups:
            again = await self._round(groups.pop(0), project, wait)
            if groups and not again:
                await pause()
            groups[:0] = again
        return problem

    async def _round(self, pending: list[Pending], project: ProjectMetadata, wait: Wait) -> list[list[Pending]]:
        """Send once what is pending; what is still pending afterwards, in groups that are to be sent together."""
        self.failed = pending[0].ticket
        try:
            for each in pending:
                self.failed = each.ticket
                await self._preparer.make_ready(each, project, alone=len(pending) == 1)
        except InputError:
            if closing := closing_entries(pending):
                await self._journal.append(*closing)
            raise
        self.failed = pending[0].ticket
        intents = await self._announce(pending)
        outcomes: Sequence[CreatedIssue | JiraSessionExportError]
        is_answered = True
        try:
            outcomes = await self._send(pending, intents)
        except LeaseLostError:
            raise  # nothing may be written, not even the refusal: the session is another worker's
        except JiraSessionExportError as exc:
            if len(pending) > 1 and isinstance(exc, RefusedError) and exc.refusal.status in WHOLE_REFUSALS:
                for each in pending:
                    each.refuse(exc, self._runtime.now())
                await self._journal.append(*closing_entries(pending))
                return [pending[: len(pending) // 2], pending[len(pending) // 2 :]]
            is_answered, outcomes = False, [exc] * len(pending)
        made: list[Recorded] = []
        refused: list[tuple[Pending, JiraSessionExportError]] = []
        limited: list[tuple[Pending, RateLimitedError]] = []
        unknown: list[tuple[Pending, OutcomeUnknownError]] = []
        now = self._runtime.now()
        for each, outcome in zip(pending, outcomes, strict=True):
            if isinstance(outcome, CreatedIssue):
                recorded = IssueRecorded(now, each.ticket.id, outcome, trace_id=outcome.trace_id)
                made.append(Recorded(each.ticket, recorded))
            elif isinstance(outcome, OutcomeUnknownError):
                unknown.append((each, outcome))
            else:  # whatever else it is, no issue was made
                each.refuse(outcome, now)
                # For a request that is limited as a whole, the tracker has waited already.
                if is_answered and isinstance(outcome, RateLimitedError):
                    limited.append((each, outcome))
                else:
                    refused.append((each, outcome))
        if made:
            await self._record(made, *closing_entries(pending))
        elif (unknown or limited) and (closing := closing_entries(pending)):
            # What follows may take long, and a run that is stopped meanwhile has nothing to look for.
            await self._journal.append(*closing)
        again = [each for each, _ in limited]
        limited_until = self._limited_until(limited, some_were_made=bool(made))
        fatal: tuple[Pending, JiraSessionExportError] | None = None
        for each, error in refused:
            try:
                await self._preparer.send_less(each, error, project)
            except JiraSessionExportError as exc:
                fatal = fatal or (each, exc)
            else:
                again.append(each)
        if unknown:
            # Never a blind repeat. `_adopt` raises while the index cannot know yet, so past it there is no issue.
            await self._adopt([each.ticket for each, _ in unknown], project, wait)
            lost = [(each, exc) for each, exc in unknown if self._journal.states[each.ticket.id].issue is None]
            for each, unanswered in lost:
                message = f"{unanswered.user_message} Jira's search shows that it was not."
                each.refuse(unanswered, self._runtime.now(), message)
                each.lost += 1
                if each.lost == self._settings.max_create_rounds:
                    fatal = fatal or (each, _made_in_vain(each.lost, unanswered))
                again.append(each)
            if lost and fatal is None:
                delay = FIRST_ROUND_DELAY_SECONDS * 2 ** (max(each.lost for each, _ in lost) - 1)
                await wait(min(delay, LONGEST_ROUND_DELAY_SECONDS))
        if limited and limited_until is None:
            fatal = fatal or limited[0]
        if fatal is not None:
            each, error = fatal
            self.failed = each.ticket
            if closing := closing_entries(pending):
                await self._journal.append(*closing)
            raise error
        if limited_until is not None:
            await self._keep_limit(limited[0][1], limited_until)
        again.sort(key=pending.index)
        return [again] if again else []

    def _limited_until(
        self, limited: Sequence[tuple[Pending, RateLimitedError]], *, some_were_made: bool
    ) -> float | None:
        """When what was one too many is sent again, as after a request that was limited as a whole.

        Returns:
            In terms of `Runtime.monotonic`. None when nothing is to be sent again, or not in this run.
        """
        policy = RetryPolicy(
            max_attempts=self._settings.max_create_rounds, longest_wait_seconds=self._settings.longest_wait_seconds
        )
        waits: list[float] = []
        for each, exc in limited:
            each.limited = 1 if some_were_made else each.limited + 1
            wait = wait_before_repeat(
                policy,
                exc,
                Effect.ADDITIVE,
                attempt=each.limited,
                asked_wait=exc.retry_after,
                random=self._runtime.random(),
            )
            if wait is None:
                return None
            waits.append(wait.total_seconds())
        return self._runtime.monotonic() + max(waits) if waits else None

    async def _keep_limit(self, exc: RateLimitedError, until: float) -> None:
        seconds = until - self._runtime.monotonic()
        if seconds > 0:
            await self._wait_for_jira(JiraWait(seconds, exc.operation, exc.code, exc.reason))

    async def look_for(self, state: TicketState, project: ProjectMetadata) -> bool:
        """Record the issue of an announced create of a ticket that is left out, if Jira shows it now.

        Raises:
            JiraError: Jira could not be asked.
        """
        assert state.intent_at is not None  # noqa: S101 -- callers look at it
        found = await find_created(
            self._tracker,
            project_key=project.project.key,
            session_id=self._session_id,
            intents={state.ticket_id: state.intent_at},
            now=self._runtime.now(),
        )
        if not found:
            return False
        # Its row need not be valid, as it is left out; who it is suffices here.
        ticket = Ticket(id=state.ticket_id, order=1, title=state.title.strip() or "?")
        recorded, orphans = self._adoption(ticket, found[ticket.id])
        await self._recorder.record([recorded], *orphans)
        return True

    async def _announce(self, pending: Sequence[Pending]) -> list[IntentRecorded]:
        """Announce creates: a crash from here on leaves intents to look for, never an unknown issue."""
        now = self._runtime.now()
        intents = [
            IntentRecorded(
                now,
                each.ticket.id,
                each.attempt,
                each.ticket.title,
                each.manual_fixes,
                each.follow_ups,
                each.fingerprint,
            )
            for each in pending
        ]
        await self._journal.append(*closing_entries(pending), *intents)
        try:
            await self._checkpoint()  # that append brings the news when somebody cancels during the pause, for example
        except StopRequested:
            await self._journal.append(*self._not_sent(intents))
            raise
        kept = ((each.ticket, each.sent) for each in pending if each.sent is not None)
        self.sent |= {ticket.id: sent for ticket, sent in kept if self._preparer.is_needed(ticket, sent)}
        return intents

    async def _send(
        self, pending: Sequence[Pending], intents: list[IntentRecorded]
    ) -> Sequence[CreatedIssue | JiraError]:
        announced = self._runtime.monotonic()

        def ages() -> tuple[float, float]:
            # The wall clock may have been set back, and the other one stands still while a machine sleeps.
            return (self._runtime.now() - intents[0].at).total_seconds(), self._runtime.monotonic() - announced

        async def keep_announced() -> Callable[[], bool]:
            nonlocal announced
            is_ours = await self._journal.check_lease()
            if max(ages()) > ANNOUNCEMENT_SECONDS or min(ages()) < 0:
                now = self._runtime.now()
                intents[:] = [replace(each, at=now) for each in intents]
                announced = self._runtime.monotonic()
                await self._journal.append(*intents)

            def still_wanted() -> bool:
                # The connection may have been long in coming, and Jira's index is to settle after the announcement.
                return is_ours() and max(ages()) <= max(ANNOUNCEMENT_SECONDS, self._settings.index_settle_seconds / 2)

            return still_wanted

        sending = WriteState(keep_announced)
        watched: Any = {"before_send": sending.before_send, "on_not_sent": sending.on_not_sent}
        try:
            encoder = self._preparer.encoder
            if encoder is not None and len(pending) > 1:
                bodies = [each.body for each in pending if each.body is not None]
                return await encoder.create_encoded_issues(bodies, **watched)
            payloads = [self._preparer.payload(each) for each in pending]
            if len(payloads) == 1:
                return [await self._tracker.create_issue(payloads[0], **watched)]
            return await self._tracker.create_issues(payloads, **watched)
        except anyio.get_cancelled_exc_class():
            if not sending.under_way:  # Jira has asked us to wait, for example: then there is nothing to look for
                self.unsent = self._not_sent(intents)
            raise
        except StopRequested:
            if not sending.under_way:
                await self._journal.append(*self._not_sent(intents))
            raise
        finally:
            self.last_ended = self._runtime.monotonic()

    def _not_sent(self, intents: Sequence[IntentRecorded]) -> tuple[CreateRefused, ...]:
        """Close announcements of which nothing was sent."""
        now, message = self._runtime.now(), "The export was stopped before."
        return tuple(CreateRefused(now, each.ticket_id, each.attempt, "not_sent", message) for each in intents)

    async def _adopt(self, tickets: Sequence[Ticket], project: ProjectMetadata, wait: Wait) -> None:
        """Look for the issues of open intents with one search, and record them; those not found are certainly absent.

        Raises:
            CreateUndecidedError: of one it cannot be known yet.
            JiraError: Jira could not be asked.
        """
        states = self._journal.states
        intents = {ticket.id: at for ticket in tickets if (at := states[ticket.id].intent_at) is not None}
        try:
            found = await decide(
                self._tracker,
                project_key=project.project.key,  # a renamed project is found by its present key only
                session_id=self._session_id,
                intents=intents,
                settings=self._settings,
                runtime=self._runtime,
                wait=wait,
            )
        except CreateUndecidedError as exc:
            self.failed = next(ticket for ticket in tickets if ticket.id == exc.ticket_id)
            raise
        adoptions = [self._adoption(ticket, found[ticket.id]) for ticket in tickets if ticket.id in found]
        if adoptions:
            await self._record(
                [each for each, _ in adoptions], *(orphan for _, others in adoptions for orphan in others)
            )

    def _adoption(self, ticket: Ticket, found: Sequence[CreatedIssue]) -> tuple[Recorded, list[OrphanFound]]:
        issue, *others = found
        now = self._runtime.now()
        recorded = IssueRecorded(now, ticket.id, issue, adopted=True, trace_id=issue.trace_id)
        return Recorded(ticket, recorded), [OrphanFound(now, ticket.id, other) for other in others]

    async def _record(self, made: Sequence[Recorded], *others: Entry) -> None:
        await self._recorder.record(made, *others)
        for each in made:
            self._made(each.ticket, each.entry.adopted)


def _made_in_vain(times: int, exc: OutcomeUnknownError) -> OutcomeUnknownError:
    problem = OutcomeUnknownError(
        f"Jira has answered {times} creates of this ticket without making an issue: {exc.user_message}",
        operation=exc.operation,
        trace_id=exc.trace_id,
    )
    problem.__cause__ = exc
    return problem
