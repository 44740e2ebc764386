"""Tickets on the way to their issues, and what their creates send."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from jira_session_export._adf import Conversion
from jira_session_export._export.conversion import Converter, cut
from jira_session_export._export.fenced import FencedJournal
from jira_session_export._export.ports import IssueEncoder
from jira_session_export._fingerprint import fingerprint
from jira_session_export._journal import CreateRefused
from jira_session_export._mapping.building import build_draft
from jira_session_export._mapping.draft import IssueDraft
from jira_session_export._mapping.fallback import next_draft
from jira_session_export._mapping.metadata import ProjectMetadata
from jira_session_export._models import Ticket
from jira_session_export._settings import ExportSettings
from jira_session_export._values import FollowUp, ManualFix, Marker
from jira_session_export.errors import InputError, JiraSessionExportError, RefusedError

Convert = Callable[[Ticket], Awaitable[Conversion]]
"""Converts a ticket's description; raises `InputError` when the ticket cannot be sent."""

TOGETHER = 10
"""Tickets that are prepared step by step: what a step needs is in the processor's caches then, and ten converted
descriptions still are when they are encoded. Ticket by ticket a bulk takes 5 to 8 % more CPU time, and all fifty of it
at once about 3 % (medians of 40 turns each, November 2026)."""


@dataclass(frozen=True, slots=True)
class Sent:
    """What a ticket's create sends, and the conversion of its description."""

    draft: IssueDraft
    conversion: Conversion


@dataclass(slots=True, eq=False)
class Pending:
    """A ticket on the way to its issue.

    Attributes:
        attempt: the number of its next create. Each has a number of its own, so an issue that is found says which of
            them made it.
        sent: what it is made of; None when `body` is enough, and until Jira refuses that.
        body: its next create as JSON; None when it is made of `sent` when it is sent.
        refused: closes its last create; written with the next announcement, so that no moment has the one without
            the other.
        rounds: how often it was sent with less.
        lost: how often Jira answered without making its issue.
        limited: how often in a row Jira refused it as one too many, and made no other of its bulk either.
    """

    ticket: Ticket
    fingerprint: str
    attempt: int
    manual_fixes: tuple[ManualFix, ...]
    follow_ups: tuple[FollowUp, ...]
    sent: Sent | None
    body: bytes | None = None
    refused: CreateRefused | None = None
    rounds: int = 0
    lost: int = 0
    limited: int = 0

    def refuse(self, exc: JiraSessionExportError, at: datetime, message: str = "") -> None:
        """Close its last create, which made no issue."""
        trace_id: str | None = getattr(exc, "trace_id", None)
        self.refused = CreateRefused(at, self.ticket.id, self.attempt, exc.code, message or exc.user_message, trace_id)
        self.attempt += 1
        self.body = None  # it names the attempt


def closing_entries(pending: Iterable[Pending]) -> list[CreateRefused]:
    """The entries that close their last creates and are not written yet; they are taken as written from here on."""
    entries: list[CreateRefused] = []
    for each in pending:
        if each.refused is not None:
            entries.append(each.refused)
            each.refused = None
    return entries


