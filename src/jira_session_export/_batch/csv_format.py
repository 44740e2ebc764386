"""Reads CSV, as Excel, LibreOffice, Google Sheets and programs write it."""

import re
from collections import Counter
from collections.abc import Mapping

from jira_session_export._batch.csv_cells import CsvError, rows
from jira_session_export._batch.fields import FIELD_NAMES, SYNONYMS
from jira_session_export._batch.raw import Fields, Problems, RawBatch, RawTicket
from jira_session_export._printable import excerpt

CUSTOM_PREFIX = "custom_fields."
LIST_SUFFIX = "[]"

_DELIMITERS = ",;\t|"
_EXCEL_HINT = re.compile(r"\Asep=(.)\r?\n", re.IGNORECASE)
_NEXT_ITEM = re.compile(r"[;\n]")


def read_csv(text: str, problems: Problems) -> RawBatch:
    """The batch in a table whose first row names the fields.

    A list is one text, as in the other formats; a custom field has the column `custom_fields.<name>`, or
    `custom_fields.<name>[]` when its value is a list whatever the field's type. An empty cell is no value.

    Raises:
        BatchFileError: it is empty, or not CSV, or holds too much.
    """
    if not text.strip():
        raise problems.fatal("", "is empty")
    hint = _EXCEL_HINT.match(text)
    delimiter = hint[1] if hint else _sniff(text)
    lines_before = 1 if hint else 0
    tickets: list[RawTicket] = []
    try:
        found = rows(text, delimiter, hint.end() if hint else 0)
        columns = _columns(next(found)[1], problems)
        for line, row in found:
            where = f"line {lines_before + line}"
            problems.count_values(len(row), where)
            if not any(cell.strip() for cell in row):
                continue
            if len(row) > len(columns):
                problems.add(
                    where,
                    f"has {len(row):,} cells, the first row {len(columns):,}",
                    f"Put cells that contain {delimiter!r} or a quotation mark in quotation marks.",
                )
                continue
            cells = {name: cell for name, cell in zip(columns, row, strict=False) if cell.strip()}
            tickets.append(RawTicket(where, _fields(cells, where, problems)))
            problems.count_tickets(len(tickets), where)
    except CsvError as exc:
        raise problems.fatal(f"line {lines_before + exc.line}", f"is not CSV: {exc}", exc.action) from exc
    return RawBatch(tickets)


def _sniff(text: str) -> str:
    # Every delimiter is tried on the first row, which a quotation mark may make long.
    def known(delimiter: str) -> int:
        try:
            _, header = next(rows(text, delimiter))
        except CsvError:
            return 0
        names = [_column(cell) for cell in header]
        return sum(name in FIELD_NAMES or name.startswith(CUSTOM_PREFIX) for name in names)

    return max(_DELIMITERS, key=known)


def _columns(header: list[str], problems: Problems) -> list[str]:
    problems.count_values(len(header), "first row")
    columns = [_column(cell) for cell in header]
    for name, times in Counter(filter(None, columns)).items():
        if times > 1:
            problems.add(
                "first row", f"has the column {excerpt(name)} more than once", "Join the columns, or rename one."
            )
    if "title" not in columns:
        near = next((name for name in columns if SYNONYMS.get(name) == "title"), None)
        action = f"Rename the column {near!r} to 'title'." if near else "Name the columns in the first row."
        raise problems.fatal("first row", "has no column 'title'", action)
    return columns


def _column(cell: str) -> str:
    name = cell.strip()
    if name.lower().startswith(CUSTOM_PREFIX):
        return CUSTOM_PREFIX + name[len(CUSTOM_PREFIX) :].strip()
    return re.sub(r"[\s-]+", "_", name.lower())


def _fields(cells: Mapping[str, str], where: str, problems: Problems) -> Fields:
    fields = Fields()
    custom = Fields()
    for name, cell in cells.items():
        if not name:
            problems.add(where, f"has a cell in a column without a name ({excerpt(cell.strip(), 30)})")
        elif name.startswith(CUSTOM_PREFIX):
            field = name.removeprefix(CUSTOM_PREFIX)
            is_list = field.endswith(LIST_SUFFIX)
            custom[field.removesuffix(LIST_SUFFIX)] = _items(cell) if is_list else cell
        else:
            fields[name] = cell
    if custom:
        fields["custom_fields"] = custom
    return fields


def _items(cell: str) -> list[str]:
    return [item.strip() for item in _NEXT_ITEM.split(cell) if item.strip()]
