"""How the states read from, and are written to, the columns of the two mixins."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from operator import attrgetter
from typing import Any, Protocol
from uuid import UUID

from pydantic import TypeAdapter

from jira_session_export._journal import HeldUp, SessionState, Step, TicketState, TicketStatus
from jira_session_export._storage.records import Counters
from jira_session_export._transitions import SessionPatch
from jira_session_export._values import CreatedIssue, Failure, FollowUp, ManualFix, ManualFixKind, StepKind


class Row(Protocol):
    """A row whose values are found by the name of their column."""

    def __getitem__(self, column: str, /) -> Any: ...


def _as_is(value: Any) -> Any:
    return value


@dataclass(frozen=True, slots=True)
class _Field:
    """One field of a state and its column."""

    name: str
    column: str
    encode: Callable[[Any], Any] = _as_is
    decode: Callable[[Any], Any] = _as_is


def _json(name: str, column: str, kind: Any) -> _Field:
    adapter: TypeAdapter[Any] = TypeAdapter(kind)

    def encode(value: Any) -> Any:
        # An empty tuple is NULL, as in a row nothing was written to.
        return adapter.dump_python(value, mode="json") if value else None

    return _Field(name, column, encode, adapter.validate_python)


_SESSION = (
    _Field("current_stage", "current_stage"),
    _Field("status", "status", str),
    _Field("task_id", "export_task_id"),
    _Field("last_task_id", "export_last_task_id"),
    _Field("started_at", "export_started_at"),
    _Field("failed_at", "export_failed_at"),
    _Field("failed_at_ticket_order", "failed_at_ticket_order"),
    _Field("first_error_at", "export_first_error_at"),
    _Field("retry_count", "export_retry_count"),
    _Field("completed_at", "completed_at"),
    _json("failure", "export_failure", Failure),
    _Field("crash_count", "export_crash_count"),
    _Field("current_title", "export_current_title"),
    _Field("seconds", "export_seconds"),
    _Field("cancel_requested", "export_cancel_requested"),
    _Field("token", "export_token"),
    _Field("lease_owner", "export_lease_owner"),
    _Field("lease_expires_at", "export_lease_expires_at"),
    _Field("waiting_until", "export_waiting_until"),
    _Field("total", "export_total"),
    _Field("exported", "export_exported"),
    _Field("links_created", "export_links_created"),
    _Field("manual_fix_count", "export_manual_fix_count"),
    _Field("archived_at", "export_archived_at"),
    _Field("left_out", "export_left_out"),
    _Field("site", "export_site"),
    _json("held_up", "export_held_up", HeldUp),
)

_TICKET = (
    _Field("status", "jira_export_status", str, TicketStatus),
    _Field("exported_at", "exported_at"),
    _Field("attempt", "export_attempt"),
    _Field("intent_at", "export_intent_at"),
    _json("intent_fixes", "export_intent_fixes", tuple[ManualFix, ...]),
    _json("follow_ups", "export_follow_ups", tuple[FollowUp, ...]),
    _json("orphans", "export_orphans", tuple[CreatedIssue, ...]),
    _Field("exported_title", "export_title"),
    _Field("fingerprint", "export_fingerprint"),
    _Field("removed", "export_removed"),
)
_ISSUE = ("jira_issue_id", "jira_ticket_key", "jira_ticket_url")

SESSION_COLUMNS = tuple(field.column for field in _SESSION)
"""The columns `session_state` reads, in its order."""
_SESSION_FIELDS = {field.name: field for field in _SESSION}
_COUNTERS = tuple((counter.name, _SESSION_FIELDS[counter.name].column) for counter in fields(Counters))
COUNTER_COLUMNS = tuple(column for _, column in _COUNTERS)
"""The columns in which a session counts its tickets."""
TICKET_COLUMNS = (*_ISSUE, *(field.column for field in _TICKET))
"""The columns `ticket_state` reads, in its order."""
_UNTOUCHED = (None, None, None, TicketStatus.PENDING.value, None, 0, None, None, None, None, None, None, False)
"""Their values in a row that nothing was written to, as nearly all are when an export begins."""


def _decoded(columns: Sequence[_Field], values: Sequence[Any]) -> dict[str, Any]:
    # A NULL means the state's default: a host's rows may be older than our columns.
    return {field.name: field.decode(value) for field, value in zip(columns, values, strict=True) if value is not None}


def session_state(
    session_id: UUID,
    project_key: str,
    name: str | None,
    owner: str | None,
    values: Sequence[Any],
    *,
    content_version: int | None,
) -> SessionState:
    """The session as its row tells. `values`: those of `SESSION_COLUMNS`."""
    known = {
        field.name: field.decode(value) for field, value in zip(_SESSION, values, strict=True) if value is not None
    }
    return SessionState(
        session_id=session_id,
        project_key=project_key,
        name=name or "",
        owner=owner,
        content_version=content_version,
        **known,
    )


def ticket_state(ticket_id: UUID, order: int, title: str, values: Sequence[Any]) -> TicketState:
    """The ticket as its row tells, without steps and manual fixes. `values`: those of `TICKET_COLUMNS`."""
    if tuple(values) == _UNTOUCHED:
        return TicketState(ticket_id, order, title)
    issue_id, key, url = values[: len(_ISSUE)]
    issue = CreatedIssue(id=issue_id or "", key=key, url=url or "") if key is not None else None
    known = _decoded(_TICKET, values[len(_ISSUE) :])
    return TicketState(ticket_id=ticket_id, order=order, title=title, issue=issue, **known)


def session_changes(before: SessionState, after: SessionState) -> dict[str, Any]:
    """Column → value, for what differs."""
    return _changes(_SESSION, _read_session, before, after)


def patch_columns(patch: SessionPatch) -> dict[str, Any]:
    """Column → value, for what a patch sets."""
    changes = {_SESSION_FIELDS[name]: value for name, value in patch.changes.items()}
    return {field.column: field.encode(value) for field, value in changes.items()}


def counter_columns(counters: Counters) -> dict[str, int]:
    """Column → what is to be added to it."""
    return {column: getattr(counters, name) for name, column in _COUNTERS}


def ticket_changes(before: TicketState, after: TicketState) -> dict[str, Any]:
    """Column → value, for what differs; steps and manual fixes lie in tables of their own."""
    changes = _changes(_TICKET, _read_ticket, before, after)
    if after.issue != before.issue:
        issue = after.issue
        values = (None, None, None) if issue is None else (issue.id, issue.key, issue.url)
        changes |= zip(_ISSUE, values, strict=True)
    return changes


def ticket_columns(names: Collection[str], tickets: Sequence[TicketState]) -> dict[str, list[Any]]:
    """Column → its values in these tickets, for these fields; steps and manual fixes lie in tables of their own."""
    columns: dict[str, list[Any]] = {}
    for field in _TICKET:
        if field.name in names:
            values = map(attrgetter(field.name), tickets)
            columns[field.column] = list(values if field.encode is _as_is else map(field.encode, values))
    if "issue" in names:
        issues = [(None, None, None) if (it := ticket.issue) is None else (it.id, it.key, it.url) for ticket in tickets]
        columns |= zip(_ISSUE, map(list, zip(*issues, strict=True)), strict=True)
    return columns


_read_session, _read_ticket = (attrgetter(*(field.name for field in columns)) for columns in (_SESSION, _TICKET))


def _changes(
    columns: Sequence[_Field], read: Callable[[Any], tuple[Any, ...]], before: object, after: object
) -> dict[str, Any]:
    return {
        field.column: field.encode(value)
        for field, value, was in zip(columns, read(after), read(before), strict=True)
        if value is not was and value != was
    }


def manual_fix_columns(fix: ManualFix) -> Mapping[str, str]:
    """Column → value of a row of `export_manual_fixes`."""
    return {
        "kind": fix.kind.value,
        "field": fix.field,
        "asked_for": fix.asked_for,
        "done_instead": fix.done_instead,
        "recommended_action": fix.recommended_action,
    }


def with_details(tickets: Sequence[TicketState], *, steps: Iterable[Row], fixes: Iterable[Row]) -> list[TicketState]:
    """The tickets of a session with their steps and manual fixes, from rows of `export_steps` and its neighbour."""
    steps_of, fixes_of = defaultdict[UUID, list[Step]](list), defaultdict[UUID, list[ManualFix]](list)
    fix_of_step: dict[int | None, ManualFix] = {}
    for row in fixes:
        fix = ManualFix(
            kind=ManualFixKind(row["kind"]),
            field=row["field"],
            asked_for=row["asked_for"],
            done_instead=row["done_instead"],
            recommended_action=row["recommended_action"],
        )
        fixes_of[row["ticket_id"]].append(fix)
        fix_of_step[row["step_id"]] = fix
    for row in steps:
        step = Step(
            kind=StepKind(row["kind"]),
            target=row["target"],
            done=row["done"],
            jira_id=row["jira_id"],
            manual_fix=fix_of_step.get(row["id"]),
        )
        steps_of[row["ticket_id"]].append(step)
    if not steps_of and not fixes_of:  # as when an export begins
        return list(tickets)
    return [
        replace(ticket, steps=tuple(steps_of[key]), manual_fixes=tuple(fixes_of[key]))
        if (key := ticket.ticket_id) in steps_of or key in fixes_of
        else ticket
        for ticket in tickets
    ]
