"""One worker of the queue: takes jobs, takes over what dead workers left, hands over, and says how it is.

A loop of our own over procrastinate's job manager. procrastinate's own worker, once the database has been away for
longer than its pool waits, takes no more jobs, although the database is back, and ends when those that it has are done;
sessions run for hours.
"""

import asyncio
import logging
from collections.abc import Awaitable, Sequence
from contextlib import suppress
from uuid import UUID

from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job, Status

from jira_session_export._attachments.reading import unreachable_because
from jira_session_export._export.exporter import Exporter
from jira_session_export._export.runners import log_unrecorded
from jira_session_export._wording import duration
from jira_session_export.errors import JiraSessionExportError, NewerTablesError, SettingsError, StoreUnavailableError
from jira_session_export.integrations._queue import QUEUE, TASK_NAME, waiting_sessions

logger = logging.getLogger("jira_session_export.procrastinate")

LOOK_SECONDS = 1.25
"""How often a worker looks for sessions that nobody works on: one statement each time."""
SIGN_OF_LIFE_SECONDS = 20.0
"""How often a worker shows that it lives, and looks at the queue although nothing was told of it."""
STALLED_SECONDS = 60.0
"""A job whose worker has been silent for so long is deleted; its session is taken up once its lease has run out."""
ROUND_SECONDS = 30.0
"""The longest that the queue may take to answer: a server that hangs closes no connection."""
RETRY_SECONDS = 1.0
"""Pause after a try that the queue, or the database, did not answer."""


