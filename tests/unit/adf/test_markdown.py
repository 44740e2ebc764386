import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jira_session_export._adf.check import check_adf
from jira_session_export._adf.element import Element
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.markdown import convert_markdown, markdown_to_adf
from jira_session_export._adf.markdown_words import CALLOUTS, EMOJI_SHORTCODES
from jira_session_export._adf.options import ConversionOptions
from jira_session_export._adf.output import Output
from jira_session_export._adf.rules import DEFAULT_RULES
from jira_session_export._adf.rules.ruleset import Rule
from jira_session_export.errors import DocumentTooLargeError

WHOLE = ConversionOptions(max_text_length=None)


def t(value: str, *marks: Any) -> dict[str, Any]:
    return {
        "type": "text",
        "text": value,
        **({"marks": [{"type": m} if isinstance(m, str) else m for m in marks]} if marks else {}),
    }


def node(kind: str, *content: Any, **attrs: Any) -> dict[str, Any]:
    inline = [t(child) if isinstance(child, str) else child for child in content]
    return {"type": kind, **({"attrs": attrs} if attrs else {}), **({"content": inline} if inline else {})}


def p(*content: Any) -> dict[str, Any]:
    return {"type": "paragraph", "content": [t(child) if isinstance(child, str) else child for child in content]}


def li(*content: Any) -> dict[str, Any]:
    return node("listItem", *(p(child) if isinstance(child, str) else child for child in content))


def link(href: str, title: str = "") -> dict[str, Any]:
    return {"type": "link", "attrs": {"href": href, **({"title": title} if title else {})}}


def without_ids(value: Any) -> Any:
    if isinstance(value, list):
        return [without_ids(item) for item in value]
    if isinstance(value, dict):
        return {key: without_ids(item) for key, item in value.items() if key != "localId"}
    return value


def content_of(markdown: str, options: ConversionOptions = WHOLE) -> Any:
    document = markdown_to_adf(markdown, options)
    assert check_adf(document) == []
    return without_ids(document["content"])


def text_of(value: Any) -> str:
    pieces: list[str] = []
    waiting = [value]
    while waiting:
        item = waiting.pop()
        pieces.append(item.get("text", ""))
        waiting.extend(reversed(item.get("content", [])))
    return "".join(pieces)


def task(state: str, *content: Any) -> dict[str, Any]:
    return node("taskItem", *content, state=state)


def tasks(*content: Any) -> dict[str, Any]:
    return {"type": "taskList", "attrs": {}, "content": list(content)}


SUP = {"type": "subsup", "attrs": {"type": "sup"}}
SUB = {"type": "subsup", "attrs": {"type": "sub"}}
CENTRE = {"type": "alignment", "attrs": {"align": "center"}}


