"""The rows of CSV text, one at a time.

Python's `csv` refuses cells of more than 131,072 characters unless a limit of the whole process is raised, which is not
a library's to change; an image inside a description is longer.
"""

import re
from collections.abc import Iterator
from functools import lru_cache


class CsvError(ValueError):
    """The text is not CSV.

    Attributes:
        line: where, from 1.
        action: what to do about it.
    """

    def __init__(self, text: str, line: int, action: str) -> None:
        super().__init__(text)
        self.line = line
        self.action = action


@lru_cache(maxsize=16)
def _patterns(delimiter: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    sign = re.escape(delimiter)
    # A cell in quotation marks, or one without; then what ends it. No part can match in two ways.
    quoted = rf'"([^"]*+(?:""[^"]*+)*+)"(?:({sign})|(\r\n|\r|\n)|\Z)'
    plain = rf"([^{sign}\r\n]*+)(?:({sign})|(\r\n|\r|\n)|\Z)"
    return re.compile(quoted), re.compile(plain)


def rows(text: str, delimiter: str, begin: int = 0) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line it begins on, from 1; blank lines are none.

    Args:
        begin: where the first row begins; that is line 1.

    Raises:
        CsvError: a quotation mark has no end, or something stands between it and the end of its cell.
    """
    quoted, plain = _patterns(delimiter)
    place, end, line = begin, len(text), 1
    while True:
        if blank := _BLANK.match(text, place):
            place = blank.end()
            line += _lines_in(blank[0])
        if place >= end:
            return
        row: list[str] = []
        started = line
        while True:
            if text.startswith('"', place):
                found = quoted.match(text, place)
                if found is None:
                    raise _broken(text, place, line)
                cell = found[1]
                line += _lines_in(cell)
                cell = cell.replace('""', '"') if '""' in cell else cell
            else:
                found = plain.match(text, place)
                if found is None:  # never: it matches nothing, too
                    raise CsvError("is no cell", line, "")
                cell = found[1]
            row.append(cell)
            place = found.end()
            if found[2] is None:
                break
        line += found[3] is not None
        yield started, row


def _lines_in(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")


_BLANK = re.compile(r"[\r\n]+")
_CLOSED = re.compile(r'"[^"]*+(?:""[^"]*+)*+"')


def _broken(text: str, place: int, line: int) -> CsvError:
    closed = _CLOSED.match(text, place)
    if closed is None:
        return CsvError("a quotation mark has no end", line, 'Write a quotation mark inside a cell "like ""this""".')
    line += _lines_in(closed[0])
    return CsvError(
        "something stands between a cell's closing quotation mark and its end",
        line,
        'Write a quotation mark inside a cell "like ""this""".',
    )
