"""Releases a session that has used up its retries; takes the store alone, no Jira."""

from uuid import UUID

from jira_session_export._export.reports import retry_available
from jira_session_export._journal import SessionReleased, SessionStatus
from jira_session_export._runtime import SYSTEM_RUNTIME, Runtime
from jira_session_export._settings import ExportSettings
from jira_session_export._storage.protocols import ExportStore
from jira_session_export.errors import NothingToReleaseError


async def release(
    store: ExportStore, session_id: UUID, settings: ExportSettings, *, by: str, runtime: Runtime = SYSTEM_RUNTIME
) -> None:
    """Let a session that has used up its retries be retried again; see `ExportService.release`.

    Raises:
        NothingToReleaseError: it has not failed, or a retry is left.
        SessionNotFoundError, StoreUnavailableError: as `ExportStore.state`.
    """
    state = await store.state(session_id)
    if state.status != SessionStatus.EXPORT_FAILED:
        raise NothingToReleaseError("The last export of this session did not fail.", session_id=session_id)
    if settings.max_retries < 1:
        raise NothingToReleaseError(
            "No session can be retried here: max_retries is 0.",
            session_id=session_id,
            recovery_actions=["Set max_retries to 1 or more."],
        )
    if retry_available(state, settings) or not await store.release(session_id, SessionReleased(runtime.now(), by)):
        raise NothingToReleaseError(
            "This session can be retried as it is: a retry is left.",
            session_id=session_id,
            recovery_actions=["Retry the export."],
        )
