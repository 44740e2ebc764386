"""`check_adf` accepts a document exactly when all three engines do."""

import copy
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jira_session_export._adf.check import check_adf
from jira_session_export._adf.schema import MARKS, NODES

pytestmark = [pytest.mark.node, pytest.mark.timeout(400)]

PROBES = [
    json.loads(line) for line in (Path(__file__).parent / "probes.jsonl").read_text(encoding="utf-8").splitlines()
]

TEXT = {"type": "text", "text": "a"}
PARAGRAPH = {"type": "paragraph", "content": [TEXT]}
MEDIA = {"type": "media", "attrs": {"type": "external", "url": "https://a.example/a.png"}}
ITEM = {"type": "listItem", "content": [PARAGRAPH]}
TASK = {"type": "taskItem", "attrs": {"localId": "1", "state": "TODO"}, "content": [TEXT]}
DECISION = {"type": "decisionItem", "attrs": {"localId": "1", "state": "DECIDED"}, "content": [TEXT]}
CELL = {"type": "tableCell", "content": [PARAGRAPH]}
COLUMN = {"type": "layoutColumn", "attrs": {"width": 50}, "content": [PARAGRAPH]}
EXTENSION = {"extensionType": "t", "extensionKey": "k"}

SAMPLES: dict[str, dict[str, Any]] = {
    sample["type"]: sample
    for sample in (
        TEXT, PARAGRAPH, MEDIA, ITEM, TASK, DECISION, CELL, COLUMN,
        {"type": "heading", "attrs": {"level": 1}, "content": [TEXT]},
        {"type": "codeBlock", "content": [TEXT]},
        {"type": "caption", "content": [TEXT]},
        {"type": "blockquote", "content": [PARAGRAPH]},
        {"type": "panel", "attrs": {"panelType": "info"}, "content": [PARAGRAPH]},
        {"type": "expand", "attrs": {"title": "t"}, "content": [PARAGRAPH]},
        {"type": "nestedExpand", "attrs": {"title": "t"}, "content": [PARAGRAPH]},
        {"type": "layoutSection", "content": [COLUMN, COLUMN]},
        {"type": "bulletList", "content": [ITEM]},
        {"type": "orderedList", "attrs": {"order": 1}, "content": [ITEM]},
        {"type": "taskList", "attrs": {"localId": "1"}, "content": [TASK]},
        {"type": "blockTaskItem", "attrs": {"localId": "1", "state": "DONE"}, "content": [PARAGRAPH]},
        {"type": "decisionList", "attrs": {"localId": "1"}, "content": [DECISION]},
        {"type": "table", "content": [{"type": "tableRow", "content": [CELL]}]},
        {"type": "tableRow", "content": [CELL]},
        {"type": "tableHeader", "content": [PARAGRAPH]},
        {"type": "mediaSingle", "attrs": {"layout": "center"}, "content": [MEDIA]},
        {"type": "mediaGroup", "content": [MEDIA]},
        {"type": "mediaInline", "attrs": {"id": "1", "collection": "c"}},
        {"type": "rule"},
        {"type": "hardBreak"},
        {"type": "mention", "attrs": {"id": "1"}},
        {"type": "emoji", "attrs": {"shortName": ":a:"}},
        {"type": "date", "attrs": {"timestamp": "1"}},
        {"type": "status", "attrs": {"text": "a", "color": "blue"}},
        {"type": "placeholder", "attrs": {"text": "a"}},
        {"type": "inlineCard", "attrs": {"url": "https://a.example"}},
        {"type": "blockCard", "attrs": {"url": "https://a.example"}},
        {"type": "embedCard", "attrs": {"url": "https://a.example", "layout": "center"}},
        {"type": "extension", "attrs": EXTENSION},
        {"type": "inlineExtension", "attrs": EXTENSION},
        {"type": "bodiedExtension", "attrs": EXTENSION, "content": [PARAGRAPH]},
        {"type": "syncBlock", "attrs": {"resourceId": "r", "localId": "1"}},
        {"type": "bodiedSyncBlock", "attrs": {"resourceId": "r", "localId": "1"}, "content": [PARAGRAPH]},
    )
}  # fmt: skip

MARK_SAMPLES: dict[str, dict[str, Any]] = {
    sample["type"]: sample
    for sample in (
        {"type": "link", "attrs": {"href": "https://a.example"}},
        {"type": "em"},
        {"type": "strong"},
        {"type": "strike"},
        {"type": "underline"},
        {"type": "code"},
        {"type": "subsup", "attrs": {"type": "sub"}},
        {"type": "textColor", "attrs": {"color": "#ff0000"}},
        {"type": "backgroundColor", "attrs": {"color": "#ff0000"}},
        {"type": "annotation", "attrs": {"id": "1", "annotationType": "inlineComment"}},
        {"type": "alignment", "attrs": {"align": "center"}},
        {"type": "indentation", "attrs": {"level": 1}},
        {"type": "fontSize", "attrs": {"fontSize": "small"}},
        {"type": "breakout", "attrs": {"mode": "wide"}},
        {"type": "border", "attrs": {"size": 1, "color": "#ff0000"}},
        {"type": "dataConsumer", "attrs": {"sources": ["s"]}},
        {"type": "fragment", "attrs": {"localId": "1"}},
    )
}

