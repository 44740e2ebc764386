"""`IssueDraft`: what a create sends, what may be dropped from it, what is left to do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from types import MappingProxyType
from typing import Any
from uuid import UUID

from jira_session_export._values import PROPERTY_KEY, FollowUp, ManualFix, ManualFixKind, Marker

ALWAYS_REQUIRED = frozenset({"project", "issuetype", "summary"})


class DescriptionForm(IntEnum):
    """How much of the description is sent; each refusal takes the next smaller one."""

    NOTE = 0
    """A sentence that points to the attached text."""
    SHORTENED = 1
    WHOLE = 2


@dataclass(frozen=True, slots=True)
class FieldName:
    """What people call a field.

    Attributes:
        word: in the batch file's words; Jira's name when the ticket does not mention the field.
        asked_for: what the ticket wanted, as a string; empty when nothing.
        kind: what it is called when the wish is not met.
        instead: what the issue gets then; empty for what its kind says.
    """

    word: str
    asked_for: str = ""
    kind: ManualFixKind = ManualFixKind.FIELD_VALUE_REJECTED
    instead: str = ""


@dataclass(frozen=True, slots=True)
class IssueDraft:
    """What a create sends, and what is known about it.

    Attributes:
        fields: field id → value as Jira wants it.
        required: ids of the fields that are never dropped.
        names: field id → what people call it, for every field of the create screen.
        manual_fixes: what the issue gets otherwise than asked.
        follow_ups: what is left to do once the issue exists.
        marker_label: the session's label among `fields["labels"]`; empty when it is not sent.
        description_form: how much of the description `fields["description"]` is.
        attach_full_text: whether a description that is cut or dropped is attached as a file.
        is_least: whether every field that may be left out has been, so that nothing is left to try.
    """

    ticket_id: UUID
    fields: Mapping[str, Any]
    required: frozenset[str] = ALWAYS_REQUIRED
    names: Mapping[str, FieldName] = field(default_factory=lambda: MappingProxyType({}))
    manual_fixes: tuple[ManualFix, ...] = ()
    follow_ups: tuple[FollowUp, ...] = ()
    marker_label: str = ""
    description_form: DescriptionForm = DescriptionForm.WHOLE
    attach_full_text: bool = True
    is_least: bool = False

    def payload(self, marker: Marker) -> dict[str, Any]:
        """The body of the create, with the marker as entity property."""
        return {
            "fields": dict(self.fields),
            "properties": [{"key": PROPERTY_KEY, "value": marker.as_property()}],
        }
