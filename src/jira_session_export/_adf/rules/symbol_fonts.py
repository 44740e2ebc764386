"""Characters of Wingdings, Webdings and Symbol: what they show, not the letters that they are written as."""

import re
from collections.abc import Mapping
from typing import Final

from jira_session_export._adf import symbol_tables as tables
from jira_session_export._adf.element import Element
from jira_session_export._adf.fonts import first_family
from jira_session_export._adf.memory import remembering
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import Outcome, Rule

_PRIVATE: Final = 0xF000
"""Word writes a character of a symbol font at its code above this one, too: U+F0B7 for the bullet of Symbol."""

_NO_BREAK_SPACE: Final = 0xA0


def _translation(signs: str) -> Mapping[int, str]:
    table: dict[int, str] = {}
    for code, sign in enumerate(signs, tables.FIRST):
        if sign == " ":
            continue
        table[_PRIVATE + code] = sign
        if code == _NO_BREAK_SPACE:
            continue  # Word fills markers up with them.
        table[code] = sign
        written = bytes([code]).decode("cp1252", "ignore")
        if written:
            table[ord(written)] = sign
    return table


_TABLES: Final = {
    "symbol": _translation(tables.SYMBOL),
    "wingdings": _translation(tables.WINGDINGS),
    "wingdings 2": _translation(tables.WINGDINGS_2),
    "wingdings 3": _translation(tables.WINGDINGS_3),
    "webdings": _translation(tables.WEBDINGS),
}
_NO_TABLE: Final[Mapping[int, str]] = {}
_FAMILY: Final = ("mso-symbol-font-family", "font-family")


def _symbol_font(element: Element, out: Output) -> Outcome:
    families = element.get("face").lower() if element.tag == "font" else ""
    table = _table_of(f"{families}|{element.get('style').lower()}")
    return None if table is None else out.symbol_font(table)


@remembering
def _table_of(written: str) -> Mapping[int, str] | None:
    """The table of the font that comes first; an empty one for any other font, None when no font is named."""
    face, _, style = written.partition("|")
    declared = Element("", {"style": style}).style
    first = first_family(next((declared[name] for name in _FAMILY if name in declared), "") or face)
    return _TABLES.get(first, _NO_TABLE) if first else None


SYMBOL_FONT_RULES = (
    Rule(
        "symbol-font",
        _symbol_font,
        attributes=frozenset({"style", "face"}),
        passes_on=True,
        mentions=re.compile(r"font-family|font:"),
    ),
)
