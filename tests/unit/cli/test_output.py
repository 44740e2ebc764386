"""What the command says of any number of tickets is good English."""

import json
import logging
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from jira_session_export._cli.output import ExitCode, Format, Output
from jira_session_export._cli.progress import found_before
from jira_session_export._cli.summary import LONGEST, error_summary, outcome_summary, plan_summary
from jira_session_export._values import ManualFixKind
from jira_session_export.api import (
    ErrorCategory,
    ExportCompletedResponse,
    ExportFailedResponse,
    ExportPlanResponse,
    ExportResultsResponse,
    ExportStatusResponse,
    JiraTicketReference,
    ManualFixGuidance,
    PlannedIssue,
)
from jira_session_export.errors import SettingsError

ID = UUID(int=1)
AT = datetime(2026, 11, 28, 14, 3, 22, tzinfo=UTC)
WRONG = re.compile(
    r"\b1 (?:tickets|issues|dependencies|manual fixes|minutes|seconds|sessions)\b|\b0\.0\b|(?<!\.)\.\.(?!\.)|\b1 \w+ (?:are|have|were)\b"
)


def results(count: int, fixes: int, title: str = "Title.") -> ExportResultsResponse:
    return ExportResultsResponse(
        session_id=ID,
        total_tickets_created=count,
        jira_tickets=[JiraTicketReference(ticket_id=ID, jira_key=f"A-{n}", jira_url=f"https://x/browse/A-{n}", title=title) for n in range(count)],
        dependencies_created=count,
        manual_fixes=[
            ManualFixGuidance(
                jira_key="A-1", title="T", issue_type=ManualFixKind.ASSIGNEE_INVALID, recommended_action="Do it.", jira_url="https://x/browse/A-1",
                field="assignee", asked_for="Robin", done_instead="nobody was assigned", what_to_do="Assign somebody.",
            )
            for _ in range(fixes)
        ],
        total_processing_time_minutes=round(count * 0.033, 1),
    )  # fmt: skip


@pytest.mark.parametrize("count", [0, 1, 2, 1000])
def test_counts_and_durations_read_well(count: int, capsys: pytest.CaptureFixture[str]) -> None:
    output = Output()
    made = results(count, count)
    completed = ExportCompletedResponse(
        session_id=ID, task_id=ID, jira_tickets_created=count, dependencies_created=count, manual_fixes_needed=count,
        total_processing_time_minutes=made.total_processing_time_minutes, completed_at=AT,
    )  # fmt: skip
    failed = ExportFailedResponse(
        session_id=ID, task_id=ID, failed_at_ticket_order=1, error_category=ErrorCategory.TEMPORARY, user_message="Jira is away.",
        recovery_actions=["Retry."], retry_available=True, retry_attempts_used=0, retry_not_before=AT,
    )  # fmt: skip
    running = ExportStatusResponse(
        session_id=ID, task_id=ID, progress_percentage=1, tickets_completed=count, total_tickets=count, current_ticket_title="Ends with a dot.", waiting_until=AT,
    )  # fmt: skip
    plan = ExportPlanResponse(
        session_id=ID, project_key="A", total_tickets=count, ready=True, manual_fixes_predicted=count,
        issues=[PlannedIssue(ticket_id=ID, order=1, title="T.", manual_fixes=["One."], losses=["Two."])],
    )  # fmt: skip
    for status in (completed, failed, running):
        output.status(status)
    for form in set(Format) - {Format.JSON}:
        Output(form=form).results(made, status="completed")
    output.plan(plan)
    output.note(found_before(count))
    printed = capsys.readouterr()
    said = printed.out + printed.err
    said += (
        outcome_summary(completed, made)
        + outcome_summary(failed, None)
        + outcome_summary(running, made)
        + plan_summary(plan)
    )
    assert WRONG.search(said) is None, WRONG.search(said)
    assert f"{AT.astimezone():%H:%M:%S}" in printed.out
    assert f"after {AT.astimezone():%Y-%m-%d %H:%M:%S}" in printed.err


def test_a_summary_is_cut_where_github_would_refuse_it() -> None:
    completed = ExportCompletedResponse(
        session_id=ID, task_id=ID, jira_tickets_created=1, dependencies_created=0, manual_fixes_needed=0, total_processing_time_minutes=0, completed_at=AT,
    )  # fmt: skip
    text = outcome_summary(completed, results(20_000, 0, "漢字" * 20))
    assert len(text.encode()) < LONGEST + 500
    assert text.count("<details>") == text.count("</details>") == 1
    assert "The rest is left out" in text


def test_a_summary_shows_no_marks_of_strangers() -> None:
    text = error_summary(SettingsError("<img src=x> | `code` **bold**", recovery_actions=["[a](javascript:b)"]))
    assert "<img" not in text
    assert "**bold**" not in text
    assert re.search(r"(?<!\\)\]\(", text) is None


def test_what_a_dry_run_tells_of_a_ticket_forges_no_line(capsys: pytest.CaptureFixture[str]) -> None:
    evil = "Robin\r\n2. Another ticket\x1b[31m"
    issues = [
        PlannedIssue(ticket_id=ID, order=1, title=evil, manual_fixes=[f"assignee: {evil}"], losses=[f"mark: {evil}"]),
        PlannedIssue(ticket_id=ID, order=2, title="Second", error_message=evil),
    ]
    Output().plan(
        ExportPlanResponse(
            session_id=ID, project_key="A", total_tickets=2, ready=False, blocking_issues=[], manual_fixes_predicted=1,
            issues=issues, estimated_duration_minutes=1,
        )
    )  # fmt: skip
    told = [line for line in capsys.readouterr().out.splitlines() if "Another ticket" in line]
    assert [line.lstrip()[:12] for line in told] == ["1. Robin  2.", "fix by hand:", "not carried ", "2. Second: R"]
    assert "\x1b" not in "".join(told)


def test_a_summary_that_cannot_be_written_changes_no_outcome(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = Output(summary=[(tmp_path / "none" / "s.md", False)])
    output.summarize(
        ExportStatusResponse(session_id=ID, task_id=ID, progress_percentage=1, tickets_completed=0, total_tickets=1),
        None,
    )
    assert "cannot be written" in capsys.readouterr().err
    assert output.with_fixes(3) is ExitCode.DONE
    assert Output(fail_on_fixes=True).with_fixes(3) is ExitCode.FIXES_LEFT
    assert Output(fail_on_fixes=True).with_fixes(0) is ExitCode.DONE


@pytest.mark.parametrize(
    ("options", "shown"),
    [({}, False), ({"logs_all": True}, True), ({"verbose": 1}, True), ({"logs_all": True, "as_json": True}, True)],
)
def test_who_only_has_the_log_reads_all_of_it(
    options: dict[str, Any], shown: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    """An export says itself that it failed; a worker has nothing else that would say so."""
    Output(**options)
    logger = logging.getLogger("jira_session_export.run")
    logger.warning("The export of session 1 failed: x", extra={"action": "run_failed"})
    try:
        {}["odd"]
    except KeyError:
        logger.exception("It failed for a reason nobody foresaw", extra={"action": "run_failed"})
    told = capsys.readouterr().err
    for expected in ("The export of session 1 failed: x", "nobody foresaw", "Traceback", "KeyError: 'odd'"):
        assert (expected in told) is shown
    if options.get("as_json"):
        assert "Traceback" in json.loads(told.splitlines()[1])["traceback"]
