"""Rules for blocks that differ from markdown-it's own: paragraphs, tables, formulas, text nested too deep."""

import re
from collections.abc import Iterator
from typing import Any, Final

from markdown_it.common.utils import MD_TRIM_CHARS
from markdown_it.rules_block import StateBlock
from markdown_it.token import Token

MAX_LEVEL: Final = 80
"""Levels of containers: a quote is one, a list with its item two. What is deeper, and markdown-it drops, is text."""
_SILENT: Final = True
CODE_INDENT: Final = 4
"""Columns from which on a line is code."""


def line_of(state: StateBlock, line: int) -> str:
    """A line without its indentation."""
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def push_line(state: StateBlock, content: str, first: int, last: int) -> Token:
    """Add the token of a text whose marks are read later."""
    token = state.push("inline", "", 0)
    token.content = content
    token.map = [first, last]
    return token


def deep_text(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    """Take containers nested too deep as text."""
    if state.level < MAX_LEVEL:
        return False
    if not silent:
        text = Token("text", "", 0, content=state.getLines(first, last, state.blkIndent, keepLastLF=False))
        state.push("paragraph_open", "p", 1)
        state.push("inline", "", 0).children = [text]
        state.push("paragraph_close", "p", -1)
        state.line = last
    return True


# --- paragraphs

_UNDERLINE: Final = re.compile(r"(?:=+|-+)[ \t]*")


def paragraph(state: StateBlock, first: int, last: int, silent: bool) -> bool:  # noqa: ARG001 - all rules look the same
    """A paragraph, or a heading that is underlined: markdown-it reads the lines once for each of them."""
    (ends,) = state.md.block.ruler.getRules("paragraph")
    last = state.lineMax
    around, state.parentType = state.parentType, "paragraph"
    line = first + 1
    level = 0
    while line < last and state.bMarks[line] + state.tShift[line] < state.eMarks[line]:
        indent = state.sCount[line]
        if indent - state.blkIndent < CODE_INDENT:  # Otherwise it goes on, whatever is there.
            begin = state.bMarks[line] + state.tShift[line]
            if (
                indent >= state.blkIndent
                and state.src[begin] in "-="
                and _UNDERLINE.fullmatch(state.src, begin, state.eMarks[line])
            ):
                level = 1 if state.src[begin] == "=" else 2
                break
            if indent >= 0 and ends(state, line, last, _SILENT):  # Below 0 a quote has asked already.
                break
        line += 1
    state.parentType = around
    content = "\n".join([line_of(state, number) for number in range(first, line)])
    state.line = line + 1 if level else line
    name, tag = ("heading", f"h{level}") if level else ("paragraph", "p")
    state.push(f"{name}_open", tag, 1).map = [first, state.line]
    push_line(state, content.strip(MD_TRIM_CHARS), first, line)
    state.push(f"{name}_close", tag, -1)
    return True


# --- tables

_DELIMITER_ROW: Final = re.compile(r"\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
_PIPE: Final = re.compile(r"(?<!\\)\|")
_BACKTICKS: Final = re.compile("`+")
_MOST_FILLED: Final = 65_536
"""So many cells are filled in where rows are short: a few kB must not become a huge table."""


def table(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    """A table; unlike GitHub's, a row keeps the cells beyond the header's.

    A pipe in a code span divides cells, as GitHub has it, unless the row then has more cells than the header: GitHub
    drops those, and the author meant the pipe.
    """
    if first + 2 > last or state.sCount[first + 1] < state.blkIndent or state.is_code_block(first + 1):
        return False
    begin, end = state.bMarks[first + 1] + state.tShift[first + 1], state.eMarks[first + 1]
    marks = state.src[begin : begin + 2]
    if marks[:1] not in {"|", "-", ":"} or marks in {"- ", "-\t", "-", "|", ":"}:
        return False
    if not _DELIMITER_ROW.fullmatch(state.src, begin, end) or state.is_code_block(first):
        return False
    aligns = [_alignment(mark) for mark in state.src[begin:end].split("|") if mark.strip()]
    heading = line_of(state, first)
    head = _cells(heading, len(aligns))
    if "|" not in heading or len(head) != len(aligns):
        return False
    if not silent:
        _write_table(state, first, last, head, aligns)
    return True


def _write_table(state: StateBlock, first: int, last: int, head: list[str], aligns: list[str]) -> None:
    state.push("table_open", "table", 1).map = whole = [first, 0]
    _write_row(state, first, "th", head, aligns)
    (ends,) = state.md.block.ruler.getRules("blockquote")
    around, state.parentType = state.parentType, "table"
    filled = 0
    line = first + 2
    while line < last and state.sCount[line] >= state.blkIndent and not state.is_code_block(line):
        row = line_of(state, line).strip(MD_TRIM_CHARS)
        if not row or ends(state, line, last, _SILENT):
            break
        cells = _cells(row, len(aligns))
        lacking = max(len(aligns) - len(cells), 0)
        filled += lacking
        if filled <= _MOST_FILLED:
            cells += [""] * lacking
        _write_row(state, line, "td", cells, aligns)
        line += 1
    state.push("table_close", "table", -1)
    whole[1] = state.line = line
    state.parentType = around


def _write_row(state: StateBlock, line: int, tag: str, cells: list[str], aligns: list[str]) -> None:
    state.push("tr_open", "tr", 1)
    for position, cell in enumerate(cells):
        opening = state.push(f"{tag}_open", tag, 1)
        if position < len(aligns) and aligns[position]:
            opening.attrs = {"style": f"text-align:{aligns[position]}"}
        push_line(state, cell.strip(MD_TRIM_CHARS), line, line + 1)
        state.push(f"{tag}_close", tag, -1)
    state.push("tr_close", "tr", -1)


def _alignment(mark: str) -> str:
    mark = mark.strip()
    if mark[-1] == ":":
        return "center" if mark[0] == ":" else "right"
    return "left" if mark[0] == ":" else ""


def _cells(row: str, columns: int) -> list[str]:
    row = row.strip(MD_TRIM_CHARS)
    cells = _without_ends(_PIPE.split(row) if "\\" in row else row.split("|"))
    if len(cells) > columns and "`" in row:
        pipes = [found.start() for found in _PIPE.finditer(row)]
        meant = _outside(pipes, list(_code_spans(row)))
        if len(meant) < len(pipes):
            ends = [*meant, len(row)]
            cells = _without_ends([row[a:b] for a, b in zip([0, *(end + 1 for end in meant)], ends, strict=True)])
    return [cell.replace("\\|", "|") for cell in cells] if "\\" in row else cells


def _without_ends(cells: list[str]) -> list[str]:
    if cells and not cells[0]:
        del cells[0]
    if cells and not cells[-1]:
        del cells[-1]
    return cells


def _code_spans(text: str) -> Iterator[tuple[int, int]]:
    runs = [found.span() for found in _BACKTICKS.finditer(text)]
    following: dict[int, int] = {}
    closing: list[int | None] = [None] * len(runs)
    for number in range(len(runs) - 1, -1, -1):
        length = runs[number][1] - runs[number][0]
        closing[number] = following.get(length)
        following[length] = number
    number = 0
    while number < len(runs):
        close = closing[number]
        if close is not None:
            yield runs[number][0], runs[close][1]
            number = close
        number += 1


def _outside(pipes: list[int], spans: list[tuple[int, int]]) -> list[int]:
    kept = []
    following = 0
    for pipe in pipes:
        while following < len(spans) and spans[following][1] <= pipe:
            following += 1
        if following == len(spans) or pipe < spans[following][0]:
            kept.append(pipe)
    return kept


# --- formulas


def formula(state: StateBlock, first: int, last: int, silent: bool) -> bool:
    """`$$` up to a line that ends with `$$`: TeX stays as it is written."""
    if state.is_code_block(first) or not line_of(state, first).startswith("$$"):
        return False
    env: Any = state.env
    searched: tuple[int, int] = env.get("no_formula", (0, 0))
    if searched[0] <= first < searched[1]:
        return False  # Else lines of `$$` would each look for an end that is not there.
    if "$$" in line_of(state, first)[2:]:
        return False  # It ends on its line; the rule for text takes it.
    line = first + 1
    while line < last and (state.sCount[line] >= state.blkIndent or state.isEmpty(line)):
        if line_of(state, line).rstrip(" \t").endswith("$$"):
            break
        line += 1
    else:
        env["no_formula"] = (first, line)
        return False
    if silent:
        return True
    children: list[Token] = []
    for text in state.getLines(first, line + 1, state.blkIndent, keepLastLF=False).split("\n"):
        if children:
            children.append(Token("hardbreak", "br", 0))
        children.append(Token("formula", "", 0, content=text))
    state.line = line + 1
    state.push("paragraph_open", "p", 1).map = [first, state.line]
    push_line(state, "", first, state.line).children = children
    state.push("paragraph_close", "p", -1)
    return True
