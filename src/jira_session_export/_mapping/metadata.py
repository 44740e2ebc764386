"""What is known of a project before the first create, as plain data with look-ups built once."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from types import MappingProxyType
from typing import Any, Generic, TypeVar

from jira_session_export._jira.wire import FieldMetadata, IssueType, LinkType, Project, Sprint, User
from jira_session_export._models import Ticket

OPEN_SPRINT_STATES = frozenset({"active", "future"})

SPRINT_TYPE = "gh-sprint"
EPIC_LINK_TYPE = "gh-epic-link"
EPIC_NAME_TYPE = "gh-epic-label"
STORY_POINT_ESTIMATE_TYPE = "jsw-story-points"

_ACCOUNT_ID = re.compile(r"[0-9a-f]{24}|[\w-]+:[\w:-]+|[\w-]{20,128}", re.ASCII)
_Id = TypeVar("_Id")
_Thing = TypeVar("_Thing")
_NOTHING: Mapping[Any, Any] = MappingProxyType({})


def looks_like_account_id(term: str) -> bool:
    """Whether `term` has the form of an account id (`5b10ac8d82e05b22cc7d4ef5`, `712020:…`) rather than of a name."""
    return _ACCOUNT_ID.fullmatch(term) is not None


def field_type(metadata: FieldMetadata) -> str:
    """The short name of a custom field's type (`gh-sprint`, `textarea`); empty for a system field."""
    return (metadata.field_schema.custom or "").rpartition(":")[2]


def find_issue_type(issue_types: Iterable[IssueType], wanted: str) -> IssueType | None:
    """The issue type with that id, name or untranslated name, in that order; case does not matter."""
    types = tuple(issue_types)
    folded = wanted.strip().casefold()
    by_id = (each for each in types if each.id == wanted)
    by_name = (each for each in types if each.name.casefold() == folded)
    by_untranslated_name = (each for each in types if (each.untranslated_name or "").casefold() == folded)
    return next(chain(by_id, by_name, by_untranslated_name), None)


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
        self._by_type: dict[str, FieldMetadata] = {}
        for each in self.fields:
            self._by_name.setdefault(each.name.casefold(), []).append(each)
            self._by_type.setdefault(field_type(each), each)

    def get(self, field_id: str) -> FieldMetadata | None:
        """The field with that id."""
        return self._by_id.get(field_id)

    def named(self, term: str) -> Sequence[FieldMetadata]:
        """The field with that id, else all fields with that name; case does not matter for names."""
        if (exact := self._by_id.get(term)) is not None:
            return (exact,)
        return self._by_name.get(term.strip().casefold(), ())

    def of_type(self, short_type: str) -> FieldMetadata | None:
        """The first custom field of that type, for example `gh-sprint`."""
        return self._by_type.get(short_type)

    def story_points(self, *, team_managed: bool) -> FieldMetadata | None:
        """The field that holds story points: team-managed projects have one of its own type, the others one by name."""
        estimate = self.of_type(STORY_POINT_ESTIMATE_TYPE)
        by_name = next((each for each in self.named("story points") if each.field_schema.type == "number"), None)
        return (estimate or by_name) if team_managed else (by_name or estimate)


@dataclass(frozen=True, slots=True)
class Lookups:
    """What must still be asked for one by one, each once.

    Attributes:
        account_ids: for `assignable_users(project, account_id=…)`: who is returned is assignable.
        queries: e-mail addresses and names, for `assignable_users(project, query=…)`.
        sprint_ids: for `sprint(id)`.
    """

    account_ids: tuple[str, ...] = ()
    queries: tuple[str, ...] = ()
    sprint_ids: tuple[int, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.account_ids or self.queries or self.sprint_ids)


class _Index(Generic[_Id, _Thing]):
    """Things by id, each once, and by name whatever its case."""

    __slots__ = ("_by_name", "by_id")

    def __init__(self, things: Iterable[tuple[_Id, _Thing]]) -> None:
        self.by_id: dict[_Id, _Thing] = dict(things)
        self._by_name: dict[str, list[_Thing]] = {}

    def name(self, names: Callable[[_Thing], Iterable[str]]) -> None:
        """Make each thing known by its names."""
        for thing in self.by_id.values():
            for name in {each.strip().casefold() for each in names(thing)} - {""}:
                self._by_name.setdefault(name, []).append(thing)

    def named(self, name: str) -> Sequence[_Thing]:
        return self._by_name.get(name.strip().casefold(), ())


