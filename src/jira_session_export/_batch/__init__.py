"""Batch files: a session written down as JSON, JSON Lines, YAML, CSV or a folder of Markdown files."""

from os import PathLike
from pathlib import Path

from jira_session_export._batch.assemble import assemble
from jira_session_export._batch.csv_format import read_csv
from jira_session_export._batch.json_format import read_json, read_json_lines
from jira_session_export._batch.limits import DEFAULT_LIMITS, BatchLimits
from jira_session_export._batch.markdown_format import read_markdown
from jira_session_export._batch.raw import Fields, Problems, RawBatch, kind
from jira_session_export._batch.source import is_folder, list_folder, read_text
from jira_session_export._batch.yaml_format import parse_yaml, read_yaml
from jira_session_export._models import Session

__all__ = ["FORMATS", "BatchLimits", "load_batch"]

FORMATS = {
    ".json": read_json,
    ".jsonl": read_json_lines,
    ".ndjson": read_json_lines,
    ".yaml": read_yaml,
    ".yml": read_yaml,
    ".csv": read_csv,
    ".tsv": read_csv,
}
"""How a file's name says what it is; a folder holds Markdown files."""

MARKDOWN_ENDINGS = (".md", ".markdown")
SESSION_FILES = ("session.yaml", "session.yml")
"""What a folder says about the session itself."""


def load_batch(
    path: str | PathLike[str],
    *,
    project_key: str | None = None,
    session_name: str | None = None,
    confine_attachments: bool = False,
    limits: BatchLimits = DEFAULT_LIMITS,
) -> Session:
    """The session a batch file describes; reading it again gives the same ids.

    Args:
        path: a JSON, JSON Lines, YAML or CSV file (its ending says which), or a folder of Markdown files.
        project_key: the Jira project; overrides what the file says, and is needed when it says nothing.
        session_name: what the session's id is made from, together with the project key; by default the file's
            `id`, else its `name`, else its stem.
        confine_attachments: refuse attachments outside the folder of the file. For files that come from somebody
            who may not read everything that this process may.
        limits: how much the file may hold.

    Raises:
        BatchFileError: it cannot be read, or is not a session. All problems found are named, with their places.
    """
    path = Path(path)
    problems = Problems(str(path), limits)
    folder = is_folder(path, problems)
    batch = _read_folder(path, problems) if folder else _read_file(path, problems)
    absolute = path.resolve()
    return assemble(
        batch,
        problems,
        stem=absolute.name if folder else absolute.stem,
        folder=path if folder else path.parent,
        project_key=project_key,
        session_name=session_name,
        confine_attachments=confine_attachments,
    )


def _read_file(path: Path, problems: Problems) -> RawBatch:
    read = FORMATS.get(path.suffix.lower())
    if read is None:
        action = (
            "Save the table as CSV UTF-8."
            if path.suffix.lower() in {".xlsx", ".xls", ".ods", ".numbers"}
            else f"Name it by its format: {', '.join(FORMATS)}, or a folder of .md files."
        )
        raise problems.fatal("", f"is in no format known here ({path.suffix or 'no ending'})", action)
    return read(read_text(path, problems), problems)


def _read_folder(path: Path, problems: Problems) -> RawBatch:
    fields = Fields()
    tickets = []
    for file in list_folder(path, problems):
        name = file.name.lower()
        if name in SESSION_FILES:
            document = parse_yaml(read_text(file, problems, where=file.name), problems, where=file.name)
            if isinstance(document, Fields):
                fields = document
            else:
                problems.add(file.name, f"must be 'key: value' lines, not {kind(document)}")
        elif name.endswith(MARKDOWN_ENDINGS) and not name.startswith((".", "_", "readme.")):
            ticket = read_markdown(read_text(file, problems, where=file.name), file.name, problems)
            if ticket:
                tickets.append(ticket)
                problems.count_tickets(len(tickets), "")
    if not (tickets or len(problems)):
        raise problems.fatal("", "has no Markdown files in it", "Put one .md file per ticket into it.")
    return RawBatch(tickets, fields)
