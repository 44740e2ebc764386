"""What Word and Outlook put on the clipboard: lists that are only paragraphs."""

import re

from jira_session_export._adf.element import Element
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import Outcome, Rule

_LEVEL = re.compile(r"level([1-9])")
_NUMBER = re.compile(r"\(?(\d{1,9}|[a-zA-Z]|[ivxlcIVXLC]{1,7})[.)]")
# As Word writes them, partly letters of its symbol fonts.
_BULLETS = frozenset("·•o§¨Øq-*▪■◦○●‣\N{EN DASH}\N{EM DASH}\N{HYPHEN BULLET}")
_DEEPEST = 9


def _list_paragraph(element: Element, out: Output) -> Outcome:
    """`mso-list:l0 level2 lfo1`: an item of a list that has no `<ul>`, on that level."""
    listed = element.style.get("mso-list", "")
    found = _LEVEL.search(listed)
    if found is None or "ignore" in listed:
        return None
    return out.loose_item(min(int(found[1]), _DEEPEST))


def _marker(element: Element, out: Output) -> Outcome:
    """`mso-list:Ignore`: the bullet or the number, written as text; it says which kind of list it is."""
    if "ignore" not in element.style.get("mso-list", ""):
        return None

    def settle(text: str) -> None:
        marker = text.replace("\xa0", " ").strip()
        number = _NUMBER.fullmatch(marker)
        start = int(number[1]) if number and number[1].isdigit() else 1
        if (marker in _BULLETS or number) and out.name_loose_list(ordered=number is not None, start=start):
            out.lose(LossKind.MARKER_REMOVED, marker, "the list has markers of its own")
        elif marker:
            out.text(f"{marker} ")

    return out.capture(settle)


WORD_RULES = (
    Rule(
        "word-list-item",
        _list_paragraph,
        frozenset({"p", "div"}),
        frozenset({"style"}),
        mentions=re.compile(r"mso-list"),
    ),
    Rule("word-list-marker", _marker, frozenset({"span"}), frozenset({"style"}), mentions=re.compile(r"mso-list")),
)
