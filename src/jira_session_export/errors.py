"""Every error this package raises, grouped by what the caller does next.

JiraSessionExportError
├─ InputError                 the caller's data is wrong; nothing was done
│  ├─ SettingsError           a setting is missing or malformed
│  ├─ BatchFileError          a batch file cannot be read as a session
│  ├─ DocumentTooLargeError   a description is longer than the converter accepts
│  ├─ DependencyError         dependencies form a cycle or name an unknown ticket
│  ├─ NoTicketsError          the session has nothing to export
│  └─ TicketError             one ticket cannot be sent as it is
├─ SessionError               the session is not in a state that allows this
│  ├─ SessionNotFoundError
│  ├─ ExportRunningError
│  ├─ NotStartedError
│  ├─ ArchivedError            the session was put away
│  ├─ AlreadyCompletedError
│  ├─ AlreadyStartedError      this store has exported the session: nothing of an earlier state to adopt
│  ├─ RetryNeededError         the last export failed: retry it instead of starting another
│  ├─ RetryTooEarlyError      Jira has asked to wait: retry at the time it says
│  ├─ NothingToRetryError
│  ├─ NothingToReleaseError   the session has not failed, or a retry is left
│  ├─ RetriesExhaustedError
│  └─ WorkerCrashedError      the worker died repeatedly without progress
├─ ExportFailedError          an export that was waited for has failed; it can be retried
├─ ExportStoppedError         an export that was waited for was cancelled or handed over; it can go on
├─ JiraError                  Jira, or the way to it
│  ├─ NotSentError            the request certainly did not reach Jira: repeat
│  ├─ OutcomeUnknownError     a write may or may not have happened: look first
│  ├─ ReadFailedError         a read failed on Jira's side or on the way: repeat later
│  │  └─ UnreadableAnswerError what came is nothing that Jira says there, or too much
│  ├─ RateLimitedError        refused for now: repeat after a pause
│  └─ RefusedError            Jira answered no: fall back or stop
│     ├─ AuthenticationError  401
│     ├─ PermissionDeniedError 403
│     │  └─ MissingScopeError  401 of a token that lacks a scope
│     ├─ NotFoundError        404, also "not visible"
│     └─ TooLargeError        413
├─ StoreError
│  ├─ StoreUnavailableError   the database did not answer: whether it was written is unknown
│  ├─ NewerTablesError        a newer version has changed the tables: leave them to it
│  └─ LeaseLostError          another worker took this run over: stop
├─ AttachmentError            the bytes of a ticket's file cannot be had
│  ├─ AttachmentMissingError   it is not where it is looked for, or may not be read
│  ├─ AttachmentPathError      its path names no file that any process could open
│  └─ AttachmentUnavailableError where it is kept did not answer, or it changed meanwhile: try again
└─ CreateUndecidedError       whether an issue exists could not be decided yet: retry looks first
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any, ClassVar, Literal
from uuid import UUID

from jira_session_export._printable import lines
from jira_session_export._values import ErrorCategory, Failure, Refusal, utc

__all__ = [
    "AlreadyCompletedError",
    "ArchivedError",
    "AttachmentError",
    "AttachmentMissingError",
    "AttachmentPathError",
    "AttachmentUnavailableError",
    "AuthenticationError",
    "BatchFileError",
    "BatchProblem",
    "CreateUndecidedError",
    "DependencyError",
    "DocumentTooLargeError",
    "ErrorCategory",
    "ExportFailedError",
    "ExportRunningError",
    "ExportStoppedError",
    "InputError",
    "JiraError",
    "JiraSessionExportError",
    "LeaseLostError",
    "NoTicketsError",
    "NotFoundError",
    "NotSentError",
    "NotStartedError",
    "NothingToRetryError",
    "OutcomeUnknownError",
    "PermissionDeniedError",
    "RateLimitedError",
    "ReadFailedError",
    "Refusal",
    "RefusedError",
    "RetriesExhaustedError",
    "RetryNeededError",
    "RetryTooEarlyError",
    "SessionError",
    "SessionNotFoundError",
    "SettingsError",
    "StoreError",
    "StoreUnavailableError",
    "TicketError",
    "TooLargeError",
    "UnreadableAnswerError",
    "WorkerCrashedError",
]


class JiraSessionExportError(Exception):
    """The base of every error of this package.

    Attributes:
        code: a stable word for programs, for example `retries_exhausted`.
        category: who can do something about it.
        user_message: what went wrong, in plain words, without control characters.
        recovery_actions: what to do now; at least one.
    """

    code: ClassVar[str] = "error"
    category: ErrorCategory = ErrorCategory.ADMIN_REQUIRED
    default_actions: ClassVar[tuple[str, ...]] = ("Contact your administrator.",)

    def __init__(
        self, user_message: str, *, recovery_actions: Sequence[str] = (), category: ErrorCategory | None = None
    ) -> None:
        # Titles, names, Jira's messages and files are in it: whoever prints or logs it prints no control characters.
        user_message = lines(user_message)
        super().__init__(user_message)
        self.user_message = user_message
        self.recovery_actions: tuple[str, ...] = tuple(map(lines, recovery_actions)) or self.default_actions
        if category is not None:
            self.category = category
        # Python prints notes below the message of an error that nobody catches, so a script says what to do.
        for action in self.recovery_actions:
            self.add_note(f"→ {action}")

    def __reduce__(self) -> tuple[Any, ...]:
        # Facts are keyword-only, which the default protocol cannot call; state travels as the instance's dict.
        return (partial(_rebuild, type(self)), (self.user_message,), self.__dict__)


def _rebuild(cls: type[JiraSessionExportError], user_message: str) -> JiraSessionExportError:
    error = cls.__new__(cls, user_message)
    error.args = (user_message,)
    return error


class InputError(JiraSessionExportError):
    """The caller's data is wrong; nothing was done."""

    code = "invalid_input"
    category = ErrorCategory.USER_FIXABLE
    default_actions: ClassVar[tuple[str, ...]] = ("Correct the input and try again.",)


