"""What the command prints: pretty in a terminal, plain lines elsewhere, JSON for programs.

Every command imports this, so it imports at once only what every command prints with.
"""

import json
import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from enum import Enum, IntEnum, StrEnum, auto
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.text import Text

from jira_session_export._printable import lines, one_line
from jira_session_export._values import ErrorCategory
from jira_session_export._wording import counted, duration, sentence
from jira_session_export.errors import (
    InputError,
    JiraSessionExportError,
    NotFoundError,
    NothingToRetryError,
    NotStartedError,
    SessionNotFoundError,
    SettingsError,
)

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
    FIXES_LEFT = 4
    """Done, and manual fixes are left; only with `--fail-on-fixes`."""


class Report(Enum):
    """What `report` prints."""

    OUTCOME = auto()
    """The results of a completed export, else why it is not."""
    STATUS = auto()
    """How far the export is."""
    RESULTS = auto()
    """The issues made so far."""


class Format(StrEnum):
    """How results are written."""

    TABLE = "table"
    CSV = "csv"
    MARKDOWN = "markdown"
    JSON = "json"


ENDINGS = {".csv": Format.CSV, ".md": Format.MARKDOWN, ".markdown": Format.MARKDOWN, ".json": Format.JSON}
"""How a file's name says what is written to it."""


class Shown(StrEnum):
    """How progress is shown."""

    AUTO = "auto"
    BAR = "bar"
    LINES = "lines"
    JSON = "json"
    NONE = "none"


TOLD_ANYWAY = frozenset({"run_failed", "database_away"})
"""Actions of log lines that say what the command says itself."""


def _form_of(file: Path) -> Format:
    """How results are written to a file of that name; plain lines where the name is text or says nothing."""
    ending = file.suffix.lower()
    if ending not in ENDINGS and ending not in {"", ".txt", ".tsv"}:
        from typer import BadParameter

        known = ", ".join(ENDINGS)
        raise BadParameter(f"{file.name!r} says no format; name it {known} or .txt, or give --format.")
    return ENDINGS.get(ending, Format.TABLE)


def exit_code(error: JiraSessionExportError) -> ExitCode:
    """The exit code of an error that ended the command."""
    if isinstance(error, (InputError, NotFoundError, NothingToRetryError, NotStartedError, SessionNotFoundError)):
        return ExitCode.WRONG_USE
    return category_exit_code(error.category)


def category_exit_code(category: str) -> ExitCode:
    """The exit code of a failed export."""
    return ExitCode.ADMINISTRATOR if category == ErrorCategory.ADMIN_REQUIRED else ExitCode.FAILED


