"""What `check_adf` says; that it agrees with Atlassian's engines is shown in `tests/conformance/adf`."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_session_export._adf.check import MAX_DEPTH, MAX_PROBLEMS, Problem, ProblemCode, check_adf
from jira_session_export._adf.schema import MARKS, NODES

PROBES = Path(__file__).parents[2] / "conformance" / "adf" / "probes.jsonl"

TEXT = {"type": "text", "text": "a"}
PARAGRAPH = {"type": "paragraph", "content": [TEXT]}


def document(*content: Any) -> dict[str, Any]:
    return {"version": 1, "type": "doc", "content": list(content)}


def paragraph(*content: Any) -> dict[str, Any]:
    return document({"type": "paragraph", "content": list(content)})


def marked(*marks: Any) -> dict[str, Any]:
    return paragraph({**TEXT, "marks": list(marks)})


def nested_lists(depth: int) -> dict[str, Any]:
    """A document whose deepest node has `depth` nodes around it and itself."""
    node: dict[str, Any] = {"type": "taskItem", "attrs": {"localId": "", "state": "TODO"}}
    for _ in range(depth - 2):
        node = {"type": "taskList", "attrs": {"localId": ""}, "content": [node]}
    return document(node)


@pytest.mark.parametrize(
    "line", PROBES.read_text(encoding="utf-8").splitlines(), ids=lambda line: json.loads(line)["name"]
)
def test_probe(line: str) -> None:
    probe = json.loads(line)
    assert (not check_adf(probe["document"])) is probe["valid"]


@pytest.mark.parametrize(
    ("candidate", "path", "code"),
    [
        (None, "", ProblemCode.NOT_A_DOCUMENT),
        ([PARAGRAPH], "", ProblemCode.NOT_A_DOCUMENT),
        (PARAGRAPH, "", ProblemCode.NOT_A_DOCUMENT),
        ({**document(PARAGRAPH), "version": True}, "/version", ProblemCode.WRONG_VALUE),
        ({**document(PARAGRAPH), "title": "a"}, "", ProblemCode.WRONG_KEY),
        (document(), "/content", ProblemCode.WRONG_COUNT),
        (document("a"), "/content/0", ProblemCode.NOT_A_NODE),
        (document(PARAGRAPH, {"type": "image"}), "/content/1", ProblemCode.UNKNOWN_TYPE),
        (
            document({"type": "bulletList", "content": [PARAGRAPH]}),
            "/content/0/content/0",
            ProblemCode.NOT_ALLOWED_HERE,
        ),
        (document({"type": "paragraph", "content": "a"}), "/content/0/content", ProblemCode.WRONG_VALUE),
        (document({"type": "blockquote"}), "/content/0", ProblemCode.MISSING_KEY),
        (document({"type": "heading", "attrs": {"level": 7}}), "/content/0/attrs/level", ProblemCode.WRONG_VALUE),
        (document({"type": "heading", "attrs": {}}), "/content/0/attrs", ProblemCode.MISSING_KEY),
        (document({"type": "paragraph", "attrs": {"a/b": 1}}), "/content/0/attrs", ProblemCode.WRONG_KEY),
        (paragraph({"type": "text", "text": ""}), "/content/0/content/0/text", ProblemCode.WRONG_VALUE),
        (marked(), "/content/0/content/0/marks", ProblemCode.WRONG_MARKS),
        (marked({"type": "code"}, {"type": "em"}), "/content/0/content/0/marks/1", ProblemCode.WRONG_MARKS),
        (marked({"type": "strong"}, {"type": "strong"}), "/content/0/content/0/marks/1", ProblemCode.WRONG_MARKS),
        (marked({"type": "blink"}), "/content/0/content/0/marks/0", ProblemCode.UNKNOWN_TYPE),
        (marked({"type": "link"}), "/content/0/content/0/marks/0", ProblemCode.MISSING_KEY),
        (
            marked({"type": "link", "attrs": {"href": "javascript:alert(1)"}}),
            "/content/0/content/0/marks/0/attrs/href",
            ProblemCode.WRONG_VALUE,
        ),
        (nested_lists(MAX_DEPTH + 1), "/content/0" * (MAX_DEPTH - 1), ProblemCode.TOO_DEEP),
    ],
)
def test_problem(candidate: Any, path: str, code: ProblemCode) -> None:
    problems = check_adf(candidate)
    assert (problems[0].path, problems[0].code) == (path, code)
    assert problems[0].message


def test_every_code_has_a_case() -> None:
    mark = next(mark for mark in test_problem.pytestmark if mark.name == "parametrize")  # type: ignore[attr-defined]
    assert {code for _, _, code in mark.args[1]} == set(ProblemCode)


def test_problems_come_in_the_order_in_which_they_stand() -> None:
    bad = {"type": "heading", "attrs": {"level": 0}}
    found = check_adf(document(bad, {"type": "panel", "attrs": {"panelType": "info"}, "content": [bad]}, bad))
    assert [problem.path for problem in found] == [
        "/content/0/attrs/level",
        "/content/1/content/0/attrs/level",
        "/content/2/attrs/level",
    ]


def test_nesting_up_to_the_limit_is_fine() -> None:
    assert check_adf(nested_lists(MAX_DEPTH)) == []


@pytest.mark.parametrize(
    "node",
    [
        {"type": "heading", "attrs": {"level": 0}},
        {"type": "paragraph", "marks": [{"type": "strong"}]},
        "a",
    ],
)
def test_says_no_more_than_is_useful(node: Any) -> None:
    assert len(check_adf(document(*[node] * 10_000))) == MAX_PROBLEMS


def test_a_document_inside_itself_is_too_deep() -> None:
    inner: dict[str, Any] = {"type": "bulletList"}
    inner["content"] = [{"type": "listItem", "content": [inner, inner]}]
    assert {problem.code for problem in check_adf(document(inner))} == {ProblemCode.TOO_DEEP}


def test_an_attribute_that_contains_itself_is_refused() -> None:
    loop: list[Any] = []
    loop.append(loop)
    assert check_adf(document({"type": "paragraph", "attrs": {"localId": loop}}))
    assert check_adf(marked({"type": "fragment", "attrs": {"localId": loop}}))


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf, 10**400, True, "1"])
def test_a_number_json_has_no_word_for_is_no_number(number: Any) -> None:
    assert check_adf(document({"type": "orderedList", "attrs": {"order": number}, "content": []}))[0].path.endswith(
        "order"
    )


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.binary(max_size=3)
    | st.sampled_from([*NODES, *MARKS]) | st.just(10**400) | st.builds(object),
    lambda children: st.lists(children, max_size=4)
    | st.tuples(children)
    | st.dictionaries(
        st.sampled_from(["type", "attrs", "content", "marks", "text", "version", "level"]) | st.integers() | st.none(),
        children,
        max_size=5,
    ),
    max_leaves=20,
)  # fmt: skip
NODES_MADE_UP = st.recursive(
    st.fixed_dictionaries({"type": st.sampled_from(sorted(NODES))}),
    lambda children: st.fixed_dictionaries(
        {"type": st.sampled_from(sorted(NODES)) | VALUES},
        optional={
            "content": st.lists(children, max_size=4) | VALUES,
            "attrs": st.dictionaries(st.sampled_from(["level", "localId", "href", "url", "colwidth"]), VALUES) | VALUES,
            "marks": st.lists(st.fixed_dictionaries({"type": st.sampled_from(sorted(MARKS)), "attrs": VALUES}) | VALUES)
            | VALUES,
            "text": VALUES,
        },
    ),
    max_leaves=10,
)


@given(VALUES | NODES_MADE_UP | st.lists(NODES_MADE_UP).map(lambda content: document(*content)))
def test_never_raises(value: Any) -> None:
    assert all(isinstance(problem, Problem) for problem in check_adf(value))
