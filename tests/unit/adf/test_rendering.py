from typing import Any

import pytest

from jira_session_export._adf.html import html_to_adf
from jira_session_export._adf.preview import adf_to_html


def text(value: str, *marks: dict[str, Any]) -> dict[str, Any]:
    return {"type": "text", "text": value, **({"marks": list(marks)} if marks else {})}


def node(kind: str, *content: Any, **attrs: Any) -> dict[str, Any]:
    return {"type": kind, "attrs": attrs, "content": list(content)}


def inside(*content: Any) -> str:
    """The HTML of the nodes, without the element around the document."""
    html = adf_to_html({"version": 1, "type": "doc", "content": list(content)})
    assert html.startswith('<div class="adf">')
    assert html.endswith("</div>")
    return html[len('<div class="adf">') : -len("</div>")]


P = node("paragraph", text("a"))


@pytest.mark.parametrize(
    ("given_node", "html"),
    [
        (node("paragraph", text("<b>&")), "<p>&lt;b&gt;&amp;</p>"),
        (node("heading", text("a"), level=3), "<h3>a</h3>"),
        (node("heading", text("a"), level=9), "<h6>a</h6>"),
        (node("paragraph", text("a"), {"type": "hardBreak"}, text("b")), "<p>a<br>b</p>"),
        (node("rule"), "<hr>"),
        (node("bulletList", node("listItem", P)), "<ul><li><p>a</p></li></ul>"),
        (node("orderedList", node("listItem", P), order=0), '<ol start="0"><li><p>a</p></li></ol>'),
        (node("orderedList", node("listItem", P), order=1), "<ol><li><p>a</p></li></ol>"),
        (node("codeBlock", text("\na<b\n"), language="c++"), '<pre><code class="language-c++" data-language="c++">\na&lt;b\n\n</code></pre>'),
        (node("blockquote", P), "<blockquote><p>a</p></blockquote>"),
        (node("panel", P, panelType="note"), '<div class="adf-panel" data-panel-type="note"><p>a</p></div>'),
        (node("expand", P, title="t<"), "<details><summary>t&lt;</summary><p>a</p></details>"),
        (node("nestedExpand", P, title="t"), "<details><summary>t</summary><p>a</p></details>"),
        (
            node("taskList", node("taskItem", text("a"), state="DONE"), node("taskList", node("taskItem", text("b"), state="TODO"))),
            ('<ul data-type="taskList"><li data-type="taskItem" data-checked="true"><label><input type="checkbox" disabled checked>'
            '</label><div>a</div><ul data-type="taskList"><li data-type="taskItem" data-checked="false"><label>'
            '<input type="checkbox" disabled></label><div>b</div></li></ul></li></ul>'),
        ),
        (
            node("table", node("tableRow", node("tableHeader", P, colspan=2, colwidth=[100, 50]), node("tableCell", P, background="#ff0000"))),
            '<table><tbody><tr><th colspan="2" data-colwidth="100,50"><p>a</p></th><td bgcolor="#ff0000"><p>a</p></td></tr></tbody></table>',
        ),
        (
            node("mediaSingle", node("media", type="external", url="https://a.example/a.png", alt="x", width=5), layout="center"),
            '<figure class="adf-media" data-layout="center"><img src="https://a.example/a.png" alt="x" width="5"></figure>',
        ),
        (
            node("paragraph", {"type": "date", "attrs": {"timestamp": "1700000000000"}}),
            '<p><time class="adf-date" datetime="2023-11-14" data-timestamp="1700000000000">2023-11-14</time></p>',
        ),
    ],
)  # fmt: skip
def test_element(given_node: Any, html: str) -> None:
    assert inside(given_node) == html


@pytest.mark.parametrize(
    ("mark", "start", "end"),
    [
        ({"type": "strong"}, "<strong>", "</strong>"),
        ({"type": "em"}, "<em>", "</em>"),
        ({"type": "strike"}, "<s>", "</s>"),
        ({"type": "underline"}, "<u>", "</u>"),
        ({"type": "code"}, "<code>", "</code>"),
        ({"type": "subsup", "attrs": {"type": "sub"}}, "<sub>", "</sub>"),
        ({"type": "subsup", "attrs": {"type": "sup"}}, "<sup>", "</sup>"),
        ({"type": "textColor", "attrs": {"color": "#00ff00"}}, '<font color="#00ff00">', "</font>"),
        ({"type": "textColor", "attrs": {"color": "red;x"}}, "", ""),
        ({"type": "backgroundColor", "attrs": {"color": "#00ff00"}}, '<mark data-color="#00ff00">', "</mark>"),
        ({"type": "link", "attrs": {"href": "/a?b&c", "title": '"'}}, '<a href="/a?b&amp;c" title="&quot;" rel="noopener noreferrer">', "</a>"),
        ({"type": "unheard"}, "", ""),
    ],
)  # fmt: skip
def test_mark(mark: Any, start: str, end: str) -> None:
    assert inside(node("paragraph", text("a", mark))) == f"<p>{start}a{end}</p>"


@pytest.mark.parametrize(
    ("block", "html"),
    [
        ({**P, "marks": [{"type": "alignment", "attrs": {"align": "center"}}]}, '<p align="center">a</p>'),
        ({**P, "marks": [{"type": "alignment", "attrs": {"align": "end"}}]}, '<p align="right">a</p>'),
        (
            {**P, "marks": [{"type": "indentation", "attrs": {"level": 2}}]},
            '<p class="adf-indent-2" data-indent="2">a</p>',
        ),
    ],
)
def test_block_mark(block: Any, html: str) -> None:
    assert inside(block) == html


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        " JavaScript:alert(1)",
        "java\nscript:alert(1)",
        "\x01javascript:alert(1)",
        "java\tscript\n:alert(1)",
        "data:text/html,<script>alert(1)</script>",
        "vbscript:a",
        "javascript:\nhttps://a.example",
        "java" + "\n" * 5000 + "script:alert(1)",
        "java\u200bscript:alert(1)",
    ],
)
def test_no_link_or_image_of_a_harmful_scheme(url: str) -> None:
    html = inside(
        node("paragraph", text("a", {"type": "link", "attrs": {"href": url}}), node("inlineCard", url=url)),
        node("mediaSingle", node("media", type="external", url=url), layout="center"),
        node("blockCard", url=url),
    )
    assert "href" not in html
    assert "src" not in html


def test_unknown_nodes_show_what_they_hold() -> None:
    assert inside(node("novelty", P, text="n")) == "n<p>a</p>"


def test_items_outside_of_their_list_cannot_end_elements_around_them() -> None:
    assert inside(node("panel", node("listItem", node("listItem", P)), panelType="info")) == (
        '<div class="adf-panel" data-panel-type="info"><div><div><p>a</p></div></div></div>'
    )


@pytest.mark.parametrize("around", ["doc", "panel", "blockquote"])
def test_an_empty_paragraph_takes_a_line_and_reads_back_wherever_it_stands(around):
    empty = {"type": "paragraph", "content": []}
    content = [empty, {"type": "paragraph", "content": [text("a")]}, empty]
    if around != "doc":
        attrs = {"attrs": {"panelType": "info"}} if around == "panel" else {}
        content = [{"type": around, **attrs, "content": content}]
    document = {"version": 1, "type": "doc", "content": content}
    html = adf_to_html(document)
    assert html.count("<p><br></p>") == 2
    assert html_to_adf(html) == document
