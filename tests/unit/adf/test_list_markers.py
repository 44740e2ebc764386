"""Markers of items that stand in the text."""

import pytest

from jira_session_export._adf.list_markers import Marker, has_outline_number, marker_of, take_marker


@pytest.mark.parametrize(
    ("text", "marker"),
    [
        ("·\xa0\xa0 ", Marker("·", None)),
        ("o", Marker("o", None)),
        ("❖", Marker("❖", None)),
        ("12.", Marker("12.", 12)),
        ("(c)", Marker("(c)", 3)),
        ("iv)", Marker("iv)", 4)),
        ("i.", Marker("i.", 1)),
        ("XII.", Marker("XII.", 12)),
        ("d.", Marker("d.", 4)),
        ("bb.", Marker("bb.", 28)),
        ("1.1.", None),
        ("[3]", Marker("[3]", 3)),
        ("7", Marker("7", 7)),
        ("07.)", Marker("07.)", 7)),
        ("2:", Marker("2:", 2)),
        ("b]", Marker("b]", 2)),
        ("word", None),
        ("a", None),
        ("", None),
    ],
)
def test_marker_that_stands_alone(text: str, marker: Marker | None) -> None:
    assert marker_of(text) == marker


@pytest.mark.parametrize(
    ("text", "strict", "rest"),
    [
        ("·\xa0\xa0Pump", True, "Pump"),
        ("· Pump", False, "Pump"),
        ("· Pump", True, None),
        ("2)\xa0 Pump", True, "Pump"),
        ("<![if !supportLists]>·<![endif]>Pump", True, "Pump"),
        ("n\xa0Pump", False, "Pump"),
        ("n Pump", False, None),
        ("A4 paper", False, None),
        ("@\xa0home", False, None),
        ("(see below)", False, None),
    ],
)
def test_marker_before_a_text(text: str, strict: bool, rest: str | None) -> None:
    content = [{"type": "text", "text": text}]
    marker = take_marker(content, strict=strict)
    assert (marker is not None) == (rest is not None)
    assert "".join(node["text"] for node in content) == (text if rest is None else rest)


def test_marker_may_lie_in_several_nodes() -> None:
    content = [{"type": "text", "text": "1"}, {"type": "text", "text": ".\xa0"}, {"type": "text", "text": " Pump"}]
    assert take_marker(content, strict=True) == Marker("1.", 1)
    assert content == [{"type": "text", "text": "Pump"}]


@pytest.mark.parametrize(
    ("text", "numbered"), [("1.2.\xa0 Roof", True), ("1.2.3\tRoof", True), ("1.5 litres", False), ("1.\xa0Roof", False)]
)
def test_number_of_an_outline(text: str, numbered: bool) -> None:
    assert has_outline_number([{"type": "text", "text": text}]) is numbered
