"""How far an export is, as it goes on."""

from typing import Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from jira_session_export._export.events import ExportEvent, ExportProgress, IssueExported, Phase


class Lines:
    """One line for each thing that happened, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._completed = 0
        self._total = 0

    def __call__(self, event: ExportEvent) -> None:
        """Print the line of an event."""
        if isinstance(event, ExportProgress):
            self._completed, self._total = event.tickets_completed, event.tickets_total
            if event.phase is not Phase.CREATING:
                self._console.print(Text(event.current_stage))
        elif isinstance(event, IssueExported):
            verb = "found" if event.adopted else "created"
            self._console.print(Text(f"{self._completed + 1}/{self._total} {verb} {event.issue.key} {event.title}"))


class Bar:
    """A bar that moves, with the ticket in work and the time that is left."""

    def __init__(self, console: Console) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TextColumn("[progress.percentage]{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[left]}"),
            TextColumn("{task.description}", table_column=None),
            console=console,
            transient=True,
        )
        self._task: TaskID | None = None

    def __enter__(self) -> Self:
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()

    def __call__(self, event: ExportEvent) -> None:
        """Move the bar."""
        if not isinstance(event, ExportProgress):
            return
        if self._task is None:
            self._task = self._progress.add_task("", total=event.tickets_total, left="")
        seconds = round(event.seconds_remaining)
        self._progress.update(
            self._task,
            completed=event.tickets_completed,
            total=event.tickets_total,
            description=escape(event.current_stage),
            left=f"{seconds // 60}:{seconds % 60:02} left",
        )
