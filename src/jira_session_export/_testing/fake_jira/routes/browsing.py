"""Pages for people. They ask for no login: whoever can reach a fake may look at it."""

from jira_session_export._testing.fake_jira import pages
from jira_session_export._testing.fake_jira.exchange import Answer
from jira_session_export._testing.fake_jira.routing import Call, Routes

PAGES = Routes()


@PAGES("GET", "/", is_open=True)
def index(call: Call) -> Answer:
    """All projects and issues."""
    return pages.index_page(call.site)


@PAGES("GET", "/browse/{issue}", is_open=True)
def browse(call: Call) -> Answer:
    """One issue."""
    issue = call.site.find_issue(call.params["issue"])
    if issue is None:
        return pages.missing_page(call.params["issue"])
    return pages.issue_page(call.site, issue, call.request.origin)


@PAGES("GET", "/avatar/{name}", is_open=True)
def avatar(call: Call) -> Answer:
    """A picture."""
    return pages.avatar(call.params["name"])
