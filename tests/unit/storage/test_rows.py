import dataclasses
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from jira_session_export._journal import SessionState, TicketState
from jira_session_export._storage.rows import (
    SESSION_COLUMNS,
    TICKET_COLUMNS,
    session_changes,
    session_state,
    ticket_changes,
    ticket_state,
)
from jira_session_export._values import CreatedIssue

KEY = UUID(int=7)
ELSEWHERE = {"steps", "manual_fixes"}  # tables of their own
st.register_type_strategy(datetime, st.datetimes(timezones=st.just(UTC)))


@given(st.builds(SessionState, session_id=st.just(KEY), project_key=st.just("DEMO")))
def test_a_session_reads_as_it_was_written(state: SessionState) -> None:
    blank = SessionState(KEY, "DEMO", state.name, state.owner)
    columns = dict.fromkeys(SESSION_COLUMNS) | session_changes(blank, state)
    assert set(columns) == set(SESSION_COLUMNS)
    assert (
        session_state(
            KEY,
            "DEMO",
            state.name,
            state.owner,
            [columns[name] for name in SESSION_COLUMNS],
            content_version=state.content_version,
        )
        == state
    )


@given(st.builds(TicketState, ticket_id=st.just(KEY), order=st.just(3), title=st.just("Three")))
def test_a_ticket_reads_as_it_was_written(state: TicketState) -> None:
    state = dataclasses.replace(state, steps=(), manual_fixes=())
    columns: dict[str, Any] = dict.fromkeys(TICKET_COLUMNS) | ticket_changes(TicketState(KEY, 3, "Three"), state)
    assert set(columns) == set(TICKET_COLUMNS)
    assert ticket_state(KEY, 3, "Three", [columns[name] for name in TICKET_COLUMNS]) == state


def test_a_row_older_than_our_columns_reads_as_a_new_one() -> None:
    session = session_state(KEY, "DEMO", None, None, [None] * len(SESSION_COLUMNS), content_version=None)
    assert session == SessionState(KEY, "DEMO")
    assert ticket_state(KEY, 3, "Three", [None] * len(TICKET_COLUMNS)) == TicketState(KEY, 3, "Three")
    untouched = {"jira_export_status": "pending", "export_attempt": 0, "export_removed": False}
    values = [untouched.get(name) for name in TICKET_COLUMNS]
    assert ticket_state(KEY, 3, "Three", values) == TicketState(KEY, 3, "Three")
    values[TICKET_COLUMNS.index("export_removed")] = True
    assert ticket_state(KEY, 3, "Three", values) == TicketState(KEY, 3, "Three", removed=True)


def test_an_issue_recorded_by_the_host_before_us_has_no_id() -> None:
    columns: dict[str, Any] = dict.fromkeys(TICKET_COLUMNS)
    columns |= {"jira_ticket_key": "DEMO-1", "jira_export_status": "exported"}
    state = ticket_state(KEY, 3, "Three", [columns[name] for name in TICKET_COLUMNS])
    assert state.issue == CreatedIssue(id="", key="DEMO-1", url="")


def test_only_what_differs_is_written() -> None:
    state = SessionState(KEY, "DEMO")
    assert session_changes(state, state) == {}
    assert session_changes(state, dataclasses.replace(state, crash_count=2)) == {"export_crash_count": 2}