class SettingsError(InputError):
    """A setting is missing or malformed."""

    code = "invalid_settings"


@dataclass(frozen=True, slots=True)
class BatchProblem:
    """One thing that is wrong with a batch file.

    Attributes:
        where: line, ticket or field, as precise as known; empty for the file as a whole.
        problem: what is wrong.
        action: what to do about it; empty when the problem says it.
    """

    where: str
    problem: str
    action: str = ""


class BatchFileError(InputError):
    """A batch file cannot be read as a session.

    Attributes:
        path: the file as it was named.
        where: line, ticket or field, as precise as known; empty for the file as a whole.
        problems: what is wrong, one by one; of very many the first.
        problem_count: how many there are.
    """

    code = "invalid_batch_file"

    def __init__(
        self,
        problem: str,
        *,
        path: str,
        where: str = "",
        recovery_actions: Sequence[str] = (),
        problems: Sequence[BatchProblem] = (),
        problem_count: int | None = None,
    ) -> None:
        place = f"{path}, {where}" if where else path
        super().__init__(f"{place}: {problem}", recovery_actions=recovery_actions)
        self.path = path
        self.where = where
        self.problems: tuple[BatchProblem, ...] = tuple(problems) or (
            BatchProblem(where, problem, " ".join(recovery_actions)),
        )
        self.problem_count: int = len(self.problems) if problem_count is None else problem_count


class DocumentTooLargeError(InputError):
    """A description is longer than the converter accepts (`ConversionOptions.max_input_length`).

    Attributes:
        length: characters given.
        limit: characters accepted.
    """

    code = "document_too_large"
    default_actions: ClassVar[tuple[str, ...]] = ("Shorten the text, or attach it as a file.",)

    def __init__(self, *, length: int, limit: int) -> None:
        super().__init__(f"The text has {length:,} characters; at most {limit:,} are converted.")
        self.length = length
        self.limit = limit


class DependencyError(InputError):
    """Dependencies form a cycle or name a ticket that is not in the session.

    Attributes:
        tickets: the ids of the tickets concerned; for a cycle in order.
    """

    code = "invalid_dependencies"
    default_actions: ClassVar[tuple[str, ...]] = ("Correct the dependencies of the named tickets.",)

    def __init__(self, user_message: str, *, tickets: Sequence[UUID]) -> None:
        super().__init__(user_message)
        self.tickets: tuple[UUID, ...] = tuple(tickets)


class NoTicketsError(InputError):
    """The session has nothing to export."""

    code = "no_tickets"
    default_actions: ClassVar[tuple[str, ...]] = ("Add at least one ticket to the session.",)


