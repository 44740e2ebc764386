"""One reader per kind of field of Jira itself: what a create may send, what Jira says otherwise, what it stores."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from jira_session_export._adf.check import check_adf
from jira_session_export._limits import DESCRIPTION_MAX_LENGTH, SUMMARY_MAX_LENGTH, utf16_length
from jira_session_export._testing.fake_jira.entities import FakeIssueType, FakeUser
from jira_session_export._testing.fake_jira.fields import FakeField, FakeOption, FieldKind
from jira_session_export._testing.fake_jira.richtext import RichText, contents, document_of, without_empty_text
from jira_session_export._testing.fake_jira.screens import FakeProject, ScreenField
from jira_session_export._testing.fake_jira.state import Site

_TEXT_FIELD_MAX_LENGTH = 255


class InvalidValueError(Exception):
    """A value Jira does not take.

    Attributes:
        is_global: it is told in `errorMessages`, without the field's id.
        names: what Jira calls the field in `errors`; empty for its id.
    """

    def __init__(self, message: str, *, is_global: bool = False, names: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.message = message
        self.is_global = is_global
        self.names = names


@dataclass(frozen=True, slots=True)
class Setting:
    """Where a value is about to be set.

    Attributes:
        version: of the REST API: 3 takes rich text as ADF, 2 as plain text.
        media_ids: files a media node may show.
    """

    site: Site
    project: FakeProject
    issue_type: FakeIssueType
    shown: ScreenField
    version: int
    media_ids: frozenset[str]

    @property
    def field(self) -> FakeField:
        """The field."""
        return self.shown.field

    def refuse(self, name: str, /, **facts: object) -> InvalidValueError:
        """The refusal with Jira's message of that name."""
        return InvalidValueError(self.site.say(name, **facts))


# text


def check_string(setting: Setting, value: Any) -> None:
    """Refuse what is not a string."""
    if not isinstance(value, str):
        raise setting.refuse("not_a_string")


def _resolve_text(setting: Setting, value: str) -> str | None:
    if setting.field.id == "summary":
        return _resolve_summary(setting, value)
    if len(value) > _TEXT_FIELD_MAX_LENGTH:
        raise setting.refuse("text_too_long", limit=_TEXT_FIELD_MAX_LENGTH)
    return value or None


def _resolve_summary(setting: Setting, value: str) -> str:
    if not value.strip():
        raise setting.refuse("summary_required")
    if "\n" in value or "\r" in value:
        raise setting.refuse("summary_newline")
    if utf16_length(value) > SUMMARY_MAX_LENGTH:
        raise setting.refuse("summary_too_long")
    return value.strip()


def _rich_text(setting: Setting, value: Any) -> None:
    if setting.version == 2:
        check_string(setting, value)
        return
    if not isinstance(value, dict):
        raise setting.refuse("not_a_document")
    if not setting.site.options.strict:
        without_empty_text(value)
    if check_adf(value):
        raise InvalidValueError("INVALID_INPUT", is_global=True)
    found = contents(value)
    if found.text_length > DESCRIPTION_MAX_LENGTH:
        raise InvalidValueError(setting.site.say("content_limit"), is_global=True)
    if not setting.media_ids.issuperset(found.media_ids):
        raise InvalidValueError("ATTACHMENT_VALIDATION_ERROR", is_global=True)


def _resolve_rich_text(setting: Setting, value: Any) -> RichText | None:
    if setting.version != 2:
        return RichText.of(value) if value.get("content") else None
    if len(value) > DESCRIPTION_MAX_LENGTH:
        raise setting.refuse("text_too_long", limit=f"{DESCRIPTION_MAX_LENGTH:,}")
    return RichText.of(document_of(value)) if value.strip() else None


def _resolve_url(setting: Setting, value: str) -> str | None:
    try:
        parts = urlsplit(value)
    except ValueError as exc:
        raise setting.refuse("url_invalid") from exc
    if value and not (parts.scheme and parts.netloc):
        raise setting.refuse("url_invalid")
    return value or None


# numbers and dates


def _number(setting: Setting, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise setting.refuse("not_a_number")


def _resolve_number(_: Setting, value: float) -> float:
    return float(value)


def _resolve_date(setting: Setting, value: str) -> str | None:
    if not value:
        return None
    try:
        day = date.fromisoformat(value)
    except ValueError as exc:
        raise setting.refuse("date_invalid", value=value) from exc
    if day.isoformat() != value:
        raise setting.refuse("date_invalid", value=value)
    return value


def _resolve_datetime(setting: Setting, value: str) -> str | None:
    if not value:
        return None
    try:
        moment = datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%f%z")
    except ValueError as exc:
        raise setting.refuse("datetime_invalid", value=value) from exc
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}{moment:%z}"


