"""Finds out whether Jira would take a document, without asking Jira."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final, TypeAlias

from jira_session_export._adf.schema import MARKS, NODES, Attr, Attrs, NodeType
from jira_session_export._adf.values import fits, is_number

__all__ = ["MAX_DEPTH", "MAX_PROBLEMS", "Problem", "ProblemCode", "check_adf"]

MAX_DEPTH: Final = 400
"""Nodes inside each other. Atlassian's engines are recursive: their stack overflows between 800 and 1,000."""

MAX_PROBLEMS: Final = 100
"""No more are looked for than these; one is enough for Jira to refuse."""


class ProblemCode(StrEnum):
    """What is wrong, as a word a program can match."""

    NOT_A_DOCUMENT = "not_a_document"
    NOT_A_NODE = "not_a_node"
    UNKNOWN_TYPE = "unknown_type"
    NOT_ALLOWED_HERE = "not_allowed_here"
    WRONG_KEY = "wrong_key"
    MISSING_KEY = "missing_key"
    WRONG_VALUE = "wrong_value"
    WRONG_COUNT = "wrong_count"
    WRONG_MARKS = "wrong_marks"
    TOO_DEEP = "too_deep"


@dataclass(frozen=True, slots=True)
class Problem:
    """One reason why a document is not valid.

    Attributes:
        path: a JSON pointer into the document, for example `/content/0/attrs/level`; empty for the document itself.
        code: what is wrong, for programs.
        message: what is wrong, for people.
    """

    path: str
    code: ProblemCode
    message: str


def check_adf(document: object) -> list[Problem]:
    """The reasons why a document is not valid ADF; none when Jira takes it.

    Strict: a document passes only when Atlassian's three engines (the official JSON schema, the runtime validator and
    ProseMirror's `check()`) all accept it. They disagree in places.

    Args:
        document: any value at all; this never raises.

    Returns:
        Problems in the order in which they stand, at most `MAX_PROBLEMS`.

    Source: npm `@atlaskit/adf-schema` 57.7.22 and `@atlaskit/adf-utils` 20.9.78, compared by `tests/conformance/adf`.
    """
    if not isinstance(document, dict) or document.get("type") != "doc":
        return [Problem("", ProblemCode.NOT_A_DOCUMENT, 'a document is an object with "type": "doc"')]
    findings = _Findings()
    if not is_number(document.get("version")) or document["version"] != 1:
        findings.add(("version", None), ProblemCode.WRONG_VALUE, "the version of a document is 1")
    _walk(document, findings)
    return findings.problems[:MAX_PROBLEMS]


_Path: TypeAlias = "tuple[str | int, _Path] | None"
"""The last step and the path to it: made for every node, written out only for a problem."""


@dataclass(slots=True)
class _Findings:
    problems: list[Problem] = field(default_factory=list)

    def add(self, path: _Path, code: ProblemCode, message: str) -> None:
        steps: list[str] = []
        while path is not None:
            step, path = path
            steps.append(f"/{str(step).replace('~', '~0').replace('/', '~1')}")
        self.problems.append(Problem("".join(reversed(steps)), code, message))


_NO_MARKS: Final[frozenset[str]] = frozenset()


def _walk(document: dict[Any, Any], findings: _Findings) -> None:
    waiting: list[tuple[dict[Any, Any], frozenset[str], _Path, int]] = [(document, _NO_MARKS, None, 1)]
    while waiting and len(findings.problems) < MAX_PROBLEMS:
        node, allowed_marks, path, depth = waiting.pop()
        node_type = NODES[node["type"]]
        _check_keys(node, path, findings)
        if "attrs" in node:
            _check_attrs(node["type"], node["attrs"], node_type.attrs, ("attrs", path), findings)
        if "marks" in node:
            _check_marks(node["marks"], allowed_marks, ("marks", path), findings)
        children = _checked_children(node, node_type, path, findings)
        if children and depth == MAX_DEPTH:
            findings.add(path, ProblemCode.TOO_DEEP, f"more than {MAX_DEPTH} nodes inside each other")
            continue
        waiting.extend((child, marks, where, depth + 1) for child, marks, where in reversed(children))


