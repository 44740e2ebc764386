"""A line that fits by our count fits in every terminal, and no character is cut in half."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_session_export._cli.screen import clusters, columns, cut_middle

FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467"
FLAG = "\U0001f1e9\U0001f1ea"
MIXED = st.text(
    st.sampled_from(
        [*"abc 1-", "漢", "字", "e", "\u0301", "\u200d", "\ufe0f", "❤", "👍", "\U0001f3fd", *FLAG, "ｱ", "ก", "ำ"]
    ),
    max_size=60,
)


@pytest.mark.parametrize(
    ("text", "wide"),
    [
        ("", 0), ("abc", 3), ("漢字", 4), ("e\u0301", 1), ("❤\ufe0f", 2), ("👍\U0001f3fd", 4), (FAMILY, 6), (FLAG, 4), ("ｱ", 1), ("Ａ", 2),
    ],
)  # fmt: skip
def test_columns(text: str, wide: int) -> None:
    assert columns(text) == wide


@pytest.mark.parametrize(
    ("text", "width", "cut"),
    [
        ("Configure Product Fields", 24, "Configure Product Fields"),
        ("Configure Product Fields", 23, "Configure P…duct Fields"),
        ("Configure Product Fields", 11, "Confi…ields"),
        ("漢字漢字漢字", 7, "漢…漢字"),
        ("漢字漢字", 2, "…"),
        ("abc", 1, "…"),
        ("abc", 0, ""),
        (f"{FAMILY}{FAMILY}{FAMILY}", 13, f"{FAMILY}…{FAMILY}"),
        (f"{FLAG}{FLAG}{FLAG}", 9, f"{FLAG}…{FLAG}"),
        ("e\u0301" * 10, 5, "e\u0301e\u0301…e\u0301e\u0301"),
    ],
)  # fmt: skip
def test_cut_middle(text: str, width: int, cut: str) -> None:
    assert cut_middle(text, width) == cut


@given(MIXED | st.text(), st.integers(min_value=0, max_value=40))
def test_what_is_cut_fits_and_is_made_of_whole_characters(text: str, width: int) -> None:
    cut = cut_middle(text, width)
    assert columns(cut) <= width
    assert "".join(clusters(text)) == text
    if cut != text and cut:
        head, _, tail = cut.partition("…") if "…" not in text else (None, None, None)
        if head is not None:
            parts = list(clusters(text))
            assert any("".join(parts[:number]) == head for number in range(len(parts) + 1))
            assert any("".join(parts[number:]) == tail for number in range(len(parts) + 1))
