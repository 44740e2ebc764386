"""Straightens the rows of a table: spans that fit, rows of one length, the widths of columns."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

Node = dict[str, Any]

_WIDEST_SPAN = 50  # Cells across more columns get no widths: these would be longer than the cell.


@dataclass(frozen=True, slots=True)
class TableContext:
    """What a table, its sections and its rows say about the cells in them.

    Attributes:
        shown_as: a table that lays out a page is shown as the blocks in it, one that numbers lines as code.
        header: the cells are header cells.
        background: the colour of cells that have none of their own.
        valign: where the content of cells stands that do not say it.
        width: of the table, in pixels.
        placeholder: what its editor writes as the width of a column that nobody has given one.
    """

    shown_as: Literal["table", "blocks", "code"] = "table"
    header: bool = False
    background: str | None = None
    valign: str | None = None
    width: float | None = None
    placeholder: float | None = None


ORDINARY_TABLE: Final = TableContext()


def give_widths(rows: list[Node], widths: Sequence[float | None]) -> None:
    """Write the widths of the columns on the cells, in place; a column without one keeps what its cells say.

    Args:
        rows: rows of a table whose spans fit.
        widths: of the columns, in pixels.
    """
    taken: dict[int, int] = {}  # Column → rows for which a cell from above still takes it.
    for row in rows:
        column = 0
        above, taken = taken, {place: left - 1 for place, left in taken.items() if left > 1}
        for cell in row["content"]:
            while column in above:
                column += 1
            colspan, rowspan = _span(cell, "colspan"), _span(cell, "rowspan")
            own = widths[column : column + colspan] if colspan <= _WIDEST_SPAN else ()
            if len(own) == colspan and None not in own:
                cell.setdefault("attrs", {})["colwidth"] = list(own)
            if rowspan > 1:
                taken.update(dict.fromkeys(range(column, min(column + colspan, len(widths))), rowspan - 1))
            column += colspan
            if column >= len(widths):
                break


def normalise_rows(rows: list[Node]) -> None:
    """Cut spans to the table and fill short rows with empty cells, in place.

    A span that reaches beyond the last column or row shows nothing in a browser, so cutting it is no loss. Rows are
    filled only while that adds at most twice as many cells as there are: one long row among many short ones must not
    make a small table huge.
    """
    if any("attrs" in cell for row in rows for cell in row["content"]):
        _cut_rowspans(rows)
        starts = _last_starts(rows)
    else:
        starts = [len(row["content"]) - 1 for row in rows]
    columns = max(starts) + 1
    lacks = []
    for row, start in zip(rows, starts, strict=True):
        last = row["content"][-1]
        span = min(_span(last, "colspan"), columns - start)
        _set_span(last, "colspan", span)
        lacks.append(columns - start - span)
    if 0 < sum(lacks) <= 2 * sum(len(row["content"]) for row in rows):
        for row, lack in zip(rows, lacks, strict=True):
            row["content"].extend(_empty_like(row["content"][-1]) for _ in range(lack))


def _empty_like(cell: Node) -> Node:
    return {"type": cell["type"], "content": [{"type": "paragraph", "content": []}]}


def _cut_rowspans(rows: list[Node]) -> None:
    for number, row in enumerate(rows):
        for cell in row["content"]:
            if "attrs" in cell:
                _set_span(cell, "rowspan", min(_span(cell, "rowspan"), len(rows) - number))


def _last_starts(rows: list[Node]) -> list[int]:
    """Per row the column in which its last cell starts, counting what spans from above take away."""
    starts = []
    taken = 0
    ending: dict[int, int] = {}  # Row → columns that are free again from there on.
    for number, row in enumerate(rows):
        taken -= ending.pop(number, 0)
        cells = row["content"]
        starts.append(taken + sum(_span(cell, "colspan") for cell in cells[:-1]))
        for cell in cells:
            rowspan = _span(cell, "rowspan")
            if rowspan > 1:
                colspan = _span(cell, "colspan")
                taken += colspan
                ending[number + rowspan] = ending.get(number + rowspan, 0) + colspan
    return starts


def _span(cell: Node, name: str) -> int:
    return int(cell.get("attrs", {}).get(name, 1))


def _set_span(cell: Node, name: str, span: int) -> None:
    """Write a span; 1 is what a cell without one has."""
    attrs = cell.get("attrs")
    if attrs is None or name not in attrs:
        return
    if span > 1:
        attrs[name] = span
        return
    del attrs[name]
    if not attrs:
        del cell["attrs"]
