import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_session_export._adf.colours import hex_colour


@pytest.mark.parametrize(
    ("css", "expected"),
    [
        ("#ABC", "#aabbcc"), ("#abcd", "#aabbcc"), ("#aabbcc", "#aabbcc"), ("#aabbccdd", "#aabbcc"), ("#aabbcc00", None),
        ("RebeccaPurple", "#663399"), ("rgb(1, 2, 3)", "#010203"), ("rgb(1 2 3 / 50%)", "#010203"),
        ("rgba(1,2,3,0)", None), ("rgb(100%, 0%, 50%)", "#ff0080"), ("rgb(300,-5,0)", "#ff0000"),
        ("hsl(0, 100%, 50%)", "#ff0000"), ("hsla(240,100%,50%,1)", "#0000ff"), ("hsl(480deg 100% 25%)", "#008000"),
        ("transparent", None), ("inherit", None), ("windowtext", None), ("", None), ("#12", None), ("rgb(a,b,c)", None),
        ("rgb(1,2)", None), ("var(--x)", None), ("rgb(" + "9" * 500 + ",1,1)", None),
    ],
)  # fmt: skip
def test_colours(css, expected):
    assert hex_colour(css) == expected


@given(st.text(st.sampled_from("rgbhsla(),.%#/-+ 0123456789e"), max_size=40))
def test_never_anything_but_a_colour(css):
    colour = hex_colour(css)
    assert colour is None or re.fullmatch("#[0-9a-f]{6}", colour)
