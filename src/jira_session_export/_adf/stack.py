"""Fits blocks into a document where the content model allows them."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from jira_session_export._adf.fit import BARE, CONTAINERS, LINE_TYPES, PARENT_OF, ROUTES, UNKNOWN, sound_attrs
from jira_session_export._adf.frames import (
    CLOSED,
    EXPANDS,
    KINDS,
    PENDING,
    SUSPENDED,
    Frame,
    ImplicitFrame,
    Node,
)
from jira_session_export._adf.losses import MAX_LOSSES, LossKind, UnplacedLoss, excerpt_of
from jira_session_export._adf.schema import NODES
from jira_session_export._adf.tables import give_widths, normalise_rows

MAX_DEPTH: Final = 64
"""Blocks open at once. Twice as many JSON levels stay far below what parsers and serialisers take."""

_SAME_SHARE: Final = 2.0  # Percent; what is between equal columns is rounding.
_MOST_COLUMNS: Final = 200  # Whose widths are remembered.
LISTS: Final = frozenset({"bulletList", "orderedList", "taskList", "decisionList"})
CELLS: Final = frozenset({"tableCell", "tableHeader"})
TABLE_PARTS: Final = CELLS | {"tableRow"}

_LOOKED_AT = 50  # Losses, so that time does not grow with their number.
_ITEMS = frozenset(PARENT_OF) | LINE_TYPES
_FENCES = CELLS | {
    "layoutColumn"
}  # What stands in them is not moved out: it would tear the table or the columns apart.
_FILLED = CELLS | {"listItem", "expand", "nestedExpand", "layoutColumn", "blockTaskItem"}  # Seen even when empty.
_SEEN_EMPTY = frozenset({"taskItem", "decisionItem"})
_WIDE = frozenset({"codeBlock", "expand", "layoutSection"})
_STATES = {"taskItem": "TODO", "blockTaskItem": "TODO", "decisionItem": "DECIDED"}
_NEEDS_LOCAL_ID = frozenset(_STATES) | {"taskList", "decisionList"}


class BlockStack:
    """The blocks that are open, and the ways to place another one.

    Attributes:
        element: the number of the source's element at work, for losses.
        losses: what could not be carried over so far.
        unlisted_losses: how many more there were than are kept.
    """

    __slots__ = (
        "_block_marks",
        "_breakout",
        "_columns",
        "_deferred",
        "_document",
        "_dropped_marks",
        "_ids",
        "_indented",
        "_lost_shares",
        "_shares",
        "_stack",
        "element",
        "losses",
        "unlisted_losses",
        "unquoted",
    )

    def __init__(self) -> None:
        self.element: int = 0
        self.losses: list[UnplacedLoss] = []
        self.unlisted_losses: int = 0
        self.unquoted: list[int] = []  # Positions in `losses` of those that the source gives their text.
        self._document: Node = {"version": 1, "type": "doc", "content": []}
        self._stack = [Frame(self._document, None)]
        self._block_marks: tuple[Node, ...] = ()
        self._dropped_marks: tuple[Node, ...] = ()
        self._breakout: Node | None = None  # For the next block that can be wider than the text.
        self._deferred: list[Node] = []  # Blocks met where only text may stand.
        self._indented: dict[int, tuple[Node, float]] = {}  # Marks whose level is known in the end, and the pixels.
        self._shares: dict[Frame, tuple[float, float]] = {}  # Tables → the smallest and the largest.
        self._lost_shares: Frame | None = None
        self._columns: dict[Frame, list[float | None]] = {}  # Tables → the widths of their columns.
        self._ids = 0

    def end_line(self) -> None:
        """End the line of text that is being written; `Builder` knows how."""
        raise NotImplementedError

    def _place_deferred(self) -> None:
        """Place the blocks that had to wait; `Builder` knows where."""
        raise NotImplementedError

    def _settle(self) -> None:
        """Decide the type of the pending frames; `LateLists` knows how."""
        raise NotImplementedError

    def lose(self, kind: LossKind, excerpt: str, detail: str) -> None:
        """Note that something could not be carried over."""
        if len(self.losses) < MAX_LOSSES:
            self.losses.append(UnplacedLoss(kind, self.element, excerpt_of(excerpt), detail))
        else:
            self.unlisted_losses += 1

    def lose_form(self, kind: LossKind, name: str, detail: str) -> None:
        """Note that what the source's element holds could not be carried over as what it is.

        The loss quotes the text of that element, which is still to come: the source fills it in, by `quote`.

        Args:
            kind: as of `lose`.
            name: what it could not be; the loss has it where the element has no text.
            detail: as of `lose`.
        """
        if len(self.losses) < MAX_LOSSES:
            self.unquoted.append(len(self.losses))
        self.lose(kind, name, detail)

    def quote(self, position: int, text: str) -> None:
        """Let a loss of `unquoted` quote a text, if it is one."""
        if excerpt := excerpt_of(text):
            self.losses[position] = replace(self.losses[position], excerpt=excerpt)

    def has_lost(self, text: str, *, since: int) -> bool:
        """Whether a loss noted from the source's element of this number on quotes the text."""
        excerpt = excerpt_of(text).removesuffix("…")
        for loss in self.losses[: -_LOOKED_AT - 1 : -1]:
            if loss.element < since:
                return False
            if excerpt in loss.excerpt:
                return True
        return False

    def new_local_id(self, prefix: str) -> str:
        """An id unique in this document, the same for the same input."""
        self._ids += 1
        return f"{prefix}-{self._ids}"

    def has_block_mark(self, mark_type: str, **attrs: str) -> bool:
        """Whether paragraphs and headings that begin now are given a mark, with these attributes."""
        return any(mark["type"] == mark_type and attrs.items() <= mark["attrs"].items() for mark in self._block_marks)

    def block_attr(self, name: str) -> Any:
        """An attribute of the block that is open; None when it has none."""
        return self._stack[-1].node.get("attrs", {}).get(name)

    @property
    def is_pending(self) -> bool:
        """Whether the type of the block that is open is not settled."""
        return self._stack[-1].life is PENDING

    @property
    def list_around(self) -> str:
        """The type of the block around the one that is open."""
        return self._stack[-2].type if len(self._stack) > 1 else ""

    @property
    def items_before(self) -> int:
        """How many items stand before the one that is open."""
        return len(self._stack[-2].content) - 1 if len(self._stack) > 1 else 0

    def is_inner_list(self, *, of_item: bool) -> bool:
        """Whether the list that is open, or the one whose item is open, stands in an item of another."""
        position = -3 if of_item else -2
        return len(self._stack) >= -position and self._stack[position].type == "listItem"

    @property
    def parent_type(self) -> str:
        """The type of the block that is open now."""
        return self._stack[-1].type

    def column(self, width: float | None, count: int = 1, percent: float | None = None) -> None:
        """Say how wide the next columns of the table are that has just been begun.

        Args:
            width: in pixels; None when it is not known.
            count: how many columns.
            percent: their share of a width that is not known: columns of different shares are a loss.
        """
        frame = self._stack[-1]
        if frame.type == "table" and not frame.suspended:
            widths = self._columns.setdefault(frame, [])
            widths += [width] * min(count, _MOST_COLUMNS - len(widths))
            if percent is not None:
                self.share(percent)

    def share(self, percent: float) -> None:
        """Say what share a column has of the table that is open, whose width is not known; different ones are a loss.

        Args:
            percent: of the table's width.
        """
        frame: Frame | None = self._stack[-1]
        if frame is not None and frame.type == "tableRow":
            frame = frame.parent
        if frame is None or frame.type != "table" or self._lost_shares is frame:
            return
        least, most = self._shares.get(frame, (percent, percent))
        self._shares[frame] = least, most = min(least, percent), max(most, percent)
        if most - least > _SAME_SHARE:
            self._lost_shares = frame  # Once for a table.
            self.lose(LossKind.FORMATTING_DROPPED, f"{percent:g}%", "columns in percent of an unknown width")

    # --- opening and closing

    def _attrs_for(self, node_type: str, attrs: Mapping[str, Any] | None) -> Node | None:
        """The attributes such a node gets; None, and a loss, when ADF has no such node or it lacks what it needs."""
        if not attrs and node_type in BARE:
            return {}
        known = NODES.get(node_type)
        if known is None or node_type in UNKNOWN:
            self.lose_form(LossKind.NODE_REFUSED, node_type, f"ADF has no node {node_type}")
            return None
        if node_type in _NEEDS_LOCAL_ID:
            state = {"state": _STATES[node_type]} if node_type in _STATES else {}
            attrs = {"localId": self.new_local_id(node_type), **state, **(attrs or {})}
        sound = sound_attrs(attrs or {}, known.attrs)
        if sound is None:
            self.lose_form(LossKind.NODE_REFUSED, node_type, f"the attributes do not fit {node_type}")
        return sound

    def _push(self, node_type: str, attrs: Node, parent: Frame, kind: type[Frame] | None = None) -> Frame:
        node = _block(node_type, attrs)
        if self._breakout is not None and node_type in _WIDE:
            breakout, self._breakout = self._breakout, None
            if "breakout" in parent.children.get(node_type, ()):
                node["marks"] = [breakout]
        if self._block_marks and node_type == "heading":
            self._mark_block(node, parent)
        parent.content.append(node)
        frame = (kind or KINDS.get(node_type, Frame))(node, parent)
        self._stack.append(frame)
        return frame

    def _mark_block(self, node: Node, parent: Frame) -> None:
        allowed = parent.children.get(node["type"], ())
        marks = [mark for mark in self._block_marks if mark["type"] in allowed]
        if marks:
            node["marks"] = marks
        if len(marks) < len(self._block_marks) and self._block_marks is not self._dropped_marks:
            self._dropped_marks = self._block_marks  # Once, not for every paragraph they are inherited by.
            for mark in self._block_marks:
                if mark not in marks:
                    what = mark["type"]
                    self.lose_form(LossKind.FORMATTING_DROPPED, what, f"{what} is not possible in {parent.type}")

    def _close(self, frame: Frame) -> None:
        """End a block and all that is open in it."""
        if frame.life is CLOSED:
            return
        self.end_line()
        stack = self._stack
        last = None
        while last is not frame:
            last = stack.pop()
            if last.life is not SUSPENDED:
                self._complete(last)
            last.leave(CLOSED)
        if self._deferred:
            self._place_deferred()

    def _complete(self, frame: Frame) -> None:
        """See to it that a block has what its type must have; an empty one that nobody would see goes away."""
        content = frame.content
        if content:
            if frame.type == "table":
                normalise_rows(content)
                if self._columns and (widths := self._columns.pop(frame, None)):
                    give_widths(content, widths)
            elif frame.type == "layoutSection":
                self._complete_columns(frame)
            elif frame.type == "mediaSingle" and content[0]["type"] != "media":
                _remove(frame.node, frame.home)
                self.lose(LossKind.NODE_REFUSED, "mediaSingle", "it needs its media first")
        elif frame.type in _FILLED:
            content.append({"type": "paragraph", "content": []})
        elif frame.type not in _SEEN_EMPTY:
            _remove(frame.node, frame.home)

    def _complete_columns(self, frame: Frame) -> None:
        """Two or three columns stand side by side in ADF; a single one is unwrapped, more go below."""
        columns = frame.content
        if not 99 <= sum(column["attrs"]["width"] for column in columns) <= 101:
            for column in columns:
                column["attrs"]["width"] = round(100 / min(len(columns), 3), 2)
        if 2 <= len(columns) <= 3:
            return
        _remove(frame.node, frame.home)
        for first in range(0, len(columns), 3):
            group = columns[first : first + 3]
            if len(group) == 1:
                frame.home.extend(group[0]["content"])
            else:
                frame.home.append({"type": "layoutSection", "content": group})
        self.lose(LossKind.STRUCTURE_CHANGED, "layoutSection", "ADF has two or three columns side by side")

    # --- placing

    def _place(self, node_type: str) -> Frame | None:
        """The frame in which the node may stand, after opening what is missing in between; None when there is none."""
        top = self._stack[-1]
        if top.life is PENDING:
            self._settle()
            top = self._stack[-1]
        if top.implicit:
            top = self._leave_implicit(node_type)
        if top.suspended:
            return self._place_beside(node_type)
        return self._bridge(top, node_type)

    def _leave_implicit(self, node_type: str) -> Frame:
        """Close parents opened for stray content as soon as something comes that does without them."""
        stack = self._stack
        lowest = len(stack) - 1
        while stack[lowest].implicit and node_type not in stack[lowest].children:
            lowest -= 1
        if node_type in stack[lowest].children:
            while len(stack) - 1 > lowest:
                self._close(stack[-1])
        return stack[-1]

    def _bridge(self, parent: Frame, node_type: str) -> Frame | None:
        route = ROUTES.get((parent.type, node_type))
        if route is None:
            return None
        deep = len(self._stack) + len(route) >= MAX_DEPTH
        if deep and node_type in CONTAINERS and (route or node_type not in PARENT_OF):
            return None
        for wrapper in route:
            if wrapper == "listItem" and node_type in LISTS and parent.content:
                # A list put straight into a list belongs to the item before it.
                frame: Frame = ImplicitFrame(parent.content[-1], parent)
                self._stack.append(frame)
            else:
                frame = self._push(wrapper, self._attrs_for(wrapper, None) or {}, parent, ImplicitFrame)
            parent = frame
        return parent

    def _place_beside(self, node_type: str) -> Frame | None:
        """Go on after a block that was moved out.

        Containers go on, and so does a list for its next item. An item does not: its rest follows the block that was
        moved out, because a second bullet would be one that nobody wrote.
        """
        stack = self._stack
        top = base = len(stack) - 1
        while stack[base].suspended:
            base -= 1
        for position in range(top, base, -1):
            frame = stack[position]
            if frame.type in _ITEMS or not frame.takes(node_type):
                continue
            if position == top or frame.type not in LISTS:
                self._resume(frame)
                return self._bridge(frame, node_type)
        return self._bridge(stack[base], node_type)

    def _lift(self, node_type: str) -> Frame | None:
        """The nearest ancestor that takes the node; what is open in between is suspended. None when there is none."""
        stack = self._stack
        for position in range(len(stack) - 1, -1, -1):
            frame = stack[position]
            if not frame.suspended and frame.takes(node_type):
                for inner in reversed(stack[position + 1 :]):
                    self._suspend(inner)
                return self._bridge(frame, node_type)
            if frame.type in _FENCES and node_type not in TABLE_PARTS:
                return None
        return None

    def _suspend(self, frame: Frame) -> None:
        if not frame.suspended:
            self._complete(frame)
            frame.leave(SUSPENDED)

    def _resume(self, frame: Frame) -> None:
        """Begin a suspended block, and those around it, again; an ordered list goes on counting."""
        chain = []
        around: Frame | None = frame
        while around is not None and around.suspended:
            chain.append(around)
            around = around.parent
        for other in reversed(self._stack):
            if other is around:
                break
            self._suspend(other)  # It stands before what begins again now.
        for suspended in reversed(chain):
            self._begin_anew(suspended)

    def _begin_anew(self, frame: Frame) -> None:
        attrs: Node = dict(frame.node.get("attrs", {}))
        if frame.type == "orderedList":
            attrs["order"] = attrs.get("order", 1) + len(frame.content)
        elif "localId" in attrs:
            attrs["localId"] = self.new_local_id(frame.type)
        attrs.pop("title", None)  # It has been said once.
        node = _block(frame.type, attrs)
        frame.home.append(node)
        frame.go_on_as(node)


def _block(node_type: str, attrs: Node) -> Node:
    if attrs:
        return {"type": node_type, "attrs": attrs, "content": []}
    if node_type in EXPANDS:
        return {"type": node_type, "attrs": {}, "content": []}
    return {"type": node_type, "content": []}


def _remove(node: Node, home: list[Node]) -> None:
    """Take the node out; it is the last one unless something was moved out of it."""
    for position in range(len(home) - 1, -1, -1):
        if home[position] is node:
            del home[position]
            return
