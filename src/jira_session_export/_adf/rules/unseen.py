"""What nobody sees where the source comes from: hidden elements, and the machinery of editors."""

import re
from collections.abc import Mapping
from typing import Final

from jira_session_export._adf.builder import Closing
from jira_session_export._adf.element import Element
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.memory import remembering
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import SKIP, SKIP_SILENTLY, Outcome, Rule

_NOTHING: Final = frozenset({"0", "0px", "0pt", "0em", "0%"})
_HIDING: Final = re.compile(r"none|hidden|mso-hide|:\s*0|-\d{3}|clip")
_FAR: Final = re.compile(r"-\d{3,6}(?:\.\d{1,4})?(?:px|em|rem)")
_CLIPPED: Final = re.compile(r"rect\(\s*[01](?:px)?(?:[\s,]+[01](?:px)?){3}\s*\)|inset\(\s*(?:50|100)%\s*\)")
_HIDDEN_CLASS: Final = re.compile(
    r"(?<!\S)(?:sr-only|visually-?hidden|screen-reader-text|screenreader-only|a11y-hidden|assistive-text|aui-assist"
    r"|preheader|cke_hidden)(?!\S)"
)
# Parts of a page that open when somebody clicks on them.
_OPENS: Final = re.compile(r"(?<!\S)(?:[\w-]*[-_])?(?:expand|collapse|accordion|toggle|spoiler|tab)[\w-]*(?!\S)")
_MACHINERY: Final = re.compile(
    r"(?<!\S)(?:ql-ui|ql-tooltip|ql-clipboard|ql-hidden|prosemirror-gapcursor|prosemirror-widget|ck-widget__[\w-]*handle\w*"
    r"|ck-fake-selection-container|mce-resizehandle|mce-visual-caret|mce-offscreen-selection|note-control-[\w-]+"
    r"|bn-resize-handle|bn-toggle-button|bn-file-icon|fr-marker|se-resizing-[\w-]+|tableselectedcell-handle"
    r"|table-resize-handle|column-resize-handle|toastui-editor-custom-block-editor)(?!\S)"
)


def _hidden(element: Element, out: Output) -> Outcome:
    attrs = element.attrs
    if "hidden" in attrs and element.get("hidden").lower() != "until-found":
        return SKIP
    if "style" in attrs and _hides(element.get("style").lower()) and not _OPENS.search(element.get("class").lower()):
        return SKIP
    return None


@remembering
def _hides(written: str) -> bool:
    if _HIDING.search(written) is None:
        return False
    style = Element("", {"style": written}).style
    if style.get("display") == "none" or style.get("visibility") == "hidden" or style.get("mso-hide") == "all":
        return True
    return _takes_no_room(style) or _is_off_screen(style) or style.get("opacity") == "0"


def _is_off_screen(style: Mapping[str, str]) -> bool:
    """Whether an element is moved or cut away, as pages do with what is meant for screen readers only."""
    if style.get("position") not in {"absolute", "fixed"}:
        return False
    if _CLIPPED.fullmatch(style.get("clip", "")) or _CLIPPED.fullmatch(style.get("clip-path", "")):
        return True
    return any(_FAR.fullmatch(style.get(side, "")) for side in ("left", "top", "right", "bottom"))


def _takes_no_room(style: Mapping[str, str]) -> bool:
    if style.get("font-size") in _NOTHING:
        return True
    clipped = style.get("overflow", "") in {"hidden", "clip"}
    return clipped and (style.get("max-height") in _NOTHING or style.get("height") in _NOTHING)


def _hidden_class(element: Element, out: Output) -> Outcome:
    classes = element.get("class").lower()
    return _by_class(classes)


@remembering
def _by_class(classes: str) -> Outcome:
    if _HIDDEN_CLASS.search(classes):
        return SKIP
    return SKIP_SILENTLY if _MACHINERY.search(classes) else None


def _bogus(element: Element, out: Output) -> Outcome:
    return SKIP_SILENTLY if element.get("data-mce-bogus") == "all" else None


def _dialog(element: Element, out: Output) -> Outcome:
    return None if "open" in element.attrs else SKIP


def _ornament(element: Element, out: Output) -> Outcome:
    """A button of GitLab's own that stands before each check box, what MathJax draws by a style sheet, and the like."""
    return SKIP_SILENTLY


# --- a choice among several


def _select(element: Element, out: Output) -> Outcome:
    """Only the option that is chosen is seen; without a choice, the first."""
    if out.options is not None or out.is_collecting:
        return None
    out.options = []
    number = out.element

    def finish() -> None:
        now, out.element = out.element, number
        options, out.options = out.options or [], None
        chosen = [text for text, ticked in options if ticked] or [text for text, _ in options[:1]]
        if shown := ", ".join(text for text in chosen if text):
            out.text(shown)
        if others := ", ".join(text for text, _ in options if text and text not in chosen):
            out.lose(LossKind.EMBED_REMOVED, others, "of a list to choose from, only what is chosen is shown")
        out.element = now

    return finish


def _option(element: Element, out: Output) -> Outcome:
    options = out.options
    if options is None:
        return None
    ticked = "selected" in element.attrs

    def add(pieces: list[str]) -> None:
        options.append((" ".join("".join(pieces).split()) or element.get("label"), ticked))

    return out.gather(add)


# --- pages


def _page_break(element: Element, out: Output) -> Outcome:
    if not _PAGE_BREAK.search(element.get("class").lower()):
        return None
    out.block("rule")
    return SKIP_SILENTLY


def _quoted(element: Element, out: Output) -> Closing:
    """`<q>`: browsers put the quotation marks."""
    opening, closing = "\u2018\u2019" if out.quotes % 2 else "\u201c\u201d"
    out.quotes += 1
    out.text(opening)

    def finish() -> None:
        out.quotes -= 1
        out.text(closing)

    return finish


_PAGE_BREAK: Final = re.compile(r"(?<!\S)(?:[\w-]*[-_])?page-?break(?!\S)")

_ORNAMENTS: Final = frozenset({
    "task-button", "clipboard-copy", "copy-code", "insert-code-snippet", "datalist", "mjx-math",
})  # fmt: skip

UNSEEN_RULES = (
    Rule("hidden-element", _hidden, attributes=frozenset({"hidden", "style"}), mentions=_HIDING),
    Rule(
        "hidden-class",
        _hidden_class,
        frozenset({"div", "span", "p", "select", "button", "td", "h2"}),
        frozenset({"class"}),
        mentions=re.compile(f"{_HIDDEN_CLASS.pattern}|{_MACHINERY.pattern}"),
    ),
    Rule("editor-part", _bogus, attributes=frozenset({"data-mce-bogus"})),
    Rule("dialog", _dialog, frozenset({"dialog"})),
    Rule("ornament", _ornament, _ORNAMENTS),
    Rule("select", _select, frozenset({"select"})),
    Rule("option", _option, frozenset({"option"})),
    Rule("page-break", _page_break, frozenset({"div", "hr", "p", "span"}), frozenset({"class"}), mentions=_PAGE_BREAK),
    Rule("quoted", _quoted, frozenset({"q"})),
)
