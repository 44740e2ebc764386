"""Long work on an event loop, in slices: others get their turn in between, and a cancellation arrives."""

from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from anyio.lowlevel import RunVar, checkpoint

from jira_session_export._runtime import Runtime

T = TypeVar("T")
P = ParamSpec("P")

MANY = 1_000
"""Tickets that are looked at within some milliseconds."""

_TURNS = 5
"""Turns of the loop after each ticket. Answering a request takes some ten, and with one after each ticket it would wait
for as many tickets."""

_IDLE_SECONDS = 0.0001
"""So many turns of a loop that has nothing else to do take a fifth of this."""

_REST_SECONDS = 0.001
"""Within this a thread that nobody disturbs answers a small query."""

_turns: RunVar[CapacityLimiter] = RunVar("jira_session_export_turns")


class SharedLoop:
    """Shares the event loop between long work, a ticket at a time, and everybody else.

    Whoever answers a request goes to threads and back several times, and each time a thread wants Python's lock while
    a ticket is converted, it waits for a switch interval, dozens of times in one query. So when others were found at
    work, the long work stands still for a moment, in which they get everything done that they have begun. When nobody
    else is there, it costs next to nothing.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def others_turn(self) -> None:
        """Let others go on between two tickets."""
        started = self._runtime.monotonic()
        for _ in range(_TURNS):
            await checkpoint()
        if self._runtime.monotonic() - started > _IDLE_SECONDS:
            await self._runtime.sleep(_REST_SECONDS)


async def in_slices(results: Iterable[T], *, size: int = 1) -> list[T]:
    """Collect what is worked out as it is asked for, and let the event loop go on after each `size` results."""
    collected: list[T] = []
    for result in results:
        collected.append(result)
        if len(collected) % size == 0:
            await checkpoint()
    return collected


async def aside(count: int, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Call a function that looks at `count` tickets: at once when they are few, else in a thread.

    One such call runs at a time: Python executes one thread at a time, and with each more of them the event loop has
    its turn later.
    """
    if count < MANY:
        return function(*args, **kwargs)
    async with _turn():
        return await to_thread.run_sync(lambda: function(*args, **kwargs))


def _turn() -> CapacityLimiter:
    """The one of the running event loop."""
    try:
        return _turns.get()
    except LookupError:
        limiter = CapacityLimiter(1)
        _turns.set(limiter)
        return limiter
