"""Turns what a ticket says for a field into what Jira wants there: one converter per type of field.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/ (create issue, create metadata;
the types are those of a create screen's `schema`), October 2026.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from jira_session_export._facts import ManualFix
from jira_session_export._jira.wire import AllowedValue, FieldMetadata, User
from jira_session_export._mapping.metadata import (
    EPIC_LINK_TYPE,
    OPEN_SPRINT_STATES,
    SPRINT_TYPE,
    ProjectMetadata,
    field_type,
    looks_like_account_id,
    sprint_id_of,
)
from jira_session_export._mapping.wording import choices, kind_of, left_out, shown
from jira_session_export.errors import DocumentTooLargeError

LABEL_MAX_LENGTH = 255
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")

ToAdf = Callable[[str], Mapping[str, Any]]
"""Makes an ADF document of a text in Markdown or HTML."""


class UnusableValueError(ValueError):
    """A value cannot be sent.

    Attributes:
        why: the reason, as the end of a sentence.
        action: what a person should do; empty for the field's usual advice.
    """

    def __init__(self, why: str, action: str = "") -> None:
        super().__init__(why)
        self.why = why
        self.action = action


@dataclass(frozen=True, slots=True)
class Resolution:
    """What becomes of a ticket's wish for one field.

    Attributes:
        value: as Jira wants it; None when there is nothing to send.
        fixes: one for each part of the wish that is not in `value`.
    """

    value: Any = None
    fixes: tuple[ManualFix, ...] = ()


@dataclass(frozen=True, slots=True)
class _Context:
    field: FieldMetadata
    metadata: ProjectMetadata
    rich_text: ToAdf


_Converter = Callable[[Any, _Context], Any]


def resolve(field: FieldMetadata, word: str, wanted: Any, metadata: ProjectMetadata, rich_text: ToAdf) -> Resolution:
    """What to send in a field of the create screen, and what to fix by hand because it cannot be sent.

    Args:
        word: the field in the batch file's words.
        wanted: as the ticket has it.
    """
    context = _Context(field, metadata, rich_text)
    convert = _converter(field)
    holds_many = field.field_schema.type == "array" and convert is not _sprint
    sent: list[Any] = []
    fixes: list[ManualFix] = []
    for part in _parts(wanted, field) if holds_many else (wanted,):
        try:
            value = convert(part, context)
        except UnusableValueError as exc:
            fixes.append(left_out(kind_of(field), word, shown(part), exc.why, action=exc.action))
        else:
            if value not in sent:
                sent.append(value)
    return Resolution((sent if holds_many else sent[0]) if sent else None, tuple(fixes))


def is_blank(wanted: Any) -> bool:
    """Whether a ticket asks for nothing: None, an empty text, an empty list or mapping."""
    return wanted is None or (isinstance(wanted, str) and not wanted.strip()) or wanted in ((), [], {})


# -- texts and numbers -----------------------------------------------------------------------------------------------


def _term(value: Any) -> str:
    """The text that names something: a text, a number, or what a mapping in Jira's own shape holds."""
    if isinstance(value, Mapping):
        value = next((value[key] for key in ("id", "accountId", "value", "name", "key") if value.get(key)), None)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, (str, int, float)) and str(value).strip():
        return str(value).strip()
    raise UnusableValueError("it is neither a text nor a number")


def one_line(text: str) -> str:
    """The text without line breaks and other control characters, which Jira takes in no single-line field."""
    return " ".join(_CONTROL.sub(" ", text).split())


def _text(value: Any, _: _Context) -> str:
    return one_line(_term(value))


def _document(value: Any, context: _Context) -> Mapping[str, Any]:
    if isinstance(value, Mapping) and value.get("type") == "doc":
        return value
    try:
        return context.rich_text(_term(value))
    except DocumentTooLargeError as exc:
        raise UnusableValueError(f"it is too long ({exc.length:,} characters)") from exc


def _number(value: Any, _: _Context) -> int | float:
    try:
        number = float(_term(value)) if not isinstance(value, bool) else math.nan
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise UnusableValueError("it is not a number")
    return int(number) if number.is_integer() else number


def _date(value: Any, _: _Context) -> str:
    return _moment(value).date().isoformat()


def _datetime(value: Any, _: _Context) -> str:
    """Jira wants `2026-10-02T09:30:00.000+0000`; a time without a zone is read as UTC."""
    moment = _moment(value)
    try:
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except OverflowError as exc:
        raise UnusableValueError("Jira's calendar does not reach that far") from exc
    return f"{moment.replace(tzinfo=None).isoformat(timespec='milliseconds')}+0000"


