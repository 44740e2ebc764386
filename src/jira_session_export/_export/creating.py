"""Creates a ticket's one issue: announces, sends and records it; sends less when Jira refuses; or finds it."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from uuid import UUID

import anyio

from jira_session_export._adf import Conversion
from jira_session_export._export.conversion import Converter, cut
from jira_session_export._export.fenced import FencedJournal
from jira_session_export._export.ports import IssueTracker
from jira_session_export._export.reconcile import decide, find_created
from jira_session_export._export.stopping import StopRequested
from jira_session_export._export.write_state import WriteState
from jira_session_export._fingerprint import fingerprint
from jira_session_export._journal import CreateRefused, IntentRecorded, IssueRecorded, OrphanFound, TicketState
from jira_session_export._mapping.building import build_draft
from jira_session_export._mapping.draft import IssueDraft
from jira_session_export._mapping.fallback import next_draft
from jira_session_export._mapping.metadata import ProjectMetadata
from jira_session_export._models import Ticket
from jira_session_export._runtime import Runtime
from jira_session_export._settings import ExportSettings
from jira_session_export._values import CreatedIssue, Marker
from jira_session_export.errors import (
    JiraSessionExportError,
    LeaseLostError,
    OutcomeUnknownError,
    RefusedError,
    StoreError,
    StoreUnavailableError,
)

logger = logging.getLogger("jira_session_export.run")

ANNOUNCEMENT_SECONDS = 5.0
"""A create held back for longer is announced again when it is sent: the settle time counts from the announcement."""

FIRST_ROUND_DELAY_SECONDS = 2.0
"""The wait before a create is sent again that Jira has answered without making an issue; doubled each round."""
LONGEST_ROUND_DELAY_SECONDS = 30.0

Wait = Callable[[float], Awaitable[None]]
"""Waits that many seconds, or raises when the run is to stop."""


class Creator:
    """Creates the issues of one run.

    Args:
        checkpoint: awaited between two steps; raises when the run is to stop there.
        orphaned: called with an issue that exists and could not be recorded.

    Attributes:
        sent: what was sent last in the last `create`; None when its issue was found at once.
        last_ended: `Runtime.monotonic` when the last create ended; None before the first.
        unsent: closes the announcement that a cancellation left open although nothing of it was sent.
    """

    def __init__(
        self,
        tracker: IssueTracker,
        journal: FencedJournal,
        *,
        session_id: UUID,
        settings: ExportSettings,
        converter: Converter,
        runtime: Runtime,
        checkpoint: Callable[[], Awaitable[None]],
        orphaned: Callable[[Ticket, CreatedIssue], None],
    ) -> None:
        self._tracker = tracker
        self._journal = journal
        self._session_id = session_id
        self._settings = settings
        self._converter = converter
        self._runtime = runtime
        self._checkpoint = checkpoint
        self._orphaned = orphaned
        self.sent: IssueDraft | None = None
        self.last_ended: float | None = None
        self.unsent: CreateRefused | None = None

    async def create(self, ticket: Ticket, conversion: Conversion, project: ProjectMetadata, *, wait: Wait) -> bool:
        """Make sure the ticket has exactly one issue, recorded.

        Returns:
            Whether the issue was found instead of created.

        Raises:
            JiraSessionExportError: it has none, or it cannot be known yet whether it has.
        """
        self.sent = None
        # An open intent means that an earlier worker may have created the issue. It is decided before anything is sent;
        # creating first would make a second issue (tests/fault/test_crash_enumeration.py).
        if self._journal.states[ticket.id].intent_at is not None and await self._adopt(ticket, project, wait):
            return True
        attempt = self._journal.states[ticket.id].attempt + 1
        marker = replace(self._marker(ticket, attempt), fingerprint=fingerprint(ticket))
        draft = self.draft(ticket, conversion, project)
        refused: CreateRefused | None = None
        rounds = 0
        lost = 0
        most_rounds = self._settings.max_fallback_rounds
        while True:
            # Each create has a number of its own, so an issue that is found says which of them made it.
            marker = replace(marker, attempt=attempt)
            intent = IntentRecorded(
                self._runtime.now(),
                ticket.id,
                attempt,
                ticket.title,
                draft.manual_fixes,
                draft.follow_ups,
                marker.fingerprint,
            )
            # Announced before it is sent: a crash after this line leaves an intent to look for, never an unknown issue.
            # The refusal before it is in the same transaction, so that no moment has the one without the other.
            await self._journal.append(*filter(None, (refused, intent)))
            if self._journal.cancel_requested:  # during the pause, for example; that append brought the news
                await self._journal.append(self._not_sent(intent))
                await self._checkpoint()
            self.sent = draft
            try:
                issue = await self._send(draft, marker, intent)
            except OutcomeUnknownError as exc:
                # Never a blind repeat. `_adopt` raises while the index cannot know yet, so past it there is no issue.
                if await self._adopt(ticket, project, wait):
                    return True
                refused = self._refused(ticket, attempt, exc)
                lost += 1
                if lost == self._settings.max_create_rounds:
                    await self._journal.append(refused)
                    raise OutcomeUnknownError(
                        f"Jira has answered {lost} creates of this ticket without making an issue: {exc.user_message}",
                        operation=exc.operation,
                        trace_id=exc.trace_id,
                    ) from exc
                await wait(min(FIRST_ROUND_DELAY_SECONDS * 2 ** (lost - 1), LONGEST_ROUND_DELAY_SECONDS))
            except LeaseLostError:
                raise  # nothing may be written, not even the refusal: the session is another worker's
            except JiraSessionExportError as exc:  # whatever else it is, no issue was made
                refused = self._refused(ticket, attempt, exc)
                try:
                    if not isinstance(exc, RefusedError) or not 0 < most_rounds >= rounds:
                        raise
                    # After the last round everything goes that may: better an issue with less than none.
                    draft = next_draft(draft, exc, shorten=cut, is_last=rounds == most_rounds)
                except JiraSessionExportError:
                    await self._journal.append(refused)
                    raise
                rounds += 1
            else:
                recorded = IssueRecorded(self._runtime.now(), ticket.id, issue, trace_id=issue.trace_id)
                await self._record(ticket, recorded)
                return False
            attempt += 1

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
            ticket_id=state.ticket_id,
            intent_at=state.intent_at,
            now=self._runtime.now(),
        )
        if found:
            # Its row need not be valid, as it is left out; who it is suffices here.
            await self._record_found(Ticket(id=state.ticket_id, order=1, title=state.title.strip() or "?"), found)
        return bool(found)

    def draft(self, ticket: Ticket, conversion: Conversion, project: ProjectMetadata) -> IssueDraft:
        """What is sent for the ticket, before Jira has refused anything.

        Raises:
            TicketError: it cannot be sent.
        """
        return build_draft(
            ticket,
            conversion,
            project,
            settings=self._settings,
            marker=self._marker(ticket, 1),
            parent_key=self._parent_key(ticket),
            parent_name=self._parent_name(ticket),
            rich_text=self._converter.text,
        )

    def _marker(self, ticket: Ticket, attempt: int) -> Marker:
        return Marker(str(self._session_id), str(ticket.id), attempt)

    def _parent_key(self, ticket: Ticket) -> str | None:
        if isinstance(ticket.parent, UUID):
            state = self._journal.states.get(ticket.parent)
            return state.issue.key if state and state.issue else None
        return ticket.parent

    def _parent_name(self, ticket: Ticket) -> str:
        parent = self._journal.states.get(ticket.parent) if isinstance(ticket.parent, UUID) else None
        return f"ticket {parent.order} ({parent.title})" if parent else ""

    async def _send(self, draft: IssueDraft, marker: Marker, intent: IntentRecorded) -> CreatedIssue:
        announced = self._runtime.monotonic()

        async def keep_announced() -> Callable[[], bool]:
            nonlocal intent, announced
            is_ours = await self._journal.check_lease()
            now = self._runtime.now()
            # The wall clock may have been set back, and the other one stands still while a machine sleeps.
            ages = ((now - intent.at).total_seconds(), self._runtime.monotonic() - announced)
            if max(ages) > ANNOUNCEMENT_SECONDS or min(ages) < 0:
                intent, announced = replace(intent, at=now), self._runtime.monotonic()
                await self._journal.append(intent)

            def still_wanted() -> bool:
                # The connection may have been long in coming, and Jira's index is to settle after the announcement.
                ages = ((self._runtime.now() - intent.at).total_seconds(), self._runtime.monotonic() - announced)
                return is_ours() and max(ages) <= max(ANNOUNCEMENT_SECONDS, self._settings.index_settle_seconds / 2)

            return still_wanted

        sending = WriteState(keep_announced)
        try:
            return await self._tracker.create_issue(
                draft.payload(marker), before_send=sending.before_send, on_not_sent=sending.on_not_sent
            )
        except anyio.get_cancelled_exc_class():
            if not sending.under_way:  # Jira has asked us to wait, for example: then there is nothing to look for
                self.unsent = self._not_sent(intent)
            raise
        except StopRequested:
            if not sending.under_way:
                await self._journal.append(self._not_sent(intent))
            raise
        finally:
            self.last_ended = self._runtime.monotonic()

    def _refused(self, ticket: Ticket, attempt: int, exc: JiraSessionExportError) -> CreateRefused:
        trace_id: str | None = getattr(exc, "trace_id", None)
        return CreateRefused(self._runtime.now(), ticket.id, attempt, exc.code, exc.user_message, trace_id)

    def _not_sent(self, intent: IntentRecorded) -> CreateRefused:
        """Closes an announcement of which nothing was sent."""
        message = "The export was stopped before."
        return CreateRefused(self._runtime.now(), intent.ticket_id, intent.attempt, "not_sent", message)

    async def _adopt(self, ticket: Ticket, project: ProjectMetadata, wait: Wait) -> bool:
        """Look for the issue of the open intent and record it; False when there certainly is none."""
        intent_at = self._journal.states[ticket.id].intent_at
        assert intent_at is not None  # noqa: S101 -- callers have announced the create
        found = await decide(
            self._tracker,
            project_key=project.project.key,  # a renamed project is found by its present key only
            session_id=self._session_id,
            ticket_id=ticket.id,
            intent_at=intent_at,
            settings=self._settings,
            runtime=self._runtime,
            wait=wait,
        )
        if found:
            await self._record_found(ticket, found)
        return bool(found)

    async def _record_found(self, ticket: Ticket, found: Sequence[CreatedIssue]) -> None:
        issue, *others = found
        now = self._runtime.now()
        recorded = IssueRecorded(now, ticket.id, issue, adopted=True, trace_id=issue.trace_id)
        await self._record(ticket, recorded, *(OrphanFound(now, ticket.id, other) for other in others))

    async def _record(self, ticket: Ticket, recorded: IssueRecorded, *orphans: OrphanFound) -> None:
        entries = (recorded, *orphans)
        try:
            try:
                # A cancellation that comes now must not lose the key; it waits for the first tries, not for minutes.
                with anyio.CancelScope(shield=True):
                    await self._journal.append(*entries, patient=False)
            except StoreUnavailableError:
                await self._journal.append(*entries)
        except LeaseLostError:
            await self._record_late(ticket, recorded.issue)
            raise
        except (StoreUnavailableError, anyio.get_cancelled_exc_class()):
            issue = recorded.issue
            self._tell_orphan(
                ticket,
                issue,
                "exists in Jira but could not be recorded. The next run adopts it; by hand: "  # noqa: S608 -- shown only
                f"UPDATE tickets SET jira_ticket_key = '{issue.key}', jira_ticket_url = '{issue.url}', "
                f"jira_export_status = 'exported' WHERE id = '{ticket.id}' AND jira_ticket_key IS NULL",
            )
            raise

    async def _record_late(self, ticket: Ticket, issue: CreatedIssue) -> None:
        """Keep an issue whose create was under way when another worker took the session over."""
        try:
            known = (await self._journal.record_orphan(OrphanFound(self._runtime.now(), ticket.id, issue))).issue
        except StoreError as exc:
            self._tell_orphan(
                ticket,
                issue,
                f"was made while another worker took the session over, and that could not be recorded ({exc}). "
                "The other worker adopts it, or has made another; then delete this one in Jira",
            )
            return
        if known is None:
            self._tell_orphan(
                ticket,
                issue,
                "was made while another worker took the session over. It is recorded as an orphan; the other worker "
                "adopts it, unless it has another issue for the ticket in the end: then delete this one in Jira",
            )
        elif known.id != issue.id:
            self._tell_orphan(
                ticket,
                issue,
                f"is a second issue of the ticket, made while another worker took the session over. {known.key} is the "
                "recorded one and stays; delete this one in Jira. It is recorded as an orphan",
            )

    def _tell_orphan(self, ticket: Ticket, issue: CreatedIssue, what: str) -> None:
        logger.critical(
            "Issue %s (%s) of ticket %d of session %s %s.",
            issue.key,
            issue.url,
            ticket.order,
            self._session_id,
            what,
            extra={
                "action": "issue_orphaned",
                "session_id": str(self._session_id),
                "ticket_id": str(ticket.id),
                "key": issue.key,
                "url": issue.url,
            },
        )
        self._orphaned(ticket, issue)
