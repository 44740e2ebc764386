"""Turns what a ticket says for a field into what Jira wants there: one converter per type of field.

Source: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/ (create issue, create metadata;
the types are those of a create screen's `schema`), October 2026.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Any

from jira_session_export._jira.wire import FieldMetadata
from jira_session_export._mapping.choices import fitting_values, to_cascade, to_choice
from jira_session_export._mapping.durations import to_time_tracking
from jira_session_export._mapping.metadata import ProjectMetadata
from jira_session_export._mapping.people import to_person
from jira_session_export._mapping.references import (
    ASSETS_TYPE,
    ORGANIZATIONS_TYPE,
    REQUEST_TYPE_TYPE,
    to_asset,
    to_group,
    to_organization,
    to_project,
    to_request_type,
)
from jira_session_export._mapping.richtext import is_document
from jira_session_export._mapping.screen import EPIC_LINK_TYPE, SPRINT_TYPE, TEAM_TYPES, field_type
from jira_session_export._mapping.sprints import to_sprint
from jira_session_export._mapping.teams import to_team
from jira_session_export._mapping.values import (
    Altered,
    Context,
    Converter,
    ToAdf,
    UnusableValueError,
    is_blank,
    only_one,
    term_of,
    to_date,
    to_datetime,
    to_document,
    to_label,
    to_number,
    to_text,
    to_url,
)
from jira_session_export._mapping.wording import kind_of, left_out, sent_otherwise, shown
from jira_session_export._values import ManualFix
from jira_session_export._written import list_items


@dataclass(frozen=True, slots=True)
class Resolution:
    """What becomes of a ticket's wish for one field.

    Attributes:
        value: as Jira wants it; None when there is nothing to send.
        fixes: one for each part of the wish that is not in `value`.
    """

    value: Any = None
    fixes: tuple[ManualFix, ...] = ()


def resolve(field: FieldMetadata, word: str, wanted: Any, metadata: ProjectMetadata, rich_text: ToAdf) -> Resolution:
    """What to send in a field of the create screen, and what to fix by hand because it cannot be sent.

    Args:
        word: the field in the batch file's words.
        wanted: as the ticket has it.
    """
    context = Context(field, metadata, rich_text)
    convert = _converter(field)
    # Older sites give Assets objects the type "any".
    holds_many = convert is to_asset or (field.field_schema.type == "array" and convert is not to_sprint)
    sent: list[Any] = []
    fixes: list[ManualFix] = []
    takes_lists = holds_many or convert in {to_cascade, _as_given}
    for part in _parts(wanted, convert, context) if holds_many else (wanted,):
        try:
            value = convert(part if takes_lists else only_one(part), context)
        except UnusableValueError as exc:
            fixes.append(left_out(kind_of(field), word, shown(part), exc.why, action=exc.action))
        else:
            if isinstance(value, Altered):
                fixes.append(sent_otherwise(kind_of(field), word, shown(part), shown(value.value), value.why))
                value = value.value
            if value is not None:
                if value not in sent:
                    sent.append(value)
            elif isinstance(part, Mapping) and part and not is_document(part):
                why = "nothing readable is left of it"
                fixes.append(left_out(kind_of(field), word, shown(part), why))
    return Resolution((sent if holds_many else sent[0]) if sent else None, tuple(fixes))


def _parent(value: Any, _: Context) -> dict[str, str]:
    return {"key": term_of(value)}


def _as_given(value: Any, _: Context) -> Any:
    return value.isoformat() if isinstance(value, date) else value


def _not_settable(_: Any, context: Context) -> Any:
    raise UnusableValueError(
        f"{context.field.name or context.field.field_id} is not set through custom fields",
        "Set it in Jira by hand, or in the ticket's own field for it.",
    )


# -- which converter -------------------------------------------------------------------------------------------------

_BY_ID: Mapping[str, Converter] = MappingProxyType(
    {
        **dict.fromkeys(("project", "issuetype", "summary", "attachment", "issuelinks"), _not_settable),
        "description": to_document,
        "environment": to_document,
        "labels": to_label,
    }
)
_BY_CUSTOM_TYPE: Mapping[str, Converter] = MappingProxyType(
    {
        SPRINT_TYPE: to_sprint,
        **dict.fromkeys(TEAM_TYPES, to_team),
        EPIC_LINK_TYPE: to_text,
        "gh-lexo-rank": _not_settable,
        "labels": to_label,
        ASSETS_TYPE: to_asset,
        ORGANIZATIONS_TYPE: to_organization,
        REQUEST_TYPE_TYPE: to_request_type,
        "textarea": to_document,
        "url": to_url,
    }
)
_BY_SCHEMA_TYPE: Mapping[str, Converter] = MappingProxyType(
    {
        "component": to_choice,
        "date": to_date,
        "datetime": to_datetime,
        "group": to_group,
        "issuelink": _parent,
        "number": to_number,
        "option": to_choice,
        "option-with-child": to_cascade,
        "priority": to_choice,
        "project": to_project,
        "securitylevel": to_choice,
        "string": to_text,
        "timetracking": to_time_tracking,
        "user": to_person,
        "version": to_choice,
    }
)


def _converter(field: FieldMetadata) -> Converter:
    schema = field.field_schema
    special = _BY_ID.get(field.field_id) or _BY_CUSTOM_TYPE.get(field_type(field))
    if special is not None:
        return special
    one = schema.items if schema.type == "array" else schema.type
    return _BY_SCHEMA_TYPE.get(one or "any") or (to_choice if field.allowed_values else _as_given)


_NO_LABEL = re.compile(r"[,;]\s")


def _parts(wanted: Any, convert: Converter, context: Context) -> Iterator[Any]:
    """The single values for a field that holds many: a list's items, or those of a list in one text.

    What the project knows by that name stays whole. An item of a list is split only where it cannot be one value: a
    choice the field does not offer, or a label that holds white space after a comma.
    """
    if isinstance(wanted, str):
        yield from list_items(wanted, lambda text: _is_known(text, convert, context))
    elif isinstance(wanted, (list, tuple, set, frozenset)):
        for part in wanted:
            if isinstance(part, str) and _may_be_several(part, convert, context):
                yield from list_items(part, lambda text: _is_known(text, convert, context))
            elif not is_blank(part):
                yield part
    else:
        yield wanted


def _is_known(text: str, convert: Converter, context: Context) -> bool:
    if convert is to_person:
        return bool(context.metadata.people(text, assignable=False))
    return bool(fitting_values(text, context.field.allowed_values or ()))


def _may_be_several(part: str, convert: Converter, context: Context) -> bool:
    if convert is to_label:
        return _NO_LABEL.search(part) is not None
    return convert is to_choice and context.field.allowed_values is not None
