"""`jira-session-export export` and `retry`: one session in the foreground, resumable at any moment."""

import signal
from uuid import UUID

import anyio
from anyio.abc import TaskGroup

from jira_session_export._adf import ConversionOptions
from jira_session_export._cli.output import ExitCode, Output, Report
from jira_session_export._cli.state import report
from jira_session_export._envconfig import JiraSettings
from jira_session_export._export.exporter import Exporter
from jira_session_export._jira_export import JiraExport
from jira_session_export._journal import SessionStatus
from jira_session_export._models import Session
from jira_session_export._runtime import SYSTEM_RUNTIME
from jira_session_export._settings import ExportSettings
from jira_session_export.errors import AlreadyCompletedError, RetryNeededError, StoreError


class Foreground:
    """A runner that leaves the work to its caller."""

    async def submit(self, session_id: UUID) -> None:
        """Nothing: the caller executes."""


def open_jira(
    jira: JiraSettings,
    database: str,
    settings: ExportSettings,
    output: Output,
    conversion: ConversionOptions | None = None,
) -> JiraExport:
    """Jira and the database for one command, which does the work itself: a terminal waits for it."""
    return JiraExport.from_env(
        account=jira,
        store=database,
        settings=settings,
        conversion=conversion,
        sink=output.tell,
        runner=Foreground(),
    )


async def export_session(jira: JiraExport, session: Session, output: Output) -> ExitCode:
    """Export `session`, or go on with it, until it ends; says what came of it."""
    await jira.put(session)
    try:
        await jira.service.start(session.id)
    except RetryNeededError:
        retry = await jira.service.retry(session.id)
        output.note(
            f"Retry {retry.retry_attempt}: going on at ticket {retry.resuming_from_ticket_order}, "
            f"{retry.preserved_successful_tickets} are done."
        )
    except AlreadyCompletedError:
        output.note("This session has been exported already; nothing was created.")
    else:
        state = await jira.store.state(session.id)
        if state.exported:
            output.note(f"Going on: {state.exported} of {state.total} tickets are exported already.")
    return await run_session(jira, session.id, output)


async def adopt_session(jira: JiraExport, session: Session, output: Output) -> ExitCode:
    """Take over what Jira has of a session whose state was lost; creates nothing."""
    await jira.put(session)
    state = await jira.adopt(session.id)
    if state.failure is not None:
        return await report(jira.store, session.id, output)
    open_tickets = state.total - state.exported
    output.note(f"{state.exported} of {state.total} tickets have an issue in Jira; nothing was created.")
    if open_tickets:
        output.note(
            f"{open_tickets} have none that can be found. Issues of the last "
            f"{jira.settings.index_settle_seconds:g} seconds may not show yet, "
            "and issues whose label somebody has removed never do."
        )
    return await report(jira.store, session.id, output, what=Report.RESULTS)


async def plan_session(jira: JiraExport, session: Session, output: Output) -> ExitCode:
    """Show what an export of `session` would send, and whether anything is to be corrected first."""
    plan = await jira.plan(session)
    if output.as_json:
        output.document(plan)
    else:
        output.plan(plan)
    return ExitCode.DONE if plan.ready else ExitCode.WRONG_USE


async def run_session(jira: JiraExport, session_id: UUID, output: Output) -> ExitCode:
    """Work through a session that is exporting, then say what came of it."""
    with output.progress():
        unrecorded: StoreError | None = None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_stop_on_signal, jira.exporter, output, tasks)
            try:
                await _wait_for_other_worker(jira, session_id, output)
                state = await jira.exporter.execute(session_id)
                # Handed over because the database was away: there is no other worker here that would go on.
                while state.status == SessionStatus.EXPORTING and not jira.exporter.stopping:
                    await _wait_for_other_worker(jira, session_id, output)
                    state = await jira.exporter.execute(session_id)
            except StoreError as exc:  # kept, or the task group would wrap it in an exception group
                unrecorded = exc
            tasks.cancel_scope.cancel()
        if unrecorded is not None:
            raise unrecorded
    if adopted := output.adopted:
        output.note(
            f"{adopted} {'issue was' if adopted == 1 else 'issues were'} in Jira already, made by an earlier export "
            "whose state is not in this database: adopted, not created again. For a second set of issues on purpose, "
            "give the session a name of its own with --session NAME."
        )
    return await report(jira.store, session_id, output)


async def _wait_for_other_worker(jira: JiraExport, session_id: UUID, output: Output) -> None:
    told = False
    while not jira.exporter.stopping:
        state = await jira.store.state(session_id)
        if state.status != SessionStatus.EXPORTING or not jira.exporter.is_held(state):
            return
        if not told:
            output.note(
                "Another process works on this session, or has died while it did: "
                f"waiting until it ends, or for {jira.settings.lease_seconds:g} s without a sign of life."
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
