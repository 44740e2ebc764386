"""Appends about one ticket in one round trip to PostgreSQL; those that a ticket costs when nothing goes wrong.

An append must know how the ticket stands, which costs a round trip. Here that is guessed: nearly always it stands as
the run has left it. The statement that writes is conditional on the guess. Where it was wrong, nothing is written, and
the append is done in the ordinary way, which reads first.

Two statements go out together, and PostgreSQL makes one transaction of them:

1. the session's row is locked, if the lease is still held;
2. the ticket (or the step), the session's counters, the manual fixes, the entries and the notification are written, if
   the lease is still held and the ticket stands as guessed.

The second one sees what stands there once the first has its lock, because each statement has a snapshot of its own
(READ COMMITTED), and whoever changes a ticket locks its session first.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam, func
from sqlalchemy.dialects import postgresql

from jira_session_export._journal import (
    CreateRefused,
    Entry,
    IntentRecorded,
    IssueRecorded,
    JournalRow,
    Lease,
    StepRecorded,
    TicketState,
)
from jira_session_export._storage.records import (
    Counters,
    already_recorded,
    journal_columns,
    new_fixes,
    recoverable_from_jira,
)
from jira_session_export._storage.rows import (
    COUNTER_COLUMNS,
    counter_columns,
    manual_fix_columns,
    patch_columns,
    ticket_changes,
)
from jira_session_export._storage.sqlalchemy.listening import CHANNEL
from jira_session_export._storage.sqlalchemy.prepared import NamedText
from jira_session_export._storage.sqlalchemy.statements import FIXES, JOURNAL, STEP_KEY, STEPS, Statements
from jira_session_export._transitions import patch_of

_TicketEntry = IntentRecorded | CreateRefused | IssueRecorded | StepRecorded
_JOURNAL_COLUMNS = tuple(field.name for field in fields(JournalRow) if field.name != "sequence")
_FIX_COLUMNS = ("kind", "field", "asked_for", "done_instead", "recommended_action")
_ALL_FIX_COLUMNS = ("session_id", "ticket_id", "step_id", *_FIX_COLUMNS)


@dataclass(frozen=True, slots=True)
class QuickAppend:
    """Two statements with their parameters, to be sent together.

    Attributes:
        hold: gives the row (whether to cancel) while the lease is held.
        write: gives a row when it has written.
    """

    hold: tuple[str, dict[str, Any]]
    write: tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class _Shape:
    """What a text of `write` depends on."""

    changes: tuple[str, ...]
    patch: tuple[str, ...]
    counts: bool
    entries: int
    fixes: int
    step: bool


class QuickAppends:
    """Makes quick appends."""

    def __init__(self, statements: Statements, dialect: sa.Dialect) -> None:
        self._do = statements
        self._dialect = dialect
        self._texts: dict[_Shape, NamedText] = {}
        hold = sa.select(statements.cancel_requested).where(statements.held).with_for_update()
        self._hold = NamedText(hold, dialect)
        # Asked of the database in passing: what can be read from Jira again need not be on the disk before one goes on.
        self._hold_recoverable = NamedText(
            hold.add_columns(func.set_config("synchronous_commit", "off", sa.true())), dialect
        )

    def made_of(
        self, lease: Lease, entries: Sequence[Entry], advanced: Sequence[tuple[TicketState, TicketState]]
    ) -> QuickAppend | None:
        """The append, when it is about a single ticket that stands as guessed; a step needs a transaction of its own.

        Args:
            advanced: as in `AdvancingStore.append_advanced`.
        """
        news = [entry for entry in entries if isinstance(entry, _TicketEntry)]
        is_step = isinstance(entries[0], StepRecorded)
        if len(advanced) != 1 or len(news) < len(entries) or (len(news) > 1 and _holds_step(news)):
            return None
        ((before, after),) = advanced
        # An issue that is there already, or may be, has not been made as this run knows.
        if not is_step and (before.issue or before.orphans):
            return None
        if already_recorded(before, entries[0]):
            return None
        ticket_id = before.ticket_id
        journal = [journal_columns(lease, entry, after) for entry in news]
        counters = Counters.change(before, after)
        changes, set_in_session = ticket_changes(before, after), patch_columns(patch_of(news))
        if not changes and not is_step:
            return None
        fixes = [manual_fix_columns(fix) for fix in new_fixes(before, after)]
        shape = _Shape(tuple(changes), tuple(set_in_session), counters != Counters(), len(journal), len(fixes), is_step)
        if shape not in self._texts:
            self._texts[shape] = NamedText(self._write(shape), self._dialect)
        held = self._do.held_by(lease)
        parameters = {
            **held,
            "_of_session": self._do.ticket_session.encode(lease.session_id),
            "_ticket": self._do.ticket_key.encode(ticket_id),
            "_ticket_id": ticket_id,
            "_session_id": lease.session_id,
            "_session_name": str(lease.session_id),
            "_was_attempt": before.attempt,
            "_was_intent_at": before.intent_at,
            "_was_key": before.issue.key if before.issue else None,
            "_was_status": before.status.value,
            **{f"_set_{name}": value for name, value in changes.items()},
            **{f"_session_set_{name}": value for name, value in set_in_session.items()},
            **{f"_{name}": added for name, added in counter_columns(counters).items()},
            **{f"_{name}_{place}": row[name] for place, row in enumerate(journal) for name in _JOURNAL_COLUMNS},
            **{f"_fix_{name}_{place}": row[name] for place, row in enumerate(fixes) for name in _FIX_COLUMNS},
        }
        if isinstance(entries[0], StepRecorded):
            step = entries[0].step
            parameters |= {
                "_kind": step.kind.value, "_target": step.target, "_done": step.done, "_jira_id": step.jira_id
            }  # fmt: skip
        hold = self._hold_recoverable if all(map(recoverable_from_jira, entries)) else self._hold
        return QuickAppend(hold.with_values(held), self._texts[shape].with_values(parameters))

    def _write(self, shape: _Shape) -> sa.Select[Any]:
        do = self._do
        sessions, tickets = do.sessions, do.tickets
        still_held = sa.exists(sa.select(1).select_from(sessions).where(do.held))
        this_ticket = sa.and_(
            do.ticket_session.column == bindparam("_of_session"), do.ticket_key.column == bindparam("_ticket")
        )
        ticket = do.ticket_columns
        if shape.step:
            step = sa.select(
                *(
                    bindparam(name, type_=STEPS.c[column].type).label(column)
                    for name, column in (
                        ("_session_id", "session_id"),
                        ("_ticket_id", "ticket_id"),
                        ("_kind", "kind"),
                        ("_target", "target"),
                        ("_done", "done"),
                        ("_jira_id", "jira_id"),
                    )
                )
            ).where(sa.exists(sa.select(1).select_from(tickets).where(this_ticket)), still_held)
            written = (
                postgresql.insert(STEPS)
                .from_select([*STEP_KEY, "done", "jira_id"], step)
                .on_conflict_do_nothing(index_elements=[STEPS.c[name] for name in STEP_KEY])
                .returning(STEPS.c.id)
                .cte("written")
            )
            step_id: sa.ColumnElement[Any] = written.c.id
        else:
            written = (
                tickets.update()
                .where(this_ticket, still_held, *do.as_guessed)
                .values({ticket[name]: bindparam(f"_set_{name}", type_=ticket[name].type) for name in shape.changes})
                .returning(sa.literal_column("1").label("id"))
                .cte("written")
            )
            step_id = sa.null()
        there = sa.exists(sa.select(1).select_from(written))
        parts: list[Any] = []
        session = do.session_columns
        values: dict[Any, Any] = {
            session[name]: bindparam(f"_session_set_{name}", type_=session[name].type) for name in shape.patch
        }
        if shape.counts:
            values |= {session[name]: session[name] + bindparam(f"_{name}") for name in COUNTER_COLUMNS}
        if values:
            of_session = do.session_key.column == bindparam("_session")
            parts.append(sessions.update().where(of_session, there).values(values).cte("counted"))
        if shape.fixes:
            parts.append(
                _added(FIXES, _ALL_FIX_COLUMNS, [self._fix(n, written, step_id) for n in range(shape.fixes)]).cte(
                    "fixes"
                )
            )
        entries = [self._entry(place, written, this_ticket, step=shape.step) for place in range(shape.entries)]
        kept = _added(JOURNAL, _JOURNAL_COLUMNS, entries).returning(JOURNAL.c.id).cte("kept")
        newest = sa.select(func.max(kept.c.id).label("id")).subquery()
        told = func.pg_notify(
            CHANNEL, sa.cast(bindparam("_session_name"), sa.String) + " " + sa.cast(newest.c.id, sa.String)
        )
        return sa.select(told).where(newest.c.id.is_not(None)).add_cte(written, *parts, kept)

    @staticmethod
    def _fix(place: int, written: sa.CTE, step_id: sa.ColumnElement[Any]) -> sa.Select[Any]:
        return sa.select(
            bindparam("_session_id", type_=FIXES.c.session_id.type).label("session_id"),
            bindparam("_ticket_id", type_=FIXES.c.ticket_id.type).label("ticket_id"),
            sa.cast(step_id, FIXES.c.step_id.type).label("step_id"),
            *(bindparam(f"_fix_{name}_{place}", type_=FIXES.c[name].type).label(name) for name in _FIX_COLUMNS),
        ).select_from(written)

    def _entry(self, place: int, written: sa.CTE, this_ticket: sa.ColumnElement[bool], *, step: bool) -> sa.Select[Any]:
        attempt = func.nullif(self._do.ticket_columns["export_attempt"], 0)
        of_ticket = sa.select(attempt).where(this_ticket).correlate(None).scalar_subquery()
        return sa.select(
            *(
                of_ticket.label(name)
                if step and name == "attempt"
                else bindparam(f"_{name}_{place}", type_=JOURNAL.c[name].type).label(name)
                for name in _JOURNAL_COLUMNS
            )
        ).select_from(written)


def _holds_step(entries: Sequence[Entry]) -> bool:
    return any(isinstance(entry, StepRecorded) for entry in entries)


def _added(table: sa.Table, columns: Sequence[str], rows: Sequence[sa.Select[Any]]) -> sa.Insert:
    """Add rows by one statement, which numbers them in their order; several of one statement come in any order."""
    return table.insert().from_select(list(columns), rows[0] if len(rows) == 1 else sa.union_all(*rows))
