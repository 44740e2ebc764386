"""What the export needs from the outside: protocols, each with its promises."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol, TypeVar, runtime_checkable
from uuid import UUID

from jira_session_export._jira.dispatch import WaitForJira
from jira_session_export._jira.exchange import BeforeSend
from jira_session_export._jira.upload import UploadSource
from jira_session_export._jira.wire import (
    Acknowledgement,
    AttachmentInfo,
    AttachmentSettings,
    Board,
    FieldMetadata,
    Issue,
    IssueType,
    LinkType,
    Project,
    ServerInfo,
    Sprint,
    Team,
    User,
)
from jira_session_export._values import CreatedIssue
from jira_session_export.errors import JiraError

Tracker = TypeVar("Tracker", bound="ProjectSource")


class ProjectSource(Protocol):
    """What the pre-flight reads from Jira. `JiraClient` has this shape.

    Every method raises `JiraError`: `RefusedError` when Jira says no, the others when it could not be asked.
    """

    async def myself(self) -> User:
        """The account we are."""

    async def server_info(self) -> ServerInfo:
        """The site, with the address people use."""

    async def permissions(self, project_key: str, names: Sequence[str]) -> Mapping[str, bool]:
        """Whether the account has each permission in the project."""

    async def project(self, key: str) -> Project:
        """The project with its components and versions."""

    async def issue_types(self, project_key: str) -> Sequence[IssueType]:
        """The issue types that can be created."""

    async def create_fields(self, project_key: str, issue_type_id: str) -> Sequence[FieldMetadata]:
        """The fields of an issue type's create screen."""

    async def assignable_users(
        self, project_key: str, *, query: str = "", account_id: str | None = None, max_results: int = 1000
    ) -> Sequence[User]:
        """People who can be assigned; one of them when asked by account id."""

    async def users(self, query: str, *, max_results: int = 50) -> Sequence[User]:
        """People, assignable or not, whose name or e-mail address begins with the query."""

    async def teams(self, field_name: str, query: str) -> Sequence[Team]:
        """Teams that a Team field suggests for the beginning of a name."""

    async def boards(self, project_key: str) -> Sequence[Board]:
        """The project's boards."""

    async def sprints(self, board_id: int, states: Sequence[str] = ("active", "future")) -> Sequence[Sprint]:
        """A board's sprints in those states."""

    async def sprint(self, sprint_id: int) -> Sprint:
        """One sprint."""

    async def link_types(self) -> Sequence[LinkType]:
        """The issue link types."""

    async def issues(self, ids_or_keys: Sequence[str], *, fields: Sequence[str]) -> Sequence[Issue]:
        """Those of the issues that can be seen, as the database has them."""

    async def attachment_settings(self) -> AttachmentSettings:
        """Whether files may be attached, and how large."""


@runtime_checkable
class IssueSearch(Protocol):
    """Finds issues. `JiraClient` has this shape."""

    def browse_url(self, key: str) -> str:
        """The address of an issue's page."""

    async def search(
        self, jql: str, *, fields: Sequence[str] = (), properties: Sequence[str] = (), limit: int | None = None
    ) -> Sequence[Issue]:
        """What the index finds; it lags, so a miss is no proof. `limit`: no more than these."""


@runtime_checkable
class IssueRemover(IssueSearch, Protocol):
    """Reads and deletes issues of any session. `JiraClient` has this shape."""

    async def permissions(self, project_key: str, names: Sequence[str]) -> Mapping[str, bool]:
        """Whether the account has each permission in the project."""

    async def issues(
        self, ids_or_keys: Sequence[str], *, fields: Sequence[str], properties: Sequence[str] = ()
    ) -> Sequence[Issue]:
        """Those of the issues that can be seen, as the database has them."""

    async def delete_issue(self, key_or_id: str) -> Acknowledgement:
        """Delete an issue that has no sub-tasks."""


@runtime_checkable
class IssueEncoder(Protocol):
    """Takes creates that are JSON already, so that not all that goes with one request need be kept as objects.

    `JiraClient` has this shape.
    """

    def encode_issue(self, payload: Mapping[str, Any]) -> bytes:
        """What `create_issue` would send for the payload. Raises `InputError` when it cannot be written as JSON."""

    async def create_encoded_issues(
        self,
        bodies: Sequence[bytes],
        *,
        before_send: BeforeSend | None = None,
        on_not_sent: Callable[[], None] | None = None,
    ) -> Sequence[CreatedIssue | JiraError]:
        """As `IssueTracker.create_issues`, of what `encode_issue` gave."""


