"""What styles, attributes and classes say about an image: where it stands, and how wide it is shown."""

import re
from collections.abc import Mapping
from typing import Final

from jira_session_export._adf.block_words import length_in_pixels
from jira_session_export._adf.element import Element
from jira_session_export._adf.memory import remembering

_LAYOUTS: Final = frozenset({"wide", "full-width", "center", "wrap-right", "wrap-left", "align-end", "align-start"})
_SIDES: Final = {
    "left": "align-start", "start": "align-start", "right": "align-end", "end": "align-end", "center": "center",
    "full": "full-width", "wide": "wide",
}  # fmt: skip
# Classes by which editors let text flow around an image, or set it at one side.
_LAYOUT_CLASS: Final = re.compile(
    r"(?<!\S)(?:(?P<block>image-style-block-align-|block-align-|e-imgblock-?)"
    r"|(?P<side>image-style-side)"
    r"|(?:[\w-]*[-_])?(?:float-?|pull-?|image-style-align-|image-align-?|img-align-?|align-?|fr-fi|e-img|img-)"
    r")(?P<to>left|right|start|end|l|r)?(?!\S)"
)
_ZERO: Final = frozenset({"0", "0px", "0pt", "0em"})
_PIXELS: Final = re.compile(r"\s*(\d{1,7}(?:\.\d{1,4})?)(?:px)?\s*$")
_PERCENT: Final = re.compile(r"\s*(\d{1,3}(?:\.\d{1,4})?)%\s*$")


def layout_of(element: Element) -> str | None:
    """One of the layouts of `mediaSingle` when an element says where it stands; None when it does not."""
    attrs = element.attrs
    if "data-layout" in attrs and element.get("data-layout") in _LAYOUTS:
        return element.get("data-layout")
    if "style" in attrs and (layout := _by_style(element.style)):
        return layout
    for name in ("data-text-alignment", "data-align", "data-alignment"):
        if name in attrs and (layout := _SIDES.get(element.get(name).lower())):
            return layout
    side = element.get("align").lower() if "align" in attrs else ""
    if side in {"left", "right"}:
        return f"wrap-{side}"
    return _by_class(element.get("class").lower()) if "class" in attrs else None


def _by_style(style: Mapping[str, str]) -> str | None:
    side = style.get("float", "")
    if side in {"left", "right"}:
        return f"wrap-{side}"
    before, after = style.get("margin-left", ""), style.get("margin-right", "")
    if before == after == "auto":
        return "center"
    if before == "auto" and after in _ZERO:
        return "align-end"
    return "align-start" if after == "auto" and before in _ZERO else None


@remembering
def _by_class(classes: str) -> str | None:
    found = _LAYOUT_CLASS.search(classes)
    if found is None:
        return None
    if found["side"]:
        return "wrap-right"
    to = found["to"]
    if to is None:
        return None
    left = to in {"left", "start", "l"}
    if found["block"]:
        return "align-start" if left else "align-end"
    return "wrap-left" if left else "wrap-right"


def pixels(element: Element, name: str) -> float | None:
    """Width or height of an element in pixels; None when it is relative or not given."""
    found = _PIXELS.match(element.style.get(name, "")) or _PIXELS.match(element.get(name))
    if found is not None:
        return _number(found[1])
    absolute = length_in_pixels(element.style.get(name, ""))
    return round(absolute) or None if absolute else None


def percent(element: Element) -> float | None:
    """The width of an element in percent of what it stands in; None when it is not given so, or makes no sense."""
    found = _PERCENT.match(element.style.get("width", "")) or _PERCENT.match(element.get("width"))
    share = _number(found[1]) if found is not None else None
    return share if share is not None and share <= 100 else None


def _number(written: str) -> float | None:
    value = float(written)
    if value <= 0:
        return None
    return int(value) if value.is_integer() else value
