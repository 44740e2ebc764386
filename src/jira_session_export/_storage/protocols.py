"""The promises of a store. Correctness depends on them, and `StoreConformance` checks them."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

from jira_session_export._journal import (
    CancelRequested,
    CleanupStarted,
    Entry,
    JournalRow,
    Lease,
    OrphanFound,
    RunResumed,
    RunStarted,
    SessionReleased,
    SessionState,
    TicketState,
)
from jira_session_export._models import Session, Ticket


class SessionSource(Protocol):
    """Reads sessions and their tickets. Each call reads the latest edits."""

    async def session(self, session_id: UUID) -> Session:
        """Read a session with all its tickets, in order.

        Raises:
            SessionNotFoundError: there is none.
            StoreUnavailableError: the database did not answer.
        """

    async def ticket(self, session_id: UUID, ticket_id: UUID) -> Ticket:
        """Read one ticket as it is now.

        Raises:
            SessionNotFoundError: there is no such session or ticket.
            StoreUnavailableError: the database did not answer.
        """


@runtime_checkable
class BulkSource(Protocol):
    """Reads several tickets at once; a store may leave it out, and is then asked for one after the other."""

    async def tickets(self, session_id: UUID, ticket_ids: Sequence[UUID]) -> Sequence[Ticket]:
        """Read tickets as they are now, in the order of their ids. Raises like `SessionSource.ticket`, for any."""


@runtime_checkable
class NumberedSource(Protocol):
    """Numbers the changes of a session's content; a store may leave it out, and is then read anew each time."""

    async def content_version(self, session_id: UUID) -> int | None:
        """`SessionState.content_version` as it is now, without the rest of the state. Raises like `SessionSource`.

        Whoever asks, then reads, and is later given the same number, has read the latest edits. None says nothing.
        """


class ChangeSignal(Protocol):
    """Tells of what is written in one session, by any process.

    Attributes:
        is_live: whether it does now. Otherwise nobody is told, and the store must be asked again and again; it may
            change at any time, and `wait` returns when it has.
    """

    @property
    def is_live(self) -> bool:
        """Whether what is written is told of."""

    async def wait(self) -> None:
        """Return once something may have been written since the last `wait` returned, or at once.

        It is said after the commit, so what was written is found in the store. Several writes may be told of once, and
        what was written may turn out to be nothing new. Cancelling it loses nothing.
        """


@runtime_checkable
class ChangeSource(Protocol):
    """A store that tells of what other processes write; one that does not is asked again and again."""

    def follow(self, session_id: UUID) -> AbstractContextManager[ChangeSignal]:
        """Be told of the session from now on, inside the block; it need not exist."""


@runtime_checkable
class CheckedSource(Protocol):
    """Knows whether what it gives is valid; without it, each ticket is checked when it is read.

    Only the class that defines it is believed: a subclass may give something else.
    """

    @property
    def gives_checked_tickets(self) -> bool:
        """Whether pydantic has validated each session and ticket it gives, as none was made by `model_construct`."""


@runtime_checkable
class VersionedStore(Protocol):
    """A store whose tables a newer version of the package may change while this process works."""

    async def check_schema(self) -> None:
        """Refuse to go on with tables that a process of a newer version has brought up to date meanwhile.

        Raises:
            NewerTablesError: the tables are newer than this version knows.
            StoreUnavailableError: the database did not answer.
        """


