import math
from typing import Any

import pytest

from jira_session_export._adf.schema import MARKS, NODES, Attr, Kind
from jira_session_export._adf.values import fits, is_number

VIEW = {"type": "table"}


@pytest.mark.parametrize(
    ("value", "attr", "fitting"),
    [
        ("", Attr(), True),
        (1, Attr(), False),
        ("", Attr(min_length=1), False),
        ("a", Attr(choices=frozenset({"a"})), True),
        (["a"], Attr(choices=frozenset({"a"})), False),
        ("#ff0000\n", Attr(pattern="#[0-9a-f]{6}"), False),
        (1.5, Attr(Kind.NUMBER, minimum=1, maximum=2), True),
        (0.5, Attr(Kind.NUMBER, minimum=1), False),
        (3, Attr(Kind.NUMBER, maximum=2), False),
        (True, Attr(Kind.NUMBER), False),
        (math.nan, Attr(Kind.NUMBER), False),
        (10**400, Attr(Kind.NUMBER), False),
        (1, Attr(Kind.BOOLEAN), False),
        ({}, Attr(Kind.OBJECT), True),
        (None, Attr(Kind.OBJECT), False),
        (None, Attr(Kind.OBJECT_OR_NULL), True),
        ([], Attr(Kind.OBJECT_OR_NULL), False),
        ([1, 2.5], Attr(Kind.NUMBERS), True),
        ([True], Attr(Kind.NUMBERS), False),
        ((1,), Attr(Kind.NUMBERS), False),
        (["a"], Attr(Kind.STRINGS, min_length=1), True),
        ([], Attr(Kind.STRINGS, min_length=1), False),
        ({"id": "1", "parameters": {}, "views": [VIEW]}, Attr(Kind.DATASOURCE), True),
        ({"id": "1", "parameters": {}, "views": []}, Attr(Kind.DATASOURCE), False),
        ({"id": "1", "views": [VIEW]}, Attr(Kind.DATASOURCE), False),
        ({"id": "1", "parameters": {}, "views": [{**VIEW, "x": 1}]}, Attr(Kind.DATASOURCE), False),
    ],
)
def test_fits(value: Any, attr: Attr, *, fitting: bool) -> None:
    assert fits(value, attr) is fitting


def test_every_attribute_of_the_content_model_can_be_asked_about() -> None:
    shapes = [*(shape for node in NODES.values() for shape in node.attrs), *(mark.attrs for mark in MARKS.values())]
    for attr in (attr for shape in shapes for attr in shape.values()):
        assert not fits(object(), attr)


@pytest.mark.parametrize(
    "address",
    ["https://a", "HTTP://a", " /a", "#a", "", "mailto:a", "http\u017f://a"],
)
def test_addresses_that_pass(address: str) -> None:
    assert fits(address, MARKS["link"].attrs["href"])


@pytest.mark.parametrize(
    "address", ["javascript:a", "data:,a", "a.html", "?a", "\x1fhttp://a", "javascript:\nhttps://a"]
)
def test_addresses_that_do_not(address: str) -> None:
    assert not fits(address, MARKS["link"].attrs["href"])


def test_numbers() -> None:
    assert is_number(0)
    assert is_number(-1.5)
    assert not is_number("0")
    assert not is_number(None)
