"""How far an export is, as it goes on: a bar in a terminal, lines in a log, JSON for programs."""

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any, Self

from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.text import Text

from jira_session_export._cli.screen import columns, cut_middle
from jira_session_export._export.events import (
    ExportCompleted,
    ExportEvent,
    ExportFailed,
    ExportProgress,
    ExportStopped,
    ExportWaiting,
    IssueExported,
    IssueOrphaned,
    Phase,
    WaitReason,
)
from jira_session_export._printable import one_line
from jira_session_export._runtime import SYSTEM_RUNTIME
from jira_session_export._wording import counted

SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
SPINNER_ASCII = "|/-\\"
ECHO_COLUMNS = 2
"""Kept free at the end of the line: a terminal shows Ctrl-C there as ^C, and a line that is full would wrap."""
WORTH_A_LINE_SECONDS = 5.0
"""A shorter wait is no line of a log."""


def waiting_for(event: ExportEvent) -> tuple[WaitReason, datetime] | None:
    """What a run waits for and until when; None when it does not wait."""
    if isinstance(event, ExportWaiting):
        return event.reason, event.until
    return None


def waiting_words(reason: WaitReason, until: datetime) -> str:
    """For people, in their own time zone: `Jira limits the requests: waiting until 14:03:22`."""
    what = {
        "pause": "pause between two creates,",
        "rate_limit": "Jira limits the requests: waiting",
        "database": "the database does not answer: waiting",
        "index": "looking for an issue in Jira's search index: waiting",
    }[reason.value]
    return f"{what} until {until.astimezone():%H:%M:%S}"


