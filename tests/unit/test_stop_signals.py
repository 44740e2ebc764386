"""What signals that ask a process to stop mean together."""

import pytest

from jira_session_export._runtime import Runtime
from jira_session_export._stop_signals import StopSignals


@pytest.mark.parametrize(
    ("at", "meanings"),
    [
        ([0], ["stop"]),
        ([0, 0], ["stop", "same request"]),
        ([0, 0.9, 0.95], ["stop", "same request", "same request"]),
        ([0, 1], ["stop", "stop at once"]),
        ([0, 0.5, 1.5, 1.6], ["stop", "same request", "stop at once", "stop at once"]),
    ],
)
def test_those_within_a_second_of_the_first_are_one_request(at: list[float], meanings: list[str]) -> None:
    times = iter(at)
    signals = StopSignals(Runtime(monotonic=lambda: 100 + next(times)))
    assert [signals.received() for _ in at] == meanings
