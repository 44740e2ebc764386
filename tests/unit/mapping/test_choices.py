from typing import Any

import pytest

from jira_session_export._jira.wire import FieldMetadata
from jira_session_export._mapping.fields import resolve


def resolved(kit: Any, field: FieldMetadata, wanted: Any, metadata: Any = None) -> tuple[Any, list[str]]:
    resolution = resolve(field, "word", wanted, metadata or kit.metadata(), kit.document)
    assert all(fix.field == "word" and fix.recommended_action for fix in resolution.fixes)
    return resolution.value, [fix.done_instead for fix in resolution.fixes]


def test_allowed_values_are_found_by_label_or_id(kit: Any) -> None:
    field = kit.field("x", "option", allowed=kit.options(("1", "Yes"), ("2", "No"), ("3", "2")))
    assert resolved(kit, field, "yes") == ({"id": "1"}, [])
    assert resolved(kit, field, {"id": "1"}) == ({"id": "1"}, [])
    assert resolved(kit, field, 2) == ({"id": "3"}, [])
    value, [why] = resolved(kit, field, "maybe")
    assert value is None
    assert "not one of: Yes, No, 2" in why


def test_an_allowed_value_is_found_by_its_label_first(kit: Any) -> None:
    values = [{"label": "Gold", "value": "tier-1", "id": "1"}, {"label": "tier-1", "value": "Gold", "id": "2"}]
    field = kit.field("x", "option", allowed=[*values, {"label": "Lone"}])
    assert resolved(kit, field, "gold") == ({"id": "1"}, [])
    assert resolved(kit, field, "tier-1") == ({"id": "2"}, [])
    assert resolved(kit, field, "Lone") == ({"label": "Lone"}, [])
    named = kit.field("x", "option", allowed=[{"label": "Gold", "value": "tier-1", "id": "1"}])
    assert resolved(kit, named, "Tier-1") == ({"id": "1"}, [])
    assert "not one of: Gold" in resolved(kit, named, "Silver")[1][0]


def test_a_field_that_offers_nothing_takes_nothing(kit: Any) -> None:
    assert "offers no values" in resolved(kit, kit.field("x", "option", allowed=[]), "a")[1][0]


def test_values_of_the_same_name_are_not_guessed(kit: Any) -> None:
    field = kit.field("x", "version", allowed=kit.named(("1", "A"), ("2", "a")))
    value, [why] = resolved(kit, field, "A")
    assert value is None
    assert "several values are called so (their ids: 1, 2)" in why
    assert resolved(kit, field, "2") == ({"id": "2"}, [])


def test_allowed_values_without_id_are_sent_by_name(kit: Any) -> None:
    assert resolved(kit, kit.field("x", "option", allowed=[{"value": "A"}]), "a") == ({"value": "A"}, [])
    assert resolved(kit, kit.field("x", "thing", allowed=[{"name": "B"}]), "b") == ({"name": "B"}, [])


CASCADE = [
    {"id": "1", "value": "Sales", "children": [{"id": "11", "value": "Quotes"}, {"id": "12", "value": "Orders"}]},
    {"id": "2", "value": "A > B", "children": []},
]


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        ("Sales", {"id": "1"}),
        ("Sales > orders", {"id": "1", "child": {"id": "12"}}),
        ("A > B", {"id": "2"}),
        (["Sales", "Quotes"], {"id": "1", "child": {"id": "11"}}),
        ({"value": "Sales", "child": {"value": "Quotes"}}, {"id": "1", "child": {"id": "11"}}),
        ({"value": "Sales"}, {"id": "1"}),
    ],
)
def test_choices_of_two_levels(kit: Any, wanted: Any, sent: Any) -> None:
    assert resolved(kit, kit.field("x", "option-with-child", allowed=CASCADE), wanted) == (sent, [])


def test_an_unknown_second_level_leaves_the_field_out(kit: Any) -> None:
    value, [why] = resolved(kit, kit.field("x", "option-with-child", allowed=CASCADE), "Sales > Moon")
    assert value is None
    assert "not one of: Quotes, Orders" in why
