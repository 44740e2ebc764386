import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jira_session_export._adf import check_adf, shorten_document
from jira_session_export._mapping.draft import ALWAYS_REQUIRED, DescriptionForm, FieldName, IssueDraft
from jira_session_export._mapping.fallback import CONTENT_LIMIT_EXCEEDED, INVALID_INPUT, next_draft
from jira_session_export._settings import ExportSettings
from jira_session_export._values import FollowUp, ManualFix, ManualFixKind, Refusal, StepKind
from jira_session_export.errors import PermissionDeniedError, RefusedError, TicketError

LABEL = "export-7f1f3d0a"
SPRINT = "customfield_10020"
FULL_TEXT = FollowUp(StepKind.ATTACHMENT, "full-description.txt")


def cut(document: Mapping[str, Any], max_text_length: int) -> Mapping[str, Any]:
    return shorten_document(dict(document), max_text_length)[0]


def refused(errors: dict[str, str] | None = None, *messages: str, status: int = 400) -> RefusedError:
    return RefusedError("no", operation="POST /issue", refusal=Refusal(status, errors or {}, messages, "trace"))


def size(document: Mapping[str, Any]) -> int:
    return len(json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode())


def full_draft(kit: Any, **changes: Any) -> IssueDraft:
    values = {
        "description": kit.document("Body"),
        "assignee": "Maria Silva",
        "reporter": "Maria Silva",
        "priority": "High",
        "sprint": "Sprint 2",
        "labels": ("a",),
        "components": ("Docs",),
        "story_points": 3,
        "parent": "PROJ-1",
        "parent_key": "PROJ-1",
        "custom_fields": {"Acceptance criteria": "It works"},
    }
    return kit.draft(**{**values, **changes})


# -- fields ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field_id", "kind", "word", "asked_for", "instead"),
    [
        ("assignee", ManualFixKind.ASSIGNEE_INVALID, "assignee", "Maria Silva", "no assignee was set"),
        ("reporter", ManualFixKind.FIELD_VALUE_REJECTED, "reporter", "Maria Silva", "it was left out"),
        ("priority", ManualFixKind.PRIORITY_NOT_AVAILABLE, "priority", "High", "Jira's default priority was used"),
        (SPRINT, ManualFixKind.SPRINT_NOT_FOUND, "sprint", "Sprint 2", "the issue was not put into a sprint"),
        ("components", ManualFixKind.FIELD_VALUE_REJECTED, "components", "Docs", "it was left out"),
        ("customfield_10028", ManualFixKind.FIELD_VALUE_REJECTED, "story_points", "3", "it was left out"),
        ("customfield_10036", ManualFixKind.FIELD_VALUE_REJECTED, "Acceptance criteria", "It works", "it was left out"),
        ("parentId", ManualFixKind.FIELD_VALUE_REJECTED, "parent", "PROJ-1", "it was left out"),
    ],
)  # fmt: skip
def test_a_refused_optional_field_is_left_out(
    kit: Any, field_id: str, kind: ManualFixKind, word: str, asked_for: str, instead: str
) -> None:
    before = full_draft(kit)
    after = next_draft(before, refused({field_id: "Nope."}), shorten=cut)
    name = field_id.removesuffix("Id")
    assert dict(after.fields) == {key: value for key, value in before.fields.items() if key != name}
    [fix] = after.manual_fixes
    assert (fix.kind, fix.field, fix.asked_for) == (kind, word, asked_for)
    assert fix.done_instead == f"{instead}, because Jira refused it: Nope."
    assert fix.recommended_action


def test_several_refused_fields_go_at_once(kit: Any) -> None:
    before = full_draft(kit)
    after = next_draft(before, refused({"assignee": "a", SPRINT: "b", "description": "", "priority": "d"}), shorten=cut)
    assert before.fields.keys() - after.fields.keys() == {"assignee", SPRINT, "priority"}
    assert [fix.kind for fix in after.manual_fixes] == [
        ManualFixKind.ASSIGNEE_INVALID,
        ManualFixKind.SPRINT_NOT_FOUND,
        ManualFixKind.DESCRIPTION_SHORTENED,
        ManualFixKind.PRIORITY_NOT_AVAILABLE,
    ]
    assert "no reason given" in after.manual_fixes[2].done_instead


