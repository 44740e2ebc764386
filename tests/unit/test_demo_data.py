"""What the README says about the shipped session is so."""

import re
from collections import Counter
from pathlib import Path
from uuid import UUID

import pytest

from jira_session_export import (
    ApiTokenAuth,
    Exporter,
    ExportService,
    InMemoryStore,
    InProcessRunner,
    JiraClient,
    Session,
    Ticket,
    load_batch,
)
from jira_session_export.testing import FakeJira, FakeRuntime

DATA = Path(__file__).parents[2] / "examples" / "data"


@pytest.fixture(scope="module")
def session() -> Session:
    return load_batch(DATA / "demo-session.json")


def body(ticket: Ticket) -> str:
    return ticket.description_html or ticket.description_markdown or ""


def words(ticket: Ticket) -> set[str]:
    return set(re.findall(r"\w{4,}", re.sub(r"<[^>]*>", " ", body(ticket)).lower()))


def test_eighty_seven_tickets_for_demo_with_twelve_dependencies(session: Session) -> None:
    assert session.project_key == "DEMO"
    assert len(session.tickets) == 87
    assert sum(len(ticket.depends_on) for ticket in session.tickets) == 12
    assert not any(ticket.links for ticket in session.tickets)


def test_some_dependencies_point_further_down_so_that_ordering_matters(session: Session) -> None:
    order = {ticket.id: ticket.order for ticket in session.tickets}
    assert any(order[other] > ticket.order for ticket in session.tickets for other in ticket.depends_on)


def test_bodies_have_one_to_six_kilobytes(session: Session) -> None:
    sizes = [len(body(ticket).encode()) for ticket in session.tickets]
    assert min(sizes) >= 1_000
    assert max(sizes) <= 6_000


def test_no_two_bodies_are_alike(session: Session) -> None:
    sets = [words(ticket) for ticket in session.tickets]
    for place, one in enumerate(sets):
        for other in sets[:place]:
            assert len(one & other) / len(one | other) < 0.3


@pytest.mark.parametrize(
    "trace",
    [
        'data-type="taskList"',  # TipTap
        'class="ql-ui"',  # Quill
        'class="todo-list"',  # CKEditor
        "mso-list:l0",  # Word
        "docs-internal-guid",  # Google Docs
        "elementToProof",  # Outlook
        "data-start=",  # ChatGPT
        'class="ak-editor-panel"',  # Confluence
        'class="code panel"',  # Jira
        "<details",
        "<img ",
        "data-mention",
        "&nbsp;",
        "月",
        "ß",
        "« ",
        "🙂",
    ],
)
def test_bodies_are_as_editors_write_them(session: Session, trace: str) -> None:
    assert any(trace in body(ticket) for ticket in session.tickets)


def test_fifteen_bodies_are_markdown(session: Session) -> None:
    assert sum(ticket.description_markdown is not None for ticket in session.tickets) == 15


def test_six_small_files_are_attached(session: Session) -> None:
    paths = [attachment.path for ticket in session.tickets for attachment in ticket.attachments]
    assert {path.suffix for path in paths} == {".csv", ".log", ".png", ".pdf", ".json"}
    assert sorted(paths) == sorted((DATA / "attachments").iterdir())
    assert len(paths) == 6


def test_the_whole_is_small() -> None:
    assert sum(path.stat().st_size for path in DATA.rglob("*") if path.is_file()) <= 400_000


def test_titles_are_distinct_and_short(session: Session) -> None:
    titles = [ticket.title for ticket in session.tickets]
    assert len(set(titles)) == 87
    assert max(map(len, titles)) <= 80


def test_parents_come_first_and_sub_tasks_have_one(session: Session) -> None:
    seen: set[UUID | str] = set()
    for ticket in session.tickets:
        assert ticket.parent is None or ticket.parent in seen
        assert (ticket.issue_type != "Sub-task") or ticket.parent
        seen.add(ticket.id)


async def test_it_exports_with_exactly_three_manual_fixes_and_no_needless_write(session: Session) -> None:
    runtime = FakeRuntime()
    jira = FakeJira(runtime=runtime)
    store = InMemoryStore()
    await store.put(session)
    async with JiraClient(
        jira.base_url, ApiTokenAuth("me@example.com", "token"), runtime=runtime, transport=jira.transport
    ) as client:
        exporter = Exporter(client, store, runtime=runtime)
        async with InProcessRunner(exporter, sweep_seconds=None) as runner:
            service = ExportService(store, client, runner, runtime=runtime)
            await service.start(session.id)
            await runner.wait(session.id)
            results = await service.results(session.id)
    assert (results.total_tickets_created, results.dependencies_created) == (87, 12)
    assert sorted(fix.issue_type for fix in results.manual_fixes) == [
        "assignee_invalid",
        "priority_not_available",
        "sprint_not_found",
    ]
    assert Counter(request.resource.split("/")[-1] for request in jira.writes) == {
        "issue": 87,
        "attachments": 6,
        "issueLink": 12,
    }