class ExportStore(Protocol):
    """Keeps the state of exports. Correctness depends on it: what it has acknowledged survives a crash."""

    async def state(self, session_id: UUID) -> SessionState:
        """Read the state of a session's export with its counters; cheap enough for polling.

        Raises:
            SessionNotFoundError: there is none.
            StoreUnavailableError: the database did not answer.
        """

    async def ticket_states(self, session_id: UUID) -> Sequence[TicketState]:
        """Read the state of each ticket, by order. Raises like `state`."""

    async def acquire(
        self,
        session_id: UUID,
        entry: RunStarted | RunResumed | CleanupStarted,
        *,
        expected_token: int,
        owner: str,
        now: datetime,
        lease_seconds: float,
    ) -> Lease | None:
        """Take the session and append `entry`, in one transaction, or neither.

        Args:
            expected_token: `SessionState.token` as the caller read it when it decided; a compare-and-set.
            owner: the worker; empty for a start that leaves the session to whichever worker takes it up, so that it
                has no owner afterwards.

        Returns:
            The lease, with the token grown by one; None when the token has changed or a lease is live.

        Raises:
            SessionNotFoundError: there is no such session.
            StoreUnavailableError: whether it was acquired is unknown.
        """

    async def renew(self, lease: Lease, *, now: datetime, lease_seconds: float) -> bool:
        """Renew the lease: move its end to `now + lease_seconds`.

        Returns:
            Whether somebody has asked to cancel.

        Raises:
            LeaseLostError: another worker has the session.
            StoreUnavailableError: whether it was renewed is unknown.
        """

    async def append(self, lease: Lease, *entries: Entry) -> bool:
        """Write the entries and what they change, all in one transaction; when this returns, a crash cannot lose them.

        A power failure may, if all of them are `IssueRecorded` and `StepRecorded` and nothing was appended after them:
        the announcement stays, and the rest can be read from Jira again.

        An entry that ends the work (a run's end, the end of a cleanup) gives the lease back. An `IssueRecorded` or
        `StepRecorded` that is there already changes nothing, so repeating an append whose answer was lost is safe.

        Returns:
            Whether somebody had asked to cancel, as `renew` does; it makes a cancellation take effect at the next step.

        A cancellation of the caller does not leave it open whether they were written.

        Raises:
            LeaseLostError: the token is stale, or the lease was given back; nothing was written.
            SessionNotFoundError: an entry names a ticket the session does not have; nothing was written.
            StoreUnavailableError: whether it was written is unknown.
        """

    async def request_cancel(self, session_id: UUID, entry: CancelRequested) -> None:
        """Ask the worker of a running session to stop between two steps, and keep `entry`, in one transaction.

        Changes nothing when the session is not exporting, or was asked already. Raises like `state`.
        """

    async def release(self, session_id: UUID, entry: SessionReleased) -> bool:
        """Let a failed session be retried again as after its first failure, and keep `entry`, in one transaction.

        Returns:
            False when nothing was changed: it has not failed, or has used up no retry. Raises like `state`.
        """

    async def record_orphan(self, session_id: UUID, entry: OrphanFound) -> TicketState:
        """Keep an issue that a worker has made which had lost the session meanwhile; it needs no lease.

        Changes nothing when the issue is the ticket's recorded one, or is known as an orphan already.

        Returns:
            The ticket as it is afterwards, its issue above all. Raises like `append`, but for `LeaseLostError`.
        """

    async def interrupted(self, now: datetime) -> Sequence[UUID]:
        """List the sessions that are exporting while no worker holds a live lease."""

    async def journal(self, session_id: UUID, *, after: int = 0, limit: int = 1000) -> Sequence[JournalRow]:
        """Read the session's entries, oldest first, with sequence numbers greater than `after`. Raises like `state`."""


@dataclass(frozen=True, slots=True)
class QueuedSession:
    """A session that is exporting: a worker has it, or it waits for one.

    Attributes:
        site: the address of its Jira site; None when that was not told.
        held: whether a worker has a live lease of it.
    """

    session_id: UUID
    owner: str | None
    site: str | None
    started_at: datetime | None
    held: bool


@runtime_checkable
class AdvancingStore(Protocol):
    """Takes from a run what its entries change, so that it need not read that; a store may leave it out.

    Only the class that defines it is asked: a subclass may do something else in `append`.
    """

    async def append_advanced(
        self, lease: Lease, entries: Sequence[Entry], advanced: Sequence[tuple[TicketState, TicketState]]
    ) -> bool:
        """Do as `ExportStore.append`, and raise as it does.

        Args:
            advanced: each ticket that the entries are about: as the run knows it, with its steps and manual fixes, and
                what `advance_ticket` makes of it. Others may have changed it meanwhile, so that has to be checked.
        """


@runtime_checkable
class SessionQueue(Protocol):
    """Lists what is exporting, for turns that are fair; a store may leave it out, and then nothing limits or orders."""

    async def queued(self, now: datetime) -> Sequence[QueuedSession]:
        """List the sessions that are exporting, in any order.

        Raises:
            StoreUnavailableError: the database did not answer.
        """


@runtime_checkable
class TransactionalStore(Protocol):
    """A store in whose transactions others can write; one that is not starts sessions before it queues them."""

    async def database(self) -> str | None:
        """What tells the store's database, and where in it names are looked up, from all others; None when unknown."""

    async def acquire_with(
        self,
        session_id: UUID,
        entry: RunStarted,
        *,
        expected_token: int,
        owner: str,
        now: datetime,
        lease_seconds: float,
        also: Callable[[Any], None],
    ) -> Lease | None:
        """As `ExportStore.acquire`; `also` is done in the same transaction, if the session is taken.

        Args:
            also: called with the driver's connection, as DBAPI has it, in a thread or, with an asyncio driver, in a
                greenlet; what it raises undoes everything.
        """


class SessionStore(SessionSource, ExportStore, Protocol):
    """Tickets and export state in one place, as both stores of this package have it."""
