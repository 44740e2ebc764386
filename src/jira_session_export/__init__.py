"""Reviewed tickets become Jira issues: each exactly once, always valid, what could not be carried over written down.

What can be imported from here stays as it is within a major version. A name is imported when somebody asks for it, so
that a program that converts HTML does not wait for a Jira client, nor a command that reads the state for either.
"""

from typing import TYPE_CHECKING

from jira_session_export._lazy import names_from

if TYPE_CHECKING:
    from jira_session_export._adf import (
        Conversion,
        ConversionOptions,
        EmbeddedFile,
        ImagePolicy,
        Loss,
        LossKind,
        MediaReference,
        RuleSet,
        adf_to_html,
        adf_to_text,
        check_adf,
        convert_html,
        convert_markdown,
        html_to_adf,
        markdown_to_adf,
    )
    from jira_session_export._batch import BatchLimits, load_batch
    from jira_session_export._envconfig import JiraSettings, export_settings, jira_settings
    from jira_session_export._export.cleanup import CleanupOutcome, CleanupReport, SessionIssue
    from jira_session_export._export.events import (
        EventSink,
        ExportCompleted,
        ExportEvent,
        ExportFailed,
        ExportProgress,
        ExportStopped,
        IssueExported,
        IssueOrphaned,
    )
    from jira_session_export._export.exporter import Exporter
    from jira_session_export._export.hub import EventHub
    from jira_session_export._export.in_transaction import InTransaction
    from jira_session_export._export.ports import ExportRunner, IssueTracker
    from jira_session_export._export.projects import ProjectReader
    from jira_session_export._export.result import ExportedIssue, ExportResult
    from jira_session_export._export.runners import InProcessRunner, QueueRunner
    from jira_session_export._export.service import ExportService
    from jira_session_export._export.watch import watch
    from jira_session_export._jira import (
        ApiTokenAuth,
        BearerAuth,
        HttpError,
        HttpFault,
        HttpRequest,
        HttpResponse,
        HttpSettings,
        HttpTransport,
        JiraClient,
        OAuth2Auth,
        OAuth2Tokens,
        RetryPolicy,
    )
    from jira_session_export._jira_export import JiraExport
    from jira_session_export._models import Attachment, Session, Ticket, TicketLink, session_id_from, ticket_id_from
    from jira_session_export._runtime import Runtime
    from jira_session_export._settings import ExportSettings
    from jira_session_export._storage.memory import InMemoryStore
    from jira_session_export._storage.protocols import ExportStore, SessionSource, SessionStore
    from jira_session_export._values import CreatedIssue, ErrorCategory, ManualFix, ManualFixKind
    from jira_session_export.errors import ExportFailedError, ExportStoppedError, JiraSessionExportError

__version__ = "0.1.0"

__all__ = [
    "ApiTokenAuth",
    "Attachment",
    "BatchLimits",
    "BearerAuth",
    "CleanupOutcome",
    "CleanupReport",
    "Conversion",
    "ConversionOptions",
    "CreatedIssue",
    "EmbeddedFile",
    "ErrorCategory",
    "EventHub",
    "EventSink",
    "ExportCompleted",
    "ExportEvent",
    "ExportFailed",
    "ExportFailedError",
    "ExportProgress",
    "ExportResult",
    "ExportRunner",
    "ExportService",
    "ExportSettings",
    "ExportStopped",
    "ExportStoppedError",
    "ExportStore",
    "ExportedIssue",
    "Exporter",
    "HttpError",
    "HttpFault",
    "HttpRequest",
    "HttpResponse",
    "HttpSettings",
    "HttpTransport",
    "ImagePolicy",
    "InMemoryStore",
    "InProcessRunner",
    "InTransaction",
    "IssueExported",
    "IssueOrphaned",
    "IssueTracker",
    "JiraClient",
    "JiraExport",
    "JiraSessionExportError",
    "JiraSettings",
    "Loss",
    "LossKind",
    "ManualFix",
    "ManualFixKind",
    "MediaReference",
    "OAuth2Auth",
    "OAuth2Tokens",
    "ProjectReader",
    "QueueRunner",
    "RetryPolicy",
    "RuleSet",
    "Runtime",
    "Session",
    "SessionIssue",
    "SessionSource",
    "SessionStore",
    "Ticket",
    "TicketLink",
    "__version__",
    "adf_to_html",
    "adf_to_text",
    "check_adf",
    "convert_html",
    "convert_markdown",
    "export_settings",
    "html_to_adf",
    "jira_settings",
    "load_batch",
    "markdown_to_adf",
    "session_id_from",
    "ticket_id_from",
    "watch",
]

_MODULES = {
    "_adf": (
        "Conversion",
        "ConversionOptions",
        "EmbeddedFile",
        "ImagePolicy",
        "Loss",
        "LossKind",
        "MediaReference",
        "RuleSet",
        "adf_to_html",
        "adf_to_text",
        "check_adf",
        "convert_html",
        "convert_markdown",
        "html_to_adf",
        "markdown_to_adf",
    ),
    "_batch": ("BatchLimits", "load_batch"),
    "_envconfig": (
        "JiraSettings",
        "export_settings",
        "jira_settings",
    ),
    "_export.events": (
        "EventSink",
        "ExportCompleted",
        "ExportEvent",
        "ExportFailed",
        "ExportProgress",
        "ExportStopped",
        "IssueExported",
        "IssueOrphaned",
    ),
    "_export.exporter": ("Exporter",),
    "_export.hub": ("EventHub",),
    "_export.in_transaction": ("InTransaction",),
    "_export.cleanup": ("CleanupOutcome", "CleanupReport", "SessionIssue"),
    "_export.ports": ("ExportRunner", "IssueTracker"),
    "_export.projects": ("ProjectReader",),
    "_export.result": ("ExportResult", "ExportedIssue"),
    "_export.runners": ("InProcessRunner", "QueueRunner"),
    "_export.service": ("ExportService",),
    "_export.watch": ("watch",),
    "_jira": (
        "ApiTokenAuth",
        "BearerAuth",
        "HttpError",
        "HttpFault",
        "HttpRequest",
        "HttpResponse",
        "HttpSettings",
        "HttpTransport",
        "JiraClient",
        "OAuth2Auth",
        "OAuth2Tokens",
        "RetryPolicy",
    ),
    "_jira_export": ("JiraExport",),
    "_models": (
        "Attachment",
        "Session",
        "Ticket",
        "TicketLink",
        "session_id_from",
        "ticket_id_from",
    ),
    "_runtime": ("Runtime",),
    "_settings": ("ExportSettings",),
    "_storage.memory": ("InMemoryStore",),
    "_storage.protocols": ("ExportStore", "SessionSource", "SessionStore"),
    "_values": (
        "CreatedIssue",
        "ErrorCategory",
        "ManualFix",
        "ManualFixKind",
    ),
    "errors": ("ExportFailedError", "ExportStoppedError", "JiraSessionExportError"),
}
"""Module → its public names. A test compares it with the imports for type checkers above."""

if not TYPE_CHECKING:
    __getattr__, __dir__ = names_from(__name__, _MODULES)
