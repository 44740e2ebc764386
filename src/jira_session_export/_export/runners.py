"""Where runs are executed: in this process, or by the workers of a queue of the host's."""

import logging
from collections.abc import Callable
from inspect import isawaitable, iscoroutinefunction
from types import TracebackType
from typing import Self
from uuid import UUID

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from jira_session_export._arguments import require
from jira_session_export._export.exporter import Exporter
from jira_session_export._journal import SessionState
from jira_session_export._runtime import sleep_until
from jira_session_export.errors import JiraSessionExportError, NewerTablesError, StoreUnavailableError

logger = logging.getLogger("jira_session_export.runners")


def log_unrecorded(session_id: UUID, exc: Exception) -> None:
    """Say that a run has ended otherwise than by its record; a sweep takes the session up once its lease has run out.

    Args:
        exc: what ended the run.
    """
    if isinstance(exc, JiraSessionExportError):  # foreseen, so a traceback says nothing more
        logger.error(
            "The run of session %s ended without being able to record it: %s",
            session_id,
            exc,
            extra={"action": "run_unrecorded", "session_id": str(session_id), "code": exc.code},
        )
    else:
        logger.error(
            "The run of session %s ended for a reason nobody foresaw",
            session_id,
            exc_info=exc,
            extra={"action": "run_unrecorded", "session_id": str(session_id)},
        )


class QueueRunner:
    """An `ExportRunner` for the queue of the host's: Celery, taskiq, DBOS, RQ and others.

    The queue's workers call `JiraExport.execute` with the session's id, and some process calls `JiraExport.sweep`.

    Args:
        enqueue: called with the id of a session that is to be run; it has the queue take a job for it. A coroutine
            function is awaited; another one is called in a thread, and what it returns is awaited where it can be.
    """

    def __init__(self, enqueue: Callable[[UUID], object]) -> None:
        self._enqueue = enqueue

    async def submit(
        self,
        session_id: UUID,
        *,
        owner: str | None = None,  # noqa: ARG002 -- the store knows it
        site: str = "",  # noqa: ARG002
        priority: int = 0,  # noqa: ARG002 -- hosts whose queue has priorities write a runner
    ) -> None:
        """Have the host queue the session.

        Raises:
            StoreUnavailableError: `enqueue` raised. The session stays `exporting`; a sweep finds it.
        """
        try:
            if iscoroutinefunction(self._enqueue):
                await self._enqueue(session_id)
                return
            # In a tuple, because trio takes no function whose answer is to be awaited.
            (answer,) = await anyio.to_thread.run_sync(lambda: (self._enqueue(session_id),))
            if isawaitable(answer):
                await answer
        except Exception as exc:
            raise StoreUnavailableError(
                f"The queue of the export workers did not take the session ({type(exc).__name__})."
            ) from exc


