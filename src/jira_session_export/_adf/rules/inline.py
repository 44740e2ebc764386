"""Text-level elements and the styles that can stand on any element."""

import re
from collections.abc import Mapping

from jira_session_export._adf.builder import DONE, LINE, Closing
from jira_session_export._adf.colours import hex_colour
from jira_session_export._adf.element import Element
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.memory import remembering
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import Outcome, Rule

_LENGTH = re.compile(r"(-?\d*\.?\d+)(px|pt|em|rem|cm|in|mm)?")
_PIXELS = {"px": 1, "pt": 4 / 3, "em": 16, "rem": 16, "cm": 37.8, "in": 96, "mm": 3.78, None: 1}
_INDENT_PIXELS = 40  # What browsers indent a quote or a list by.
_BLACK = {"color": "#000000"}
_BOLD_BY_NATURE = frozenset({"b", "strong", "h1", "h2", "h3", "h4", "h5", "h6", "th"})
_COLOURED_AS_A_WHOLE = frozenset({"td", "th", "tr", "table", "tbody", "thead", "body", "html"})

_MARK_OF = {
    "b": "strong", "strong": "strong", "em": "em", "i": "em", "cite": "em", "dfn": "em", "var": "em",
    "u": "underline", "ins": "underline", "s": "strike", "strike": "strike", "del": "strike",
}  # fmt: skip


def _mark(element: Element, out: Output) -> Outcome:
    mark_type = _MARK_OF[element.tag]
    if element.attrs:
        # Google Docs wraps all it copies in <b style="font-weight:normal">.
        style = element.style
        if mark_type == "strong" and _is_normal(style.get("font-weight", "")):
            return DONE
        if mark_type == "em" and style.get("font-style") == "normal":
            return DONE
    return out.mark(mark_type)


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
    before = out.marks
    for add, mark_type, attrs in _changes(f"{element.tag} {element.get('style')}"):
        if not add:
            out.unmark(mark_type)
        # Black is what text is without a colour; Word and Google Docs write it on everything.
        elif attrs != _BLACK or "textColor" in out.marks:
            out.mark(mark_type, attrs)
    return before if out.marks is not before else None


_Change = tuple[bool, str, Mapping[str, str] | None]


@remembering
def _changes(tag_and_style: str) -> tuple[_Change, ...]:
    """What a style means for an element of this name: marks to add (True) and marks to take away (False)."""
    tag, _, written = tag_and_style.partition(" ")
    style = Element(tag, {"style": written}).style
    changes: list[_Change] = []
    weight = style.get("font-weight", "")
    if tag not in _BOLD_BY_NATURE and (_is_bold(weight) or _is_normal(weight)):
        changes.append((_is_bold(weight), "strong", None))
    slant = style.get("font-style", "")
    if slant in {"italic", "oblique", "normal"}:
        changes.append((slant != "normal", "em", None))
    decoration = "" if tag == "a" else style.get("text-decoration-line", "") or style.get("text-decoration", "")
    if "underline" in decoration:
        changes.append((True, "underline", None))
    if "line-through" in decoration:
        changes.append((True, "strike", None))
    raised = style.get("vertical-align", "")
    if raised in {"sub", "super"} and tag not in _COLOURED_AS_A_WHOLE:
        changes.append((True, "subsup", {"type": raised[:3]}))
    if colour := hex_colour(style.get("color", "")):
        changes.append((True, "textColor", {"color": colour}))
    background = hex_colour(style.get("background-color", "") or style.get("background", ""))
    if background and tag not in _COLOURED_AS_A_WHOLE:
        changes.append((True, "backgroundColor", {"color": background}))
    return tuple(changes)


def _white_space(element: Element, out: Output) -> Outcome:
    if "white-space" not in element.get("style") or element.tag in {"pre", "textarea"}:
        return None
    value = element.style.get("white-space", "")
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
    return (LINE, out.align("alignment", {"align": "center"}))
