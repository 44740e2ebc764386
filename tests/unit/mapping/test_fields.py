from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_session_export._jira.wire import FieldMetadata, User
from jira_session_export._mapping.fields import resolve
from jira_session_export._mapping.metadata import Found
from jira_session_export._mapping.values import is_blank
from jira_session_export._values import ManualFixKind
from jira_session_export._written import WrittenNumber
from jira_session_export.errors import DocumentTooLargeError

TYPES = "com.atlassian.jira.plugin.system.customfieldtypes:"
GREENHOPPER = "com.pyxis.greenhopper.jira:"


def too_large(text: str) -> dict[str, Any]:
    raise DocumentTooLargeError(length=len(text), limit=1)


def resolved(kit: Any, field: FieldMetadata, wanted: Any, metadata: Any = None) -> tuple[Any, list[str]]:
    resolution = resolve(field, "word", wanted, metadata or kit.metadata(), kit.document)
    assert all(fix.field == "word" and fix.recommended_action for fix in resolution.fixes)
    return resolution.value, [fix.done_instead for fix in resolution.fixes]


SENT = [
    # type of the field, items, custom type, wish, what is sent
    ("string", None, "textfield", "a\nb", "a b"),
    ("string", None, "textfield", 7.0, "7"),
    ("string", None, "url", " https://example.com/a ", "https://example.com/a"),
    ("string", None, "url", "mailto:a@example.com", "mailto:a@example.com"),
    ("number", None, "float", 3.5, 3.5),
    ("number", None, "float", "8", 8),
    ("number", None, "float", 5.0, 5),
    ("date", None, "datepicker", date(2026, 12, 31), "2026-12-31"),
    ("date", None, "datepicker", datetime(2026, 12, 31, 9, tzinfo=UTC), "2026-12-31"),
    ("date", None, "datepicker", "2026-12-31", "2026-12-31"),
    ("datetime", None, "datetime", "2026-10-02T09:30:00+02:00", "2026-10-02T07:30:00.000+0000"),
    ("datetime", None, "datetime", "2026-10-02 09:30", "2026-10-02T09:30:00.000+0000"),
    ("datetime", None, "datetime", date(2026, 10, 2), "2026-10-02T00:00:00.000+0000"),
    ("string", None, "textfield", True, "true"),
    ("string", None, "textfield", WrittenNumber("1.10"), "1.10"),
    ("string", None, "textfield", WrittenNumber("2.0"), "2.0"),
    ("string", None, "textfield", WrittenNumber("1e3"), "1e3"),
    ("number", None, "float", WrittenNumber("1.10"), 1.1),
    ("number", None, "float", WrittenNumber("1e3"), 1000),
    ("number", None, "float", "+.50", 0.5),
    ("number", None, "float", WrittenNumber("0.1000"), 0.1),
    ("number", None, "float", 1e22, 10**22),
    ("number", None, "float", 9007199254740992, 9007199254740992),
    ("array", "string", "labels", [WrittenNumber("1.10"), False], ["1.10", "false"]),
    ("option", None, "select", WrittenNumber("1.10"), {"value": "1.10"}),
    ("array", "version", "multiversion", [WrittenNumber("1.10")], [{"name": "1.10"}]),
    ("any", None, "somebody-elses", {"a": [WrittenNumber("1.10")]}, {"a": [1.1]}),
    ("array", "string", "labels", "a, b", ["a", "b"]),
    ("array", "string", "labels", "a; b,c\nd,", ["a", "b", "c", "d"]),
    ("array", "string", "labels", ["a, b", "c,d"], ["a", "b", "c,d"]),
    ("array", "string", "something", "a b, c", ["a b", "c"]),
    ("array", "string", "something", ["a, b"], ["a, b"]),
    ("array", "option", "multiselect", "x; y, z", [{"value": "x"}, {"value": "y"}, {"value": "z"}]),
    ("array", "string", "something", ["a b"], ["a b"]),
    ("group", None, "grouppicker", "jira-admins", {"name": "jira-admins"}),
    ("array", "group", "multigrouppicker", ["a", {"name": "b"}], [{"name": "a"}, {"name": "b"}]),
    ("project", None, "project", "PROJ", {"key": "PROJ"}),
    ("issuelink", None, "x", {"key": "PROJ-1"}, {"key": "PROJ-1"}),
    ("any", None, "gh-epic-link", "PROJ-1", "PROJ-1"),
    ("any", None, "somebody-elses", {"a": [1]}, {"a": [1]}),
    ("any", None, "somebody-elses", date(2026, 1, 2), "2026-01-02"),
    ("option", None, "select", "free", {"value": "free"}),
    ("array", "option", "multiselect", ["x", "y"], [{"value": "x"}, {"value": "y"}]),
    ("version", None, "version", {"name": "1.0"}, {"name": "1.0"}),
    ("option-with-child", None, "cascadingselect", ["a", "b"], {"value": "a", "child": {"value": "b"}}),
    ("option-with-child", None, "cascadingselect", "a", {"value": "a"}),
    ("user", None, "userpicker", "maria.SILVA@example.com", {"accountId": "712020:maria"}),
    ("user", None, "userpicker", {"accountId": "712020:elsewhere"}, {"accountId": "712020:elsewhere"}),
    ("user", None, "userpicker", "Export Bot", {"accountId": "712020:bot"}),
    ("user", None, "userpicker", "BOT@example.com", {"accountId": "712020:bot"}),
    ("array", "user", "multiuserpicker", "Maria Silva, Jonas Weber", [{"accountId": "712020:maria"}, {"accountId": "5b10ac8d82e05b22cc7d4ef5"}]),
    ("array", "json", "gh-sprint", "sprint 2", 2),
    ("array", "json", "gh-sprint", 3, 3),
    ("array", "json", "gh-sprint", "3", 3),
    ("array", "json", "gh-sprint", "42", 6),
    ("array", "json", "gh-sprint", 99, 99),
    ("array", "json", "gh-sprint", {"id": 2}, 2),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "items", "custom", "wanted", "sent"), SENT)