def _check_keys(node: dict[Any, Any], path: _Path, findings: _Findings) -> None:
    kind = node["type"]
    if not node.keys() <= _KEYS[kind]:
        for key in node:
            if key not in _KEYS[kind]:
                findings.add(path, ProblemCode.WRONG_KEY, f"{kind} has no {_name(key)}")
    for key in NODES[kind].needs:
        if key not in node:
            findings.add(path, ProblemCode.MISSING_KEY, f"{kind} needs {key}")
    if kind == "text" and "text" in node and not (isinstance(node["text"], str) and node["text"]):
        findings.add(("text", path), ProblemCode.WRONG_VALUE, "text is a string of at least one character")


def _checked_children(
    node: dict[Any, Any], node_type: NodeType, path: _Path, findings: _Findings
) -> list[tuple[dict[Any, Any], frozenset[str], _Path]]:
    """The children that may stand where they stand, with the marks they may bear there."""
    kind, content = node["type"], node.get("content", [])
    here: _Path = ("content", path)
    if not isinstance(content, list):
        findings.add(here, ProblemCode.WRONG_VALUE, "content is an array")
        return []
    if len(content) < node_type.min_children:
        findings.add(
            here, ProblemCode.WRONG_COUNT, f"{kind} holds at least {node_type.min_children}, not {len(content)}"
        )
    if node_type.max_children is not None and len(content) > node_type.max_children:
        findings.add(
            here, ProblemCode.WRONG_COUNT, f"{kind} holds at most {node_type.max_children}, not {len(content)}"
        )
    allowed = []
    for index, child in enumerate(content):
        child_kind = child.get("type") if isinstance(child, dict) else None
        where: _Path = (index, here)
        if not isinstance(child_kind, str):
            findings.add(where, ProblemCode.NOT_A_NODE, "a node is an object with a type")
        elif child_kind not in NODES:
            findings.add(where, ProblemCode.UNKNOWN_TYPE, f"there is no type {_name(child_kind)}")
        elif child_kind not in node_type.children or _is_out_of_order(child_kind, index, node_type):
            findings.add(where, ProblemCode.NOT_ALLOWED_HERE, f"{child_kind} can't stand here in {kind}")
        else:
            marks = node_type.children[child_kind]
            allowed.append((_without_empty_marks(child) if node_type.order and marks else child, marks, where))
        if len(findings.problems) >= MAX_PROBLEMS:
            break
    return allowed


def _is_out_of_order(kind: str, index: int, node_type: NodeType) -> bool:
    order = node_type.order
    return order is not None and order[index : index + 1] != (kind,)


def _without_empty_marks(node: dict[Any, Any]) -> dict[Any, Any]:
    """The node as the validator sees it where the order of children is fixed: there alone an empty array is none."""
    return {key: value for key, value in node.items() if key != "marks"} if node.get("marks") == [] else node


# --- attributes


def _check_attrs(owner: str, attrs: object, shapes: Iterable[Attrs], path: _Path, findings: _Findings) -> None:
    """Check against the shape that fits best."""
    if not isinstance(attrs, dict):
        findings.add(path, ProblemCode.WRONG_VALUE, "attrs is an object")
        return
    best: _Findings | None = None
    for shape in shapes:
        tried = _Findings()
        _check_shape(owner, attrs, shape, path, tried)
        if best is None or len(tried.problems) < len(best.problems):
            best = tried
        if not best.problems:
            return
    if best is not None:
        findings.problems.extend(best.problems)


