"""The front door: what can be imported from `jira_session_export`, and stays as it is within a major version."""

from jira_session_export._adf import (
    Conversion,
    ConversionOptions,
    EmbeddedFile,
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
from jira_session_export._batch import load_batch
from jira_session_export._envconfig import JiraSettings, export_settings, jira_settings
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
from jira_session_export._export.ports import ExportRunner, IssueTracker
from jira_session_export._export.projects import ProjectReader
from jira_session_export._export.runners import InProcessRunner
from jira_session_export._export.service import ExportService
from jira_session_export._export.watch import watch
from jira_session_export._jira import ApiTokenAuth, BearerAuth, JiraClient, OAuth2Auth, OAuth2Tokens, RetryPolicy
from jira_session_export._models import Attachment, Session, Ticket, TicketLink, session_id_from, ticket_id_from
from jira_session_export._runtime import Runtime
from jira_session_export._settings import ExportSettings
from jira_session_export._storage.memory import InMemoryStore
from jira_session_export._storage.protocols import ExportStore, SessionSource, SessionStore
from jira_session_export._values import CreatedIssue, ErrorCategory, ManualFix, ManualFixKind
from jira_session_export.errors import JiraSessionExportError

__all__ = [
    "ApiTokenAuth",
    "Attachment",
    "BearerAuth",
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
    "ExportProgress",
    "ExportRunner",
    "ExportService",
    "ExportSettings",
    "ExportStopped",
    "ExportStore",
    "Exporter",
    "InMemoryStore",
    "InProcessRunner",
    "IssueExported",
    "IssueOrphaned",
    "IssueTracker",
    "JiraClient",
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
    "RetryPolicy",
    "RuleSet",
    "Runtime",
    "Session",
    "SessionSource",
    "SessionStore",
    "Ticket",
    "TicketLink",
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
