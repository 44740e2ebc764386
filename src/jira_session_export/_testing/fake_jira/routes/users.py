"""People: who they are, and to whom work may be assigned."""

from collections.abc import Iterable

from jira_session_export._testing.fake_jira.entities import FakeUser
from jira_session_export._testing.fake_jira.exchange import Answer, Refused
from jira_session_export._testing.fake_jira.routing import READ_USERS, READ_WORK, Call, Routes
from jira_session_export._testing.fake_jira.values import is_assignable

API = Routes("/rest/api/{version}")

_SEARCH_HORIZON = 1000
"""A user search looks at no user beyond this one."""


@API("GET", "/user", READ_USERS)
def user(call: Call) -> Answer:
    """The user of an account id."""
    _refuse_old_parameters(call)
    found = call.site.users.get(call.param("accountId") or "")
    if found is None:
        raise Refused(404, call.site.say("user_unknown"))
    return Answer.json(200, call.view.user(found))


@API("GET", "/user/bulk", READ_USERS)
def users_by_id(call: Call) -> Answer:
    """The users of several account ids."""
    wanted = call.request.query.get("accountId", ())
    found = [call.site.users[each] for each in wanted if each in call.site.users]
    return Answer.json(200, call.linked_page(found, call.view.user, default=10, cap=200))


@API("GET", "/user/search", READ_USERS)
def search_users(call: Call) -> Answer:
    """Users by text or account id; nobody without the permission to browse users."""
    _refuse_old_parameters(call)
    found = _matching(call, call.site.users.values()) if call.may("USER_PICKER") else []
    return _user_page(call, found, found)


@API("GET", "/user/assignable/search", READ_WORK)
def search_assignable_users(call: Call) -> Answer:
    """Users to whom a project's issues may be assigned. They are filtered after paging, so that a page may be short."""
    _refuse_old_parameters(call)
    if call.param("project") is not None:
        project = call.project(call.param("project"))
    elif call.param("issueKey") is not None:
        project = call.site.projects[call.issue(call.param("issueKey")).project_key]
    else:
        raise Refused(400, call.site.say("user_project"))
    if (call.param("query") is None) == (call.param("accountId") is None):
        raise Refused(400, call.site.say("user_query"))
    if not (call.may("USER_PICKER") or call.may("ASSIGN_ISSUES", project.key)):
        raise Refused(403, call.site.say("user_forbidden"))
    matching = _matching(call, call.site.users.values())
    return _user_page(call, matching, [each for each in matching if is_assignable(call.site, project, each)])


@API("GET", "/user/assignable/multiProjectSearch", READ_USERS)
def search_assignable_in_all(call: Call) -> Answer:
    """Users to whom issues of all the projects may be assigned."""
    projects = [call.project(key) for key in call.list_param("projectKeys")]
    matching = _matching(call, call.site.users.values())
    wanted = [each for each in matching if all(is_assignable(call.site, project, each) for project in projects)]
    return _user_page(call, matching, wanted)


def _user_page(call: Call, looked_at: list[FakeUser], wanted: list[FakeUser]) -> Answer:
    start = max(0, call.int_param("startAt", 0))
    end = min(start + max(1, min(call.int_param("maxResults", 50), _SEARCH_HORIZON)), _SEARCH_HORIZON)
    accepted = {each.account_id for each in wanted}
    return Answer.json(200, [call.view.user(each) for each in looked_at[start:end] if each.account_id in accepted])


def _matching(call: Call, users: Iterable[FakeUser]) -> list[FakeUser]:
    account_id = call.param("accountId")
    if account_id is not None:
        return [each for each in users if each.account_id == account_id]
    query = (call.param("query") or "").lower()
    return [each for each in users if _matches(call, each, query)]


def _matches(call: Call, user: FakeUser, query: str) -> bool:
    if any(word.startswith(query) for word in (user.display_name.lower(), *user.display_name.lower().split())):
        return True
    return "emailAddress" in call.view.user(user) and user.email.lower().startswith(query)


def _refuse_old_parameters(call: Call) -> None:
    if "username" in call.request.query or "userKey" in call.request.query or "key" in call.request.query:
        raise Refused(400, call.site.say("gdpr"))