@pytest.mark.parametrize(
    ("markdown", "content"),
    [
        ("", [p()]),
        ("a\nb", [p("a b")]),
        ("a  \nb\\\nc", [p("a", node("hardBreak"), "b", node("hardBreak"), "c")]),
        ("# a *b*", [node("heading", "a ", t("b", "em"), level=1)]),
        ("a\n===", [node("heading", "a", level=1)]),
        ("**a ~~b~~** `c`", [p(t("a ", "strong"), t("b", "strong", "strike"), " ", t("c", "code"))]),
        ("~a~", [p(t("a", "strike"))]),
        ('[a](/b "c")', [p(t("a", link("/b", "c")))]),
        ("[a][r]\n\n[r]: https://a.example", [p(t("a", link("https://a.example")))]),
        ("<https://a.example>", [p(t("https://a.example", link("https://a.example")))]),
        ("[`a`](/b)", [p(t("a", link("/b")))]),
        ("&copy; &lt; \\*", [p("© < *")]),
        ("- a\n- b\n  - c", [node("bulletList", li("a"), li("b", node("bulletList", li("c"))))]),
        ("3. a\n4. b", [node("orderedList", li("a"), li("b"), order=3)]),
        ("1. a\n\n   b", [node("orderedList", li("a", "b"))]),
        ("- [ ] a\n- [X] b *c*", [tasks(task("TODO", "a"), task("DONE", "b ", t("c", "em")))]),
        ("- [x] a\n  - [ ] b", [tasks(task("DONE", "a"), tasks(task("TODO", "b")))]),
        ("- [x] a\n- b", [tasks(task("DONE", "a")), node("bulletList", li("b"))]),
        ("- [ ]\n- [x]y", [node("bulletList", li("[ ]"), li("[x]y"))]),
        ("> a\n> > b", [node("blockquote", p("a"), p("b"))]),
        ("> [!NOTE]\n> a", [node("panel", p("a"), panelType="info")]),
        ("> [!caution]  \n> a\n>\n> - b", [node("panel", p("a"), node("bulletList", li("b")), panelType="error")]),
        ("> [!TIP]\n>\n> a", [node("panel", p("a"), panelType="tip")]),
        ("> [!NOTE] a", [node("blockquote", p("[!NOTE] a"))]),
        ("> [!OTHER]\n> a", [node("blockquote", p("[!OTHER] a"))]),
        ("```py x\na\n\n  b\n```", [node("codeBlock", "a\n\n  b", language="py")]),
        ("    a\n     b", [node("codeBlock", "a\n b")]),
        ("a\n\n---\n\nb", [p("a"), node("rule"), p("b")]),
        ("![a](https://a.example/i.png)", [node("mediaSingle", node("media", type="external", url="https://a.example/i.png", alt="a"), layout="center")]),
        (
            "|a|b|\n|:-:|-|\n|`c`|d",
            [node("table", node("tableRow", node("tableHeader", {**p("a"), "marks": [CENTRE]}), node("tableHeader", p("b"))),
                  node("tableRow", node("tableCell", {**p(t("c", "code")), "marks": [CENTRE]}), node("tableCell", p("d"))))],
        ),
        ("a[^x]\n\n[^x]: b\n    c\n\n    d", [p("a", t("[1]", SUP)), node("rule"), node("orderedList", li("b c", "d"))]),
        (
            "a[^B] [^a]\n\n[^a]: one [^c]\n[^b]: two\n[^never]: three\n[^c]: four\nlazy",
            [p("a", t("[1]", SUP), " ", t("[2]", SUP)), node("rule"),
             node("orderedList", li("two"), li(p("one ", t("[3]", SUP))), li("four lazy"), li("three"))],
        ),
        ("a[^x]", [p("a[^x]")]),
        # bare addresses
        ("see www.a.example.", [p("see ", t("www.a.example", link("http://www.a.example")), ".")]),
        ("(https://a.example/x_(y))", [p("(", t("https://a.example/x_(y)", link("https://a.example/x_(y)")), ")")]),
        ("https://a.example?q=a&b;", [p(t("https://a.example?q=a", link("https://a.example?q=a")), "&b;")]),
        ("a.b-c_d@e.example!", [p(t("a.b-c_d@e.example", link("mailto:a.b-c_d@e.example")), "!")]),
        ("a@b-c_ www. http://a_b.c_d xhttps://a.example", [p("a@b-c_ www. http://a_b.c_d xhttps://a.example")]),
        ("`www.a.example` [www.b.example](/c)", [p(t("www.a.example", "code"), " ", t("www.b.example", link("/c")))]),
        ('<a href="/c">www.a.example</a>', [p(t("www.a.example", link("/c")))]),
        # HTML
        ("a<br>b H<sub>2</sub>", [p("a", node("hardBreak"), "b H", t("2", SUB))]),
        ("<details>\n<summary>s &amp; t</summary>\n\n- a\n\n</details>\n\nb", [node("expand", node("bulletList", li("a")), title="s & t"), p("b")]),
        ("<details><summary>s</summary>\n\na</details>\n\nb", [node("expand", p("a"), title="s"), p("b")]),
        ("<b>a **b</b> c** d", [p(t("a b c", "strong"), " d")]),
        ("<u>a *b</u> c*", [p(t("a ", "underline"), t("b", "em", "underline"), t(" c", "em"))]),
        ("- <u>a\n- b", [node("bulletList", li("<u>a"), li("b"))]),
        ("<table><tr><td>a<td>b<tr><td>c</table>\n\nd",
         [node("table", node("tableRow", node("tableCell", p("a")), node("tableCell", p("b"))),
               node("tableRow", node("tableCell", p("c")), node("tableCell", p()))), p("d")]),
        ("<!-- a -->b<!-- c -->\n\nd", [p("b"), p("d")]),
        ("<script>a</script>\n\n<script>c</script> d", [p("d")]),
        ("<template>\n\nhidden or not\n\n</template>\n", [p("hidden or not")]),
        ('<div id="a\n\n*b*', [p('<div id="a'), p(t("b", "em"))]),
        ("</div> a </b>", [p("</div> a </b>")]),
    ],
)  # fmt: skip
def test_construct(markdown: str, content: Any) -> None:
    assert content_of(markdown) == content


