"""From a create's or an edit's body to what is stored, refusing in the stages in which Jira refuses.

1. the body, the project, the issue type; 2. the JSON type of each value, ADF included; 3. permission and screen;
4. what the values name, and what is missing. All refusals of one stage come together; those of a later one only in the
next round.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jira_session_export._testing.fake_jira.entities import FakeIssue, FakeIssueType, FakeUser
from jira_session_export._testing.fake_jira.exchange import Refused
from jira_session_export._testing.fake_jira.fields import FieldKind
from jira_session_export._testing.fake_jira.permissions import FIELD_PERMISSIONS
from jira_session_export._testing.fake_jira.readers import check_shape, resolve
from jira_session_export._testing.fake_jira.richtext import RichText, text_of
from jira_session_export._testing.fake_jira.screens import CreateScreen, FakeProject, ScreenField
from jira_session_export._testing.fake_jira.state import Site
from jira_session_export._testing.fake_jira.values import InvalidValueError, Setting

_MEMBERS = frozenset({"fields", "update", "transition", "properties", "historyMetadata"})
_SEEN_WITHOUT_TEXT = re.compile(
    r'"type":"(?:media|mediaInline|mention|emoji|inlineCard|blockCard|embedCard|date|status)"'
)
_PLACES = frozenset({"project", "issuetype"})

PROPERTY_KEY_MAX_LENGTH = 255
PROPERTY_VALUE_MAX_LENGTH = 32_768


@dataclass(slots=True)
class Draft:
    """A create that may be carried out."""

    project: FakeProject
    issue_type: FakeIssueType
    fields: dict[str, Any]
    properties: dict[str, Any]


@dataclass(slots=True)
class _Findings:
    messages: list[str] = field(default_factory=list)
    errors: dict[str, str] = field(default_factory=dict)

    def add(self, field_id: str, exc: InvalidValueError) -> None:
        if exc.is_global:
            if exc.message not in self.messages:
                self.messages.append(exc.message)
        else:
            for name in exc.names or (field_id,):
                self.errors[name] = exc.message

    def refuse_if_any(self) -> None:
        if self.messages or self.errors:
            raise Refused(400, *self.messages, errors=self.errors)


@dataclass(frozen=True, slots=True)
class FieldReader:
    """Takes an issue's fields through the stages, for one caller, project and issue type."""

    site: Site
    user: FakeUser
    project: FakeProject
    issue_type: FakeIssueType
    version: int
    media_ids: frozenset[str] = frozenset()
    is_edit: bool = False

    @property
    def screen(self) -> CreateScreen:
        """The screen that decides which fields may be set."""
        if self.is_edit:
            return self.project.screen_for_edits(self.issue_type.id)
        return self.project.screens[self.issue_type.id]

    def check_shapes(self, values: Mapping[str, Any]) -> None:
        """Stage 2."""
        findings = _Findings()
        for name, value in values.items():
            known = self.site.fields.get(name)
            if known is None or known.kind is FieldKind.FIXED or value is None:
                continue
            try:
                check_shape(self._setting(ScreenField(known)), value)
            except InvalidValueError as exc:
                findings.add(name, exc)
        findings.refuse_if_any()

    def check_screen(self, values: Mapping[str, Any]) -> None:
        """Stage 3, without the permission to create or edit as such."""
        refused = {
            name: self.site.say("field_off_screen", field=name)
            for name in values
            if self._shown(name) is None or self.site.fields[name].kind is FieldKind.FIXED
        }
        if refused:
            raise Refused(400, errors=refused)

    def resolve_create(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Stage 4 of a create: what is stored, with the defaults Jira fills in."""
        complete = dict(values)
        for shown in self.screen:
            if shown.default is not None:
                complete.setdefault(shown.field.id, shown.default)
        stored, findings = self._resolve(complete)
        stored = {name: value for name, value in stored.items() if value is not None}
        stored.setdefault("reporter", {"accountId": self.user.account_id})
        stored.setdefault("priority", self._default_priority())
        if leaves_assignee_to_jira(values):
            default = self.project.default_assignee([each["id"] for each in stored.get("components", ())])
            if default is not None:
                stored["assignee"] = {"accountId": default}
        for name, text in self._missing(stored).items():
            findings.errors.setdefault(name, text)
        findings.refuse_if_any()
        messages = [validator(stored) for validator in self.project.validators]
        if any(messages):
            raise Refused(400, *filter(None, messages))
        for change in self.project.post_functions:
            stored = dict(change(stored))
        return stored

    def resolve_edit(self, values: Mapping[str, Any], present: Mapping[str, Any]) -> dict[str, Any]:
        """Stage 4 of an edit: what changes; None takes a value away."""
        stored, findings = self._resolve(values)
        for name, text in self._missing({**present, **stored}).items():
            if name in values:
                findings.errors.setdefault(name, text)
        findings.refuse_if_any()
        return stored

    def _resolve(self, values: Mapping[str, Any]) -> tuple[dict[str, Any], _Findings]:
        findings = _Findings()
        stored: dict[str, Any] = {}
        for name, value in values.items():
            shown = self._shown(name)
            if shown is None:
                continue
            try:
                stored[name] = None if value is None else resolve(self._setting(shown), value)
            except InvalidValueError as exc:
                findings.add(name, exc)
        return stored, findings

    def _default_priority(self) -> dict[str, str]:
        default = next(each for each in self.site.priorities.values() if each.is_default)
        return {"id": default.id, "name": default.name}

    def _missing(self, stored: Mapping[str, Any]) -> dict[str, str]:
        refused: dict[str, str] = {}
        for shown in self.screen:
            known = shown.field
            if shown.required and _is_empty(stored.get(known.id)) and known.kind is not FieldKind.FIXED:
                refused[known.id] = self._required_message(known.id, known.name)
        if not self.project.allows_unassigned and stored.get("assignee") is None:
            refused["assignee"] = self.site.say("assignee_required")
        if stored.get("summary") is None:
            refused["summary"] = self.site.say("summary_required")
        return refused

    def _required_message(self, field_id: str, name: str) -> str:
        special = {"summary": "summary_required", "parent": "parent_required"}.get(field_id)
        return self.site.say(special) if special else self.site.say("field_required", name=name)

    def _shown(self, name: str) -> ScreenField | None:
        permission = FIELD_PERMISSIONS.get(name)
        if permission and not self.site.grants.allows(permission, self.user.account_id, self.project.key):
            return None
        return self.screen.get(name)

    def _setting(self, shown: ScreenField) -> Setting:
        return Setting(self.site, self.project, self.issue_type, shown, self.version, self.media_ids)


def leaves_assignee_to_jira(values: Mapping[str, Any]) -> bool:
    """Whether a create gives no assignee, or the word for the default one; null is nobody.

    Source: https://support.atlassian.com/jira/kb/how-to-set-assignee-to-unassigned-via-rest-api-in-jira/ (April 2025).
    """
    given = values.get("assignee", {"accountId": "-1"})
    return isinstance(given, dict) and given.get("accountId", given.get("id")) == "-1"


def _is_empty(stored: Any) -> bool:
    """Whether a mandatory field counts as empty: a text of which nobody sees anything is no text."""
    if not isinstance(stored, RichText):
        return stored is None
    return not (_SEEN_WITHOUT_TEXT.search(stored.source) or text_of(stored.document).strip())


def read_create(site: Site, user: FakeUser, body: Any, version: int) -> Draft:
    """What a create's body asks for.

    Raises:
        Refused: Jira would not create it.
    """
    values = _fields(site, body)
    project, issue_type = _place(site, user, values)
    properties = _properties(site, body.get("properties"))
    values = {name: value for name, value in _merged(site, values, body, {}).items() if name not in _PLACES}
    reader = FieldReader(site, user, project, issue_type, version)
    reader.check_shapes(values)
    if not site.grants.allows("CREATE_ISSUES", user.account_id, project.key):
        raise Refused(400, site.say("create_forbidden"))
    reader.check_screen(values)
    given = {name: value for name, value in values.items() if value is not None or name == "assignee"}
    return Draft(project, issue_type, reader.resolve_create(given), properties)


def read_edit(site: Site, user: FakeUser, issue: FakeIssue, body: Any, version: int) -> dict[str, Any]:
    """The changes an edit's body asks for; None takes a value away.

    Raises:
        Refused: Jira would not change it.
    """
    values = _merged(site, _fields(site, body), body, issue.fields)
    project = site.projects[issue.project_key]
    issue_type = next(each for each in project.issue_types if each.id == issue.type_id)
    media_ids = frozenset(each.media_id for each in issue.attachments)
    reader = FieldReader(site, user, project, issue_type, version, media_ids, is_edit=True)
    reader.check_shapes(values)
    if not site.grants.allows("EDIT_ISSUES", user.account_id, project.key):
        raise Refused(403, site.say("edit_forbidden"))
    reader.check_screen(values)
    return reader.resolve_edit(values, issue.fields)


def _fields(site: Site, body: Any) -> dict[str, Any]:
    if not isinstance(body, dict) or not _MEMBERS.issuperset(body):
        raise Refused(400, site.say("payload_invalid"))
    values = body.get("fields", {})
    if not isinstance(values, dict):
        raise Refused(400, site.say("payload_invalid"))
    return values


def _place(site: Site, user: FakeUser, values: Mapping[str, Any]) -> tuple[FakeProject, FakeIssueType]:
    wanted = values.get("project")
    if not isinstance(wanted, dict):
        raise Refused(400, errors={"project": site.say("project_required")})
    project = find_project(site, user, wanted.get("key") or wanted.get("id"))
    if project is None:
        raise Refused(400, errors={"project": site.say("project_invalid")})
    kind = values.get("issuetype")
    if not isinstance(kind, dict) or not ("id" in kind or "name" in kind):
        raise Refused(400, errors={"issuetype": site.say("issue_type_required")})
    for issue_type in project.issue_types:
        if kind.get("id") == issue_type.id or ("id" not in kind and kind["name"] == issue_type.name):
            return project, issue_type
    raise Refused(400, errors={"issuetype": site.say("issue_type_invalid")})


def find_project(site: Site, user: FakeUser | None, id_or_key: Any) -> FakeProject | None:
    """The project of that id or key, if the caller may see it."""
    project = site.projects.get(id_or_key) if isinstance(id_or_key, str) else None
    if project is None:
        named = (each for each in site.projects.values() if id_or_key == each.id or id_or_key in each.former_keys)
        project = next(named, None)
    if project is None or user is None or not site.grants.allows("BROWSE_PROJECTS", user.account_id, project.key):
        return None
    return project


def _merged(
    site: Site, values: Mapping[str, Any], body: Mapping[str, Any], present: Mapping[str, Any]
) -> dict[str, Any]:
    """`fields` with the operations of `update` applied to them."""
    merged = dict(values)
    update = body.get("update", {})
    if not isinstance(update, dict):
        raise Refused(400, site.say("payload_invalid"))
    for name, operations in update.items():
        if name in values:
            raise Refused(400, errors={name: site.say("both_fields_and_update", field=name)})
        if not isinstance(operations, list):
            raise Refused(400, errors={name: site.say("not_an_array")})
        value = present.get(name)
        for operation in operations:
            value = _applied(site, name, value, operation)
        merged[name] = value
    return merged


def _applied(site: Site, name: str, value: Any, operation: Any) -> Any:
    if not isinstance(operation, dict) or len(operation) != 1:
        raise Refused(400, errors={name: site.say("not_an_object")})
    ((verb, operand),) = operation.items()
    known = site.fields.get(name)
    if known is None or verb not in known.operations:
        raise Refused(400, errors={name: site.say("field_off_screen", field=name)})
    if verb == "add":
        return [*(value or []), operand]
    if verb == "remove":
        return [each for each in value or [] if not _same(each, operand)]
    return operand


def _same(stored: Any, operand: Any) -> bool:
    if isinstance(stored, dict) and isinstance(operand, dict):
        return any(
            name in operand and operand[name] == stored.get(name) for name in ("id", "name", "value", "accountId")
        )
    return bool(stored == operand)


def _properties(site: Site, listed: Any) -> dict[str, Any]:
    if listed is None:
        return {}
    if not isinstance(listed, list):
        raise Refused(400, site.say("payload_invalid"))
    properties: dict[str, Any] = {}
    for item in listed:
        if not isinstance(item, dict) or not isinstance(item.get("key"), str) or "value" not in item:
            raise Refused(400, site.say("payload_invalid"))
        check_property(site, item["key"], item["value"])
        properties[item["key"]] = item["value"]
    return properties


def check_property(site: Site, key: str, value: Any) -> None:
    """Refuse an entity property whose key or value is too long."""
    if len(key) > PROPERTY_KEY_MAX_LENGTH:
        raise Refused(400, site.say("property_key_too_long"))
    if len(json.dumps(value, ensure_ascii=False)) > PROPERTY_VALUE_MAX_LENGTH:
        raise Refused(400, site.say("property_too_long"))