class IssueTracker(ProjectSource, IssueSearch, Protocol):
    """Jira as a run needs it. `JiraClient` has this shape.

    A write that raises `NotSentError`, `RateLimitedError` or `RefusedError` certainly did nothing; after
    `OutcomeUnknownError` it may have been done. Creating and attaching must never be repeated blindly; linking,
    assigning, moving to a sprint and updating give the same result however often they are done.
    """

    async def create_issue(
        self,
        payload: Mapping[str, Any],
        *,
        before_send: BeforeSend | None = None,
        on_not_sent: Callable[[], None] | None = None,
    ) -> CreatedIssue:
        """Create one issue.

        Args:
            before_send: awaited right before each sending, repeated ones included; what it raises prevents it. What it
                returns, if not None, is to be asked once more when the connection is there, in the last moment before
                the content goes out: at False nothing may be sent, and the call goes on as after a `NotSentError`.
            on_not_sent: called when a sending certainly did nothing and another will follow, maybe after a long pause.
        """

    async def create_issues(
        self,
        payloads: Sequence[Mapping[str, Any]],
        *,
        before_send: BeforeSend | None = None,
        on_not_sent: Callable[[], None] | None = None,
    ) -> Sequence[CreatedIssue | JiraError]:
        """Create several issues with one request; needed when `ExportSettings.bulk_size` is more than 1.

        Args:
            before_send, on_not_sent: as in `create_issue`.

        Returns:
            For each payload, in order, its issue, or what `create_issue` would have raised for it.
        """

    async def issue(self, key_or_id: str, *, fields: Sequence[str] = (), properties: Sequence[str] = ()) -> Issue:
        """One issue, as the database has it."""

    async def add_attachment(
        self,
        issue_key: str,
        filename: str,
        content: bytes | Path | UploadSource,
        media_type: str | None = None,
        *,
        before_send: BeforeSend | None = None,
        on_not_sent: Callable[[], None] | None = None,
    ) -> AttachmentInfo:
        """Attach a file. `before_send` and `on_not_sent`: as in `create_issue`.

        Args:
            content: an `UploadSource` for a file that an `AttachmentOpener` opens, and never else.
        """

    async def media_id(self, attachment_id: str) -> str:
        """Return the media id of an attachment, for showing it in a description."""

    async def create_link(self, type_name: str, *, inward_key: str, outward_key: str) -> Acknowledgement:
        """Link two issues: `inward_key` blocks `outward_key`."""

    async def move_to_sprint(self, sprint_id: int, keys: Sequence[str]) -> Acknowledgement:
        """Move issues to a sprint."""

    async def move_to_epic(self, epic_key: str, keys: Sequence[str]) -> Acknowledgement:
        """Put issues of a company-managed project under an epic, whether or not a screen shows their parent."""

    async def assign(self, issue_key: str, account_id: str | None) -> Acknowledgement:
        """Assign an issue, or unassign it."""

    async def update_issue(self, key: str, fields: Mapping[str, Any]) -> Acknowledgement:
        """Set fields of an issue."""


def patient(tracker: Tracker, longest_wait_seconds: float, wait: WaitForJira) -> Tracker:
    """The tracker with the patience of a run, whose waits can be told of and ended at once.

    Args:
        tracker: its class has a method `with_options` as `JiraClient` has, or it is left to wait as it likes.
    """
    # Of the class: a host's tracker that passes on what it does not know must not be exchanged for what is behind it.
    with_options = getattr(type(tracker), "with_options", None)
    if with_options is None:
        return tracker
    waiting: Tracker = with_options(tracker, longest_wait_seconds=longest_wait_seconds, wait=wait)
    return waiting


def encoder_of(tracker: ProjectSource) -> IssueEncoder | None:
    """The tracker, if it takes encoded creates; None when they would go past what it does with others."""
    # Of the class that creates: a host's subclass or wrapper may have methods of its own for that.
    own = vars(type(tracker))
    if "create_issues" in own and "create_encoded_issues" in own and isinstance(tracker, IssueEncoder):
        return tracker
    return None


class ExportRunner(Protocol):
    """Where runs are executed: in this process, or on a cluster. A worker calls `Exporter.execute(session_id)`."""

    async def submit(self, session_id: UUID, *, owner: str | None = None, site: str = "", priority: int = 0) -> None:
        """Have `Exporter.execute(session_id)` called soon, here or elsewhere.

        Calling it twice, late or after a crash is harmless: the lease decides who works. When this fails, the session
        stays `exporting` without a worker, and a sweep takes it up.

        Args:
            owner: whose session it is, where that is known.
            site: the address of the Jira that it goes to; empty where it is not known.
            priority: as the host gave it to the start; what has more comes sooner, in queues that have such a thing.

        A runner whose `submit` takes the session alone is given nothing else.
        """


@runtime_checkable
class TransactionalRunner(Protocol):
    """A runner whose queue lies in a database, so that a start and its job can be written together or not at all."""

    async def database(self) -> str | None:
        """What tells this database from all others, as `TransactionalStore.database` does; None when unknown."""

    def submit_within(self, connection: Any, session_id: UUID, *, owner: str | None, site: str, priority: int) -> None:
        """As `submit`, in the transaction that the connection is in; called in a thread.

        Args:
            connection: the driver's, for example psycopg's; of an asyncio driver what SQLAlchemy makes of it, whose
                methods may be called as if they were synchronous.
        """
