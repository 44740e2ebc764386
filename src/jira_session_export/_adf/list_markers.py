"""Markers of list items that stand in the text: bullets, numbers, letters and romans, as word processors write them."""

import re
from typing import Any, Final, NamedTuple

Node = dict[str, Any]


class Marker(NamedTuple):
    """What stands before an item.

    Attributes:
        text: as written, without the space around it.
        number: of the item; None for a bullet.
    """

    text: str
    number: int | None


_GAP: Final = " \t\xa0"
_LONGEST: Final = 120  # Of a marker with the space after it; Word fills it up with no-break spaces.
_CORE: Final = r"(?:\d{1,9}|[a-zA-Z]|[ivxlIVXL]{2,7}|[cC][ivxlIVXL]{1,6}|(?P<twin>[a-zA-Z])(?P=twin))"
_NUMBER: Final = rf"\(?{_CORE}[.)]"
_WHOLE: Final = re.compile(_NUMBER)
_ALONE: Final = re.compile(rf"[(\[]?{_CORE}[.)\]:\-\u2013]{{1,2}}|\d{{1,9}}")
_OUTLINE: Final = re.compile(rf"[{_GAP}]*\d{{1,4}}(?:\.\d{{1,4}}){{1,8}}\.?\)?[\t\xa0]")
# The letters are bullets of symbol fonts and of Courier New whose font was taken away.
_LETTER_BULLETS: Final = frozenset("o§¨Øq\u00fc\u00d8")
_IN_TEXT: Final = re.compile(
    rf"(?:<!(?:--)?\[if !supportLists\](?:--)?>)?[{_GAP}]*"
    rf"(?P<marker>[^\s\w<>&@#$(\"'„“«]|o|[nqvüØ](?=[ \t]?\xa0)|{_NUMBER})"
    rf"(?P<gap>[{_GAP}]*(?:<!(?:--)?\[endif\](?:--)?>)|[{_GAP}]+)[{_GAP}]*",
)
_ROMAN: Final = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}
_SINGLE_ROMANS: Final = frozenset("ivx")
"""Alone, these begin or go on with romans more often than they are the letters that they are, too."""


def marker_of(text: str) -> Marker | None:
    """The marker that a text is, when it stands alone: any single sign is a bullet."""
    text = text.replace("\xa0", " ").strip()
    if _ALONE.fullmatch(text):
        return Marker(text, _value(text))
    if len(text) == 1 and (not text.isalnum() or text in _LETTER_BULLETS):
        return Marker(text, None)
    return None


def take_marker(content: list[Node], *, strict: bool) -> Marker | None:
    """Take the marker off the beginning of a line, in place; None when the line begins with none.

    Args:
        content: the nodes of the line.
        strict: only one that is set apart by no-break spaces counts, as what is drawn by a word processor is.
    """
    found = _IN_TEXT.match(_beginning(content))
    if found is None:
        return None
    gap, text = found["gap"], found["marker"]
    if strict and "\xa0" not in gap and "\t" not in gap and ">" not in gap:
        return None
    _cut(content, found.end())
    return Marker(text, _value(text) if _WHOLE.fullmatch(text) else None)


def has_outline_number(content: list[Node]) -> bool:
    """Whether a line begins with a number such as 2.1.3, set apart: people refer to it, so it stays."""
    return _OUTLINE.match(_beginning(content)) is not None


def _beginning(content: list[Node]) -> str:
    text = ""
    for node in content:
        if node["type"] != "text" or len(text) > _LONGEST:
            break
        text += node["text"][:_LONGEST]
    return text


def _cut(content: list[Node], count: int) -> None:
    while count and content:
        text = content[0]["text"]
        if len(text) > count:
            content[0]["text"] = text[count:]
            return
        count -= len(text)
        content.pop(0)


def _value(marker: str) -> int:
    last = marker.strip("()[].:-\u2013").lower()
    if last.isdigit():
        return int(last)
    doubled = len(last) == 2 and last[0] == last[1] and last not in {"ii", "xx"}
    if doubled or (len(last) == 1 and last not in _SINGLE_ROMANS):
        return ord(last[0]) - ord("a") + 1 + 26 * (len(last) - 1)
    total, before = 0, 0
    for letter in reversed(last):
        value = _ROMAN[letter]
        total += value if value >= before else -value
        before = max(before, value)
    return max(total, 1)
