"""Appends about tickets whose state is guessed instead of read, made ready before their transaction.

A ticket that is announced for the first time was not touched before, and afterwards it stands as this process has left
it. So what an append writes is known before its transaction begins, in which nothing is left but to run a few
statements: on SQLite that thread has the database's only writer, and whatever it touches is not in its core's cache.

The statement that changes the tickets is conditional on the guess. Where it changes fewer of them than it should,
nothing of the append may be committed, and it is done in the ordinary way, which reads first.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from jira_session_export._journal import CreateRefused, Entry, IntentRecorded, IssueRecorded, Lease, TicketState
from jira_session_export._storage.records import Counters, already_recorded, attempt_of, kind_of, trace_of
from jira_session_export._storage.rows import counter_columns, manual_fix_columns, patch_columns, ticket_columns
from jira_session_export._storage.sqlalchemy.statements import Statements, lease_lost
from jira_session_export._transitions import CHANGED_BY, advance_ticket, patch_of

_MOST_LEASES = 1000
"""Under how many leases at once tickets are remembered."""
_UNTOUCHED = TicketState(UUID(int=0), 0, "")
_Guessable = IntentRecorded | CreateRefused | IssueRecorded


class GuessedWrongError(Exception):
    """A ticket does not stand as was guessed, and what was written must not be committed. Never leaves the store."""


class Guesses:
    """How the tickets stand that wait for their issues, as far as this process has left them that way.

    What is said of them is what `Statements.as_guessed` checks, and what follows from their last announcement. Neither
    their ids nor their titles are.
    """

    def __init__(self) -> None:
        self._known: dict[UUID, tuple[int, dict[UUID, TicketState]]] = {}

    def take(self, lease: Lease, entries: Sequence[Entry]) -> dict[UUID, TicketState] | None:
        """How the tickets stand that these entries are about; None when one of them cannot be guessed.

        They are known no more: whether these entries are written, `remember` tells.
        """
        token, known = self._known.get(lease.session_id, (None, {}))
        if token != lease.token:
            known = {}
        tickets: dict[UUID, TicketState] = {}
        for entry in entries:
            if not isinstance(entry, _Guessable):
                return None
            if entry.ticket_id in tickets:
                continue
            ticket = known.pop(entry.ticket_id, None)
            if ticket is None:
                if not isinstance(entry, IntentRecorded) or entry.attempt != 1:
                    return None
                ticket = _UNTOUCHED
            tickets[entry.ticket_id] = ticket
        return tickets or None

    def remember(self, lease: Lease, tickets: Mapping[UUID, TicketState]) -> None:
        """This is how tickets stand now; those with an issue are not needed any more."""
        waiting = {key: ticket for key, ticket in tickets.items() if ticket.issue is None and not ticket.orphans}
        if not waiting:
            return
        token, known = self._known.get(lease.session_id, (None, {}))
        if token != lease.token:
            if len(self._known) >= _MOST_LEASES:
                self._known.clear()  # whole, as several threads may be here; it is read again
            known = {}
            self._known[lease.session_id] = lease.token, known
        known.update(waiting)

    def forget(self, session_id: UUID) -> None:
        """The session's tickets are not needed any more."""
        self._known.pop(session_id, None)


@dataclass(frozen=True, slots=True)
class GuessedAppend:
    """An append that is ready.

    Attributes:
        write: does it in a transaction; whether somebody had asked to cancel. Raises `GuessedWrongError`.
        after: the tickets, once it is committed.
    """

    write: Callable[[Connection], bool]
    after: Mapping[UUID, TicketState]


class GuessedAppends:
    """Makes appends ready.

    Args:
        guesses: how the tickets stand.
    """

    def __init__(self, statements: Statements, guesses: Guesses) -> None:
        self._do = statements
        self._guesses = guesses

    def made_of(self, lease: Lease, entries: Sequence[Entry]) -> GuessedAppend | None:
        """The append of these entries; None when it must read how the tickets stand."""
        before = self._guesses.take(lease, entries)
        if before is None:
            return None
        after = dict(before)
        attempts: list[int | None] = []
        for entry in entries:
            assert isinstance(entry, _Guessable)  # noqa: S101 -- no others can be guessed
            ticket = after[entry.ticket_id]
            if already_recorded(ticket, entry):
                return None
            attempts.append(attempt_of(entry, ticket))
            after[entry.ticket_id] = advance_ticket(ticket, entry)
        return GuessedAppend(self._ready(lease, entries, attempts, before, after), after)

    def _ready(
        self,
        lease: Lease,
        entries: Sequence[Any],
        attempts: Sequence[int | None],
        before: Mapping[UUID, TicketState],
        after: Mapping[UUID, TicketState],
    ) -> Callable[[Connection], bool]:
        do, session_id = self._do, lease.session_id
        stood, stand = list(before.values()), list(after.values())
        # What some of the entries change is written to all of the tickets, so that one statement does.
        changed = frozenset[str]().union(*[CHANGED_BY[kind] for kind in {type(entry) for entry in entries}])
        change_tickets = do.change_guessed_tickets.ready(
            {
                "_session": repeat(do.ticket_session.encode(session_id)),
                "_ticket": [do.ticket_key.encode(ticket_id) for ticket_id in after],
                "_was_attempt": [ticket.attempt for ticket in stood],
                "_was_intent_at": [ticket.intent_at for ticket in stood],
                "_was_key": repeat(None),
                "_was_status": [ticket.status.value for ticket in stood],
                **ticket_columns(changed, stand),
            }
        )
        writes = []
        fixes = [(ticket_id, fix) for ticket_id, ticket in after.items() for fix in ticket.manual_fixes]
        if fixes:
            rows = [
                {"session_id": session_id, "ticket_id": ticket_id, "step_id": None, **manual_fix_columns(fix)}
                for ticket_id, fix in fixes
            ]
            writes.append(do.add_fixes.ready({name: [row[name] for row in rows] for name in rows[0]}))
        counters = Counters.of_all(stand) - Counters.of_all(stood)
        in_session = patch_columns(patch_of(entries))
        if in_session or counters != Counters():
            grown = {f"_{column}": added for column, added in counter_columns(counters).items()}
            session = {"_session": do.session_key.encode(session_id), **grown, **in_session}
            writes.append(do.grow_session.ready({name: [value] for name, value in session.items()}))
        writes.append(
            do.add_journal.ready(
                {
                    "at": [entry.at for entry in entries],
                    "session_id": repeat(session_id),
                    "ticket_id": [entry.ticket_id for entry in entries],
                    "attempt": attempts,
                    "kind": [kind_of(entry) for entry in entries],
                    "trace_id": [trace_of(entry) for entry in entries],
                    "data": [do.facts(entry) for entry in entries],
                    "token": repeat(lease.token),
                    "lease_owner": repeat(lease.owner),
                }
            )
        )

        def write(connection: Connection) -> bool:
            row = do.hold.row(connection, do.held_by(lease))
            if row is None:
                raise lease_lost()
            if change_tickets(connection) != len(stand):
                raise GuessedWrongError
            for each in writes:
                each(connection)
            do.tell_of_entries(connection, session_id)
            return bool(row[0])

        return write
