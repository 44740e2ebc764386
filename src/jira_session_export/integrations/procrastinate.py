"""Runs exports on a cluster: procrastinate's queue in PostgreSQL (extra `distributed`).

The queue only carries the news that a session is to be run. What makes a run safe is the session's lease in the store,
so a job that comes twice, late or after a crash does nothing, and no queue lock is used that a dead worker could keep.
"""

import logging
from datetime import timedelta
from uuid import UUID

from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status

from jira_session_export._export.exporter import Exporter
from jira_session_export.errors import JiraSessionExportError, StoreUnavailableError

__all__ = ["QUEUE", "STALLED_AFTER", "TASK_NAME", "ProcrastinateRunner", "register_tasks"]

logger: logging.Logger = logging.getLogger("jira_session_export.procrastinate")

TASK_NAME = "jira_session_export.execute"
"""The name under which procrastinate keeps the jobs."""
QUEUE = "jira_session_export"
"""The queue of the jobs unless another is named."""
STALLED_AFTER = timedelta(seconds=60)
"""A job whose worker has been silent for so long is marked as failed; the sweep has its session run again."""


class ProcrastinateRunner:
    """An `ExportRunner` that hands sessions to procrastinate workers.

    Args:
        app: open, connected to PostgreSQL. Its workers call `register_tasks`.
        queue: the workers' queue.
    """

    def __init__(self, app: App, *, queue: str = QUEUE) -> None:
        self._app = app
        self._queue = queue

    async def submit(self, session_id: UUID) -> None:
        """Queue the session.

        Raises:
            StoreUnavailableError: the queue did not answer. The session stays `exporting`; a worker's sweep finds it.
        """
        job = self._app.configure_task(TASK_NAME, queue=self._queue)
        try:
            await job.defer_async(session_id=str(session_id))
        except ConnectorException as exc:
            raise StoreUnavailableError("The queue of the export workers did not answer.") from exc


def register_tasks(app: App, exporter: Exporter, *, queue: str = QUEUE, sweep_cron: str = "*/10 * * * * *") -> None:
    """Have the workers of `app` run exports and take up sessions whose worker died.

    Call `exporter.stop()` when a worker is to shut down, so that its runs hand over at their next step; then stop the
    worker.

    Args:
        exporter: does the work; one for all jobs of this process.
        sweep_cron: when to look for sessions without a worker; the first of six fields is seconds.
    """
    runner = ProcrastinateRunner(app, queue=queue)

    @app.task(name=TASK_NAME, queue=queue)
    async def execute(session_id: str) -> None:
        state = await exporter.execute(UUID(session_id))
        logger.info(
            "The job of session %s ended: %s",
            session_id,
            state.status,
            extra={"action": "job_ended", "session_id": session_id, "status": state.status},
        )

    @app.periodic(cron=sweep_cron, periodic_id=f"{queue}.sweep")
    @app.task(name="jira_session_export.sweep", queue=queue)
    async def sweep(timestamp: int) -> None:  # noqa: ARG001 -- procrastinate passes it
        try:
            for session_id in await exporter.unattended():
                await runner.submit(session_id)
        except JiraSessionExportError as exc:
            logger.warning("Could not look for interrupted sessions: %s", exc, extra={"action": "sweep_failed"})
        for job in await app.job_manager.get_stalled_jobs(
            queue=queue, seconds_since_heartbeat=STALLED_AFTER.total_seconds()
        ):
            await app.job_manager.finish_job(job, Status.FAILED, delete_job=False)
