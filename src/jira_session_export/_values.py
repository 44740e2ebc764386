"""The values that errors, records and reports carry."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType

PROPERTY_KEY = "jira-session-export"
"""Entity property that marks each issue as ours; its value is a `Marker`."""


def utc(moment: datetime) -> str:
    """A moment as people are told it: `2026-11-28 16:40:05 UTC`."""
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


class ErrorCategory(StrEnum):
    """Who can do something about an error."""

    USER_FIXABLE = "user_fixable"
    ADMIN_REQUIRED = "admin_required"
    TEMPORARY = "temporary"


class ManualFixKind(StrEnum):
    """Kinds of things that an export did otherwise than asked, and that a person can put right in Jira."""

    ASSIGNEE_INVALID = "assignee_invalid"
    SPRINT_NOT_FOUND = "sprint_not_found"
    PRIORITY_NOT_AVAILABLE = "priority_not_available"
    FIELD_NOT_ON_SCREEN = "field_not_on_screen"
    FIELD_VALUE_REJECTED = "field_value_rejected"
    DESCRIPTION_SHORTENED = "description_shortened"
    CONTENT_LEFT_OUT = "content_left_out"
    ATTACHMENT_FAILED = "attachment_failed"
    LINK_FAILED = "link_failed"
    DUPLICATE_ISSUE = "duplicate_issue"
    CHANGED_BY_JIRA = "changed_by_jira"
    """Another issue carries the ticket's marker; an administrator should delete it."""


class WarningCode(StrEnum):
    """What a project validation warns of."""

    DEFAULT_ISSUE_TYPE_MISSING = "default_issue_type_missing"
    REQUIRED_FIELDS = "required_fields"
    PERMISSION_MISSING = "permission_missing"
    TEAM_MEMBERS_INCOMPLETE = "team_members_incomplete"
    ATTACHMENTS_OFF = "attachments_off"
    LINK_TYPE_MISSING = "link_type_missing"
    NO_OPEN_SPRINT = "no_open_sprint"
    FIELD_NOT_ON_SCREEN = "field_not_on_screen"


@dataclass(frozen=True, slots=True)
class Requirements:
    """What every ticket of a session must be able to carry into Jira."""

    requires_sprint_assignment: bool = False
    requires_assignee: bool = False
    requires_priority_levels: bool = False


@dataclass(frozen=True, slots=True)
class ManualFix:
    """One thing to put right by hand in Jira.

    Attributes:
        field: the ticket's field, in the batch file's words (`assignee`, `sprint`, a custom field's name, …).
        asked_for: what the ticket wanted, as a string.
        done_instead: what the issue got.
        recommended_action: what a person should do now, in plain words.
    """

    kind: ManualFixKind
    field: str
    asked_for: str
    done_instead: str
    recommended_action: str


class StepKind(StrEnum):
    """What is done for an issue after its create, each recorded on its own."""

    ATTACHMENT = "attachment"
    MEDIA = "media"
    """The description was updated to show its embedded files in place."""
    ASSIGNEE = "assignee"
    SPRINT = "sprint"
    PARENT = "parent"
    LINK = "link"
    VERIFICATION = "verification"
    """The issue was read back and compared."""


UNASSIGNED = "unassigned"
"""The target of an ASSIGNEE step that takes the assignee away."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Something the create could not do, to be done once the issue exists.

    Attributes:
        kind: ASSIGNEE, SPRINT or PARENT (the field is off the create screen), or ATTACHMENT (the full text of a
            description that was shortened).
        target: the account id or `UNASSIGNED`, the sprint's id, the parent's key, or the file's name.
    """

    kind: StepKind
    target: str


@dataclass(frozen=True, slots=True)
class Marker:
    """What each issue carries as its entity property, so that an issue whose answer got lost can be found again.

    Attributes:
        session: the session's id.
        ticket: the ticket's id.
        attempt: counts the creates announced for this ticket, from 1.
        fingerprint: of what was sent, so that edits can be told although the state was lost; empty when not known.
    """

    session: str
    ticket: str
    attempt: int
    fingerprint: str = ""

    def as_property(self) -> dict[str, str | int]:
        """The value of the entity property `PROPERTY_KEY`."""
        value: dict[str, str | int] = {"session": self.session, "ticket": self.ticket, "attempt": self.attempt}
        return value | {"fingerprint": self.fingerprint} if self.fingerprint else value


@dataclass(frozen=True, slots=True)
class CreatedIssue:
    """An issue that exists in Jira.

    Attributes:
        id: Jira's numeric id, as a string.
        key: for example `DEMO-12`.
        url: the address a person opens.
        trace_id: Jira's trace id of the answer that had it; None when it is read from a store.
    """

    id: str
    key: str
    url: str
    trace_id: str | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Refusal:
    """What Jira said when it refused: its field → message map kept whole.

    Attributes:
        status: HTTP status.
        field_errors: field id → Jira's message (in the account's language: never match on it).
        messages: Jira's `errorMessages`.
        trace_id: Jira's `Atl-Traceid`, for Atlassian's support; None when absent.
    """

    status: int
    field_errors: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    messages: tuple[str, ...] = ()
    trace_id: str | None = None

    def __reduce__(self) -> tuple[type["Refusal"], tuple[object, ...]]:
        """Make it picklable although its default map is a read-only view."""
        return (Refusal, (self.status, dict(self.field_errors), self.messages, self.trace_id))

    @property
    def summary(self) -> str:
        """Jira's messages in one line; empty when it gave none."""
        parts = [*self.messages, *(f"{name}: {text}" for name, text in self.field_errors.items())]
        return "; ".join(parts)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a run stopped.

    Attributes:
        code: the stable `code` of the error.
        message: what happened, naming the ticket where one was concerned.
        recovery_actions: what to do now.
        trace_id: Jira's trace id, where an answer of Jira's was the reason.
        retry_not_before: when Jira takes requests again, aware, in UTC; a retry before is refused. None when a retry
            need not wait. A failure that has it uses no retry.
    """

    category: ErrorCategory
    code: str
    message: str
    recovery_actions: tuple[str, ...]
    trace_id: str | None = None
    retry_not_before: datetime | None = None
