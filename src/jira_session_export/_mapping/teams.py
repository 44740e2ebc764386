"""Teams: the id that a team's id or name stands for.

Source: https://developer.atlassian.com/platform/teams/components/team-field-in-jira-rest-api/ (a create takes the bare
id). Jira's REST API lists no teams; its own VS Code extension finds them as suggestions for a JQL clause on the field,
https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-jql/ (November 2026).
"""

import re
from collections.abc import Mapping
from typing import Any

from jira_session_export._mapping.names import name_key
from jira_session_export._mapping.values import Context, UnusableValueError, term_of
from jira_session_export._mapping.wording import choices

_TEAM_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?:-[0-9]+)?|[0-9]{1,18}", re.ASCII | re.IGNORECASE)
_BY_ID = "Copy the team's id from the address of its profile, after /team/, and name the team by it in tickets."


def looks_like_team_id(term: str) -> bool:
    """Whether `term` has the form of a team's id: a UUID, or the number of an older team."""
    return _TEAM_ID.fullmatch(term) is not None


def to_team(value: Any, context: Context) -> str:
    """The team's id; Jira takes no object here, although it shows one."""
    term = str(value["id"]) if isinstance(value, Mapping) and value.get("id") else term_of(value)
    if looks_like_team_id(term):
        return term
    if term not in context.metadata.teams:
        raise UnusableValueError("Jira does not say which teams there are", _BY_ID)
    found = [team for team in context.metadata.teams[term] if name_key(team.name) == name_key(term)]
    if len(found) == 1:
        return found[0].id
    if found:
        raise UnusableValueError(
            f"several teams are called so (their ids: {choices([each.id for each in found])})", _BY_ID
        )
    near = choices([each.name for each in context.metadata.teams[term]])
    raise UnusableValueError(
        f"there is no such team; Jira suggests: {near}" if near else "there is no such team", _BY_ID
    )
