"""Sends requests to Jira: signs them, keeps to its pauses, repeats what may be repeated, translates what went wrong."""

import json
import logging
from collections.abc import Awaitable, Callable, Mapping
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, TypeVar
from urllib.parse import urlsplit

import anyio
import httpx

from jira_session_export._facts import TRACE_ID
from jira_session_export._jira.auth import Auth
from jira_session_export._jira.operation import Effect, Operation
from jira_session_export._jira.ratelimit import RateLimit, RateLimiter, read_rate_limit
from jira_session_export._jira.retry import RetryPolicy, wait_before_repeat
from jira_session_export._jira.site import Site
from jira_session_export._jira.translate import (
    ANONYMOUS,
    answered_as_account,
    answered_as_anonymous,
    error_from_answer,
    error_from_exception,
    error_from_unreadable_answer,
    lacks_scope,
    not_authenticated,
    read_refusal,
)
from jira_session_export._jira.upload import Upload, UploadSourceError
from jira_session_export._jira.wire import TenantInfo, TokenGrant, User
from jira_session_export._runtime import Runtime
from jira_session_export.errors import (
    AuthenticationError,
    InputError,
    JiraError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
)

logger = logging.getLogger("jira_session_export.jira")

T = TypeVar("T")
Decode = Callable[[httpx.Response], T]
"""Reads a successful answer; raises ValueError when it is not what was asked for."""

NOTHING = object()
"""No body; None is a body, JSON's null."""

MYSELF = Operation("GET", "/rest/api/3/myself", "read the account")

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
_USUAL = {b"x-ratelimit-limit", b"x-ratelimit-remaining"}
_HEADERS = {"Accept": "application/json", "User-Agent": "jira-session-export"}
_JSON_HEADERS = {**_HEADERS, "Content-Type": "application/json"}
# Atlassian's check against forged requests refuses uploads without it.
_UPLOAD_HEADERS = {**_HEADERS, "X-Atlassian-Token": "no-check"}


@dataclass(frozen=True, slots=True)
class _Failure:
    """A sending that did not work, with what the answer said besides the error."""

    error: JiraError
    cause: Exception | None = None
    rate_limit: RateLimit | None = None
    from_account: bool = False
    stale_token: bool = False


