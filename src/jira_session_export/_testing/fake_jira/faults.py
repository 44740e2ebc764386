"""Scripted faults: what goes wrong, with which request, and whether the request was carried out all the same."""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from jira_session_export._testing.fake_jira.exchange import Answer, Request
from jira_session_export._testing.fake_jira.limits import RateLimitHeaders, RateLimitReason, rate_limited


class Ending(StrEnum):
    """How a connection ends when it does not end with an answer."""

    REFUSED = "refused"
    """Nobody listens."""
    CONNECT_TIMEOUT = "connect time-out"
    POOL_TIMEOUT = "pool time-out"
    DROPPED = "dropped"
    """Closed in good order, without an answer."""
    RESET = "reset"
    """Torn down."""
    SILENT = "silent"
    """Open, but nothing ever comes."""
    TRUNCATED = "truncated"
    """Closed in the middle of the answer's body."""

    @property
    def is_before_sending(self) -> bool:
        """Whether the request never left the client."""
        return self in (Ending.REFUSED, Ending.CONNECT_TIMEOUT, Ending.POOL_TIMEOUT)


@dataclass(frozen=True, slots=True)
class FaultKind:
    """What goes wrong.

    Attributes:
        carries_out: whether the request takes effect.
        replacement: makes the answer sent in place of the real one.
        ending: how the connection ends; None when an answer is sent.
        delay: seconds before the request is carried out.
        ends_first: the connection ends at once, and the request is carried out `delay` seconds later.
        elements: which issues of a bulk create take effect, counted from 0; None for all. See `partly`.
        refused: issues of a bulk create that are refused, whatever they are, counted from 0, with the status of each.
        headers: more headers of such an answer; keys lower-case.
    """

    name: str
    carries_out: bool
    replacement: Callable[[datetime], Answer] | None = None
    ending: Ending | None = None
    delay: float = 0.0
    ends_first: bool = False
    elements: frozenset[int] | None = None
    refused: Mapping[int, int] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


def status(
    code: int, body: Any = None, *, headers: dict[str, str] | None = None, after_commit: bool = False
) -> FaultKind:
    """An answer with that status.

    Args:
        body: JSON; Jira's error collection with the status in words when absent.
        after_commit: the request takes effect all the same.
    """

    def replacement(_: datetime) -> Answer:
        empty = Answer(code)
        return Answer.json(code, {"errorMessages": [empty.reason], "errors": {}} if body is None else body, headers)

    return FaultKind(f"status {code}{_when(after_commit)}", after_commit, replacement)


def html_body(code: int = 503, *, after_commit: bool = False) -> FaultKind:
    """A page of HTML, as the edge sends in maintenance."""
    page = (
        "<!DOCTYPE html><html><head><title>Unavailable</title></head><body><h1>We'll be right back</h1></body></html>"
    )
    return FaultKind(f"HTML {code}{_when(after_commit)}", after_commit, lambda _: Answer.text(code, page))


def empty(code: int = 200, *, after_commit: bool = False) -> FaultKind:
    """A status without a body."""
    return FaultKind(f"empty {code}{_when(after_commit)}", after_commit, lambda _: Answer(code))


def bad_json(code: int = 201, *, after_commit: bool = True) -> FaultKind:
    """A whole answer whose body breaks off in the middle of the JSON."""
    broken = Answer(code, b'{"id":"10', {"content-type": "application/json;charset=UTF-8"})
    return FaultKind(f"bad JSON {code}{_when(after_commit)}", after_commit, lambda _: broken)


def rate_limit(
    reason: str = RateLimitReason.BURST,
    retry_after: float | str | None = 5,
    headers: RateLimitHeaders = RateLimitHeaders.STANDARD,
) -> FaultKind:
    """A 429 of one family of headers."""
    return FaultKind(
        f"rate limit {reason}",
        carries_out=False,
        replacement=lambda now: rate_limited(now, reason, retry_after=retry_after, headers=headers),
    )


def refuse_connection() -> FaultKind:
    """No connection: the request is not sent. Over a socket, where it has come already, it is reset instead."""
    return FaultKind("refused connection", carries_out=False, ending=Ending.REFUSED)


def connect_timeout() -> FaultKind:
    """No connection within the client's time: the request is not sent. Over a socket, it is reset."""
    return FaultKind("connect time-out", carries_out=False, ending=Ending.CONNECT_TIMEOUT)


def pool_timeout() -> FaultKind:
    """No free connection within the client's time: the request is not sent. Over a socket, it is reset."""
    return FaultKind("pool time-out", carries_out=False, ending=Ending.POOL_TIMEOUT)


def drop_before() -> FaultKind:
    """The connection is closed without an answer; nothing was done."""
    return FaultKind("dropped before commit", carries_out=False, ending=Ending.DROPPED)


def drop_after_commit() -> FaultKind:
    """The connection is closed without an answer; the request took effect."""
    return FaultKind("dropped after commit", carries_out=True, ending=Ending.DROPPED)


def reset(*, after_commit: bool = False) -> FaultKind:
    """The connection is torn down."""
    return FaultKind(f"reset{_when(after_commit)}", after_commit, ending=Ending.RESET)


def timeout_before() -> FaultKind:
    """No answer within the client's time; nothing was done."""
    return FaultKind("time-out before commit", carries_out=False, ending=Ending.SILENT)


def timeout_after_commit() -> FaultKind:
    """No answer within the client's time; the request took effect."""
    return FaultKind("time-out after commit", carries_out=True, ending=Ending.SILENT)


