import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_session_export._written import WrittenNumber, list_items, with_marked_numbers, with_written_numbers


def test_a_number_remembers_how_it_was_written() -> None:
    number = WrittenNumber("1.10")
    assert (number, str(number), f"{number:.1f}", json.dumps([number])) == (1.1, "1.10", "1.1", "[1.1]")
    for other in (copy.deepcopy(number), pickle.loads(pickle.dumps(number))):
        assert isinstance(other, WrittenNumber)
        assert other.written == "1.10"
    assert WrittenNumber(".inf", float("inf")).written == ".inf"
    with pytest.raises(ValueError, match="abc"):
        WrittenNumber("abc")


LITERALS = st.sampled_from(["1.10", "2.0", "1e3", "-0", "0.0"]).map(WrittenNumber)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text() | LITERALS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
)


@given(st.dictionaries(st.text(max_size=3), VALUES, max_size=3))
def test_json_keeps_how_numbers_were_written(values: dict[str, object]) -> None:
    again = with_written_numbers(json.loads(json.dumps(with_marked_numbers(values))))
    assert repr(_as_written(again)) == repr(_as_written(values))


def _as_written(value: object) -> object:
    match value:
        case dict():
            return {name: _as_written(item) for name, item in value.items()}
        case list():
            return [_as_written(item) for item in value]
        case WrittenNumber():
            return (value.written, float(value))
        case _:
            return value


def test_what_only_looks_like_a_marked_number_stays() -> None:
    odd = {"a": {"$number": "x"}, "b": {"$number": "1", "c": 2}, "d": {"$number": 1}}
    assert with_written_numbers(odd) == odd


@pytest.mark.parametrize(
    ("text", "items"),
    [
        ("", []),
        (" , ;\n", []),
        ("a", ["a"]),
        ("frontend, backend", ["frontend", "backend"]),
        ("a;b\r\nc, d", ["a", "b", "c", "d"]),
        ("Silva, Maria; x, y", ["Silva, Maria", "x", "y"]),
        ("R1; final", ["R1; final"]),
    ],
)
def test_a_list_in_one_text(text: str, items: list[str]) -> None:
    assert list_items(text, lambda item: item in {"Silva, Maria", "R1; final"}) == items