def _moment(value: Any) -> datetime:
    if isinstance(value, datetime):
        return value
    text = value.isoformat() if isinstance(value, date) else _term(value)
    try:
        return datetime.fromisoformat(text)
    except ValueError as exc:
        raise UnusableValueError("it is not a date; dates are written like 2026-12-31") from exc


def _url(value: Any, _: _Context) -> str:
    text = _term(value)
    try:
        parts = urlsplit(text)
    except ValueError:
        parts = urlsplit("")
    if not (parts.scheme and (parts.netloc or parts.path)) or any(char.isspace() for char in text):
        raise UnusableValueError("it is not an address like https://example.com/")
    return text


def _label(value: Any, _: _Context) -> str:
    """A label holds no white space; each stretch of it becomes one hyphen."""
    label = "-".join(_term(value).split())
    if len(label) > LABEL_MAX_LENGTH:
        raise UnusableValueError(f"a label has at most {LABEL_MAX_LENGTH} characters")
    return label


# -- choices ---------------------------------------------------------------------------------------------------------

_BY_VALUE = frozenset({"option", "option-with-child"})


def _choice(value: Any, context: _Context) -> dict[str, Any]:
    """One of the allowed values, by label or id; as given when Jira does not tell which are allowed."""
    allowed = context.field.allowed_values
    term = _term(value)
    if allowed is None:
        schema = context.field.field_schema
        return {"value" if (schema.items or schema.type) in _BY_VALUE else "name": term}
    return _reference(_pick(term, allowed))


def _cascade(value: Any, context: _Context) -> dict[str, Any]:
    """A choice of two levels: `["Sales", "Quotes"]`, `{"value": "Sales", "child": "Quotes"}` or `Sales > Quotes`."""
    levels = _levels(value, context.field.allowed_values or ())
    if context.field.allowed_values is None:
        first, *rest = ({"value": level} for level in levels)
        return {**first, "child": rest[0]} if rest else first
    parent = _pick(levels[0], context.field.allowed_values)
    reference = _reference(parent)
    return {**reference, "child": _reference(_pick(levels[1], parent.children))} if len(levels) > 1 else reference


def _levels(value: Any, allowed: Sequence[AllowedValue]) -> list[str]:
    if isinstance(value, Mapping):
        levels = [_term(value), *([_term(value["child"])] if value.get("child") else [])]
    elif isinstance(value, (list, tuple)):
        levels = [_term(level) for level in value]
    elif ">" in (text := _term(value)) and not _fitting(text, allowed):
        levels = [level.strip() for level in text.split(">")]
    else:
        levels = [text]
    if not 1 <= len(levels) <= 2:
        raise UnusableValueError("the field has two levels")
    return levels


def _pick(term: str, allowed: Sequence[AllowedValue]) -> AllowedValue:
    fitting = _fitting(term, allowed)
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        ids = ", ".join(str(each.id) for each in fitting)
        raise UnusableValueError(f"several values are called so (their ids: {ids})")
    listed = choices([each.label for each in allowed])
    raise UnusableValueError(f"it is not one of: {listed}" if listed else "the field offers no values")


def _fitting(term: str, allowed: Sequence[AllowedValue]) -> list[AllowedValue]:
    folded = term.casefold()
    return [each for each in allowed if each.label.casefold() == folded] or [
        each for each in allowed if each.id == term
    ]


def _reference(allowed: AllowedValue) -> dict[str, Any]:
    if allowed.id is not None:
        return {"id": allowed.id}
    return {"value": allowed.value} if allowed.value is not None else {"name": allowed.name}


# -- people ----------------------------------------------------------------------------------------------------------


def _person(value: Any, context: _Context) -> dict[str, str]:
    term = _term(value)
    return {"accountId": find_account(term, context.metadata, assignable=context.field.field_id == "assignee")}


def find_account(term: str, metadata: ProjectMetadata, *, assignable: bool) -> str:
    """The account id of an account id, e-mail address or display name.

    An account id that was not looked up is taken as it is, and Jira decides.

    Args:
        assignable: only people that issues of the project can be assigned to.

    Raises:
        UnusableValueError: nobody fits, several do, or the account is deactivated.
    """
    found = metadata.people(term)
    if not found and not assignable and metadata.myself is not None and _is(metadata.myself, term):
        found = (metadata.myself,)
    active = [user for user in found if user.active]
    if len(active) == 1:
        return active[0].account_id
    if active:
        candidates = choices([f"{user.display_name} ({user.account_id})" for user in active])
        raise UnusableValueError(
            f"several people fit: {candidates}", "Choose the right person; in tickets, name people by account id."
        )
    if found:
        raise UnusableValueError("that account is deactivated")
    known_not_to_be = assignable and (metadata.users_complete or term in metadata.found_people)
    if looks_like_account_id(term) and not known_not_to_be:
        return term
    if "@" in term:
        raise UnusableValueError(
            "nobody with that address could be found (people can hide their address in Jira)",
            "Choose the right person; in tickets, name people by account id.",
        )
    raise UnusableValueError(
        "issues of this project cannot be assigned to such a person" if assignable else "nobody could be found"
    )


