"""Writes lines of text: white space, marks, breaks, and what stands in a line."""

from collections.abc import Callable, Mapping
from typing import Any

from jira_session_export._adf.fit import LINE_TYPES
from jira_session_export._adf.frames import DONE, LINE, PARAGRAPH, Closing, Frame, ImplicitFrame, Node
from jira_session_export._adf.loose_lines import LooseLines
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.marks import Marks
from jira_session_export._adf.schema import NODES
from jira_session_export._adf.symbol_tables import PRIVATE_USE, has_lost_symbols
from jira_session_export._adf.whitespace import CODE_BEGINS, COLLAPSIBLE, UNSEEN, collapse, one_line

_IN_PARAGRAPH = NODES["paragraph"].children
_PLACEHOLDERS = "\u200b\u2060\ufeff\ufffc"
_UNSEEN = _PLACEHOLDERS + COLLAPSIBLE
_LONGEST_PLACEHOLDER = 4
_ITEMS_OF_TEXT = frozenset({"taskItem", "decisionItem"})
_WITH_GAPS = frozenset(
    {"doc", "blockquote", "panel", "expand", "nestedExpand", "tableCell", "tableHeader", "layoutColumn"}
)


class Lines(LooseLines):
    """A stack of blocks to which text is written, line by line.

    Attributes:
        marks: what text is written with now; a source may put back what it had kept.
        keeps_empty_paragraphs: whether empty paragraphs stay where the source has them; asked when there may be one.
        no_break_spaces: 1 when text with such spaces has been written, 2 when it has plain ones, too.
        has_code_markers: text with a character by which Google Docs begins code has been written.
        has_check_boxes: text with a sign for a check box has been written.
    """

    __slots__ = (
        "_after_block",
        "_blank",
        "_broken",
        "_few_seen",
        "_gap",
        "_gaps",
        "_line",
        "_line_home",
        "_pieces",
        "_preserving",
        "_run",
        "_spaced",
        "_special",
        "_symbols",
        "_tail_marks",
        "_verbatim",
        "has_check_boxes",
        "has_code_markers",
        "keeps_empty_paragraphs",
        "marks",
        "no_break_spaces",
    )

    def __init__(self) -> None:
        super().__init__()
        self.marks: Marks = Marks()
        self._line: list[Node] | None = None  # Where text goes; None between lines.
        self._line_home: list[Node] = []
        # The marks of the text node at the end of the line while more text may go on with it, otherwise None,
        self._tail_marks: Marks | None = None
        self._run: list[str] = []  # and the text that goes on with it.
        # A space here would not be seen, and one before it must go when the line ends; true between lines.
        self._spaced = True
        self._verbatim: list[str] | None = None  # Collects plain text: code, a title, or what is not shown.
        self.keeps_empty_paragraphs: Callable[[], bool] = _never
        self._gap = 0  # How much had been written when the last paragraph began that was asked for.
        self._gaps: dict[int, Node] = {}  # Empty paragraphs that only stand between others; by identity.
        self._blank: list[Node] | None = None  # The last line with a character that keeps a place open.
        self._few_seen = False  # Characters that nobody sees have been written by themselves.
        self._after_block = False  # A block has just been placed: a break before a line is the end of its own line.
        self._broken = False  # A break was the last thing in plain text.
        self._preserving = False
        self._symbols: Mapping[int, str] | None = None
        self._special = False  # Text is collected as it is, keeps its white space, or stands in a symbol font.
        self.no_break_spaces: int = 0
        self.has_code_markers: bool = False
        self.has_check_boxes: bool = False
        self._pieces = 0  # Of text, and nodes, that are in the document for good; `_run` and `_verbatim` have more.

    @property
    def written(self) -> int:
        """How much has been written: it grows with each piece of text and each node that shows something."""
        return self._pieces + len(self._run) + (0 if self._verbatim is None else len(self._verbatim))

    def written_since(self, begun: int) -> str:
        """The end of what has been written; all of it since `written` was `begun` as far as it is one run of text."""
        count = self.written - begun
        if count <= 0:
            return ""
        if self._verbatim is not None:
            return "".join(self._verbatim[-count:])
        if count <= len(self._run):
            return "".join(self._run[-count:])
        last = [] if self._line is None else self._line[-count:]
        return "".join([*(node.get("text", "") for node in last), *self._run])

    def take_back(self, begun: int) -> None:
        """Unwrite the text written since `written` was `begun`, as far as it is one run of text."""
        count = self.written - begun
        if self._line is None or self._verbatim is not None:
            return
        if not 0 < count <= len(self._run) + (self._tail_marks is not None):
            return
        if count > len(self._run):
            self._line.pop()
            self._tail_marks = None
            self._pieces -= 1
        del self._run[-count:]
        before = self._run[-1] if self._run else self._line[-1].get("text", " ") if self._line else " "
        self._spaced = before.endswith(" ")

    def is_blank_since(self, begun: int) -> bool:
        """Whether nothing that can be seen has been written since `written` was `begun`."""
        count = self.written - begun
        if count <= 0:
            return True
        if self._verbatim is not None:
            held = self._verbatim
        else:
            line = self._line
            held = self._run if self._tail_marks is None or not line else [line[-1]["text"], *self._run]
        return count <= len(held) and not "".join(held[-count:]).strip(UNSEEN)

    def text(self, data: str) -> None:
        """Write text; white space collapses as in HTML."""
        symbols = self._symbols
        if not symbols:
            self.characters(data)
            return
        self._in_symbols(None)  # Its characters are those that are meant.
        self.characters(data)
        self._in_symbols(symbols)

    def characters(self, data: str) -> None:
        """Write text of the source: as `text`, but in a symbol font its characters are what they show there."""
        if self._special:
            self._special_text(data)
            return
        line = self._line
        # Plain searches cost a third of one by regular expression, and most text has nothing to collapse.
        if "\n" in data or "  " in data or "\t" in data or "\r" in data:
            if line is None and data.isspace() and data.isascii():
                return  # Between blocks, the commonest text of all.
            data = collapse(data)
        if not data.isascii():
            # No letter or sign of any language is unprintable, but all that has to be seen to, except U+FFFC.
            if not data.isprintable() or "\ufffc" in data:
                data = self._without_placeholders(data)
            elif "\u2610" <= data < "\u2613" or " \u2610" <= data < " \u2613":  # It begins with a check box.
                self.has_check_boxes = True
        if not data:
            return
        if self._spaced and data[0] == " ":
            data = data[1:]
            if not data:
                return
        if line is None:
            top = self._stack[-1]
            if "paragraph" in top.plainly and not self._block_marks:
                # As `_begin_line`, written out: most lines begin a paragraph where one may stand.
                line = self._line = []
                home = self._line_home = top.content
                home.append({"type": "paragraph", "content": line})
            else:
                line = self._begin_line()
        elif self.marks is self._tail_marks:
            self._run.append(data)
            self._spaced = data[-1] == " "
            return
        # As `_begin_text`, written out: most text begins a node.
        elif self._run:
            self._join(line)
        marks = self._tail_marks = self.marks
        json = marks.json
        line.append({"type": "text", "text": data} if json is None else {"type": "text", "text": data, "marks": json})
        self._pieces += 1
        self._spaced = data[-1] == " "

    def lines(self, data: str) -> None:
        """Write text of the source: as `characters`, but a line end in a line of text begins a new one."""
        if ("\n" not in data and "\r" not in data) or self._verbatim is not None or self._preserving:
            self.characters(data)
            return
        for number, text in enumerate(data.replace("\r\n", "\n").replace("\r", "\n").split("\n")):
            # Where a `<br>` has ended the line, the line end after it belongs to that.
            if number and self._line and (number > 1 or self._run or self._line[-1]["type"] != "hardBreak"):
                self.hard_break()
            self.characters(text)

    def _begin_text(self, data: str, line: list[Node]) -> None:
        if self._run:
            self._join(line)
        marks = self._tail_marks = self.marks
        json = marks.json
        line.append({"type": "text", "text": data} if json is None else {"type": "text", "text": data, "marks": json})
        self._pieces += 1

    def _special_text(self, data: str) -> None:
        if self._symbols:
            self.text(data.translate(self._symbols))
            return
        verbatim = self._verbatim
        if verbatim is None:
            self._preserve(data)
            return
        if len(data) < _LONGEST_PLACEHOLDER and not data.isascii():
            spaced = " " if self._line is None or self._spaced else ""
            if not data.strip(_PLACEHOLDERS + spaced):
                return
        if self._broken:
            # Exporters that write a break for each line feed keep the line feed, too.
            self._broken = False
            data = data.removeprefix("\n")
        verbatim.append(data)

    def _without_placeholders(self, data: str) -> str:
        """The text as it is to be written; nothing is left of characters by which an editor keeps a place open.

        Where such characters stand alone, an empty line stays.
        """
        if len(data) < _LONGEST_PLACEHOLDER:
            # White space beside it counts where none is written yet; elsewhere it keeps two words apart.
            spaced = " " if self._line is None or self._spaced else ""
            if not data.strip(_PLACEHOLDERS + spaced):
                if "\ufeff" not in data:
                    self._blank = self._begin_line() if self._line is None else self._line
                return ""
        self._note_characters(data)
        return data.translate(PRIVATE_USE) if has_lost_symbols(data) else data

    def _note_characters(self, data: str) -> None:
        """Note of text that is not ASCII what will have to be seen to when the line, or the document, ends."""
        if not data.strip(_UNSEEN):
            self._few_seen = True
        if "\xa0" in data and self.no_break_spaces < 2:
            self.no_break_spaces = 2 if " " in data.strip(" ") else 1
        if CODE_BEGINS in data:
            self.has_code_markers = True
        if "\u2610" in data or "\u2611" in data or "\u2612" in data:
            self.has_check_boxes = True

    def hard_break(self) -> None:
        """Begin a new line in the same block."""
        if self._verbatim is not None:
            self._verbatim.append("\n")
            self._broken = True
            return
        line = self._line
        if line is None:
            if self._after_block:
                self._after_block = False
                return
            line = self._begin_line()
        self._join(line)
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
            self.lose_form(LossKind.NODE_REFUSED, node_type, f"{node_type} is not possible in a line of {holder.type}")
            self.text(str(sound.get("text", "")))
            return
        self._join(line)
        line.append({"type": node_type, "attrs": sound} if sound else {"type": node_type})
        self._pieces += 1
        self._spaced = False

    def end_line(self) -> None:
        """Make what follows start on a new line: a new paragraph, or after a break where only text may stand."""
        line = self._line
        self._after_block = False
        if line is None:
            if self._verbatim and not self._verbatim[-1].endswith("\n"):
                self._verbatim.append("\n")
            return
        if self._run:
            self._join(line)
        self._tail_marks = self._line = None
        if self._few_seen:
            self._few_seen = False
            self._let_go_of_place(line)
        broken = self._spaced and _trim(line)
        self._spaced = True
        top = self._stack[-1]
        if top.content is line:
            if top.implicit:
                self._close(top)
        elif not line and not broken and self._blank is not line:
            self._line_home.pop()

    def paragraph(self) -> Closing:
        """Make what follows, until `end`, a paragraph; an empty one between others stays."""
        if self._line is not None or self._verbatim is not None:
            self.end_line()
            if self._verbatim is not None:
                return self.code_line() if self.keeps_empty_paragraphs() else LINE
        else:
            self._after_block = False
        self._gap = self._pieces
        return PARAGRAPH

    def _end_paragraph(self) -> None:
        """End a paragraph; where it shows nothing and others stand before it, an empty one may stay."""
        line = self._line
        self.end_line()
        if line is not None and line is self._blank:
            return
        top = self._stack[-1]
        content = top.content
        if self._pieces != self._gap or not content:
            return
        if top.type in _WITH_GAPS and not top.implicit and self._verbatim is None and self.keeps_empty_paragraphs():
            node: Node = {"type": "paragraph", "content": []}
            content.append(node)
            self._gaps[id(node)] = node

    def begin_line(self) -> Closing:
        """Make what follows, until `end`, stand on lines of its own."""
        if self._line is not None:
            self.end_line()
        elif self._verbatim is not None:
            return self.code_line()
        else:
            self._after_block = False
        return LINE

    def mark(self, mark_type: str, attrs: Mapping[str, Any] | None = None) -> Closing:
        """Write text with one mark more until `end`. `Marks` says which mark gives way when two exclude each other."""
        if self._verbatim is not None:
            if mark_type == "link" and attrs:
                self.lose(LossKind.FORMATTING_DROPPED, str(attrs.get("href")), "a link cannot stand in code or a title")
            return DONE
        before = self.marks
        combined = before.plus(mark_type, attrs)
        if combined is None:
            self.lose_form(
                LossKind.NODE_REFUSED, mark_type, f"text has no mark {mark_type}, or its attributes do not fit"
            )
            return DONE
        self.marks, lost = combined
        if lost is not None:
            detail = f"{lost} cannot be combined with the other marks of this text"
            self.lose_form(LossKind.FORMATTING_DROPPED, lost, detail)
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
        self._note_mode()

        def restore() -> None:
            self._preserving = before
            self._note_mode()

        return restore

    def symbol_font(self, symbols: Mapping[int, str]) -> Closing:
        """Take characters of the source for what they show in a symbol font, until `end`.

        Args:
            symbols: what its characters show; nothing for any other font.
        """
        before = self._symbols
        self._in_symbols(symbols)

        def restore() -> None:
            self._in_symbols(before)

        return restore

    def _in_symbols(self, symbols: Mapping[int, str] | None) -> None:
        self._symbols = symbols
        self._note_mode()

    def _note_mode(self) -> None:
        self._special = self._verbatim is not None or self._preserving or bool(self._symbols)

    def code_line(self) -> Closing:
        """Begin an element that is a line of the code block that is open, even when it is empty."""
        verbatim = self._verbatim
        if verbatim is None:
            return DONE
        self.end_line()
        begun = len(verbatim)

        def finish() -> None:
            self._broken = False
            if not "".join(verbatim[begun:]).endswith("\n"):
                verbatim.append("\n")

        return finish

    def gather(self, done: Callable[[list[str]], None]) -> Closing:
        """Collect the pieces of text written until `end`, also within what is being collected; `done` receives them."""
        collected: list[str] = []
        stop = self._collect(collected)

        def finish() -> None:
            stop()
            done(collected)
            self._place_deferred()

        return finish

    @property
    def is_collecting(self) -> bool:
        """Whether text is being collected as plain text: of code, a title, or something that is made of it."""
        return self._verbatim is not None

    def capture(self, done: Callable[[str], bool | None]) -> Closing:
        """Collect the text written until `end` instead of writing it; `done` receives it on one line.

        When `done` writes nothing, the text is quoted by a loss, unless it answers True: the document
        says it otherwise.
        """
        if self._verbatim is not None:
            return DONE
        collected: list[str] = []
        stop = self._collect(collected)

        def finish() -> None:
            stop()
            text = one_line("".join(collected))
            begun, losses = self.written, len(self.losses)
            if not done(text) and text and self.written == begun and len(self.losses) == losses:
                self.lose(LossKind.TEXT_REMOVED, text, "it was collected, and then nothing was written")
            self._place_deferred()

        return finish

    def mute(self) -> Callable[[], str]:
        """Drop the text written until the answer is called, which gives it on one line."""
        collected: list[str] = []
        stop = self._collect(collected)

        def finish() -> str:
            stop()
            return one_line("".join(collected))

        return finish

    def _complete(self, frame: Frame) -> None:
        if frame.type == "codeBlock":
            written = self._verbatim or ()
            self._pieces += len(written)
            text = "".join(written).removesuffix("\n")
            self._verbatim = None
            self._note_mode()
            if "\xa0" in text:
                text = text.replace("\xa0", " ")  # Editors indent code with them; no compiler takes them.
            if text.strip():
                frame.content.append({"type": "text", "text": text})
        super()._complete(frame)

    def _let_go_of_place(self, line: list[Node]) -> None:
        """Empty a line of which nobody sees anything but that its place is kept open."""
        text = "".join([node.get("text", "x") for node in line])
        if not text.strip(_UNSEEN):
            line.clear()
            self._blank = line

    def _line_is_empty(self) -> bool:
        return not self._line and self._verbatim is None

    def _line_ends_with_break(self) -> bool:
        line = self._line
        if not line or self._run:
            return False
        return bool(line[-1]["type"] == "hardBreak")

    def _begin_line(self) -> list[Node]:
        top = self._stack[-1]
        if (type(top) is not Frame and top.implicit) or "paragraph" not in top.children:
            if top.type in LINE_TYPES and not top.suspended:
                line = self._line = top.content
                if line:
                    line.append({"type": "hardBreak"})
                if self._block_marks and top.type in _ITEMS_OF_TEXT and top.parent is not None:
                    self._mark_block(top.node, top.parent)
                return line
            if top.type in {"taskList", "decisionList"} and not top.implicit and not top.suspended:
                item = "taskItem" if top.type == "taskList" else "decisionItem"
                self._push(item, self._attrs_for(item, None) or {}, top, ImplicitFrame)
                return self._begin_line()
            top = self._place("paragraph") or self._lift("paragraph") or self._stack[0]
        line = self._line = []
        home = self._line_home = top.content
        home.append({"type": "paragraph", "content": line})
        if self._block_marks:
            self._mark_block(home[-1], top)
        return line

    def _join(self, line: list[Node]) -> None:
        """Let the text node that has been begun at the end of the line be complete."""
        run = self._run
        if run:
            self._pieces += len(run)
            tail = line[-1]
            run.insert(0, tail["text"])
            tail["text"] = "".join(run)
            run.clear()
        self._tail_marks = None

    def _preserve(self, data: str) -> None:
        for number, text in enumerate(data.replace("\r\n", "\n").replace("\r", "\n").split("\n")):
            if number:
                self.hard_break()
            if not text:
                continue
            line = self._begin_line() if self._line is None else self._line
            if not text.isascii():
                self._note_characters(text)
            if not line and not text.strip(" "):
                self._blank = line  # Nothing of it is seen but that there is a line.
            if self.marks is self._tail_marks:
                self._run.append(text)
            else:
                self._begin_text(text, line)
            # Spaces at the end of a line are kept, but nobody sees them; in code they stand on a ground of their own.
            self._spaced = text[-1] == " " and "code" not in self.marks

    def _collect(self, collected: list[str]) -> Callable[[], None]:
        """Let text go into a list instead of the line, until the answer is called."""
        before, line = self._verbatim, self._line
        self._verbatim, self._line = collected, None
        self._note_mode()

        def stop() -> None:
            self._verbatim, self._line = before, line
            self._note_mode()

        return stop


def _never() -> bool:
    return False


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