class TicketError(InputError):
    """One ticket cannot be sent as it is: a required field is missing or was refused.

    Attributes:
        ticket_id: the ticket.
        field: the field, in the batch file's words; empty when it is the ticket as a whole.
    """

    code = "invalid_ticket"
    default_actions: ClassVar[tuple[str, ...]] = ("Correct the named field of the ticket, then retry the export.",)

    def __init__(
        self, user_message: str, *, ticket_id: UUID, field: str = "", recovery_actions: Sequence[str] = ()
    ) -> None:
        super().__init__(user_message, recovery_actions=recovery_actions)
        self.ticket_id = ticket_id
        self.field = field


class SessionError(JiraSessionExportError):
    """The session is not in a state that allows what was asked.

    Attributes:
        session_id: the session.
    """

    code = "invalid_session_state"
    category = ErrorCategory.USER_FIXABLE

    def __init__(self, user_message: str, *, session_id: UUID, recovery_actions: Sequence[str] = ()) -> None:
        super().__init__(user_message, recovery_actions=recovery_actions)
        self.session_id = session_id


class SessionNotFoundError(SessionError):
    """There is no such session, or the caller may not see it."""

    code = "session_not_found"
    default_actions: ClassVar[tuple[str, ...]] = ("Check the session's id.",)

    def __init__(self, *, session_id: UUID) -> None:
        super().__init__(f"There is no session {session_id}.", session_id=session_id)


class ExportRunningError(SessionError):
    """An export of this session is running."""

    code = "export_running"
    default_actions: ClassVar[tuple[str, ...]] = ("Wait until the running export has ended.",)


class NotStartedError(SessionError):
    """The session has not been exported yet."""

    code = "not_started"
    default_actions: ClassVar[tuple[str, ...]] = ("Start the export.",)


class ArchivedError(SessionError):
    """The session has been put away."""

    code = "session_archived"
    default_actions: ClassVar[tuple[str, ...]] = ("Fetch the session back from the archive, then start its export.",)


class AlreadyStartedError(SessionError):
    """The session has been exported with this store, so there is nothing of an earlier state to adopt."""

    code = "already_started"
    default_actions: ClassVar[tuple[str, ...]] = ("Start or retry the export; it goes on where it stopped.",)


class RetryNeededError(SessionError):
    """The last export of this session failed, so it is retried instead of started."""

    code = "retry_needed"
    default_actions: ClassVar[tuple[str, ...]] = ("Retry the export: it goes on where it stopped.",)


class RetryTooEarlyError(SessionError):
    """Jira has asked to wait before the next request, so the retry is refused and not counted.

    Attributes:
        retry_not_before: when a retry is taken, aware, in UTC; None when that is not known.
        retry_after: how long that is from now; None when it is not known.
    """

    code = "retry_too_early"
    category = ErrorCategory.TEMPORARY

    def __init__(
        self,
        user_message: str,
        *,
        session_id: UUID,
        retry_not_before: datetime | None = None,
        retry_after: timedelta | None = None,
    ) -> None:
        when = "later" if retry_not_before is None else f"at {utc(retry_not_before)} or later"
        super().__init__(
            user_message,
            session_id=session_id,
            recovery_actions=[f"Retry {when}; this attempt was not counted."],
        )
        self.retry_not_before = retry_not_before
        self.retry_after = retry_after


class AlreadyCompletedError(SessionError):
    """The session has been exported already; nothing was sent.

    Attributes:
        tickets_edited: exported tickets that were edited since; their issues are as they were exported.
        tickets_removed: exported tickets that the session has no more.
    """

    code = "already_completed"
    default_actions: ClassVar[tuple[str, ...]] = ("Look at the export's results.",)

    def __init__(
        self, user_message: str, *, session_id: UUID, tickets_edited: int = 0, tickets_removed: int = 0
    ) -> None:
        changed = [
            f"{count} {'was' if count == 1 else 'were'} {verb} since"
            for count, verb in ((tickets_edited, "edited"), (tickets_removed, "removed from the session"))
            if count
        ]
        super().__init__(
            f"{user_message} Of them {' and '.join(changed)}; nothing was sent." if changed else user_message,
            session_id=session_id,
            recovery_actions=(
                ["Look at the export's results: they say which.", "Make the same edits in Jira by hand."]
                if changed
                else ()
            ),
        )
        self.tickets_edited = tickets_edited
        self.tickets_removed = tickets_removed


