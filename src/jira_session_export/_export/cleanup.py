"""Undoes an export: finds the issues of one session in Jira, and deletes them when it is told to.

Only an issue whose marker says that it is this session's is deleted, read from Jira's database right before. Nothing is
created meanwhile: the session is held by a lease, and it is `cancelled`, which no sweep takes up.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

from jira_session_export._export.adopting import EarlierIssue, find_earlier
from jira_session_export._export.fenced import FencedJournal
from jira_session_export._export.ports import IssueRemover
from jira_session_export._export.reconcile import marker_of
from jira_session_export._jira.wire import Issue
from jira_session_export._journal import CleanupEnded, CleanupStarted, IssueDeleted, SessionStatus, TicketState
from jira_session_export._runtime import SYSTEM_RUNTIME, Runtime
from jira_session_export._settings import ExportSettings
from jira_session_export._storage.protocols import SessionStore
from jira_session_export._values import PROPERTY_KEY, CreatedIssue, Marker
from jira_session_export.errors import (
    AuthenticationError,
    ExportRunningError,
    InputError,
    JiraError,
    NotFoundError,
    RefusedError,
    SessionNotFoundError,
)

logger = logging.getLogger("jira_session_export.cleanup")

_FIELDS = ("summary", "status")
AT_ONCE = 100
"""Issues whose markers are read with one request, right before these are deleted."""


class CleanupOutcome(StrEnum):
    """What became of an issue."""

    FOUND = "found"
    """It is the session's, and would be deleted."""
    DELETED = "deleted"
    MISSING = "missing"
    """The state has it, and Jira does not show it: it is gone, or hidden from this account."""
    KEPT = "kept"
    """It was not deleted; `reason` says why."""


@dataclass(frozen=True, slots=True)
class SessionIssue:
    """An issue of a session, and what became of it.

    Attributes:
        title: as Jira has it now; as it was exported where Jira does not show it.
        status: its status in Jira, so that a person sees what was worked on; empty when it is not known.
        ticket_id: None when the session does not have its ticket.
        attempt: the create that made it.
        reason: why it was kept; empty otherwise.
    """

    issue: CreatedIssue
    title: str
    status: str
    ticket_id: UUID | None
    attempt: int
    outcome: CleanupOutcome
    reason: str = ""


@dataclass(frozen=True, slots=True)
class CleanupReport:
    """The issues of a session and what became of each.

    Attributes:
        dry_run: nothing was deleted.
        note: what cannot be known; empty when nothing is in doubt.
    """

    session_id: UUID
    project_key: str
    dry_run: bool
    issues: tuple[SessionIssue, ...]
    note: str = ""

    def count(self, outcome: CleanupOutcome) -> int:
        """How many issues have that outcome."""
        return sum(each.outcome is outcome for each in self.issues)


