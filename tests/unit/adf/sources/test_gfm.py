import re
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from jira_session_export._adf.sources.gfm import MAX_LEVEL, Syntax, _read, parse
from jira_session_export._adf.sources.gfm.footnotes import environment


def types(markdown: str) -> list[str]:
    return [token.type for token in parse(markdown)]


def meta_of(markdown: str, kind: str) -> list[dict[str, Any]]:
    return [token.meta for token in parse(markdown) if token.type == kind]


def links_of(markdown: str) -> list[str]:
    children = [child for token in parse(markdown) for child in token.children or ()]
    return [str(child.attrs["href"]) for child in children if child.type == "link_open"]


def test_tasks_are_marked_and_lose_their_box() -> None:
    markdown = "- [ ] a\n- [x] b"
    assert meta_of(markdown, "bullet_list_open") == [{"tasks": True}]
    assert meta_of(markdown, "list_item_open") == [{"done": False}, {"done": True}]
    assert [token.children[0].content for token in parse(markdown) if token.children] == ["a", "b"]


def test_a_list_is_one_of_tasks_only_when_all_items_are() -> None:
    assert meta_of("1. [x] a\n2. b", "ordered_list_open") == [{"tasks": False}]
    assert meta_of("- a\n  - [x] b", "bullet_list_open") == [{"tasks": False}, {"tasks": True}]
    assert meta_of("-\n- [x] a", "bullet_list_open") == [{"tasks": False}]


@pytest.mark.parametrize(
    ("markdown", "panel"),
    [("> [!note]\n> a", "info"), ("> [!IMPORTANT]\n> a", "note"), ("> [!x]\n> a", None), ("> a", None)],
)
def test_alerts(markdown: str, panel: str | None) -> None:
    callouts = [meta.get("callout") for meta in meta_of(markdown, "blockquote_open")]
    assert [callout and callout.panel for callout in callouts] == [panel]


def test_footnotes_stand_in_a_list_at_the_end() -> None:
    assert types("a[^1]\n\n[^1]: b\n\nc") == [
        "paragraph_open", "inline", "paragraph_close",
        "paragraph_open", "inline", "paragraph_close",
        "footnotes_open", "list_item_open", "paragraph_open", "inline", "paragraph_close", "list_item_close", "footnotes_close",
    ]  # fmt: skip


def test_a_footnote_may_be_mentioned_more_than_once() -> None:
    children = parse("a[^1] b[^2] c[^1]\n\n[^1]: x\n[^2]: y")[1].children or []
    assert [child.meta["number"] for child in children if child.type == "footnote_ref"] == [1, 2, 1]


def test_a_definition_interrupts_a_paragraph_and_only_stands_at_the_top() -> None:
    assert types("a\n[^1]: b").count("footnotes_open") == 1
    assert types("> [^1]: b").count("footnotes_open") == 0
    assert types("    [^1]: b") == ["code_block"]


def test_what_is_nested_too_deep_is_text() -> None:
    tokens = parse("> " * (MAX_LEVEL + 3) + "deep")
    (inline,) = (token for token in tokens if token.type == "inline")
    assert inline.children is not None
    assert inline.children[0].content == "> > > deep"


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("www.a.example", ["http://www.a.example"]),
        ("WWW.a.example", ["http://WWW.a.example"]),
        ("https://a", ["https://a"]),
        ("http://localhost:80/x", ["http://localhost:80/x"]),
        ("**https://a.example**", ["https://a.example"]),
        ("*https://a.example*.", ["https://a.example"]),
        ("https://a.example/(x", ["https://a.example/(x"]),
        ("https://a.example/x)))", ["https://a.example/x"]),
        ('"https://a.example"', ["https://a.example"]),
        ("https://a.example/x<b>", ["https://a.example/x"]),
        ("https://ä.example/ö", ["https://ä.example/ö"]),
        ("ftp://a.example", ["ftp://a.example"]),
        ("mailto:a@b.example", ["mailto:a@b.example"]),
        ("a@b.example and c@d.example", ["mailto:a@b.example", "mailto:c@d.example"]),
        ("https://u@a.example", ["https://u@a.example"]),
        ("www", []),
        ("www.", []),
        ("https://", []),
        ("https:// a", []),
        ("javascript://a.example", []),
        ("xwww.a.example", []),
        ("a@b", []),
        ("@b.example", []),
        ("a@b.c-", []),
    ],
)
def test_bare_addresses(text: str, links: list[str]) -> None:
    assert links_of(text) == links


class AnyLink(MarkdownIt):
    """One that leaves it to others which links may pass, as ours does."""

    def validateLink(self, url: str) -> bool:
        return True


REFERENCE = AnyLink("commonmark", {"strikethrough_single_tilde": True}).enable("strikethrough")


@given(st.text(alphabet='ab \n\t>-*_`~[]()!#&;:/\\1.="+', max_size=80))
@example("[a](b 'c') ![d *e*](f) `g` [h]\n\n[h]: i")
@example("- a\n  b\n===\n1. c\n> d\ne\n\n    f\n~~~ g\nh")
@example("***a** b* __c__ ~d~ ~~e~~ \\* &amp; <b>")
@settings(max_examples=300, deadline=None)
def test_what_is_not_ours_is_read_as_markdown_it_reads_it(text: str) -> None:
    env = {**environment(), "syntax": Syntax()}
    tokens = _read(text, env, env)
    if not any(child.type == "word" for token in tokens for child in token.children or ()):
        # markdown-it keeps the indentation of a line in a code span that goes on there; CommonMark does not.
        ours, theirs = REFERENCE.renderer.render(tokens, REFERENCE.options, env), REFERENCE.render(text)
        assert re.sub(r"[ \t]", "", ours) == re.sub(r"[ \t]", "", theirs)
