"""The fields a site knows: their ids, types and options."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class FieldKind(StrEnum):
    """How a field's value is read and checked."""

    TEXT = "text"
    RICH_TEXT = "rich text"
    NUMBER = "number"
    DATE = "date"
    DATETIME = "datetime"
    USER = "user"
    USERS = "users"
    PRIORITY = "priority"
    LABELS = "labels"
    COMPONENTS = "components"
    VERSIONS = "versions"
    OPTION = "option"
    OPTIONS = "options"
    CASCADE = "cascade"
    SPRINT = "sprint"
    PARENT = "parent"
    URL = "url"
    SECURITY = "security level"
    TIME_TRACKING = "time tracking"
    VERSION = "version"
    RADIO = "radio buttons"
    CHECKBOXES = "check boxes"
    GROUP = "group"
    GROUPS = "groups"
    PROJECT = "project"
    TEAM = "team"
    ASSETS = "assets objects"
    ORGANIZATIONS = "organizations"
    REQUEST_TYPE = "request type"
    FIXED = "fixed"
    """Shown, but never set through `fields`: status, created, attachment, issue links …"""


@dataclass(slots=True)
class FakeOption:
    """One value of a select field; `children` are the second level of a cascading one."""

    id: str
    value: str
    children: list["FakeOption"] = field(default_factory=list)


@dataclass(slots=True)
class FakeField:
    """A field as `GET /field` lists it.

    Attributes:
        type: the schema's `type`; with `items` for an array.
        custom: the custom field type, for example `com.pyxis.greenhopper.jira:gh-sprint`; None for a system field.
    """

    id: str
    name: str
    kind: FieldKind
    type: str
    items: str | None = None
    custom: str | None = None
    options: list[FakeOption] = field(default_factory=list)
    searchable: bool = True

    @classmethod
    def custom_of(cls, field_id: str, name: str, kind: FieldKind, options: list[FakeOption]) -> "FakeField":
        """A custom field of the ordinary type of its kind."""
        schema_type, items, custom = _CUSTOM_TYPES[kind]
        full = custom if ":" in custom else f"{_TYPES}:{custom}"
        return cls(field_id, name, kind, schema_type, items, full, options)

    @property
    def is_custom(self) -> bool:
        """Whether it is a custom field."""
        return self.custom is not None

    @property
    def schema(self) -> dict[str, Any]:
        """Its `schema` member."""
        shape: dict[str, Any] = {"type": self.type}
        if self.items:
            shape["items"] = self.items
        if self.custom:
            shape |= {"custom": self.custom, "customId": int(self.id.removeprefix("customfield_"))}
        else:
            shape["system"] = self.id
        return shape

    @property
    def clause_names(self) -> list[str]:
        """What JQL calls it."""
        if self.custom:
            return [f"cf[{self.id.removeprefix('customfield_')}]", self.name]
        return [_CLAUSES.get(self.id, self.id)]

    @property
    def operations(self) -> list[str]:
        """What an `update` may do to it."""
        if self.id == "issuelinks":
            return ["add", "copy"]
        if self.id == "attachment":
            return ["set", "copy"]
        return ["add", "set", "remove"] if self.type == "array" and self.kind is not FieldKind.SPRINT else ["set"]


_CLAUSES: Mapping[str, str] = {"components": "component", "fixVersions": "fixVersion", "versions": "affectedVersion"}

_GREENHOPPER = "com.pyxis.greenhopper.jira"
_TYPES = "com.atlassian.jira.plugin.system.customfieldtypes"

_CUSTOM_TYPES: Mapping[FieldKind, tuple[str, str | None, str]] = {
    FieldKind.TEXT: ("string", None, "textfield"),
    FieldKind.RICH_TEXT: ("string", None, "textarea"),
    FieldKind.NUMBER: ("number", None, "float"),
    FieldKind.DATE: ("date", None, "datepicker"),
    FieldKind.DATETIME: ("datetime", None, "datetime"),
    FieldKind.USER: ("user", None, "userpicker"),
    FieldKind.USERS: ("array", "user", "multiuserpicker"),
    FieldKind.LABELS: ("array", "string", "labels"),
    FieldKind.OPTION: ("option", None, "select"),
    FieldKind.OPTIONS: ("array", "option", "multiselect"),
    FieldKind.CASCADE: ("option-with-child", None, "cascadingselect"),
    FieldKind.VERSIONS: ("array", "version", "multiversion"),
    FieldKind.URL: ("string", None, "url"),
    FieldKind.VERSION: ("version", None, "version"),
    FieldKind.RADIO: ("option", None, "radiobuttons"),
    FieldKind.CHECKBOXES: ("array", "option", "multicheckboxes"),
    FieldKind.GROUP: ("group", None, "grouppicker"),
    FieldKind.GROUPS: ("array", "group", "multigrouppicker"),
    FieldKind.PROJECT: ("project", None, "project"),
    FieldKind.TEAM: ("team", None, "atlassian-team"),
    FieldKind.ASSETS: ("array", "cmdb-object-field", "com.atlassian.jira.plugins.cmdb:cmdb-object-cftype"),
    FieldKind.ORGANIZATIONS: (
        "array",
        "sd-customerorganization",
        "com.atlassian.servicedesk:sd-customer-organizations",
    ),
    FieldKind.REQUEST_TYPE: ("sd-customerrequesttype", None, "com.atlassian.servicedesk:vp-origin"),
}

