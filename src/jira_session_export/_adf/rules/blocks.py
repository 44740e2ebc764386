"""Blocks of text: paragraphs, headings, quotes, code, rules, details, definition lists; and what is never shown."""

from jira_session_export._adf.builder import DONE, LINE, Closing
from jira_session_export._adf.element import Element
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.inline import centred
from jira_session_export._adf.rules.ruleset import SKIP, SKIP_SILENTLY, Outcome, Rule, Skip

_PLAIN_BLOCKS = frozenset({
    "address", "article", "aside", "body", "dd", "dir", "div", "dl", "dt", "fieldset", "figure", "footer", "form",
    "frameset", "header", "hgroup", "html", "legend", "main", "marquee", "menu", "nav", "noscript", "optgroup",
    "option", "plaintext", "search", "section", "select", "summary", "xmp",
})  # fmt: skip


_LEVELS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}


def _line(element: Element, out: Output) -> Outcome:
    return out.begin_line()


def _paragraph(element: Element, out: Output) -> Outcome:
    return out.paragraph()


def _heading(element: Element, out: Output) -> Outcome:
    return out.heading(_LEVELS[element.tag])


def _aria_heading(element: Element, out: Output) -> Outcome:
    if element.get("role") != "heading":
        return None
    level = element.get("aria-level")
    return out.heading(int(level) if level in {"1", "2", "3", "4", "5", "6"} else 2)


def _quote(element: Element, out: Output) -> Outcome:
    return out.open("blockquote")


def _rule(element: Element, out: Output) -> Outcome:
    out.block("rule")
    return DONE


def _text_area(element: Element, out: Output) -> Outcome:
    out.end_line()
    return (LINE, out.preserve_white_space(preserve=True))


def _term(element: Element, out: Output) -> Outcome:
    out.end_line()
    return (LINE, out.mark("strong"))


def _reading(element: Element, out: Output) -> Outcome:
    """`<rt>`: what is read stands above the word; in a line it stands in parentheses after it."""
    out.text("(")

    def finish() -> None:
        out.text(")")

    return finish


def _parenthesis(element: Element, out: Output) -> Outcome:
    """`<rp>`: the parentheses for those who cannot show `<rt>` otherwise."""
    return SKIP_SILENTLY


# --- details


def _details(element: Element, out: Output) -> Outcome:
    return out.open("expand")


def _summary(element: Element, out: Output) -> Outcome:
    return out.title()


# --- left out


def _skip(element: Element, out: Output) -> Outcome:
    return SKIP


def _about_the_page(element: Element, out: Output) -> Outcome:
    return SKIP if out.in_drawing and element.tag == "title" else SKIP_SILENTLY  # A drawing's own says what it shows.


def _script(element: Element, out: Output) -> Outcome:
    if source := element.get("src"):
        out.lose(LossKind.SCRIPT_REMOVED, source, "scripts are left out")
    return _SCRIPT


def _centre(element: Element, out: Output) -> Closing:
    return centred(element, out)


_SCRIPT = Skip(LossKind.SCRIPT_REMOVED, "scripts are left out")

HIDDEN_RULES = (
    Rule("about-the-page", _about_the_page, frozenset({"title", "style"})),
    Rule("hidden", _skip, frozenset({"template"})),
    Rule("script", _script, frozenset({"script"})),
)

BLOCK_RULES = (
    Rule("heading", _heading, frozenset(_LEVELS)),
    Rule("aria-heading", _aria_heading, frozenset({"div", "p", "span"}), frozenset({"role"})),
    Rule("quote", _quote, frozenset({"blockquote"})),
    Rule("rule", _rule, frozenset({"hr"})),
    Rule("details", _details, frozenset({"details"})),
    Rule("summary", _summary, frozenset({"summary"})),
    Rule("reading", _reading, frozenset({"rt"})),
    Rule("reading-parenthesis", _parenthesis, frozenset({"rp"})),
    Rule("text-area", _text_area, frozenset({"textarea"})),
    Rule("definition-term", _term, frozenset({"dt"})),
    Rule("center", _centre, frozenset({"center"})),
)

PLAIN_RULES = (Rule("paragraph", _paragraph, frozenset({"p"})), Rule("block", _line, _PLAIN_BLOCKS))
