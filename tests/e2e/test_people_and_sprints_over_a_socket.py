"""Exports of whole sessions over a socket: who gets an issue, and how little Jira is asked for it."""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pytest

from jira_session_export import (
    ApiTokenAuth,
    Exporter,
    ExportService,
    ExportSettings,
    InMemoryStore,
    JiraClient,
    ProjectReader,
    Session,
    Ticket,
)
from jira_session_export.testing import FakeJira, RateLimits

SESSION = UUID(int=1)
AT_MOST = 12
"""Requests of a pre-flight, however large the project."""


class Nowhere:
    """A runner that leaves the work to the test."""

    async def submit(self, session_id: UUID) -> None:
        """Nothing."""


@dataclass
class Outcome:
    """What an export came to. `preflight`: paths asked for before the first create."""

    fixes: Sequence[str]
    preflight: Sequence[str]
    issues: Sequence[Any]


class Bench:
    def __init__(self, fake: FakeJira, url: str) -> None:
        self.fake = fake
        self.url = url

    async def export(self, *tickets: dict[str, Any]) -> Outcome:
        made = [
            Ticket.model_validate({"id": UUID(int=n), "order": n, "title": f"T{n}", **ticket})
            for n, ticket in enumerate(tickets, 1)
        ]
        settings = ExportSettings(pause_seconds=0)
        store = InMemoryStore()
        async with JiraClient(self.url, ApiTokenAuth("me@example.com", "x")) as client:
            await store.put(Session(id=SESSION, project_key="DEMO", tickets=tuple(made)))
            projects = ProjectReader(client, settings=settings)
            service = ExportService(store, client, Nowhere(), settings=settings, projects=projects)
            await service.start(SESSION)
            preflight = [request.path for request in self.fake.requests]
            state = await Exporter(client, store, settings=settings, projects=projects).execute(SESSION)
            assert state.status == "completed", state.failure
            reads = [each.path for each in self.fake.requests if not each.is_write]
            assert [path for path in reads[len(preflight) :] if not path.endswith("/search/jql")] == []
            states = await store.ticket_states(SESSION)
        fixes = [fix.done_instead for each in states for fix in each.manual_fixes]
        return Outcome(fixes, preflight, list(self.fake.issues.values()))


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    fake = FakeJira(limits=RateLimits(burst={"GET": 100}))
    async with fake.serve() as url:
        yield Bench(fake, url)


@pytest.fixture
async def unlimited() -> AsyncIterator[Bench]:
    fake = FakeJira()
    async with fake.serve() as url:
        yield Bench(fake, url)


def large(fake: FakeJira) -> list[Any]:
    """150 boards with 120 sprints each, and 250 people."""
    for number in range(150):
        board = fake.add_board("DEMO", f"Board {number}")
        for sprint in range(117):
            fake.add_sprint(board, f"B{number} closed {sprint}", "closed")
        for sprint in range(3):
            fake.add_sprint(board, f"B{number} open {sprint}", "future")
    return [fake.add_user(f"Person {number}", f"p{number}@example.com") for number in range(250)]


async def test_a_large_project_is_asked_for_little(bench: Bench) -> None:
    people = large(bench.fake)
    ways = ("account_id", "email", "display_name")
    tickets = [{"assignee": getattr(each, ways[n % 3]), "sprint": 2} for n, each in enumerate(people)]
    outcome = await bench.export(*tickets)
    assert len(outcome.preflight) <= AT_MOST
    assert not any(path.endswith("/board") for path in outcome.preflight)
    assert max(Counter(outcome.preflight).values()) == 1
    assert outcome.fixes == []
    assert [issue.assignee for issue in outcome.issues] == [each.account_id for each in people]


async def test_a_named_sprint_is_found_on_any_of_many_boards(unlimited: Bench) -> None:
    """Every board counts, since another one may have a sprint of that name; closed sprints do not."""
    bench = unlimited  # over loopback a hundred requests take no second
    large(bench.fake)
    outcome = await bench.export({"sprint": "b149 OPEN 2"}, {"sprint": "B7 open 0"})
    answered = Counter(outcome.preflight)
    boards = [path for path in answered if path.endswith("/sprint")]
    assert len(boards) == 151
    assert max(answered[path] for path in boards) == 1
    assert answered["/rest/agile/1.0/board"] == 4  # pages
    assert outcome.fixes == []
    names = [bench.fake.sprints[issue.fields["customfield_10020"]].name for issue in outcome.issues]
    assert names == ["B149 open 2", "B7 open 0"]


