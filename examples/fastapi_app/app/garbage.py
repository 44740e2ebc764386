"""When Python looks for objects that refer to each other and to which nobody else does."""

import gc
import sys
from contextlib import AbstractAsyncContextManager

from app.longwork import beside
from jira_session_export import Runtime

LEAST_SECONDS = 20.0
SHARE = 200
"""A full collection takes at most one part in so many of the time."""


def configure() -> None:
    """Make what stops all threads short: with 10,000 tickets in memory some of it took a quarter of a second.

    What has been imported stays, and is not looked at again. Young objects are looked at in small numbers: walks of
    50,000 of them took up to 80 ms. All objects are looked at by `collecting` alone.

    Threads that read batch files, convert and ask the database take turns with the event loop. Whoever wants the turn
    waits for the switch interval first, and a request wants it some twenty times: with the usual 5 ms a poll took a
    quarter of a second.
    """
    gc.freeze()
    gc.set_threshold(1_000, 10, 1_000)
    sys.setswitchinterval(0.0002)


def collecting(runtime: Runtime) -> AbstractAsyncContextManager[None]:
    """Collect all garbage now and then, until the block is left.

    Each export and each WebSocket leaves some tens of kilobytes, which Python would let grow to many megabytes.
    """
    return beside(_collect(runtime))


async def _collect(runtime: Runtime) -> None:
    pause = LEAST_SECONDS
    while True:
        await runtime.sleep(pause)
        started = runtime.monotonic()
        gc.collect()
        # The more there is to look at, the longer it takes, and the longer it is left alone.
        pause = max(LEAST_SECONDS, SHARE * (runtime.monotonic() - started))
