"""What a store promises, what it keeps, and the store in memory.

The store on a database is in `jira_session_export.storage.sqlalchemy`.
"""

from jira_session_export._journal import (
    CancelRequested,
    CreateRefused,
    Entry,
    IntentRecorded,
    IssueRecorded,
    JournalRow,
    Lease,
    OrphanFound,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunReleased,
    RunResumed,
    RunStarted,
    SessionState,
    SessionStatus,
    Step,
    StepRecorded,
    TicketState,
    TicketStatus,
)
from jira_session_export._storage.memory import InMemoryStore
from jira_session_export._storage.protocols import ExportStore, SessionSource, SessionStore
from jira_session_export._storage.records import (
    Counters,
    already_recorded,
    current_lease,
    journal_row,
    ticket_of,
    update_counters,
)
from jira_session_export._transitions import (
    TRANSITIONS,
    SessionPatch,
    TicketEntry,
    advance_session,
    advance_ticket,
    session_patch,
)
from jira_session_export._values import Failure, FollowUp, StepKind

__all__ = [
    "TRANSITIONS",
    "CancelRequested",
    "Counters",
    "CreateRefused",
    "Entry",
    "ExportStore",
    "Failure",
    "FollowUp",
    "InMemoryStore",
    "IntentRecorded",
    "IssueRecorded",
    "JournalRow",
    "Lease",
    "OrphanFound",
    "RunCancelled",
    "RunCompleted",
    "RunFailed",
    "RunReleased",
    "RunResumed",
    "RunStarted",
    "SessionPatch",
    "SessionSource",
    "SessionState",
    "SessionStatus",
    "SessionStore",
    "Step",
    "StepKind",
    "StepRecorded",
    "TicketEntry",
    "TicketState",
    "TicketStatus",
    "advance_session",
    "advance_ticket",
    "already_recorded",
    "current_lease",
    "journal_row",
    "session_patch",
    "ticket_of",
    "update_counters",
]
