"""Nothing vanishes unsaid: what the source says is in the document or quoted by a loss, whatever rules there are."""

import re
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from jira_session_export._adf.html import convert_html
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.markdown import convert_markdown
from jira_session_export._adf.options import ConversionOptions
from jira_session_export._adf.rules import DEFAULT_RULES, SKIP, SKIP_SILENTLY, Rule


def losses_of(html: str, **options: Any) -> list[tuple[str, str]]:
    return [(loss.kind.value, loss.excerpt) for loss in convert_html(html, ConversionOptions(**options)).losses]


@pytest.mark.parametrize(
    ("html", "excerpt"),
    [
        ('<p>a <span data-chemistry="x^2"></span> b</p>', '<span data-chemistry="x^2">'),
        ('<p>a <span data-chemistry="x^2">&#xfeff;</span> b</p>', '<span data-chemistry="x^2">'),
        ('<p>a <span data-chemistry="x^2"><i></i><br></span> b</p>', '<span data-chemistry="x^2">'),
        (
            '<figure><x-player url="https://example.com/v"></x-player></figure>',
            '<x-player url="https://example.com/v">',
        ),
        ('<my-chart points="3 4"></my-chart>', '<my-chart points="3 4">'),
        ('<my-chart text="Sales"></my-chart>', '<my-chart text="Sales">'),
        ("<p>a <my-chart></my-chart></p>", "<my-chart>"),
        ('<p>a<a href="https://example.com/x"></a></p>', '<a href="https://example.com/x">'),
        (
            '<div data-player-url="https://example.com/v"><div></div></div>',
            '<div data-player-url="https://example.com/v">',
        ),
        ('<p data-content="words"></p>', '<p data-content="words">'),
        ('<pre data-title="app.py">code</pre>', '<pre data-title="app.py">'),
        ('<pre>a<span data-value="words"></span>b</pre>', '<span data-value="words">'),
        ('<td data-value="words"></td><p><i data-value="words"></i>', '<i data-value="words">'),
        ('<p>the <span title="Full Name">FN</span></p>', '<span title="Full Name">'),
        ('<blockquote cite="https://example.com/s">q</blockquote>', '<blockquote cite="https://example.com/s">'),
        ('<span role="img" aria-label="a cat"></span>', '<span aria-label="a cat">'),
    ],
)
def test_content_in_attributes_is_quoted(html: str, excerpt: str) -> None:
    (loss,) = losses_of(html)
    assert loss in {("content_removed", excerpt), ("detail_removed", excerpt)}


@pytest.mark.parametrize(
    "html",
    [
        '<p>a <span data-chemistry="x^2">x2</span></p>',
        '<p data-block-id="a1b2" data-key="k"></p><p style="color:red" class="x" id="y" dir="ltr" lang="en"></p>',
        '<p>a<br data-mce-bogus="1"></p><div data-v-1a2b3c4d data-slate-node="element"></div>',
        '<a name="top"></a><a href="#top"></a><a id="x" href="https://example.com/x">x</a>',
        '<p><span title="same">same</span></p><p><span title="same ">a same b</span></p>',
        '<td data-sheets-value="{}"></td><div data-flag="true" data-none=""></div>',
        '<div data-text="x"><hr></div>',
        '<div data-text="x"><img src="https://example.com/i.png"></div>',
        "<o:p></o:p><font-face></font-face-x>"[:11],
    ],
)
def test_presentation_is_silent(html: str) -> None:
    assert losses_of(html) == []


def test_what_is_left_out_with_its_element_is_quoted_once() -> None:
    assert losses_of("<p>a<template>some <b>hidden <i>text</i></b></template>b</p>") == [
        ("text_removed", "some hidden text")
    ]
    assert losses_of("<script>go()</script>") == [("script_removed", "go()")]
    assert losses_of('<script src="x.js"></script>') == [("script_removed", "x.js")]
    assert losses_of("<style>p {color: red}</style><template><img src=x></template>") == []


def test_markdown_quotes_style_sheets_which_somebody_typed() -> None:
    (loss,) = convert_markdown("Use <style>p{color:red}</style> here").losses
    assert (loss.kind, loss.excerpt) == (LossKind.TEXT_REMOVED, "p{color:red}")


def test_rules_need_not_remember_losses() -> None:
    skip = DEFAULT_RULES.before("mark", Rule("mine", lambda *_: SKIP, frozenset({"b"})))
    assert losses_of("a <b>bold <i>text</i></b>", rules=skip) == [("text_removed", "bold text")]
    silent = DEFAULT_RULES.before("mark", Rule("mine", lambda *_: SKIP_SILENTLY, frozenset({"b"})))
    assert losses_of("a <b>bold</b>", rules=silent) == []
    drops = DEFAULT_RULES.before("mark", Rule("mine", lambda _, out: out.capture(lambda _: None), frozenset({"b"})))
    assert losses_of("a <b>bold</b>", rules=drops) == [("text_removed", "bold")]


