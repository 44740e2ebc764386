"""Small constructors for documents: `doc(p("a", strong("b")))`."""

from typing import Any

Node = dict[str, Any]
Part = Node | str


def node(kind: str, /, *content: Part, marks: list[Node] | None = None, **attrs: Any) -> Node:
    made: Node = {"type": kind}
    if attrs:
        made["attrs"] = attrs
    made["content"] = [text(part) if isinstance(part, str) else part for part in content]
    if marks:
        made["marks"] = marks
    return made


def text(value: str, *marks: Node) -> Node:
    return {"type": "text", "text": value, "marks": list(marks)} if marks else {"type": "text", "text": value}


def mark(kind: str, **attrs: Any) -> Node:
    return {"type": kind, "attrs": attrs} if attrs else {"type": kind}


def leaf(kind: str, /, **attrs: Any) -> Node:
    return {"type": kind, "attrs": attrs} if attrs else {"type": kind}


def doc(*content: Node) -> Node:
    return {"version": 1, "type": "doc", "content": list(content)}


def p(*content: Part) -> Node:
    return node("paragraph", *content)


def h(level: int, *content: Part) -> Node:
    return node("heading", *content, level=level)


def ul(*content: Node) -> Node:
    return node("bulletList", *content)


def li(*content: Node) -> Node:
    return node("listItem", *content)


def table(*rows: Node) -> Node:
    return node("table", *rows)


def tr(*cells: Node) -> Node:
    return node("tableRow", *cells)


def td(*content: Node) -> Node:
    return node("tableCell", *content)


def strong(value: str) -> Node:
    return text(value, mark("strong"))


def link(value: str, href: str) -> Node:
    return text(value, mark("link", href=href))
