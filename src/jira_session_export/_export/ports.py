"""What the export needs from the outside: protocols, each with its promises."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

from jira_session_export._jira.wire import (
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
    User,
)
from jira_session_export._journal import (
    CancelRequested,
    Entry,
    JournalRow,
    Lease,
    RunResumed,
    RunStarted,
    SessionState,
    TicketState,
)
from jira_session_export._models import Session, Ticket
from jira_session_export._values import CreatedIssue


class SessionSource(Protocol):
    """Where sessions and their tickets come from. Each call reads the latest edits."""

    async def session(self, session_id: UUID) -> Session:
        """The session with all its tickets, in order.

        Raises:
            SessionNotFoundError: there is none.
            StoreUnavailableError: the database did not answer.
        """

    async def ticket(self, session_id: UUID, ticket_id: UUID) -> Ticket:
        """One ticket, as it is now.

        Raises:
            SessionNotFoundError: there is no such session or ticket.
            StoreUnavailableError: the database did not answer.
        """


class ExportStore(Protocol):
    """Where an export's state lives. Correctness rests on it: what it has acknowledged survives a crash."""

    async def state(self, session_id: UUID) -> SessionState:
        """Where the session's export is, counters included; cheap enough for polling.

        Raises:
            SessionNotFoundError: there is none.
            StoreUnavailableError: the database did not answer.
        """

    async def ticket_states(self, session_id: UUID) -> Sequence[TicketState]:
        """Where each ticket is, by order. Raises like `state`."""

    async def acquire(
        self,
        session_id: UUID,
        entry: RunStarted | RunResumed,
        *,
        expected_token: int,
        owner: str,
        now: datetime,
        lease_seconds: float,
    ) -> Lease | None:
        """Take the session and append `entry`, in one transaction, or neither.

        Args:
            expected_token: `SessionState.token` as the caller read it when it decided; a compare-and-set.

        Returns:
            The lease, with the token grown by one; None when the token has changed or a lease is live.

        Raises:
            SessionNotFoundError: there is no such session.
            StoreUnavailableError: whether it was acquired is unknown.
        """

    async def renew(self, lease: Lease, *, now: datetime, lease_seconds: float) -> bool:
        """Show a sign of life: move the lease's end to `now + lease_seconds`.

        Returns:
            Whether somebody has asked to cancel.

        Raises:
            LeaseLostError: another worker has the session.
            StoreUnavailableError: whether it was renewed is unknown.
        """

    async def append(self, lease: Lease, *entries: Entry) -> bool:
        """Write the entries and what they change, all in one transaction; when this returns, a crash cannot lose them.

        A power failure may, if all of them are `IssueRecorded` and `StepRecorded` and nothing was appended after them:
        the announcement stays, and Jira tells the rest once more.

        An entry that ends a run (completed, failed, cancelled, released) gives the lease back. An `IssueRecorded` or
        `StepRecorded` that is there already changes nothing, so repeating an append whose answer was lost is safe.

        Returns:
            Whether somebody had asked to cancel, as `renew` does; it makes a cancellation take effect at the next step.

        A cancellation of the caller does not leave it open whether they were written.

        Raises:
            LeaseLostError: the token is stale, or the lease was given back; nothing was written.
            SessionNotFoundError: an entry names a ticket the session does not have; nothing was written.
            StoreUnavailableError: whether it was written is unknown.
        """

    async def request_cancel(self, session_id: UUID, entry: CancelRequested) -> None:
        """Ask the worker of a running session to stop between two steps, and keep `entry`, in one transaction.

        Changes nothing when the session is not exporting, or was asked already. Raises like `state`.
        """

    async def interrupted(self, now: datetime) -> Sequence[UUID]:
        """Sessions that are exporting while nobody holds a live lease."""

    async def journal(self, session_id: UUID, *, after: int = 0, limit: int = 1000) -> Sequence[JournalRow]:
        """The entries kept, oldest first, from the sequence number behind `after`. Raises like `state`."""


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

    async def boards(self, project_key: str) -> Sequence[Board]:
        """The project's boards."""

    async def sprints(self, board_id: int, states: Sequence[str] = ("active", "future")) -> Sequence[Sprint]:
        """A board's sprints in those states."""

    async def sprint(self, sprint_id: int) -> Sprint:
        """One sprint."""

    async def link_types(self) -> Sequence[LinkType]:
        """The issue link types."""

    async def attachment_settings(self) -> AttachmentSettings:
        """Whether files may be attached, and how large."""


class IssueTracker(ProjectSource, Protocol):
    """Jira as a run needs it. `JiraClient` has this shape.

    A write that raises `NotSentError`, `RateLimitedError` or `RefusedError` certainly did nothing; after
    `OutcomeUnknownError` it may have been done. Creating and attaching must never be repeated blindly; linking,
    assigning, moving to a sprint and updating give the same result however often they are done.
    """

    def browse_url(self, key: str) -> str:
        """The address of an issue's page."""

    async def create_issue(
        self,
        payload: Mapping[str, Any],
        *,
        before_send: Callable[[], Awaitable[None]] | None = None,
        on_not_sent: Callable[[], None] | None = None,
    ) -> CreatedIssue:
        """Create one issue.

        Args:
            before_send: awaited right before each sending, repeated ones included; what it raises prevents it.
            on_not_sent: called when a sending certainly did nothing and another will follow, maybe after a long pause.
        """

    async def issue(self, key_or_id: str, *, fields: Sequence[str] = (), properties: Sequence[str] = ()) -> Issue:
        """One issue, as the database has it."""

    async def search(self, jql: str, *, fields: Sequence[str] = (), properties: Sequence[str] = ()) -> Sequence[Issue]:
        """What the index finds; it lags, so a miss is no proof."""

    async def add_attachment(
        self,
        issue_key: str,
        filename: str,
        content: bytes | Path,
        media_type: str | None = None,
        *,
        before_send: Callable[[], Awaitable[None]] | None = None,
        on_not_sent: Callable[[], None] | None = None,
    ) -> AttachmentInfo:
        """Attach a file. `before_send` and `on_not_sent`: as in `create_issue`."""

    async def media_id(self, attachment_id: str) -> str:
        """The media file behind an attachment, for showing it in a description."""

    async def create_link(self, type_name: str, *, inward_key: str, outward_key: str) -> None:
        """Link two issues: `inward_key` blocks `outward_key`."""

    async def move_to_sprint(self, sprint_id: int, keys: Sequence[str]) -> None:
        """Move issues to a sprint."""

    async def assign(self, issue_key: str, account_id: str | None) -> None:
        """Assign an issue, or unassign it."""

    async def update_issue(self, key: str, fields: Mapping[str, Any]) -> None:
        """Set fields of an issue."""


class ExportRunner(Protocol):
    """Where runs are executed: in this process, or on a cluster. A worker calls `Exporter.execute(session_id)`."""

    async def submit(self, session_id: UUID) -> None:
        """Have `Exporter.execute(session_id)` called soon, here or elsewhere.

        Calling it twice, late or after a crash is harmless: the lease decides who works. When this fails, the session
        stays `exporting` without a worker, and a sweep takes it up.
        """


class SessionStore(SessionSource, ExportStore, Protocol):
    """Tickets and export state in one place, as both stores of this package have it."""
