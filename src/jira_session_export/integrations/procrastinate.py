"""Runs exports on a cluster: procrastinate's queue in PostgreSQL (extra `distributed`).

The queue only carries the news that a session is to be run. What makes a run safe is the session's lease in the store,
so a job that comes twice, late or after a crash does nothing, and no queue lock is used that a dead worker could keep.
"""

import asyncio
import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

from procrastinate import App, SyncPsycopgConnector
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Status
from sqlalchemy import AdaptedConnection

from jira_session_export._diagnosis import QueueInspection
from jira_session_export._export.exporter import Exporter
from jira_session_export._stop_signals import StopSignals
from jira_session_export._storage.identity import IDENTITY
from jira_session_export.errors import JiraSessionExportError, StoreUnavailableError
from jira_session_export.integrations._queue import (
    QUEUE,
    TASK_NAME,
    WithRowsByName,
    inspect_queue,
    open_queue,
    waiting_sessions,
)
from jira_session_export.integrations._worker import STALLED_SECONDS, ExportWorker

__all__ = [
    "QUEUE",
    "STALLED_AFTER",
    "TASK_NAME",
    "ExportWorker",
    "ProcrastinateRunner",
    "QueueInspection",
    "inspect_queue",
    "open_queue",
    "register_tasks",
    "run_worker",
    "worker_signals",
]

logger: logging.Logger = logging.getLogger("jira_session_export.procrastinate")

STALLED_AFTER = timedelta(seconds=STALLED_SECONDS)
"""A job whose worker has been silent for so long is deleted; its session is taken up once its lease has run out."""


class ProcrastinateRunner:
    """An `ExportRunner` that hands sessions to procrastinate workers.

    Args:
        app: open, connected to PostgreSQL, for example by `open_queue`.
        queue: the workers' queue.
    """

    def __init__(self, app: App, *, queue: str = QUEUE) -> None:
        self._app = app
        self._queue = queue

    async def submit(
        self,
        session_id: UUID,
        *,
        owner: str | None = None,  # noqa: ARG002 -- the store knows it
        site: str = "",  # noqa: ARG002
        priority: int = 0,
    ) -> None:
        """Queue the session. `priority`: jobs with more come sooner.

        Raises:
            StoreUnavailableError: the queue did not answer. The session stays `exporting`; a worker's sweep finds it.
        """
        job = self._app.configure_task(TASK_NAME, queue=self._queue, priority=priority)
        try:
            await job.defer_async(session_id=str(session_id))
        except ConnectorException as exc:
            raise StoreUnavailableError("The queue of the export workers did not answer.") from exc

    async def database(self) -> str | None:
        """See `TransactionalRunner`."""
        try:
            row = await self._app.connector.execute_query_one_async(f"SELECT ({IDENTITY}) AS identity")
        except ConnectorException:  # not allowed, or away: then what is started is queued afterwards
            return None
        return str(row["identity"])

    def submit_within(
        self,
        connection: Any,
        session_id: UUID,
        *,
        owner: str | None,  # noqa: ARG002 -- as in `submit`
        site: str,  # noqa: ARG002
        priority: int,
    ) -> None:
        """See `TransactionalRunner`.

        Args:
            connection: psycopg's, in a transaction, to the queue's database; or SQLAlchemy's over one of psycopg's
                asyncio.

        Raises:
            StoreUnavailableError: the queue's tables are missing, or the database did not answer.
        """
        # In a thread, so by procrastinate's synchronous part, which needs no connection of its own here.
        app = self._app.with_connector(SyncPsycopgConnector())
        if isinstance(connection, AdaptedConnection):
            connection = WithRowsByName(connection)
        job = app.configure_task(TASK_NAME, queue=self._queue, priority=priority, connection=connection)
        try:
            job.defer(session_id=str(session_id))
        except ConnectorException as exc:
            raise StoreUnavailableError("The queue of the export workers did not answer.") from exc