def _check_shape(owner: str, attrs: dict[Any, Any], shape: Attrs, path: _Path, findings: _Findings) -> None:
    for name, value in attrs.items():
        attr = shape.get(name) if isinstance(name, str) else None
        if attr is None:
            findings.add(path, ProblemCode.WRONG_KEY, f"{owner} has no attribute {_name(name)}")
        elif not fits(value, attr):
            findings.add((name, path), ProblemCode.WRONG_VALUE, f"{name} is {_expected(attr)}")
    for name, attr in shape.items():
        if attr.required and name not in attrs:
            findings.add(path, ProblemCode.MISSING_KEY, f"{owner} needs the attribute {name}")


def _expected(attr: Attr) -> str:
    if attr.choices is not None:
        return f"one of {', '.join(map(_name, sorted(attr.choices)))}"
    if attr.pattern is not None:
        return attr.meaning or f"a string like {attr.pattern}"
    if attr.minimum is not None and attr.maximum is not None:
        return f"a number from {attr.minimum} to {attr.maximum}"
    if attr.minimum is not None:
        return f"a number of at least {attr.minimum}"
    return f"{'non-empty ' if attr.min_length else ''}{attr.kind}"


def _name(value: object) -> str:
    return repr(value[:40]) if isinstance(value, str) else "key that is not a string"


# --- marks


def _check_marks(marks: object, allowed: frozenset[str], path: _Path, findings: _Findings) -> None:
    if not isinstance(marks, list) or not marks:
        findings.add(path, ProblemCode.WRONG_MARKS, "marks is an array of at least one mark, or left out")
        return
    seen: set[str] = set()
    repeated: set[tuple[str, frozenset[Any]]] = set()
    for index, mark in enumerate(marks):
        if len(findings.problems) >= MAX_PROBLEMS:
            return
        where: _Path = (index, path)
        kind = mark.get("type") if isinstance(mark, dict) else None
        if not isinstance(kind, str) or kind not in MARKS:
            findings.add(where, ProblemCode.UNKNOWN_TYPE, "a mark is an object with the type of a mark")
            continue
        if kind not in allowed:
            findings.add(where, ProblemCode.WRONG_MARKS, f"{kind} can't stand here")
        elif kind in seen or not seen.isdisjoint(MARKS[kind].excludes) or _identity(mark, kind) in repeated:
            findings.add(where, ProblemCode.WRONG_MARKS, f"{kind} can't be combined with the marks before it")
        if kind in _REPEATABLE:
            repeated.add(_identity(mark, kind))
        else:
            seen.add(kind)
        _check_mark(mark, kind, where, findings)


_REPEATABLE: Final = frozenset({"annotation", "fragment"})
"""Marks that may stand beside their own type, with other attributes."""


def _identity(mark: dict[Any, Any], kind: str) -> tuple[str, frozenset[Any]]:
    attrs = mark.get("attrs")
    texts = attrs.items() if isinstance(attrs, dict) else ()
    return kind, frozenset((name, value) for name, value in texts if isinstance(value, str))


def _check_mark(mark: dict[Any, Any], kind: str, path: _Path, findings: _Findings) -> None:
    attrs = MARKS[kind].attrs
    for key in mark.keys() - ({"type", "attrs"} if attrs else {"type"}):
        findings.add(path, ProblemCode.WRONG_KEY, f"{kind} has no {_name(key)}")
    if "attrs" in mark:
        if attrs:
            _check_attrs(kind, mark["attrs"], (attrs,), ("attrs", path), findings)
    elif any(attr.required for attr in attrs.values()):
        findings.add(path, ProblemCode.MISSING_KEY, f"{kind} needs attrs")


# --- keys


def _keys(kind: str, node_type: NodeType) -> frozenset[str]:
    keys = {"type", "marks", *node_type.needs}
    if node_type.children:
        keys.add("content")
    if any(node_type.attrs):
        keys.add("attrs")
    if kind == "doc":
        keys.discard("marks")
    return frozenset(keys)


_KEYS: Final = {kind: _keys(kind, node_type) for kind, node_type in NODES.items()}
