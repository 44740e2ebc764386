from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_session_export._adf.sources.tags import EndTag, StartTag, cut


@pytest.mark.parametrize(
    ("html", "pieces"),
    [
        ("", []),
        ("a &amp; b", ["a & b"]),
        ("<b>a</b>", [StartTag("b", {}), "a", EndTag("b")]),
        ("<BR/>", [StartTag("br", {})]),
        ("<a href='x&amp;y' B=c d e=\"f>g\" href=2>", [StartTag("a", {"href": "x&y", "b": "c", "d": "", "e": "f>g"})]),
        ("a < b > c", ["a <", " b > c"]),
        ("<!-- a > b -->c", ["c"]),
        ("<!-- never", ["<!-- never"]),
        ("a<!-- never > b", ["a"]),
        ("<!-->a", ["a"]),
        ("<!doctype html>a<?php x ?>b</>c", ["a", "b", "c"]),
        ("<![CDATA[a]]>b", ["b"]),
        ("<script>a<b>&amp;</script >c", [StartTag("script", {}), "a<b>&amp;", EndTag("script"), "c"]),
        ("<style>a", [StartTag("style", {}), "a"]),
        ("<textarea><b>&lt;</textarea>", [StartTag("textarea", {}), "<b><", EndTag("textarea")]),
        ("a<b c", ["a<b c"]),
        ("a<b c='>d", ["a", StartTag("b", {"c": "", "'": ""}), "d"]),
        ("&lt;<", ["<<"]),
    ],
)
def test_cut(html: str, pieces: list[Any]) -> None:
    assert list(cut(html)) == pieces


@given(st.text(alphabet="ab<>/ \"'=!-?&;\n", max_size=60))
def test_gives_all_text_outside_of_tags(html: str) -> None:
    assert all(isinstance(piece, (str, StartTag, EndTag)) for piece in cut(html))


@pytest.mark.parametrize("piece", ["<", "<a ", '<a b="', "<a b='", "<!", "<!--", "</", "<script>", "<a b", "&"])
@pytest.mark.parametrize("end", ["", ">", '"', "-->"])
def test_hostile_html_is_read_in_linear_time(piece: str, end: str) -> None:
    list(cut(piece * 100_000 + end))