class Transport:
    """Carries operations to Jira and brings back what they return, or the one error that tells what happened."""

    def __init__(
        self,
        http: httpx.AsyncBaseTransport,
        site: Site,
        auth: Auth,
        *,
        retry: RetryPolicy,
        runtime: Runtime,
        timeout: float,
    ) -> None:
        self._http = http
        self._site = site
        self._auth = auth
        self._retry = retry
        self._runtime = runtime
        self._rate_limiter = RateLimiter(runtime)
        self._timeouts = {"timeout": httpx.Timeout(timeout).as_dict()}
        # httpx counts between two bytes; an answer that drips in would never end without a limit for the whole.
        self._longest = 2 * timeout

    def with_retry(self, retry: RetryPolicy) -> "Transport":
        """The same with another patience; connections, sign-in and the pauses Jira asked for are shared."""
        other = copy(self)
        other._retry = retry  # noqa: SLF001 -- it is one of us
        return other

    async def call(
        self,
        operation: Operation,
        decode: Decode[T],
        *,
        params: Mapping[str, str | int] | None = None,
        body: Any = NOTHING,
        upload: Upload | None = None,
        address: str | None = None,
        before_send: Callable[[], Awaitable[None]] | None = None,
        on_not_sent: Callable[[], None] | None = None,
    ) -> T:
        """Send until it succeeds or may not be repeated.

        Args:
            body: sent as JSON.
            address: overrides the site's address for operations outside Jira.
            before_send: awaited right before each sending; what it raises prevents it.
            on_not_sent: called when a sending certainly did nothing and another will follow, maybe after a long pause.

        Raises:
            InputError: `body` cannot be written as JSON, or a name cannot be part of an address.
            UploadSourceError: the upload's file cannot be read.
            JiraError: what happened; its class says what may be done next.
        """
        content = None if body is NOTHING else _as_json(body, operation)
        attempt = 1
        may_renew = operation.authenticated
        while True:
            await self._rate_limiter.wait(operation)
            base = address or await self._site.api_base(self._look_up_cloud_id)
            authorization = await self._authorization() if operation.authenticated else None
            request = _Unsent(operation, f"{base}{operation.path}", params, content, upload, authorization)
            outcome = await self._send(request, decode, before_send)
            if not isinstance(outcome, _Failure):
                return outcome
            if outcome.stale_token and may_renew and authorization is not None:
                may_renew = False
                if on_not_sent is not None:
                    on_not_sent()
                if await self._auth.renewed(authorization, self._runtime, self._request_grant):
                    continue
            await self._wait_or_raise(operation, outcome, attempt, on_not_sent)
            attempt += 1

    async def confirm_account(self) -> User:
        """The account Jira answers to; it is how a "not found" is checked that wrong credentials can cause too.

        Raises:
            AuthenticationError: there is none: Jira does not accept the credentials.
        """
        return await self.call(MYSELF, lambda response: User.model_validate_json(response.content))

    async def _authorization(self) -> str:
        return await self._auth.authorization(self._runtime, self._request_grant)

    async def _wait_or_raise(
        self, operation: Operation, failure: _Failure, attempt: int, on_not_sent: Callable[[], None] | None
    ) -> None:
        error = failure.error
        limit = failure.rate_limit
        wait = wait_before_repeat(
            self._retry,
            error,
            operation.effect,
            attempt=attempt,
            asked_wait=None if limit is None else limit.retry_after,
            random=self._runtime.random(),
        )
        facts = {"operation": operation.name, "code": error.code, "attempt": attempt, "trace_id": error.trace_id}
        if isinstance(error, RateLimitedError):
            longest = timedelta(seconds=self._retry.longest_wait_seconds)
            self._rate_limiter.pause(operation, wait or min(error.retry_after or timedelta(), longest), error.reason)
        if wait is None:
            logger.info("A request to Jira failed", extra={"action": "jira_request_failed", **facts})
            await self._check_not_found(operation, failure)
            raise error from failure.cause
        if on_not_sent is not None:
            on_not_sent()
        seconds = wait.total_seconds()
        logger.info("A request to Jira is repeated", extra={"action": "jira_repeat", "wait_seconds": seconds, **facts})
        if not isinstance(error, RateLimitedError):
            await self._runtime.sleep(seconds)

    async def _check_not_found(self, operation: Operation, failure: _Failure) -> None:
        """Raise when a 404 only means that Jira took us for an anonymous visitor."""
        if (
            isinstance(failure.error, NotFoundError)
            and operation.authenticated
            and operation is not MYSELF
            and not failure.from_account
        ):
            try:
                await self.confirm_account()
            except AuthenticationError as exc:
                raise not_authenticated(operation, exc.refusal, ANONYMOUS, self._auth.advice) from exc

    async def _send(
        self, unsent: "_Unsent", decode: Decode[T], before_send: Callable[[], Awaitable[None]] | None
    ) -> "T | _Failure":
        """Send once; nothing slow is left to do after `before_send`."""
        operation = unsent.operation
        if unsent.upload is None:
            if before_send is not None:
                await before_send()
            return await self._exchange(operation, unsent.request(self._timeouts), decode, self._longest)
        async with unsent.upload.opened() as stream:
            if before_send is not None:
                await before_send()
            # No limit for the whole: a large file takes as long as it takes, byte for byte within the time-out.
            return await self._exchange(operation, unsent.request(self._timeouts, stream), decode, None)

    async def _exchange(
        self, operation: Operation, request: httpx.Request, decode: Decode[T], longest: float | None
    ) -> "T | _Failure":
        response: httpx.Response | None = None
        failed: httpx.RequestError
        try:
            with anyio.move_on_after(longest):
                response = await self._http.handle_async_request(request)
                TRACE_ID.set(response.headers.get("atl-traceid"))
                try:
                    # A redirect is read from its headers; its body may be a whole file.
                    if not operation.redirects or response.status_code >= 400:
                        await response.aread()
                finally:
                    await response.aclose()
                return self._read(operation, response, decode)
            failed = httpx.ReadTimeout("the answer took too long as a whole")
        except httpx.RequestError as exc:
            failed = exc
        except UploadSourceError:
            raise
        except OSError as exc:
            # httpx translates these; one that slipped through must still count as sent.
            failed = httpx.ReadError("the connection failed")
            failed.__cause__ = exc
        # Whoever logs the chain of errors must not find the credentials in the request httpx keeps in it.
        request.headers.pop("Authorization", None)
        if response is not None and 400 <= response.status_code < 500:
            # The verdict is known although its reasons got lost.
            return self._refusal(operation, response, b"", failed)
        return _Failure(error_from_exception(failed, operation), failed)

    def _read(self, operation: Operation, response: httpx.Response, decode: Decode[T]) -> "T | _Failure":
        status = response.status_code
        if not 200 <= status < (400 if operation.redirects else 300):
            return self._refusal(operation, response, response.content)
        telling = _telling_headers(response)
        if telling:
            rate_limit = read_rate_limit(telling, self._runtime.now())
            if (pause := rate_limit.pause_after_success) is not None:
                self._rate_limiter.pause(operation, pause, rate_limit.reason)
            # Only reads: a write that succeeded has happened, whoever Jira took us for.
            if operation.effect is Effect.READ and answered_as_anonymous(telling) and operation.authenticated:
                refusal = read_refusal(status, telling, b"")
                return _Failure(not_authenticated(operation, refusal, ANONYMOUS, self._auth.advice))
        try:
            return decode(response)
        except ValueError as exc:
            headers = dict(response.headers.items())
            return _Failure(error_from_unreadable_answer(operation, status, headers), exc)

    def _refusal(
        self, operation: Operation, response: httpx.Response, body: bytes, cause: Exception | None = None
    ) -> _Failure:
        headers = dict(response.headers.items())
        for secret in self._auth.secrets():
            body = body.replace(secret.encode(), b"[secret]")
        rate_limit = read_rate_limit(headers, self._runtime.now())
        error = error_from_answer(
            operation,
            response.status_code,
            headers,
            body,
            rate_limit,
            credentials_advice=self._auth.advice,
        )
        return _Failure(
            error,
            cause,
            rate_limit,
            from_account=answered_as_account(headers),
            stale_token=response.status_code == 401 and not lacks_scope(headers),
        )

    async def _look_up_cloud_id(self) -> str:
        """The site's cloud id; anonymous, and never through the gateway it is needed for."""
        operation = Operation("GET", "/_edge/tenant_info", "look up the site's cloud id", authenticated=False)
        info = await self.call(
            operation, lambda response: TenantInfo.model_validate_json(response.content), address=self._site.base_url
        )
        return info.cloud_id

    async def _request_grant(self, token_url: str, form: Mapping[str, str]) -> TokenGrant:
        """Ask for new tokens. A repetition is harmless: the old refresh token stays good for some minutes."""
        parts = urlsplit(token_url)
        operation = Operation("POST", parts.path, "renew the sign-in to Jira", authenticated=False)
        try:
            return await self.call(
                operation,
                lambda response: TokenGrant.model_validate_json(response.content),
                body=form,
                address=f"{parts.scheme}://{parts.netloc}",
            )
        except AuthenticationError:
            raise
        except RefusedError as exc:
            why = "Atlassian no longer accepts the refresh token"
            raise not_authenticated(operation, exc.refusal, why, self._auth.advice) from exc


