"""Work that takes long: limited in number, away from the event loop, and stopped when nobody waits for it any more."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, ClassVar, ParamSpec, TypeVar

import anyio
from anyio import CapacityLimiter, to_thread
from starlette.requests import ClientDisconnect, Request

from jira_session_export import ErrorCategory, JiraSessionExportError

T = TypeVar("T")
P = ParamSpec("P")

THREADS = 1
"""Threads that read batch files, convert and write tables. Python runs one at a time, and with each more of them the
event loop has its turn later."""
AT_ONCE = 2
WAITING = 8


@asynccontextmanager
async def beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Do the work beside the block; what is not done of it when the block is left is cancelled."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


class BusyError(JiraSessionExportError):
    """Too many callers wait for the same kind of long work.

    Attributes:
        retry_after: when to ask again.
    """

    code = "busy"
    category = ErrorCategory.TEMPORARY
    status: ClassVar[int] = 503
    default_actions = ("Wait as long as the header Retry-After says, then ask again.",)

    def __init__(self, user_message: str) -> None:
        super().__init__(user_message)
        self.retry_after = timedelta(seconds=5)


class Turns:
    """Lets `at_once` callers in, has `waiting` more wait, and refuses the rest.

    Args:
        what: they do, for the message.
    """

    def __init__(self, what: str, *, at_once: int = AT_ONCE, waiting: int = WAITING) -> None:
        self._what = what
        self._slots = CapacityLimiter(at_once)
        self._places = at_once + waiting
        self._taken = 0

    @asynccontextmanager
    async def turn(self) -> AsyncIterator[None]:
        """Wait for one's turn, and have it until the block is left.

        Raises:
            BusyError: too many wait already.
        """
        if self._taken >= self._places:
            raise BusyError(f"Too many {self._what} are waiting already.")
        self._taken += 1
        try:
            # Whoever comes is somebody else, although one task may come twice.
            async with _Token(self._slots):
                yield
        finally:
            self._taken -= 1


class _Token:
    """A place in a limiter that belongs to nobody but this block."""

    def __init__(self, slots: CapacityLimiter) -> None:
        self._slots = slots

    async def __aenter__(self) -> None:
        await self._slots.acquire_on_behalf_of(self)

    async def __aexit__(self, *_exception: object) -> None:
        self._slots.release_on_behalf_of(self)


class LongWork:
    """The service's long work.

    Attributes:
        plans: turns for dry runs and test conversions.
    """

    def __init__(self) -> None:
        self._threads = CapacityLimiter(THREADS)
        self.plans = Turns("dry runs and test conversions")

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Call it in a thread. It ends although the caller is cancelled, but then nobody waits for it."""
        return await to_thread.run_sync(lambda: function(*args, **kwargs), limiter=self._threads)


async def while_connected(request: Request, work: Callable[[], Awaitable[T]]) -> T:
    """What `work` returns; it is cancelled when the client goes away. The request's body has been read.

    Raises:
        ClientDisconnect: the client went away first.
    """
    done: list[T] = []
    failed: list[Exception] = []
    async with anyio.create_task_group() as tasks:

        async def watch() -> None:
            while (await request.receive())["type"] != "http.disconnect":
                pass
            tasks.cancel_scope.cancel()

        tasks.start_soon(watch)
        try:
            done.append(await work())
        except Exception as exc:  # noqa: BLE001 -- raised again outside the task group, which would wrap it
            failed.append(exc)
        tasks.cancel_scope.cancel()
    if failed:
        raise failed[0]
    if not done:
        raise ClientDisconnect
    return done[0]
