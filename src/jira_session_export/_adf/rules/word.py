"""What Word, Outlook and PowerPoint put on the clipboard: lists and headings that are only paragraphs.

A paragraph says by `mso-list` that it is an item, and on which level; `mso-list:Ignore` is its marker. Where a mail
program took that away, the class or a hanging indent remains, and the marker at the beginning of the text.
"""

import re
from typing import Final

from jira_session_export._adf.block_words import indent_pixels
from jira_session_export._adf.builder import DONE, Closing
from jira_session_export._adf.element import Element
from jira_session_export._adf.list_markers import Marker, has_outline_number, marker_of, take_marker
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import Outcome, Rule

_LEVEL: Final = re.compile(r"level([1-9])")
_DEEPEST: Final = 9
_LIST_CLASS: Final = re.compile(r"(?<!\S)(?:x_)*msolist[a-z]*\d?(?:cxsp[a-z]+)?(?!\S)")
_HANGING: Final = re.compile(r"-\s*\.?\d")
_HEADING_CLASS: Final = re.compile(
    r"(?<!\S)(?:x_)*mso(?:heading([1-9])|(title)|(subtitle|tocheading))(?:cxsp[a-z]+)?(?!\S)"
)
_QUOTE_CLASS: Final = re.compile(
    r"(?<!\S)(?:(?:x_)*mso(?:intense)?quote(?:cxsp[a-z]+)?|quote|quotations|intense_20_quote)(?!\S)"
)
_TITLE: Final = re.compile(
    r"\A(?:(?P<sub>Subt)|T)itle\Z|(?<!\S)c\d{1,4} (?:c\d{1,4} ){0,20}(?P<of_google>sub)?title(?!\S)"
)
_POINTS_OF_SLIDES: Final = 6  # To a pixel: PowerPoint counts 576 to the inch.
_SPECIAL_BULLET: Final = re.compile(r"bullet")


def _list_paragraph(element: Element, out: Output) -> Outcome:
    """`mso-list:l0 level2 lfo1`: an item of a list that has no `<ul>`, on that level."""
    listed = element.style.get("mso-list", "")
    found = _LEVEL.search(listed)
    if found is None or "ignore" in listed:
        return None
    closing = out.loose_item(min(int(found[1]), _DEEPEST))
    before, out.told_marker = out.told_marker, None

    def settle() -> None:
        out.end_line()
        if out.told_marker is None and (content := out.first_line_of_item()) is not None:
            marker = take_marker(content, strict=False)
            if marker is not None:
                _name(marker, out)
        out.told_marker = before

    return (closing, settle)


def _name(marker: Marker, out: Output) -> bool:
    """Let the item that is open belong to the list its marker tells; False when none is open."""
    start = 1 if marker.number is None else marker.number
    if not out.name_loose_list(ordered=marker.number is not None, start=start):
        return False
    _lose(marker, out)
    return True


def _lose(marker: Marker, out: Output) -> None:
    out.lose(LossKind.MARKER_REMOVED, marker.text, "the list has markers of its own")


def _marker(element: Element, out: Output) -> Outcome:
    """`mso-list:Ignore`, PowerPoint's `mso-special-format:bullet`: the bullet or the number, written as text."""
    style = element.style
    if "ignore" not in style.get("mso-list", "") and not _SPECIAL_BULLET.search(style.get("mso-special-format", "")):
        return None
    before, out.in_list_marker = out.in_list_marker, True

    def settle(text: str) -> bool:
        out.in_list_marker = before
        marker = marker_of(text)
        if marker is not None and _name(marker, out):
            out.told_marker = marker
        elif marker is not None and out.in_list_line:
            out.told_marker = marker
            return True
        elif text.strip("\xa0 "):
            if not out.in_list_line:
                out.told_marker = Marker(text, None)  # It stays, and no part of it is a marker.
            out.text(f"{text.replace(chr(0xA0), ' ').strip()} ")
        return False

    return out.capture(settle)


def _picture_bullet(element: Element, out: Output) -> Outcome:
    """A picture that is the marker of an item."""
    if not out.in_list_marker:
        return None
    out.text("\N{BULLET}")
    return DONE


def _list_line(element: Element, out: Output) -> Outcome:
    """A paragraph of Word's that is an item if it begins with a marker; another one goes on with the item before."""
    style = element.style
    classed = _LIST_CLASS.search(element.get("class").lower()) is not None
    hanging = _HANGING.match(style.get("text-indent", "")) is not None or "mso-margin-left-alt" in style
    if not classed and not hanging:
        return None
    if out.is_collecting or out.in_list_line:
        return None
    alternative = style.get("mso-margin-left-alt", "")
    margin = int(alternative[:9]) / _POINTS_OF_SLIDES if alternative.isdecimal() else indent_pixels(style)
    if out.parent_type == "listItem":
        return _line_in_item(out) if classed else None
    return _loose_line(margin, out, strict=not classed)


