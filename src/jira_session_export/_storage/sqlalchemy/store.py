"""`SqlAlchemyStore`: sessions, tickets and export state in SQLite or PostgreSQL."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, suppress
from datetime import datetime
from functools import partial
from types import TracebackType
from typing import Any, Self
from uuid import UUID

import anyio
from sqlalchemy import URL, Connection, Engine
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import DeclarativeBase

from jira_session_export._attachments.protocols import AttachmentStorage
from jira_session_export._jira.pacing import PlacesInLine
from jira_session_export._jira.ratelimit import Change
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
    SessionStatus,
    TicketState,
    TicketStatus,
)
from jira_session_export._models import Session, Ticket
from jira_session_export._slices import aside
from jira_session_export._storage.catalog import Changes, FixPage, SessionOrder, SessionPage, TicketFix, TicketPage
from jira_session_export._storage.inspection import StoreInspection
from jira_session_export._storage.migrations import check_not_newer, is_up_to_date, upgrade
from jira_session_export._storage.protocols import ChangeSignal, QueuedSession
from jira_session_export._storage.records import recoverable_from_jira
from jira_session_export._storage.sqlalchemy.attachments import DatabaseAttachments
from jira_session_export._storage.sqlalchemy.catalog import Catalog
from jira_session_export._storage.sqlalchemy.content import HostContent, OwnContent, ToSession, ToTicket
from jira_session_export._storage.sqlalchemy.database import Access
from jira_session_export._storage.sqlalchemy.engines import POOL_SIZE, Synchronous, connect
from jira_session_export._storage.sqlalchemy.guessing import GuessedAppends, GuessedWrongError
from jira_session_export._storage.sqlalchemy.inspecting import Inspector
from jira_session_export._storage.sqlalchemy.joined import HostConnection, JoinedDatabase
from jira_session_export._storage.sqlalchemy.limits import SiteLimitTable
from jira_session_export._storage.sqlalchemy.quick import QuickAppends
from jira_session_export._storage.sqlalchemy.statements import Statements, lease_lost
from jira_session_export._storage.sqlalchemy.tables import SessionRow, TicketRow
from jira_session_export._storage.sqlalchemy.transactions import Transactions
from jira_session_export.errors import SettingsError

_WRITTEN = 4
"""As many tickets are looked at in the time that one takes to become a row."""

# Alembic keeps the migration at work in a global.
_MIGRATING = anyio.Lock()


class SqlAlchemyStore:
    """Sessions, tickets and their export state in SQLite or PostgreSQL; asyncio only.

    Every write is one transaction, and a crash of the process loses nothing it has acknowledged. Cancelling the caller
    does not stop a transaction: it ends first, and the cancellation arrives at the caller's next wait.

    Args:
        target: an address (`sqlite:///exports.db`, `postgresql://user@host/name`), or an engine of the host's, which
            the host closes itself. Nothing is connected to before the first call.
        session_model: the host's sessions, with `ExportSessionMixin`; our own table by default.
        ticket_model: the host's tickets, with `ExportTicketMixin`; our own table by default.
        to_ticket: makes a `Ticket` of a row of `ticket_model`; needed with the host's tables.
        to_session: makes a `Session` of a row of `session_model` and its tickets; by default of its attributes `id`,
            `project_key`, `name` and `owner`.
        synchronous: SQLite's setting of that name, for addresses. With FULL nothing is lost in a power failure that
            could not be read from Jira again; NORMAL never waits for the disk and survives every crash of the process,
            but may lose announcements, and so create an issue twice, when the machine loses power.
        pool_size: how many connections to PostgreSQL there are at most, for addresses; one more listens when somebody
            follows a session. Who comes while all are busy waits.

    Raises:
        SettingsError: the address cannot be read, or the models do not fit.
    """

    def __init__(
        self,
        target: str | URL | Engine | AsyncEngine,
        *,
        session_model: type[DeclarativeBase] = SessionRow,
        ticket_model: type[DeclarativeBase] = TicketRow,
        to_ticket: ToTicket | None = None,
        to_session: ToSession | None = None,
        synchronous: Synchronous = "FULL",
        pool_size: int = POOL_SIZE,
    ) -> None:
        if (session_model is SessionRow, ticket_model is TicketRow) != (to_ticket is None, to_ticket is None):
            raise SettingsError("Give the two models and to_ticket together, or none of them.")
        self._shape: dict[str, Any] = {
            "session_model": session_model,
            "ticket_model": ticket_model,
            "to_ticket": to_ticket,
            "to_session": to_session,
        }
        self._database = connect(target, synchronous=synchronous, pool_size=pool_size)
        prepare = self._database.prepare
        self._statements = Statements(
            session_model, ticket_model, dialect_name=self._database.dialect_name, prepare=prepare
        )
        self._transactions = Transactions(self._statements)
        self._limits = SiteLimitTable(self._statements, dialect_name=self._database.dialect_name)
        self._content: OwnContent | HostContent
        if to_ticket is None:
            self._content = OwnContent(self._statements, self._transactions, prepare)
        else:
            self._content = HostContent(self._statements, session_model, ticket_model, to_ticket, to_session)
        self._has_revision = False
        self._inspector = Inspector(self._statements, session_model, ticket_model)
        dialect = self._database.dialect
        self._quick = QuickAppends(self._statements, dialect) if self._database.appends_quickly else None
        # Only a driver that says how many rows it has changed tells whether a guess was right.
        can_tell = dialect.supports_sane_multi_rowcount
        self._guessed = GuessedAppends(self._statements) if can_tell else None
        self._catalog = Catalog(self._statements, self._transactions, self._content, session_model, ticket_model)

    @classmethod
    def open(cls, address: str | URL, *, synchronous: Synchronous = "FULL", pool_size: int = POOL_SIZE) -> Self:
        """Open a store on tables of its own, at an address; arguments and errors are those of the class."""
        return cls(address, synchronous=synchronous, pool_size=pool_size)

    def joined(self, connection: HostConnection) -> Self:
        """The same store, writing in a transaction of the host's own: with its commit all is there, else nothing.

        For what begins an export: content, starts, retries. Nothing is connected to, and there is nothing to close.
        `JiraExport.in_transaction` does the rest, asking Jira and queueing.

        Args:
            connection: to the store's database, in a transaction or about to begin one by itself: SQLAlchemy's
                `AsyncSession`, `AsyncConnection`, `Session` or `Connection`, on psycopg, sqlite3 or aiosqlite; or
                psycopg's `AsyncConnection` or `Connection`. Those that are synchronous block the event loop meanwhile.

        Raises:
            SettingsError: the store cannot write through such a connection.
        """
        database: Any = JoinedDatabase(connection, self._database)
        return type(self)(database, **self._shape)

    def __repr__(self) -> str:
        return f"SqlAlchemyStore({self._database.address!r})"

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Close the connections this store opened; a host's engine stays open."""
        await self._database.aclose()

    async def migrate(self) -> None:
        """Bring the tables up to date; harmless when they are, also when several processes do it at once.

        Creates our tables; adds the export's columns to the host's two tables where they lack them.

        Raises:
            SettingsError: the database has tables called like ours that are not ours.
            NewerTablesError: the tables are newer than this version knows.
            StoreUnavailableError: the database did not answer.
        """
        host_tables = None if isinstance(self._content, OwnContent) else self._statements.host_tables
        async with _MIGRATING:
            await self._database.run(Access.WRITE, partial(upgrade, host_tables=host_tables))

    async def is_migrated(self) -> bool:
        """Whether the tables are there and up to date; writes nothing.

        Raises:
            StoreUnavailableError: the database did not answer.
        """
        return await self._database.run(Access.SNAPSHOT, is_up_to_date)

    async def inspect(self, now: datetime) -> StoreInspection:
        """Tell what there is in the store, for whoever operates it; writes nothing.

        Args:
            now: the time at which leases are judged, aware.

        Raises:
            StoreUnavailableError: the database did not answer.
        """
        return await self._database.run(Access.SNAPSHOT, partial(self._inspector.inspect, now=now))

    async def check_schema(self) -> None:
        """See `VersionedStore`.

        `acquire` does so by itself: an old process begins no run on newer tables. Workers ask from time to time, too.
        """
        check = partial(check_not_newer, known=self._has_revision)
        self._has_revision = await self._database.run(Access.QUERY, check)

    def attachments(self) -> AttachmentStorage:
        """Keep files of tickets in the database, for workers on other machines; removed with their session.

        For files of some megabytes: each lies in pieces of a megabyte in the table `export_attachment_pieces`.
        """
        return DatabaseAttachments(self._database)

    # -- content ---------------------------------------------------------------------------------------------------

    @property
    def gives_checked_tickets(self) -> bool:
        """See `CheckedSource`."""
        return self._content.is_checked

    async def put(self, session: Session) -> None:
        """Store a session, or new content for one that is there; its export state is kept.

        A ticket the new content lacks is removed, unless Jira has or may have an issue of it or an export is running;
        the tickets kept that way come after the others.

        Raises:
            SettingsError: the tables are the host's, which fills them itself.
            StoreUnavailableError: whether it was written is unknown.
        """
        if not isinstance(self._content, OwnContent):
            raise SettingsError("The tables are the host's: store sessions and tickets through its own models.")
        put = await aside(_WRITTEN * len(session.tickets), self._content.ready, session)
        await self._database.run(Access.WRITE, put)

    async def sessions(self, owner: str | None = None) -> Sequence[SessionState]:
        """List the sessions of `owner`, or all: those never started first, then by start, latest first."""
        return await self._database.run(Access.QUERY, partial(self._transactions.sessions, owner=owner))

    async def session(self, session_id: UUID) -> Session:
        """See `SessionSource`."""
        return await self._database.run(Access.BULK, partial(self._content.session, session_id=session_id))

    async def ticket(self, session_id: UUID, ticket_id: UUID) -> Ticket:
        """See `SessionSource`."""
        return await self._database.run(
            Access.QUERY, partial(self._content.ticket, session_id=session_id, ticket_id=ticket_id)
        )

    async def tickets(self, session_id: UUID, ticket_ids: Sequence[UUID]) -> Sequence[Ticket]:
        """See `BulkSource`."""
        return await self._database.run(
            Access.QUERY, partial(self._content.tickets, session_id=session_id, ticket_ids=ticket_ids)
        )

    async def content_version(self, session_id: UUID) -> int | None:
        """See `NumberedSource`; None with a host's tables, which change without us."""
        if not isinstance(self._content, OwnContent):
            return None
        return await self._database.run(Access.QUERY, partial(self._content.version, session_id=session_id))

    # -- catalogue -------------------------------------------------------------------------------------------------

    async def session_page(
        self,
        *,
        owner: str | None = None,
        text: str = "",
        statuses: Sequence[SessionStatus] = (),
        archived: bool = False,
        order: SessionOrder = SessionOrder.ACTIVITY,
        offset: int = 0,
        limit: int = 50,
    ) -> SessionPage:
        """See `SessionCatalog`."""
        body = partial(
            self._catalog.session_page,
            owner=owner,
            text=text,
            statuses=statuses,
            archived=archived,
            order=order,
            offset=offset,
            limit=limit,
        )
        return await self._database.run(Access.SNAPSHOT, body)

    async def ticket_page(
        self,
        session_id: UUID,
        *,
        text: str = "",
        statuses: Sequence[TicketStatus] = (),
        with_fixes: bool = False,
        offset: int = 0,
        limit: int = 100,
    ) -> TicketPage:
        """See `SessionCatalog`."""
        body = partial(
            self._catalog.ticket_page,
            session_id=session_id,
            text=text,
            statuses=statuses,
            with_fixes=with_fixes,
            offset=offset,
            limit=limit,
        )
        return await self._database.run(Access.SNAPSHOT, body)

    async def ticket_state(self, session_id: UUID, ticket_id: UUID) -> TicketState:
        """See `SessionCatalog`."""
        body = partial(self._catalog.ticket_state, session_id=session_id, ticket_id=ticket_id)
        return await self._database.run(Access.SNAPSHOT, body)

    async def changes(self, session_id: UUID, *, after: int, limit: int = 500) -> Changes:
        """See `SessionCatalog`."""
        body = partial(self._catalog.changes, session_id=session_id, after=after, limit=limit)
        return await self._database.run(Access.SNAPSHOT, body)

    async def manual_fixes(
        self, session_id: UUID, *, done: bool | None = None, offset: int = 0, limit: int | None = 100
    ) -> FixPage:
        """See `SessionCatalog`."""
        body = partial(self._catalog.manual_fixes, session_id=session_id, done=done, offset=offset, limit=limit)
        return await self._database.run(Access.SNAPSHOT, body)

    async def mark_fix(self, session_id: UUID, fix_id: UUID, *, done: bool, by: str | None, at: datetime) -> TicketFix:
        """See `SessionCatalog`."""
        body = partial(self._catalog.mark_fix, session_id=session_id, fix_id=fix_id, done=done, by=by, at=at)
        return await self._database.run(Access.WRITE, body)

    async def archive(self, session_id: UUID, *, archived: bool, by: str | None, at: datetime) -> SessionState:
        """See `SessionCatalog`."""
        body = partial(self._catalog.archive, session_id=session_id, archived=archived, by=by, at=at)
        return await self._database.run(Access.WRITE, body)

    async def delete(self, session_id: UUID, *, by: str | None, at: datetime) -> None:
        """See `SessionCatalog`."""
        body = partial(self._catalog.delete, session_id=session_id, by=by, at=at)
        await self._database.run(Access.WRITE, body)

    async def deletion(self, session_id: UUID) -> JournalRow | None:
        """See `SessionCatalog`."""
        return await self._database.run(Access.QUERY, partial(self._catalog.deletion, session_id=session_id))

    # -- export state ----------------------------------------------------------------------------------------------

    async def state(self, session_id: UUID) -> SessionState:
        """See `ExportStore`."""
        return await self._database.run(Access.QUERY, partial(self._transactions.state, session_id=session_id))

    async def ticket_states(self, session_id: UUID) -> Sequence[TicketState]:
        """See `ExportStore`."""
        return await self._database.run(Access.BULK, partial(self._transactions.ticket_states, session_id=session_id))

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
        """See `ExportStore`."""
        take = partial(
            self._transactions.acquire,
            session_id=session_id,
            entry=entry,
            expected_token=expected_token,
            owner=owner,
            now=now,
            lease_seconds=lease_seconds,
        )

        def body(connection: Connection) -> Lease | None:
            check_not_newer(connection, known=self._has_revision)
            return take(connection)

        return await self._database.run(Access.APPEND, body)

    async def database(self) -> str | None:
        """See `TransactionalStore`; known of a store that was opened from a PostgreSQL address."""
        return await self._database.identity()

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
        """See `TransactionalStore`."""

        def body(connection: Connection) -> Lease | None:
            check_not_newer(connection, known=self._has_revision)
            lease = self._transactions.acquire(
                connection,
                session_id,
                entry,
                expected_token=expected_token,
                owner=owner,
                now=now,
                lease_seconds=lease_seconds,
            )
            if lease is not None:
                also(connection.connection.dbapi_connection)
            return lease

        return await self._database.run(Access.APPEND, body)

    async def renew(self, lease: Lease, *, now: datetime, lease_seconds: float) -> bool:
        """See `ExportStore`."""
        body = partial(self._transactions.renew, lease=lease, now=now, lease_seconds=lease_seconds)
        # A sign of life means nothing once the power has failed.
        return await self._database.run(Access.RECOVERABLE_APPEND, body)

    async def append(self, lease: Lease, *entries: Entry) -> bool:
        """See `ExportStore`."""
        body = partial(self._transactions.append, lease=lease, entries=entries)
        return await self._database.run(_access_of(entries), body)

    async def append_advanced(
        self, lease: Lease, entries: Sequence[Entry], advanced: Sequence[tuple[TicketState, TicketState]]
    ) -> bool:
        """See `AdvancingStore`."""
        if self._quick is not None and (quick := self._quick.made_of(lease, entries, advanced)) is not None:
            held, written = await self._database.quick(quick)
            if held is None:
                raise lease_lost()
            if written is not None:
                return bool(held[0])
        elif self._guessed is not None and (guessed := self._guessed.made_of(lease, entries, advanced)) is not None:
            with suppress(GuessedWrongError):
                return await self._database.run(_access_of(entries), guessed)
        return await self.append(lease, *entries)

    async def request_cancel(self, session_id: UUID, entry: CancelRequested) -> None:
        """See `ExportStore`."""
        body = partial(self._transactions.request_cancel, session_id=session_id, entry=entry)
        await self._database.run(Access.WRITE, body)

    async def release(self, session_id: UUID, entry: SessionReleased) -> bool:
        """See `ExportStore`."""
        body = partial(self._transactions.release, session_id=session_id, entry=entry)
        return await self._database.run(Access.WRITE, body)

    async def record_orphan(self, session_id: UUID, entry: OrphanFound) -> TicketState:
        """See `ExportStore`."""
        body = partial(self._transactions.record_orphan, session_id=session_id, entry=entry)
        return await self._database.run(Access.WRITE, body)

    async def interrupted(self, now: datetime) -> Sequence[UUID]:
        """See `ExportStore`."""
        return await self._database.run(Access.QUERY, partial(self._transactions.interrupted, now=now))

    def follow(self, session_id: UUID) -> AbstractContextManager[ChangeSignal]:
        """See `ChangeSource`; live on PostgreSQL with psycopg's asyncio, over a connection of its own."""
        return self._database.follow(session_id)

    async def queued(self, now: datetime) -> Sequence[QueuedSession]:
        """See `SessionQueue`."""
        return await self._database.run(Access.QUERY, partial(self._transactions.queued, now=now))

    async def journal(self, session_id: UUID, *, after: int = 0, limit: int = 1000) -> Sequence[JournalRow]:
        """See `ExportStore`."""
        body = partial(self._transactions.journal, session_id=session_id, after=after, limit=limit)
        return await self._database.run(Access.QUERY, body)

    # -- limits of Jira --------------------------------------------------------------------------------------------

    async def site_lines(self, site: str, *, now: datetime) -> tuple[float, Mapping[str, PlacesInLine]]:
        """See `LimitStore`."""
        return await self._database.run(Access.QUERY, partial(self._limits.lines, site=site, now=now))

    async def change_site_line(
        self, site: str, endpoint: str, change: Change, *, now: datetime
    ) -> tuple[float, PlacesInLine]:
        """See `LimitStore`."""
        body = partial(self._limits.change, site=site, endpoint=endpoint, change=change, now=now)
        return await self._database.run(Access.RECOVERABLE_APPEND, body)


def _access_of(entries: Sequence[Entry]) -> Access:
    return Access.RECOVERABLE_APPEND if all(map(recoverable_from_jira, entries)) else Access.APPEND
