"""ADF as an outline a person can read and compare: one node per line, children indented."""

from typing import Any

Node = dict[str, Any]


def outline(document: Node) -> str:
    """The document's content: `type attr=value …`, text quoted, marks after `|`."""
    lines: list[str] = []
    waiting = [(0, node) for node in reversed(document["content"])]
    while waiting:
        depth, node = waiting.pop()
        lines.append("  " * depth + _line(node))
        waiting += [(depth + 1, child) for child in reversed(node.get("content", ()))]
    return "\n".join(lines)


def _line(node: Node) -> str:
    if node["type"] == "text":
        parts = [f'"{node["text"]}"'.replace("\n", "\\n").replace("\xa0", "&nbsp;").replace("\u2003", "&emsp;")]
    else:
        parts = [node["type"], *_attrs(node)]
    if "marks" in node:
        parts.append("|")
        parts += [" ".join([mark["type"], *_attrs(mark)]) for mark in node["marks"]]
    return " ".join(parts)


def _attrs(node: Node) -> list[str]:
    return [f"{name}={value}" for name, value in node.get("attrs", {}).items()]
