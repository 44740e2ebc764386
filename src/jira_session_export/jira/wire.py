"""What Jira's answers hold, as far as an export reads them; unknown members are ignored."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class _Answer(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", alias_generator=to_camel, populate_by_name=True)


class User(_Answer):
    """An account. `email_address` is there only when its owner lets it be seen."""

    account_id: str
    display_name: str = ""
    email_address: str | None = None
    active: bool = True
    account_type: str = "atlassian"
    time_zone: str | None = None


class ServerInfo(_Answer):
    """The site. `deployment_type` is `Cloud` on Jira Cloud."""

    base_url: str
    display_url: str | None = None
    deployment_type: str = "Cloud"
    version: str = ""
    server_title: str = ""
    server_time: datetime | None = None


class Named(_Answer):
    """Anything with an id and a name: a component, a version, a priority, an option."""

    id: str
    name: str = ""


class Priority(Named):
    """A priority. `is_default` only where Jira tells."""

    is_default: bool = False


class IssueType(Named):
    """An issue type. `hierarchy_level`: -1 sub-task, 0 standard, 1 epic."""

    subtask: bool = False
    hierarchy_level: int = 0
    untranslated_name: str | None = None


class Version(Named):
    """A version of a project."""

    archived: bool = False
    released: bool = False


class Project(_Answer):
    """A project as its own page shows it. `style`: `classic` (company-managed) or `next-gen` (team-managed)."""

    id: str
    key: str
    name: str = ""
    style: str = "classic"
    project_type_key: str = "software"
    archived: bool = False
    issue_types: tuple[IssueType, ...] = ()
    components: tuple[Named, ...] = ()
    versions: tuple[Version, ...] = ()


class FieldSchema(_Answer):
    """A field's type: `type` (and `items` of an array), `system` or `custom` name of the field type."""

    type: str = "any"
    items: str | None = None
    system: str | None = None
    custom: str | None = None
    custom_id: int | None = None


class AllowedValue(_Answer):
    """One allowed value: named (priority, component, version) or with a `value` (an option)."""

    id: str | None = None
    name: str | None = None
    value: str | None = None
    account_id: str | None = None
    children: tuple["AllowedValue", ...] = ()

    @property
    def label(self) -> str:
        """What people call it."""
        return self.value or self.name or self.id or ""


class FieldMetadata(_Answer):
    """One field of the create screen of a project and issue type."""

    field_id: str
    key: str = ""
    name: str = ""
    required: bool = False
    has_default_value: bool = False
    default_value: Any = None
    operations: tuple[str, ...] = ()
    field_schema: FieldSchema = Field(default_factory=FieldSchema, alias="schema")
    allowed_values: tuple[AllowedValue, ...] | None = None


class Board(_Answer):
    """A board. `type`: `scrum`, `kanban` or `simple`."""

    id: int
    name: str = ""
    type: str = "scrum"


class Sprint(_Answer):
    """A sprint. `state`: `future`, `active` or `closed`."""

    id: int
    name: str = ""
    state: str = "future"
    origin_board_id: int | None = None


class LinkType(_Answer):
    """An issue link type: "A `outward` B" and "B `inward` A"."""

    id: str = ""
    name: str
    inward: str = ""
    outward: str = ""


class AttachmentInfo(_Answer):
    """A file attached to an issue. `size` in bytes; `content` is the address of its bytes."""

    id: str
    filename: str = ""
    size: int = 0
    mime_type: str | None = None
    content: str | None = None
    created: datetime | None = None


class AttachmentSettings(_Answer):
    """Whether files may be attached, and how large one may be, in bytes."""

    enabled: bool = True
    upload_limit: int | None = None


class LinkedIssue(_Answer):
    """The other end of an issue link."""

    id: str = ""
    key: str


class IssueLink(_Answer):
    """A link as one of its two issues shows it: exactly one of the two ends is there, the other is the issue itself."""

    id: str = ""
    type: LinkType
    inward_issue: LinkedIssue | None = None
    outward_issue: LinkedIssue | None = None


class Issue(_Answer):
    """An issue as found or read. `fields` and `properties` hold what was asked for, raw."""

    id: str
    key: str
    fields: dict[str, Any] = Field(default_factory=dict)
    properties: dict[str, Any] = Field(default_factory=dict)

    @property
    def attachments(self) -> tuple[AttachmentInfo, ...]:
        """The files attached, when the field `attachment` was asked for."""
        return tuple(AttachmentInfo.model_validate(item) for item in self.fields.get("attachment") or ())

    @property
    def links(self) -> tuple[IssueLink, ...]:
        """The issue's links, when the field `issuelinks` was asked for."""
        return tuple(IssueLink.model_validate(item) for item in self.fields.get("issuelinks") or ())
