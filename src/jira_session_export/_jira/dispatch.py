"""Repeats requests as far as they may be: signs them, keeps to Jira's pauses, and checks what "not found" means."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from copy import copy
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

import anyio

from jira_session_export._jira.answers import read_answer
from jira_session_export._jira.auth import Auth
from jira_session_export._jira.exchange import (
    NOTHING,
    BeforeSend,
    Decode,
    Exchange,
    Failure,
    Outgoing,
    RequestObserver,
    as_json,
    with_query,
)
from jira_session_export._jira.http import HttpResponse
from jira_session_export._jira.operation import READ_USERS, Operation
from jira_session_export._jira.ratelimit import LimitStore, SiteLimits
from jira_session_export._jira.retry import RetryPolicy, wait_before_repeat
from jira_session_export._jira.site import Site
from jira_session_export._jira.translate import ANONYMOUS, not_authenticated
from jira_session_export._jira.upload import Upload
from jira_session_export._jira.wire import TenantInfo, TokenGrant, User
from jira_session_export._runtime import Runtime, sleep_until
from jira_session_export.errors import (
    AuthenticationError,
    JiraError,
    MissingScopeError,
    NotFoundError,
    RateLimitedError,
    RefusedError,
)

logger = logging.getLogger("jira_session_export.jira")

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class JiraWait:
    """A wait before a request is sent, or sent again.

    Attributes:
        seconds: how long.
        operation: method and path of the request.
        code: of the error that makes it necessary: `rate_limited` for a pause that Jira asked for.
        reason: `RateLimit-Reason` as Jira wrote it; None when absent.
        ready: ends the wait when it is set; None when only time does.
    """

    seconds: float
    operation: str
    code: str
    reason: str | None = None
    ready: anyio.Event | None = None


WaitForJira = Callable[[JiraWait], Awaitable[None]]
"""Waits as long as it is told to, and may raise what is to end the call instead; nothing is under way meanwhile."""

MYSELF = Operation("GET", "/rest/api/3/myself", "read the account", scopes=(READ_USERS,), proves_address=True)


class Dispatcher:
    """Carries operations to Jira and brings back what they return, or the one error that says what happened."""

    def __init__(
        self,
        exchange: Exchange,
        site: Site,
        auth: Auth,
        *,
        retry: RetryPolicy,
        runtime: Runtime,
        limits: SiteLimits | None = None,
    ) -> None:
        self._exchange = exchange
        self._site = site
        self._auth = auth
        self._retry = retry
        self._runtime = runtime
        self._limits = limits or SiteLimits(site.base_url, runtime, alone=True)
        self._wait: WaitForJira = self._sleep

    def observe_requests(self, observer: RequestObserver) -> None:
        """Have the observer hear of each request when it is done."""
        self._exchange.observers.append(observer)

    def share_limits(self, store: LimitStore) -> None:
        """Tell other processes of limits, and hear of theirs, through a store."""
        self._limits.share(store)

    def with_options(
        self, *, retry: RetryPolicy | None, longest_wait_seconds: float | None, wait: WaitForJira | None
    ) -> "Dispatcher":
        """The same with another patience; connections, sign-in and the pauses Jira asked for are shared."""
        retry = retry or self._retry
        if longest_wait_seconds is not None:
            retry = replace(retry, longest_wait_seconds=longest_wait_seconds)
        other = copy(self)
        other._retry, other._wait = retry, wait or self._wait  # noqa: SLF001 -- it is one of us
        return other

    async def call(
        self,
        operation: Operation,
        decode: Decode[T],
        *,
        params: Mapping[str, str | int] | None = None,
        body: Any = NOTHING,
        content: bytes | None = None,
        upload: Upload | None = None,
        address: str | None = None,
        before_send: BeforeSend | None = None,
        on_not_sent: Callable[[], None] | None = None,
    ) -> T:
        """Send until it succeeds or may not be repeated.

        Args:
            body: sent as JSON.
            content: sent as it is, JSON already; instead of `body`.
            address: overrides the site's address for operations outside Jira.
            before_send: awaited right before each sending; what it raises prevents it. What it returns is asked once
                more in the last moment, and False holds the sending back.
            on_not_sent: called when a sending certainly did nothing and another will follow, maybe after a long pause.

        Raises:
            InputError: `body` cannot be written as JSON, or a name cannot be part of an address.
            UploadSourceError, AttachmentError: the upload's file cannot be read.
            JiraError: what happened; its class says what may be done next.
        """
        if body is not NOTHING:
            content = as_json(body, operation)
        attempt = 1
        may_renew = operation.authenticated
        while True:
            in_line = await self._keep_pause(operation, on_not_sent if attempt == 1 else None)
            base = address or await self._site.api_base(self._look_up_cloud_id)
            authorization = await self._authorization() if operation.authenticated else None
            url = with_query(f"{base}{operation.path}", params)
            outcome = await self._exchange.send(
                Outgoing(operation, url, authorization, content, upload, attempt), decode, before_send
            )
            if not isinstance(outcome, Failure):
                if not in_line:
                    self._limits.here.got_through(operation)
                if outcome.rate_limit is not None and (pause := outcome.rate_limit.pause_after_success) is not None:
                    await self._limits.here.pause(operation, pause, outcome.rate_limit.reason)
                value: T = outcome.value
                return value
            if outcome.stale_token and may_renew and authorization is not None:
                may_renew = False
                if on_not_sent is not None:
                    on_not_sent()
                if await self._auth.renewed(authorization, self._runtime, self._request_grant):
                    continue
            if operation.authenticated and address is None and await self._belongs_elsewhere(operation, outcome, base):
                if on_not_sent is not None:
                    on_not_sent()
                continue
            await self._wait_or_raise(operation, outcome, attempt, on_not_sent)
            attempt += 1

    async def pause(self, operation: Operation, limited: RateLimitedError) -> None:
        """Let nobody ask for as long as Jira wants, when it has refused a part of a request as one too many."""
        if limited.retry_after is not None:
            await self._limits.here.pause(operation, limited.retry_after, limited.reason)

    @property
    def clock_offset(self) -> timedelta:
        """See `Exchange`."""
        return self._exchange.clock_offset

    async def confirm_account(self) -> User:
        """The account Jira answers to; it is how a "not found" is checked that wrong credentials can cause too.

        Raises:
            AuthenticationError: there is none: Jira does not accept the credentials.
        """
        return await self.call(MYSELF, _user)

    async def confirm_account_elsewhere(self) -> bool:
        """As `confirm_account`; whether that showed that requests belong to the gateway, so that the last was in vain.

        Raises:
            AuthenticationError: Jira does not accept the credentials.
        """
        base = await self._site.api_base(self._look_up_cloud_id)
        await self.confirm_account()
        return base != await self._site.api_base(self._look_up_cloud_id)

    async def _authorization(self) -> str:
        return await self._auth.authorization(self._runtime, self._request_grant)

    async def _wait_or_raise(
        self, operation: Operation, failure: Failure, attempt: int, on_not_sent: Callable[[], None] | None
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
            await self._limits.here.refuse(operation, wait or error.retry_after or timedelta(), error.reason)
        if wait is None:
            logger.info("A request to Jira failed: %s", error, extra={"action": "jira_request_failed", **facts})
            raise error from failure.cause
        if on_not_sent is not None:
            on_not_sent()
        seconds = wait.total_seconds()
        logger.info(
            "A request to Jira is sent again in %.1f s, attempt %d failed: %s",
            seconds,
            attempt,
            error,
            extra={"action": "jira_repeat", "wait_seconds": seconds, **facts},
        )
        if not isinstance(error, RateLimitedError):
            await self._wait(JiraWait(seconds, operation.name, error.code))

    async def _keep_pause(self, operation: Operation, on_not_sent: Callable[[], None] | None) -> bool:
        """Wait until Jira's limits let the operation through; whether it had to wait in line.

        Raises:
            RateLimitedError: that takes longer than this call may wait.
        """

        async def sleep(seconds: float, reason: str | None, ready: anyio.Event | None) -> None:
            if on_not_sent is not None:
                on_not_sent()  # nothing has been sent: whoever is cut off while waiting has nothing to look for
            await self._wait(JiraWait(seconds, operation.name, RateLimitedError.code, reason, ready))

        return await self._limits.here.wait(
            operation, self._retry.longest_wait_seconds, sleep, waits_in_line=self._retry.waits_in_line
        )

    async def _sleep(self, wait: JiraWait) -> None:
        await sleep_until(self._runtime, wait.seconds, wait.ready)

    async def _belongs_elsewhere(self, operation: Operation, failure: Failure, base: str) -> bool:
        """Whether a refusal came from the site because the token is one with scopes, good at the gateway only.

        Raises:
            AuthenticationError: a 404 only means that Jira took us for an anonymous visitor.
        """
        if isinstance(failure.error, NotFoundError) and operation is not MYSELF and not failure.from_account:
            try:
                await self.confirm_account()
            except AuthenticationError as exc:
                raise not_authenticated(operation, exc.refusal, ANONYMOUS, self._auth.advice) from exc
        elif isinstance(failure.error, AuthenticationError):
            await self._try_gateway()
        else:
            return False
        return base != await self._site.api_base(self._look_up_cloud_id)

    async def _try_gateway(self) -> None:
        """Go on at the gateway when the site refuses a token that the gateway knows. Tried once for all calls."""
        async with self._site.trying_gateway() as may_try:
            if not may_try:
                return
            try:
                cloud_id = self._auth.cloud_id or await self._look_up_cloud_id()
                await self.call(MYSELF, _user, address=self._site.gateway_base(cloud_id))
            except MissingScopeError:
                pass  # known there, though not for this
            except JiraError:
                return
            self._site.use_gateway(cloud_id)
        logger.info("The token is one with scopes", extra={"action": "jira_gateway_used"})

    async def _look_up_cloud_id(self) -> str:
        """The site's cloud id; anonymous, and never through the gateway it is needed for."""
        operation = Operation("GET", "/_edge/tenant_info", "look up the site's cloud id", authenticated=False)
        info = await self.call(operation, partial(read_answer, TenantInfo), address=self._site.base_url)
        return info.cloud_id

    async def _request_grant(self, token_url: str, form: Mapping[str, str]) -> TokenGrant:
        """Ask for new tokens. A repetition is harmless: the old refresh token stays good for some minutes."""
        parts = urlsplit(token_url)
        operation = Operation("POST", parts.path, "renew the sign-in to Jira", authenticated=False)
        try:
            return await self.call(
                operation,
                partial(read_answer, TokenGrant),
                body=form,
                address=f"{parts.scheme}://{parts.netloc}",
            )
        except AuthenticationError:
            raise
        except RefusedError as exc:
            why = "Atlassian no longer accepts the refresh token"
            raise not_authenticated(operation, exc.refusal, why, self._auth.advice) from exc


def _user(response: HttpResponse) -> User:
    return read_answer(User, response)
