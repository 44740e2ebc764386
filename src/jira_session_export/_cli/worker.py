"""`jira-session-export worker`: a worker of the queue as a process of its own."""

from contextlib import AsyncExitStack

from jira_session_export._cli.cluster import cluster_database, queue_name, require_queue
from jira_session_export._cli.health import serve_health
from jira_session_export._cli.output import ExitCode, Output
from jira_session_export._envconfig import export_settings, jira_settings
from jira_session_export._jira_export import JiraExport
from jira_session_export._wording import counted

HAND_OVER_SECONDS = 7.0
"""What a worker that is stopped has beyond its grace, to write down where the runs are that were cut off."""


async def work_off(
    output: Output, *, concurrency: int, queue: str | None, database: str | None, health: str | None
) -> ExitCode:
    """Work until stopped or drained.

    Args:
        health: port, or address and port, to answer probes at; None answers none.

    Raises:
        SettingsError: a setting is missing or does not fit, or the queue's tables are too old.
        NewerTablesError: the tables are newer than this program.
        StoreUnavailableError: the queue or the database is lost.
    """
    account, settings = jira_settings(), export_settings()
    address, name = cluster_database(database), queue_name(queue)
    require_queue()
    from jira_session_export.integrations.procrastinate import (
        ExportWorker,
        ProcrastinateRunner,
        open_queue,
        worker_signals,
    )

    async with AsyncExitStack() as stack:
        app = await stack.enter_async_context(open_queue(address))
        jira = await stack.enter_async_context(
            JiraExport.from_env(
                account=account, store=address, settings=settings, runner=ProcrastinateRunner(app, queue=name)
            )
        )
        worker = ExportWorker(app, jira.exporter, queue=name, concurrency=concurrency)
        if health is not None:
            port = await stack.enter_async_context(serve_health(health, worker))
            output.note(f"Answers probes at port {port}.")
        deadline = settings.grace_seconds + HAND_OVER_SECONDS
        stack.enter_context(worker_signals(worker, deadline_seconds=deadline))
        place = f"in {jira.attachments.place}" if jira.attachments.place else "where tickets name them, on this machine"
        output.note(
            f"Worker of the queue {name}, for {account.base_url}: {counted(concurrency, 'session')} at a time. "
            f"Files of tickets are {place}."
        )
        await worker.run()
        drained = worker.draining and not worker.handed_over
        output.note("The worker is drained." if drained else "The worker has stopped.")
    return ExitCode.DONE
