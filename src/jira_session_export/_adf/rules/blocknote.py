"""BlockNote's own HTML: blocks in blocks, whose kind stands in an attribute and whose children stand beside them."""

from jira_session_export._adf.builder import DONE, LINE, Closing
from jira_session_export._adf.element import Element
from jira_session_export._adf.image_words import layout_of
from jira_session_export._adf.output import ImageFrame, Output
from jira_session_export._adf.rules.ruleset import SKIP_SILENTLY, Outcome, Rule

_ITEMS = {"bulletlistitem": "bulletList", "numberedlistitem": "orderedList", "checklistitem": "taskList"}
_FILES = frozenset({"file", "image", "video", "audio"})


def _block(element: Element, out: Output) -> Outcome:
    """A block together with its children: what its content begins stays open for them."""
    if element.get("data-node-type") != "blockContainer":
        return None
    out.end_line()
    out.held.append(DONE)

    def finish() -> None:
        out.end(out.held.pop())

    return finish


def _content(element: Element, out: Output) -> Outcome:
    kind = element.get("data-content-type").lower()
    if not out.held:
        return None
    out.end_line()
    if kind in _ITEMS:
        state = "DONE" if element.get("data-checked") == "true" else "TODO"
        start = element.get("data-start") or element.get("data-index")
        _hold(out.adjacent_item(_ITEMS[kind], state, int(start[:9]) if start.isdigit() else 1), out)
        return LINE
    if kind == "togglelistitem" or element.get("data-is-toggleable") == "true":
        _hold(out.open("expand"), out)
        return out.title()
    if kind in _FILES and (kind == "file" or element.get("data-show-preview") == "false"):
        return _file(element, out)
    return _shown(element, out) if kind in _FILES else None


def _shown(element: Element, out: Output) -> Closing:
    """A picture or a player, which stands in the block with the same address."""
    before, out.image_frame = out.image_frame, ImageFrame(layout=layout_of(element))
    element.get("data-url")

    def restore() -> None:
        out.image_frame = before

    return (restore, LINE)


def _hold(closing: Closing, out: Output) -> None:
    out.held[-1] = closing


def _file(element: Element, out: Output) -> Outcome:
    """A file that is shown by its name: a link to it, and its caption."""
    address, name = element.get("data-url"), element.get("data-name")
    if not address:
        return None
    link = out.link(address)
    out.text(name or address)
    out.end(link)
    if caption := element.get("data-caption"):
        out.end_line()
        out.text(caption)
    out.end_line()
    return SKIP_SILENTLY


def _nested(element: Element, out: Output) -> Outcome:
    """A block that stands in another one that is no list: BlockNote shows it indented."""
    level = element.get("data-nesting-level")
    if not level.isascii() or not level.isdigit() or out.parent_type != "doc":
        return None
    return out.align("indentation", {"level": min(int(level[:3]), 6)}) if int(level[:3]) else None


def _told_twice(element: Element, out: Output) -> Outcome:
    """What BlockNote says of a file in attributes is what it shows, too: the address, and the caption beside it."""
    if "data-name" not in element.attrs:
        return None
    element.get("data-url")
    if element.tag != "img":
        element.get("data-caption")
    return DONE


BLOCKNOTE_RULES = (
    Rule("blocknote-block", _block, frozenset({"div"}), frozenset({"data-node-type"})),
    Rule("blocknote-file", _told_twice, frozenset({"div", "img", "a"}), frozenset({"data-url"}), passes_on=True),
    Rule("blocknote-content", _content, frozenset({"div"}), frozenset({"data-content-type"})),
    Rule("blocknote-nested", _nested, frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6"}),
         frozenset({"data-nesting-level"}), passes_on=True),
)  # fmt: skip
