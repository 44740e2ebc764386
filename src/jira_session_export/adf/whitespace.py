"""White space as CSS sees it: what collapses, and what stays."""

import re

COLLAPSIBLE = " \t\n\r\f"
"""The characters that collapse in HTML; a no-break space or an em space does not."""

_RUN = re.compile(f"[{COLLAPSIBLE}]+")


def collapse(text: str) -> str:
    """The text with every run of collapsible white space made one space; ends are kept."""
    # Five plain searches cost a third of one by regular expression, and most text has nothing to collapse.
    if "\n" in text or "  " in text or "\t" in text or "\r" in text or "\f" in text:
        return _RUN.sub(" ", text)
    return text


def one_line(text: str) -> str:
    """The text collapsed, without white space around it."""
    return _RUN.sub(" ", text).strip(" ")