@pytest.mark.parametrize(
    ("markdown", "kind", "path", "excerpt"),
    [
        ("a\n\n[b](javascript:alert(1))", LossKind.LINK_REMOVED, "line 3", "javascript:alert(1)"),
        ("[b](a.html)", LossKind.LINK_REMOVED, "line 1", "a.html"),
        ("a\n\n- b <script>c</script>", LossKind.SCRIPT_REMOVED, "line 3", "c"),
        ("<blockquote><h2>a <b>b</b></h2></blockquote>", LossKind.STRUCTURE_CHANGED, "line 1", "a b"),
        ("- # a *b* c", LossKind.STRUCTURE_CHANGED, "line 1", "a b c"),
        ("- > - | a\n  > - b", LossKind.STRUCTURE_CHANGED, "line 1", "| a b"),
        ("**bold `code` bold**", LossKind.FORMATTING_DROPPED, "line 1", "code"),
        ("[`code`](https://a.example) b", LossKind.FORMATTING_DROPPED, "line 1", "code"),
        ("> a\n\n> > b\n> > c\n> d", LossKind.STRUCTURE_CHANGED, "line 3", "b c d"),
        ("a <code>b <b>c</b> d</code>", LossKind.FORMATTING_DROPPED, "line 1", "c"),
        ("a\0", LossKind.CHARACTERS_REPLACED, "", "1 character"),
    ],
)
def test_loss(markdown: str, kind: LossKind, path: str, excerpt: str) -> None:
    (loss,) = convert_markdown(markdown).losses
    assert (loss.kind, loss.path, loss.excerpt) == (kind, path, excerpt)
    assert loss.detail


PLACES = ["{}\n\nlast", "a {} b\n\nlast", "# a {} b\n\nlast", "- a {} b\n- last", "1. x\n   - a {} b\n\n   last", "> {} b\n\nlast",
          "|a {} b|c|\n|-|-|\n|{}|last|", "[a {} b](https://a.example)\n\nlast", "**a {} b**\n\nlast", "a\\\n{} b\n\nlast"]  # fmt: skip


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize(
    "tag",
    [
        *(f"<{name}>" for name in ("title", "textarea", "style", "xmp", "iframe", "noembed", "noframes", "script", "plaintext")),
        *(f"</{name}>" for name in ("title", "script", "body", "your-name")),
        "<head>", "<template>", "<noscript>", "<object>", "<svg>", "<select>", "<STYLE>", '<script src="x.js">',
        "<namespace>", "<String>", "List<List<String>>", "std::vector<std::string>", "<your-name>", "<your-name/>",
        "<status>OK</status>", "<div>", "<b>", "<pre>", "<li>", "<td>", "<option>", "<img>", "<input>", "<meta charset='utf-8'>",
        "<!-- never", "<?php echo 1 ?>", "<![CDATA[x]]>", '<iframe src="https://b.example"></iframe>', "<ns:name>",
    ],
)  # fmt: skip
def test_a_tag_written_as_a_word_is_text(place: str, tag: str) -> None:
    if place == PLACES[0] and tag in {"</body>", "<div>"}:
        place = "{} is missing\n\nlast"  # Alone on their line they are meant.
    conversion = convert_markdown(place.replace("{}", tag), WHOLE)
    assert check_adf(conversion.document) == []
    written = text_of(conversion.document)
    assert written.count(tag) == place.count("{}")
    assert written.endswith("last")
    assert not conversion.losses


