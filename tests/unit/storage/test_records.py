import dataclasses
import json
from datetime import UTC, datetime
from uuid import UUID

from jira_session_export import _journal as journal
from jira_session_export._journal import (
    Entry,
    IntentRecorded,
    IssueRecorded,
    RunCompleted,
    RunFailed,
    RunStarted,
    Step,
    StepRecorded,
    TicketState,
    TicketStatus,
)
from jira_session_export._storage.records import (
    ENTRY_TYPES,
    Counters,
    attempt_of,
    facts_as_json,
    facts_of,
    kind_of,
    may_have_issue,
    trace_of,
)
from jira_session_export._values import (
    CreatedIssue,
    ErrorCategory,
    Failure,
    FollowUp,
    ManualFix,
    ManualFixKind,
    StepKind,
)

NOW = datetime(2026, 1, 2, tzinfo=UTC)
A, B = UUID(int=1), UUID(int=2)
FIX = ManualFix(ManualFixKind.SPRINT_NOT_FOUND, "sprint", "Sprint 9", "no sprint", "Move it by hand.")
ISSUE = CreatedIssue("10001", "DEMO-1", "https://jira.example/browse/DEMO-1")


def test_every_entry_is_known() -> None:
    there = {
        value
        for value in vars(journal).values()
        if isinstance(value, type) and issubclass(value, Entry) and value is not Entry
    }
    assert set(ENTRY_TYPES) == there


def test_kinds_are_the_class_names_in_words() -> None:
    assert kind_of(RunStarted(NOW, A)) == "run_started"
    assert kind_of(IssueRecorded(NOW, A, ISSUE)) == "issue_recorded"


def test_facts_are_all_fields_but_the_time_as_json() -> None:
    entry = RunStarted(NOW, A, selection=frozenset({B, A}), retry=True)
    assert facts_of(entry) == {
        "task_id": str(A),
        "selection": [str(A), str(B)],
        "retry": True,
        "left_out": [],
        "site": "",
    }
    step = StepRecorded(NOW, A, Step(StepKind.LINK, "Blocks:DEMO-2", done=False, manual_fix=FIX), trace_id="t")
    facts = facts_of(step)
    assert json.loads(json.dumps(facts)) == facts
    assert facts["step"]["manual_fix"] == {
        "kind": "sprint_not_found",
        "field": "sprint",
        "asked_for": "Sprint 9",
        "done_instead": "no sprint",
        "recommended_action": "Move it by hand.",
    }
    for entry_type in ENTRY_TYPES:
        assert "at" in {field.name for field in dataclasses.fields(entry_type)}


def test_facts_are_the_same_when_they_are_written_at_once() -> None:
    entries = (
        IntentRecorded(NOW, A, 1, "One \U0001f600", (FIX,), (FollowUp(StepKind.SPRINT, "7"),), "1 title=77ab"),
        IssueRecorded(NOW, A, ISSUE, adopted=True, trace_id="t"),
        StepRecorded(NOW, A, Step(StepKind.LINK, "Blocks:DEMO-2", done=False, manual_fix=FIX)),
        IntentRecorded(NOW, A, 1, "half a pair: \ud800, and a NUL: \0"),
        RunStarted(NOW, A, selection=frozenset({B, A})),
    )
    for entry in entries:
        assert json.loads(facts_as_json(entry)) == facts_of(entry)


def test_the_attempt_is_the_entrys_own_or_the_tickets_last() -> None:
    ticket = TicketState(A, 1, "One", attempt=3)
    assert attempt_of(IntentRecorded(NOW, A, 4), ticket) == 4
    assert attempt_of(IssueRecorded(NOW, A, ISSUE), ticket) == 3
    assert attempt_of(IssueRecorded(NOW, A, ISSUE), TicketState(A, 1, "One")) is None
    assert attempt_of(RunCompleted(NOW, 1.0), None) is None


def test_the_trace_of_a_failure_is_its_requests() -> None:
    failure = Failure(ErrorCategory.TEMPORARY, "code", "message", (), trace_id="abc")
    assert trace_of(RunFailed(NOW, 1.0, failure, None, None)) == "abc"
    assert trace_of(RunCompleted(NOW, 1.0)) is None


def test_a_skipped_ticket_does_not_count() -> None:
    ticket = TicketState(
        A,
        1,
        "One",
        status=TicketStatus.EXPORTED,
        steps=(Step(StepKind.LINK, "a"), Step(StepKind.LINK, "b", done=False), Step(StepKind.ATTACHMENT, "c")),
        manual_fixes=(FIX, FIX),
    )
    assert Counters.of(ticket) == Counters(total=1, exported=1, links_created=1, manual_fix_count=2)
    assert Counters.of(dataclasses.replace(ticket, status=TicketStatus.SKIPPED)) == Counters(left_out=1)


def test_an_issue_may_exist_once_a_create_was_announced() -> None:
    ticket = TicketState(A, 1, "One")
    assert not may_have_issue(ticket)
    assert not may_have_issue(dataclasses.replace(ticket, attempt=1))  # refused: certainly none
    assert may_have_issue(dataclasses.replace(ticket, attempt=1, intent_at=NOW))
    assert may_have_issue(dataclasses.replace(ticket, issue=ISSUE))
    assert may_have_issue(dataclasses.replace(ticket, orphans=(ISSUE,)))
