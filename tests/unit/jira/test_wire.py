"""Answers as Jira gives them: with more members than we know, with null where nothing is, in several page families."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from jira_session_export._jira import wire

EXAMPLES: list[tuple[type[BaseModel], dict[str, object]]] = [
    (wire.User, {"accountId": "5b", "displayName": "Ann", "emailAddress": "a@x", "active": True, "timeZone": "UTC"}),
    (
        wire.ServerInfo,
        {"baseUrl": "https://x", "displayUrl": "https://y", "serverTime": "2026-10-02T09:30:00.000+0200"},
    ),
    (wire.Project, {"id": "1", "key": "PAY", "name": "Pay", "style": "next-gen", "issueTypes": [], "components": []}),
    (wire.IssueType, {"id": "1", "name": "Task", "subtask": False, "hierarchyLevel": 0, "untranslatedName": "Task"}),
    (wire.FieldMetadata, {"fieldId": "summary", "key": "summary", "required": True, "schema": {"type": "string"}}),
    (wire.IssueField, {"id": "summary", "key": "summary", "name": "Summary", "schema": {"type": "string"}}),
    (wire.Priority, {"id": "3", "name": "Medium", "isDefault": True}),
    (wire.Board, {"id": 1, "name": "B", "type": "scrum"}),
    (wire.Sprint, {"id": 1, "name": "S", "state": "active", "originBoardId": 1}),
    (wire.LinkType, {"id": "1", "name": "Blocks", "inward": "is blocked by", "outward": "blocks"}),
    (wire.AttachmentInfo, {"id": "1", "filename": "a", "size": 3, "mimeType": "text/plain", "content": "https://x"}),
    (wire.AttachmentSettings, {"enabled": True, "uploadLimit": 1000}),
    (wire.Issue, {"id": "1", "key": "PAY-1", "fields": {}, "properties": {}}),
    (wire.Created, {"id": "1", "key": "PAY-1"}),
    (wire.SearchPage, {"issues": [], "isLast": True, "nextPageToken": "x"}),
    (wire.TokenGrant, {"access_token": "a", "refresh_token": "r", "expires_in": 3600}),
]


@pytest.mark.parametrize(("model", "answer"), EXAMPLES)
def test_new_members_are_ignored(model: type[BaseModel], answer: dict[str, object]) -> None:
    known = model.model_validate_json(json.dumps(answer))
    assert model.model_validate_json(json.dumps({**answer, "self": "https://x", "newMember": {"a": [1]}})) == known


@pytest.mark.parametrize(("model", "answer"), EXAMPLES[:-1])
def test_null_is_the_same_as_absent(model: type[BaseModel], answer: dict[str, object]) -> None:
    for name in answer:
        without = {key: value for key, value in answer.items() if key != name}
        try:
            expected = model.model_validate(without)
        except ValidationError:
            continue
        assert model.model_validate({**without, name: None}) == expected


@pytest.mark.parametrize(("model", "answer"), EXAMPLES)
def test_what_does_not_fit_is_not_shown(model: type[BaseModel], answer: dict[str, object]) -> None:
    broken = json.dumps({name: {"PLANTED": []} for name in answer})
    for body in (broken, "[]", '"PLANTED"', "<html>PLANTED", ""):
        try:
            model.model_validate_json(body)
        except ValueError as exc:
            assert "PLANTED" not in str(exc)  # noqa: PT017


def test_numbers_become_ids() -> None:
    assert wire.Priority.model_validate({"id": 3}).id == "3"


@pytest.mark.parametrize("name", ["values", "issueTypes", "createMetaIssueType", "fields", "results"])
def test_every_family_of_pages(name: str) -> None:
    page = wire.Page[wire.Priority].model_validate({name: [{"id": "1"}], "total": 1})
    assert [item.id for item in page.items] == ["1"]


def test_a_page_without_items_is_no_page() -> None:
    with pytest.raises(ValidationError):
        wire.Page[wire.Priority].model_validate({"total": 1})


def test_allowed_values_of_any_type() -> None:
    values = [{"id": "1", "value": "Red", "children": [{"id": "2", "value": "Dark"}]}, "plain", 7]
    field = wire.FieldMetadata.model_validate({"fieldId": "x", "allowedValues": values})
    assert [value.label for value in field.allowed_values or ()] == ["Red", "plain", "7"]
    assert wire.FieldMetadata.model_validate({"fieldId": "x"}).allowed_values is None
    assert wire.FieldMetadata.model_validate({"fieldId": "x", "allowedValues": "all"}).allowed_values is None
    again = wire.FieldMetadata(field_id="x", allowed_values=field.allowed_values)
    assert again.allowed_values == field.allowed_values


@pytest.mark.parametrize(
    "odd", [None, [], {}, [["a"]], {"id": {"x": 1}}, {"id": None, "name": []}, {"accountId": "5b10"}, {"children": [1]}]
)
def test_an_odd_allowed_value_costs_itself_alone(odd: Any) -> None:
    values = [{"id": "1", "value": "Red", "children": [odd, {"id": "2", "value": "Dark"}]}, odd, {"id": 7, "name": "B"}]
    field = wire.FieldMetadata.model_validate({"fieldId": "x", "allowedValues": values})
    red, blue = field.allowed_values or ()
    assert (red.id, red.label, [child.label for child in red.children]) == ("1", "Red", ["Dark"])
    assert (blue.id, blue.label) == ("7", "B")


def test_an_odd_member_costs_itself_alone() -> None:
    value = {"id": "1", "value": "Red", "name": {"en": "x"}, "accountId": 5, "key": [], "children": "none", "x": {}}
    field = wire.FieldMetadata.model_validate({"fieldId": "x", "allowedValues": [value, {"value": True}]})
    red, true = field.allowed_values or ()
    assert (red.label, red.name, red.account_id, red.key, red.children) == ("Red", None, "5", None, ())
    assert true.label == "true"


def test_children_have_no_children() -> None:
    deep: dict[str, Any] = {"id": "0", "value": "bottom"}
    for number in range(1, 2_000):
        deep = {"id": str(number), "value": "x", "children": [deep]}
    field = wire.FieldMetadata.model_validate({"fieldId": "x", "allowedValues": [deep]})
    (top,) = field.allowed_values or ()
    assert [child.children for child in top.children] == [()]


def test_the_attachments_and_links_of_an_issue() -> None:
    link = {"id": "9", "type": {"name": "Blocks"}, "outwardIssue": {"id": "2", "key": "A-2"}}
    fields = {"attachment": [{"id": "7", "filename": "a.txt", "size": 3}], "issuelinks": [link], "summary": None}
    issue = wire.Issue.model_validate({"id": "1", "key": "A-1", "fields": fields})
    assert [file.filename for file in issue.attachments] == ["a.txt"]
    assert [other.outward_issue and other.outward_issue.key for other in issue.links] == ["A-2"]
    assert issue.fields["summary"] is None
    assert wire.Issue.model_validate({"id": "1", "key": "A-1"}).links == ()


def test_tokens_are_not_shown() -> None:
    assert "PLANTED" not in repr(wire.TokenGrant(access_token="PLANTED", refresh_token="PLANTED"))


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
        max_leaves=8,
    )
)
def test_any_json_is_read_or_refused(value: object) -> None:
    for model, _ in EXAMPLES:
        try:
            model.model_validate_json(json.dumps(value))
        except ValidationError as exc:
            assert exc.error_count()  # noqa: PT017