OTHER_ATTRS: list[tuple[str, dict[str, Any]]] = [
    ("media", {"type": "file", "id": "1", "collection": "c"}),
    ("mediaSingle", {"layout": "center", "width": 300, "widthType": "pixel"}),
    ("inlineCard", {"data": {}}),
    ("blockCard", {"data": {}}),
    ("blockCard", {"datasource": {"id": "1", "parameters": {}, "views": [{"type": "table"}]}}),
]

PARENTS = {
    "text": "paragraph", "hardBreak": "paragraph", "mention": "paragraph", "emoji": "paragraph", "date": "paragraph",
    "status": "paragraph", "placeholder": "paragraph", "inlineCard": "paragraph", "inlineExtension": "paragraph",
    "mediaInline": "paragraph", "listItem": "bulletList", "taskItem": "taskList", "blockTaskItem": "taskList",
    "decisionItem": "decisionList", "tableRow": "table", "tableCell": "tableRow", "tableHeader": "tableRow",
    "layoutColumn": "layoutSection", "media": "mediaSingle", "caption": "mediaSingle", "nestedExpand": "expand",
}  # fmt: skip

ODD_VALUES: list[Any] = [
    None, True, False, 0, 1, 2, -1, 1.5, 6, 7, 100, 101, 1e300, "", "a", "#FF0000", "#f00", "#ff000080", "red", "center", "end",
    "wide", "full-width", "default", "wrap-left", "small", "sub", "DONE", "TODO", "pixel", "percentage", "file", "link", "external",
    "image", "APP", "fixed", "inlineComment", "top", "\n", "https://a.example", "/a", "#a", "a.html", "javascript:alert(1)", [], {},
    [1], ["s"], [None], {"url": "https://a.example"},
    *({"id": "1", "parameters": parameters, "views": views} for parameters in ({}, None, []) for views in ([], [{}], [{"type": "t"}], 1)),
    {"id": "1", "parameters": {}, "views": [{"type": "t", "properties": {}}, {"type": "t", "properties": None}]},
    {"id": "1", "parameters": {}, "views": [{"type": "t", "properties": 1}]}, {"id": 1, "parameters": {}, "views": [{"type": "t"}]},
]  # fmt: skip


def document(*content: Any) -> dict[str, Any]:
    return {"version": 1, "type": "doc", "content": list(content)}


def placed(node: Any, kind: str) -> dict[str, Any]:
    """A document in which the node stands where its type belongs."""
    while kind in PARENTS:
        beside = [COLUMN] if kind == "layoutColumn" else []
        before = [MEDIA] if kind == "caption" else []
        kind = PARENTS[kind]
        node = {**SAMPLES[kind], "content": [*before, node, *beside]}
    return document(node)


def children_in_parents() -> Iterator[Any]:
    for child in SAMPLES.values():
        yield document(child)
        for kind, parent in SAMPLES.items():
            yield placed({**parent, "content": [child]}, kind)
            if "content" in parent:
                yield placed({**parent, "content": [*parent["content"], child]}, kind)
                yield placed({**parent, "content": [child, *parent["content"]]}, kind)


def keys_of_nodes() -> Iterator[Any]:
    for kind, sample in SAMPLES.items():
        yield placed(sample, kind)
        for key in sample:
            yield placed({name: value for name, value in sample.items() if name != key}, kind)
        for key in ("attrs", "content", "marks", "text", "version", "other"):
            for value in (None, [], {}, "", "a", 1, {"localId": "1"}, {"localId": ""}, {"localId": None}):
                yield placed({**sample, key: value}, kind)


def attributes_of_nodes() -> Iterator[Any]:
    kinds = [(kind, sample.get("attrs", {})) for kind, sample in SAMPLES.items()]
    for kind, attrs in [*kinds, *OTHER_ATTRS]:
        sample = SAMPLES[kind]
        for name in sorted({name for shape in NODES[kind].attrs for name in shape}):
            yield placed({**sample, "attrs": {key: value for key, value in attrs.items() if key != name}}, kind)
            for value in ODD_VALUES:
                yield placed({**sample, "attrs": {**attrs, name: value}}, kind)


def marks_on_nodes() -> Iterator[Any]:
    for kind, sample in SAMPLES.items():
        for mark in MARK_SAMPLES.values():
            yield placed({**sample, "marks": [mark]}, kind)
            for parent_kind, parent in SAMPLES.items():
                if kind in NODES[parent_kind].children and kind not in {"text", "hardBreak"}:
                    before = [MEDIA] if kind == "caption" else []
                    yield placed({**parent, "content": [*before, {**sample, "marks": [mark]}]}, parent_kind)


def marks_together() -> Iterator[Any]:
    for kind in ("text", "paragraph", "heading", "media", "extension"):
        for first in MARK_SAMPLES.values():
            for second in MARK_SAMPLES.values():
                yield placed({**SAMPLES[kind], "marks": [first, second]}, kind)


