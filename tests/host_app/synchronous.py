"""The host without an event loop, as Django, Flask and Celery have it: the same, from any thread."""

from jira_session_export import ApiTokenAuth, ExportFailedError, ExportSettings, HttpTransport, Session
from jira_session_export.api import ExportProgressMessage
from jira_session_export.sync import JiraExport


def make_jira(base_url: str, store: str, transport: HttpTransport | None = None) -> JiraExport:
    """The object that the host keeps at module level."""
    return JiraExport.open(
        base_url,
        ApiTokenAuth("host@example.com", "token"),
        store=store,
        settings=ExportSettings(pause_seconds=0),
        transport=transport,
    )


def problems(jira: JiraExport, session: Session) -> list[str]:
    """What must be corrected before the session can be exported."""
    validation = jira.validate(session.project_key)
    plan = jira.plan(session)
    return [*validation.blocking_issues, *(issue.error_message for issue in plan.issues if issue.error_message)]


def export_and_show(jira: JiraExport, session: Session) -> tuple[dict[str, str], list[float]]:
    """Export in the background and note each step; the issues' addresses by key, and how far it was."""
    session_id = jira.start(session)
    percentages = [
        message.progress_percentage for message in jira.watch(session_id) if isinstance(message, ExportProgressMessage)
    ]
    return {issue.key: issue.url for issue in jira.wait(session_id).issues}, percentages


def outcome(jira: JiraExport, session: Session) -> str:
    """Export and wait; for a person to read."""
    try:
        result = jira.export(session)
    except ExportFailedError as error:
        again = "try again" if error.retry_available else "give up"
        return f"{error.failure.code} at ticket {error.ticket_order}: {again}"
    return f"{len(result.issues)} issues, {len(result.manual_fixes)} to fix by hand"
