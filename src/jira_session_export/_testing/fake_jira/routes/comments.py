"""Comments."""

from jira_session_export._adf.check import check_adf
from jira_session_export._testing.fake_jira.exchange import Answer, Refused
from jira_session_export._testing.fake_jira.richtext import document_of
from jira_session_export._testing.fake_jira.routing import Call, Routes

API = Routes("/rest/api/{version}")


@API("GET", "/issue/{issue}/comment", is_open=True)
def comments(call: Call) -> Answer:
    """An issue's comments, oldest first."""
    issue = call.issue()
    bean = call.page(issue.comments, lambda each: call.view.comment(each, issue), cap=100)
    del bean["isLast"]
    bean["comments"] = bean.pop("values")
    return Answer.json(200, bean)


@API("POST", "/issue/{issue}/comment")
def add_comment(call: Call) -> Answer:
    """Comment on an issue: ADF in version 3, plain text in version 2."""
    issue, user = call.issue(), call.user
    body = call.object.get("body")
    if not call.may("ADD_COMMENTS", issue.project_key):
        raise Refused(400, call.site.say("comment_forbidden", name=user.display_name))
    document = document_of(body) if call.version == 2 and isinstance(body, str) else body
    if not isinstance(document, dict) or check_adf(document):
        raise Refused(400, errors={"comment": call.site.say("comment_invalid")})
    return Answer.json(201, call.view.comment(call.site.comment(issue, document, user), issue))
