from typing import Any

import pytest

from jira_session_export._adf import convert_html
from jira_session_export._mapping.comparison import differences
from jira_session_export._mapping.draft import FieldName
from jira_session_export._values import ManualFixKind


def compared(sent: Any, stored: Any) -> list[tuple[str, str]]:
    found = differences({"f": sent}, {"f": stored}, {"f": FieldName("the field", "wish")})
    return [(fix.asked_for, fix.done_instead.removeprefix("the create was accepted, but ")) for fix in found]


KEPT = [
    ("A  title", "A title"),
    (5, 5.0),
    (1.1, 1.1),
    ("2026-12-31", "2026-12-31"),
    ("2026-10-02T07:30:00.000+0000", "2026-10-02T09:30:00.000+0200"),
    ({"id": "3"}, {"self": "x", "id": "3", "name": "Medium"}),
    ({"name": "1.0"}, {"id": "7", "name": "1.0"}),
    ({"accountId": "712020:a"}, {"accountId": "712020:a", "displayName": "A"}),
    ({"key": "PROJ-1"}, {"id": "1", "key": "PROJ-1", "fields": {}}),
    ({"id": "1", "child": {"id": "11"}}, {"id": "1", "value": "Sales", "child": {"id": "11", "value": "Quotes"}}),
    (["a", "b"], ["b", "a", "added by a rule"]),
    ([{"id": "1"}], [{"id": "1", "value": "Web"}, {"id": "2"}]),
    (37, [{"id": 37, "name": "Sprint 2", "state": "active"}]),
    ([4], [{"id": "4", "name": "Customers"}]),
    ({"originalEstimate": "2d"}, {"originalEstimate": "2d", "originalEstimateSeconds": 57600}),
    ("request-type", {"requestType": {"id": "5"}}),
    ({"a": [1]}, {"b": [2]}),
]


@pytest.mark.parametrize(("sent", "stored"), KEPT)
def test_what_was_kept(sent: Any, stored: Any) -> None:
    assert compared(sent, stored) == []


@pytest.mark.parametrize(
    ("sent", "stored", "asked_for", "instead"),
    [
        *(
            (sent, nothing, None, "Jira stored nothing there")
            for sent, _ in KEPT
            for nothing in (None, [], "")
        ),
        ("A title", "Another", "wish", "Jira stored Another"),
        (5, 3, "wish", "Jira stored 3"),
        ("2026-12-31", "2026-01-01", "wish", "Jira stored 2026-01-01"),
        ("2026-10-02T07:30:00.000+0000", "2026-10-02T07:30:00.000+0200", "wish", "Jira stored 2026-10-02T07:30"),
        ({"id": "3"}, {"id": "4", "name": "Low"}, "wish", "Jira stored Low"),
        ({"accountId": "a"}, {"accountId": "b", "displayName": "Jo"}, "wish", "Jira stored Jo"),
        ({"id": "1", "child": {"id": "11"}}, {"id": "1", "value": "Sales"}, "wish", "Jira stored Sales"),
        ({"id": "1", "child": {"id": "11"}}, {"id": "1", "value": "S", "child": {"id": "12"}}, "wish", "Jira stored S"),
        (["a", "b", "c"], ["b"], "a, c", "Jira stored b"),
        ([{"id": "1"}, {"id": "2"}], [{"id": "2", "value": "iOS"}], "id: 1", "Jira stored iOS"),
        (37, [{"id": 36, "name": "Sprint 1"}], "wish", "Jira stored Sprint 1"),
    ],
)  # fmt: skip
def test_what_was_not_kept(sent: Any, stored: Any, asked_for: str | None, instead: str) -> None:
    [(asked, done)] = compared(sent, stored)
    assert done.startswith(instead)
    assert asked_for in {None, asked}


def document(html: str) -> Any:
    return convert_html(html).document


def test_rich_text_is_compared_by_its_words() -> None:
    sent = document("<p>One <b>two</b></p><ul><li>three</li></ul>")
    assert compared(sent, document("<h1>One two</h1><p>three</p>")) == []
    [(_, cut)] = compared(sent, document("<p>One</p>"))
    assert cut == "Jira stored another text (3 characters instead of 11, without spaces)"
    [(_, gone)] = compared(sent, None)
    assert gone == "Jira stored nothing there"
    assert compared(sent, "h1. One two") == []  # a shape that cannot be compared


def test_fixes_bear_the_fields_name_and_kind_and_known_ones_are_left_out() -> None:
    sent = {"project": {"key": "A"}, "labels": ["x"], "duedate": "2026-12-31"}
    [fix] = differences(sent, {}, {"labels": FieldName("labels", "x")}, known={"duedate"})
    assert (fix.kind, fix.field, fix.asked_for) == (ManualFixKind.CHANGED_BY_JIRA, "labels", "x")
    assert "Compare labels with the ticket" in fix.recommended_action
