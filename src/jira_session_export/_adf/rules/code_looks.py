"""Code that only its looks tell: a monospace font, with or without white space that is kept.

VS Code and other editors copy a `<div>` of such lines; Word, Outlook and Google Docs know no code but its font.
"""

import re
from typing import Final

from jira_session_export._adf.element import Element
from jira_session_export._adf.fonts import first_family
from jira_session_export._adf.memory import remembering
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import Outcome, Rule

_FONTS: Final = frozenset({
    "monospace", "ui-monospace", "consolas", "courier", "courier new", "lucida console", "menlo", "monaco", "fira code",
    "cascadia code", "source code pro", "hack", "inconsolata", "terminal", "fixedsys", "iosevka", "monolisa",
    "sfmono-regular",
})  # fmt: skip
"""And each font with the word Mono in its name, such as Roboto Mono."""

_KEPT: Final = frozenset({"pre", "pre-wrap", "preserve", "preserve nowrap", "break-spaces"})
_MENTIONED: Final = re.compile(r"font-family|font:")


def _lines(element: Element, out: Output) -> Outcome:
    """A `<div>` of lines in a monospace font whose white space is kept: a block of code."""
    if out.is_collecting or _looks_of(f"|{element.get('style').lower()}") != "lines":
        return None
    return out.code_block()


def _font(element: Element, out: Output) -> Outcome:
    """Text in a monospace font is code, as far as another font does not begin in it."""
    face = element.get("face").lower() if element.tag == "font" else ""
    looks = _looks_of(f"{face}|{element.get('style').lower()}")
    if looks is None or out.is_collecting or (looks == "other" and not out.in_code_font):
        return None
    before, mono = out.marks, out.in_code_font
    out.in_code_font = looks != "other"
    if out.in_code_font and not mono:
        out.has_code_font = True
        out.marks = before.minus("textColor").minus("backgroundColor")
        out.mark("code")
    elif mono and not out.in_code_font:
        out.unmark("code")

    def restore() -> None:
        out.marks, out.in_code_font = before, mono

    return restore


@remembering
def _looks_of(written: str) -> str | None:
    """`lines` for a monospace font with white space that is kept, `font` for the font alone, `other` for another font.

    None when no font is named.
    """
    face, _, declared = written.partition("|")
    style = Element("", {"style": declared}).style
    first = first_family(style.get("font-family", "") or face)
    if not first:
        return None
    if first not in _FONTS and "mono" not in first.split():
        return "other"
    kept = style.get("white-space", "") in _KEPT or style.get("white-space-collapse", "") in _KEPT
    return "lines" if kept else "font"


CODE_LOOKS_RULES = (
    Rule(
        "code-font-lines",
        _lines,
        frozenset({"div"}),
        frozenset({"style"}),
        mentions=re.compile(r"white-space"),
    ),
    Rule(
        "code-font",
        _font,
        frozenset({"span", "font", "p", "div"}),
        frozenset({"style", "face"}),
        passes_on=True,
        mentions=_MENTIONED,
    ),
)
