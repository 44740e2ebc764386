"""Where a link really leads: behind the wrappers of Google and Outlook, and what only points into its own page."""

import re
from typing import Final
from urllib.parse import parse_qs, urlsplit

_WRAPPED: Final = re.compile(
    r"https?://(?:www\.google\.[a-z.]{2,6}/url\?|[\w.-]{1,60}\.safelinks\.protection\.outlook\.com/)", re.IGNORECASE
)
_TARGETS: Final = ("q", "url")
_LONGEST: Final = 8_000

POINTERS: Final = frozenset({
    "¶", "#", "§", "\N{LINK SYMBOL}", "\N{ANCHOR}", "∞", "↑", "↩", "↩\ufe0e", "↩\ufe0f", "^", "⤴", "↵", "⏎", "\u2b06",
    "\u2b06\ufe0f",
})  # fmt: skip
"""Texts of links that lead to a heading's own place, or back from a footnote."""


def real_address(href: str) -> str:
    """The address that a wrapper stands around; any other address as it is."""
    if ("google." not in href and "safelinks" not in href) or len(href) > _LONGEST or _WRAPPED.match(href) is None:
        return href
    try:
        query = parse_qs(urlsplit(href).query, max_num_fields=50)
    except ValueError:
        return href
    target = next((query[name][0] for name in _TARGETS if name in query), "")
    return target if target.lower().startswith(("https://", "http://", "mailto:")) else href