@dataclass(frozen=True, slots=True)
class _Unsent:
    """All a request is made of; made anew for each sending, since a stream is used up by one."""

    operation: Operation
    url: str
    params: Mapping[str, str | int] | None
    content: bytes | None
    upload: Upload | None
    authorization: str | None

    def request(self, extensions: dict[str, Any], stream: httpx.AsyncByteStream | None = None) -> httpx.Request:
        if self.upload is not None:
            headers = {**_UPLOAD_HEADERS, **self.upload.headers}
        else:
            headers = dict(_JSON_HEADERS if self.content is not None else _HEADERS)
        if self.authorization is not None:
            headers["Authorization"] = self.authorization
        try:
            request = httpx.Request(
                self.operation.method,
                _address(self.url),
                params=self.params,
                headers=headers,
                content=self.content,
                stream=stream,
                extensions=extensions,
            )
        except httpx.InvalidURL as exc:
            raise InputError(
                f"Could not {self.operation.purpose}: a name in it is too long or holds characters no address can.",
                recovery_actions=["Shorten or correct the name."],
            ) from exc
        if stream is not None:
            # httpx leaves it out of a request that is given a stream.
            request.headers["Host"] = request.url.netloc.decode("ascii")
        return request


@lru_cache(maxsize=64)
def _address(url: str) -> httpx.URL:
    """The address taken apart: the slowest part of making a request, and nearly always the one of the last create."""
    return httpx.URL(url)


def _telling_headers(response: httpx.Response) -> dict[str, str]:
    """The headers of a successful answer that ask for something; none, nearly always, so the others are not decoded."""
    telling = {
        lower: value
        for name, value in response.headers.raw
        if b"ratelimit" in (lower := name.lower()) or lower in {b"x-seraph-loginreason", b"retry-after"}
    }
    if telling.keys() <= _USUAL and telling.get(b"x-ratelimit-remaining") != b"0":
        return {}
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in telling.items()}


def _as_json(body: Any, operation: Operation) -> bytes:
    try:
        return _JSON.encode(body).encode()
    except (TypeError, ValueError) as exc:
        raise InputError(
            f"Could not {operation.purpose}: a value cannot be written as JSON ({type(exc).__name__}).",
            recovery_actions=["Use text, numbers, lists and mappings only, and no broken characters."],
        ) from exc
