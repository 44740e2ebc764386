"""Runs exports on a cluster: procrastinate's queue in PostgreSQL (extra `distributed`).

The queue only carries the news that a session is to be run. What makes a run safe is the session's lease in the store,
so a job that comes twice, late or after a crash does nothing, and no queue lock is used that a dead worker could keep.
"""

import asyncio
import logging
import signal
from datetime import timedelta
from uuid import UUID

from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status

from jira_session_export._export.exporter import Exporter
from jira_session_export.errors import JiraSessionExportError, StoreUnavailableError

__all__ = ["QUEUE", "STALLED_AFTER", "TASK_NAME", "ProcrastinateRunner", "register_tasks", "run_worker"]

logger: logging.Logger = logging.getLogger("jira_session_export.procrastinate")

TASK_NAME = "jira_session_export.execute"
"""The name under which procrastinate keeps the jobs."""
QUEUE = "jira_session_export"
"""The queue of the jobs unless another is named."""
STALLED_AFTER = timedelta(seconds=60)
"""A job whose worker has been silent for so long is deleted; its session is taken up once its lease has run out."""


RESCUE_SECONDS = 1.0
"""How often a worker looks for sessions that nobody works on."""


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


def register_tasks(app: App, exporter: Exporter, *, queue: str = QUEUE, sweep_cron: str = "* * * * * */10") -> None:
    """Have the workers of `app` run exports and take up sessions whose worker died; `run_worker` does it sooner.

    Call `exporter.stop()` when a worker is to shut down, so that its runs hand over at their next step; then stop the
    worker.

    Args:
        exporter: does the work; one for all jobs of this process.
        sweep_cron: when to look for sessions without a worker. Six fields: the last of them is the seconds.
    """
    _register_execute(app, exporter, queue)
    rescuer = _Rescuer(app, exporter, queue)

    @app.periodic(cron=sweep_cron, periodic_id=f"{queue}.sweep")
    @app.task(name="jira_session_export.sweep", queue=queue)
    async def sweep(timestamp: int) -> None:  # noqa: ARG001 -- procrastinate passes it
        for session_id in await rescuer.due():
            await rescuer.runner.submit(session_id)
        await rescuer.clear_stalled_jobs()


async def run_worker(
    app: App, exporter: Exporter, *, queue: str = QUEUE, concurrency: int = 10, handle_signals: bool = True
) -> None:
    """Run exports from the queue until the process is asked to stop, and take up what dead workers left.

    A loop of this worker's own looks every second for sessions that nobody works on, and goes on with them itself. So
    a session whose worker died is taken up within its lease and two seconds more, however long the queue is. Jobs that
    are done are deleted. On SIGTERM or SIGINT the runs hand over at their next step, and other workers go on with them.

    Args:
        app: open, connected to PostgreSQL.
        exporter: does the work; one for all jobs of this process.
        concurrency: sessions at the same time from the queue, and as many again that were left by dead workers.
        handle_signals: whether SIGTERM and SIGINT stop it; otherwise call `exporter.stop()` and cancel it.
    """
    _register_execute(app, exporter, queue)
    rescuer = _Rescuer(app, exporter, queue)
    loop = asyncio.get_running_loop()
    work = asyncio.ensure_future(
        app.run_worker_async(
            queues=[queue], concurrency=concurrency, delete_jobs="successful", install_signal_handlers=False
        )
    )

    def stop() -> None:
        exporter.stop()
        work.cancel()  # it fetches no other job, and ends when those it has have handed over

    if handle_signals:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, stop)
    rescue = asyncio.ensure_future(rescuer.rescue(concurrency))
    try:
        await work
    except asyncio.CancelledError:
        if not exporter.stopping:
            raise
    finally:
        if handle_signals:
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.remove_signal_handler(number)
        exporter.stop()
        await rescue


def _register_execute(app: App, exporter: Exporter, queue: str) -> None:
    @app.task(name=TASK_NAME, queue=queue)
    async def execute(session_id: str) -> None:
        state = await exporter.execute(UUID(session_id))
        logger.info(
            "The job of session %s ended: %s",
            session_id,
            state.status,
            extra={"action": "job_ended", "session_id": session_id, "status": state.status},
        )


class _Rescuer:
    """Finds sessions that nobody works on and that no job waits for."""

    def __init__(self, app: App, exporter: Exporter, queue: str) -> None:
        self._app = app
        self._exporter = exporter
        self._queue = queue
        self.runner = ProcrastinateRunner(app, queue=queue)

    async def due(self) -> list[UUID]:
        """Those sessions; none when that cannot be found out now."""
        try:
            unattended = await self._exporter.unattended()
            if not unattended:
                return []
            jobs = await self._app.job_manager.list_jobs_async(
                queue=self._queue, task=TASK_NAME, status=Status.TODO.value
            )
        except (JiraSessionExportError, ConnectorException) as exc:
            logger.warning("Could not look for interrupted sessions: %s", exc, extra={"action": "sweep_failed"})
            return []
        waiting = {str(job.task_kwargs.get("session_id")) for job in jobs}
        return [session_id for session_id in unattended if str(session_id) not in waiting]

    async def clear_stalled_jobs(self) -> None:
        """End the jobs of workers that died; what they were for is found by its session."""
        try:
            for job in await self._app.job_manager.get_stalled_jobs(
                queue=self._queue, seconds_since_heartbeat=STALLED_AFTER.total_seconds()
            ):
                await self._app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
        except ConnectorException as exc:
            logger.warning("Could not look for stalled jobs: %s", exc, extra={"action": "sweep_failed"})

    async def rescue(self, at_a_time: int) -> None:
        """Go on with what is due, until the exporter is to stop; then wait for those runs to hand over."""
        runtime = self._exporter.runtime
        running: dict[UUID, asyncio.Task[None]] = {}
        looked_for_jobs_at = runtime.monotonic()
        while not self._exporter.stopping:
            running = {key: task for key, task in running.items() if not task.done()}
            if len(running) < at_a_time:
                for session_id in (await self.due())[: at_a_time - len(running)]:
                    if session_id not in running:
                        running[session_id] = asyncio.ensure_future(self._execute(session_id))
            if runtime.monotonic() - looked_for_jobs_at > STALLED_AFTER.total_seconds() / 2:
                looked_for_jobs_at = runtime.monotonic()
                await self.clear_stalled_jobs()
            await runtime.sleep(RESCUE_SECONDS)
        await asyncio.gather(*running.values())

    async def _execute(self, session_id: UUID) -> None:
        try:
            await self._exporter.execute(session_id)
        except JiraSessionExportError as exc:
            logger.warning(
                "The run of session %s ended without being able to record it: %s",
                session_id,
                exc,
                extra={"action": "run_unrecorded", "session_id": str(session_id), "code": exc.code},
            )
        except Exception:
            logger.exception(
                "The run of session %s ended for a reason nobody foresaw",
                session_id,
                extra={"action": "run_unrecorded", "session_id": str(session_id)},
            )
