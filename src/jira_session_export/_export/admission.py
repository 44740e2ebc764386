"""Whether a session may be started or retried now, by its state alone."""

from collections.abc import Mapping
from uuid import UUID

from jira_session_export._export.reports import retry_available, retry_is_early
from jira_session_export._export.selecting import Selection, left_out_now
from jira_session_export._journal import SessionState, SessionStatus, TicketState
from jira_session_export._runtime import Runtime
from jira_session_export._settings import ExportSettings
from jira_session_export._values import utc
from jira_session_export._wording import duration
from jira_session_export.errors import (
    ArchivedError,
    ExportRunningError,
    NothingToRetryError,
    NotStartedError,
    RetriesExhaustedError,
    RetryNeededError,
    RetryTooEarlyError,
)


class Admission:
    """Says whether a session may be started or retried now, and raises why it may not."""

    def __init__(self, settings: ExportSettings, runtime: Runtime) -> None:
        self._settings = settings
        self._runtime = runtime

    def runs_with(self, state: SessionState, states: Mapping[UUID, TicketState], selection: Selection) -> bool:
        """Whether an export that is going on exports what is asked for; one nobody works on can be started anew.

        Raises:
            ExportRunningError: a worker exports other tickets.
        """
        takes_all = selection.only is None and not selection.skip - {key for key in states if states[key].removed}
        others = {key for key, ticket in states.items() if ticket.issue is None and not selection.takes(key)}
        if takes_all or others == left_out_now(states.values()):
            return True
        if state.lease_is_live(self._runtime.now()):
            raise ExportRunningError(
                "An export of this session is running with other tickets.",
                session_id=state.session_id,
                recovery_actions=["Wait until it has ended, or cancel it; then choose the tickets."],
            )
        return False

    def check_start(self, state: SessionState) -> None:
        """Make sure that the session may be started now, if it is not exporting with a worker.

        Raises:
            ExportRunningError, ArchivedError, RetryNeededError: as `ExportService.start`.
        """
        if state.status != SessionStatus.EXPORTING and state.lease_is_live(self._runtime.now()):
            raise ExportRunningError(
                "Somebody is deleting the issues of this session, or has stopped while doing so.",
                session_id=state.session_id,
                recovery_actions=[f"Try again in {duration(self._settings.lease_seconds)}."],
            )
        _check_at_hand(state)
        if state.status == SessionStatus.EXPORT_FAILED:
            raise RetryNeededError(
                "The last export of this session failed; retry it instead of starting another.",
                session_id=state.session_id,
            )

    def check_retry(self, state: SessionState) -> None:
        """Make sure that the session may be retried now.

        Raises:
            ExportRunningError, NotStartedError, NothingToRetryError, ArchivedError: as `ExportService.retry`.
            RetryTooEarlyError, RetriesExhaustedError: as `ExportService.retry`.
        """
        if state.status == SessionStatus.EXPORTING:
            raise ExportRunningError("An export of this session is running.", session_id=state.session_id)
        if state.started_at is None:
            raise NotStartedError("This session has not been exported yet.", session_id=state.session_id)
        if state.status != SessionStatus.EXPORT_FAILED:
            raise NothingToRetryError("The last export of this session did not fail.", session_id=state.session_id)
        _check_at_hand(state)
        now = self._runtime.now()
        if (moment := retry_is_early(state, now)) is not None:
            raise RetryTooEarlyError(
                f"Jira limits the requests and has asked to wait until {utc(moment)}.",
                session_id=state.session_id,
                retry_not_before=moment,
                retry_after=moment - now,
            )
        if not retry_available(state, self._settings):
            raise RetriesExhaustedError(
                session_id=state.session_id,
                retry_attempts_used=self._settings.max_retries,
                first_error_at=state.first_error_at,
            )


def _check_at_hand(state: SessionState) -> None:
    if state.archived_at is not None:
        raise ArchivedError("This session has been put into the archive.", session_id=state.session_id)
