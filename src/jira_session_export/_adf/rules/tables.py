"""Tables: rows, header cells, spans, widths, colours, captions; and tables that are none."""

import re
from dataclasses import replace
from typing import Any, Final

from jira_session_export._adf.block_words import length_in_pixels
from jira_session_export._adf.builder import DONE, LINE, Closing
from jira_session_export._adf.colours import background_of
from jira_session_export._adf.element import Element
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.output import Output
from jira_session_export._adf.palettes import class_colours, named_background
from jira_session_export._adf.rules.code import language_of
from jira_session_export._adf.rules.ruleset import SKIP, Outcome, Rule
from jira_session_export._adf.tables import ORDINARY_TABLE, TableContext

_INTEGER = re.compile(r"\s*\+?(\d{1,18})")
_PIXELS = re.compile(r"\s*(\d{1,6}(?:\.\d{1,6})?)(px)?\s*$")
_PERCENT = re.compile(r"\s*(\d{1,3}(?:\.\d{1,6})?)%\s*$")
_NO_HEIGHT = frozenset({"0", "0px"})
_MOST_SPAN = {"colspan": 1000, "rowspan": 65_534}
_LAYOUTS = frozenset({"wide", "full-width", "center", "align-end", "align-start", "default"})
_ATLASSIANS_PLACEHOLDER: Final = 48.0
"""Pixels that Atlassian's editor writes for a column nobody has given a width."""
_VALIGNS = frozenset({"top", "middle", "bottom"})
_CODE_TABLES: Final = frozenset({
    "highlighttable", "rouge-table", "hljs-ln", "codetable", "js-file-line-container", "lntable", "crayon-table",
    "gitlab-code-table", "code-table",
})  # fmt: skip


_HEADER: Final = replace(ORDINARY_TABLE, header=True)


def _within(context: TableContext, out: Output) -> Closing:
    """Let the cells to come stand in this context until the closing."""
    before = out.table_context
    if context == before:
        return DONE
    out.table_context = context

    def restore() -> None:
        out.table_context = before

    return restore


def _table(element: Element, out: Output) -> Outcome:
    if out.in_code_figure:  # Hexo's: the numbers of the lines and the code, in two cells.
        return (_within(TableContext("code"), out), DONE if out.parent_type == "codeBlock" else out.code_block())
    if not element.attrs and out.table_width is None:
        if out.table_context is ORDINARY_TABLE:
            return out.open("table")
        return (_within(ORDINARY_TABLE, out), out.open("table"))
    if element.get("role").lower() in {"presentation", "none"}:
        out.end_line()
        return (LINE, _within(TableContext("blocks"), out))
    if "class" in element.attrs and element.classes & _CODE_TABLES:
        restore = _within(TableContext("code"), out)
        return (restore, DONE if out.parent_type == "codeBlock" else out.code_block(language_of(element)))
    context = _context_of(element, ORDINARY_TABLE)
    if "data-table-local-id" in element.attrs:
        context = replace(context, placeholder=_ATLASSIANS_PLACEHOLDER)
    width = _pixels(element.style.get("width", "") or element.get("width")) or out.table_width
    if width:
        context = replace(context, width=width)
    restore = _within(context, out)
    return (restore, out.open("table", _table_attrs(element)))


def _context_of(element: Element, context: TableContext) -> TableContext:
    """The context, and what this table, section or row says about its cells."""
    if background := _background(element):
        context = replace(context, background=background)
    if valign := _valign(element):
        context = replace(context, valign=valign)
    return context


def _table_attrs(element: Element) -> dict[str, Any]:
    """What our own preview and Atlassian's editor write on a table."""
    attrs: dict[str, Any] = {}
    layout = element.get("data-layout")
    if layout in _LAYOUTS:
        attrs["layout"] = layout
    elif element.get("align").lower() == "right":
        attrs["layout"] = "align-end"
    if element.get("data-number-column") == "true":
        attrs["isNumberColumnEnabled"] = True
    if element.get("data-display-mode") in {"default", "fixed"}:
        attrs["displayMode"] = element.get("data-display-mode")
    width = _PIXELS.match(element.get("data-width") or element.get("data-table-width"))
    if width:
        attrs["width"] = _number(width[1])
    return attrs


def _section(element: Element, out: Output) -> Outcome:
    context = _context_of(element, out.table_context) if element.attrs else out.table_context
    if element.tag == "thead":
        context = _HEADER if context is ORDINARY_TABLE else replace(context, header=True)
    return DONE if context is out.table_context else _within(context, out)


def _row(element: Element, out: Output) -> Outcome:
    context = out.table_context
    if context is not ORDINARY_TABLE and context.shown_as != "table":
        return _shown_otherwise(element, out)
    if "height" in element.attrs and element.get("height") in _NO_HEIGHT:
        return SKIP  # Excel and Word keep the widths of the columns in such a row.
    if element.attrs and (inner := _context_of(element, context)) is not context:
        return (_within(inner, out), out.open("tableRow"))
    return out.open("tableRow")


