"""What a site holds: users, projects, issues and all that hangs on them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from jira_session_export._testing.fake_jira.richtext import RichText


@dataclass(slots=True)
class FakeUser:
    """An account.

    Attributes:
        email_visible: whether others see the e-mail address (people may hide it).
        assignable_in: keys of the projects whose issues may be assigned to it; None for all.
    """

    account_id: str
    display_name: str
    email: str
    active: bool = True
    account_type: str = "atlassian"
    email_visible: bool = True
    assignable_in: frozenset[str] | None = None
    time_zone: str = "Etc/UTC"
    locale: str = "en_US"

    def is_assignable(self, project_key: str) -> bool:
        """Whether issues of that project may be assigned to it."""
        return self.active and (self.assignable_in is None or project_key in self.assignable_in)


@dataclass(slots=True)
class FakeIssueType:
    """An issue type. `level`: -1 sub-task, 0 standard, 1 epic."""

    id: str
    name: str
    level: int = 0
    description: str = ""

    @property
    def is_subtask(self) -> bool:
        """Whether its issues live below another issue."""
        return self.level < 0


@dataclass(slots=True)
class FakePriority:
    """A priority."""

    id: str
    name: str
    colour: str = "#cccccc"
    is_default: bool = False


@dataclass(slots=True)
class FakeStatus:
    """A status. `category`: `new`, `indeterminate` or `done`."""

    id: str
    name: str
    category: str
    transition_id: str


@dataclass(slots=True)
class FakeComponent:
    """A component of a project.

    Attributes:
        assignee_type: whom its issues go to that are created without assignee: `PROJECT_DEFAULT`, `PROJECT_LEAD`,
            `COMPONENT_LEAD` or `UNASSIGNED`.
        lead: an account id; None for nobody.
    """

    id: str
    name: str
    description: str = ""
    assignee_type: str = "PROJECT_DEFAULT"
    lead: str | None = None


@dataclass(slots=True)
class FakeVersion:
    """A version of a project."""

    id: str
    name: str
    released: bool = False
    archived: bool = False


@dataclass(slots=True)
class FakeBoard:
    """A board. `type`: `scrum`, `kanban` or `simple`."""

    id: int
    name: str
    project_key: str
    type: str = "scrum"


@dataclass(slots=True)
class FakeSprint:
    """A sprint. `state`: `future`, `active` or `closed`."""

    id: int
    name: str
    state: str
    board_id: int
    goal: str = ""


@dataclass(slots=True)
class FakeLinkType:
    """A link type: "A `outward` B", and read from the other end "B `inward` A"."""

    id: str
    name: str
    inward: str
    outward: str


@dataclass(frozen=True, slots=True)
class FakeLink:
    """A link between two issues: "`inward` blocks `outward`", as `inwardIssue` and `outwardIssue` say it."""

    id: str
    type: str
    inward: str
    outward: str


@dataclass(frozen=True, slots=True)
class FakeAttachment:
    """A file attached to an issue. `media_id` is what a media node in ADF names it by."""

    id: str
    issue_id: str
    filename: str
    mime_type: str
    content: bytes
    author: str
    created: datetime
    media_id: str

    @property
    def size(self) -> int:
        """Its length in bytes."""
        return len(self.content)


@dataclass(slots=True)
class FakeComment:
    """A comment; `body` is ADF, `author` an account id."""

    id: str
    author: str
    body: dict[str, Any]
    created: datetime


@dataclass(slots=True)
class FakeRemoteLink:
    """A link to a page outside Jira; `value` is the body it was made with."""

    id: int
    global_id: str
    value: dict[str, Any]


@dataclass(slots=True)
class FakeIssue:
    """An issue as the database holds it.

    Attributes:
        number: the numeric part of its key.
        fields: field id → value as stored: text, number or date as it came; ADF as `RichText`, whose `document` it is;
            users as `{"accountId"}`; priorities, components, versions and options as `{"id", "name"}` or
            `{"id", "value"}`; the sprint as its id; the parent as `{"id", "key"}`. A field without a value is absent.
        properties: its entity properties, key → value.
        creator: an account id.
    """

    id: str
    key: str
    number: int
    project_key: str
    type_id: str
    status_id: str
    creator: str
    created: datetime
    updated: datetime
    fields: dict[str, Any] = field(default_factory=dict)
    properties: dict[str, Any] = field(default_factory=dict)
    attachments: list[FakeAttachment] = field(default_factory=list)
    comments: list[FakeComment] = field(default_factory=list)
    remote_links: list[FakeRemoteLink] = field(default_factory=list)

    @property
    def summary(self) -> str:
        """Its summary."""
        summary: str = self.fields["summary"]
        return summary

    @property
    def description(self) -> dict[str, Any] | None:
        """Its description, ADF."""
        stored: RichText | None = self.fields.get("description")
        return stored.document if stored else None

    @property
    def labels(self) -> list[str]:
        """Its labels."""
        return self.fields.get("labels") or []

    @property
    def assignee(self) -> str | None:
        """The account id of whom it is assigned to."""
        return self._account("assignee")

    @property
    def reporter(self) -> str | None:
        """The account id of who reported it."""
        return self._account("reporter")

    @property
    def priority(self) -> str | None:
        """The name of its priority."""
        value: Mapping[str, str] = self.fields.get("priority") or {}
        return value.get("name")

    @property
    def parent(self) -> str | None:
        """The key of the issue above it."""
        value: Mapping[str, str] = self.fields.get("parent") or {}
        return value.get("key")

    @property
    def sprint(self) -> int | None:
        """The id of its sprint."""
        return self.fields.get("customfield_10020")

    def _account(self, name: str) -> str | None:
        value: Mapping[str, str] = self.fields.get(name) or {}
        return value.get("accountId")
