"""Callouts: GitHub's alerts, and those of other tools whose words a host names.

markdown-it-py has an option for alerts; it knows GitHub's five words only, with nothing after them, and so serves
neither the words of a host nor folds and titles.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

from jira_session_export._adf.sources.gfm.blocks import line_of

ALERTS: Final = {"note": "info", "tip": "tip", "important": "note", "warning": "warning", "caution": "error"}
"""GitHub's alerts → Jira's panels of the same colour."""

_ALERT: Final = re.compile(r"\[!([^\]\[\n]{1,50})\]([+-]?)[ \t]*(.*)")
_COLONS: Final = re.compile(r"(:{3,})[ \t]*\{?[ \t]*\.?([A-Za-z][\w-]{0,49})[ \t]*\}?[ \t]*(.*)")
_ADMONITION: Final = re.compile(r"(!!!|\?\?\?\+?)[ \t]+([A-Za-z][\w-]{0,49})[ \t]*(.*)")
_ADMONITION_INDENT: Final = 4


@dataclass(frozen=True, slots=True)
class Callout:
    """What a callout becomes: `meta["callout"]` of the token that opens it.

    Attributes:
        panel: the type of the panel.
        word: what to write where there can be no panel.
        title: a title of its own, empty for none.
        fold: whether it can be folded, and so becomes an expand.
    """

    panel: str
    word: str
    title: str = ""
    fold: bool = False


def find_alerts(tokens: list[Token], words: Mapping[str, str]) -> None:
    """Give quotes that are callouts `meta["callout"]`; their first line leaves the text."""
    for position, quote in enumerate(tokens):
        if quote.type != "blockquote_open" or position + 2 >= len(tokens):
            continue
        line = tokens[position + 2]
        if not line.children or line.children[0].type != "text":
            continue
        callout = _alert(line.children, words)
        if callout is not None:
            quote.meta = {"callout": callout}
            breaks = (number for number, child in enumerate(line.children) if child.type in {"softbreak", "hardbreak"})
            del line.children[: next(breaks, len(line.children)) + 1]


def _alert(children: list[Token], words: Mapping[str, str]) -> Callout | None:
    found = _ALERT.fullmatch(children[0].content)
    if found is None:
        return None
    word, fold, title = found[1].strip(), found[2], found[3]
    rest = len(children) > 1 and children[1].type not in {"softbreak", "hardbreak"}
    own = words.get(word.lower())
    if own is None:
        github = ALERTS.get(word.lower())
        return Callout(github, word.capitalize()) if github and not (fold or title.strip() or rest) else None
    if rest:  # A title with marks: it is said without them.
        for child in children[1:]:
            if child.type in {"softbreak", "hardbreak"}:
                break
            title += child.content
    return Callout(own, word.capitalize(), title.strip(), fold=bool(fold))


def _words(state: StateBlock) -> Mapping[str, str]:
    words: Mapping[str, str] = state.env["syntax"].callouts
    return words


def fenced_callout(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    """`:::note Title` up to `:::`, as documentation tools write them."""
    if state.is_code_block(first):
        return False
    found = _COLONS.fullmatch(line_of(state, first))
    panel = None if found is None else _words(state).get(found[2].lower())
    if found is None or panel is None:
        return False
    if silent:
        return True
    depth = 1
    line = first + 1
    while line < last and (state.sCount[line] >= state.blkIndent or state.isEmpty(line)):
        text = line_of(state, line).rstrip()
        if text.startswith(":::"):
            depth += 1 if text.strip(":") else -1
            if depth == 0:
                break
        line += 1
    callout = Callout(panel, found[2].capitalize(), _bare_title(found[3]))
    _write(state, first, (first + 1, line), callout, state.blkIndent)
    state.line = min(line + 1, last)
    return True


def admonition(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    """`!!! note "Title"` and its indented lines, as Python-Markdown has them; `???` can be folded."""
    if state.is_code_block(first):
        return False
    found = _ADMONITION.fullmatch(line_of(state, first))
    panel = None if found is None else _words(state).get(found[2].lower())
    if found is None or panel is None:
        return False
    if silent:
        return True
    indent = state.sCount[first] + _ADMONITION_INDENT
    line = end = first + 1
    while line < last and (state.sCount[line] >= indent or state.isEmpty(line)):
        line += 1
        if not state.isEmpty(line - 1):
            end = line
    callout = Callout(panel, found[2].capitalize(), _bare_title(found[3]), fold=found[1][0] == "?")
    _write(state, first, (first + 1, end), callout, indent)
    state.line = end
    return True


def _bare_title(written: str) -> str:
    """A title without the quotation marks, brackets or braces around it."""
    title = written.strip()
    for begin, end in (('"', '"'), ("'", "'"), ("[", "]")):
        if len(title) > 1 and title[0] == begin and title[-1] == end:
            return title[1:-1].strip()
    return "" if title.startswith("{") else title


def _write(state: StateBlock, first: int, lines: tuple[int, int], callout: Callout, indent: int) -> None:
    around: tuple[Any, ...] = state.parentType, state.blkIndent, state.lineMax
    state.parentType, state.blkIndent, state.lineMax = "blockquote", indent, lines[1]
    opening = state.push("callout_open", "div", 1)
    opening.map, opening.meta = [first, lines[1]], {"callout": callout}
    state.md.block.tokenize(state, *lines)
    state.push("callout_close", "div", -1)
    state.parentType, state.blkIndent, state.lineMax = around
