"""What attributes, classes and styles say about a block of text: where its lines stand, and how far it is indented."""

import re
from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Final

from jira_session_export._adf.element import Element
from jira_session_export._adf.memory import remembering

_CENTRE: Final = frozenset({"center", "-webkit-center", "centre", "middle"})
_END: Final = frozenset({"right", "end", "-webkit-right"})
_ALIGN_CLASS: Final = re.compile(
    r"(?<!\S)(?:ql-align-|has-text-align-|(?:[\w-]*-)?text-align-|(?:[\w-]*-)?text-|align-?|ta-)(center|centre|right|end)(?!\S)"
)
_ALIGN_ATTRIBUTES: Final = ("data-text-alignment", "data-node-text-align", "data-text-align", "data-align")
_LEVEL_ATTRIBUTES: Final = ("data-indent", "data-lexical-indent", "data-node-indent", "data-indent-level")
LEVEL_CLASS: Final = re.compile(
    r"(?<!\S)(?:(?:[\w-]*-)?indent-?(?:level-)?(\d)|(?:[\w-]*-)?block-indent-([a-f]))(?!\S)"
)
"""Finds in lower-case classes how far a block is indented."""
_SIDES: Final = ("margin-left", "padding-left", "margin-inline-start", "padding-inline-start")
_LENGTH: Final = re.compile(r"(\d{0,4}\.?\d{1,6})(px|pt|em|rem|cm|in|mm)?")
_PIXELS: Final = {"px": 1, "pt": 4 / 3, "em": 16, "rem": 16, "cm": 37.8, "in": 96, "mm": 3.78, None: 1}
_LEAST: Final = 9.5  # The smallest step of an editor is 10 pixels.
_ORDINARY_STEP: Final = 40.0  # What browsers indent a quote or a list by.
# By how much editors indent at a time: Jodit 10, Froala and Syncfusion 20, Plate 24, SunEditor and Summernote 25,
# TinyMCE's 20 pt, 2 em, browsers 40, word processors half an inch.
_STEPS: Final = (48.0, 40.0, 32.0, 30.0, 80 / 3, 25.0, 24.0, 20.0, 16.0, 10.0)
_MOST: Final = 6
_MOST_AT_FIRST: Final = 2.5

_VARIABLE: Final = re.compile(r"var\(\s*--[\w-]+\s*,\s*([^(),]*)\)")
_PRODUCT: Final = re.compile(
    r"(?:calc)?\(\s*(?:(\d{1,3}(?:\.\d{1,3})?)\s*\*\s*([\d.]+[a-z]+)|([\d.]+[a-z]+)\s*\*\s*(\d{1,3}(?:\.\d{1,3})?))\s*\)"
)
_MOST_FALLBACKS: Final = 4
_INDENT_BORDER: Final = frozenset({"none", "0", "0px", "none none none none", ""})


def alignment_of(element: Element) -> str | None:
    """`center` or `end` when an element says that its lines stand there, `start` when it says so; None otherwise."""
    attrs = element.attrs
    align = element.style.get("text-align", "") if "style" in attrs else ""
    if not align and element.tag not in {"table", "img"}:
        align = element.get("align").lower()
    for name in _ALIGN_ATTRIBUTES:
        if not align and name in attrs:
            align = element.get(name).lower()
    if not align and "class" in attrs:
        align = _align_in(element.get("class").lower())
    if element.tag == "center" or align in _CENTRE:
        return "center"
    return "end" if align in _END else None


@remembering
def _align_in(classes: str) -> str:
    found = _ALIGN_CLASS.search(classes)
    return found[1] if found else ""


def indent_level(element: Element) -> int | None:
    """How many times a block is indented, when it says so in so many words; None otherwise."""
    if "data-slate-list-style-type" in element.attrs:
        return None  # It says how deep an item is.
    for name in _LEVEL_ATTRIBUTES:
        given = element.get(name)
        if given.isascii() and given.isdigit():
            return int(given[:3])
    return _level_in(element.get("class").lower()) if "class" in element.attrs else None


@remembering
def _level_in(classes: str) -> int | None:
    found = LEVEL_CLASS.search(classes)
    if found is None:
        return None
    return int(found[1]) if found[1] else "abcdef".index(found[2]) + 1


@remembering
def _computed(written: str) -> str:
    """A length with the fallbacks of variables, and one product, worked out, as far as that is one."""
    for _ in range(_MOST_FALLBACKS):
        found = _VARIABLE.search(written)
        if found is None:
            break
        written = f"{written[: found.start()]}{found[1]}{written[found.end() :]}"
    product = _PRODUCT.fullmatch(written)
    if product is None:
        return written
    times, length = (product[1], product[2]) if product[1] else (product[4], product[3])
    found = _LENGTH.fullmatch(length)
    return written if found is None else f"{float(found[1]) * float(times):g}{found[2] or ''}"


def indent_pixels(style: Mapping[str, str]) -> float:
    """By how much a block is moved from the left; 0 when by nothing that anybody would notice."""
    written = next((style[side] for side in _SIDES if side in style), "") or _in_shorthand(style)
    if "(" in written:
        written = _computed(written)
    if not written and style.get("text-indent", "").endswith("em"):
        written = style["text-indent"]  # What wangEditor's command to indent writes; only of the first line elsewhere.
    found = _LENGTH.match(written) if written else None
    if found is None or "mso-list" in style:
        return 0.0
    moved = float(found[1]) * _PIXELS[found[2]]
    return moved if moved >= _LEAST else 0.0


def length_in_pixels(written: str) -> float | None:
    """A length with a unit, in pixels; None when there is none."""
    found = _LENGTH.fullmatch(written.strip()) if written else None
    return float(found[1]) * _PIXELS[found[2]] if found is not None else None


def _in_shorthand(style: Mapping[str, str]) -> str:
    """The left side in a shorthand that names all four, or both of a line."""
    for name in ("margin-inline", "padding-inline"):
        if sides := style.get(name, "").split():
            return sides[0]
    for name in ("margin", "padding"):
        sides = style.get(name, "").split()
        if len(sides) == 4:
            return sides[3]
    return ""


def is_indented_quote(style: Mapping[str, str]) -> bool:
    """Whether a `<blockquote>` is what browsers make of the command to indent: moved, and without a quote's border."""
    if style.get("border", style.get("border-left", "-")) not in _INDENT_BORDER or not indent_pixels(style):
        return False
    return set((style.get("padding", "0px")).split()) <= {"0", "0px"}


def levels(moved: Sequence[float]) -> list[int]:
    """How many times each block of a document is indented.

    The step is the editor's own: the smallest length of the document if that is a known step, or else the largest
    known step that all lengths are multiples of.

    Args:
        moved: by how many pixels each block is moved; all above 0.
    """
    step = _step_of(sorted(set(moved)))
    return [min(max(round(pixels / step), 1), _MOST) for pixels in moved]


def _step_of(lengths: list[float]) -> float:
    known = [step for step in _STEPS if abs(step - lengths[0]) < 0.5]
    small = lengths[0] / _MOST_AT_FIRST  # Nobody begins with the third step of an editor.
    steps = (*known, *(step for step in _STEPS if step > small))
    divisors = (step for step in steps if all(_divides(step, length) for length in lengths))
    return next(chain(divisors, known), _ORDINARY_STEP)


def _divides(step: float, length: float) -> bool:
    times = round(length / step)
    return times >= 1 and abs(length - times * step) <= 0.03 * length + 0.4