def test_earlier_manual_fixes_stay(kit: Any) -> None:
    before = full_draft(kit, components=("Docs", "Moon"))
    after = next_draft(before, refused({"components": "No"}), shorten=cut)
    assert [fix.asked_for for fix in after.manual_fixes] == ["Moon", "Docs, Moon"]


def test_labels_go_before_the_marker_label(kit: Any) -> None:
    before = full_draft(kit)
    once = next_draft(before, refused({"labels": "bad"}), shorten=cut)
    assert once.fields["labels"] == [LABEL]
    assert once.manual_fixes[-1].asked_for == "a"
    twice = next_draft(once, refused({"labels": "bad"}), shorten=cut)
    assert "labels" not in twice.fields
    assert twice.manual_fixes[-1].asked_for == LABEL


def test_labels_without_marker_go_at_once(kit: Any) -> None:
    before = full_draft(kit, settings=ExportSettings(marker_label=""))
    after = next_draft(before, refused({"labels": "bad"}), shorten=cut)
    assert "labels" not in after.fields
    assert after.manual_fixes[-1].asked_for == "a"


def test_a_field_without_name_goes_too() -> None:
    draft = IssueDraft(UUID(int=1), {"summary": "s", "x": 1})
    after = next_draft(draft, refused({"x": "y"}), shorten=cut)
    assert after.fields == {"summary": "s"}
    assert after.manual_fixes[0].field == "x"


# -- hard stops ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [401, 403, 404, 409, 410, 422])
def test_other_refusals_are_no_matter_of_fields(kit: Any, status: int) -> None:
    error = refused({"assignee": "x"}, CONTENT_LIMIT_EXCEEDED, status=status)
    with pytest.raises(RefusedError) as caught:
        next_draft(full_draft(kit), error, shorten=cut)
    assert caught.value is error


@pytest.mark.parametrize(
    ("errors", "messages"),
    [
        ({"project": "valid project is required"}, ()),
        ({"pid": "valid project is required"}, ()),
        ({"project": "x", "assignee": "y"}, ()),
        ({"customfield_999": "cannot be set"}, ()),
        ({"customfield_999": "cannot be set", "summary": "x"}, ()),
        ({"customfield_999": "cannot be set"}, (CONTENT_LIMIT_EXCEEDED,)),
    ],
)
def test_what_names_nothing_to_leave_out_stops_with_jiras_own_words(
    kit: Any, errors: dict[str, str], messages: tuple[str, ...]
) -> None:
    error = refused(errors, *messages)
    with pytest.raises(RefusedError) as caught:
        next_draft(full_draft(kit), error, shorten=cut)
    assert caught.value is error


UNSUPPORTED = "We can't create this issue for you right now, it could be due to unsupported content."


@pytest.mark.parametrize("messages", [(), (UNSUPPORTED,), ("Der Vorgang braucht eine Freigabe.", "Bitte prüfen.")])
def test_a_refusal_that_names_no_field_costs_all_that_may_be_left_out_and_no_more(
    kit: Any, messages: tuple[str, ...]
) -> None:
    required = kit.field("customfield_10036", "string", "Acceptance criteria", custom="a:textarea", required=True)
    security = kit.field("security", "securitylevel", "Security Level", allowed=kit.named(("1", "Internal")))
    before = full_draft(
        kit,
        metadata=kit.metadata(required, security),
        custom_fields={"Acceptance criteria": "It works", "security": "Internal"},
    )
    least = next_draft(before, refused({}, *messages), shorten=cut)
    assert least.fields.keys() == {
        "project", "issuetype", "summary", "description", "customfield_10036", "security",
    }  # fmt: skip
    assert "full-description.txt" in json.dumps(least.fields["description"])
    assert FULL_TEXT in least.follow_ups
    assert {fix.field for fix in least.manual_fixes} == {
        "description", "assignee", "reporter", "priority", "sprint", "labels", "components", "story_points", "parent",
    }  # fmt: skip
    said = "; ".join(messages) or "no reason given"
    assert all(
        f"Jira refused the issue without naming a field: {said}" in fix.done_instead for fix in least.manual_fixes
    )
    labels = next(fix for fix in least.manual_fixes if fix.field == "labels")
    assert labels.asked_for == f"a, {LABEL}"
    error = refused({}, *messages)
    with pytest.raises(TicketError, match="also without the fields that may be left out") as caught:
        next_draft(least, error, shorten=cut)
    assert caught.value.__cause__ is error
    assert caught.value.ticket_id == least.ticket_id
    assert "; ".join(messages) in caught.value.user_message


