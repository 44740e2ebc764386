"""markdown-it's parsers, asking for each character only the rules that it can begin.

markdown-it asks all its rules at each line and at each special character. Most say no at once, but the calls are most
of the time of a parse: on ticket bodies these parsers take about two thirds of it, with the same rules and tokens.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final

from markdown_it import MarkdownIt
from markdown_it.parser_block import ParserBlock
from markdown_it.parser_inline import ParserInline
from markdown_it.ruler import Ruler
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType

BlockRule = Callable[[StateBlock, int, int, bool], bool]
InlineRule = Callable[[StateInline, bool], bool]
AfterInline = Callable[[StateInline], None]

_MAX_NESTING: Final = 20
"""Levels of brackets, as markdown-it has it for CommonMark: each bracket costs as much time as there may be levels."""
_WRITE: Final = False
_SKIP: Final = True
ANY: Final = ""
"""The characters of a rule that may begin with any."""


class _Chains(Ruler[BlockRule]):
    """The rules of blocks; a chain of them is one function that asks those the line's first character can begin."""

    def __init__(self) -> None:
        super().__init__()
        self._chains: dict[str, list[BlockRule]] = {}

    def getRules(self, chainName: str = "") -> list[BlockRule]:  # noqa: N802, N803 - markdown-it's names
        return self._chains[chainName]

    def settle(self, begins: Mapping[str, str]) -> None:
        """Make the chains, once all rules are there.

        Args:
            begins: rule → the characters it can begin with, `ANY` for any.
        """
        rules = [(rule.fn, begins[rule.name], ("", *rule.alt)) for rule in self.__rules__ if rule.enabled]
        for chain in ("", "paragraph", "reference", "blockquote", "list"):
            members = [(rule, characters) for rule, characters, chains in rules if chain in chains]
            self._chains[chain] = [_asking(by_character(members))]


class BlockParser(ParserBlock):
    """Gives the tokens of blocks."""

    def __init__(self, rules: Iterable[tuple[str, BlockRule, str, Sequence[str]]]) -> None:
        """Take the rules in their order.

        Args:
            rules: name, rule, the characters it can begin with, and the rules' names whose block it can end.
        """
        super().__init__()
        chains = _Chains()
        begins = {}
        for name, rule, characters, ends in rules:
            chains.push(name, rule, {"alt": list(ends)})
            begins[name] = characters
        chains.settle(begins)
        self.ruler = chains


class _ByCharacter(dict[str, tuple]):  # type: ignore[type-arg] # of rules of either kind
    """Character → the rules to ask, in order; those of no character of their own for all others."""

    def __init__(self, known: Mapping[str, tuple], others: tuple) -> None:  # type: ignore[type-arg]
        super().__init__(known)
        self.others = others

    def __missing__(self, character: str) -> tuple:  # type: ignore[type-arg]
        return self.others


def by_character(rules: Iterable[tuple[Callable[..., bool], str]]) -> _ByCharacter:
    """The rules by the characters they can begin with."""
    rules = list(rules)
    every = {character for _, characters in rules for character in characters}
    return _ByCharacter(
        {own: tuple(rule for rule, chars in rules if own in chars or chars is ANY) for own in every},
        tuple(rule for rule, chars in rules if chars is ANY),
    )


def _asking(rules: _ByCharacter) -> BlockRule:
    def ask(state: StateBlock, first: int, last: int, silent: bool) -> bool:
        begin = state.bMarks[first] + state.tShift[first]
        for rule in rules[state.src[begin : begin + 1]]:  # noqa: SIM110 - `any` takes twice the time, line by line
            if rule(state, first, last, silent):
                return True
        return False

    return ask


class InlineParser(ParserInline):
    """Gives the tokens of a line of text."""

    def __init__(self, rules: Mapping[str, Sequence[InlineRule]], after: Sequence[AfterInline]) -> None:
        """Take the rules.

        Args:
            rules: character → the rules it can begin, in order.
            after: what pairs delimiters once all text is read.
        """
        super().__init__()
        self._rules = rules
        self._after = after
        self._stop = re.compile(f"[{re.escape(''.join(rules))}]")
        # A label is skipped token by token, and its end must not be skipped.
        self._stop_in_label = re.compile(f"[{re.escape(''.join(rules))}\\]]")

    def parse(self, src: str, md: MarkdownIt, env: EnvType, tokens: list[Token]) -> list[Token]:
        """The tokens of `src`, added to `tokens`."""
        if self._stop.search(src) is None:
            if src:
                tokens.append(Token("text", "", 0, content=src))
            return tokens
        state = StateInline(src, md, env, tokens)
        self.tokenize(state)
        if state.delimiters or any(meta["delimiters"] for meta in state.tokens_meta if meta):
            for rule in self._after:
                rule(state)
        return state.tokens

    def tokenize(self, state: StateInline) -> None:
        """Add the tokens up to `state.posMax`."""
        source, end, rules, search = state.src, state.posMax, self._rules, self._stop.search
        deep = state.level >= _MAX_NESTING
        position = state.pos
        while position < end:
            found = None if deep else search(source, position, end)
            stop = end if found is None else found.start()
            if stop > position:
                state.append_pending(source[position:stop])
            if found is None:
                state.pos = end
                break
            state.pos = stop
            for rule in rules[source[stop]]:
                if rule(state, _WRITE):
                    break
            else:
                state.append_pending(source[stop])
                state.pos = stop + 1
            position = state.pos
        if state.pending:
            state.pushPending()

    def skipToken(self, state: StateInline) -> None:  # noqa: N802 - markdown-it's name
        """Step over one token."""
        position = state.pos
        known = state.cache.get(position)
        if known is not None:
            state.pos = known
            return
        if state.level >= _MAX_NESTING:
            state.pos = state.posMax  # As markdown-it has it: brackets so deep are no links.
        else:
            found = self._stop_in_label.search(state.src, position, state.posMax)
            stop = state.posMax if found is None else found.start()
            if stop > position:
                state.pos = stop
            else:
                self._skip_special(state)
        state.cache[position] = state.pos

    def _skip_special(self, state: StateInline) -> None:
        position = state.pos
        state.level += 1
        matched = any(rule(state, _SKIP) for rule in self._rules.get(state.src[position], ()))
        state.level -= 1
        if not matched:
            state.pos = position + 1
