"""The words by which attributes, classes and styles say what text means: where it stands, its colours, lists, tasks.

One table, `_READERS`, for all elements: what is said there is held by the document, or reported by a loss that quotes
it. No rule has to remember: after the rules for an element have been asked, `HtmlSink` asks each word of the element
whether the output holds what it says. Presentation without meaning has no word here, and is silent: fonts and their
sizes, margins and padding, justified lines, borders, the looks of bullets, capitals by style, and how wide blocks are.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from jira_session_export._adf.block_words import LEVEL_CLASS, alignment_of, indent_level
from jira_session_export._adf.colours import background_of, hex_colour, is_unknown_colour, text_colour
from jira_session_export._adf.element import Element
from jira_session_export._adf.list_words import STATES, TODO, listed_as, task_state
from jira_session_export._adf.output import Output
from jira_session_export._adf.palettes import COLOUR_CLASS, NAMED_COLOUR, class_colours, named_background, named_colour
from jira_session_export._adf.silent import SILENT_TAGS

BLOCKS: Final = frozenset({
    "address", "article", "aside", "blockquote", "caption", "center", "dd", "details", "dir", "div", "dl", "dt",
    "fieldset", "figcaption", "footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "li", "main",
    "menu", "nav", "ol", "p", "section", "summary", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
})  # fmt: skip
"""Elements whose lines may be aligned."""

_SHOW_NO_TEXT: Final = SILENT_TAGS | {
    "html", "img", "image", "hr", "input", "iframe", "video", "audio", "object", "embed", "source", "figure", "area",
    "map", "progress", "meter", "canvas",
}  # fmt: skip
"""A colour says nothing of text there, or of a whole page."""

_LETTERS: Final = re.compile(
    r"(?:lower|upper)-(?:alpha|latin|roman|greek)"
    r"|(?<=list-style-type:)\s*(?!decimal|none|disc|todo|circle|square|inherit|initial|unset)[a-z-]+"
)
_LETTER_TYPE: Final = re.compile("[aAiI]")
_OF_INNER_LISTS: Final = frozenset({"lower-alpha", "lower-latin", "lower-roman", "a", "i"})  # As Jira does by itself.
_CHECKBOX_ROLES: Final = frozenset({"checkbox", "menuitemcheckbox"})
_TASKS: Final = frozenset({"taskItem", "taskList", "blockTaskItem"})
_LISTED: Final = _TASKS | {"listItem", "bulletList", "orderedList", "decisionItem"}
_LANGUAGE_ATTRIBUTES: Final = ("data-language", "data-lang", "data-code-language", "data-programming-language")
_LANGUAGE_CLASS: Final = re.compile(r"(?<!\S)language-([\w+#.-]+)(?!\S)", re.IGNORECASE)
_NO_LANGUAGE: Final = frozenset(
    {"none", "plain", "plaintext", "text", "txt", "auto", "default", "undefined", "null", "math"}
)

ATTRIBUTES: Final = frozenset({
    "align", "aria-checked", "bgcolor", "class", "color", "data-align", "data-background-color", "data-indent",
    "data-indent-level", "data-lexical-indent", "data-list", "data-list-type", "data-node-indent",
    "data-node-text-align", "data-style-type", "data-text-align", "data-text-alignment", "data-text-color", "reversed",
    "style", "type", *STATES, *_LANGUAGE_ATTRIBUTES,
})  # fmt: skip
"""Where words may stand; elements without any of these say nothing."""

_TITLE_OF_CODE: Final = "data-rehype-pretty-code-title"  # The language in it is that of the code which follows.
_READ_BESIDE: Final = ATTRIBUTES | {
    _TITLE_OF_CODE, "data-slate-list-style-type",
    "data-content-type", "data-item-type", "data-node-type", "data-state", "data-task", "data-task-list-item",
    "data-type", "data-value", "role",
}  # fmt: skip
_MOST_SEEN: Final = 2000
_LONGEST_SEEN: Final = 400


@dataclass(frozen=True, slots=True)
class Word:
    """Something that an element says of what it shows.

    Attributes:
        quoted: how it is written there.
        held: whether the output holds it, asked after the rules.
        detail: what the loss says when it does not.
        at_end: ask when the element ends: what it says may be of something in it.
    """

    quoted: str
    held: Callable[[Output], bool]
    detail: str
    at_end: bool = False


def words_of(tag: str, attrs: Mapping[str, str | None]) -> tuple[Word, ...]:
    """What an element says by words of the table."""
    said = tuple([(name, value) for name, value in attrs.items() if name in _READ_BESIDE])
    words = _SEEN.get((tag, said))
    if words is None:
        element = Element(tag, dict(said))
        words = tuple(word for reader in _READERS for word in reader(element))
        if sum([len(value or "") for _, value in said]) <= _LONGEST_SEEN:
            if len(_SEEN) >= _MOST_SEEN:
                _SEEN.clear()
            _SEEN[tag, said] = words
    return words


_SEEN: Final[dict[tuple[str, tuple[tuple[str, str | None], ...]], tuple[Word, ...]]] = {}


def _quoted(element: Element, properties: tuple[str, ...], names: tuple[str, ...], classes: re.Pattern[str]) -> str:
    """What an element says, as it is written: by its style, by an attribute, or by a class."""
    style = element.style
    for name in properties:
        if style.get(name):
            return f"{name}: {style[name]}"
    for name in names:
        if element.get(name):
            return f'{name}="{element.get(name)}"'
    word = next((word for word in element.get("class").split() if classes.search(word.lower())), "")
    return f'class="{word}"'


# --- where lines stand

_ALIGN_NAMES: Final = ("align", "data-text-alignment", "data-node-text-align", "data-text-align", "data-align")
_LEVEL_NAMES: Final = ("data-indent", "data-lexical-indent", "data-node-indent", "data-indent-level")
_ALIGN_CLASS: Final = re.compile("align|center|centre|right|end")


def _alignment(element: Element) -> Iterator[Word]:
    align = alignment_of(element) if element.tag in BLOCKS else None
    if align is not None:
        quoted = _quoted(element, ("text-align",), _ALIGN_NAMES, _ALIGN_CLASS)
        yield Word(quoted, partial(_is_aligned, align), "lines of this element cannot be aligned")


def _is_aligned(align: str, out: Output) -> bool:
    return out.in_code or out.is_collecting or out.has_block_mark("alignment", align=align)


def _indentation(element: Element) -> Iterator[Word]:
    level = indent_level(element) if element.tag not in {"li", "ul", "ol"} else None
    if level:
        quoted = _quoted(element, (), _LEVEL_NAMES, LEVEL_CLASS)
        yield Word(quoted, _is_indented, "this element cannot be indented")


def _is_indented(out: Output) -> bool:
    return out.is_collecting or out.in_flat_list or out.has_block_mark("indentation")


# --- colours


def _text_colour(element: Element) -> Iterator[Word]:
    if element.tag in _SHOW_NO_TEXT:
        return
    written = element.style.get("color", "")
    colour = text_colour(written) if written else class_colours(element.get("class"))[0] or named_colour(element)
    if colour is None and element.tag == "font":
        colour = hex_colour(element.get("color"))
    if colour is not None:
        quoted = _quoted(element, ("color",), ("data-text-color", "color", "data-value"), COLOUR_CLASS)
        yield Word(quoted, partial(_is_coloured, colour), "this text cannot have a colour of its own")
    elif (named := _named_colour(element)) and not named[1]:
        yield Word(f'class="{named[0]}"', _shows_no_colours, "a colour of a theme")
    elif is_unknown_colour(written):
        yield Word(f"color: {written}", _shows_no_colours, "no colour that can be read")


def _named_colour(element: Element) -> re.Match[str] | None:
    return NAMED_COLOUR.search(element.get("class")) if "class" in element.attrs else None


def _is_coloured(colour: str, out: Output) -> bool:
    if colour == "#000000" or _shows_no_colours(out):  # Black is what text is without a colour.
        return True
    return out.marks.attrs("textColor").get("color") == colour


def _shows_no_colours(out: Output) -> bool:
    return out.is_collecting or out.in_code_font or out.in_code


def _background(element: Element) -> Iterator[Word]:
    if element.tag in _SHOW_NO_TEXT:
        return
    style = element.style
    colour = background_of(style) or class_colours(element.get("class"))[1] or named_background(element)
    if colour is None and element.tag in _CELLS:
        colour = hex_colour(element.get("bgcolor"))
    written = style.get("background-color", "") or style.get("background", "")
    if colour is not None:
        names = ("data-background-color", "bgcolor", "data-value")
        quoted = _quoted(element, ("background-color", "background"), names, COLOUR_CLASS)
        yield Word(quoted, partial(_has_background, colour), "this text cannot have a background of its own")
    elif (named := _named_colour(element)) and named[1]:
        yield Word(f'class="{named[0]}"', _shows_no_colours, "a colour of a theme")
    elif is_unknown_colour(style.get("background-color", "")) or "gradient(" in written:
        name = "background-color" if style.get("background-color") else "background"
        yield Word(f"{name}: {written}", _shows_no_colours, "no colour that can be read")


_CELLS: Final = frozenset({"td", "th", "tr", "table", "thead", "tbody", "tfoot"})


def _has_background(colour: str, out: Output) -> bool:
    if _shows_no_colours(out) or out.marks.attrs("backgroundColor").get("color") == colour:
        return True
    if colour == "#ffffff" or out.parent_type == "panel":  # What a page is; a panel has colours of its own.
        return True
    if out.parent_type in {"table", "tableRow"}:
        return out.table_context.background == colour
    return bool(out.block_attr("background") == colour)


# --- lists and tasks


def _numbering(element: Element) -> Iterator[Word]:
    if element.tag not in {"ol", "ul", "li"}:
        return
    letters = _LETTERS.search(element.get("style").lower())
    if letters is None and element.tag == "ol":
        letters = _LETTER_TYPE.fullmatch(element.get("type"))
    if letters is not None:
        kind, item = letters[0].strip(), element.tag == "li"
        yield Word(kind, partial(_is_lettered, kind, item), "ADF numbers the items of outer lists with digits")
    if element.tag == "ol" and "reversed" in element.attrs:
        yield Word("reversed", _counts_nothing, "ADF numbers items upwards only")


def _is_lettered(kind: str, item: bool, out: Output) -> bool:
    """Whether Jira writes these letters by itself; an item says once for its list how it is numbered."""
    if item and (out.list_around != "orderedList" or out.items_before):
        return True
    return kind in _OF_INNER_LISTS and out.is_inner_list(of_item=item)


def _counts_nothing(out: Output) -> bool:
    return out.is_collecting


def _state(element: Element) -> Iterator[Word]:
    if element.tag in _SHOW_NO_TEXT:
        return
    name = next((name for name in STATES if name in element.attrs), "")
    if not name and element.get("aria-checked") and element.get("role") in _CHECKBOX_ROLES:
        name = "aria-checked"
    if name and (state := task_state(element)):
        written = element.attrs.get(name)
        quoted = name if written is None else f'{name}="{written}"'
        held = partial(_is_list, "taskList") if element.tag in {"ul", "ol"} else partial(_is_task, state)
        yield Word(quoted, held, f"a task that is {state.lower()} cannot stand here")
    elif element.tag != "li":
        name = next((name for name in ("data-list", "data-list-type") if element.get(name)), "")
        kind = ("taskList" if task_state(element) else listed_as(element)) if name else None
        if kind is not None:
            held = partial(_is_list if element.tag in {"ul", "ol"} else _is_listed, kind)
            yield Word(f'{name}="{element.get(name)}"', held, "an item of such a list cannot stand here")


def _is_task(state: str, out: Output) -> bool:
    if out.parent_type == "taskItem":
        return state == TODO or out.block_attr("state") == state
    return out.is_collecting or out.parent_type in _TASKS or out.in_unsure_list or out.is_pending


def _is_list(kind: str, out: Output) -> bool:
    return out.is_collecting or out.in_flat_list or out.parent_type == kind


def _is_listed(kind: str, out: Output) -> bool:
    if out.is_collecting or out.in_flat_list or out.in_unsure_list:
        return True
    return out.parent_type in (_TASKS if kind == "taskList" else _LISTED)


# --- code


def _language(element: Element) -> Iterator[Word]:
    if element.tag in _SHOW_NO_TEXT - {"figure"} or element.tag == "body" or _TITLE_OF_CODE in element.attrs:
        return
    name = next((name for name in _LANGUAGE_ATTRIBUTES if element.get(name)), "")
    found = None if name else _LANGUAGE_CLASS.search(element.get("class"))
    said = element.get(name) if name else found[1] if found else ""
    if said and said.lower() not in _NO_LANGUAGE:
        quoted = f'{name}="{said}"' if name else f'class="{found[0]}"' if found else ""
        yield Word(quoted, _is_code, "only a block of code has a language", at_end=True)


def _is_code(out: Output) -> bool:
    return out.parent_type == "codeBlock" or out.is_collecting


_READERS: Final = (_alignment, _indentation, _text_colour, _background, _numbering, _state, _language)
