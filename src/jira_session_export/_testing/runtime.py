"""A `Runtime` whose time, sleep, randomness and ids are all ours: nothing waits, and one seed replays a whole run."""

import asyncio
import heapq
import itertools
import random  # noqa: TID251 - the other place where randomness comes from: a seeded one
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import anyio
import anyio.lowlevel
import anyio.to_thread

from jira_session_export._runtime import Runtime, is_outside_work_under_way

_QUIET_TURNS = 3
_TURNS_WITHOUT_A_VIEW = 50


@dataclass(slots=True)
class _Sleeper:
    deadline: float
    due: bool = False
    gone: bool = False
    wake: anyio.Event = field(default_factory=anyio.Event)


class FakeClock:
    """Virtual time, for any number of tasks under asyncio or trio.

    Time stands still while any task can run. When all of them wait and at least one sleeps, time jumps to the
    earliest deadline and only that sleeper is woken, so tasks wake in the order of their deadlines, one at a time,
    however many there are. No real time passes.

    Time also stands still while a thread of `anyio.to_thread` works (a file is read), and while a `SqlAlchemyStore`
    waits for its database. Other work outside the event loop (a socket) looks like waiting; keep time from jumping
    meanwhile with `held`.
    """

    def __init__(self, start: datetime | None = None) -> None:
        self._start = start or datetime(2026, 1, 5, 9, tzinfo=UTC)
        self._elapsed = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, _Sleeper]] = []
        self._driver: _Sleeper | None = None
        self._holds = 0
        self._released = anyio.Event()
        self.sleeps: list[float] = []
        """Every duration somebody slept, in the order they fell asleep."""

    def now(self) -> datetime:
        """The virtual wall clock, in UTC."""
        return self._start + timedelta(seconds=self._elapsed)

    def monotonic(self) -> float:
        """Virtual seconds since the start."""
        return self._elapsed

    def advance(self, seconds: float) -> None:
        """Let that much time pass at once; sleepers whose deadline it passes wake in order."""
        self._elapsed += max(0.0, seconds)
        while self._sleepers and self._sleepers[0][0] <= self._elapsed:
            self._wake_earliest()

    def set_wall_clock(self, by: timedelta) -> None:
        """Set the wall clock forward or back, and it alone: nobody sleeps shorter or longer for it."""
        self._start += by

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep time from jumping, while something the event loop cannot see is at work."""
        self._holds += 1
        try:
            yield
        finally:
            self._holds -= 1
            if not self._holds:
                self._released.set()
                self._released = anyio.Event()

    async def sleep(self, seconds: float) -> None:
        """Return once that much virtual time has passed."""
        self.sleeps.append(seconds)
        if seconds <= 0:
            await anyio.lowlevel.checkpoint()
            return
        sleeper = _Sleeper(self._elapsed + seconds)
        heapq.heappush(self._sleepers, (sleeper.deadline, next(self._order), sleeper))
        try:
            while not sleeper.due:
                if self._driver is None:
                    await self._drive(sleeper)
                else:
                    await sleeper.wake.wait()
                    sleeper.wake = anyio.Event()
        finally:
            sleeper.gone = True
            if self._driver is None:
                # Whoever leaves passes the wheel on, also one that was woken to drive and is cancelled before it does.
                self._drop_gone()
                if self._sleepers:
                    self._sleepers[0][2].wake.set()

    async def _drive(self, driver: _Sleeper) -> None:
        """Move time on behalf of all sleepers, until it is the driver's own turn; then somebody else drives."""
        self._driver = driver
        try:
            while not driver.due:
                await _all_others_wait()
                if anyio.to_thread.current_default_thread_limiter().borrowed_tokens or is_outside_work_under_way():
                    await anyio.lowlevel.checkpoint()
                elif self._holds:
                    await self._released.wait()
                elif not driver.due:
                    self._wake_earliest()
        finally:
            self._driver = None

    def _wake_earliest(self) -> None:
        self._drop_gone()
        if not self._sleepers:
            return
        deadline, _, sleeper = heapq.heappop(self._sleepers)
        self._elapsed = max(self._elapsed, deadline)
        sleeper.due = True
        sleeper.wake.set()

    def _drop_gone(self) -> None:
        while self._sleepers and self._sleepers[0][2].gone:
            heapq.heappop(self._sleepers)


async def _all_others_wait() -> None:
    """Return when no other task of the event loop can run."""
    try:
        loop = asyncio.get_running_loop()
    except RuntimeError:
        await anyio.wait_all_tasks_blocked()  # trio tells exactly
        return
    # asyncio has no such question. Its loops written in Python keep what can run in a queue we can look at; for the
    # others, many turns must do. (anyio's own answer for asyncio waits in real time.)
    ready = getattr(loop, "_ready", None)
    wanted = _TURNS_WITHOUT_A_VIEW if ready is None else _QUIET_TURNS
    quiet = 0
    while quiet < wanted:
        await anyio.lowlevel.checkpoint()
        quiet = 0 if ready else quiet + 1


@dataclass(frozen=True, slots=True, init=False)
class FakeRuntime(Runtime):
    """A `Runtime` with a virtual clock and a seeded stream of random numbers and ids.

    Two of them with the same seed and start give the same numbers, ids and times, so a run can be replayed.

    Attributes:
        clock: the virtual clock, to read, hold or advance.
    """

    clock: FakeClock = field(default_factory=FakeClock)

    def __init__(self, seed: int = 0, *, start: datetime | None = None, clock: FakeClock | None = None) -> None:
        """Make one.

        Args:
            seed: of the random numbers and ids.
            start: what the wall clock shows at first; 2026-01-05 09:00 UTC when absent.
            clock: share the clock of another one, as two processes on one machine do.
        """
        clock = clock or FakeClock(start)
        source = random.Random(seed)  # noqa: S311 - replayable on purpose, and no secret
        Runtime.__init__(
            self,
            now=clock.now,
            monotonic=clock.monotonic,
            sleep=clock.sleep,
            random=source.random,
            new_id=lambda: uuid.UUID(int=source.getrandbits(128), version=4),
        )
        object.__setattr__(self, "clock", clock)