def _cell(element: Element, out: Output) -> Outcome:
    context = out.table_context
    header = element.tag == "th"
    if context is ORDINARY_TABLE:
        if not element.attrs:
            return out.open("tableHeader" if header else "tableCell")
    elif context.shown_as != "table":
        return _shown_otherwise(element, out)
    attrs = cell_attrs(element, out) if element.attrs else {}
    if context.background and "background" not in attrs:
        attrs["background"] = context.background
    if context.valign and "valign" not in attrs:
        attrs["valign"] = context.valign
    header = header or context.header or element.get("role") in {"columnheader", "rowheader"}
    return out.open("tableHeader" if header else "tableCell", attrs or None)


def _shown_otherwise(element: Element, out: Output) -> Closing:
    if out.table_context.shown_as == "code" and out.parent_type == "codeBlock":
        return out.code_line() if element.tag == "tr" else DONE
    out.end_line()
    return LINE


def cell_attrs(element: Element, out: Output) -> dict[str, Any]:
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
    if colour := _background(element):
        attrs["background"] = colour
    if widths := _widths(element, out.table_context.width):
        attrs["colwidth"] = widths
    elif share := _share(element):
        out.share(share)
    if valign := _valign(element):
        attrs["valign"] = valign
    return attrs


def _background(element: Element) -> str | None:
    colour = background_of(element.get("bgcolor")) or background_of(element.style) or named_background(element)
    return colour or background_of(element.get("data-slate-background")) or class_colours(element.get("class"))[1]


def _valign(element: Element) -> str | None:
    valign = element.style.get("vertical-align", "") or (element.get("valign") or element.get("data-valign")).lower()
    return valign if valign in _VALIGNS else None


def _widths(element: Element, whole: float | None) -> list[float]:
    written = element.get("data-colwidth") or element.get("colwidth")
    if written:
        found = [_PIXELS.match(part) for part in written.split(",")[:100]]
        return [_number(match[1]) for match in found if match] if all(found) else []
    width = _pixels(element.style.get("width", "") or element.get("width"), whole)
    return [width] if width and element.get("colspan") in {"", "1"} else []


def _share(element: Element) -> float | None:
    """The share of the table's width that a cell of one column takes."""
    found = _PERCENT.match(element.style.get("width", "") or element.get("width"))
    return float(found[1]) if found and element.get("colspan") in {"", "1"} else None


def _pixels(written: str, whole: float | None = None) -> float | None:
    """A length in pixels, or a share of a whole that is known; None when it is neither, or nothing."""
    if not written:
        return None
    if found := _PIXELS.match(written):
        return _number(found[1]) or None
    if absolute := length_in_pixels(written):
        return round(absolute) or None
    if whole and (found := _PERCENT.match(written)):
        return round(float(found[1]) * whole / 100) or None
    return None


def _number(text: str) -> float:
    value = float(text)
    return int(value) if value.is_integer() else value


def _column(element: Element, out: Output) -> Outcome:
    span = _INTEGER.match(element.get("span"))
    written = element.style.get("width", "") or element.get("width")
    width = _pixels(written, out.table_context.width)
    share = _PERCENT.match(written) if width is None else None
    if width == out.table_context.placeholder:
        width = None
    out.column(width, int(span[1]) if span else 1, float(share[1]) if share else None)
    return DONE


def _frame(element: Element, out: Output) -> Outcome:
    """The figure that CKEditor puts around a table, with the table's width."""
    if "table" not in element.classes or not (width := _pixels(element.style.get("width", ""))):
        return None
    before, out.table_width = out.table_width, width
    out.end_line()

    def restore() -> None:
        out.end_line()
        out.table_width = before

    return restore


def _caption(element: Element, out: Output) -> Outcome:
    """ADF has no table captions: it becomes a bold paragraph before the table."""
    if out.table_context.shown_as == "table":
        out.step_out("table")
    else:
        out.end_line()
    return (LINE, out.mark("strong"))


def _transparent(element: Element, out: Output) -> Outcome:
    return DONE


def _role_table(element: Element, out: Output) -> Outcome:
    """A table made of `div`s, as ARIA names its parts."""
    role = element.get("role").lower()
    if role in {"table", "grid"}:
        return (_within(ORDINARY_TABLE, out), out.open("table"))
    if out.parent_type in {"table", "tableRow"} or role == "row":
        if role == "row":
            return out.open("tableRow")
        if role in {"cell", "gridcell", "columnheader", "rowheader"}:
            return out.open("tableHeader" if role.endswith("header") else "tableCell")
    return DONE if role == "rowgroup" and out.parent_type == "table" else None


TABLE_RULES = (
    Rule("table", _table, frozenset({"table"})),
    Rule("table-row", _row, frozenset({"tr"})),
    Rule("table-cell", _cell, frozenset({"td", "th"})),
    Rule("table-caption", _caption, frozenset({"caption"})),
    Rule("table-column", _column, frozenset({"col"})),
    Rule("table-section", _section, frozenset({"thead", "tbody", "tfoot"})),
    Rule("table-columns", _transparent, frozenset({"colgroup"})),
    Rule("table-frame", _frame, frozenset({"figure"}), frozenset({"style"}), mentions=re.compile(r"table")),
    Rule("role-table", _role_table, frozenset({"div", "span"}), frozenset({"role"})),
)
