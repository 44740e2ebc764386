"""Bare addresses: links of web and mail addresses that stand in the text, by the rules of GitHub's autolink extension.

mdit-py-plugins has a plug-in for them (0.7.0, `gfm_autolink`), and markdown-it-py an option that needs linkify-it-py
(2.2.0). Run in November 2026, neither serves. The plug-in takes time with the square of the number of colons in a
paragraph; it links only the end of `first_last@example.com`, and neither an address in quotation marks nor one in
capitals. The option makes links of `file.py` and `foo.rs`.
"""

import re
from collections.abc import Iterator
from typing import Final

from markdown_it.token import Token

_ADDRESS: Final = re.compile(r"(?:https?|ftp)://|www\.|@", re.IGNORECASE)
_BEFORE_ADDRESS: Final = re.compile(r"[\s*_~(\[\"'<>{|,;:!?=\u2013\u2014]")
_UP_TO_SPACE: Final = re.compile(r"[^\s<]*")
_DOMAIN: Final = re.compile(r"(?:[^\W_]|[_-])+(?:\.(?:[^\W_]|[_-])+)*")
_ENTITY: Final = re.compile(r"&[a-zA-Z0-9]+;\Z")
_MAIL_NAME: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-_")
_MAIL_DOMAIN: Final = re.compile(r"[a-zA-Z0-9_-]+(?:\.[a-zA-Z0-9_-]+)+")
_PUNCTUATION: Final = "?!.,:*_~'\""


def may_hold_address(text: str) -> bool:
    """Whether it is worth a look; nearly all text has none of these characters."""
    return "@" in text or "://" in text or "www." in text.lower()


def with_links(tokens: list[Token]) -> Iterator[Token]:
    """The tokens of a line, with links of the addresses in its text."""
    open_links = 0
    after: Token | None = None
    for token in tokens:
        if token.type == "link_open" or (
            token.type == "html_inline" and token.content[:3].lower() in {"<a ", "<a>", "<a\n"}
        ):
            open_links += 1
        elif token.type == "link_close" or (token.type == "html_inline" and token.content[:3].lower() == "</a"):
            open_links -= 1
        if token.type == "text" and open_links <= 0 and may_hold_address(token.content):
            begins = after is None or after.type.endswith(("break", "_open", "_close", "html_inline", "word"))
            yield from _text_with_links(token.content, begins=begins)
        else:
            yield token
        after = token


def _text_with_links(text: str, *, begins: bool) -> Iterator[Token]:
    done = 0
    refused = 0  # Up to here a domain was read and refused; no part of it is looked at again.
    for found in _ADDRESS.finditer(text):
        if found.start() < done:
            continue
        first, end = found.start(), found.end()
        if found[0] == "@":
            first, end = _mail_address(text, done, first)
            target = f"mailto:{text[first:end]}"
        elif first < refused or not (_BEFORE_ADDRESS.match(text, first - 1) if first else begins):
            continue
        else:
            end, refused = _web_address(text, first, end)
            target = text[first:end] if found[0].lower() != "www." else f"http://{text[first:end]}"
        if first == end:
            continue
        if first > done:
            yield Token("text", "", 0, content=text[done:first])
        yield Token("link_open", "a", 1, attrs={"href": target}, markup="autolink", info=text[first:end])
        yield Token("text", "", 0, content=text[first:end])
        yield Token("link_close", "a", -1, markup="autolink")
        done = end
    if done < len(text):
        yield Token("text", "", 0, content=text[done:])


def _web_address(text: str, first: int, host: int) -> tuple[int, int]:
    """Where the address ends that begins at `first`, with its host at `host`; `first` when it is none.

    With it, where the domain ends that made it none.
    """
    www = text[first : first + 4].lower() == "www."
    domain = _DOMAIN.match(text, first if www else host)
    if domain is None:
        return first, 0
    if any("_" in part for part in domain[0].rsplit(".", 2)[-2:]) or (www and "." not in domain[0]):
        return first, domain.end()  # An address that begins later in this domain has the same last two parts.
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
    return end, 0


def _mail_address(text: str, lowest: int, at: int) -> tuple[int, int]:
    """Where the mail address around the `@` begins and ends; an empty range when there is none."""
    first = at
    while first > lowest and text[first - 1] in _MAIL_NAME:
        first -= 1
    domain = _MAIL_DOMAIN.match(text, at + 1)
    if first == at or domain is None or domain[0][-1] in "-_":
        return at, at
    return first, domain.end()
