"""Records issues that exist, whatever happens meanwhile: an issue that is made must never be forgotten."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import anyio

from jira_session_export._export.fenced import FencedJournal
from jira_session_export._journal import Entry, IssueRecorded, OrphanFound
from jira_session_export._models import Ticket
from jira_session_export._runtime import Runtime
from jira_session_export._values import CreatedIssue
from jira_session_export.errors import LeaseLostError, StoreError, StoreUnavailableError

logger = logging.getLogger("jira_session_export.run")


@dataclass(frozen=True, slots=True)
class Recorded:
    """A ticket and the entry that records its issue."""

    ticket: Ticket
    entry: IssueRecorded


class Recorder:
    """Writes down which issues were made, or says loudly that it could not.

    Args:
        orphaned: called with an issue that exists and could not be recorded.
    """

    def __init__(
        self,
        journal: FencedJournal,
        *,
        session_id: UUID,
        runtime: Runtime,
        orphaned: Callable[[Ticket, CreatedIssue], None],
    ) -> None:
        self._journal = journal
        self._session_id = session_id
        self._runtime = runtime
        self._orphaned = orphaned

    async def record(self, made: Sequence[Recorded], *others: Entry) -> None:
        """Record issues, and further entries in the same transaction.

        Raises:
            LeaseLostError: another worker has the session; the issues are kept as orphans.
            StoreUnavailableError: the database stayed away; the issues are in the log.
        """
        entries = (*(each.entry for each in made), *others)
        try:
            try:
                # A cancellation that comes now must not lose the key; it waits for the first tries, not for minutes.
                with anyio.CancelScope(shield=True):
                    await self._journal.append(*entries, patient=False)
            except StoreUnavailableError:
                await self._journal.append(*entries)
        except LeaseLostError:
            for each in made:
                await self._record_late(each.ticket, each.entry.issue)
            raise
        except (StoreUnavailableError, anyio.get_cancelled_exc_class()):
            for each in made:
                issue = each.entry.issue
                self._tell_orphan(
                    each.ticket,
                    issue,
                    "exists in Jira but could not be recorded. The next run adopts it; by hand: "  # noqa: S608 -- shown only
                    f"UPDATE tickets SET jira_ticket_key = '{issue.key}', jira_ticket_url = '{issue.url}', "
                    f"jira_export_status = 'exported' WHERE id = '{each.ticket.id}' AND jira_ticket_key IS NULL",
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