def test_a_rule_that_declines_has_read_nothing() -> None:
    def decline(element: Any, _: Any) -> None:
        element.get("title")

    rules = DEFAULT_RULES.before("mark", Rule("mine", decline, frozenset({"b"})))
    assert losses_of('<b title="more">x</b>', rules=rules) == [("detail_removed", '<b title="more">')]

    def read(element: Any, out: Any) -> Any:
        out.text(element.get("title"))
        return ()

    rules = DEFAULT_RULES.before("mark", Rule("mine", read, frozenset({"b"})))
    assert losses_of('<b title="more">x</b>', rules=rules) == []


# --- whatever there is

WORDS = st.integers(100, 999).map("w{}".format)
TAGS = st.sampled_from(
    [
        "p",
        "div",
        "span",
        "b",
        "i",
        "u",
        "s",
        "code",
        "a",
        "ul",
        "ol",
        "li",
        "table",
        "tr",
        "td",
        "th",
        "caption",
        "blockquote",
        "pre",
        "h2",
        "h3",
        "details",
        "summary",
        "dl",
        "dt",
        "dd",
        "sub",
        "sup",
        "figure",
        "figcaption",
        "section",
        "aside",
        "center",
        "font",
        "mark",
        "kbd",
        "label",
        "abbr",
        "small",
        "template",
        "script",
        "my-tag",
        "q",
        "o:p",
        "select",
        "option",
        "textarea",
        "article",
        "main",
        "del",
        "ins",
        "time",
        "cite",
    ]
)
CONTENT = st.sampled_from(
    ["data-latex", "data-value", "data-text", "data-url", "data-title", "url", "data-content", "data-formula", "alt",
     "data-name", "data-src", "data-label", "data-oembed-url", "label", "data-tex", "caption"]
)  # fmt: skip
STRUCTURE = st.sampled_from(
    ["", " class='callout warning'", " style='text-align:center'", " data-type=taskList", " data-panel-type=note",
     " style='white-space:pre'", " data-layout-section", " data-layout-column", " data-type=taskItem", " hidden",
     " data-type=status", " data-mention-id=1", " data-card=inline href=https://a.example", " aria-hidden=true"]
)  # fmt: skip


def tree(children: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.builds(
        lambda tag, attrs, content: f"<{tag}{attrs}>{' '.join(content)}</{tag}>",
        TAGS,
        STRUCTURE,
        st.lists(children, max_size=4),
    )


EMPTY = st.builds(
    lambda tag, attrs, name, word: f'<{tag}{attrs} {name}="{word}"></{tag}>',
    st.sampled_from(
        [
            "p",
            "div",
            "span",
            "b",
            "i",
            "u",
            "ul",
            "ol",
            "li",
            "blockquote",
            "h2",
            "section",
            "figure",
            "my-tag",
            "oembed",
            "strange",
        ]
    ),
    st.sampled_from(["", " class=x", " style='color:red'", " data-id=5"]),
    CONTENT,
    WORDS,
)


def known(conversion: Any) -> str:
    assume(not any(loss.excerpt.endswith("…") for loss in conversion.losses))  # A long text is quoted by its beginning.
    return f"{conversion.document} {[loss.excerpt + loss.detail for loss in conversion.losses]}"


@given(st.recursive(WORDS | EMPTY, tree, max_leaves=25))
@settings(max_examples=200, deadline=None)
def test_all_words_of_html_are_in_the_document_or_in_a_loss(html: str) -> None:
    said = known(convert_html(html))
    assert [word for word in re.findall(r"w\d{3}", html) if word not in said] == []


@given(
    st.lists(
        WORDS
        | st.sampled_from(
            ["<style>", "</style>", "<script>", "</script>", "<b>", "</b>", "\n\n", "\n- ", "\n1. ", "\n> ", "\n# ", "` ", "**", "_",
             "<details>", "</details>", "<template>", "</template>",
             "<div data-value='w000'></div>", "<my-tag>", "[", "](https://a.example)", "\n", " ", "&lt;", "\\"]
        ),
        max_size=25,
    ).map("".join)
)  # fmt: skip
@settings(max_examples=200, deadline=None)
def test_all_words_of_markdown_are_in_the_document_or_in_a_loss(markdown: str) -> None:
    said = known(convert_markdown(markdown))
    assert [word for word in re.findall(r"w\d{3}", markdown) if word not in said] == []