def test_sends_what_jira_wants(kit: Any, type_: str, items: str | None, custom: str, wanted: Any, sent: Any) -> None:
    prefix = GREENHOPPER if custom.startswith("gh-") else TYPES
    assert resolved(kit, kit.field("customfield_1", type_, items=items, custom=prefix + custom), wanted) == (sent, [])


REFUSED = [
    ("string", None, "textfield", ["a", "b"], "holds one value"),
    ("string", None, "textfield", {"x": "y"}, "neither a text nor a number"),
    ("string", None, "url", "example.com", "not an address"),
    ("string", None, "url", "https://example.com/a b", "not an address"),
    ("string", None, "url", "http://[", "not an address"),
    ("number", None, "float", "many", "not a number"),
    ("number", None, "float", "nan", "not a number"),
    ("number", None, "float", "1e999", "not a number"),
    ("number", None, "float", True, "not a number"),
    ("number", None, "float", "1_000", "not a number"),
    ("number", None, "float", "1,5", "not a number"),
    ("date", None, "datepicker", "31.12.2026", "not a date"),
    ("datetime", None, "datetime", "soon", "not a date"),
    ("datetime", None, "datetime", datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=5))), "calendar"),
    ("array", "string", "labels", ["x" * 256], "at most 255"),
    ("option-with-child", None, "cascadingselect", ["a", "b", "c"], "two levels"),
    ("user", None, "userpicker", "nobody@example.com", "nobody with that address"),
    ("user", None, "userpicker", "No Body", "nobody could be found"),
    ("user", None, "userpicker", "Aiko Tanaka", "several people fit: Aiko Tanaka (712020:twin-1), aiko tanaka (712020:twin-2)"),
    ("user", None, "userpicker", "Robin Former", "deactivated"),
    ("any", None, "gh-lexo-rank", "1", "not set through custom fields"),
    ("array", "json", "gh-sprint", "Sprint 1", "that sprint is closed"),
    ("array", "json", "gh-sprint", 1, "that sprint is closed"),
    ("array", "json", "gh-sprint", "Twin", "several open sprints are called so (their ids: 4 (active), 5 (future))"),
    ("array", "json", "gh-sprint", "Sprint 9", "no such sprint; open ones: Sprint 2, Sprint 3, Twin, twin, 42"),
    ("array", "json", "gh-sprint", [2, 3], "holds one value"),
    ("array", "json", "gh-sprint", True, "no such sprint"),
]  # fmt: skip


