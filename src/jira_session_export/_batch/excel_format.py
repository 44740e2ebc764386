"""Reads Excel workbooks (`.xlsx`): one sheet, as people see it."""

import io
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from difflib import get_close_matches
from functools import partial
from typing import Any

from jira_session_export._batch.excel_cells import formatted, shown
from jira_session_export._batch.excel_package import PackageError, Sheet, look_through, sheets_in
from jira_session_export._batch.jira_table import is_jira_table, read_jira_table
from jira_session_export._batch.options import ReadOptions
from jira_session_export._batch.raw import Problems, RawBatch
from jira_session_export._batch.tables import Row, names_title, read_table
from jira_session_export._printable import excerpt, shortened
from jira_session_export._wording import counted
from jira_session_export.errors import BatchFileError

try:
    import openpyxl
    import openpyxl.utils
    from openpyxl.cell.rich_text import CellRichText
except ImportError:
    openpyxl = None  # type: ignore[assignment]

HEADER_WITHIN = 20
"""Rows in which the names of the columns are looked for."""
MOST_COLUMNS = 16_384

_ESCAPE = re.compile(r"_x([0-9A-Fa-f]{4})_")
_SAVE_AGAIN = "Open it in Excel or LibreOffice and save it again, or save the sheet as CSV UTF-8."


def read_excel(data: bytes, problems: Problems, options: ReadOptions) -> RawBatch:
    """The batch in a sheet whose first row with something in it names the fields.

    Hidden rows and columns are left out, and told. Cells that are shown as one have one value, in the first of them.

    Raises:
        BatchFileError: it is no workbook, has no such sheet, holds too much, or openpyxl is not installed.
    """
    if openpyxl is None:
        raise problems.fatal(
            "",
            "Excel files need the package openpyxl, which is not installed",
            "Install it with: pip install 'jira-session-export[excel]'",
        )
    try:
        sheet = _chosen(sheets_in(io.BytesIO(data), problems), options, problems)
        look_through(io.BytesIO(data), sheet, problems)
        rows = _rows(data, sheet, problems)
        if not rows:
            raise problems.fatal(f"sheet {excerpt(sheet.name)}", "is empty", "Name the sheet that holds the tickets.")
        begin = _header_in(rows, options)
        first, header = rows[begin]
        if begin:
            options.tell(f"{counted(begin, 'row')} above the names of the columns left out.")
        _check_header(sheet, first, header, problems)
        table = (Row(f"row {number}", cells) for number, cells in rows[begin + 1 :])
        for sentence in _hidden(sheet):
            options.tell(sentence)
        if is_jira_table(header) and not options.adapting.columns:
            return read_jira_table(header, table, problems, options)
        return read_table(header, table, problems, options.adapting)
    except PackageError as exc:
        raise problems.fatal("", f"is no Excel workbook, or is damaged ({exc})", _SAVE_AGAIN) from exc


def _chosen(sheets: Sequence[Sheet], options: ReadOptions, problems: Problems) -> Sheet:
    """The sheet that was asked for, else the only one, or the first that people see."""
    names = ", ".join(excerpt(sheet.name) for sheet in sheets[:20])
    wanted = options.sheet
    if not sheets:
        raise PackageError("it has no sheets")
    if wanted is None:
        seen = [sheet for sheet in sheets if sheet.is_visible] or list(sheets)
        if len(seen) > 1:
            options.tell(f"Of {counted(len(seen), 'sheet')} ({names}) the first was read; another can be named.")
        return seen[0]
    by_name = next((sheet for sheet in sheets if sheet.name.strip().casefold() == str(wanted).strip().casefold()), None)
    if by_name is not None:
        return by_name
    number = int(wanted) if str(wanted).isdecimal() and len(str(wanted)) < 6 else 0
    if 1 <= number <= len(sheets):
        return sheets[number - 1]
    near = get_close_matches(str(wanted)[:60], [sheet.name for sheet in sheets], n=1)
    raise problems.fatal(
        "",
        f"has no sheet {excerpt(str(wanted))}",
        f"Did you mean {excerpt(near[0])}?" if near else f"Its sheets are {names}.",
    )


def _rows(data: bytes, sheet: Sheet, problems: Problems) -> list[tuple[int, list[str]]]:
    """The rows that people see, with their numbers.

    Raises:
        PackageError: openpyxl cannot read it.
    """
    try:
        with warnings.catch_warnings():
            # It warns of everything in a workbook that it would not write again.
            warnings.simplefilter("ignore")
            workbook = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, rich_text=True)
            with closing(workbook):
                opened: Any = workbook[sheet.name]
                opened.reset_dimensions()  # what the file says of them may be anything
                return list(_seen(opened.iter_rows(), sheet, problems))
    except (MemoryError, BatchFileError):
        raise
    except Exception as exc:  # of a damaged workbook openpyxl raises whatever its own code comes upon
        raise PackageError(shortened(f"{type(exc).__name__}: {exc}", 200)) from exc


