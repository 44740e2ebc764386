"""Bullet, ordered, task and decision lists."""

import re
from typing import Any

from jira_session_export._adf.builder import DONE, Closing
from jira_session_export._adf.element import Element
from jira_session_export._adf.list_words import (
    TASK_CLASS,
    is_called_task,
    is_task_list,
    kind_of,
    level_of,
    listed_as,
    task_state,
)
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import Outcome, Rule

_ORDINARY = frozenset({"bulletList", "orderedList"})
_FLAT = _ORDINARY | {"taskList"}
_LARGEST_NUMBER = 2**31 - 1
_COUNTED = re.compile(r"\b(?:decimal|(?:lower|upper)-(?:alpha|latin|roman|greek))")
_BULLETED = re.compile(r"\b(?:disc|circle|square)\b")
_INTEGER = re.compile(r"\s*([+-]?\d{1,10})(?!\d)")


def _begin_list(list_type: str, out: Output, attrs: dict[str, Any] | None = None) -> Closing:
    """A list where it may stand: in a task, and after a flat list, its items say what it is."""
    if out.section_list:
        list_type = out.section_list
    if not attrs and not out.has_told_lists and (plain := out.open_plainly(list_type)):
        return plain
    if out.parent_type == "taskItem":
        return out.list_in_task(list_type)
    if out.continues_flat_list():
        return out.flat_list(list_type)
    return out.open(list_type, attrs)


def _bullet_list(element: Element, out: Output) -> Outcome:
    counted = "style" in element.attrs and _COUNTED.search(_shown_as(element)) is not None
    return _begin_list("orderedList" if counted else "bulletList", out)


def _shown_as(element: Element) -> str:
    """What its style says about the markers of a list, whatever the list is."""
    return element.style.get("list-style-type", "") or element.style.get("list-style", "")


def _ordered_list(element: Element, out: Output) -> Outcome:
    if not element.attrs:
        return _begin_list("orderedList", out)
    if "style" in element.attrs and _BULLETED.search(_shown_as(element)) is not None:
        return _begin_list("bulletList", out)
    attrs: dict[str, Any] = {}
    start = element.get("start").strip()
    if start:
        try:
            number = int(start[:20])
        except ValueError:
            number = 1
        attrs["order"] = min(max(number, 0), _LARGEST_NUMBER)
        if attrs["order"] != number:
            out.lose(LossKind.VALUE_CLAMPED, f"start={start}", "a list cannot begin there")
        if attrs["order"] == 1:
            attrs = {}
    return _begin_list("orderedList", out, attrs)


def _item(element: Element, out: Output) -> Outcome:
    if not element.attrs and not out.has_told_lists and (item := out.open_plainly("listItem")):
        return item
    if out.toggle is not None and out.toggle is out.place_mark:
        return out.begin_line()
    if element.attrs or out.in_flat_list:
        return _telling_item(element, out)
    return out.open("listItem") if out.parent_type in _ORDINARY and not out.in_unsure_list else _plain_item(out)


def _plain_item(out: Output) -> Closing:
    if out.in_unsure_list:
        return out.unsure_item()
    if state := out.list_state:
        return out.open("taskItem", {"state": state})
    return out.open({"taskList": "taskItem", "decisionList": "decisionItem"}.get(out.list_type, "listItem"))


def _telling_item(element: Element, out: Output) -> Closing:
    """An item whose attributes may say to what list it belongs, how deep it is, its state or its number."""
    state = task_state(element)
    listed = "taskList" if state else listed_as(element)
    around = out.parent_type
    level = level_of(element)
    if level is not None and level > 1:
        level = max(level - out.list_depth + 1, 1)  # Lists that are nested in so many words say it once more.
    if (
        out.in_flat_list
        or (level is not None and level > 1)
        or (listed in _ORDINARY and around != listed and around in _FLAT and not out.in_unsure_list)
    ):
        flat = listed or (around if around in _FLAT else "bulletList")  # An item may stand without its list.
        return out.flat_item(level, flat, state or out.list_state or "TODO")
    if state and "data-list" in element.attrs and around in _ORDINARY and not out.in_unsure_list:
        # Quill's semantic HTML begins a new list whenever the state changes.
        return out.flat_item(1, "taskList", state, goes_on=True)
    if state:
        return _task(state, out)
    number = _INTEGER.match(element.get("value")) if around == "orderedList" else None
    if number is not None and not out.number_item(int(number[1])):
        out.lose(LossKind.VALUE_CLAMPED, f"value={number[1]}", "an item cannot have this number")
    return out.open("listItem") if around in _ORDINARY and not out.in_unsure_list else _plain_item(out)


def _task(state: str, out: Output) -> Closing:
    if out.in_unsure_list:
        closing = out.unsure_item()
    elif out.parent_type in _ORDINARY:
        closing = out.open("listItem")
    else:
        return out.open("taskItem", {"state": state})
    out.make_task(state)
    return closing


# --- tasks


def _task_list(element: Element, out: Output) -> Outcome:
    if not is_task_list(element):
        return None
    closing = out.open("taskList")
    if "data-checked" in element.attrs and out.parent_type == "taskList":
        out.state_of_items(task_state(element) or "TODO")
    return closing


