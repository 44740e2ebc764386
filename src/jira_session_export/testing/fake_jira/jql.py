"""A subset of JQL: read once into a flat program, run against each issue of the index.

Restrictions are joined by AND, OR, NOT and parentheses; a trailing ORDER BY sorts. Nothing here recurses, so the
length and depth of a query do not matter.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from jira_session_export.testing.fake_jira.entities import FakeIssue, FakeUser
from jira_session_export.testing.fake_jira.fields import FakeField, Kind
from jira_session_export.testing.fake_jira.render import zone_of
from jira_session_export.testing.fake_jira.richtext import RichText, text_of
from jira_session_export.testing.fake_jira.state import Site
from jira_session_export.testing.fake_jira.validation import find_project

ORDER_BY_LIMIT = 7


class JqlError(Exception):
    """A query Jira does not take; its text is what Jira says."""


Test = Callable[[FakeIssue], bool]


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
_RELATIVE = re.compile(r"([+-]?)(\d+)([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DATE_FORMATS = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")
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
    return _Parser(site, caller, _tokens(jql)).query()


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
    site: Site
    caller: FakeUser | None
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
        make = _CLAUSES.get(name)
        if make is not None:
            return make(self, operator, self._values(operator))
        known = self._custom_field(field.text)
        if known is None:
            raise JqlError(f"Field '{field.text}' does not exist or you do not have permission to view it.")
        return _custom(self, known, operator, self._values(operator))

    def _custom_field(self, name: str) -> FakeField | None:
        for each in self.site.fields.values():
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
        key = _SORT_KEYS.get(name)
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

    # what values stand for

    def moment(self, text: str) -> datetime:
        """A point in time; literals are in the caller's time zone and go by the minute."""
        now = self.site.now().astimezone(zone_of(self.caller))
        if text == "now()":
            return now
        if text == "startofday()":
            return now.replace(hour=0, minute=0, second=0, microsecond=0)
        relative = _RELATIVE.fullmatch(text)
        if relative:
            sign, amount, unit = relative.groups()
            span = timedelta(**{_UNITS[unit]: int(amount)})
            return now - span if sign == "-" else now + span
        for form in _DATE_FORMATS:
            try:
                return datetime.strptime(text, form).replace(tzinfo=now.tzinfo)
            except ValueError:
                continue
        raise JqlError(f"Date value '{text}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', '-5d', '4w 2d'.")

    def account(self, text: str) -> str | None:
        """The account id a value names."""
        if text == "currentuser()":
            return self.caller.account_id if self.caller else None
        for user in self.site.users.values():
            if text in (user.account_id, user.email, user.display_name):
                return user.account_id
        return text


# tests


def _set_test(read: Callable[[FakeIssue], Iterable[str | None]], operator: str, wanted: Iterable[str | None]) -> Test:
    """A test on a field that holds any number of names."""
    names = {None if each is None else each.lower() for each in wanted}
    if operator in {"is", "is not"} or names & {"empty", "null"}:
        empty = operator in {"is", "=", "in"}
        return lambda issue: (not any(read(issue))) is empty
    if operator in {"=", "in"}:
        return lambda issue: any(each is not None and each.lower() in names for each in read(issue))
    if operator in {"!=", "not in"}:
        # Jira leaves out issues without a value here.
        return lambda issue: (
            any(read(issue)) and not any(each is not None and each.lower() in names for each in read(issue))
        )
    raise JqlError(f"The operator '{operator}' is not supported by this field.")


def _compare(read: Callable[[FakeIssue], Any], operator: str, wanted: Any) -> Test:
    def compared(issue: FakeIssue) -> bool:
        value = read(issue)
        if value is None:
            return False
        match operator:
            case "=":
                return bool(value == wanted)
            case "!=":
                return bool(value != wanted)
            case ">":
                return bool(value > wanted)
            case ">=":
                return bool(value >= wanted)
            case "<":
                return bool(value < wanted)
            case _:
                return bool(value <= wanted)

    if operator not in {"=", "!=", ">", ">=", "<", "<="}:
        raise JqlError(f"The operator '{operator}' is not supported by this field.")
    return compared


