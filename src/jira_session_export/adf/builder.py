"""Assembles an ADF document that the content model allows, whatever it is asked for.

The builder knows nothing of HTML or Markdown. A source opens blocks, writes text and switches marks, in reading order; the
builder asks the content model before each node. What may not stand where it is asked for is fitted in: a missing parent is
opened (`listItem` → `bulletList`), the nearest ancestor that allows the node takes it and what was open goes on after it
(a table in a panel), a near relative stands in (a heading in a list item becomes a bold paragraph), or the block is
unwrapped and its content stays. Text is never dropped, and each of these is noted as a loss.

Nothing here recurses, and every call costs amortised constant time: nesting is bounded by `MAX_DEPTH`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from jira_session_export.adf.fit import CONTAINERS, LINE_TYPES, PARENT_OF, ROUTES, sound_attrs
from jira_session_export.adf.losses import MAX_LOSSES, LossKind, UnplacedLoss, excerpt_of
from jira_session_export.adf.marks import Marks
from jira_session_export.adf.schema import INLINES, MARKS, NODES
from jira_session_export.adf.tables import normalise_rows
from jira_session_export.adf.whitespace import COLLAPSIBLE, collapse, one_line

MAX_DEPTH: Final = 64
"""Blocks open at once. Twice as many JSON levels stay far below what parsers and serialisers take."""

CELL_GAP: Final = "\N{EM SPACE}"
"""Stands between the cells of a table that had to be written as lines."""

Node = dict[str, Any]


class Frame:
    """A block that is open. Suspended: something inside stands further out, and the block goes on after it."""

    __slots__ = ("before", "children", "content", "declared", "flat", "home", "implicit", "node", "open", "parent", "type")

    def __init__(self, node: Node, parent: "Frame | None", home: list[Node], *, implicit: bool = False) -> None:
        self.type: str = node["type"]
        self.declared = self.type
        self.before: Node | None = None
        self.node = node
        self.content: list[Node] = node["content"]
        self.children = NODES[self.type].children
        self.parent = parent
        self.home = home  # The content that the node stands in.
        self.implicit = implicit
        self.flat = False
        self.open = True


Closing = Frame | Marks | Callable[[], None] | tuple["Closing", ...]
"""What ends something that was begun: hand it to `Builder.end`. Several end in reverse order."""

DONE: Final = ()
"""Nothing to end."""

_SUSPENDED: Mapping[str, frozenset[str]] = {}
_NO_BLOCK_MARKS: tuple[Node, ...] = ()

_LISTS = frozenset({"bulletList", "orderedList", "taskList", "decisionList"})
_ITEMS = frozenset(PARENT_OF) | LINE_TYPES
_CELLS = frozenset({"tableCell", "tableHeader"})
_TABLE_PARTS = _CELLS | {"tableRow"}
_FENCES = _CELLS | {"layoutColumn"}  # What stands in them is not moved out: it would tear the table or the columns apart.
_FILLED = _CELLS | {"listItem", "expand", "nestedExpand", "layoutColumn", "blockTaskItem"}  # Seen even when empty.
_UNWRAPPED = frozenset({"blockquote", "panel", "layoutSection", "layoutColumn", "bodiedExtension", "bodiedSyncBlock"})
_STANDS_IN = {
    "expand": "nestedExpand",
    "nestedExpand": "expand",
    "decisionList": "bulletList",
    "decisionItem": "listItem",
    "taskList": "bulletList",
    "taskItem": "listItem",
}
_EXPANDS = frozenset({"expand", "nestedExpand"})  # Their title may come later, and a nestedExpand must have attrs.
_NEEDS_LOCAL_ID = frozenset({"taskList", "taskItem", "blockTaskItem", "decisionList", "decisionItem"})


class Builder:
    """Builds one document; see the module for how it fits in what it is asked for.

    Attributes:
        marks: what text is written with now; a source may put back what it had kept.
        element: the number of the source's element at work, for losses.
        losses: what could not be carried over so far.
    """

    def __init__(self) -> None:
        self.marks = Marks()
        self.element = 0
        self.losses: list[UnplacedLoss] = []
        self.unlisted_losses = 0
        self._document: Node = {"version": 1, "type": "doc", "content": []}
        self._stack = [Frame(self._document, None, [])]
        self._line: list[Node] | None = None  # Where text goes; None between lines.
        self._line_home: list[Node] = []
        self._run: list[str] = []  # Text of one node to be.
        self._run_marks = self.marks
        self._spaced = True  # A space here would not be seen.
        self._verbatim: list[str] | None = None  # Collects plain text: code, or a title.
        self._preserving = False
        self._block_marks = _NO_BLOCK_MARKS
        self._deferred: list[tuple[str, Node]] = []  # Blocks met in a line that may only hold text.
        self._ids = 0

    # --- blocks

    def open(self, node_type: str, attrs: Mapping[str, Any] | None = None) -> Closing:
        """Begin a block; text and blocks written until `end` stand in it, as far as the content model allows.

        Args:
            node_type: any type that has content. Where it cannot stand it is fitted in, as the module describes.
            attrs: attributes the type does not know are left out; a missing `localId` is made up.

        Returns:
            What to hand to `end`.
        """
        if self._verbatim is not None:
            return self._break_verbatim()
        if self._line is not None:
            if node_type in _CELLS and self._stack[-1].flat:
                return self._flat_cell(node_type)
            self.end_line()
        sound = self._attrs_for(node_type, attrs)
        if sound is None:
            return self.end_line
        parent = self._stack[-1]
        if node_type not in parent.children or parent.implicit or len(self._stack) >= MAX_DEPTH:
            place = self._place(node_type)
            if place is None:
                return self._fit(node_type, sound)
            parent = place
        return self._push(node_type, sound, parent)

    def end(self, closing: Closing) -> None:
        """End what the call that gave `closing` has begun, and all that is still open in it."""
        if isinstance(closing, Marks):
            self.marks = closing
        elif isinstance(closing, Frame):
            self._close(closing)
        elif isinstance(closing, tuple):
            for part in reversed(closing):
                self.end(part)
        else:
            closing()

    def block(self, node_type: str, attrs: Mapping[str, Any] | None = None, content: Sequence[Node] = ()) -> Node | None:
        """Add a block that holds no text of the source: a rule, a card, an image.

        Args:
            node_type: its type.
            attrs: as for `open`.
            content: finished nodes that the type may hold, such as the `media` of a `mediaSingle`.

        Returns:
            The node, to be added to; None when ADF does not know such a node.
        """
        sound = self._attrs_for(node_type, attrs)
        if sound is None:
            return None
        node: Node = {"type": node_type}
        if sound:
            node["attrs"] = sound
        if content:
            node["content"] = list(content)
        self._add_block(node)
        return node

    def align(self, mark_type: str, attrs: Mapping[str, Any]) -> Closing:
        """Give a block mark (`alignment`, `indentation`, `fontSize`) to the paragraphs and headings begun until `end`."""
        kept = tuple(
            mark
            for mark in self._block_marks
            if mark["type"] != mark_type and mark["type"] not in MARKS[mark_type].excludes
        )
        sound = sound_attrs(attrs, (MARKS[mark_type].attrs,))
        if sound is None:
            return DONE
        before = self._block_marks
        self._block_marks = (*kept, {"type": mark_type, "attrs": sound})
        if mark_type not in self._stack[-1].children.get("paragraph", ()):
            self.lose(LossKind.FORMATTING_DROPPED, mark_type, f"{mark_type} is not possible in {self.parent_type}")

        def restore() -> None:
            self._block_marks = before

        return restore

    def caption(self, figure: Node) -> Closing:
        """Begin the caption of a `mediaSingle` that `block` gave; text until `end` stands in it."""
        self.end_line()
        caption: Node = {"type": "caption", "content": []}
        figure["content"].append(caption)
        frame = Frame(caption, self._stack[-1], figure["content"])
        self._stack.append(frame)
        return frame

    def title(self) -> Closing:
        """Begin the title of the `expand` just opened; text until `end` becomes its title, unformatted.

        Where there is no such expand, or it has content already, the title becomes a bold paragraph.
        """
        self.end_line()
        frame = self._stack[-1]
        if frame.type not in _EXPANDS or frame.content or frame.node["attrs"].get("title"):
            return (self.end_line, self.mark("strong"))
        attrs = frame.node["attrs"]

        def entitle(text: str) -> None:
            attrs["title"] = text

        return self.capture(entitle)

    def make_task(self, state: str) -> bool:
        """Make the list item, or the line, that has just begun a task; True when it is one, now or before.

        Args:
            state: `TODO` or `DONE`.
        """
        frame = self._stack[-1]
        if frame.type == "taskItem" and frame.children is not _SUSPENDED:
            if state == "DONE":
                frame.node["attrs"]["state"] = state
            return True
        if self._verbatim is not None or self._line or frame.content or frame.children is _SUSPENDED:
            return False
        if frame.type != "listItem":
            return self._begin_task_line(state)
        self._line = None
        around = frame.parent
        outside = around and around.parent
        if around is None or around.type not in {"bulletList", "orderedList"} or outside is None or "taskList" not in outside.children:
            return False
        around.content.pop()
        self._turn(around, "taskList")
        self._stack.pop()
        task = self._push("taskItem", self._attrs_for("taskItem", {"state": state}) or {}, around)
        # Whoever opened the item holds its frame, and must find it where it was.
        frame.type, frame.node, frame.content, frame.children = task.type, task.node, task.content, task.children
        self._stack[-1] = frame
        return True

    def _begin_task_line(self, state: str) -> bool:
        place = self._place("taskItem")
        if place is None:
            return False
        self._push("taskItem", self._attrs_for("taskItem", {"state": state}) or {}, place, implicit=True)
        return True

    def _turn(self, around: Frame, list_type: str) -> None:
        """Go on with a list as one of another type; what it had so far stays a list of its own."""
        previous: Node | None = around.node
        if not around.content:
            _remove(around.node, around.home)
            previous = around.before
        if previous is not None and previous["type"] == list_type and around.home and around.home[-1] is previous:
            node = previous
        else:
            attrs = self._attrs_for(list_type, None) or {}
            node = {"type": list_type, "attrs": attrs, "content": []} if attrs else {"type": list_type, "content": []}
            around.home.append(node)
        around.before = previous
        around.type, around.node, around.content = list_type, node, node["content"]
        around.children = NODES[list_type].children

    def code_language(self, language: str) -> bool:
        """Name the language of the code block that is open, unless it has one; False when no code block is open."""
        frame = self._stack[-1]
        if frame.type != "codeBlock":
            return False
        frame.node.setdefault("attrs", {}).setdefault("language", language)
        return True

    @property
    def parent_type(self) -> str:
        """The type of the block that is open now."""
        return self._stack[-1].type

    @property
    def list_type(self) -> str:
        """The type of the list whose next item may begin here; some other type when there is no list."""
        frame = self._stack[-1]
        position = len(self._stack) - 1
        while frame.implicit and frame.type not in _LISTS:
            position -= 1
            frame = self._stack[position]
        if frame.type == "taskList" and frame.declared != "taskList" and frame.children is not _SUSPENDED:
            # Only an item with a checkbox was to become a task; `make_task` turns the list again if this one has one, too.
            self.end_line()
            while self._stack[-1] is not frame:
                self._close(self._stack[-1])
            self._turn(frame, frame.declared)
        return frame.type

    def step_out(self, node_type: str) -> None:
        """Let what is written next stand before, or between the parts of, the block of this type that was just opened."""
        self.end_line()
        if self._stack[-1].type == node_type and not self._stack[-1].flat:
            self._lift("paragraph")

    def last_block(self) -> Node | None:
        """The block before this place in the same parent; None at the beginning."""
        content = self._stack[-1].content
        return content[-1] if content else None

    # --- lines

    def text(self, data: str) -> None:
        """Write text; white space collapses as in HTML."""
        line = self._line
        if line is None:
            if self._verbatim is not None:
                self._verbatim.append(data)
                return
            if self._preserving:
                self._preserve(data)
                return
            data = collapse(data.lstrip(COLLAPSIBLE))
            if not data:
                return
            line = self._begin_line()
        else:
            if "\n" in data or "  " in data or "\t" in data or "\r" in data or "\f" in data:
                if self._preserving:
                    self._preserve(data)
                    return
                data = collapse(data)
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
        if node_type not in (holder.children if holder.content is line else NODES["paragraph"].children):
            self._refuse(node_type, f"{node_type} is not possible in {holder.type}")
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
            if self._verbatim:
                self._break_verbatim()
            return
        if self._run:
            self._flush(line)
        broken = _trim(line)
        self._line = None
        top = self._stack[-1]
        if top.content is line:
            if top.implicit:
                self._close(top)
        elif not line and not broken:
            self._line_home.pop()

    def mark(self, mark_type: str, attrs: Mapping[str, Any] | None = None) -> Closing:
        """Write text with one mark more until `end`. `Marks` says which mark gives way when two exclude each other."""
        before = self.marks
        sound = sound_attrs(attrs or {}, (MARKS[mark_type].attrs,)) if mark_type in _TEXT_MARKS else None
        if sound is None:
            self._refuse(mark_type, "ADF has no such mark for text, or its attributes do not fit")
            return DONE
        if self._verbatim is not None:
            if mark_type == "link":
                self.lose(LossKind.FORMATTING_DROPPED, sound["href"], "a link cannot stand in code or a title")
            return DONE
        self.marks, lost = before.plus(mark_type, sound)
        if lost is not None:
            self.lose(LossKind.FORMATTING_DROPPED, lost, f"{lost} cannot stand beside the other marks of this text")
        return before

    def unmark(self, mark_type: str) -> Closing:
        """Write text without a mark until `end`."""
        before = self.marks
        self.marks = before.minus(mark_type)
        return before

    def preserve_white_space(self, preserve: bool) -> Closing:  # noqa: FBT001 - the one thing this call says
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
        if self._run and self._line is not None:
            self._flush(self._line)
        collected = self._verbatim = []
        line, self._line = self._line, None

        def finish() -> None:
            self._verbatim = None
            self._line = line
            done(one_line("".join(collected)))
            self._place_deferred()

        return finish

    # --- losses and the result

    def lose(self, kind: LossKind, excerpt: str, detail: str) -> None:
        """Note that something could not be carried over."""
        if len(self.losses) < MAX_LOSSES:
            self.losses.append(UnplacedLoss(kind, self.element, excerpt_of(excerpt), detail))
        else:
            self.unlisted_losses += 1

    def new_local_id(self, prefix: str) -> str:
        """An id unique in this document, the same for the same input."""
        self._ids += 1
        return f"{prefix}-{self._ids}"

    def finish(self) -> Node:
        """End everything that is open; gives the document."""
        self.end_line()
        while len(self._stack) > 1:
            self._close(self._stack[-1])
        content = self._document["content"]
        if not content:
            content.append(_empty_paragraph())
        return self._document

    # --- opening and closing

    def _push(self, node_type: str, attrs: Node, parent: Frame, *, implicit: bool = False) -> Frame:
        if attrs or node_type in _EXPANDS:
            node: Node = {"type": node_type, "attrs": attrs, "content": []}
        else:
            node = {"type": node_type, "content": []}
        if self._block_marks and node_type == "heading":
            self._mark_block(node, parent)
        parent.content.append(node)
        frame = Frame(node, parent, parent.content, implicit=implicit)
        self._stack.append(frame)
        if node_type == "codeBlock":
            self._verbatim = []
        return frame

    def _close(self, frame: Frame) -> None:
        if not frame.open:
            return
        if self._line is not None:
            self.end_line()
        stack = self._stack
        while True:
            last = stack.pop()
            last.open = False
            if last.children is not _SUSPENDED:
                self._complete(last)
            if last is frame:
                break
        if self._deferred and self._verbatim is None:
            self._place_deferred()

    def _complete(self, frame: Frame) -> None:
        """See to it that a block that ends has what its type must have; an empty one that nobody would see goes away."""
        completion = _COMPLETIONS.get(frame.type)
        if completion is not None:
            completion(self, frame)
        if frame.content:
            return
        if frame.type in _FILLED:
            frame.content.append(_empty_paragraph())
        elif frame.type not in {"taskItem", "decisionItem"}:
            _remove(frame.node, frame.home)

    def _complete_code(self, frame: Frame) -> None:
        text = "".join(self._verbatim or ()).removesuffix("\n")
        self._verbatim = None
        if text.strip():
            frame.content.append({"type": "text", "text": text})

    def _complete_table(self, frame: Frame) -> None:
        clamped = normalise_rows(frame.content)
        if clamped:
            self.lose(LossKind.VALUE_CLAMPED, clamped, "spans were cut to what the table has")

    def _complete_columns(self, frame: Frame) -> None:
        """Two or three columns stand side by side in ADF; a single one is unwrapped, more go below."""
        columns = frame.content
        if columns and not 99 <= sum(column["attrs"]["width"] for column in columns) <= 101:
            for column in columns:
                column["attrs"]["width"] = round(100 / min(len(columns), 3), 2)
        if len(columns) == 1:
            _remove(frame.node, frame.home)
            frame.home.extend(columns[0]["content"])
            self.lose(LossKind.STRUCTURE_CHANGED, "", "a single column was unwrapped")
        for first in range(3, len(columns), 3):
            more = columns[first : first + 3]
            if len(more) == 1:
                frame.home.extend(more[0]["content"])
            else:
                frame.home.append({"type": "layoutSection", "content": more})
        if len(columns) > 3:
            del columns[3:]
            self.lose(LossKind.STRUCTURE_CHANGED, "", "ADF has at most three columns side by side; the others follow below")

    def _complete_figure(self, frame: Frame) -> None:
        if frame.content and frame.content[0]["type"] != "media":
            frame.content.clear()
            self._refuse(frame.type, "a mediaSingle needs its media first")

    # --- fitting in

    def _place(self, node_type: str) -> Frame | None:
        """The frame in which the node may stand directly, after opening what is missing in between; None when there is none."""
        top = self._stack[-1]
        if top.implicit:
            top = self._leave_implicit(node_type)
        if top.children is _SUSPENDED:
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
            if wrapper == "listItem" and node_type in _LISTS and parent.content:
                # A list put straight into a list belongs to the item before it.
                frame = Frame(parent.content[-1], parent, parent.content, implicit=True)
                self._stack.append(frame)
            else:
                frame = self._push(wrapper, self._attrs_for(wrapper, None) or {}, parent, implicit=True)
            parent = frame
        return parent

    def _place_beside(self, node_type: str) -> Frame | None:
        """Go on after a block that was moved out.

        Containers go on, and so does a list for its next item. An item does not: its rest follows the block that was moved
        out, because a second bullet would be one that nobody wrote.
        """
        stack = self._stack
        top = base = len(stack) - 1
        while stack[base].children is _SUSPENDED:
            base -= 1
        for position in range(top, base, -1):
            frame = stack[position]
            if frame.type in _ITEMS or not _takes(frame, node_type):
                continue
            if position == top or frame.type not in _LISTS:
                self._resume(frame)
                return self._bridge(frame, node_type)
        return self._bridge(stack[base], node_type)

    def _fit(self, node_type: str, attrs: Node) -> Closing:
        """What becomes of a block that cannot stand here."""
        top = self._stack[-1]
        if node_type in _TABLE_PARTS and top.flat:
            return self._flat_cell(node_type) if node_type in _CELLS else self._flat_row(top)
        if len(self._stack) >= MAX_DEPTH - 3 and node_type in CONTAINERS:
            self.lose(LossKind.NESTING_FLATTENED, node_type, f"nested deeper than {MAX_DEPTH} blocks: unwrapped")
            return self.end_line
        holder = top.type
        if node_type == "heading":
            self.lose(LossKind.STRUCTURE_CHANGED, node_type, f"a heading in {holder} became bold text")
            return (self.end_line, self.mark("strong"))
        if node_type not in _UNWRAPPED:
            other = _STANDS_IN.get(node_type, node_type)
            if node_type == "taskList" and holder == "taskItem" and (place := self._lift(node_type)) is not None:
                return self._push(node_type, attrs, place)  # ADF wants a nested task list beside the item, not in it.
            if node_type in _EXPANDS and (place := self._place(other)) is not None:
                return self._push(other, attrs, place)
            if node_type not in _EXPANDS and (place := self._lift(node_type)) is not None:
                self.lose(LossKind.STRUCTURE_CHANGED, node_type, f"{node_type} was moved out of {holder}")
                return self._push(node_type, attrs, place)
            if other != node_type and (place := self._place(other)) is not None:
                self.lose(LossKind.STRUCTURE_CHANGED, node_type, f"{node_type} in {holder} became {other}")
                return self._push(other, {}, place)
            if node_type == "table" and (place := self._place("bulletList")) is not None:
                self.lose(LossKind.STRUCTURE_CHANGED, node_type, f"a table in {holder} became a list, one item per row")
                frame = self._push("bulletList", {}, place)
                frame.flat = True
                return frame
        self.lose(LossKind.STRUCTURE_CHANGED, node_type, f"{node_type} is not possible in {holder}: unwrapped")
        if attrs.get("title"):
            self._title_line(attrs["title"])
        return self.end_line

    def _title_line(self, title: str) -> None:
        strong = self.mark("strong")
        self.text(title)
        self.end(strong)
        self.end_line()

    def _flat_row(self, table: Frame) -> Frame:
        frame = self._push("listItem", {}, table)
        frame.flat = True
        return frame

    def _flat_cell(self, node_type: str) -> Closing:
        if self._line is not None and not self._spaced:
            self.text(CELL_GAP)
        return self.mark("strong") if node_type == "tableHeader" else DONE

    def _lift(self, node_type: str) -> Frame | None:
        """The nearest ancestor that takes the node; what is open in between is suspended."""
        stack = self._stack
        for position in range(len(stack) - 1, -1, -1):
            frame = stack[position]
            if frame.children is not _SUSPENDED and _takes(frame, node_type):
                for inner in reversed(stack[position + 1 :]):
                    self._suspend(inner)
                return self._bridge(frame, node_type)
            if frame.type in _FENCES and node_type not in _TABLE_PARTS:
                return None
        return None

    def _suspend(self, frame: Frame) -> None:
        if frame.children is not _SUSPENDED:
            self._complete(frame)
            frame.children = _SUSPENDED

    def _resume(self, frame: Frame) -> None:
        """Begin a suspended block, and those around it, anew after what was moved out; an ordered list goes on counting."""
        chain = []
        around: Frame | None = frame
        while around is not None and around.children is _SUSPENDED:
            chain.append(around)
            around = around.parent
        for other in reversed(self._stack):
            if other is around:
                break
            self._suspend(other)  # It stands before what begins anew now.
        for suspended in reversed(chain):
            self._begin_anew(suspended)

    def _begin_anew(self, frame: Frame) -> None:
        attrs: Node = dict(frame.node.get("attrs", {}))
        if frame.type == "orderedList":
            attrs["order"] = attrs.get("order", 1) + len(frame.content)
        elif "localId" in attrs:
            attrs["localId"] = self.new_local_id(frame.type)
        attrs.pop("title", None)  # It has been said once.
        node: Node = {"type": frame.type, "content": []}
        if attrs or frame.type in _EXPANDS:
            node["attrs"] = attrs
        home = frame.parent.content if frame.parent is not None else []
        home.append(node)
        frame.node, frame.content, frame.home = node, node["content"], home
        frame.children = NODES[frame.type].children

    def _add_block(self, node: Node) -> None:
        node_type = node["type"]
        if self._verbatim is not None or self._stack[-1].type in LINE_TYPES:
            self._deferred.append((node_type, node))
            return
        self.end_line()
        place = self._place(node_type) or self._lift(node_type)
        if place is not None:
            place.content.append(node)
        elif node_type in {"blockCard", "embedCard"}:
            self.inline("inlineCard", {"url": node["attrs"]["url"]})
        else:
            self.lose(LossKind.STRUCTURE_CHANGED, node_type, f"{node_type} is not possible in {self.parent_type}: left out")

    def _place_deferred(self) -> None:
        deferred, self._deferred = self._deferred, []
        for _, node in deferred:
            self._add_block(node)

    # --- lines

    def _begin_line(self) -> list[Node]:
        top = self._stack[-1]
        if top.type in LINE_TYPES and top.children is not _SUSPENDED:
            line = self._line = top.content
            if line:
                line.append({"type": "hardBreak"})
            self._spaced = True
            return line
        if "paragraph" not in top.children or top.implicit:
            if top.type in {"taskList", "decisionList"} and not top.implicit and top.children is not _SUSPENDED:
                item = "taskItem" if top.type == "taskList" else "decisionItem"
                self._push(item, self._attrs_for(item, None) or {}, top, implicit=True)
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

    def _mark_block(self, node: Node, parent: Frame) -> None:
        allowed = parent.children.get(node["type"], ())
        marks = [mark for mark in self._block_marks if mark["type"] in allowed]
        if marks:
            node["marks"] = marks

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

    def _break_verbatim(self) -> Closing:
        """A block inside plain text: only its line survives."""
        if self._verbatim and not self._verbatim[-1].endswith("\n"):
            self._verbatim.append("\n")
        return self.end_line

    # --- what ADF does not know

    def _attrs_for(self, node_type: str, attrs: Mapping[str, Any] | None) -> Node | None:
        known = NODES.get(node_type)
        if known is None or node_type in {"doc", "text"}:
            self._refuse(node_type, "ADF has no such node")
            return None
        if node_type in _NEEDS_LOCAL_ID:
            state = {"taskItem": "TODO", "blockTaskItem": "TODO", "decisionItem": "DECIDED"}.get(node_type)
            attrs = {"localId": self.new_local_id(node_type), **({"state": state} if state else {}), **(attrs or {})}
        if not attrs and not any(attr.required for attr in known.attrs[0].values()):
            return {}
        sound = sound_attrs(attrs or {}, known.attrs)
        if sound is None:
            self._refuse(node_type, "its attributes do not fit")
        return sound

    def _refuse(self, what: str, why: str) -> None:
        self.lose(LossKind.NODE_REFUSED, what, why)


_TEXT_MARKS = NODES["paragraph"].children["text"]
_COMPLETIONS: Mapping[str, Callable[[Builder, Frame], None]] = {
    "codeBlock": Builder._complete_code,  # noqa: SLF001 - the builder's own
    "table": Builder._complete_table,  # noqa: SLF001
    "layoutSection": Builder._complete_columns,  # noqa: SLF001
    "mediaSingle": Builder._complete_figure,  # noqa: SLF001
}


def _empty_paragraph() -> Node:
    return {"type": "paragraph", "content": []}


def _takes(frame: Frame, node_type: str) -> bool:
    """Whether the node may stand in the frame without a cell or an item being made up for it."""
    route = ROUTES.get((frame.type, node_type))
    return route is not None and (not route or route[0] == PARENT_OF.get(node_type))


def _remove(node: Node, home: list[Node]) -> None:
    """Take the node out; it is the last one but when something was moved out of it."""
    for position in range(len(home) - 1, -1, -1):
        if home[position] is node:
            del home[position]
            return


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
