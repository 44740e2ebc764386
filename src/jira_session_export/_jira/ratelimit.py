"""Reads what Jira says about its rate limits, and keeps each endpoint quiet for as long as it asked.

Source: https://developer.atlassian.com/cloud/jira/platform/rate-limiting/ (October 2026). Headers with a `Beta-` or
`X-Beta-` prefix only announce limits to come and are not obeyed.
"""

import logging
import re
from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Protocol, runtime_checkable

import anyio
from anyio.lowlevel import RunVar

from jira_session_export._jira.operation import Operation
from jira_session_export._jira.pacing import PlacesInLine, paused, placed, refused
from jira_session_export._runtime import Runtime
from jira_session_export._values import utc
from jira_session_export._wording import duration
from jira_session_export.errors import JiraSessionExportError, RateLimitedError

logger = logging.getLogger("jira_session_export.jira")

LONGEST = timedelta(days=1)
"""Nothing Jira counts lasts longer; a longer time is a mistake and read as this."""

NEAR_LIMIT_PAUSE = timedelta(seconds=1)
"""Pause after an answer with `X-RateLimit-NearLimit: true`, or with nothing remaining and no time named."""

PER_ISSUE_REASON = "jira-per-issue-on-write"
QUOTA_REASON = "jira-quota"
"""How the reasons begin of limits that count all of an app's requests together, whatever the endpoint."""
_EVERYWHERE = ""
_OF_ONE_ISSUE = "issue "
_ROUNDING_SECONDS = 0.001
LOOK_SECONDS = 1.0
"""How often a process that sends requests looks for limits that other processes were told of."""
ANSWER_SECONDS = 0.5
"""What is answered so soon after a refusal was sent before it."""
TOLD_AGAIN_SECONDS = 0.25
"""A pause that is longer than the known one by less is not told to others."""

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


Change = Callable[[PlacesInLine | None, float], PlacesInLine]
"""Makes the next state of an endpoint's line from the present one and the time."""


@runtime_checkable
class LimitStore(Protocol):
    """What all processes know of the limits of Jira sites. Times are seconds since 1970.

    A store may leave it out; then each process finds out by itself.
    """

    async def site_lines(self, site: str, *, now: datetime) -> tuple[float, Mapping[str, PlacesInLine]]:
        """Read the lines of a site, by endpoint.

        Args:
            now: this machine's time. A database that machines share uses its own.

        Returns:
            The time they are to be compared with, and the lines.

        Raises:
            StoreUnavailableError: the database did not answer.
        """

    async def change_site_line(
        self, site: str, endpoint: str, change: Change, *, now: datetime
    ) -> tuple[float, PlacesInLine]:
        """Change one line in a transaction of its own, so that no two processes get the same place.

        Args:
            change: called with the line, or None, and the time.
            now: as of `site_lines`.

        Returns:
            The time it was called with, and the line as it is now.

        Raises:
            StoreUnavailableError: whether it was written is unknown.
        """


class Sleep(Protocol):
    """Waits between two looks at a limit; what it raises ends the call."""

    async def __call__(self, seconds: float, reason: str | None, ready: anyio.Event | None, /) -> None:
        """Wait that many seconds, for the reason that Jira gave, or until `ready` is set."""


