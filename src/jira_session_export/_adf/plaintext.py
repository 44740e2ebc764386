"""ADF as plain text: for terminals, logs and mails."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any

from jira_session_export._adf.tree import attributes, count, iso_date, items, mapping, marks_by_type, string

_Node = Mapping[str, Any]

_MARGINS_SHOWN = 12
"""Levels of indentation shown; deeper ones would make the text grow with the square of the depth."""
_COLUMN_PADDED_TO = 48
"""Table columns are padded up to this width; longer lines stick out."""
_COLUMNS_SPANNED = 50
_CELL_LINES_ALIGNED = 20_000
"""Lines times columns of one table row; beyond, its cells come below each other instead."""
_RULE = "-" * 40
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def adf_to_text(document: object) -> str:
    """The document as text to read: list markers, task boxes, aligned tables, indented code, addresses after links.

    Args:
        document: an ADF document; any other JSON value gives what can be made of it.

    Returns:
        Lines without a trailing newline and without control characters, so that a terminal may print it.
    """
    return _Writer().write(document)


@dataclass(slots=True)
class _Margin:
    """What stands left of a block: `first` before its first line (it is `due` till then), later `rest`."""

    first: str
    rest: str

    due: bool = True

    def take(self) -> str:
        taken = self.first if self.due else self.rest
        self.due = False
        return taken


@dataclass(slots=True)
class _Page:
    """Lines under margins; a table cell is a page of its own."""

    lines: list[str] = field(default_factory=list)
    margins: list[_Margin] = field(default_factory=list)
    lists: int = 0

    def block(self, lines: Iterable[str]) -> None:
        """Write a block below a blank line; inside lists without one."""
        self.gap()
        self.lines.extend(("".join([margin.take() for margin in self._shown]) + line).rstrip() for line in lines)

    def gap(self) -> None:
        """Leave a line blank between blocks, but not between those of a list."""
        if self.lines and not self.lists:
            self.lines.append("".join(margin.rest for margin in self._shown if not margin.due).rstrip())

    @property
    def _shown(self) -> list[_Margin]:
        return self.margins[-_MARGINS_SHOWN:]


@dataclass(slots=True)
class _Row:
    """The lines of each cell, and whether any cell is not a header."""

    cells: list[list[str]] = field(default_factory=list)
    has_data: bool = False


@dataclass(slots=True)
class _List:
    """A list of some type, with the number of its next item if it counts."""

    kind: str
    number: int | None = None


@dataclass(slots=True)
class _Writer:
    """Walks the document with its own stack: nodes still to be shown, and what to do after a node's content."""

    pages: list[_Page] = field(default_factory=lambda: [_Page()])
    tables: list[list[_Row]] = field(default_factory=list)
    lists: list[_List] = field(default_factory=list)
    waiting: list[object] = field(default_factory=list)

    def write(self, document: object) -> str:
        self.waiting.append(document)
        while self.waiting:
            item = self.waiting.pop()
            if callable(item):
                item()
            else:
                self._node(item)
        return _CONTROL.sub("", "\n".join(self.pages[0].lines))

    @property
    def page(self) -> _Page:
        return self.pages[-1]

    def _node(self, value: object) -> None:
        if not isinstance(value, dict):
            if text := string(value):
                self.page.block(text.split("\n"))
            self.waiting.extend(reversed(items(value)))
            return
        kind = string(value.get("type"))
        if (show := _BLOCKS.get(kind)) is not None:
            show(self, value)
        elif kind in _INLINE:
            self._lines([value])
        else:
            self._inside(value)

    def _lines(self, content: list[Any]) -> None:
        text = _inline_text(content)
        self.page.block(text.split("\n"))

    def _inside(self, node: _Node, leave: Callable[[], object] | None = None) -> None:
        """Go on with the node's content, then do `leave`."""
        if leave is not None:
            self.waiting.append(leave)
        self.waiting.extend(reversed(items(node.get("content"))))

    def _under(self, node: _Node, first: str, rest: str) -> None:
        """Go on with the node's content under a margin; a marker that got no line gets one of its own."""
        page = self.page
        margin = _Margin(first, rest)
        page.margins.append(margin)

        def leave() -> None:
            if margin.due and first != rest and len(page.margins) <= _MARGINS_SHOWN:
                page.block([""])
            page.margins.pop()

        self._inside(node, leave)

    # --- blocks

    def text_block(self, node: _Node) -> None:
        if content := items(node.get("content")):
            self._lines(content)

    def heading(self, node: _Node) -> None:
        text = _inline_text(items(node.get("content")))
        underline = {1: "=", 2: "-"}.get(count(attributes(node).get("level"), at_most=6) or 6)
        lines = text.split("\n")
        if underline and text:
            lines.append(underline * min(max(map(len, lines)), 72))
        self.page.block(lines)

    def code_block(self, node: _Node) -> None:
        code = "".join(_INLINE["text"](mapping(child)) for child in items(node.get("content")))
        self.page.block([f"    {line}" for line in code.split("\n")])

    def rule(self, _: _Node) -> None:
        self.page.block([_RULE])

    def block_quote(self, node: _Node) -> None:
        self._under(node, "> ", "> ")

    def panel(self, node: _Node) -> None:
        self._under(node, f"[{string(attributes(node).get('panelType')) or 'panel'}] ", "  ")

    def expand(self, node: _Node) -> None:
        if title := string(attributes(node).get("title")):
            self.page.block(
                [f"> {line}" if number == 0 else f"  {line}" for number, line in enumerate(title.split("\n"))]
            )
        self._under(node, "  ", "  ")

    def plain_list(self, node: _Node) -> None:
        self._list(node, _List(string(node.get("type"))))

    def ordered_list(self, node: _Node) -> None:
        order = attributes(node).get("order")
        self._list(node, _List("orderedList", 0 if order == 0 else count(order, at_most=10**9) or 1))

    def task_list(self, node: _Node) -> None:
        if self.lists and self.lists[-1].kind == "taskList":
            self.page.margins.append(_Margin("  ", "  "))
            self.waiting.append(self.page.margins.pop)
        self.plain_list(node)

    def _list(self, node: _Node, begun: _List) -> None:
        page = self.page
        page.gap()
        page.lists += 1
        self.lists.append(begun)

        def leave() -> None:
            page.lists -= 1
            self.lists.pop()

        self._inside(node, leave)

    def list_item(self, node: _Node) -> None:
        marker = "- "
        if self.lists and (number := self.lists[-1].number) is not None:
            marker = f"{number}. "
            self.lists[-1].number = number + 1
        self._under(node, marker, " " * len(marker))

    def task_item(self, node: _Node) -> None:
        self._item(node, "[x] " if attributes(node).get("state") == "DONE" else "[ ] ")

    def decision_item(self, node: _Node) -> None:
        self._item(node, "=> ")

    def _item(self, node: _Node, marker: str) -> None:
        """An item that holds inline content itself, or (blockTaskItem) blocks."""
        content = items(node.get("content"))
        if content and all(mapping(child).get("type") in _INLINE for child in content):
            node = {"content": [{"type": "paragraph", "content": content}]}
        self._under(node, marker, " " * len(marker))

    def table(self, node: _Node) -> None:
        self.tables.append([])

        def leave() -> None:
            if rows := self.tables.pop():
                self.page.block(_grid(rows))

        self._inside(node, leave)

    def table_row(self, node: _Node) -> None:
        if self.tables:
            self.tables[-1].append(_Row())
        self._inside(node)

    def cell(self, node: _Node) -> None:
        if not self.tables or not self.tables[-1]:
            self._inside(node)
            return
        row = self.tables[-1][-1]
        row.has_data |= node.get("type") != "tableHeader"
        span = count(attributes(node).get("colspan"), at_most=_COLUMNS_SPANNED) or 1
        self.pages.append(_Page())

        def leave() -> None:
            row.cells.extend([self.pages.pop().lines, *([[]] * (span - 1))])

        self._inside(node, leave)


