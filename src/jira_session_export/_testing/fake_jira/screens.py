"""Create screens: which fields a project's issue type shows, which must be filled, and what they allow."""

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Self

from jira_session_export._testing.fake_jira.entities import FakeComponent, FakeIssueType, FakeVersion
from jira_session_export._testing.fake_jira.fields import FakeField


@dataclass(slots=True)
class ScreenField:
    """A field on a screen.

    Attributes:
        default: what Jira fills in when nothing is sent, in the shape a create would send; None for nothing.
        allowed: ids of the allowed values where the screen narrows them (a priority scheme, an option context); None
            for all.
        also_listed: what the create metadata list among the allowed values besides, raw, as apps do.
    """

    field: FakeField
    required: bool = False
    default: Any = None
    allowed: frozenset[str] | None = None
    also_listed: tuple[Any, ...] = ()


class CreateScreen:
    """The create screen of one project and issue type; every change returns the screen, so that changes chain.

    Fields are named by id or by name.
    """

    def __init__(self, known: Mapping[str, FakeField], fields: list[ScreenField]) -> None:
        self._known = known
        self._fields = {shown.field.id: shown for shown in fields}

    def copy(self) -> Self:
        """Another screen that shows the same."""
        return type(self)(self._known, [replace(shown) for shown in self._fields.values()])

    def __iter__(self) -> Iterator[ScreenField]:
        return iter(self._fields.values())

    def __contains__(self, field_id: object) -> bool:
        return field_id in self._fields

    def get(self, field_id: str) -> ScreenField | None:
        """The field of that id, if the screen shows it."""
        return self._fields.get(field_id)

    def add_field(self, name: str, *, required: bool = False, default: Any = None) -> Self:
        """Show a field; one that is there already is replaced."""
        field = self._find(name)
        self._fields[field.id] = ScreenField(field, required, default)
        return self

    def remove_field(self, name: str) -> Self:
        """Show a field no longer."""
        self._fields.pop(self._find(name).id, None)
        return self

    def require(self, name: str, *, default: Any = None) -> Self:
        """Make a field mandatory, and show it if need be; with a default it need not be sent."""
        shown = self._shown(name)
        shown.required, shown.default = True, default
        return self

    def make_optional(self, name: str) -> Self:
        """Make a field voluntary."""
        self._shown(name).required = False
        return self

    def allow_only(self, name: str, *ids: str) -> Self:
        """Narrow a field to those of its values, by id: a priority scheme, an option context."""
        self._shown(name).allowed = frozenset(ids)
        return self

    def list_also(self, name: str, *values: Any) -> Self:
        """List further allowed values in the create metadata, of any shape; they are never accepted."""
        self._shown(name).also_listed = values
        return self

    def _shown(self, name: str) -> ScreenField:
        field = self._find(name)
        return self._fields.setdefault(field.id, ScreenField(field))

    def _find(self, name: str) -> FakeField:
        if name in self._known:
            return self._known[name]
        named = [field for field in self._known.values() if field.name == name]
        if len(named) != 1:
            message = f"{len(named)} fields are called {name!r}; known ids: {', '.join(self._known)}"
            raise LookupError(message)
        return named[0]


Validator = Callable[[Mapping[str, Any]], str | None]
"""Looks at the fields of an issue about to be created; gives the message of a refusal, which names no field."""


PostFunction = Callable[[Mapping[str, Any]], Mapping[str, Any]]
"""Gives the fields an issue is stored with, from those it was accepted with."""


@dataclass(slots=True)
class FakeProject:
    """A project.

    Attributes:
        style: `classic` (company-managed) or `next-gen` (team-managed).
        lead: an account id.
        next_number: what the next issue's key will count from.
        allows_unassigned: whether an issue may be without assignee.
        assignee_type: whom an issue goes to that is created without assignee: `UNASSIGNED` or `PROJECT_LEAD`.
        edit_screens: by issue type id; where there is none, the create screen serves.
        validators: rules of the workflow's create transition.
        post_functions: what the create transition changes in an issue it has accepted.
        former_keys: keys it had before it was renamed; a reading by one of them answers with the present key.
        is_archived: it is shown, and takes no new issue: nobody holds a permission in it but to browse.
    """

    id: str
    key: str
    name: str
    style: str
    lead: str
    issue_types: list[FakeIssueType]
    screens: dict[str, CreateScreen]
    components: list[FakeComponent]
    versions: list[FakeVersion]
    next_number: int = 1
    allows_unassigned: bool = True
    assignee_type: str = "UNASSIGNED"
    is_archived: bool = False
    edit_screens: dict[str, CreateScreen] = field(default_factory=dict)
    validators: list[Validator] = field(default_factory=list)
    post_functions: list[PostFunction] = field(default_factory=list)
    former_keys: list[str] = field(default_factory=list)

    def edit_screen(self, name: str) -> CreateScreen:
        """The edit screen of the issue type of that name; the create screen until somebody asks for this one."""
        number = self._named(name).id
        return self.edit_screens.setdefault(number, self.screens[number].copy())

    def screen_for_edits(self, type_id: str) -> CreateScreen:
        """The screen that decides on edits of issues of that type."""
        return self.edit_screens.get(type_id, self.screens[type_id])

    def default_assignee(self, component_ids: Collection[str]) -> str | None:
        """The account an issue with these components goes to when it is created without assignee.

        Source: `assigneeType` of components and projects,
        https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-project-components/ (November 2026).
        """
        for component in sorted(self.components, key=lambda each: each.name):
            if component.id in component_ids and component.assignee_type != "PROJECT_DEFAULT":
                return self.real_assignee(component)
        return self.lead if self.assignee_type == "PROJECT_LEAD" else None

    def real_assignee(self, component: FakeComponent) -> str | None:
        """The account that a component's `assignee_type` comes to."""
        match component.assignee_type:
            case "COMPONENT_LEAD":
                return component.lead
            case "PROJECT_LEAD":
                return self.lead
            case "UNASSIGNED":
                return None
            case _:
                return self.lead if self.assignee_type == "PROJECT_LEAD" else None

    def issue_type(self, name: str) -> CreateScreen:
        """The create screen of the issue type of that name."""
        return self.screens[self._named(name).id]

    def remove_issue_type(self, name: str) -> None:
        """Take an issue type out of the project's scheme."""
        gone = self._named(name)
        self.issue_types.remove(gone)
        del self.screens[gone.id]

    def _named(self, name: str) -> FakeIssueType:
        for issue_type in self.issue_types:
            if issue_type.name == name:
                return issue_type
        message = f"{self.key} has no issue type {name!r}; it has {', '.join(each.name for each in self.issue_types)}"
        raise LookupError(message)
