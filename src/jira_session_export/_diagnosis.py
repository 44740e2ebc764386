"""What an operator should look at, from what store and queue tell."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from jira_session_export._settings import ExportSettings
from jira_session_export._storage.inspection import ExportingSession, StoreInspection
from jira_session_export._wording import counted, duration

STUCK_SECONDS = 60.0
"""A session that nobody works on although it is due for so long is stuck."""
SLOW_SECONDS = 900.0
"""A session that is worked on and shows no progress for so long, or waits for so long, is worth a look."""
SILENT_SECONDS = 45.0
"""A worker without a sign of life for so long is not counted as alive: two of them are missing."""
CROWDED = 0.8
"""So much of the allowed connections may be used."""
_NAMED = 20


@dataclass(frozen=True, slots=True)
class QueueInspection:
    """What there is in a queue.

    Attributes:
        name: of the queue.
        exists: the database has the tables of a queue.
        missing: what the installed procrastinate needs of its tables and the database lacks: they are older.
        newer: what the database has that is newer than the installed procrastinate.
        waiting: sessions that a job waits for.
        running: jobs that workers have taken.
        oldest_waiting_seconds: how long the job at the head has been waiting; None when none waits.
        worker_silences: seconds since the last sign of life of each worker, of any queue of this database.
    """

    name: str
    exists: bool
    missing: Sequence[str] = ()
    newer: Sequence[str] = ()
    waiting: frozenset[UUID] = frozenset()
    running: int = 0
    oldest_waiting_seconds: float | None = None
    worker_silences: Sequence[float] = ()

    @property
    def workers_alive(self) -> int:
        """Workers that have shown a sign of life lately."""
        return sum(silence < SILENT_SECONDS for silence in self.worker_silences)


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to look at.

    Attributes:
        code: stable, for programs: `schema_missing`, `schema_older`, `schema_newer`, `queue_missing`, `queue_older`,
            `no_workers`, `silent_workers`, `held_up_sessions`, `stuck_sessions`, `long_waits`, `slow_sessions`,
            `unknown_issues`, `connections` or `attachments`.
        message: what is the matter, a sentence.
        action: what to do, a sentence.
        session_ids: the sessions it is about.
    """

    code: str
    message: str
    action: str
    session_ids: Sequence[UUID] = ()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """How all exports of a store are.

    Attributes:
        at: when it was asked.
        store: what there is in the store.
        queue: what there is in the queue; None when exports run without one.
        findings: what to look at; none when all is well.
        attachments: where the files of tickets are, for people; None when that was not asked.
    """

    at: datetime
    store: StoreInspection
    queue: QueueInspection | None
    findings: Sequence[Finding]
    attachments: str | None = None

    @property
    def is_healthy(self) -> bool:
        """Whether there is nothing to look at."""
        return not self.findings


def diagnose(
    store: StoreInspection,
    queue: QueueInspection | None = None,
    *,
    now: datetime,
    settings: ExportSettings | None = None,
    attachments: str | None = None,
    attachments_problem: str | None = None,
) -> Diagnosis:
    """Tell what an operator should look at.

    Args:
        store: from `SqlAlchemyStore.inspect`.
        queue: from `integrations.procrastinate.inspect_queue`; None when exports run without a queue.
        now: when both were asked, aware.
        settings: how exports behave; the defaults when None.
        attachments: where the files of tickets are (`AttachmentOpener.place`).
        attachments_problem: why they cannot be reached from here, as the end of a sentence; None when they can, or
            nobody has tried.
    """
    findings = list(_schemas(store, queue))
    if store.is_up_to_date:
        findings += _workers(store, queue)
        findings += _sessions(store, queue, now, settings or ExportSettings())
    if attachments_problem is not None:
        findings.append(
            Finding(
                "attachments",
                f"The files of tickets{f', in {attachments},' if attachments else ''} cannot be reached from here: "
                f"{attachments_problem}.",
                "Check JSE_ATTACHMENTS and, for S3, the variables AWS_…; workers cannot attach files until then.",
            )
        )
    return Diagnosis(now, store, queue, findings, attachments)


def _schemas(store: StoreInspection, queue: QueueInspection | None) -> Iterator[Finding]:
    if store.revision is None:
        yield Finding(
            "schema_missing",
            "The database has no tables of exports.",
            "Check its address; the first process that opens it to export makes them.",
        )
    elif store.revision > store.known_revision:
        yield Finding(
            "schema_newer",
            f"The tables are at revision {store.revision}, and this program knows {store.known_revision}.",
            "Upgrade this program: pip install --upgrade jira-session-export.",
        )
    elif not store.is_up_to_date:
        yield Finding(
            "schema_older",
            f"The tables are at revision {store.revision}, and this program works with {store.known_revision}.",
            "Start a web process or a worker of this version: it brings them up to date.",
        )
    if queue is not None and not queue.exists:
        yield Finding(
            "queue_missing", "The database lacks the queue's tables.", "Start a worker: jira-session-export worker."
        )
    elif queue is not None and queue.missing:
        yield Finding(
            "queue_older",
            f"The queue's tables are older than the installed procrastinate: they lack {', '.join(queue.missing)}.",
            "Apply procrastinate's migrations; procrastinate schema --migrations-path prints their folder.",
        )
    if store.connections is not None and store.connections.used > CROWDED * store.connections.allowed:
        yield Finding(
            "connections",
            f"{store.connections.used} of the {store.connections.allowed} connections of the database are in use.",
            "Run fewer processes, make their pools smaller, or raise max_connections.",
        )


