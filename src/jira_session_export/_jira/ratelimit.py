"""Reads what Jira says about its rate limits, and keeps each endpoint quiet for as long as it asked.

Source: https://developer.atlassian.com/cloud/jira/platform/rate-limiting/ (October 2026). Headers with a `Beta-` or
`X-Beta-` prefix only announce limits to come and are not obeyed.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from jira_session_export._jira.operation import Operation
from jira_session_export._runtime import Runtime

LONGEST = timedelta(days=1)
"""Nothing Jira counts lasts longer; a longer time is a mistake and read as this."""

NEAR_LIMIT_PAUSE = timedelta(seconds=1)
"""Pause after an answer with `X-RateLimit-NearLimit: true`, or with nothing remaining and no time named."""

PER_ISSUE_REASON = "jira-per-issue-on-write"

_PARAMETER = re.compile(r";\s*([a-z]+)\s*=\s*(-?\d{1,18})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What one answer says about rate limits.

    Attributes:
        retry_after: how long to wait; None when the answer does not say.
        remaining: requests left; None when the answer does not say.
        near_limit: whether less than a fifth is left.
        reason: `RateLimit-Reason` as written.
    """

    retry_after: timedelta | None = None
    remaining: int | None = None
    near_limit: bool = False
    reason: str | None = None

    @property
    def pause_after_success(self) -> timedelta | None:
        """How long the endpoint should rest although this request went through."""
        if self.remaining == 0:
            return self.retry_after or NEAR_LIMIT_PAUSE
        return NEAR_LIMIT_PAUSE if self.near_limit else None


def read_rate_limit(headers: Mapping[str, str], now: datetime) -> RateLimit:
    """What the answer says about rate limits, from every header family in use.

    `Retry-After` (seconds or a date) counts before the structured `RateLimit`, that before `X-RateLimit-Reset` (ISO
    8601 or epoch seconds), that before Data Center's `X-RateLimit-Interval-Seconds`; a wait of zero says nothing.

    Args:
        headers: keys lower-case.
        now: aware.
    """
    waits = (
        _seconds_or_date(headers.get("retry-after"), now),
        _structured_wait(headers.get("ratelimit")),
        _until(headers.get("x-ratelimit-reset"), now),
        _seconds(headers.get("x-ratelimit-interval-seconds")),
    )
    return RateLimit(
        retry_after=next((wait for wait in waits if wait), None),
        remaining=_remaining(headers),
        near_limit=headers.get("x-ratelimit-nearlimit", "").strip().lower() == "true",
        reason=headers.get("ratelimit-reason") or headers.get("x-ratelimit-reason"),
    )


def _seconds(text: str | None) -> timedelta | None:
    try:
        seconds = float(text or "")
    except ValueError:
        return None
    if seconds != seconds:  # noqa: PLR0124 -- NaN
        return None
    return timedelta(seconds=min(max(seconds, 0.0), LONGEST.total_seconds()))


def _until(text: str | None, now: datetime) -> timedelta | None:
    """The time from `now` to an ISO 8601 time, or to epoch seconds."""
    if not text:
        return None
    text = text.strip()
    try:
        moment = datetime.fromtimestamp(float(text), UTC) if _is_number(text) else datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return _clipped(moment, now)


def _seconds_or_date(text: str | None, now: datetime) -> timedelta | None:
    seconds = _seconds(text)
    if seconds is not None or not text:
        return seconds
    try:
        return _clipped(parsedate_to_datetime(text), now)
    except (ValueError, OverflowError):
        return None


def _clipped(moment: datetime, now: datetime) -> timedelta:
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return min(max(moment - now, timedelta()), LONGEST)


def _is_number(text: str) -> bool:
    return text.replace(".", "", 1).isdecimal()


def _structured(text: str | None) -> Iterator[dict[str, int]]:
    """The parameters of each item of a header like `"global-app-quota";r=12;t=30, "burst";r=0;t=1`."""
    for item in (text or "").split(","):
        parameters = {name.lower(): int(value) for name, value in _PARAMETER.findall(item)}
        if parameters:
            yield parameters


def _structured_wait(text: str | None) -> timedelta | None:
    """The longest time until a used-up quota is filled again."""
    waits = [item["t"] for item in _structured(text) if item.get("r", 1) <= 0 and "t" in item]
    return _seconds(str(max(waits))) if waits else None


def _remaining(headers: Mapping[str, str]) -> int | None:
    """The smallest number left that any family names."""
    counts = [item["r"] for item in _structured(headers.get("ratelimit")) if "r" in item]
    text = headers.get("x-ratelimit-remaining", "").strip()
    if text.isdecimal() and len(text) <= 18:
        counts.append(int(text))
    return min(counts, default=None)


class RateLimiter:
    """Pauses per endpoint, shared by everybody who uses one client."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._until: dict[str, float] = {}

    async def wait(self, operation: Operation) -> None:
        """Return when the operation's endpoint may be asked again; at once when nothing is paused."""
        if not self._until:
            return
        keys = (operation.paced_as, operation.name)
        while (left := max(self._until.get(key, 0.0) for key in keys) - self._runtime.monotonic()) > 0:
            # A floor, because a clock that counts in milliseconds would never pass the last fraction of one.
            await self._runtime.sleep(max(left, 0.001))
        for key in keys:
            self._until.pop(key, None)

    def pause(self, operation: Operation, duration: timedelta, reason: str | None = None) -> None:
        """Let nobody ask this endpoint for so long; only this issue's when the limit is one per issue."""
        key = operation.name if reason == PER_ISSUE_REASON else operation.paced_as
        until = self._runtime.monotonic() + duration.total_seconds()
        self._until[key] = max(until, self._until.get(key, 0.0))
