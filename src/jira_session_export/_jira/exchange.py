"""One request and its answer: built from an operation, sent once, read as what it returns or as what went wrong."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, TypeVar
from urllib.parse import quote, urlencode
from uuid import UUID

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError, to_json

from jira_session_export._jira.auth import Auth
from jira_session_export._jira.http import HeldBackError, HttpError, HttpFault, HttpRequest, HttpResponse, HttpTransport
from jira_session_export._jira.operation import Effect, Operation
from jira_session_export._jira.ratelimit import RateLimit, clock_offset, read_rate_limit
from jira_session_export._jira.site import Site
from jira_session_export._jira.translate import (
    ANONYMOUS,
    answered_as_account,
    answered_as_anonymous,
    error_from_answer,
    error_from_fault,
    error_from_unreadable_answer,
    error_held_back,
    is_web_page,
    lacks_scope,
    not_authenticated,
    read_refusal,
    trace_id_of,
    wrong_address,
)
from jira_session_export._jira.upload import Upload, UploadSourceError
from jira_session_export._runtime import Runtime
from jira_session_export._values import Refusal
from jira_session_export.errors import AttachmentError, InputError, JiraError

logger = logging.getLogger("jira_session_export.jira")

T = TypeVar("T")
Decode = Callable[[HttpResponse], T]
"""Reads a successful answer; raises ValueError when it is not what was asked for."""

StillWanted = Callable[[], bool]
"""Asked in the last moment before a request's content goes out; False holds it back."""
BeforeSend = Callable[[], Awaitable[StillWanted | None]]
"""Awaited right before each sending; what it raises prevents it, and what it returns is asked in the last moment."""

NOTHING = object()
"""No body; None is a body, JSON's null."""

# Without the check for cycles, which takes a quarter of the time; the C encoder stops at one by itself.
_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False, check_circular=False)
_HEADERS = {"Accept": "application/json", "User-Agent": "jira-session-export"}
_JSON_HEADERS = {**_HEADERS, "Content-Type": "application/json"}
# Atlassian's check against forged requests refuses uploads without it.
_UPLOAD_HEADERS = {**_HEADERS, "X-Atlassian-Token": "no-check"}


@dataclass(frozen=True, slots=True)
class Outgoing:
    """All a request is made of; sent as often as needed, since an upload's stream is opened for each sending."""

    operation: Operation
    url: str
    authorization: str | None = field(repr=False)
    content: bytes | None = None
    upload: Upload | None = None
    attempt: int = 1


@dataclass(frozen=True, slots=True)
class RequestDone:
    """A request that was answered, or that failed on its way.

    Attributes:
        endpoint: the path's template, without ids.
        status: of the answer; None when none came.
        fault: what kept it from being answered, for example `READ_TIMEOUT`; None when it was.
        started_at: aware, in UTC.
        attempt: the number of the sending, from 1.
        trace_id: by which Atlassian finds the request; None when the answer names none.
        session_id: the session that it was sent for; None outside of an export.
    """

    method: str
    endpoint: str
    status: int | None
    fault: str | None
    started_at: datetime
    seconds: float
    attempt: int
    trace_id: str | None
    session_id: UUID | None


RequestObserver = Callable[[RequestDone], None]
"""Hears of each request when it is done. It must not block; what it raises is logged."""

IN_SESSION: ContextVar[UUID | None] = ContextVar("jira_session_export.session", default=None)
"""The session that the present task works on."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A sending that did not work.

    Attributes:
        rate_limit: what the answer said of rate limits; None without an answer.
        from_account: whether Jira named the account it answered to.
        stale_token: whether a new token may help.
    """

    error: JiraError
    cause: Exception | None = None
    rate_limit: RateLimit | None = None
    from_account: bool = False
    stale_token: bool = False


@dataclass(frozen=True, slots=True)
class Success:
    """A sending that worked.

    Attributes:
        rate_limit: what the answer said of rate limits; None when it asked for nothing.
    """

    value: Any
    rate_limit: RateLimit | None = None