class Cleaner:
    """Finds and deletes the issues of sessions."""

    def __init__(
        self,
        tracker: IssueRemover,
        store: SessionStore,
        *,
        settings: ExportSettings | None = None,
        runtime: Runtime = SYSTEM_RUNTIME,
    ) -> None:
        self._tracker = tracker
        self._store = store
        self._settings = settings or ExportSettings()
        self._runtime = runtime
        self._owner = str(runtime.new_id())

    async def find(self, session_id: UUID, project_key: str) -> CleanupReport:
        """The issues that a cleanup would delete; nothing is written. It works without a state, too.

        Raises:
            JiraError: Jira could not be asked.
            StoreUnavailableError: the database did not answer.
        """
        states = await self._states(session_id)
        issues = await self._find(session_id, project_key, states)
        return CleanupReport(session_id, project_key, dry_run=True, issues=issues, note=self._note(session_id, states))

    async def clean_up(
        self, session_id: UUID, project_key: str, *, by: str, forget_missing: bool = False
    ) -> CleanupReport:
        """Delete the issues of a session; afterwards it can be exported anew.

        Args:
            by: who has it done, for the audit trail.
            forget_missing: also forget issues that the state has and Jira does not show: somebody says they are gone.

        Raises:
            ExportRunningError: it is being exported, or another cleanup is under way.
            InputError, AuthenticationError: the account may not.
            JiraError: Jira could not be asked. What was deleted before is recorded; the next cleanup goes on.
            LeaseLostError, StoreUnavailableError: as `FencedJournal.append`.
        """
        await self._check_permission(project_key)
        states = await self._states(session_id)
        if states is None:
            issues = await self._find(session_id, project_key, None)
            done = [await self._delete(each, None) for each in _children_first(issues)]
            return self._done(session_id, project_key, done, None)
        journal = await self._taken(session_id, by)
        gone = 0
        done = []
        try:
            await journal.load()
            for each in _children_first(await self._find(session_id, project_key, journal.states)):
                await journal.check_lease()
                after = await self._delete(each, journal, forget_missing=forget_missing)
                done.append(after)
                gone += after.outcome is CleanupOutcome.DELETED
        finally:
            await journal.end(CleanupEnded(self._runtime.now(), gone, len(done) - gone))
        return self._done(session_id, project_key, done, journal.states)

    def _done(
        self,
        session_id: UUID,
        project_key: str,
        issues: Sequence[SessionIssue],
        states: Mapping[UUID, TicketState] | None,
    ) -> CleanupReport:
        note = self._note(session_id, states)
        return CleanupReport(session_id, project_key, dry_run=False, issues=tuple(issues), note=note)

    # -- inside ------------------------------------------------------------------------------------------------------

    async def _states(self, session_id: UUID) -> Mapping[UUID, TicketState] | None:
        """Where the session's tickets are; None when the store does not know it."""
        try:
            return {state.ticket_id: state for state in await self._store.ticket_states(session_id)}
        except SessionNotFoundError:
            return None

    async def _taken(self, session_id: UUID, by: str) -> FencedJournal:
        state = await self._store.state(session_id)
        now = self._runtime.now()
        lease = None
        if state.status != SessionStatus.EXPORTING:
            lease = await self._store.acquire(
                session_id,
                CleanupStarted(now, by),
                expected_token=state.token,
                owner=self._owner,
                now=now,
                lease_seconds=self._settings.lease_seconds,
            )
        if lease is None:
            raise ExportRunningError(
                "An export or a cleanup of this session is running.",
                session_id=session_id,
                recovery_actions=["Cancel it, or wait until it has ended."],
            )
        return FencedJournal(
            self._store,
            lease,
            lease_seconds=self._settings.lease_seconds,
            patience_seconds=self._settings.store_patience_seconds,
            runtime=self._runtime,
        )

    async def _check_permission(self, project_key: str) -> None:
        may = await self._tracker.permissions(project_key, ("DELETE_ISSUES",))
        if not may.get("DELETE_ISSUES", True):
            raise InputError(
                f"The account may not delete issues in {project_key}.",
                recovery_actions=[
                    "Have a Jira administrator give it the permission Delete Issues, or use another account."
                ],
            )

    async def _find(
        self, session_id: UUID, project_key: str, states: Mapping[UUID, TicketState] | None
    ) -> tuple[SessionIssue, ...]:
        recorded = [
            (state, issue)
            for state in (states or {}).values()
            for issue in (state.issue, *state.orphans)
            if issue is not None
        ]
        known = {issue.id or issue.key for _, issue in recorded}
        searched = await find_earlier(
            self._tracker, project_key=project_key, session_id=session_id, settings=self._settings
        )
        others = [each for issues in searched.values() for each in issues if each.issue.id not in known]
        shown = await self._read([*known, *(each.issue.id for each in others)])
        found = [_recorded(state, issue, shown, session_id) for state, issue in recorded]
        found += [self._searched(each, states or {}, shown, session_id) for each in others]
        return tuple(found)

    async def _read(self, names: Sequence[str]) -> Mapping[str, Issue]:
        """The issues by id and by key, from Jira's database: the index may be behind."""
        found: dict[str, Issue] = {}
        for start in range(0, len(names), AT_ONCE):
            part = list(names[start : start + AT_ONCE])
            for issue in await self._tracker.issues(part, fields=_FIELDS, properties=(PROPERTY_KEY,)):
                found[issue.id] = found[issue.key] = issue
        return found

    def _searched(
        self,
        each: EarlierIssue,
        states: Mapping[UUID, TicketState],
        shown: Mapping[str, Issue],
        session_id: UUID,
    ) -> SessionIssue:
        issue = shown.get(each.issue.id)
        if issue is None:  # the index shows what was deleted in the meantime
            return SessionIssue(each.issue, each.title, "", None, each.attempt, CleanupOutcome.MISSING)
        return _judged(issue, each.issue, session_id, states)

    async def _delete(
        self, each: SessionIssue, journal: FencedJournal | None, *, forget_missing: bool = False
    ) -> SessionIssue:
        now = self._runtime.now()
        if each.outcome is CleanupOutcome.MISSING and forget_missing and journal is not None:
            await journal.append(IssueDeleted(now, each.ticket_id, each.issue, each.attempt, missing=True))
            return replace(each, outcome=CleanupOutcome.DELETED)
        if each.outcome is not CleanupOutcome.FOUND:
            return each
        trace_id: str | None = None
        try:
            trace_id = (await self._tracker.delete_issue(each.issue.id)).trace_id
        except NotFoundError:
            pass  # it was there a moment ago; an answer may have got lost
        except AuthenticationError:
            raise
        except RefusedError as exc:
            return replace(each, outcome=CleanupOutcome.KEPT, reason=exc.user_message)
        except JiraError as exc:
            if (await self._read([each.issue.id])).get(each.issue.id) is not None:
                return replace(each, outcome=CleanupOutcome.KEPT, reason=exc.user_message)
        logger.info("Deleted issue %s", each.issue.key, extra={"action": "issue_deleted", "key": each.issue.key})
        if journal is not None:
            entry = IssueDeleted(self._runtime.now(), each.ticket_id, each.issue, each.attempt, trace_id)
            await journal.append(entry)
        return replace(each, outcome=CleanupOutcome.DELETED)

    def _note(self, session_id: UUID, states: Mapping[UUID, TicketState] | None) -> str:
        notes = []
        if not self._settings.marker_label:
            notes.append("marker_label is empty, so only issues that the state has could be looked for.")
        if states is None:
            notes.append(
                f"This database does not know session {session_id}: issues of the last "
                f"{self._settings.index_settle_seconds:g} seconds may not show yet, and no audit trail is kept."
            )
        elif undecided := [state.order for state in states.values() if state.intent_at is not None]:
            notes.append(
                "Whether a create has made an issue is not known yet of the tickets "
                f"{', '.join(map(str, sorted(undecided)))}; the next export looks for it first."
            )
        return " ".join(notes)


