"""What attributes and classes say about a list and its items: the kind, whether a task is done, how deep an item is.

Editors that keep a list flat, or draw a check box by a style sheet, write these things nowhere else.
"""

import re
from typing import Final

from jira_session_export._adf.element import Element
from jira_session_export._adf.memory import remembering

TODO: Final = "TODO"
DONE: Final = "DONE"

_TICKED: Final = frozenset({"", "true", "done", "checked", "1", "x", "yes", "on", "complete", "completed"})
"""Values of an attribute that says whether a task is done; an attribute without a value says that it is."""

STATES: Final = (
    "data-checked",
    "data-task-checked",
    "data-task-state",
    "data-task-status",
    "data-todo-checked",
    "data-todo",
    "data-done",
    "data-completed",
)
"""Attributes that say whether a task is done."""
_KINDS: Final = ("data-list", "data-list-type", "data-type", "data-node-type", "data-item-type", "data-content-type")
_TASK_ITEMS: Final = frozenset({
    "taskitem", "actionitem", "task", "task-item", "task_item", "todo", "todoitem", "todo-item", "check", "checklist",
    "checklistitem", "checklist-item", "check-list-item", "checked", "unchecked", "tasklistitem", "task-list-item",
})  # fmt: skip
_TASK_LISTS: Final = frozenset({
    "tasklist", "task-list", "task_list", "actionlist", "tasks", "todolist", "todo-list", "todo_list", "check",
    "checklist", "check-list", "todo",
})  # fmt: skip
_NUMBERED: Final = frozenset({"ordered", "numbered", "number", "decimal", "ol", "numberedlistitem", "ordered_list"})
_BULLETED: Final = frozenset({"bullet", "bulleted", "unordered", "disc", "ul", "bulletlistitem", "bullet_list"})

# Lists in which every item is a task. GitHub's `contains-task-list` and GitLab's `task-list` hold others, too.
_TASK_LIST_CLASS: Final = re.compile(
    r"(?<!\S)(?:(?:[\w-]*[-_])?(?:check-?list|to-?do-?list)|inline-task-list|adf-task-list|listitem-?check)(?!\S)"
)
_TICKED_CLASS: Final = re.compile(r"(?<!\S)(?:[\w-]*(?:[-_]|listitem|is-))?(un)?(?:checked|ticked|completed)(?!\S)")
TASK_CLASS: Final = re.compile(
    r"(?<!\S)(?:[\w-]*[-_])?(?:task-list-item|task-item|todo-item|to-?do-list-item|checklist-item|check-list-item"
    r"|checklist__item|todo-list__item)(?!\S)"
)
"""Finds that in lower-case classes."""
_LEVEL_ATTRIBUTES: Final = (("data-aria-level", 0), ("data-stringify-indent", 1), ("aria-level", 0))
"""Attributes that say how deep an item is, and what has to be added to begin with 1."""
_LEVEL_CLASS: Final = re.compile(
    r"(?<!\S)(?:(?:ql-indent-|public-draftstyledefault-depth)(\d)|listindent([1-9]))(?!\S)"
)
_DEEPEST: Final = 9


def kind_of(element: Element) -> str:
    """What an element says it is, in lower case; empty when it says nothing."""
    return (element.get("data-type") or element.get("data-node-type")).lower()


def is_task_list(element: Element) -> bool:
    """Whether all items of a list are tasks."""
    attrs = element.attrs
    if kind_of(element) in _TASK_LISTS or "data-task-list" in attrs or "data-todo-list" in attrs:
        return True
    if element.tag in {"ul", "ol"} and ("data-checked" in attrs or element.get("__lexicallisttype") == "check"):
        return True
    if element.get("data-list-type").lower() in _TASK_LISTS:
        return True
    written = element.get("class")
    return bool(written) and _says_task_list(written.lower())


@remembering
def _says_task_list(classes: str) -> bool:
    return _TASK_LIST_CLASS.search(classes) is not None


def task_state(element: Element) -> str | None:
    """`TODO` or `DONE` when an item says that it is a task, None when it does not."""
    attrs = element.attrs
    if "style" in attrs and (noted := element.style.get("--en-checked")):
        return DONE if noted == "true" else TODO
    ticked = element.get("aria-checked")
    if ticked and (element.get("role") in {"checkbox", "menuitemcheckbox"} or element.tag == "li"):
        return DONE if ticked.lower() == "true" else TODO
    for name in STATES:
        if name in attrs:
            return DONE if element.get(name).lower() in _TICKED else TODO
    kinds = {element.get(name).lower() for name in _KINDS if name in attrs}
    listed = kinds & _TASK_ITEMS
    state = _state_in(element.get("class").lower()) if "class" in attrs else None
    if not listed and state is None and "data-task" not in attrs and "data-task-list-item" not in attrs:
        return None
    if state == DONE or "checked" in listed or element.get("data-state").lower() in {"done", "checked", "completed"}:
        return DONE
    return TODO


@remembering
def _state_in(classes: str) -> str | None:
    ticked = _TICKED_CLASS.search(classes)
    if ticked is not None:
        return TODO if ticked[1] else DONE
    return TODO if TASK_CLASS.search(classes) else None


def is_called_task(element: Element) -> bool:
    """Whether the classes call an element an item of a check list."""
    written = element.get("class")
    return bool(written) and TASK_CLASS.search(written.lower()) is not None


def listed_as(element: Element) -> str | None:
    """The type of list that an item says it belongs to, whatever list it stands in; None when it says nothing."""
    for name in _KINDS:
        kind = element.get(name).lower()
        if kind in _NUMBERED:
            return "orderedList"
        if kind in _BULLETED:
            return "bulletList"
    return None


def level_of(element: Element) -> int | None:
    """How deep an item of a flat list is, 1 for the outermost; None when it does not say."""
    for name, base in _LEVEL_ATTRIBUTES:
        given = element.get(name)
        if given.isascii() and given.isdigit():
            return min(max(int(given[:3]) + base, 1), _DEEPEST)
    written = element.get("class")
    return _level_in(written.lower()) if written else None


@remembering
def _level_in(classes: str) -> int | None:
    found = _LEVEL_CLASS.search(classes)
    if found is None:
        return None
    return int(found[2]) if found[2] else min(int(found[1]) + 1, _DEEPEST)
