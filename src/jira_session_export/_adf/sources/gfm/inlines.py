"""Rules for text that differ from markdown-it's own, or are not there: formulas, autolinks."""

import re
from typing import Final

from markdown_it.common.utils import isWhiteSpace
from markdown_it.rules_inline import StateInline, autolink
from markdown_it.token import Token

from jira_session_export._adf.urls import NEVER, known_scheme

_SCHEME: Final = re.compile(r"<([a-zA-Z][a-zA-Z0-9+.-]{1,31}):")


def autolink_of_a_known_scheme(state: StateInline, silent: bool) -> bool:
    """`<https://…>`; not `<std::string>`, which CommonMark makes a link as well."""
    scheme = _SCHEME.match(state.src, state.pos, state.posMax)
    if scheme is None and "@" not in state.src:
        return False  # Nor is it the address of a mail box.
    if scheme is not None and not known_scheme(scheme[1]) and scheme[1].lower() not in NEVER:
        return False
    return autolink(state, silent)


_UNSHOWN: Final = re.compile(r"<(script|style)(?:\s[^<>]*)?>", re.IGNORECASE)
_UNSHOWN_END: Final = {name: re.compile(f"</{name}\\s*>", re.IGNORECASE) for name in ("script", "style")}


def script_or_style(state: StateInline, silent: bool) -> bool:
    """A whole `<script>…</script>` or `<style>…</style>`: no Markdown stands in it."""
    source, begin = state.src, state.pos
    if source[begin + 1 : begin + 2] not in {"s", "S"}:
        return False
    found = _UNSHOWN.match(source, begin, state.posMax)
    if found is None:
        return False
    name = found[1].lower()
    if max(state.html_terminator_last(f"</{name}"), state.html_terminator_last(f"</{name.upper()}")) < begin:
        return False
    end = _UNSHOWN_END[name].search(source, found.end(), state.posMax)
    if end is None or "`" in source[begin : end.end()]:  # The end tag may stand in code.
        return False
    if not silent:
        state.push("html_inline", "", 0).content = source[begin : end.end()]
    state.pos = end.end()
    return True


def formula(state: StateInline, silent: bool) -> bool:
    """`$…$` and `$$…$$`, which stay as they are written.

    As on GitHub a formula begins after a space or a sign, not in a word, and neither begins nor ends with a space
    inside, so that prices and variables of a shell remain text.
    """
    source, begin, last = state.src, state.pos, state.posMax
    if source.startswith("$$", begin):
        end = source.find("$$", begin + 2, last)
        end = end + 2 if end > begin + 2 else -1
    else:
        end = source.find("$", begin + 1, last) + 1
        if end and not _is_formula(source, begin, end, last):
            end = -1
    if end <= 0:
        return False
    if not silent:
        state.push("formula", "", 0).content = source[begin:end]
    state.pos = end
    return True


def _is_formula(source: str, begin: int, end: int, last: int) -> bool:
    first, final = source[begin + 1], source[end - 2]
    if end - begin < 3 or (begin and (source[begin - 1].isalnum() or source[begin - 1] in "$\\")):
        return False
    if isWhiteSpace(ord(first)) or isWhiteSpace(ord(final)) or final == "\\":
        return False
    if end < last and (source[end].isalnum() or source[end] == "$"):
        return False
    return "`" not in source[begin:end]


def joined(tokens: list[Token]) -> list[Token]:
    """The tokens with neighbouring text, escaped signs and entities as one."""
    whole: list[Token] = []
    parts: list[str] = []
    for token in tokens:
        if token.type not in {"text", "text_special"}:
            if parts:
                whole.append(Token("text", "", 0, content="".join(parts)))
                parts = []
            whole.append(token)
        else:
            parts.append(token.content)
    if parts:
        whole.append(Token("text", "", 0, content="".join(parts)))
    return whole


def code_spans_apart(tokens: list[Token]) -> list[Token]:
    """The tokens with a space between code spans that touch each other: in ADF they would be one."""
    apart: list[Token] = []
    touches = False
    for token in tokens:
        if token.type == "code_inline":
            if touches:
                apart.append(Token("text", "", 0, content=" "))
            touches = True
        elif token.nesting == 0 and not (token.type == "html_inline" and token.content.startswith("<!--")):
            touches = False
        apart.append(token)
    return apart


_MENTION: Final = re.compile(r"\[~accountid:([\w:-]{1,128})\]", re.ASCII)
_SHORTCODE: Final = re.compile(r":([a-z0-9_+-]{1,60}):")


def mention(state: StateInline, silent: bool) -> bool:
    """`[~accountid:…]`, as Jira's own markup has it."""
    found = _MENTION.match(state.src, state.pos, state.posMax)
    if found is None:
        return False
    if not silent:
        token = state.push("mention", "", 0)
        token.content, token.meta = found[0], {"account": found[1]}
    state.pos = found.end()
    return True


def emoji(state: StateInline, silent: bool) -> bool:
    """`:name:` of an emoji that is known."""
    found = _SHORTCODE.match(state.src, state.pos, state.posMax)
    if found is None or (shown := state.env["syntax"].emoji.get(found[1])) is None:
        return False
    if not silent:
        token = state.push("emoji", "", 0)
        token.content, token.meta = shown, {"name": found[0]}
    state.pos = found.end()
    return True
