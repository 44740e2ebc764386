"""The client of Jira Cloud: everything between us and Jira's REST interfaces."""

from jira_session_export._jira.auth import ApiTokenAuth, BearerAuth
from jira_session_export._jira.client import JiraClient
from jira_session_export._jira.dispatch import JiraWait, WaitForJira
from jira_session_export._jira.exchange import RequestDone, RequestObserver
from jira_session_export._jira.http import (
    HeldBackError,
    HttpError,
    HttpFault,
    HttpRequest,
    HttpResponse,
    HttpSettings,
    HttpTransport,
)
from jira_session_export._jira.oauth import OAuth2Auth, OAuth2Tokens
from jira_session_export._jira.retry import RetryPolicy

__all__ = [
    "ApiTokenAuth",
    "BearerAuth",
    "HeldBackError",
    "HttpError",
    "HttpFault",
    "HttpRequest",
    "HttpResponse",
    "HttpSettings",
    "HttpTransport",
    "JiraClient",
    "JiraWait",
    "OAuth2Auth",
    "OAuth2Tokens",
    "RequestDone",
    "RequestObserver",
    "RetryPolicy",
    "WaitForJira",
]
