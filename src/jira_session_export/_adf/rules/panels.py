"""Panels and layouts: Atlassian's own, GitHub's alerts, and the boxes that editors and documentation tools write."""

import re
from collections.abc import Set as AbstractSet
from typing import Any

from jira_session_export._adf.builder import LINE, Closing
from jira_session_export._adf.element import Element
from jira_session_export._adf.memory import remembering
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import SKIP_SILENTLY, Outcome, Rule

_PANEL_TYPES = frozenset({"info", "note", "tip", "warning", "error", "success", "custom"})

# Words in class names → panel type. More than one may be there; the first of this order decides.
_WORDS = {
    "error": "error", "danger": "error", "caution": "error", "critical": "error", "failure": "error", "bug": "error",
    "warning": "warning", "attention": "warning", "warn": "warning",
    "success": "success", "done": "success", "check": "success",
    "tip": "tip", "hint": "tip",
    "important": "note", "note": "note", "secondary": "note", "primary": "info", "info": "info", "information": "info",
}  # fmt: skip
_PANEL_WORDS = frozenset(
    {
        "panel",
        "callout",
        "admonition",
        "alert",
        "notice",
        "message",
        "infobox",
        "markdown-alert",
        "custom-block",
        "starlight-aside",
        "kg-callout-card",
    }
)
_PREFIXES = (
    "alert--",
    "alert-",
    "starlight-aside--",
    "cdx-",
    "callout-",
    "admonition-",
    "markdown-alert-",
    "panel-",
    "confluence-information-macro-",
    "bs-callout-",
    "message-",
    "notice-",
)
_SUFFIXES = ("-box", "-panel", "-callout", "-message", "-alert", "-notice")
_CONFLUENCE = "confluence-information-macro"
_CONFLUENCES = {
    f"{_CONFLUENCE}-information": "info",
    f"{_CONFLUENCE}-note": "warning",
    f"{_CONFLUENCE}-tip": "success",
    f"{_CONFLUENCE}-warning": "error",
}
"""Its note is yellow, its tip green and its warning red."""


def _atlassian_panel(element: Element, out: Output) -> Outcome:
    panel_type = element.get("data-panel-type").lower()
    if not panel_type:
        return None
    attrs: dict[str, Any] = {"panelType": panel_type if panel_type in _PANEL_TYPES else "info"}
    for name, attribute in (
        ("panelIcon", "data-panel-icon"),
        ("panelIconId", "data-panel-icon-id"),
        ("panelIconText", "data-panel-icon-text"),
        ("panelColor", "data-panel-color"),
    ):
        if element.get(attribute):
            attrs[name] = element.get(attribute)
    return out.open("panel", attrs)


def _box(element: Element, out: Output) -> Outcome:
    """A `div`, `section`, `aside` or `blockquote` whose classes say that it is a panel."""
    kinds = _box_kinds(element.get("class"))
    if kinds is None:
        return None
    return _panel(kinds | {element.get("data-callout").lower(), element.get("data-type").lower()}, out)


@remembering
def _box_kinds(classes: str) -> frozenset[str] | None:
    """The words by which the classes may say the kind of a box; None when they do not say that it is one."""
    words = frozenset(classes.lower().split())
    if _CONFLUENCE in words:
        return frozenset({next(filter(None, map(_CONFLUENCES.get, words)), "info")})
    kinds = {word.removeprefix(prefix) for word in words for prefix in _PREFIXES if word.startswith(prefix)}
    kinds |= {word.removesuffix(suffix) for word in words for suffix in _SUFFIXES if word.endswith(suffix)}
    is_box = not (words.isdisjoint(_PANEL_WORDS) and kinds.isdisjoint(_WORDS))
    return words | kinds if is_box or ("container-wrapper" in words and not words.isdisjoint(_WORDS)) else None


def _aside(element: Element, out: Output) -> Outcome:
    kinds = set(element.classes) | {element.get("data-type").lower()}
    return _panel(kinds, out)


