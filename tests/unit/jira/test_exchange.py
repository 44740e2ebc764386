"""Requests as they are built; what answers mean, and how often they are sent, is in test_dispatch."""

import pytest

from jira_session_export._jira.exchange import as_json, with_query
from jira_session_export._jira.operation import Operation
from jira_session_export.errors import InputError

CREATE = Operation("POST", "/rest/api/3/issue", "create the issue")


@pytest.mark.parametrize(
    ("params", "query"),
    [
        (None, ""),
        ({}, ""),
        ({"query": "Ann & Bob", "maxResults": 50}, "?query=Ann%20%26%20Bob&maxResults=50"),
        ({"query": "Größe/ö+#?"}, "?query=Gr%C3%B6%C3%9Fe%2F%C3%B6%2B%23%3F"),
        ({"accountId": "712020:11-22"}, "?accountId=712020%3A11-22"),
        ({"query": ""}, "?query="),
    ],
)
def test_queries(params: dict[str, str | int] | None, query: str) -> None:
    assert with_query("https://site/x", params) == f"https://site/x{query}"


def test_bodies_are_json_in_the_fewest_bytes() -> None:
    assert as_json({"a": ["Prüfung", None, 1.5]}, CREATE) == '{"a":["Prüfung",null,1.5]}'.encode()


def test_what_only_looks_like_no_number_is_sent() -> None:
    assert as_json({"a": "NaN and Infinity"}, CREATE) == b'{"a":"NaN and Infinity"}'


def test_bodies_may_be_nested_deeply() -> None:
    value: list[object] = []
    for _ in range(400):
        value = [value]
    assert as_json(value, CREATE) == b"[" * 401 + b"]" * 401


@pytest.mark.parametrize("value", [float("nan"), float("inf"), object(), "\ud800"])
def test_what_is_no_json(value: object) -> None:
    with pytest.raises(InputError, match="create the issue"):
        as_json({"fields": {"x": value}}, CREATE)


def test_a_value_that_holds_itself_is_no_json() -> None:
    value: dict[str, object] = {}
    value["self"] = [value]
    with pytest.raises(InputError, match="create the issue"):
        as_json(value, CREATE)
