"""Pictures that say of themselves that they are decoration: neither a loss, nor a break in a sentence."""

import re
from typing import Final

from jira_session_export._adf.element import Element
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import SKIP, SKIP_SILENTLY, Outcome, Rule

_ICON_WORDS: Final = frozenset({
    "icon", "anticon", "octicon", "bi", "fa", "fas", "far", "fab", "feather", "lucide", "svg-inline--fa", "aui-icon",
    "rendericon", "link-icon", "external-link-icon", "smart-link-icon", "issue-link-icon", "file-icon",
})  # fmt: skip


_SIDE: Final = re.compile(r"\s*(\d{1,4}(?:\.\d{1,4})?)(?:px|(em|rem))?\s*")
_BOX: Final = re.compile(
    r"\s*-?[\d.]{1,6}[\s,]+-?[\d.]{1,6}[\s,]+(\d{1,4}(?:\.\d{1,4})?)[\s,]+(\d{1,4}(?:\.\d{1,4})?)\s*"
)
_LARGEST_ICON: Final = 32  # Pixels.


def _icon(element: Element, out: Output) -> Outcome:
    if element.get("role") in {"presentation", "none"} or element.get("aria-hidden") == "true":
        return SKIP_SILENTLY
    if element.get("aria-roledescription") == "checkbox":  # Google Docs' picture of what the item says.
        return SKIP_SILENTLY
    if element.classes & _ICON_WORDS:
        return SKIP_SILENTLY
    return SKIP if element.tag == "svg" and not out.is_collecting and _is_small(element) else None


def _is_small(element: Element) -> bool:
    """Whether a drawing is of the size of an icon, and says nothing: text in it would be quoted."""
    if element.get("role") == "img" or element.get("aria-label"):
        return False
    sides = [_SIDE.fullmatch(element.style.get(name, "") or element.get(name)) for name in ("width", "height")]
    given = [float(side[1]) * (16 if side[2] else 1) for side in sides if side]
    if not given and (box := _BOX.fullmatch(element.get("viewbox") or element.get("viewBox"))):
        given = [float(box[1]), float(box[2])]
    return bool(given) and max(given) <= _LARGEST_ICON


ORNAMENT_RULES = (
    Rule(
        "icon",
        _icon,
        frozenset({"svg", "img", "canvas"}),
        frozenset(
            {"role", "aria-hidden", "aria-roledescription", "class", "width", "height", "viewbox", "viewBox", "style"}
        ),
    ),
)