class Output:
    """Prints to standard output, progress and errors to standard error.

    Args:
        as_json: print exactly one JSON document to standard output; what else is said goes to standard error, one JSON
            object a line.
        quiet: say nothing but results and errors.
        verbose: how much of the library's log is shown: warnings, 1 for more, 2 for all.
        shown: how progress is shown.
        summary: files that get a summary in Markdown: the path, and whether it is appended to.
        fail_on_fixes: whether manual fixes make the exit code `FIXES_LEFT`.
        form, file: how results are written, and where to; None: a table, or by the file's ending.
        logs_all: nobody reads what the command says but as its log: that leaves nothing out, and has tracebacks.

    Attributes:
        adopted: issues reported that an export made whose state the database does not have.
    """

    def __init__(
        self,
        *,
        as_json: bool = False,
        quiet: bool = False,
        verbose: int = 0,
        shown: Shown = Shown.AUTO,
        summary: Sequence[tuple[Path, bool]] = (),
        fail_on_fixes: bool = False,
        form: Format | None = None,
        file: Path | None = None,
        logs_all: bool = False,
    ) -> None:
        if form is None and file is not None:
            form = _form_of(file)
        self.form: Format = form or (Format.JSON if as_json else Format.TABLE)
        self.as_json = as_json or (form is Format.JSON and file is None)
        self.quiet = quiet
        self.adopted = 0
        self._file = file
        self._shown = shown
        self._summary = summary
        self._fail_on_fixes = fail_on_fixes
        self._sink: EventSink | None = None
        for stream in (sys.stdout, sys.stderr):
            # A console or a pipe that cannot show a character shows a question mark; it must not end an export.
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="replace")
        self._out = Console(soft_wrap=not sys.stdout.isatty(), highlight=False)
        self._err = Console(stderr=True, soft_wrap=not sys.stderr.isatty(), highlight=False)
        self._arrow = "→" if self._err.encoding.lower().startswith("utf") else "->"
        level = (logging.WARNING, logging.INFO, logging.DEBUG)[min(verbose, 2)]
        _show_log(self._err, level, as_json=self.as_json, in_full=logs_all or level < logging.WARNING)

    # -- what is no result -------------------------------------------------------------------------------------------

    def note(self, text: str, *, style: str | None = None) -> None:
        """Say something that is no result."""
        if self.quiet:
            return
        if self.as_json:
            from jira_session_export._cli.progress import write_object

            write_object({"type": "note", "message": text})
        else:
            self._err.print(Text(self._shown_as(text)), style=style)

    def error(self, error: JiraSessionExportError) -> None:
        """One clear message: what was wrong and what to do."""
        self._summarize_error(error)
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
        self._err.print(Text.assemble(("Error: ", "bold red"), self._shown_as(error.user_message)))
        self._actions(error.recovery_actions)

    def _actions(self, actions: Sequence[str]) -> None:
        for action in actions:
            self._err.print(Text(f"  {self._arrow} {self._shown_as(action)}"))

    def _shown_as(self, text: str) -> str:
        """The text, lines kept, as this terminal can show it."""
        text = lines(text)
        return text if self._arrow == "→" else text.replace("→", "->").replace("…", "...")

    # -- results -----------------------------------------------------------------------------------------------------

    def document(self, value: "BaseModel | dict[str, Any]") -> None:
        """Print the JSON document of `--json`: on one line for programs, indented in a terminal."""
        data = value if isinstance(value, dict) else value.model_dump(mode="json")
        self.write(json.dumps(data, ensure_ascii=False, indent=2 if sys.stdout.isatty() else None) + "\n")

    def write(self, text: str) -> None:
        """Write a result to standard output, or to the file of `--output`.

        Raises:
            SettingsError: the file cannot be written.
        """
        if self._file is None:
            sys.stdout.write(text)
            sys.stdout.flush()
            return
        _write_file(self._file, text, append=False)
        self.note(f"Written to {self._file}.")

    def status(self, status: "StatusResponse", *, stopped: bool = False) -> None:
        """How far an export is, or why it stopped.

        Args:
            stopped: it was stopped by this command, so that no process works on it.
        """
        from jira_session_export.api import ExportCompletedResponse, ExportFailedResponse, ExportStatusResponse

        if self.as_json:
            self.document(status)
            return
        from jira_session_export._cli.differences import difference_sentence

        match status:
            case ExportCompletedResponse():
                from jira_session_export._cli.results import made

                words = made(status.jira_tickets_created, status.dependencies_created, status.manual_fixes_needed)
                self._out.print(Text(f"Completed: {words}. {difference_sentence(status)}".rstrip()))
            case ExportFailedResponse():
                self._err.print(Text.assemble(("Export failed: ", "bold red"), self._shown_as(status.user_message)))
                self._actions(status.recovery_actions)
                if differs := difference_sentence(status):
                    self.note(differs)
                if not status.retry_available:
                    self.note("No retry is left. To retry it again, release it: jira-session-export release")
                    return
                when = ""
                if status.retry_not_before is not None:
                    when = f" after {status.retry_not_before.astimezone():%Y-%m-%d %H:%M:%S}"
                again = f"Run the export command again{when} to go on where it stopped; nothing is created twice."
                if status.failed_ticket_id is not None:
                    again += f" --skip {status.failed_at_ticket_order} leaves the ticket out."
                self.note(again)
            case ExportStatusResponse():
                done = f"{status.tickets_completed:,} of {counted(status.total_tickets, 'ticket')}"
                current = "" if stopped else status.current_ticket_title
                doing = f" In work: {sentence(current)}" if current else ""
                if status.waiting_until is not None:
                    doing += f" Jira has asked to wait until {status.waiting_until.astimezone():%H:%M:%S}."
                if status.queue_position is not None and status.queue_position > 1:
                    doing += f" It waits for a worker, as number {status.queue_position:,} in the queue."
                at_work = status.status == "exporting" and not stopped
                how = {"exporting": "Exporting", "cancelled": "Cancelled"}.get(status.status, "Not running")
                how = "Stopped" if stopped and status.status == "exporting" else how
                self._out.print(Text(self._shown_as(sentence(f"{how}: {done} exported so far.{doing}"))))
                again = "run the export command again to go on where it stopped."
                idle = "When no process works on it, " if at_work else ""
                self.note(f"{idle}{again}" if idle else f"{again[:1].upper()}{again[1:]}")

    def results(self, results: "ExportResultsResponse", *, status: str, unfinished: str = "") -> None:
        """The issues with their addresses, then what a person must fix, then the sums.

        Args:
            unfinished: a sentence that says how much is still to be exported.
        """
        from jira_session_export._cli.differences import difference_lines, print_differences
        from jira_session_export._cli.results import print_lines, print_tables, summary

        rows = [*print_lines(results), *difference_lines(results)]

        match self.form:
            case Format.JSON:
                self.document({"status": status, **results.model_dump(mode="json")})
            case Format.CSV:
                self.write(results.to_csv())
            case Format.MARKDOWN:
                told = f"{unfinished} " if unfinished else ""
                self.write(f"{results.to_markdown()}\n{told}{summary(results)}\n")
            case Format.TABLE if self._file is not None:
                self.write("".join(rows) + summary(results) + "\n")
            case Format.TABLE:
                if self._out.is_terminal:
                    print_tables(self._out, results, arrow=self._arrow)
                    print_differences(self._out, results)
                else:
                    # Not through the console: it would turn the tabs into spaces, and scripts cut at tabs.
                    self.write("".join(rows))
                self._out.print(Text(summary(results), style="bold"))
        if unfinished:
            self.note(unfinished)

    def blocks(self, blocks: Sequence[tuple[str, Sequence[str]]], plain: Sequence[str]) -> None:
        """Print a list: headings with details below in a terminal, one line each elsewhere."""
        if self._file is not None or not self._out.is_terminal:
            self.write("".join(f"{line}\n" for line in plain))
            return
        for heading, details in blocks:
            self._out.print(Text(self._shown_as(heading), style="bold"))
            for detail in details:
                self._out.print(Text(self._shown_as(f"  {detail}"), style="dim", overflow="fold"))

    def with_fixes(self, fixes: int) -> ExitCode:
        """The exit code of what is done, with so many manual fixes left."""
        if fixes and self._fail_on_fixes:
            self.note(f"{counted(fixes, 'manual fix', 'manual fixes')} left: exit code {ExitCode.FIXES_LEFT.value}.")
            return ExitCode.FIXES_LEFT
        return ExitCode.DONE

    def plan(self, plan: "ExportPlanResponse") -> None:
        """What a dry run found out."""
        from jira_session_export._cli.summary import plan_summary

        self._write_summary(lambda: plan_summary(plan))
        if self.as_json:
            self.document(plan)
            return
        for issue in plan.issues:
            heading = self._shown_as(one_line(f"{issue.order}. {issue.title}"))
            if issue.error_message:
                self._out.print(Text.assemble((f"{heading}: ", "red"), self._shown_as(one_line(issue.error_message))))
                continue
            self._out.print(Text(f"{heading} (Jira has it: {issue.adopts})" if issue.adopts else heading))
            for fix in issue.manual_fixes:
                self._out.print(Text(self._shown_as(one_line(f"   fix by hand: {fix}")), style="yellow"))
            for loss in issue.losses:
                self._out.print(Text(self._shown_as(one_line(f"   not carried over: {loss}")), style="dim"))
        for left in plan.left_out:
            words = self._shown_as(one_line(f"{left.order}. {left.title}: {left.reason}"))
            self._out.print(Text(f"not exported: {words}", style="yellow"))
        if plan.issues_in_jira:
            self._out.print(
                f"Jira has {counted(len(plan.issues_in_jira), 'issue')} of this session that this database does not "
                "know: an export adopts them. For a second set on purpose: --copy NAME."
            )
        if plan.adoption_note:
            self._out.print(Text(self._shown_as(plan.adoption_note), style="yellow"))
        for problem in plan.blocking_issues:
            self._out.print(Text(self._shown_as(problem), style="red"))
        verdict = "ready to export" if plan.ready else "not ready: correct what is marked above"
        fixes = counted(plan.manual_fixes_predicted, "manual fix", "manual fixes")
        tickets = counted(plan.total_tickets, "ticket")
        self._out.print(Text(f"{tickets} for {plan.project_key}, {fixes} foreseen; {verdict}", style="bold"))
        if plan.ready and plan.create_requests:
            bulks = plan.create_requests < plan.total_tickets
            requests = f" {counted(plan.create_requests, 'request')} to create the issues." if bulks else ""
            self._out.print(f"It takes about {duration(60 * plan.estimated_duration_minutes)}.{requests}")

    def validation(self, response: "ProjectValidationResponse") -> None:
        """Whether a project can be exported to, and what it offers."""
        verdict = Text(
            response.validation_status, style="green" if response.validation_status == "valid" else "bold red"
        )
        name = self._shown_as(f"{response.project_key} {response.project_name}: ")
        self._out.print(Text.assemble((name, "bold"), verdict))
        for problem in response.blocking_issues:
            self._out.print(Text(self._shown_as(f"  blocking: {problem}"), style="red"))
        for warning in response.validation_warnings:
            words = f"  warning: {warning.message} {warning.recommended_action}"
            self._out.print(Text(self._shown_as(words), style="yellow"))
        for heading, names in (
            ("sprints", [f"{sprint.name} ({sprint.state})" for sprint in response.available_sprints]),
            ("team", [member.name for member in response.team_members]),
            ("priorities", [priority.name for priority in response.priority_levels]),
        ):
            self._out.print(Text(self._shown_as(f"  {heading}: {', '.join(names) or 'none'}")))

    # -- progress ----------------------------------------------------------------------------------------------------

    @contextmanager
    def progress(self, percentage: float) -> Iterator[None]:
        """Show the export's progress from its events: a bar in a terminal, a line for each issue elsewhere.

        Args:
            percentage: of the session, before the first event.
        """
        from jira_session_export._cli.progress import Bar, JsonLines, Lines

        shown = self._shown
        if shown is Shown.AUTO:
            moves = self._err.is_terminal and not self._err.is_dumb_terminal
            shown = Shown.JSON if self.as_json else Shown.BAR if moves else Shown.LINES
        with ExitStack() as stack:
            if shown is Shown.NONE or self.quiet:
                self._sink = None
            elif shown is Shown.BAR:
                self._sink = stack.enter_context(Bar(self._err, percentage))
            else:
                self._sink = JsonLines() if shown is Shown.JSON else Lines(self._err)
            yield
        self._sink = None

    def tell(self, event: "ExportEvent") -> None:
        """An event sink that shows the event while `progress` is on."""
        self.adopted += getattr(event, "earlier_state", False)
        if self._sink is not None:
            self._sink(event)

    # -- the summary of a job ----------------------------------------------------------------------------------------

    @property
    def wants_summary(self) -> bool:
        """Whether a summary is to be written."""
        return bool(self._summary)

    def summarize(self, status: "StatusResponse", results: "ExportResultsResponse | None") -> None:
        """Write the summary of what came of an export."""
        from jira_session_export._cli.summary import outcome_summary

        self._write_summary(lambda: outcome_summary(status, results))

    def _summarize_error(self, error: JiraSessionExportError) -> None:
        from jira_session_export._cli.summary import error_summary

        self._write_summary(lambda: error_summary(error))

    def _write_summary(self, make: Any) -> None:
        targets, self._summary = self._summary, ()  # once a command
        if not targets:
            return
        text: str = make()
        for path, append in targets:
            try:
                _write_file(path, text, append=append)
            except SettingsError as exc:  # an export that is done stays done
                self._err.print(Text(f"Warning: {exc.user_message}", style="yellow"))


