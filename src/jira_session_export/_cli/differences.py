"""What a session has now that its issues do not show: edits, removals, tickets that were left out."""

from collections.abc import Iterator

from rich.console import Console
from rich.padding import Padding
from rich.text import Text

from jira_session_export._printable import one_line
from jira_session_export._wording import counted
from jira_session_export.api import (
    ExportCompletedResponse,
    ExportFailedResponse,
    ExportResultsResponse,
    ExportStatusResponse,
    LeftOutTicket,
)


def difference_lines(results: ExportResultsResponse) -> Iterator[str]:
    """One line for each, tabs between the parts: `edited DEMO-1`, `removed DEMO-2`, `unknown DEMO-3`, `left-out 4`."""
    for ticket in results.jira_tickets:
        if ticket.change != "none":
            fields = ", ".join(map(one_line, ticket.edited_fields))
            title, url = one_line(ticket.title), one_line(ticket.jira_url)
            yield f"{ticket.change} {ticket.jira_key}\t{fields}\t{title}\t{url}\n"
    for left in results.left_out:
        yield f"left-out {left.order}\t{one_line(left.title)}\t{one_line(_left_out(left))}\n"


def print_differences(console: Console, results: ExportResultsResponse) -> None:
    """The same for people; issues of which nothing is known are one sentence."""
    unknown = sum(ticket.change == "unknown" for ticket in results.jira_tickets)
    changed = [ticket for ticket in results.jira_tickets if ticket.change in {"edited", "removed"}]
    if changed:
        console.print(Text("Changed since the export; nothing of it was sent", style="italic"))
    for ticket in changed:
        what = f"edited: {', '.join(ticket.edited_fields)}" if ticket.change == "edited" else "gone from the session"
        console.print(
            Text.assemble((one_line(ticket.jira_key), "cyan"), f" {one_line(ticket.title)}: {one_line(what)}")
        )
    if unknown:
        console.print(Text(f"Whether {counted(unknown, 'adopted issue')} differ from their tickets is not known."))
    if results.left_out:
        console.print(Text("Left out", style="italic"))
    for left in results.left_out:
        console.print(Text(f"{left.order}. {one_line(left.title)}"))
        console.print(Padding(Text(one_line(_left_out(left)), style="dim"), (0, 0, 0, 2)))


def _left_out(left: LeftOutTicket) -> str:
    waiting = f" It is wanted as link or parent by {', '.join(left.waiting)}." if left.waiting else ""
    return f"{left.reason}{waiting}"


def difference_sentence(status: ExportStatusResponse | ExportCompletedResponse | ExportFailedResponse) -> str:
    """`1 ticket was left out. 2 were edited since their export, 1 was removed.`; empty when there is nothing."""
    parts = []
    if status.tickets_left_out:
        verb = "was" if status.tickets_left_out == 1 else "were"
        parts.append(f"{counted(status.tickets_left_out, 'ticket')} {verb} left out.")
    since = [
        f"{counted(number, 'exported ticket')} {'was' if number == 1 else 'were'} {what}"
        for number, what in ((status.tickets_edited, "edited"), (status.tickets_removed, "removed"))
        if number
    ]
    if since:
        parts.append(f"Since then {' and '.join(since)}; `results` says which.")
    return " ".join(parts)