@pytest.mark.parametrize(
    ("markdown", "content", "lost"),
    [
        ("a <style>p { color: red }</style> b", [p("a b")], ["p { color: red }"]),
        ("- a <script>b * c * d</script> e", [node("bulletList", li("a e"))], ["b * c * d"]),
        ("<script>\nlet a\n\nlet b\n</script>\n\nc", [p("c")], ["let a let b"]),
        ("<STYLE>\na\n</Style>b", [p("b")], ["a"]),
        ("a <script> `</script>` b", [p("a <script> ", t("</script>", "code"), " b")], []),
    ],
)
def test_whole_scripts_and_style_sheets_go_with_a_loss(markdown: str, content: Any, lost: list[str]) -> None:
    assert content_of(markdown) == content
    assert [loss.excerpt for loss in convert_markdown(markdown).losses] == lost


WARNING = p(t("Warning", "strong"))


@pytest.mark.parametrize(
    ("markdown", "content"),
    [
        # cells beyond the header's, and pipes in code
        ("|a|b|\n|-|-|\n|1|2|3|", [["a", "b", ""], ["1", "2", "3"]]),
        ("|a|\n|-|\n|1|2|3|\n|4|", [["a", "", ""], ["1", "2", "3"], ["4", "", ""]]),
        ("|a|b|\n|-|-|\n|`x|y`|z|", [["a", "b"], ["x|y", "z"]]),
        ("|a|b|c|\n|-|-|-|\n|`x|y`|z|", [["a", "b", "c"], ["`x", "y`", "z"]]),
        ("|`a|b`|c|\n|-|-|\n|1|2|", [["a|b", "c"], ["1", "2"]]),
        ("|a|b|\n|-|-|\n|``x`|y``|z|", [["a", "b"], ["x`|y", "z"]]),
        ("|a|b|\n|-|-|\n|x\\|y|z|w|", [["a", "b", ""], ["x|y", "z", "w"]]),
        ("|a|b|\n|-|-|\n|1|", [["a", "b"], ["1", ""]]),
        ("a|b\n-|-\n1|2|`3", [["a", "b", ""], ["1", "2", "`3"]]),
    ],
)
def test_table(markdown: str, content: list[list[str]]) -> None:
    (table,) = content_of(markdown)
    assert [[text_of(cell) for cell in row["content"]] for row in table["content"]] == content


