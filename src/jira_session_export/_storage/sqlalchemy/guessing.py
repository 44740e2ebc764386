"""Appends about tickets whose state is guessed instead of read, made ready before their transaction.

Nearly always a ticket stands as the run has left it. So what an append writes is known before its transaction begins,
in which nothing is left but to run a few statements: on SQLite that thread has the database's only writer, and whatever
it touches is not in its core's cache.

The statement that changes the tickets is conditional on the guess. Where it changes fewer of them than it should,
nothing of the append may be committed, and it is done in the ordinary way, which reads first.
"""

from collections.abc import Callable, Sequence
from itertools import repeat

from sqlalchemy import Connection

from jira_session_export._journal import (
    CreateRefused,
    Entry,
    IntentRecorded,
    IssueRecorded,
    Lease,
    TicketState,
    by_ticket,
)
from jira_session_export._storage.records import Counters, attempt_of, kind_of, new_fixes, trace_of
from jira_session_export._storage.rows import counter_columns, manual_fix_columns, patch_columns, ticket_columns
from jira_session_export._storage.sqlalchemy.statements import Statements, lease_lost
from jira_session_export._transitions import CHANGED_BY, patch_of

_Guessable = IntentRecorded | CreateRefused | IssueRecorded


class GuessedWrongError(Exception):
    """A ticket does not stand as was guessed, and what was written must not be committed. Never leaves the store."""


class GuessedAppends:
    """Makes appends about many tickets ready."""

    def __init__(self, statements: Statements) -> None:
        self._do = statements

    def made_of(
        self, lease: Lease, entries: Sequence[Entry], advanced: Sequence[tuple[TicketState, TicketState]]
    ) -> Callable[[Connection], bool] | None:
        """The append of these entries, which says whether somebody had asked to cancel; None when it must read first.

        Args:
            advanced: as in `AdvancingStore.append_advanced`.

        Raises:
            GuessedWrongError: by what is returned.
        """
        guessable = [entry for entry in entries if isinstance(entry, _Guessable)]
        if len(guessable) < len(entries) or any(before.issue or before.orphans for before, _ in advanced):
            return None
        do, session_id = self._do, lease.session_id
        stood, stand = [before for before, _ in advanced], [after for _, after in advanced]
        now = by_ticket(stand)
        # What some of the entries change is written to all of the tickets, so that one statement does.
        changed = frozenset[str]().union(*[CHANGED_BY[kind] for kind in {type(entry) for entry in guessable}])
        change_tickets = do.change_guessed_tickets.ready(
            {
                "_session": repeat(do.ticket_session.encode(session_id)),
                "_ticket": [do.ticket_key.encode(ticket.ticket_id) for ticket in stand],
                "_was_attempt": [ticket.attempt for ticket in stood],
                "_was_intent_at": [ticket.intent_at for ticket in stood],
                "_was_key": repeat(None),
                "_was_status": [ticket.status.value for ticket in stood],
                **ticket_columns(changed, stand),
            }
        )
        writes = []
        fixes = [(after.ticket_id, fix) for before, after in advanced for fix in new_fixes(before, after)]
        if fixes:
            rows = [
                {"session_id": session_id, "ticket_id": ticket_id, "step_id": None, **manual_fix_columns(fix)}
                for ticket_id, fix in fixes
            ]
            writes.append(do.add_fixes.ready({name: [row[name] for row in rows] for name in rows[0]}))
        counters = Counters.of_all(stand) - Counters.of_all(stood)
        in_session = patch_columns(patch_of(guessable))
        if in_session or counters != Counters():
            grown = {f"_{column}": added for column, added in counter_columns(counters).items()}
            session = {"_session": do.session_key.encode(session_id), **grown, **in_session}
            writes.append(do.grow_session.ready({name: [value] for name, value in session.items()}))
        writes.append(
            do.add_journal.ready(
                {
                    "at": [entry.at for entry in guessable],
                    "session_id": repeat(session_id),
                    "ticket_id": [entry.ticket_id for entry in guessable],
                    "attempt": [attempt_of(entry, now[entry.ticket_id]) for entry in guessable],
                    "kind": [kind_of(entry) for entry in guessable],
                    "trace_id": [trace_of(entry) for entry in guessable],
                    "data": [do.facts(entry) for entry in guessable],
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
