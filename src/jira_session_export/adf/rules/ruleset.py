"""Rules: small named functions that say what an element becomes, in an order a host can change."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property

from jira_session_export.adf.output import Output
from jira_session_export.adf.builder import Closing
from jira_session_export.adf.element import Element


class Skip(Enum):
    """The answer of a rule that leaves out an element with everything in it."""

    SKIP = "skip"


SKIP = Skip.SKIP

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
    """

    name: str
    apply: Apply
    tags: frozenset[str] | None = None
    attributes: frozenset[str] | None = None
    passes_on: bool = False


class RuleSet:
    """An immutable, ordered set of rules; for each element the first that does not answer None decides."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(rules)
        names = [rule.name for rule in self.rules]
        if len(set(names)) != len(names):
            raise ValueError(f"Rules must have different names: {sorted(names)}")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RuleSet) and self.rules == other.rules

    def __hash__(self) -> int:
        return hash(self.rules)

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
    def bare(self) -> dict[str, tuple[Element, tuple[Rule, ...]]]:
        """For elements without attributes: tag → a shared element and the rules to ask."""
        table = {}
        for tag in self._tags():
            rules = tuple(rule for rule in self._rules_for(tag) if rule.attributes is None)
            if rules:
                table[tag] = (Element(tag, {}), rules)
        return table

    @cached_property
    def dressed(self) -> dict[str, tuple[Rule, ...]]:
        """For elements with attributes: tag → the rules to ask; for tags that are not listed see `other`."""
        return {tag: self._rules_for(tag) for tag in self._tags()}

    @cached_property
    def other(self) -> tuple[Rule, ...]:
        """The rules to ask about a tag that no rule names."""
        return self._rules_for("")

    def _tags(self) -> set[str]:
        return {tag for rule in self.rules for tag in rule.tags or ()}

    def _rules_for(self, tag: str) -> tuple[Rule, ...]:
        return tuple(rule for rule in self.rules if rule.tags is None or tag in rule.tags)
