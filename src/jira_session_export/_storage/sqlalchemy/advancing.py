"""The tickets that one transaction changes: read with one query, advanced in memory, written with few statements."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from sqlalchemy import Connection

from jira_session_export._journal import Entry, IssueDeleted, StepRecorded, TicketState
from jira_session_export._storage.records import Counters, already_recorded
from jira_session_export._storage.rows import manual_fix_columns, ticket_changes
from jira_session_export._storage.sqlalchemy.statements import Statements
from jira_session_export._transitions import advance_ticket
from jira_session_export.errors import SessionNotFoundError


class TicketWrites:
    """Advances some tickets of a session by entries, and writes at the end what became of them.

    However many tickets there are, those of which the same columns change are written with one statement. Only a step
    needs one of its own, which tells whether it is there already.

    Args:
        tickets: those that the entries are about, as the table has them, without steps and manual fixes.
        ticket_ids: which ones these are.

    Attributes:
        counters: what the entries add to the session's counters; without what a deletion takes away, as the tickets
            are read without their steps and manual fixes.

    Raises:
        SessionNotFoundError: the session lacks one of them.
    """

    def __init__(
        self,
        statements: Statements,
        connection: Connection,
        session_id: UUID,
        tickets: Mapping[UUID, TicketState],
        ticket_ids: Collection[UUID],
    ) -> None:
        self._do = statements
        self._connection = connection
        self._session_id = session_id
        if len(tickets) < len(ticket_ids):
            raise SessionNotFoundError(session_id=session_id)
        self._read = tickets
        self._now = dict(tickets)
        self._fixes: dict[UUID, list[dict[str, Any]]] = {}
        self.counters = Counters()

    def __getitem__(self, ticket_id: UUID) -> TicketState:
        """The ticket as it is now, without steps and manual fixes."""
        return self._now[ticket_id]

    def advance(self, ticket_id: UUID, entry: Entry) -> bool:
        """Advance a ticket; False when the entry is a repeat, which changes nothing."""
        before = self._now[ticket_id]
        if already_recorded(before, entry):
            return False
        after = advance_ticket(before, entry)
        keys = {"session_id": self._session_id, "ticket_id": ticket_id}
        step_id = None
        if isinstance(entry, StepRecorded):
            step = entry.step
            added = self._do.add_step.row(
                self._connection,
                {**keys, "kind": step.kind.value, "target": step.target, "done": step.done, "jira_id": step.jira_id},
            )
            if added is None:
                return False
            step_id = added[0]
        if isinstance(entry, IssueDeleted):
            if before.issue is not None and after.issue is None:
                self._forget(ticket_id)
        elif after.steps or after.manual_fixes or after.status != before.status:
            self.counters += Counters.change(before, after)
        if after.manual_fixes:
            rows = [{**keys, "step_id": step_id, **manual_fix_columns(fix)} for fix in after.manual_fixes]
            self._fixes.setdefault(ticket_id, []).extend(rows)
        # What is written already must not be written again with the next entry.
        self._now[ticket_id] = replace(after, steps=(), manual_fixes=()) if after.steps or after.manual_fixes else after
        return True

    def _forget(self, ticket_id: UUID) -> None:
        self._fixes.pop(ticket_id, None)
        keys = {"_session_id": self._session_id, "_ticket_id": ticket_id}
        for forget in (self._do.forget_fixes, self._do.forget_steps):  # a fix refers to its step
            self._connection.execute(forget, keys)

    def write(self) -> None:
        """Write what differs from what was read."""
        fixes = [row for rows in self._fixes.values() for row in rows]
        if fixes:
            self._do.add_fixes.run(self._connection, fixes)
        alike: defaultdict[tuple[str, ...], list[dict[str, Any]]] = defaultdict(list)
        for ticket_id, after in self._now.items():
            if changes := ticket_changes(self._read[ticket_id], after):
                alike[tuple(changes)].append({**self._do.ticket_keys(self._session_id, ticket_id), **changes})
        for rows in alike.values():
            self._do.change_ticket.run(self._connection, rows)
