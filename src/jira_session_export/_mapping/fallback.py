"""What to send next when Jira refused a draft: less of it, or nothing. Pure; decides on status and field ids alone.

Jira validates in stages, so the next try can be refused for other fields; each decision makes the draft smaller, so the
tries come to an end by themselves.

Source: the error bodies of `POST /rest/api/3/issue`,
https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/ (October 2026).
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any, NoReturn

from jira_session_export._limits import DESCRIPTION_MAX_LENGTH
from jira_session_export._mapping.draft import (
    ALWAYS_REQUIRED,
    DescriptionForm,
    FieldName,
    IssueDraft,
)
from jira_session_export._mapping.restricting import RESTRICTING_FIELDS
from jira_session_export._mapping.richtext import is_document, size, text_length
from jira_session_export._mapping.wording import (
    FULL_TEXT_FILENAME,
    description_fix,
    full_text_follow_up,
    left_out,
    shown,
)
from jira_session_export._values import ManualFix, ManualFixKind
from jira_session_export.errors import RefusedError, TicketError

Shorten = Callable[[Mapping[str, Any], int], Mapping[str, Any]]
"""Cuts an ADF document to so many characters of text, with a visible note at the end."""

CONTENT_LIMIT_EXCEEDED = "CONTENT_LIMIT_EXCEEDED"
INVALID_INPUT = "INVALID_INPUT"
"""The two messages about rich text that are words for programs, the same in every language; neither names the field."""

_OTHER_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "timetracking_originalestimate": "timetracking",
        "timetracking_remainingestimate": "timetracking",
        "parentId": "parent",
        "pid": "project",
        "issuetypeid": "issuetype",
    }
)
"""Keys Jira uses in `errors` for fields it calls otherwise."""

_SHORTEST_TEXT = 500
_MARGIN = 0.9


def next_draft(draft: IssueDraft, refused: RefusedError, *, shorten: Shorten, is_last: bool = False) -> IssueDraft:
    """The draft to send after `draft` was refused: without the optional fields Jira named, with a shorter description.

    Each field that goes leaves a manual fix. The description goes in steps: shortened, a note that points to the
    attached text, nothing. Labels go in two: the ticket's first, the marker label last. When Jira names no field (a
    workflow validator, content it does not support), every field that may go does, and the description becomes the
    note.

    Args:
        shorten: cuts a document, for example `jira_session_export._adf.shorten_document`.
        is_last: no other try will follow, so let every field go that may.

    Raises:
        TicketError: Jira refused, or misses, a field that must not be left out; or refused the least there is to send.
        RefusedError: `refused` itself, when it names nothing that could be left out: no such project, a field that is
            not on the create screen and was not sent.
    """
    refusal = refused.refusal
    if refusal.status not in {400, 413}:
        raise refused
    errors = {_OTHER_NAMES.get(name, name): text for name, text in refusal.field_errors.items()}
    unavoidable = {name: text for name, text in errors.items() if not _can_shrink(draft, name)}
    if unavoidable:
        _stop(draft, unavoidable, refused)
    about_rich_text = refusal.status == 413 or {CONTENT_LIMIT_EXCEEDED, INVALID_INPUT} & set(refusal.messages)
    if about_rich_text and not any(is_document(draft.fields[name]) for name in errors):
        longest = _longest_document(draft)
        if longest is not None:
            errors[longest] = _reason(refusal.messages)
    smaller = draft
    for name, text in errors.items():
        smaller = _shrink(smaller, name, text, shorten)
    return smaller if errors and not is_last else _least(smaller, refused, names_a_field=bool(errors))


def _least(draft: IssueDraft, refused: RefusedError, *, names_a_field: bool) -> IssueDraft:
    """The draft with nothing in it that may be left out.

    Raises:
        TicketError: it was that already.
        RefusedError: there is nothing to leave out.
    """
    if draft.is_least and not names_a_field:
        raise TicketError(
            "Jira refuses to create the issue, also without the fields that may be left out, and names no field: "
            f"{_sentence(_reason(refused.refusal.messages))}",
            ticket_id=draft.ticket_id,
            recovery_actions=[
                "Ask a Jira administrator which rule of the project refuses it: a workflow validator, for example.",
                "Correct the ticket or the rule, then retry the export.",
            ],
        ) from refused
    said = shown(_reason(refused.refusal.messages)) or "no reason given"
    why = f"Jira refused the issue without naming a field: {said}"
    if names_a_field:
        why = "Jira kept refusing fields of the issue, one after the other"
    least = draft
    for name in draft.fields:
        if name == "description" and draft.description_form > DescriptionForm.NOTE:
            note = _note(draft.attach_full_text)
            least = _with_description(least, DescriptionForm.NOTE, note, f"it was replaced by a note, because {why}")
        elif name not in draft.required and name != "description":
            least = _without(least, name, why)
    if least is draft and not names_a_field:
        raise refused
    return replace(least, is_least=True)


def _can_shrink(draft: IssueDraft, name: str) -> bool:
    if name not in draft.fields:
        return False
    return name not in draft.required or (name == "description" and draft.description_form > DescriptionForm.NOTE)


def _stop(draft: IssueDraft, unavoidable: Mapping[str, str], refused: RefusedError) -> NoReturn:
    named = {name: draft.names[name] for name in unavoidable if name in draft.names and name != "project"}
    if len(named) < len(unavoidable):
        raise refused  # about the project, or about something this draft knows nothing of
    raise TicketError(
        " ".join(_complaint(draft, name, named[name], unavoidable[name]) for name in named),
        ticket_id=draft.ticket_id,
        field=", ".join(field_name.word for field_name in named.values()),
    ) from refused


def _complaint(draft: IssueDraft, name: str, called: FieldName, text: str) -> str:
    if name not in draft.fields:
        # The last one says why nothing was sent; those before it are about parts.
        dropped = next((fix for fix in reversed(draft.manual_fixes) if fix.field == called.word), None)
        asked = f" (asked for {dropped.asked_for}; {dropped.done_instead})" if dropped else ""
        return f"Jira wants {called.word}, and none was sent{asked}: {_sentence(text)}"
    mandatory = ""
    if name in RESTRICTING_FIELDS:
        mandatory = " It restricts who sees the issue, so it is never left out."
    elif name not in ALWAYS_REQUIRED:
        mandatory = " The field is mandatory, so it cannot be left out."
    asked = f" ({called.asked_for})" if called.asked_for else ""
    return f"Jira does not accept {called.word}{asked}: {_sentence(text)}{mandatory}"


def _sentence(text: str) -> str:
    text = shown(text) or "no reason given"
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _reason(messages: Sequence[str]) -> str:
    return "; ".join(messages)


# -- one field -------------------------------------------------------------------------------------------------------


def _shrink(draft: IssueDraft, name: str, text: str, shorten: Shorten) -> IssueDraft:
    if name == "description":
        return _shrink_description(draft, text, shorten)
    if name == "labels" and draft.marker_label and draft.fields["labels"] != [draft.marker_label]:
        own = replace(draft, fields=_with(draft.fields, "labels", [draft.marker_label]))
        return _add_fix(own, _fix(draft.names["labels"], _refused_it(text)))
    return _without(draft, name, _refused_it(text))


def _without(draft: IssueDraft, name: str, why: str) -> IssueDraft:
    called = draft.names.get(name, FieldName(name))
    if name == "labels" and draft.marker_label:
        called = replace(called, asked_for=", ".join(draft.fields["labels"]))
    return _add_fix(_drop(draft, name), _fix(called, why))


def _refused_it(text: str) -> str:
    return f"Jira refused it: {shown(text) or 'no reason given'}"


def _fix(called: FieldName, why: str) -> ManualFix:
    return left_out(called.kind, called.word, called.asked_for, why, instead=called.instead)


def _drop(draft: IssueDraft, name: str) -> IssueDraft:
    return replace(draft, fields=MappingProxyType({key: value for key, value in draft.fields.items() if key != name}))


def _with(fields: Mapping[str, Any], name: str, value: Any) -> Mapping[str, Any]:
    return MappingProxyType({**fields, name: value})


def _add_fix(draft: IssueDraft, fix: ManualFix) -> IssueDraft:
    return replace(draft, manual_fixes=(*draft.manual_fixes, fix))


# -- rich text -------------------------------------------------------------------------------------------------------


def _shrink_description(draft: IssueDraft, text: str, shorten: Shorten) -> IssueDraft:
    because = f"because {_refused_it(text)}"
    if draft.description_form is DescriptionForm.NOTE:
        fix = description_fix(
            ManualFixKind.DESCRIPTION_SHORTENED, f"it was left out, {because}", draft.attach_full_text
        )
        return replace(_drop(draft, "description"), manual_fixes=(*_other_fixes(draft), fix))
    form, document = _smaller_description(draft, shorten)
    done = "it was shortened" if form is DescriptionForm.SHORTENED else "it was replaced by a note"
    return _with_description(draft, form, document, f"{done}, {because}")


def _with_description(draft: IssueDraft, form: DescriptionForm, document: Mapping[str, Any], done: str) -> IssueDraft:
    attached = draft.attach_full_text
    fix = description_fix(ManualFixKind.DESCRIPTION_SHORTENED, done, attached)
    steps = [step for step in full_text_follow_up(attached) if step not in draft.follow_ups]
    return replace(
        draft,
        fields=_with(draft.fields, "description", document),
        description_form=form,
        manual_fixes=(*_other_fixes(draft), fix),
        follow_ups=(*draft.follow_ups, *steps),
    )


def _other_fixes(draft: IssueDraft) -> tuple[ManualFix, ...]:
    """All but what was said before of a shortened description."""
    return tuple(fix for fix in draft.manual_fixes if fix.kind is not ManualFixKind.DESCRIPTION_SHORTENED)


def _smaller_description(draft: IssueDraft, shorten: Shorten) -> tuple[DescriptionForm, Mapping[str, Any]]:
    """The description cut until even its JSON is within Jira's limit, or the note.

    How Jira counts is not documented; a document whose bytes are within the limit passes every way of counting.
    """
    document = draft.fields["description"]
    whole = size(document)
    goal = int(text_length(document) * DESCRIPTION_MAX_LENGTH / whole * _MARGIN)
    if whole > DESCRIPTION_MAX_LENGTH:
        while goal >= _SHORTEST_TEXT:
            shorter = shorten(document, goal)
            if size(shorter) <= DESCRIPTION_MAX_LENGTH:
                return DescriptionForm.SHORTENED, shorter
            goal //= 2
    return DescriptionForm.NOTE, _note(draft.attach_full_text)


def _note(attached: bool) -> dict[str, Any]:
    where = f"is attached as {FULL_TEXT_FILENAME}" if attached else "was too much for Jira and is missing here"
    paragraph = {"type": "paragraph", "content": [{"type": "text", "text": f"The description {where}."}]}
    return {"version": 1, "type": "doc", "content": [paragraph]}


def _longest_document(draft: IssueDraft) -> str | None:
    """The field with the most rich text among those that can get smaller."""
    documents = [name for name, value in draft.fields.items() if is_document(value) and _can_shrink(draft, name)]
    return max(documents, key=lambda name: size(draft.fields[name]), default=None)
