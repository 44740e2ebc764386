"""Traces and metrics of exports by OpenTelemetry (extra `opentelemetry`).

A trace has a span for each run of a session, in it one for each ticket or bulk in work, and in those one for each
request to Jira with the id by which Atlassian finds it. Nothing is measured before a `Telemetry` is attached, and
nothing is sent anywhere but where the host's OpenTelemetry SDK sends it.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol
from uuid import UUID

from opentelemetry import context, metrics, trace
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.trace import Span, SpanKind, Status, StatusCode

from jira_session_export._export.events import (
    ExportCompleted,
    ExportEvent,
    ExportFailed,
    ExportProgress,
    ExportStopped,
    ExportWaiting,
    IssueExported,
    IssueOrphaned,
    LeaseLost,
)
from jira_session_export._export.exporter import Exporter
from jira_session_export._jira import JiraClient, RequestDone

__all__ = ["METRICS", "Attachable", "Telemetry"]

_SCOPE = "jira_session_export"
_CREATED, _ADOPTED = {"adopted": False}, {"adopted": True}
_NO_TRACE = context.Context()

METRICS: dict[str, str] = {
    "jira_export.issues": "issues that were created, or found (`adopted`)",
    "jira_export.fallbacks": "manual fixes, by `kind`: what a ticket asked for and did not get",
    "jira_export.orphans": "issues that could not be recorded as their ticket's",
    "jira_export.runs": "runs that ended, by `outcome`: completed, failed, cancelled, handed_over, lease_lost",
    "jira_export.running": "runs in this process now",
    "jira_export.waits": "seconds that runs waited, by `reason`: pause, rate_limit, database, index",
    "jira_export.lease_losses": "runs that another worker took over although they went on",
    "jira_export.queue.depth": "sessions that wait for a worker, as this process saw last",
    "jira_export.requests": "seconds that requests to Jira took, by `method`, `endpoint`, `status`",
    "jira_export.retries": "requests that were sent again, by `endpoint`",
}
"""The names of the metrics → what they count."""


class Attachable(Protocol):
    """What a `Telemetry` attaches to: a `JiraExport`, or what has its exporter and client."""

    @property
    def exporter(self) -> Exporter:
        """Does the work of one session."""

    @property
    def client(self) -> object:
        """Jira."""


class _Run:
    """The spans of one run."""

    def __init__(self, span: Span) -> None:
        self.span = span
        self.ticket: Span | None = None
        self.root: context.Context = trace.set_span_in_context(span, _NO_TRACE)
        self.here: context.Context = self.root  # of the ticket in work, or of the run
        self.waiting_since: tuple[str, datetime] | None = None


class Telemetry:
    """An event sink that makes spans and counts. Give it to `JiraExport` as `sink`, then `attach` it.

    Args:
        tracer_provider, meter_provider: of the host's OpenTelemetry SDK; the global ones when None.
    """

    def __init__(
        self,
        *,
        tracer_provider: trace.TracerProvider | None = None,
        meter_provider: metrics.MeterProvider | None = None,
    ) -> None:
        self._tracer = trace.get_tracer(_SCOPE, tracer_provider=tracer_provider)
        meter = metrics.get_meter(_SCOPE, meter_provider=meter_provider)
        self._meter = meter
        self._issues = meter.create_counter("jira_export.issues", "{issue}", METRICS["jira_export.issues"])
        self._fallbacks = meter.create_counter("jira_export.fallbacks", "{fix}", METRICS["jira_export.fallbacks"])
        self._orphans = meter.create_counter("jira_export.orphans", "{issue}", METRICS["jira_export.orphans"])
        self._ended = meter.create_counter("jira_export.runs", "{run}", METRICS["jira_export.runs"])
        self._running = meter.create_up_down_counter("jira_export.running", "{run}", METRICS["jira_export.running"])
        self._waits = meter.create_histogram("jira_export.waits", "s", METRICS["jira_export.waits"])
        self._losses = meter.create_counter("jira_export.lease_losses", "{run}", METRICS["jira_export.lease_losses"])
        self._requests = meter.create_histogram("jira_export.requests", "s", METRICS["jira_export.requests"])
        self._retries = meter.create_counter("jira_export.retries", "{request}", METRICS["jira_export.retries"])
        self._runs: dict[UUID, _Run] = {}

    def attach(self, jira: Attachable) -> None:
        """Hear of the requests of a `JiraExport`, and of its queue, too."""
        exporter = jira.exporter

        def depth(_options: CallbackOptions) -> Iterable[Observation]:
            yield Observation(exporter.waiting_sessions)

        self._meter.create_observable_gauge(
            "jira_export.queue.depth", [depth], "{session}", METRICS["jira_export.queue.depth"]
        )
        if isinstance(jira.client, JiraClient):
            jira.client.observe_requests(self.on_request)

    # -- events ----------------------------------------------------------------------------------------------------

    def __call__(self, event: ExportEvent) -> None:
        """Take an event of a run."""
        run = self._runs.get(event.session_id)
        if run is None:
            # The run of another trace's task is a trace of its own; the session's id joins those of several workers.
            span = self._tracer.start_span(
                "jira export session",
                context=_NO_TRACE,
                kind=SpanKind.CONSUMER,
                attributes={"jira_export.session_id": str(event.session_id)},
                start_time=_nanoseconds(event.at),
            )
            run = self._runs[event.session_id] = _Run(span)
            self._running.add(1)
        if run.waiting_since is not None:
            reason, since = run.waiting_since
            run.waiting_since = None
            self._waits.record(max(0.0, (event.at - since).total_seconds()), {"reason": reason})
        match event:
            case ExportProgress():
                self._next_ticket(run, event)
            case ExportWaiting():
                run.waiting_since = (event.reason.value, event.at)
            case IssueExported():
                self._issues.add(1, _ADOPTED if event.adopted else _CREATED)
                for fix in event.manual_fixes:
                    self._fallbacks.add(1, {"kind": fix.kind.value})
                where = run.ticket or run.span
                where.add_event(
                    "issue exported",
                    {"jira.issue.key": event.issue.key, "jira_export.ticket_id": str(event.ticket_id)},
                    _nanoseconds(event.at),
                )
            case IssueOrphaned():
                self._orphans.add(1)
                run.span.add_event("issue orphaned", {"jira.issue.key": event.issue.key}, _nanoseconds(event.at))
            case LeaseLost():
                self._losses.add(1)
                self._end(run, event, "lease_lost", failed="lease_lost")
            case ExportCompleted():
                self._end(run, event, "completed")
            case ExportFailed():
                self._end(run, event, "failed", failed=event.failure.code)
            case ExportStopped():
                self._end(run, event, "cancelled" if event.cancelled else "handed_over")
            case _:
                pass

    def _next_ticket(self, run: _Run, event: ExportProgress) -> None:
        at = _nanoseconds(event.at)
        if run.ticket is not None:
            run.ticket.end(at)
        run.ticket = self._tracer.start_span(
            f"jira export {event.phase.value}",
            context=run.root,
            attributes={"jira_export.position": event.position, "jira_export.total": event.total},
            start_time=at,
        )
        run.here = trace.set_span_in_context(run.ticket, _NO_TRACE)

    def _end(self, run: _Run, event: ExportEvent, outcome: str, *, failed: str = "") -> None:
        at = _nanoseconds(event.at)
        if run.ticket is not None:
            run.ticket.end(at)
        if failed:
            run.span.set_status(Status(StatusCode.ERROR, failed))
        run.span.set_attribute("jira_export.outcome", outcome)
        run.span.end(at)
        del self._runs[event.session_id]
        self._running.add(-1)
        self._ended.add(1, {"outcome": outcome})

    # -- requests --------------------------------------------------------------------------------------------------

    def on_request(self, request: RequestDone) -> None:
        """Take a request that is done."""
        status = str(request.status) if request.status is not None else request.fault or "none"
        facts = {"method": request.method, "endpoint": request.endpoint, "status": status}
        self._requests.record(request.seconds, facts)
        if request.attempt > 1:
            self._retries.add(1, {"endpoint": request.endpoint})
        run = self._runs.get(request.session_id) if request.session_id is not None else None
        if run is None:
            return  # nothing is traced that belongs to no session: a person's own questions, the first pre-flight
        began = _nanoseconds(request.started_at)
        attributes: dict[str, str | int] = {
            "http.request.method": request.method,
            "url.template": request.endpoint,
            "http.request.resend_count": request.attempt - 1,
        }
        if request.status is not None:
            attributes["http.response.status_code"] = request.status
        if request.trace_id is not None:
            attributes["jira.trace_id"] = request.trace_id
        if request.fault is not None:
            attributes["error.type"] = request.fault
        # All attributes at once: each one that is set later takes the span's lock.
        span = self._tracer.start_span(
            f"{request.method} {request.endpoint}",
            context=run.here,
            kind=SpanKind.CLIENT,
            attributes=attributes,
            start_time=began,
        )
        if request.status is None or request.status >= 400:
            span.set_status(StatusCode.ERROR)
        span.end(began + int(request.seconds * 1_000_000_000))


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp() * 1_000_000) * 1000
