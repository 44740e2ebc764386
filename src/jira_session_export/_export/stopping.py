"""The request to stop, which ends a run between two steps, or while it waits."""


class StopRequested(Exception):  # noqa: N818 -- a signal between two steps, not an error
    """The run is to stop here; nothing is under way.

    Attributes:
        cancelled: whether the export was cancelled. Otherwise the run hands over.
    """

    def __init__(self, *, cancelled: bool) -> None:
        super().__init__()
        self.cancelled = cancelled