@pytest.mark.parametrize(
    ("markdown", "content"),
    [
        ("- a\n\n  > [!WARNING]\n  > b", [node("bulletList", li("a", WARNING, "b"))]),
        ("> > [!WARNING]\n> > b", [node("blockquote", WARNING, p("b"))]),
        ("- [ ] a\n\n  > [!WARNING]\n  > b", [tasks(task("TODO", "a", node("hardBreak"), t("Warning", "strong"), node("hardBreak"), "b"))]),
        ("> [!WARNING]", [node("panel", WARNING, panelType="warning")]),
        ("> [!WARNING]\n> <!-- nothing -->", [node("panel", WARNING, panelType="warning")]),
        ("> [!WARNING]\n> > a", [node("panel", WARNING, p("a"), panelType="warning")]),
        # code keeps its spaces and stays apart
        ("`SELECT  *  FROM t`", [p(t("SELECT  *  FROM t", "code"))]),
        ("a `    ` b", [p("a ", t("    ", "code"), " b")]),
        ("`  a` `b  `", [p(t("  a", "code"), " ", t("b  ", "code"))]),
        ("` a `", [p(t("a", "code"))]),
        ("`a`<!-- -->`b`", [p(t("a", "code"), " ", t("b", "code"))]),
        ("# `a  b`", [node("heading", t("a  b", "code"), level=1)]),
        # formulas
        ("a $x_1 * y_2 * z$ b", [p("a $x_1 * y_2 * z$ b")]),
        ("$$a_1 \\\\ b_2$$", [p("$$a_1 \\\\ b_2$$")]),
        ("a\n$$\nx_1\n- y_2\n$$\nb", [p("a"), p("$$", node("hardBreak"), "x_1", node("hardBreak"), "- y_2", node("hardBreak"), "$$"), p("b")]),
        ("$5 and *$10* and $x", [p("$5 and ", t("$10", "em"), " and $x")]),
        ("$HOME and $PATH", [p("$HOME and $PATH")]),
        ("$$\nnever\n\n*a*", [p("$$ never"), p(t("a", "em"))]),
        ("> $$\n> a\n> $$", [node("blockquote", p("$$", node("hardBreak"), "a", node("hardBreak"), "$$"))]),
        # raw HTML
        ("<pre>\na\n\nb\n</pre>", [node("codeBlock", "a\n\nb")]),
        ("<ul>\n<li>a\n<li>b\n</ul>", [node("bulletList", li("a"), li("b"))]),
        ("<!DOCTYPE html>\n<p>a</p>", [p("a")]),
        ("a</br>b", [p("a", node("hardBreak"), "b")]),
        ("<std::string> <https://a.example>", [p("<std::string> ", t("https://a.example", link("https://a.example")))]),
        ("<svg><path d='x'/></svg>a", [p("a")]),
        ('![a](https://a.example/i.png "b")',
         [node("mediaSingle", node("media", type="external", url="https://a.example/i.png", alt="a"), node("caption", "b"), layout="center")]),
    ],
)  # fmt: skip
def test_what_the_author_typed(markdown: str, content: Any) -> None:
    assert content_of(markdown) == content


def test_an_alert_around_a_table_says_its_word() -> None:
    panel, table = content_of("> [!WARNING]\n> |a|\n> |-|\n> |b|")
    assert panel == node("panel", WARNING, panelType="warning")
    assert table["type"] == "table"


@pytest.mark.parametrize(
    ("info", "language"),
    [
        ("python", "python"), ("{.python}", "python"), ("{.python .numberLines}", "python"), ("{r, echo=FALSE}", "r"),
        ("ts {1,3}", "ts"), ("js{1,3}", "js"), ("{#id .haskell}", "haskell"), ("c++", "c++"), ("c#", "c#"), ("{python}", "python"),
        ("rust,ignore", "rust"), ("objective-c", "objective-c"), ("asp.net", "asp.net"), ("python:a/b.py", "python"), ("{=html}", "html"),
        ('js title="a b.js"', "js"), ("", None), ("  ", None), ("{}", None), ('title="x"', None),
    ],
)  # fmt: skip
def test_the_language_of_code(info: str, language: str | None) -> None:
    (block,) = content_of(f"```{info}\nx\n```")
    assert block.get("attrs", {}).get("language") == language


@pytest.mark.parametrize(
    ("info", "title"), [('js title="a b.js"', "a b.js"), ("py:src/a.py", "src/a.py"), ("c file='x'", "x")]
)
def test_the_title_of_code_is_a_loss(info: str, title: str) -> None:
    (loss,) = convert_markdown(f"```{info}\nx\n```").losses
    assert (loss.kind, loss.excerpt) == (LossKind.FORMATTING_DROPPED, title)


def test_embedded_files() -> None:
    (file,) = convert_markdown("![a](data:image/png;base64,AAAA)").embedded_files
    assert (file.alt, file.content, file.media_type) == ("a", b"\0\0\0", "image/png")


def test_options() -> None:
    assert content_of("# a", ConversionOptions(heading_offset=2)) == [node("heading", "a", level=3)]
    assert content_of("[a](b)", ConversionOptions(base_url="https://a.example/")) == [
        p(t("a", link("https://a.example/b")))
    ]
    assert content_of("[a](tel:1)", ConversionOptions(link_schemes=frozenset({"https"}))) == [p("a")]
    with pytest.raises(DocumentTooLargeError):
        convert_markdown("abc", ConversionOptions(max_input_length=2))


