"""Projects, what belongs to them, and their create metadata."""

from jira_session_export._testing.fake_jira.exchange import Answer, Refused
from jira_session_export._testing.fake_jira.permissions import FIELD_PERMISSIONS
from jira_session_export._testing.fake_jira.routing import Call, Routes
from jira_session_export._testing.fake_jira.screens import FakeProject

API = Routes("/rest/api/{version}")

CREATE_METADATA_LIMIT = 200
"""Entries a page of create metadata may be asked for."""


def _visible(call: Call) -> list[FakeProject]:
    return [each for each in call.site.projects.values() if call.may("BROWSE_PROJECTS", each.key)]


@API("GET", "/project", is_open=True)
def projects(call: Call) -> Answer:
    """All projects the caller sees, as one array."""
    return Answer.json(200, [call.view.project(each, whole=False) for each in _visible(call)])


@API("GET", "/project/search", is_open=True)
def search_projects(call: Call) -> Answer:
    """Projects by key, id, text or what the caller may do there."""
    keys, ids, query = call.list_param("keys"), call.list_param("id"), (call.param("query") or "").lower()
    action = {"create": "CREATE_ISSUES", "edit": "ADMINISTER_PROJECTS"}.get(call.param("action") or "")
    found = [
        each
        for each in _visible(call)
        if (not keys or each.key in keys)
        and (not ids or each.id in ids)
        and (query in each.key.lower() or query in each.name.lower())
        and (action is None or call.may(action, each.key))
    ]
    found.sort(key=lambda each: each.key)
    return Answer.json(200, call.linked_page(found, lambda each: call.view.project(each, whole=False), cap=100))


@API("GET", "/project/{project}", is_open=True)
def project(call: Call) -> Answer:
    """One project."""
    return Answer.json(200, call.view.project(call.project()))


@API("GET", "/project/{project}/components", is_open=True)
def components(call: Call) -> Answer:
    """A project's components."""
    home = call.project()
    return Answer.json(200, [call.view.component(each, home) for each in home.components])


@API("GET", "/project/{project}/component", is_open=True)
def components_page(call: Call) -> Answer:
    """A project's components, page by page."""
    home = call.project()
    return Answer.json(200, call.linked_page(home.components, lambda each: call.view.component(each, home)))


@API("GET", "/project/{project}/versions", is_open=True)
def versions(call: Call) -> Answer:
    """A project's versions."""
    home = call.project()
    return Answer.json(200, [call.view.version_of(each, home) for each in home.versions])


@API("GET", "/project/{project}/version", is_open=True)
def versions_page(call: Call) -> Answer:
    """A project's versions, page by page."""
    home = call.project()
    return Answer.json(200, call.linked_page(home.versions, lambda each: call.view.version_of(each, home)))


@API("GET", "/project/{project}/statuses", is_open=True)
def statuses(call: Call) -> Answer:
    """A project's statuses, by issue type."""
    shown = [call.view.status(each) for each in call.site.statuses.values()]
    return Answer.json(
        200,
        [
            {
                "self": f"{call.view.api}/issuetype/{each.id}",
                "id": each.id,
                "name": each.name,
                "subtask": each.is_subtask,
                "statuses": shown,
            }
            for each in call.project().issue_types
        ],
    )


@API("GET", "/issuetype", is_open=True)
def issue_types(call: Call) -> Answer:
    """All issue types the caller sees."""
    return Answer.json(200, [call.view.issue_type(each) for home in _visible(call) for each in home.issue_types])


@API("GET", "/issuetype/project", is_open=True)
def issue_types_of_project(call: Call) -> Answer:
    """The issue types of the project of that id."""
    home = call.project(call.param("projectId") or "")
    return Answer.json(200, [call.view.issue_type(each) for each in home.issue_types])


@API("GET", "/issue/createmeta/{project}/issuetypes", is_open=True)
def create_issue_types(call: Call) -> Answer:
    """The issue types the caller may create in a project; none without the permission to create."""
    home = call.project()
    types = home.issue_types if call.may("CREATE_ISSUES", home.key) else []
    return _metadata_page(call, "issueTypes", [call.view.issue_type(each) for each in types])


@API("GET", "/issue/createmeta/{project}/issuetypes/{type}", is_open=True)
def create_fields(call: Call) -> Answer:
    """The create screen of a project and issue type."""
    home = call.project()
    screen = home.screens.get(call.params["type"]) if call.may("CREATE_ISSUES", home.key) else None
    if screen is None:
        raise Refused(404, call.site.say("issue_type_invalid"))
    shown = [
        call.view.screen_field(each, home)
        for each in screen
        if each.field.id not in FIELD_PERMISSIONS or call.may(FIELD_PERMISSIONS[each.field.id], home.key)
    ]
    return _metadata_page(call, "fields", shown)


def _metadata_page(call: Call, member: str, entries: list[dict[str, object]]) -> Answer:
    start = max(0, call.int_param("startAt", 0))
    size = call.int_param("maxResults", 50)
    if size > CREATE_METADATA_LIMIT:
        raise Refused(
            400,
            call.site.say("page_too_large", limit=CREATE_METADATA_LIMIT),
            extra={"httpStatusCode": {"empty": False, "present": True}},
        )
    size = max(1, size)
    page = entries[start : start + size]
    return Answer.json(200, {"maxResults": size, "startAt": start, "total": len(entries), member: page})
