"""Confluence's storage format, as far as nothing is destroyed by it: macros, links, images, tasks, layouts.

It is XML, but comes to an HTML parser here; `sources.storage` has made it readable for one. Macros that ADF has no node
for are losses, one each, with their parameters; their text stays.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from jira_session_export._adf.builder import DONE, LINE, Closing
from jira_session_export._adf.element import Element
from jira_session_export._adf.frames import Frame
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.emoji import emoticon_name
from jira_session_export._adf.rules.ruleset import SKIP, SKIP_SILENTLY, Outcome, Rule

PANELS: Final = {"info": "info", "note": "warning", "tip": "success", "warning": "error", "panel": "info"}
"""Confluence's macros → ADF's panels of the same look."""

_CODE: Final = frozenset({"code", "noformat"})
_COLOURS: Final = {"grey": "neutral", "blue": "blue", "green": "green", "yellow": "yellow", "red": "red",
                   "purple": "purple"}  # fmt: skip


@dataclass(slots=True)
class Macro:
    """A macro that is open, and the parameters met so far."""

    name: str
    element: int
    parameters: dict[str, str] = field(default_factory=dict)
    title: Callable[[str], None] | None = None
    """Takes the parameter called `title`, where the macro shows it."""
    panel: Frame | None = None
    """The panel that a node of ADF begins, whose type comes after it."""


def _macro(element: Element, out: Output) -> Outcome:
    name = element.get("ac:name").lower() or "macro"
    macro = Macro(name, out.element)
    out.macros.append(macro)
    return (_ending(macro, out), _opened(macro, out))


def _opened(macro: Macro, out: Output) -> Closing:
    if macro.name in PANELS:
        panel = out.open("panel", {"panelType": PANELS[macro.name]})
        macro.title = lambda text: _bold_line(text, out)
        return panel
    if macro.name == "expand":
        expand = out.open("expand")
        macro.title = lambda text: out.end((out.title(), out.written_text(text)))
        return expand
    if macro.name in _CODE:
        macro.title = lambda text: _bold_line(text, out)
    return DONE


def _ending(macro: Macro, out: Output) -> Callable[[], None]:
    def end() -> None:
        out.macros.remove(macro)
        given = macro.parameters
        if macro.name == "status":
            colour = _COLOURS.get(given.get("colour", given.get("color", "")).lower(), "neutral")
            if given.get("title"):
                out.inline("status", {"text": given["title"], "color": colour})
        elif macro.name == "anchor":
            return
        elif macro.name not in PANELS and macro.name not in _CODE and macro.name != "expand":
            said = " ".join(f"{name}={value}" if name else value for name, value in given.items())
            now, out.element = out.element, macro.element
            out.lose(LossKind.CONTENT_REMOVED, f"{macro.name} {said}".strip(), "a macro of Confluence: its text stays")
            out.element = now

    return end


_ADF: Final = {"panel": "panel", "decision-list": "decisionList", "decision-item": "decisionItem"}


def _adf_node(element: Element, out: Output) -> Outcome:
    """A node of ADF that the storage format has no element for: its attributes come as elements in it."""
    kind = element.get("type")
    node_type = _ADF.get(kind, "")
    macro = Macro(kind or "node", out.element)
    out.macros.append(macro)
    opened: Closing = DONE
    if node_type:
        opened = out.open(node_type, {"panelType": "info"} if node_type == "panel" else None)
        macro.panel = opened if isinstance(opened, Frame) and node_type == "panel" else None

    def end() -> None:
        out.macros.remove(macro)
        if not node_type:
            now, out.element = out.element, macro.element
            out.lose(LossKind.CONTENT_REMOVED, macro.name, "a node of Confluence: its text stays")
            out.element = now

    return (end, opened)


def _adf_attribute(element: Element, out: Output) -> Outcome:
    """An attribute of the node around it: never text."""
    key = element.get("key")
    element.is_ornament()
    macro = out.macros[-1] if out.macros else None

    def read(pieces: list[str]) -> None:
        value = "".join(pieces).strip().lower()
        if macro is not None and macro.panel is not None and key == "panel-type" and value in _PANEL_TYPES:
            macro.panel.node["attrs"]["panelType"] = value

    return out.gather(read)


_PANEL_TYPES: Final = frozenset({"info", "note", "tip", "warning", "error", "success"})


def _bold_line(text: str, out: Output) -> None:
    out.end_line()
    out.end((LINE, out.mark("strong"), out.written_text(text)))


def _parameter(element: Element, out: Output) -> Outcome:
    """A setting of a macro: read by the macro, never text."""
    name = element.get("ac:name").lower()
    if not out.macros:
        return SKIP
    macro = out.macros[-1]

    def read(pieces: list[str]) -> None:
        text = " ".join("".join(pieces).split())
        if name == "title" and macro.title is not None and text:
            macro.title(text)
        elif text:
            macro.parameters[name] = text
        if name == "language" and macro.name in _CODE:
            out.next_language = text

    return out.gather(read)


def _plain_body(element: Element, out: Output) -> Outcome:
    """Text that is meant literally: code, or whatever an unknown macro makes of it."""
    return out.code_block()


def _block(element: Element, out: Output) -> Outcome:
    out.end_line()
    return LINE


def _transparent(element: Element, out: Output) -> Outcome:
    return DONE


# --- links and resources


def _resource(element: Element, out: Output) -> Outcome:
    """What a link or an image leads to."""
    match element.tag:
        case "ri:user":
            if account := element.get("ri:account-id") or element.get("ri:userkey"):
                out.inline("mention", {"id": account})
        case "ri:url":
            if out.image_element is not None:
                _show(element.get("ri:value"), out, attached=False)
            else:
                out.end((out.link(element.get("ri:value")), out.written_text(element.get("ri:value"))))
        case "ri:attachment" if out.image_element is not None:
            _show(element.get("ri:filename"), out, attached=True)
        case _:
            named = (element.get(name) for name in ("ri:content-title", "ri:filename", "ri:space-key", "ri:value"))
            title = next(filter(None, named), "")
            detail = "a link within Confluence leads nowhere in Jira"
            out.lose(LossKind.LINK_REMOVED, title or f"<{element.tag}>", detail)
            if out.link_title is None:
                out.text(title)
            else:
                out.link_title = title
    return DONE


def _show(source: str, out: Output, *, attached: bool) -> None:
    alt, width, height = out.image_element or ("", None, None)
    if attached:
        out.attached_image(source, alt=alt, width=width, height=height)
    else:
        out.image(source, alt=alt, width=width, height=height)


def _link(element: Element, out: Output) -> Outcome:
    """Its target comes first, what it says after it; without words of its own it says the target's title."""
    before, out.link_title = out.link_title, ""
    begun = out.written

    def finish() -> None:
        title, out.link_title = out.link_title, before
        if title and out.is_blank_since(begun):
            out.text(title)

    return finish


