"""Traces and metrics, by the real SDK with what it collects kept in memory; and the board that shows them."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from jira_session_export import ApiTokenAuth, ExportFailedError, ExportSettings, JiraExport, Session, Ticket
from jira_session_export._export.events import LeaseLost
from jira_session_export.integrations.opentelemetry import METRICS, Telemetry
from jira_session_export.testing import FakeJira, FakeRuntime, Fault, faults

BOARD = Path(__file__).parents[3] / "examples" / "grafana" / "jira-exports.json"
CREATE = ("POST", "/issue")


class Collected:
    def __init__(self) -> None:
        self.exported = InMemorySpanExporter()
        tracers = TracerProvider()
        tracers.add_span_processor(SimpleSpanProcessor(self.exported))
        self.reader = InMemoryMetricReader()
        self.telemetry = Telemetry(tracer_provider=tracers, meter_provider=MeterProvider([self.reader]))

    @property
    def spans(self) -> tuple[ReadableSpan, ...]:
        return self.exported.get_finished_spans()

    def points(self, name: str) -> list[Any]:
        data = self.reader.get_metrics_data()
        assert data is not None
        return [
            point
            for resource in data.resource_metrics
            for scope in resource.scope_metrics
            for metric in scope.metrics
            if metric.name == name
            for point in metric.data.data_points
        ]


async def exported(collected: Collected, fake: FakeJira, runtime: FakeRuntime, tickets: int = 3) -> None:
    made = tuple(
        Ticket(id=UUID(int=number), order=number, title=f"Ticket {number}") for number in range(1, tickets + 1)
    )
    async with JiraExport.open(
        fake.base_url,
        ApiTokenAuth("me@example.com", "token"),
        store="memory://",
        settings=ExportSettings(pause_seconds=1),
        runtime=runtime,
        sink=collected.telemetry,
        transport=fake.transport,
    ) as jira:
        collected.telemetry.attach(jira)
        await jira.export(Session(id=UUID(int=9), project_key="DEMO", tickets=made))


async def test_a_trace_goes_from_the_session_to_the_ticket_to_the_request() -> None:
    collected, runtime = Collected(), FakeRuntime()
    fake = FakeJira(runtime=runtime)
    fake.faults.add(Fault(CREATE, faults.rate_limit(retry_after=7), nth=2))
    await exported(collected, fake, runtime)
    by_id = {span.context.span_id: span for span in collected.spans if span.context is not None}
    (session,) = [span for span in collected.spans if span.name == "jira export session"]
    assert session.parent is None
    assert (session.attributes or {})["jira_export.outcome"] == "completed"
    creates = [span for span in collected.spans if span.name == "POST /rest/api/3/issue"]
    assert [(span.attributes or {})["http.response.status_code"] for span in creates] == [201, 429, 201, 201]
    assert [(span.attributes or {})["http.request.resend_count"] for span in creates] == [0, 0, 1, 0]
    for span in creates:
        assert span.parent is not None
        ticket = by_id[span.parent.span_id]
        assert ticket.name == "jira export creating"
        assert ticket.parent is not None
        assert by_id[ticket.parent.span_id] is session
        assert span.context is not None
        assert session.context is not None
        assert span.context.trace_id == session.context.trace_id
    traced = {(span.attributes or {}).get("jira.trace_id") for span in creates}
    assert len(traced) == len(creates) or None in traced
    assert any(traced)


async def test_everything_of_the_list_is_measured() -> None:
    collected, runtime = Collected(), FakeRuntime()
    fake = FakeJira(runtime=runtime)
    fake.faults.add(Fault(CREATE, faults.rate_limit(retry_after=7), nth=2))
    await exported(collected, fake, runtime)
    assert sum(point.value for point in collected.points("jira_export.issues")) == 3
    assert [(dict(point.attributes), point.value) for point in collected.points("jira_export.runs")] == [
        ({"outcome": "completed"}, 1)
    ]
    assert sum(point.value for point in collected.points("jira_export.retries")) == 1
    waits = {point.attributes["reason"]: point.sum for point in collected.points("jira_export.waits")}
    assert waits["rate_limit"] == pytest.approx(7, abs=0.1)
    assert waits["pause"] == pytest.approx(2, abs=0.1)
    assert sum(point.value for point in collected.points("jira_export.running")) == 0
    assert [point.value for point in collected.points("jira_export.queue.depth")] == [0]
    statuses = Counter[str]()
    for point in collected.points("jira_export.requests"):
        if point.attributes["endpoint"] == "/rest/api/3/issue":
            statuses[point.attributes["status"]] += point.count
    assert statuses == {"201": 3, "429": 1}


async def test_a_failure_and_a_lost_lease_are_errors() -> None:
    collected, runtime = Collected(), FakeRuntime()
    fake = FakeJira(runtime=runtime)
    fake.faults.add(Fault(CREATE, faults.status(401)))
    with pytest.raises(ExportFailedError):
        await exported(collected, fake, runtime)
    (session,) = [span for span in collected.spans if span.name == "jira export session"]
    assert not session.status.is_ok
    event = LeaseLost(UUID(int=5), 1, runtime.now())
    collected.telemetry(event)
    assert [point.value for point in collected.points("jira_export.lease_losses")] == [1]


async def test_no_text_of_a_ticket_leaves_the_process() -> None:
    collected, runtime = Collected(), FakeRuntime()
    await exported(collected, FakeJira(runtime=runtime), runtime)
    told = " ".join(span.to_json() for span in collected.spans)
    assert "Ticket 1" not in told
    assert "token" not in told


def test_the_board_shows_metrics_that_exist() -> None:
    board = json.loads(BOARD.read_text())
    expressions = [target["expr"] for panel in board["panels"] for target in panel["targets"]]
    shown = set(re.findall(r"\bjira_export_\w+", " ".join(expressions)))
    # As the Prometheus exporter of OpenTelemetry writes them: dots and units become underscores and endings.
    endings = ("_total", "_seconds_sum", "_seconds_count", "_seconds_bucket")
    stems = {next((name.removesuffix(end) for end in endings if name.endswith(end)), name) for name in shown}
    assert stems == {name.replace(".", "_") for name in METRICS}
    assert len({panel["id"] for panel in board["panels"]}) == len(board["panels"])