def _recorded(state: TicketState, issue: CreatedIssue, shown: Mapping[str, Issue], session_id: UUID) -> SessionIssue:
    found = shown.get(issue.id) or shown.get(issue.key)
    if found is None:
        title = state.exported_title or state.title
        return SessionIssue(issue, title, "", state.ticket_id, state.attempt, CleanupOutcome.MISSING)
    return _judged(found, issue, session_id, {state.ticket_id: state}, state.ticket_id)


def _judged(
    found: Issue,
    issue: CreatedIssue,
    session_id: UUID,
    states: Mapping[UUID, TicketState],
    ticket_id: UUID | None = None,
) -> SessionIssue:
    marker = marker_of(found)
    is_ours = marker is not None and marker.session == str(session_id)
    reason = (
        "" if is_ours else "Its marker is missing, or says that it is another session's; delete it by hand if need be."
    )
    return SessionIssue(
        replace(issue, id=found.id, key=found.key),
        str(found.fields.get("summary") or ""),
        _name(found.fields.get("status")),
        ticket_id or _ticket(marker, states),
        marker.attempt if marker else 1,
        CleanupOutcome.FOUND if is_ours else CleanupOutcome.KEPT,
        reason,
    )


def _ticket(marker: Marker | None, states: Mapping[UUID, TicketState]) -> UUID | None:
    try:
        ticket_id = UUID(marker.ticket) if marker else None
    except ValueError:
        return None
    return ticket_id if ticket_id in states else None


def _name(value: Any) -> str:
    return str(value.get("name") or "") if isinstance(value, Mapping) else ""


def _children_first(issues: Sequence[SessionIssue]) -> Sequence[SessionIssue]:
    """Youngest first: Jira deletes no issue that has sub-tasks, and a child is made after its parent."""
    return sorted(issues, key=lambda each: int(each.issue.id) if each.issue.id.isdecimal() else 0, reverse=True)
