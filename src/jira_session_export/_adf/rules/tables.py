"""Tables: rows, header cells, spans, widths, colours, captions."""

import re
from typing import Any

from jira_session_export._adf.builder import DONE, LINE
from jira_session_export._adf.colours import hex_colour
from jira_session_export._adf.element import Element
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import Outcome, Rule

_INTEGER = re.compile(r"\s*\+?(\d{1,18})")
_PIXELS = re.compile(r"\s*(\d{1,6}(?:\.\d{1,6})?)(px)?\s*$")
_MOST_SPAN = {"colspan": 1000, "rowspan": 65_534}
_LAYOUTS = frozenset({"wide", "full-width", "center", "align-end", "align-start", "default"})


def _table(element: Element, out: Output) -> Outcome:
    return out.open("table")


def _adf_table(element: Element, out: Output) -> Outcome:
    """What our own preview and Atlassian's editor write on a table."""
    attrs: dict[str, Any] = {}
    layout = element.get("data-layout")
    if layout in _LAYOUTS:
        attrs["layout"] = layout
    if element.get("data-number-column") == "true":
        attrs["isNumberColumnEnabled"] = True
    if element.get("data-display-mode") in {"default", "fixed"}:
        attrs["displayMode"] = element.get("data-display-mode")
    width = _PIXELS.match(element.get("data-width") or element.get("data-table-width"))
    if width:
        attrs["width"] = _number(width[1])
    return out.open("table", attrs)


def _row(element: Element, out: Output) -> Outcome:
    return out.open("tableRow")


def _cell(element: Element, out: Output) -> Outcome:
    node_type = "tableHeader" if element.tag == "th" else "tableCell"
    return out.open(node_type, _cell_attrs(element, out) if element.attrs else None)


def _cell_attrs(element: Element, out: Output) -> dict[str, Any]:
    attrs: dict[str, Any] = {}
    for name, most in _MOST_SPAN.items():
        given = _INTEGER.match(element.get(name))
        span = int(given[1]) if given else 1
        if span > most:
            out.lose(LossKind.VALUE_CLAMPED, f"{name}={element.get(name)}", f"HTML's limit is {most:,}")
        if span == 0 and name == "rowspan":
            span = most  # To the end of the table.
        if span > 1:
            attrs[name] = min(span, most)
    colour = hex_colour(
        element.get("bgcolor") or element.style.get("background-color", "") or element.style.get("background", "")
    )
    if colour:
        attrs["background"] = colour
    if widths := _widths(element):
        attrs["colwidth"] = widths
    if element.get("valign") in {"top", "middle", "bottom"}:
        attrs["valign"] = element.get("valign")
    return attrs


def _widths(element: Element) -> list[float]:
    written = element.get("data-colwidth") or element.get("colwidth")
    if written:
        found = [_PIXELS.match(part) for part in written.split(",")[:100]]
        return [_number(match[1]) for match in found if match] if all(found) else []
    width = _PIXELS.match(element.style.get("width", "") or element.get("width"))
    return [_number(width[1])] if width and element.get("colspan") in {"", "1"} and float(width[1]) > 0 else []


def _number(text: str) -> float:
    value = float(text)
    return int(value) if value.is_integer() else value


def _caption(element: Element, out: Output) -> Outcome:
    """ADF has no table captions: it becomes a bold paragraph before the table."""
    out.step_out("table")
    return (LINE, out.mark("strong"))


def _transparent(element: Element, out: Output) -> Outcome:
    return DONE


TABLE_RULES = (
    Rule("adf-table", _adf_table, frozenset({"table"}),
         frozenset({"data-layout", "data-number-column", "data-display-mode", "data-width", "data-table-width"})),
    Rule("table", _table, frozenset({"table"})),
    Rule("table-row", _row, frozenset({"tr"})),
    Rule("table-cell", _cell, frozenset({"td", "th"})),
    Rule("table-caption", _caption, frozenset({"caption"})),
    Rule("table-section", _transparent, frozenset({"thead", "tbody", "tfoot", "colgroup", "col"})),
)  # fmt: skip
