"""A Markdown parser for what tickets are written in: CommonMark and GitHub's extensions.

markdown-it-py gives CommonMark, tables and strikethrough. Task lists, alerts, footnotes and bare addresses are added
here: plug-ins for them make tokens for an HTML renderer, and each would be a dependency for some dozens of lines.
"""

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

MAX_LEVEL: Final = 80
"""Levels of containers: a quote is one, a list with its item two. What is deeper, and markdown-it drops, is text."""

_PANELS: Final = {"note": "info", "tip": "tip", "important": "note", "warning": "warning", "caution": "error"}
# GitHub's alerts → Jira's panels of the same colour.


def parse(text: str) -> list[Token]:
    """The tokens of a Markdown text.

    There are more than markdown-it's own: `footnote_ref` (inline, `meta["number"]`), and `footnotes_open` and
    `footnotes_close` around the items of an ordered list at the end. A list has `meta["tasks"]`: whether all its items
    are tasks; an item that is one has `meta["done"]`, a `blockquote_open` that is an alert `meta["panel"]`, and their
    markers are no longer in the text.
    """
    return _parser().parse(text, {"footnotes": {}, "footnote_order": [], "footnote_numbers": {}})


class _Parser(MarkdownIt):
    """One that leaves it to the converter which links may pass, and what becomes of the others."""

    def validateLink(self, url: str) -> bool:  # noqa: N802, ARG002 - markdown-it's name
        return True


@cache
def _parser() -> MarkdownIt:
    # Blocks never get to markdown-it's own limit; inline content is left to another parser, with a lower one.
    parser = _Parser("commonmark", {"maxNesting": MAX_LEVEL + 20}).enable(["table", "strikethrough"])
    parser.block.ruler.before("table", "deep_text", _deep_text)
    parser.block.ruler.before("reference", "footnote_definition", _define_footnote, {"alt": ["paragraph", "reference"]})
    parser.core.ruler.at("inline", _parse_inline)
    parser.core.ruler.push("bare_addresses", _link_bare_addresses)
    parser.core.ruler.push("tasks", _find_tasks)
    parser.core.ruler.push("alerts", _find_alerts)
    return parser


@cache
def _inline_parser() -> MarkdownIt:
    """Each bracket costs as much time as brackets may be nested: here 20 levels, as the preset has it."""
    parser = _Parser("commonmark", {"strikethrough_single_tilde": True}).enable("strikethrough")
    parser.inline.ruler.before("link", "footnote_reference", _refer_to_footnote)
    return parser


# --- containers nested too deep


