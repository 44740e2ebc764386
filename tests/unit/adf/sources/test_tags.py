from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_session_export._adf.sources.tags import EndTag, Piece, StartTag, Unshown, cut


def plain(piece: Piece) -> Any:
    """A piece without its source."""
    if isinstance(piece, StartTag):
        return piece.name, dict(piece.attrs)
    if isinstance(piece, EndTag):
        return f"/{piece.name}"
    return [*plain(piece.tag), piece.text] if isinstance(piece, Unshown) else piece


@pytest.mark.parametrize(
    ("html", "pieces"),
    [
        ("", []),
        ("a &amp; b", ["a & b"]),
        ("<b>a</b>", [("b", {}), "a", "/b"]),
        ("<BR/>", [("br", {})]),
        ("<a href='x&amp;y' B=c d e=\"f>g\" href=2>", [("a", {"href": "x&y", "b": "c", "d": "", "e": "f>g"})]),
        ("a < b > c", ["a <", " b > c"]),
        ("<!-- a > b -->c", ["c"]),
        ("<!-- never", ["<!-- never"]),
        ("a<!-- never > b", ["a<", "!-- never > b"]),
        ("<!-->a", ["a"]),
        ("<!doctype html>a<?php x ?>b</>c", ["a", "<?php x ?>", "b", "</>", "c"]),
        ("<![CDATA[a]]>b", ["<![CDATA[a]]>", "b"]),
        ("<script>a<b>&amp;</script >c", [["script", {}, "a<b>&amp;"], "c"]),
        ("<style >a</STYLE>", [["style", {}, "a"]]),
        ("<pre>\n\na</pre>", [("pre", {}), "\na", "/pre"]),
        ("<style>a", [("style", {}), "a"]),
        ("<textarea><b>&lt;</textarea>", [("textarea", {}), ("b", {}), "<", "/textarea"]),
        ("a<b c", ["a<b c"]),
        ("a<b c='>d", ["a", ("b", {"c": "", "'": ""}), "d"]),
        ("&lt;<", ["<<"]),
    ],
)
def test_cut(html: str, pieces: list[Any]) -> None:
    assert [plain(piece) for piece in cut(html)] == pieces


def test_tags_know_their_source() -> None:
    first, end = cut("<A  x='&amp;'></A >")
    assert isinstance(first, StartTag)
    assert isinstance(end, EndTag)
    assert (first.source, end.source) == ("<A  x='&amp;'>", "</A >")


@given(st.text(alphabet="ab<>/ \"'=!-?&;\n", max_size=60))
def test_gives_all_text_outside_of_tags(html: str) -> None:
    assert all(isinstance(piece, str | StartTag | EndTag | Unshown) for piece in cut(html))


@pytest.mark.parametrize(
    "piece",
    ["<", "<a ", '<a b="', "<a b='", "<!", "<!--", "</", "<script>", "</script ", "<script></script ", "<a b", "&"],
)
@pytest.mark.parametrize("end", ["", ">", '"', "-->"])
def test_hostile_html_is_read_in_linear_time(piece: str, end: str) -> None:
    list(cut(piece * 100_000 + end))
