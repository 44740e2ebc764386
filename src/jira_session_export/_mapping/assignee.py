"""The assignee of an issue: sent with the create, set after it, or left to Jira."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jira_session_export._jira.wire import User
from jira_session_export._mapping.metadata import ProjectMetadata
from jira_session_export._mapping.names import name_key
from jira_session_export._mapping.people import AUTOMATIC_WORDS, UNASSIGNED_WORDS, find_account
from jira_session_export._mapping.values import UnusableValueError, only_one, term_of
from jira_session_export._mapping.wording import shown
from jira_session_export._values import UNASSIGNED

DEFAULT_ASSIGNEE_ID = "-1"
"""What Jira takes as account id for "whoever is assigned by default"."""

_UNSEEN_LEAD = User(account_id="", display_name="the lead")
"""A lead whose account Jira does not show to ours."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """What becomes of the assignee that a ticket names; nothing, where Jira does what was asked by itself.

    Attributes:
        asked_for: as a string.
        account_id: sent with the create; empty for nothing.
        later: set after the create, an account id or `UNASSIGNED`; empty for nothing.
        problem: why neither can be; None when one can, or nothing needs to be done.
    """

    asked_for: str
    account_id: str = ""
    later: str = ""
    problem: UnusableValueError | None = None


def assignment(
    wanted: Any, metadata: ProjectMetadata, default: User | None, *, on_screen: bool, required: bool
) -> Assignment:
    """What to do for a ticket's assignee: a person, `Unassigned`, or `Automatic`.

    Args:
        default: whom Jira assigns by itself.
        on_screen: whether the create screen shows the field; if not, the assignee is set after the create.
        required: whether a create must say something in the field.
    """
    try:
        name = _term(wanted)
    except UnusableValueError as exc:
        return Assignment(shown(wanted), problem=exc)
    if _is_automatic(name):
        says_it = on_screen and (default is not None or required)
        return Assignment(name, DEFAULT_ASSIGNEE_ID if says_it else "")
    if _is_unassigned(name):
        return _later(name, UNASSIGNED, metadata, "") if default is not None else Assignment(name)
    try:
        account_id = find_account(name, metadata, assignable=True)
    except UnusableValueError as exc:
        return Assignment(name, problem=exc)
    if on_screen:
        return Assignment(name, account_id)
    return _later(name, account_id, metadata, "the create screen does not show the field, and ")


def _later(name: str, target: str, metadata: ProjectMetadata, reason: str) -> Assignment:
    if metadata.allows("ASSIGN_ISSUES"):
        return Assignment(name, later=target)
    return Assignment(name, problem=UnusableValueError(f"{reason}the exporting account may not assign issues"))


def instead_of_assignee(default: User | None) -> str:
    """What an issue gets whose assignee is not sent; empty for nobody."""
    return f"the default assignee, {default.display_name}, was set" if default is not None else ""


def default_assignee(metadata: ProjectMetadata, component_ids: Sequence[str]) -> User | None:
    """Whom Jira assigns an issue to that is created without an assignee; None for nobody, as far as it is known.

    The first of its components, by name, that has a default assignee decides; otherwise the project does.

    Source: `realAssigneeType` of a component and `assigneeType` of a project,
    https://developer.atlassian.com/cloud/jira/platform/rest/v3/api-group-project-components/ (November 2026).
    """
    project = metadata.project
    chosen = sorted((each for each in project.components if each.id in component_ids), key=lambda each: each.name)
    for component in chosen:
        match component.assignee_type:
            case "COMPONENT_LEAD":
                return component.real_assignee or _UNSEEN_LEAD
            case "PROJECT_LEAD":
                return component.real_assignee or project.lead or _UNSEEN_LEAD
            case "UNASSIGNED":
                return None
            case _:
                continue
    return (project.lead or _UNSEEN_LEAD) if project.assignee_type == "PROJECT_LEAD" else None


def _is_unassigned(term: str) -> bool:
    """Whether a ticket wants its issue to have no assignee; the word Jira itself shows."""
    return name_key(term) in UNASSIGNED_WORDS


def _is_automatic(term: str) -> bool:
    """Whether a ticket leaves the assignee to Jira; the word of Jira's create dialog."""
    return name_key(term) in AUTOMATIC_WORDS


def _term(value: Any) -> str:
    """Whom a ticket names as assignee, or one of the words for it; an account id of nothing is nobody.

    Raises:
        UnusableValueError: it names nobody.
    """
    value = only_one(value)
    if isinstance(value, Mapping) and set(value) <= {"accountId", "id", "name"} and not any(value.values()):
        return "unassigned"
    return term_of(value)
