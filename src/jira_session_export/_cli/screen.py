"""How wide text is in a terminal, and how it is cut to fit."""

import unicodedata
from collections.abc import Iterator

_ZERO_WIDTH_JOINER = "\u200d"
_EMOJI_STYLE = "\ufe0f"


def columns(text: str) -> int:
    """How many columns of a terminal the text takes at most.

    Terminals differ on joined emoji and flags: some draw the parts one after the other. What they take then counts, so
    that a line that fits by this count never wraps.
    """
    return sum(_columns(cluster) for cluster in clusters(text))


def cut_middle(text: str, width: int, *, ellipsis: str = "…") -> str:
    """The text in at most `width` columns; what is too much is taken out of its middle, never half a character."""
    if columns(text) <= width:
        return text
    room = width - columns(ellipsis)
    if room <= 0:
        return ellipsis if room == 0 else ""
    parts = list(clusters(text))
    head: list[str] = []
    left = room - room // 2
    for part in parts:
        if (taken := _columns(part)) > left:
            break
        left -= taken
        head.append(part)
    tail: list[str] = []
    left += room // 2
    for part in reversed(parts[len(head) :]):
        if (taken := _columns(part)) > left:
            break
        left -= taken
        tail.append(part)
    return "".join((*head, ellipsis, *reversed(tail)))


def clusters(text: str) -> Iterator[str]:
    """What is drawn as one: a character with its accents, a joined emoji, a flag."""
    start = 0
    flag_open = False
    for place, character in enumerate(text):
        if place == start:
            flag_open = _is_regional(character)
            continue
        before = text[place - 1]
        if flag_open and _is_regional(character) and _is_regional(before):
            flag_open = False
            continue
        if before == _ZERO_WIDTH_JOINER or _adds_to_the_one_before(character):
            continue
        yield text[start:place]
        start = place
        flag_open = _is_regional(character)
    if text:
        yield text[start:]


def _columns(cluster: str) -> int:
    wide = sum(_width(character) for character in cluster)
    # The emoji style makes two columns of a sign that has one in text style.
    return max(wide, 2) if _EMOJI_STYLE in cluster else wide


def _width(character: str) -> int:
    if _is_invisible(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" or _is_regional(character) else 1


def _adds_to_the_one_before(character: str) -> bool:
    return _is_invisible(character) or "\U0001f3fb" <= character <= "\U0001f3ff"  # a skin tone


def _is_invisible(character: str) -> bool:
    return unicodedata.category(character) in {"Mn", "Me", "Cf"}


def _is_regional(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
