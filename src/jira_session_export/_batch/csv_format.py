"""Reads CSV, as Excel, LibreOffice, Google Sheets, Jira and programs write it."""

import re

from jira_session_export._batch.csv_cells import CsvError, rows
from jira_session_export._batch.jira_table import is_jira_table, read_jira_table
from jira_session_export._batch.options import ReadOptions
from jira_session_export._batch.raw import Problems, RawBatch
from jira_session_export._batch.tables import Row, known_columns, read_table

_DELIMITERS = ",;\t|"
_EXCEL_HINT = re.compile(r"\Asep=(.)\r?\n", re.IGNORECASE)


def read_csv(text: str, problems: Problems, options: ReadOptions) -> RawBatch:
    """The batch in a table whose first row names the fields.

    Raises:
        BatchFileError: it is empty, or not CSV, or holds too much.
    """
    if not text.strip():
        raise problems.fatal("", "is empty")
    hint = _EXCEL_HINT.match(text)
    delimiter = hint[1] if hint else _sniff(text, options)
    lines_before = 1 if hint else 0
    try:
        found = rows(text, delimiter, hint.end() if hint else 0)
        _, header = next(found, (0, []))
        table = (Row(f"line {lines_before + line}", cells) for line, cells in found)
        if is_jira_table(header) and not options.adapting.columns:
            return read_jira_table(header, table, problems, options)
        advice = f"Put cells that contain {delimiter!r} or a quotation mark in quotation marks."
        return read_table(header, table, problems, options.adapting, advice=advice)
    except CsvError as exc:
        raise problems.fatal(f"line {lines_before + exc.line}", f"is not CSV: {exc}", exc.action) from exc


def _sniff(text: str, options: ReadOptions) -> str:
    # Every delimiter is tried on the first row, which a quotation mark may make long.
    def known(delimiter: str) -> int:
        try:
            _, header = next(rows(text, delimiter), (0, []))
        except CsvError:
            return 0
        return len(header) if is_jira_table(header) else known_columns(header, options.adapting)

    return max(_DELIMITERS, key=known)
