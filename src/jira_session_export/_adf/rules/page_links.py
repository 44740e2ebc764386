"""Links that lead nowhere but to their own page: permalinks of headings, arrows back from footnotes, `#` alone."""

import re
from typing import Final

from jira_session_export._adf.builder import DONE, Closing
from jira_session_export._adf.element import Element
from jira_session_export._adf.link_words import POINTERS
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import Outcome, Rule


def link_in_page(element: Element, out: Output) -> Closing:
    """A link whose address begins with `#`."""
    href = element.get("href").strip()
    if href in {"#", "#!"}:
        return DONE
    return pointing_link(element, href, out)


def pointing_link(element: Element, href: str, out: Output) -> Closing:
    """A link that is only the page's own when its text is a sign that points somewhere, or when it has none."""
    begun = out.written
    link = out.link(href, element.get("title"))

    def settle() -> None:
        if out.is_blank_since(begun):
            element.is_ornament()
        elif out.written_since(begun).strip() in POINTERS:
            out.take_back(begun)
            element.is_ornament()

    return (link, settle)


def is_permalink(element: Element) -> bool:
    """Whether the classes of a link call it one to a heading's own place."""
    return _PERMALINK.search(element.get("class").lower()) is not None


_PERMALINK: Final = re.compile(
    r"(?<!\S)(?:headerlink|anchor|anchor-?link|hash-link|header-anchor|heading-anchor|heading-link|permalink|anchorjs-link"
    r"|footnote-back-?ref|direct-link|section-link|toclink)(?!\S)"
)


def _cell_link(element: Element, out: Output) -> Outcome:
    """A cell of Google Sheets says its link in an attribute; where one stands in the cell, that one counts."""
    return out.link(element.get("data-sheets-hyperlink"))


PAGE_LINK_RULES = (
    Rule(
        "sheets-link",
        _cell_link,
        frozenset({"td", "th", "span"}),
        frozenset({"data-sheets-hyperlink"}),
        passes_on=True,
    ),
)
