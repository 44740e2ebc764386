"""The readers of fields that refer to something beside the issue: time, versions, groups, projects, teams, customers.

Sources, November 2026: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/ for the shapes of
time tracking, group, project and version; for a team, which is a bare id,
https://developer.atlassian.com/platform/teams/components/team-field-in-jira-rest-api/ and, for the words an object is
refused with, https://github.com/getsentry/sentry/issues/73671; for customers and Assets objects the create metadata in
public fixtures. The words of the other refusals are ours; only the field's id beside them is relied on.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from jira_session_export._testing.fake_jira.fields import FieldKind
from jira_session_export._testing.fake_jira.values import (
    READERS as PLATFORM_READERS,
)
from jira_session_export._testing.fake_jira.values import (
    Reader,
    Setting,
    check_array,
    check_object,
    check_string,
)

_DURATION = re.compile(r"\s*[0-9]+(?:\.[0-9]+)?\s*[wdhm]?(?:\s+[0-9]+(?:\.[0-9]+)?\s*[wdhm])*\s*")
_ESTIMATES = frozenset({"originalEstimate", "remainingEstimate"})


def _time(setting: Setting, value: Any) -> None:
    check_object(setting, value)
    if not _ESTIMATES.issuperset(value):
        raise setting.refuse("time_shape")
    for estimate in value.values():
        check_string(setting, estimate)


def _resolve_time(setting: Setting, value: Mapping[str, str]) -> dict[str, str] | None:
    if not all(_DURATION.fullmatch(estimate) for estimate in value.values()):
        raise setting.refuse("time_invalid")
    stored = dict(value)
    # Jira lets the remaining estimate begin as the original one.
    stored.setdefault("remainingEstimate", stored.get("originalEstimate", ""))
    return {name: estimate for name, estimate in stored.items() if estimate} or None


def _resolve_version(setting: Setting, value: Mapping[str, Any]) -> Any:
    found = PLATFORM_READERS[FieldKind.VERSIONS].resolve(setting, [value])
    return found[0] if found else None


def _named(setting: Setting, value: Any) -> None:
    check_object(setting, value)
    if not isinstance(value.get("name"), str):
        raise setting.refuse("group_shape")


def _resolve_group(setting: Setting, value: Mapping[str, Any]) -> dict[str, str]:
    if value["name"] not in setting.site.groups:
        raise setting.refuse("group_missing", name=value["name"])
    return {"name": value["name"]}


def _groups(setting: Setting, value: Any) -> None:
    check_array(setting, value)
    for item in value:
        _named(setting, item)


def _resolve_groups(setting: Setting, value: list[Any]) -> list[dict[str, str]] | None:
    return [_resolve_group(setting, item) for item in value] or None


def _project(setting: Setting, value: Any) -> None:
    check_object(setting, value)
    if not isinstance(value.get("key", value.get("id")), str):
        raise setting.refuse("project_missing", key=json.dumps(value))


def _resolve_project(setting: Setting, value: Mapping[str, Any]) -> dict[str, str]:
    for project in setting.site.projects.values():
        if (project.key == value["key"]) if "key" in value else (project.id == value["id"]):
            return {"id": project.id, "key": project.key, "name": project.name}
    raise setting.refuse("project_missing", key=value.get("key", value.get("id")))


def _team(setting: Setting, value: Any) -> None:
    if not isinstance(value, str):
        raise setting.refuse("team_invalid", value=f"JsonData{{data={value}}}")


def _resolve_team(setting: Setting, value: str) -> dict[str, str]:
    for team in setting.field.options:
        if team.id == value:
            return {"id": team.id, "name": team.value}
    raise setting.refuse("team_invalid", value=value)


def _assets(setting: Setting, value: Any) -> None:
    check_array(setting, value)
    for item in value:
        check_object(setting, item)
        workspace, _, number = str(item.get("id", "")).rpartition(":")
        if not (workspace and number.isdecimal()):
            raise setting.refuse("asset_invalid", value=json.dumps(item))


def _resolve_assets(_: Setting, value: list[Mapping[str, Any]]) -> list[dict[str, str]] | None:
    stored = []
    for item in value:
        workspace, _, number = item["id"].rpartition(":")
        stored.append({"workspaceId": workspace, "id": item["id"], "objectId": number})
    return stored or None


def _organizations(setting: Setting, value: Any) -> None:
    check_array(setting, value)
    for item in value:
        if isinstance(item, bool) or not isinstance(item, int):
            raise setting.refuse("organization_shape")


def _resolve_organizations(setting: Setting, value: list[int]) -> list[dict[str, str]] | None:
    known = {int(each.id): each.value for each in setting.field.options}
    for number in value:
        if number not in known:
            raise setting.refuse("organization_missing", id=number)
    return [{"id": str(number), "name": known[number]} for number in value] or None


def _resolve_request_type(setting: Setting, value: str) -> dict[str, str]:
    for request_type in setting.field.options:
        if value == request_type.id or value.rpartition("/")[2] == request_type.value:
            return {"id": request_type.id, "name": request_type.value}
    raise setting.refuse("request_type_missing", value=value)


READERS: Mapping[FieldKind, Reader] = {
    FieldKind.TIME_TRACKING: Reader(_time, _resolve_time),
    FieldKind.VERSION: Reader(check_object, _resolve_version),
    FieldKind.RADIO: PLATFORM_READERS[FieldKind.OPTION],
    FieldKind.CHECKBOXES: PLATFORM_READERS[FieldKind.OPTIONS],
    FieldKind.GROUP: Reader(_named, _resolve_group),
    FieldKind.GROUPS: Reader(_groups, _resolve_groups),
    FieldKind.PROJECT: Reader(_project, _resolve_project),
    FieldKind.TEAM: Reader(_team, _resolve_team),
    FieldKind.ASSETS: Reader(_assets, _resolve_assets),
    FieldKind.ORGANIZATIONS: Reader(_organizations, _resolve_organizations),
    FieldKind.REQUEST_TYPE: Reader(check_string, _resolve_request_type),
}
