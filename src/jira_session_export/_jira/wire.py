"""What Jira's answers hold, as far as an export reads them; unknown members are ignored."""

import re
from datetime import datetime
from html import unescape
from typing import Annotated, Any, ClassVar, Generic, Self, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    ConfigDict,
    FailFast,
    Field,
    RootModel,
    StringConstraints,
    field_validator,
    model_validator,
)
from pydantic.alias_generators import to_camel

T = TypeVar("T")
_TAG = re.compile(r"</?[a-zA-Z][^<>]*>")


class _PlainAnswer(BaseModel):
    # Input stays out of error messages, or tokens and people's data would get into logs.
    model_config: ClassVar[ConfigDict] = ConfigDict(
        frozen=True,
        extra="ignore",
        alias_generator=to_camel,
        populate_by_name=True,
        coerce_numbers_to_str=True,
        hide_input_in_errors=True,
    )


class _Answer(_PlainAnswer):
    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        for item in value.values():  # in most answers there is nothing to do
            if item is None or (isinstance(item, str) and "\0" in item):
                return {name: _without_nul(item) for name, item in value.items() if item is not None}
        return value


def _without_nul(item: Any) -> Any:
    """No database can hold that character, and no name in Jira has it."""
    return item.replace("\0", "") if isinstance(item, str) and "\0" in item else item


def _web_address(address: str | None) -> str | None:
    """An address that Jira gives, if it is one of the web and nothing else; None otherwise: it is not used then."""
    if address is None or not address.isprintable() or any(map(address.__contains__, ' <>"\\^`{|}')):
        return None
    try:
        parts = urlsplit(address)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.username is None and parts.port != 0
    except ValueError:
        return None
    return address if usable else None


WebAddress = Annotated[str | None, AfterValidator(_web_address)]
IssueId = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,19}$")]
IssueKey = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,254}-[0-9]{1,19}$")]
Number = Annotated[int, Field(ge=0, le=2**63 - 1)]
Listed = Annotated[tuple[T, ...], FailFast()]
"""Items of a list; the first that cannot be read is enough, of a million."""


class ListOf(RootModel[Listed[T]], Generic[T]):
    """A bare JSON array."""

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, hide_input_in_errors=True)


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

    base_url: WebAddress
    display_url: WebAddress = None
    deployment_type: str = "Cloud"
    version: str = ""
    server_title: str = ""
    server_time: datetime | None = None

    @property
    def browse_base(self) -> str | None:
        """The address people use; None when Jira gives none that could be opened."""
        address = self.display_url or self.base_url
        return address if address is None or not {"?", "#"} & set(address) else None


class Named(_Answer):
    """Anything with an id and a name: a component, a version, a priority, an option."""

    id: str
    name: str = ""


class Priority(Named):
    """A priority. `is_default`: only where Jira says so."""

    is_default: bool = False


class IssueType(Named):
    """An issue type. `hierarchy_level`: -1 sub-task, 0 standard, 1 epic."""

    subtask: bool = False
    hierarchy_level: int = 0
    untranslated_name: str | None = None


class Team(Named):
    """A team of the organisation."""


class Component(Named):
    """A component of a project, and whom Jira assigns its issues to when they are created without an assignee.

    `assignee_type`: `PROJECT_DEFAULT`, `PROJECT_LEAD`, `COMPONENT_LEAD` or `UNASSIGNED`, as it takes effect.
    """

    assignee_type: str = Field(
        default="PROJECT_DEFAULT", validation_alias=AliasChoices("realAssigneeType", "assigneeType")
    )
    real_assignee: User | None = None


class Version(Named):
    """A version of a project."""

    archived: bool = False
    released: bool = False


class Project(_Answer):
    """A project as its own page shows it.

    `style`: `classic` (company-managed) or `next-gen` (team-managed). `assignee_type`: `PROJECT_LEAD` or `UNASSIGNED`,
    what becomes of issues created without an assignee.
    """

    id: str
    key: str
    name: str = ""
    style: str = "classic"
    project_type_key: str = "software"
    archived: bool = False
    issue_types: tuple[IssueType, ...] = ()
    assignee_type: str = "UNASSIGNED"
    lead: User | None = None
    components: tuple[Component, ...] = ()
    versions: tuple[Version, ...] = ()


