"""Text-level elements and the styles that can stand on any element."""

import re
from collections.abc import Mapping

from jira_session_export._adf.block_words import (
    alignment_of,
    indent_level,
    indent_pixels,
    is_indented_quote,
)
from jira_session_export._adf.builder import DONE, LINE, Closing
from jira_session_export._adf.colours import background_of, hex_colour, is_transparent, text_colour
from jira_session_export._adf.element import Element
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.memory import remembering
from jira_session_export._adf.output import Output
from jira_session_export._adf.palettes import COLOUR_CLASS, class_colours, named_background, named_colour
from jira_session_export._adf.rules.ruleset import Outcome, Rule
from jira_session_export._adf.vocabulary import BLOCKS

_TRANSPARENT = frozenset({"transparent", "unset", "initial", "none"})
_BLACK = {"color": "#000000"}
_BOLD_BY_NATURE = frozenset({"b", "strong", "h1", "h2", "h3", "h4", "h5", "h6", "th"})
_COLOURED_AS_A_WHOLE = frozenset({"td", "th", "tr", "table", "tbody", "thead", "body", "html"})

_HIGHLIGHTING = frozenset({"textColor", "backgroundColor", "strong", "em"})
"""What editors write in code to set apart its words."""

_MARK_OF = {
    "b": "strong", "strong": "strong", "em": "em", "i": "em", "cite": "em", "dfn": "em", "var": "em",
    "u": "underline", "ins": "underline", "s": "strike", "strike": "strike", "del": "strike",
}  # fmt: skip


_DECORATIONS = frozenset({"underline", "strike"})


def _mark(element: Element, out: Output) -> Outcome:
    mark_type = _MARK_OF[element.tag]
    if out.in_code_font and mark_type in _HIGHLIGHTING:
        return DONE
    if element.attrs:
        # Google Docs wraps all it copies in <b style="font-weight:normal">.
        style = element.style
        if mark_type == "strong" and _is_normal(style.get("font-weight", "")):
            return DONE
        if mark_type == "em" and style.get("font-style") == "normal":
            return DONE
        decoration = style.get("text-decoration-line", "") or style.get("text-decoration", "")
        if mark_type in _DECORATIONS and decoration.partition(" ")[0] == "none":
            return DONE
    return out.mark(mark_type)


def _subscript(element: Element, out: Output) -> Outcome:
    if element.attrs and element.style.get("vertical-align") == "baseline":
        return DONE
    return out.mark("subsup", {"type": element.tag})


def _code(element: Element, out: Output) -> Outcome:
    return out.mark("code")


def _highlight(element: Element, out: Output) -> Outcome:
    if element.attrs:
        if background_of(element.style) or any(class_colours(element.get("class"))):
            return DONE  # The style or the class has said it.
        written = element.style.get("background-color", element.style.get("background", ""))
        if written in _TRANSPARENT or is_transparent(written):
            return DONE  # WordPress colours text by such a `<mark>`.
    return out.mark("backgroundColor", {"color": hex_colour(element.get("data-color")) or "#ffff00"})


def _font(element: Element, out: Output) -> Outcome:
    colour = hex_colour(element.get("color"))
    if not colour or out.in_code_font or (colour == _BLACK["color"] and "textColor" not in out.marks):
        return DONE  # Black is what text is without a colour.
    return out.mark("textColor", {"color": colour})


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
        elif out.in_code_font and mark_type in _HIGHLIGHTING:
            continue  # An editor's, as of highlighted code.
        # Black is what text is without a colour; Word and Google Docs write it on everything.
        elif attrs != _BLACK or mark_type != "textColor" or "textColor" in out.marks:
            out.mark(mark_type, attrs)
    return before if out.marks is not before else None


def _class_marks(element: Element, out: Output) -> Outcome:
    """Colours that a class gives, and code that is a class."""
    written = element.get("class")
    colour, background = class_colours(written)
    before = out.marks
    if colour:
        out.mark("textColor", {"color": colour})
    if background and element.tag not in _COLOURED_AS_A_WHOLE | {"figure"}:  # Notion's callout is a figure.
        out.mark("backgroundColor", {"color": background})
    if element.tag == "span" and "fr-class-code" in written:
        out.mark("code")
    return before if out.marks is not before else None


def _named_colours(element: Element, out: Output) -> Outcome:
    """BlockNote's colours, by name, where a style does not say them."""
    before = out.marks
    style = element.style
    if "color" not in style and (colour := named_colour(element)):
        out.mark("textColor", {"color": colour})
    if not background_of(style) and element.tag not in _COLOURED_AS_A_WHOLE and (colour := named_background(element)):
        out.mark("backgroundColor", {"color": colour})
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
    if "color" in style and (colour := text_colour(style["color"])):
        changes.append((True, "textColor", {"color": colour}))
    background = background_of(style)
    if background and tag not in _COLOURED_AS_A_WHOLE:
        changes.append((True, "backgroundColor", {"color": background}))
    return tuple(changes)


