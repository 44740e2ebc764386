"""Lists that belong to the whole site: priorities, fields, labels, statuses, link types, settings."""

from html import escape
from typing import Any

from jira_session_export._testing.fake_jira.exchange import Answer, Refused
from jira_session_export._testing.fake_jira.fields import FakeField, FieldKind
from jira_session_export._testing.fake_jira.routing import CONFIGURE, Call, Routes

API = Routes("/rest/api/{version}")

_SUGGESTIONS = 15
"""Values one answer suggests."""


@API("GET", "/priority")
def priorities(call: Call) -> Answer:
    """All priorities, as one array."""
    return Answer.json(200, [call.view.priority(each) for each in call.site.priorities.values()])


@API("GET", "/priority/search", CONFIGURE)
def search_priorities(call: Call) -> Answer:
    """Priorities, page by page; of a project when asked for."""
    allowed: frozenset[str] | None = None
    for project_id in call.list_param("projectId"):
        for screen in call.project(project_id).screens.values():
            shown = screen.get("priority")
            if shown and shown.allowed is not None:
                allowed = shown.allowed
    found = [each for each in call.site.priorities.values() if allowed is None or each.id in allowed]
    return Answer.json(200, call.linked_page(found, call.view.priority))


@API("GET", "/priority/{priority}")
def priority(call: Call) -> Answer:
    """One priority."""
    found = call.site.priorities.get(call.params["priority"])
    if found is None:
        raise Refused(404, call.site.say("priority_invalid"))
    return Answer.json(200, call.view.priority(found))


@API("GET", "/field", is_open=True)
def fields(call: Call) -> Answer:
    """All fields, as one array."""
    return Answer.json(200, [call.view.field(each) for each in call.site.fields.values()])


@API("GET", "/field/search", CONFIGURE)
def search_fields(call: Call) -> Answer:
    """Fields by text, page by page."""
    query = (call.param("query") or "").lower()
    found = [each for each in call.site.fields.values() if query in each.name.lower()]
    return Answer.json(200, call.linked_page(found, _found_field))


def _found_field(field: FakeField) -> dict[str, Any]:
    return {"id": field.id, "key": field.id, "name": field.name, "schema": field.schema, "description": ""}


@API("GET", "/jql/autocompletedata/suggestions")
def suggestions(call: Call) -> Answer:
    """Values for a JQL clause on a field, by the beginning of a word; the letters that fit are bold."""
    wanted, query = call.param("fieldName") or "", (call.param("fieldValue") or "").lower()
    fields = [each for each in call.site.fields.values() if wanted in (each.id, each.name, *each.clause_names)]
    found = [
        {
            "value": option.id if each.kind is FieldKind.TEAM else option.value,
            "displayName": _emphasised(option.value, query),
        }
        for each in fields
        for option in each.options
        if any(option.value.lower().startswith(query, start) for start in _word_starts(option.value))
    ]
    return Answer.json(200, {"results": found[:_SUGGESTIONS]})


def _word_starts(name: str) -> list[int]:
    return [0, *(place + 1 for place, char in enumerate(name) if char.isspace())]


def _emphasised(name: str, query: str) -> str:
    start = name.lower().find(query) if query else -1
    if start < 0:
        return escape(name)
    end = start + len(query)
    return f"{escape(name[:start])}<b>{escape(name[start:end])}</b>{escape(name[end:])}"


@API("GET", "/label")
def labels(call: Call) -> Answer:
    """All labels in use."""
    used = sorted({label for each in call.site.issues.values() for label in each.labels})
    return Answer.json(200, call.page(used, lambda each: each, default=1000, cap=1000))


@API("GET", "/status")
def statuses(call: Call) -> Answer:
    """All statuses."""
    return Answer.json(200, [call.view.status(each) for each in call.site.statuses.values()])


@API("GET", "/issueLinkType")
def link_types(call: Call) -> Answer:
    """All issue link types."""
    if not call.site.options.linking_enabled:
        raise Refused(404)
    shown = [call.view.link_type(each) for each in call.site.link_types.values()]
    return Answer.json(200, {"issueLinkTypes": shown})


@API("GET", "/configuration")
def configuration(call: Call) -> Answer:
    """What is switched on."""
    project = next(iter(call.site.projects.values()))
    return Answer.json(
        200,
        {
            "votingEnabled": True,
            "watchingEnabled": True,
            "unassignedIssuesAllowed": project.allows_unassigned,
            "subTasksEnabled": True,
            "issueLinkingEnabled": call.site.options.linking_enabled,
            "timeTrackingEnabled": True,
            "attachmentsEnabled": call.site.options.attachments_enabled,
        },
    )