class FieldSchema(_Answer):
    """A field's type: `type` (and `items` of an array), `system` or `custom` name of the field type."""

    type: str = "any"
    items: str | None = None
    system: str | None = None
    custom: str | None = None
    custom_id: int | None = None


class AllowedValue(_Answer):
    """One allowed value: named (priority, component, version), or with a `value` (an option), or with a label."""

    id: str | None = None
    name: str | None = None
    value: str | None = None
    key: str | None = None
    account_id: str | None = None
    shown_label: str | None = Field(default=None, alias="label")
    children: tuple["AllowedValue", ...] = ()

    @field_validator("children", mode="before")
    @classmethod
    def _one_level(cls, value: Any) -> Any:
        children = _readable_values(value) or ()
        return [{**child, "children": ()} if isinstance(child, dict) else child for child in children]

    @property
    def label(self) -> str:
        """What people call it."""
        return self.shown_label or self.value or self.name or self.id or ""

    @property
    def names(self) -> tuple[str, ...]:
        """All it may be called: the label first."""
        return tuple(filter(None, (self.label, self.value, self.name)))


_IDENTIFYING = frozenset({"id", "name", "value", "label"})
_TEXTS = _IDENTIFYING | {"key", "accountId"}


def _readable_values(listed: Any) -> list[Any] | None:
    """The values of a list that can be read; apps list values of shapes nobody foresaw, and one costs itself alone."""
    if not isinstance(listed, (list, tuple)):
        return None
    return [value for item in listed if (value := _readable_value(item)) is not None]


def _readable_value(item: Any) -> Any:
    if isinstance(item, AllowedValue):
        return item
    if not isinstance(item, dict):
        item = {"value": item}
    texts = {name: text for name in _TEXTS if (text := _scalar_text(item.get(name))) is not None}
    return {**texts, "children": item.get("children") or ()} if _IDENTIFYING & texts.keys() else None


def _scalar_text(value: Any) -> str | None:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, (str, int, float)) else None


class FieldMetadata(_Answer):
    """One field of the create screen of a project and issue type."""

    field_id: str
    key: str = ""
    name: str = ""
    untranslated_name: str | None = None
    required: bool = False
    has_default_value: bool = False
    default_value: Any = None
    operations: tuple[str, ...] = ()
    field_schema: FieldSchema = Field(default_factory=FieldSchema, alias="schema")
    allowed_values: tuple[AllowedValue, ...] | None = None

    @field_validator("allowed_values", mode="before")
    @classmethod
    def _values_of_any_type(cls, value: Any) -> Any:
        return _readable_values(value)


class IssueField(_Answer):
    """A field of the site; names are not unique. `custom`: whether it is a custom field, not a system field."""

    id: str
    key: str = ""
    name: str = ""
    custom: bool = False
    field_schema: FieldSchema = Field(default_factory=FieldSchema, alias="schema")


class Board(_Answer):
    """A board. `type`: `scrum`, `kanban` or `simple`."""

    id: Number
    name: str = ""
    type: str = "scrum"


class Sprint(_Answer):
    """A sprint. `state`: `future`, `active` or `closed`."""

    id: Number
    name: str = ""
    state: str = "future"
    origin_board_id: Number | None = None


class LinkType(_Answer):
    """An issue link type: "A `outward` B" and "B `inward` A"."""

    id: str = ""
    name: str
    inward: str = ""
    outward: str = ""


class Acknowledgement(_Answer):
    """Jira has done what it was asked. `trace_id`: of its answer, for Atlassian's support and the audit trail."""

    trace_id: str | None = None


class AttachmentInfo(Acknowledgement):
    """A file attached to an issue. `size` in bytes; `content` is the address of its bytes."""

    id: str
    filename: str = ""
    size: Number = 0
    mime_type: str | None = None
    content: WebAddress = None
    created: datetime | None = None


