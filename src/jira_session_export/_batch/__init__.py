"""Batch files: a session written down as JSON, JSON Lines, YAML, CSV, an Excel workbook or Markdown."""

import logging
from collections.abc import Callable, Mapping
from os import PathLike
from pathlib import Path
from typing import Any, BinaryIO

from jira_session_export._batch.adapting import NOTHING, Adapting, adapted, read_adapting
from jira_session_export._batch.assemble import assemble
from jira_session_export._batch.csv_format import read_csv
from jira_session_export._batch.excel_format import read_excel
from jira_session_export._batch.json_format import parse_json, read_json, read_json_lines
from jira_session_export._batch.limits import DEFAULT_LIMITS, BatchLimits
from jira_session_export._batch.markdown_format import read_markdown, read_markdown_file
from jira_session_export._batch.options import ReadOptions
from jira_session_export._batch.raw import Fields, Problems, RawBatch, kind
from jira_session_export._batch.source import as_text, is_folder, list_folder, read_bytes, read_stream, read_text
from jira_session_export._batch.yaml_format import parse_yaml, read_yaml
from jira_session_export._models import Session
from jira_session_export._printable import excerpt, lines

__all__ = ["FORMATS", "BatchLimits", "load_batch"]

logger = logging.getLogger("jira_session_export.batch")

FORMATS: Mapping[str, str] = {
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".csv": "csv",
    ".tsv": "tsv",
    ".xlsx": "xlsx",
    ".md": "markdown",
    ".markdown": "markdown",
}
"""How a file's name says what it is; a folder holds Markdown files."""

_TEXTS: Mapping[str, Callable[[str, Problems, ReadOptions], RawBatch]] = {
    "json": read_json,
    "jsonl": read_json_lines,
    "yaml": read_yaml,
    "csv": read_csv,
    "tsv": read_csv,
    "markdown": read_markdown_file,
}

SESSION_FILES = ("session.yaml", "session.yml")
"""What a folder says about the session itself."""


def load_batch(
    path: str | PathLike[str] | BinaryIO,
    *,
    project_key: str | None = None,
    session_name: str | None = None,
    confine_attachments: bool = False,
    format: str | None = None,  # noqa: A002 -- the word everybody uses for it
    sheet: str | int | None = None,
    encoding: str | None = None,
    mapping: str | PathLike[str] | Mapping[str, Any] | None = None,
    defaults: Mapping[str, Any] | None = None,
    limits: BatchLimits = DEFAULT_LIMITS,
    tell: Callable[[str], None] | None = None,
) -> Session:
    """The session a batch file describes; reading it again gives the same ids.

    Args:
        path: a JSON, JSON Lines, YAML, CSV, Excel or Markdown file (its ending says which), a folder of Markdown
            files, or a file that is open for reading bytes; then `format` says what it is, and attachments are
            relative to the working folder.
        project_key: the Jira project; overrides what the file says, and is needed when it says nothing.
        session_name: what the session's id is made from, together with the project key; by default the file's
            `id`, else its `name`, else its stem.
        confine_attachments: refuse attachments outside the folder of the file. For files that come from somebody
            who may not read everything that this process may.
        format: `json`, `jsonl`, `yaml`, `csv`, `tsv`, `xlsx` or `markdown`, whatever the file is called.
        sheet: name of a workbook's sheet, or its number from 1; the first that is not hidden by default.
        encoding: of a text file that is in neither UTF-8 nor UTF-16, for example `cp1252`.
        mapping: what the file's columns, people and values are called here, and what its tickets have in common: a
            YAML or JSON file, or the same as a mapping with `columns`, `people`, `values` and `defaults`.
        defaults: field → value of tickets that have none; goes before the defaults of the mapping and of the file.
        limits: how much the file may hold.
        tell: called with a sentence about each thing that is left out on purpose, for example hidden rows; without it
            they are logged as warnings.

    Raises:
        BatchFileError: it cannot be read, or is not a session. All problems found are named, with their places.
    """
    if isinstance(path, (str, PathLike)):
        source = Path(path)
        problems = Problems(str(source), limits)
        stream = None
    else:
        stream = path
        name = getattr(stream, "name", None)
        source = Path(name if isinstance(name, str) and not name.startswith("<") else "standard input")
        problems = Problems(str(source), limits)
    options = ReadOptions(_adapting(mapping, limits), sheet, tell or _log)
    if stream is not None:
        batch = _read(read_stream(stream, problems), format, problems, options, encoding)
        folder, stem = Path(), source.stem
    elif is_folder(source, problems):
        batch = _read_folder(source, problems, options)
        folder, stem = source, source.resolve().name
    else:
        chosen = format or FORMATS.get(source.suffix.lower())
        if chosen is None:
            raise _unknown_format(source, problems)
        batch = _read(read_bytes(source, problems), chosen, problems, options, encoding)
        folder, stem = source.parent, source.resolve().stem
    return assemble(
        adapted(batch, options.adapting, _as_fields(defaults or {}), problems),
        problems,
        stem=stem,
        folder=folder,
        project_key=project_key,
        session_name=session_name,
        confine_attachments=confine_attachments,
    )