# people


def check_object(setting: Setting, value: Any) -> None:
    """Refuse what is not an object."""
    if not isinstance(value, dict):
        raise setting.refuse("not_an_object")


def _user(setting: Setting, value: Any) -> None:
    check_object(setting, value)
    if not ("accountId" in value or "id" in value):
        raise setting.refuse("gdpr")


def _resolve_user(setting: Setting, value: Mapping[str, Any]) -> dict[str, str] | None:
    account_id = value.get("accountId", value.get("id"))
    if account_id in (None, "", "-1"):
        return None
    user = setting.site.users.get(account_id) if isinstance(account_id, str) else None
    if user is None:
        raise setting.refuse("account_unknown", account_id=account_id)
    if setting.field.id == "assignee" and not is_assignable(setting.site, setting.project, user):
        raise setting.refuse("assignee_not_assignable", name=user.display_name)
    return {"accountId": user.account_id}


def is_assignable(site: Site, project: FakeProject, user: FakeUser) -> bool:
    """Whether issues of the project may be assigned to that user."""
    return user.is_assignable(project.key) and site.grants.allows("ASSIGNABLE_USER", user.account_id, project.key)


# named things


def _priority(setting: Setting, value: Any) -> None:
    if not isinstance(value, dict):
        raise setting.refuse("priority_string")
    named = value.get("id", value.get("name"))
    if named is None:
        raise setting.refuse("priority_shape")
    if not isinstance(named, str):
        raise setting.refuse("priority_string")


def _resolve_priority(setting: Setting, value: Mapping[str, Any]) -> dict[str, str]:
    allowed = setting.shown.allowed
    for priority in setting.site.priorities.values():
        if (priority.id == value["id"]) if "id" in value else (priority.name == value["name"]):
            if allowed is None or priority.id in allowed:
                return {"id": priority.id, "name": priority.name}
            break
    raise setting.refuse("priority_invalid")


def _labels(setting: Setting, value: Any) -> None:
    check_array(setting, value)
    for label in value:
        check_string(setting, label)


def _resolve_labels(setting: Setting, value: list[str]) -> list[str] | None:
    for label in value:
        if any(character.isspace() for character in label):
            raise setting.refuse("label_spaces", label=label)
        if len(label) > _TEXT_FIELD_MAX_LENGTH:
            raise setting.refuse("label_too_long", label=label)
    return sorted({label for label in value if label}) or None


def check_array(setting: Setting, value: Any) -> None:
    """Refuse what is not an array."""
    if not isinstance(value, list):
        raise setting.refuse("not_an_array")


def _objects(setting: Setting, value: Any) -> None:
    check_array(setting, value)
    for item in value:
        check_object(setting, item)


def _users(setting: Setting, value: Any) -> None:
    check_array(setting, value)
    for item in value:
        _user(setting, item)


def _resolve_users(setting: Setting, value: list[Any]) -> list[dict[str, str]] | None:
    return [user for user in (_resolve_user(setting, item) for item in value) if user] or None


def _resolve_components(setting: Setting, value: list[Mapping[str, Any]]) -> list[dict[str, str]] | None:
    known = {each.id: each.name for each in setting.project.components}
    return [_named(setting, known, item, "component") for item in value] or None


def _resolve_versions(setting: Setting, value: list[Mapping[str, Any]]) -> list[dict[str, str]] | None:
    known = {each.id: each.name for each in setting.project.versions if not each.archived}
    return [_named(setting, known, item, "version") for item in value] or None


def _named(setting: Setting, known: Mapping[str, str], item: Mapping[str, Any], what: str) -> dict[str, str]:
    if "id" in item:
        number = str(item["id"])
        if number not in known:
            raise setting.refuse(f"{what}_id", value=number)
        return {"id": number, "name": known[number]}
    name = item.get("name")
    for number, known_name in known.items():
        if known_name == name:
            return {"id": number, "name": known_name}
    raise setting.refuse(f"{what}_name", value=name)


# options


def _option(setting: Setting, value: Any) -> None:
    check_object(setting, value)
    if not isinstance(value.get("id", value.get("value")), str):
        raise setting.refuse("option_shape")


def _options(setting: Setting, value: Any) -> None:
    check_array(setting, value)
    for item in value:
        _option(setting, item)


def _resolve_option(setting: Setting, value: Mapping[str, Any]) -> dict[str, Any]:
    found = _pick(setting, setting.field.options, value)
    return {"id": found.id, "value": found.value}


def _resolve_options(setting: Setting, value: list[Mapping[str, Any]]) -> list[dict[str, Any]] | None:
    return [_resolve_option(setting, item) for item in value] or None


