from typing import Any

import pytest

from jira_session_export._adf.tree import count, iso_date, items, mapping, marks_by_type, string


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a", "a"),
        ("a\0\ud800", "a\ufffd\ufffd"),
        (1, "1"),
        (1.5, "1.5"),
        (True, ""),
        (None, ""),
        ([], ""),
    ],
)
def test_string(value: Any, text: str) -> None:
    assert string(value) == text


def test_a_number_too_long_to_be_written_is_no_text() -> None:
    assert not string(10**5000)


@pytest.mark.parametrize(
    ("value", "number"),
    [(1, 1), (6, 6), (2.7, 2), (0, None), (7, None), (True, None), ("2", None), (float("nan"), None), (10**400, None)],
)
def test_count(value: Any, number: int | None) -> None:
    assert count(value, at_most=6) == number


@pytest.mark.parametrize(
    ("timestamp", "day"),
    [
        ("0", "1970-01-01"), ("1700000000000", "2023-11-14"), ("-1", "1969-12-31"), (0, "1970-01-01"), ("", None), ("x", None),
        ("9" * 30, None), ("9" * 5000, None), (None, None),
    ],
)  # fmt: skip
def test_iso_date(timestamp: Any, day: str | None) -> None:
    assert iso_date(timestamp) == day


def test_what_is_not_there_is_empty() -> None:
    assert mapping([1]) == {}
    assert items({"a": 1}) == []
    assert marks_by_type({"marks": "strong"}) == {}


def test_the_first_mark_of_a_type_wins() -> None:
    marks = [{"type": "link", "attrs": {"href": "a"}}, None, {"type": "link", "attrs": {"href": "b"}}, {"type": "em"}]
    assert marks_by_type({"marks": marks}) == {"link": {"href": "a"}, "": {}, "em": {}}