class Exchange:
    """Sends single requests over a transport."""

    def __init__(
        self, transport: HttpTransport, site: Site, auth: Auth, runtime: Runtime, timeout_seconds: float
    ) -> None:
        self._transport = transport
        self._site = site
        self._auth = auth
        self._runtime = runtime
        self._timeout_seconds = timeout_seconds
        self._heard: tuple[datetime, str] | None = None
        self.observers: list[RequestObserver] = []

    @property
    def clock_offset(self) -> timedelta:
        """How far our clock is ahead of Jira's, by its last answer; zero when both show nearly the same."""
        return timedelta() if self._heard is None else clock_offset(*self._heard)

    async def send(self, outgoing: Outgoing, decode: Decode[Any], before_send: BeforeSend | None) -> Success | Failure:
        """Send once; nothing slow is left to do after `before_send`.

        Raises:
            InputError: a name cannot be part of an address.
            UploadSourceError, AttachmentError: the upload's file cannot be read.
        """
        if outgoing.upload is None:
            still_wanted = None if before_send is None else await before_send()
            # An answer that drips in would never end with a limit between two bytes only.
            return await self._sent(outgoing, outgoing.content, decode, 2 * self._timeout_seconds, still_wanted)
        async with outgoing.upload.opened() as content:
            still_wanted = None if before_send is None else await before_send()
            # No limit for the whole: a large file takes as long as it takes, byte for byte within the time-out.
            return await self._sent(outgoing, content, decode, None, still_wanted)

    async def _sent(
        self,
        outgoing: Outgoing,
        content: Any,
        decode: Decode[Any],
        total_seconds: float | None,
        still_wanted: StillWanted | None,
    ) -> Success | Failure:
        operation = outgoing.operation
        request = HttpRequest(
            operation.method,
            outgoing.url,
            _headers(outgoing),
            content,
            timeout_seconds=self._timeout_seconds,
            total_seconds=total_seconds,
            wants_body=not operation.redirects,
            largest_answer=operation.largest_answer,
            still_wanted=still_wanted,
        )
        began = (self._runtime.now(), self._runtime.monotonic()) if self.observers else None
        try:
            response = await self._transport.send(request)
            if began is not None:
                self._tell(outgoing, began, response.status, None, response.headers)
            self._heard = (self._runtime.now(), response.headers.get("date", ""))
            return self._read(operation, response, decode)
        except HttpError as exc:
            error = exc
        except (UploadSourceError, AttachmentError):
            raise
        except HeldBackError as exc:
            return Failure(error_held_back(operation), exc)
        except OSError as exc:
            # Transports translate these; one that slipped through must still count as sent.
            error = HttpError(HttpFault.CONNECTION_LOST)
            error.__cause__ = exc
        if began is not None:
            answer = error.response
            self._tell(
                outgoing,
                began,
                None if answer is None else answer.status,
                error.fault.name,
                answer.headers if answer else {},
            )
        if error.fault is HttpFault.INVALID_ADDRESS:
            raise InputError(
                f"Could not {operation.purpose}: a name in it is too long or holds characters no address can.",
                recovery_actions=["Shorten or correct the name."],
            ) from error
        if error.response is not None and 400 <= error.response.status < 500:
            # The verdict is known although its reasons got lost.
            return self._refusal(operation, error.response, error)
        return Failure(error_from_fault(error, operation), error)

    def _tell(
        self,
        outgoing: Outgoing,
        began: tuple[datetime, float],
        status: int | None,
        fault: str | None,
        headers: Mapping[str, str],
    ) -> None:
        operation = outgoing.operation
        done = RequestDone(
            operation.method,
            operation.endpoint or operation.path,
            status,
            fault,
            began[0],
            self._runtime.monotonic() - began[1],
            outgoing.attempt,
            trace_id_of(headers),
            IN_SESSION.get(),
        )
        for observer in self.observers:
            try:
                observer(done)
            except Exception:
                logger.exception("An observer of requests failed", extra={"action": "request_observer_failed"})

    def _read(self, operation: Operation, response: HttpResponse, decode: Decode[Any]) -> Success | Failure:
        status = response.status
        is_success = 200 <= status < (400 if operation.redirects else 300)
        if not is_success and status not in operation.answers:
            return self._refusal(operation, response)
        # Only reads: a write that succeeded has happened, under whatever account.
        if operation.effect is Effect.READ and operation.authenticated and answered_as_anonymous(response.headers):
            refusal = read_refusal(status, response.headers, b"")
            return Failure(not_authenticated(operation, refusal, ANONYMOUS, self._auth.advice))
        try:
            value = decode(_not_too_large(response, operation))
        except ValueError as exc:
            if not is_success:
                return self._refusal(operation, response)
            if operation.proves_address and is_web_page(response.body):
                refusal = Refusal(status, trace_id=trace_id_of(response.headers))
                return Failure(wrong_address(operation, refusal, self._site.advice), _without_answer(exc))
            return Failure(error_from_unreadable_answer(operation, status, response.headers), _without_answer(exc))
        return Success(value, self._pause_asked_for(response.headers))

    def _pause_asked_for(self, headers: Mapping[str, str]) -> RateLimit | None:
        """What a success says of rate limits; nearly always that there is nothing to mind."""
        if headers.get("x-ratelimit-remaining", "1") != "0" and not (headers.keys() & _TELLING):
            return None
        return read_rate_limit(headers, self._runtime.now())

    def _refusal(self, operation: Operation, response: HttpResponse, cause: Exception | None = None) -> Failure:
        headers, body = response.headers, response.body
        for secret in self._auth.secrets():
            body = body.replace(secret.encode(), b"[secret]")
        rate_limit = read_rate_limit(headers, self._runtime.now())
        error = error_from_answer(
            operation,
            response.status,
            headers,
            body,
            rate_limit,
            credentials_advice=self._auth.advice,
            address_advice=self._site.advice,
        )
        return Failure(
            error,
            cause,
            rate_limit,
            from_account=answered_as_account(headers),
            stale_token=response.status == 401 and not lacks_scope(headers),
        )