class NothingToRetryError(SessionError):
    """The session's last export did not fail."""

    code = "nothing_to_retry"
    default_actions: ClassVar[tuple[str, ...]] = ("Start an export instead.",)


class NothingToReleaseError(SessionError):
    """There is nothing to release the session from: it has not failed, or a retry is left."""

    code = "nothing_to_release"
    default_actions: ClassVar[tuple[str, ...]] = ("Look at the export's status.",)


class RetriesExhaustedError(SessionError):
    """All retries of this session are used up, until an administrator releases it.

    Args:
        release: how whoever reads this releases the session, a sentence; empty when they may not.

    Attributes:
        retry_attempts_used: how many.
        first_error_at: when the session failed for the first time.
    """

    code = "retries_exhausted"
    category = ErrorCategory.ADMIN_REQUIRED
    default_actions: ClassVar[tuple[str, ...]] = (
        "Contact system administrator",
        "Session may need manual cleanup",
        "An administrator can release the session for further retries (ExportService.release; command: release)",
    )

    def __init__(
        self, *, session_id: UUID, retry_attempts_used: int, first_error_at: datetime | None, release: str = ""
    ) -> None:
        way_out = "Release the session to retry it again." if release else "Please contact administrator."
        actions = (
            "Look at the session's status for what made it fail, and correct that.",
            release,
            "If a ticket cannot be corrected, leave it out when you retry.",
        )
        super().__init__(
            f"Maximum retry attempts ({retry_attempts_used}) exceeded. {way_out}",
            session_id=session_id,
            recovery_actions=actions if release else (),
        )
        self.retry_attempts_used = retry_attempts_used
        self.first_error_at = first_error_at

    def told_to_administrator(self, release: str) -> "RetriesExhaustedError":
        """Return the error in words for somebody who may release the session. `release`: as of the class."""
        return RetriesExhaustedError(
            session_id=self.session_id,
            retry_attempts_used=self.retry_attempts_used,
            first_error_at=self.first_error_at,
            release=release,
        )


class WorkerCrashedError(SessionError):
    """The worker of this session died repeatedly without getting further."""

    code = "worker_crashed"
    category = ErrorCategory.ADMIN_REQUIRED
    default_actions: ClassVar[tuple[str, ...]] = ("Look into the worker's log for the cause, then retry the export.",)


class ExportFailedError(JiraSessionExportError):
    """An export that was waited for has failed; exporting the session again retries it where it stopped.

    Its category, message and recovery actions are those of the failure.

    Attributes:
        failure: why it stopped, with the stable `code` of the cause.
        session_id: the session.
        ticket_order: order of the ticket it stopped at; None when no ticket was the reason.
        retry_available: whether a retry is left.
    """

    code = "export_failed"

    def __init__(self, failure: Failure, *, session_id: UUID, ticket_order: int | None, retry_available: bool) -> None:
        super().__init__(failure.message, recovery_actions=failure.recovery_actions, category=failure.category)
        self.failure = failure
        self.session_id = session_id
        self.ticket_order = ticket_order
        self.retry_available = retry_available


class ExportStoppedError(JiraSessionExportError):
    """An export that was waited for was cancelled, or handed over because this process shuts down; it can go on.

    Attributes:
        session_id: the session.
        cancelled: whether somebody cancelled it. Otherwise the next process that opens the store goes on with it.
    """

    code = "export_stopped"
    category = ErrorCategory.TEMPORARY
    default_actions: ClassVar[tuple[str, ...]] = ("Export the session again: it goes on where it stopped.",)

    def __init__(self, *, session_id: UUID, cancelled: bool) -> None:
        super().__init__(
            "The export was cancelled." if cancelled else "The export was handed over: this process shuts down."
        )
        self.session_id = session_id
        self.cancelled = cancelled


class JiraError(JiraSessionExportError):
    """Jira, or the way to it, failed.

    Attributes:
        operation: method and path, for example `POST /rest/api/3/issue`.
        trace_id: Jira's trace id, None when there was no answer.
    """

    code = "jira_error"
    category = ErrorCategory.TEMPORARY
    default_actions: ClassVar[tuple[str, ...]] = ("Retry the export in a few minutes.",)

    def __init__(
        self,
        user_message: str,
        *,
        operation: str,
        trace_id: str | None = None,
        recovery_actions: Sequence[str] = (),
        category: ErrorCategory | None = None,
    ) -> None:
        super().__init__(user_message, recovery_actions=recovery_actions, category=category)
        self.operation = operation
        self.trace_id = trace_id