def _task_item(element: Element, out: Output) -> Outcome:
    """A `div` that is a task; an `li` is seen to with all other items."""
    kind = kind_of(element)
    if kind in {"taskitem", "actionitem"} or "data-task-local-id" in element.attrs or "data-checked" in element.attrs:
        done = {element.get(name).lower() for name in ("data-checked", "data-task-state", "data-state")}
        return out.open("taskItem", {"state": "DONE" if done & _DONE else "TODO"})
    if out.parent_type == "taskItem" or not is_called_task(element):
        return None  # What Atlassian's editor puts into an item is called one, too.
    return out.open("taskItem", {"state": task_state(element) or "TODO"})


def _atlassian_task(element: Element, out: Output) -> Outcome:
    """An item of Confluence's task lists, and of Atlassian's editor."""
    attrs = element.attrs
    if "data-inline-task-id" in attrs:
        return out.open("taskItem", {"state": "DONE" if "checked" in element.classes else "TODO"})
    if "data-task-local-id" in attrs or kind_of(element) in {"taskitem", "actionitem"}:
        return _task_item(element, out)
    return None


def _aria_checkbox(element: Element, out: Output) -> Outcome:
    """A box drawn by an element of its own, which says by ARIA or by its classes whether it is ticked."""
    ticked = element.get("aria-checked").lower()
    if element.get("role") in {"checkbox", "menuitemcheckbox"} and ticked:
        done = ticked == "true"
    elif "class" in element.attrs and (box := _BOX.search(element.get("class").lower())) is not None:
        done = box[1] in {"on", "checked", "true"}
    else:
        return None
    return DONE if out.make_task("DONE" if done else "TODO") else None


def _checkbox(element: Element, out: Output) -> Outcome:
    if element.get("type").strip().lower() != "checkbox":
        return None
    done = "checked" in element.attrs
    if not out.make_task("DONE" if done else "TODO"):
        out.lose(
            LossKind.EMBED_REMOVED, "checkbox, ticked" if done else "checkbox", "a checkbox within text is left out"
        )
    return DONE


# --- decisions


def _decision_list(element: Element, out: Output) -> Outcome:
    return out.open("decisionList") if kind_of(element) == "decisionlist" else None


def _decision_item(element: Element, out: Output) -> Outcome:
    if kind_of(element) != "decisionitem" and "data-decision-local-id" not in element.attrs:
        return None
    return out.open(
        "decisionItem", {"state": element.get("data-state") or element.get("data-decision-state") or "DECIDED"}
    )


# --- lists by their roles


def _role_list(element: Element, out: Output) -> Outcome:
    role = element.get("role")
    if role in _LIST_ROLES or (role == "group" and out.parent_type == "listItem"):
        return _begin_list("bulletList", out)
    return _item(element, out) if role in _ITEM_ROLES else None


_DONE = frozenset({"true", "done", "checked", "1", "x"})
_BOX = re.compile(r"(?<!\S)(?:[\w-]*[-_])?checkbox[-_]{1,2}(on|off|checked|unchecked|true|false)(?!\S)")
_KIND = frozenset({"data-type", "data-node-type", "class"})
_LIST_ROLES = frozenset({"list", "tree", "directory", "listbox"})
_ITEM_ROLES = frozenset({"listitem", "treeitem", "option"})
_LIST_TAGS = frozenset({"ul", "ol", "div", "menu"})
_ITEM_TAGS = frozenset({"li", "div"})

LIST_RULES = (
    Rule(
        "task-list",
        _task_list,
        _LIST_TAGS,
        _KIND | {"__lexicallisttype", "data-checked", "data-task-list", "data-todo-list", "data-list-type"},
        mentions=re.compile(r"check|to-?do|task"),
    ),
    Rule("decision-list", _decision_list, _LIST_TAGS, frozenset({"data-type", "data-node-type"})),
    Rule(
        "atlassian-task",
        _atlassian_task,
        frozenset({"li"}),
        frozenset({"data-type", "data-node-type", "data-task-local-id", "data-inline-task-id"}),
    ),
    Rule(
        "task-item",
        _task_item,
        frozenset({"div"}),
        frozenset({"data-type", "data-node-type", "data-checked", "data-task-local-id", "class"}),
        mentions=TASK_CLASS,
    ),
    Rule(
        "decision-item",
        _decision_item,
        _ITEM_TAGS,
        frozenset({"data-type", "data-node-type", "data-decision-local-id"}),
    ),
    Rule(
        "aria-checkbox",
        _aria_checkbox,
        frozenset({"span", "div", "button", "i"}),
        frozenset({"role", "aria-checked", "class"}),
        mentions=re.compile(r"checkbox"),
    ),
    Rule("checkbox", _checkbox, frozenset({"input"}), frozenset({"type"})),
    Rule("bullet-list", _bullet_list, frozenset({"ul", "menu", "dir"})),
    Rule("ordered-list", _ordered_list, frozenset({"ol"})),
    Rule("list-item", _item, frozenset({"li"})),
    Rule("role-list", _role_list, frozenset({"div", "span", "section"}), frozenset({"role"})),
)
