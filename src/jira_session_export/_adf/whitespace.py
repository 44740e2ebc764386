"""White space as CSS sees it: what collapses, and what stays."""

import re

COLLAPSIBLE = " \t\n\r\f"
"""The characters that collapse in HTML; a no-break space or an em space does not."""

UNSEEN = f"{COLLAPSIBLE}\u00a0\u200b\u2060\ufeff\ufffc"
"""Characters by which editors keep a place open: an element with nothing else shows nothing."""

CODE_BEGINS = "\uec03"
"""Google Docs' export sets a code block between this character and `CODE_ENDS`, which nobody sees."""

CODE_ENDS = "\uec02"

_RUN = re.compile(f"[{COLLAPSIBLE}]+")


def collapse(text: str) -> str:
    """The text with every run of collapsible white space made one space; ends are kept."""
    if not text.isascii():
        return _RUN.sub(" ", text)
    # Faster, and the few control characters that it takes along are seen by nobody.
    words = " ".join(text.split())
    if not words:
        return " "
    return f"{' ' if text[0].isspace() else ''}{words}{' ' if text[-1].isspace() else ''}"


def one_line(text: str) -> str:
    """The text collapsed, without white space around it."""
    return collapse(text).strip(" ") if text else ""


CHECK_BOXES = "\N{BALLOT BOX}\N{BALLOT BOX WITH CHECK}\N{BALLOT BOX WITH X}"
"""Signs that stand for a check box; the first is empty."""
