"""A subset of JQL: read once into a flat program, run against each issue of the index.

Restrictions are joined by AND, OR, NOT and parentheses; a trailing ORDER BY sorts. Nothing here recurses, so the
length and depth of a query do not matter.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from jira_session_export._testing.fake_jira.clauses import CLAUSES, SORT_KEYS, Asking, JqlError, Test, custom_test
from jira_session_export._testing.fake_jira.entities import FakeIssue, FakeUser
from jira_session_export._testing.fake_jira.fields import FakeField
from jira_session_export._testing.fake_jira.state import Site

__all__ = ["JqlError", "Query", "parse"]

ORDER_BY_LIMIT = 7


@dataclass(frozen=True, slots=True)
class Query:
    """A query that has been understood.

    Attributes:
        program: tests and the operators `and`, `or`, `not` in postfix order; empty for a query without restriction.
        order: (sort key, descending) of each ORDER BY field.
    """

    program: tuple[Test | str, ...]
    order: tuple[tuple[Callable[[FakeIssue], Any], bool], ...]

    @property
    def is_bounded(self) -> bool:
        """Whether it restricts the search at all."""
        return bool(self.program)

    def matches(self, issue: FakeIssue) -> bool:
        """Whether the issue is found."""
        stack: list[bool] = []
        for step in self.program:
            if not isinstance(step, str):
                stack.append(step(issue))
            elif step == "not":
                stack.append(not stack.pop())
            else:
                right, left = stack.pop(), stack.pop()
                stack.append((left and right) if step == "and" else (left or right))
        return not stack or stack[0]

    def run(self, issues: Iterable[FakeIssue]) -> list[FakeIssue]:
        """The issues found, in order; the newest first when the query names no order."""
        found = [issue for issue in issues if self.matches(issue)]
        found.sort(key=lambda issue: int(issue.id), reverse=True)
        for key, descending in reversed(self.order):
            found.sort(key=key, reverse=descending)
        return found


_TOKEN = re.compile(
    r"""\s*(?:
        (?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
      | (?P<property>issue\.property\[[^\]]*\][\w.\-]*)
      | (?P<field>cf\[\d+\])
      | (?P<operator>!=|!~|>=|<=|=|~|>|<)
      | (?P<mark>[(),])
      | (?P<word>[^\s(),=!~<>"']+)
    )""",
    re.VERBOSE,
)
_PRECEDENCE = {"or": 1, "and": 2, "not": 3}


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str

    def is_word(self, *words: str) -> bool:
        return self.kind == "word" and self.text.lower() in words


def parse(site: Site, caller: FakeUser | None, jql: str) -> Query:
    """Read a query on behalf of a caller.

    Raises:
        JqlError: a syntax error, a field or a project the caller does not know.
    """
    return _Parser(Asking(site, caller), _tokens(jql)).query()


def _tokens(jql: str) -> list[_Token]:
    tokens: list[_Token] = []
    position = 0
    text = jql.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise JqlError(
                f"Error in the JQL Query: The character '{text[position:].strip()[:1]}' is not expected here."
            )
        kind = match.lastgroup or ""
        value = match[kind]
        if kind == "quoted":
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        tokens.append(_Token(kind, value))
        position = match.end()
    return tokens


@dataclass(slots=True)
class _Parser:
    asking: Asking
    tokens: list[_Token]
    position: int = 0

    def query(self) -> Query:
        program = self._restrictions()
        order = self._order()
        if self.position < len(self.tokens):
            raise self._unexpected()
        return Query(tuple(program), tuple(order))

    def _restrictions(self) -> list[Test | str]:
        """Shunting-yard: the operators wait on a stack until what they join has been put out."""
        output: list[Test | str] = []
        waiting: list[str] = []
        wants_operand = True
        while (token := self._peek()) and not (token.is_word("order") and not (wants_operand and waiting)):
            if wants_operand and token.is_word("not"):
                waiting.append("not")
                self.position += 1
            elif wants_operand and token.text == "(" and token.kind == "mark":
                waiting.append("(")
                self.position += 1
            elif wants_operand:
                output.append(self._clause())
                wants_operand = False
            elif token.is_word("and", "or"):
                self._flush(waiting, output, _PRECEDENCE[token.text.lower()])
                waiting.append(token.text.lower())
                self.position += 1
                wants_operand = True
            elif token.text == ")" and token.kind == "mark" and "(" in waiting:
                self._flush(waiting, output, 0)
                waiting.pop()
                self.position += 1
            else:
                raise self._unexpected()
        if (wants_operand and waiting) or "(" in waiting:
            raise self._unexpected()
        self._flush(waiting, output, 0)
        return output

    @staticmethod
    def _flush(waiting: list[str], output: list[Test | str], precedence: int) -> None:
        while waiting and waiting[-1] != "(" and _PRECEDENCE[waiting[-1]] >= precedence:
            output.append(waiting.pop())

    def _clause(self) -> Test:
        field = self._next()
        operator = self._operator()
        if field.kind == "property":
            self._values(operator)
            return lambda _: False  # no app declares an index for it, so JQL never finds it; nor does it complain
        name = field.text.lower()
        make = CLAUSES.get(name)
        if make is not None:
            return make(self.asking, operator, self._values(operator))
        known = self._custom_field(field.text)
        if known is None:
            raise JqlError(f"Field '{field.text}' does not exist or you do not have permission to view it.")
        return custom_test(self.asking, known, operator, self._values(operator))

    def _custom_field(self, name: str) -> FakeField | None:
        for each in self.asking.site.fields.values():
            if each.is_custom and name.lower() in (clause.lower() for clause in each.clause_names):
                return each
        return None

    def _operator(self) -> str:
        token = self._next()
        if token.kind == "operator":
            return token.text
        if token.is_word("in"):
            return "in"
        if token.is_word("not") and self._next().is_word("in"):
            return "not in"
        if token.is_word("is"):
            following = self._peek()
            if following and following.is_word("not"):
                self.position += 1
                return "is not"
            return "is"
        self.position -= 1
        raise self._unexpected()

    def _values(self, operator: str) -> list[str]:
        if operator in {"in", "not in"} and (opening := self._peek()) and opening.text == "(":
            self.position += 1
            values = [self._value()]
            while (token := self._next()).text == ",":
                values.append(self._value())
            if token.text != ")":
                self.position -= 1
                raise self._unexpected()
            return values
        return [self._value()]

    def _value(self) -> str:
        token = self._next()
        if token.kind not in {"quoted", "word"}:
            self.position -= 1
            raise self._unexpected()
        following = self._peek()
        if token.kind == "word" and following and following.text == "(" and following.kind == "mark":
            self.position += 1
            while self._next().text != ")":
                pass
            return f"{token.text.lower()}()"
        return token.text

    def _order(self) -> list[tuple[Callable[[FakeIssue], Any], bool]]:
        token = self._peek()
        if token is None or not token.is_word("order"):
            return []
        self.position += 1
        if not self._next().is_word("by"):
            self.position -= 1
            raise self._unexpected()
        order = [self._order_field()]
        while (token := self._peek()) and token.text == ",":
            self.position += 1
            order.append(self._order_field())
        if len(order) > ORDER_BY_LIMIT:
            raise JqlError(f"The query sorts by more than {ORDER_BY_LIMIT} fields.")
        return order

    def _order_field(self) -> tuple[Callable[[FakeIssue], Any], bool]:
        name = self._next().text.lower()
        key = SORT_KEYS.get(name)
        if key is None:
            raise JqlError(f"Not able to sort using field '{name}'.")
        direction = self._peek()
        if direction and direction.is_word("asc", "desc"):
            self.position += 1
            return key, direction.text.lower() == "desc"
        return key, False

    def _peek(self) -> _Token | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def _next(self) -> _Token:
        token = self._peek()
        if token is None:
            raise self._unexpected()
        self.position += 1
        return token

    def _unexpected(self) -> JqlError:
        token = self._peek()
        if token is None:
            return JqlError("Error in the JQL Query: The query ends too early.")
        return JqlError(f"Error in the JQL Query: '{token.text}' is not expected here.")