def _typed_box(element: Element, out: Output) -> Outcome:
    """`<div data-type="callout">` and the like, as block editors write them."""
    if element.get("data-type").lower() not in _PANEL_WORDS and not element.get("data-callout"):
        return None
    kinds = set(element.classes) | {element.get(name).lower() for name in ("data-callout", "data-variant", "data-kind")}
    return _panel(kinds, out)


def _panel(kinds: AbstractSet[str], out: Output) -> Closing:
    return out.open("panel", {"panelType": next((kind for word, kind in _WORDS.items() if word in kinds), "info")})


_TITLES = frozenset({
    "markdown-alert-title", "admonition-title", "alert-title", "callout-title", "alert-heading", "custom-block-title",
    "starlight-aside__title",
})  # fmt: skip


def _alert_title(element: Element, out: Output) -> Outcome:
    if not element.classes & _TITLES and not (out.parent_type == "panel" and element.classes == {"title"}):
        return None
    out.end_line()
    return (LINE, out.mark("strong"))


def _expander(element: Element, out: Output) -> Outcome:
    """The part that opens of a rendered page of Confluence."""
    words = element.classes
    if "expand-container" in words or "expand-macro" in words:
        return out.open("expand")
    if "expand-icon" in words:
        return SKIP_SILENTLY
    return out.title() if "expand-control-text" in words and out.parent_type in {"expand", "nestedExpand"} else None


# --- layouts


def _section(element: Element, out: Output) -> Outcome:
    if "data-layout-section" in element.attrs or _SECTIONS & element.classes:
        return out.open("layoutSection")
    return None


def _column(element: Element, out: Output) -> Outcome:
    given = element.get("data-column-width") or element.get("data-width") or element.style.get("width", "")
    if "data-layout-column" not in element.attrs and not _COLUMNS & element.classes:
        return None
    if out.parent_type != "layoutSection":
        return None
    try:
        width = float(given.rstrip("%"))
    except ValueError:
        width = 0.0
    attrs: dict[str, Any] = {"width": width if 0 < width <= 100 else _EVEN}
    if (valign := element.get("data-valign")) in {"top", "middle", "bottom"}:
        attrs["valign"] = valign
    return out.open("layoutColumn", attrs)


_EVEN = 50.0
_SECTIONS = frozenset({"layoutsection", "columnlayout", "layout-section", "column-list"})  # The last one is Notion's.
_COLUMNS = frozenset({"layout-column", "cell", "column"})
_CLASS = frozenset({"class"})
_BOXES = frozenset({"div", "section", "aside", "blockquote", "p", "figure"})

PANEL_RULES = (
    Rule("expander", _expander, frozenset({"div", "span"}), _CLASS, mentions=re.compile(r"(?<!\S)expand-[ci]")),
    Rule("atlassian-panel", _atlassian_panel, frozenset({"div", "section", "aside"}), frozenset({"data-panel-type"})),
    Rule(
        "typed-box",
        _typed_box,
        frozenset({"div", "section", "aside", "blockquote"}),
        frozenset({"data-type", "data-callout"}),
    ),
    Rule(
        "alert-title", _alert_title, frozenset({"p", "div", "h4", "h5"}), _CLASS, mentions=re.compile(r"title|heading")
    ),
    Rule(
        "box",
        _box,
        _BOXES,
        _CLASS,
        mentions=re.compile(
            r"panel|callout|admonition|alert|notice|message|macro|box|container-wrapper|custom-block|aside|cdx-warning"
        ),
    ),
    Rule("aside", _aside, frozenset({"aside"})),
    Rule(
        "layout-section",
        _section,
        frozenset({"div", "section"}),
        _CLASS | {"data-layout-section"},
        mentions=re.compile(r"layout|column-list"),
    ),
    Rule(
        "layout-column",
        _column,
        frozenset({"div"}),
        _CLASS | {"data-layout-column"},
        mentions=re.compile(r"layout|cell|column"),
    ),
)