class NotSentError(JiraError):
    """The request certainly did not reach Jira; it may be repeated."""

    code = "jira_unreachable"
    default_actions: ClassVar[tuple[str, ...]] = ("Check the network and Jira's address, then retry.",)


class OutcomeUnknownError(JiraError):
    """A write was sent and its answer never came, or said nothing certain; look before repeating it."""

    code = "outcome_unknown"


class ReadFailedError(JiraError):
    """A read failed on Jira's side or on the way; repeating it is harmless."""

    code = "jira_unavailable"


class UnreadableAnswerError(ReadFailedError):
    """What answered a read is nothing that Jira says there, or too large; `operation` names the endpoint."""

    code = "unreadable_answer"


class RateLimitedError(JiraError):
    """Jira refused for now; nothing was processed.

    Attributes:
        retry_after: how long Jira asked us to wait; None when it did not say.
        retry_not_before: when that is over, aware, in UTC; None when it did not say.
        reason: `RateLimit-Reason` as Jira wrote it; None when absent.
    """

    code = "rate_limited"

    def __init__(
        self,
        user_message: str,
        *,
        operation: str,
        trace_id: str | None = None,
        retry_after: timedelta | None = None,
        retry_not_before: datetime | None = None,
        reason: str | None = None,
    ) -> None:
        actions = [] if retry_not_before is None else [f"Retry at {utc(retry_not_before)} or later."]
        super().__init__(user_message, operation=operation, trace_id=trace_id, recovery_actions=actions)
        self.retry_after = retry_after
        self.retry_not_before = retry_not_before
        self.reason = reason


class RefusedError(JiraError):
    """Jira answered no; nothing was written.

    Attributes:
        refusal: status, Jira's field → message map and its messages.
    """

    code = "jira_refused"
    category = ErrorCategory.USER_FIXABLE
    default_actions: ClassVar[tuple[str, ...]] = ("Correct what Jira complained about, then retry the export.",)

    def __init__(
        self,
        user_message: str,
        *,
        operation: str,
        refusal: Refusal,
        recovery_actions: Sequence[str] = (),
        category: ErrorCategory | None = None,
    ) -> None:
        super().__init__(
            user_message,
            operation=operation,
            trace_id=refusal.trace_id,
            recovery_actions=recovery_actions,
            category=category,
        )
        self.refusal = refusal


class AuthenticationError(RefusedError):
    """Jira does not accept the credentials (401)."""

    code = "authentication_failed"
    category = ErrorCategory.ADMIN_REQUIRED
    default_actions: ClassVar[tuple[str, ...]] = ("Renew the Jira API token and check the account's e-mail address.",)


class PermissionDeniedError(RefusedError):
    """The account may not do this in Jira (403, or a permission the pre-flight found missing)."""

    code = "permission_denied"
    category = ErrorCategory.ADMIN_REQUIRED
    default_actions: ClassVar[tuple[str, ...]] = ("Ask a Jira administrator for the missing permission.",)


class MissingScopeError(PermissionDeniedError):
    """The token was not given a scope that this takes; the account itself may be allowed to.

    Attributes:
        scopes: those it takes; the token lacks at least one of them.
    """

    code = "missing_scope"
    default_actions: ClassVar[tuple[str, ...]] = ("Give the token the missing scope.",)

    def __init__(
        self,
        user_message: str,
        *,
        operation: str,
        refusal: Refusal,
        scopes: Sequence[str] = (),
        recovery_actions: Sequence[str] = (),
    ) -> None:
        super().__init__(user_message, operation=operation, refusal=refusal, recovery_actions=recovery_actions)
        self.scopes: tuple[str, ...] = tuple(scopes)


class NotFoundError(RefusedError):
    """Jira has no such thing, or hides it from this account (404)."""

    code = "jira_not_found"
    default_actions: ClassVar[tuple[str, ...]] = ("Check the name, and that the account can see it in Jira.",)


class TooLargeError(RefusedError):
    """Too large for Jira, or one more than its limit (413)."""

    code = "too_large"
    default_actions: ClassVar[tuple[str, ...]] = ("Make the file smaller, or add it in Jira another way.",)