def _deep_text(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    if state.level < MAX_LEVEL:
        return False
    if not silent:
        text = Token("text", "", 0, content=state.getLines(first, last, state.blkIndent, keepLastLF=False))
        state.push("paragraph_open", "p", 1)
        state.push("inline", "", 0).children = [text]
        state.push("paragraph_close", "p", -1)
        state.line = last
    return True


# --- inline content, and footnotes in the order in which they are mentioned

_LABEL: Final = r"\[\^([^\]\s\[]{1,200})\]"
_DEFINITION: Final = re.compile(rf"{_LABEL}:[ \t]*")
_REFERENCE: Final = re.compile(_LABEL)
_FOOTNOTE_INDENT: Final = 4


def _define_footnote(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    """Take the lines of a definition out of the text; lines that follow belong to it while they are indented."""
    footnotes = state.env.get("footnotes")
    if footnotes is None or state.level or state.sCount[first] >= _FOOTNOTE_INDENT:
        return False
    begin = _DEFINITION.match(state.src, state.bMarks[first] + state.tShift[first], state.eMarks[first])
    if begin is None:
        return False
    if silent:
        return True
    end = first + 1
    while end < last and _belongs_to_footnote(state, end, last):
        end += 1
    rest = state.getLines(first + 1, end, _FOOTNOTE_INDENT, keepLastLF=False)
    label = _normal(begin[1])
    if label in footnotes:
        label = f"{label} {len(footnotes)}"  # No reference can have a blank, so this one is only kept as text.
    footnotes[label] = f"{state.src[begin.end() : state.eMarks[first]]}\n{rest}"
    state.line = end
    return True


def _belongs_to_footnote(state: StateBlock, line: int, last: int) -> bool:
    if state.isEmpty(line):
        following = state.skipEmptyLines(line)
        return following < last and state.sCount[following] >= _FOOTNOTE_INDENT
    if state.sCount[line] >= _FOOTNOTE_INDENT:
        return True
    begins_another = _DEFINITION.match(state.src, state.bMarks[line] + state.tShift[line], state.eMarks[line])
    return not state.isEmpty(line - 1) and begins_another is None


def _refer_to_footnote(state: StateInline, silent: bool) -> bool:
    found = _REFERENCE.match(state.src, state.pos, state.posMax)
    if found is None or (label := _normal(found[1])) not in state.env["footnotes"]:
        return False
    if not silent:
        state.push("footnote_ref", "", 0).meta = {"number": _number_of(label, state.env)}
    state.pos = found.end()
    return True


def _number_of(label: str, env: Any) -> int:
    """The footnote's number; the next one at its first mention."""
    numbers: dict[str, int] = env["footnote_numbers"]
    if label not in numbers:
        env["footnote_order"].append(label)
        numbers[label] = len(numbers) + 1
    return numbers[label]


def _normal(label: str) -> str:
    return label.casefold()


def _parse_inline(state: StateCore) -> None:
    env = state.env
    _parse_children(state.tokens, env)
    if not env["footnotes"]:
        return
    state.tokens.append(Token("footnotes_open", "ol", 1))
    written = 0
    for label in ("", *env["footnotes"]):
        if label:
            _number_of(label, env)  # Never mentioned, but text all the same.
        while written < len(env["footnote_order"]):  # A footnote may mention others.
            _write_footnote(env["footnotes"][env["footnote_order"][written]], state)
            written += 1
    state.tokens.append(Token("footnotes_close", "ol", -1))


def _write_footnote(text: str, state: StateCore) -> None:
    content: list[Token] = []
    state.md.block.parse(text, state.md, {**state.env, "footnotes": None}, content)
    _parse_children(content, state.env)
    state.tokens += [Token("list_item_open", "li", 1), *content, Token("list_item_close", "li", -1)]


def _parse_children(tokens: list[Token], env: Any) -> None:
    parser = _inline_parser()
    for token in tokens:
        if token.type == "inline" and not token.children:
            token.children = []
            parser.inline.parse(token.content, parser, env, token.children)


# --- bare addresses

_ADDRESS: Final = re.compile(r"(?:https?|ftp)://|www\.|@", re.IGNORECASE)
_BEFORE_ADDRESS: Final = re.compile(r"[\s*_~(\[\"'<>{|,;:!?=\u2013\u2014]")
_UP_TO_SPACE: Final = re.compile(r"[^\s<]*")
_DOMAIN: Final = re.compile(r"(?:[^\W_]|[_-])+(?:\.(?:[^\W_]|[_-])+)*")
_ENTITY: Final = re.compile(r"&[a-zA-Z0-9]+;\Z")
_MAIL_NAME: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-_")
_MAIL_DOMAIN: Final = re.compile(r"[a-zA-Z0-9_-]+(?:\.[a-zA-Z0-9_-]+)+")
_PUNCTUATION: Final = "?!.,:*_~'\""


def _link_bare_addresses(state: StateCore) -> None:
    """Make links of addresses that stand in the text, by the rules of GitHub's autolink extension."""
    for token in state.tokens:
        if token.type == "inline" and token.children and _ADDRESS.search(token.content):
            token.children = list(_with_links(token.children))


def _with_links(tokens: list[Token]) -> Iterator[Token]:
    open_links = 0
    after: Token | None = None
    for token in tokens:
        if token.type == "link_open" or (token.type == "html_inline" and token.content[:3].lower() in {"<a ", "<a>"}):
            open_links += 1
        elif token.type == "link_close" or (token.type == "html_inline" and token.content[:3].lower() == "</a"):
            open_links -= 1
        if token.type == "text" and open_links <= 0 and _ADDRESS.search(token.content):
            begins = after is None or after.type.endswith(("break", "_open", "_close"))
            yield from _text_with_links(token.content, begins=begins)
        else:
            yield token
        after = token


def _text_with_links(text: str, *, begins: bool) -> Iterator[Token]:
    done = 0
    for found in _ADDRESS.finditer(text):
        if found.start() < done:
            continue
        first, end = found.start(), found.end()
        if found[0] == "@":
            first, end = _mail_address(text, done, first)
            target = f"mailto:{text[first:end]}"
        elif not (_BEFORE_ADDRESS.match(text, first - 1) if first else begins):
            continue
        else:
            end = _web_address(text, first, end)
            target = text[first:end] if found[0].lower() != "www." else f"http://{text[first:end]}"
        if first == end:
            continue
        if first > done:
            yield Token("text", "", 0, content=text[done:first])
        yield Token("link_open", "a", 1, attrs={"href": target}, markup="autolink")
        yield Token("text", "", 0, content=text[first:end])
        yield Token("link_close", "a", -1, markup="autolink")
        done = end
    if done < len(text):
        yield Token("text", "", 0, content=text[done:])


def _web_address(text: str, first: int, host: int) -> int:
    """Where the address ends that begins at `first`, with its host at `host`; `first` when it is none."""
    domain = _DOMAIN.match(text, first if text[first : first + 4].lower() == "www." else host)
    if domain is None or any("_" in part for part in domain[0].split(".")[-2:]):
        return first
    if "." not in domain[0] and text[first : first + 4].lower() == "www.":
        return first
    up_to_space = _UP_TO_SPACE.match(text, first)
    end = up_to_space.end() if up_to_space else first
    brackets = text.count(")", first, end) - text.count("(", first, end)
    while end > domain.end():
        last = text[end - 1]
        if last == ")" and brackets > 0:
            brackets -= 1
        elif last == ";" and (entity := _ENTITY.search(text, max(first, end - 40), end)) is not None:
            end = entity.start() + 1
        elif last not in _PUNCTUATION and last != ";":
            break
        end -= 1
    return end


def _mail_address(text: str, lowest: int, at: int) -> tuple[int, int]:
    """Where the mail address around the `@` begins and ends; an empty range when there is none."""
    first = at
    while first > lowest and text[first - 1] in _MAIL_NAME:
        first -= 1
    domain = _MAIL_DOMAIN.match(text, at + 1)
    if first == at or domain is None or domain[0][-1] in "-_":
        return at, at
    return first, domain.end()


# --- task lists and alerts

_BOX: Final = re.compile(r"\[([ xX])\](?:\s+|\Z)")
_ALERT: Final = re.compile(r"\[!(note|tip|important|warning|caution)\]\s*", re.IGNORECASE)


def _find_tasks(state: StateCore) -> None:
    open_lists: list[tuple[Token, list[bool]]] = []
    for position, token in enumerate(state.tokens):
        if token.type in {"bullet_list_open", "ordered_list_open"}:
            open_lists.append((token, []))
        elif token.type == "list_item_open" and open_lists:
            open_lists[-1][1].append(_take_box(token, *state.tokens[position + 1 : position + 3]))
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            opening, are_tasks = open_lists.pop()
            opening.meta = {"tasks": all(are_tasks)}


def _take_box(item: Token, paragraph: Token, line: Token) -> bool:
    """Whether the item begins with a box, which is then taken out of its text."""
    if paragraph.type != "paragraph_open" or not line.children:
        return False
    text = line.children[0]
    box = _BOX.match(text.content) if text.type == "text" else None
    if box is None or (box.end() == len(text.content) and len(line.children) == 1):
        return False
    item.meta = {"done": box[1] != " "}
    text.content = text.content[box.end() :]
    return True


def _find_alerts(state: StateCore) -> None:
    for quote, _, line in zip(state.tokens, state.tokens[1:], state.tokens[2:], strict=False):
        if quote.type != "blockquote_open" or not line.children:
            continue
        marker = line.children[0]
        kind = _ALERT.fullmatch(marker.content) if marker.type == "text" else None
        if kind is not None and (len(line.children) == 1 or line.children[1].type in {"softbreak", "hardbreak"}):
            quote.meta = {"panel": _PANELS[kind[1].lower()]}
            del line.children[:2]
