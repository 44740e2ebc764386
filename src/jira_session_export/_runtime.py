"""The one place where time, sleep, randomness and ids come from."""

import random
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import anyio


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Runtime:
    """What the outside world lends us, as one value, so that a test can move all of it together.

    Attributes:
        now: the wall clock, aware, in UTC; what we write down.
        monotonic: seconds; what we measure budgets and durations with.
        sleep: waits that many seconds; a fake must move `now` and `monotonic` by as much.
        random: a number in [0, 1).
        new_id: a UUID nobody else has.
    """

    now: Callable[[], datetime] = _now
    monotonic: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = anyio.sleep
    random: Callable[[], float] = random.random
    new_id: Callable[[], uuid.UUID] = uuid.uuid4


SYSTEM_RUNTIME = Runtime()
