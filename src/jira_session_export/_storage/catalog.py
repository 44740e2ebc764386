"""What a list of sessions asks of a store: pages, counts, changes, and putting sessions away.

An export needs none of it, so a host's own store need not have it; both stores of this package do.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol, runtime_checkable
from uuid import UUID, uuid5

from jira_session_export._journal import JournalRow, SessionState, SessionStatus, TicketState, TicketStatus
from jira_session_export._values import CreatedIssue, ManualFix, ManualFixKind


class SessionOrder(StrEnum):
    """How a list of sessions is sorted."""

    ACTIVITY = "activity"
    """Running first, then failed, then never started, then the latest start first."""
    NAME = "name"
    PROJECT = "project"
    STARTED = "started"
    """The latest start first; never started last."""


@dataclass(frozen=True, slots=True)
class SessionPage:
    """A part of the list of sessions.

    Attributes:
        sessions: the part.
        total: how many sessions there are in the whole list.
        counts: status → sessions that fit all but the statuses asked for; every `SessionStatus` is there, and a host's
            own statuses count as `ready`.
    """

    sessions: Sequence[SessionState]
    total: int
    counts: Mapping[SessionStatus, int]


@dataclass(frozen=True, slots=True)
class TicketOverview:
    """A ticket as a list shows it.

    Attributes:
        issue_type: the one the ticket names; None when it leaves that to the settings.
    """

    state: TicketState
    issue_type: str | None


@dataclass(frozen=True, slots=True)
class TicketPage:
    """A part of a session's tickets, by order.

    Attributes:
        tickets: the part.
        total: how many tickets there are in the whole list.
        counts: status → tickets of the session, whatever was asked for; every `TicketStatus` is there.
    """

    tickets: Sequence[TicketOverview]
    total: int
    counts: Mapping[TicketStatus, int]


@dataclass(frozen=True, slots=True)
class Changes:
    """What the journal says has changed.

    Attributes:
        last_entry: the number of the session's newest journal entry; 0 when it has none.
        tickets: those that entries after the one asked for name, by order.
        complete: False when tickets may have changed that are not in `tickets`: read the list again.
    """

    last_entry: int
    tickets: Sequence[TicketOverview]
    complete: bool


@dataclass(frozen=True, slots=True)
class FixMark:
    """Somebody has done a manual fix.

    Attributes:
        fix_id: see `manual_fixes_of`.
        done_by: the name of who said so; None when callers have no names.
    """

    fix_id: UUID
    done_by: str | None
    done_at: datetime


@dataclass(frozen=True, slots=True)
class TicketFix:
    """A thing to put right by hand, with the issue it is about.

    Attributes:
        fix_id: the same for the same fix however often it is read, in every store.
        title: the one that was exported.
        mark: None while nobody has done it.
    """

    fix_id: UUID
    ticket_id: UUID
    order: int
    title: str
    issue: CreatedIssue
    fix: ManualFix
    mark: FixMark | None = None


@dataclass(frozen=True, slots=True)
class FixPage:
    """A part of a session's manual fixes, by the order of their tickets.

    Attributes:
        fixes: the part.
        total: how many there are in the whole list.
        all_fixes, done: how many the session has, and how many of these are done, whatever was asked for.
    """

    fixes: Sequence[TicketFix]
    total: int
    all_fixes: int
    done: int


@runtime_checkable
class SessionCatalog(Protocol):
    """Lists, counts and puts away. Every method raises `StoreUnavailableError` when the database did not answer."""

    async def session_page(
        self,
        *,
        owner: str | None = None,
        text: str = "",
        statuses: Sequence[SessionStatus] = (),
        archived: bool = False,
        order: SessionOrder = SessionOrder.ACTIVITY,
        offset: int = 0,
        limit: int = 50,
    ) -> SessionPage:
        """List sessions.

        Args:
            owner: whose; None: everybody's.
            text: a part of the name or of the project key, in any case, or the id.
            statuses: only these; empty: all.
            archived: the archived ones; else the others.
        """

    async def ticket_page(
        self,
        session_id: UUID,
        *,
        text: str = "",
        statuses: Sequence[TicketStatus] = (),
        with_fixes: bool = False,
        offset: int = 0,
        limit: int = 100,
    ) -> TicketPage:
        """List a session's tickets.

        Args:
            text: a part of the title or of the issue's key, in any case, or the order.
            statuses: only these; empty: all.
            with_fixes: only those with something to put right by hand.

        Raises:
            SessionNotFoundError: there is no such session.
        """

    async def ticket_state(self, session_id: UUID, ticket_id: UUID) -> TicketState:
        """Read the state of one ticket.

        Raises:
            SessionNotFoundError: there is no such session or ticket.
        """

    async def changes(self, session_id: UUID, *, after: int, limit: int = 500) -> Changes:
        """Read which tickets have changed since the journal entry with this number.

        Raises:
            SessionNotFoundError: there is no such session.
        """

    async def manual_fixes(
        self, session_id: UUID, *, done: bool | None = None, offset: int = 0, limit: int | None = 100
    ) -> FixPage:
        """List what is to be put right by hand.

        Args:
            done: only what is done, or is not; None: both.
            limit: None: all.

        Raises:
            SessionNotFoundError: there is no such session.
        """

    async def mark_fix(self, session_id: UUID, fix_id: UUID, *, done: bool, by: str | None, at: datetime) -> TicketFix:
        """Say that a manual fix is done, or that it is not. Nothing is written when that was said already.

        Raises:
            SessionNotFoundError: there is no such session or fix.
        """

    async def archive(self, session_id: UUID, *, archived: bool, by: str | None, at: datetime) -> SessionState:
        """Put a session away, or fetch it back. Nothing is written when it is so already.

        Returns:
            The session's state afterwards.

        Raises:
            SessionNotFoundError: there is no such session.
            ExportRunningError: it is being exported.
        """

    async def delete(self, session_id: UUID, *, by: str | None, at: datetime) -> None:
        """Remove a session with its tickets and their state; the journal stays, with a `SessionDeleted` at its end.

        Raises:
            SessionNotFoundError: there is no such session.
            ExportRunningError: it is being exported.
            SettingsError: the tables are the host's, which removes its sessions itself.
        """

    async def deletion(self, session_id: UUID) -> JournalRow | None:
        """Read the `SessionDeleted` of a session that is gone; None for one that is there, or never was."""


# -- what both stores do alike -----------------------------------------------------------------------------------------

KNOWN_STATUSES = frozenset(SessionStatus)


def status_counts(found: Mapping[str | None, int]) -> dict[SessionStatus, int]:
    """Return how many sessions have each status; what is a host's own counts as ready."""
    counts = dict.fromkeys(SessionStatus, 0)
    for status, count in found.items():
        counts[SessionStatus(status) if status in KNOWN_STATUSES else SessionStatus.READY] += count
    return counts


