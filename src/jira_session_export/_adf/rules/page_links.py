"""Links that lead nowhere but to their own page: permalinks of headings, arrows back from footnotes, `#` alone."""

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
    begun = out.written
    link = out.link(href, element.get("title"))

    def settle() -> None:
        if out.written_since(begun).strip() in POINTERS:
            out.take_back(begun)
            element.is_ornament()

    return (link, settle)


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
