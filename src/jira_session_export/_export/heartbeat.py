"""Keeps the lease of a run alive, and ends the run once another worker has the session."""

from collections.abc import Callable

import anyio

from jira_session_export._export.fenced import FencedJournal
from jira_session_export._export.stopping import StopSwitch
from jira_session_export._runtime import Runtime
from jira_session_export._settings import ExportSettings
from jira_session_export.errors import LeaseLostError, StoreUnavailableError


class Heartbeat:
    """Renews the lease of one run three times within its duration.

    Args:
        lost: called once another worker has the session.
    """

    def __init__(
        self,
        journal: FencedJournal,
        stop: StopSwitch,
        *,
        settings: ExportSettings,
        runtime: Runtime,
        lost: Callable[[], None],
    ) -> None:
        self._journal = journal
        self._stop = stop
        self._settings = settings
        self._runtime = runtime
        self._lost = lost

    async def beat(self, run: anyio.CancelScope) -> None:
        """Renew the lease until it is lost; then cancel the run's scope, once its last request is answered."""
        while True:
            await self._runtime.sleep(self._settings.lease_seconds / 3)
            try:
                await self._journal.renew()
                self._stop.follow_journal()
            except StoreUnavailableError:
                continue  # the next write finds out; the lease may still be ours
            except LeaseLostError:
                if self._journal.ending:
                    return
                self._lost()
                self._stop.end_waits()
                # A create that is under way is heard out: its issue is to be told of. Nothing else is begun.
                await self._runtime.sleep(2 * self._settings.request_timeout_seconds)
                run.cancel()
                return
