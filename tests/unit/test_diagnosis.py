"""What an operator is told to look at."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from jira_session_export._diagnosis import QueueInspection, diagnose
from jira_session_export._journal import HeldUp, SessionState, SessionStatus
from jira_session_export._storage.inspection import ConnectionCount, ExportingSession, StoreInspection, UnknownIssue

NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)
WELL = StoreInspection("postgresql", "0007", "0007", {"completed": 3}, [], [], ConnectionCount(20, 97))
QUEUE = QueueInspection("exports", exists=True, worker_silences=[2.0, 9.0])
ID = UUID(int=1)


def ago(seconds: float) -> datetime:
    return NOW - timedelta(seconds=seconds)


def exporting(*, worker: str | None = None, expires: datetime | None = None, last: datetime | None = None):
    state = SessionState(
        ID, "DEMO", name="Sprint 12", status=SessionStatus.EXPORTING, lease_owner=worker, lease_expires_at=expires
    )
    return replace(WELL, exporting=[ExportingSession(state, last)])


def codes(store: StoreInspection, queue: QueueInspection | None = QUEUE) -> list[str]:
    return [finding.code for finding in diagnose(store, queue, now=NOW).findings]


def test_nothing_to_look_at() -> None:
    diagnosis = diagnose(WELL, QUEUE, now=NOW)
    assert diagnosis.is_healthy
    assert codes(WELL, None) == []


@pytest.mark.parametrize(
    ("revision", "code"), [(None, "schema_missing"), ("0006", "schema_older"), ("0008", "schema_newer")]
)
def test_tables_that_do_not_fit(revision: str | None, code: str) -> None:
    assert codes(replace(WELL, revision=revision)) == [code]


@pytest.mark.parametrize(
    ("queue", "found"),
    [
        (replace(QUEUE, exists=False), ["queue_missing"]),
        (replace(QUEUE, missing=["procrastinate_fetch_job_v2"]), ["queue_older"]),
        (replace(QUEUE, worker_silences=[]), ["no_workers"]),
        (replace(QUEUE, worker_silences=[3.0, 50.0]), ["silent_workers"]),
        (replace(QUEUE, worker_silences=[50.0]), ["no_workers", "silent_workers"]),
    ],
)
def test_queue_and_workers(queue: QueueInspection, found: list[str]) -> None:
    assert codes(WELL, queue) == found


def test_connections_that_run_out() -> None:
    assert codes(replace(WELL, connections=ConnectionCount(80, 97))) == ["connections"]
    assert codes(replace(WELL, connections=ConnectionCount(77, 97))) == []


@pytest.mark.parametrize(
    ("store", "waiting", "found"),
    [
        (exporting(worker="w", expires=ago(-20), last=ago(5)), False, []),  # at work
        (exporting(worker="w", expires=ago(-20), last=ago(5000)), False, ["slow_sessions"]),
        (exporting(worker="w", expires=ago(30), last=ago(80)), False, []),  # about to be taken over
        (exporting(worker="w", expires=ago(61), last=ago(90)), False, ["stuck_sessions"]),
        (exporting(worker="w", expires=ago(61), last=ago(90)), True, ["stuck_sessions"]),
        (exporting(last=ago(800)), True, []),  # it waits its turn
        (exporting(last=ago(800)), False, []),  # likewise: a job is only the news of it
        (exporting(last=ago(901)), True, ["long_waits"]),
        (exporting(last=ago(901)), False, ["long_waits"]),
        (exporting(last=None), False, ["long_waits"]),
    ],
)
def test_sessions(store: StoreInspection, waiting: bool, found: list[str]) -> None:
    queue = replace(QUEUE, waiting=frozenset({ID}) if waiting else frozenset())
    assert codes(store, queue) == found
    for finding in diagnose(store, queue, now=NOW).findings:
        assert finding.session_ids == [ID]
        assert "Sprint 12" in finding.message


def test_files_that_cannot_be_reached() -> None:
    diagnosis = diagnose(WELL, QUEUE, now=NOW, attachments="s3://b", attachments_problem="access to it is denied")
    assert [finding.code for finding in diagnosis.findings] == ["attachments"]
    assert "denied" in diagnosis.findings[0].message
    assert diagnose(WELL, QUEUE, now=NOW, attachments="s3://b").is_healthy


def test_a_session_that_is_held_up_says_by_which_file() -> None:
    store = exporting(last=ago(5))
    held = HeldUp(ago(20), UUID(int=2), "The file 'plan.pdf' cannot be read.", {"worker-a": ago(9), "worker-b": ago(5)})
    state = replace(store.exporting[0].state, held_up=held)
    (finding,) = diagnose(replace(store, exporting=[ExportingSession(state, ago(5))]), QUEUE, now=NOW).findings
    assert (finding.code, finding.session_ids) == ("held_up_sessions", [ID])
    assert "plan.pdf" in finding.message
    assert "worker-a, worker-b" in finding.action
    at_work = replace(state, lease_owner="w", lease_expires_at=ago(-20))
    assert codes(replace(store, exporting=[ExportingSession(at_work, ago(5))])) == []


def test_what_waits_for_nobody_is_stuck() -> None:
    nobody = replace(QUEUE, worker_silences=[])
    assert codes(exporting(last=ago(61)), nobody) == ["no_workers", "stuck_sessions"]
    assert codes(exporting(last=ago(10)), nobody) == ["no_workers"]
    assert codes(exporting(last=ago(61)), None) == ["stuck_sessions"]
    assert codes(exporting(last=ago(10)), None) == []


def test_without_a_queue_the_process_itself_is_to_be_started() -> None:
    (finding,) = diagnose(exporting(last=ago(500)), None, now=NOW).findings
    assert "worker" not in finding.action


def test_issues_that_nobody_knows_of() -> None:
    unknown = [UnknownIssue(ID, UUID(int=number), number, "x", ago(9)) for number in (1, 2)]
    (finding,) = diagnose(replace(WELL, unknown_issues=unknown), QUEUE, now=NOW).findings
    assert (finding.code, finding.session_ids) == ("unknown_issues", [ID])
    assert finding.message.startswith("Of 2 tickets")