@pytest.mark.parametrize(("type_", "items", "custom", "wanted", "why"), REFUSED)
def test_leaves_out_what_cannot_be_sent_and_says_why(
    kit: Any, type_: str, items: str | None, custom: str, wanted: Any, why: str
) -> None:
    prefix = GREENHOPPER if custom.startswith("gh-") else TYPES
    value, reasons = resolved(kit, kit.field("customfield_1", type_, items=items, custom=prefix + custom), wanted)
    assert value is None
    [reason] = reasons
    assert why in reason


@pytest.mark.parametrize(
    ("wanted", "sent", "fixed"),
    [
        ("needs review", ["needs-review"], ["needs review"]),
        ("needs review, a", ["needs-review", "a"], ["needs review"]),
        (["needs  review", "a", "needs review"], ["needs-review", "a"], ["needs review", "needs review"]),
    ],
)
def test_a_label_that_is_sent_otherwise_than_written_leaves_a_fix(
    kit: Any, wanted: Any, sent: list[str], fixed: list[str]
) -> None:
    field = kit.field("customfield_1", "array", items="string", custom=TYPES + "labels")
    resolution = resolve(field, "word", wanted, kit.metadata(), kit.document)
    assert resolution.value == sent
    assert [fix.asked_for for fix in resolution.fixes] == fixed
    assert resolution.fixes[0].done_instead == "needs-review was sent, because a label in Jira holds no spaces"


@pytest.mark.parametrize(
    ("wanted", "sent"),
    [
        ("Sales, EMEA", ["1"]),
        ("Sales, EMEA; Docs", ["1", "2"]),
        ("Docs, Sales", ["2", "3"]),
        (["Sales, EMEA", "Docs"], ["1", "2"]),
        (["Docs, Sales"], ["2", "3"]),
        ("R1; final", ["4"]),
        ("R1; final\nDocs", ["2"]),
    ],
)
def test_what_the_field_offers_by_that_name_stays_whole(kit: Any, wanted: Any, sent: list[str]) -> None:
    allowed = kit.named(("1", "Sales, EMEA"), ("2", "Docs"), ("3", "Sales"), ("4", "R1; final"))
    field = kit.field("x", "array", items="component", allowed=allowed)
    assert resolved(kit, field, wanted)[0] == [{"id": number} for number in sent]


def test_people_are_listed_by_names_that_hold_commas(kit: Any) -> None:
    people = (User(account_id="1:a", display_name="Silva, Maria"), User(account_id="1:b", display_name="Weber, Jonas"))
    field = kit.field("x", "array", items="user", custom=TYPES + "multiuserpicker")
    for wanted in ("Silva, Maria; weber, jonas", ["Silva, Maria", "Weber, Jonas"]):
        value, fixes = resolved(kit, field, wanted, kit.metadata(users=people))
        assert (value, fixes) == ([{"accountId": "1:a"}, {"accountId": "1:b"}], [])


def test_unknown_values_of_a_list_are_left_out_one_by_one(kit: Any) -> None:
    field = kit.field("components", "array", items="component", allowed=kit.named(("1", "Back, end"), ("2", "Docs")))
    value, whys = resolved(kit, field, ["docs", "Moon", "Docs", " "])
    assert value == [{"id": "2"}]
    assert len(whys) == 1
    assert resolved(kit, field, "Back, end") == ([{"id": "1"}], [])
    assert resolved(kit, field, "Docs, 1") == ([{"id": "2"}, {"id": "1"}], [])
    assert resolved(kit, field, "Docs") == ([{"id": "2"}], [])


CASCADE = [
    {"id": "1", "value": "Sales", "children": [{"id": "11", "value": "Quotes"}, {"id": "12", "value": "Orders"}]},
    {"id": "2", "value": "A > B", "children": []},
]


@pytest.mark.parametrize("field_id", ["project", "issuetype", "summary", "attachment", "issuelinks"])
def test_fields_of_the_ticket_itself_are_not_set_as_custom_fields(kit: Any, field_id: str) -> None:
    value, [why] = resolved(kit, kit.field(field_id, "string"), "x")
    assert value is None
    assert "not set through custom fields" in why


