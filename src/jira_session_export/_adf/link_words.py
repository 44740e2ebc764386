"""Where a link really leads: behind the wrappers of mail filters and sites, and what only points into its own page."""

import re
from base64 import urlsafe_b64decode
from typing import Final
from urllib.parse import parse_qs, unquote, urlsplit

_WRAPPED: Final = re.compile(
    r"https?://(?:"
    r"(?:www\.)?google\.[a-z.]{2,6}/url\?"
    r"|(?:[\w-]{1,60}\.){0,3}safelinks\.protection\.(?:outlook\.com|office365\.us|outlook\.cn|office\.de)/"
    r"|statics\.teams\.(?:cdn\.office\.net|microsoft\.com)/evergreen-assets/safelinks/"
    r"|urldefense\.(?:com|us|proofpoint\.com)/v[12]/url\?"
    r"|lm?\.(?:facebook|instagram|messenger)\.com/(?:l\.php)?\?"
    r"|slack-redir\.net/link\?"
    r"|linkprotect\.cudasvc\.com/url\?"
    r"|protect\d{0,2}\.fireeye\.com/v\d/url\?"
    r"|www\.youtube\.com/redirect\?"
    r"|www\.linkedin\.com/(?:redir/redirect|safety/go)\?"
    r"|duckduckgo\.com/l/\?"
    r")",
    re.IGNORECASE,
)
_DEFENDED: Final = re.compile(
    r"https?://urldefense\.(?:com|us|proofpoint\.com)/v3/__(.+)__;([\w-]*={0,2})!", re.IGNORECASE
)
"""Proofpoint's third form: the address with `*` for characters that stand, encoded, after it."""

_STARS: Final = re.compile(r"\*(\*[A-Za-z0-9_-])?")
_RUNS: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
"""`**A` stands for two characters, `**B` for three."""

_TARGETS: Final = ("q", "url", "u", "a", "uddg")
_LONGEST: Final = 8_000
_MOST_WRAPPERS: Final = 3
_ON_THE_WEB: Final = ("https://", "http://", "mailto:")

POINTERS: Final = frozenset({
    "¶", "#", "§", "\N{LINK SYMBOL}", "\N{ANCHOR}", "∞", "↑", "↩", "↩\ufe0e", "↩\ufe0f", "^", "⤴", "↵", "⏎", "\u2b06",
    "\u2b06\ufe0f",
    "[↑]", "[↩]", "[^]", "⇧", "⇑", "↖", "☝", "🔝", "🔗\ufe0e",
})  # fmt: skip
"""Texts of links that lead to a heading's own place, or back from a footnote."""


def is_address(href: str) -> bool:
    """Whether an address leads somewhere on the web, or to a mailbox."""
    return href.strip().lower().startswith(_ON_THE_WEB)


def real_address(href: str) -> str:
    """The address that a wrapper, or one within another, stands around; any other address as it is."""
    if len(href) > _LONGEST or not _holds_another(href.lower()):
        return href
    for _ in range(_MOST_WRAPPERS):
        target = _unwrapped(href)
        if target is None:
            break
        href = target
    return href


def _holds_another(href: str) -> bool:
    """Whether an address has another in it, however that is encoded: that spares nearly all of them the patterns."""
    return href.find("http", 1) > 0 or "mailto" in href


def _unwrapped(href: str) -> str | None:
    if defended := _DEFENDED.match(href):
        target = _restored(defended[1], defended[2])
    elif _WRAPPED.match(href):
        try:
            parts = urlsplit(href)
            query = parse_qs(parts.query, max_num_fields=50)
        except ValueError:
            return None
        given = [query[name][0] for name in _TARGETS if name in query]
        if parts.path.startswith("/v2/"):
            given = [unquote(target.replace("-", "%").replace("_", "/")) for target in given]
        target = next(filter(is_address, given), "")
    else:
        return None
    return target if is_address(target) else None


def _restored(written: str, encoded: str) -> str:
    """The address that Proofpoint's third form stands for; empty when it is damaged."""
    try:
        hidden = urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)).decode()
    except ValueError:
        return ""
    used = 0

    def restore(found: re.Match[str]) -> str:
        nonlocal used
        begun = used
        used += _RUNS.index(found[1][1]) + 2 if found[1] else 1
        return hidden[begun:used]

    url = _STARS.sub(restore, written)
    scheme, colon, rest = url.partition(":/")
    return f"{scheme}://{rest.lstrip('/')}" if colon else url