def test_a_refusal_that_names_no_field_stops_when_there_is_nothing_to_leave_out(kit: Any) -> None:
    error = refused({}, UNSUPPORTED)
    with pytest.raises(RefusedError) as caught:
        next_draft(kit.draft(settings=ExportSettings(marker_label="")), error, shorten=cut)
    assert caught.value is error


def test_a_required_description_becomes_a_note_when_no_field_is_named(kit: Any) -> None:
    metadata = kit.metadata(kit.field("description", required=True))
    least = next_draft(kit.draft(metadata, html="<p>Body"), refused({}, UNSUPPORTED), shorten=cut)
    assert least.description_form is DescriptionForm.NOTE
    assert not check_adf(least.fields["description"])


def test_the_last_try_is_made_with_nothing_that_may_be_left_out(kit: Any) -> None:
    last = next_draft(full_draft(kit), refused({"assignee": "No."}), shorten=cut, is_last=True)
    assert last.fields.keys() == {"project", "issuetype", "summary", "description"}
    assert last.description_form is DescriptionForm.NOTE
    whys = {fix.field: fix.done_instead for fix in last.manual_fixes}
    assert whys["assignee"] == "no assignee was set, because Jira refused it: No."
    assert whys["components"] == (
        "it was left out, because Jira kept refusing fields of the issue, one after the other"
    )
    with pytest.raises(TicketError, match="Jira does not accept title"):
        next_draft(last, refused({"summary": "No."}), shorten=cut, is_last=True)


def test_the_last_try_of_a_draft_with_one_field(kit: Any) -> None:
    draft = kit.draft(priority="High", settings=ExportSettings(marker_label=""))
    last = next_draft(draft, refused({"priority": "No."}), shorten=cut, is_last=True)
    assert last.fields.keys() == {"project", "issuetype", "summary"}


def test_an_error_of_a_kind_of_its_own_stays_itself(kit: Any) -> None:
    error = PermissionDeniedError("no", operation="POST", refusal=Refusal(403))
    with pytest.raises(PermissionDeniedError):
        next_draft(full_draft(kit), error, shorten=cut)


def test_a_required_field_is_never_left_out(kit: Any) -> None:
    metadata = kit.metadata(kit.field("customfield_1", "string", "Customer", required=True))
    draft = kit.draft(metadata, custom_fields={"customer": "Ada"}, assignee="Maria Silva")
    error = refused(
        {"customfield_1": "Unknown customer", "assignee": "x", "issuetypeid": "gone", "summary": "Too long!"}
    )
    with pytest.raises(TicketError) as caught:
        next_draft(draft, error, shorten=cut)
    assert caught.value.user_message == (
        "Jira does not accept customer (Ada): Unknown customer. The field is mandatory, so it cannot be left out. "
        "Jira does not accept issue_type (Task): gone. "
        "Jira does not accept title (Configure fields): Too long!"
    )
    assert caught.value.field == "customer, issue_type, title"
    assert caught.value.ticket_id == draft.ticket_id
    assert caught.value.__cause__ is error
    assert caught.value.category == "user_fixable"


def test_a_field_jira_misses_stops(kit: Any) -> None:
    with pytest.raises(TicketError) as caught:
        next_draft(full_draft(kit), refused({"duedate": "Due date is required."}), shorten=cut)
    assert caught.value.user_message == "Jira wants Due date, and none was sent: Due date is required."


def test_a_field_jira_misses_after_it_was_refused_stops_with_both(kit: Any) -> None:
    once = next_draft(full_draft(kit), refused({"assignee": "cannot be assigned"}), shorten=cut)
    with pytest.raises(TicketError) as caught:
        next_draft(once, refused({"assignee": "Issues must be assigned."}), shorten=cut)
    assert caught.value.user_message == (
        "Jira wants assignee, and none was sent (asked for Maria Silva; no assignee was set, because Jira refused it: "
        "cannot be assigned): Issues must be assigned."
    )


def test_a_description_jira_misses_stops_with_the_reason_it_went_not_with_what_it_lacked(kit: Any) -> None:
    draft = kit.draft(html='<p>Body</p><img src="a.png">')
    for _ in DescriptionForm.NOTE, None:
        draft = next_draft(draft, refused({"description": "No such field."}), shorten=cut)
    with pytest.raises(TicketError) as caught:
        next_draft(draft, refused({"description": "It is required."}), shorten=cut)
    assert "asked for the whole description" in caught.value.user_message