@pytest.mark.parametrize(
    ("field_id", "type_", "custom", "kind", "instead"),
    [
        ("assignee", "user", None, ManualFixKind.ASSIGNEE_INVALID, "no assignee was set, because"),
        ("priority", "priority", None, ManualFixKind.PRIORITY_NOT_AVAILABLE, "Jira's default priority was used, because"),
        ("s", "array", GREENHOPPER + "gh-sprint", ManualFixKind.SPRINT_NOT_FOUND, "the issue was not put into a sprint, because"),
        ("reporter", "user", None, ManualFixKind.FIELD_VALUE_REJECTED, "it was left out, because"),
    ],
)  # fmt: skip
def test_manual_fixes_bear_their_kind(
    kit: Any, field_id: str, type_: str, custom: str | None, kind: ManualFixKind, instead: str
) -> None:
    field = kit.field(field_id, type_, custom=custom, allowed=kit.named(("1", "A")) if type_ == "priority" else None)
    [fix] = resolve(field, "word", "Nobody Known", kit.metadata(), kit.document).fixes
    assert fix.kind is kind
    assert fix.done_instead.startswith(instead)
    assert fix.asked_for == "Nobody Known"


# -- people ----------------------------------------------------------------------------------------------------------


def test_assignees_must_be_assignable(kit: Any) -> None:
    field = kit.field("assignee", "user")
    assert resolved(kit, field, "712020:maria") == ({"accountId": "712020:maria"}, [])
    value, [why] = resolved(kit, field, "Export Bot")
    assert value is None
    assert "cannot be assigned" in why
    asked = kit.metadata().with_lookups(Found(assignable={"712020:stranger": ()}))
    value, [why] = resolved(kit, field, "712020:stranger", asked)
    assert value is None


def test_an_account_id_nobody_looked_up_is_left_to_jira(kit: Any) -> None:
    field = kit.field("assignee", "user")
    unsure = kit.metadata(users=(), users_complete=False)
    assert resolved(kit, field, "712020:stranger", unsure) == ({"accountId": "712020:stranger"}, [])
    asked = unsure.with_lookups(Found(assignable={"712020:stranger": ()}))
    assert resolved(kit, field, "712020:stranger", asked)[0] is None


def test_a_hidden_address_is_found_when_jira_found_exactly_one(kit: Any) -> None:
    field = kit.field("assignee", "user")
    hidden = [User(account_id="712020:h", display_name="H"), User(account_id="712020:i", display_name="I")]
    one = kit.metadata().with_lookups(Found(assignable={"h@example.com": hidden[:1]}))
    two = kit.metadata().with_lookups(Found(assignable={"h@example.com": hidden}))
    assert resolved(kit, field, "h@example.com", one) == ({"accountId": "712020:h"}, [])
    assert resolved(kit, field, "h@example.com", two)[0] is None


def test_a_deactivated_namesake_does_not_make_a_name_ambiguous(kit: Any) -> None:
    people = (User(account_id="1:a", display_name="Kim"), User(account_id="1:b", display_name="Kim", active=False))
    assert resolved(kit, kit.field("x", "user"), "kim", kit.metadata(users=people))[0] == {"accountId": "1:a"}


def test_nobody_is_known_without_an_account_of_ones_own(kit: Any) -> None:
    assert resolved(kit, kit.field("reporter", "user"), "Export Bot", kit.metadata(myself=None))[0] is None


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.dates() | st.datetimes(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["id", "value", "child", "type"]), inner)
    ),
    max_leaves=5,
)
KINDS = st.sampled_from(
    ["string", "number", "date", "datetime", "user", "option", "option-with-child", "version", "group", "any", "array"]
)


@given(
    wanted=JSON,
    type_=KINDS,
    items=st.none() | KINDS,
    custom=st.sampled_from(["", "textarea", "url", "labels", "gh-sprint"]),
)
def test_any_wish_is_sent_or_explained(kit: Any, wanted: Any, type_: str, items: str | None, custom: str) -> None:
    field = kit.field(
        "x", type_, items=items, custom=f"a:{custom}", allowed=CASCADE if type_.startswith("option") else None
    )
    resolution = resolve(field, "word", wanted, kit.metadata(), kit.document)
    names_something = not is_blank(wanted) and (not isinstance(wanted, (list, str)) or type_ != "array")
    assert resolution.value is not None or resolution.fixes or not names_something