def _image(element: Element, out: Output) -> Outcome:
    before = out.image_element
    width, height = (_pixels(element.get(name)) for name in ("ac:width", "ac:height"))
    out.image_element = (element.get("ac:alt") or element.get("ac:title"), width, height)

    def restore() -> None:
        out.image_element = before

    return restore


def _pixels(written: str) -> int | None:
    return int(written) if written.isascii() and written.isdigit() and 0 < len(written) < 6 else None


def _emoticon(element: Element, out: Output) -> Outcome:
    name = element.get("ac:emoji-shortname")
    if not name and (old := element.get("ac:name")):
        name = emoticon_name(old) or old
    if not name:
        return None
    short = name if name.startswith(":") else f":{name}:"
    attrs = {"shortName": short, "id": element.get("ac:emoji-id"), "text": element.get("ac:emoji-fallback")}
    out.inline("emoji", {key: value for key, value in attrs.items() if value})
    return DONE


# --- tasks and layouts


def _task_list(element: Element, out: Output) -> Outcome:
    return out.open("taskList")


def _task(element: Element, out: Output) -> Outcome:
    return out.open("taskItem", {"state": "TODO"})


def _task_status(element: Element, out: Output) -> Outcome:
    def read(pieces: list[str]) -> None:
        if "".join(pieces).strip() == "complete":
            out.make_task("DONE")

    return out.gather(read)


def _section(element: Element, out: Output) -> Outcome:
    return _block(element, out) if element.get("ac:type") == "single" else out.open("layoutSection")


_WIDTHS: Final[Mapping[str, float]] = {"1": 100.0, "2": 50.0, "3": 33.33}


def _cell(element: Element, out: Output) -> Outcome:
    if out.parent_type != "layoutSection":
        return _block(element, out)
    return out.open("layoutColumn", {"width": _WIDTHS["2"]})


def _skip(element: Element, out: Output) -> Outcome:
    return SKIP


def _silently(element: Element, out: Output) -> Outcome:
    return SKIP_SILENTLY


CONFLUENCE_RULES = (
    Rule("confluence-macro", _macro, frozenset({"ac:structured-macro", "ac:macro"})),
    Rule("confluence-parameter", _parameter, frozenset({"ac:parameter", "ac:default-parameter"})),
    Rule("confluence-plain-body", _plain_body, frozenset({"ac:plain-text-body"})),
    Rule("confluence-block", _block, frozenset({"ac:rich-text-body", "ac:layout", "ac:task-body", "ac:adf-content"})),
    Rule("confluence-link", _link, frozenset({"ac:link"})),
    Rule("confluence-text", _transparent, frozenset(
        {"ac:link-body", "ac:plain-text-link-body", "ac:inline-comment-marker", "ac:caption", "ac:adf-extension"})),
    Rule("confluence-adf-node", _adf_node, frozenset({"ac:adf-node"})),
    Rule("confluence-adf-attribute", _adf_attribute, frozenset({"ac:adf-attribute"})),
    Rule("confluence-resource", _resource, frozenset(
        {"ri:user", "ri:url", "ri:attachment", "ri:page", "ri:blog-post", "ri:content-entity", "ri:space",
         "ri:shortcut"})),
    Rule("confluence-image", _image, frozenset({"ac:image"})),
    Rule("confluence-emoticon", _emoticon, frozenset({"ac:emoticon"}), frozenset({"ac:name", "ac:emoji-shortname"})),
    Rule("confluence-task-list", _task_list, frozenset({"ac:task-list"})),
    Rule("confluence-task", _task, frozenset({"ac:task"})),
    Rule("confluence-task-status", _task_status, frozenset({"ac:task-status"})),
    Rule("confluence-layout-section", _section, frozenset({"ac:layout-section"})),
    Rule("confluence-layout-cell", _cell, frozenset({"ac:layout-cell"})),
    Rule("confluence-placeholder", _skip, frozenset({"ac:placeholder"})),
    Rule("confluence-machinery", _silently, frozenset(
        {"ac:task-id", "ac:task-uuid", "ac:adf-fallback", "ac:adf-mark"})),
)  # fmt: skip
