"""Paragraphs that turn out to be items of a list when their line has been read."""

from typing import Final

from jira_session_export._adf.flat_lists import FlatLists
from jira_session_export._adf.frames import Frame, Node
from jira_session_export._adf.whitespace import UNSEEN

_IN_ITEMS: Final = frozenset({"paragraph", "mediaSingle", "codeBlock", "bulletList", "orderedList"})
_SAME: Final = 4.0  # Pixels; word processors round.
_STEP: Final = 48.0  # Pixels: half an inch, by which Word moves each level.
_DEEPEST: Final = 9
_MOST_BLANK: Final = 3  # Paragraphs; looking at more, one within another, would take time that grows faster.


class LooseLines(FlatLists):
    """A stack of blocks whose last ones may be put into a list."""

    __slots__ = ("_margins",)

    def __init__(self) -> None:
        super().__init__()
        self._margins: list[float] = []  # Of the levels of the loose list, where margins say them.

    @property
    def place_mark(self) -> Frame:
        """The block that is open: the same object as long as it is."""
        return self._stack[-1]

    @property
    def block_count(self) -> int:
        """How many blocks stand in the block that is open."""
        return len(self._stack[-1].content)

    def drop_blank_blocks(self, position: int) -> bool:
        """Leave out the last blocks, from a position on, when they show nothing; False when they show something."""
        content = self._stack[-1].content
        if len(content) - position > _MOST_BLANK or not all(map(_is_blank, content[position:])):
            return False
        del content[position:]
        return True

    def line_at(self, position: int) -> list[Node] | None:
        """The content of the paragraph at a position of the block that is open, if an item may have all from there."""
        blocks = self._stack[-1].content[position:]
        if not blocks or blocks[0]["type"] != "paragraph" or any(block["type"] not in _IN_ITEMS for block in blocks):
            return None
        line: list[Node] | None = blocks[0].get("content")  # None of the place of a file.
        return line

    def first_line_of_item(self) -> list[Node] | None:
        """The content of the first paragraph of the item of a list that is open."""
        content = self._stack[-1].content
        if self._stack[-1].type != "listItem" or not content or content[0]["type"] != "paragraph":
            return None
        line: list[Node] | None = content[0].get("content")
        return line

    def first_line_of_last_item(self) -> list[Node] | None:
        """The content of the first paragraph of the last item of the list that is open."""
        top = self._stack[-1]
        if top.type not in {"bulletList", "orderedList"} or not top.content:
            return None
        item = top.content[-1]["content"]
        if not item or item[0]["type"] != "paragraph":
            return None
        line: list[Node] | None = item[0].get("content")
        return line

    def blocks_as_item(self, position: int, margin: float, *, ordered: bool, start: int) -> bool:
        """Make the last blocks, from a position on, an item of a list; False when no list may stand there.

        Args:
            position: of the first of them in the block that is open.
            margin: by how many pixels they are moved, which says how deep the item is.
            ordered: whether the list is numbered.
            start: the item's number.
        """
        top = self._stack[-1]
        if "bulletList" not in top.children or top.type == "listItem":
            return False
        blocks = top.content[position:]
        del top.content[position:]
        self.loose_item(self._level_by(margin))
        item = self._stack[-1]
        self.name_loose_list(ordered=ordered, start=start)
        item.content.extend(_not_indented(blocks))
        while self._stack[-1] is not top:
            self._close(self._stack[-1])
        return True

    def blocks_in_last_item(self, position: int, margin: float) -> None:
        """Let the last blocks, from a position on, go on with the item before them, when it stands just before."""
        content = self._stack[-1].content
        if not self._loose or position == 0 or content[position - 1] is not self._loose[0]:
            return
        blocks = content[position:]
        if any(block["type"] not in _IN_ITEMS for block in blocks):
            return
        level = max(round(margin / _STEP), 1) if margin else len(self._loose)
        home: list[Node] = self._loose[min(level, len(self._loose)) - 1]["content"][-1]["content"]
        del content[position:]
        home.extend(_not_indented(blocks))

    def _level_by(self, margin: float) -> int:
        content = self._stack[-1].content
        if not self._loose or not content or content[-1] is not self._loose[0]:
            self._margins = []
        while self._margins and self._margins[-1] >= margin - _SAME:
            self._margins.pop()
        self._margins.append(margin)
        return min(len(self._margins), _DEEPEST)


def _is_blank(block: Node) -> bool:
    return block["type"] == "paragraph" and not any(
        child.get("text", " ").strip(UNSEEN) or child["type"] not in {"text", "hardBreak"}
        for child in block.get("content", ())
    )


def _not_indented(blocks: list[Node]) -> list[Node]:
    """The blocks without the marks that paragraphs in items cannot have."""
    for block in blocks:
        if "marks" in block:
            marks = [mark for mark in block["marks"] if mark["type"] != "indentation"]
            if marks:
                block["marks"] = marks
            else:
                del block["marks"]
    return blocks
