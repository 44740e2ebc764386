"""Assembles an ADF document that the content model allows, whatever it is asked for.

The builder knows nothing of HTML or Markdown. A source opens blocks, writes text and switches marks, in reading order;
the builder asks the content model before each node. What may not stand where it is asked for is fitted in: a missing
parent is opened (`listItem` → `bulletList`), the nearest ancestor that allows the node takes it and what was open goes
on after it (a table in a panel), a near relative stands in (a heading in a list item becomes a bold paragraph), or the
block is unwrapped and its content stays. Text is never dropped, and each of these is noted as a loss.

Nothing here recurses, and every call costs amortised constant time: nesting is bounded by `MAX_DEPTH`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from jira_session_export._adf.block_words import levels
from jira_session_export._adf.fit import BARE, CONTAINERS, LINE_TYPES, sound_attrs, sound_leaf
from jira_session_export._adf.frames import (
    CHILDREN,
    CLOSED,
    DONE,
    EXPANDS,
    LINE,
    OPEN,
    PARAGRAPH,
    PLAINLY,
    Closing,
    CodeFrame,
    FlatFrame,
    Frame,
    Node,
)
from jira_session_export._adf.lines import Lines
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.marks import Marks
from jira_session_export._adf.schema import INLINES, MARKS, NODES
from jira_session_export._adf.stack import CELLS, MAX_DEPTH

__all__ = ["CELL_GAP", "DONE", "LINE", "MAX_DEPTH", "PARAGRAPH", "Builder", "Closing", "CodeFrame", "Frame", "Node"]

CELL_GAP: Final = "\N{EM SPACE}"
"""Stands between the cells of a table that had to be written as lines."""

_new: Final = object.__new__
_MOST_LABEL: Final = 10  # Pieces of text.
_UNWRAPPED = frozenset({"blockquote", "panel", "layoutSection", "layoutColumn", "bodiedExtension", "bodiedSyncBlock"})
_STANDS_IN = {
    "expand": "nestedExpand",
    "nestedExpand": "expand",
    "decisionList": "bulletList",
    "decisionItem": "listItem",
    "taskList": "bulletList",
    "taskItem": "listItem",
}


class Builder(Lines):
    """Builds one document; see the module for how it fits in what it is asked for."""

    __slots__ = ()

    def open(self, node_type: str, attrs: Mapping[str, Any] | None = None) -> Closing:
        """Begin a block; text and blocks written until `end` stand in it, as far as the content model allows.

        Args:
            node_type: any type that has content. Where it cannot stand it is fitted in, as the module describes.
            attrs: attributes the type does not know are left out; a missing `localId` is made up.

        Returns:
            What to hand to `end`.
        """
        if attrs is None and node_type in BARE and (frame := self.open_plainly(node_type)):
            return frame
        sound = self._attrs_for(node_type, attrs)
        if sound is None:
            return LINE
        if not NODES[node_type].children:
            self._add_leaf(node_type, sound)
            return LINE
        return self._open(node_type, sound)

    def open_plainly(self, node_type: str, attrs: Node | None = None) -> Frame | None:
        """Begin a block as `open` does where there is nothing to fit in, as for nearly all blocks; None elsewhere.

        Args:
            node_type: its type.
            attrs: what the type needs, and nothing that it does not know.
        """
        stack = self._stack
        parent = stack[-1]
        if node_type not in parent.plainly or self._verbatim is not None or len(stack) >= MAX_DEPTH:
            return None
        if self._line is not None:
            self.end_line()
        content: list[Node] = []
        node: Node
        if attrs:
            node = {"type": node_type, "attrs": attrs, "content": content}
        else:
            node = {"type": node_type, "content": content}
        parent.content.append(node)
        # As `Frame(node, parent)`, written out: the call takes as long as all else here.
        frame: Frame = _new(Frame)
        frame.type = node_type
        frame.node = node
        frame.content = content
        frame.children = CHILDREN[node_type]
        frame.plainly = PLAINLY[node_type]
        frame.parent = parent
        frame.life = OPEN
        stack.append(frame)
        return frame

    def _open(self, node_type: str, attrs: Node) -> Closing:
        """`open` with attributes that are known to be sound."""
        if self._line is not None:
            if node_type in CELLS and self._stack[-1].flat:
                return self._flat_cell(node_type)
            self.end_line()
        elif self._verbatim is not None:
            self.end_line()
            return LINE
        parent = self._stack[-1]
        if node_type not in parent.children or parent.implicit or len(self._stack) >= MAX_DEPTH:
            place = self._place(node_type)
            if place is None:
                return self._fit(node_type, attrs)
            parent = place
        return self._push(node_type, attrs, parent)

    def _push(self, node_type: str, attrs: Node, parent: Frame, kind: type[Frame] | None = None) -> Frame:
        if node_type == "codeBlock":
            self._verbatim = []
            self._note_mode()
        return super()._push(node_type, attrs, parent, kind)

    def end(self, closing: Closing) -> None:
        """End what the call that gave `closing` has begun, and all that is still open in it."""
        if type(closing) is Frame:  # For each element: an `isinstance` that says no costs more.
            if self._line is not None:
                self.end_line()
            stack = self._stack
            if closing is stack[-1] and closing.content and not self._deferred:
                stack.pop()  # Nothing is left to see to.
                closing.life = CLOSED
            else:
                self._close(closing)
        elif type(closing) is Marks:
            self.marks = closing
        elif closing is PARAGRAPH:
            if self._line:
                self.end_line()
            else:
                self._end_paragraph()
        elif closing is LINE:
            if self._line is not None or self._verbatim:
                self.end_line()
        elif type(closing) is tuple:
            for part in reversed(closing):
                self.end(part)
        elif callable(closing):
            closing()
        elif isinstance(closing, Frame):
            self._close(closing)

    def block(
        self, node_type: str, attrs: Mapping[str, Any] | None = None, content: Sequence[Node] = ()
    ) -> Node | None:
        """Add a block that holds no text of the source: a rule, a card, an image.

        Args:
            node_type: its type.
            attrs: as for `open`.
            content: finished leaves the type may hold, such as the `media` of a `mediaSingle`; others are left out.

        Returns:
            The node, whose content may be added to; None, and a loss, when there can be no such node.
        """
        sound = self._attrs_for(node_type, attrs)
        if sound is None:
            return None
        node: Node = {"type": node_type}
        if sound:
            node["attrs"] = sound
        known = NODES[node_type]
        children = [leaf for child in content if (leaf := sound_leaf(child, known.children)) is not None]
        if len(children) < known.min_children or (known.order and [c["type"] for c in children] != [known.order[0]]):
            self.lose(LossKind.NODE_REFUSED, node_type, "it lacks the content it needs")
            return None
        if children:
            node["content"] = children
        self._add_block(node)
        return node

    def align(self, mark_type: str, attrs: Mapping[str, Any]) -> Closing:
        """Give `alignment`, `indentation` or `fontSize` to the paragraphs and headings begun until `end`."""
        known = MARKS[mark_type]
        sound = sound_attrs(attrs, (known.attrs,))
        if sound is None:
            return DONE
        before = self._block_marks
        others = (mark for mark in before if mark["type"] != mark_type and mark["type"] not in known.excludes)
        self._block_marks = (*others, {"type": mark_type, "attrs": sound})

        def restore() -> None:
            self._block_marks = before

        return restore

    def indent(self, pixels: float) -> Closing:
        """Indent the paragraphs and headings begun until `end`; by how many levels, `finish` says.

        Args:
            pixels: by how many more than what is around them.
        """
        before = self._block_marks
        around = sum(self._indented[id(mark)][1] for mark in before if id(mark) in self._indented)
        mark: Node = {"type": "indentation", "attrs": {"level": 1}}
        self._indented[id(mark)] = (mark, around + pixels)
        excluded = MARKS["indentation"].excludes
        others = (other for other in before if other["type"] != "indentation" and other["type"] not in excluded)
        self._block_marks = (*others, mark)

        def restore() -> None:
            self._block_marks = before

        return restore

    @property
    def is_aligned_to_end(self) -> bool:
        """Whether what is begun now stands at the end of the line."""
        return any(mark["attrs"].get("align") == "end" for mark in self._block_marks)

    def written_text(self, text: str) -> Closing:
        """Write text; nothing is left to end."""
        self.text(text)
        return DONE

    def breakout(self, attrs: Mapping[str, Any]) -> Closing:
        """Let the first code block, expand or layout begun until `end` be wider than the text, where it may."""
        before = self._breakout
        self._breakout = {"type": "breakout", "attrs": dict(attrs)}

        def restore() -> None:
            self._breakout = before

        return restore

    def caption(self, figure: Node) -> Closing:
        """Begin the caption of a `mediaSingle` that `block` gave; text until `end` stands in it."""
        self.end_line()
        caption: Node = {"type": "caption", "content": []}
        figure["content"].append(caption)
        frame = Frame(caption, Frame(figure, self._stack[-1]))
        self._stack.append(frame)
        return frame

    def title(self) -> Closing:
        """Begin the title of the `expand` just opened; text until `end` becomes its title, unformatted.

        Where there is no such expand, or it has content already, the title becomes a bold paragraph.
        """
        self.end_line()
        frame = self._stack[-1]
        if frame.type not in EXPANDS or frame.suspended or frame.content or frame.node["attrs"].get("title"):
            return (LINE, self.mark("strong"))
        attrs = frame.node["attrs"]

        def entitle(text: str) -> None:
            attrs["title"] = text
            self._pieces += 1

        return self.capture(entitle)

    def drop_code_label(self, language: str) -> None:
        """Leave out what has been written of the code block when it is only the name of its language, on a line."""
        verbatim = self._verbatim
        if verbatim and len(verbatim) < _MOST_LABEL and "".join(verbatim).strip().lower() == language.lower():
            verbatim[:] = [""] * len(verbatim)  # Others remember positions in it.

    def code_language(self, language: str) -> bool:
        """Name the language of the code block that is open, unless it has one; False when no code block is open."""
        node = self._stack[-1].node
        if node["type"] != "codeBlock":
            return False
        node.setdefault("attrs", {}).setdefault("language", language)
        return True

    def tell_code(self) -> None:
        """Say that the block of code that is open is code by more than its white space."""
        frame = self._stack[-1]
        if isinstance(frame, CodeFrame):
            frame.told = True

    def step_out(self, node_type: str) -> None:
        """Let what is written next stand before the block of this type that was just opened, or between its parts."""
        self.end_line()
        top = self._stack[-1]
        if top.type == node_type and not top.suspended:
            self._lift("paragraph")

    def last_block(self) -> Node | None:
        """The block before this place in the same parent; None at the beginning."""
        content = self._stack[-1].content
        return content[-1] if content else None

    def finish(self) -> Node:
        """End everything that is open; gives the document."""
        self.end_line()
        while len(self._stack) > 1:
            self._close(self._stack[-1])
        if self._indented:
            marks, moved = zip(*self._indented.values(), strict=True)
            for mark, level in zip(marks, levels(moved), strict=True):
                mark["attrs"]["level"] = level
        content = self._document["content"]
        while content and id(content[-1]) in self._gaps:
            content.pop()  # What editors write so that one can go on typing after a table.
        if not content:
            content.append({"type": "paragraph", "content": []})
        return self._document

    def _fit(self, node_type: str, attrs: Node) -> Closing:
        """What becomes of a block that cannot stand here."""
        top = self._stack[-1]
        if top.flat and top.type == "listItem" and node_type in CELLS:
            return self._flat_cell(node_type)
        if top.flat and top.type == "bulletList" and node_type == "tableRow":
            return self._flatten("listItem", top)
        if len(self._stack) >= MAX_DEPTH - 3 and node_type in CONTAINERS:
            self.lose_form(LossKind.NESTING_FLATTENED, node_type, f"nested deeper than {MAX_DEPTH} blocks: unwrapped")
            return LINE
        if node_type == "heading":
            self._lose_structure(node_type, f"a heading in {top.type} became bold text")
            return (LINE, self.mark("strong"))
        if node_type not in _UNWRAPPED:
            closing = self._stand_elsewhere(node_type, attrs, top.type)
            if closing is not None:
                return closing
        self._lose_structure(node_type, f"{node_type} is not possible in {top.type}: unwrapped")
        if attrs.get("title"):
            self.end((LINE, self.mark("strong"), self.written_text(attrs["title"])))
        return LINE

    def _stand_elsewhere(self, node_type: str, attrs: Node, holder: str) -> Closing | None:
        """The block further out, or as its near relative; None when neither is possible."""
        other = _STANDS_IN.get(node_type, node_type)
        if node_type in EXPANDS:
            place = self._place(other)
            return None if place is None else self._push(other, attrs, place)
        place = self._lift(node_type)
        if place is not None:
            if node_type != "taskList" or holder != "taskItem":  # ADF wants a nested task list beside its item.
                self._lose_structure(node_type, f"{node_type} was moved out of {holder}")
            return self._push(node_type, attrs, place)
        if other != node_type and (place := self._place(other)) is not None:
            self._lose_structure(node_type, f"{node_type} in {holder} became {other}")
            return self._push(other, {}, place)
        if node_type == "table" and (place := self._place("bulletList")) is not None:
            self._lose_structure(node_type, f"a table in {holder} became a list, one item per row")
            return self._flatten("bulletList", place)
        return None

    def _lose_structure(self, node_type: str, detail: str) -> None:
        self.lose_form(LossKind.STRUCTURE_CHANGED, node_type, detail)

    def _flatten(self, node_type: str, parent: Frame) -> Frame:
        return self._push(node_type, {}, parent, FlatFrame)

    def _flat_cell(self, node_type: str) -> Closing:
        if self._line is not None and not self._spaced:
            self.text(CELL_GAP)
        return self.mark("strong") if node_type == "tableHeader" else DONE

    def _add_leaf(self, node_type: str, attrs: Node) -> None:
        if node_type in INLINES:
            self.inline(node_type, attrs)
        else:
            self.block(node_type, attrs)

    def _add_block(self, node: Node) -> None:
        node_type = node["type"]
        self._pieces += 1
        if self._verbatim is not None or self._stack[-1].type in LINE_TYPES:
            self._deferred.append(node)
            return
        self.end_line()
        holder = self.parent_type
        place = self._place(node_type)
        if place is None and (place := self._lift(node_type)) is not None:
            self.lose(LossKind.STRUCTURE_CHANGED, _said_by(node), f"{node_type} was moved out of {holder}")
        self._after_block = True
        if place is not None:
            place.content.append(node)
        elif node_type in {"blockCard", "embedCard"} and "url" in node["attrs"]:
            self.inline("inlineCard", {"url": node["attrs"]["url"]})
        else:
            detail = f"{node_type} is not possible in {self.parent_type}: left out"
            self.lose(LossKind.STRUCTURE_CHANGED, _said_by(node), detail)

    def _place_deferred(self) -> None:
        if self._verbatim is not None:
            return
        deferred, self._deferred = self._deferred, []
        for node in deferred:
            self._add_block(node)


def _said_by(node: Node) -> str:
    """What a block without text of its own shows: an address, or words; its type when it has neither."""
    for part in (*node.get("content", ()), node):
        attrs = part.get("attrs", {})
        if said := next((str(attrs[name]) for name in ("url", "alt", "text", "id") if attrs.get(name)), ""):
            return said
    return str(node["type"])