def _workers(store: StoreInspection, queue: QueueInspection | None) -> Iterator[Finding]:
    if queue is None or not queue.exists:
        return
    if not queue.workers_alive:
        waits = counted(len(store.exporting), "session")
        yield Finding(
            "no_workers",
            f"No worker is alive, and {waits} {'waits' if len(store.exporting) == 1 else 'wait'}."
            if store.exporting
            else "No worker is alive.",
            "Start one: jira-session-export worker.",
            [each.state.session_id for each in store.exporting][:_NAMED],
        )
    silent = [silence for silence in queue.worker_silences if silence >= SILENT_SECONDS]
    if silent:
        yield Finding(
            "silent_workers",
            f"{counted(len(silent), 'worker')} {'has' if len(silent) == 1 else 'have'} shown no sign of life for "
            f"{duration(min(silent))} or longer.",
            "It was killed, or hangs: look at its log. Its sessions are taken over by the others.",
        )


def _sessions(
    store: StoreInspection, queue: QueueInspection | None, now: datetime, settings: ExportSettings
) -> Iterator[Finding]:
    # Whoever is alive takes up what waits, when there is room and it is its turn.
    alive = bool(queue and queue.workers_alive) or any(each.state.lease_is_live(now) for each in store.exporting)
    stuck = [each for each in store.exporting if _is_stuck(each, now, alive=alive)]
    if stuck:
        yield Finding(
            "stuck_sessions",
            f"{counted(len(stuck), 'session')} {'is' if len(stuck) == 1 else 'are'} exporting, and nobody works on "
            f"{'it' if len(stuck) == 1 else 'them'}: {_named(stuck)}.",
            "Start a worker: jira-session-export worker."
            if queue is not None
            else "Start the service again, or run the export command of the session again; nothing is created twice.",
            [each.state.session_id for each in stuck][:_NAMED],
        )
    for each in store.exporting:
        held_up = each.state.held_up
        if held_up is None or each.state.lease_is_live(now):
            continue
        machines = ", ".join(held_up.machines)
        yield Finding(
            "held_up_sessions",
            f"No worker gets on with {_named([each])}: {held_up.reason}",
            "Put the file where the workers look for it, or give them access to it; set JSE_ATTACHMENTS alike in every "
            f"process. {machines} tried last. "
            f"Without it the session fails {duration(settings.attachment_patience_seconds)} after it was held up.",
            [each.state.session_id],
        )
    waiting = [each for each in store.exporting if alive and _waits_long(each, now)]
    if waiting:
        one = len(waiting) == 1
        yield Finding(
            "long_waits",
            f"{counted(len(waiting), 'session')} {'has' if one else 'have'} been waiting for {duration(SLOW_SECONDS)} "
            f"or longer: {_named(waiting)}.",
            "Start more workers, or raise --concurrency or the limits on sessions at once; "
            "and see that there is a worker for each Jira site.",
            [each.state.session_id for each in waiting][:_NAMED],
        )
    slow = [each for each in store.exporting if _is_slow(each, now, settings)]
    if slow:
        yield Finding(
            "slow_sessions",
            f"{counted(len(slow), 'session')} {'has' if len(slow) == 1 else 'have'} made no progress for "
            f"{duration(SLOW_SECONDS)} or longer although a worker has "
            f"{'it' if len(slow) == 1 else 'them'}: {_named(slow)}.",
            "Look at the worker's log, and at what Jira answers.",
            [each.state.session_id for each in slow][:_NAMED],
        )
    unknown = store.unknown_issues
    if unknown:
        sessions = list(dict.fromkeys(each.session_id for each in unknown))
        yield Finding(
            "unknown_issues",
            f"Of {counted(len(unknown), 'ticket')} nobody knows whether Jira has an issue: the create was announced, "
            "and no worker lived to record the answer.",
            "Retry or start the session: the run looks for the issues, and takes over those that it finds.",
            sessions[:_NAMED],
        )


def _is_stuck(each: ExportingSession, now: datetime, *, alive: bool) -> bool:
    """Whether its worker has vanished and nobody goes on with it, or it waits and nobody is there."""
    state = each.state
    if state.lease_is_live(now) or (alive and not state.lease_owner):
        return False
    since = state.lease_expires_at if state.lease_owner else each.last_entry_at
    return since is None or (now - since).total_seconds() > STUCK_SECONDS


def _waits_long(each: ExportingSession, now: datetime) -> bool:
    if each.state.lease_owner:
        return False
    return each.last_entry_at is None or (now - each.last_entry_at).total_seconds() > SLOW_SECONDS


def _is_slow(each: ExportingSession, now: datetime, settings: ExportSettings) -> bool:
    if not each.state.lease_is_live(now) or each.last_entry_at is None:
        return False
    patience = max(SLOW_SECONDS, settings.reconcile_budget_seconds, settings.longest_wait_seconds)
    return (now - each.last_entry_at).total_seconds() > patience


def _named(sessions: Sequence[ExportingSession]) -> str:
    names = [each.state.name or str(each.state.session_id) for each in sessions]
    return ", ".join(names[:3]) + (f" and {len(names) - 3:,} more" if len(names) > 3 else "")
