"""What the `font` property says."""

import pytest

from jira_session_export._adf.element import Element
from jira_session_export._adf.fonts import first_family, said_by_font


@pytest.mark.parametrize(
    ("shorthand", "style", "weight", "family"),
    [
        ("italic bold 12px/30px georgia, serif", "italic", "bold", "georgia, serif"),
        ("12pt symbol", "normal", "normal", "symbol"),
        ('small-caps 700 1.5em/1 "wingdings 3"', "normal", "700", '"wingdings 3"'),
        ("x-large menlo", "normal", "normal", "menlo"),
        ("oblique 90% / 1.2 a", "oblique", "normal", "a"),
    ],
)
def test_parts_of_the_shorthand(shorthand: str, style: str, weight: str, family: str) -> None:
    assert said_by_font(shorthand) == {"font-style": style, "font-weight": weight, "font-family": family}


@pytest.mark.parametrize("shorthand", ["inherit", "caption", "", "bold", "12px"])
def test_what_is_no_shorthand_says_nothing(shorthand: str) -> None:
    assert said_by_font(shorthand) == {}


@pytest.mark.parametrize(
    ("families", "first"),
    [("'Courier New', monospace", "courier new"), ('"Symbol"', "symbol"), ("inherit", ""), ("", ""), (" A , B", "a")],
)
def test_first_family(families: str, first: str) -> None:
    assert first_family(families) == first


def test_later_declarations_and_important_ones_win() -> None:
    style = Element("p", {"style": "FONT: bold 1em X; font-weight: 400; color: red !important; color: blue"}).style
    assert (style["font-weight"], style["font-family"], style["color"]) == ("400", "x", "red")