def _loose_line(margin: float, out: Output, *, strict: bool) -> Closing:
    out.end_line()
    count = out.block_count
    place = out.place_mark
    out.in_list_line, out.told_marker = True, None

    def settle() -> None:
        out.end_line()
        told, out.told_marker, out.in_list_line = out.told_marker, None, False
        if out.place_mark is not place or out.block_count == count:
            return
        content = out.line_at(count)
        marker = told or (take_marker(content, strict=strict) if content is not None else None)
        if marker is not None:
            if out.blocks_as_item(count, margin, ordered=marker.number is not None, start=marker.number or 1):
                _lose(marker, out)
            elif content is not None:
                content.insert(0, {"type": "text", "text": f"{marker.text} "})
        elif content is not None and has_outline_number(content):
            out.blocks_as_item(count, margin, ordered=False, start=1)
        elif not strict:
            out.blocks_in_last_item(count, margin)

    return settle


def _item(element: Element, out: Output) -> Outcome:
    """`<li class=MsoListParagraph>`: the marker is written once more in the text."""
    if _LIST_CLASS.search(element.get("class").lower()) is None or out.is_collecting:
        return None
    before, outer = out.in_list_line, out.told_marker
    out.in_list_line, out.told_marker = True, None

    def settle() -> None:
        told, out.told_marker, out.in_list_line = out.told_marker, outer, before
        content = out.first_line_of_last_item()
        marker = told or (take_marker(content, strict=False) if content is not None else None)
        if marker is not None:
            _lose(marker, out)

    return settle


def _line_in_item(out: Output) -> Closing:
    """A paragraph in an item: the marker of the item may stand in it once more."""
    out.end_line()

    def settle() -> None:
        out.end_line()
        content = out.first_line_of_item()
        marker = take_marker(content, strict=False) if content is not None else None
        if marker is not None:
            _lose(marker, out)

    return DONE if out.block_count else settle


def _border(element: Element, out: Output) -> Outcome:
    """A line that somebody drew with `---` and Enter: an empty block with a border below."""
    style = element.style
    border = style.get("border-bottom", "")
    if not _DRAWN.search(border) or out.is_collecting or out.parent_type in _NO_RULES:
        return None
    out.end_line()
    place, count = out.place_mark, out.block_count

    def draw() -> None:
        out.end_line()
        if out.place_mark is place and out.drop_blank_blocks(count):
            out.block("rule")

    return draw


def _heading_class(element: Element, out: Output) -> Outcome:
    found = _HEADING_CLASS.search(element.get("class").lower())
    if found is None:
        return None
    level = min(int(found[1]), 6) if found[1] else 1 if found[2] else 2
    return out.heading(level)


def _quote_class(element: Element, out: Output) -> Outcome:
    return out.open("blockquote") if _QUOTE_CLASS.search(element.get("class").lower()) else None


def _document_title(element: Element, out: Output) -> Outcome:
    """`class="Title"` of LibreOffice's XHTML, `class="c1 title"` of Google Docs' export."""
    found = _TITLE.search(element.get("class"))
    if found is None:
        return None
    return out.heading(2 if found["sub"] or found["of_google"] else 1)


def _left_line(element: Element, out: Output) -> Outcome:
    """Outlook's quotation: `border:none;border-left:solid blue 1.5pt;padding:0cm 0cm 0cm 4.0pt`."""
    style = element.style
    if style.get("border") != "none" or "solid" not in style.get("border-left", "") or "padding" not in style:
        return None
    return out.open("blockquote")


_DRAWN: Final = re.compile(r"solid|double|dashed|dotted|thick")
_NO_RULES: Final = frozenset({"listItem", "taskItem", "heading", "tableCell", "tableHeader"})
_MSO: Final = re.compile(r"mso-list|mso-special-format")
_PARAGRAPHS: Final = frozenset({"p", "div"})
"""A heading that is numbered stays a heading, and its number is a part of its name."""
_STYLE: Final = frozenset({"style"})

WORD_RULES = (
    Rule("word-list-item", _list_paragraph, _PARAGRAPHS, _STYLE, mentions=re.compile(r"mso-list")),
    Rule("word-list-marker", _marker, frozenset({"span"}), _STYLE, mentions=_MSO),
    Rule("word-picture-bullet", _picture_bullet, frozenset({"img", "v:imagedata", "v:shape"})),
    Rule(
        "word-list-line",
        _list_line,
        frozenset({"p", "div"}),
        frozenset({"class", "style"}),
        passes_on=True,
        mentions=re.compile(r"msolist|text-indent:\s*-|mso-margin-left-alt"),
    ),
    Rule(
        "word-marker-in-item",
        _item,
        frozenset({"li"}),
        frozenset({"class"}),
        passes_on=True,
        mentions=re.compile(r"msolist"),
    ),
    Rule(
        "drawn-rule",
        _border,
        frozenset({"p", "div"}),
        _STYLE,
        passes_on=True,
        mentions=re.compile(r"border-bottom"),
    ),
    Rule(
        "word-heading",
        _heading_class,
        frozenset({"p", "div"}),
        frozenset({"class"}),
        mentions=re.compile(r"mso[a-z]*(?:heading|title)"),
    ),
    Rule("word-quote", _quote_class, frozenset({"p", "div"}), frozenset({"class"}), mentions=_QUOTE_CLASS),
    Rule(
        "document-title",
        _document_title,
        frozenset({"p"}),
        frozenset({"class"}),
        mentions=re.compile(r"(?<!\S)(?:sub)?title(?!\S)"),
    ),
    Rule("outlook-quote", _left_line, frozenset({"div"}), _STYLE, mentions=re.compile(r"border-left")),
)
