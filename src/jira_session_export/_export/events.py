"""The events of a running export. Each says only what the store holds already."""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from datetime import UTC, datetime
from enum import StrEnum
from uuid import UUID

from jira_session_export._export.pace import percentage
from jira_session_export._values import CreatedIssue, Failure, ManualFix


class WaitReason(StrEnum):
    """What a run waits for."""

    PAUSE = "pause"
    """The pause between two creates."""
    RATE_LIMIT = "rate_limit"
    """Jira limits the requests and has asked to wait."""
    DATABASE = "database"
    """The database does not answer."""
    INDEX = "index"
    """Jira's search index, to find out whether an issue exists."""


class Phase(StrEnum):
    """What the export is doing."""

    CREATING = "creating"
    LINKING = "linking"
    WAITING = "waiting"
    """For Jira's search index, to find out whether an issue exists."""


@dataclass(frozen=True, slots=True)
class ExportEvent:
    """An event of a running export.

    Attributes:
        sequence: grows by one with each event of a run.
        at: aware, in UTC.
    """

    session_id: UUID
    sequence: int
    at: datetime


@dataclass(frozen=True, slots=True)
class ExportProgress(ExportEvent):
    """The position of a running export.

    Attributes:
        position: the ticket or link in work, from 1.
        total: how many tickets, or links, there are.
        title: the ticket in work; empty for links.
        tickets_completed: issues that exist and are recorded.
        seconds_remaining: estimated.
        last_position: the last ticket in work when several are created with one request, which begin at `position`; 0
            otherwise.
    """

    phase: Phase
    position: int
    total: int
    title: str
    tickets_completed: int
    tickets_total: int
    seconds_remaining: float
    last_position: int = 0

    @property
    def percentage(self) -> float:
        """The percentage of tickets done, one decimal; only a completed export has 100.

        The ticket in work counts as done; of several that are created with one request, one does.
        """
        if self.phase is Phase.LINKING:
            return 99.9
        position = max(self.position, min(self.tickets_completed + 1, self.last_position))
        return percentage(position, self.tickets_total)

    @property
    def current_stage(self) -> str:
        """For people: `Creating ticket 30 of 87: Configure Product Fields`, `Linking dependency 3 of 12`."""
        match self.phase:
            case Phase.LINKING:
                return f"Linking dependency {self.position} of {self.total}"
            case Phase.WAITING if self.last_position > self.position:
                return f"Looking for tickets {self.position:,}–{self.last_position:,} of {self.total:,} in Jira"  # noqa: RUF001 -- a range, as people write it
            case Phase.WAITING:
                return f"Looking for ticket {self.position} of {self.total} in Jira: {self.title}"
            case _ if self.last_position > self.position:
                return f"Creating tickets {self.position:,}–{self.last_position:,} of {self.total:,}"  # noqa: RUF001 -- a range, as people write it
            case _:
                return f"Creating ticket {self.position} of {self.total}: {self.title}"


@dataclass(frozen=True, slots=True)
class ExportWaiting(ExportEvent):
    """The run waits; the next event says that it goes on.

    Attributes:
        until: when it goes on, or tries again; aware, in UTC.
        title: the ticket in work; empty when none is.
        detail: what else is known of the reason: `RateLimit-Reason` as Jira wrote it.
    """

    reason: WaitReason
    until: datetime
    title: str = ""
    detail: str = ""

    @property
    def current_stage(self) -> str:
        """For people: `Waiting until 16:40:05 UTC, as Jira asked: Configure Product Fields`."""
        return waiting_stage(self.until, self.reason, self.title)


@dataclass(frozen=True, slots=True)
class IssueExported(ExportEvent):
    """A ticket's issue exists and is recorded.

    Attributes:
        adopted: it was found, not just created.
        earlier_state: it was made by an export whose state this store does not have.
        tickets_completed: issues that exist and are recorded, this one included.
    """

    ticket_id: UUID
    order: int
    title: str
    issue: CreatedIssue
    manual_fixes: tuple[ManualFix, ...]
    adopted: bool
    earlier_state: bool = False
    _: KW_ONLY
    tickets_completed: int
    tickets_total: int


@dataclass(frozen=True, slots=True)
class IssueOrphaned(ExportEvent):
    """An issue exists in Jira that could not be recorded as the ticket's.

    The next run adopts it. One that was made while another worker took the session over is in the audit trail; when the
    ticket has another issue by now, it is a second one, and the results name it.
    """

    ticket_id: UUID
    title: str
    issue: CreatedIssue


@dataclass(frozen=True, slots=True)
class ExportCompleted(ExportEvent):
    """The export is completed. `seconds`: time worked, over all workers."""

    tickets_created: int
    dependencies_created: int
    manual_fixes_needed: int
    seconds: float


@dataclass(frozen=True, slots=True)
class ExportFailed(ExportEvent):
    """The run stopped with a failure. `ticket_order`: None when no ticket caused it."""

    ticket_order: int | None
    failure: Failure
    retry_available: bool


@dataclass(frozen=True, slots=True)
class ExportStopped(ExportEvent):
    """The run was cancelled (`cancelled` is True) or handed over. It can be taken up again."""

    cancelled: bool


def waiting_stage(until: datetime, reason: WaitReason = WaitReason.RATE_LIMIT, title: str = "") -> str:
    """What a run that waits is doing, for people."""
    why = {
        WaitReason.PAUSE: ", the pause between two tickets",
        WaitReason.RATE_LIMIT: ", as Jira asked",
        WaitReason.DATABASE: " for the database",
        WaitReason.INDEX: " for Jira's search index",
    }[reason]
    told = f"Waiting until {until.astimezone(UTC):%H:%M:%S} UTC{why}"
    return f"{told}: {title}" if title else told


@dataclass(frozen=True, slots=True)
class LeaseLost(ExportEvent):
    """Another worker has taken the session over while this one still had it; the run here ends."""


FinalEvent = ExportCompleted | ExportFailed | ExportStopped
EventSink = Callable[[ExportEvent], None]
