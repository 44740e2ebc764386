"""Straightens the rows of a table: spans that fit, rows of one length."""

from typing import Any

_MAX_SPAN = 1000  # HTML's own limit for colspan; rows are bounded by the table.

Node = dict[str, Any]


def normalise_rows(rows: list[Node]) -> str:
    """Cut spans to the table and fill short rows with empty cells, in place.

    A span that reaches beyond the last column or row shows nothing in a browser, so cutting it is no loss, but one beyond
    HTML's limit is. Rows are filled only while that adds at most twice as many cells as there are: one long row among many
    short ones must not make a small table huge.

    Returns:
        The value beyond the limit, as text; empty when there was none.
    """
    if not rows:
        return ""
    clamped = _clamp(rows)
    starts = _last_starts(rows)
    columns = max(starts) + 1
    lacks = []
    for row, start in zip(rows, starts, strict=True):
        last = row["content"][-1]
        span = min(_span(last, "colspan"), columns - start)
        _set_span(last, "colspan", span)
        lacks.append(columns - start - span)
    if sum(lacks) <= 2 * sum(len(row["content"]) for row in rows):
        for row, lack in zip(rows, lacks, strict=True):
            row["content"].extend(_empty_like(row["content"][-1]) for _ in range(lack))
    return clamped


def _empty_like(cell: Node) -> Node:
    return {"type": cell["type"], "content": [{"type": "paragraph", "content": []}]}


def _clamp(rows: list[Node]) -> str:
    clamped = ""
    for number, row in enumerate(rows):
        for cell in row["content"]:
            if "attrs" not in cell:
                continue
            for name, limit in (("colspan", _MAX_SPAN), ("rowspan", len(rows) - number)):
                span = _span(cell, name)
                if span > max(limit, _MAX_SPAN):
                    clamped = f"{name}={span}"
                _set_span(cell, name, min(span, limit))
    return clamped


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
