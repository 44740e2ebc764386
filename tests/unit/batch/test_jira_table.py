"""Jira's own export as CSV, as its issue navigator writes it ("Export, CSV (all fields)")."""

import pytest

from jira_session_export._batch import load_batch

EXPORT = """Summary,Issue key,Issue id,Parent key,Parent,Issue Type,Status,Project key,Priority,Assignee,Assignee Id,Reporter,Created,Due date,Labels,Labels,Component/s,Component/s,Fix Version/s,Description,Attachment,Attachment,Comment,Sprint,Sprint,Custom field (Story Points),Custom field (Rank),Custom field (Affected platforms),Custom field (Affected platforms),Custom field (Start date),Outward issue link (Blocks),Outward issue link (Blocks),Inward issue link (Blocks),Inward issue link (Cloners),Inward issue link (Odd)
Booking,DEMO-1,10001,,,Epic,Done,DEMO,High,Ann,5b1,Bob,01/Jan/26 9:00 AM,31/Mar/26 12:00 AM,,,,,,"h2. Rules
All <b> & more

second",,,,,,,0|i0000f:,,,,,,,,
"Slots, free",DEMO-2,10002,,10001,Story,To Do,DEMO,Low,Ann,,,01/Jan/26 9:00 AM,,booking,backend,API,"Sales, EMEA",1.10,,02/Jan/26 9:00 AM;ann;a.png;https://x/a.png,02/Jan/26 9:00 AM;ann;b.png;https://x/b.png,"x;ann;well",DEMO Sprint 1,DEMO Sprint 2,3.0,0|i0000g:,Web,iOS,02/Feb/26 12:00 AM,DEMO-1,OTHER-9,,OTHER-8,OTHER-7
Page,DEMO-3,10003,,99999,Story,To Do,DEMO,Low,,,,,,,,,,,,,,,,,,,,,,,,DEMO-2,,
"""


@pytest.fixture
def read(write):
    told = []

    def load(text=EXPORT, name="jira.csv", **options):
        return load_batch(write(name, text), project_key="NEW", tell=told.append, **options), told

    return load


def test_an_export_of_jira_is_a_batch(read):
    session, told = read()
    epic, slots, page = session.tickets
    assert (epic.title, epic.issue_type, epic.priority, str(epic.due_date)) == ("Booking", "Epic", "High", "2026-03-31")
    assert (epic.assignee, epic.reporter, slots.assignee) == ("5b1", "Bob", "Ann")
    assert epic.description_html == "<p>h2. Rules<br>All &lt;b&gt; &amp; more</p><p>second</p>"
    assert slots.labels == ("booking", "backend")
    assert slots.components == ("API", "Sales, EMEA")
    assert (slots.fix_versions, slots.sprint, slots.story_points) == (("1.10",), "DEMO Sprint 2", 3.0)
    assert slots.custom_fields == {"Affected platforms": ["Web", "iOS"], "Start date": "2026-02-02"}
    assert (slots.parent, page.parent) == (epic.id, None)
    assert [(link.type, link.to) for link in slots.links] == [
        ("Blocks", epic.id),
        ("Blocks", "OTHER-9"),
        ("is cloned by", "OTHER-8"),
        ("Blocks", page.id),
    ]
    assert page.links == ()  # the other end has it
    assert told


def test_what_is_left_out_is_told(read):
    said = "\n".join(read()[1])
    for part in (
        "'Status'",
        "'Comment'",
        "'Custom field (Rank)'",
        "2 attachments",
        "wiki markup",
        "1 parent outside",
        "1 link left out",
    ):
        assert part in said, part


def test_a_link_from_the_other_end_alone_is_kept(read):
    text = "Summary,Issue key,Inward issue link (Blocks)\nA,D-1,D-9\nB,D-2,D-1\n"
    session, _ = read(text)
    first, second = session.tickets
    assert [(link.type, link.to) for link in first.links] == [("is blocked by", "D-9"), ("Blocks", second.id)]


def test_an_own_mapping_goes_before(read):
    session, _ = read(
        "Summary,Issue key,Notes\nA,D-1,x\n",
        mapping={"columns": {"Summary": "title", "Issue key": "id", "Notes": None}},
    )
    assert session.tickets[0].title == "A"


def test_semicolons_and_europe(read):
    session, _ = read("Summary;Issue key;Custom field (Story Points)\nA, b;D-1;2,5\n")
    assert (session.tickets[0].title, session.tickets[0].story_points) == ("A, b", 2.5)
