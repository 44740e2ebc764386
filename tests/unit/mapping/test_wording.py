from typing import Any

import pytest

from jira_session_export._mapping.wording import choices, shown


def test_choices_name_the_first_and_count_the_rest() -> None:
    assert choices(["a", "b"]) == "a, b"
    assert choices([str(number) for number in range(13)]) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 3 more"


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("a\n b", "a b"),
        (["a", 1], "a, 1"),
        (5.0, "5"),
        (1234567.5, "1234567.5"),
        ({"value": "Sales", "child": {"value": "x"}}, "value: Sales"),
        ("x" * 300, "x" * 199 + "…"),
    ],
)
def test_shown_is_one_short_line(value: Any, text: str) -> None:
    assert shown(value) == text
