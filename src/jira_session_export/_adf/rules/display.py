"""`display` in a style: elements that show as lines of their own although they are none, and the other way round."""

import re
from typing import Final

from jira_session_export._adf.builder import DONE
from jira_session_export._adf.element import Element
from jira_session_export._adf.list_markers import marker_of
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.memory import remembering
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import Outcome, Rule
from jira_session_export._adf.whitespace import UNSEEN

_INLINE: Final = frozenset({"span", "b", "i", "em", "strong", "a", "font", "u", "s", "label", "small", "big"})
_BLOCKS: Final = frozenset({"block", "flow-root", "list-item", "flex", "grid", "table"})
_END_MARK: Final = re.compile(r"(?<!\S)(?:eop|odfliend)(?!\S)")
_NOTE_FRAME: Final = re.compile(r"(?<!\S)(?:(?:foot|end)note_20_anchor|annotation_style_by_filter)(?!\S)")
_LABEL: Final = re.compile(r"float:\s*left")


def _block(element: Element, out: Output) -> Outcome:
    """`<span style="display:block">` begins and ends a line."""
    if _display(element.get("style").lower()) not in _BLOCKS:
        return None
    return out.begin_line()


def _inline(element: Element, out: Output) -> Outcome:
    """`<div style="display:inline">` stands in the line."""
    return DONE if _display(element.get("style").lower()) == "inline" else None


@remembering
def _display(written: str) -> str:
    return Element("", {"style": written}).style.get("display", "")


def _floated_marker(element: Element, out: Output) -> Outcome:
    """LibreOffice's XHTML writes the marker of an item as a block that floats at its side."""
    style = element.style
    if style.get("float") != "left" or "min-width" not in style or out.parent_type != "listItem":
        return None

    def settle(pieces: list[str]) -> None:
        text = "".join(pieces)
        marker = marker_of(text)
        if marker is not None and marker.number is not None:
            out.begin_list_at(marker.number)
        out.lose(LossKind.MARKER_REMOVED, text, "the list has markers of its own")

    return out.gather(settle)


def _note_frame(element: Element, out: Output) -> Outcome:
    """LibreOffice's XHTML: the words of the note stand in a title, and at the end of the page."""
    element.is_ornament()
    return None


def _end_mark(element: Element, out: Output) -> Outcome:
    """The space that Word for the web and LibreOffice write at the end of a paragraph."""

    def settle(pieces: list[str]) -> None:
        text = "".join(pieces)
        if text.strip(UNSEEN):
            out.text(text)

    return None if out.is_collecting else out.gather(settle)


MARKER_RULES = (
    Rule(
        "floated-marker",
        _floated_marker,
        frozenset({"span"}),
        frozenset({"style"}),
        mentions=_LABEL,
    ),
    Rule("note-frame", _note_frame, frozenset({"span"}), frozenset({"class"}), mentions=_NOTE_FRAME),
    Rule(
        "end-mark",
        _end_mark,
        frozenset({"span"}),
        frozenset({"class"}),
        mentions=_END_MARK,
    ),
)

DISPLAY_RULES = (
    Rule(
        "display-block",
        _block,
        _INLINE,
        frozenset({"style"}),
        passes_on=True,
        mentions=re.compile(r"display"),
    ),
)

INLINE_DISPLAY_RULES = (
    Rule("display-inline", _inline, frozenset({"div", "p"}), frozenset({"style"}), mentions=re.compile(r"display")),
)