class InProcessRunner:
    """Runs sessions as tasks of this process and takes up what crashed or stopped processes left.

    Use it as an async context manager; leaving it has all runs hand over, and cancels those that have not reached their
    next step after the settings' `grace_seconds`.

    Args:
        exporter: does the work.
        resume: whether to take up sessions that are exporting while nobody works on them.
        sweep_seconds: how often to look for those; None looks only at the start.
    """

    def __init__(self, exporter: Exporter, *, resume: bool = True, sweep_seconds: float | None = 10.0) -> None:
        require("exporter", exporter, "execute", "an Exporter")
        self._exporter = exporter
        self._resume = resume
        self._sweep_seconds = sweep_seconds
        self._running: dict[UUID, anyio.Event] = {}
        self._again: set[UUID] = set()
        self._ended = anyio.Event()
        self._tasks: TaskGroup | None = None

    @property
    def exporter(self) -> Exporter:
        """Does the work."""
        return self._exporter

    async def __aenter__(self) -> Self:
        self._tasks = await anyio.create_task_group().__aenter__()
        if self._resume:
            self._tasks.start_soon(self._sweep)
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        tasks, self._tasks = self._tasks, None
        assert tasks is not None  # noqa: S101 -- __aenter__ has set it
        # First asked to hand over, then cut off: a run that is cut off in the middle of a create leaves an intent, and
        # the next worker must look for its issue, which takes minutes.
        self._exporter.stop()
        tasks.start_soon(self._cancel_late, tasks.cancel_scope)
        with anyio.CancelScope(shield=True):
            for done in tuple(self._running.values()):
                await done.wait()
        tasks.cancel_scope.cancel()
        try:
            return await tasks.__aexit__(exc_type, exc, traceback)
        except BaseExceptionGroup as group:
            if group.exceptions == (exc,):
                return False  # what the block raised leaves it as it is, not in a group of one
            raise

    async def _cancel_late(self, scope: anyio.CancelScope) -> None:
        await self._exporter.runtime.sleep(self._exporter.settings.grace_seconds)
        scope.cancel()

    async def submit(
        self,
        session_id: UUID,
        *,
        owner: str | None = None,  # noqa: ARG002 -- there is no queue
        site: str = "",  # noqa: ARG002
        priority: int = 0,  # noqa: ARG002
    ) -> None:
        """Have the session run soon; one that runs here already is looked at again when that run has ended.

        Raises:
            RuntimeError: the runner is not open.
        """
        if self._tasks is None:
            raise RuntimeError("the runner is not open: use it as an async context manager")
        if session_id in self._running:
            # The run may have recorded its end already, and this may be about the next one.
            self._again.add(session_id)
        else:
            self._running[session_id] = anyio.Event()
            self._tasks.start_soon(self._execute, session_id)

    async def wait(self, session_id: UUID) -> SessionState:
        """Wait until the session does not run here any more.

        `JiraExport.export` and `JiraExport.wait` raise `ExportFailedError` instead of returning a failed state.

        Returns:
            The session's state afterwards: completed, failed with its `failure`, cancelled, or still `exporting` when
            it was handed over.

        Raises:
            SessionNotFoundError: there is no such session.
            StoreUnavailableError: the database did not answer.
        """
        if done := self._running.get(session_id):
            await done.wait()
        return await self._exporter.store.state(session_id)

    async def _execute(self, session_id: UUID) -> None:
        try:
            await self._exporter.execute(session_id)
            while session_id in self._again:
                self._again.discard(session_id)
                await self._exporter.execute(session_id)
        except Exception as exc:  # noqa: BLE001 -- this run's alone: neither the host's block nor other runs end by it
            log_unrecorded(session_id, exc)
        finally:
            self._again.discard(session_id)
            self._running.pop(session_id).set()
            self._ended.set()

    async def _sweep(self) -> None:
        runtime, settings = self._exporter.runtime, self._exporter.settings
        limited = settings.sessions_at_once is not None or settings.sessions_at_once_per_owner is not None
        while True:
            self._ended = anyio.Event()
            try:
                await self._exporter.check_schema()
                for session_id in await self._exporter.unattended():
                    if self._exporter.stopping:
                        return
                    await self.submit(session_id)
                if self._exporter.is_full:
                    self._exporter.make_room()
            except NewerTablesError as exc:
                logger.error(  # noqa: TRY400 -- foreseen, the traceback says nothing more
                    "This process runs no exports any more, and hands over those that it has: %s",
                    exc,
                    extra={"action": "newer_tables"},
                )
                self._exporter.stop()
                return
            except JiraSessionExportError as exc:
                logger.warning("Could not look for interrupted sessions: %s", exc, extra={"action": "sweep_failed"})
            except Exception:
                logger.exception("Could not look for interrupted sessions", extra={"action": "sweep_failed"})
            if self._sweep_seconds is None:
                return
            # Where only so many run at once, the end of one is another's turn.
            await sleep_until(runtime, self._sweep_seconds, self._ended if limited else None)
