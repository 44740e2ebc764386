"""HTML that Jira renders of descriptions and comments: its panels, code, links to files and smart links."""

import re
from typing import Final

from jira_session_export._adf.builder import DONE, LINE
from jira_session_export._adf.colours import background_of
from jira_session_export._adf.element import Element
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import Outcome, Rule

_PANEL_OF_COLOUR: Final = {
    "#deebff": "info", "#eae6ff": "note", "#e3fcef": "success", "#fffae6": "warning", "#ffebe6": "error",
    "#e9f2ff": "info", "#f3f0ff": "note", "#dcfff1": "success", "#fff7d6": "warning", "#ffeceb": "error",
    "#e9f2fe": "info", "#f8eefe": "note", "#efffd6": "success", "#fef7c8": "warning",
}  # fmt: skip
"""The colours of the panels of the editor, in the palettes of 2018, 2022 and 2025."""

_UNKNOWN_LANGUAGE: Final = re.compile(r"Unable to find source-code formatter for language: ?(\S{0,50})\.")
_CARDS: Final = {
    "smart-link": "inlineCard", "smart-card": "blockCard", "smart-embed": "embedCard",
    "inline": "inlineCard", "block": "blockCard", "embed": "embedCard",
}  # fmt: skip


def _panel(element: Element, out: Output) -> Outcome:
    """`{panel}`: a panel of the editor by its colour, one of another colour a panel of that colour."""
    if element.classes != {"panel"}:
        return None
    colour = background_of(element.style)
    known = _PANEL_OF_COLOUR.get(colour or "#deebff")
    return out.open("panel", {"panelType": known} if known else {"panelType": "custom", "panelColor": colour})


def _panel_part(element: Element, out: Output) -> Outcome:
    """Header and content of a panel; their colour is the panel's."""
    if not element.classes & {"panelheader", "panelcontent"}:
        return None
    out.end_line()
    return LINE


# --- code in a language that Jira does not know


def _error(element: Element, out: Output) -> Outcome:
    """What Jira says of a language it does not know: no text of the author's, but the language is."""
    if element.classes != {"error"}:
        return None
    if element.tag == "div":
        out.end_line()
        before, out.end_of_error = out.end_of_error, _nothing

        def restore() -> None:
            end, out.end_of_error = out.end_of_error, before
            if end is not None:
                end()
            out.end_line()

        return restore

    if out.end_of_error is None:
        return None

    def read(text: str) -> bool:
        found = _UNKNOWN_LANGUAGE.match(text)
        if found is None:
            out.text(text)
            return False
        out.next_language = found[1]
        out.end_of_error = out.mute()  # The languages that it does know.
        return True

    return out.capture(read)


def _nothing() -> str:
    return ""


# --- links


def _smart_link(element: Element, out: Output) -> Outcome:
    """A link that Jira shows as a card: its title, or an attribute, says so."""
    card = _CARDS.get(element.get("data-card-appearance") or element.get("title"))
    url = element.get("href")
    if card is None or not url:
        return None

    def show(text: str) -> None:
        if text in {"", url} and out.card(card, url, **({"layout": "center"} if card == "embedCard" else {})):
            return
        closing = out.link(url)
        out.text(text or url)
        out.end(closing)

    return out.capture(show)


def _file_preview(element: Element, out: Output) -> Outcome:
    """The link around the picture of an attached file leads to the file itself."""
    element.get("title")  # The file's name; the picture has it, too.
    return DONE


def _attached_image(element: Element, out: Output) -> Outcome:
    """An image that is attached to the issue: it is meant by its name, for its address needs a login."""
    name = element.get("data-attachment-name").strip()
    if not name:
        return None
    out.attached_image(name, alt=element.get("alt"))
    return DONE


JIRA_RULES = (
    Rule("jira-panel", _panel, frozenset({"div"}), frozenset({"style"})),
    Rule("jira-panel-part", _panel_part, frozenset({"div"}), frozenset({"style"})),
    Rule("jira-error", _error, frozenset({"div", "span"}), frozenset({"class"})),
    Rule("jira-file-preview", _file_preview, frozenset({"a"}), frozenset({"file-preview-type", "file-preview-id"})),
    Rule("jira-smart-link", _smart_link, frozenset({"a"}), frozenset({"data-card-appearance", "title"})),
    Rule("jira-attached-image", _attached_image, frozenset({"img"}), frozenset({"data-attachment-name"})),
)
"""Asked before the rules for styles: the colour of a panel is not that of its text."""