def _is(user: User, term: str) -> bool:
    names = {user.account_id, user.display_name.casefold(), (user.email_address or "").casefold()}
    return term in names or term.casefold() in names


# -- sprint, parent and the rest -------------------------------------------------------------------------------------


def _sprint(value: Any, context: _Context) -> int:
    return find_sprint(value, context.metadata)


def find_sprint(wanted: Any, metadata: ProjectMetadata) -> int:
    """The id of an open sprint, by id or name.

    An id that was not looked up is taken as it is, and Jira decides.

    Raises:
        UnusableValueError: there is none, it is closed, or several have that name.
    """
    wanted = wanted if isinstance(wanted, int) else _term(wanted)
    sprint_id = sprint_id_of(wanted, metadata)
    if sprint_id is not None:
        sprint = metadata.sprint(sprint_id)
        if sprint is None and sprint_id not in metadata.asked_sprints:
            return sprint_id
        found = [sprint] if sprint is not None else []
    else:
        found = list(metadata.sprints_named(str(wanted)))
    still_open = [each for each in found if each.state in OPEN_SPRINT_STATES]
    if len(still_open) == 1:
        return still_open[0].id
    if still_open:
        candidates = ", ".join(f"{each.id} ({each.state})" for each in still_open)
        raise UnusableValueError(f"several open sprints are called so (their ids: {candidates})")
    if found:
        raise UnusableValueError("that sprint is closed")
    listed = choices([each.name for each in metadata.open_sprints])
    raise UnusableValueError(f"there is no such sprint; open ones: {listed}" if listed else "there is no open sprint")


def _parent(value: Any, _: _Context) -> dict[str, str]:
    return {"key": _term(value)}


def _named(value: Any, _: _Context) -> dict[str, str]:
    return {"name": _term(value)}


def _project(value: Any, _: _Context) -> dict[str, str]:
    return {"key": _term(value)}


def _as_given(value: Any, _: _Context) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _not_settable(_: Any, context: _Context) -> Any:
    raise UnusableValueError(
        f"{context.field.name or context.field.field_id} is not set through custom fields",
        "Set it in Jira by hand, or in the ticket's own field for it.",
    )


# -- which converter -------------------------------------------------------------------------------------------------

_BY_ID: Mapping[str, _Converter] = MappingProxyType(
    {
        **dict.fromkeys(("project", "issuetype", "summary", "attachment", "issuelinks"), _not_settable),
        "description": _document,
        "environment": _document,
        "labels": _label,
    }
)
_BY_CUSTOM_TYPE: Mapping[str, _Converter] = MappingProxyType(
    {
        SPRINT_TYPE: _sprint,
        EPIC_LINK_TYPE: _text,
        "gh-lexo-rank": _not_settable,
        "labels": _label,
        "textarea": _document,
        "url": _url,
    }
)
_BY_SCHEMA_TYPE: Mapping[str, _Converter] = MappingProxyType(
    {
        "component": _choice,
        "date": _date,
        "datetime": _datetime,
        "group": _named,
        "issuelink": _parent,
        "number": _number,
        "option": _choice,
        "option-with-child": _cascade,
        "priority": _choice,
        "project": _project,
        "string": _text,
        "user": _person,
        "version": _choice,
    }
)


def _converter(field: FieldMetadata) -> _Converter:
    schema = field.field_schema
    special = _BY_ID.get(field.field_id) or _BY_CUSTOM_TYPE.get(field_type(field))
    if special is not None:
        return special
    one = schema.items if schema.type == "array" else schema.type
    return _BY_SCHEMA_TYPE.get(one or "any") or (_choice if field.allowed_values else _as_given)


def _parts(wanted: Any, field: FieldMetadata) -> Iterator[Any]:
    """The single values for a field that holds many; a text with commas is a list unless a value is called so."""
    if isinstance(wanted, (list, tuple, set, frozenset)):
        yield from (part for part in wanted if not is_blank(part))
    elif isinstance(wanted, str) and "," in wanted and not _fitting(wanted.strip(), field.allowed_values or ()):
        yield from (part.strip() for part in wanted.split(",") if part.strip())
    else:
        yield wanted
