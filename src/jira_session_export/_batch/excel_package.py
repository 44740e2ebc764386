"""What is inside of an Excel workbook, looked at before it is opened: how much it is, and what its sheets hide.

A workbook is a ZIP archive of XML files. They are read through once here, piece by piece: a few kilobytes may unpack
to gigabytes, and a library that keeps a sheet in memory takes a hundred times its size.
"""

import posixpath
import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import IO
from xml.parsers import expat

from jira_session_export._batch.raw import SPLIT, Problems
from jira_session_export._printable import excerpt

PIECE = 65_536
MOST_PARTS = 10_000

_DAMAGE = (zipfile.BadZipFile, zlib.error, expat.ExpatError, KeyError, ValueError, RuntimeError, OSError, EOFError)
_RANGE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})(?::([A-Z]{1,3})([0-9]{1,7}))?")


class PackageError(Exception):
    """The file is no workbook."""


@dataclass(slots=True)
class Sheet:
    """A sheet.

    Attributes:
        is_visible: whether people see it.
        hidden_rows: their numbers, from 1.
        hidden_columns: theirs.
        merged: first row, first column, last row and last column of cells that are shown as one.
        uncounted: places of formulas whose result is not in the file.
        formatted_inside: places of formatted texts that stand in the cell itself; openpyxl reads them as plain ones.
    """

    name: str
    is_visible: bool
    part: str
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    uncounted: set[str] = field(default_factory=set)
    formatted_inside: set[str] = field(default_factory=set)


def sheets_in(file: IO[bytes], problems: Problems) -> list[Sheet]:
    """The sheets of a workbook, in their order; not yet looked through.

    Raises:
        PackageError: it is no workbook.
        BatchFileError: it unpacks to too much.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS:
                raise PackageError(f"it has more than {MOST_PARTS:,} parts")
            # An archive that lies about the size of a part is cut off there by zipfile.
            problems.count_bytes(sum(part.file_size for part in parts), "unpacked")
            for part in parts:
                if part.filename.endswith((".xml", ".rels")):
                    _refuse_declarations(archive, part)
            return list(_sheets(archive))
    except (
        zipfile.BadZipFile,
        KeyError,
        expat.ExpatError,
        NotImplementedError,
        RuntimeError,
        OSError,
        EOFError,
    ) as exc:
        raise PackageError(str(exc)) from exc


def look_through(file: IO[bytes], sheet: Sheet, problems: Problems) -> None:
    """Find out what the sheet hides, and count its cells.

    Raises:
        PackageError: it cannot be read.
        BatchFileError: it has too many cells.
    """
    looking = _Looking(sheet, problems)
    try:
        with zipfile.ZipFile(file) as archive, archive.open(sheet.part) as part:
            parser = expat.ParserCreate(namespace_separator=" ")
            parser.StartElementHandler = looking.start
            parser.EndElementHandler = looking.end
            parser.CharacterDataHandler = looking.text
            parser.ParseFile(part)
    except _DAMAGE as exc:
        raise PackageError(str(exc)) from exc


class _Looking:
    def __init__(self, sheet: Sheet, problems: Problems) -> None:
        self._sheet = sheet
        self._problems = problems
        self._cells = 0
        self._cell = ""
        self._has_formula = self._has_value = self._in_value = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        match name.rpartition(" ")[2]:
            case "c":
                self._count()
                self._cell = attributes.get("r", "")
                self._has_formula = self._has_value = False
            case "f":
                self._has_formula = True
            case "v" | "is":
                self._in_value = True
            case "rPr" if self._in_value:
                self._sheet.formatted_inside.add(self._cell)
            case "row" if _is_on(attributes, "hidden"):
                if (number := attributes.get("r", "")).isdigit():
                    self._sheet.hidden_rows.add(int(number))
            case "col" if _is_on(attributes, "hidden"):
                first, last = (min(max(int(attributes.get(each, "0")), 0), 16_384) for each in ("min", "max"))
                self._sheet.hidden_columns.update(range(first, last + 1))
            case "mergeCell":
                self._count()
                if found := _RANGE.fullmatch(attributes.get("ref", "")):
                    first_column, first_row, last_column, last_row = found.groups()
                    if last_column and last_row:
                        self._sheet.merged.append(
                            (int(first_row), column_number(first_column), int(last_row), column_number(last_column))
                        )
            case _:
                pass

    def _count(self) -> None:
        # Those with something in them are counted where they are read; this is about what openpyxl will take.
        self._cells += 1
        if self._cells > (most := 2 * self._problems.limits.max_values):
            raise self._problems.fatal(f"sheet {excerpt(self._sheet.name)}", f"has more than {most:,} cells", SPLIT)

    def text(self, text: str) -> None:
        self._has_value = self._has_value or (self._in_value and bool(text))

    def end(self, name: str) -> None:
        match name.rpartition(" ")[2]:
            case "v" | "is":
                self._in_value = False
            case "c" if self._has_formula and not self._has_value:
                self._sheet.uncounted.add(self._cell)
            case _:
                pass


def column_number(letters: str) -> int:
    """The number of a column, from 1: `AB` is 28."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number


def _is_on(attributes: dict[str, str], name: str) -> bool:
    return attributes.get(name) in {"1", "true"}


def _refuse_declarations(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """Entities could multiply without end; no program that writes workbooks declares any.

    Raises:
        PackageError: the part declares a document type.
    """
    before = b""
    with archive.open(part) as file:
        while piece := file.read(PIECE):
            joined = before + piece
            if b"<!DOCTYPE" in joined or b"<\0!\0D\0" in joined or b"\0<\0!\0D" in joined:
                raise PackageError("it declares a document type")
            before = piece[-16:]


def _sheets(archive: zipfile.ZipFile) -> Iterator[Sheet]:
    targets = {
        attributes.get("Id", ""): attributes.get("Target", "")
        for name, attributes in _elements(archive, "xl/_rels/workbook.xml.rels")
        if name == "Relationship" and attributes.get("Type", "").endswith("/worksheet")
    }
    for name, attributes in _elements(archive, "xl/workbook.xml"):
        if name == "sheet":
            relation = next((value for key, value in attributes.items() if key.rpartition(" ")[2] == "id"), "")
            if target := targets.get(relation):
                part = target.lstrip("/") if target.startswith("/") else posixpath.normpath(f"xl/{target}")
                yield Sheet(attributes.get("name", ""), attributes.get("state", "visible") == "visible", part)


def _elements(archive: zipfile.ZipFile, part: str) -> list[tuple[str, dict[str, str]]]:
    found: list[tuple[str, dict[str, str]]] = []
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = lambda name, attributes: found.append((name.rpartition(" ")[2], attributes))
    with archive.open(part) as file:
        parser.ParseFile(file)
    return found
