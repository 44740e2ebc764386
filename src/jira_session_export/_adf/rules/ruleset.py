"""Rules: small named functions that say what an element becomes, in an order a host can change."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple, final

from jira_session_export._adf.builder import DONE, Closing
from jira_session_export._adf.element import Element
from jira_session_export._adf.losses import LossKind
from jira_session_export._adf.output import Output
from jira_session_export._adf.silent import KNOWN_TAGS, TOLD_BESIDE, is_custom, telling
from jira_session_export._adf.vocabulary import ATTRIBUTES, Word
from jira_session_export._adf.whitespace import UNSEEN


@final
@dataclass(frozen=True, slots=True)
class Skip:
    """The answer of a rule that leaves out an element with everything in it.

    Attributes:
        kind: the kind of the loss that quotes the text which is left out, if there is any; None for no loss.
        detail: what the loss says about it.
        said: what the document says in place of the text; text with no other words than this has is no loss.
    """

    kind: LossKind | None = LossKind.TEXT_REMOVED
    detail: str = "it is not shown where it comes from"
    said: str = ""

    def loses(self, text: str) -> bool:
        """Whether the text says more than the document does."""
        if not self.said:
            return bool(text.strip(UNSEEN))
        said = self.said.lower()
        return any(word.lower() not in said for word in _WORD.findall(text))


_WORD = re.compile(r"[^\W\d_]{4,}")  # Shorter ones are names of functions and units, in formulas.

SKIP = Skip()
"""Leaves out an element, and quotes its text in a loss."""

SKIP_SILENTLY = Skip(None)
"""Leaves out an element without a loss: an ornament, or what the document says already."""

Outcome = Closing | Skip | None
"""What a rule answers: what to end at the element's end tag, `SKIP`, or None for "not mine, ask the next rule"."""

Apply = Callable[[Element, Output], Outcome]


@dataclass(frozen=True, slots=True)
class Rule:
    """What one kind of element becomes.

    Attributes:
        name: unique in a set; what `RuleSet.before`, `after`, `replace` and `disable` find it by.
        apply: receives the element and the output, and answers what to end at the end tag, which every method of the
            output that begins something returns; `DONE` when there is nothing to end.
        tags: the elements it looks at, lower-case; None for any.
        attributes: it only looks at elements that have at least one of these; None for any.
        passes_on: what it does adds to what other rules do: the next rules are asked although it answered.
        mentions: of those that have no other of the attributes than `class` and `style`, it only looks at elements in
            one of which this is found, in lower case; None for all. It spares asking, and must find all that `apply`
            could answer.
    """

    name: str
    apply: Apply
    tags: frozenset[str] | None = None
    attributes: frozenset[str] | None = None
    passes_on: bool = False
    mentions: re.Pattern[str] | None = None


Attributes = tuple[tuple[str, str | None], ...]
"""Attributes as parsers give them: pairs of a name and a value."""


class Asked(NamedTuple):
    """What is known of all elements of one name with attributes of the same names.

    Attributes:
        rules: those that look at them.
        telling: the attributes that may be content.
        custom: whether it is an element of somebody's own.
        notes: whether what else the attributes tell is reported when no rule has read it.
        speaks: whether it has attributes in which a word of the vocabulary may stand.
        words: for some of the rules it matters what the attributes `class` and `style` mention.
    """

    rules: tuple[Rule, ...]
    telling: tuple[str, ...]
    custom: bool
    notes: bool
    speaks: bool
    words: bool


