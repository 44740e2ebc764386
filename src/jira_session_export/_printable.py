"""Foreign strings in our output: none may forge a line, a column or a cell, or speak to the terminal."""

import re

_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f"  # C0 with tab and line breaks, DEL, C1 with NEL and the one-byte CSI
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks and overrides of direction
    "\u2028\u2029"  # line and paragraph separator
    "\ud800-\udfff"  # lone surrogates: they cannot be written at all
    "\ufff9-\ufffb\U000e0001\U000e0020-\U000e007f]"  # interlinear annotations and tags: text that nobody sees
)
_SPACING = frozenset("\t\n\r\v\f\x85\u2028\u2029")


def one_line(text: str) -> str:
    """The string fit for one line of a terminal, a log, or a table whose columns are tabs.

    What moves to another line or column becomes one space, every other control character its escape, as Python writes
    it in a string. Everything that people read stays as it is.
    """
    return text if text.isascii() and text.isprintable() else _UNSAFE.sub(_replacement, text)


def lines(text: str) -> str:
    """The string fit for several lines: line breaks stay, everything else is as in `one_line`."""
    return "\n".join(one_line(line) for line in text.split("\n"))


def excerpt(text: str, length: int = 60) -> str:
    """The beginning of a string in quotation marks, on one line, as messages show it."""
    return repr(shortened(text, length))


def shortened(text: str, length: int = 60) -> str:
    """The beginning of a string; what is left out leaves an ellipsis."""
    return text if len(text) <= length else f"{text[: length - 1]}…"


def _replacement(found: re.Match[str]) -> str:
    character = found[0]
    return " " if character in _SPACING else character.encode("unicode_escape", "surrogatepass").decode("ascii")