OPTIONS = ConversionOptions(
    max_text_length=None, hard_wraps=True, mentions=True, callouts={**CALLOUTS, "Runbook": "success"},
    emoji_shortcodes=EMOJI_SHORTCODES, smart_link_sites=("https://e.atlassian.net/",),
)  # fmt: skip


def card(url: str) -> dict[str, Any]:
    return node("inlineCard", url=url)


@pytest.mark.parametrize(
    ("markdown", "without", "content"),
    [
        ("a\nb", [p("a b")], [p("a", node("hardBreak"), "b")]),
        (":tada: `:tada:` :nope: 1:30:2", [p(":tada: ", t(":tada:", "code"), " :nope: 1:30:2")],
         [p(node("emoji", shortName=":tada:", id="1f389", text="🎉"), " ", t(":tada:", "code"), " :nope: 1:30:2")]),
        ("[~accountid:557058:f5-8] [~bob]", [p("[~accountid:557058:f5-8] [~bob]")], [p(node("mention", id="557058:f5-8"), " [~bob]")]),
        ("<https://e.atlassian.net/browse/A-1>", [p(t("https://e.atlassian.net/browse/A-1", link("https://e.atlassian.net/browse/A-1")))],
         [p(card("https://e.atlassian.net/browse/A-1"))]),
        ("https://e.atlassian.net/a, https://e.atlassian.network", None,
         [p(card("https://e.atlassian.net/a"), ", ", t("https://e.atlassian.network", link("https://e.atlassian.network")))]),
        ("[a](https://e.atlassian.net/a)", [p(t("a", link("https://e.atlassian.net/a")))], [p(t("a", link("https://e.atlassian.net/a")))]),
        (":::note T\na\n:::\nb", [p(":::note T a ::: b")], [node("panel", p(t("T", "strong")), p("a"), panelType="info"), p("b")]),
        ("::: {.warning}\n- a\n:::", None, [node("panel", node("bulletList", li("a")), panelType="warning")]),
        (":::RUNBOOK\na", None, [node("panel", p("a"), panelType="success")]),
        (":::other\na\n:::", None, [p(":::other", node("hardBreak"), "a", node("hardBreak"), ":::")]),
        ('!!! warning "T"\n    a\n\n    b\n\nc', [p('!!! warning "T" a'), node("codeBlock", "b"), p("c")],
         [node("panel", p(t("T", "strong")), p("a"), p("b"), panelType="warning"), p("c")]),
        ("??? tip\n    a", None, [node("expand", node("panel", p("a"), panelType="tip"), title="Tip")]),
        ("> [!bug]- T **u**\n> a", None, [node("expand", node("panel", p("a"), panelType="error"), title="T u")]),
        ("> [!info] T\n> a", [node("blockquote", p("[!info] T a"))], [node("panel", p(t("T", "strong")), p("a"), panelType="info")]),
        ("> [!NOTE]\n> a", [node("panel", p("a"), panelType="info")], [node("panel", p("a"), panelType="info")]),
        ("- :::warning\n  a\n  :::", None, [node("bulletList", li(WARNING, "a"))]),
    ],
)  # fmt: skip
def test_markdown_of_other_tools(markdown: str, without: Any, content: Any) -> None:
    if without is not None:
        assert content_of(markdown) == without
    assert content_of(markdown, OPTIONS) == content


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"callouts": {"note": "blue"}}, "'blue' for 'note'.*error, info"),
        ({"smart_link_sites": ("e.atlassian.net",)}, "https://"),
    ],
)
def test_wrong_options_are_refused(wrong: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ConversionOptions(**wrong)


def test_rules_say_what_becomes_of_html() -> None:
    def shout(element: Element, out: Output) -> Any:
        return out.mark("strong")

    options = ConversionOptions(rules=DEFAULT_RULES.before("mark", Rule("shout", shout, frozenset({"x-shout"}))))
    assert content_of("a <x-shout>b</x-shout>", options) == [p("a ", t("b", "strong"))]


def test_a_long_document_is_shortened() -> None:
    conversion = convert_markdown("word\n\n" * 20_000)
    assert check_adf(conversion.document) == []
    assert [loss.kind for loss in conversion.losses] == [LossKind.SHORTENED]
    assert conversion.full_text is not None


DEPTH = 1_000


@pytest.mark.parametrize(
    "markdown",
    [
        "> " * DEPTH + "deep",
        "- " * DEPTH + "deep",
        "1. " * DEPTH + "deep",
        "".join(f"{'  ' * level}- {level}\n" for level in range(300)) + "  " * 300 + "- deep",
        "*" * DEPTH + "deep" + "*" * DEPTH,
        "[" * DEPTH + "deep" + "](u)" * DEPTH,
        "![" * DEPTH + "deep",
        "<b>" * DEPTH + "deep",
        "<div>\n\n" * DEPTH + "deep" + "\n\n</div>" * DEPTH,
        "<details>\n\n" * DEPTH + "deep",
        "<b><i></b>" * DEPTH + "deep",
        "<table><tr><td>" * DEPTH + "deep",
        "<" * DEPTH + "deep",
        "<a x=" * DEPTH + '"deep',
        "<!--x-->" * DEPTH + "deep",
        "&" * DEPTH + "deep",
        "`a" * DEPTH + "deep",
        "|" * DEPTH + "\n" + "|-" * DEPTH + "\ndeep",
        "[^a]: x\n" * DEPTH + "deep",
        "".join(f"[^{number}]: a [^{number + 1}]\n" for number in range(DEPTH)) + "deep",
        "[^a]:\n" + "    [^a]:\n" * DEPTH + "deep",
        "www." * DEPTH + "deep",
        "a@" * DEPTH + "deep",
        "https://a.b/" + ")" * DEPTH + "deep",
        "- [ ] a\n" * DEPTH + "deep",
        "\0\ud800" * DEPTH + "deep",
    ],
    ids=lambda markdown: markdown[:12].encode("unicode_escape").decode(),
)
def test_hostile_text_is_kept_in_a_valid_document(markdown: str) -> None:
    document = markdown_to_adf(markdown, WHOLE)
    assert check_adf(document) == []
    assert "deep" in text_of(document)


@given(st.text(alphabet='ab \n\t>-*_`~[]()!<>/|#&;:^\\1.@=x"', max_size=120))
@settings(max_examples=100, deadline=None)
def test_any_text_is_valid_and_keeps_its_words(markdown: str) -> None:
    document = markdown_to_adf(markdown, WHOLE)
    assert check_adf(document) == []


WORDS = st.lists(st.from_regex(r"\A[a-z]{1,8}\Z"), min_size=1, max_size=5)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["", "# ", "- ", "- [ ] ", "1. ", "> ", "    ", "| ", "**", "`", "<b>", "[^1]"]), WORDS
        ),
        max_size=8,
    )
)
def test_words_stay_in_order(lines: list[tuple[str, list[str]]]) -> None:
    markdown = "\n\n".join(f"{prefix}{' '.join(words)}" for prefix, words in lines)
    written = text_of(markdown_to_adf(markdown, WHOLE))
    position = 0
    for _, words in lines:
        for word in words:
            position = written.index(word, position) + len(word)


