"""Blocks of text: paragraphs, headings, quotes, code, rules, details, definition lists; and what is never shown."""

import re

from jira_session_export._adf.builder import DONE, LINE, Closing
from jira_session_export._adf.element import Element
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.inline import centred
from jira_session_export._adf.rules.ruleset import SKIP, Outcome, Rule

_LANGUAGE_CLASS = re.compile(r"(?:language|lang|highlight-source|brush:)-?\s*([\w+#.-]+)", re.IGNORECASE)
# Elsewhere such a class says what the element is for: `code-block`, `code-toolbar`.
_CODE_MACRO_CLASS = re.compile(r"(?<!\S)code-([\w+#.-]+)", re.IGNORECASE)

_PLAIN_BLOCKS = frozenset({
    "address", "article", "aside", "body", "dd", "dir", "div", "dl", "dt", "fieldset", "figure", "footer", "form",
    "frameset", "header", "hgroup", "html", "legend", "main", "marquee", "menu", "nav", "noscript", "optgroup",
    "option", "p", "plaintext", "search", "section", "select", "summary", "xmp",
})  # fmt: skip


def _line(element: Element, out: Output) -> Outcome:
    out.end_line()
    return LINE


def _heading(element: Element, out: Output) -> Outcome:
    return out.heading(int(element.tag[1]))


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


# --- code


def language_of(element: Element) -> str:
    """The programming language an element names in the usual ways; empty when it names none."""
    for name in ("data-language", "data-lang", "lang"):
        if (given := element.get(name).strip()) and (name != "lang" or element.tag == "pre"):
            return given[:50]
    return _language_in(element.get("class")) or _language_in(element.get("data-syntaxhighlighter-params"))


def _language_in(written: str, pattern: re.Pattern[str] = _LANGUAGE_CLASS) -> str:
    found = pattern.search(written)
    return found[1][:50] if found and found[1].lower() not in {"none", "plain", "auto"} else ""


def _code_block(element: Element, out: Output) -> Outcome:
    language = language_of(element)
    if not language and out.in_code_macro:
        language = _language_in(element.get("class"), _CODE_MACRO_CLASS)
    return out.code_block(language)


def _code_macro(element: Element, out: Output) -> Outcome:
    """The frame that Jira and Confluence put around `{code}` and `{noformat}`; a title in it stands before the code."""
    words = element.classes
    if "panel" not in words or not words & {"code", "preformatted"}:
        return None
    before, out.in_code_macro = out.in_code_macro, True
    out.end_line()

    def restore() -> None:
        out.end_line()
        out.in_code_macro = before

    return restore


def _code_in_block(element: Element, out: Output) -> Outcome:
    """`<code>` inside `<pre>` often names the language."""
    if out.parent_type != "codeBlock":
        return None
    if language := language_of(element):
        out.code_language(language)
    return DONE


def _code_frame(element: Element, out: Output) -> Outcome:
    """The frame that highlighters put around `<pre>`, with the language on it."""
    if not ({"highlight", "codehilite", "sourcecode", "code"} & element.classes) or not (
        language := language_of(element)
    ):
        return None
    before, out.language_hint = out.language_hint, language
    out.end_line()

    def restore() -> None:
        out.end_line()
        out.language_hint = before

    return restore


# --- details


def _details(element: Element, out: Output) -> Outcome:
    return out.open("expand")


def _summary(element: Element, out: Output) -> Outcome:
    return out.title()


# --- left out


def _skip(element: Element, out: Output) -> Outcome:
    return SKIP


def _script(element: Element, out: Output) -> Outcome:
    out.lose(LossKind.SCRIPT_REMOVED, element.get("src") or "<script>", "scripts are left out")
    return SKIP


def _centre(element: Element, out: Output) -> Closing:
    return centred(element, out)


CODE_MACRO_RULES = (Rule("code-macro", _code_macro, frozenset({"div"}), frozenset({"class"})),)
"""Asked before the rules for panels: the frame is also called one."""

HIDDEN_RULES = (
    Rule("hidden", _skip, frozenset({"head", "style", "template"})),
    Rule("script", _script, frozenset({"script"})),
)

BLOCK_RULES = (
    Rule("heading", _heading, frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})),
    Rule("aria-heading", _aria_heading, frozenset({"div", "p", "span"}), frozenset({"role"})),
    Rule("quote", _quote, frozenset({"blockquote"})),
    Rule("rule", _rule, frozenset({"hr"})),
    Rule("code-frame", _code_frame, frozenset({"div", "figure"}), frozenset({"class"})),
    Rule("code-block", _code_block, frozenset({"pre", "listing"})),
    Rule("code-in-block", _code_in_block, frozenset({"code", "samp", "kbd", "tt"})),
    Rule("details", _details, frozenset({"details"})),
    Rule("summary", _summary, frozenset({"summary"})),
    Rule("text-area", _text_area, frozenset({"textarea"})),
    Rule("definition-term", _term, frozenset({"dt"})),
    Rule("center", _centre, frozenset({"center"})),
)

PLAIN_RULES = (Rule("block", _line, _PLAIN_BLOCKS),)
