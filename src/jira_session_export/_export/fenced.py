"""Writes a run's entries under its lease: repeated while the database is away, refused once another has the session."""

import logging
from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from uuid import UUID

from jira_session_export._journal import (
    Entry,
    Lease,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunReleased,
    TicketState,
    advance_ticket,
)
from jira_session_export._runtime import Runtime
from jira_session_export._storage.protocols import ExportStore
from jira_session_export.errors import LeaseLostError, StoreUnavailableError

logger = logging.getLogger("jira_session_export.run")

APPEND_DELAYS = (0.1, 0.5, 2.0)
"""Seconds between the tries to write an entry while the database does not answer."""

RunEnd = RunCompleted | RunFailed | RunCancelled | RunReleased


class FencedJournal:
    """The journal of one session as one worker writes it.

    Attributes:
        states: where each ticket is, as the store has it.
        cancel_requested: whether somebody had asked to cancel when we last wrote.
        ending: whether the end of the run is written, or being written; from then on a lost lease means nothing.
    """

    def __init__(self, store: ExportStore, lease: Lease, *, lease_seconds: float, runtime: Runtime) -> None:
        self._store = store
        self._lease = lease
        self._lease_seconds = lease_seconds
        self._runtime = runtime
        self._fresh_until = (runtime.now() + timedelta(seconds=lease_seconds), runtime.monotonic() + lease_seconds)
        self._states: dict[UUID, TicketState] = {}
        self.cancel_requested = False
        self.ending = False

    @property
    def states(self) -> Mapping[UUID, TicketState]:
        """Where each ticket is, as the store has it."""
        return MappingProxyType(self._states)

    async def load(self) -> None:
        """Read where each ticket is."""
        self._states = {state.ticket_id: state for state in await self._store.ticket_states(self._lease.session_id)}

    async def append(self, *entries: Entry) -> None:
        """Write entries in one transaction; while the database does not answer, try again.

        Raises:
            LeaseLostError: another worker has the session.
            StoreUnavailableError: the database stayed away; whether they were written is unknown.
        """
        for delay in (*APPEND_DELAYS, None):
            try:
                self.cancel_requested = await self._store.append(self._lease, *entries)
                break
            except StoreUnavailableError:
                if delay is None:
                    raise
                await self._runtime.sleep(delay)
        for entry in entries:
            ticket_id: UUID | None = getattr(entry, "ticket_id", None)
            if ticket_id is not None:
                self._states[ticket_id] = advance_ticket(self._states[ticket_id], entry)

    async def end(self, entry: RunEnd) -> bool:
        """Write the end of the run, which gives the lease back.

        Returns:
            False when another worker has the session already, so that this end is none.

        Raises:
            StoreUnavailableError: as `append`.
        """
        self.ending = True
        answer_lost = False
        for delay in (*APPEND_DELAYS, None):
            try:
                await self._store.append(self._lease, entry)
            except LeaseLostError:
                # An end whose answer got lost gave the lease back: then the token is still ours, the lease is not.
                return answer_lost and (await self._store.state(self._lease.session_id)).token == self._lease.token
            except StoreUnavailableError:
                if delay is None:
                    raise
                answer_lost = True
                await self._runtime.sleep(delay)
            else:
                return True
        raise AssertionError

    async def renew(self) -> None:
        """Show a sign of life.

        Raises:
            LeaseLostError, StoreUnavailableError: as `append`.
        """
        now, monotonic = self._runtime.now(), self._runtime.monotonic()
        self.cancel_requested = await self._store.renew(self._lease, now=now, lease_seconds=self._lease_seconds)
        self._fresh_until = (now + timedelta(seconds=self._lease_seconds), monotonic + self._lease_seconds)

    async def check_lease(self) -> None:
        """Make sure that the session is still ours; costs nothing while the last sign of life is fresh.

        A worker that was stopped for long must not send what another has meanwhile found absent and created.

        Raises:
            LeaseLostError, StoreUnavailableError: as `append`.
        """
        wall, monotonic = self._fresh_until
        # Both clocks count: the wall clock may be set back, the other one stands still while a machine sleeps.
        if self._runtime.now() >= wall or self._runtime.monotonic() >= monotonic:
            await self.renew()
