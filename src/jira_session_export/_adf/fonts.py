"""What the `font` property says, and which font comes first."""

import re
from collections.abc import Mapping
from typing import Final

_SIZE: Final = re.compile(
    r"(?<!\S)(?:\d{0,6}\.?\d{1,6}(?:[a-z]{2,4}|%)|(?:x{1,2}-)?(?:small|large)|medium|smaller|larger)"
    r"(?:\s*/\s*\S+)?\s+(?=\S)"
)
_SLANTS: Final = frozenset({"italic", "oblique"})
_WEIGHTS: Final = frozenset({"bold", "bolder", "lighter"})
NO_FAMILIES: Final = frozenset({"inherit", "initial", "unset", "revert", "revert-layer"})
"""Values of `font-family` that name no font."""


def said_by_font(shorthand: str) -> Mapping[str, str]:
    """The properties that a value of `font`, in lower case, sets; none when it is a keyword such as `inherit`."""
    size = _SIZE.search(shorthand)
    if size is None:
        return {}
    words = shorthand[: size.start()].split()
    return {
        "font-style": next((word for word in words if word in _SLANTS), "normal"),
        "font-weight": next((word for word in words if word in _WEIGHTS or word.isdigit()), "normal"),
        "font-family": shorthand[size.end() :],
    }


def first_family(families: str) -> str:
    """The font that comes first in a value of `font-family`, in lower case; empty when none is named."""
    first = families.partition(",")[0].strip().strip("'\"").strip().lower()
    return "" if first in NO_FAMILIES else first
