"""Entity properties of issues."""

import json

from jira_session_export._testing.fake_jira.exchange import Answer, Refused
from jira_session_export._testing.fake_jira.routing import Call, Routes
from jira_session_export._testing.fake_jira.validation import check_property

API = Routes("/rest/api/{version}")


@API("GET", "/issue/{issue}/properties", is_open=True)
def property_keys(call: Call) -> Answer:
    """The keys of an issue's properties."""
    issue = call.issue()
    address = f"{call.view.api}/issue/{issue.id}/properties"
    return Answer.json(200, {"keys": [{"self": f"{address}/{key}", "key": key} for key in issue.properties]})


@API("GET", "/issue/{issue}/properties/{property}", is_open=True)
def property_value(call: Call) -> Answer:
    """One property."""
    issue, key = call.issue(), call.params["property"]
    if key not in issue.properties:
        raise Refused(404, call.site.say("property_missing", key=key))
    return Answer.json(200, {"key": key, "value": issue.properties[key]})


@API("PUT", "/issue/{issue}/properties/{property}")
def put_property(call: Call) -> Answer:
    """Set a property to the JSON value that is the body."""
    issue, key = call.issue(), call.params["property"]
    try:
        value = json.loads(call.request.body)
    except ValueError as exc:
        raise Refused(400, call.site.say("json_invalid")) from exc
    _check_edit(call, issue.project_key)
    check_property(call.site, key, value)
    is_new = key not in issue.properties
    issue.properties = {**issue.properties, key: value}
    call.site.touch(issue)
    return Answer.json(201 if is_new else 200, {})


@API("DELETE", "/issue/{issue}/properties/{property}")
def delete_property(call: Call) -> Answer:
    """Remove a property."""
    issue, key = call.issue(), call.params["property"]
    _check_edit(call, issue.project_key)
    if key not in issue.properties:
        raise Refused(404, call.site.say("property_missing", key=key))
    issue.properties = {each: value for each, value in issue.properties.items() if each != key}
    call.site.touch(issue)
    return Answer.nothing()


def _check_edit(call: Call, project_key: str) -> None:
    if not call.may("EDIT_ISSUES", project_key):
        raise Refused(403, call.site.say("edit_forbidden"))
