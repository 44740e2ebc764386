"""What a run tells while it goes on: its events, numbered, with how far it is and how long the rest may take."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from jira_session_export._export.events import (
    EventSink,
    ExportCompleted,
    ExportFailed,
    ExportProgress,
    ExportStopped,
    ExportWaiting,
    IssueExported,
    IssueOrphaned,
    LeaseLost,
    Phase,
    WaitReason,
)
from jira_session_export._export.pace import Pace
from jira_session_export._journal import SessionState, TicketState
from jira_session_export._models import Ticket
from jira_session_export._runtime import Runtime
from jira_session_export._settings import ExportSettings
from jira_session_export._values import CreatedIssue, Failure


class Teller:
    """Tells the events of one run.

    Attributes:
        total: tickets of the run.
        completed: those that have their issue.
        links_wanted: links to make, as far as they are known.
    """

    def __init__(self, session_id: UUID, *, settings: ExportSettings, runtime: Runtime, sink: EventSink) -> None:
        self._session_id = session_id
        self._runtime = runtime
        self._sink = sink
        self._pace = Pace(settings, runtime.monotonic)
        self._events = 0
        self._again: Callable[[], None] | None = None
        self.total = 0
        self.completed = 0
        self.links_wanted = 0

    def _next(self) -> tuple[UUID, int, datetime]:
        self._events += 1
        return self._session_id, self._events, self._runtime.now()

    def lease_lost(self) -> None:
        """Tell that another worker has the session."""
        self._sink(LeaseLost(*self._next()))

    def progress(self, phase: Phase, position: int, total: int, title: str = "", last: int = 0) -> None:
        """Tell what the run is at."""
        self._again = lambda: self.progress(phase, position, total, title, last)
        links = self.links_wanted if phase is not Phase.LINKING else total - position + 1
        self._sink(
            ExportProgress(
                *self._next(),
                phase=phase,
                position=position,
                total=total,
                title=title,
                tickets_completed=self.completed,
                tickets_total=self.total,
                seconds_remaining=self._pace.seconds_remaining(self.total - self.completed, links),
                last_position=last if last > position else 0,
            )
        )

    def progress_again(self) -> None:
        """Tell once more what the run is at, after it was told that it waits."""
        if self._again is not None:
            self._again()

    def waiting(self, reason: WaitReason, seconds: float, *, title: str = "", detail: str = "") -> None:
        """Tell that the run waits."""
        until = self._runtime.now() + timedelta(seconds=seconds)
        self._sink(ExportWaiting(*self._next(), reason=reason, until=until, title=title, detail=detail))

    def exported(self, state: TicketState, title: str, *, adopted: bool, earlier_state: bool = False) -> None:
        """Count and tell a ticket whose issue is recorded.

        Args:
            earlier_state: an earlier export made it, so that it says nothing of this run's pace.
        """
        assert state.issue is not None  # noqa: S101 -- it has just been recorded
        self.completed += 1
        if not earlier_state:
            self._pace.ticket_done()
        self._sink(
            IssueExported(
                *self._next(),
                ticket_id=state.ticket_id,
                order=state.order,
                title=title,
                issue=state.issue,
                manual_fixes=state.manual_fixes,
                adopted=adopted,
                earlier_state=earlier_state,
                tickets_completed=self.completed,
                tickets_total=self.total,
            )
        )

    def orphaned(self, ticket: Ticket, issue: CreatedIssue) -> None:
        """Tell an issue that exists and could not be recorded."""
        self._sink(IssueOrphaned(*self._next(), ticket_id=ticket.id, title=ticket.title, issue=issue))

    def stopped(self, *, cancelled: bool) -> None:
        """Tell that the run stopped before its end."""
        self._sink(ExportStopped(*self._next(), cancelled=cancelled))

    def ended(self, final: SessionState) -> None:
        """Tell that the export is completed."""
        self._sink(
            ExportCompleted(
                *self._next(),
                tickets_created=final.exported,
                dependencies_created=final.links_created,
                manual_fixes_needed=final.manual_fix_count,
                seconds=final.seconds,
            )
        )

    def failed(self, ticket_order: int | None, failure: Failure, *, retry_available: bool) -> None:
        """Tell that the run failed."""
        self._sink(
            ExportFailed(*self._next(), ticket_order=ticket_order, failure=failure, retry_available=retry_available)
        )
