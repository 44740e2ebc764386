"""Paragraphs that are lines of code."""

import time
from typing import Any

from jira_session_export._adf.code_paragraphs import join_code


def paragraph(text: str, *, code: bool = False) -> dict[str, Any]:
    node: dict[str, Any] = {"type": "text", "text": text}
    if code:
        node["marks"] = [{"type": "code"}]
    return {"type": "paragraph", "content": [node]}


def joined(*blocks: dict[str, Any], fonts: bool = True) -> list[dict[str, Any]]:
    document: dict[str, Any] = {"version": 1, "type": "doc", "content": list(blocks)}
    join_code(document, fonts=fonts)
    content: list[dict[str, Any]] = document["content"]
    return content


def code(text: str) -> dict[str, Any]:
    return {"type": "codeBlock", "content": [{"type": "text", "text": text}]}


def test_two_lines_of_code_are_a_block() -> None:
    assert joined(paragraph("a", code=True), paragraph("\xa0b", code=True), paragraph("c")) == [
        code("a\n b"),
        paragraph("c"),
    ]


def test_one_line_of_code_stays_a_paragraph() -> None:
    assert joined(paragraph("a", code=True)) == [paragraph("a", code=True)]


def test_empty_lines_belong_to_the_block_only_between_its_lines() -> None:
    empty = {"type": "paragraph", "content": []}
    assert joined(paragraph("a", code=True), dict(empty), paragraph("b", code=True), dict(empty)) == [
        code("a\n\nb"),
        empty,
    ]


def test_markers_hold_a_block_wherever_they_stand() -> None:
    assert joined(paragraph("\uec03"), paragraph("a"), paragraph("b\uec02"), fonts=False) == [code("a\nb")]
    assert joined(paragraph("\uec03a"), {"type": "rule"}, paragraph("b\uec02"))[0] == paragraph("\uec03a")


def test_time_grows_with_the_number_of_paragraphs() -> None:
    def seconds(count: int) -> float:
        blocks = [paragraph("\uec03a") for _ in range(count)]
        begun = time.process_time()
        joined(*blocks)
        return time.process_time() - begun

    assert seconds(16_000) < 60 * max(seconds(2_000), 0.001)
