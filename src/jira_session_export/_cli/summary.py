"""The summary of a job in Markdown: for GitHub's step summary, a comment, a chat."""

from jira_session_export._cli.results import made
from jira_session_export._tables import as_markdown, markdown_link, markdown_text
from jira_session_export._wording import counted, duration
from jira_session_export.api import (
    ExportCompletedResponse,
    ExportFailedResponse,
    ExportPlanResponse,
    ExportResultsResponse,
    StatusResponse,
)
from jira_session_export.errors import JiraSessionExportError

LONGEST = 900_000
"""Bytes of a summary; GitHub shows none that is larger than 1 MiB."""


def outcome_summary(status: StatusResponse, results: ExportResultsResponse | None) -> str:
    """What came of an export, what is left to do by hand, and the issues."""
    lines: list[str] = []
    match status:
        case ExportCompletedResponse():
            lines.append("## Jira export: completed\n")
            words = made(status.jira_tickets_created, status.dependencies_created, status.manual_fixes_needed)
            seconds = status.total_processing_time_minutes * 60
            lines.append(f"{words}{f' in {duration(seconds)}' if seconds else ''}.\n")
        case ExportFailedResponse():
            lines.append("## Jira export: failed\n")
            lines.append(f"{markdown_text(status.user_message)}\n")
            lines += [f"- {markdown_text(action)}" for action in status.recovery_actions]
            again = "Run the same command again to go on where it stopped; nothing is created twice."
            lines += ["", again, ""] if status.retry_available else [""]
        case _:
            lines.append(f"## Jira export: {status.status}\n")
            done = f"{status.tickets_completed:,} of {counted(status.total_tickets, 'ticket')}"
            lines.append(f"{done} exported so far.\n")
    if results is not None:
        lines += _results(results)
    return _bounded("\n".join(lines))


def plan_summary(plan: ExportPlanResponse) -> str:
    """What a dry run foresees."""
    verdict = "ready" if plan.ready else "not ready"
    fixes = counted(plan.manual_fixes_predicted, "manual fix", "manual fixes")
    lines = [
        f"## Jira export, dry run: {verdict}\n",
        f"{counted(plan.total_tickets, 'ticket')} for {markdown_text(plan.project_key)}, {fixes} foreseen.\n",
        *(f"- {markdown_text(problem)}" for problem in plan.blocking_issues),
        "",
    ]
    rows = [
        (f"{issue.order}. {markdown_text(issue.title)}", markdown_text(finding))
        for issue in plan.issues
        for finding in (issue.error_message, *issue.manual_fixes, *issue.losses)
        if finding
    ]
    if rows:
        lines.append(as_markdown(("Ticket", "Finding"), rows))
    return _bounded("\n".join(lines))


def error_summary(error: JiraSessionExportError) -> str:
    """Why the command ended before there was an outcome."""
    actions = "\n".join(f"- {markdown_text(action)}" for action in error.recovery_actions)
    return f"## Jira export: not done\n\n{markdown_text(error.user_message)}\n\n{actions}\n\n"


def _results(results: ExportResultsResponse) -> list[str]:
    lines = []
    if results.manual_fixes:
        lines.append("### To fix by hand\n")
        rows = [
            (
                markdown_link(fix.jira_key, fix.jira_url),
                markdown_text(fix.field or fix.issue_type),
                markdown_text(fix.asked_for),
                markdown_text(fix.done_instead),
                markdown_text(fix.what_to_do or fix.recommended_action),
            )
            for fix in results.manual_fixes
        ]
        lines.append(as_markdown(("Issue", "Field", "Asked for", "Done instead", "What to do"), rows))
    if results.jira_tickets:
        issues = [
            (markdown_link(each.jira_key, each.jira_url), markdown_text(each.title)) for each in results.jira_tickets
        ]
        count = counted(len(issues), "issue")
        table = as_markdown(("Issue", "Title"), issues)
        lines.append(f"<details><summary>{count}</summary>\n\n{table}\n</details>\n\n")
    return lines


def _bounded(text: str) -> str:
    if len(text.encode()) <= LONGEST:
        return text
    kept = text.encode()[:LONGEST].decode(errors="ignore").rpartition("\n")[0]
    closing = "\n</details>\n" if kept.count("<details>") > kept.count("</details>") else ""
    return f"{kept}\n{closing}\nThe rest is left out: it is too long. See `jira-session-export results`.\n\n"