def truncated() -> FaultKind:
    """The connection is closed in the middle of the answer's body; the request took effect."""
    return FaultKind("truncated answer", carries_out=True, ending=Ending.TRUNCATED)


def slow(seconds: float) -> FaultKind:
    """The answer takes that long. A client that gives up earlier does not keep the request from taking effect then."""
    return FaultKind(f"slow by {seconds} s", carries_out=True, delay=seconds)


def late_commit(seconds: float) -> FaultKind:
    """The connection is closed without an answer, and the request takes effect only that much later."""
    return FaultKind(f"late by {seconds} s", carries_out=True, ending=Ending.DROPPED, delay=seconds, ends_first=True)


def partly(kind: FaultKind, elements: Collection[int]) -> FaultKind:
    """The same fault, for a bulk create of which Jira has made only some issues when it strikes.

    Args:
        kind: one that carries the request out, such as `drop_after_commit()`.
        elements: which of them, counted from 0.

    Raises:
        ValueError: `kind` carries nothing out.
    """
    if not kind.carries_out:
        message = f"{kind.name}: nothing is carried out, so no part of it either"
        raise ValueError(message)
    some = ", ".join(map(str, sorted(elements))) or "none"
    return replace(kind, name=f"{kind.name} of {some}", elements=frozenset(elements))


def refuse_elements(code: int, elements: Collection[int], *, retry_after: float | None = None) -> FaultKind:
    """Some issues of a bulk create are refused with that status each; Jira makes the others that it can.

    Args:
        code: for example 429, for those that were too many.
        elements: which of them, counted from 0.
        retry_after: seconds, for the answer's header; None leaves it out.
    """
    some = ", ".join(map(str, sorted(elements)))
    headers = {} if retry_after is None else {"retry-after": f"{retry_after:g}"}
    refused = dict.fromkeys(elements, code)
    return FaultKind(f"status {code} for {some}", carries_out=True, refused=refused, headers=headers)


def _when(after_commit: bool) -> str:
    return " after commit" if after_commit else ""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault to come.

    Attributes:
        match: (method, path). The path is what follows `/rest/api/3` or `/rest/agile/1.0`, where `*` stands for one
            segment and a last `**` for any number: `("POST", "/issue/*/attachments")`. A method `*` is any.
        kind: what goes wrong.
        nth: it begins with the nth matching request from now, counted from 1.
        times: how many matching requests in a row it meets; None for all from then on.
        when: a further condition on the request; only those that meet it count.
    """

    match: tuple[str, str]
    kind: FaultKind
    nth: int = 1
    times: int | None = 1
    when: Callable[[Request], bool] | None = None

    def matches(self, request: Request) -> bool:
        """Whether it is about this request."""
        method, pattern = self.match
        return (
            method in ("*", request.method)
            and _matches(pattern.strip("/").split("/"), request.resource.strip("/").split("/"))
            and (self.when is None or self.when(request))
        )

    def __str__(self) -> str:
        return f"{self.kind.name} for {self.match[0]} {self.match[1]}"


def _matches(pattern: Sequence[str], parts: Sequence[str]) -> bool:
    if pattern[-1] == "**":
        pattern = pattern[:-1]
        parts = parts[: len(pattern)]
    return len(pattern) == len(parts) and all(
        wanted in ("*", part) for wanted, part in zip(pattern, parts, strict=True)
    )


@dataclass(slots=True)
class _Pending:
    fault: Fault
    seen: int = 0
    struck: int = 0

    @property
    def is_used(self) -> bool:
        return self.struck >= (self.fault.times or 1)


@dataclass(slots=True)
class Faults:
    """The faults to come, in the order they were added; the first that fits a request meets it."""

    _pending: list[_Pending] = field(default_factory=list)
    _seen: Counter[str] = field(default_factory=Counter)

    def add(self, *faults: Fault) -> None:
        """Schedule faults."""
        self._pending += [_Pending(fault) for fault in faults]

    def clear(self) -> None:
        """Forget all of them."""
        self._pending.clear()

    def strike(self, request: Request) -> FaultKind | None:
        """The fault that meets this request, if one does."""
        self._seen[f"{request.method} {request.resource}"] += 1
        struck: FaultKind | None = None
        for pending in self._pending:
            if not pending.fault.matches(request):
                continue
            pending.seen += 1
            times = pending.fault.times
            if struck is None and pending.seen >= pending.fault.nth and (times is None or pending.struck < times):
                pending.struck += 1
                struck = pending.fault.kind
        return struck

    @property
    def unused(self) -> list[Fault]:
        """Those that have not met all the requests they were meant for."""
        return [pending.fault for pending in self._pending if not pending.is_used]

    def assert_all_used(self) -> None:
        """Fail when a fault was never met: the test does not test what it says.

        Raises:
            AssertionError: with the faults left over and the requests there were.
        """
        if not self.unused:
            return
        left = "; ".join(str(fault) for fault in self.unused)
        seen = ", ".join(f"{name} x{count}" for name, count in self._seen.items()) or "none"
        raise AssertionError(f"unused faults: {left} (requests: {seen})")


__all__ = [
    "Ending",
    "Fault",
    "FaultKind",
    "Faults",
    "bad_json",
    "connect_timeout",
    "drop_after_commit",
    "drop_before",
    "empty",
    "html_body",
    "late_commit",
    "partly",
    "pool_timeout",
    "rate_limit",
    "refuse_connection",
    "refuse_elements",
    "reset",
    "slow",
    "status",
    "timeout_after_commit",
    "timeout_before",
    "truncated",
]
