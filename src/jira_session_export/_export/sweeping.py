"""Which sessions a sweep gives to a queue of the host's, whose jobs we cannot see."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from jira_session_export._export.exporter import Exporter
from jira_session_export._export.ports import ExportRunner
from jira_session_export._journal import SessionState, SessionStatus
from jira_session_export.errors import JiraSessionExportError, NewerTablesError

logger = logging.getLogger("jira_session_export.sweep")

ON_ITS_WAY_SECONDS = 15.0
"""How long after its start a session's own job is waited for."""
AGAIN_SECONDS = 30.0
"""After how long a session that was queued and is still waiting is queued again; then twice as long, and so on."""
LONGEST_SECONDS = 480.0


@dataclass(slots=True)
class _Waiting:
    """A session that nobody works on. Times are of the monotonic clock."""

    due_at: float
    pause: float = AGAIN_SECONDS


class Sweeper:
    """Queues sessions that nobody works on, each as seldom as it can.

    What was handed over, or left by a worker that died, is queued at once. What has just been started has a job of its
    own, and what was queued may wait for long: a job too many does nothing, but a queue of them keeps others waiting.
    """

    def __init__(self, exporter: Exporter, runner: ExportRunner) -> None:
        self._exporter = exporter
        self._runner = runner
        self._waiting: dict[UUID, _Waiting] = {}

    async def once(self) -> Sequence[UUID]:
        """Queue what is due, and return it, the one whose turn it is first."""
        await self._exporter.check_schema()
        unattended = await self._exporter.unattended()
        self._waiting = {each: self._waiting[each] for each in unattended if each in self._waiting}
        queued: list[UUID] = []
        for session_id in unattended:
            now = self._exporter.runtime.monotonic()
            waiting = self._waiting.get(session_id)
            if waiting is not None and waiting.due_at > now:
                continue
            state = await self._exporter.store.state(session_id)
            if state.status != SessionStatus.EXPORTING or self._exporter.is_held(state):
                continue  # somebody was faster
            if waiting is None:
                waiting = self._waiting[session_id] = _Waiting(now + self._still_on_its_way(state))
                if waiting.due_at > now:
                    continue
            # Before it is queued, so that a queue that does not answer is not asked for each of them in every round.
            waiting.due_at = now + waiting.pause
            waiting.pause = min(waiting.pause * 2, LONGEST_SECONDS)
            try:
                await self._runner.submit(session_id)
            except BaseException:
                del self._waiting[session_id]
                raise
            queued.append(session_id)
        return queued

    def _still_on_its_way(self, state: SessionState) -> float:
        """Seconds for which the job of its start may be on its way."""
        if state.lease_owner or state.lease_expires_at is None:
            return 0.0  # a worker had it
        left = state.lease_expires_at + timedelta(seconds=ON_ITS_WAY_SECONDS) - self._exporter.runtime.now()
        return min(max(left.total_seconds(), 0.0), ON_ITS_WAY_SECONDS)

    async def once_logged(self) -> None:
        """As `once`, for a loop that goes on whatever happens.

        Raises:
            NewerTablesError: the tables are newer than this version knows, so that it has to end.
        """
        try:
            queued = await self.once()
        except NewerTablesError:
            raise
        except JiraSessionExportError as exc:
            logger.warning("Could not look for interrupted sessions: %s", exc, extra={"action": "sweep_failed"})
        except Exception:
            logger.exception("Could not look for interrupted sessions", extra={"action": "sweep_failed"})
        else:
            for session_id in queued:
                logger.info(
                    "Session %s was queued, because nobody works on it",
                    session_id,
                    extra={"action": "session_queued", "session_id": str(session_id)},
                )
