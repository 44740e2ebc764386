"""Pictures that say of themselves that they are decoration: neither a loss, nor a break in a sentence."""

from typing import Final

from jira_session_export._adf.element import Element
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import SKIP_SILENTLY, Outcome, Rule

_ICON_WORDS: Final = frozenset({
    "icon", "anticon", "octicon", "bi", "fa", "fas", "far", "fab", "feather", "lucide", "svg-inline--fa", "aui-icon",
    "rendericon", "link-icon", "external-link-icon", "smart-link-icon", "issue-link-icon", "file-icon",
})  # fmt: skip


def _icon(element: Element, out: Output) -> Outcome:
    if element.get("role") in {"presentation", "none"} or element.get("aria-hidden") == "true":
        return SKIP_SILENTLY
    if element.get("aria-roledescription") == "checkbox":  # Google Docs' picture of what the item says.
        return SKIP_SILENTLY
    return SKIP_SILENTLY if element.classes & _ICON_WORDS else None


ORNAMENT_RULES = (
    Rule(
        "icon",
        _icon,
        frozenset({"svg", "img", "canvas"}),
        frozenset({"role", "aria-hidden", "aria-roledescription", "class"}),
    ),
)
