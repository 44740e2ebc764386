from datetime import UTC, datetime, timedelta

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.testing.fake_jira.conftest import client_of, create, text_document

from jira_session_export._testing.fake_jira.jql import JqlError, parse
from jira_session_export.testing import FakeJira, FakeRuntime


@pytest.fixture(scope="module")
def site() -> FakeJira:
    runtime = FakeRuntime(start=datetime(2026, 1, 5, 9, tzinfo=UTC))
    fake = FakeJira(("DEMO", "PAY"), runtime=runtime)
    maria, jonas = (
        {"accountId": fake.user(email).account_id} for email in ("maria.silva@example.com", "jonas.weber@example.com")
    )

    async def fill() -> None:
        async with client_of(fake) as client:
            epic = await create(client, issuetype={"name": "Epic"}, summary="Payments launch", labels=["x"])
            runtime.clock.advance(3600)
            await create(
                client,
                summary="Fix the invoice totals",
                labels=["x", "Export-1"],
                assignee=maria,
                parent={"key": epic},
                customfield_10020=2,
                customfield_10028=5,
                customfield_10031={"value": "Staging"},
                customfield_10037="ACME 77",
                description=text_document("rounding of totals"),
                components=[{"name": "Billing"}],
                fixVersions=[{"name": "1.1"}],
                priority={"name": "High"},
            )
            runtime.clock.advance(3600)
            await create(client, project={"key": "PAY"}, issuetype={"name": "Bug"}, summary="Crash", assignee=jonas)

    anyio.run(fill)
    return fake


@pytest.mark.parametrize(
    ("jql", "numbers"),
    [
        ("project = DEMO", "1 2"),
        ('project = "Demo project"', "1 2"),
        ("project != DEMO", "3"),
        ("project in (DEMO, PAY)", "1 2 3"),
        ("project not in (DEMO)", "3"),
        ("labels = x", "1 2"),
        ("labels = EXPORT-1", "2"),
        ('labels in ("export-1", none)', "2"),
        ("labels != export-1", "1"),
        ("labels is EMPTY", "3"),
        ("labels is not EMPTY", "1 2"),
        ("labels = EMPTY", "3"),
        ("assignee = currentUser()", "2"),
        ("assignee is null", "1"),
        ('assignee = "jonas.weber@example.com"', "3"),
        ('assignee in ("Jonas Weber", currentUser())', "2 3"),
        ("reporter = currentUser()", "1 2 3"),
        ("creator = currentUser() AND project = PAY", "3"),
        ("key = DEMO-2", "2"),
        ("issuekey in (DEMO-1, PAY-1)", "1 3"),
        ("id = 10000", "1"),
        ("key > DEMO-1", "2"),
        ("created >= -90m", "2 3"),
        ("created >= -1h", "2 3"),
        ("created < -1h", "1"),
        ('created >= "2026-01-05 10:00"', "2 3"),
        ('created > "2026/01/05 10:00"', "3"),
        ("created >= 2026-01-06", ""),
        ("created <= now()", "1 2 3"),
        ("updated >= startOfDay()", "1 2 3"),
        ("summary ~ invoices", "2"),
        ('summary ~ "totals fix"', "2"),
        ('summary ~ "\\"invoice totals\\""', "2"),
        ('summary ~ "\\"totals invoice\\""', ""),
        ("summary ~ inv*", "2"),
        ("summary !~ invoice", "1 3"),
        ("description ~ rounding", "2"),
        ("text ~ crash OR text ~ rounding", "2 3"),
        ("description is EMPTY", "1 3"),
        ('status = "To Do"', "1 2 3"),
        ("type = Bug", "3"),
        ("issuetype in (Epic, Bug)", "1 3"),
        ("priority = High", "2"),
        ("component = Billing", "2"),
        ("fixVersion = 1.1", "2"),
        ("parent = DEMO-1", "2"),
        ("sprint = 2", "2"),
        ("sprint in openSprints()", "2"),
        ("sprint in futureSprints()", ""),
        ('sprint = "DEMO Sprint 2"', "2"),
        ("sprint is EMPTY", "1 3"),
        ("cf[10028] = 5", "2"),
        ('"Story Points" > 3', "2"),
        ('"Story Points" is EMPTY', "1 3"),
        ("cf[10031] = Staging", "2"),
        ('"Customer reference" ~ acme', "2"),
        ('issue.property[jira-session-export].ticket = "t"', ""),
        ("NOT project = PAY", "1 2"),
        ("NOT (project = PAY OR labels = export-1)", "1"),
        ("project = PAY OR project = DEMO AND labels = export-1", "2 3"),
        ("(project = PAY OR project = DEMO) AND labels = export-1", "2"),
        ("NOT NOT project = PAY", "3"),
    ],
)
def test_what_is_found(jql: str, numbers: str, site: FakeJira) -> None:
    assert _found(site, jql) == numbers


@pytest.mark.parametrize(
    ("order", "numbers"),
    [
        ("", "3 2 1"),
        ("ORDER BY created", "1 2 3"),
        ("ORDER BY created DESC", "3 2 1"),
        ("order by project DESC, key", "3 1 2"),
        ("ORDER BY summary asc", "3 2 1"),
        ("ORDER BY priority DESC, key", "2 1 3"),
    ],
)
def test_order(order: str, numbers: str, site: FakeJira) -> None:
    caller = site.user("maria.silva@example.com")
    found = parse(site._site, caller, f"project in (DEMO, PAY) {order}").run(site.issues.values())
    assert " ".join(str(int(issue.id) - 9_999) for issue in found) == numbers


def test_length_and_depth_do_not_matter(site: FakeJira) -> None:
    assert _found(site, "(" * 20_000 + "project = PAY" + ")" * 20_000) == "3"
    assert _found(site, "NOT " * 20_000 + "project = PAY") == "3"
    assert _found(site, " OR ".join(["project = PAY"] * 2_000)) == "3"


_words = st.sampled_from(
    [
        "project",
        "=",
        "DEMO",
        "(",
        ")",
        "AND",
        "OR",
        "NOT",
        "in",
        "is",
        "EMPTY",
        ",",
        "labels",
        '"x"',
        "ORDER",
        "BY",
        "key",
        "~",
        "-1d",
        "created",
        "\\",
        "'",
    ]
)


@given(st.lists(_words, max_size=12).map(" ".join) | st.text(max_size=30))
def test_any_text_is_read_or_refused(jql: str) -> None:
    fake = FakeJira()
    try:
        query = parse(fake._site, fake.user("maria.silva@example.com"), jql)
    except JqlError:
        return
    assert query.run([]) == []


@given(st.integers(min_value=0, max_value=10_000))
def test_relative_dates(minutes: int) -> None:
    runtime = FakeRuntime()
    fake = FakeJira(runtime=runtime)
    query = parse(fake._site, fake.user("maria.silva@example.com"), f"created >= -{minutes}m")
    issue = fake._site.create_issue(
        fake.project("DEMO"),
        fake.project("DEMO").issue_types[2],
        creator=fake.user("maria.silva@example.com"),
        fields={"summary": "x"},
        properties={},
    )
    issue.created = runtime.now() - timedelta(minutes=minutes)
    assert query.matches(issue)
    issue.created -= timedelta(minutes=1)
    assert not query.matches(issue)


def _found(site: FakeJira, jql: str) -> str:
    query = parse(site._site, site.user("maria.silva@example.com"), jql)
    return " ".join(str(int(issue.id) - 9_999) for issue in site.issues.values() if query.matches(issue))
