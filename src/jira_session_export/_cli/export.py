"""`jira-session-export export` and `retry`: one session in the foreground, resumable at any moment."""

import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

import anyio
from anyio.abc import TaskGroup

from jira_session_export._cli.output import ExitCode, Output
from jira_session_export._cli.state import open_store, report
from jira_session_export._envconfig import JiraSettings
from jira_session_export._export.exporter import Exporter
from jira_session_export._export.projects import ProjectReader
from jira_session_export._export.service import ExportService
from jira_session_export._jira import ApiTokenAuth, HttpSettings, JiraClient, RetryPolicy
from jira_session_export._journal import SessionStatus
from jira_session_export._models import Session
from jira_session_export._runtime import SYSTEM_RUNTIME
from jira_session_export._settings import ExportSettings
from jira_session_export._storage.sqlalchemy import SqlAlchemyStore
from jira_session_export.errors import (
    AlreadyCompletedError,
    RetryNeededError,
    SessionNotFoundError,
    SettingsError,
    StoreError,
)


class Foreground:
    """A runner that leaves the work to its caller."""

    async def submit(self, session_id: UUID) -> None:
        """Nothing: the caller executes."""


@dataclass(frozen=True, slots=True)
class Connection:
    """Jira and the database, open."""

    client: JiraClient
    store: SqlAlchemyStore
    service: ExportService
    settings: ExportSettings


@asynccontextmanager
async def open_connection(jira: JiraSettings, database: str, settings: ExportSettings) -> AsyncIterator[Connection]:
    """Jira and the database for one command."""
    async with (
        JiraClient(
            jira.base_url,
            ApiTokenAuth(jira.email, jira.api_token),
            http=HttpSettings(timeout_seconds=settings.request_timeout_seconds),
        ) as client,
        open_store(database) as store,
    ):
        # Somebody waits at the terminal, so the pre-flight says soon that Jira is not there. A run is patient.
        projects = ProjectReader(client.with_options(retry=RetryPolicy.interactive()), settings=settings)
        service = ExportService(store, client, Foreground(), settings=settings, projects=projects)
        yield Connection(client, store, service, settings)


async def export_session(connection: Connection, session: Session, output: Output) -> ExitCode:
    """Export `session`, or go on with it, until it ends; says what came of it."""
    await check_same_session(connection.store, session)
    await connection.store.put(session)
    try:
        await connection.service.start(session.id)
    except RetryNeededError:
        retry = await connection.service.retry(session.id)
        output.note(
            f"Retry {retry.retry_attempt}: going on at ticket {retry.resuming_from_ticket_order}, "
            f"{retry.preserved_successful_tickets} are done."
        )
    except AlreadyCompletedError:
        output.note("This session has been exported already; nothing was created.")
    else:
        state = await connection.store.state(session.id)
        if state.exported:
            output.note(f"Going on: {state.exported} of {state.total} tickets are exported already.")
    return await run_session(connection, session.id, output)


async def plan_session(connection: Connection, session: Session, output: Output) -> ExitCode:
    """Show what an export of `session` would send, and whether anything is to be corrected first."""
    plan = await connection.service.plan(session)
    if output.as_json:
        output.document(plan)
    else:
        output.plan(plan)
    return ExitCode.DONE if plan.ready else ExitCode.WRONG_USE


async def check_same_session(store: SqlAlchemyStore, session: Session) -> None:
    """Stop before another file of the same name is taken for new content of a session that has been exported.

    Raises:
        SettingsError: the database's session of that name shares no ticket with `session`.
    """
    try:
        kept = await store.session(session.id)
    except SessionNotFoundError:
        return
    titles = {ticket.id: ticket.title for ticket in kept.tickets}
    if titles and not any(titles.get(ticket.id) == ticket.title for ticket in session.tickets):
        raise SettingsError(
            f"The database has another session named {session.name!r} for project {session.project_key}: "
            "none of its tickets is in this file.",
            recovery_actions=[
                "Give this session a name of its own with --session NAME, or another --database.",
                "If it is the same one with every title edited, put one title back, export, then edit it in Jira.",
            ],
        )


async def run_session(connection: Connection, session_id: UUID, output: Output) -> ExitCode:
    """Work through a session that is exporting, then say what came of it."""
    with output.progress() as sink:
        exporter = Exporter(
            connection.client,
            connection.store,
            settings=connection.settings,
            sink=sink,
        )
        unrecorded: StoreError | None = None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_stop_on_signal, exporter, output, tasks)
            try:
                await _wait_for_other_worker(connection, exporter, session_id, output)
                await exporter.execute(session_id)
            except StoreError as exc:  # kept, or the task group would wrap it in an exception group
                unrecorded = exc
            tasks.cancel_scope.cancel()
        if unrecorded is not None:
            raise unrecorded
    return await report(connection.store, session_id, output)


async def _wait_for_other_worker(connection: Connection, exporter: Exporter, session_id: UUID, output: Output) -> None:
    told = False
    while not exporter.stopping:
        state = await connection.store.state(session_id)
        if state.status != SessionStatus.EXPORTING or not state.lease_is_live(SYSTEM_RUNTIME.now()):
            return
        if not told:
            output.note(
                "Another process works on this session, or has died while it did: "
                f"waiting until it ends, or for {connection.settings.lease_seconds:g} s without a sign of life."
            )
            told = True
        await SYSTEM_RUNTIME.sleep(0.2)


async def _stop_on_signal(exporter: Exporter, output: Output, tasks: TaskGroup) -> None:
    grace_seconds = exporter.settings.grace_seconds
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        await anext(signals)
        output.note(
            f"Stopping after the step in work, in {grace_seconds:g} s at the latest; "
            "press Ctrl-C again to stop at once."
        )
        exporter.stop()
        tasks.start_soon(_stop_late, grace_seconds, output, tasks.cancel_scope)
        await anext(signals)
        tasks.cancel_scope.cancel()


async def _stop_late(grace_seconds: float, output: Output, scope: anyio.CancelScope) -> None:
    # The step may be a wait that Jira asked for, of minutes.
    await SYSTEM_RUNTIME.sleep(grace_seconds)
    output.note("The step in work takes longer: it is cut off, and the next run finds out what came of it.")
    scope.cancel()