def _seen(rows: Iterable[Sequence[Any]], sheet: Sheet, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    merged = _Merged(sheet.merged)
    for number, cells in enumerate(rows, start=1):
        texts = [
            merged.text(number, place, cell, partial(_text, cell, sheet, number, place, problems))
            for place, cell in enumerate(cells, start=1)
        ]
        if number not in sheet.hidden_rows and any(map(str.strip, texts)):
            yield number, [text for place, text in enumerate(texts, start=1) if place not in sheet.hidden_columns]


class _Merged:
    """Cells that are shown as one: over several rows each of them has its value, over several columns the first."""

    def __init__(self, areas: Sequence[tuple[int, int, int, int]]) -> None:
        self._by_column: dict[int, list[tuple[int, int, int, int]]] = {}
        self._values: dict[tuple[int, int, int, int], str] = {}
        for area in areas:
            _, first_column, _, last_column = area
            for column in range(first_column, min(last_column, first_column + MOST_COLUMNS) + 1):
                self._by_column.setdefault(column, []).append(area)
        for listed in self._by_column.values():
            listed.sort(reverse=True)

    def text(self, row: int, column: int, cell: Any, read: Callable[[], str]) -> str:
        """The text of a cell. Rows come in their order, so areas that have ended are forgotten."""
        areas = self._by_column.get(column)
        while areas and areas[-1][2] < row:
            areas.pop()
        if not areas or not areas[-1][0] <= row:
            return read()
        area = areas[-1]
        if column != area[1]:
            return ""
        if row == area[0] or cell.value is not None:
            self._values[area] = read()
        return self._values.get(area, "")


def _text(cell: Any, sheet: Sheet, row: int, column: int, problems: Problems) -> str:
    value = cell.value
    if value is None and not sheet.uncounted:
        return ""
    place = f"{openpyxl.utils.get_column_letter(column)}{row}"
    if value is None:
        if place in sheet.uncounted:
            problems.add(f"cell {place}", "has a formula whose result is not in the file", _SAVE_AGAIN)
        return ""
    if isinstance(value, CellRichText):
        return formatted(value)
    if getattr(cell, "data_type", "") == "e":
        said = f"has the error {excerpt(str(value))} in it"
        problems.add(f"cell {place}", said, "Correct the formula, or write the value.")
        return ""
    if isinstance(value, str) and "_x" in value:
        value = _ESCAPE.sub(lambda found: _escaped(int(found[1], 16)), value)
    return shown(value, getattr(cell, "number_format", "") or "")


def _escaped(code: int) -> str:
    """A character that XML cannot hold, as Excel writes it; of control characters only line breaks mean something."""
    return "\n" if code == 10 else "\t" if code == 9 else "" if code < 32 or 0xD800 <= code < 0xE000 else chr(code)


def _header_in(rows: Sequence[tuple[int, list[str]]], options: ReadOptions) -> int:
    """Which of the first rows names the columns: there may be a title above them. The first one when none does."""
    for place, (_, cells) in enumerate(rows[:HEADER_WITHIN]):
        if is_jira_table(cells) or names_title(cells, options.adapting):
            return place
    return 0


def _check_header(sheet: Sheet, row: int, header: Sequence[str], problems: Problems) -> None:
    for first_row, first_column, last_row, last_column in sheet.merged:
        if first_row <= row <= last_row and last_column > first_column:
            name = header[first_column - 1] if first_column <= len(header) else ""
            problems.add(
                "first row",
                f"has a name over several columns ({excerpt(name)})",
                "Give every column its own name, and delete titles above them.",
            )


def _hidden(sheet: Sheet) -> Iterator[str]:
    if sheet.hidden_rows:
        yield (
            f"{counted(len(sheet.hidden_rows), 'hidden row')} of the sheet {excerpt(sheet.name)} left out; "
            "show them to have them exported."
        )
    if sheet.formatted_inside:
        yield (
            f"The formatting of {counted(len(sheet.formatted_inside), 'cell')} could not be read, only their texts; "
            "Excel writes it readably when it saves the workbook."
        )
    if sheet.hidden_columns:
        yield (
            f"{counted(len(sheet.hidden_columns), 'hidden column')} of the sheet {excerpt(sheet.name)} left out; "
            "show them to have them exported."
        )
