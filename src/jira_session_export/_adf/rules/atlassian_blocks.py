"""Atlassian's own HTML of blocks and marks: what its schema and its editor write for what ADF has.

Source: npm `@atlaskit/adf-schema` 57.7.22 (`toDOM` of every node and mark), and the clipboard of the running editor.
"""

import re
from typing import Any, Final

from jira_session_export._adf.builder import DONE, LINE, Closing
from jira_session_export._adf.colours import hex_colour
from jira_session_export._adf.element import Element
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import SKIP_SILENTLY, Outcome, Rule

_NUMBER: Final = re.compile(r"\d{1,6}(?:\.\d{1,6})?")
_LAYOUTS: Final = frozenset({"wide", "full-width", "center", "wrap-right", "wrap-left", "align-end", "align-start"})
_LARGEST_PERCENT: Final = 100


def _kind(element: Element) -> str:
    return element.get("data-node-type")


def _number(written: str) -> float | None:
    if not _NUMBER.fullmatch(written):
        return None
    value = float(written)
    return (int(value) if value.is_integer() else value) or None


# --- expand


def _expand(element: Element, out: Output) -> Outcome:
    if _kind(element) not in {"expand", "nestedExpand"}:
        return None
    return out.open(_kind(element), {"title": element.get("data-title")})


# --- media


def _media_single(element: Element, out: Output) -> Outcome:
    """The frame around an image: where it stands and how wide it is shown."""
    if _kind(element) != "mediaSingle":
        return None
    out.end_line()
    before, out.media_frame = out.media_frame, _frame_of(element)

    def restore() -> None:
        out.end_line()
        out.media_frame = before

    return restore


def _frame_of(element: Element) -> dict[str, Any]:
    layout = element.get("data-layout")
    frame: dict[str, Any] = {"layout": layout if layout in _LAYOUTS else "center"}
    width = _number(element.get("data-width"))
    pixel = element.get("data-width-type") == "pixel"
    if width is not None and (pixel or width <= _LARGEST_PERCENT):
        frame["width"] = width
        if pixel:
            frame["widthType"] = "pixel"
    return frame


def _media(element: Element, out: Output) -> Outcome:
    """An image or a file. What stands in it is how the editor shows it meanwhile."""
    if _kind(element) not in {"media", "mediaInline"}:
        return None
    url = element.get("data-url")
    if url:
        figure = out.image(
            url,
            alt=element.get("data-alt"),
            width=_number(element.get("data-width")),
            height=_number(element.get("data-height")),
        )
        if figure is not None:
            figure["attrs"] = dict(out.media_frame) or figure["attrs"]
            if out.media_border:
                figure["content"][0].setdefault("marks", []).append(out.media_border)
        return SKIP_SILENTLY
    name = next((value for name in _FILE_NAMES if (value := element.get(name).strip())), "")
    what = " ".join(filter(None, (name, f"(file {element.get('data-id')})" if element.get("data-id") else "")))
    out.lose(LossKind.MEDIA_REMOVED, what or "a file", "the file is kept by the site that it comes from: left out")
    return SKIP_SILENTLY


_FILE_NAMES: Final = ("data-file-name", "data-filename", "data-alt")


def _border(element: Element, out: Output) -> Outcome:
    if element.get("data-mark-type") != "border":
        return None
    colour, size = element.get("data-color"), _number(element.get("data-size"))
    if not _BORDER_COLOUR.fullmatch(colour) or size not in {1, 2, 3}:
        return None
    before, out.media_border = out.media_border, {"type": "border", "attrs": {"color": colour, "size": size}}

    def restore() -> None:
        out.media_border = before

    return restore


_BORDER_COLOUR: Final = re.compile(r"#[0-9a-fA-F]{8}|#[0-9a-fA-F]{6}")


# --- extensions


def _extension(element: Element, out: Output) -> Outcome:
    """A macro or an app: what it shows comes of the site it is from. What is written in it stays."""
    named = [element.get(name).strip() for name in _EXTENSION_WORDS]
    what = " ".join(word for word in named if word not in {"", "{}", "null"})
    out.lose(LossKind.CONTENT_REMOVED, what or "<extension>", "a macro or an app of another site: left out")
    if element.tag == "span":
        return DONE
    out.end_line()
    return LINE


_EXTENSION_WORDS: Final = ("data-extension-key", "data-text", "data-title", "data-resource-id", "data-parameters",
                           "data-extension-type")  # fmt: skip


# --- marks


def _text_colour(element: Element, out: Output) -> Outcome:
    colour = hex_colour(element.get("data-text-custom-color"))
    return out.mark("textColor", {"color": colour}) if colour else None


def _background(element: Element, out: Output) -> Outcome:
    colour = hex_colour(element.get("data-background-custom-color"))
    return out.mark("backgroundColor", {"color": colour}) if colour else None


def _code(element: Element, out: Output) -> Outcome:
    """Inline code of the editor: `<span class="code">`."""
    words = element.classes
    if "code" not in words or (element.get("spellcheck") != "false" and len(words) > 1):
        return None
    return out.mark("code")


def _breakout(element: Element, out: Output) -> Closing | None:
    """A code block, an expand or columns that are wider than the text."""
    mode = element.get("data-mode")
    if "fabric-editor-breakout-mark" not in element.classes or mode not in {"wide", "full-width"}:
        return None
    width = _number(element.get("data-width"))
    return out.breakout({"mode": mode, "width": width} if width else {"mode": mode})


_NODE: Final = frozenset({"data-node-type"})
_DIV: Final = frozenset({"div"})
_DIV_OR_SPAN: Final = frozenset({"div", "span"})

ATLASSIAN_BLOCK_RULES = (
    Rule("atlassian-expand", _expand, _DIV, _NODE),
    Rule("atlassian-media-single", _media_single, _DIV, _NODE),
    Rule("atlassian-media", _media, frozenset({"div", "span", "img"}), _NODE),
    Rule("atlassian-border", _border, _DIV_OR_SPAN, frozenset({"data-mark-type"})),
    Rule("atlassian-extension", _extension, _DIV_OR_SPAN,
         frozenset({"data-extension-type", "data-extension-key", "data-sync-block", "data-bodied-sync-block"})),
    Rule("atlassian-text-colour", _text_colour, frozenset({"span"}), frozenset({"data-text-custom-color"})),
    Rule("atlassian-background", _background, frozenset({"span"}), frozenset({"data-background-custom-color"})),
    Rule("atlassian-code", _code, frozenset({"span"}), frozenset({"class"})),
    Rule("atlassian-breakout", _breakout, _DIV, frozenset({"data-mode"})),
)  # fmt: skip
