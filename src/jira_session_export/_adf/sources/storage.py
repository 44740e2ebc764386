"""Makes Confluence's storage format readable for an HTML parser, which does not know its CDATA and empty tags."""

import re
from html import escape
from typing import Final

_CDATA: Final = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.DOTALL)
_EMPTY: Final = re.compile(r"<((?:ac|ri|at):[\w-]+)((?:\s[^<>]*)?)/>")


def readable(html: str) -> str:
    """The same with CDATA as text and with end tags; itself when it is no storage format."""
    if "<ac:" not in html:  # `ri:` elements stand in `ac:` ones
        return html
    if "<![CDATA[" in html:
        html = _CDATA.sub(lambda found: escape(found[1], quote=False), html)
    return _EMPTY.sub(r"<\1\2></\1>", html)
