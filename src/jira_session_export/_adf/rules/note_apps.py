"""What note apps write in ways of their own: check boxes, lists, callouts and code of Evernote, OneNote and Quip."""

import re
from typing import Final

from jira_session_export._adf.builder import DONE, LINE
from jira_session_export._adf.element import Element
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import Outcome, Rule, Skip

_BLOCKS: Final = frozenset({"div", "p", "ul", "ol", "table", "section"})
_QUIP: Final = {"5": "bulletList", "6": "orderedList", "7": "taskList"}
"""Values of `data-section-style` in the HTML of Quip's API."""


def _evernote_block(element: Element, out: Output) -> Outcome:
    """Evernote 10 says by custom properties what a block is."""
    style = element.style
    if style.get("--en-todo") == "true" and element.tag in {"ul", "ol"}:
        return out.open("taskList")
    if style.get("--en-codeblock", style.get("-en-codeblock")) == "true":
        return out.code_block(style.get("--en-syntaxlanguage", ""))
    if style.get("--en-callout") == "true":
        icon = style.get("--en-emoji", "")
        return out.open("panel", {"panelType": "custom", "panelIconText": icon} if icon else {"panelType": "info"})
    return None


def _evernote_checkbox(element: Element, out: Output) -> Outcome:
    """`<en-todo>`: a check box at the beginning of a line; in HTML it has no end tag of its own."""
    out.end_line()
    return DONE if out.make_task("DONE" if element.get("checked") == "true" else "TODO") else None


def _evernote_media(element: Element, out: Output) -> Outcome:
    """`<en-media>`: a file of the note, which its HTML has no address of; it has no end tag either."""
    said = " ".join(part for name in ("alt", "type", "hash") if (part := element.get(name)))
    out.lose(LossKind.MEDIA_REMOVED, said, "a file of an Evernote note: only the note itself has it")
    return DONE


def _evernote_secret(element: Element, out: Output) -> Outcome:
    return _ENCRYPTED


def _onenote_tag(element: Element, out: Output) -> Outcome:
    """`data-tag="to-do:completed"`: a note tag that is a task; Microsoft's page on note tags lists the others."""
    tags = {tag.strip().lower() for tag in element.get("data-tag").split(",")}
    states = {"to-do": "TODO", "to-do:completed": "DONE"}
    state = next((states[tag] for tag in tags if tag in states), None)
    if state is None:
        return None
    if element.tag == "li":
        if out.parent_type == "taskList":
            return out.open("taskItem", {"state": state})
        closing = out.open("listItem")
        out.make_task(state)
        return closing
    out.end_line()
    return LINE if out.make_task(state) else None


def _quip_section(element: Element, out: Output) -> Outcome:
    """A section of Quip says which kind of list the `<ul>` in it is."""
    list_type = _QUIP.get(element.get("data-section-style"))
    if list_type is None:
        return None
    before, out.section_list = out.section_list, list_type
    out.end_line()

    def restore() -> None:
        out.end_line()
        out.section_list = before

    return restore


def _notion_toggle(element: Element, out: Output) -> Outcome:
    """`<ul class="toggle"><li><details>` of Notion's export: a part that opens, and no list."""
    if "toggle" not in element.classes or out.parent_type == "taskItem":
        return None
    out.end_line()
    before, out.toggle = out.toggle, out.place_mark

    def restore() -> None:
        out.toggle = before

    return (LINE, restore)


_ENCRYPTED: Final = Skip(LossKind.TEXT_REMOVED, "text that only Evernote can decrypt")

NOTE_APP_RULES = (
    Rule("notion-toggle", _notion_toggle, frozenset({"ul"}), frozenset({"class"}), mentions=re.compile(r"toggle")),
    Rule("evernote-block", _evernote_block, _BLOCKS, frozenset({"style"}), mentions=re.compile(r"-en-")),
    Rule("evernote-checkbox", _evernote_checkbox, frozenset({"en-todo"})),
    Rule("evernote-media", _evernote_media, frozenset({"en-media"})),
    Rule("evernote-secret", _evernote_secret, frozenset({"en-crypt"})),
    Rule("onenote-tag", _onenote_tag, frozenset({"p", "li", "div"}), frozenset({"data-tag"})),
    Rule("quip-section", _quip_section, frozenset({"div"}), frozenset({"data-section-style"})),
)
