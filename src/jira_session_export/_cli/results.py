"""The results of an export for people in a terminal, and for scripts that cut at tabs."""

from collections.abc import Iterator

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from jira_session_export._printable import one_line
from jira_session_export._wording import counted, duration
from jira_session_export.api import ExportResultsResponse, ManualFixGuidance

WIDE = 100
"""Columns from which on an issue's address has a place of its own beside its title."""


def summary(results: ExportResultsResponse) -> str:
    """`87 created, 12 dependencies, 3 manual fixes in about 24 s`."""
    words = made(results.total_tickets_created, results.dependencies_created, len(results.manual_fixes), noun="")
    # The answer has minutes with one decimal; nothing finer is known of less than three seconds.
    seconds = results.total_processing_time_minutes * 60
    return f"{words} in about {duration(seconds)}" if seconds else f"{words} in less than 3 s"


def made(issues: int, dependencies: int, fixes: int, *, noun: str = "issue") -> str:
    """`87 issues created, 12 dependencies, 3 manual fixes`."""
    created = f"{counted(issues, noun)} created" if noun else f"{issues:,} created"
    linked = counted(dependencies, "dependency", "dependencies")
    return f"{created}, {linked}, {counted(fixes, 'manual fix', 'manual fixes')}"


def print_lines(results: ExportResultsResponse) -> Iterator[str]:
    """One line an issue, then one a manual fix; tabs between the parts."""
    for ticket in results.jira_tickets:
        yield f"{ticket.jira_key}\t{one_line(ticket.jira_url)}\t{one_line(ticket.title)}\n"
    for fix in results.manual_fixes:
        yield f"fix {fix.jira_key}\t{fix.issue_type}\t{one_line(fix.recommended_action)}\t{one_line(fix.jira_url)}\n"


def print_tables(console: Console, results: ExportResultsResponse, *, arrow: str) -> None:
    """The issues as a table, and each manual fix as a block that reads well at any width."""
    wide = console.width >= WIDE
    issues = Table("Issue", "Title", title="Issues", title_justify="left", header_style="bold")
    issues.columns[1].ratio = 1
    issues.columns[0].no_wrap = True
    if wide:
        issues.add_column("Address", no_wrap=True)
    for ticket in results.jira_tickets:
        url = _web(ticket.jira_url)
        key = Text(one_line(ticket.jira_key), style=f"cyan link {url}" if url else "cyan")
        title = Text(one_line(ticket.title), overflow="ellipsis", no_wrap=True)
        cells = [key, title]
        if wide:
            cells.append(Text(one_line(ticket.jira_url), style=f"link {url}" if url else ""))
        issues.add_row(*cells)
    if results.jira_tickets:
        console.print(issues)
    if results.manual_fixes:
        console.print(Text("To fix by hand", style="italic"))
    for fix in results.manual_fixes:
        _print_fix(console, fix, arrow)


def _print_fix(console: Console, fix: ManualFixGuidance, arrow: str) -> None:
    asked = f": asked for {one_line(fix.asked_for)}" if fix.asked_for else ""
    console.print(
        Text.assemble((one_line(fix.jira_key), "cyan"), " ", (one_line(fix.field or fix.issue_type), "yellow"), asked)
    )
    if fix.done_instead:
        console.print(Padding(Text(f"Done instead: {one_line(fix.done_instead)}"), (0, 0, 0, 2)))
    action = fix.what_to_do or fix.recommended_action
    console.print(Padding(Text(f"{arrow} {one_line(action)}"), (0, 0, 0, 2)))
    console.print(Padding(Text(one_line(fix.jira_url), style="dim", overflow="fold"), (0, 0, 0, 2)))


def _web(url: str) -> str:
    return url if url.startswith(("https://", "http://")) and url.isprintable() and " " not in url else ""
