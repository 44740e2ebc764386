"""The converter: HTML and Markdown to the Atlassian Document Format, checks, previews, and rules of your own.

A rule is a function that gets an `Element` and the `Output`, and answers what to end at the element's end tag:

    def keyboard(element: Element, out: Output) -> Outcome:
        return out.mark("strong") if "key" in element.classes else None

    rules = DEFAULT_RULES.before("inline-code", Rule("keyboard", keyboard, tags=frozenset({"kbd"})))
    html_to_adf(html, ConversionOptions(rules=rules))
"""

from jira_session_export._adf import (
    Conversion,
    ConversionOptions,
    EmbeddedFile,
    Loss,
    LossKind,
    MediaReference,
    Problem,
    RuleSet,
    adf_to_html,
    adf_to_text,
    check_adf,
    convert_html,
    convert_markdown,
    html_to_adf,
    markdown_to_adf,
    shorten_document,
)
from jira_session_export._adf.builder import DONE, LINE, Closing
from jira_session_export._adf.check import ProblemCode
from jira_session_export._adf.element import Element
from jira_session_export._adf.frames import Frame, Line
from jira_session_export._adf.limits import Cut
from jira_session_export._adf.markdown_words import CALLOUTS, EMOJI_SHORTCODES
from jira_session_export._adf.marks import Marks
from jira_session_export._adf.output import ImagePolicy, Output
from jira_session_export._adf.preview import PREVIEW_STYLESHEET
from jira_session_export._adf.rules import DEFAULT_RULES
from jira_session_export._adf.rules.ruleset import SKIP, SKIP_SILENTLY, Outcome, Rule, Skip

__all__ = [
    "CALLOUTS",
    "DEFAULT_RULES",
    "DONE",
    "EMOJI_SHORTCODES",
    "LINE",
    "PREVIEW_STYLESHEET",
    "SKIP",
    "SKIP_SILENTLY",
    "Closing",
    "Conversion",
    "ConversionOptions",
    "Cut",
    "Element",
    "EmbeddedFile",
    "Frame",
    "ImagePolicy",
    "Line",
    "Loss",
    "LossKind",
    "Marks",
    "MediaReference",
    "Outcome",
    "Output",
    "Problem",
    "ProblemCode",
    "Rule",
    "RuleSet",
    "Skip",
    "adf_to_html",
    "adf_to_text",
    "check_adf",
    "convert_html",
    "convert_markdown",
    "html_to_adf",
    "markdown_to_adf",
    "shorten_document",
]