class ExportWorker:
    """Runs exports from the queue until it is stopped, and takes over what dead workers left.

    Every worker looks for sessions that are `exporting` while nobody shows a sign of life and no job waits for them,
    and goes on with them itself, outside the queue: within the lease and two seconds, however long the queue is. A job
    that is done is deleted. While the database is away the worker waits and its runs do; it ends when that lasts for
    the settings' `store_patience_seconds`.

    Args:
        app: open, with the queue's tables.
        exporter: does the work; one for all sessions of this process.
        queue: the queue it takes from.
        concurrency: sessions at the same time from the queue, and as many again that were left by dead workers.

    Attributes:
        queue: the queue it takes from.
        concurrency: as given.
        draining: it takes no more, and ends when its sessions have.
        handed_over: it had sessions when it was stopped, which other workers go on with.
    """

    def __init__(self, app: App, exporter: Exporter, *, queue: str = QUEUE, concurrency: int = 10) -> None:
        if concurrency < 1:
            raise SettingsError(f"A worker runs at least one session at a time, not {concurrency}.")
        self._jobs = app.job_manager
        self._app = app
        self._exporter = exporter
        self._runtime = exporter.runtime
        self.queue: str = queue
        self.concurrency: int = concurrency
        self.draining: bool = False
        self.handed_over: bool = False
        self._worker_id: int | None = None
        self._from_queue: dict[UUID, asyncio.Task[None]] = {}
        self._taken_over: dict[UUID, asyncio.Task[None]] = {}
        self._news = asyncio.Event()
        self._look_in_queue = True
        self._started = False
        self._looked_at = self._signed_at = self._cleared_at = -float("inf")
        self._lost_since: float | None = None
        self._lost_because = ""
        self._end: JiraSessionExportError | None = None

    # -- seen from outside -----------------------------------------------------------------------------------------

    @property
    def running(self) -> int:
        """How many sessions it works on."""
        return len(self._from_queue) + len(self._taken_over)

    @property
    def stopping(self) -> bool:
        """Whether it hands over."""
        return self._exporter.stopping

    def problems(self) -> Sequence[str]:
        """Why it is not ready to take sessions, in sentences; empty when it is.

        They name no server and no account, as the driver's words do: those are for the log, not for whoever probes.
        """
        found = []
        if not self._started:
            found.append("The worker is starting.")
        if self._lost_since is not None:
            away = duration(self._runtime.monotonic() - self._lost_since)
            found.append(f"The queue or the database has not answered for {away}; the log says why.")
        if isinstance(self._end, NewerTablesError):
            found.append(self._end.user_message)
        if self._exporter.stopping:
            found.append("The worker is stopping.")
        elif self.draining:
            found.append("The worker is draining.")
        return found

    def stop(self) -> None:
        """Hand over: its sessions end at their next step, and other workers go on with them."""
        self._exporter.stop()
        self._news.set()

    def drain(self) -> None:
        """Take no more sessions, and end when those it has have ended."""
        self.draining = True
        self._news.set()

    async def run(self) -> None:
        """Work until stopped or drained.

        Raises:
            StoreUnavailableError: the queue, or the database, did not answer for `store_patience_seconds`.
            NewerTablesError: the tables have become newer than this version knows; its sessions were handed over.
        """
        listener = asyncio.ensure_future(self._listen())
        look = asyncio.ensure_future(self._look_for_attachments())
        try:
            while not (self._exporter.stopping or (self.draining and not self.running)):
                await self._round()
                if self._end is not None:
                    break
                await self._pause()
        finally:
            self._exporter.stop()
            listener.cancel()
            look.cancel()
            await self._hand_over()
            for task in (listener, look):
                with suppress(asyncio.CancelledError):
                    await task
            await self._sign_off()
        if self._end is not None:
            raise self._end

    # -- the loop --------------------------------------------------------------------------------------------------

    async def _round(self) -> None:
        try:
            async with asyncio.timeout(ROUND_SECONDS):
                await self._sign_of_life()
                if not (self.draining or self._exporter.stopping):
                    if self._look_in_queue:
                        await self._take()
                    await self._take_over()
                await self._clear_stalled_jobs()
        except TimeoutError:
            self._failed(StoreUnavailableError(f"There was no answer within {duration(ROUND_SECONDS)}."))
        except (ConnectorException, JiraSessionExportError) as exc:
            self._failed(exc)
        else:
            self._answered()

    async def _pause(self) -> None:
        """Until there is news of the queue, a session has ended, or it is time to look again."""
        with suppress(TimeoutError):
            async with asyncio.timeout(LOOK_SECONDS if self._lost_since is None else RETRY_SECONDS):
                await self._news.wait()
        self._news.clear()

    def _answered(self) -> None:
        self._started = True
        if self._lost_since is not None:
            away = duration(self._runtime.monotonic() - self._lost_since)
            logger.warning("The queue answers again, after %s", away, extra={"action": "queue_back"})
            self._lost_since = None

    def _failed(self, exc: Exception) -> None:
        if isinstance(exc, NewerTablesError):
            self._end = exc
            return
        self._worker_id = None  # the database may have forgotten this worker meanwhile
        self._lost_because = _reason(exc)
        now = self._runtime.monotonic()
        if self._lost_since is None:
            self._lost_since = now
            logger.warning(
                "The queue or the database does not answer: %s", self._lost_because, extra={"action": "queue_lost"}
            )
        patience = self._exporter.settings.store_patience_seconds
        if now - self._lost_since >= patience:
            self._end = StoreUnavailableError(
                f"The queue or the database has not answered for {duration(patience)}, so this worker ends: "
                f"{self._lost_because}",
                recovery_actions=["Check the database; start the worker again, or have its supervisor do so."],
            )

    async def _listen(self) -> None:
        """Have `_pause` end at once when a job comes. What is missed meanwhile is found by looking."""

        async def told(**_notification: object) -> None:
            self._look_in_queue = True
            self._news.set()

        while True:
            try:
                await self._jobs.listen_for_jobs(on_notification=told, queues=[self.queue])
            except ConnectorException as exc:
                logger.debug("Not told of new jobs for now: %s", _reason(exc), extra={"action": "jobs_unheard"})
            await self._runtime.sleep(RETRY_SECONDS)

    async def _look_for_attachments(self) -> None:
        """Say once when files cannot be reached from here: sessions without files need none."""
        attachments = self._exporter.attachments
        if (problem := await unreachable_because(attachments)) is not None:
            logger.warning(
                "The files of tickets, in %s, cannot be reached from here: %s; other workers go on with sessions that "
                "need one",
                attachments.place,
                problem,
                extra={"action": "attachments_away"},
            )

    # -- signs of life ---------------------------------------------------------------------------------------------

    async def _sign_of_life(self) -> None:
        now = self._runtime.monotonic()
        if self._worker_id is None:
            await self._jobs.prune_stalled_workers(STALLED_SECONDS)
            self._worker_id = await self._jobs.register_worker()
            self._looked_at = -float("inf")
        elif now - self._signed_at < SIGN_OF_LIFE_SECONDS:
            return
        else:
            await self._jobs.update_heartbeat(self._worker_id)
        await self._exporter.check_schema()
        self._signed_at = now
        self._look_in_queue = True

    async def _sign_off(self) -> None:
        if self._worker_id is None:
            return
        worker_id, self._worker_id = self._worker_id, None
        try:
            await asyncio.wait_for(self._jobs.unregister_worker(worker_id), 2)
        except (ConnectorException, TimeoutError) as exc:
            logger.debug("The worker could not sign off: %s", _reason(exc), extra={"action": "not_signed_off"})

    async def _clear_stalled_jobs(self) -> None:
        """End the jobs of workers that died; what they were for is found by its session."""
        now = self._runtime.monotonic()
        if now - self._cleared_at < STALLED_SECONDS:
            return
        self._cleared_at = now
        await self._jobs.prune_stalled_workers(STALLED_SECONDS)
        for job in await self._jobs.get_stalled_jobs(queue=self.queue, seconds_since_heartbeat=STALLED_SECONDS):
            await self._finish(job)

    # -- taking sessions -------------------------------------------------------------------------------------------

    async def _take(self) -> None:
        """Take jobs as long as there are any and there is room for them."""
        while len(self._from_queue) < self.concurrency and not self._exporter.stopping:
            assert self._worker_id is not None  # noqa: S101 -- `_sign_of_life` has set it
            job = await self._jobs.fetch_job([self.queue], self._worker_id)
            if job is None:
                self._look_in_queue = False
                return
            session_id = _session_of(job)
            if session_id is None or session_id in self._from_queue or session_id in self._taken_over:
                if session_id is None:
                    logger.error(
                        "Job %s of the queue %s names no session to export",
                        job.id,
                        self.queue,
                        extra={"action": "job_unknown"},
                    )
                await self._finish(job)
                continue
            self._begin(self._from_queue, session_id, self._work_off(session_id, job))

    async def _take_over(self) -> None:
        """Go on with sessions that nobody works on and no job waits for."""
        now = self._runtime.monotonic()
        if now - self._looked_at < LOOK_SECONDS * 0.9:
            return
        self._looked_at = now
        due = [each for each in await self._exporter.unattended() if not self._has(each)]
        if not due:
            return
        if len(self._taken_over) >= self.concurrency:
            self._exporter.make_room()
            return
        waiting = await waiting_sessions(self._app, self.queue)
        if len(self._from_queue) < self.concurrency and waiting:
            await self._take()  # nothing was told of them
        for session_id in due:
            if self._has(session_id):
                continue
            # Whoever has nothing running does not wait until the jobs of others before its own have come to their turn.
            if str(session_id) not in waiting or session_id in self._exporter.first_turns:
                if len(self._taken_over) >= self.concurrency:
                    return
                self._begin(self._taken_over, session_id, self._execute(session_id))

    def _has(self, session_id: UUID) -> bool:
        return session_id in self._from_queue or session_id in self._taken_over

    def _begin(self, place: dict[UUID, asyncio.Task[None]], session_id: UUID, work: Awaitable[None]) -> None:
        async def until_done() -> None:
            try:
                await work
            finally:
                place.pop(session_id, None)
                self._look_in_queue = True
                self._news.set()

        place[session_id] = asyncio.ensure_future(until_done())

    async def _work_off(self, session_id: UUID, job: Job) -> None:
        try:
            await self._execute(session_id)
        finally:
            with suppress(ConnectorException):
                await asyncio.shield(asyncio.ensure_future(self._finish(job)))

    async def _execute(self, session_id: UUID) -> None:
        try:
            state = await self._exporter.execute(session_id)
        except NewerTablesError as exc:
            self._failed(exc)
        except Exception as exc:  # noqa: BLE001 -- this run's alone
            log_unrecorded(session_id, exc)
        else:
            logger.info(
                "The job of session %s ended: %s",
                session_id,
                state.status,
                extra={"action": "job_ended", "session_id": str(session_id), "status": state.status},
            )

    async def _finish(self, job: Job) -> None:
        """Delete the job. It may be gone: somebody has cleared it away while this process was stopped."""
        try:
            await self._jobs.finish_job(job, Status.SUCCEEDED, delete_job=True)
        except ConnectorException as exc:
            logger.debug("Job %s could not be ended: %s", job.id, _reason(exc), extra={"action": "job_not_ended"})

    async def _hand_over(self) -> None:
        """Wait until the runs have; those that are not at their next step within `grace_seconds` are cut off."""
        runs = [*self._from_queue.values(), *self._taken_over.values()]
        if not runs:
            return
        self.handed_over = True
        _, late = await asyncio.wait(runs, timeout=self._exporter.settings.grace_seconds)
        for run in late:
            run.cancel()
        if late:
            await asyncio.wait(late)


def _session_of(job: Job) -> UUID | None:
    try:
        return UUID(str(job.task_kwargs["session_id"])) if job.task_name == TASK_NAME else None
    except (KeyError, ValueError):
        return None


def _reason(exc: Exception) -> str:
    """The driver's words where there are any: procrastinate's own only say that there was an error."""
    cause: BaseException = exc
    while isinstance(cause, ConnectorException) and cause.__cause__ is not None:
        cause = cause.__cause__
    return str(cause).strip().partition("\n")[0] or type(cause).__name__
