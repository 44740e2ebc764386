import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_session_export._adf.colours import background_of, hex_colour, text_colour


@pytest.mark.parametrize(
    ("css", "expected"),
    [
        ("#ABC", "#aabbcc"), ("#abcd", "#b5c4d3"), ("#aabbcc", "#aabbcc"), ("#aabbccdd", "#b5c4d3"), ("#aabbcc00", None),
        ("RebeccaPurple", "#663399"), ("rgb(1, 2, 3)", "#010203"), ("rgb(1 2 3 / 50%)", "#808081"),
        ("rgba(1,2,3,0)", None), ("rgb(100%, 0%, 50%)", "#ff0080"), ("rgb(300,-5,0)", "#ff0000"),
        ("hsl(0, 100%, 50%)", "#ff0000"), ("hsla(240,100%,50%,1)", "#0000ff"), ("hsl(480deg 100% 25%)", "#008000"),
        ("rgba(132, 0, 255, 0.2)", "#e6ccff"), ("hwb(120 0% 50%)", "#008000"), ("oklch(62.8% 0.2577 29.23)", "#ff0000"),
        ("oklab(1 0 0)", "#ffffff"), ("color(srgb 1 0 0 / 0.5)", "#ff8080"), ("color(display-p3 1 0 0)", None),
        ("var(--mark, #FFC078)", "#ffc078"), ("var(--a, var(--b, rgb(1, 2, 3)))", "#010203"),
        ("var(--tt-color-highlight-yellow)", "#ffff00"), ("var(--x,", None), ("rgb(none 0 0)", "#000000"),
        ("transparent", None), ("inherit", None), ("windowtext", None), ("", None), ("#12", None), ("rgb(a,b,c)", None),
        ("rgb(1,2)", None), ("var(--x)", None), ("rgb(" + "9" * 500 + ",1,1)", None),
    ],
)  # fmt: skip
def test_colours(css, expected):
    assert hex_colour(css) == expected


@pytest.mark.parametrize(
    ("css", "expected"),
    [("rgba(0, 0, 0, 0.87)", "#000000"), ("rgba(0, 0, 0, 0.3)", "#b2b2b2"), ("rgba(255, 0, 0, 0.5)", "#ff8080")],
)
def test_black_that_shines_through_a_little_is_the_black_of_text(css, expected):
    assert text_colour(css) == expected


@pytest.mark.parametrize(
    ("style", "expected"),
    [
        ({"background": "url(a.png) no-repeat #eee"}, "#eeeeee"),
        ({"background": "rgba(0, 0, 0, 0.5) none"}, "#808080"),
        ({"background-color": "inherit", "background": "red"}, "#ff0000"),
        ({"background": "none"}, None),
        ({}, None),
        ("yellow", "#ffff00"),
        ("", None),
    ],
)
def test_backgrounds(style, expected):
    assert background_of(style) == expected


@given(st.text(st.sampled_from("rgbhslaokcwvn(),.%#/-+ 0123456789e"), max_size=40))
def test_never_anything_but_a_colour(css):
    colour = hex_colour(css)
    assert colour is None or re.fullmatch("#[0-9a-f]{6}", colour)
