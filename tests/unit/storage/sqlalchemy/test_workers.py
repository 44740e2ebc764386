import asyncio
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from jira_session_export._storage.sqlalchemy.workers import Job, WorkerThreads, deliver


def run_each(jobs: Sequence[Job[Callable[[], Any]]]) -> None:
    for job in jobs:
        try:
            job.result = job.order()
        except ValueError as error:
            job.error = error
    deliver(jobs)


async def test_an_order_is_done_in_another_thread() -> None:
    workers = WorkerThreads(1, run_each)
    assert await workers.submit(threading.get_ident) != threading.get_ident()
    workers.close()


async def test_what_fails_reaches_who_ordered_it() -> None:
    workers = WorkerThreads(1, run_each)
    failing = workers.submit(lambda: int("x"))
    with pytest.raises(ValueError, match="invalid literal"):
        await failing
    assert await workers.submit(lambda: 1) == 1
    workers.close()


async def test_an_error_nobody_foresaw_does_not_leave_anybody_waiting() -> None:
    workers = WorkerThreads(1, run_each)
    with pytest.raises(ZeroDivisionError):
        await workers.submit(lambda: 1 // 0)
    assert await workers.submit(lambda: 1) == 1
    workers.close()


async def test_a_single_thread_takes_all_that_came_meanwhile() -> None:
    sizes: list[int] = []
    go = threading.Event()

    def work(jobs: Sequence[Job[int]]) -> None:
        sizes.append(len(jobs))
        go.wait(10)
        for job in jobs:
            job.result = job.order
        deliver(jobs)

    workers = WorkerThreads(1, work)
    first = workers.submit(0)
    while not sizes:
        await asyncio.sleep(0)
    others = [workers.submit(number) for number in range(1, 6)]
    go.set()
    assert await asyncio.gather(first, *others) == [0, 1, 2, 3, 4, 5]
    assert sizes == [1, 5]
    workers.close()


async def test_an_event_loop_is_woken_once_for_all_that_is_told_together() -> None:
    loop = asyncio.get_running_loop()
    woken: list[object] = []
    call_soon_threadsafe = loop.call_soon_threadsafe

    def listen(*given: Any, **how: Any) -> Any:
        woken.append(given)
        return call_soon_threadsafe(*given, **how)

    jobs = [Job(number) for number in range(5)]
    for job in jobs:
        job.result = job.order
    loop.call_soon_threadsafe = listen  # type: ignore[method-assign]
    deliver(jobs)
    loop.call_soon_threadsafe = call_soon_threadsafe  # type: ignore[method-assign]
    assert await asyncio.gather(*(job.future for job in jobs)) == [0, 1, 2, 3, 4]
    assert len(woken) == 1


async def test_several_threads_take_one_each() -> None:
    together = threading.Barrier(3)
    workers = WorkerThreads(3, run_each)
    await asyncio.gather(*(workers.submit(lambda: together.wait(10)) for _ in range(3)))
    workers.close()


async def test_closing_lets_the_work_end_and_the_threads_go() -> None:
    before = threading.active_count()
    workers = WorkerThreads(2, run_each)
    outcomes = [workers.submit(lambda: time.sleep(0.01)) for _ in range(4)]
    workers.close()
    await asyncio.gather(*outcomes)
    while threading.active_count() > before:
        await asyncio.sleep(0)


async def test_their_end_can_be_awaited_by_several_and_again() -> None:
    go = threading.Event()
    workers = WorkerThreads(2, run_each)
    outcome = workers.submit(lambda: go.wait(10))
    workers.close()
    ends = asyncio.gather(workers.join(), workers.join())
    await asyncio.sleep(0)
    assert not ends.done()
    go.set()
    await ends
    assert await outcome
    await workers.join()
    await WorkerThreads(2, run_each).join()


async def test_without_an_order_there_is_no_thread() -> None:
    before = threading.active_count()
    WorkerThreads(2, run_each).close()
    assert threading.active_count() == before


def test_a_loop_that_is_gone_is_not_told() -> None:
    go = threading.Event()
    done = threading.Event()

    def work(jobs: Sequence[Job[int]]) -> None:
        go.wait(10)
        deliver(jobs)
        done.set()

    workers = WorkerThreads(1, work)

    async def give_up() -> None:
        workers.submit(0)

    asyncio.run(give_up())
    go.set()
    assert done.wait(10)
    workers.close()
