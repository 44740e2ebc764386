"""Names: when two of them are the same, and what Jira calls its own fields in English."""

import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from types import MappingProxyType
from typing import Generic, TypeVar

_Id = TypeVar("_Id")
_Thing = TypeVar("_Thing")


@lru_cache(maxsize=4096)
def name_key(name: str) -> str:
    """What is equal for names that people take for the same.

    Case does not matter, nor how much and which white space there is, nor whether an accent is a character of its own:
    a name typed on one machine and pasted from another differs in the last two without anybody seeing it.
    """
    return unicodedata.normalize("NFC", " ".join(unicodedata.normalize("NFC", name).split()).casefold())


class NameIndex(Generic[_Id, _Thing]):
    """Things by id, each once, and by name.

    Attributes:
        by_id: the things; of those with one id, the last.
    """

    __slots__ = ("_by_name", "by_id")

    def __init__(self, things: Iterable[tuple[_Id, _Thing]], names: Callable[[_Thing], Iterable[str]]) -> None:
        """Index the things. `names`: what one thing is called."""
        self.by_id: dict[_Id, _Thing] = dict(things)
        self._by_name: dict[str, list[_Thing]] = {}
        for thing in self.by_id.values():
            for key in {name_key(name) for name in names(thing)} - {""}:
                self._by_name.setdefault(key, []).append(thing)

    def named(self, name: str) -> Sequence[_Thing]:
        """All things of that name."""
        return self._by_name.get(name_key(name), ())


SYSTEM_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "affects version": "versions",
        "affects version/s": "versions",
        "affects versions": "versions",
        "assignee": "assignee",
        "component": "components",
        "component/s": "components",
        "components": "components",
        "description": "description",
        "due date": "duedate",
        "environment": "environment",
        "fix version": "fixVersions",
        "fix version/s": "fixVersions",
        "fix versions": "fixVersions",
        "label": "labels",
        "labels": "labels",
        "linked issues": "issuelinks",
        "original estimate": "timetracking",
        "parent": "parent",
        "priority": "priority",
        "remaining estimate": "timetracking",
        "reporter": "reporter",
        "security": "security",
        "security level": "security",
        "summary": "summary",
        "time tracking": "timetracking",
    }
)
"""English name (as `name_key`) → id of a system field: its create screen shows it in the account's language."""

APP_FIELDS: Mapping[str, str] = MappingProxyType(
    {
        "epic link": "gh-epic-link",
        "epic name": "gh-epic-label",
        "organizations": "sd-customer-organizations",
        "request participants": "sd-request-participants",
        "request type": "vp-origin",
        "sprint": "gh-sprint",
        "story point estimate": "jsw-story-points",
        "team": "atlassian-team",
    }
)
"""English name (as `name_key`) → type of a custom field that Jira's own products bring and translate."""
