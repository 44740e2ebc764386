"""Where a node may stand, worked out once from the content model.

`ROUTES` says which nodes have to be opened in between; `sound_attrs` and `sound_leaf` keep what a node may have.
"""

from collections.abc import Mapping
from typing import Any

from jira_session_export._adf.schema import MARKS, NODES, Attrs
from jira_session_export._adf.values import fits

PARENT_OF = {
    "listItem": "bulletList",
    "taskItem": "taskList",
    "decisionItem": "decisionList",
    "tableRow": "table",
    "tableCell": "tableRow",
    "tableHeader": "tableRow",
}
"""Parts that only stand in one kind of parent → the parent to open for a stray one."""

_FILLER_OF = {"bulletList": "listItem", "orderedList": "listItem", "table": "tableRow", "tableRow": "tableCell"}
# Parents that hold nothing but their parts → the part to open for stray content.


def _route(parent: str, child: str, longest: int) -> tuple[str, ...] | None:
    if child in NODES[parent].children:
        return ()
    if longest == 0:
        return None
    filler = _FILLER_OF.get(parent)
    if filler is not None and (rest := _route(filler, child, longest - 1)) is not None:
        return (filler, *rest)
    holder = PARENT_OF.get(child)
    if holder is not None and (rest := _route(parent, holder, longest - 1)) is not None:
        return (*rest, holder)
    return None


ROUTES: Mapping[tuple[str, str], tuple[str, ...]] = {
    (parent, child): route
    for parent in NODES
    for child in NODES
    if (route := _route(parent, child, longest=2)) is not None
}
"""(parent, child) → the types to open between them, outermost first; absent when there is no way."""

LINE_TYPES = frozenset(name for name, node in NODES.items() if "hardBreak" in node.children and name != "paragraph")
"""Types that hold a line of text themselves: headings, task and decision items, captions."""

UNKNOWN = frozenset({"doc", "text"})
"""Types that nobody can ask for: they are made by the builder only."""

BARE = (
    frozenset(name for name, node in NODES.items() if not any(attr.required for attr in node.attrs[0].values()))
    - UNKNOWN
)
"""Types that need no attributes."""

CONTAINERS = frozenset(name for name, node in NODES.items() if node.children) - LINE_TYPES - {"paragraph", "codeBlock"}
"""Types that hold blocks, and so can be nested."""


_REQUIRED: Mapping[int, frozenset[str]] = {
    id(shape): frozenset(name for name, attr in shape.items() if attr.required)
    for shapes in (*(node.attrs for node in NODES.values()), *((mark.attrs,) for mark in MARKS.values()))
    for shape in shapes
}
"""The shapes of the content model, by identity → the attributes that are required."""


def sound_attrs(attrs: Mapping[str, Any], shapes: tuple[Attrs, ...]) -> dict[str, Any] | None:
    """The attributes that a fitting shape knows and whose values it allows; None when no shape fits.

    A shape fits when all its required attributes are there and allowed. One that keeps everything is preferred to the
    first.

    Args:
        attrs: what is asked for.
        shapes: of a node or mark of the content model.
    """
    best = None
    for shape in shapes:
        kept = {}
        for name, value in attrs.items():
            attr = shape.get(name)
            if attr is not None and fits(value, attr):
                kept[name] = value
        if _REQUIRED[id(shape)] <= kept.keys():
            if len(kept) == len(attrs):
                return kept
            best = kept if best is None else best
    return best


def sound_leaf(node: Mapping[str, Any], allowed: Mapping[str, frozenset[str]]) -> dict[str, Any] | None:
    """A node without content, with the attributes and marks it may have; None when it may not stand there."""
    node_type = str(node.get("type"))
    if node_type not in allowed or NODES[node_type].children or node_type == "text":
        return None
    known = NODES[node_type]
    attrs = sound_attrs(node.get("attrs", {}), known.attrs)
    if attrs is None:
        return None
    sound: dict[str, Any] = {"type": node_type, "attrs": attrs} if attrs else {"type": node_type}
    marks = [
        {**mark, "attrs": mark_attrs} if mark_attrs else mark
        for mark in node.get("marks", ())
        if mark["type"] in allowed[node_type]
        and (mark_attrs := sound_attrs(mark.get("attrs", {}), (MARKS[mark["type"]].attrs,))) is not None
    ]
    if marks:
        sound["marks"] = marks
    return sound
