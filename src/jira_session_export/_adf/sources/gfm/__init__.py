"""A Markdown parser for what tickets are written in: CommonMark and GitHub's extensions.

markdown-it-py gives CommonMark and strikethrough. Footnotes, task lists, alerts, bare addresses and formulas are added
here: plug-ins for them make tokens for an HTML renderer, and each file says what speaks against the one there is.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final

from markdown_it import MarkdownIt, rules_block, rules_inline
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from jira_session_export._adf.memory import remembering
from jira_session_export._adf.sources.gfm import blocks, callouts, footnotes, inlines
from jira_session_export._adf.sources.gfm.addresses import may_hold_address, with_links
from jira_session_export._adf.sources.gfm.blocks import MAX_LEVEL
from jira_session_export._adf.sources.gfm.dispatch import ANY, BlockParser, BlockRule, InlineParser, InlineRule
from jira_session_export._adf.sources.gfm.lists import find_tasks
from jira_session_export._adf.sources.tags import Piece, cut
from jira_session_export._adf.sources.words import HTML_NAMES, Ends, Words, begins_html

__all__ = ["MAX_LEVEL", "Syntax", "parse"]


@dataclass(frozen=True, slots=True)
class Syntax:
    """What is Markdown beyond GitHub's.

    Attributes:
        elements: the elements of raw HTML that are known; tags of others are text.
        callouts: words that begin a callout, lower-case → type of the panel.
        mentions: whether `[~accountid:…]` is a mention.
        emoji: shortcode without its colons → the emoji.
    """

    elements: frozenset[str] = HTML_NAMES
    callouts: Mapping[str, str] = field(default_factory=dict)
    mentions: bool = False
    emoji: Mapping[str, str] = field(default_factory=dict)


GITHUB: Final = Syntax()


def parse(text: str, syntax: Syntax = GITHUB) -> list[Token]:
    """The tokens of a Markdown text.

    There are more than markdown-it's own: `footnote_ref` (inline, `meta["number"]`), and `footnotes_open` and
    `footnotes_close` around the items of an ordered list at the end; `formula` (inline, as written); `word`, a tag that
    is text; `mention` and `emoji`; `callout_open`. A list has `meta["tasks"]`: whether all its items are tasks; an item
    that is one has `meta["done"]`, a `blockquote_open` that is an alert `meta["callout"]`, and their markers are no
    longer in the text. Raw HTML has `meta["pieces"]`: tags that are meant, and text.
    """
    source = _LINE_ENDS.sub("\n", text) if "\r" in text else text
    env = {**footnotes.environment(), "syntax": syntax}
    tokens = _read(source, env, env)

    def read_footnote(text: str, line: int) -> list[Token]:
        content = _read(text, {**env, "footnotes": None}, env)
        for token in content:
            if token.map:
                token.map = [token.map[0] + line, token.map[1] + line]
        return content

    tokens.extend(footnotes.footnotes_at_the_end(env, read_footnote))
    if "[" in source:
        find_tasks(tokens)
        callouts.find_alerts(tokens, syntax.callouts)
    return tokens


_LEAST_BACKTICKS: Final = 3  # Two code spans have at least four.
_LINE_ENDS: Final = re.compile(r"\r\n?")


def _read(source: str, block_env: Any, env: Any) -> list[Token]:
    """The tokens of a text whose blocks and whose lines are read with these environments."""
    syntax: Syntax = env["syntax"]
    parser = _parser(bool(syntax.callouts), syntax.mentions, bool(syntax.emoji))
    tokens: list[Token] = []
    ends = Ends(source)
    block_env["ends"] = ends
    parser.block.parse(source, parser, block_env, tokens)
    for token in tokens:
        if token.type == "inline" and not token.children:
            content = token.content
            children = parser.inline.parse(content, parser, env, [])
            if "\\" in content or "&" in content:
                children = inlines.joined(children)
            if content.count("`") > _LEAST_BACKTICKS:
                children = inlines.code_spans_apart(children)
            token.children = children
    if "<" in source:
        _find_words(tokens, Words(syntax.elements, ends))
    if may_hold_address(source):
        for token in tokens:
            if token.type == "inline" and token.children and may_hold_address(token.content):
                token.children = list(with_links(token.children))
    return tokens


def _find_words(tokens: list[Token], words: Words) -> None:
    for token in tokens:
        if token.type == "html_block":
            line = token.map[1] if token.map else 0
            token.meta = {"pieces": list(words.meant(cut(token.content), line, inline=False))}
        elif token.type == "inline" and token.children and "<" in token.content:
            line = token.map[1] if token.map else 0
            html = [child for child in token.children if child.type == "html_inline"]
            cuts = [_pieces(child.content) for child in html]
            meant = words.meant([piece for pieces in cuts for piece in pieces], line, inline=True)
            for child, pieces in zip(html, cuts, strict=True):
                child.meta = {"pieces": [next(meant) for _ in pieces]}  # A comment has none.
                if len(pieces) == 1 and isinstance(child.meta["pieces"][0], str):
                    child.type, child.content = "word", child.meta["pieces"][0]


@remembering
def _pieces(tag: str) -> tuple[Piece, ...]:
    """A tag in a line of text; a comment is nothing, and a declaration or an instruction is what it says."""
    if tag.startswith("<!--"):
        return ()
    return (tag,) if tag[1] in "!?" else tuple(cut(tag))


class _Parser(MarkdownIt):
    """One that leaves it to the converter which links may pass, and what becomes of the others."""

    def validateLink(self, url: str) -> bool:  # noqa: N802, ARG002 - markdown-it's name
        return True

    def normalizeLink(self, url: str) -> str:  # noqa: N802 - markdown-it's name
        return url if _NORMAL_LINK.fullmatch(url) else super().normalizeLink(url)

    def normalizeLinkText(self, link: str) -> str:  # noqa: N802 - markdown-it's name
        return link if _NORMAL_LINK.fullmatch(link) else super().normalizeLinkText(link)


_NORMAL_LINK: Final = re.compile(r"https?://[a-z0-9-]+(?:\.[a-z0-9-]+)*(?:/[\w.~!*'();/?:@&=+$,#-]*)?", re.ASCII)
"""What normalising leaves as it is, and takes a fifth of the time of a text with many links."""


@cache
def _parser(callouts_too: bool, mentions: bool, emoji: bool) -> MarkdownIt:
    # Blocks never get to this limit: what is nested deeper than `MAX_LEVEL` is text.
    parser = _Parser("commonmark", {"strikethrough_single_tilde": True, "maxNesting": MAX_LEVEL + 20})
    always = ("paragraph", "reference", "blockquote", "list")
    block_rules: list[tuple[str, BlockRule, str, tuple[str, ...]]] = [
        ("deep_text", blocks.deep_text, ANY, ()),
        ("table", blocks.table, ANY, ("paragraph", "reference")),
        ("code", rules_block.code, ANY, ()),
        ("formula", blocks.formula, "$", always),
        ("fence", rules_block.fence, "`~", always),
        ("blockquote", rules_block.blockquote, ">", always),
        ("hr", rules_block.hr, "*-_", always),
        ("list", rules_block.list_block, "*+-0123456789", ("paragraph", "reference", "blockquote")),
        ("footnote", footnotes.define_footnote, "[", ("paragraph", "reference")),
        ("reference", rules_block.reference, "[", ()),
        ("html_block", _html_block, "<", ("paragraph", "reference", "blockquote")),
        ("heading", rules_block.heading, "#", ("paragraph", "reference", "blockquote")),
        ("paragraph", blocks.paragraph, ANY, ()),
    ]
    if callouts_too:
        block_rules[2:2] = [
            ("fenced_callout", callouts.fenced_callout, ":", always),
            ("admonition", callouts.admonition, "!?", always),
        ]
    parser.block = BlockParser(block_rules)
    brackets: list[InlineRule] = [footnotes.refer_to_footnote, rules_inline.link]
    inline_rules: dict[str, list[InlineRule]] = {
        "\n": [rules_inline.newline],
        "\\": [rules_inline.escape],
        "`": [rules_inline.backtick],
        "~": [rules_inline.strikethrough.tokenize],
        "*": [rules_inline.emphasis.tokenize],
        "_": [rules_inline.emphasis.tokenize],
        "[": [inlines.mention, *brackets] if mentions else brackets,
        "!": [rules_inline.image],
        "<": [inlines.script_or_style, inlines.autolink_of_a_known_scheme, rules_inline.html_inline],
        "&": [rules_inline.entity],
        "$": [inlines.formula],
    }
    if emoji:
        inline_rules[":"] = [inlines.emoji]
    after = (
        rules_inline.link_pairs,
        rules_inline.strikethrough.postProcess,
        rules_inline.emphasis.postProcess,
        rules_inline.fragments_join,
    )
    parser.inline = InlineParser(inline_rules, after)
    return parser


def _html_block(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    """Raw HTML, unless its first tag is a word."""
    begin = state.bMarks[first] + state.tShift[first]
    text = blocks.line_of(state, first)
    if not begins_html(text, begin, state.env["syntax"].elements, state.env["ends"]):
        return False
    return rules_block.html_block(state, first, last, silent)