class AttachmentSettings(_Answer):
    """Whether files may be attached, and how large one may be, in bytes."""

    enabled: bool = True
    upload_limit: Number | None = None


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
    """An issue as found or read. `fields` and `properties` hold what was asked for, raw.

    Attributes:
        trace_id: Jira's trace id of the answer that showed it.
    """

    id: IssueId
    key: IssueKey
    trace_id: str | None = None
    fields: dict[str, Any] = Field(default_factory=dict)
    properties: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _parts_can_be_read(self) -> Self:
        # Here, where what cannot be read becomes the error of the answer.
        for name in ("attachment", "issuelinks"):
            listed = self.fields.get(name)
            if listed and not (isinstance(listed, list) and all(isinstance(item, dict) for item in listed)):
                raise ValueError(f"{name} is no list of things")
        _ = self.attachments, self.links
        return self

    @property
    def attachments(self) -> tuple[AttachmentInfo, ...]:
        """The files attached, when the field `attachment` was asked for."""
        found = self.fields.get("attachment") or ()
        return tuple(AttachmentInfo.model_validate({**item, "traceId": self.trace_id}) for item in found)

    @property
    def links(self) -> tuple[IssueLink, ...]:
        """The issue's links, when the field `issuelinks` was asked for."""
        return tuple(IssueLink.model_validate(item) for item in self.fields.get("issuelinks") or ())


class Created(_PlainAnswer):
    """The answer to a create, all of which is needed: nothing in it may be null."""

    id: IssueId
    key: IssueKey


class FailedCreate(_Answer):
    """Why one issue of a bulk was not made."""

    failed_element_number: int = Field(ge=0)
    status: int | None = None
    element_errors: dict[str, Any] = Field(default_factory=dict)


class CreatedIssues(_Answer):
    """The answer to a bulk create."""

    issues: tuple[Created, ...]
    errors: tuple[FailedCreate, ...] = ()


class Permission(_Answer):
    """One permission of the account."""

    have_permission: bool


class Permissions(_Answer):
    """The account's permissions, by their key."""

    permissions: dict[str, Permission]


class Page(_Answer, Generic[T]):
    """A page of one of the families that count items. `is_last` and `total` are there or not, as Jira likes."""

    items: Listed[T] = Field(
        validation_alias=AliasChoices("values", "issueTypes", "createMetaIssueType", "fields", "results")
    )
    total: Number | None = None
    is_last: bool | None = None


class SearchPage(_Answer):
    """A page of found issues; the last one has no token."""

    issues: Listed[Issue]
    next_page_token: str | None = None
    is_last: bool = False


class FetchedIssues(_Answer):
    """Issues asked for by id or key, in the order of their ids; those that cannot be seen are missing."""

    issues: Listed[Issue]


class LinkTypes(_Answer):
    """All issue link types."""

    issue_link_types: Listed[LinkType]


class Suggestion(_Answer):
    """A value that fits a JQL clause. `display_name` has the letters that fit in bold, as HTML."""

    value: str
    display_name: str = ""

    @property
    def text(self) -> str:
        """The display name without the HTML."""
        return unescape(_TAG.sub("", self.display_name))


class Suggestions(_Answer):
    """Values that fit a JQL clause."""

    results: Listed[Suggestion] = ()


class IssueProperty(_Answer):
    """An entity property of an issue."""

    key: str
    value: Any = None


class TenantInfo(_Answer):
    """What a site says about itself without signing in."""

    cloud_id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9-]{1,64}$")]


Token = Annotated[str, StringConstraints(pattern=r"^[\x21-\x7e]{1,16384}$")]
"""A token that fits into a header."""


class TokenGrant(BaseModel):
    """New OAuth tokens. `refresh_token`: None when the old one stays good.

    Attributes:
        expires_in: seconds, as it came: whatever it is, the tokens must not be lost for it.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    access_token: Token = Field(repr=False)
    refresh_token: Token | None = Field(default=None, repr=False)
    expires_in: Any = None


# Kept here, because pydantic remembers such a class only while something holds on to it, and takes longer to build it
# anew than a request takes.
IssueTypePage = Page[IssueType]
FieldPage = Page[FieldMetadata]
BoardPage = Page[Board]
SprintPage = Page[Sprint]
Users = ListOf[User]
Priorities = ListOf[Priority]
IssueFields = ListOf[IssueField]
Attachments = ListOf[AttachmentInfo]