def spellings(text: str) -> set[str]:
    """Return `text` as it may be written: SQLite knows upper and lower case in ASCII alone."""
    return {text, text.lower(), text.upper(), text.capitalize(), text.title()}


def ticket_fixes(ticket: TicketState, marks: Mapping[UUID, FixMark] | None = None) -> list[TicketFix]:
    """Return what is to be put right by hand for one ticket, orphans included.

    The number of a fix is made of what it says, so it survives whatever a store does with its rows. Two fixes of a
    ticket that say the same are told apart by their place.
    """
    marks = marks or {}
    found: list[tuple[CreatedIssue, ManualFix]] = []
    if ticket.issue is not None:
        found += [(ticket.issue, fix) for fix in ticket.manual_fixes]
    found += [(orphan, _orphan_fix(ticket, orphan)) for orphan in ticket.orphans]
    seen: Counter[str] = Counter()
    fixes = []
    for issue, fix in found:
        said = f"{fix.kind.value}\0{fix.field}\0{fix.asked_for}\0{fix.done_instead}\0{issue.key}"
        fix_id = uuid5(ticket.ticket_id, f"{said}\0{seen[said]}")
        seen[said] += 1
        fixes.append(
            TicketFix(
                fix_id,
                ticket.ticket_id,
                ticket.order,
                ticket.exported_title or ticket.title,  # the state may be older than the record of it
                issue,
                fix,
                mark=marks.get(fix_id),
            )
        )
    return fixes


def _orphan_fix(ticket: TicketState, orphan: CreatedIssue) -> ManualFix:
    kept = ticket.issue.key if ticket.issue else "no issue"
    return ManualFix(
        kind=ManualFixKind.DUPLICATE_ISSUE,
        field="issue",
        asked_for="one issue",
        done_instead=f"{orphan.key} was made for the same ticket as {kept}",
        recommended_action=f"Have an administrator delete {orphan.key}.",
    )


def fix_page(fixes: Sequence[TicketFix], done: bool | None, offset: int, limit: int | None) -> FixPage:
    """Return the part asked for of all fixes of a session."""
    wanted = [fix for fix in fixes if done is None or (fix.mark is not None) is done]
    end = None if limit is None else offset + limit
    return FixPage(
        wanted[offset:end], len(wanted), all_fixes=len(fixes), done=sum(fix.mark is not None for fix in fixes)
    )
