from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_session_export._jira.wire import FieldMetadata
from jira_session_export._mapping.fields import resolve
from jira_session_export._mapping.values import is_blank, one_line
from jira_session_export._written import WrittenNumber
from jira_session_export.errors import DocumentTooLargeError

TYPES = "com.atlassian.jira.plugin.system.customfieldtypes:"


def too_large(text: str) -> dict[str, Any]:
    raise DocumentTooLargeError(length=len(text), limit=1)


def resolved(kit: Any, field: FieldMetadata, wanted: Any, metadata: Any = None) -> tuple[Any, list[str]]:
    resolution = resolve(field, "word", wanted, metadata or kit.metadata(), kit.document)
    assert all(fix.field == "word" and fix.recommended_action for fix in resolution.fixes)
    return resolution.value, [fix.done_instead for fix in resolution.fixes]


@pytest.mark.parametrize("field_id", ["description", "environment", "customfield_9"])
def test_rich_text_becomes_a_document(kit: Any, field_id: str) -> None:
    field = kit.field(field_id, "string", custom=TYPES + "textarea" if field_id.startswith("custom") else None)
    assert resolved(kit, field, "**x**") == (kit.document("**x**"), [])
    assert resolved(kit, field, kit.document("as it is")) == (kit.document("as it is"), [])
    resolution = resolve(field, "word", "long", kit.metadata(), too_large)
    assert resolution.value is None
    assert "too long (4 characters)" in resolution.fixes[0].done_instead


@pytest.mark.parametrize(
    ("written", "sent"),
    [
        (12345678901234567890, 12345678901234567168),
        ("0.12345678901234567890", 0.12345678901234568),
        (WrittenNumber("9007199254740993"), 9007199254740992),
        ("1e-400", 0),
    ],
)
def test_a_number_with_more_digits_than_jira_keeps_leaves_a_fix(kit: Any, written: Any, sent: float) -> None:
    resolution = resolve(kit.field("x", "number"), "word", written, kit.metadata(), kit.document)
    assert resolution.value == sent
    [fix] = resolution.fixes
    assert fix.asked_for == str(written)
    assert "Jira keeps about 15 digits" in fix.done_instead


@pytest.mark.parametrize("nothing", ["\x00", "\x07\n\x1b"])
def test_a_text_of_control_characters_is_no_value(kit: Any, nothing: str) -> None:
    assert resolved(kit, kit.field("x", "string"), nothing) == (None, [])


@pytest.mark.parametrize("wanted", [None, "", "  ", (), [], {}])
def test_nothing_is_asked_for(wanted: Any) -> None:
    assert is_blank(wanted)


@pytest.mark.parametrize("wanted", [0, False, "x", [""], {"a": None}])
def test_something_is_asked_for(wanted: Any) -> None:
    assert not is_blank(wanted)


@given(st.text())
def test_one_line_has_no_line_breaks_and_loses_no_word(text: str) -> None:
    line = one_line(text)
    assert len(line.splitlines()) <= 1
    assert "".join(line.split()) == "".join(
        char for char in text if not (char.isspace() or ord(char) < 32 or 127 <= ord(char) < 160)
    )


@pytest.mark.parametrize("wanted", ["", " \n", "\x1b", "\x00 \x1f", [], {}, None])
def test_what_asks_for_nothing(wanted: Any) -> None:
    assert is_blank(wanted)