SAYINGS = [
    "{}", "**{}**", "*{}*", "~~{}~~", "`{}`", "$ {} $", "${}$", "[{}](https://a.example/{})", "[{}](javascript:{})", '[{}](/a "{}")',
    '![{}](https://a.example/{}.png "{}")', '![{}](data:image/png;base64,AA "{}")', "<https://a.example/{}>", "<{}>", "<{}>{}</{}>",
    "List<{}>", "<b>{}</b>", "<b>{}", "{}</b>", "<style>{}", "<style>{}</style>", "<script>{}</script>", "<script>{}", "<title>{}</title>",
    "<template>{}</template>", "<head>{}</head>", "<template>{}", "<textarea>{}</textarea>", "<iframe src='https://a.example/{}'></iframe>",
    "<select><option>{}</option></select>", "<button>{}</button>", "<svg><title>{}</title></svg>", "<object data='{}'>{}</object>",
    "<abbr title='{}'>{}</abbr>", "<span hidden>{}</span>", "<dialog>{}</dialog>", "<kbd>{}</kbd>", "<q>{}</q>", "<img src='{}' alt='{}'>",
    "<a href='javascript:{}'>{}</a>", "<font color='#ff0000'>{}</font>", "<!-- {}", "<?{} ?>", "<![CDATA[{}]]>", "<x-{}>{}</x-{}>",
    "<video src='https://a.example/{}'>{}</video>", "\\<{}\\>", "&lt;{}&gt;", "www.{}.example", "{}@a.example", ":{}:", "{}[^1]", "{}  \n{}",
]  # fmt: skip
PLACES_OF_SAYINGS = [
    "{}\n\n", "# {}\n\n", "{}\n===\n\n", "- {}\n", "- [ ] {}\n", "1. {}\n   - {}\n\n     {}\n", "> {}\n\n", "> [!NOTE]\n> {}\n\n",
    "> [!NOTE]\n> - {}\n\n", "- {}\n\n  > [!TIP]\n  > {}\n\n", "|{}|{}|\n|-|-|\n|{}|{}|{}|\n\n", "<div>{}</div>\n\n", "<div>\n\n{}\n\n</div>\n\n",
    "<details><summary>{}</summary>\n\n{}\n</details>\n\n", "<table><tr><td>{}<td>{}</table>\n\n", "[^1]: {}\n\n", "<pre>\n{}\n</pre>\n\n",
    "<ul>\n<li>{}\n<li>{}\n</ul>\n\n", ":::note T\n{}\n:::\n\n",
    '!!! note "T"\n    {}\n\n    {}\n\n', "??? tip\n    {}\n\n", "> [!bug]- T\n> {}\n\n", "> [!info]\n> |{}|\n> |-|\n> |{}|{}|\n\n",
]  # fmt: skip