SPRINT_FIELD = "customfield_10020"
STORY_POINT_ESTIMATE_FIELD = "customfield_10016"
STORY_POINTS_FIELD = "customfield_10028"


def system_fields() -> list[FakeField]:
    """The fields every site has."""
    fixed, array = FieldKind.FIXED, "array"
    return [
        FakeField("summary", "Summary", FieldKind.TEXT, "string"),
        FakeField("issuetype", "Issue Type", fixed, "issuetype"),
        FakeField("parent", "Parent", FieldKind.PARENT, "issuelink"),
        FakeField("components", "Components", FieldKind.COMPONENTS, array, "component"),
        FakeField("description", "Description", FieldKind.RICH_TEXT, "string"),
        FakeField("project", "Project", fixed, "project"),
        FakeField("reporter", "Reporter", FieldKind.USER, "user"),
        FakeField("fixVersions", "Fix versions", FieldKind.VERSIONS, array, "version"),
        FakeField("priority", "Priority", FieldKind.PRIORITY, "priority"),
        FakeField("labels", "Labels", FieldKind.LABELS, array, "string"),
        FakeField("timetracking", "Time tracking", FieldKind.TIME_TRACKING, "timetracking"),
        FakeField("environment", "Environment", FieldKind.RICH_TEXT, "string"),
        FakeField("attachment", "Attachment", fixed, array, "attachment"),
        FakeField("duedate", "Due date", FieldKind.DATE, "date"),
        FakeField("issuelinks", "Linked Issues", fixed, array, "issuelinks"),
        FakeField("assignee", "Assignee", FieldKind.USER, "user"),
        FakeField("versions", "Affects versions", FieldKind.VERSIONS, array, "version"),
        FakeField("status", "Status", fixed, "status"),
        FakeField(
            "security",
            "Security Level",
            FieldKind.SECURITY,
            "securitylevel",
            options=[FakeOption("10200", "Internal"), FakeOption("10201", "Management")],
        ),
        FakeField("creator", "Creator", fixed, "user"),
        FakeField("created", "Created", fixed, "datetime"),
        FakeField("updated", "Updated", fixed, "datetime"),
        FakeField("resolution", "Resolution", fixed, "resolution"),
        FakeField("subtasks", "Sub-tasks", fixed, array, "issuelinks", searchable=False),
        FakeField("comment", "Comment", fixed, "comments-page"),
    ]


def custom_fields() -> list[FakeField]:
    """The custom fields of the seed site: Jira Software's own, and one of each ordinary type."""
    return [
        FakeField("customfield_10011", "Epic Name", FieldKind.TEXT, "string", custom=f"{_GREENHOPPER}:gh-epic-label"),
        FakeField(
            STORY_POINT_ESTIMATE_FIELD,
            "Story point estimate",
            FieldKind.NUMBER,
            "number",
            custom=f"{_GREENHOPPER}:jsw-story-points",
        ),
        FakeField("customfield_10019", "Rank", FieldKind.FIXED, "any", custom=f"{_GREENHOPPER}:gh-lexo-rank"),
        FakeField(SPRINT_FIELD, "Sprint", FieldKind.SPRINT, "array", "json", custom=f"{_GREENHOPPER}:gh-sprint"),
        FakeField(STORY_POINTS_FIELD, "Story Points", FieldKind.NUMBER, "number", custom=f"{_TYPES}:float"),
        FakeField(
            "customfield_10031",
            "Environment type",
            FieldKind.OPTION,
            "option",
            custom=f"{_TYPES}:select",
            options=[
                FakeOption("10100", "Production"),
                FakeOption("10101", "Staging"),
                FakeOption("10102", "Development"),
            ],
        ),
        FakeField(
            "customfield_10032",
            "Affected platforms",
            FieldKind.OPTIONS,
            "array",
            "option",
            custom=f"{_TYPES}:multiselect",
            options=[FakeOption("10110", "Web"), FakeOption("10111", "iOS"), FakeOption("10112", "Android")],
        ),
        FakeField("customfield_10033", "Reviewer", FieldKind.USER, "user", custom=f"{_TYPES}:userpicker"),
        FakeField("customfield_10034", "Effort in days", FieldKind.NUMBER, "number", custom=f"{_TYPES}:float"),
        FakeField("customfield_10035", "Target date", FieldKind.DATE, "date", custom=f"{_TYPES}:datepicker"),
        FakeField(
            "customfield_10036", "Acceptance criteria", FieldKind.RICH_TEXT, "string", custom=f"{_TYPES}:textarea"
        ),
        FakeField("customfield_10037", "Customer reference", FieldKind.TEXT, "string", custom=f"{_TYPES}:textfield"),
        FakeField("customfield_10038", "Planned start", FieldKind.DATETIME, "datetime", custom=f"{_TYPES}:datetime"),
        FakeField(
            "customfield_10039",
            "Module",
            FieldKind.CASCADE,
            "option-with-child",
            custom=f"{_TYPES}:cascadingselect",
            options=[
                FakeOption("10120", "Sales", [FakeOption("10121", "Quotes"), FakeOption("10122", "Orders")]),
                FakeOption("10123", "Finance", [FakeOption("10124", "Invoices"), FakeOption("10125", "Payments")]),
            ],
        ),
        FakeField(
            "customfield_10040", "Watching team", FieldKind.USERS, "array", "user", custom=f"{_TYPES}:multiuserpicker"
        ),
        FakeField("customfield_10041", "Specification", FieldKind.URL, "string", custom=f"{_TYPES}:url"),
    ]
