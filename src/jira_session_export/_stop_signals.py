"""What signals that ask a process to stop mean together: one request, or a person who will not wait."""

from typing import Literal

from jira_session_export._runtime import SYSTEM_RUNTIME, Runtime

TOGETHER_SECONDS = 1.0
"""Signals so soon after the first are the same request, and nobody has had time to see what came of it.

`timeout` sends SIGTERM to its command and then to the command's process group. Where a terminal sends SIGINT to
everything in it, a supervisor often sends SIGTERM to its children besides.
"""


class StopSignals:
    """Counts the signals of one process that ask it to stop, of whichever kind."""

    def __init__(self, runtime: Runtime = SYSTEM_RUNTIME) -> None:
        self._runtime = runtime
        self._first: float | None = None

    def received(self) -> Literal["stop", "same request", "stop at once"]:
        """Take one more signal, and return what it means."""
        now = self._runtime.monotonic()
        if self._first is None:
            self._first = now
            return "stop"
        return "same request" if now - self._first < TOGETHER_SECONDS else "stop at once"
