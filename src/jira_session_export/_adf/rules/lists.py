"""Bullet, ordered, task and decision lists."""

from typing import Any

from jira_session_export._adf.builder import DONE
from jira_session_export._adf.element import Element
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules.ruleset import Outcome, Rule

_ORDINARY = frozenset({"bulletList", "orderedList"})
_TASK_TYPES = frozenset({"tasklist", "actionlist", "tasks"})
_DONE = frozenset({"true", "done", "checked", "1", "x"})
_LARGEST_NUMBER = 2**31 - 1


def _kind(element: Element) -> str:
    return (element.get("data-type") or element.get("data-node-type")).lower()


def _bullet_list(element: Element, out: Output) -> Outcome:
    return out.open("bulletList")


def _ordered_list(element: Element, out: Output) -> Outcome:
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
    return out.open("orderedList", attrs)


def _item(element: Element, out: Output) -> Outcome:
    if out.parent_type in _ORDINARY:
        return out.open("listItem")
    return out.open({"taskList": "taskItem", "decisionList": "decisionItem"}.get(out.list_type, "listItem"))


# --- tasks


def _task_list(element: Element, out: Output) -> Outcome:
    if _kind(element) in _TASK_TYPES or {"inline-task-list", "adf-task-list"} & element.classes:
        return out.open("taskList")
    return None


def _task_item(element: Element, out: Output) -> Outcome:
    attrs = element.attrs
    state = element.get("data-checked") or element.get("data-task-state") or element.get("data-state")
    if _kind(element) in {"taskitem", "actionitem"} or "data-task-local-id" in attrs or "data-checked" in attrs:
        return out.open("taskItem", {"state": "DONE" if state.lower() in _DONE else "TODO"})
    if "data-inline-task-id" in attrs:
        return out.open("taskItem", {"state": "DONE" if "checked" in element.classes else "TODO"})
    return None


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
    return out.open("decisionList") if _kind(element) == "decisionlist" else None


def _decision_item(element: Element, out: Output) -> Outcome:
    if _kind(element) != "decisionitem" and "data-decision-local-id" not in element.attrs:
        return None
    return out.open(
        "decisionItem", {"state": element.get("data-state") or element.get("data-decision-state") or "DECIDED"}
    )


_KIND = frozenset({"data-type", "data-node-type", "class"})
_LIST_TAGS = frozenset({"ul", "ol", "div", "menu"})
_ITEM_TAGS = frozenset({"li", "div"})

LIST_RULES = (
    Rule("task-list", _task_list, _LIST_TAGS, _KIND),
    Rule("decision-list", _decision_list, _LIST_TAGS, _KIND),
    Rule("task-item", _task_item, _ITEM_TAGS,
         frozenset({"data-type", "data-node-type", "data-checked", "data-task-local-id", "data-inline-task-id"})),
    Rule("decision-item", _decision_item, _ITEM_TAGS,
         frozenset({"data-type", "data-node-type", "data-decision-local-id"})),
    Rule("checkbox", _checkbox, frozenset({"input"}), frozenset({"type"})),
    Rule("bullet-list", _bullet_list, frozenset({"ul", "menu", "dir"})),
    Rule("ordered-list", _ordered_list, frozenset({"ol"})),
    Rule("list-item", _item, frozenset({"li"})),
)  # fmt: skip