async def run_worker(
    app: App, exporter: Exporter, *, queue: str = QUEUE, concurrency: int = 10, handle_signals: bool = True
) -> None:
    """Run exports from the queue until the process is asked to stop; an `ExportWorker` with its signals.

    Args:
        app: open, with the queue's tables.
        exporter: does the work; one for all sessions of this process.
        queue: the queue it takes from.
        concurrency: sessions at the same time from the queue, and as many again that were left by dead workers.
        handle_signals: whether to obey `worker_signals`; otherwise call `exporter.stop()`.

    Raises:
        StoreUnavailableError: the queue, or the database, did not answer for the settings' `store_patience_seconds`.
        NewerTablesError: the tables have become newer than this version knows; its sessions were handed over.
    """
    worker = ExportWorker(app, exporter, queue=queue, concurrency=concurrency)
    if not handle_signals:
        await worker.run()
        return
    with worker_signals(worker):
        await worker.run()


@contextmanager
def worker_signals(worker: ExportWorker, *, deadline_seconds: float | None = None) -> Iterator[None]:
    """Have the process's signals tell the worker what to do, until the block is left.

    SIGTERM and SIGINT have it hand over; a further one ends the process at once, unless it comes within a second of the
    first: `timeout` and other supervisors send two. SIGUSR1 has it drain.

    Args:
        deadline_seconds: after the first signal the process ends within that time, with exit code 1, also when the
            database hangs: a transaction that was sent cannot be taken back, so a run that waits for one cannot be cut
            off. For processes that do nothing else; None sets no limit.
    """
    loop = asyncio.get_running_loop()
    ends = (signal.SIGTERM, signal.SIGINT)
    signals = StopSignals()

    def end(number: int) -> None:
        meaning = signals.received()
        if meaning == "stop at once":
            # A death like any other: the leases run out, and other workers go on.
            signal.signal(number, signal.SIG_DFL)
            os.kill(os.getpid(), number)
            os._exit(128 + number)  # the first process of a container does not die of a signal without a handler
        if meaning == "same request":
            return
        if deadline_seconds is not None:
            # A thread, and not ended with the block: what closes the database may hang, too.
            late = threading.Timer(deadline_seconds, _end_late, [deadline_seconds])
            late.daemon = True
            late.start()
        worker.stop()

    for number in ends:
        loop.add_signal_handler(number, partial(end, number))
    loop.add_signal_handler(signal.SIGUSR1, worker.drain)
    try:
        yield
    finally:
        for number in (*ends, signal.SIGUSR1):
            loop.remove_signal_handler(number)


def _end_late(seconds: float) -> None:
    """A death like any other: the leases run out, and other workers go on."""
    logger.critical(
        "The worker could not hand over within %g s, as the database does not answer; it ends, and its sessions go on "
        "elsewhere when their leases have run out",
        seconds,
        extra={"action": "not_handed_over"},
    )
    os._exit(1)


def register_tasks(app: App, exporter: Exporter, *, queue: str = QUEUE, sweep_cron: str = "* * * * * */10") -> None:
    """Have procrastinate's own workers of `app` run exports, with a sweep as a job of the queue.

    For processes that run other tasks of the host beside exports; `run_worker` takes sessions over sooner, and
    outlasts a database that is away. Call `exporter.stop()` when a worker is to shut down, so that its runs hand over
    at their next step; then stop the worker.

    Args:
        exporter: does the work; one for all jobs of this process.
        sweep_cron: when to look for sessions without a worker. Six fields: the last of them is the seconds.
    """

    @app.task(name=TASK_NAME, queue=queue)
    async def execute(session_id: str) -> None:
        state = await exporter.execute(UUID(session_id))
        logger.info(
            "The job of session %s ended: %s",
            session_id,
            state.status,
            extra={"action": "job_ended", "session_id": session_id, "status": state.status},
        )

    runner = ProcrastinateRunner(app, queue=queue)

    @app.periodic(cron=sweep_cron, periodic_id=f"{queue}.sweep")
    @app.task(name="jira_session_export.sweep", queue=queue)
    async def sweep(timestamp: int) -> None:  # noqa: ARG001 -- procrastinate passes it
        try:
            if unattended := await exporter.unattended():
                waiting = await waiting_sessions(app, queue)
                for session_id in unattended:
                    if str(session_id) not in waiting:
                        await runner.submit(session_id)
            for job in await app.job_manager.get_stalled_jobs(
                queue=queue, seconds_since_heartbeat=STALLED_AFTER.total_seconds()
            ):
                await app.job_manager.finish_job(job, Status.FAILED, delete_job=True)
        except (JiraSessionExportError, ConnectorException) as exc:
            logger.warning("Could not look for interrupted sessions: %s", exc, extra={"action": "sweep_failed"})
