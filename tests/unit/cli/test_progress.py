"""Progress: one line at any width, lines for logs, objects for programs."""

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from jira_session_export._cli.progress import Bar, JsonLines, Lines, as_object
from jira_session_export._cli.screen import columns
from jira_session_export._export.events import ExportEvent, ExportProgress, IssueExported, Phase
from jira_session_export._values import CreatedIssue, ManualFix, ManualFixKind
from jira_session_export.events import (
    ErrorCategory,
    ExportCompleted,
    ExportFailed,
    ExportStopped,
    ExportWaiting,
    Failure,
    WaitReason,
)

SESSION = UUID(int=1)
AT = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
HEAD: tuple[Any, ...] = (SESSION, 1, AT)
FIX = ManualFix(ManualFixKind.PRIORITY_NOT_AVAILABLE, "priority", "Utmost", "none", "Set it.")


def progress(
    position: int, total: int = 87, title: str = "Configure Product Fields", phase: Phase = Phase.CREATING
) -> ExportProgress:
    return ExportProgress(*HEAD, phase, position, total, title, position - 1, total, 72.0)


def exported(completed: int, total: int = 87, *, adopted: bool = False, title: str = "A") -> IssueExported:
    issue = CreatedIssue("1", f"DEMO-{completed}", f"https://x/browse/DEMO-{completed}")
    return IssueExported(
        *HEAD,
        UUID(int=2),
        completed,
        title,
        issue,
        (FIX,),
        adopted,
        adopted,
        tickets_completed=completed,
        tickets_total=total,
    )


def waiting(reason: WaitReason, seconds: float) -> ExportWaiting:
    return ExportWaiting(*HEAD, reason, AT + timedelta(seconds=seconds))


def bar(*events: ExportEvent, encoding: str = "utf-8") -> Bar:
    file = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    made = Bar(Console(file=file, force_terminal=True), monotonic=lambda: 0.0)
    for event in events:
        made(event)
    return made


@pytest.mark.parametrize(
    ("width", "line"),
    [
        (79, "⠋ ━━━━━━──────────────  34 %   1:12 left  30/87 Configure Product Fields"),
        (60, "⠋ ━━━───────  34 %   1:12 left  30/87 Configure P…uct Fields"),
        (30, "⠋  34 %  30/87 Configu… Fields"),
        (9, "⠋  34 %"),
        (5, " 34 %"),
        (3, " …%"),
        (0, ""),
    ],
)
def test_the_line_has_bar_percentage_time_and_title(width: int, line: str) -> None:
    assert bar(progress(30)).line(width).plain == line


def test_a_console_without_unicode_gets_signs_it_has() -> None:
    line = bar(progress(30, title="A" * 60), encoding="cp1252").line(60).plain
    assert line.startswith("| ###.......  34 %")
    assert "..." in line
    line.encode("ascii")


def test_the_count_is_the_one_of_the_messages_and_100_comes_with_the_end() -> None:
    assert " 99 % " in bar(progress(87)).line(79).plain
    assert "87/87 " in bar(progress(87)).line(79).plain
    assert "Linking dependency 3/12" in bar(progress(3, 12, "", Phase.LINKING)).line(79).plain
    assert "2/3 DEMO-2 is in Jira already" in bar(exported(2, 3, adopted=True)).line(79).plain


def test_an_export_that_goes_on_begins_where_it_stopped() -> None:
    assert (
        Bar(Console(file=io.StringIO()), 30.0, monotonic=lambda: 0.0)
        .line(79)
        .plain.endswith("30 %  Reading the project")
    )


def test_a_bulk_counts_as_done_when_its_issues_are_recorded() -> None:
    bulk = replace(progress(51, 120), last_position=100)
    assert bar(bulk).line(79).plain.endswith(" 42 %   1:12 left  51–100/120 creating 50 issues")
    assert " 83 % " in bar(bulk, exported(100, 120)).line(79).plain
    looking = replace(bulk, phase=Phase.WAITING)
    assert bar(looking).line(79).plain.endswith("Looking for 50 issues in Jira")
    told, single = as_object(bulk), as_object(progress(51, 120))
    assert told is not None
    assert single is not None
    assert told["last_position"] == 100
    assert "last_position" not in single


