"""Text-level elements and the styles that can stand on any element."""

import re

from jira_session_export.adf.builder import DONE, Closing
from jira_session_export.adf.colours import hex_colour
from jira_session_export.adf.element import Element
from jira_session_export.adf.losses import LossKind
from jira_session_export.adf.output import Output
from jira_session_export.adf.rules.ruleset import Outcome, Rule

_LENGTH = re.compile(r"(-?\d*\.?\d+)(px|pt|em|rem|cm|in|mm)?")
_PIXELS = {"px": 1, "pt": 4 / 3, "em": 16, "rem": 16, "cm": 37.8, "in": 96, "mm": 3.78, None: 1}
_INDENT_PIXELS = 40  # What browsers indent a quote or a list by.
_BLACK = "#000000"

_MARK_OF = {
    "b": "strong", "strong": "strong", "em": "em", "i": "em", "cite": "em", "dfn": "em", "var": "em",
    "u": "underline", "ins": "underline", "s": "strike", "strike": "strike", "del": "strike",
}  # fmt: skip


def _mark(element: Element, out: Output) -> Outcome:
    style = element.style
    if style:
        # Google Docs wraps all it copies in <b style="font-weight:normal">.
        cancelled = {
            "strong": _is_normal(style.get("font-weight", "")),
            "em": style.get("font-style") == "normal",
        }
        if cancelled.get(_MARK_OF[element.tag]):
            return DONE
    return out.mark(_MARK_OF[element.tag])


def _subscript(element: Element, out: Output) -> Outcome:
    return out.mark("subsup", {"type": element.tag})


def _code(element: Element, out: Output) -> Outcome:
    return out.mark("code")


def _highlight(element: Element, out: Output) -> Outcome:
    if "background-color" in element.style or "background" in element.style:
        return DONE  # The styles have said it.
    return out.mark("backgroundColor", {"color": hex_colour(element.get("data-color")) or "#ffff00"})


def _font(element: Element, out: Output) -> Outcome:
    colour = hex_colour(element.get("color"))
    return out.mark("textColor", {"color": colour}) if colour else DONE


def _abbreviation(element: Element, out: Output) -> Outcome:
    out.lose(
        LossKind.FORMATTING_DROPPED, element.get("title"), "ADF has no abbreviations: what it stands for is left out"
    )
    return DONE


def _break(element: Element, out: Output) -> Outcome:
    out.hard_break()
    return DONE


# --- styles


def _is_bold(weight: str) -> bool:
    return weight in {"bold", "bolder"} or (weight.isascii() and weight.isdigit() and int(weight[:4]) >= 600)


def _is_normal(weight: str) -> bool:
    return weight in {"normal", "lighter"} or (weight.isascii() and weight.isdigit() and int(weight[:4]) < 600)


def _style_marks(element: Element, out: Output) -> Outcome:
    style = element.style
    if not style:
        return None
    before = out.marks
    weight = style.get("font-weight", "")
    if weight and element.tag not in {"b", "strong", "h1", "h2", "h3", "h4", "h5", "h6", "th"}:
        if _is_bold(weight):
            out.mark("strong")
        elif _is_normal(weight):
            out.unmark("strong")
    slant = style.get("font-style", "")
    if slant in {"italic", "oblique"}:
        out.mark("em")
    elif slant == "normal":
        out.unmark("em")
    decoration = style.get("text-decoration-line", "") or style.get("text-decoration", "")
    if decoration and element.tag != "a":
        if "underline" in decoration:
            out.mark("underline")
        if "line-through" in decoration:
            out.mark("strike")
    raised = style.get("vertical-align", "")
    if raised in {"sub", "super"} and element.tag not in {"td", "th", "tr"}:
        out.mark("subsup", {"type": raised[:3]})
    _colours(element, out)
    return before if out.marks is not before else None


def _colours(element: Element, out: Output) -> None:
    colour = hex_colour(element.style.get("color", ""))
    # Black is what text is without a colour; Word and Google Docs write it on everything.
    if colour and (colour != _BLACK or "textColor" in out.marks):
        out.mark("textColor", {"color": colour})
    if element.tag in {"td", "th", "tr", "table", "tbody", "body", "html"}:
        return
    background = hex_colour(element.style.get("background-color", "") or element.style.get("background", ""))
    if background:
        out.mark("backgroundColor", {"color": background})


def _white_space(element: Element, out: Output) -> Outcome:
    value = element.style.get("white-space", "")
    if not value or element.tag in {"pre", "textarea"}:
        return None
    return out.preserve_white_space(value in {"pre", "pre-wrap", "pre-line", "break-spaces"}) or None


# --- alignment and indentation

_ALIGNED = frozenset({
    "article", "center", "div", "footer", "h1", "h2", "h3", "h4", "h5", "h6", "header", "main", "p", "section",
    "table", "td", "th", "tr",
})  # fmt: skip


def _alignment(element: Element, out: Output) -> Outcome:
    align = element.style.get("text-align", "") or (
        "" if element.tag in {"table", "img"} else element.get("align").lower()
    )
    if element.tag == "center":
        align = "center"
    if align in {"center", "-webkit-center"}:
        return out.align("alignment", {"align": "center"})
    if align in {"right", "end", "-webkit-right"}:
        return out.align("alignment", {"align": "end"})
    return None


def _indentation(element: Element, out: Output) -> Outcome:
    given = element.get("data-indent")
    if given.isascii() and given.isdigit():
        level = int(given[:3])
    else:
        found = _LENGTH.match(element.style.get("margin-left", "") or element.style.get("padding-left", ""))
        if found is None or "mso-list" in element.style:
            return None
        level = round(float(found[1][:8]) * _PIXELS[found[2]] / _INDENT_PIXELS)
    return out.align("indentation", {"level": min(level, 6)}) if level >= 1 else None


def _small(element: Element, out: Output) -> Outcome:
    return out.align("fontSize", {"fontSize": "small"}) if "adf-small" in element.classes else None


STYLE_RULES = (
    Rule("style-marks", _style_marks, attributes=frozenset({"style"}), passes_on=True),
    Rule("white-space", _white_space, attributes=frozenset({"style"}), passes_on=True),
    Rule("alignment", _alignment, _ALIGNED, frozenset({"style", "align"}), passes_on=True),
    Rule("indentation", _indentation, frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "div"}),
         frozenset({"style", "data-indent"}), passes_on=True),
    Rule("font-size", _small, frozenset({"p"}), frozenset({"class"}), passes_on=True),
)  # fmt: skip
"""These add to what other rules make of an element, so they come first."""

INLINE_RULES = (
    Rule("line-break", _break, frozenset({"br"})),
    Rule("mark", _mark, frozenset(_MARK_OF)),
    Rule("subscript", _subscript, frozenset({"sub", "sup"})),
    Rule("highlight", _highlight, frozenset({"mark"})),
    Rule("font", _font, frozenset({"font"})),
    Rule("inline-code", _code, frozenset({"code", "kbd", "samp", "tt"})),
    Rule("abbreviation", _abbreviation, frozenset({"abbr", "acronym"}), frozenset({"title"})),
)  # fmt: skip


def centred(element: Element, out: Output) -> Closing:
    """`<center>`: a block whose paragraphs are centred."""
    out.end_line()
    return (out.end_line, out.align("alignment", {"align": "center"}))