_BLOCKS: Mapping[str, Callable[[_Writer, _Node], None]] = {
    "blockTaskItem": _Writer.task_item,
    "blockquote": _Writer.block_quote,
    "bulletList": _Writer.plain_list,
    "caption": _Writer.text_block,
    "codeBlock": _Writer.code_block,
    "decisionItem": _Writer.decision_item,
    "decisionList": _Writer.plain_list,
    "expand": _Writer.expand,
    "heading": _Writer.heading,
    "listItem": _Writer.list_item,
    "nestedExpand": _Writer.expand,
    "orderedList": _Writer.ordered_list,
    "panel": _Writer.panel,
    "paragraph": _Writer.text_block,
    "rule": _Writer.rule,
    "table": _Writer.table,
    "tableCell": _Writer.cell,
    "tableHeader": _Writer.cell,
    "tableRow": _Writer.table_row,
    "taskItem": _Writer.task_item,
    "taskList": _Writer.task_list,
}


def _grid(rows: list[_Row]) -> list[str]:
    """The rows with their columns aligned; a cell of several lines makes its row several lines high."""
    widths: list[int] = []
    for row in rows:
        widths.extend([0] * (len(row.cells) - len(widths)))
        for column, cell in enumerate(row.cells):
            widths[column] = max(widths[column], *(min(len(line), _COLUMN_PADDED_TO) for line in cell), 0)
    lines: list[str] = []
    for number, row in enumerate(rows):
        lines.extend(_row_lines(row.cells, widths))
        if number == 0 and not row.has_data and len(rows) > 1:
            lines.append(_bordered("-" * width for width in widths))
    return lines


