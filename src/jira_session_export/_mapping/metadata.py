"""What is known of a project before the first create, as plain data with look-ups built once."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from types import MappingProxyType
from typing import Any

from jira_session_export._jira.wire import FieldMetadata, IssueType, LinkType, Project, Sprint, Team, User
from jira_session_export._mapping.names import NameIndex, name_key
from jira_session_export._mapping.screen import CreateScreen

OPEN_SPRINT_STATES = frozenset({"active", "future"})

_ACCOUNT_ID = re.compile(r"[0-9a-f]{24}|[\w-]+:[\w:-]+|[\w-]{20,128}", re.ASCII)
_SPRINT_ID = re.compile(r"[0-9]{1,18}", re.ASCII)
_NOTHING: Mapping[Any, Any] = MappingProxyType({})


def looks_like_account_id(term: str) -> bool:
    """Whether `term` has the form of an account id (`5b10ac8d82e05b22cc7d4ef5`, `712020:…`) rather than of a name."""
    return _ACCOUNT_ID.fullmatch(term) is not None


def find_issue_type(issue_types: Iterable[IssueType], wanted: str) -> IssueType | None:
    """The issue type with that id, name or untranslated name, in that order; compares names by `name_key`."""
    key, its_id = name_key(wanted), wanted.strip()
    by_name: IssueType | None = None
    by_untranslated_name: IssueType | None = None
    for each in issue_types:
        if each.id == its_id:
            return each
        if by_name is None and name_key(each.name) == key:
            by_name = each
        if by_untranslated_name is None and name_key(each.untranslated_name or "") == key:
            by_untranslated_name = each
    return by_name or by_untranslated_name


@dataclass(frozen=True, slots=True)
class Found:
    """What Jira answered to look-ups; what is not in it was not asked.

    Attributes:
        assignable: term → the users found for it among those who can be assigned.
        people: term → the users found for it among all.
        people_refused: term → why Jira would not search for it.
        sprints: id → the sprint, None when Jira has no such sprint.
        boards: ids of the project's boards that have sprints.
        open_sprints: those of the project's boards; None when they were not read.
        boards_refused: why the boards or their sprints cannot be read.
        closed_sprints: closed sprints with one of the names in `closed_names`.
        closed_names: names that closed sprints were searched for.
        teams: name → the teams found for it.
    """

    assignable: Mapping[str, Sequence[User]] = field(default_factory=lambda: _NOTHING)
    people: Mapping[str, Sequence[User]] = field(default_factory=lambda: _NOTHING)
    people_refused: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    sprints: Mapping[int, Sprint | None] = field(default_factory=lambda: _NOTHING)
    boards: Sequence[int] = ()
    open_sprints: Sequence[Sprint] | None = None
    boards_refused: str = ""
    closed_sprints: Sequence[Sprint] = ()
    closed_names: Sequence[str] = ()
    teams: Mapping[str, Sequence[Team]] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class ProjectMetadata:
    """A project as an export needs to know it.

    Attributes:
        issue_types: those an issue can be created with.
        fields: issue type id → the fields of its create screen; the issue types in use are enough.
        users: assignable people.
        users_complete: whether a name among `users` is certainly no other's too. Jira lists those among the first
            thousand accounts and does not say whether there are more: who is missing may exist all the same.
        users_refused: why Jira did not list them; empty when it did.
        sprints: those that were read; the open ones of all boards once `boards_read`.
        boards: ids of the project's boards that have sprints, once `boards_read`.
        boards_read: whether the boards were asked for their open sprints.
        boards_refused: why they could not be asked; empty when they could.
        closed_names: names that were also searched for among the closed sprints.
        linking_off: whether issue linking is switched off in Jira.
        permissions: permission → whether the account has it; one that was not asked for counts as granted.
        myself: the account the export runs as.
        found_assignable: what single look-ups gave, by account id, e-mail address or name as asked for.
        found_people: the same among all users, assignable or not.
        people_refused: terms that Jira refused to search for → why.
        asked_sprints: ids of sprints that were looked up one by one.
        teams: name as asked for → the teams found.
    """

    project: Project
    issue_types: tuple[IssueType, ...]
    fields: Mapping[str, tuple[FieldMetadata, ...]]
    users: tuple[User, ...] = ()
    users_complete: bool = False
    users_refused: str = ""
    sprints: tuple[Sprint, ...] = ()
    boards: tuple[int, ...] = ()
    boards_read: bool = False
    boards_refused: str = ""
    closed_names: frozenset[str] = frozenset()
    link_types: tuple[LinkType, ...] = ()
    linking_off: bool = False
    permissions: Mapping[str, bool] = field(default_factory=lambda: _NOTHING)
    myself: User | None = None
    found_assignable: Mapping[str, tuple[User, ...]] = field(default_factory=lambda: _NOTHING)
    found_people: Mapping[str, tuple[User, ...]] = field(default_factory=lambda: _NOTHING)
    people_refused: Mapping[str, str] = field(default_factory=lambda: _NOTHING)
    asked_sprints: frozenset[int] = frozenset()
    teams: Mapping[str, tuple[Team, ...]] = field(default_factory=lambda: _NOTHING)
    _screens: Mapping[str, CreateScreen] = field(init=False, repr=False, compare=False)
    _assignable: "NameIndex[str, User]" = field(init=False, repr=False, compare=False)
    _everybody: "NameIndex[str, User]" = field(init=False, repr=False, compare=False)
    _sprints: "NameIndex[int, Sprint]" = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Build the look-ups."""
        screens = {type_id: CreateScreen(fields) for type_id, fields in self.fields.items()}
        assignable = [*chain.from_iterable(self.found_assignable.values()), *self.users]
        myself = (self.myself,) if self.myself is not None else ()
        everybody = [*myself, *chain.from_iterable(self.found_people.values()), *assignable]
        object.__setattr__(self, "_screens", MappingProxyType(screens))
        object.__setattr__(self, "_assignable", _people_index(assignable))
        object.__setattr__(self, "_everybody", _people_index(everybody))
        sprints = NameIndex(((each.id, each) for each in self.sprints), lambda sprint: (sprint.name,))
        object.__setattr__(self, "_sprints", sprints)

    def with_lookups(self, found: Found) -> "ProjectMetadata":
        """The same with what was looked up."""
        sprints = [*(each for each in found.sprints.values() if each), *(found.open_sprints or ())]
        return replace(
            self,
            found_assignable=_joined(self.found_assignable, found.assignable),
            found_people=_joined(self.found_people, found.people),
            people_refused=MappingProxyType({**self.people_refused, **found.people_refused}),
            sprints=(*self.sprints, *sprints, *found.closed_sprints),
            boards=tuple(found.boards) or self.boards,
            boards_read=self.boards_read or found.open_sprints is not None,
            boards_refused=found.boards_refused or self.boards_refused,
            closed_names=self.closed_names.union(map(name_key, found.closed_names)),
            asked_sprints=self.asked_sprints | found.sprints.keys(),
            teams=_joined(self.teams, found.teams),
        )

    def with_fields(self, fields: Mapping[str, tuple[FieldMetadata, ...]]) -> "ProjectMetadata":
        """The same with the create screens of further issue types, by issue type id."""
        return replace(self, fields=MappingProxyType({**self.fields, **fields}))

    def screen(self, issue_type_id: str) -> CreateScreen | None:
        """The create screen of an issue type; None when it was not read."""
        return self._screens.get(issue_type_id)

    @property
    def is_team_managed(self) -> bool:
        """Whether the project's team manages its fields and screens; Jira calls it `next-gen`."""
        return self.project.style == "next-gen"

    def allows(self, permission: str) -> bool:
        """Whether the account has the permission, as far as it is known."""
        return self.permissions.get(permission, True)

    # -- people ------------------------------------------------------------------------------------------------------

    def people(self, term: str, *, assignable: bool = True) -> Sequence[User]:
        """Who is meant by an account id, an e-mail address or a display name; several when that is not certain.

        Args:
            assignable: only people that issues of the project can be assigned to.
        """
        index = self._assignable if assignable else self._everybody
        by_id = index.by_id.get(term)
        found = (by_id,) if by_id is not None else index.named(term)
        if found:
            return found
        # Jira finds people by an address their profile hides; then it is the one it found.
        asked = self.found_assignable if assignable else self.found_people
        hidden = [user for user in asked.get(term, ()) if user.email_address is None]
        return hidden if "@" in term and len(hidden) == 1 else ()

    def search_refused(self, term: str, *, assignable: bool) -> str:
        """Why Jira was not, or could not be, asked for that person; empty when it was."""
        if not assignable and not self.allows("USER_PICKER"):
            return "it lacks the global permission Browse users and groups"
        return self.people_refused.get(term, "") or (self.users_refused if assignable else "")

    def can_be_looked_up(self, term: str, *, assignable: bool) -> bool:
        """Return whether asking Jira for this one person could add to what is known."""
        asked = self.found_assignable if assignable else self.found_people
        if term in asked or self.search_refused(term, assignable=assignable):
            return False
        if looks_like_account_id(term):
            # Only an assignee must be somebody in particular; elsewhere Jira judges an account id.
            return assignable and not self.people(term)
        if not self.people(term, assignable=assignable):
            return True
        # A name found once among some of the people may be another one's too; an address may not.
        return "@" not in term and not (assignable and self.users_complete)

    # -- sprints -----------------------------------------------------------------------------------------------------

    def sprint(self, sprint_id: int) -> Sprint | None:
        """The sprint with that id."""
        return self._sprints.by_id.get(sprint_id)

    def sprints_named(self, name: str) -> Sequence[Sprint]:
        """All sprints with that name that were read."""
        return self._sprints.named(name)

    @property
    def open_sprints(self) -> tuple[Sprint, ...]:
        """The sprints that take issues, each once."""
        return tuple(each for each in self._sprints.by_id.values() if each.state in OPEN_SPRINT_STATES)


def _people_index(users: Iterable[User]) -> "NameIndex[str, User]":
    return NameIndex(
        ((user.account_id, user) for user in users), lambda user: (user.display_name, user.email_address or "")
    )


def _joined(known: Mapping[str, Any], found: Mapping[str, Sequence[Any]]) -> Mapping[str, Any]:
    return MappingProxyType({**known, **{term: tuple(things) for term, things in found.items()}}) if found else known


def sprint_id_of(wanted: Any) -> int | None:
    """The id a ticket may name its sprint by; a text of digits may be a name, too."""
    if isinstance(wanted, bool):
        return None
    if isinstance(wanted, int):
        return wanted
    return int(wanted) if isinstance(wanted, str) and _SPRINT_ID.fullmatch(wanted.strip()) else None