def _project(parser: _Parser, operator: str, values: list[str]) -> Test:
    keys: list[str | None] = []
    for value in values:
        project = find_project(parser.site, parser.caller, value) or find_project(
            parser.site, parser.caller, value.upper()
        )
        named = project or next((each for each in parser.site.projects.values() if each.name == value), None)
        if named is None or find_project(parser.site, parser.caller, named.key) is None:
            raise JqlError(f"The value '{value}' does not exist for the field 'project'.")
        keys.append(named.key)
    return _set_test(lambda issue: (issue.project_key,), operator, keys)


def _key(parser: _Parser, operator: str, values: list[str]) -> Test:
    issues = [parser.site.find_issue(value) for value in values]
    if operator in {"=", "!=", "in", "not in"}:
        return _set_test(lambda issue: (issue.id,), operator, [each.id for each in issues if each])
    first = issues[0]
    if first is None:
        raise JqlError(f"An issue with key '{values[0]}' does not exist for field 'key'.")
    project_key, number = first.project_key, first.number
    beyond = _compare(lambda issue: issue.number, operator, number)
    return lambda issue: issue.project_key == project_key and beyond(issue)


def _moment(read: Callable[[FakeIssue], datetime]) -> Callable[[_Parser, str, list[str]], Test]:
    def make(parser: _Parser, operator: str, values: list[str]) -> Test:
        wanted = parser.moment(values[0]).replace(second=0, microsecond=0)
        return _compare(lambda issue: read(issue).replace(second=0, microsecond=0), operator, wanted)

    return make


def _people(read: Callable[[FakeIssue], str | None]) -> Callable[[_Parser, str, list[str]], Test]:
    def make(parser: _Parser, operator: str, values: list[str]) -> Test:
        return _set_test(lambda issue: (read(issue),), operator, [parser.account(value) for value in values])

    return make


def _names(read: Callable[[_Parser, FakeIssue], Iterable[str | None]]) -> Callable[[_Parser, str, list[str]], Test]:
    def make(parser: _Parser, operator: str, values: list[str]) -> Test:
        return _set_test(lambda issue: read(parser, issue), operator, values)

    return make


def _text(read: Callable[[FakeIssue], str]) -> Callable[[_Parser, str, list[str]], Test]:
    def make(_: _Parser, operator: str, values: list[str]) -> Test:
        if operator in {"is", "is not"}:
            return _set_test(lambda issue: (read(issue) or None,), operator, values)
        if operator not in {"~", "!~"}:
            raise JqlError(f"The operator '{operator}' is not supported by this field.")
        wanted, is_phrase = values[0].strip(), values[0].strip().startswith('"')
        words = [] if is_phrase else _words(wanted)
        phrase = _words(wanted.strip('"'))

        def found(issue: FakeIssue) -> bool:
            here = _words(read(issue))
            if is_phrase:
                return any(here[start : start + len(phrase)] == phrase for start in range(len(here)))
            return all(_holds(here, word) for word in words)

        return found if operator == "~" else lambda issue: not found(issue)

    return make


def _words(text: str) -> list[str]:
    """What the text index keeps: words in lower case, without a plural's ending."""
    return [word if word.endswith("*") else word.removesuffix("s") for word in re.findall(r"\w+\*?", text.lower())]


def _holds(words: list[str], wanted: str) -> bool:
    if wanted.endswith("*"):
        return any(word.startswith(wanted[:-1]) for word in words)
    return wanted in words


def _custom(parser: _Parser, field: FakeField, operator: str, values: list[str]) -> Test:

    def read(issue: FakeIssue) -> Any:
        return issue.fields.get(field.id)

    match field.kind:
        case Kind.NUMBER if operator not in {"is", "is not", "in", "not in"}:
            return _compare(read, operator, _number(values[0]))
        case Kind.TEXT | Kind.RICH_TEXT | Kind.URL:
            return _text(lambda issue: _as_text(read(issue)))(parser, operator, values)
        case _:
            return _set_test(lambda issue: _labels_of(read(issue)), operator, values)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as exc:
        raise JqlError(f"Value '{text}' is invalid for a number field.") from exc