def _row_lines(cells: list[list[str]], widths: list[int]) -> Iterable[str]:
    height = max(map(len, cells), default=0)
    if height * len(cells) > _CELL_LINES_ALIGNED:
        return [line for cell in cells for line in cell]
    side_by_side = zip_longest(*cells, fillvalue="") if height else [("",) * len(cells)]
    return [_bordered(map(str.ljust, parts, widths)) for parts in side_by_side]


def _bordered(parts: Iterable[str]) -> str:
    return f"| {' | '.join(parts)} |"


# --- inline nodes


def _inline_text(content: Iterable[Any]) -> str:
    """The text of inline nodes, with a link's address after its last piece; whatever else is there gives its text."""
    pieces: list[str] = []
    href = ""
    linked: list[str] = []

    def end_link() -> None:
        shown = "".join(linked)
        pieces.append(
            shown if not href or shown.strip() in {href, href.removeprefix("mailto:")} else f"{shown} ({href})"
        )
        linked.clear()

    waiting = list(reversed(list(content)))
    while waiting:
        value = waiting.pop()
        node = mapping(value)
        target = string(marks_by_type(node).get("link", {}).get("href"))
        if target != href:
            end_link()
            href = target
        show = _INLINE.get(string(node.get("type")))
        linked.append(show(node) if show else string(value))
        waiting.extend(reversed(items(node.get("content"))))
    end_link()
    return "".join(pieces)


def _attribute(*names: str) -> Callable[[_Node], str]:
    """The first of these attributes that says something."""
    return lambda node: next((text for name in names if (text := string(attributes(node).get(name)))), "")


def _text(node: _Node) -> str:
    return string(node.get("text"))


def _hard_break(_: _Node) -> str:
    return "\n"


def _mention(node: _Node) -> str:
    return string(attributes(node).get("text")) or f"@{string(attributes(node).get('id'))}"


def _date(node: _Node) -> str:
    timestamp = attributes(node).get("timestamp")
    return iso_date(timestamp) or string(timestamp)


def _status(node: _Node) -> str:
    return f"[{string(attributes(node).get('text'))}]"


def _card(node: _Node) -> str:
    return string(attributes(node).get("url")) or string(mapping(attributes(node).get("data")).get("url"))


def _media(node: _Node) -> str:
    attrs = attributes(node)
    name = " ".join(filter(None, (string(attrs.get("alt")), string(attrs.get("url")) or string(attrs.get("id")))))
    return f"[image: {name}]" if name else "[image]"


def _extension(node: _Node) -> str:
    return f"[{string(attributes(node).get('text')) or string(attributes(node).get('extensionKey'))}]"


_INLINE: Mapping[str, Callable[[_Node], str]] = {
    "blockCard": _card,
    "date": _date,
    "embedCard": _card,
    "emoji": _attribute("text", "shortName"),
    "extension": _extension,
    "hardBreak": _hard_break,
    "inlineCard": _card,
    "inlineExtension": _extension,
    "media": _media,
    "mediaInline": _media,
    "mention": _mention,
    "placeholder": _attribute("text"),
    "status": _status,
    "text": _text,
}