async def test_a_closed_sprint_explains_a_miss(bench: Bench) -> None:
    outcome = await bench.export({"sprint": "DEMO Sprint 1"}, {"sprint": "Nowhere"}, {"sprint": "99"}, {"sprint": 1})
    assert outcome.fixes == [
        "the issue was not put into a sprint, because that sprint is closed",
        "the issue was not put into a sprint, because there is no such sprint; open ones: DEMO Sprint 2, DEMO Sprint 3",
        "the issue was not put into a sprint, because there is no such sprint; open ones: DEMO Sprint 2, DEMO Sprint 3",
        "the issue was not put into a sprint, because that sprint is closed",
    ]
    assert Counter(outcome.preflight)["/rest/agile/1.0/board"] == 1


async def test_reporters_are_looked_for_among_everybody(bench: Bench) -> None:
    guest = bench.fake.add_user("Gil Guest", "gil@example.com", assignable_in=())
    hidden = bench.fake.add_user("Hanna Hidden", "hanna@example.com", assignable_in=(), email_visible=False)
    outcome = await bench.export(
        {"reporter": "Gil Guest", "custom_fields": {"Reviewer": "gil@example.com", "Watching team": "me; Gil Guest"}},
        {"reporter": hidden.account_id, "assignee": "Gil Guest"},
    )
    me = bench.fake.user("me@example.com").account_id
    first, second = outcome.issues
    assert first.fields["reporter"] == first.fields["customfield_10033"] == {"accountId": guest.account_id}
    assert first.fields["customfield_10040"] == [{"accountId": me}, {"accountId": guest.account_id}]
    assert second.fields["reporter"] == {"accountId": hidden.account_id}
    assert outcome.fixes == ["no assignee was set, because issues of this project cannot be assigned to that person"]
    assert max(Counter(outcome.preflight).values()) <= 2  # the list and one person, or two people


async def test_a_name_that_many_others_begin_with_is_found(bench: Bench) -> None:
    for number in range(120):
        bench.fake.add_user(f"Kim {number:03}", f"kim{number}@example.com", assignable_in=())
    kim = bench.fake.add_user("Kim", "kim@example.com")
    outcome = await bench.export({"reporter": "Kim", "assignee": "kim"})
    assert outcome.fixes == []
    assert outcome.issues[0].fields["reporter"] == {"accountId": kim.account_id}
    assert outcome.issues[0].assignee == kim.account_id


async def test_a_search_that_is_refused_is_the_reason(bench: Bench) -> None:
    bench.fake.revoke("USER_PICKER")
    outcome = await bench.export({"reporter": "Priya Nair", "assignee": "Nemo"}, {"reporter": "Nemo", "assignee": "me"})
    nobody = "no assignee was set, because issues of this project cannot be assigned to such a person"
    reason = "because the exporting account cannot search for people: it lacks the global permission Browse users and"
    assert outcome.fixes[0] == nobody
    assert reason in outcome.fixes[1]
    assert outcome.issues[0].fields["reporter"] == {"accountId": bench.fake.user("priya.nair@example.com").account_id}
    assert not any("/user/search" in path for path in outcome.preflight)


async def test_nobody_may_be_searched_at_all(bench: Bench) -> None:
    bench.fake.revoke("USER_PICKER")
    bench.fake.revoke("ASSIGN_ISSUES")
    outcome = await bench.export({"assignee": "Priya Nair"}, {"reporter": "Priya Nair"})
    assert len(outcome.fixes) == 2
    assert "not authorized" in outcome.fixes[0] or "may not assign" in outcome.fixes[0]
    assert "lacks the global permission" in outcome.fixes[1]
    assert len(outcome.preflight) <= AT_MOST


@pytest.mark.parametrize("on_screen", [True, False])
async def test_whom_an_issue_goes_to_is_said_as_it_is(bench: Bench, on_screen: bool) -> None:
    project = bench.fake.project("DEMO")
    project.assignee_type = "PROJECT_LEAD"
    if not on_screen:
        project.issue_type("Task").remove_field("assignee")
    lead = bench.fake.users[project.lead]
    outcome = await bench.export(
        {"assignee": "Unassigned"}, {"assignee": "Automatic"}, {"assignee": "Nemo"}, {"assignee": "me"}, {}
    )
    me = bench.fake.user("me@example.com").account_id
    assert [issue.assignee for issue in outcome.issues] == [None, lead.account_id, lead.account_id, me, lead.account_id]
    (fix,) = outcome.fixes
    assert fix.startswith(f"the default assignee, {lead.display_name}, was set, because issues of this project")
