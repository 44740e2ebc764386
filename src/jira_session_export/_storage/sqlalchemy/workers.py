"""Threads that work for event loops."""

import asyncio
import contextlib
import os
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Any, Generic, TypeVar

from jira_session_export.errors import StoreError

T = TypeVar("T")


class Job(Generic[T]):
    """Something to do in a thread, and the future of an event loop that waits for its outcome.

    Attributes:
        result, error: the outcome, set in the thread; `deliver` hands it over.
    """

    __slots__ = ("error", "future", "loop", "order", "result")

    def __init__(self, order: T) -> None:
        self.order = order
        self.loop = asyncio.get_running_loop()
        self.future: asyncio.Future[Any] = self.loop.create_future()
        self.result: Any = None
        self.error: BaseException | None = None


def deliver(jobs: Sequence[Job[Any]]) -> None:
    """Hand the outcomes over to those who wait; waking an event loop once for all of its jobs."""
    for loop in {job.loop for job in jobs}:
        with contextlib.suppress(RuntimeError):  # the loop was closed: nobody waits any more
            loop.call_soon_threadsafe(_set_futures, [job for job in jobs if job.loop is loop])


def _set_futures(jobs: Sequence[Job[Any]]) -> None:
    for job in jobs:
        if job.future.done():
            continue
        if job.error is None:
            job.future.set_result(job.result)
        else:
            job.future.set_exception(job.error)


class WorkerThreads(Generic[T]):
    """Threads that take orders of event loops.

    A `ThreadPoolExecutor` does the same by way of two futures, a condition and three turns of the loop, which took
    longer than a transaction on SQLite.

    Args:
        count: of threads; a single one takes all jobs that have come while it was at work, several take one each.
        work: does the jobs and delivers their outcomes; in a thread.
    """

    def __init__(self, count: int, work: Callable[[Sequence[Job[T]]], None]) -> None:
        self._count = count
        self._work = work
        self._jobs: SimpleQueue[Job[T] | None] = SimpleQueue()
        self._process: int | None = None
        self._closed = False
        self._lock = threading.Lock()
        self._alive = 0
        self._awaiting_end: list[Job[None]] = []

    def submit(self, order: T) -> asyncio.Future[Any]:
        """Have it done; the future belongs to the event loop that runs.

        Raises:
            StoreError: nobody would do it: it was closed, or its threads are in the process this one was forked from.
        """
        if self._closed:
            raise StoreError("This store is closed.", recovery_actions=["Open another one."])
        if self._process is None:
            self._process = os.getpid()
            self._alive = self._count
            for _ in range(self._count):
                threading.Thread(target=self._live, name="jira-session-export-store", daemon=True).start()
        elif self._process != os.getpid():
            raise StoreError(
                "This store was used before the process was forked, and its threads have stayed in the other process.",
                recovery_actions=["Open a store in each process, after the fork."],
            )
        job = Job(order)
        self._jobs.put(job)
        return job.future

    def close(self) -> None:
        """End the threads once all that was submitted is done."""
        self._closed = True
        if self._process is not None:
            for _ in range(self._count):
                self._jobs.put(None)

    async def join(self) -> None:
        """Wait until the threads have nothing more to do; after `close`.

        Without a thread that waits for them: while the interpreter ends, which is when a program that never closes its
        store closes it, none can be started.
        """
        job: Job[None] = Job(None)
        with self._lock:
            if not self._alive or self._process != os.getpid():
                return
            self._awaiting_end.append(job)
        await job.future

    def _live(self) -> None:
        try:
            self._serve()
        finally:
            with self._lock:
                self._alive -= 1
                jobs = [] if self._alive else self._awaiting_end
            deliver(jobs)

    def _serve(self) -> None:
        while True:
            taken = [self._jobs.get()]
            if self._count == 1:
                with contextlib.suppress(Empty):
                    while True:
                        taken.append(self._jobs.get_nowait())
            jobs = [job for job in taken if job is not None]
            try:
                self._work(jobs)
            except BaseException as error:  # noqa: BLE001 -- the waiting caller gets it, and the thread goes on
                for job in jobs:
                    job.error = error
                deliver(jobs)
            if len(jobs) < len(taken):
                return
