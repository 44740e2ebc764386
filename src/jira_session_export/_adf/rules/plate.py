"""What Plate writes: every node carries its type and its properties in `data-slate-…`, whatever draws it.

A host that serializes without components of its own gets a `<div>` for each node, and the rest in attributes alone.
"""

import re
from typing import Final

from jira_session_export._adf.builder import DONE, LINE, Closing
from jira_session_export._adf.element import Element
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.atlassian import timestamp_of
from jira_session_export._adf.rules.media import show_embedded
from jira_session_export._adf.rules.ruleset import SKIP, Outcome, Rule
from jira_session_export._adf.rules.tables import cell_attrs

_PANELS: Final = {"warning": "warning", "error": "error", "success": "success", "tip": "tip", "note": "note"}
_CELLS: Final = {"td": "tableCell", "th": "tableHeader"}
_PLAYERS: Final = frozenset({"video", "audio", "media_embed"})
_VOIDS: Final = frozenset({"img", "file", "equation", "inline_equation", "mention", "date", *_PLAYERS})
_LARGEST: Final = 9


def _node(element: Element, out: Output) -> Outcome:
    kind = element.get("data-slate-type")
    if element.get("data-slate-list-style-type"):
        return _item(element, out)
    if kind in _VOIDS:
        return _void(kind, element, out)
    if kind == "a" and element.tag != "a":
        return out.link(element.get("data-slate-url"))
    if kind == "callout":
        return out.open("panel", {"panelType": _PANELS.get(element.get("data-slate-variant"), "info")})
    if element.tag != "div":
        return None
    if kind == "table":
        return _table(out)
    if kind == "tr":
        return _row(out)
    if kind in _CELLS and out.parent_type == "tableRow":
        return _cell(kind, element, out)
    return DONE if element.get("data-slate-inline") == "true" else None


def _item(element: Element, out: Output) -> Closing:
    """An item of a list that is flat: it says what it is, and how deep; a `<ul>` or `<ol>` in it is the same item."""
    marker = element.get("data-slate-list-style-type")
    depth, start = element.get("data-slate-indent"), element.get("data-slate-list-start")
    level = min(max(int(depth), 1), _LARGEST) if depth.isascii() and depth.isdigit() and len(depth) < 4 else 1
    state = "DONE" if element.get("data-slate-checked") == "true" else "TODO"
    if marker == "todo":
        list_type = "taskList"
    else:
        list_type = "bulletList" if marker in {"disc", "circle", "square", "none"} else "orderedList"
    number = int(start) if start.isascii() and start.isdigit() and len(start) < 9 else 1
    closing = out.flat_item(level, list_type, state, goes_on=True, number=number)
    before, out.toggle, out.has_told_lists = out.toggle, out.place_mark, True

    def restore() -> None:
        out.toggle = before

    return (restore, closing)


def _drawn_list(element: Element, out: Output) -> Outcome:
    """The list of one item by which a component draws the item that its block is."""
    return DONE if out.toggle is not None and out.toggle is out.place_mark else None


def _spacer(element: Element, out: Output) -> Outcome:
    """Where the cursor stands in a node without text."""
    return SKIP


def _void(kind: str, element: Element, out: Output) -> Closing:
    """A node without text: what its attributes say is shown, unless something in it has shown it."""
    block = "data-slate-inline" not in element.attrs and not kind.startswith("inline")
    if block:
        out.end_line()
    begun, number, losses = out.written, out.element, len(out.losses)

    def settle() -> None:
        if out.is_blank_since(begun) and len(out.losses) == losses:
            now, out.element = out.element, number
            _show(kind, element, out)
            out.element = now

    return (settle, LINE) if block else settle


def _show(kind: str, element: Element, out: Output) -> None:
    address, name = element.get("data-slate-url"), element.get("data-slate-name")
    if kind == "img":
        width = element.get("data-slate-width")
        out.image(
            address,
            alt=element.get("data-slate-alt"),
            width=int(width) if width.isascii() and width.isdigit() and len(width) < 6 else None,
        )
    elif kind in _PLAYERS:
        show_embedded(address, kind, out)
    elif kind == "file":
        closing = out.link(address)
        out.text(name or address)
        out.end(closing)
    elif kind == "date":
        _show_date(element.get("data-slate-date"), out)
    elif kind == "mention":
        out.text(f"@{element.get('data-slate-value')}" if element.get("data-slate-value") else "")
    else:
        out.text(element.get("data-slate-tex-expression"))


def _show_date(written: str, out: Output) -> None:
    if timestamp := timestamp_of(written):
        out.inline("date", {"timestamp": timestamp})
    else:
        out.text(written)


# --- tables made of `<div>`s


def _table(out: Output) -> Closing:
    """The table begins with its first row: a component draws a `<table>` in this element."""
    out.end_line()
    before, out.drawn_table = out.drawn_table, []

    def finish() -> None:
        opened, out.drawn_table = out.drawn_table, before
        out.end_line()
        for table in opened or ():
            out.end(table)

    return finish


def _row(out: Output) -> Closing:
    if out.drawn_table == [] and out.parent_type != "table":
        out.drawn_table.append(out.open("table"))
    return out.open("tableRow")


def _cell(kind: str, element: Element, out: Output) -> Closing:
    return out.open(_CELLS[kind], cell_attrs(element, out) or None)


PLATE_RULES = (
    Rule("plate-spacer", _spacer, frozenset({"span", "div"}), frozenset({"data-slate-spacer"})),
    Rule("plate-node", _node, None, frozenset({"data-slate-type"})),
    Rule("plate-drawn-list", _drawn_list, frozenset({"ul", "ol"}), frozenset({"style"}), mentions=re.compile("list-")),
)
