import pytest

from jira_session_export._adf.sources.tags import StartTag, cut
from jira_session_export._adf.sources.words import HTML_NAMES, Ends, Words, begins_html, holds_html


def meant(html: str, *, inline: bool = False, names: frozenset[str] = HTML_NAMES) -> list[str]:
    """The source of the tags that are meant."""
    pieces = Words(names, Ends(html)).meant(cut(html), html.count("\n") + 1, inline=inline)
    return [piece.source for piece in pieces if not isinstance(piece, str) and hasattr(piece, "source")]


@pytest.mark.parametrize(
    ("html", "tags"),
    [
        ("<b>a</b>", ["<b>", "</b>"]),
        ("<b>a", []),
        ("a</b>", ["</b>"]),
        ("a</b> is missing", []),
        ("<div>a", ["<div>"]),
        ("<div> a", []),
        ("</div> a", []),
        ("</div>", ["</div>"]),
        ("<x-a>b</x-a>", []),
        ("<li>a", []),
        ("<ul><li>a<li>b</ul>", ["<ul>", "<li>", "<li>", "</ul>"]),
        ("<table><tr><td>a</table><td>", ["<table>", "<tr>", "<td>", "</table>"]),
        ("<svg><path/></svg><path/>", ["<svg>", "<path/>", "</svg>"]),
        ("<head><meta charset=a></head><meta charset=a>", ["<head>", "<meta charset=a>", "</head>"]),
        ("<img><img src=a><br><embed><embed src=a>", ["<img src=a>", "<br>", "<embed src=a>"]),
        ("<p>a</p><o:p></o:p>", ["<p>", "</p>", "<o:p>", "</o:p>"]),
        ("<title>a</title><iframe src=a></iframe>", []),
    ],
)
def test_tags_that_are_meant(html: str, tags: list[str]) -> None:
    assert meant(html) == tags


def test_text_level_elements_end_in_their_text() -> None:
    source = "a <b> c\n\n<i>d</i></b>"
    words = Words(HTML_NAMES, Ends(source))
    assert list(words.meant(cut("<b>"), 1, inline=True)) == ["<b>"]
    assert list(words.meant(cut("<b>"), 1, inline=False)) == [StartTag("b", {}, "<b>")]


def test_a_host_may_know_more_elements() -> None:
    assert meant("<x-a>b</x-a>", names=HTML_NAMES | {"x-a"}) == ["<x-a>", "</x-a>"]


@pytest.mark.parametrize(
    ("source", "begins"),
    [
        ("<div>", True),
        ("<div> is wide", False),
        ("<div> is wide</div>", True),
        ("<head>", False),
        ("<pre>a", False),
        ("<pre>a</pre>", True),
        ("<script>a", False),
        ("<script>a</script>", True),
        ("</script>", False),
        ("<!-- a", False),
        ("<!-- a\n\n-->", True),
        ("<!doctype html><p>", True),
        ("<!doctype html> is missing", False),
        ("<?php", False),
        ("<title>a</title>", False),
        ("<your-name>", False),
        ("<li>a", False),
        ("</div>", True),
        ("</div> is missing", False),
    ],
)
def test_what_begins_a_block(source: str, begins: bool) -> None:
    assert begins_html(source.split("\n", maxsplit=1)[0], 0, HTML_NAMES, Ends(source)) is begins


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("<p>a</p>", True),
        ("a<br>b", True),
        ("a <b>b</b>", True),
        ("<style>p{}</style>", True),
        ("a **b**", False),
        ("List<String>", False),
        ("Add a <style> tag", False),
        ("close it with </body>", False),
        ("a <b and c> d", False),
    ],
)
def test_what_holds_html(text: str, html: bool) -> None:
    assert holds_html(text) is html
