import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_session_export._mapping.summary import shorten_summary


@pytest.mark.parametrize(("text", "length"), [("x" * 255, 255), ("x" * 256, 255), ("😀" * 127, 127), ("😀" * 128, 128)])
def test_summaries_are_as_long_as_jira_takes(text: str, length: int) -> None:
    assert len(shorten_summary(text)) == length


@given(st.text(max_size=600))
def test_a_summary_is_never_longer_than_jira_takes(text: str) -> None:
    summary = shorten_summary(text)
    assert len(summary.encode("utf-16-le", "surrogatepass")) // 2 <= 255
    assert summary == text or text.startswith(summary.removesuffix("…"))
