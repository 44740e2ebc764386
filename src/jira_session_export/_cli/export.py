"""`jira-session-export export` and `retry`: one session in the foreground, resumable at any moment."""

import gc
import signal
import sys
from collections.abc import Collection, Sequence
from uuid import UUID

import anyio
from anyio.abc import TaskGroup

from jira_session_export._adf import ConversionOptions
from jira_session_export._cli.output import ExitCode, Output, Report
from jira_session_export._cli.progress import found_before
from jira_session_export._cli.remembered import Remembered, recall, remember
from jira_session_export._cli.state import report
from jira_session_export._envconfig import JiraSettings
from jira_session_export._export.exporter import Exporter
from jira_session_export._export.outcomes import OutcomeObserver
from jira_session_export._export.pace import percentage
from jira_session_export._jira_export import JiraExport
from jira_session_export._journal import SessionStatus
from jira_session_export._models import Session
from jira_session_export._runtime import SYSTEM_RUNTIME
from jira_session_export._settings import ExportSettings
from jira_session_export._stop_signals import StopSignals
from jira_session_export._storage.protocols import SessionStore
from jira_session_export._wording import counted, duration
from jira_session_export.errors import (
    AlreadyCompletedError,
    RetriesExhaustedError,
    RetryNeededError,
    SessionNotFoundError,
    SettingsError,
    StoreError,
)


class Foreground:
    """A runner that leaves the work to its caller."""

    async def submit(self, session_id: UUID, **_about: object) -> None:
        """Nothing: the caller executes."""


def open_jira(
    jira: JiraSettings,
    store: str | SessionStore,
    settings: ExportSettings,
    output: Output,
    conversion: ConversionOptions | None = None,
    observers: Sequence[OutcomeObserver] = (),
) -> JiraExport:
    """Jira and the database for one command, which does the work itself: a terminal waits for it."""
    return JiraExport.from_env(
        account=jira,
        store=store,
        settings=settings,
        conversion=conversion,
        sink=output.tell,
        observers=observers,
        runner=Foreground(),
    )


async def check_site(jira: JiraExport, session_id: UUID, address: str, account: JiraSettings, *, moved: bool) -> None:
    """Stop before half of a session goes to another site.

    Args:
        address: of the database, which remembers the site.
        moved: the site has got another address.

    Raises:
        SettingsError: issues of the session are on another site.
    """
    before = recall(address, session_id)
    if moved or not before.site or before.site == account.base_url:
        return
    try:
        exported = (await jira.store.state(session_id)).exported
    except SessionNotFoundError:
        return
    if exported:
        raise SettingsError(
            f"{counted(exported, 'ticket')} of this session {'is' if exported == 1 else 'are'} on {before.site} "
            f"already, and JIRA_BASE_URL is {account.base_url}.",
            recovery_actions=[
                f"Set JIRA_BASE_URL to {before.site}.",
                "For a second set of issues on the other site, make a copy of the session: --copy NAME.",
                "If it is the same site under another address, add --site-moved.",
            ],
        )


async def export_session(
    jira: JiraExport,
    session: Session,
    output: Output,
    *,
    remember_as: tuple[str, Remembered] | None = None,
    only: Collection[UUID] | None = None,
    skip: Collection[UUID] = (),
) -> ExitCode:
    """Export `session`, or go on with it, until it ends; says what came of it.

    Args:
        remember_as: the database's address, and what it is to remember of this export.
        only, skip: which tickets to export.
    """
    await jira.put(session)
    if remember_as is not None:
        address, what = remember_as
        remember(address, session.id, what)
    try:
        await jira.service.start(session.id, only=only, skip=skip)
    except RetryNeededError:
        await retry_session(jira, session.id, output, only=only, skip=skip)
    except AlreadyCompletedError as exc:
        changed = exc.tickets_edited or exc.tickets_removed
        output.note(exc.user_message if changed else "This session has been exported already; nothing was created.")
    else:
        state = await jira.store.state(session.id)
        if state.exported:
            verb = "is" if state.exported == 1 else "are"
            output.note(f"Going on: {state.exported:,} of {counted(state.total, 'ticket')} {verb} exported already.")
    return await run_session(jira, session.id, output)


