"""What each promise of `ExportStore` does within one transaction. Synchronous, over a `Connection`."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, RowMapping

from jira_session_export._journal import (
    CancelRequested,
    CleanupStarted,
    Entry,
    IssueDeleted,
    JournalRow,
    Lease,
    OrphanFound,
    RunResumed,
    RunStarted,
    SessionReleased,
    SessionState,
    TicketState,
)
from jira_session_export._storage.protocols import QueuedSession
from jira_session_export._storage.records import (
    Counters,
    current_lease,
    journal_columns,
    keeps_row,
    ticket_of,
)
from jira_session_export._storage.rows import (
    counter_columns,
    patch_columns,
    session_changes,
    ticket_changes,
    with_details,
)
from jira_session_export._storage.sqlalchemy.advancing import TicketWrites
from jira_session_export._storage.sqlalchemy.statements import Statements, lease_lost
from jira_session_export._transitions import SessionPatch, TicketEntry, advance_session, advance_ticket, patch_of
from jira_session_export.errors import SessionNotFoundError


class Transactions:
    """The bodies of the store's transactions."""

    def __init__(self, statements: Statements) -> None:
        self._do = statements

    # -- reading ---------------------------------------------------------------------------------------------------

    def state(self, connection: Connection, session_id: UUID) -> SessionState:
        """One query, whatever the number of tickets."""
        row = self._do.session.row(connection, self._of(session_id))
        if row is None:
            raise SessionNotFoundError(session_id=session_id)
        return self._do.session_state(row)

    def sessions(self, connection: Connection, owner: str | None) -> list[SessionState]:
        """One query."""
        if owner is None:
            rows = connection.execute(self._do.all_sessions)
        else:
            rows = connection.execute(self._do.sessions_of_owner, {"_session_owner": owner})
        return [self._do.session_state(row) for row in rows]

    def ticket_states(self, connection: Connection, session_id: UUID) -> list[TicketState]:
        """Tickets, steps and manual fixes: three queries, so the transaction must be a snapshot."""
        tickets = self.heads(connection, session_id)
        if not tickets:
            self.state(connection, session_id)
        of_session = {"_session_id": session_id}
        return with_details(
            tickets,
            steps=connection.execute(self._do.steps, of_session).mappings(),
            fixes=connection.execute(self._do.fixes, of_session).mappings(),
        )

    def heads(self, connection: Connection, session_id: UUID) -> list[TicketState]:
        """The tickets by order, without their steps and manual fixes: one query."""
        rows = self._do.all_tickets.each(connection, {"_session": self._do.ticket_session.encode(session_id)})
        return [self._do.ticket_state(row) for row in rows]

    def interrupted(self, connection: Connection, now: datetime) -> list[UUID]:
        """One query."""
        rows = connection.execute(self._do.interrupted, {"_now": now}).scalars()
        return [self._do.session_key.decode(key) for key in rows]

    def queued(self, connection: Connection, now: datetime) -> list[QueuedSession]:
        """One query."""
        rows = connection.execute(self._do.queued, {"_now": now})
        decode = self._do.session_key.decode
        return [QueuedSession(decode(key), owner, site, at, bool(held)) for key, owner, site, at, held in rows]

    def journal(self, connection: Connection, session_id: UUID, after: int, limit: int) -> list[JournalRow]:
        """Run one query; a second one when nothing was found, to distinguish an empty journal from no session."""
        found = connection.execute(
            self._do.journal, {"_session_id": session_id, "_after": after, "_limit": limit}
        ).mappings()
        rows = [journal_row_of(row) for row in found]
        if not rows:
            self.state(connection, session_id)
        return rows

    # -- writing ---------------------------------------------------------------------------------------------------

    def acquire(
        self,
        connection: Connection,
        session_id: UUID,
        entry: RunStarted | RunResumed | CleanupStarted,
        *,
        expected_token: int,
        owner: str,
        now: datetime,
        lease_seconds: float,
    ) -> Lease | None:
        """Compare and set the token, write what `entry` changes, and count the tickets again."""
        taken = self._do.take.row(
            connection,
            {
                **self._of(session_id),
                "_token": expected_token,
                "_now": now,
                "_owner": owner or None,
                "_until": now + timedelta(seconds=lease_seconds),
            },
        )
        if taken is None:
            self.state(connection, session_id)
            return None
        lease = Lease(session_id=session_id, token=expected_token + 1, owner=owner)
        if isinstance(entry, RunStarted):
            changed = [
                {**self._do.ticket_keys(session_id, ticket.ticket_id), **changes}
                for ticket in self.heads(connection, session_id)
                if (changes := ticket_changes(ticket, advance_ticket(ticket, entry)))
            ]
            if changed:
                self._do.change_ticket.run(connection, changed)
        # Hosts insert tickets without us, so their number is read here, under the lock, and kept up from then on.
        state = self.recount(connection, session_id)
        self._change_session(connection, state, advance_session(state, entry))
        if keeps_row(entry):
            self._write_journal(connection, lease.session_id, [self._kept(lease, entry, None)])
        return lease

    def renew(self, connection: Connection, lease: Lease, now: datetime, lease_seconds: float) -> bool:
        """One statement."""
        held = self._do.renew.row(
            connection, {**self._do.held_by(lease), "_until": now + timedelta(seconds=lease_seconds)}
        )
        if held is None:
            raise lease_lost()
        return bool(held[0])

    def append(self, connection: Connection, lease: Lease, entries: Sequence[Entry]) -> bool:
        """Fence, read, advance, write what differs: the same few statements however many tickets there are.

        Returns whether somebody had asked to cancel.
        """
        about_tickets = all(isinstance(entry, TicketEntry) for entry in entries)
        # The first statement checks the lease and locks the session's row until the commit: nobody can take the lease
        # between the check and the writes (`StoreConformance.test_a_stale_worker_writes_nothing`).
        row = (self._do.hold if about_tickets else self._do.fence).row(connection, self._do.held_by(lease))
        if row is None:
            raise lease_lost()
        # Entries about tickets are written without reading the session: what they set and add is known without it.
        before = None if about_tickets else self._do.session_state(row)
        cancelled = bool(row[0]) if before is None else before.cancel_requested
        ticket_ids = {ticket_id for entry in entries if (ticket_id := ticket_of(entry)) is not None}
        heads = self._do.read_heads(connection, lease.session_id, ticket_ids) if ticket_ids else {}
        tickets = TicketWrites(self._do, connection, lease.session_id, heads, ticket_ids)
        state = before
        news: list[TicketEntry] = []
        kept = []
        for entry in entries:
            ticket_id = ticket_of(entry)
            ticket = None
            if ticket_id is not None:
                ticket = tickets[ticket_id]
                if not tickets.advance(ticket_id, entry):
                    continue
            if state is not None:
                state = advance_session(state, entry)
            elif isinstance(entry, TicketEntry):
                news.append(entry)
            kept.append(self._kept(lease, entry, ticket))
        tickets.write()
        if before is None or state is None:
            self._grow_session(connection, lease.session_id, patch_of(news), tickets.counters)
        else:
            self._change_session(connection, before, tickets.counters.added_to(state))
        if any(isinstance(entry, IssueDeleted) for entry in entries):
            self.recount(connection, lease.session_id)
        if kept:
            self._write_journal(connection, lease.session_id, kept)
        return cancelled

    def request_cancel(self, connection: Connection, session_id: UUID, entry: CancelRequested) -> None:
        """One statement and the entry; a session that is not exporting, or was asked already, stays as it is."""
        row = self._do.request_cancel.row(connection, self._of(session_id))
        if row is None:
            self.state(connection, session_id)
        else:
            lease = current_lease(self._do.session_state(row))
            self._write_journal(connection, lease.session_id, [self._kept(lease, entry, None)])

    def change(self, connection: Connection, state: SessionState, entry: Entry) -> None:
        """Write what an entry changes in the session, without a lease, and keep it."""
        self._change_session(connection, state, advance_session(state, entry))
        self.keep(connection, current_lease(state), entry)

    def keep(self, connection: Connection, lease: Lease, entry: Entry) -> None:
        """Keep an entry that changes nothing here."""
        self._write_journal(connection, lease.session_id, [self._kept(lease, entry, None)])

    def release(self, connection: Connection, session_id: UUID, entry: SessionReleased) -> bool:
        """One statement and the entry; a session that has not failed, or has used up no retry, stays as it is."""
        row = self._do.release.row(connection, self._of(session_id))
        if row is None:
            self.state(connection, session_id)
            return False
        lease = current_lease(self._do.session_state(row))
        self._write_journal(connection, lease.session_id, [self._kept(lease, entry, None)])
        return True

    def record_orphan(self, connection: Connection, session_id: UUID, entry: OrphanFound) -> TicketState:
        """Lock the session's row, as another worker may be at the ticket; then the ticket and the entry."""
        lease = current_lease(self.recount(connection, session_id))
        its_id = {entry.ticket_id}
        heads = self._do.read_heads(connection, session_id, its_id)
        tickets = TicketWrites(self._do, connection, session_id, heads, its_id)
        ticket = tickets[entry.ticket_id]
        if tickets.advance(entry.ticket_id, entry):
            tickets.write()
            self._write_journal(connection, session_id, [self._kept(lease, entry, ticket)])
        return tickets[entry.ticket_id]

    def recount(self, connection: Connection, session_id: UUID) -> SessionState:
        """Count the session's tickets again: one statement."""
        row = self._do.recount.row(connection, {**self._of(session_id), "_session_id": session_id})
        if row is None:
            raise SessionNotFoundError(session_id=session_id)
        return self._do.session_state(row)

    # -- inside ----------------------------------------------------------------------------------------------------

    def _kept(self, lease: Lease, entry: Entry, ticket: TicketState | None) -> dict[str, Any]:
        return journal_columns(lease, entry, ticket, facts=self._do.facts)

    def _write_journal(self, connection: Connection, session_id: UUID, rows: Sequence[Mapping[str, Any]]) -> None:
        """Keep entries of a session, and have other processes told once they are committed."""
        self._do.add_journal.run(connection, rows)
        self._do.tell_of_entries(connection, session_id)

    def _of(self, session_id: UUID) -> dict[str, Any]:
        return {"_session": self._do.session_key.encode(session_id)}

    def _grow_session(self, connection: Connection, session_id: UUID, patch: SessionPatch, counters: Counters) -> None:
        changes = patch_columns(patch)
        if changes or counters != Counters():
            grown = {f"_{column}": added for column, added in counter_columns(counters).items()}
            self._do.grow_session.run(connection, [{**self._of(session_id), **grown, **changes}])

    def _change_session(self, connection: Connection, before: SessionState, after: SessionState) -> None:
        if changes := session_changes(before, after):
            self._do.change_session.run(connection, [{**self._of(before.session_id), **changes}])


def journal_row_of(row: RowMapping) -> JournalRow:
    """The entry in a row of the journal."""
    return JournalRow(sequence=row["id"], **{name: row[name] for name in row if name != "id"})