def _resolve_cascade(setting: Setting, value: Mapping[str, Any]) -> dict[str, Any]:
    parent = _pick(setting, setting.field.options, value)
    stored: dict[str, Any] = {"id": parent.id, "value": parent.value}
    child = value.get("child")
    if child is not None:
        _option(setting, child)
        found = _pick(setting, parent.children, child)
        stored["child"] = {"id": found.id, "value": found.value}
    return stored


def _security(setting: Setting, value: Any) -> None:
    check_object(setting, value)
    if not isinstance(value.get("id", value.get("name")), str):
        raise setting.refuse("security_shape")


def _resolve_security(setting: Setting, value: Mapping[str, Any]) -> dict[str, str]:
    for level in setting.field.options:
        if (level.id == value["id"]) if "id" in value else (level.value == value["name"]):
            if setting.shown.allowed is None or level.id in setting.shown.allowed:
                return {"id": level.id, "name": level.value}
            break
    raise setting.refuse("security_invalid")


def _pick(setting: Setting, options: list[FakeOption], value: Mapping[str, Any]) -> FakeOption:
    by_id = "id" in value
    wanted = value["id"] if by_id else value["value"]
    for option in options:
        if wanted == (option.id if by_id else option.value):
            if setting.shown.allowed is None or option.id in setting.shown.allowed:
                return option
            break
    raise setting.refuse("option_id" if by_id else "option_value", value=wanted)


# sprint and parent


def _sprint(setting: Setting, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        raise setting.refuse("sprint_number")


def _resolve_sprint(setting: Setting, value: int) -> int:
    sprint = setting.site.sprints.get(value)
    if sprint is None:
        raise setting.refuse("sprint_invalid")
    if sprint.state == "closed":
        raise setting.refuse("sprint_closed")
    return sprint.id


def _parent(setting: Setting, value: Any) -> None:
    check_object(setting, value)
    if not isinstance(value.get("key", value.get("id")), str):
        raise setting.refuse("parent_missing")


def _resolve_parent(setting: Setting, value: Mapping[str, Any]) -> dict[str, str]:
    parent = setting.site.find_issue(value.get("key", value.get("id")))
    if parent is None:
        raise setting.refuse("parent_missing")
    home = setting.site.projects[parent.project_key]
    level = next(each.level for each in home.issue_types if each.id == parent.type_id)
    # Issues of team-managed projects, and sub-tasks, have their parents in the same project.
    stays = setting.issue_type.is_subtask or "next-gen" in {home.style, setting.project.style}
    if level != setting.issue_type.level + 1 or (stays and home.key != setting.project.key):
        # Jira names the field by both its names; a report may show either.
        raise InvalidValueError(setting.site.say("parent_hierarchy"), names=("parent", "parentId"))
    return {"id": parent.id, "key": parent.key}


# fields that no value is set on


def _never(setting: Setting, _: Any) -> None:
    raise setting.refuse("field_off_screen", field=setting.field.id)


@dataclass(frozen=True, slots=True)
class Reader:
    """How the values of a kind are read: whether the JSON has the right type, then what it stands for."""

    shape: Callable[[Setting, Any], None]
    resolve: Callable[[Setting, Any], Any]


READERS: Mapping[FieldKind, Reader] = {
    FieldKind.TEXT: Reader(check_string, _resolve_text),
    FieldKind.RICH_TEXT: Reader(_rich_text, _resolve_rich_text),
    FieldKind.URL: Reader(check_string, _resolve_url),
    FieldKind.NUMBER: Reader(_number, _resolve_number),
    FieldKind.DATE: Reader(check_string, _resolve_date),
    FieldKind.DATETIME: Reader(check_string, _resolve_datetime),
    FieldKind.USER: Reader(_user, _resolve_user),
    FieldKind.USERS: Reader(_users, _resolve_users),
    FieldKind.PRIORITY: Reader(_priority, _resolve_priority),
    FieldKind.LABELS: Reader(_labels, _resolve_labels),
    FieldKind.COMPONENTS: Reader(_objects, _resolve_components),
    FieldKind.VERSIONS: Reader(_objects, _resolve_versions),
    FieldKind.OPTION: Reader(_option, _resolve_option),
    FieldKind.OPTIONS: Reader(_options, _resolve_options),
    FieldKind.CASCADE: Reader(_option, _resolve_cascade),
    FieldKind.SPRINT: Reader(_sprint, _resolve_sprint),
    FieldKind.PARENT: Reader(_parent, _resolve_parent),
    FieldKind.SECURITY: Reader(_security, _resolve_security),
    FieldKind.FIXED: Reader(_never, _never),
}
