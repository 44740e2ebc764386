"""Reads issues back and says what Jira did not store as it was sent; only when `verify_after_create` is on."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jira_session_export._export.fenced import FencedJournal
from jira_session_export._export.ports import IssueTracker
from jira_session_export._jira.wire import Issue
from jira_session_export._journal import Step, StepRecorded, TicketState
from jira_session_export._mapping.comparison import differences
from jira_session_export._mapping.draft import IssueDraft
from jira_session_export._models import Ticket
from jira_session_export._runtime import Runtime
from jira_session_export._settings import ExportSettings
from jira_session_export._values import ManualFix, ManualFixKind, StepKind
from jira_session_export.errors import AuthenticationError, MissingScopeError, RefusedError

AT_ONCE = 50
"""Issues read back with one request; Jira allows a hundred, and what was sent is kept in memory until then."""

WHOLE_ISSUE = "issue"
"""Target of the step that says a ticket's issue was compared."""


@dataclass(frozen=True, slots=True)
class _Expected:
    """What an issue should hold. `rebuilt`: an earlier run sent it, so this is what would be sent today."""

    ticket: Ticket
    draft: IssueDraft
    rebuilt: bool


class Verifier:
    """Compares the issues of one run, many with one request, each recorded on its own.

    Args:
        checkpoint: awaited before each reading; raises when the run is to stop there.

    Attributes:
        is_on: whether issues are compared at all.
    """

    def __init__(
        self,
        tracker: IssueTracker,
        journal: FencedJournal,
        *,
        settings: ExportSettings,
        runtime: Runtime,
        checkpoint: Callable[[], Awaitable[None]],
    ) -> None:
        self._tracker = tracker
        self._journal = journal
        self.is_on = settings.verify_after_create
        self._runtime = runtime
        self._checkpoint = checkpoint
        self._waiting: list[_Expected] = []

    async def expect(self, ticket: Ticket, draft: Callable[[], IssueDraft | None], *, rebuilt: bool) -> None:
        """Have the ticket's issue compared, with others.

        Args:
            draft: gives what the issue should hold; called only when that is wanted, and None leaves it out.
            rebuilt: whether an earlier run made the issue, so that the draft is what would be sent today.

        Raises:
            JiraError: Jira could not be asked; the next run does it.
        """
        if not self.is_on or not self._journal.states[ticket.id].lacks(StepKind.VERIFICATION, WHOLE_ISSUE):
            return
        expected = draft()
        if expected is None:
            return
        self._waiting.append(_Expected(ticket, expected, rebuilt=rebuilt))
        if len(self._waiting) >= AT_ONCE:
            await self.verify()

    async def verify(self) -> None:
        """Compare the issues that are waiting for it. Raises as `expect`."""
        if not self._waiting:
            return
        await self._checkpoint()
        waiting, self._waiting = self._waiting, []
        states = {each.ticket.id: self._journal.states[each.ticket.id] for each in waiting}
        ids = [issue.id for state in states.values() if (issue := state.issue) is not None]
        fields = sorted({name for each in waiting for name in each.draft.fields})
        stored: Mapping[str, Issue] = {}
        problem = "Jira does not show the issue any more"
        try:
            stored = {issue.id: issue for issue in await self._tracker.issues(ids, fields=fields)}
        except MissingScopeError as exc:
            problem = exc.user_message
        except AuthenticationError:
            raise
        except RefusedError as exc:
            problem = exc.user_message
        entries = [
            StepRecorded(self._runtime.now(), each.ticket.id, step, trace_id=None)
            for each in waiting
            for step in _steps(each, states[each.ticket.id], stored, problem)
        ]
        await self._journal.append(*entries)


def _steps(expected: _Expected, state: TicketState, stored: Mapping[str, Issue], problem: str) -> Iterator[Step]:
    issue = stored.get(state.issue.id) if state.issue else None
    if issue is None:
        yield Step(StepKind.VERIFICATION, WHOLE_ISSUE, done=False, manual_fix=_unverified(problem))
        return
    for fix in _differences(expected, state, issue.fields):
        yield Step(StepKind.VERIFICATION, f"{WHOLE_ISSUE}.{fix.field}", done=False, manual_fix=fix)
    yield Step(StepKind.VERIFICATION, WHOLE_ISSUE)


def _differences(expected: _Expected, state: TicketState, stored: Mapping[str, Any]) -> Sequence[ManualFix]:
    draft = expected.draft
    # What an earlier run left out is in the draft of today, and has its fix.
    known = {fix.field for fix in state.manual_fixes} if expected.rebuilt else set()
    by_word = {fix.field: fix for fix in differences(draft.fields, stored, draft.names, known=known)}
    return tuple(by_word.values())


def _unverified(problem: str) -> ManualFix:
    return ManualFix(
        ManualFixKind.CHANGED_BY_JIRA,
        field=WHOLE_ISSUE,
        asked_for="the issue compared with what was sent",
        done_instead=f"it was not compared: {problem}",
        recommended_action="Look at the issue in Jira.",
    )
