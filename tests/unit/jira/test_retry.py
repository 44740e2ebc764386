from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_session_export._jira.operation import Effect
from jira_session_export._jira.retry import RetryPolicy, may_repeat, wait_before_repeat
from jira_session_export._values import ErrorCategory, Refusal
from jira_session_export.errors import (
    AuthenticationError,
    JiraError,
    NotFoundError,
    NotSentError,
    OutcomeUnknownError,
    PermissionDeniedError,
    RateLimitedError,
    ReadFailedError,
    RefusedError,
    TooLargeError,
)

NOT_SENT = NotSentError("x", operation="o")
UNTRUSTED = NotSentError("x", operation="o", category=ErrorCategory.ADMIN_REQUIRED)
UNKNOWN = OutcomeUnknownError("x", operation="o")
READ_FAILED = ReadFailedError("x", operation="o")
LIMITED = RateLimitedError("x", operation="o")
REFUSALS = [
    kind("x", operation="o", refusal=Refusal(400))
    for kind in (RefusedError, AuthenticationError, PermissionDeniedError, NotFoundError, TooLargeError)
]
POLICY = RetryPolicy()
READ, SAME, MORE = Effect.READ, Effect.IDEMPOTENT, Effect.ADDITIVE


@pytest.mark.parametrize(
    ("error", "effect", "repeated"),
    [
        (NOT_SENT, READ, True),
        (NOT_SENT, SAME, True),
        (NOT_SENT, MORE, True),
        (UNTRUSTED, READ, False),
        (UNTRUSTED, MORE, False),
        (LIMITED, READ, True),
        (LIMITED, SAME, True),
        (LIMITED, MORE, True),
        (READ_FAILED, READ, True),
        (UNKNOWN, SAME, True),
        (UNKNOWN, MORE, False),
        *[(refusal, effect, False) for refusal in REFUSALS for effect in Effect],
        (JiraError("x", operation="o"), READ, False),
    ],
)
def test_only_what_was_not_done_or_does_no_harm_is_repeated(error: JiraError, effect: Effect, repeated: bool) -> None:
    assert may_repeat(error, effect) is repeated


@pytest.mark.parametrize(
    ("attempt", "random", "asked", "seconds"),
    [
        (1, 0.0, None, 1.4),
        (1, 0.5, None, 2.0),
        (2, 0.5, None, 4.0),
        (3, 0.5, None, 8.0),
        (4, 0.5, None, 16.0),
        (5, 0.5, None, None),
        (1, 0.5, 1.0, 1.0),  # Jira knows when there is room again
        (2, 0.5, 1.0, 1.0),
        (3, 0.5, 1.0, 8.0),  # it was wrong twice
        (1, 0.5, 45.0, 45.0),
        (1, 0.5, 120.0, 120.0),
        (1, 0.5, 121.0, None),
        (1, 0.5, 86_400.0, None),
    ],
)
def test_the_wait_grows_and_is_never_shorter_than_jira_asked_for(
    attempt: int, random: float, asked: float | None, seconds: float | None
) -> None:
    wait = wait_before_repeat(
        POLICY,
        LIMITED,
        MORE,
        attempt=attempt,
        asked_wait=None if asked is None else timedelta(seconds=asked),
        random=random,
    )
    assert (wait and wait.total_seconds()) == (seconds and pytest.approx(seconds))


def test_an_unknown_outcome_of_a_create_is_never_repeated_however_early() -> None:
    wait = wait_before_repeat(POLICY, UNKNOWN, MORE, attempt=1, asked_wait=timedelta(seconds=1), random=0)
    assert wait is None


@given(attempt=st.integers(1, 10_000), random=st.floats(0, 1, exclude_max=True))
def test_the_back_off_stays_within_its_cap_and_jitter(attempt: int, random: float) -> None:
    seconds = POLICY.back_off(attempt, random).total_seconds()
    assert 2.0 * 0.7 <= seconds <= 30.0 * 1.3
    if attempt >= 5:
        assert seconds >= 30.0 * 0.7 - 1e-6


def test_the_policy_is_ones_own() -> None:
    policy = RetryPolicy(max_attempts=2, base_seconds=1, cap_seconds=1, jitter=(1, 1), longest_wait_seconds=5)
    wait = wait_before_repeat(policy, READ_FAILED, READ, attempt=1, asked_wait=None, random=0.9)
    assert wait == timedelta(seconds=1)
    assert wait_before_repeat(policy, READ_FAILED, READ, attempt=2, asked_wait=None, random=0.9) is None
