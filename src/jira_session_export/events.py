"""The events of a running export, and the hub that hands them to listeners."""

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
    Phase,
    WaitReason,
)
from jira_session_export._export.hub import EventHub, Listener
from jira_session_export._export.watch import watch
from jira_session_export._values import CreatedIssue, ErrorCategory, Failure, ManualFix, ManualFixKind

__all__ = [
    "CreatedIssue",
    "ErrorCategory",
    "EventHub",
    "EventSink",
    "ExportCompleted",
    "ExportEvent",
    "ExportFailed",
    "ExportProgress",
    "ExportStopped",
    "ExportWaiting",
    "Failure",
    "FinalEvent",
    "IssueExported",
    "IssueOrphaned",
    "Listener",
    "ManualFix",
    "ManualFixKind",
    "Phase",
    "WaitReason",
    "watch",
]
