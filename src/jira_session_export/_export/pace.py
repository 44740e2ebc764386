"""The percentage of an export that is done, and estimates of the rest."""

import math
from collections.abc import Callable

from jira_session_export._settings import ExportSettings

SECONDS_PER_CALL = 0.5
"""What one create or link is expected to take before any has been measured."""
SECONDS_PER_ISSUE_OF_A_BULK = 0.05
"""What each issue of a bulk is expected to take besides."""


def percentage(position: int, total: int) -> float:
    """100·position/total to one decimal, below 100."""
    return min(99.9, round(100 * position / total, 1)) if total else 0.0


def seconds_per_ticket(settings: ExportSettings) -> float:
    """Estimate the seconds that one ticket takes, before any has been measured."""
    request = settings.pause_seconds + SECONDS_PER_CALL
    return request if settings.bulk_size == 1 else request / settings.bulk_size + SECONDS_PER_ISSUE_OF_A_BULK


def estimated_minutes(tickets: int, requests: int, links: int, settings: ExportSettings) -> int:
    """Estimate the whole minutes, at least 1, that an export of that size takes, before anything was measured.

    Args:
        requests: how many create the issues; fewer than `tickets` in bulks, more than a bulk's share with parents.
    """
    seconds = requests * (settings.pause_seconds + SECONDS_PER_CALL) + links * SECONDS_PER_CALL
    if settings.bulk_size > 1:
        seconds += tickets * SECONDS_PER_ISSUE_OF_A_BULK
    return max(1, math.ceil(seconds / 60))


class Pace:
    """Learns how long a ticket takes and estimates the rest."""

    def __init__(self, settings: ExportSettings, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._started = monotonic()
        self._done = 0
        self._guess = seconds_per_ticket(settings)
        self._weight = settings.bulk_size

    def ticket_done(self) -> None:
        """One more ticket was created and its pause is over."""
        self._done += 1

    def seconds_remaining(self, tickets: int, links: int) -> float:
        """Estimate the seconds for that many more tickets and links."""
        # The guess counts as one measured request, so that the first few do not throw the estimate about.
        measured = self._monotonic() - self._started
        per_ticket = (self._weight * self._guess + measured) / (self._weight + self._done)
        return tickets * per_ticket + links * SECONDS_PER_CALL
