"""The events of a running export, the hub that hands them to listeners, and who is told of its end."""

from jira_session_export._export.events import (
    EventSink,
    ExportCompleted,
    ExportEvent,
    ExportFailed,
    ExportProgress,
    ExportStopped,
    ExportWaiting,
    FinalEvent,
    IssueExported,
    IssueOrphaned,
    LeaseLost,
    Phase,
    WaitReason,
)
from jira_session_export._export.finish_command import FinishCommand
from jira_session_export._export.hub import EventHub, Listener
from jira_session_export._export.observers import outcome_observers
from jira_session_export._export.outcomes import ExportOutcome, OutcomeObserver
from jira_session_export._export.watch import watch
from jira_session_export._export.webhook import Webhook
from jira_session_export._values import CreatedIssue, ErrorCategory, Failure, ManualFix, ManualFixKind

__all__ = [
    "CreatedIssue",
    "ErrorCategory",
    "EventHub",
    "EventSink",
    "ExportCompleted",
    "ExportEvent",
    "ExportFailed",
    "ExportOutcome",
    "ExportProgress",
    "ExportStopped",
    "ExportWaiting",
    "Failure",
    "FinalEvent",
    "FinishCommand",
    "IssueExported",
    "IssueOrphaned",
    "LeaseLost",
    "Listener",
    "ManualFix",
    "ManualFixKind",
    "OutcomeObserver",
    "Phase",
    "WaitReason",
    "Webhook",
    "outcome_observers",
    "watch",
]
