"""What one restriction of a JQL query means: for each field a maker of tests on issues."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from jira_session_export._testing.fake_jira.entities import FakeIssue, FakeUser
from jira_session_export._testing.fake_jira.fields import FakeField, FieldKind
from jira_session_export._testing.fake_jira.render import zone_of
from jira_session_export._testing.fake_jira.richtext import RichText, text_of
from jira_session_export._testing.fake_jira.state import Site
from jira_session_export._testing.fake_jira.validation import find_project

Test = Callable[[FakeIssue], bool]


class JqlError(Exception):
    """A query Jira does not take; its text is what Jira says."""


_RELATIVE = re.compile(r"([+-]?)(\d+)([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DATE_FORMATS = ("%Y-%m-%d %H:%M", "%Y/%m/%d %H:%M", "%Y-%m-%d", "%Y/%m/%d")


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, and of which site: what the values in a query depend on."""

    site: Site
    caller: FakeUser | None

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
            try:
                span = timedelta(**{_UNITS[unit]: int(amount)})
                return now - span if sign == "-" else now + span
            except OverflowError as exc:
                raise _invalid_date(text) from exc
        for form in _DATE_FORMATS:
            try:
                return datetime.strptime(text, form).replace(tzinfo=now.tzinfo)
            except ValueError:
                continue
        raise _invalid_date(text)

    def account(self, text: str) -> str | None:
        """The account id a value names."""
        if text == "currentuser()":
            return self.caller.account_id if self.caller else None
        for user in self.site.users.values():
            if text in (user.account_id, user.email, user.display_name):
                return user.account_id
        return text


def _invalid_date(text: str) -> JqlError:
    return JqlError(f"Date value '{text}' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm', '-5d', '4w 2d'.")


Maker = Callable[[Asking, str, list[str]], Test]
"""Makes the test for an operator and its values; raises `JqlError`."""


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


def _project(asking: Asking, operator: str, values: list[str]) -> Test:
    keys: list[str | None] = []
    for value in values:
        project = find_project(asking.site, asking.caller, value) or find_project(
            asking.site, asking.caller, value.upper()
        )
        named = project or next((each for each in asking.site.projects.values() if each.name == value), None)
        hidden = named is None or find_project(asking.site, asking.caller, named.key) is None
        if named is None or hidden or value in named.former_keys:
            raise JqlError(f"The value '{value}' does not exist for the field 'project'.")
        keys.append(named.key)
    return _set_test(lambda issue: (issue.project_key,), operator, keys)


def _key(asking: Asking, operator: str, values: list[str]) -> Test:
    issues = [asking.site.find_issue(value) for value in values]
    if operator in {"=", "!=", "in", "not in"}:
        return _set_test(lambda issue: (issue.id,), operator, [each.id for each in issues if each])
    first = issues[0]
    if first is None:
        raise JqlError(f"An issue with key '{values[0]}' does not exist for field 'key'.")
    project_key, number = first.project_key, first.number
    beyond = _compare(lambda issue: issue.number, operator, number)
    return lambda issue: issue.project_key == project_key and beyond(issue)


def _moment(read: Callable[[FakeIssue], datetime]) -> Maker:
    def make(asking: Asking, operator: str, values: list[str]) -> Test:
        wanted = asking.moment(values[0]).replace(second=0, microsecond=0)
        return _compare(lambda issue: read(issue).replace(second=0, microsecond=0), operator, wanted)

    return make


def _people(read: Callable[[FakeIssue], str | None]) -> Maker:
    def make(asking: Asking, operator: str, values: list[str]) -> Test:
        return _set_test(lambda issue: (read(issue),), operator, [asking.account(value) for value in values])

    return make


def _names(read: Callable[[Asking, FakeIssue], Iterable[str | None]]) -> Maker:
    def make(asking: Asking, operator: str, values: list[str]) -> Test:
        return _set_test(lambda issue: read(asking, issue), operator, values)

    return make


def _text(read: Callable[[FakeIssue], str]) -> Maker:
    def make(_: Asking, operator: str, values: list[str]) -> Test:
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


def custom_test(asking: Asking, field: FakeField, operator: str, values: list[str]) -> Test:
    """The test for a custom field."""

    def read(issue: FakeIssue) -> Any:
        return issue.fields.get(field.id)

    match field.kind:
        case FieldKind.NUMBER if operator not in {"is", "is not", "in", "not in"}:
            return _compare(read, operator, _number(values[0]))
        case FieldKind.TEXT | FieldKind.RICH_TEXT | FieldKind.URL:
            return _text(lambda issue: _as_text(read(issue)))(asking, operator, values)
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


def _sprint(asking: Asking, operator: str, values: list[str]) -> Test:
    wanted: list[str | None] = []
    for value in values:
        if value == "opensprints()":
            wanted += [str(each.id) for each in asking.site.sprints.values() if each.state == "active"]
        elif value == "futuresprints()":
            wanted += [str(each.id) for each in asking.site.sprints.values() if each.state == "future"]
        else:
            named = [str(each.id) for each in asking.site.sprints.values() if each.name.lower() == value.lower()]
            wanted += named or [value]
    return _set_test(lambda issue: (str(issue.sprint) if issue.sprint else None,), operator, wanted)


def _id_and_name(stored: Mapping[str, str] | None) -> tuple[str, ...]:
    return (stored["id"], stored["name"]) if stored else ()


def _all_ids_and_names(stored: list[Mapping[str, str]] | None) -> list[str]:
    return [part for each in stored or () for part in _id_and_name(each)]


def _issue_type(asking: Asking, issue: FakeIssue) -> tuple[str, ...]:
    types = asking.site.projects[issue.project_key].issue_types
    return (issue.type_id, *(each.name for each in types if each.id == issue.type_id))


def _status(asking: Asking, issue: FakeIssue) -> tuple[str, ...]:
    status = asking.site.statuses[issue.status_id]
    return status.id, status.name


CLAUSES: Mapping[str, Maker] = {
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

SORT_KEYS: Mapping[str, Callable[[FakeIssue], Any]] = {
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
