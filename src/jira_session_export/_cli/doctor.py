"""`jira-session-export doctor`: one page on all exports of a database: what there is, and what to look at."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from jira_session_export._attachments.addresses import open_attachments
from jira_session_export._attachments.reading import unreachable_because
from jira_session_export._cli.cluster import INSTALL_QUEUE, cluster_database, has_queue, queue_name, require_queue
from jira_session_export._cli.output import ExitCode, Output
from jira_session_export._cli.state import check_database
from jira_session_export._diagnosis import Diagnosis, QueueInspection, diagnose
from jira_session_export._envconfig import attachments_address, export_settings
from jira_session_export._runtime import SYSTEM_RUNTIME
from jira_session_export._storage.sqlite_file import sqlite_path
from jira_session_export._wording import counted, duration
from jira_session_export.errors import SettingsError

HERE = "on the machine of whoever exports, by the paths that tickets name (JSE_ATTACHMENTS is not set)"
ANSWER_SECONDS = 20.0
"""How long what keeps attachments may take to answer."""


async def examine(output: Output, *, database: str | None, queue: str | None) -> ExitCode:
    """Print the page; 1 when there is something to look at.

    Raises:
        SettingsError: there is no such database, or a queue is named and procrastinate is not installed.
        StoreUnavailableError: the database did not answer.
    """
    address, settings = cluster_database(database), export_settings()
    _check_file(address)
    from jira_session_export._storage.sqlalchemy import SqlAlchemyStore

    problem: str | None = None
    place = HERE
    async with SqlAlchemyStore.open(address) as store:
        now = SYSTEM_RUNTIME.now()
        inspected = await store.inspect(now)
        if named := attachments_address():
            storage = open_attachments(named, store)
            place = storage.place
            if inspected.is_up_to_date:
                problem = await unreachable_because(storage, answer_seconds=ANSWER_SECONDS)
    asked = await _queue(address, queue) if inspected.database == "postgresql" else None
    diagnosis = diagnose(inspected, asked, now=now, settings=settings, attachments=place, attachments_problem=problem)
    if output.as_json:
        output.document(as_document(diagnosis))
    else:
        output.write("".join(f"{line}\n" for line in page(diagnosis)))
    return ExitCode.DONE if diagnosis.is_healthy else ExitCode.FAILED


def _check_file(address: str) -> None:
    path = sqlite_path(address)
    if path is not None and not path.exists():
        raise SettingsError(f"There is no state file {path}.", recovery_actions=["Name another with --database URL."])
    check_database(address, writing=False)


async def _queue(address: str, name: str | None) -> QueueInspection | None:
    """The queue; None when exports run without: its tables are not there, and nobody has asked for it by name.

    Raises:
        SettingsError: it is asked for by name, and what it takes is not installed.
    """
    if name is not None:
        require_queue()
    if not has_queue():
        return None
    from jira_session_export.integrations.procrastinate import inspect_queue

    found = await inspect_queue(address, queue=queue_name(name))
    return found if found.exists or name is not None else None


def page(diagnosis: Diagnosis) -> Iterator[str]:
    """The lines of the page."""
    store, queue = diagnosis.store, diagnosis.queue
    revision = f"revision {store.revision}" if store.revision else "none"
    yield f"Tables       {revision}; this program works with {store.known_revision}"
    if store.connections is not None:
        yield f"Connections  {store.connections.used} of {store.connections.allowed} in use"
    if queue is not None:
        yield from _queue_lines(queue)
    elif store.database == "postgresql" and not has_queue():
        yield f"Queue        not looked at, as procrastinate is not installed. {INSTALL_QUEUE}"
    elif store.database == "postgresql":
        yield "Queue        none: exports run in the processes that start them"
    if diagnosis.attachments is not None:
        yield f"Attachments  {diagnosis.attachments}"
    for status, number in sorted(store.sessions.items()):
        yield f"Sessions     {number:,} {status.replace('_', ' ')}"
    at_work = sum(each.state.lease_is_live(diagnosis.at) for each in store.exporting)
    if store.exporting:
        yield f"             of those exporting, {at_work:,} at work and {len(store.exporting) - at_work:,} waiting"
    sites = Counter(each.state.site for each in store.exporting if each.state.site)
    for site, number in sorted(sites.items()):
        yield f"             {number:,} for {site}"
    waiting = [each.last_entry_at for each in store.exporting if not each.state.lease_is_live(diagnosis.at)]
    if oldest := min((at for at in waiting if at is not None), default=None):
        yield f"             the oldest has been waiting for {duration(_seconds(diagnosis, oldest))}"
    yield ""
    if diagnosis.is_healthy:
        yield "Nothing to look at."
        return
    yield f"{counted(len(diagnosis.findings), 'thing')} to look at:"
    for number, finding in enumerate(diagnosis.findings, 1):
        yield f"{number}. {finding.message}"
        yield f"   -> {finding.action}"
        for session_id in finding.session_ids:
            yield f"      session {session_id}"


def _queue_lines(queue: QueueInspection) -> Iterator[str]:
    if not queue.exists:
        yield f"Queue        {queue.name}: no tables"
        return
    oldest = queue.oldest_waiting_seconds
    waits = f", the oldest for {duration(oldest)}" if oldest is not None else ""
    newer = "; set up by a newer procrastinate" if queue.newer else ""
    yield f"Queue        {queue.name}: {len(queue.waiting):,} waiting{waits}; {queue.running:,} taken{newer}"
    shown = f", a sign of life {duration(min(queue.worker_silences))} ago" if queue.workers_alive else ""
    yield f"Workers      {queue.workers_alive:,} alive{shown}"


def _seconds(diagnosis: Diagnosis, moment: datetime) -> float:
    return max((diagnosis.at - moment).total_seconds(), 0.0)


def as_document(diagnosis: Diagnosis) -> dict[str, Any]:
    """The JSON document of `--json`."""
    store, queue = diagnosis.store, diagnosis.queue
    return {
        "at": diagnosis.at.isoformat(),
        "healthy": diagnosis.is_healthy,
        "findings": [
            {**asdict(each), "session_ids": [str(session_id) for session_id in each.session_ids]}
            for each in diagnosis.findings
        ],
        "schema": {"revision": store.revision, "known_revision": store.known_revision},
        "database": store.database,
        "connections": asdict(store.connections) if store.connections else None,
        "attachments": diagnosis.attachments,
        "sessions": dict(store.sessions),
        "exporting": [
            {
                "session_id": str(each.state.session_id),
                "name": each.state.name,
                "project_key": each.state.project_key,
                "owner": each.state.owner,
                "site": each.state.site,
                "tickets_exported": each.state.exported,
                "total_tickets": each.state.total,
                "at_work": each.state.lease_is_live(diagnosis.at),
                "lease_expires_at": _time(each.state.lease_expires_at),
                "last_entry_at": _time(each.last_entry_at),
            }
            for each in store.exporting
        ],
        "unknown_issues": [
            {
                "session_id": str(each.session_id),
                "ticket_id": str(each.ticket_id),
                "order": each.order,
                "title": each.title,
                "announced_at": _time(each.announced_at),
            }
            for each in store.unknown_issues
        ],
        "queue": _queue_document(queue) if queue is not None else None,
    }


def _queue_document(queue: QueueInspection) -> dict[str, Any]:
    waiting: list[UUID] = sorted(queue.waiting)
    return {
        "name": queue.name,
        "exists": queue.exists,
        "missing": list(queue.missing),
        "newer": list(queue.newer),
        "depth": len(waiting),
        "waiting": [str(each) for each in waiting],
        "running": queue.running,
        "oldest_waiting_seconds": queue.oldest_waiting_seconds,
        "workers_alive": queue.workers_alive,
        "workers": [{"silent_for_seconds": round(silence, 1)} for silence in queue.worker_silences],
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()
