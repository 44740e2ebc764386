"""Results as CSV and Markdown: whatever is in a title, a row stays a row and a cell is no formula, mark or tag."""

import csv
import io
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from jira_session_export._printable import one_line
from jira_session_export._tables import as_csv, as_markdown, markdown_link, markdown_text
from jira_session_export._values import ManualFixKind
from jira_session_export.api import ExportResultsResponse, JiraTicketReference, ManualFixGuidance

MARKDOWN = MarkdownIt("commonmark").enable("table")


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2)))
def test_csv_keeps_its_rows_and_holds_no_formula(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(as_csv(("a", "b"), rows))))
    assert read[0] == ["a", "b"]
    assert len(read) == len(rows) + 1
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in read[1:] for cell in row)
    assert [[cell.removeprefix("'") for cell in row] for row in read[1:]] == [
        [one_line(cell).removeprefix("'") for cell in row] for row in rows
    ]


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_markdown_cell_shows_what_it_holds(text: str) -> None:
    (table,) = [
        token
        for token in MARKDOWN.parse(as_markdown(("a", "b"), [("x", markdown_text(text) or "-")]))
        if token.type == "tbody_open"
    ]
    assert table
    html = MARKDOWN.render(as_markdown(("a", "b"), [("x", markdown_text(text) or "-")]))
    assert html.count("<tr>") == 2
    assert html.count("<td>") == 2
    assert "<em>" not in html
    assert "<a " not in html
    assert "<code>" not in html
    assert "<script" not in html


@pytest.mark.parametrize("url", ["javascript:alert(1)", "data:text/html,x", ""])
def test_an_address_that_is_none_of_the_web_is_no_link(url: str) -> None:
    assert markdown_link("A-1", url) == "A-1"


def test_results_say_field_asked_for_and_done_instead() -> None:
    results = ExportResultsResponse(
        session_id=UUID(int=1),
        total_tickets_created=1,
        jira_tickets=[JiraTicketReference(ticket_id=UUID(int=2), jira_key="A-1", jira_url="https://x/browse/A-1", title='=cmd|"x", b')],
        dependencies_created=0,
        manual_fixes=[
            ManualFixGuidance(
                jira_key="A-1", title="T", issue_type=ManualFixKind.PRIORITY_NOT_AVAILABLE, recommended_action="all", jira_url="https://x/browse/A-1",
                field="priority", asked_for="Utmost", done_instead="the default was used", what_to_do="Set it.",
            )
        ],
        total_processing_time_minutes=0.0,
    )  # fmt: skip
    issue, fix = csv.DictReader(io.StringIO(results.to_csv()))
    assert issue["record"] == "issue"
    assert issue["title"] == """'=cmd|"x", b"""
    assert fix == {
        "record": "manual fix", "key": "A-1", "title": "T", "url": "https://x/browse/A-1", "kind": "priority_not_available",
        "field": "priority", "asked_for": "Utmost", "done_instead": "the default was used", "what_to_do": "Set it.",
    }  # fmt: skip
    shown = results.to_markdown()
    assert "| [A-1](https://x/browse/A-1) | priority | Utmost | the default was used | Set it. |" in shown
    assert r'| [A-1](https://x/browse/A-1) | =cmd\|"x", b |' in shown
