"""Long work on an event loop, in slices: others get their turn in between, and a cancellation arrives."""

from collections.abc import Iterable
from typing import TypeVar

from anyio.lowlevel import checkpoint

T = TypeVar("T")


async def in_slices(results: Iterable[T], *, size: int = 1) -> list[T]:
    """Collect what is worked out as it is asked for, and let the event loop go on after each `size` results."""
    collected: list[T] = []
    for result in results:
        collected.append(result)
        if len(collected) % size == 0:
            await checkpoint()
    return collected
