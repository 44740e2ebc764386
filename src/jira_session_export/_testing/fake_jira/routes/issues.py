"""Issues: create, read, change, delete."""

from typing import Any, NoReturn

from jira_session_export._testing.fake_jira.entities import FakeIssue
from jira_session_export._testing.fake_jira.exchange import Answer, Refused
from jira_session_export._testing.fake_jira.routing import READ_WORK, Call, Routes
from jira_session_export._testing.fake_jira.validation import find_project, read_create, read_edit
from jira_session_export._testing.fake_jira.values import is_assignable

API = Routes("/rest/api/{version}")

_BULK_CREATE_LIMIT = 50
_BULK_FETCH_LIMIT = 100


@API("POST", "/issue")
def create_issue(call: Call) -> Answer:
    """Create an issue."""
    issue = _create(call, call.json)
    return Answer.json(201, _created(call, issue))


@API("POST", "/issue/bulk")
def create_issues(call: Call) -> Answer:
    """Create up to 50 issues; those that can be created are, whatever becomes of the others."""
    updates = call.object.get("issueUpdates")
    if not isinstance(updates, list) or not updates:
        raise Refused(400, call.site.say("payload_invalid"))
    if len(updates) > _BULK_CREATE_LIMIT:
        raise Refused(400, call.site.say("bulk_too_many", limit=_BULK_CREATE_LIMIT))
    created: list[dict[str, Any]] = []
    failed: list[dict[str, Any]] = []
    made = call.fault.elements if call.fault else None
    faulty = call.fault.refused if call.fault else {}
    for position, update in enumerate(updates):
        if made is not None and position not in made:
            continue
        try:
            if position in faulty:
                _refuse(faulty[position])
            created.append(_created(call, _create(call, update)))
        except Refused as refused:
            failed.append(
                {
                    "status": refused.status,
                    "elementErrors": {**refused.collection(), "status": refused.status},
                    "failedElementNumber": position,
                }
            )
    headers = call.fault.headers if call.fault else None
    return Answer.json(201 if created else 400, {"issues": created, "errors": failed}, headers)


def _refuse(status: int) -> NoReturn:
    raise Refused(status, Answer(status).reason)


def _create(call: Call, body: Any) -> FakeIssue:
    user = call.user
    try:
        draft = read_create(call.site, user, body, call.version)
    except Refused as refused:
        _burn_key(call, body)
        # A client must do without the member when a refusal has messages alone.
        refused.leaves_out_empty_errors = True
        raise
    return call.site.create_issue(
        draft.project, draft.issue_type, creator=user, fields=draft.fields, properties=draft.properties
    )


def _burn_key(call: Call, body: Any) -> None:
    if not call.site.options.burn_keys:
        return
    fields = body.get("fields") if isinstance(body, dict) else None
    wanted = fields.get("project") if isinstance(fields, dict) else None
    if isinstance(wanted, dict):
        project = find_project(call.site, call.caller, wanted.get("key") or wanted.get("id"))
        if project is not None:
            call.site.burn_key(project)


def _created(call: Call, issue: FakeIssue) -> dict[str, str]:
    return {"id": issue.id, "key": issue.key, "self": f"{call.view.api}/issue/{issue.id}"}


@API("GET", "/issue/{issue}", is_open=True)
def issue(call: Call) -> Answer:
    """One issue, read from the database: a new one is there at once."""
    found = call.issue()
    fields = call.list_param("fields") or ["*all"]
    shown = call.view.issue(found, fields=fields, properties=call.list_param("properties"))
    for extra in call.list_param("expand"):
        if extra == "names":
            shown["names"] = {name: call.site.fields[name].name for name in shown["fields"]}
        elif extra == "schema":
            shown["schema"] = {name: call.site.fields[name].schema for name in shown["fields"]}
        elif extra == "renderedFields":
            shown["renderedFields"] = call.view.rendered_fields(found)
        elif extra == "transitions":
            shown["transitions"] = [call.view.transition(each) for each in call.site.statuses.values()]
    return Answer.json(200, shown)


