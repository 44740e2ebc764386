"""A request and its answer as values, whatever carried them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from http.client import responses
from types import MappingProxyType
from typing import Any
from urllib.parse import parse_qs, unquote

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

    def collection(self) -> dict[str, Any]:
        """The error body, an `ErrorCollection`."""
        return {"errorMessages": list(self.messages), "errors": self.errors, **self.extra}

    def answer(self) -> Answer:
        """The whole answer."""
        return Answer.json(self.status, self.collection(), self.headers)


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