@dataclass(frozen=True, slots=True)
class ProjectMetadata:
    """A project as an export needs to know it.

    Attributes:
        issue_types: those an issue can be created with.
        fields: issue type id → the fields of its create screen; the issue types in use are enough.
        users: assignable people.
        users_complete: whether `users` are all of them; Jira lists no more than the first thousand.
        sprints: of all boards of the project; closed ones may be among them.
        permissions: permission → whether the account has it; one that was not asked for counts as granted.
        myself: the account the export runs as.
        found_people: what single look-ups gave, by account id, e-mail address or name as asked for.
        asked_sprints: ids of sprints that were looked up one by one.
    """

    project: Project
    issue_types: tuple[IssueType, ...]
    fields: Mapping[str, tuple[FieldMetadata, ...]]
    users: tuple[User, ...] = ()
    users_complete: bool = False
    sprints: tuple[Sprint, ...] = ()
    link_types: tuple[LinkType, ...] = ()
    permissions: Mapping[str, bool] = field(default_factory=lambda: _NOTHING)
    myself: User | None = None
    found_people: Mapping[str, tuple[User, ...]] = field(default_factory=lambda: _NOTHING)
    asked_sprints: frozenset[int] = frozenset()
    _screens: Mapping[str, CreateScreen] = field(init=False, repr=False, compare=False)
    _people: "_Index[str, User]" = field(init=False, repr=False, compare=False)
    _sprints: "_Index[int, Sprint]" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Build the look-ups."""
        screens = {type_id: CreateScreen(fields) for type_id, fields in self.fields.items()}
        everybody = [user for found in self.found_people.values() for user in found]
        people = _Index((user.account_id, user) for user in (*everybody, *self.users))
        people.name(lambda user: (user.display_name, user.email_address or ""))
        sprints = _Index((sprint.id, sprint) for sprint in self.sprints)
        sprints.name(lambda sprint: (sprint.name,))
        object.__setattr__(self, "_screens", MappingProxyType(screens))
        object.__setattr__(self, "_people", people)
        object.__setattr__(self, "_sprints", sprints)

    def with_lookups(
        self, people: Mapping[str, Sequence[User]], sprints: Mapping[int, Sprint | None]
    ) -> "ProjectMetadata":
        """The same with what `lookups_needed` named.

        Args:
            people: term → the users Jira returned for it, none when there are none.
            sprints: id → the sprint, None when Jira has no such sprint.
        """
        found = {term: tuple(users) for term, users in people.items()}
        return replace(
            self,
            found_people=MappingProxyType({**self.found_people, **found}),
            sprints=self.sprints + tuple(sprint for sprint in sprints.values() if sprint is not None),
            asked_sprints=self.asked_sprints | sprints.keys(),
        )

    def with_fields(self, fields: Mapping[str, tuple[FieldMetadata, ...]]) -> "ProjectMetadata":
        """The same with the create screens of further issue types, by issue type id."""
        return replace(self, fields=MappingProxyType({**self.fields, **fields}))

    def screen(self, issue_type_id: str) -> CreateScreen | None:
        """The create screen of an issue type; None when it was not read."""
        return self._screens.get(issue_type_id)

    def allows(self, permission: str) -> bool:
        """Whether the account has the permission, as far as it is known."""
        return self.permissions.get(permission, True)

    def people(self, term: str) -> Sequence[User]:
        """Who is meant by an account id, an e-mail address or a display name; several when that is not certain."""
        by_id = self._people.by_id.get(term)
        found = (by_id,) if by_id is not None else self._people.named(term)
        if found:
            return found
        # Jira finds people by an address their profile hides; then it is the one it found.
        hidden = [user for user in self.found_people.get(term, ()) if user.email_address is None]
        return hidden if "@" in term and len(hidden) == 1 else ()

    def can_be_looked_up(self, term: str) -> bool:
        """Whether asking Jira for this one person could tell more than what is known."""
        if term in self.found_people:
            return False
        if "@" in term:
            return not self.people(term)  # an address may be hidden in a list and still be found by a query
        # A name found once among some of the people may be another one's too; an account id may not.
        return not self.users_complete and not (looks_like_account_id(term) and self.people(term))

    def sprint(self, sprint_id: int) -> Sprint | None:
        """The sprint with that id."""
        return self._sprints.by_id.get(sprint_id)

    def sprints_named(self, name: str) -> Sequence[Sprint]:
        """All sprints with that name; case does not matter."""
        return self._sprints.named(name)

    @property
    def open_sprints(self) -> tuple[Sprint, ...]:
        """The sprints that take issues, each once."""
        return tuple(each for each in self._sprints.by_id.values() if each.state in OPEN_SPRINT_STATES)


def issue_types_used(
    tickets: Iterable[Ticket], issue_types: Sequence[IssueType], default: str
) -> tuple[IssueType, ...]:
    """The issue types the tickets name, each once; their create screens are to be read. Unknown ones are left out."""
    wanted = dict.fromkeys(ticket.issue_type or default for ticket in tickets)
    found = {each.id: each for name in wanted if (each := find_issue_type(issue_types, name)) is not None}
    return tuple(found.values())


def lookups_needed(tickets: Iterable[Ticket], metadata: ProjectMetadata, default_issue_type: str = "Task") -> Lookups:
    """Whom and which sprints to ask Jira for one by one: named by tickets, not certain from what is known.

    Args:
        default_issue_type: `ExportSettings.default_issue_type`.
    """
    people: dict[str, None] = {}
    sprint_ids: dict[int, None] = {}
    for ticket in tickets:
        people.update(dict.fromkeys(_people_named(ticket, metadata, default_issue_type)))
        sprint_ids.update(dict.fromkeys(_sprint_ids_named(ticket, metadata)))
    terms = [term for term in people if metadata.can_be_looked_up(term)]
    return Lookups(
        account_ids=tuple(term for term in terms if looks_like_account_id(term)),
        queries=tuple(term for term in terms if not looks_like_account_id(term)),
        sprint_ids=tuple(sprint_ids),
    )


def _people_named(ticket: Ticket, metadata: ProjectMetadata, default_issue_type: str) -> Iterator[str]:
    if ticket.assignee:
        yield ticket.assignee
    # Only assignees must be assignable; elsewhere an account id needs no look-up.
    others = _others_named(ticket, metadata, default_issue_type)
    yield from (term for term in others if not looks_like_account_id(term))


def _others_named(ticket: Ticket, metadata: ProjectMetadata, default_issue_type: str) -> Iterator[str]:
    if ticket.reporter:
        yield ticket.reporter
    issue_type = find_issue_type(metadata.issue_types, ticket.issue_type or default_issue_type)
    screen = metadata.screen(issue_type.id) if issue_type else None
    if screen is None:
        return
    for name, value in ticket.custom_fields.items():
        for each in screen.named(name):
            if "user" in {each.field_schema.type, each.field_schema.items}:
                yield from person_terms(value)


def person_terms(value: Any) -> Iterator[str]:
    """The people a value names: one or a list of them, each a text or `{"accountId": …}`."""
    for item in value if isinstance(value, (list, tuple)) else (value,):
        term = item.get("accountId") or item.get("id") if isinstance(item, Mapping) else item
        if isinstance(term, str) and term.strip():
            yield term.strip()


def _sprint_ids_named(ticket: Ticket, metadata: ProjectMetadata) -> Iterator[int]:
    sprint_id = sprint_id_of(ticket.sprint, metadata)
    if sprint_id is not None and metadata.sprint(sprint_id) is None and sprint_id not in metadata.asked_sprints:
        yield sprint_id


def sprint_id_of(wanted: Any, metadata: ProjectMetadata) -> int | None:
    """The id a ticket names its sprint by; None when it is a name, also one made of digits."""
    if isinstance(wanted, bool):
        return None
    if isinstance(wanted, int):
        return wanted
    if isinstance(wanted, str) and re.fullmatch(r"[0-9]{1,18}", wanted.strip()) and not metadata.sprints_named(wanted):
        return int(wanted)
    return None
