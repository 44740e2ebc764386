"""What a session's tickets make it necessary to ask Jira for, beyond what is read of every project."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jira_session_export._jira.wire import FieldMetadata, IssueType
from jira_session_export._mapping.metadata import (
    OPEN_SPRINT_STATES,
    ProjectMetadata,
    find_issue_type,
    looks_like_account_id,
    sprint_id_of,
)
from jira_session_export._mapping.names import name_key
from jira_session_export._mapping.people import is_special
from jira_session_export._mapping.screen import SPRINT_TYPE, TEAM_TYPES, field_type
from jira_session_export._mapping.teams import looks_like_team_id
from jira_session_export._models import Ticket
from jira_session_export._written import list_items

_SEPARATORS = re.compile(r"[;\r\n]")


@dataclass(frozen=True, slots=True)
class Lookups:
    """What must still be asked for, each once.

    Attributes:
        account_ids: for `assignable_users(project, account_id=…)`: who is returned is assignable.
        assignees: e-mail addresses and names, for `assignable_users(project, query=…)`.
        people: e-mail addresses and names of others, for `users(query)`.
        sprint_ids: for `sprint(id)`.
        open_sprints: whether the boards must be asked for their open sprints: a ticket names one.
        closed_sprints: names that no open sprint has; a closed one of that name explains it.
        teams: name of a field, and name of a team in it, for `teams(field, name)`.
    """

    account_ids: tuple[str, ...] = ()
    assignees: tuple[str, ...] = ()
    people: tuple[str, ...] = ()
    sprint_ids: tuple[int, ...] = ()
    open_sprints: bool = False
    closed_sprints: tuple[str, ...] = ()
    teams: tuple[tuple[str, str], ...] = ()

    def __bool__(self) -> bool:
        return self != Lookups()


def issue_types_used(
    tickets: Iterable[Ticket], issue_types: Sequence[IssueType], default: str
) -> tuple[IssueType, ...]:
    """The issue types the tickets name, each once; their create screens are to be read. Unknown ones are left out."""
    wanted = dict.fromkeys(ticket.issue_type or default for ticket in tickets)
    found = {each.id: each for name in wanted if (each := find_issue_type(issue_types, name)) is not None}
    return tuple(found.values())


def lookups_needed(tickets: Iterable[Ticket], metadata: ProjectMetadata, default_issue_type: str = "Task") -> Lookups:
    """What to ask Jira for next: named by tickets, and not certain from what is known.

    Ask it, give the answers to `ProjectMetadata.with_lookups`, and call this again: what was not found may be explained
    by something else. After at most three rounds nothing is left to ask.

    Args:
        default_issue_type: `ExportSettings.default_issue_type`.
    """
    named = _Named()
    for ticket in tickets:
        named.take(ticket, metadata, default_issue_type)
    assignees = [term for term in named.assignees if metadata.can_be_looked_up(term, assignable=True)]
    sprint_ids, names = _sprints_to_ask(named.sprints, metadata)
    return Lookups(
        account_ids=tuple(term for term in assignees if looks_like_account_id(term)),
        assignees=tuple(term for term in assignees if not looks_like_account_id(term)),
        people=tuple(term for term in named.people if metadata.can_be_looked_up(term, assignable=False)),
        sprint_ids=sprint_ids,
        open_sprints=bool(names) and not metadata.boards_read and not metadata.boards_refused,
        closed_sprints=tuple(
            name
            for name in names
            if metadata.boards_read and not metadata.boards_refused and name_key(name) not in metadata.closed_names
        ),
        teams=tuple(each for each in named.teams if each[1] not in metadata.teams),
    )


class _Named:
    """What tickets name, each once, in their order."""

    def __init__(self) -> None:
        self.assignees: dict[str, None] = {}
        self.people: dict[str, None] = {}
        self.sprints: dict[str | int, None] = {}
        self.teams: dict[tuple[str, str], None] = {}

    def take(self, ticket: Ticket, metadata: ProjectMetadata, default_issue_type: str) -> None:
        if ticket.assignee is not None:
            self._assignee(ticket.assignee)
        if ticket.reporter is not None:
            self._people(ticket.reporter)
        if ticket.sprint is not None:
            self._sprint(ticket.sprint)
        if not ticket.custom_fields:
            return
        issue_type = find_issue_type(metadata.issue_types, ticket.issue_type or default_issue_type)
        screen = metadata.screen(issue_type.id) if issue_type else None
        if screen is None:
            return
        for name, value in ticket.custom_fields.items():
            for each in screen.named(name):
                self._in_field(each, value)

    def _in_field(self, field: FieldMetadata, value: Any) -> None:
        if field.field_id == "assignee":
            self._assignee(value)
        elif "user" in {field.field_schema.type, field.field_schema.items}:
            self._people(_with_items(value) if field.field_schema.type == "array" else value)
        elif field_type(field) == SPRINT_TYPE:
            self._sprint(value)
        elif field_type(field) in TEAM_TYPES:
            for term in terms_in(value):
                if not looks_like_team_id(term):
                    self.teams[field.name, term] = None

    def _assignee(self, value: Any) -> None:
        self.assignees.update((term, None) for term in terms_in(value) if not is_special(term))

    def _people(self, value: Any) -> None:
        self.people.update((term, None) for term in terms_in(value) if not is_special(term))

    def _sprint(self, value: Any) -> None:
        for item in value if isinstance(value, (list, tuple)) else (value,):
            if isinstance(item, int) and not isinstance(item, bool):
                self.sprints[item] = None
            else:
                self.sprints.update(dict.fromkeys(terms_in(item)))


def terms_in(value: Any) -> Iterator[str]:
    """The things a value names: one or a list of them, each a text or an object in Jira's own shape."""
    for item in value if isinstance(value, (list, tuple, set, frozenset)) else (value,):
        term = item
        if isinstance(item, Mapping):
            keys = ("accountId", "id", "emailAddress", "displayName", "name", "value")
            term = next((item[key] for key in keys if item.get(key)), None)
        if isinstance(term, str) and term.strip():
            yield term.strip()


def _with_items(value: Any) -> Any:
    """A list in one text as its items; one with a comma both whole and in its parts, for names like `Silva, Maria`."""
    if not isinstance(value, str):
        return value
    items = list_items(value, lambda item: not _SEPARATORS.search(item))
    return [*items, *(part for item in items if "," in item for part in list_items(item))]


def _sprints_to_ask(wanted: Iterable[str | int], metadata: ProjectMetadata) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """The ids to look up, and the names that are no open sprint's as far as it is known."""
    ids: dict[int, None] = {}
    names: list[str] = []
    for each in wanted:
        sprint_id = sprint_id_of(each)
        if sprint_id is not None and metadata.sprint(sprint_id) is None and sprint_id not in metadata.asked_sprints:
            ids[sprint_id] = None
        elif isinstance(each, int) or (sprint_id is not None and _is_open(sprint_id, metadata)):
            continue
        # Without the boards, a sprint of that name that happens to be known need not be the only one.
        elif not (metadata.boards_read and metadata.sprints_named(each)):
            names.append(each)
    return tuple(ids), tuple(names)


def _is_open(sprint_id: int, metadata: ProjectMetadata) -> bool:
    sprint = metadata.sprint(sprint_id)
    return sprint is not None and sprint.state in OPEN_SPRINT_STATES
