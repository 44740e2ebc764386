"""Check boxes that are characters, as Word and pandoc write them: items and lines that begin with one are tasks."""

from collections.abc import Callable
from typing import Any, Final

from jira_session_export._adf.schema import NODES
from jira_session_export._adf.whitespace import CHECK_BOXES

Node = dict[str, Any]

_STATES: Final = dict(zip(CHECK_BOXES, ("TODO", "DONE", "DONE"), strict=True))
_GAP: Final = " \xa0\t"
_LEAST_LINES: Final = 2
"""A single line may explain what the sign stands for."""


def tick_boxes(document: Node, new_local_id: Callable[[str], str]) -> None:
    """Make task lists, in place, of lists whose items all begin with a check box, and of rows of such paragraphs."""
    waiting = [document]
    while waiting:
        node = waiting.pop()
        content = node.get("content", ())
        if "taskList" in NODES[node["type"]].children and node["type"] != "taskList":
            content[:] = _with_tasks(content, new_local_id)
        waiting += [child for child in content if child["type"] not in {"paragraph", "heading", "text", "taskList"}]


def _with_tasks(content: list[Node], new_local_id: Callable[[str], str]) -> list[Node]:
    done: list[Node] = []
    lines: list[Node] = []
    for node in [*content, None]:
        if node is not None and node["type"] == "paragraph" and _state_of(node):
            lines.append(node)
            continue
        if len(lines) >= _LEAST_LINES:
            done.append(_task_list([_task(line, new_local_id) for line in lines], new_local_id))
        else:
            done += lines
        lines = []
        if node is not None:
            done.append(_as_tasks(node, new_local_id) if _is_check_list(node) else node)
    return done


def _state_of(paragraph: Node) -> str | None:
    """The state of a task, when a paragraph begins with a check box and a space; None otherwise."""
    inlines = paragraph.get("content", ())
    first = inlines[0].get("text", "") if inlines else ""
    if first[:1] not in _STATES or not first:
        return None
    rest = first[1:] or (inlines[1].get("text", "") if len(inlines) > 1 else "")
    apart = rest[:1] in _GAP and (rest.strip(_GAP) or len(inlines) > 1)
    return _STATES[first[0]] if rest and apart else None


def _is_check_list(node: Node) -> bool:
    """Whether a list is one of tasks, as deep as it goes."""
    lists = [node]
    while lists:
        around = lists.pop()
        if around["type"] != "bulletList":
            return False
        for item in around["content"]:
            first, *others = item["content"]
            if first["type"] != "paragraph" or not _state_of(first):
                return False
            lists += others
    return True


def _as_tasks(bullets: Node, new_local_id: Callable[[str], str]) -> Node:
    whole = _task_list([], new_local_id)
    waiting = [(bullets, whole)]
    while waiting:
        source, target = waiting.pop()
        for item in source["content"]:
            first, *inner = item["content"]
            target["content"].append(_task(first, new_local_id))
            for one in inner:
                target["content"].append(_task_list([], new_local_id))
                waiting.append((one, target["content"][-1]))
    return whole


def _task_list(tasks: list[Node], new_local_id: Callable[[str], str]) -> Node:
    return {"type": "taskList", "attrs": {"localId": new_local_id("taskList")}, "content": tasks}


def _task(paragraph: Node, new_local_id: Callable[[str], str]) -> Node:
    state = _state_of(paragraph)
    inlines: list[Node] = paragraph["content"]
    inlines[0]["text"] = inlines[0]["text"][1:].lstrip(_GAP)
    if not inlines[0]["text"]:
        inlines.pop(0)
        if inlines and "text" in inlines[0]:
            inlines[0]["text"] = inlines[0]["text"].lstrip(_GAP)
            if not inlines[0]["text"]:
                inlines.pop(0)
    return {"type": "taskItem", "attrs": {"localId": new_local_id("taskItem"), "state": state}, "content": inlines}
