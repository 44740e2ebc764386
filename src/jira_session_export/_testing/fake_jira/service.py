"""One request from its arrival to its answer, whatever carries it."""

import hashlib
import json
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from jira_session_export._runtime import Runtime
from jira_session_export._testing.fake_jira.auth import Authority, Identity
from jira_session_export._testing.fake_jira.exchange import (
    Answer,
    NotAuthenticated,
    Problem,
    RecordedRequest,
    Refused,
    Request,
)
from jira_session_export._testing.fake_jira.faults import FaultKind, Faults
from jira_session_export._testing.fake_jira.latency import NO_LATENCY, Latency
from jira_session_export._testing.fake_jira.limits import Limiter, rate_limited
from jira_session_export._testing.fake_jira.routes import FAMILIES
from jira_session_export._testing.fake_jira.routing import Call, Router
from jira_session_export._testing.fake_jira.state import Site

_ROUTER = Router(FAMILIES)
EDGE_HEADERS = ("server", "atl-traceid", "atl-request-id", "x-content-type-options")
"""Headers of an answer that Atlassian's edge gives; those of Jira come with them otherwise."""
_VERSIONS = frozenset({"2", "3", "latest"})


@dataclass(slots=True)
class Exchange:
    """A request that has arrived.

    Attributes:
        fault: what goes wrong with it.
        answer: what carrying it out gave; None until then.
    """

    request: Request
    record: RecordedRequest
    fault: FaultKind | None
    answer: Answer | None = None


@dataclass(slots=True)
class Service:
    """Jira behind its front door: takes requests one at a time, and remembers them.

    `commit` is called after each request that changed something, before its answer leaves.
    """

    site: Site
    runtime: Runtime
    authority: Authority
    limiter: Limiter
    faults: Faults
    commit: Callable[[], None]
    latency: Latency = NO_LATENCY
    requests: list[RecordedRequest] = field(default_factory=list)
    _late: list[tuple[float, Exchange]] = field(default_factory=list)
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _served: int = 0

    def arrive(self, request: Request) -> Exchange:
        """Note a request, and see which fault meets it."""
        with self._lock:
            kind = self.faults.strike(request)
            record = RecordedRequest(
                method=request.method,
                path=request.path,
                resource=request.resource,
                query=request.query,
                headers={name: value for name, value in request.headers.items() if name != "authorization"},
                body=request.body,
                at=self.runtime.now(),
                started=self.runtime.monotonic(),
                fault=kind.name if kind else None,
            )
            if kind is None or kind.ending is None or not kind.ending.is_before_sending:
                self.requests.append(record)
            return Exchange(request, record, kind)

    def carry_out(self, exchange: Exchange) -> Answer:
        """Process a request now."""
        with self._lock:
            self.settle()
            return self._carry_out(exchange)

    def carry_out_after(self, exchange: Exchange, seconds: float) -> None:
        """Process a request that much later, whether or not somebody still waits for it."""
        self._late.append((self.runtime.monotonic() + seconds, exchange))

    def settle(self) -> None:
        """Process the late requests whose time has come."""
        if not self._late:
            return
        with self._lock:
            now = self.runtime.monotonic()
            due = sorted((each for each in self._late if each[0] <= now), key=lambda each: each[0])
            self._late = [each for each in self._late if each[0] > now]
            for _, exchange in due:
                self._carry_out(exchange)

    def carry_out_now(self, exchange: Exchange) -> None:
        """Process a request left for later, unless that has happened."""
        with self._lock:
            self.settle()
            if exchange.answer is None:
                self._late = [each for each in self._late if each[1] is not exchange]
                self._carry_out(exchange)

    def refuse(self, exchange: Exchange, status: int) -> Answer:
        """Refuse a request ahead of Jira, unread."""
        answer = Refused(status).answer()
        self.finish(exchange, answer)
        return answer

    def finish(self, exchange: Exchange, answer: Answer | None) -> None:
        """Note what the client hears; None when it hears nothing."""
        exchange.record.ended = self.runtime.monotonic()
        exchange.record.status = answer.status if answer else None

    def _carry_out(self, exchange: Exchange) -> Answer:
        exchange.record.carried_out = True
        try:
            answer = self._process(exchange.request, exchange.fault)
        except Refused as refused:
            answer = refused.answer()
        if self.site.changed:
            self.commit()
        exchange.answer = answer
        return answer

    def _process(self, request: Request, fault: FaultKind | None) -> Answer:
        self._served += 1
        if request.path.startswith("/oauth/token"):
            return self._oauth(request)
        limited = self.limiter.check(request)
        if limited:
            reason, wait = limited
            return rate_limited(
                self.site.now(), reason, retry_after=max(1, round(wait)), language=self.site.options.language
            )
        try:
            identity = self.authority.identify(request)
        except Refused as refused:  # ahead of Jira, so without Jira's own headers
            answer, ours = refused.answer(), self._headers()
            return replace(answer, headers={**{name: ours[name] for name in EDGE_HEADERS}, **answer.headers})
        headers = {**self._headers(), **identity.headers}
        if identity.user is not None:
            headers["x-aaccountid"] = identity.user.account_id
        try:
            answer = self._route(request, identity, fault)
        except Refused as refused:
            answer = refused.answer()
        return replace(answer, headers={**headers, **answer.headers})

    def _route(self, request: Request, identity: Identity, fault: FaultKind | None) -> Answer:
        route, params = _ROUTER.find(request.method, request.segments)
        if params.get("version", "3") not in _VERSIONS:
            raise Problem(404, f"No endpoint {request.method} {request.path}.", path=request.path)
        self.authority.check_scopes(identity, route.scopes)
        if identity.user is None and not route.is_open:
            raise NotAuthenticated(self.site.say("not_authenticated"), self.site.base_url)
        return route.handler(Call(self.site, request, identity.user, params, fault))

    def _oauth(self, request: Request) -> Answer:
        if request.method == "GET":
            return self.authority.accessible_resources(request)
        try:
            body: Any = json.loads(request.body)
        except ValueError:
            body = None
        if not isinstance(body, dict):
            return Answer.json(400, {"error": "invalid_request", "error_description": "Malformed body"})
        return self.authority.token_endpoint(body)

    def _headers(self) -> dict[str, str]:
        digest = hashlib.blake2b(str(self._served).encode(), digest_size=16).digest()
        return {
            "server": "AtlassianEdge",
            "atl-traceid": digest.hex(),
            "atl-request-id": str(uuid.UUID(bytes=digest)),
            "x-arequestid": digest.hex(),
            "x-ratelimit-limit": "350",
            "x-ratelimit-remaining": "349",
            "x-content-type-options": "nosniff",
            "cache-control": "no-cache, no-store, no-transform",
        }
