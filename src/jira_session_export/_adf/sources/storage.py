"""Makes Confluence's storage format readable for an HTML parser, which does not know its CDATA and empty tags."""

import re
from html import escape
from typing import Final

_CDATA: Final = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.DOTALL)
_EMPTY: Final = re.compile(r"<((?:ac|ri|at):[\w-]+)((?:\s[^<>]*)?)/>")


class StorageFormatError(Exception):
    """What was taken for HTML is Confluence's storage format, and has to be made readable first."""


def refuse_storage_format(tag: str) -> None:
    """Look at the name of an element.

    To look for one in every source, before it is parsed, would cost each conversion what only few need.

    Raises:
        StorageFormatError: it is one of the storage format; elements of `ri:` stand in those of `ac:`.
    """
    if tag.startswith("ac:"):
        raise StorageFormatError


def readable(html: str) -> str:
    """Confluence's storage format with CDATA as text, and with end tags."""
    if "<![CDATA[" in html:
        html = _CDATA.sub(lambda found: escape(found[1], quote=False), html)
    return _EMPTY.sub(r"<\1\2></\1>", html)
