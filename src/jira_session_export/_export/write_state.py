"""Whether a write to Jira may be under way: what must be known when the write is cut off."""

from collections.abc import Awaitable, Callable


class WriteState:
    """Follows one write; its two methods are what the tracker's writes take.

    Args:
        prepare: awaited right before each sending; what it raises prevents it, and what it returns is asked once more
            in the last moment.

    Attributes:
        under_way: whether Jira may be at it. True from the beginning: a tracker that reports nothing may have sent it.
    """

    def __init__(self, prepare: Callable[[], Awaitable[Callable[[], bool]]]) -> None:
        self._prepare = prepare
        self.under_way = True

    async def before_send(self) -> Callable[[], bool]:
        """It is about to be sent."""
        still_wanted = await self._prepare()
        self.under_way = True
        return still_wanted

    def on_not_sent(self) -> None:
        """It certainly did nothing, and waits to be sent again."""
        self.under_way = False
