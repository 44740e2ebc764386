"""Tells whether a session's worker is alive, also where clocks disagree or have been set."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from jira_session_export._journal import SessionState, SessionStatus
from jira_session_export._runtime import Runtime
from jira_session_export._storage.protocols import ExportStore

STEP_SECONDS = 1.0
"""A clock that has moved on by so much more than time has passed was set."""
_LATER_THAN_ALL = timedelta(days=36_500)


@dataclass(slots=True)
class _Watched:
    """A lease that runs for longer than any does."""

    token: int
    expires_at: datetime
    since: float


@dataclass(slots=True)
class SignsOfLife:
    """Judges leases by the wall clock, which all processes share, and corrects it by the time that really passes.

    A clock that is set forward makes every lease look expired: then a lease is believed until its worker has had the
    time to renew it. One that is set back makes an abandoned lease look as if it ran for a day: a lease that runs for
    longer than any does is watched, and is none when nobody renews it within a lease.
    """

    runtime: Runtime
    lease_seconds: float
    _started: datetime | None = None
    _patient_until: float = -1.0
    _watched: dict[UUID, _Watched] = field(default_factory=dict)
    _looked_far_at: float | None = None

    def __post_init__(self) -> None:
        self._started = self.runtime.now() - timedelta(seconds=self.runtime.monotonic())

    def is_held(self, state: SessionState) -> bool:
        """Whether a worker has the session and may be alive."""
        now = self.runtime.now()
        if not state.lease_owner or state.lease_expires_at is None:
            return False
        if not state.lease_is_live(now):
            return self._clock_was_set_forward()
        if state.lease_expires_at <= now + timedelta(seconds=2 * self.lease_seconds):
            return True
        return not self._watched_in_vain(state, state.lease_expires_at)

    async def unattended(self, store: ExportStore) -> list[UUID]:
        """The sessions that are exporting while no worker is at them.

        Raises:
            StoreUnavailableError: the database did not answer.
        """
        now, monotonic = self.runtime.now(), self.runtime.monotonic()
        expired = list(await store.interrupted(now))
        if self._clock_was_set_forward():
            expired = [each for each in expired if not self.is_held(await store.state(each))]
        if self._looked_far_at is None or monotonic - self._looked_far_at >= self.lease_seconds:
            self._looked_far_at = monotonic
            expired += await self._abandoned(store, now)
        return expired

    async def _abandoned(self, store: ExportStore, now: datetime) -> list[UUID]:
        """Of the leases that run for longer than any does, those that nobody renews."""
        exporting = await store.interrupted(now + _LATER_THAN_ALL)
        believed = set(await store.interrupted(now + timedelta(seconds=2 * self.lease_seconds))) if exporting else set()
        strange = [each for each in exporting if each not in believed]
        for gone in self._watched.keys() - set(strange):
            del self._watched[gone]
        states = [await store.state(each) for each in strange]
        return [
            state.session_id for state in states if state.status == SessionStatus.EXPORTING and not self.is_held(state)
        ]

    def _clock_was_set_forward(self) -> bool:
        """Whether the wall clock was set forward within the last lease, so that leases only look expired."""
        monotonic = self.runtime.monotonic()
        started = self.runtime.now() - timedelta(seconds=monotonic)
        if self._started is not None and (started - self._started).total_seconds() > STEP_SECONDS:
            self._patient_until = monotonic + self.lease_seconds
        self._started = started
        return monotonic < self._patient_until

    def _watched_in_vain(self, state: SessionState, expires_at: datetime) -> bool:
        monotonic = self.runtime.monotonic()
        watched = self._watched.get(state.session_id)
        if watched is None or (watched.token, watched.expires_at) != (state.token, expires_at):
            self._watched[state.session_id] = _Watched(state.token, expires_at, monotonic)
            return False
        return monotonic - watched.since >= self.lease_seconds
