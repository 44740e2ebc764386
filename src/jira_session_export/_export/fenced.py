"""Writes a run's entries under its lease: repeated while the database is away, refused once another has the session."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import TypeVar
from uuid import UUID

from jira_session_export._export.content import read_states
from jira_session_export._journal import (
    CleanupEnded,
    Entry,
    Lease,
    OrphanFound,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunReleased,
    TicketState,
)
from jira_session_export._runtime import Runtime
from jira_session_export._storage.protocols import AdvancingStore, ExportStore
from jira_session_export._transitions import advance_ticket
from jira_session_export.errors import LeaseLostError, StoreUnavailableError

T = TypeVar("T")

logger = logging.getLogger("jira_session_export.run")

FIRST_DELAYS = (0.1, 0.5, 2.0)
"""Seconds between the first tries while the database does not answer; a run that is to stop makes no others."""
LATER_DELAY_SECONDS = 5.0
"""Seconds between the tries after those."""

RunEnd = RunCompleted | RunFailed | RunCancelled | RunReleased | CleanupEnded


def _nobody(_seconds: float) -> None:
    pass


class FencedJournal:
    """The journal of one session as one worker writes it.

    A database that is away for a while fails no run: what it does not answer is repeated for `patience_seconds`. That
    is safe, because each write is checked against the lease, and one that is there already changes nothing.

    Args:
        waiting: called with the seconds until the next try, once the first quick ones were in vain.

    Attributes:
        states: where each ticket is, as the store has it.
        cancel_requested: whether somebody had asked to cancel when we last wrote.
        ending: whether the end of the run is written, or being written; from then on a lost lease means nothing.
        lost: whether it is known that another worker has the session.
        hurried: whether the run is to stop, so that it waits for the database no longer than the first tries take.
    """

    def __init__(
        self,
        store: ExportStore,
        lease: Lease,
        *,
        lease_seconds: float,
        patience_seconds: float,
        runtime: Runtime,
        waiting: Callable[[float], None] = _nobody,
    ) -> None:
        self._store = store
        self._advancing = (
            store if "append_advanced" in vars(type(store)) and isinstance(store, AdvancingStore) else None
        )
        self._lease = lease
        self._lease_seconds = lease_seconds
        self._patience_seconds = patience_seconds
        self._runtime = runtime
        self._tell_waiting = waiting
        self._fresh_until = (runtime.now() + timedelta(seconds=lease_seconds), runtime.monotonic() + lease_seconds)
        self._states: dict[UUID, TicketState] = {}
        self._shown_states: Mapping[UUID, TicketState] = MappingProxyType(self._states)
        self.cancel_requested = False
        self.ending = False
        self.hurried = False
        self.lost = False

    @property
    def states(self) -> Mapping[UUID, TicketState]:
        """Where each ticket is, as the store has it."""
        return self._shown_states

    async def load(self) -> None:
        """Read where each ticket is.

        Raises:
            StoreUnavailableError: as `read`.
        """
        self._states = await self.read(lambda: read_states(self._store, self._lease.session_id))
        self._shown_states = MappingProxyType(self._states)

    async def read(self, ask: Callable[[], Awaitable[T]]) -> T:
        """The answer of `ask`, which reads from the store; asked again while the database does not answer.

        Raises:
            StoreUnavailableError: the database stayed away for `patience_seconds`.
        """
        waited = _Waiting(self)
        while True:
            try:
                return await ask()
            except StoreUnavailableError as exc:
                await waited.once_more(exc)

    async def append(self, *entries: Entry, patient: bool = True) -> None:
        """Write entries in one transaction; while the database does not answer, try again.

        Args:
            patient: whether to go on after the first few tries, which take under three seconds.

        Raises:
            LeaseLostError: another worker has the session.
            StoreUnavailableError: the database stayed away; whether they were written is unknown.
        """
        after: dict[UUID, TicketState] = {}
        for entry in entries:
            ticket_id: UUID | None = getattr(entry, "ticket_id", None)
            if ticket_id is not None:
                after[ticket_id] = advance_ticket(after.get(ticket_id) or self._states[ticket_id], entry)
        advanced = [(self._states[ticket_id], state) for ticket_id, state in after.items()]
        waited = _Waiting(self, patient=patient)
        while True:
            try:
                if advanced and self._advancing is not None:
                    self.cancel_requested = await self._advancing.append_advanced(self._lease, entries, advanced)
                else:
                    self.cancel_requested = await self._store.append(self._lease, *entries)
                break
            except StoreUnavailableError as exc:
                await waited.once_more(exc)
        self._states.update(after)

    async def end(self, entry: RunEnd) -> bool:
        """Write the end of the run, which gives the lease back.

        Returns:
            False when another worker has the session already, so that this end is none.

        Raises:
            StoreUnavailableError: as `append`.
        """
        self.ending = True
        answer_lost = False
        waited = _Waiting(self)
        while True:
            try:
                await self._store.append(self._lease, entry)
            except LeaseLostError:
                # An end whose answer got lost gave the lease back: then the token is still ours, the lease is not.
                if not answer_lost:
                    return False
                state = await self.read(lambda: self._store.state(self._lease.session_id))
                return state.token == self._lease.token
            except StoreUnavailableError as exc:
                answer_lost = True
                await waited.once_more(exc)
            else:
                return True

    async def renew(self) -> None:
        """Show a sign of life.

        Raises:
            LeaseLostError: another worker has the session.
            StoreUnavailableError: the database did not answer this once.
        """
        now, monotonic = self._runtime.now(), self._runtime.monotonic()
        try:
            self.cancel_requested = await self._store.renew(self._lease, now=now, lease_seconds=self._lease_seconds)
        except LeaseLostError:
            self.lost = True
            raise
        self._fresh_until = (now + timedelta(seconds=self._lease_seconds), monotonic + self._lease_seconds)

    async def record_orphan(self, orphan: OrphanFound) -> TicketState:
        """Keep an issue that this worker has made although it had lost the session; what the ticket has is the answer.

        Raises:
            StoreUnavailableError: the database stayed away.
        """
        return await self.read(lambda: self._store.record_orphan(self._lease.session_id, orphan))

    @property
    def is_fresh(self) -> bool:
        """Whether the session is ours without asking, as the last sign of life is younger than a lease."""
        wall, monotonic = self._fresh_until
        # Both clocks count: the wall clock may be set back, the other one stands still while a machine sleeps.
        return not self.lost and self._runtime.now() < wall and self._runtime.monotonic() < monotonic

    async def check_lease(self) -> Callable[[], bool]:
        """Make sure that the session is still ours; costs nothing while the last sign of life is fresh.

        A worker that was stopped for long must not send what another has meanwhile found absent and created.

        Returns:
            Tells, at any later moment and at once, whether that still holds without asking.

        Raises:
            LeaseLostError, StoreUnavailableError: as `append`.
        """
        if not self.is_fresh:
            await self.read(self.renew)
        return lambda: self.is_fresh


class _Waiting:
    """How long one operation has waited for the database."""

    def __init__(self, journal: FencedJournal, *, patient: bool = True) -> None:
        self._journal = journal
        self._patient = patient
        self._delays = iter(FIRST_DELAYS)
        self._deadline: float | None = None

    async def once_more(self, failed: StoreUnavailableError) -> None:
        """Wait before the next try, or raise `failed` when there is to be none."""
        runtime = self._journal._runtime  # noqa: SLF001 -- a part of it
        if self._deadline is None:
            self._deadline = runtime.monotonic() + self._journal._patience_seconds  # noqa: SLF001
        delay = next(self._delays, None)
        if delay is None:
            remaining = self._deadline - runtime.monotonic()
            if not self._patient or self._journal.hurried or remaining <= 0:
                raise failed
            delay = min(LATER_DELAY_SECONDS, remaining)
            self._journal._tell_waiting(delay)  # noqa: SLF001
        await runtime.sleep(delay)
