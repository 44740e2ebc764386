"""Reads what Jira says about its rate limits, and keeps each endpoint quiet for as long as it asked.

Source: https://developer.atlassian.com/cloud/jira/platform/rate-limiting/ (October 2026). Headers with a `Beta-` or
`X-Beta-` prefix only announce limits to come and are not obeyed.
"""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from jira_session_export._jira.operation import Operation
from jira_session_export._runtime import Runtime
from jira_session_export._values import utc
from jira_session_export._wording import duration
from jira_session_export.errors import RateLimitedError

LONGEST = timedelta(days=1)
"""Nothing Jira counts lasts longer; a longer time is a mistake and read as this."""

NEAR_LIMIT_PAUSE = timedelta(seconds=1)
"""Pause after an answer with `X-RateLimit-NearLimit: true`, or with nothing remaining and no time named."""

PER_ISSUE_REASON = "jira-per-issue-on-write"
QUOTA_REASON = "jira-quota"
"""How the reasons begin of limits that count all of an app's requests together, whatever the endpoint."""
_EVERYWHERE = ""
_ROUNDING_SECONDS = 0.001

CLOCK_TOLERANCE = timedelta(seconds=2)
"""Jira's `Date` has whole seconds and was on its way; clocks that differ by less are taken for the same."""

_PARAMETER = re.compile(r";\s*([a-z]+)\s*=\s*(-?\d{1,18})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class RateLimit:
    """What one answer says about rate limits.

    Attributes:
        retry_after: how long to wait; None when the answer does not say.
        remaining: requests left; None when the answer does not say.
        near_limit: whether less than a fifth is left.
        reason: `RateLimit-Reason` as written; else the name of the quota that is used up.
        retry_at: when the wait is over, by our clock; None when the answer does not say how long it is.
    """

    retry_after: timedelta | None = None
    remaining: int | None = None
    near_limit: bool = False
    reason: str | None = None
    retry_at: datetime | None = None

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
        now: aware. Times in the headers are Jira's, so they are compared with its `Date` where that differs.
    """
    theirs = now - clock_offset(now, headers.get("date", ""))
    waits = (
        _seconds_or_date(headers.get("retry-after"), theirs),
        _structured_wait(headers.get("ratelimit")),
        _until(headers.get("x-ratelimit-reset"), theirs),
        _seconds(headers.get("x-ratelimit-interval-seconds")),
    )
    wait = next((wait for wait in waits if wait), None)
    return RateLimit(
        retry_after=wait,
        remaining=_remaining(headers),
        near_limit=headers.get("x-ratelimit-nearlimit", "").strip().lower() == "true",
        reason=headers.get("ratelimit-reason") or headers.get("x-ratelimit-reason") or _used_up(headers),
        retry_at=None if wait is None else now + wait,
    )


def clock_offset(now: datetime, date: str) -> timedelta:
    """How far our clock is ahead of Jira's.

    Args:
        now: our time when the answer came.
        date: its header `Date`.

    Returns:
        Zero when the answer does not tell its time, or tells nearly the same.
    """
    try:
        theirs = parsedate_to_datetime(date)
    except (ValueError, OverflowError):
        return timedelta()
    if theirs.tzinfo is None:
        theirs = theirs.replace(tzinfo=UTC)
    offset = now - theirs
    return offset if abs(offset) > CLOCK_TOLERANCE else timedelta()


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


def _used_up(headers: Mapping[str, str]) -> str | None:
    """The name of a used-up quota in a structured header: `"global-app-quota";r=0;t=30`."""
    for item in (headers.get("ratelimit") or "").split(","):
        name, _, rest = item.partition(";")
        if any(key.lower() == "r" and int(value) <= 0 for key, value in _PARAMETER.findall(f";{rest}")):
            return name.strip().strip('"') or None
    return None


def _remaining(headers: Mapping[str, str]) -> int | None:
    """The smallest number left that any family names."""
    counts = [item["r"] for item in _structured(headers.get("ratelimit")) if "r" in item]
    text = headers.get("x-ratelimit-remaining", "").strip()
    if text.isdecimal() and len(text) <= 18:
        counts.append(int(text))
    return min(counts, default=None)


def _counts_everything(reason: str | None) -> bool:
    """Whether the limit is one of all requests together, not of one endpoint."""
    named = (reason or "").lower()
    return named.startswith(QUOTA_REASON) or named.endswith("-app-quota")


class RateLimiter:
    """Pauses per endpoint, shared by everybody who uses one client."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._until: dict[str, float] = {}
        self._reasons: dict[str, str | None] = {}

    def left(self, operation: Operation) -> float:
        """Seconds until the operation's endpoint may be asked again; 0 when it may be now."""
        if not self._until:
            return 0.0
        until = max(self._until.get(key, 0.0) for key in self._keys(operation))
        return max(until - self._runtime.monotonic(), 0.0)

    async def wait(
        self, operation: Operation, longest_seconds: float, sleep: Callable[[float, str | None], Awaitable[None]]
    ) -> None:
        """Return when the operation's endpoint may be asked again; at once when nothing is paused.

        Args:
            longest_seconds: how long to wait at most, however often the pause is extended meanwhile.
            sleep: waits that many seconds, for the reason that Jira gave.

        Raises:
            RateLimitedError: it takes longer; nothing was sent.
        """
        deadline: float | None = None
        while (left := self.left(operation)) > 0:
            now = self._runtime.monotonic()
            deadline = now + longest_seconds if deadline is None else deadline
            if now + left > deadline + _ROUNDING_SECONDS:
                raise self._too_long(operation, left)
            # A floor, because a clock that counts in milliseconds would never pass the last fraction of one.
            await sleep(max(left, _ROUNDING_SECONDS), self._reason(operation))
        if self._until:
            for key in self._keys(operation):
                self._until.pop(key, None)
                self._reasons.pop(key, None)

    def pause(self, operation: Operation, duration: timedelta, reason: str | None = None) -> None:
        """Let nobody ask this endpoint for so long.

        Where the limit is one per issue, it is this issue's alone; where it is a quota of all requests, every endpoint.
        """
        key = operation.paced_as
        if reason == PER_ISSUE_REASON:
            key = operation.name
        elif _counts_everything(reason):
            key = _EVERYWHERE
        until = self._runtime.monotonic() + duration.total_seconds()
        if until >= self._until.get(key, 0.0):
            self._until[key], self._reasons[key] = until, reason

    @staticmethod
    def _keys(operation: Operation) -> tuple[str, ...]:
        # A quota counts what is asked of Jira with our credentials; the sign-in itself is asked elsewhere.
        return (operation.paced_as, operation.name, *((_EVERYWHERE,) if operation.authenticated else ()))

    def _reason(self, operation: Operation) -> str | None:
        key = max(self._keys(operation), key=lambda key: self._until.get(key, 0.0))
        return self._reasons.get(key)

    def _too_long(self, operation: Operation, left: float) -> RateLimitedError:
        until = self._runtime.now() + timedelta(seconds=left)
        return RateLimitedError(
            f"Could not {operation.purpose}: Jira limits the requests and asked to send no other before "
            f"{utc(until)} ({duration(left)}). Nothing was sent.",
            operation=operation.name,
            retry_after=timedelta(seconds=left),
            retry_not_before=until,
            reason=self._reason(operation),
        )