def _as_text(value: Any) -> str:
    return text_of(value.document) if isinstance(value, RichText) else str(value or "")


def _labels_of(value: Any) -> list[str | None]:
    listed = value if isinstance(value, list) else [] if value is None else [value]
    names: list[str | None] = []
    for each in listed:
        names += each.values() if isinstance(each, dict) else [str(each)]
    return [name for name in names if isinstance(name, str)]


def _sprint(parser: _Parser, operator: str, values: list[str]) -> Test:
    wanted: list[str | None] = []
    for value in values:
        if value == "opensprints()":
            wanted += [str(each.id) for each in parser.site.sprints.values() if each.state == "active"]
        elif value == "futuresprints()":
            wanted += [str(each.id) for each in parser.site.sprints.values() if each.state == "future"]
        else:
            named = [str(each.id) for each in parser.site.sprints.values() if each.name.lower() == value.lower()]
            wanted += named or [value]
    return _set_test(lambda issue: (str(issue.sprint) if issue.sprint else None,), operator, wanted)


def _id_and_name(stored: Mapping[str, str] | None) -> tuple[str, ...]:
    return (stored["id"], stored["name"]) if stored else ()


def _all_ids_and_names(stored: list[Mapping[str, str]] | None) -> list[str]:
    return [part for each in stored or () for part in _id_and_name(each)]


def _issue_type(parser: _Parser, issue: FakeIssue) -> tuple[str, ...]:
    types = parser.site.projects[issue.project_key].issue_types
    return (issue.type_id, *(each.name for each in types if each.id == issue.type_id))


def _status(parser: _Parser, issue: FakeIssue) -> tuple[str, ...]:
    status = parser.site.statuses[issue.status_id]
    return status.id, status.name


_CLAUSES: Mapping[str, Callable[[_Parser, str, list[str]], Test]] = {
    "project": _project,
    "key": _key,
    "issuekey": _key,
    "issue": _key,
    "id": _key,
    "labels": _names(lambda _, issue: issue.labels),
    "reporter": _people(lambda issue: issue.reporter),
    "creator": _people(lambda issue: issue.creator),
    "assignee": _people(lambda issue: issue.assignee),
    "created": _moment(lambda issue: issue.created),
    "createddate": _moment(lambda issue: issue.created),
    "updated": _moment(lambda issue: issue.updated),
    "summary": _text(lambda issue: issue.summary),
    "description": _text(lambda issue: _as_text(issue.fields.get("description"))),
    "text": _text(lambda issue: f"{issue.summary} {_as_text(issue.fields.get('description'))}"),
    "status": _names(_status),
    "issuetype": _names(_issue_type),
    "type": _names(_issue_type),
    "priority": _names(lambda _, issue: _id_and_name(issue.fields.get("priority"))),
    "component": _names(lambda _, issue: _all_ids_and_names(issue.fields.get("components"))),
    "fixversion": _names(lambda _, issue: _all_ids_and_names(issue.fields.get("fixVersions"))),
    "affectedversion": _names(lambda _, issue: _all_ids_and_names(issue.fields.get("versions"))),
    "parent": _names(lambda _, issue: (issue.parent, (issue.fields.get("parent") or {}).get("id"))),
    "sprint": _sprint,
}

_SORT_KEYS: Mapping[str, Callable[[FakeIssue], Any]] = {
    "key": lambda issue: (issue.project_key, issue.number),
    "issuekey": lambda issue: (issue.project_key, issue.number),
    "id": lambda issue: int(issue.id),
    "project": lambda issue: issue.project_key,
    "created": lambda issue: issue.created,
    "updated": lambda issue: issue.updated,
    "summary": lambda issue: issue.summary.lower(),
    "priority": lambda issue: -int((issue.fields.get("priority") or {"id": "0"})["id"]),
    "status": lambda issue: issue.status_id,
    "assignee": lambda issue: issue.assignee or "",
    "reporter": lambda issue: issue.reporter or "",
    "duedate": lambda issue: issue.fields.get("duedate") or "9999",
    "rank": lambda issue: int(issue.id),
}
