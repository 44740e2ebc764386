"""What traces and metrics cost an export: the same sessions with the extra `opentelemetry` and without, in turns.

Usage: telemetry_cost.py [--stores sqlite postgres memory] [--pairs 40] [--tickets 25] [--latency 0] [--pace 0]

Spans go through a BatchSpanProcessor and metrics through a PeriodicExportingMetricReader, as in production, to
exporters that drop them: what sending them costs depends on the host's exporter. Jira is a process of its own. By
default it is an instant one, so that nothing but our own work is measured, which is the worst case; with
`--latency 0.15` it answers as Jira Cloud does, and with `--pace 1.5` runs make the default pause between tickets.

Two objects in one process, one with telemetry and one without, export sessions in turns, each turn a second or less:
what disturbs a busy machine lasts longer than a pair of turns and so meets both. Told is the median over the pairs of
how much more CPU time the process takes, all threads included, and by the clock; the spans are flushed within the turn
that made them. Exits with 1 when the CPU time grows by more than 3 %.
"""

import argparse
import asyncio
import gc
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cluster_limits import postgres
from export_overhead import instant_jira, session
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import (
    MetricExporter,
    MetricExportResult,
    PeriodicExportingMetricReader,
)
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult

from jira_session_export import ApiTokenAuth, ExportSettings, JiraExport
from jira_session_export.integrations.opentelemetry import Telemetry

ALLOWED = 0.03
AUTH = ApiTokenAuth("me@example.com", "token")


class NoSpans(SpanExporter):
    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:  # noqa: ARG002
        return SpanExportResult.SUCCESS


class NoMetrics(MetricExporter):
    def export(self, *_: object, **__: object) -> MetricExportResult:
        return MetricExportResult.SUCCESS

    def force_flush(self, *_: object) -> bool:
        return True

    def shutdown(self, *_: object, **__: object) -> None:
        pass


def tracing() -> TracerProvider:
    provider = TracerProvider()
    provider.add_span_processor(BatchSpanProcessor(NoSpans()))
    return provider


async def compared(url: str, address: tuple[str, str], args: argparse.Namespace) -> list[tuple[float, ...]]:
    """Of each pair of turns: CPU seconds without and with telemetry, and seconds by the clock."""
    provider = tracing()
    sink = Telemetry(
        tracer_provider=provider, meter_provider=MeterProvider([PeriodicExportingMetricReader(NoMetrics(), 10_000)])
    )
    settings = ExportSettings(pause_seconds=args.pace)
    async with (
        JiraExport.open(url, AUTH, store=address[0], settings=settings, resume=False) as plain,
        JiraExport.open(url, AUTH, store=address[1], settings=settings, resume=False, sink=sink) as observed,
    ):
        sink.attach(observed)

        async def turn(jira: JiraExport) -> tuple[float, float]:
            listed = session(args.tickets)
            await jira.put(listed)
            gc.collect()
            wall, cpu = time.perf_counter(), time.process_time()
            await jira.export(listed.id)
            if jira is observed:
                provider.force_flush()
            return time.process_time() - cpu, time.perf_counter() - wall

        pairs = []
        for number in range(args.pairs + 2):
            order = (plain, observed) if number % 2 else (observed, plain)
            took = {jira: await turn(jira) for jira in order}
            pairs.append((*took[plain], *took[observed]))
    return pairs[2:]  # the first ones make connections and statements


@contextmanager
def slow_jira(latency: float) -> Iterator[str]:
    process = subprocess.Popen(
        ["jira-session-export", "fake-jira", "--port", "0", "--latency", str(latency)],
        executable=str(Path(sys.executable).parent / "jira-session-export"),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().split()[3].rstrip(";")
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def two_stores(kind: str) -> Iterator[tuple[str, str]]:
    with tempfile.TemporaryDirectory(prefix="jse-bench-") as folder:
        if kind == "postgres":
            with postgres(Path(folder)) as database:
                yield database, database
        elif kind == "sqlite":
            yield f"sqlite:///{folder}/plain.db", f"sqlite:///{folder}/observed.db"
        else:
            yield "memory://", "memory://"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--stores", nargs="+", default=["sqlite", "postgres"], choices=["sqlite", "postgres", "memory"])
    parser.add_argument("--pairs", type=int, default=40)
    parser.add_argument("--tickets", type=int, default=25)
    parser.add_argument("--latency", type=float, default=0.0)
    parser.add_argument("--pace", type=float, default=0.0)
    args = parser.parse_args()
    too_much = False
    with slow_jira(args.latency) if args.latency else instant_jira() as url:
        for kind in args.stores:
            with two_stores(kind) as address:
                pairs = asyncio.run(compared(url, address, args))
            more = statistics.median(cpu_with / cpu - 1 for cpu, _, cpu_with, _ in pairs)
            clock = statistics.median(with_it / without - 1 for _, without, _, with_it in pairs)
            ticket = statistics.median(cpu for cpu, *_ in pairs) / args.tickets
            middle = statistics.quantiles([cpu_with / cpu - 1 for cpu, _, cpu_with, _ in pairs], n=4)
            too_much |= more > ALLOWED
            print(
                f"{kind:9} CPU a ticket {ticket * 1e6:5.0f} us; with telemetry {more:+.1%}"
                f" (half of the pairs {middle[0]:+.1%} to {middle[2]:+.1%}), by the clock {clock:+.1%}",
                flush=True,
            )
    return 1 if too_much else 0


if __name__ == "__main__":
    sys.exit(main())
