"""Words for people: what an export says about what it did otherwise than asked."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from jira_session_export._jira.wire import FieldMetadata
from jira_session_export._mapping.screen import SPRINT_TYPE, field_type
from jira_session_export._values import FollowUp, ManualFix, ManualFixKind, StepKind
from jira_session_export._written import WrittenNumber

FULL_TEXT_FILENAME = "full-description.txt"
"""Name of the attachment that keeps a description Jira would not take whole."""

_SHOWN_LENGTH = 200
_CHOICES_SHOWN = 10

_INSTEAD: Mapping[ManualFixKind, tuple[str, str]] = MappingProxyType(
    {
        ManualFixKind.ASSIGNEE_INVALID: ("no assignee was set", "Assign the issue to the right person."),
        ManualFixKind.SPRINT_NOT_FOUND: ("the issue was not put into a sprint", "Move the issue to the right sprint."),
        ManualFixKind.PRIORITY_NOT_AVAILABLE: ("Jira's default priority was used", "Set the right priority."),
    }
)


def kind_of(field: FieldMetadata) -> ManualFixKind:
    """What it is called when a wish for that field was not met."""
    if field.field_id == "assignee":
        return ManualFixKind.ASSIGNEE_INVALID
    if field.field_id == "priority":
        return ManualFixKind.PRIORITY_NOT_AVAILABLE
    if field_type(field) == SPRINT_TYPE:
        return ManualFixKind.SPRINT_NOT_FOUND
    return ManualFixKind.FIELD_VALUE_REJECTED


def left_out(
    kind: ManualFixKind, word: str, asked_for: str, why: str, *, action: str = "", instead: str = ""
) -> ManualFix:
    """A manual fix for a wish that was left out, because `why`. `instead`: what the issue got, where that is known."""
    usual, advice = _INSTEAD.get(kind, ("it was left out", f"Fill in {word} in Jira by hand."))
    return ManualFix(kind, word, asked_for, f"{instead or usual}, because {why}", action or advice)


def sent_otherwise(kind: ManualFixKind, word: str, asked_for: str, sent: str, why: str) -> ManualFix:
    """What to do about a value that was sent, but not as written."""
    return ManualFix(
        kind, word, asked_for, f"{sent} was sent, because {why}", f"Change {word} in Jira if {sent} will not do."
    )


def shown(value: Any) -> str:
    """Return a ticket's value as a string for people, shortened when it is long."""
    if isinstance(value, str):  # as most are; `Mapping` takes longer to ask for
        text = value
    elif isinstance(value, Mapping):
        text = ", ".join(f"{key}: {shown(item)}" for key, item in value.items() if not isinstance(item, Mapping))
    elif isinstance(value, (list, tuple)):
        text = ", ".join(str(item) for item in value)
    elif isinstance(value, bool):
        text = str(value).lower()
    elif isinstance(value, float) and not isinstance(value, WrittenNumber):
        text = f"{value:.15g}"
    else:
        text = str(value)
    text = " ".join(text.split())
    return text if len(text) <= _SHOWN_LENGTH else f"{text[: _SHOWN_LENGTH - 1]}…"


def choices(labels: Sequence[str]) -> str:
    """The first few labels, and how many more there are."""
    more = len(labels) - _CHOICES_SHOWN
    listed = ", ".join(labels[:_CHOICES_SHOWN])
    return f"{listed} and {more} more" if more > 0 else listed


SHORTENED_BY_US = "it was shortened, because Jira takes no description that long"
OFF_SCREEN = "it was left out, because the create screen does not show the field"


def description_fix(kind: ManualFixKind, done_instead: str, attached: bool) -> ManualFix:
    """What to do about a description that is not whole in its issue."""
    if attached:
        return ManualFix(
            kind,
            "description",
            "the whole description",
            f"{done_instead}; all of its text is attached as {FULL_TEXT_FILENAME}",
            "Read on in the attached file, or put the missing part where your team will look for it.",
        )
    return ManualFix(
        kind, "description", "the whole description", done_instead, "Add the missing part from the ticket by hand."
    )


def shortened_text_fix(word: str) -> ManualFix:
    """What to do about a rich text, other than the description, that is not whole in its issue."""
    return ManualFix(
        ManualFixKind.FIELD_VALUE_REJECTED,
        word,
        "the whole text",
        "it was shortened, because Jira takes no text that long",
        "Add the missing part from the ticket by hand.",
    )


def full_text_follow_up(attached: bool) -> Sequence[FollowUp]:
    """The step that attaches a description's full text, when it is to be attached."""
    return (FollowUp(StepKind.ATTACHMENT, FULL_TEXT_FILENAME),) if attached else ()