def attributes_of_marks() -> Iterator[Any]:
    bearers = {
        "alignment": "paragraph",
        "indentation": "paragraph",
        "fontSize": "paragraph",
        "breakout": "expand",
        "border": "media",
    }
    bearers |= {"dataConsumer": "extension", "fragment": "extension"}
    for name, sample in MARK_SAMPLES.items():
        kind = bearers.get(name, "text")
        given = sample.get("attrs", {})
        for mark in (
            {"type": name},
            {**sample, "attrs": {}},
            {**sample, "attrs": None},
            {**sample, "attrs": []},
            {**sample, "other": 1},
            {**sample, "attrs": {**given, "other": 1}},
            *({**sample, "attrs": {**given, attr: value}} for attr in MARKS[name].attrs for value in ODD_VALUES),
        ):
            yield placed({**SAMPLES[kind], "marks": [mark]}, kind)


ADDRESSES = [
    "", " ", "x", "a:b", "http:a", "HTTP://A", "http\u017f://a", "\u017fkype:a", "s\u212aype:a", "mailto:", "//a", "?a", "#", "./a",
    "data:text/html,a", "javascript:a", "\x1fhttp://a", "\x85http://a", "\ufeffhttp://a", "\nhttp://a", "irc:", "irc6:", "irc7:",
    "sips:", "sftp:", "sftp://", "git:a", "f\u0131le://a", "tel:1", "\0/a", "\n", "\n\n", "\x1f",
]  # fmt: skip


def with_address(address: str) -> Iterator[Any]:
    yield placed({**TEXT, "marks": [{"type": "link", "attrs": {"href": address}}]}, "text")
    for kind in ("inlineCard", "blockCard", "embedCard"):
        yield placed({"type": kind, "attrs": {**SAMPLES[kind]["attrs"], "url": address}}, kind)


def addresses() -> Iterator[Any]:
    for address in ADDRESSES:
        yield from with_address(address)


@pytest.mark.parametrize(
    "documents",
    [
        children_in_parents,
        keys_of_nodes,
        attributes_of_nodes,
        marks_on_nodes,
        marks_together,
        attributes_of_marks,
        addresses,
    ],
)
def test_agrees_on_every_combination(documents: Any, engines: Any) -> None:
    disagreements = []
    accepted = 0
    for candidate in documents():
        refusals = engines.refusals(candidate)
        problems = check_adf(candidate)
        accepted += not problems
        if bool(problems) != bool(refusals):
            disagreements.append((json.dumps(candidate), problems, refusals))
    assert not disagreements, f"{len(disagreements)}: {disagreements[:5]}"
    assert accepted


@pytest.mark.parametrize("address", ["javascript:\nhttps://a", "a\rhttp://a", "a\u2028/"])
def test_is_stricter_where_the_validator_looks_at_the_second_line_of_an_address(address: str, engines: Any) -> None:
    for candidate in with_address(address):
        assert check_adf(candidate)
        assert not engines.refusals(candidate)


@pytest.mark.parametrize("probe", PROBES, ids=[probe["name"] for probe in PROBES])
def test_agrees_on_probes(probe: Any, engines: Any) -> None:
    refusals = engines.refusals(probe["document"])
    assert (not refusals) is probe["valid"], refusals
    assert (not check_adf(probe["document"])) is probe["valid"], check_adf(probe["document"])


@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=300)
def test_agrees_on_documents_taken_apart(data: st.DataObject, engines: Any) -> None:
    candidate = copy.deepcopy(data.draw(st.sampled_from([probe["document"] for probe in PROBES if probe["valid"]])))
    for _ in range(data.draw(st.integers(1, 3))):
        spoil(candidate, data)
    refusals = engines.refusals(candidate)
    assert bool(check_adf(candidate)) is bool(refusals), refusals


def spoil(value: Any, data: st.DataObject) -> None:
    """Change one thing somewhere in the document."""
    while True:
        keys: list[Any] = list(value) if isinstance(value, dict) else list(range(len(value)))
        if not keys:
            return
        key = data.draw(st.sampled_from(keys))
        if not (isinstance(value[key], (dict, list)) and value[key] and data.draw(st.booleans())):
            break
        value = value[key]
    other = copy.deepcopy(data.draw(st.sampled_from([*ODD_VALUES, *SAMPLES.values(), *MARK_SAMPLES.values()])))
    match data.draw(st.sampled_from(["remove", "replace", "add"])):
        case "remove":
            del value[key]
        case "replace":
            value[key] = other
        case _ if isinstance(value, list):
            value.insert(key, other)
        case _:
            value[data.draw(st.sampled_from(["attrs", "content", "marks", "text", "localId"]))] = other


@pytest.mark.parametrize("value", [None, 0, "", "doc", [], {}, {"type": "paragraph"}, {"type": ["doc"]}, math.pi])
def test_agrees_on_what_is_no_document(value: Any, engines: Any) -> None:
    assert check_adf(value)
    assert engines.refusals(value)
