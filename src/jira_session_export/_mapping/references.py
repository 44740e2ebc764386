"""Things other than issues that a field refers to: groups, projects, organizations, Assets objects, request types.

An object is sent as it is given: whoever writes one knows Jira's shape. A text or a number is brought into it.

Sources, November 2026: https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-issues/ (group, project),
https://developer.atlassian.com/cloud/assets/rest/api-group-object/ (`globalId` of an object), and the service desk's
fields in https://developer.atlassian.com/cloud/jira/service-desk/rest/ (numbers of organizations and request types).
"""

import re
from collections.abc import Mapping
from typing import Any

from jira_session_export._mapping.choices import fitting_values, to_choice
from jira_session_export._mapping.values import Context, UnusableValueError, term_of

ASSETS_TYPE = "cmdb-object-cftype"
ORGANIZATIONS_TYPE = "sd-customer-organizations"
REQUEST_TYPE_TYPE = "vp-origin"

_PROJECT_KEY = re.compile(r"[A-Z][A-Z0-9_]*", re.ASCII)
_NUMBER = re.compile(r"[0-9]{1,18}", re.ASCII)
_ASSET = re.compile(r"[\w-]+:[0-9]{1,18}", re.ASCII)


def to_group(value: Any, _: Context) -> Mapping[str, Any]:
    """A group, by name."""
    return value if isinstance(value, Mapping) else {"name": term_of(value)}


def to_project(value: Any, context: Context) -> Mapping[str, Any] | None:
    """A project, by name, key or id among those the field offers; by key or id where Jira does not list them."""
    if context.field.allowed_values:
        return to_choice(value, context)
    if isinstance(value, Mapping):
        return value
    term = term_of(value)
    if _NUMBER.fullmatch(term):
        return {"id": term}
    if _PROJECT_KEY.fullmatch(term.upper()):
        return {"key": term.upper()}
    raise UnusableValueError("Jira does not say which projects there are", "In tickets, name a project by its key.")


def to_organization(value: Any, context: Context) -> int:
    """The number of an organization of customers."""
    offered = context.field.allowed_values or ()
    term = term_of(value)
    found = fitting_values(term, offered)
    number = found[0].id if len(found) == 1 and found[0].id is not None else term
    if not _NUMBER.fullmatch(number):
        raise UnusableValueError(
            "Jira does not say which organizations there are",
            "In tickets, name an organization by its number: the address of its page ends with it.",
        )
    return int(number)


def to_asset(value: Any, _: Context) -> Mapping[str, Any]:
    """An Assets object, by its global id: `<workspace id>:<object id>`."""
    if isinstance(value, Mapping):
        workspace, number = value.get("workspaceId"), value.get("objectId")
        if workspace and number and not value.get("id"):
            return {**value, "id": f"{workspace}:{number}"}
        return value
    term = term_of(value)
    if not _ASSET.fullmatch(term):
        raise UnusableValueError(
            "an Assets object is named by the ids of its workspace and itself",
            "In tickets, write <workspace id>:<object id>, which Assets calls the object's globalId.",
        )
    return {"id": term}


def to_request_type(value: Any, context: Context) -> str:
    """The number of a request type, or `<portal key>/<request type key>`."""
    if isinstance(value, Mapping) and isinstance(value.get("requestType"), Mapping):
        value = value["requestType"]
    term = term_of(value)
    found = fitting_values(term, context.field.allowed_values or ())
    if len(found) == 1 and found[0].id is not None:
        return found[0].id
    if _NUMBER.fullmatch(term) or "/" in term:
        return term
    raise UnusableValueError(
        "Jira does not say which request types there are",
        "In tickets, name a request type by its number: its page in the project's settings ends with it.",
    )
