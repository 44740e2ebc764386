"""The waits of a run that Jira or the back-off asks for, before a request is sent, or sent again."""

import logging
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

from jira_session_export._export.events import WaitReason
from jira_session_export._export.fenced import FencedJournal
from jira_session_export._export.stopping import StopSwitch
from jira_session_export._export.telling import Teller
from jira_session_export._jira.dispatch import JiraWait
from jira_session_export._journal import RunWaiting
from jira_session_export._runtime import Runtime
from jira_session_export._values import utc
from jira_session_export.errors import RateLimitedError

logger = logging.getLogger("jira_session_export.run")

TOLD_SECONDS = 5.0
"""A wait that Jira asks for is told of when it takes this long."""


class JiraWaits:
    """Waits for Jira as one run does: a long pause that Jira asked for is recorded and told, and a stop ends it.

    Args:
        title: returns the title of the ticket that is in work; empty when none is.
    """

    def __init__(
        self,
        journal: FencedJournal,
        stop: StopSwitch,
        teller: Teller,
        *,
        session_id: UUID,
        runtime: Runtime,
        title: Callable[[], str],
    ) -> None:
        self._journal = journal
        self._stop = stop
        self._teller = teller
        self._session_id = session_id
        self._runtime = runtime
        self._title = title

    async def wait(self, wait: JiraWait) -> None:
        """Wait before the next request.

        Raises:
            StopRequested: the run is to stop.
            LeaseLostError, StoreUnavailableError: as `FencedJournal.append`.
        """
        if wait.seconds >= TOLD_SECONDS and wait.code == RateLimitedError.code:
            await self._tell(wait)
        await self._stop.sleep(wait.seconds, wait.ready)
        await self._stop.checkpoint()
        if wait.seconds >= TOLD_SECONDS:
            self._teller.progress_again()

    async def _tell(self, wait: JiraWait) -> None:
        until = self._runtime.now() + timedelta(seconds=wait.seconds)
        title = self._title()
        logger.info(
            "Session %s waits %.0f s, until %s, as Jira asked (%s) before %s%s",
            self._session_id,
            wait.seconds,
            utc(until),
            wait.reason or "no reason given",
            wait.operation,
            f": {title}" if title else "",
            extra={
                "action": "jira_wait",
                "session_id": str(self._session_id),
                "seconds": wait.seconds,
                "operation": wait.operation,
                "reason": wait.reason,
            },
        )
        await self._journal.append(RunWaiting(self._runtime.now(), until, wait.operation, wait.reason))
        self._teller.waiting(WaitReason.RATE_LIMIT, wait.seconds, title=title, detail=wait.reason or "")
