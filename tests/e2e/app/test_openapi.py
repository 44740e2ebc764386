"""The OpenAPI document: complete, true, and attacked with what it allows and forbids."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from app.examples import EXAMPLES
from app.main import create_app
from app.settings import service_settings

from jira_session_export import api

DOCUMENT: dict[str, Any] = create_app(service_settings({})).openapi()
OPERATIONS = [
    (path, method, operation) for path, item in DOCUMENT["paths"].items() for method, operation in item.items()
]
SOCKETS = ("export/progress", "session-updates")
SEED = {
    ("/api/jira/export-session/{session_id}", "post", "202"),
    ("/api/jira/export-status/{session_id}", "get", "200"),
    ("/api/jira/retry-failed/{session_id}", "post", "202"),
    ("/api/jira/validate-project", "post", "200"),
    ("/api/jira/test-adf-conversion/{session_id}", "post", "200"),
    ("/api/jira/export-results/{session_id}", "get", "200"),
}


def test_the_endpoints_of_the_specification_are_there() -> None:
    documented = {(path, method, status) for path, method, each in OPERATIONS for status in each["responses"]}
    assert documented >= SEED


@pytest.mark.parametrize(("path", "method", "operation"), OPERATIONS, ids=lambda value: str(value)[:60])
def test_every_operation_is_explained_with_examples(path: str, method: str, operation: dict[str, Any]) -> None:
    assert operation["summary"]
    assert operation["description"]
    for status, response in operation["responses"].items():
        assert response["description"]
        if status == "204":
            assert "content" not in response
            continue
        content = response["content"].get("application/json") or next(iter(response["content"].values()))
        examples = [each["value"] for each in content.get("examples", {}).values()]
        if "example" in content:
            examples.append(content["example"])
        assert examples or list(schema_examples(content["schema"])), f"{method} {path} {status} shows no example"


def schema_examples(schema: dict[str, Any]) -> Iterator[Any]:
    """The examples of a schema, or of all it refers to."""
    if name := schema.get("$ref"):
        schema = DOCUMENT["components"]["schemas"][name.rpartition("/")[2]]
    yield from schema.get("examples", ())
    for part in (*schema.get("anyOf", ()), *schema.get("oneOf", ())):
        yield from schema_examples(part)


def test_errors_are_documented_where_they_can_happen() -> None:
    for path, _, operation in OPERATIONS:
        statuses = set(operation["responses"])
        assert "500" in statuses
        if "{session_id}" in path:
            assert statuses >= {"401", "403", "404", "422", "503"}, path
    assert "429" in DOCUMENT["paths"]["/api/jira/export-status/{session_id}"]["get"]["responses"]
    assert "409" in DOCUMENT["paths"]["/api/jira/retry-failed/{session_id}"]["post"]["responses"]


def test_the_websockets_are_described() -> None:
    codes = {"1013", "4401", "4403", "4404"}
    progress, updates = (DOCUMENT["x-websockets"][f"/api/jira/{each}/{{session_id}}"] for each in SOCKETS)
    for message in (*progress["messages"], *updates["messages"]):
        name = message["$ref"].rpartition("/")[2]
        assert DOCUMENT["components"]["schemas"][name]["properties"]["type"]
    assert set(progress["close_codes"]) == codes | {"1000"}
    assert set(updates["close_codes"]) == codes


@pytest.mark.parametrize("name", EXAMPLES)
def test_examples_are_what_the_model_says(name: str) -> None:
    model = getattr(api, name)
    assert json.loads(model.model_validate(EXAMPLES[name]).model_dump_json()) == EXAMPLES[name]


def test_every_model_of_the_library_shows_an_example() -> None:
    shown = DOCUMENT["components"]["schemas"]
    assert {name for name in EXAMPLES if name in shown and not shown[name].get("examples")} == set()


def test_operations_are_called_like_their_functions() -> None:
    names = [operation["operationId"] for _, _, operation in OPERATIONS]
    assert len(set(names)) == len(names)
    assert {"start_export", "retry_export", "load_session", "read_session"} <= set(names)
    assert all(name.isidentifier() and not name.endswith(("_get", "_post", "_put", "_delete")) for name in names)