class RateLimiter:
    """What is known of the limits of one site, shared by everybody who uses one client; and by all processes.

    Args:
        site: the site's address.
    """

    def __init__(self, runtime: Runtime, site: str = "") -> None:
        self._runtime = runtime
        self._site = site
        self._shared: LimitStore | None = None
        self._looked_at: float | None = None
        self._alone = False  # the store did not answer, which was told
        self._lines: dict[str, PlacesInLine] = {}
        self._waiting = defaultdict[str, deque[anyio.Event]](deque)
        self._through = defaultdict[str, deque[float]](partial(deque, maxlen=1000))

    def share(self, store: LimitStore) -> None:
        """Tell other processes of limits, and hear of theirs, through a store."""
        self._shared = store

    def left(self, operation: Operation) -> float:
        """Seconds until the operation's endpoint may be asked again; 0 when it may be now."""
        if not self._lines:
            return 0.0
        until = max(self._not_before(key) for key in self._keys(operation))
        return max(until - self._runtime.monotonic(), 0.0)

    async def wait(
        self, operation: Operation, longest_seconds: float, sleep: Sleep, *, waits_in_line: bool = True
    ) -> bool:
        """Return when the operation may be sent; at once when nothing limits it.

        Args:
            longest_seconds: how long to wait at most for the end of a pause, however often it is extended meanwhile.
            waits_in_line: whether to wait for a place in line for as long as it takes; else that counts, too.

        Returns:
            Whether it had to wait in line.

        Raises:
            RateLimitedError: it takes longer; nothing was sent.
        """
        await self._hear()
        if not self._lines:
            return False
        deadline: float | None = None
        while True:
            while (left := self.left(operation)) > 0:
                now = self._runtime.monotonic()
                deadline = now + longest_seconds if deadline is None else deadline
                if now + left > deadline + _ROUNDING_SECONDS:
                    raise self._too_long(operation, left)
                # A floor, because a clock that counts in milliseconds would never pass the last fraction of one.
                await sleep(max(left, _ROUNDING_SECONDS), self._reason(operation), None)
            now = self._runtime.monotonic()
            for key in self._keys(operation):
                if key in self._lines and self._lines[key].is_over(now):
                    del self._lines[key]
            if (line := self._lines.get(operation.paced_as)) is None or not line.rate:
                return False
            in_line_until = None if waits_in_line else now + longest_seconds
            if await self._place_reached(operation, sleep, in_line_until) and not self.left(operation):
                return True

    async def refuse(self, operation: Operation, wait: timedelta, reason: str | None = None) -> None:
        """Jira has refused the operation as one too many, and wants it again after `wait`.

        Where the limit is one per issue, it is this issue's alone; where it is a quota of all requests, every endpoint.
        """
        key = self._key(operation, reason)
        seconds = wait.total_seconds()
        if key != operation.paced_as:
            await self._change(key, partial(paused, wait=seconds, reason=reason))
            return
        got_through = self._got_through(key, self._runtime.monotonic() - 1)
        await self._change(key, partial(refused, wait=seconds, got_through=got_through, reason=reason))

    async def pause(self, operation: Operation, duration: timedelta, reason: str | None = None) -> None:
        """Let nobody ask this endpoint for so long, although Jira has refused nothing; for whom as in `refuse`."""
        key, seconds = self._key(operation, reason), duration.total_seconds()
        if self._not_before(key) + TOLD_AGAIN_SECONDS < self._runtime.monotonic() + seconds:
            await self._change(key, partial(paused, wait=seconds, reason=reason))

    def got_through(self, operation: Operation) -> None:
        """A request that nothing held back has succeeded."""
        self._through[operation.paced_as].append(self._runtime.monotonic())

    # -- inside ----------------------------------------------------------------------------------------------------

    async def _place_reached(self, operation: Operation, sleep: Sleep, until: float | None) -> bool:
        """Wait for a place in line; False when something has changed meanwhile and a new one is needed.

        Of one process, one request at a time takes a place: a process that took many ahead would be slow to follow a
        rate that is corrected, and would leave holes when it ends.
        """
        key = operation.paced_as
        mine, waiting = anyio.Event(), self._waiting[key]
        waiting.append(mine)
        try:
            while waiting[0] is not mine:
                line = self._lines.get(key)
                if line is None or not line.rate:
                    return False
                estimate = waiting.index(mine) / line.rate_at(self._runtime.monotonic())
                self._check_patience(operation, estimate, until)
                await sleep(max(estimate, _ROUNDING_SECONDS), line.reason, mine)
            if self.left(operation):
                return False
            known = self._lines.get(key)
            began = known.rated_at if known is not None else self._runtime.monotonic()
            got_through = self._got_through(key, began - 1, began + ANSWER_SECONDS)
            line = await self._change(key, partial(_placed, got_through=got_through))
            left = line.last_place - self._runtime.monotonic()
            if left > _ROUNDING_SECONDS:
                self._check_patience(operation, left, until)
                await sleep(left, line.reason, None)
            return True
        finally:
            waiting.remove(mine)
            if waiting:
                waiting[0].set()

    def _check_patience(self, operation: Operation, seconds: float, until: float | None) -> None:
        if until is not None and self._runtime.monotonic() + seconds > until + _ROUNDING_SECONDS:
            raise self._too_long(operation, seconds)

    def _got_through(self, key: str, after: float, until: float = float("inf")) -> int:
        """How many requests nothing held back succeeded in that time; they are not counted again."""
        if key not in self._through:
            return 0
        return sum(after < moment <= until for moment in self._through.pop(key))

    async def _change(self, key: str, change: Change) -> PlacesInLine:
        now = self._runtime.monotonic()
        if self._shared is not None and not key.startswith(_OF_ONE_ISSUE):
            try:
                theirs, line = await self._shared.change_site_line(self._site, key, change, now=self._runtime.now())
            except JiraSessionExportError as exc:
                self._not_shared(exc)
            else:
                self._lines[key] = line.moved(self._runtime.monotonic() - theirs)
                return self._lines[key]
        self._lines[key] = change(self._lines.get(key), now)
        return self._lines[key]

    async def _hear(self) -> None:
        """Learn what other processes were told, once a second."""
        if self._shared is None:
            return
        now = self._runtime.monotonic()
        if self._looked_at is not None and now - self._looked_at < LOOK_SECONDS:
            return
        self._looked_at = now
        try:
            theirs, lines = await self._shared.site_lines(self._site, now=self._runtime.now())
        except JiraSessionExportError as exc:
            self._not_shared(exc)
            return
        self._alone = False
        ahead = self._runtime.monotonic() - theirs
        for key, line in lines.items():
            if not line.is_over(theirs):
                self._lines[key] = line.moved(ahead)

    def _not_shared(self, exc: JiraSessionExportError) -> None:
        if self._alone:
            return
        self._alone = True
        logger.warning("Limits of Jira are not shared with other processes: %s", exc, extra={"action": "not_shared"})

    @staticmethod
    def _key(operation: Operation, reason: str | None) -> str:
        if reason == PER_ISSUE_REASON:
            return _OF_ONE_ISSUE + operation.name
        return _EVERYWHERE if _counts_everything(reason) else operation.paced_as

    def _not_before(self, key: str) -> float:
        line = self._lines.get(key)
        return 0.0 if line is None else line.not_before

    @staticmethod
    def _keys(operation: Operation) -> tuple[str, ...]:
        # A quota counts what is asked of Jira with our credentials; the sign-in itself is asked elsewhere.
        everywhere = (_EVERYWHERE,) if operation.authenticated else ()
        return (operation.paced_as, _OF_ONE_ISSUE + operation.name, *everywhere)

    def _reason(self, operation: Operation) -> str | None:
        line = self._lines.get(max(self._keys(operation), key=self._not_before))
        return None if line is None else line.reason

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


