"""The journal of an export: entries as they happen, and the state that follows from them.

A store appends entries; each append is one transaction that updates the session's and the ticket's row **and** keeps
the entry, so the journal is the audit trail. `_transitions` says what an entry changes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from jira_session_export._values import CreatedIssue, Failure, FollowUp, ManualFix, StepKind


class TicketStatus(StrEnum):
    """`tickets.jira_export_status`."""

    PENDING = "pending"
    EXPORTED = "exported"
    FAILED = "failed"
    SKIPPED = "skipped"


class SessionStatus(StrEnum):
    """`sessions.status`, as far as an export sets it; READY stands for whatever the host had there before."""

    READY = "ready"
    EXPORTING = "exporting"
    COMPLETED = "completed"
    EXPORT_FAILED = "export_failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Step:
    """One thing done for an issue after its create.

    Attributes:
        target: what makes it unique within ticket and kind: an attachment's name, a link's type and other end.
        done: False when Jira refused it for good and `manual_fix` says what to do.
        jira_id: what Jira calls the result, when it has a name (an attachment's id).
    """

    kind: StepKind
    target: str
    done: bool = True
    jira_id: str | None = None
    manual_fix: ManualFix | None = None


NOBODY = ""
"""The owner of the lease with which a session is started: a store keeps it as none, until a worker takes it up."""


# -- entries ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entry:
    """One thing that happened. `at` is aware, in UTC."""

    at: datetime


@dataclass(frozen=True, slots=True)
class RunStarted(Entry):
    """A run began: the first, or a retry.

    Attributes:
        selection: the tickets to export; the others become `skipped`. None: all that are not exported yet.
        retry: whether this is a retry of a failed run.
        left_out: tickets that become `skipped` although `selection` would take them.
        site: the address of the Jira site that it exports to; empty when the host's tracker has none.
    """

    task_id: UUID
    selection: frozenset[UUID] | None = None
    retry: bool = False
    left_out: frozenset[UUID] = frozenset()
    site: str = ""

    def takes(self, ticket_id: UUID) -> bool:
        """Return whether the run exports this ticket."""
        return ticket_id not in self.left_out and (self.selection is None or ticket_id in self.selection)


@dataclass(frozen=True, slots=True)
class RunResumed(Entry):
    """A run goes on in another worker.

    Attributes:
        crashed: the last one vanished instead of handing over.
        first: it is the first worker of the run, so that this is no more than the start says already; a store keeps no
            row of it.
    """

    crashed: bool
    first: bool = False


@dataclass(frozen=True, slots=True)
class IntentRecorded(Entry):
    """A create is about to be sent; from here until its outcome is recorded the issue may exist.

    Attributes:
        title: the ticket's title as it is sent.
        manual_fixes: what this create does otherwise than asked; kept here so that an issue adopted later has them too.
        follow_ups: what is left to do for the issue once it exists.
        fingerprint: of the ticket as it is sent.
    """

    ticket_id: UUID
    attempt: int
    title: str = ""
    manual_fixes: tuple[ManualFix, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class CreateRefused(Entry):
    """The announced create certainly made no issue, so the intent is closed."""

    ticket_id: UUID
    attempt: int
    code: str
    message: str
    trace_id: str | None = None


@dataclass(frozen=True, slots=True)
class IssueRecorded(Entry):
    """The ticket's issue exists; the open intent's manual fixes and follow-ups are now the ticket's.

    Attributes:
        adopted: it was found, not just created.
        earlier_state: it was made by an export whose state this store does not have. No create was announced then, so
            the entry itself has what an intent has: `title`, `manual_fixes`, `follow_ups` and `fingerprint`, as far
            as they are known.
    """

    ticket_id: UUID
    issue: CreatedIssue
    adopted: bool = False
    trace_id: str | None = None
    earlier_state: bool = False
    manual_fixes: tuple[ManualFix, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    title: str = ""
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class StepRecorded(Entry):
    """A step after the create is done, or given up with a manual fix."""

    ticket_id: UUID
    step: Step
    trace_id: str | None = None


@dataclass(frozen=True, slots=True)
class OrphanFound(Entry):
    """An issue bears this ticket's marker but is not the one recorded; an administrator must look at it.

    The worker that has the session writes it, or without a lease one that had lost the session when it made the issue.
    """

    ticket_id: UUID
    issue: CreatedIssue


@dataclass(frozen=True, slots=True)
class RunWaiting(Entry):
    """Jira limits the requests, and the run waits as it was asked to.

    Attributes:
        until: when the wait is over, aware, in UTC.
        operation: method and path of the request that waits.
        reason: `RateLimit-Reason` as Jira wrote it; None when absent.
    """

    until: datetime
    operation: str
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class RunCompleted(Entry):
    """The export is completed. `seconds`: time this worker took."""

    seconds: float


@dataclass(frozen=True, slots=True)
class RunFailed(Entry):
    """The run stopped with a failure. `ticket_id` is None when no ticket caused it (links, pre-flight)."""

    seconds: float
    failure: Failure
    ticket_id: UUID | None
    ticket_order: int | None


@dataclass(frozen=True, slots=True)
class RunCancelled(Entry):
    """The run was cancelled; the session can be started again and goes on where it stopped."""

    seconds: float


@dataclass(frozen=True, slots=True)
class CancelRequested(Entry):
    """Somebody asked for a running export to be cancelled; written without a lease."""


@dataclass(frozen=True, slots=True)
class HeldUp:
    """Why a session does not get on although workers have taken it: none could read a ticket's file.

    Attributes:
        since: when that was found first, aware, in UTC.
        ticket_id: the ticket.
        reason: what the last worker could not do, a sentence.
        machines: name of a machine → when a worker there tried last.
    """

    since: datetime
    ticket_id: UUID
    reason: str
    machines: Mapping[str, datetime] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RunReleased(Entry):
    """The worker hands the session over, because it shuts down or cannot go on; any other may resume at once.

    Attributes:
        held_up: what it could not do; None when it shuts down, or another session is to have its place.
    """

    seconds: float
    held_up: HeldUp | None = None


@dataclass(frozen=True, slots=True)
class SessionArchived(Entry):
    """Somebody put the session away. `by`: the caller's name; None when callers have none."""

    by: str | None


@dataclass(frozen=True, slots=True)
class SessionUnarchived(Entry):
    """Somebody fetched an archived session back. `by`: as in `SessionArchived`."""

    by: str | None


@dataclass(frozen=True, slots=True)
class SessionDeleted(Entry):
    """Somebody removed the session; its issues stay in Jira. The last entry of its journal.

    Attributes:
        by: as in `SessionArchived`.
        name, project_key, owner: the session's.
        exported: how many issues it had.
    """

    by: str | None
    name: str
    project_key: str
    owner: str | None
    exported: int


@dataclass(frozen=True, slots=True)
class FixMarked(Entry):
    """Somebody said that a manual fix is done, or that it is not.

    Attributes:
        fix_id: see `TicketFix`.
        field: the field it is about, for people.
        by: as in `SessionArchived`.
    """

    ticket_id: UUID
    fix_id: UUID
    done: bool
    by: str | None
    field: str = ""


@dataclass(frozen=True, slots=True)
class SessionReleased(Entry):
    """An administrator lets a session be retried that has used its retries up; written without a lease.

    Attributes:
        by: who it was, as the host names people.
    """

    by: str


@dataclass(frozen=True, slots=True)
class CleanupStarted(Entry):
    """Somebody has the session's issues deleted in Jira. Until it ends nobody else may work on the session."""

    by: str


@dataclass(frozen=True, slots=True)
class IssueDeleted(Entry):
    """An issue of the session is gone from Jira, and its ticket may be exported anew.

    Attributes:
        ticket_id: None when the session does not have the ticket any more.
        attempt: the create that had made it, so that the next one has another number.
        missing: it was not deleted now: Jira does not show it any more, and somebody has said that it is gone.
    """

    ticket_id: UUID | None
    issue: CreatedIssue
    attempt: int = 1
    trace_id: str | None = None
    missing: bool = False


@dataclass(frozen=True, slots=True)
class CleanupEnded(Entry):
    """The cleanup is over; the session can be exported anew.

    Attributes:
        deleted: issues that are gone.
        kept: issues of the session that Jira still has.
    """

    deleted: int
    kept: int


# -- state -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class TicketState:
    """The state of a ticket's export.

    Attributes:
        attempt: creates announced so far.
        intent_at: when the last create was announced; None when none is open.
        intent_fixes: the manual fixes of the open intent; they become `manual_fixes` with the issue.
        follow_ups: what the last announced create leaves to do for the issue.
        steps: steps recorded, in order.
        orphans: further issues that bear this ticket's marker.
        exported_title: the title that the last announced create sends; empty when it is not known.
        fingerprint: of what the last announced create sends (see `edited_fields`); empty when it is not known.
        removed: the session's present content lacks the ticket, which is kept because Jira has or may have its issue.
    """

    ticket_id: UUID
    order: int
    title: str
    status: TicketStatus = TicketStatus.PENDING
    issue: CreatedIssue | None = None
    exported_at: datetime | None = None
    attempt: int = 0
    intent_at: datetime | None = None
    intent_fixes: tuple[ManualFix, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    steps: tuple[Step, ...] = ()
    manual_fixes: tuple[ManualFix, ...] = ()
    orphans: tuple[CreatedIssue, ...] = ()
    exported_title: str = ""
    fingerprint: str = ""
    removed: bool = False

    def lacks(self, kind: StepKind, target: str) -> bool:
        """Return whether this step is still to be done."""
        return not any(step.kind is kind and step.target == target for step in self.steps)


@dataclass(frozen=True, slots=True)
class SessionState:
    """The state of a session's export.

    Attributes:
        task_id: the run that is going on or has failed; None once completed.
        last_task_id: the run started last, also once completed (kept in a column of ours, `export_last_task_id`).
        retry_count: failures recorded so far.
        crash_count: workers that vanished since the last recorded progress.
        current_title: the ticket announced last, empty once it has its issue; None when no run is going on.
        seconds: time worked, over all workers.
        token: fencing token; grows with every acquisition, 0 before the first.
        lease_owner: the worker that has it; None when no worker has.
        lease_expires_at: until when that worker has it without a sign of life. Without a worker: when the run was
            started, until its first worker takes it up.
        waiting_until: until when the run waited last because Jira asked it to; None when it did not.
        total, exported, links_created, manual_fix_count: counted over the tickets that are not skipped.
        archived_at: when it was put away; None when it was not.
        left_out: tickets that are skipped.
        site: the address of the Jira site that the last start was for; None when it was not told.
        content_version: another number after every change of the session's name, owner or tickets; None where the
            store cannot tell, as with a host's own tables.
        held_up: why no worker gets on with it; of no meaning while one has a live lease.
    """

    session_id: UUID
    project_key: str
    name: str = ""
    owner: str | None = None
    current_stage: str = "review"
    status: str = SessionStatus.READY
    task_id: UUID | None = None
    last_task_id: UUID | None = None
    started_at: datetime | None = None
    failed_at: datetime | None = None
    failed_at_ticket_order: int | None = None
    first_error_at: datetime | None = None
    retry_count: int = 0
    completed_at: datetime | None = None
    failure: Failure | None = None
    crash_count: int = 0
    current_title: str | None = None
    seconds: float = 0.0
    cancel_requested: bool = False
    token: int = 0
    lease_owner: str | None = None
    lease_expires_at: datetime | None = None
    waiting_until: datetime | None = None
    total: int = 0
    exported: int = 0
    links_created: int = 0
    manual_fix_count: int = 0
    archived_at: datetime | None = None
    left_out: int = 0
    site: str | None = None
    content_version: int | None = None
    held_up: HeldUp | None = None

    def lease_is_live(self, now: datetime) -> bool:
        """Return whether some worker holds this session at `now`."""
        return self.lease_owner is not None and self.lease_expires_at is not None and self.lease_expires_at > now


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write to a session, until another worker takes it over."""

    session_id: UUID
    token: int
    owner: str


@dataclass(frozen=True, slots=True)
class JournalRow:
    """An entry as kept: a number that grows with time, and its facts as JSON.

    Attributes:
        kind: the name of the entry's class in snake case, for example `issue_recorded`.
        ticket_id: None for entries of the session as a whole.
        attempt: the create it belongs to, None where there is none.
        token, lease_owner: the lease it was written with.
    """

    sequence: int
    at: datetime
    session_id: UUID
    ticket_id: UUID | None
    attempt: int | None
    kind: str
    trace_id: str | None
    data: Mapping[str, Any] = field(default_factory=dict)
    token: int = 0
    lease_owner: str = ""


def by_ticket(states: Iterable[TicketState]) -> dict[UUID, TicketState]:
    """Return the states by their tickets' ids, in their order."""
    return {state.ticket_id: state for state in states}
