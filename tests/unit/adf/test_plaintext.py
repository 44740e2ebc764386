import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_session_export._adf.plaintext import adf_to_text
from jira_session_export._adf.schema import NODES

PROBES = Path(__file__).parents[2] / "conformance" / "adf" / "probes.jsonl"


def text(value: str, *marks: dict[str, Any]) -> dict[str, Any]:
    return {"type": "text", "text": value, **({"marks": list(marks)} if marks else {})}


def node(kind: str, *content: Any, **attrs: Any) -> dict[str, Any]:
    return {"type": kind, "attrs": attrs, "content": list(content)}


def p(value: str) -> dict[str, Any]:
    return node("paragraph", text(value))


def li(*content: Any) -> dict[str, Any]:
    return node("listItem", *content)


def link(href: str) -> dict[str, Any]:
    return {"type": "link", "attrs": {"href": href}}


@pytest.mark.parametrize(
    ("content", "lines"),
    [
        ([p("a"), p("b")], ["a", "", "b"]),
        ([node("heading", text("One"), level=1), p("a")], ["One", "===", "", "a"]),
        ([node("heading", text("Two"), level=2)], ["Two", "---"]),
        ([node("heading", text("Three"), level=3)], ["Three"]),
        ([node("paragraph", text("a"), node("hardBreak"), text("b"))], ["a", "b"]),
        ([p("a"), node("bulletList", li(p("b"), p("c")), li(p("d"))), p("e")], ["a", "", "- b", "  c", "- d", "", "e"]),
        ([node("orderedList", li(p("a")), li(p("b"), node("bulletList", li(p("c")))), order=9)], ["9. a", "10. b", "    - c"]),
        ([node("bulletList", li(), li(p("a")))], ["-", "- a"]),
        ([node("bulletList", li(node("bulletList", li(p("a")))))], ["- - a"]),
        (
            [node("taskList", node("taskItem", text("a"), state="DONE"), node("taskList", node("taskItem", text("b"))))],
            ["[x] a", "  [ ] b"],
        ),
        ([node("taskList", node("blockTaskItem", p("a"), p("b")))], ["[ ] a", "    b"]),
        ([node("taskList", node("taskItem"))], ["[ ]"]),
        ([node("decisionList", node("decisionItem", text("a")))], ["=> a"]),
        ([node("codeBlock", text("a\n\n  b"))], ["    a", "", "      b"]),
        ([node("blockquote", p("a"), p("b"))], ["> a", ">", "> b"]),
        ([node("blockquote", p("a"), node("bulletList", li(p("b"))))], ["> a", ">", "> - b"]),
        ([node("panel", p("a"), p("b"), panelType="info")], ["[info] a", "", "  b"]),
        ([node("expand", p("a"), title="More")], ["> More", "", "  a"]),
        ([p("a"), node("rule"), p("b")], ["a", "", "-" * 40, "", "b"]),
        (
            [node("table", node("tableRow", node("tableHeader", p("a")), node("tableHeader", p("long"))),
                  node("tableRow", node("tableCell", p("b"), p("c")), node("tableCell", p("d"))))],
            ["| a | long |", "| - | ---- |", "| b | d    |", "|   |      |", "| c |      |"],
        ),
        ([node("table", node("tableRow", node("tableCell", p("a"), colspan=2), node("tableCell", p("b"))))], ["| a |  | b |"]),
        ([node("paragraph", text("a", link("https://a.example")))], ["a (https://a.example)"]),
        ([node("paragraph", text("https://a.example", link("https://a.example")), text("."))], ["https://a.example."]),
        ([node("paragraph", text("a@a.example", link("mailto:a@a.example")))], ["a@a.example"]),
        (
            [node("paragraph", text("a ", link("/x")), text("b", link("/x"), {"type": "strong"}), text("c", link("/y")))],
            ["a b (/x)c (/y)"],
        ),
        (
            [node("paragraph", node("mention", id="1", text="@Ann"), text(" "), node("status", text="DONE"), text(" "),
                  node("emoji", shortName=":tada:", text="🎉"), text(" "), node("date", timestamp="0"))],
            ["@Ann [DONE] 🎉 1970-01-01"],
        ),
        (
            [node("mediaSingle", node("media", type="external", url="https://a.example/a.png", alt="A"), node("caption", text("c")))],
            ["[image: A https://a.example/a.png]", "", "c"],
        ),
        ([node("blockCard", url="https://a.example")], ["https://a.example"]),
        ([node("extension", extensionKey="toc")], ["[toc]"]),
        ([node("layoutSection", node("layoutColumn", p("a")), node("layoutColumn", p("b")))], ["a", "", "b"]),
        ([node("novelty", p("a"))], ["a"]),
        ([p("\x1b[31mred\x07")], ["[31mred"]),
    ],
)  # fmt: skip
def test_text(content: list[Any], lines: list[str]) -> None:
    assert adf_to_text({"version": 1, "type": "doc", "content": content}).split("\n") == lines


@pytest.mark.parametrize(
    "line", PROBES.read_text(encoding="utf-8").splitlines(), ids=lambda line: json.loads(line)["name"]
)
def test_any_probe_gives_text(line: str) -> None:
    adf_to_text(json.loads(line)["document"]).encode()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(sorted(NODES)),
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(
            st.sampled_from(["attrs", "content", "marks", "text", "colspan", "order"]), children, max_size=4
        )
        | st.fixed_dictionaries({"type": st.sampled_from(sorted(NODES)), "content": st.lists(children, max_size=4)})
    ),
    max_leaves=25,
)


@given(JSON)
def test_any_value_gives_text(value: Any) -> None:
    adf_to_text(value).encode()


@pytest.mark.parametrize(
    "kind", ["bulletList", "listItem", "table", "tableCell", "panel", "blockquote", "taskList", "unheard"]
)
def test_nesting_costs_neither_stack_nor_space(kind: str) -> None:
    deep: dict[str, Any] = p("deep")
    for _ in range(20_000):
        deep = {"type": kind, "content": [deep]}
    shown = adf_to_text({"type": "doc", "content": [deep]})
    assert "deep" in shown
    assert len(shown) < 1_000_000


def test_a_row_too_large_to_be_aligned_comes_cell_by_cell() -> None:
    tall = node("tableCell", *(p(str(number)) for number in range(500)))
    row = node("tableRow", tall, *(node("tableCell", p("x")) for _ in range(500)))
    shown = adf_to_text({"type": "doc", "content": [node("table", row)]})
    assert "\n499\n" in shown
    assert len(shown) < 10_000