@given(st.data())
@settings(max_examples=150, deadline=None)
def test_what_is_not_in_the_document_is_quoted_by_a_loss(data: st.DataObject) -> None:
    numbers = iter(range(1, 1000))
    words: list[str] = []

    def word(_: object) -> str:
        words.append(f"word{next(numbers)}x")
        return words[-1]

    def saying(_: object) -> str:
        return re.sub(r"{}", word, data.draw(st.sampled_from(SAYINGS)))

    places = data.draw(st.lists(st.sampled_from(PLACES_OF_SAYINGS), min_size=1, max_size=5))
    markdown = "".join(re.sub(r"{}", saying, place) for place in places)
    conversion = convert_markdown(markdown, data.draw(st.sampled_from([WHOLE, OPTIONS])))
    assert check_adf(conversion.document) == []
    said = json.dumps(conversion.document) + "".join(loss.excerpt for loss in conversion.losses)
    said += "".join(f"{file.source} {file.alt}" for file in conversion.embedded_files)
    missing = [one for one in words if one not in said]
    assert not missing, f"{missing} of {markdown!r} in {said}"


@pytest.mark.parametrize("name", ["image", "description", "emoji", "codeblock", "step", "steps"])
def test_names_that_only_services_have_for_elements_are_words(name: str) -> None:
    markdown = f"write <{name}>a</{name}> here"
    assert content_of(markdown) == [p(markdown)]


def test_a_hosts_own_rule_makes_a_name_a_tag() -> None:
    rule = Rule("step", lambda _, out: out.mark("strong"), frozenset({"step"}))
    options = ConversionOptions(rules=DEFAULT_RULES.before("mark", rule))
    assert content_of("a <step>b</step>", options) == [p("a ", t("b", "strong"))]