@API("POST", "/issue/bulkfetch", READ_WORK, is_open=True)
def fetch_issues(call: Call) -> Answer:
    """Up to 100 issues by id or key."""
    body = call.object
    wanted = body.get("issueIdsOrKeys")
    if not isinstance(wanted, list) or len(wanted) > _BULK_FETCH_LIMIT:
        raise Refused(400, call.site.say("payload_invalid"))
    found: list[dict[str, Any]] = []
    errors: list[dict[str, Any]] = []
    for name in wanted:
        try:
            found.append(
                call.view.issue(
                    call.issue(str(name)),
                    fields=body.get("fields") or ["*navigable"],
                    properties=body.get("properties") or (),
                )
            )
        except Refused as refused:
            errors.append({"id": str(name), "errorMessage": refused.messages[0]})
    return Answer.json(200, {"issues": found, "issueErrors": errors})


@API("PUT", "/issue/{issue}")
def edit_issue(call: Call) -> Answer:
    """Change an issue's fields."""
    found = call.issue()
    user = call.user
    if not call.flag("notifyUsers", default=True) and not (
        call.may("ADMINISTER") or call.may("ADMINISTER_PROJECTS", found.project_key)
    ):
        raise Refused(400, call.site.say("notify_forbidden"))
    changes = read_edit(call.site, user, found, call.json, call.version)
    if changes:
        call.site.update_issue(found, changes)
    if call.flag("returnIssue", default=False):
        return Answer.json(200, call.view.issue(found, fields=("*all",)))
    return Answer.nothing()


@API("DELETE", "/issue/{issue}")
def delete_issue(call: Call) -> Answer:
    """Delete an issue; one that has sub-tasks only together with them."""
    found = call.issue()
    if not call.may("DELETE_ISSUES", found.project_key):
        raise Refused(403, call.site.say("delete_forbidden"))
    below = call.site.subtasks_of(found)
    if below and not call.flag("deleteSubtasks", default=False):
        raise Refused(400, call.site.say("delete_has_subtasks", key=found.key))
    for each in (*below, found):
        call.site.delete_issue(each)
    return Answer.nothing()


@API("GET", "/issue/{issue}/editmeta")
def edit_metadata(call: Call) -> Answer:
    """The fields an edit may change."""
    found = call.issue()
    home = call.site.projects[found.project_key]
    fixed = {"project", "issuetype", "attachment"}
    shown = {
        each.field.id: call.view.screen_field(each, home)
        for each in home.screen_for_edits(found.type_id)
        if each.field.id not in fixed
    }
    for meta in shown.values():
        del meta["fieldId"]
    return Answer.json(200, {"fields": shown})


@API("PUT", "/issue/{issue}/assignee")
def assign(call: Call) -> Answer:
    """Assign an issue, whether or not the field is on a screen; `null` unassigns, `-1` is the default assignee."""
    found = call.issue()
    project = call.site.projects[found.project_key]
    if not call.may("ASSIGN_ISSUES", project.key):
        raise Refused(403, call.site.say("edit_forbidden"))
    account_id = call.object.get("accountId")
    if account_id == "-1":
        account_id = project.default_assignee([each["id"] for each in found.fields.get("components", ())])
    if account_id is None:
        if not project.allows_unassigned:
            raise Refused(400, errors={"assignee": call.site.say("assignee_required")})
        call.site.update_issue(found, {"assignee": None})
        return Answer.nothing()
    user = call.site.users.get(account_id) if isinstance(account_id, str) else None
    if user is None:
        raise Refused(400, errors={"assignee": call.site.say("account_unknown", account_id=account_id)})
    if not is_assignable(call.site, project, user):
        raise Refused(400, errors={"assignee": call.site.say("assignee_not_assignable", name=user.display_name)})
    call.site.update_issue(found, {"assignee": {"accountId": user.account_id}})
    return Answer.nothing()


@API("GET", "/issue/{issue}/transitions")
def transitions(call: Call) -> Answer:
    """Where an issue may go from here."""
    call.issue()
    shown = [call.view.transition(each) for each in call.site.statuses.values()]
    return Answer.json(200, {"expand": "transitions", "transitions": shown})


@API("POST", "/issue/{issue}/transitions")
def move_issue(call: Call) -> Answer:
    """Move an issue to another status."""
    found = call.issue()
    wanted = call.object.get("transition")
    target = str(wanted.get("id")) if isinstance(wanted, dict) else None
    for status in call.site.statuses.values():
        if status.transition_id == target and call.may("TRANSITION_ISSUES", found.project_key):
            found.status_id = status.id
            call.site.touch(found)
            return Answer.nothing()
    raise Refused(400, call.site.say("status_missing"))