class SiteLimits:
    """The `RateLimiter` of a site: the same for all clients of one event loop that ask it.

    Args:
        alone: whether the client has one of its own, as what it asks may be no site at all but a test's.
    """

    def __init__(self, site: str, runtime: Runtime, *, alone: bool) -> None:
        self._site = site
        self._runtime = runtime
        self._own = RateLimiter(runtime, site) if alone else None
        self._store: LimitStore | None = None

    def share(self, store: LimitStore) -> None:
        """Tell other processes of limits, and hear of theirs, through a store."""
        self._store = store
        if self._own is not None:
            self._own.share(store)

    @property
    def here(self) -> RateLimiter:
        """The limiter, in the event loop that asks."""
        if self._own is not None:
            return self._own
        limiters = _LIMITERS.get(None)
        if limiters is None:
            limiters = {}
            _LIMITERS.set(limiters)
        key = (self._site, id(self._runtime))
        if (found := limiters.get(key)) is None:
            found = limiters[key] = RateLimiter(self._runtime, self._site)
        if self._store is not None:
            found.share(self._store)
        return found


_LIMITERS: RunVar[dict[tuple[str, int], RateLimiter] | None] = RunVar("jira_session_export.limiters", default=None)


def _placed(line: PlacesInLine | None, now: float, *, got_through: int) -> PlacesInLine:
    # Gone meanwhile, because nothing was refused for long: then there is no line to wait in.
    return PlacesInLine(now, now, 0.0, now) if line is None else placed(line, now, got_through=got_through)
