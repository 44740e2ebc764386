"""Boards and sprints."""

from typing import Any

from jira_session_export._testing.fake_jira.entities import FakeBoard, FakeIssue, FakeSprint
from jira_session_export._testing.fake_jira.exchange import Answer, Refused
from jira_session_export._testing.fake_jira.routing import Call, Routes

AGILE = Routes("/rest/agile/1.0")

_READ_BOARDS = ("read:board-scope:jira-software", "read:project:jira")
_READ_SPRINTS = ("read:sprint:jira-software",)
_WRITE_SPRINTS = ("write:sprint:jira-software",)
_WRITE_EPICS = ("write:epic:jira-software",)
_SPRINT_FIELD = "customfield_10020"
_MOVE_LIMIT = 50
_STATES = ("closed", "active", "future")


@AGILE("GET", "/board", *_READ_BOARDS, is_open=True)
def boards(call: Call) -> Answer:
    """Boards, by project, type and name."""
    wanted = call.param("projectKeyOrId")
    key = call.project(wanted).key if wanted is not None else None
    types, name = call.list_param("type"), (call.param("name") or "").lower()
    found = [
        each
        for each in call.site.boards.values()
        if call.may("BROWSE_PROJECTS", each.project_key)
        and (key is None or each.project_key == key)
        and (not types or each.type in types)
        and name in each.name.lower()
    ]
    return Answer.json(200, call.page(found, call.view.board))


@AGILE("GET", "/board/{board}", *_READ_BOARDS, is_open=True)
def board(call: Call) -> Answer:
    """One board."""
    return Answer.json(200, call.view.board(_board(call)))


@AGILE("GET", "/board/{board}/sprint", *_READ_SPRINTS, is_open=True)
def sprints(call: Call) -> Answer:
    """A board's sprints, by state."""
    home = _board(call)
    if home.type == "kanban":
        raise Refused(400, call.site.say("board_without_sprints"))
    states = call.list_param("state")
    found = [each for each in call.site.sprints.values() if each.board_id == home.id]
    found.sort(key=lambda each: _STATES.index(each.state))
    return Answer.json(200, call.page([each for each in found if not states or each.state in states], call.view.sprint))


@AGILE("GET", "/sprint/{sprint}", *_READ_SPRINTS, is_open=True)
def sprint(call: Call) -> Answer:
    """One sprint."""
    return Answer.json(200, call.view.sprint(_sprint(call)))


@AGILE("GET", "/sprint/{sprint}/issue", *_READ_SPRINTS, is_open=True)
def sprint_issues(call: Call) -> Answer:
    """The issues of a sprint."""
    home = _sprint(call)
    found = [each for each in call.site.issues.values() if each.sprint == home.id]
    bean = call.page(found, lambda each: call.view.issue(each, fields=("*navigable",)))
    bean["issues"] = bean.pop("values")
    return Answer.json(200, bean)


@AGILE("POST", "/sprint/{sprint}/issue", *_WRITE_SPRINTS)
def move_to_sprint(call: Call) -> Answer:
    """Move issues into an open sprint; one that is there already stays."""
    target = _sprint(call)
    if target.state == "closed":
        raise Refused(400, call.site.say("sprint_completed"))
    return _move(call, target.id)


@AGILE("POST", "/epic/{epic}/issue", *_WRITE_EPICS)
def move_to_epic(call: Call) -> Answer:
    """Put issues under an epic of a company-managed project, whether or not a screen shows their parent."""
    epic = call.site.find_issue(call.params["epic"])
    if epic is None or not call.may("BROWSE_PROJECTS", epic.project_key):
        raise Refused(404, call.site.say("epic_missing"))
    home = call.site.projects[epic.project_key]
    if next(each.level for each in home.issue_types if each.id == epic.type_id) != 1:
        raise Refused(404, call.site.say("epic_missing"))
    issues = _issues_to_move(call)
    for issue in (epic, *issues):
        project = call.site.projects[issue.project_key]
        if project.style == "next-gen":
            raise Refused(400, call.site.say("epic_team_managed"))
        if not call.may("EDIT_ISSUES", issue.project_key):
            raise Refused(403, call.site.say("edit_forbidden"))
        level = next(each.level for each in project.issue_types if each.id == issue.type_id)
        if issue is not epic and level != 0:
            raise Refused(400, call.site.say("parent_hierarchy"))
    for issue in issues:
        call.site.update_issue(issue, {"parent": {"id": epic.id, "key": epic.key}})
    return Answer.nothing()


@AGILE("POST", "/backlog/issue", *_WRITE_SPRINTS)
def move_to_backlog(call: Call) -> Answer:
    """Take issues out of their sprints."""
    return _move(call, None)


def _move(call: Call, sprint_id: int | None) -> Answer:
    issues = _issues_to_move(call)
    for issue in issues:
        if not call.may("SCHEDULE_ISSUES", issue.project_key):
            raise Refused(403, call.site.say("sprint_forbidden"))
    for issue in issues:
        if issue.sprint != sprint_id:
            call.site.update_issue(issue, {_SPRINT_FIELD: sprint_id})
    return Answer.nothing()


def _issues_to_move(call: Call) -> list[FakeIssue]:
    named: Any = call.object.get("issues")
    if not isinstance(named, list) or len(named) > _MOVE_LIMIT:
        raise Refused(400, call.site.say("payload_invalid"))
    return [call.issue(str(each)) for each in named]


def _board(call: Call) -> FakeBoard:
    number = call.params["board"]
    found = call.site.boards.get(int(number)) if number.isdecimal() else None
    if found is None or not call.may("BROWSE_PROJECTS", found.project_key):
        raise Refused(404, call.site.say("board_missing"))
    return found


def _sprint(call: Call) -> FakeSprint:
    number = call.params["sprint"]
    found = call.site.sprints.get(int(number)) if number.isdecimal() else None
    if found is None or not call.may("BROWSE_PROJECTS", call.site.boards[found.board_id].project_key):
        raise Refused(404, call.site.say("sprint_missing"))
    return found
