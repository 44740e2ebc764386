"""What people read has no "1 tickets" and no "in 0.0 minutes"."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_session_export._wording import counted, duration, sentence


@pytest.mark.parametrize(
    ("number", "said"), [(0, "0 tickets"), (1, "1 ticket"), (2, "2 tickets"), (1000, "1,000 tickets")]
)
def test_counted(number: int, said: str) -> None:
    assert counted(number, "ticket") == said
    assert counted(number, "dependency", "dependencies") == said.replace("tickets", "dependencies").replace(
        "ticket", "dependency"
    )


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0, "less than 0.1 s"), (0.04, "less than 0.1 s"), (0.05, "0.1 s"), (1, "1 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.4, "59 s"),
        (59.6, "1 min"), (60, "1 min"), (61, "1 min 1 s"), (3599, "59 min 59 s"), (3599.6, "1 h"), (3660, "1 h 1 min"), (86400, "1 day"),
        (2 * 86400 + 3600, "2 days 1 h"),
    ],
)  # fmt: skip
def test_duration(seconds: float, said: str) -> None:
    assert duration(seconds) == said


@given(st.floats(min_value=0, max_value=1e7))
def test_a_duration_says_no_zero_and_no_sixty(seconds: float) -> None:
    numbers = re.findall(r"(?<![\d.])\d+(?:\.\d+)?", duration(seconds))
    assert "0" not in numbers
    assert "0.0" not in numbers
    assert "60" not in numbers or "60 days" in duration(seconds)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Done", "Done."),
        ("Done.", "Done."),
        ("Done..", "Done."),
        ("Why?", "Why?"),
        ("a …", "a …"),
        ("so on...", "so on..."),
    ],
)
def test_sentence(text: str, said: str) -> None:
    assert sentence(text) == said
