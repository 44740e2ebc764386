"""The create screen of an issue type: which fields there are, and how people name them."""

import re
from collections.abc import Sequence

from jira_session_export._jira.wire import FieldMetadata
from jira_session_export._mapping.names import APP_FIELDS, SYSTEM_FIELDS, name_key

SPRINT_TYPE = "gh-sprint"
EPIC_LINK_TYPE = "gh-epic-link"
EPIC_NAME_TYPE = "gh-epic-label"
STORY_POINT_ESTIMATE_TYPE = "jsw-story-points"
TEAM_TYPES = frozenset({"atlassian-team", "rm-teams-custom-field-team"})

_STORY_POINT_NAMES = ("storypoints", "storypoint", "storypointestimate", "storypointsestimate", "storypointestimates")
"""What the field is called where it is an ordinary number field, without white space and hyphens; the first counts."""
_FIELD_NUMBER = re.compile(r"(?:customfield_|cf\[)?([0-9]{1,18})\]?", re.ASCII | re.IGNORECASE)


def field_type(metadata: FieldMetadata) -> str:
    """The short name of a custom field's type (`gh-sprint`, `textarea`); empty for a system field."""
    return (metadata.field_schema.custom or "").rpartition(":")[2]


class CreateScreen:
    """The fields that the create screen of one issue type shows.

    Attributes:
        required: ids of the fields without which Jira creates no issue.
    """

    __slots__ = ("_by_id", "_by_name", "_by_type", "fields", "required")

    def __init__(self, fields: Sequence[FieldMetadata]) -> None:
        self.fields = tuple(fields)
        self.required = frozenset(each.field_id for each in self.fields if each.required and not each.has_default_value)
        self._by_id = {each.field_id: each for each in self.fields}
        self._by_name: dict[str, list[FieldMetadata]] = {}
        self._by_type: dict[str, list[FieldMetadata]] = {}
        for each in self.fields:
            for name in {name_key(each.name), name_key(each.untranslated_name or "")} - {""}:
                self._by_name.setdefault(name, []).append(each)
            self._by_type.setdefault(field_type(each), []).append(each)

    def get(self, field_id: str) -> FieldMetadata | None:
        """The field with that id."""
        return self._by_id.get(field_id)

    def named(self, term: str) -> Sequence[FieldMetadata]:
        """The fields a ticket can mean by `term`; several when that is not certain.

        In this order: the field with that id; all with that name, in the account's language; the one of Jira's own
        fields with that English name; the custom field with that number (`10036`, `cf[10036]`).
        """
        if (exact := self._by_id.get(term.strip())) is not None:
            return (exact,)
        key = name_key(term)
        if key in self._by_name:
            return self._by_name[key]
        if (system := self._by_id.get(SYSTEM_FIELDS.get(key, ""))) is not None:
            return (system,)
        if key in APP_FIELDS:
            return self._by_type.get(APP_FIELDS[key], ())
        number = _FIELD_NUMBER.fullmatch(term.strip())
        custom = self._by_id.get(f"customfield_{number[1]}") if number else None
        return (custom,) if custom is not None else ()

    def of_type(self, short_type: str) -> FieldMetadata | None:
        """The first custom field of that type, for example `gh-sprint`."""
        return next(iter(self._by_type.get(short_type, ())), None)

    def story_points(self, *, team_managed: bool, named: str = "") -> Sequence[FieldMetadata]:
        """The field that holds story points; several when that is not certain.

        Team-managed projects have one of a type of its own, the others a number field with the right name.

        Args:
            named: name or id of the field where it is none of these; it alone counts then.
        """
        if named:
            return self.named(named)
        estimates = self._by_type.get(STORY_POINT_ESTIMATE_TYPE, [])
        numbers: dict[str, list[FieldMetadata]] = {}
        for each in self.fields:
            if each.field_schema.type == "number" and each.field_schema.custom and each not in estimates:
                numbers.setdefault(re.sub(r"[\s_-]", "", name_key(each.name)), []).append(each)
        by_name = next((numbers[name] for name in _STORY_POINT_NAMES if name in numbers), [])
        return (estimates or by_name) if team_managed else (by_name or estimates)
