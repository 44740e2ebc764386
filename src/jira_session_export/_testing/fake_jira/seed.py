"""What a new site holds: people, fields, priorities and the projects asked for."""

from jira_session_export._testing.fake_jira.entities import (
    FakeBoard,
    FakeComponent,
    FakeIssueType,
    FakeLinkType,
    FakePriority,
    FakeSprint,
    FakeStatus,
    FakeUser,
    FakeVersion,
)
from jira_session_export._testing.fake_jira.fields import (
    SPRINT_FIELD,
    STORY_POINT_ESTIMATE_FIELD,
    STORY_POINTS_FIELD,
    custom_fields,
    system_fields,
)
from jira_session_export._testing.fake_jira.screens import CreateScreen, FakeProject, ScreenField
from jira_session_export._testing.fake_jira.state import Site, account_id_of

_PEOPLE = (
    ("Maria Silva", "maria.silva@example.com"),
    ("Jonas Weber", "jonas.weber@example.com"),
    ("Aiko Tanaka", "aiko.tanaka@example.com"),
    ("Priya Nair", "priya.nair@example.com"),
    ("Liam O'Brien", "liam.obrien@example.com"),
)
_PRIORITIES = (
    ("1", "Highest", "#ce0000"),
    ("2", "High", "#ea4444"),
    ("3", "Medium", "#ea7d24"),
    ("4", "Low", "#2a8735"),
    ("5", "Lowest", "#55a557"),
)
_STATUSES = (
    ("10000", "To Do", "new", "11"),
    ("3", "In Progress", "indeterminate", "21"),
    ("10001", "Done", "done", "31"),
)
_LINK_TYPES = (
    ("10000", "Blocks", "is blocked by", "blocks"),
    ("10001", "Cloners", "is cloned by", "clones"),
    ("10002", "Duplicate", "is duplicated by", "duplicates"),
    ("10003", "Relates", "relates to", "relates to"),
)
_ISSUE_TYPES = (
    ("Epic", 1, "A large piece of work that holds several stories."),
    ("Story", 0, "Something a person using the product can do."),
    ("Task", 0, "A small, distinct piece of work."),
    ("Bug", 0, "A problem or error."),
    ("Sub-task", -1, "A small piece of work that is part of a larger one."),
)
_ALWAYS = (
    "project",
    "issuetype",
    "summary",
    "description",
    "reporter",
    "priority",
    "labels",
    "issuelinks",
    "attachment",
)
_WORK = (*_ALWAYS, "assignee", "components", "fixVersions", "duedate", "parent")
_EXTRAS = (
    "customfield_10031",
    "customfield_10032",
    "customfield_10033",
    "customfield_10034",
    "customfield_10035",
    "customfield_10036",
    "customfield_10037",
    "customfield_10038",
    "customfield_10039",
    "customfield_10040",
    "customfield_10041",
)


def fill(site: Site) -> None:
    """Put people, fields, priorities, statuses and link types into an empty site."""
    for name, email in _PEOPLE:
        site.add_user(FakeUser(account_id_of(email), name, email))
    site.add_user(FakeUser(account_id_of("former"), "Robin Former", "robin.former@example.com", active=False))
    site.fields = {each.id: each for each in (*system_fields(), *custom_fields())}
    for number, name, colour in _PRIORITIES:
        site.priorities[number] = FakePriority(number, name, colour, is_default=name == "Medium")
    for number, name, category, transition in _STATUSES:
        site.statuses[number] = FakeStatus(number, name, category, transition)
    site.groups |= {"jira-admins", "jira-users"}
    for number, name, inward, outward in _LINK_TYPES:
        site.link_types[number] = FakeLinkType(number, name, inward, outward)


def add_project(site: Site, key: str, name: str | None = None, *, style: str = "classic") -> FakeProject:
    """Add a project with issue types, screens, components, versions, a scrum board with sprints, and a kanban board."""
    is_team_managed = style == "next-gen"
    types = [
        FakeIssueType(str(site.next_id("issue type")), type_name, level, description)
        for type_name, level, description in _ISSUE_TYPES
    ]
    points = STORY_POINT_ESTIMATE_FIELD if is_team_managed else STORY_POINTS_FIELD
    project = FakeProject(
        id=str(site.next_id("project")),
        key=key,
        name=name or f"{key.title()} project",
        style=style,
        lead=next(iter(site.users)),
        issue_types=types,
        screens={each.id: CreateScreen(site.fields, _screen(site, each, points)) for each in types},
        components=[
            FakeComponent(str(site.next_id("component")), each) for each in ("Backend", "Frontend", "Billing", "Docs")
        ],
        versions=[
            FakeVersion(str(site.next_id("version")), "1.0", released=True),
            FakeVersion(str(site.next_id("version")), "1.1"),
            FakeVersion(str(site.next_id("version")), "2.0"),
        ],
    )
    site.projects[key] = project
    board_type = "simple" if is_team_managed else "scrum"
    board = add_board(site, key, f"{key} board", board_type)
    for sprint_name, state in (("Sprint 1", "closed"), ("Sprint 2", "active"), ("Sprint 3", "future")):
        add_sprint(site, board, f"{key} {sprint_name}", state)
    add_board(site, key, f"{key} support", "kanban")
    return project


def add_board(site: Site, project_key: str, name: str, board_type: str) -> FakeBoard:
    """Add a board to a project."""
    number = next(reversed(site.boards), 0) + 1
    board = site.boards[number] = FakeBoard(number, name, project_key, board_type)
    return board


def add_sprint(site: Site, board: FakeBoard, name: str, state: str) -> FakeSprint:
    """Add a sprint to a board."""
    number = next(reversed(site.sprints), 0) + 1
    sprint = site.sprints[number] = FakeSprint(number, name, state, board.id)
    site.changed.add(("sprint", str(number)))
    return sprint


def _screen(site: Site, issue_type: FakeIssueType, points_field: str) -> list[ScreenField]:
    names: tuple[str, ...]
    if issue_type.level > 0:
        names = (*_ALWAYS, "assignee", "duedate", "customfield_10011")
    elif issue_type.is_subtask:
        names = (*_WORK, *_EXTRAS)
    else:
        names = (*_WORK, SPRINT_FIELD, points_field, *_EXTRAS)
    if issue_type.name == "Bug":
        names = (*names, "versions", "environment")
    return [_shown(site, name, issue_type) for name in names]


def _shown(site: Site, name: str, issue_type: FakeIssueType) -> ScreenField:
    shown = ScreenField(site.fields[name])
    shown.required = name in {"project", "issuetype", "summary", "reporter"} or (
        name == "parent" and issue_type.is_subtask
    )
    if name == "priority":
        shown.default = {"id": next(each.id for each in site.priorities.values() if each.is_default)}
    return shown