class Preparer:
    """Prepares what the creates of one run send.

    Args:
        journal: tells which parents have their issues.

    Attributes:
        encoder: takes creates that go with others as JSON; None for a tracker that takes only payloads.
    """

    def __init__(
        self,
        journal: FencedJournal,
        *,
        session_id: UUID,
        settings: ExportSettings,
        converter: Converter,
        convert: Convert,
        encoder: IssueEncoder | None,
    ) -> None:
        self._journal = journal
        self._session_name = str(session_id)
        self._settings = settings
        self._converter = converter
        self._convert = convert
        self.encoder = encoder

    async def prepare(
        self, tickets: Sequence[Ticket], project: ProjectMetadata
    ) -> tuple[list[Pending], InputError | None]:
        """Make tickets ready to be announced and sent; those that go with others are encoded at once.

        Returns:
            Those before the first that cannot be sent, and why it cannot; None when all can.
        """
        alone = len(tickets) == 1
        prepared: list[Pending] = []
        for start in range(0, len(tickets), TOGETHER):
            group = tickets[start : start + TOGETHER]
            try:
                prepared += await self._prepared(group, project, alone=alone)
            except InputError:
                for ticket in group:  # which of them it is shows when each is prepared by itself
                    try:
                        prepared += await self._prepared([ticket], project, alone=alone)
                    except InputError as exc:
                        return prepared, exc
        return prepared, None

    async def _prepared(self, tickets: Sequence[Ticket], project: ProjectMetadata, *, alone: bool) -> list[Pending]:
        """Do each step for all of the tickets before the next one; raises the InputError of any that cannot be sent."""
        states = self._journal.states
        fingerprints = [fingerprint(ticket) for ticket in tickets]
        conversions = [await self._convert(ticket) for ticket in tickets]
        prepared: list[Pending] = []
        for ticket, its_fingerprint, conversion in zip(tickets, fingerprints, conversions, strict=True):
            sent = Sent(self.draft(ticket, conversion, project), conversion)
            attempt, fixes, follow_ups = states[ticket.id].attempt + 1, sent.draft.manual_fixes, sent.draft.follow_ups
            prepared.append(Pending(ticket, its_fingerprint, attempt, fixes, follow_ups, sent))
        for each in prepared:
            await self.make_ready(each, project, alone=alone)
            if each.body is not None and each.sent is not None and not self.is_needed(each.ticket, each.sent):
                each.sent = None  # the body takes a fraction of its memory
        return prepared

    async def make_ready(self, pending: Pending, project: ProjectMetadata, *, alone: bool) -> None:
        """Have at hand again what its next create sends, when only the last one's body was kept.

        Raises:
            InputError: it cannot be sent any more.
        """
        if alone or self.encoder is None:
            await self._sent_of(pending, project)
        elif pending.body is None:
            await self._sent_of(pending, project)
            pending.body = self.encoder.encode_issue(self.payload(pending))

    async def send_less(self, pending: Pending, exc: JiraSessionExportError, project: ProjectMetadata) -> None:
        """Leave out of the next create what Jira has refused.

        Raises:
            JiraSessionExportError: nothing more may be left out, or nothing more was refused.
        """
        most_rounds = self._settings.max_fallback_rounds
        if not isinstance(exc, RefusedError) or not 0 < most_rounds >= pending.rounds:
            raise exc
        sent = await self._sent_of(pending, project)
        # After the last round everything goes that may: better an issue with less than none.
        draft = next_draft(sent.draft, exc, shorten=cut, is_last=pending.rounds == most_rounds)
        pending.sent = replace(sent, draft=draft)
        pending.manual_fixes, pending.follow_ups = draft.manual_fixes, draft.follow_ups
        pending.rounds += 1

    def payload(self, pending: Pending) -> dict[str, Any]:
        """The body of its next create."""
        assert pending.sent is not None  # noqa: S101 -- see `make_ready`
        marker = Marker(self._session_name, str(pending.ticket.id), pending.attempt, pending.fingerprint)
        return pending.sent.draft.payload(marker)

    def is_needed(self, ticket: Ticket, sent: Sent) -> bool:
        """Whether what is sent is needed once the issue is recorded."""
        has_steps = ticket.attachments or sent.conversion.embedded_files or sent.draft.follow_ups
        return bool(has_steps) or self._settings.verify_after_create

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
            marker=Marker(self._session_name, str(ticket.id), 1),
            parent_key=None if ticket.parent is None else self._parent_key(ticket),
            parent_name="" if ticket.parent is None else self._parent_name(ticket),
            rich_text=self._converter.text,
        )

    async def _sent_of(self, pending: Pending, project: ProjectMetadata) -> Sent:
        if pending.sent is None:
            conversion = await self._convert(pending.ticket)
            pending.sent = Sent(self.draft(pending.ticket, conversion, project), conversion)
        return pending.sent

    def _parent_key(self, ticket: Ticket) -> str | None:
        if isinstance(ticket.parent, UUID):
            state = self._journal.states.get(ticket.parent)
            return state.issue.key if state and state.issue else None
        return ticket.parent

    def _parent_name(self, ticket: Ticket) -> str:
        parent = self._journal.states.get(ticket.parent) if isinstance(ticket.parent, UUID) else None
        return f"ticket {parent.order} ({parent.title})" if parent else ""