class AttachmentError(JiraSessionExportError):
    """The bytes of a ticket's file cannot be had, or kept.

    Attributes:
        reason: why not, as the end of a sentence.
        path: the file, as its ticket names it; empty when it is about all files of a place.
        place: where it is, or was to be, for example `the folder /srv/files`; empty when the path says it.
        action: what failed: the file could not be `read`, `kept` or `removed`.
    """

    code = "attachment_unreadable"

    def __init__(
        self,
        reason: str,
        *,
        path: str,
        place: str,
        action: Literal["read", "kept", "removed"] = "read",
        recovery_actions: Sequence[str] = (),
    ) -> None:
        at = f" {'in' if action == 'kept' else 'from'} {place}" if place else ""
        if action != "read":
            recovery_actions = recovery_actions or ("Check what keeps the files (JSE_ATTACHMENTS), then try again.",)
        super().__init__(f"{path or 'Files'} cannot be {action}{at}: {reason}.", recovery_actions=recovery_actions)
        self.reason: str = lines(reason)
        self.path = path
        self.place = place
        self.action: Literal["read", "kept", "removed"] = action


class AttachmentMissingError(AttachmentError):
    """The file is not where it is looked for, or may not be read there."""

    code = "attachment_missing"
    category = ErrorCategory.USER_FIXABLE
    default_actions: ClassVar[tuple[str, ...]] = (
        "Put the file where every worker finds it, then retry the export.",
        "Or leave the file out of the ticket.",
    )


class AttachmentPathError(AttachmentError):
    """The path names no file that any process could open: it leads outside, or is no name of a file; so nobody waits.

    Raise it only for what is the same on every machine.
    """

    code = "attachment_path"
    category = ErrorCategory.USER_FIXABLE
    default_actions: ClassVar[tuple[str, ...]] = (
        "Correct the path of the file in the ticket, then retry the export.",
        "Or load the session again where JSE_ATTACHMENTS is set as it is for the workers.",
        "Or leave the file out of the ticket.",
    )


class AttachmentUnavailableError(AttachmentError):
    """What keeps the file did not answer, or the file changed while it was read; the same may work in a moment."""

    code = "attachment_unavailable"
    category = ErrorCategory.TEMPORARY
    default_actions: ClassVar[tuple[str, ...]] = ("Check what keeps the files, then retry the export.",)


class CreateUndecidedError(JiraSessionExportError):
    """Whether a create succeeded could not be decided within the budget; the retry looks again before it creates.

    Attributes:
        ticket_id: the ticket.
        jql: the search that would find the issue.
    """

    code = "create_undecided"
    category = ErrorCategory.TEMPORARY
    default_actions: ClassVar[tuple[str, ...]] = (
        "Retry the export in a few minutes: it looks for the issue first and never creates it twice.",
    )

    def __init__(self, user_message: str, *, ticket_id: UUID, jql: str) -> None:
        super().__init__(user_message)
        self.ticket_id = ticket_id
        self.jql = jql


class StoreError(JiraSessionExportError):
    """The store of the export's state."""

    code = "store_error"


class StoreUnavailableError(StoreError):
    """The database did not answer; whether it was written is unknown.

    Attributes:
        public_message: the message without the driver's words, which name the server, the account and the database; it
            is what callers of a service are told.
    """

    code = "store_unavailable"
    category = ErrorCategory.TEMPORARY
    default_actions: ClassVar[tuple[str, ...]] = ("Check the database, then retry the export.",)

    def __init__(
        self, user_message: str, *, recovery_actions: Sequence[str] = (), public_message: str | None = None
    ) -> None:
        super().__init__(user_message, recovery_actions=recovery_actions)
        self.public_message: str = public_message or user_message


class NewerTablesError(StoreError):
    """A process of a newer version has brought the tables up to date, so this one leaves them alone.

    Nothing was written. Exports go on in processes of the newer version.
    """

    code = "newer_tables"
    category = ErrorCategory.ADMIN_REQUIRED
    default_actions: ClassVar[tuple[str, ...]] = ("Upgrade: pip install --upgrade jira-session-export.",)


class LeaseLostError(StoreError):
    """Another worker took this run over, so nothing was written; stop."""

    code = "lease_lost"
    category = ErrorCategory.TEMPORARY
    default_actions: ClassVar[tuple[str, ...]] = ("Nothing to do: the export goes on in another worker.",)
