"""Rate limits: what a refusal looks like, and the limits that can be switched on."""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from jira_session_export._testing.fake_jira.exchange import Answer, Request
from jira_session_export._testing.fake_jira.messages import Language, message


class RateLimitReason(StrEnum):
    """What `RateLimit-Reason` says."""

    GLOBAL_QUOTA = "jira-quota-global-based"
    TENANT_QUOTA = "jira-quota-tenant-based"
    BURST = "jira-burst-based"
    PER_ISSUE = "jira-per-issue-on-write"
    COST = "jira-cost-based"
    """An older value."""


class RateLimitHeaders(StrEnum):
    """Which family of headers a 429 carries."""

    STANDARD = "standard"
    """`Retry-After`, `X-RateLimit-*`, `RateLimit-Reason`."""
    STRUCTURED = "structured"
    """`Retry-After`, `RateLimit-Policy`, `RateLimit`, `RateLimit-Reason`."""
    BETA = "beta"
    """Only informational ones: `X-Beta-RateLimit-*`, `Beta-RateLimit-*`, `Beta-Retry-After`."""
    GATEWAY = "gateway"
    """`X-Failure-Category` and `X-Ratelimit-Reset`, as the gateway was seen to answer."""
    NONE = "none"


def rate_limited(
    now: datetime,
    reason: str = RateLimitReason.BURST,
    *,
    retry_after: float | str | None = 5,
    headers: RateLimitHeaders = RateLimitHeaders.STANDARD,
    language: Language = "en",
) -> Answer:
    """A 429.

    Args:
        retry_after: seconds, or the header's text as it is (a date, nonsense); None leaves the header out.
        headers: the family.
    """
    body = {"errorMessages": [message(language, "rate_limited")], "errors": {}, "status": 429}
    return Answer.json(429, body, _headers(now, reason, retry_after, headers))


def _headers(
    now: datetime, reason: str, retry_after: float | str | None, family: RateLimitHeaders
) -> Mapping[str, str]:
    seconds = retry_after if isinstance(retry_after, int | float) else 5.0
    reset = (now + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%MZ")
    wait = {} if retry_after is None else {"retry-after": _header_text(retry_after)}
    match family:
        case RateLimitHeaders.STANDARD:
            return wait | {
                "x-ratelimit-limit": "100",
                "x-ratelimit-remaining": "0",
                "x-ratelimit-reset": reset,
                "ratelimit-reason": reason,
            }
        case RateLimitHeaders.STRUCTURED:
            return wait | {
                "ratelimit-policy": '"global-app-quota";q=65000;w=3600',
                "ratelimit": f'"global-app-quota";r=0;t={round(seconds)}',
                "ratelimit-reason": reason,
            }
        case RateLimitHeaders.BETA:
            return {
                "x-beta-ratelimit-limit": "100",
                "x-beta-ratelimit-remaining": "0",
                "x-beta-ratelimit-reset": reset,
                "beta-ratelimit-policy": '"global-app-quota";q=65000;w=3600',
                "beta-ratelimit": f'"global-app-quota";r=0;t={round(seconds)}',
                **{f"beta-{name}": value for name, value in wait.items()},
            }
        case RateLimitHeaders.GATEWAY:
            return {"x-failure-category": "FAILURE_CLIENT_RATE_LIMIT", "x-ratelimit-reset": reset}
        case RateLimitHeaders.NONE:
            return {}


def _header_text(retry_after: float | str) -> str:
    if isinstance(retry_after, float) and retry_after.is_integer():
        return str(int(retry_after))
    return str(retry_after)


@dataclass(frozen=True, slots=True)
class RateLimits:
    """The limits of a site; none is on unless asked for.

    Attributes:
        per_issue_writes: 20 writes in 2 s and 100 in 30 s to one issue.
        burst: requests per second by method, for example `{"POST": 100}`.
        quota: requests per hour, all together.
        user_searches: searches for people per minute, by all of them together: `/user/search`, `/user/picker` and
            `/user/assignable/…` share one limit of the whole tenant (raycast/extensions#29015 on GitHub).
    """

    per_issue_writes: bool = False
    burst: Mapping[str, int] | None = None
    quota: int | None = None
    user_searches: int | None = None


@dataclass(slots=True)
class _Window:
    """At most `limit` in the last `span` seconds."""

    limit: int
    span: float
    times: deque[float] = field(default_factory=deque)

    def wait(self, now: float) -> float:
        """Seconds until there is room; 0 when there is."""
        while self.times and self.times[0] <= now - self.span:
            self.times.popleft()
        return self.times[0] + self.span - now if len(self.times) >= self.limit else 0.0


class Limiter:
    """Counts requests against the limits."""

    def __init__(self, limits: RateLimits, monotonic: Callable[[], float]) -> None:
        self._limits = limits
        self._monotonic = monotonic
        self._windows: dict[str, list[_Window]] = {}

    def check(self, request: Request) -> tuple[RateLimitReason, float] | None:
        """Count a request; or why it is refused and how many seconds to wait, in which case it does not count."""
        now = self._monotonic()
        counted: list[_Window] = []
        for reason, windows in self._applying(request):
            wait = max(window.wait(now) for window in windows)
            if wait > 0:
                return reason, wait
            counted += windows
        for window in counted:
            window.times.append(now)
        return None

    def spend(self, request: Request, times: int) -> None:
        """Count requests of other users of the site, who share its limits."""
        now = self._monotonic()
        for _, windows in self._applying(request):
            for window in windows:
                window.times.extend([now] * times)

    def _applying(self, request: Request) -> list[tuple[RateLimitReason, list[_Window]]]:
        limits, applying = self._limits, list[tuple[RateLimitReason, list[_Window]]]()
        if limits.quota is not None:
            windows = self._windows.setdefault("quota", [_Window(limits.quota, 3600.0)])
            applying.append((RateLimitReason.GLOBAL_QUOTA, windows))
        if limits.burst and request.method in limits.burst:
            # By endpoint, whatever the issue: the last fixed word of the path tells endpoints apart well enough.
            parts = [part for part in request.resource.split("/") if part.isalpha() and part.islower()]
            name = f"burst {request.method} {'/'.join(parts)}"
            windows = self._windows.setdefault(name, [_Window(limits.burst[request.method], 1.0)])
            applying.append((RateLimitReason.BURST, windows))
        if limits.user_searches is not None and request.resource.startswith("/user/"):
            windows = self._windows.setdefault("user searches", [_Window(limits.user_searches, 60.0)])
            applying.append((RateLimitReason.BURST, windows))
        if limits.per_issue_writes and request.method != "GET":
            parts = request.resource.split("/")
            if len(parts) > 2 and parts[1] == "issue" and "-" in parts[2]:
                windows = self._windows.setdefault(f"issue {parts[2]}", [_Window(20, 2.0), _Window(100, 30.0)])
                applying.append((RateLimitReason.PER_ISSUE, windows))
        return applying
