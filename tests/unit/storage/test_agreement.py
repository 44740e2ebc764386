"""Whatever is done to them, in whatever order, the two stores come to the same."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jira_session_export._journal import (
    CancelRequested,
    CleanupEnded,
    CleanupStarted,
    CreateRefused,
    Entry,
    IntentRecorded,
    IssueDeleted,
    IssueRecorded,
    Lease,
    OrphanFound,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunReleased,
    RunResumed,
    RunStarted,
    SessionReleased,
    Step,
    StepRecorded,
)
from jira_session_export._models import Session, Ticket
from jira_session_export._storage.memory import InMemoryStore
from jira_session_export._values import (
    CreatedIssue,
    ErrorCategory,
    Failure,
    FollowUp,
    ManualFix,
    ManualFixKind,
    StepKind,
)
from jira_session_export.errors import JiraSessionExportError
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore

NOW = datetime(2026, 1, 2, tzinfo=UTC)
COUNT = 3
moments = st.integers(0, 100).map(lambda seconds: NOW + timedelta(seconds=seconds))
places = st.integers(0, COUNT - 1)
texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=5)
fixes = st.builds(ManualFix, st.sampled_from(ManualFixKind), texts, texts, texts, texts)
issues = st.integers(1, 3).map(
    lambda number: CreatedIssue(str(number), f"DEMO-{number}", f"https://jira.example/{number}")
)
failures = st.builds(Failure, st.sampled_from(ErrorCategory), texts, texts, st.tuples(texts), st.none() | texts)
seconds = st.floats(0, 100, allow_nan=False)
TICKET = UUID(int=0)  # stands for a ticket until the session is made


def of_ticket(entry: st.SearchStrategy[Entry]) -> st.SearchStrategy[tuple[int, Entry]]:
    return st.tuples(places, entry)


ticket = st.just(TICKET)
intents = of_ticket(
    st.builds(
        IntentRecorded,
        moments,
        ticket,
        st.integers(1, 4),
        texts,
        st.lists(fixes, max_size=2).map(tuple),
        st.lists(st.builds(FollowUp, st.sampled_from(StepKind), texts), max_size=1).map(tuple),
    )
)
# Steps and manual fixes belong to an issue, so it comes in the same breath; repeats are as likely as news.
outcomes = of_ticket(st.builds(IssueRecorded, moments, ticket, issues, st.booleans(), st.none() | texts))
steps = of_ticket(
    st.builds(
        StepRecorded,
        moments,
        ticket,
        st.builds(
            Step,
            st.sampled_from(StepKind),
            st.sampled_from("ab"),
            st.booleans(),
            st.none() | texts,
            st.none() | fixes,
        ),
    )
)
others = st.one_of(
    of_ticket(st.builds(CreateRefused, moments, ticket, st.integers(1, 4), texts, texts)),
    of_ticket(st.builds(OrphanFound, moments, ticket, issues)),
    of_ticket(st.builds(IssueDeleted, moments, ticket, issues, st.integers(1, 4))),
)
ends = st.one_of(
    st.tuples(st.none(), st.builds(RunCompleted, moments, seconds)),
    st.tuples(st.none(), st.builds(RunCancelled, moments, seconds)),
    st.tuples(st.none(), st.builds(RunReleased, moments, seconds)),
    st.tuples(st.none(), st.builds(CleanupEnded, moments, places, places)),
    st.tuples(st.none(), st.builds(RunFailed, moments, seconds, failures, st.none(), st.none())),
    of_ticket(st.builds(RunFailed, moments, seconds, failures, ticket, st.integers(1, COUNT))),
)
appends = st.one_of(
    st.lists(st.one_of(intents, outcomes, others), min_size=1, max_size=3),
    st.tuples(outcomes, steps).map(lambda pair: [pair[0], (pair[0][0], pair[1][1])]),
    ends.map(lambda end: [end]),
)
operations = st.one_of(
    st.tuples(st.just("start"), moments, st.none() | st.frozensets(places), st.integers(-1, 0)),
    st.tuples(st.just("resume"), moments, st.booleans(), st.integers(-1, 0)),
    *[st.tuples(st.just("append"), appends, st.integers(-1, 0))] * 3,
    st.tuples(st.just("renew"), moments, st.integers(-1, 0)),
    st.tuples(st.just("cancel")),
    st.tuples(st.just("release")),
    st.tuples(st.just("clean"), moments, st.just("admin"), st.integers(-1, 0)),
    st.tuples(st.just("put"), st.lists(places, unique=True, max_size=COUNT)),
)


@pytest.fixture
async def sqlite(tmp_path: Path) -> AsyncIterator[SqlAlchemyStore]:
    async with SqlAlchemyStore.open(f"sqlite:///{tmp_path}/exports.db", synchronous="NORMAL") as store:
        await store.migrate()
        yield store


class Hand:
    """Does operations to one store."""

    def __init__(self, store: InMemoryStore | SqlAlchemyStore, session: Session) -> None:
        self._store = store
        self._session = session
        self._ids = [ticket.id for ticket in session.tickets]
        self._token = 0

    async def do(self, operation: tuple[Any, ...]) -> object:
        """What came of it."""
        try:
            return await self._do(*operation)
        except JiraSessionExportError as error:
            return type(error)

    async def _do(self, name: str, *given: Any) -> object:
        store, session_id = self._store, self._session.id
        match name, given:
            case (("start" | "resume" | "clean"), (at, detail, stale)):
                entry: RunStarted | RunResumed | CleanupStarted = RunResumed(at, detail)
                if name == "clean":
                    entry = CleanupStarted(at, detail)
                if name == "start":
                    selection = None if detail is None else frozenset(self._ids[place] for place in detail)
                    entry = RunStarted(at, UUID(int=self._token), selection)
                lease = await store.acquire(
                    session_id, entry, expected_token=self._token + stale, owner="w", now=at, lease_seconds=10
                )
                self._token = lease.token if lease else self._token
                return lease
            case "append", (entries, stale):
                named = [
                    entry if place is None else replace(entry, ticket_id=self._ids[place]) for place, entry in entries
                ]
                return await store.append(Lease(session_id, self._token + stale, "w"), *named)
            case "renew", (at, stale):
                return await store.renew(Lease(session_id, self._token + stale, "w"), now=at, lease_seconds=10)
            case "cancel", ():
                return await store.request_cancel(session_id, CancelRequested(NOW))
            case "release", ():
                return await store.release(session_id, SessionReleased(NOW, "admin"))
            case "put", (left,):
                tickets = tuple(self._session.tickets[place] for place in left)
                return await store.put(self._session.model_copy(update={"tickets": tickets}))
        raise AssertionError(name)

    async def look(self) -> list[object]:
        """All there is to see."""
        store, session_id = self._store, self._session.id
        return [
            await store.state(session_id),
            list(await store.ticket_states(session_id)),
            await store.session(session_id),
            [replace(row, sequence=0) for row in await store.journal(session_id)],
            session_id in await store.interrupted(NOW + timedelta(seconds=50)),
        ]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=80)
@given(st.lists(operations, min_size=1, max_size=15))
async def test_both_stores_agree(sqlite: SqlAlchemyStore, done: list[tuple[Any, ...]]) -> None:
    session = Session(
        id=uuid4(),
        project_key="DEMO",
        tickets=tuple(Ticket(id=uuid4(), order=place + 1, title=f"Ticket {place}") for place in range(COUNT)),
    )
    hands = [Hand(InMemoryStore(), session), Hand(sqlite, session)]
    for operation in [("put", list(range(COUNT))), ("start", NOW, None, 0), *done]:
        first, second = [await hand.do(operation) for hand in hands]
        assert first == second
        first, second = [await hand.look() for hand in hands]
        assert first == second
