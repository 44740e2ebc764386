"""Addresses: which may pass, and how they are written into a document."""

import re
from collections.abc import Collection
from urllib.parse import urljoin

from jira_session_export._adf.schema import MARKS

# What a browser, or something less strict than one, skips when it looks for the scheme.
_SKIPPED = (
    "[\x00-\x20\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u2000-\u200f"
    "\u2028-\u202f\u205f-\u206f\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0]"
)
_IGNORED = re.compile(f"{_SKIPPED}+")
# Possessive, so that an address of megabytes that is no scheme is read once; any number of skipped characters may stand
# anywhere in it, since a browser drops line feeds and tabs wherever they are.
_SCHEME = re.compile(rf"{_SKIPPED}*+([a-z](?:{_SKIPPED}*+[a-z0-9+.-])*+){_SKIPPED}*+:", re.IGNORECASE | re.ASCII)
_LINE_CHARACTERS = re.compile("[\t\n\r\x00]+")
_PLAIN = re.compile(r"https?://[!-~]+")  # What most addresses are; nothing in it needs a second look.
_PASSES = re.compile(MARKS["link"].attrs["href"].pattern or "")

NEVER = frozenset({"javascript", "data", "vbscript"})
"""Schemes that no option can allow."""


def scheme_of(url: str) -> str:
    """The scheme in lower case, judged after everything a lenient reader would skip; empty for a relative address."""
    found = _SCHEME.match(url)
    return _IGNORED.sub("", found[1]).lower() if found else ""


def known_scheme(scheme: str) -> bool:
    """Whether links of this scheme may stand in a document at all."""
    return _PASSES.fullmatch(f"{scheme.lower()}://x") is not None


def safe_url(url: str, schemes: Collection[str], base: str | None = None) -> str | None:
    """The address to write into a document; None when it must not, or cannot, stand there.

    Args:
        url: as written in the source.
        schemes: those allowed. `NEVER` stays forbidden, and so is what Atlassian's validator does not know.
        base: the address relative ones are meant from; without it only those survive that begin with `/` or `#`.
    """
    if _PLAIN.fullmatch(url) and url.partition(":")[0] in schemes:
        return url
    cleaned = _LINE_CHARACTERS.sub("", url).strip()
    scheme = scheme_of(cleaned)
    if not scheme and base:
        try:
            cleaned = urljoin(base, cleaned)
        except ValueError:  # Such as a malformed IPv6 host.
            return None
        scheme = scheme_of(cleaned)
    if not cleaned or (scheme and (scheme in NEVER or scheme not in schemes)):
        return None
    return cleaned if _PASSES.fullmatch(cleaned) else None
