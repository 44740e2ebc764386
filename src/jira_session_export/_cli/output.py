"""What the command prints: pretty in a terminal, plain lines elsewhere, JSON for programs.

Every command imports this, so it imports at once only what every command prints with.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from enum import Enum, IntEnum, auto
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from jira_session_export._values import ErrorCategory
from jira_session_export.errors import InputError, JiraSessionExportError, NotFoundError

if TYPE_CHECKING:
    from pydantic import BaseModel

    from jira_session_export._export.events import EventSink, ExportEvent
    from jira_session_export.api import (
        ExportPlanResponse,
        ExportResultsResponse,
        ProjectValidationResponse,
        StatusResponse,
    )


class ExitCode(IntEnum):
    """The exit codes of the command."""

    DONE = 0
    FAILED = 1
    """The export failed or was stopped; the same command goes on with it."""
    WRONG_USE = 2
    """Wrong use or bad input; nothing was done."""
    ADMINISTRATOR = 3
    """Stopped for an administrator."""


class Report(Enum):
    """What `report` prints."""

    OUTCOME = auto()
    """The results of a completed export, else why it is not."""
    STATUS = auto()
    """How far the export is."""
    RESULTS = auto()
    """The issues made so far."""


def exit_code(error: JiraSessionExportError) -> ExitCode:
    """The exit code of an error that ended the command."""
    if isinstance(error, (InputError, NotFoundError)):
        return ExitCode.WRONG_USE
    return category_exit_code(error.category)


def category_exit_code(category: str) -> ExitCode:
    """The exit code of a failed export."""
    return ExitCode.ADMINISTRATOR if category == ErrorCategory.ADMIN_REQUIRED else ExitCode.FAILED


class Output:
    """Prints to standard output, progress and errors to standard error.

    Args:
        as_json: print exactly one JSON document to standard output, and no progress.

    Attributes:
        adopted: issues reported that an export made whose state the database does not have.
    """

    def __init__(self, *, as_json: bool = False) -> None:
        self.as_json = as_json
        self.adopted = 0
        self._sink: EventSink | None = None
        self._out = Console(soft_wrap=not sys.stdout.isatty(), highlight=False)
        self._err = Console(stderr=True, soft_wrap=not sys.stderr.isatty(), highlight=False)

    def note(self, text: str, *, style: str | None = None) -> None:
        """Say something that is no result."""
        if not self.as_json:
            self._err.print(Text(text), style=style)

    def document(self, value: "BaseModel | dict[str, Any]") -> None:
        """Print the JSON document of `--json`."""
        data = value if isinstance(value, dict) else value.model_dump(mode="json")
        sys.stdout.write(json.dumps(data, ensure_ascii=False, indent=2) + "\n")

    def error(self, error: JiraSessionExportError) -> None:
        """One clear message: what was wrong and what to do."""
        if self.as_json:
            self.document(
                {
                    "code": error.code,
                    "error_category": error.category,
                    "user_message": error.user_message,
                    "recovery_actions": list(error.recovery_actions),
                }
            )
            return
        self._err.print(Text.assemble(("Error: ", "bold red"), error.user_message))
        self._actions(error.recovery_actions)

    def status(self, status: "StatusResponse") -> None:
        """How far an export is, or why it stopped."""
        from jira_session_export.api import ExportCompletedResponse, ExportFailedResponse, ExportStatusResponse

        match status:
            case ExportCompletedResponse():
                self._out.print(
                    f"Completed: {status.jira_tickets_created} issues, {status.dependencies_created} dependencies, "
                    f"{status.manual_fixes_needed} to fix by hand."
                )
            case ExportFailedResponse():
                self._err.print(Text.assemble(("Export failed: ", "bold red"), status.user_message))
                self._actions(status.recovery_actions)
                if status.retry_available:
                    self.note("Run the export command again to go on where it stopped; nothing is created twice.")
            case ExportStatusResponse():
                self.note(
                    f"{status.tickets_completed} of {status.total_tickets} tickets are exported so far. "
                    "Run the export command again to go on where it stopped."
                )

    def _actions(self, actions: Sequence[str]) -> None:
        for action in actions:
            self._err.print(Text(f"  → {action}"))

    def results(self, results: "ExportResultsResponse") -> None:
        """The issues with their addresses, then what a person must fix, then the sums."""
        if self._out.is_terminal:
            self._results_tables(results)
        else:
            # Not through the console: it would turn the tabs into spaces, and scripts cut at tabs.
            for ticket in results.jira_tickets:
                sys.stdout.write(f"{ticket.jira_key}\t{ticket.jira_url}\t{ticket.title}\n")
            for fix in results.manual_fixes:
                sys.stdout.write(f"fix {fix.jira_key}\t{fix.issue_type}\t{fix.recommended_action}\t{fix.jira_url}\n")
            sys.stdout.flush()
        self._out.print(Text(summary(results), style="bold"))

    def _results_tables(self, results: "ExportResultsResponse") -> None:
        from rich.table import Table

        issues = Table("Issue", "Title", "Address", title="Issues", title_justify="left", header_style="bold")
        issues.columns[1].ratio = 1
        for ticket in results.jira_tickets:
            issues.add_row(
                Text(ticket.jira_key, style="cyan"),
                Text(ticket.title, overflow="ellipsis", no_wrap=True),
                Text(ticket.jira_url, style=f"link {ticket.jira_url}", no_wrap=True),
            )
        self._out.print(issues)
        if not results.manual_fixes:
            return
        fixes = Table("Issue", "What", "What to do", title="To fix by hand", title_justify="left", header_style="bold")
        for fix in results.manual_fixes:
            fixes.add_row(
                Text(fix.jira_key, style=f"cyan link {fix.jira_url}"),
                Text(fix.issue_type, style="yellow"),
                Text(fix.recommended_action),
            )
        self._out.print(fixes)

    def plan(self, plan: "ExportPlanResponse") -> None:
        """What a dry run found out."""
        for issue in plan.issues:
            if issue.error_message:
                self._out.print(Text.assemble((f"{issue.order}. {issue.title}: ", "red"), issue.error_message))
                continue
            self._out.print(Text(f"{issue.order}. {issue.title}"))
            for fix in issue.manual_fixes:
                self._out.print(Text(f"   fix by hand: {fix}", style="yellow"))
            for loss in issue.losses:
                self._out.print(Text(f"   not carried over: {loss}", style="dim"))
        for problem in plan.blocking_issues:
            self._out.print(Text(problem, style="red"))
        verdict = "ready to export" if plan.ready else "not ready: correct what is marked above"
        fixes = _count(plan.manual_fixes_predicted, "manual fix", "manual fixes")
        self._out.print(
            Text(f"{plan.total_tickets} tickets for {plan.project_key}, {fixes} foreseen; {verdict}", style="bold")
        )

    def validation(self, response: "ProjectValidationResponse") -> None:
        """Whether a project can be exported to, and what it offers."""
        verdict = Text(
            response.validation_status, style="green" if response.validation_status == "valid" else "bold red"
        )
        self._out.print(Text.assemble((f"{response.project_key} {response.project_name}: ", "bold"), verdict))
        for problem in response.blocking_issues:
            self._out.print(Text(f"  blocking: {problem}", style="red"))
        for warning in response.validation_warnings:
            self._out.print(Text(f"  warning: {warning.message} {warning.recommended_action}", style="yellow"))
        for heading, names in (
            ("sprints", [f"{sprint.name} ({sprint.state})" for sprint in response.available_sprints]),
            ("team", [member.name for member in response.team_members]),
            ("priorities", [priority.name for priority in response.priority_levels]),
        ):
            self._out.print(Text(f"  {heading}: {', '.join(names) or 'none'}"))

    @contextmanager
    def progress(self) -> Iterator[None]:
        """Show the export's progress from its events: a bar in a terminal, a line for each issue elsewhere."""
        from jira_session_export._cli.progress import Bar, Lines

        with ExitStack() as stack:
            if not self.as_json:
                self._sink = stack.enter_context(Bar(self._err)) if self._err.is_terminal else Lines(self._err)
            yield
        self._sink = None

    def tell(self, event: "ExportEvent") -> None:
        """An event sink that shows the event while `progress` is on."""
        self.adopted += getattr(event, "earlier_state", False)
        if self._sink is not None:
            self._sink(event)


def summary(results: "ExportResultsResponse") -> str:
    """`87 created, 12 dependencies, 3 manual fixes in 0.4 minutes`."""
    return (
        f"{results.total_tickets_created} created, "
        f"{_count(results.dependencies_created, 'dependency', 'dependencies')}, "
        f"{_count(len(results.manual_fixes), 'manual fix', 'manual fixes')} "
        f"in {results.total_processing_time_minutes:.1f} minutes"
    )


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
