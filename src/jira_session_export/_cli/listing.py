"""`jira-session-export sessions`: the sessions of the state files as a table, CSV, Markdown or JSON."""

from collections.abc import Sequence

from jira_session_export._cli.output import Format, Output
from jira_session_export._cli.sessions import STATUS_WORDS, Place
from jira_session_export._storage.sqlite_file import sqlite_path
from jira_session_export._tables import as_csv, as_markdown, markdown_text

HEAD = ("session", "name", "project", "status", "exported", "tickets", "manual_fixes", "started", "site", "state")


def list_sessions(places: Sequence[Place], output: Output) -> None:
    """Write the list, those started last first."""
    ordered = sorted(places, key=lambda place: str(place.state.started_at or ""), reverse=True)
    rows = [_row(place) for place in ordered]
    match output.form:
        case Format.JSON:
            output.document({"sessions": [dict(zip(HEAD, row, strict=True)) | _numbers(row) for row in rows]})
        case Format.CSV:
            output.write(as_csv(HEAD, rows))
        case Format.MARKDOWN:
            output.write(as_markdown(HEAD, [[markdown_text(cell) for cell in row] for row in rows]))
        case Format.TABLE:
            if not places:
                output.note("No session was exported from here.")
            output.blocks([(place.words, _details(place)) for place in ordered], [("\t".join(row)) for row in rows])


def _row(place: Place) -> tuple[str, ...]:
    state = place.state
    return (
        str(state.session_id),
        state.name,
        state.project_key,
        _status(place),
        str(state.exported),
        str(state.total),
        str(state.manual_fix_count),
        state.started_at.isoformat(timespec="seconds") if state.started_at else "",
        place.kept.site,
        _file(place),
    )


def _numbers(row: Sequence[str]) -> dict[str, int]:
    return {name: int(row[HEAD.index(name)]) for name in ("exported", "tickets", "manual_fixes")}


def _status(place: Place) -> str:
    return STATUS_WORDS.get(place.state.status, "not started")


def _details(place: Place) -> list[str]:
    started = place.state.started_at
    return [
        *([f"started {started.astimezone():%Y-%m-%d %H:%M}"] if started else []),
        *([f"site {place.kept.site}"] if place.kept.site else []),
        *([f"batch {place.kept.batch}"] if place.kept.batch else []),
        f"state {_file(place)}",
    ]


def _file(place: Place) -> str:
    path = sqlite_path(place.database)
    return str(path) if path is not None else place.database.rpartition("@")[2]