def test_a_shorter_description_keeps_the_fixes_for_its_images(kit: Any) -> None:
    after = next_draft(kit.draft(html='a<img src="a.png">'), refused({"description": "x"}), shorten=cut)
    assert [fix.kind for fix in after.manual_fixes] == [
        ManualFixKind.ATTACHMENT_FAILED,
        ManualFixKind.DESCRIPTION_SHORTENED,
    ]


def test_a_mandatory_field_that_nobody_asked_for_is_named(kit: Any) -> None:
    reporter = kit.field("reporter", "user", "Reporter", required=True)
    with pytest.raises(TicketError, match="Jira does not accept Reporter: no reason given"):
        next_draft(kit.draft(kit.metadata(reporter)), refused({"reporter": ""}), shorten=cut)


# -- rich text -------------------------------------------------------------------------------------------------------


def long_description(kit: Any, paragraphs: int = 400) -> dict[str, Any]:
    document: dict[str, Any] = kit.document(*("word " * 15 for _ in range(paragraphs)))
    return document


@pytest.mark.parametrize(
    ("errors", "message", "status"),
    [
        ({}, CONTENT_LIMIT_EXCEEDED, 400),
        ({}, INVALID_INPUT, 400),
        ({}, "", 413),
        ({"description": "too long"}, "", 400),
        ({"assignee": "x"}, CONTENT_LIMIT_EXCEEDED, 400),
        ({"description": "too long"}, CONTENT_LIMIT_EXCEEDED, 400),
    ],
)
def test_an_over_long_description_is_shortened_then_replaced_by_a_note_then_left_out(
    kit: Any, errors: dict[str, str], message: str, status: int
) -> None:
    whole = kit.draft(description=long_description(kit), assignee="Maria Silva")
    first = next_draft(whole, refused(errors, message, status=status), shorten=cut)
    assert first.description_form is DescriptionForm.SHORTENED
    assert 20_000 < size(first.fields["description"]) <= 32_767
    assert ("assignee" in first.fields) is ("assignee" not in errors)

    again = refused({}, message, status=status) if not errors else refused({"description": "x"})
    second = next_draft(first, again, shorten=cut)
    assert second.description_form is DescriptionForm.NOTE
    assert "attached as full-description.txt" in json.dumps(second.fields["description"])

    third = next_draft(second, again, shorten=cut)
    assert "description" not in third.fields
    for draft in (first, second, third):
        assert draft.follow_ups == (FULL_TEXT,)
        shortened = [fix for fix in draft.manual_fixes if fix.kind is ManualFixKind.DESCRIPTION_SHORTENED]
        assert len(shortened) == 1
        assert "attached as full-description.txt" in shortened[0].done_instead
    if "description" in again.refusal.field_errors:
        with pytest.raises(TicketError, match="none was sent"):
            next_draft(third, again, shorten=cut)
    else:
        least = next_draft(third, again, shorten=cut)
        assert least.fields.keys() == {"project", "issuetype", "summary"}
        with pytest.raises(TicketError, match="also without the fields"):
            next_draft(least, again, shorten=cut)


def test_what_takes_the_place_of_a_description_is_valid(kit: Any) -> None:
    first = next_draft(kit.draft(description=long_description(kit)), refused({"description": ""}), shorten=cut)
    second = next_draft(first, refused({"description": ""}), shorten=cut)
    assert check_adf(first.fields["description"]) == check_adf(second.fields["description"]) == []


def test_a_short_description_that_is_refused_is_replaced_at_once(kit: Any) -> None:
    after = next_draft(full_draft(kit), refused({"description": "unsupported"}), shorten=cut)
    assert after.description_form is DescriptionForm.NOTE


def test_a_description_that_nothing_shortens_is_replaced(kit: Any) -> None:
    whole = kit.draft(description=long_description(kit))
    after = next_draft(whole, refused({"description": ""}), shorten=lambda document, _: document)
    assert after.description_form is DescriptionForm.NOTE