async def retry_session(
    jira: JiraExport,
    session_id: UUID,
    output: Output,
    *,
    only: Collection[UUID] | None = None,
    skip: Collection[UUID] = (),
) -> None:
    """Have a failed export go on.

    Raises:
        JiraSessionExportError: as `ExportService.retry`, in words for whoever has the database.
    """
    try:
        retry = await jira.service.retry(session_id, only=only, skip=skip)
    except RetriesExhaustedError as exc:
        raise exc.told_to_administrator(f"Release it: jira-session-export release {session_id}") from exc
    left = f" {counted(retry.tickets_left_out, 'ticket')} left out." if retry.tickets_left_out else ""
    output.note(
        f"Retry {retry.retry_attempt}: going on at ticket {retry.resuming_from_ticket_order}; "
        f"done so far: {counted(retry.preserved_successful_tickets, 'ticket')}.{left}"
    )


async def adopt_session(
    jira: JiraExport, session: Session, output: Output, *, remember_as: tuple[str, Remembered] | None = None
) -> ExitCode:
    """Take over what Jira has of a session whose state was lost; creates nothing.

    Args:
        remember_as: as of `export_session`.
    """
    await jira.put(session)
    if remember_as is not None:
        address, what = remember_as
        remember(address, session.id, what)
    state = await jira.adopt(session.id)
    if state.failure is not None:
        return await report(jira.store, session.id, output)
    open_tickets = state.total - state.exported
    verb = "has" if state.exported == 1 else "have"
    output.note(f"{state.exported:,} of {counted(state.total, 'ticket')} {verb} an issue in Jira; nothing was created.")
    if open_tickets:
        output.note(
            f"{counted(open_tickets, 'ticket')} {'has' if open_tickets == 1 else 'have'} none that can be found. "
            f"Issues of the last {duration(jira.settings.index_settle_seconds)} may not show yet, "
            "and issues whose label somebody has removed never do."
        )
    return await report(jira.store, session.id, output, what=Report.RESULTS)


async def plan_session(
    jira: JiraExport,
    session: Session,
    output: Output,
    *,
    only: Collection[UUID] | None = None,
    skip: Collection[UUID] = (),
) -> ExitCode:
    """Show what an export of `session` would send, and whether anything is to be corrected first."""
    plan = await jira.plan(session, only=only, skip=skip)
    if output.as_json:
        output.document(plan)
    else:
        output.plan(plan)
    return ExitCode.DONE if plan.ready else ExitCode.WRONG_USE


async def run_session(jira: JiraExport, session_id: UUID, output: Output) -> ExitCode:
    """Work through a session that is exporting, then say what came of it."""
    # What is loaded by now stays until the end: the garbage collector need not walk it again for every few hundred
    # tickets, which took a tenth of the time of an export in bulks.
    gc.freeze()
    gc.set_threshold(5_000, 10, 200)
    before = await jira.store.state(session_id)
    with output.progress(percentage(before.exported, before.total)):
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
    with anyio.move_on_after(1) as soon:
        await jira.observers_told()
    if soon.cancelled_caught:
        output.note("Waiting until the webhook, or the command at the end, has taken the outcome.")
        await jira.observers_told()  # each has a time limit of its own
    if output.adopted:
        output.note(found_before(output.adopted))
    stopped = jira.exporter.stopping and not jira.exporter.is_held(await jira.store.state(session_id))
    return await report(jira.store, session_id, output, stopped=stopped)


async def _wait_for_other_worker(jira: JiraExport, session_id: UUID, output: Output) -> None:
    told = False
    while not jira.exporter.stopping:
        state = await jira.store.state(session_id)
        if state.status != SessionStatus.EXPORTING or not jira.exporter.is_held(state):
            return
        if not told:
            output.note(
                "Another process works on this session, or has died while it did: "
                f"waiting until it ends, or for {duration(jira.settings.lease_seconds)} without a sign of life."
            )
            told = True
        await SYSTEM_RUNTIME.sleep(0.2)


async def _stop_on_signal(exporter: Exporter, output: Output, tasks: TaskGroup) -> None:
    grace_seconds = exporter.settings.grace_seconds
    if sys.platform == "win32":  # has no such receiver; there Ctrl-C cuts the step off at once
        return
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        asked = StopSignals()
        async for _ in signals:
            meaning = asked.received()
            if meaning == "stop":
                output.note(
                    f"Stopping after the step in work, in {duration(grace_seconds)} at the latest; "
                    "press Ctrl-C again to stop at once."
                )
                exporter.stop()
                tasks.start_soon(_stop_late, grace_seconds, output, tasks.cancel_scope)
            elif meaning == "stop at once":
                tasks.cancel_scope.cancel()


async def _stop_late(grace_seconds: float, output: Output, scope: anyio.CancelScope) -> None:
    # The step may be a wait that Jira asked for, of minutes.
    await SYSTEM_RUNTIME.sleep(grace_seconds)
    output.note("The step in work takes longer: it is cut off, and the next run finds out what came of it.")
    scope.cancel()
