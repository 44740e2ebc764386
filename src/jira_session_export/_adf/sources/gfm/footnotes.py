"""Footnotes, in the order in which they are mentioned."""

import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

_LABEL: Final = r"\[\^([^\]\s\[]{1,200})\]"
_DEFINITION: Final = re.compile(rf"{_LABEL}:[ \t]*")
_REFERENCE: Final = re.compile(_LABEL)
_INDENT: Final = 4


def environment() -> dict[str, Any]:
    """What the rules keep of one text."""
    return {"footnotes": {}, "footnote_order": [], "footnote_numbers": {}}


def define_footnote(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    """Take the lines of a definition out of the text; lines that follow belong to it while they are indented."""
    footnotes = state.env.get("footnotes")
    if footnotes is None or state.level or state.sCount[first] >= _INDENT:
        return False
    begin = _DEFINITION.match(state.src, state.bMarks[first] + state.tShift[first], state.eMarks[first])
    if begin is None:
        return False
    if silent:
        return True
    end = first + 1
    while end < last and _belongs_to_footnote(state, end, last):
        end += 1
    rest = state.getLines(first + 1, end, _INDENT, keepLastLF=False)
    label = _normal(begin[1])
    if label in footnotes:
        label = f"{label} {len(footnotes)}"  # No reference can have a blank, so this one is only kept as text.
    footnotes[label] = (f"{state.src[begin.end() : state.eMarks[first]]}\n{rest}", first)
    state.line = end
    return True


def _belongs_to_footnote(state: StateBlock, line: int, last: int) -> bool:
    if state.isEmpty(line):
        following = state.skipEmptyLines(line)
        return following < last and state.sCount[following] >= _INDENT
    if state.sCount[line] >= _INDENT:
        return True
    begins_another = _DEFINITION.match(state.src, state.bMarks[line] + state.tShift[line], state.eMarks[line])
    return not state.isEmpty(line - 1) and begins_another is None


def refer_to_footnote(state: StateInline, silent: bool) -> bool:
    """A mention, when there is such a footnote."""
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


def footnotes_at_the_end(env: Any, read: Callable[[str, int], list[Token]]) -> Iterator[Token]:
    """The tokens of all footnotes, those never mentioned last.

    Args:
        env: what the rules have kept.
        read: gives the tokens of a footnote's text, which begins in this line.
    """
    if not env["footnotes"]:
        return
    yield Token("footnotes_open", "ol", 1)
    written = 0
    for label in ("", *env["footnotes"]):
        if label:
            _number_of(label, env)  # Never mentioned, but text all the same.
        while written < len(env["footnote_order"]):  # A footnote may mention others.
            yield Token("list_item_open", "li", 1)
            yield from read(*env["footnotes"][env["footnote_order"][written]])
            yield Token("list_item_close", "li", -1)
            written += 1
    yield Token("footnotes_close", "ol", -1)
