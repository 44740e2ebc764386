"""Decides whether a request that failed is sent again, and when. Pure: the transport does the waiting."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from jira_session_export._jira.operation import Effect
from jira_session_export._values import ErrorCategory
from jira_session_export.errors import (
    JiraError,
    NotSentError,
    OutcomeUnknownError,
    RateLimitedError,
    ReadFailedError,
)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How a failed request is repeated; the defaults are what Atlassian advises.

    Attributes:
        max_attempts: sendings in all, the first one included.
        base_seconds: back-off after the first failure; doubles each time.
        cap_seconds: the back-off grows no further; jitter is applied afterwards.
        jitter: the back-off is multiplied with a random number between these two.
        longest_wait_seconds: when Jira asks for a longer wait than this, also with the answer to an earlier request,
            the request is given up at once.
        waits_in_line: whether a request waits for its turn for as long as it takes where Jira limits an endpoint that
            many use; else it is given up when that takes longer than `longest_wait_seconds`.

    Source: https://developer.atlassian.com/cloud/jira/platform/rate-limiting/ (October 2026).
    """

    max_attempts: int = 5
    base_seconds: float = 2.0
    cap_seconds: float = 30.0
    jitter: tuple[float, float] = (0.7, 1.3)
    longest_wait_seconds: float = 120.0
    waits_in_line: bool = True

    @classmethod
    def interactive(cls) -> Self:
        """For calls whose answer a person waits for: one repetition, soon, then the error."""
        return cls(max_attempts=2, base_seconds=0.5, longest_wait_seconds=2.0, waits_in_line=False)

    def back_off(self, attempt: int, random: float) -> timedelta:
        """The wait after sending number `attempt` (from 1) failed; `random` in [0, 1)."""
        low, high = self.jitter
        doubled = self.base_seconds * 2.0 ** min(attempt - 1, 64)
        return timedelta(seconds=min(doubled, self.cap_seconds) * (low + (high - low) * random))


TRUSTED_ATTEMPTS = 2
"""For so many refusals the wait is the one that Jira asks for, and no longer."""
DEFAULT_RETRY_POLICY = RetryPolicy()


def wait_before_repeat(
    policy: RetryPolicy,
    error: JiraError,
    effect: Effect,
    *,
    attempt: int,
    asked_wait: timedelta | None,
    random: float,
) -> timedelta | None:
    """How long to wait before sending again, or None to give up.

    Args:
        attempt: sendings so far, this failure included.
        asked_wait: what Jira asked for; a minimum, never shortened.
        random: in [0, 1).
    """
    if attempt >= policy.max_attempts or not may_repeat(error, effect):
        return None
    wait = policy.back_off(attempt, random)
    if asked_wait is None:
        return wait
    if asked_wait.total_seconds() > policy.longest_wait_seconds:
        return None
    # Jira knows when there is room again. Only where that was wrong twice, the back-off goes on beside it.
    return asked_wait if attempt <= TRUSTED_ATTEMPTS else max(wait, asked_wait)


def may_repeat(error: JiraError, effect: Effect) -> bool:
    """Whether sending the request again can neither write twice nor be pointless."""
    match error:
        case NotSentError():
            # A certificate nobody trusts, or an address with a wrong scheme, stays wrong.
            return error.category is ErrorCategory.TEMPORARY
        case RateLimitedError() | ReadFailedError():
            return True
        case OutcomeUnknownError():
            return effect is Effect.IDEMPOTENT
        case _:
            return False