def _read(data: bytes, chosen: str | None, problems: Problems, options: ReadOptions, encoding: str | None) -> RawBatch:
    if chosen == "xlsx":
        return read_excel(data, problems, options)
    read = _TEXTS.get(chosen or "")
    if read is None:
        known = ", ".join(sorted({*_TEXTS, "xlsx"}))
        problem = "needs a format" if chosen is None else f"has no format {excerpt(chosen)}"
        raise problems.fatal("", problem, f"Name one of {known} (--format, format=).")
    return read(as_text(data, problems, encoding=encoding), problems, options)


def _unknown_format(path: Path, problems: Problems) -> Exception:
    spreadsheet = path.suffix.lower() in {".xls", ".xlsm", ".xlsb", ".ods", ".numbers"}
    action = (
        "Save the table as an Excel workbook (.xlsx) or as CSV UTF-8."
        if spreadsheet
        else f"Name it by its format: {', '.join(FORMATS)}, or a folder of .md files; or name the format (--format)."
    )
    return problems.fatal("", f"is in no format known here ({path.suffix or 'no ending'})", action)


def _adapting(mapping: str | PathLike[str] | Mapping[str, Any] | None, limits: BatchLimits) -> Adapting:
    if mapping is None:
        return NOTHING
    if isinstance(mapping, Mapping):
        return read_adapting(_as_fields(mapping), Problems("the mapping", limits))
    path = Path(mapping)
    problems = Problems(str(path), limits)
    if is_folder(path, problems):
        raise problems.fatal("", "is a folder", "Name a mapping file: YAML or JSON.")
    text = read_text(path, problems)
    is_json = path.suffix.lower() == ".json"
    return read_adapting(parse_json(text, problems) if is_json else parse_yaml(text, problems), problems)


def _as_fields(value: Any) -> Any:
    """The mapping as if it had been read from a file."""
    if isinstance(value, Mapping):
        return Fields([(str(key), _as_fields(item)) for key, item in value.items()])
    if isinstance(value, (list, tuple)):
        return [_as_fields(item) for item in value]
    return value


def _log(sentence: str) -> None:
    logger.warning("%s", lines(sentence), extra={"action": "batch_left_out"})


def _read_folder(path: Path, problems: Problems, options: ReadOptions) -> RawBatch:
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
        elif FORMATS.get(file.suffix.lower()) == "markdown" and not name.startswith((".", "_", "readme.")):
            ticket = read_markdown(read_text(file, problems, where=file.name), file.name, problems, options.adapting)
            if ticket:
                tickets.append(ticket)
                problems.count_tickets(len(tickets), "")
    if not (tickets or len(problems)):
        raise problems.fatal("", "has no Markdown files in it", "Put one .md file per ticket into it.")
    return RawBatch(tickets, fields)