def _not_too_large(response: HttpResponse, operation: Operation) -> HttpResponse:
    """The answer; a transport of the host's may not look at its size.

    Raises:
        ValueError: it is larger than any of Jira's.
    """
    if (size := len(response.body)) > operation.largest_answer:
        raise ValueError(f"an answer of {size:,} bytes")
    return response


def _without_answer(exc: ValueError) -> ValueError:
    """What was wrong, for the log. pydantic's error keeps all that was read, and its traceback the body."""
    if isinstance(exc, ValidationError) and exc.error_count() > _MOST_ERRORS:
        return ValueError(f"{exc.error_count():,} values are not as they should be")
    return ValueError(str(exc))


_MOST_ERRORS = 100

_TELLING = frozenset({"ratelimit", "ratelimit-reason", "x-ratelimit-nearlimit", "x-ratelimit-reset", "retry-after"})


def _headers(outgoing: Outgoing) -> dict[str, str]:
    if outgoing.upload is not None:
        headers = {**_UPLOAD_HEADERS, **outgoing.upload.headers}
    else:
        headers = dict(_JSON_HEADERS if outgoing.content is not None else _HEADERS)
    if outgoing.authorization is not None:
        headers["Authorization"] = outgoing.authorization
    return headers


def with_query(url: str, params: Mapping[str, str | int] | None) -> str:
    """The address with a query."""
    return f"{url}?{urlencode(params, quote_via=quote)}" if params else url


def as_json(body: Any, operation: Operation) -> bytes:
    """The body of a request; times are written in ISO 8601, and other values that pydantic knows as it writes them.

    Raises:
        InputError: it cannot be written as JSON.
    """
    try:
        # Four times as fast as the standard library, and the same bytes. It writes NaN, though, where that says no, and
        # refuses what is nested deeply.
        content = to_json(body, inf_nan_mode="constants")
        if b"NaN" not in content and b"Infinity" not in content:
            return content
    except PydanticSerializationError:
        pass  # the standard library says what is wrong with it, if anything is
    try:
        return _JSON.encode(body).encode()
    except (TypeError, ValueError, RecursionError) as exc:
        raise InputError(
            f"Could not {operation.purpose}: a value cannot be written as JSON ({type(exc).__name__}).",
            recovery_actions=["Use text, numbers, lists and mappings only, and no broken characters."],
        ) from exc
