"""HTML and Markdown to the Atlassian Document Format, and what is needed around it.

A name is imported when somebody asks for it: who converts HTML does not wait for the Markdown parser.
"""

from typing import TYPE_CHECKING

from jira_session_export._lazy import names_from

if TYPE_CHECKING:
    from jira_session_export._adf.check import Problem, check_adf
    from jira_session_export._adf.conversion import Conversion, shorten
    from jira_session_export._adf.files import EmbeddedFile, MediaReference
    from jira_session_export._adf.html import convert_html, html_to_adf
    from jira_session_export._adf.limits import shorten_document
    from jira_session_export._adf.losses import Loss, LossKind
    from jira_session_export._adf.markdown import convert_markdown, markdown_to_adf
    from jira_session_export._adf.options import ConversionOptions
    from jira_session_export._adf.output import ImagePolicy
    from jira_session_export._adf.preview import adf_to_html, adf_to_text
    from jira_session_export._adf.rules.ruleset import RuleSet

__all__ = [
    "Conversion",
    "ConversionOptions",
    "EmbeddedFile",
    "ImagePolicy",
    "Loss",
    "LossKind",
    "MediaReference",
    "Problem",
    "RuleSet",
    "adf_to_html",
    "adf_to_text",
    "check_adf",
    "convert_html",
    "convert_markdown",
    "html_to_adf",
    "markdown_to_adf",
    "shorten",
    "shorten_document",
]

_MODULES = {
    "check": ("Problem", "check_adf"),
    "conversion": ("Conversion", "shorten"),
    "files": ("EmbeddedFile", "MediaReference"),
    "html": ("convert_html", "html_to_adf"),
    "limits": ("shorten_document",),
    "losses": ("Loss", "LossKind"),
    "markdown": ("convert_markdown", "markdown_to_adf"),
    "options": ("ConversionOptions",),
    "output": ("ImagePolicy",),
    "preview": ("adf_to_html", "adf_to_text"),
    "rules.ruleset": ("RuleSet",),
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = names_from(__name__, _MODULES)
