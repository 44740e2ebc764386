"""Assembles an ADF document that the content model allows, whatever it is asked for.

The builder knows nothing of HTML or Markdown. A source opens blocks, writes text and switches marks, in reading order;
the builder asks the content model before each node. What may not stand where it is asked for is fitted in: a missing
parent is opened (`listItem` → `bulletList`), the nearest ancestor that allows the node takes it and what was open goes
on after it (a table in a panel), a near relative stands in (a heading in a list item becomes a bold paragraph), or the
block is unwrapped and its content stays. Text is never dropped, and each of these is noted as a loss.

Nothing here recurses, and every call costs amortised constant time: nesting is bounded by `MAX_DEPTH`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from jira_session_export.adf.fit import CONTAINERS, LINE_TYPES, sound_attrs, sound_leaf
from jira_session_export.adf.frames import CLOSED, DONE, LINE, Closing, FlatFrame, Frame, ImplicitFrame, Line, Node
from jira_session_export.adf.late_lists import LateLists
from jira_session_export.adf.losses import LossKind
from jira_session_export.adf.marks import Marks
from jira_session_export.adf.schema import INLINES, MARKS, NODES
from jira_session_export.adf.stack import BARE, CELLS, COMPLETED, EXPANDS, MAX_DEPTH
from jira_session_export.adf.whitespace import COLLAPSIBLE, collapse, one_line

__all__ = ["CELL_GAP", "DONE", "LINE", "MAX_DEPTH", "Builder", "Closing", "Frame", "Node"]

CELL_GAP: Final = "\N{EM SPACE}"
"""Stands between the cells of a table that had to be written as lines."""

_UNWRAPPED = frozenset({"blockquote", "panel", "layoutSection", "layoutColumn", "bodiedExtension", "bodiedSyncBlock"})
_STANDS_IN = {
    "expand": "nestedExpand",
    "nestedExpand": "expand",
    "decisionList": "bulletList",
    "decisionItem": "listItem",
    "taskList": "bulletList",
    "taskItem": "listItem",
}
_IN_PARAGRAPH = NODES["paragraph"].children


class Builder(LateLists):
    """Builds one document; see the module for how it fits in what it is asked for.

    Attributes:
        marks: what text is written with now; a source may put back what it had kept.
    """

    def __init__(self) -> None:
        super().__init__()
        self.marks = Marks()
        self._line: list[Node] | None = None  # Where text goes; None between lines.
        self._line_home: list[Node] = []
        self._run: list[str] = []  # Text of one node to be.
        self._run_marks = self.marks
        self._spaced = True  # A space here would not be seen, and one before it must go when the line ends.
        self._verbatim: list[str] | None = None  # Collects plain text: code, a title, or what is not shown.
        self._preserving = False

    # --- blocks

    def open(self, node_type: str, attrs: Mapping[str, Any] | None = None) -> Closing:
        """Begin a block; text and blocks written until `end` stand in it, as far as the content model allows.

        Args:
            node_type: any type that has content. Where it cannot stand it is fitted in, as the module describes.
            attrs: attributes the type does not know are left out; a missing `localId` is made up.

        Returns:
            What to hand to `end`.
        """
        if attrs is None and node_type in _ORDINARY and self._line is None and self._verbatim is None:
            # The way of nearly all blocks; what follows comes to the same for them.
            stack = self._stack
            parent = stack[-1]
            if node_type in parent.children and not parent.implicit and len(stack) < MAX_DEPTH:
                node: Node = {"type": node_type, "content": []}
                parent.content.append(node)
                frame = Frame(node, parent)
                stack.append(frame)
                return frame
        sound = self._attrs_for(node_type, attrs)
        if sound is None:
            return LINE
        if not NODES[node_type].children:
            self._add_leaf(node_type, sound)
            return LINE
        return self._open(node_type, sound)

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

    def _push(self, node_type: str, attrs: Node, parent: Frame, kind: type[Frame] = Frame) -> Frame:
        frame = super()._push(node_type, attrs, parent, kind)
        if node_type == "codeBlock":
            self._verbatim = []
        return frame

    def end(self, closing: Closing) -> None:
        """End what the call that gave `closing` has begun, and all that is still open in it."""
        if closing is LINE:
            if self._line is not None or self._verbatim:
                self.end_line()
        elif isinstance(closing, Frame):
            if self._line is not None:
                self.end_line()
            if closing is self._stack[-1] and closing.content and closing.type not in COMPLETED and not self._deferred:
                self._stack.pop()  # Nothing is left to see to.
                closing.children = CLOSED
            else:
                self._close(closing)
        elif isinstance(closing, Marks):
            self.marks = closing
        elif isinstance(closing, tuple):
            for part in reversed(closing):
                self.end(part)
        elif not isinstance(closing, Line):
            closing()

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

        return self.capture(entitle)

    def code_language(self, language: str) -> bool:
        """Name the language of the code block that is open, unless it has one; False when no code block is open."""
        node = self._stack[-1].node
        if node["type"] != "codeBlock":
            return False
        node.setdefault("attrs", {}).setdefault("language", language)
        return True

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

    # --- lines

    def text(self, data: str) -> None:
        """Write text; white space collapses as in HTML."""
        line = self._line
        # Plain searches cost a third of one by regular expression, and most text has nothing to collapse.
        if (
            "\n" in data or "  " in data or "\t" in data or "\r" in data or self._preserving
        ) and self._verbatim is None:
            if self._preserving:
                self._preserve(data)
                return
            if line is None and not data.strip(COLLAPSIBLE):
                return  # Between blocks, the commonest text of all.
            data = collapse(data)
        if line is None:
            if self._verbatim is not None:
                self._verbatim.append(data)
                return
            if data == " ":
                return
            line = self._begin_line()
        if self._spaced and data[:1] == " ":
            data = data[1:]
        if not data:
            return
        if self.marks is not self._run_marks:
            if self._run:
                self._flush(line)
            self._run_marks = self.marks
        self._run.append(data)
        self._spaced = data[-1] == " "

    def hard_break(self) -> None:
        """Begin a new line in the same block."""
        if self._verbatim is not None:
            self._verbatim.append("\n")
            return
        line = self._line
        if line is None:
            line = self._begin_line()
        if self._run:
            self._flush(line)
        if self._spaced:
            _trim_text(line)
        line.append({"type": "hardBreak"})
        self._spaced = True

    def inline(self, node_type: str, attrs: Mapping[str, Any] | None = None) -> None:
        """Add a node to the line: mention, emoji, status, date, card."""
        sound = self._attrs_for(node_type, attrs)
        if sound is None:
            return
        if self._verbatim is not None:
            self._verbatim.append(str(sound.get("text", "")))
            return
        line = self._line
        if line is None:
            line = self._begin_line()
        holder = self._stack[-1]
        if node_type not in (holder.children if holder.content is line else _IN_PARAGRAPH):
            self.lose(LossKind.NODE_REFUSED, node_type, f"{node_type} is not possible in a line of {holder.type}")
            self.text(str(sound.get("text", "")))
            return
        if self._run:
            self._flush(line)
        line.append({"type": node_type, "attrs": sound} if sound else {"type": node_type})
        self._spaced = False

    def end_line(self) -> None:
        """Make what follows start on a new line: a new paragraph, or after a break where only text may stand."""
        line = self._line
        if line is None:
            if self._verbatim and not self._verbatim[-1].endswith("\n"):
                self._verbatim.append("\n")
            return
        if self._run:
            self._flush(line)
        self._line = None
        broken = self._spaced and _trim(line)
        top = self._stack[-1]
        if top.content is line:
            if top.implicit:
                self._close(top)
        elif not line and not broken:
            self._line_home.pop()

    def mark(self, mark_type: str, attrs: Mapping[str, Any] | None = None) -> Closing:
        """Write text with one mark more until `end`. `Marks` says which mark gives way when two exclude each other."""
        if self._verbatim is not None:
            if mark_type == "link" and attrs:
                self.lose(LossKind.FORMATTING_DROPPED, str(attrs.get("href")), "a link cannot stand in code or a title")
            return DONE
        before = self.marks
        combined = before.plus(mark_type, attrs)
        if combined is None:
            self.lose(LossKind.NODE_REFUSED, mark_type, "text has no such mark, or its attributes do not fit")
            return DONE
        self.marks, lost = combined
        if lost is not None:
            self.lose(LossKind.FORMATTING_DROPPED, lost, f"{lost} cannot stand beside the other marks of this text")
        return before

    def unmark(self, mark_type: str) -> Closing:
        """Write text without a mark until `end`."""
        before = self.marks
        self.marks = before.minus(mark_type)
        return before

    def preserve_white_space(self, preserve: bool) -> Closing:
        """Keep white space as it is, or collapse it, until `end`; line feeds become breaks."""
        before = self._preserving
        if before == preserve:
            return DONE
        self._preserving = preserve

        def restore() -> None:
            self._preserving = before

        return restore

    def capture(self, done: Callable[[str], None]) -> Closing:
        """Collect the text written until `end` instead of writing it; `done` receives it on one line."""
        if self._verbatim is not None:
            return DONE
        collected: list[str] = []
        stop = self._collect(collected)

        def finish() -> None:
            stop()
            done(one_line("".join(collected)))
            self._place_deferred()

        return finish

    def mute(self) -> Callable[[], None]:
        """Drop the text written until the answer is called."""
        return self._collect([])

    def finish(self) -> Node:
        """End everything that is open; gives the document."""
        self.end_line()
        while len(self._stack) > 1:
            self._close(self._stack[-1])
        content = self._document["content"]
        if not content:
            content.append({"type": "paragraph", "content": []})
        return self._document

    # --- blocks, within

    def _complete(self, frame: Frame) -> None:
        if frame.type == "codeBlock":
            text = "".join(self._verbatim or ()).removesuffix("\n")
            self._verbatim = None
            if text.strip():
                frame.content.append({"type": "text", "text": text})
        super()._complete(frame)

    def _fit(self, node_type: str, attrs: Node) -> Closing:
        """What becomes of a block that cannot stand here."""
        top = self._stack[-1]
        if top.flat and top.type == "listItem" and node_type in CELLS:
            return self._flat_cell(node_type)
        if top.flat and top.type == "bulletList" and node_type == "tableRow":
            return self._flatten("listItem", top)
        if len(self._stack) >= MAX_DEPTH - 3 and node_type in CONTAINERS:
            self.lose(LossKind.NESTING_FLATTENED, node_type, f"nested deeper than {MAX_DEPTH} blocks: unwrapped")
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
            self.end((LINE, self.mark("strong"), self._written(attrs["title"])))
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
        self.lose(LossKind.STRUCTURE_CHANGED, node_type, detail)

    def _written(self, text: str) -> Closing:
        self.text(text)
        return DONE

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
        if self._verbatim is not None or self._stack[-1].type in LINE_TYPES:
            self._deferred.append(node)
            return
        self.end_line()
        holder = self.parent_type
        place = self._place(node_type)
        if place is None and (place := self._lift(node_type)) is not None:
            self._lose_structure(node_type, f"{node_type} was moved out of {holder}")
        if place is not None:
            place.content.append(node)
        elif node_type in {"blockCard", "embedCard"} and "url" in node["attrs"]:
            self.inline("inlineCard", {"url": node["attrs"]["url"]})
        else:
            self._lose_structure(node_type, f"{node_type} is not possible in {self.parent_type}: left out")

    def _place_deferred(self) -> None:
        if self._verbatim is not None:
            return
        deferred, self._deferred = self._deferred, []
        for node in deferred:
            self._add_block(node)

    # --- lines, within

    def _line_is_empty(self) -> bool:
        return not self._line and not self._run and self._verbatim is None

    def _begin_line(self) -> list[Node]:
        top = self._stack[-1]
        if top.implicit or "paragraph" not in top.children:
            if top.type in LINE_TYPES and not top.suspended:
                line = self._line = top.content
                if line:
                    line.append({"type": "hardBreak"})
                self._spaced = True
                return line
            if top.type in {"taskList", "decisionList"} and not top.implicit and not top.suspended:
                item = "taskItem" if top.type == "taskList" else "decisionItem"
                self._push(item, self._attrs_for(item, None) or {}, top, ImplicitFrame)
                return self._begin_line()
            top = self._place("paragraph") or self._lift("paragraph") or self._stack[0]
        line = self._line = []
        node: Node = {"type": "paragraph", "content": line}
        if self._block_marks:
            self._mark_block(node, top)
        self._line_home = top.content
        top.content.append(node)
        self._spaced = True
        return line

    def _flush(self, line: list[Node]) -> None:
        run = self._run
        text = run[0] if len(run) == 1 else "".join(run)
        marks = self._run_marks.json
        line.append({"type": "text", "text": text} if marks is None else {"type": "text", "text": text, "marks": marks})
        run.clear()

    def _preserve(self, data: str) -> None:
        for number, text in enumerate(data.replace("\r\n", "\n").replace("\r", "\n").split("\n")):
            if number:
                self.hard_break()
            if not text:
                continue
            line = self._begin_line() if self._line is None else self._line
            if self.marks is not self._run_marks:
                if self._run:
                    self._flush(line)
                self._run_marks = self.marks
            self._run.append(text)
            self._spaced = False

    def _collect(self, collected: list[str]) -> Callable[[], None]:
        """Let text go into a list instead of the line, until the answer is called."""
        before, line = self._verbatim, self._line
        self._verbatim, self._line = collected, None

        def stop() -> None:
            self._verbatim, self._line = before, line

        return stop


_ORDINARY = frozenset(name for name in BARE if NODES[name].children) - EXPANDS - {"codeBlock"}
"""Types that need no attributes, and nothing else, when they begin."""


def _trim_text(line: list[Node]) -> None:
    """Take the collapsible space off the end of the line."""
    while line and line[-1]["type"] == "text":
        text = line[-1]["text"].rstrip(" ")
        if text:
            line[-1]["text"] = text
            return
        line.pop()


def _trim(line: list[Node]) -> bool:
    """Take off what cannot be seen at the end of a block; says whether there was a break."""
    broken = False
    while True:
        _trim_text(line)
        if not line or line[-1]["type"] != "hardBreak":
            return broken
        line.pop()
        broken = True
