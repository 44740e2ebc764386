"""How fast an endpoint may be asked once Jira has refused a request as one too many. Pure; times are any clock's.

Jira says when to come back, never how much it allows. A crowd that comes back at that moment is refused again, all but
the first few. So what went through before the refusal becomes a rate, and every request gets a place in one line: from
then on the endpoint is asked as often as it allows, by however many workers, and a refusal corrects the rate.
"""

from dataclasses import dataclass, replace

GATHERING_SECONDS = 1.0
"""Refusals this soon after the first belong to the same crowd: what each worker had got through is added up."""
NOTHING_YET = 0.001
FIRST_RATE = 1.0
"""Requests a second that are tried at first when nothing had got through. Not added to what others report."""
SHARE = 0.97
"""How much of what got through in a second is tried: a request that comes a moment early must not be one too many."""
FIRST_STEADY_SECONDS = 5.0
FIRST_GROWTH = 1.05
"""How long the first rate stays as it is, and how much more is tried with each second afterwards. It is only what one
second happened to let through, and others may have had a part of it."""
DECREASE = 0.94
"""What a refusal leaves of the rate."""
STEADY_SECONDS = 20.0
GROWTH = 1.03
"""The same for a rate that a refusal has corrected."""
SETTLING_SECONDS = 2.0
"""A refusal this soon after a correction may still be due to the rate before it."""
SLOWEST = 0.5
"""Requests a second that are tried in any case."""
FORGOTTEN_SECONDS = 90.0
"""A limit that has refused nothing for so long is none any more."""


@dataclass(frozen=True, slots=True)
class PlacesInLine:
    """The line of requests to one endpoint that Jira limits.

    Attributes:
        not_before: when Jira has asked to come back.
        last_place: when the last request in line may be sent.
        rate: requests a second at `rated_at`; 0 when Jira has asked for a pause without refusing a crowd.
        rated_at: when the rate was found out or corrected.
        corrected: whether a refusal has corrected the first rate.
        reason: Jira's for the last refusal, as written.
    """

    not_before: float
    last_place: float
    rate: float
    rated_at: float
    corrected: bool = False
    reason: str | None = None

    def rate_at(self, now: float) -> float:
        """Requests a second that are tried at that time."""
        age = max(now - max(self.rated_at, self.not_before), 0.0)  # a pause tells nothing of the rate
        if not self.corrected:
            return max(self.rate * SHARE, FIRST_RATE) * float(FIRST_GROWTH ** max(age - FIRST_STEADY_SECONDS, 0.0))
        return self.rate * float(GROWTH ** max(age - STEADY_SECONDS, 0.0))

    def is_over(self, now: float) -> bool:
        """Whether nothing needs to be minded any more."""
        return now >= self.not_before + (FORGOTTEN_SECONDS if self.rate else 0.0)

    def moved(self, by: float) -> "PlacesInLine":
        """The same by a clock that is ahead by so much."""
        return replace(
            self,
            not_before=self.not_before + by,
            last_place=self.last_place + by,
            rated_at=self.rated_at + by,
        )

    def next_place(self, now: float) -> float:
        """When the next request in line may be sent."""
        place = max(now, self.not_before)
        return max(place, self.last_place + 1 / self.rate_at(now)) if self.rate else place


def refused(
    line: PlacesInLine | None, now: float, *, wait: float, got_through: int, reason: str | None = None
) -> PlacesInLine:
    """The line after a refusal.

    Args:
        wait: seconds until Jira wants to be asked again.
        got_through: requests of the worker that was refused which succeeded within the last second.
    """
    not_before = now + wait
    if line is None or not line.rate or line.is_over(now):
        not_before = max(not_before, line.not_before if line else 0.0)
        return PlacesInLine(
            max(not_before, now + GATHERING_SECONDS), 0.0, got_through or NOTHING_YET, now, reason=reason
        )
    not_before = max(not_before, line.not_before)
    line = replace(line, not_before=not_before, reason=reason)
    if line.corrected and now - line.rated_at < SETTLING_SECONDS:
        return line
    if not line.corrected and now - line.rated_at < GATHERING_SECONDS:
        return replace(line, rate=line.rate + got_through)
    rate = max(line.rate_at(now) * DECREASE, SLOWEST)
    return replace(line, rate=rate, rated_at=now, corrected=True)


def paused(line: PlacesInLine | None, now: float, *, wait: float, reason: str | None = None) -> PlacesInLine:
    """The line after an answer that only asks for a pause."""
    if line is None or line.is_over(now):
        return PlacesInLine(now + wait, 0.0, 0.0, now, reason=reason)
    if now + wait <= line.not_before:
        return line
    return replace(line, not_before=now + wait, reason=reason)


def placed(line: PlacesInLine, now: float, *, got_through: int = 0) -> PlacesInLine:
    """The line with one request more, which may be sent at its `last_place`.

    Args:
        got_through: of the worker whose request it is, what its refusals have not told yet.
    """
    if got_through and not line.corrected:
        line = replace(line, rate=line.rate + got_through)
    return replace(line, last_place=line.next_place(now))
