"""A request and its answer as values, whatever carried them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from http.client import responses
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, quote, unquote

JSON_TYPE = "application/json;charset=UTF-8"
_API_ROOTS = (("rest", "api"), ("rest", "agile"))


@dataclass(frozen=True)
class Request:
    """What a client sent.

    Attributes:
        path: as it stood in the request line, still quoted, without the query.
        headers: keys lower-case.
        origin: scheme, host and port it was sent to, for example `https://fake-jira.example`.
    """

    method: str
    path: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    body: bytes
    origin: str

    @classmethod
    def of(cls, method: str, target: str, headers: Mapping[str, str], body: bytes, origin: str) -> "Request":
        """A request from its request line's target (`/path?query`)."""
        path, _, query = target.partition("?")
        return cls(method, path, parse_qs(query, keep_blank_values=True) if query else {}, headers, body, origin)

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """The path's segments, unquoted, without the gateway's prefix `/ex/jira/<cloud id>`."""
        parts = self._all_segments
        return parts[3:] if self.cloud_id is not None else parts

    @cached_property
    def cloud_id(self) -> str | None:
        """The cloud id of a call through the gateway, otherwise None."""
        parts = self._all_segments
        return parts[2] if parts[:2] == ("ex", "jira") and len(parts) > 2 else None

    @cached_property
    def resource(self) -> str:
        """The path without gateway and API prefix: `/issue/DEMO-1/attachments`."""
        parts = self.segments
        if parts[:2] in _API_ROOTS and len(parts) > 3:
            parts = parts[3:]
        return "/" + "/".join(parts)

    @cached_property
    def _all_segments(self) -> tuple[str, ...]:
        return tuple(unquote(part) for part in self.path.split("/") if part)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server sends back."""

    status: int
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    @classmethod
    def json(cls, status: int, value: Any, headers: Mapping[str, str] | None = None) -> "Answer":
        """An answer whose body is `value` as JSON."""
        body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
        return cls(status, body, {"content-type": JSON_TYPE, **(headers or {})})

    @classmethod
    def text(cls, status: int, text: str, content_type: str = "text/html;charset=UTF-8") -> "Answer":
        """An answer whose body is text; HTML unless told."""
        return cls(status, text.encode(), {"content-type": content_type})

    @classmethod
    def nothing(cls, status: int = 204) -> "Answer":
        """An answer without a body."""
        return cls(status)

    @property
    def reason(self) -> str:
        """The status in words."""
        return responses.get(self.status, "Unknown")


class Refused(Exception):  # noqa: N818 - not an error of ours: it carries Jira's own refusal to the answer
    """Jira says no: raised anywhere below a route, answered as Jira's error body."""

    def __init__(
        self,
        status: int,
        *messages: str,
        errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(status, messages, errors)
        self.status = status
        self.messages = messages
        self.errors = dict(errors or {})
        self.headers = headers
        self.extra = dict(extra or {})
        self.leaves_out_empty_errors = False

    def collection(self) -> dict[str, Any]:
        """The error body, an `ErrorCollection`."""
        body: dict[str, Any] = {"errorMessages": list(self.messages), "errors": self.errors, **self.extra}
        if self.leaves_out_empty_errors and not self.errors:
            del body["errors"]
        return body

    def answer(self) -> Answer:
        """The whole answer."""
        return Answer.json(self.status, self.collection(), self.headers)


class Problem(Refused):
    """What is in front of Jira's interfaces says no, as a problem: an unknown path, a wrong method, an unreadable body.

    Source: bodies and headers of live sites, August 2026, in public notes on Jira Cloud (`{"type": "about:blank",
    "title": "Not Found", "status": 404, "detail": "No endpoint GET <path>."}`); the form is RFC 9457.
    """

    def __init__(self, status: int, detail: str, *, path: str = "", headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, detail, headers=headers)
        self._path = path

    def answer(self) -> Answer:
        """The whole answer."""
        title = responses[self.status]
        problem = {"type": "about:blank", "title": title, "status": self.status, "detail": self.messages[0]}
        if self._path:
            problem["instance"] = self._path
        return Answer.json(self.status, problem, {"content-type": "application/problem+json", **(self.headers or {})})


class NotAuthenticated(Refused):
    """A call that needs a login and has none that is good: a line of text, not JSON.

    Source: `401`, `text/html` and this line from live sites (September 2026, brekkylab/backlot#135 on GitHub); other
    reports show JSON, so nothing should depend on it.
    """

    def __init__(self, text: str, site: str) -> None:
        super().__init__(401, text)
        self._realm = quote(site, safe="")

    def answer(self) -> Answer:
        """The whole answer."""
        answer = Answer.text(401, self.messages[0])
        return Answer(401, answer.body, {**answer.headers, "www-authenticate": f'OAuth realm="{self._realm}"'})


@dataclass(slots=True)
class RecordedRequest:
    """One request that came in, for a test to look at.

    Attributes:
        resource: the path without gateway and API prefix: `/issue/DEMO-1/attachments`.
        at: the runtime's wall clock when it arrived.
        started: the runtime's monotonic clock then, in seconds; `ended` when the answer left.
        status: what was answered; None when nothing was (yet).
        carried_out: whether the request was processed, whatever the client heard of it.
        fault: name of the fault that met it, if any.
    """

    method: str
    path: str
    resource: str
    query: Mapping[str, Sequence[str]]
    headers: Mapping[str, str]
    body: bytes
    at: datetime
    started: float
    ended: float | None = None
    status: int | None = None
    carried_out: bool = False
    fault: str | None = None

    @property
    def json(self) -> Any:
        """The body, read as JSON."""
        return json.loads(self.body)

    @property
    def is_write(self) -> bool:
        """Whether it asks for a change (searches by POST do not)."""
        return self.method != "GET" and self.resource not in _READS_BY_POST


_READS_BY_POST = frozenset(
    {"/search/jql", "/search/approximate-count", "/search", "/issue/bulkfetch", "/jql/match", "/oauth/token"}
)