class Lines:
    """One line for each thing that happened, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._waits: WaitReason | None = None

    def __call__(self, event: ExportEvent) -> None:
        """Print the line of an event."""
        waits = waiting_for(event)
        if waits is not None:
            reason, until = waits
            # Told once, not at every try of a database that stays away.
            if reason is not self._waits and (until - event.at).total_seconds() >= WORTH_A_LINE_SECONDS:
                self._waits = reason
                words = waiting_words(reason, until)
                self._print(f"{words[:1].upper()}{words[1:]}")
            return
        self._waits = None
        if isinstance(event, ExportProgress):
            if event.phase is not Phase.CREATING:
                self._print(event.current_stage)
        elif isinstance(event, IssueExported):
            verb = "found" if event.adopted else "created"
            count = f"{event.tickets_completed}/{event.tickets_total}"
            self._print(f"{count} {verb} {event.issue.key} {event.title}")
        elif isinstance(event, IssueOrphaned):
            self._print(f"{event.issue.key} exists in Jira and could not be recorded; the next run adopts it")

    def _print(self, line: str) -> None:
        self._console.print(Text(one_line(line)), soft_wrap=True)


class JsonLines:
    """One JSON object a line on standard error, flushed, for programs that follow an export."""

    def __call__(self, event: ExportEvent) -> None:
        """Write the object of an event."""
        if (told := as_object(event)) is not None:
            write_object(told)


def write_object(value: dict[str, Any]) -> None:
    """Write one object on one line of standard error, at once."""
    sys.stderr.write(json.dumps(value, ensure_ascii=not _is_unicode(sys.stderr.encoding)) + "\n")
    sys.stderr.flush()


def as_object(event: ExportEvent) -> dict[str, Any] | None:
    """The event as the documented object; None for one that has none."""
    head = {"at": event.at.isoformat(), "session_id": str(event.session_id)}
    waits = waiting_for(event)
    if waits is not None:
        reason, until = waits
        message = waiting_words(reason, until)
        return {"type": "waiting", **head, "reason": reason.value, "until": until.isoformat(), "message": message}
    match event:
        case ExportProgress():
            return {
                "type": "progress",
                **head,
                "phase": event.phase.value,
                "position": event.position,
                "total": event.total,
                "title": event.title,
                "tickets_completed": event.tickets_completed,
                "tickets_total": event.tickets_total,
                **({"last_position": event.last_position} if event.last_position else {}),
                "percentage": event.percentage,
                "seconds_remaining": round(event.seconds_remaining, 1),
                "message": event.current_stage,
            }
        case IssueExported():
            return {
                "type": "issue",
                **head,
                "ticket_id": str(event.ticket_id),
                "title": event.title,
                "key": event.issue.key,
                "url": event.issue.url,
                "adopted": event.adopted,
                "manual_fixes": len(event.manual_fixes),
                "tickets_completed": event.tickets_completed,
                "tickets_total": event.tickets_total,
            }
        case IssueOrphaned():
            return {
                "type": "orphan",
                **head,
                "ticket_id": str(event.ticket_id),
                "title": event.title,
                "key": event.issue.key,
                "url": event.issue.url,
            }
        case ExportCompleted():
            return {
                "type": "end",
                **head,
                "status": "completed",
                "tickets_created": event.tickets_created,
                "dependencies_created": event.dependencies_created,
                "manual_fixes": event.manual_fixes_needed,
                "seconds": round(event.seconds, 1),
            }
        case ExportFailed():
            return {
                "type": "end",
                **head,
                "status": "failed",
                "code": event.failure.code,
                "error_category": event.failure.category.value,
                "message": event.failure.message,
                "retry_available": event.retry_available,
            }
        case ExportStopped():
            return {"type": "end", **head, "status": "cancelled" if event.cancelled else "stopped"}
        case _:
            return None


class Bar:
    """One line that never wraps: a bar, the percentage, the time that is left, and what is being done.

    Args:
        percentage: of the session, before the first event.
    """

    def __init__(
        self, console: Console, percentage: float = 0.0, *, monotonic: Callable[[], float] = SYSTEM_RUNTIME.monotonic
    ) -> None:
        self._console = console
        self._monotonic = monotonic
        self._count = ""
        self._suffix = ""
        self._percentage = percentage
        self._position: ExportProgress | None = None
        self._remaining: float | None = None
        self._doing = "Reading the project"
        self._ascii = not _is_unicode(console.encoding)
        self._live = Live(self, console=console, transient=True, refresh_per_second=8)

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._live.stop()

    def __call__(self, event: ExportEvent) -> None:
        """Take up an event; the line is drawn anew several times a second."""
        waits = waiting_for(event)
        self._suffix = ""
        if waits is not None:
            reason, until = waits
            if reason is WaitReason.PAUSE and (until - event.at).total_seconds() < WORTH_A_LINE_SECONDS:
                self._suffix = " (pausing)"  # the title stays, or nobody could read it
                return
            words = waiting_words(reason, until)
            self._doing = f"{words[:1].upper()}{words[1:]}"
            return
        if isinstance(event, ExportProgress):
            self._position = event
            self._percentage = event.percentage
            self._remaining = event.seconds_remaining
            self._count = f"{event.position}/{event.total} "
            match event.phase:
                case Phase.CREATING if event.last_position > event.position:
                    dash = "-" if self._ascii else "–"  # noqa: RUF001 -- a range, as people write it
                    self._count = f"{event.position}{dash}{event.last_position}/{event.total} "
                    self._doing = f"creating {event.last_position - event.position + 1} issues"
                case Phase.CREATING:
                    self._doing = event.title
                case Phase.LINKING:
                    self._count, self._doing = "", f"Linking dependency {event.position}/{event.total}"
                case _ if event.last_position > event.position:
                    self._doing = f"Looking for {event.last_position - event.position + 1} issues in Jira"
                case _:
                    self._doing = f"Looking for it in Jira: {event.title}"
        elif isinstance(event, IssueExported):
            self._count = f"{event.tickets_completed}/{event.tickets_total} "
            self._doing = f"{event.issue.key} {event.title}"
            if self._position is not None and self._position.last_position:
                self._percentage = replace(self._position, tickets_completed=event.tickets_completed).percentage
            if event.earlier_state:
                self._percentage = min(99.9, 100 * event.tickets_completed / max(event.tickets_total, 1))
                self._doing = f"{event.issue.key} is in Jira already"

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        yield self.line(options.max_width - ECHO_COLUMNS - 1)  # a sign in the last column makes some terminals wrap

    def line(self, width: int) -> Text:
        """The line in at most `width` columns."""
        spinner = SPINNER_ASCII if self._ascii else SPINNER
        turning = spinner[int(self._monotonic() * 8) % len(spinner)]
        percentage = f"{int(self._percentage):>3} %"  # rounded down: 100 only when all is done
        line = Text(no_wrap=True, overflow="crop", end="")
        line.append(f"{turning} ", style="cyan")
        bar_width = 20 if width >= 75 else 10 if width >= 50 else 0
        if bar_width:
            filled = int(self._percentage * bar_width / 100)
            full, empty = ("#", ".") if self._ascii else ("━", "─")
            line.append(full * filled, style="green")
            line.append(empty * (bar_width - filled) + " ", style="dim")
        line.append(percentage, style="bold")
        if width >= 50:
            line.append(f"  {_clock(self._remaining):>5} left" if self._remaining is not None else "", style="cyan")
        room = width - columns(line.plain) - 2
        if room > 0:
            ellipsis = "..." if self._ascii else "…"
            around = columns(self._count) + columns(self._suffix)
            if room > around:
                doing = cut_middle(one_line(self._doing), room - around, ellipsis=ellipsis)
                line.append(f"  {self._count}{doing}{self._suffix}")
            else:
                line.append(f"  {cut_middle(self._count.strip(), room, ellipsis=ellipsis)}")
        return line if columns(line.plain) <= width else Text(cut_middle(percentage, max(width, 0)), end="")


def _clock(seconds: float) -> str:
    minutes, whole = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{whole:02}" if hours else f"{minutes}:{whole:02}"


def _is_unicode(encoding: str | None) -> bool:
    return (encoding or "").lower().replace("-", "").startswith("utf")


def found_before(number: int) -> str:
    """What is said of issues that an export made whose state the database does not have."""
    verb = "was" if number == 1 else "were"
    return (
        f"{counted(number, 'issue')} {verb} in Jira already, made by an earlier export whose state is not in this "
        "database: adopted, not created again. For a second set of issues on purpose: --copy NAME."
    )