_KEPT_SPACE = frozenset({"pre", "pre-wrap", "pre-line", "break-spaces", "preserve", "preserve-breaks"})


def _white_space(element: Element, out: Output) -> Outcome:
    style = element.style
    value = style.get("white-space", "") or style.get("white-space-collapse", "")
    if not value or element.tag in {"pre", "textarea"}:
        return None
    return out.preserve_white_space(value.partition(" ")[0] in _KEPT_SPACE) or None


def _editor_text(element: Element, out: Output) -> Outcome:
    """A run of text of Slate's or Draft.js's: the editor shows its line ends, and does not say so in what is copied."""
    if "data-slate-string" not in element.attrs and element.get("data-text") != "true":
        return None
    return out.preserve_white_space(preserve=True)


# --- alignment and indentation

_ALIGNED = BLOCKS - {"li", "ul", "ol", "menu", "dir", "blockquote", "figcaption"}
"""Not where paragraphs in ADF cannot be aligned."""


def _alignment(element: Element, out: Output) -> Outcome:
    align = alignment_of(element)
    return out.align("alignment", {"align": align}) if align else None


def _indentation(element: Element, out: Output) -> Outcome:
    level = indent_level(element)
    if level is not None:
        return out.align("indentation", {"level": min(level, 6)}) if level >= 1 else None
    if "style" not in element.attrs or "data-slate-list-style-type" in element.attrs:
        return None
    moved = indent_pixels(element.style)
    if moved and out.parent_type == "listItem" and _is_of_paper(element.style.get("margin-left", "")):
        return None  # A word processor says once more where the items of the list stand.
    return out.indent(moved) if moved else None


def _is_of_paper(length: str) -> bool:
    return length.endswith(("cm", "mm", "in", "pt"))


def _indented_quote(element: Element, out: Output) -> Outcome:
    """What Chromium makes of the command to indent."""
    if not is_indented_quote(element.style):
        return None
    out.end_line()
    return (LINE, out.indent(indent_pixels(element.style)))


def _small(element: Element, out: Output) -> Outcome:
    return out.align("fontSize", {"fontSize": "small"}) if "adf-small" in element.classes else None


STYLE_RULES = (
    Rule(
        "style-marks",
        _style_marks,
        attributes=frozenset({"style"}),
        passes_on=True,
        mentions=re.compile(r"font-weight|font-style|font:|decoration|vertical-align|color|background"),
    ),
    Rule(
        "white-space",
        _white_space,
        attributes=frozenset({"style"}),
        passes_on=True,
        mentions=re.compile(r"white-space"),
    ),
    Rule(
        "editor-text", _editor_text, frozenset({"span"}), frozenset({"data-slate-string", "data-text"}), passes_on=True
    ),
    Rule(
        "class-marks",
        _class_marks,
        None,
        frozenset({"class"}),
        passes_on=True,
        mentions=re.compile(rf"{COLOUR_CLASS.pattern}|fr-class"),
    ),
    Rule(
        "named-colours",
        _named_colours,
        None,
        frozenset({"data-text-color", "data-background-color", "data-style-type"}),
        passes_on=True,
    ),
    Rule(
        "alignment",
        _alignment,
        _ALIGNED,
        frozenset(
            {"style", "align", "class", "data-text-alignment", "data-node-text-align", "data-text-align", "data-align"}
        ),
        passes_on=True,
        mentions=re.compile(r"align|cent|right|end"),
    ),
    Rule(
        "indentation",
        _indentation,
        frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "div"}),
        frozenset({"style", "class", "data-indent", "data-lexical-indent", "data-node-indent", "data-indent-level"}),
        passes_on=True,
        mentions=re.compile(r"indent|margin|padding"),
    ),
    Rule(
        "indented-quote",
        _indented_quote,
        frozenset({"blockquote"}),
        frozenset({"style"}),
        mentions=re.compile(r"margin|padding"),
    ),
    Rule(
        "font-size", _small, frozenset({"p"}), frozenset({"class"}), passes_on=True, mentions=re.compile(r"adf-small")
    ),
)
"""These add to what other rules make of an element, so they come first."""

INLINE_RULES = (
    Rule("line-break", _break, frozenset({"br"})),
    Rule("mark", _mark, frozenset(_MARK_OF)),
    Rule("subscript", _subscript, frozenset({"sub", "sup"})),
    Rule("highlight", _highlight, frozenset({"mark"})),
    Rule("font", _font, frozenset({"font"})),
    Rule("inline-code", _code, frozenset({"code", "kbd", "samp", "tt"})),
    Rule("abbreviation", _abbreviation, frozenset({"abbr", "acronym"}), frozenset({"title"})),
)


def centred(element: Element, out: Output) -> Closing:
    """`<center>`: a block whose paragraphs are centred."""
    out.end_line()
    return (LINE, out.align("alignment", {"align": "center"}))