@given(
    st.integers(min_value=0, max_value=200),
    st.text() | st.text(st.sampled_from("漢👩\u200d\u0301\x1b\n\ta")),
    st.integers(min_value=1, max_value=100_000),
    st.sampled_from(list(Phase)),
)
def test_the_line_never_wraps(width: int, title: str, total: int, phase: Phase) -> None:
    line = bar(progress(total, total, title, phase)).line(width).plain
    assert columns(line) <= width
    assert line.isprintable() or not any(ord(sign) < 32 or 127 <= ord(sign) < 160 for sign in line)


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (WaitReason.PAUSE, "Pause between two creates, until "),
        (WaitReason.DATABASE, "The database does not answer: waiting until "),
    ],
)
def test_a_wait_says_for_what_and_until_when(reason: WaitReason, words: str) -> None:
    until = f"{(AT + timedelta(seconds=90)).astimezone():%H:%M:%S}"
    assert f"30/87 {words}{until}" in bar(progress(30), waiting(reason, 90)).line(119).plain


def test_a_short_pause_leaves_the_title_to_read() -> None:
    shown = bar(progress(30), exported(30, title="Configure"), waiting(WaitReason.PAUSE, 1.5)).line(79).plain
    assert shown.endswith("  30/87 DEMO-30 Configure (pausing)")


def lines(*events: ExportEvent) -> list[str]:
    file = io.StringIO()
    sink = Lines(Console(file=file, width=40))
    for event in events:
        sink(event)
    return file.getvalue().splitlines()


def test_lines_count_what_is_done_and_stay_on_one_line() -> None:
    title = "A title that is longer than the console is wide\n\x1b[2Jand tries to forge a line"
    assert lines(
        progress(1, 3), exported(1, 3, title=title), exported(2, 3, adopted=True), progress(1, 12, "", Phase.LINKING)
    ) == [
        "1/3 created DEMO-1 A title that is longer than the console is wide \\x1b[2Jand tries to forge a line",
        "2/3 found DEMO-2 A",
        "Linking dependency 1 of 12",
    ]


def test_lines_tell_a_long_wait_once_and_a_short_one_never() -> None:
    away = waiting(WaitReason.DATABASE, 5)
    assert lines(waiting(WaitReason.PAUSE, 1.5)) == []
    assert len(lines(away, away, away)) == 1
    assert len(lines(away, away, exported(1), away)) == 3


FAILED = ExportFailed(
    *HEAD, 3, Failure(ErrorCategory.TEMPORARY, "read_failed", "Jira is away", ("Retry.",), None), retry_available=True
)


def test_every_event_is_one_object_on_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    events = [
        progress(1), waiting(WaitReason.PAUSE, 1.5), exported(1, title="a\nb"), ExportCompleted(*HEAD, 87, 12, 3, 168.04), FAILED,
        ExportStopped(*HEAD, cancelled=True), ExportStopped(*HEAD, cancelled=False),
    ]  # fmt: skip
    for event in events:
        JsonLines()(event)
    told = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    assert told == [as_object(event) for event in events]
    assert [each["type"] for each in told] == ["progress", "waiting", "issue", "end", "end", "end", "end"]
    assert all(each["session_id"] == str(SESSION) and each["at"] == AT.isoformat() for each in told)
    assert [each["status"] for each in told[3:]] == ["completed", "failed", "cancelled", "stopped"]
    assert (told[2]["manual_fixes"], told[2]["title"]) == (1, "a\nb")


@pytest.mark.parametrize(("encoding", "dash"), [("utf-8", "–"), ("ascii", "-")])
def test_a_bulk_is_shown_as_a_range(encoding: str, dash: str) -> None:
    event = ExportProgress(*HEAD, Phase.CREATING, 51, 1000, "Ticket 51", 50, 1000, 72.0, 100)
    assert bar(event, encoding=encoding).line(90).plain.endswith(f"51{dash}100/1000 creating 50 issues")
    assert bar(event, exported(100, total=1000), encoding=encoding).line(90).plain.endswith("100/1000 DEMO-100 A")