def _write_file(path: Path, text: str, *, append: bool) -> None:
    try:
        with path.open("a" if append else "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as exc:
        raise SettingsError(
            f"{path} cannot be written: {exc.strerror or exc}.", recovery_actions=["Name another file."]
        ) from exc


def _show_log(console: Console, level: int, *, as_json: bool, in_full: bool) -> None:
    """Have the library's log lines printed between those of the command.

    Args:
        in_full: also what the command says itself, and tracebacks of what nobody foresaw.
    """

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if not in_full and getattr(record, "action", "") in TOLD_ANYWAY:
                return
            line = one_line(f"{record.levelname} {record.name}: {record.getMessage()}")
            traceback = logging.Formatter().formatException(record.exc_info) if in_full and record.exc_info else ""
            if as_json:
                from jira_session_export._cli.progress import write_object

                told = {"type": "log", "level": record.levelname.lower(), "message": line}
                write_object(told | ({"traceback": lines(traceback)} if traceback else {}))
            else:
                console.print(Text("\n".join(filter(None, [line, lines(traceback)])), style="dim"), soft_wrap=True)

    logger = logging.getLogger("jira_session_export")
    logger.setLevel(level)
    logger.handlers = [each for each in logger.handlers if type(each).__name__ != "Handler"]
    logger.addHandler(Handler(level))