def test_a_mandatory_description_is_shortened_but_never_left_out(kit: Any) -> None:
    metadata = kit.metadata(kit.field("description", "string", "Description", required=True))
    draft = kit.draft(metadata, description=kit.document("Body"))
    note = next_draft(draft, refused({"description": "x"}), shorten=cut)
    assert note.description_form is DescriptionForm.NOTE
    with pytest.raises(TicketError, match="mandatory"):
        next_draft(note, refused({"description": "x"}), shorten=cut)
    least = next_draft(note, refused({}, INVALID_INPUT), shorten=cut)
    assert least.fields["description"] == note.fields["description"]
    with pytest.raises(TicketError, match="INVALID_INPUT"):
        next_draft(least, refused({}, INVALID_INPUT), shorten=cut)


def test_without_attaching_the_note_says_that_the_text_is_missing(kit: Any) -> None:
    draft = kit.draft(description=kit.document("Body"), settings=ExportSettings(attach_full_text=False))
    after = next_draft(draft, refused({"description": "x"}), shorten=cut)
    assert "is missing here" in json.dumps(after.fields["description"])
    assert after.follow_ups == ()
    assert after.manual_fixes[0].recommended_action == "Add the missing part from the ticket by hand."


def test_a_description_shortened_before_it_was_sent_is_attached_once(kit: Any) -> None:
    draft = kit.draft(description=kit.document("Body"), full_text="long")
    after = next_draft(draft, refused({"description": "x"}), shorten=cut)
    assert after.follow_ups == (FULL_TEXT,)
    assert len(after.manual_fixes) == 1


def test_the_longest_rich_text_goes_first(kit: Any) -> None:
    draft = full_draft(kit, custom_fields={"Acceptance criteria": "word " * 100})
    first = next_draft(draft, refused({}, CONTENT_LIMIT_EXCEEDED), shorten=cut)
    assert "customfield_10036" not in first.fields
    assert first.description_form is DescriptionForm.WHOLE
    second = next_draft(first, refused({}, CONTENT_LIMIT_EXCEEDED), shorten=cut)
    assert second.description_form is DescriptionForm.NOTE


def test_rich_text_that_jira_named_is_not_guessed_at(kit: Any) -> None:
    draft = full_draft(kit, description=long_description(kit))
    after = next_draft(draft, refused({"customfield_10036": "too long"}, CONTENT_LIMIT_EXCEEDED), shorten=cut)
    assert draft.fields.keys() - after.fields.keys() == {"customfield_10036"}
    assert after.description_form is DescriptionForm.WHOLE


