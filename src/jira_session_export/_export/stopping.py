"""Stops a run: between two steps, or in the middle of a wait."""

from collections.abc import Iterator
from contextlib import contextmanager

import anyio

from jira_session_export._export.fenced import FencedJournal
from jira_session_export._runtime import Runtime, sleep_until
from jira_session_export.errors import StoreUnavailableError

LOOK_SECONDS = 2.0
"""How often a long wait is interrupted to see whether the export was cancelled elsewhere."""


class StopRequested(Exception):  # noqa: N818 -- a signal between two steps, not an error
    """The run is to stop here; nothing is under way.

    Attributes:
        cancelled: whether the export was cancelled. Otherwise the run hands over.
    """

    def __init__(self, *, cancelled: bool) -> None:
        super().__init__()
        self.cancelled = cancelled


class StopSwitch:
    """Keeps the request to stop one run, and ends the run's waits as soon as there is one.

    Args:
        journal: says whether somebody has cancelled the export, maybe in another process, and whether the lease is
            lost. It is told to hurry once the run is to stop.
        cancelled: whether the export was cancelled before the run began.
    """

    def __init__(self, journal: FencedJournal, *, runtime: Runtime, cancelled: bool) -> None:
        self._journal = journal
        self._runtime = runtime
        self._request = StopRequested(cancelled=True) if cancelled else None
        self._waits: set[anyio.CancelScope] = set()

    @property
    def requested(self) -> bool:
        """Whether the run is to stop."""
        return self._request is not None

    def request(self, *, cancelled: bool) -> None:
        """Stop the run at its next step; the first request decides how it ends.

        Args:
            cancelled: whether it ends as cancelled. Otherwise it hands over.
        """
        self._request = self._request or StopRequested(cancelled=cancelled)
        self._journal.hurried = True
        self.end_waits()

    def follow_journal(self) -> None:
        """Request the stop if somebody had cancelled the export when the journal was last written."""
        if self._journal.cancel_requested:
            self.request(cancelled=True)

    def end_waits(self) -> None:
        """End what the run waits for now."""
        for wait in self._waits:
            wait.cancel()

    async def checkpoint(self) -> None:
        """Stand between two steps.

        Raises:
            StopRequested: the run is to stop.
            LeaseLostError, StoreUnavailableError: as `FencedJournal.check_lease`.
        """
        self.follow_journal()
        if self._request is not None:
            raise self._request
        await self._journal.check_lease()

    @contextmanager
    def until_stopped(self) -> Iterator[None]:
        """Cut off what is awaited in the block as soon as the run is to stop."""
        with anyio.CancelScope() as scope:
            if self._is_over:
                scope.cancel()
            self._waits.add(scope)
            try:
                yield
            finally:
                self._waits.discard(scope)

    async def sleep(self, seconds: float, ready: anyio.Event | None = None) -> None:
        """Sleep, but no longer than until the run is to stop, or `ready` is set."""
        until = self._runtime.monotonic() + seconds
        while not self._is_over and (left := until - self._runtime.monotonic()) > 0:
            with self.until_stopped():
                await sleep_until(self._runtime, min(left, LOOK_SECONDS), ready)
            if ready is not None and ready.is_set():
                return
            if left > LOOK_SECONDS:
                await self._look()

    @property
    def _is_over(self) -> bool:
        """Whether there is nothing left to wait for."""
        return self._request is not None or self._journal.lost

    async def _look(self) -> None:
        """Find out in the middle of a long wait whether somebody has cancelled the export."""
        try:
            await self._journal.renew()
        except StoreUnavailableError:
            return  # it is asked again soon
        self.follow_journal()
