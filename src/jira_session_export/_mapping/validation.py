"""Judges whether sessions can be exported to a project, from what was read of it. Pure."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from jira_session_export._jira.wire import AllowedValue, FieldMetadata, IssueType, Sprint, User
from jira_session_export._mapping.link_types import find_link_way
from jira_session_export._mapping.metadata import ProjectMetadata, find_issue_type
from jira_session_export._mapping.screen import EPIC_NAME_TYPE, SPRINT_TYPE, CreateScreen, field_type
from jira_session_export._mapping.wording import choices
from jira_session_export._settings import ExportSettings
from jira_session_export._values import Requirements, WarningCode

_FILLED_BY_US = frozenset({"project", "issuetype", "summary", "reporter"})


@dataclass(frozen=True, slots=True)
class _Project:
    """What a check looks at. `screens`: those that were read, with their issue types."""

    metadata: ProjectMetadata
    requirements: Requirements
    settings: ExportSettings
    screens: Sequence[tuple[IssueType, CreateScreen]]

    def missing_on(
        self, find: Callable[[CreateScreen], FieldMetadata | None], *, standard_only: bool = False
    ) -> list[str]:
        """The names of the issue types, or of those that are neither epic nor sub-task, whose screen lacks a field."""
        return [
            issue_type.name
            for issue_type, screen in self.screens
            if find(screen) is None and not (standard_only and (issue_type.subtask or issue_type.hierarchy_level))
        ]


@dataclass(frozen=True, slots=True)
class Priority:
    """A priority issues of a project can have."""

    id: str
    name: str
    is_default: bool


@dataclass(frozen=True, slots=True)
class ProjectWarning:
    """Something that will not stop an export, and that somebody should know.

    Attributes:
        field: what it is about, in the batch file's words; None when it is about no field.
        message: what is so.
        recommended_action: what to do about it.
    """

    code: WarningCode
    field: str | None
    message: str
    recommended_action: str


@dataclass(frozen=True, slots=True)
class ProjectValidation:
    """Whether sessions can be exported to a project, and what its drop-downs offer.

    Attributes:
        users: those who are active and can be assigned.
        blocking_issues: what must be put right before an export can work, in plain words; empty for a valid project.
    """

    project_key: str
    project_name: str = ""
    can_create: bool = False
    can_view: bool = False
    sprints: tuple[Sprint, ...] = ()
    users: tuple[User, ...] = ()
    priorities: tuple[Priority, ...] = ()
    warnings: tuple[ProjectWarning, ...] = ()
    blocking_issues: tuple[str, ...] = ()


def validate_project(
    metadata: ProjectMetadata,
    requirements: Requirements,
    settings: ExportSettings | None = None,
    *,
    attachments_off: bool = False,
) -> ProjectValidation:
    """Whether sessions can be exported to a visible project, and what its drop-downs offer.

    Args:
        metadata: with the create screens that are to be judged, the assignable people, the sprints and the permissions.
        attachments_off: whether attachments are switched off in Jira.
    """
    screens = [
        (issue_type, screen)
        for issue_type in metadata.issue_types
        if (screen := metadata.screen(issue_type.id)) is not None
    ]
    project = _Project(metadata, requirements, settings or ExportSettings(), screens)
    return ProjectValidation(
        project_key=metadata.project.key,
        project_name=metadata.project.name,
        can_create=_can_create(metadata),
        can_view=metadata.allows("BROWSE_PROJECTS"),
        sprints=tuple(metadata.open_sprints),
        users=tuple(each for each in metadata.users if each.active),
        priorities=tuple(_priorities(screens)),
        warnings=tuple(_warnings(project, attachments_off=attachments_off)),
        blocking_issues=tuple(_blocking_issues(project)),
    )


def project_not_visible(project_key: str) -> ProjectValidation:
    """The answer for a project that Jira does not have, or hides from the account."""
    blocked = (
        f"Jira has no project {project_key}, or hides it from the exporting account. Check the key, whose case counts, "
        "and ask a Jira administrator for Browse projects."
    )
    return ProjectValidation(project_key=project_key, blocking_issues=(blocked,))


def _can_create(metadata: ProjectMetadata) -> bool:
    return metadata.allows("CREATE_ISSUES") and bool(metadata.issue_types) and not metadata.project.archived


def _priorities(screens: Sequence[tuple[IssueType, CreateScreen]]) -> list[Priority]:
    allowed: dict[str, AllowedValue] = {}
    default_ids: set[str] = set()
    for _, screen in screens:
        field = screen.get("priority")
        if field is not None:
            allowed |= {each.id: each for each in field.allowed_values or () if each.id is not None}
            if isinstance(field.default_value, dict):
                default_ids.add(str(field.default_value.get("id")))
    return [Priority(id=key, name=each.label, is_default=key in default_ids) for key, each in allowed.items()]


# -- blocking issues -------------------------------------------------------------------------------------------------


def _blocking_issues(project: _Project) -> Iterator[str]:
    metadata, requirements = project.metadata, project.requirements
    key = metadata.project.key
    if metadata.project.archived:
        yield f"Project {key} is archived. Have a Jira administrator restore it, or export to another project."
    if not metadata.allows("BROWSE_PROJECTS"):
        yield f"The exporting account may not see project {key}. Ask a Jira administrator for Browse projects."
    if not metadata.allows("CREATE_ISSUES"):
        yield f"The exporting account may not create issues in {key}. Ask a Jira administrator for Create issues."
    elif not metadata.issue_types:
        yield f"Project {key} offers no issue type to create. Ask a Jira administrator to add one."
    if requirements.requires_sprint_assignment:
        yield from _sprint_blocks(project)
    if requirements.requires_assignee:
        yield from _assignee_blocks(project)
    if requirements.requires_priority_levels:
        yield from _priority_blocks(project)


def _sprint_blocks(project: _Project) -> Iterator[str]:
    metadata = project.metadata
    if not metadata.open_sprints:
        yield (
            f"Every ticket needs a sprint, but {metadata.project.key} has no active or future one. "
            "Create a sprint on the project's board."
        )
    if not metadata.allows("SCHEDULE_ISSUES"):
        yield (
            "Every ticket needs a sprint, but the exporting account may not put issues into sprints. "
            "Ask a Jira administrator for Schedule issues."
        )


def _assignee_blocks(project: _Project) -> Iterator[str]:
    metadata = project.metadata
    if metadata.users_complete and not any(user.active for user in metadata.users):
        yield (
            f"Every ticket needs an assignee, but nobody can be assigned to issues of {metadata.project.key}. "
            "Ask a Jira administrator to give the team the permission Assignable user."
        )
    if not metadata.allows("ASSIGN_ISSUES"):
        yield (
            "Every ticket needs an assignee, but the exporting account may not assign issues. "
            "Ask a Jira administrator for Assign issues."
        )


def _priority_blocks(project: _Project) -> Iterator[str]:
    missing = project.missing_on(lambda screen: screen.get("priority"))
    if missing:
        yield (
            f"Every ticket needs a priority, but the create screen does not show it for: {choices(missing)}. "
            "Have a Jira administrator add Priority to the create screen."
        )


# -- warnings --------------------------------------------------------------------------------------------------------


def _warnings(project: _Project, *, attachments_off: bool) -> Iterator[ProjectWarning]:
    if attachments_off:
        yield ProjectWarning(
            code=WarningCode.ATTACHMENTS_OFF,
            field="attachments",
            message="Files will not be attached: attachments are switched off in Jira.",
            recommended_action="Have a Jira administrator switch on attachments, or export without files.",
        )
    yield from _issue_type_warnings(project)
    yield from _permission_warnings(project)
    yield from _people_and_sprint_warnings(project)
    yield from _link_warnings(project)
    yield from _screen_warnings(project)


def _issue_type_warnings(project: _Project) -> Iterator[ProjectWarning]:
    metadata, default = project.metadata, project.settings.default_issue_type
    if metadata.issue_types and find_issue_type(metadata.issue_types, default) is None:
        yield ProjectWarning(
            code=WarningCode.DEFAULT_ISSUE_TYPE_MISSING,
            field="issue_type",
            message=f"Tickets without an issue type become {default}, which {metadata.project.key} does not have.",
            recommended_action=f"Choose one of: {choices([each.name for each in metadata.issue_types])}.",
        )
    for issue_type, screen in project.screens:
        mandatory = [each.name or each.field_id for each in screen.fields if _must_come_from_ticket(each)]
        if mandatory:
            yield ProjectWarning(
                code=WarningCode.REQUIRED_FIELDS,
                field=None,
                message=f"{issue_type.name} cannot be created without: {choices(mandatory)}.",
                recommended_action="Give these fields in every such ticket.",
            )


def _must_come_from_ticket(field: FieldMetadata) -> bool:
    filled_by_us = field.field_id in _FILLED_BY_US or field_type(field) == EPIC_NAME_TYPE
    return field.required and not field.has_default_value and not filled_by_us


def _permission_warnings(project: _Project) -> Iterator[ProjectWarning]:
    for permission, name, field, effect in (
        ("CREATE_ATTACHMENTS", "Create attachments", "attachments", "Files will not be attached"),
        ("LINK_ISSUES", "Link issues", "depends_on", "Dependencies will not become issue links"),
        ("ASSIGN_ISSUES", "Assign issues", "assignee", "Assignees cannot be set where the create screen lacks them"),
        ("SCHEDULE_ISSUES", "Schedule issues", "sprint", "Due dates and sprints cannot be set"),
        ("USER_PICKER", "Browse users and groups", "reporter", "Reporters and others can be named by account id alone"),
    ):
        if not project.metadata.allows(permission):
            yield ProjectWarning(
                code=WarningCode.PERMISSION_MISSING,
                field=field,
                message=f"{effect}: the exporting account lacks the permission {name}.",
                recommended_action=f"Ask a Jira administrator for {name}.",
            )


def _people_and_sprint_warnings(project: _Project) -> Iterator[ProjectWarning]:
    metadata = project.metadata
    if not metadata.users_complete:
        yield ProjectWarning(
            code=WarningCode.TEAM_MEMBERS_INCOMPLETE,
            field="assignee",
            message="Jira did not list everybody who can be assigned.",
            recommended_action="Nothing, as a rule: people who are not listed are looked up one by one.",
        )
    if not metadata.open_sprints and not project.requirements.requires_sprint_assignment:
        refused = metadata.boards_refused
        yield ProjectWarning(
            code=WarningCode.NO_OPEN_SPRINT,
            field="sprint",
            message=f"The boards of {metadata.project.key} cannot be read: {refused}"
            if refused
            else f"{metadata.project.key} has no active or future sprint.",
            recommended_action="Name sprints by id, or let the exporting account read the project's boards."
            if refused
            else "Create a sprint on the project's board if tickets shall be put into one.",
        )


def _link_warnings(project: _Project) -> Iterator[ProjectWarning]:
    wanted = project.settings.link_type
    way = find_link_way(wanted, project.metadata)
    if way.why_not:
        yield ProjectWarning(
            code=WarningCode.LINK_TYPE_MISSING,
            field="depends_on",
            message=f"Dependencies cannot become issue links of the type {wanted}: {way.why_not}.",
            recommended_action="Have a Jira administrator switch on issue linking."
            if project.metadata.linking_off
            else "Choose one of the site's issue link types in the setting link_type.",
        )


_SHOWN_FIELDS: tuple[tuple[str, Callable[[CreateScreen], FieldMetadata | None], str], ...] = (
    ("description", lambda screen: screen.get("description"), "Descriptions will be attached as text files instead."),
    ("labels", lambda screen: screen.get("labels"), "Issues will not carry labels, nor the one of their session."),
    ("priority", lambda screen: screen.get("priority"), "Issues will have Jira's default priority."),
    ("assignee", lambda screen: screen.get("assignee"), "Issues will be assigned right after they were created."),
    ("sprint", lambda screen: screen.of_type(SPRINT_TYPE), "Issues will be moved to their sprint afterwards."),
)


def _screen_warnings(project: _Project) -> Iterator[ProjectWarning]:
    blocked = {"priority"} if project.requirements.requires_priority_levels else set()
    for field, find, effect in _SHOWN_FIELDS:
        missing = project.missing_on(find, standard_only=field == "sprint") if field not in blocked else []
        if missing:
            yield ProjectWarning(
                code=WarningCode.FIELD_NOT_ON_SCREEN,
                field=field,
                message=f"The create screen does not show {field} for: {choices(missing)}. {effect}",
                recommended_action=f"Have a Jira administrator add {field} to the create screen.",
            )