def test_a_description_is_cut_shorter_until_it_fits(kit: Any) -> None:
    """Where the markup is dense the first estimate is too long."""
    goals: list[int] = []

    def dense(_: Mapping[str, Any], goal: int) -> Mapping[str, Any]:
        goals.append(goal)
        document: dict[str, Any] = kit.document("w" * goal * 3)
        return document

    after = next_draft(kit.draft(description=long_description(kit)), refused({"description": ""}), shorten=dense)
    assert after.description_form is DescriptionForm.SHORTENED
    assert size(after.fields["description"]) <= 32_767
    assert goals[1:] == [goals[0] // 2, goals[0] // 4][: len(goals) - 1]
    assert len(goals) > 1


def test_mandatory_rich_text_stays(kit: Any) -> None:
    criteria = kit.field("customfield_10036", "string", "Criteria", custom="x:textarea", required=True)
    draft = kit.draft(kit.metadata(criteria), custom_fields={"Criteria": "long"})
    least = next_draft(draft, refused({}, CONTENT_LIMIT_EXCEEDED), shorten=cut)
    assert least.fields.keys() == {"project", "issuetype", "summary", "customfield_10036"}
    with pytest.raises(TicketError, match="CONTENT_LIMIT_EXCEEDED"):
        next_draft(least, refused({}, CONTENT_LIMIT_EXCEEDED), shorten=cut)


def test_a_document_of_any_shape_is_measured(kit: Any) -> None:
    odd = {"type": "doc", "content": ["x", {"content": "y"}, {"type": "text", "text": 3}, {"text": "word " * 9_000}]}
    draft = IssueDraft(UUID(int=1), {"summary": "s", "description": odd})
    after = next_draft(draft, refused({"description": "x"}), shorten=lambda _, goal: kit.document("w" * goal))
    assert after.description_form is DescriptionForm.SHORTENED


# -- for any draft and any refusal -----------------------------------------------------------------------------------

IDS = ("summary", "project", "issuetype", "description", "labels", "assignee", SPRINT, "priority", "c1", "c2")
UNKNOWN = "customfield_404"


def document_of(length: int) -> dict[str, Any]:
    return {
        "version": 1,
        "type": "doc",
        "content": [{"type": "paragraph", "content": [{"type": "text", "text": "w" * length}]}],
    }


DOCUMENTS = st.sampled_from([10, 40_000]).map(document_of)
VALUES = {
    "description": DOCUMENTS,
    "labels": st.sampled_from([[LABEL], ["a", LABEL], ["a"]]),
    "c1": DOCUMENTS,
}


@st.composite
def drafts(draw: st.DrawFn) -> IssueDraft:
    optional = draw(st.sets(st.sampled_from(IDS[3:])))
    fields = {name: draw(VALUES.get(name, st.just("x"))) for name in (*ALWAYS_REQUIRED, *sorted(optional))}
    return IssueDraft(
        ticket_id=UUID(int=1),
        fields=fields,
        required=ALWAYS_REQUIRED | draw(st.sets(st.sampled_from(IDS))),
        names={name: FieldName(f"the {name}", "wish") for name in IDS},
        manual_fixes=tuple(
            draw(st.lists(st.just(ManualFix(ManualFixKind.LINK_FAILED, "f", "a", "d", "r")), max_size=1))
        ),
        marker_label=LABEL if LABEL in fields.get("labels", ()) else "",
        description_form=draw(st.sampled_from(DescriptionForm)),
        attach_full_text=draw(st.booleans()),
    )


MESSAGES = st.lists(st.sampled_from([CONTENT_LIMIT_EXCEEDED, INVALID_INPUT, "something else"]), max_size=2)
REFUSALS = st.builds(
    lambda names, messages, status: refused(dict.fromkeys(names, "why"), *messages, status=status),
    st.sets(st.sampled_from([*IDS, "parentId", UNKNOWN]), max_size=3),
    MESSAGES,
    st.sampled_from([400, 400, 400, 413, 403]),
)


def weight(draft: IssueDraft) -> tuple[int, int, int, int]:
    description = draft.fields.get("description")
    too_large = description is not None and size(description) > 32_767
    return (len(draft.fields), draft.description_form, too_large, len(draft.fields.get("labels", ())))


@given(drafts(), REFUSALS, st.booleans())
def test_a_decision_shrinks_keeps_what_is_required_and_records_what_it_drops(
    draft: IssueDraft, error: RefusedError, is_last: bool
) -> None:
    try:
        after = next_draft(draft, error, shorten=cut, is_last=is_last)
    except (TicketError, RefusedError) as exc:
        assert isinstance(exc, TicketError) or exc is error  # noqa: PT017 -- both outcomes are looked at
        return
    assert UNKNOWN not in error.refusal.field_errors
    assert weight(after) < weight(draft)
    assert after.required == draft.required
    assert draft.required & draft.fields.keys() <= after.fields.keys()
    if after.is_least:
        assert after.fields.keys() <= draft.required | {"description"}
    dropped = draft.fields.keys() - after.fields.keys()
    changed = {name for name in after.fields if after.fields[name] != draft.fields[name]}
    for name in dropped | changed:
        assert name in error.refusal.field_errors or name in {"description", "c1"} or after.is_least
        new = [fix for fix in after.manual_fixes if fix not in draft.manual_fixes]
        assert any(fix.field == "description" if name == "description" else fix.field == f"the {name}" for fix in new)


@given(drafts(), st.lists(REFUSALS, min_size=20, max_size=20))
def test_refusals_come_to_an_end(draft: IssueDraft, errors: list[RefusedError]) -> None:
    """Whatever Jira says, after as many rounds as there are fields and forms of a description there is a decision."""
    rounds = 0
    limit = len(draft.fields) + len(DescriptionForm) + 1
    for error in errors:
        try:
            draft = next_draft(draft, error, shorten=cut)
        except (TicketError, RefusedError):
            break
        rounds += 1
    assert rounds <= limit


@given(drafts(), REFUSALS)
def test_unknown_fields_stop(draft: IssueDraft, error: RefusedError) -> None:
    with_unknown = replace(error.refusal, field_errors={**error.refusal.field_errors, UNKNOWN: "?"})
    stop = RefusedError("no", operation="POST", refusal=with_unknown)
    with pytest.raises(RefusedError) as caught:
        next_draft(draft, stop, shorten=cut)
    assert caught.value is stop