class RuleSet:
    """An immutable, ordered set of rules; for each element the first that does not answer None decides."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules: tuple[Rule, ...] = tuple(rules)
        names = [rule.name for rule in self.rules]
        if len(set(names)) != len(names):
            raise ValueError(f"Rules must have different names: {sorted(names)}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RuleSet) and self.rules == other.rules

    def __hash__(self) -> int:
        return self._hash

    def __repr__(self) -> str:
        return f"RuleSet({', '.join(rule.name for rule in self.rules)})"

    def before(self, name: str, rule: Rule) -> "RuleSet":
        """A set in which `rule` is asked just before the rule called `name`.

        Raises:
            KeyError: there is no rule of this name.
        """
        position = self._position(name)
        return RuleSet((*self.rules[:position], rule, *self.rules[position:]))

    def after(self, name: str, rule: Rule) -> "RuleSet":
        """A set in which `rule` is asked just after the rule called `name`.

        Raises:
            KeyError: there is no rule of this name.
        """
        position = self._position(name) + 1
        return RuleSet((*self.rules[:position], rule, *self.rules[position:]))

    def replace(self, name: str, rule: Rule) -> "RuleSet":
        """A set in which `rule` stands in the place of the rule called `name`.

        Raises:
            KeyError: there is no rule of this name.
        """
        position = self._position(name)
        return RuleSet((*self.rules[:position], rule, *self.rules[position + 1 :]))

    def disable(self, *names: str) -> "RuleSet":
        """A set without the rules of these names.

        Raises:
            KeyError: there is no rule of one of the names.
        """
        positions = {self._position(name) for name in names}
        return RuleSet(rule for position, rule in enumerate(self.rules) if position not in positions)

    def _position(self, name: str) -> int:
        for position, rule in enumerate(self.rules):
            if rule.name == name:
                return position
        raise KeyError(f"There is no rule {name!r}; there are {', '.join(rule.name for rule in self.rules)}")

    @cached_property
    def tags(self) -> frozenset[str]:
        """The elements that rules name."""
        return frozenset(tag for rule in self.rules for tag in rule.tags or ())

    @cached_property
    def plain(self) -> Mapping[str, tuple[Element, Apply]]:
        """For elements without attributes: tag → a shared element, and one function that asks its rules, if any.

        Elements of somebody's own are only there when there are rules for them.
        """
        table: dict[str, tuple[Element, Apply]] = {tag: (Element(tag, {}), _nothing) for tag in KNOWN_TAGS}
        for tag in self.tags:
            rules = self.rules_for(tag, ())
            if rules:
                table[tag] = (Element(tag, {}), rules[0].apply if len(rules) == 1 else _first_of(rules))
        return table

    def rules_for(self, tag: str, attributes: tuple[str, ...]) -> tuple[Rule, ...]:
        """The rules that look at elements of this name with these attributes, in order."""
        return tuple(
            rule
            for rule in self.rules
            if (rule.tags is None or tag in rule.tags)
            and (rule.attributes is None or not rule.attributes.isdisjoint(attributes))
        )

    def asked(self, tag: str, attributes: Mapping[str, str | None]) -> Asked:
        """The rules for such an element, and those of its attributes that may be content."""
        names = tuple(attributes)
        known = self._known.get((tag, names))
        if known is None:
            known = self._ask(tag, names)
            if len(self._known) < _MOST_KNOWN:
                self._known[tag, names] = known
        return self._asked_by_words(known, tag, attributes) if known.words else known

    def _ask(self, tag: str, names: tuple[str, ...]) -> Asked:
        rules = self.rules_for(tag, names)
        words = any(_depends_on_words(rule, names) for rule in rules)
        content = telling(tag, names)
        return Asked(
            rules, content, is_custom(tag), not TOLD_BESIDE.isdisjoint(content), not ATTRIBUTES.isdisjoint(names), words
        )

    def _asked_by_words(self, known: Asked, tag: str, attributes: Mapping[str, str | None]) -> Asked:
        names = tuple(attributes)
        classes, style = attributes.get("class") or "", attributes.get("style") or ""
        key = (tag, names, classes, style)
        found = self._by_words.get(key)
        if found is None:
            text = f"{classes} {style}".lower()
            rules = tuple(
                rule
                for rule in known.rules
                if rule.mentions is None or not _depends_on_words(rule, names) or rule.mentions.search(text)
            )
            found = known._replace(rules=rules)
            if len(text) <= _LONGEST_WORDS:
                if len(self._by_words) >= _MOST_KNOWN:
                    self._by_words.clear()
                self._by_words[key] = found
        return found

    @cached_property
    def known(self) -> dict[tuple[str, Attributes], tuple[Element, tuple[Rule, ...], tuple[Word, ...]]]:
        """What `remember` has been given: elements of the same name with the same attributes stand in any document."""
        return {}

    def remember(
        self, element: Element, attributes: Attributes, rules: tuple[Rule, ...], words: tuple[Word, ...]
    ) -> None:
        """Remember an element, and the rules that look at it, for when it is met again; only so many, and short ones.

        Args:
            element: the element; it will be shared.
            attributes: as the parser gives them.
            rules: from `asked`.
            words: what it says, from `words_of`.
        """
        if sum([len(value or "") for _, value in attributes]) <= _LONGEST_WORDS:
            if len(self.known) >= _MOST_KNOWN:
                self.known.clear()
            self.known[element.tag, attributes] = (element, rules, words)

    @cached_property
    def _hash(self) -> int:
        return hash(self.rules)

    @cached_property
    def _known(self) -> dict[tuple[str, tuple[str, ...]], Asked]:
        return {}

    @cached_property
    def _by_words(self) -> dict[tuple[str, tuple[str, ...], str, str], Asked]:
        return {}


_MOST_KNOWN = 2000  # Combinations of a tag and its attributes; hostile input has no end of them.
_LONGEST_WORDS = 400
_WORDS = frozenset({"class", "style"})


def _depends_on_words(rule: Rule, names: tuple[str, ...]) -> bool:
    """Whether a rule that looks at elements with these attributes does so for what `class` or `style` says only."""
    if rule.mentions is None:
        return False
    return rule.attributes is None or (rule.attributes - _WORDS).isdisjoint(names)


def _nothing(element: Element, out: Output) -> Outcome:
    return DONE


def _first_of(rules: tuple[Rule, ...]) -> Apply:
    def apply(element: Element, out: Output) -> Outcome:
        added: Closing = DONE
        for rule in rules:
            outcome = rule.apply(element, out)
            if isinstance(outcome, Skip):
                out.end(added)
                return outcome
            if outcome is not None:
                added = (added, outcome) if added else outcome
                if not rule.passes_on:
                    break
        return added

    return apply
