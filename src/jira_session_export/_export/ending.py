"""How a run ends: completed, stopped, failed or handed over, as the journal, the events and the log have it."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import anyio

from jira_session_export._export.attaching import TicketFileError
from jira_session_export._export.fenced import FencedJournal
from jira_session_export._export.held_up import FilePolicy, held_up
from jira_session_export._export.telling import Teller
from jira_session_export._export.work import TicketOutline
from jira_session_export._journal import (
    Entry,
    HeldUp,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunReleased,
    TicketState,
)
from jira_session_export._models import Ticket
from jira_session_export._printable import one_line
from jira_session_export._runtime import Runtime
from jira_session_export._settings import ExportSettings
from jira_session_export._storage.protocols import SessionStore
from jira_session_export._values import Failure
from jira_session_export.errors import (
    JiraSessionExportError,
    LeaseLostError,
    RateLimitedError,
    StoreUnavailableError,
    TicketError,
)

logger = logging.getLogger("jira_session_export.run")

UNTOLD_LIMIT_SECONDS = 60.0
"""How long a session rests when Jira goes on refusing requests without saying for how long."""
RELEASE_SECONDS = 5.0
"""How long a run that is being cancelled may take to hand over."""


class Ending:
    """Records the end of one run, and tells it. The run begins when this is made.

    Every method that records raises `StoreUnavailableError` when the database stays away. A session that another worker
    has is left alone.

    Args:
        retry_count: failures of the session so far.
        file_policy: what to do when a file cannot be read.
    """

    def __init__(
        self,
        journal: FencedJournal,
        teller: Teller,
        *,
        session_id: UUID,
        retry_count: int,
        store: SessionStore,
        file_policy: FilePolicy,
        settings: ExportSettings,
        runtime: Runtime,
    ) -> None:
        self._journal = journal
        self._teller = teller
        self._session_id = session_id
        self._retry_count = retry_count
        self._store = store
        self._file_policy = file_policy
        self._settings = settings
        self._runtime = runtime
        self._started = runtime.monotonic()
        self._lease_lost_told = False

    async def complete(self) -> None:
        """End the export: everything is done.

        Raises:
            LeaseLostError: another worker has the session.
        """
        if not await self._journal.end(RunCompleted(self._runtime.now(), self._seconds())):
            raise LeaseLostError("Another worker has taken this export over, or it has ended.")
        self._teller.ended(await self._journal.read(lambda: self._store.state(self._session_id)))

    async def stop(self, *, cancelled: bool) -> None:
        """End the run before its end, as was requested: the export is cancelled, or the next worker goes on."""
        if not cancelled:
            await self._hand_on()
        elif await self._journal.end(RunCancelled(self._runtime.now(), self._seconds())):
            self._teller.stopped(cancelled=True)

    async def hand_over(self, unsent: Sequence[Entry]) -> None:
        """Give the session back while the run's task is being cancelled.

        Args:
            unsent: entries that say which creates were announced and not sent.
        """
        try:
            with anyio.move_on_after(RELEASE_SECONDS, shield=True):
                if unsent:
                    await self._journal.append(*unsent)
                await self._release()
        except StoreUnavailableError as exc:
            logger.warning(
                "The run of session %s could not be handed over: %s",
                self._session_id,
                one_line(str(exc)),
                extra=self._log("not_released"),
            )

    async def hand_over_without_store(self, exc: StoreUnavailableError) -> None:
        """Give the session back as the database stays away.

        That is no ticket's fault, and nothing a person has to decide: the next worker goes on.
        """
        logger.warning(
            "Session %s is handed over because the database stays away: %s",
            self._session_id,
            one_line(str(exc)),
            extra=self._log("handed_over"),
        )
        await self._release()

    async def hand_on_or_fail(self, exc: TicketFileError, ticket: Ticket | TicketOutline | None) -> None:
        """Leave the session to a worker that can read the file, until nobody has been found for long enough."""
        try:
            state = await self._journal.read(lambda: self._store.state(self._session_id))
        except StoreUnavailableError:
            await self._release()
            return
        held = held_up(state.held_up, exc, self._file_policy, self._runtime.now())
        if held is None:
            await self.fail(exc, ticket)
            return
        logger.warning(
            "Session %s is left to another worker: %s",
            self._session_id,
            one_line(exc.user_message),
            extra=self._log("handed_on"),
        )
        await self._hand_on(held)

    async def fail(self, exc: JiraSessionExportError, ticket: Ticket | TicketOutline | None) -> None:
        """End the export as failed, and say at which ticket, which may be none."""
        message = _blaming(ticket, exc)
        logger.warning(
            "The export of session %s failed (%s): %s",
            self._session_id,
            exc.code,
            one_line(message),
            extra=self._log("run_failed", code=exc.code, trace_id=getattr(exc, "trace_id", None)),
        )
        await self._record_failure(exc, ticket)

    async def fail_unforeseen(self, exc: Exception, ticket: Ticket | TicketOutline | None) -> None:
        """End the export as failed because of an error in this code, which is logged with its traceback."""
        logger.error(
            "The export of session %s failed%s for a reason nobody foresaw",
            self._session_id,
            f" at ticket {ticket.order}" if ticket else "",
            exc_info=exc,
            extra=self._log("run_failed"),
        )
        error = JiraSessionExportError(
            f"The export stopped because of an internal error ({type(exc).__name__}).",
            recovery_actions=["Look into the log for the cause, then retry the export."],
        )
        await self._record_failure(error, ticket)

    def lose_lease(self) -> None:
        """Tell that another worker has the session. There is nothing to record."""
        if not self._lease_lost_told:
            self._lease_lost_told = True
            self._teller.lease_lost()
        logger.warning("Another worker has taken the session over: %s", self._session_id, extra=self._log("lease_lost"))

    async def _release(self, held: HeldUp | None = None) -> bool:
        return await self._journal.end(RunReleased(self._runtime.now(), self._seconds(), held))

    async def _hand_on(self, held: HeldUp | None = None) -> None:
        if await self._release(held):
            self._teller.stopped(cancelled=False)

    async def _record_failure(self, exc: JiraSessionExportError, ticket: Ticket | TicketOutline | None) -> None:
        failed: Ticket | TicketOutline | TicketState | None = ticket
        if failed is None and isinstance(exc, TicketError):  # it names its ticket, as no ticket is in work
            failed = self._journal.states.get(exc.ticket_id)
        failure = Failure(
            exc.category,
            exc.code,
            _blaming(ticket, exc),
            tuple(exc.recovery_actions),
            getattr(exc, "trace_id", None),
            retry_not_before=self._retry_not_before(exc),
        )
        ticket_id = failed.ticket_id if isinstance(failed, TicketState) else failed.id if failed else None
        order = failed.order if failed else None
        if await self._journal.end(RunFailed(self._runtime.now(), self._seconds(), failure, ticket_id, order)):
            self._teller.failed(
                order,
                failure,
                retry_available=failure.retry_not_before is not None or self._retry_count < self._settings.max_retries,
            )

    def _retry_not_before(self, exc: JiraSessionExportError) -> datetime | None:
        """When a retry makes sense; None when that depends on what a person does."""
        if not isinstance(exc, RateLimitedError):
            return None
        return exc.retry_not_before or self._runtime.now() + timedelta(seconds=UNTOLD_LIMIT_SECONDS)

    def _seconds(self) -> float:
        return self._runtime.monotonic() - self._started

    def _log(self, action: str, **facts: object) -> dict[str, object]:
        return {"action": action, "session_id": str(self._session_id), **facts}


def _blaming(ticket: Ticket | TicketOutline | None, exc: JiraSessionExportError) -> str:
    return f"Ticket {ticket.order} ({ticket.title}): {exc.user_message}" if ticket else exc.user_message
