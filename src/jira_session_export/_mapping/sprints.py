"""Sprints: the open sprint that an id or a name stands for."""

from typing import Any

from jira_session_export._mapping.metadata import OPEN_SPRINT_STATES, ProjectMetadata, sprint_id_of
from jira_session_export._mapping.values import Context, UnusableValueError, term_of
from jira_session_export._mapping.wording import choices


def to_sprint(value: Any, context: Context) -> int:
    """The id of an open sprint: Jira shows a list in this field, and takes one number."""
    return find_sprint(value, context.metadata)


def find_sprint(wanted: Any, metadata: ProjectMetadata) -> int:
    """The id of an open sprint, by id or name.

    An id that was not looked up is taken as it is, and Jira decides.

    Raises:
        UnusableValueError: there is none, it is closed, or several have that name.
    """
    wanted = wanted if isinstance(wanted, int) else term_of(wanted)
    sprint_id = sprint_id_of(wanted, metadata)
    if sprint_id is not None:
        sprint = metadata.sprint(sprint_id)
        if sprint is None and sprint_id not in metadata.asked_sprints:
            return sprint_id
        found = [sprint] if sprint is not None else []
    else:
        found = list(metadata.sprints_named(str(wanted)))
    still_open = [each for each in found if each.state in OPEN_SPRINT_STATES]
    if len(still_open) == 1:
        return still_open[0].id
    if still_open:
        candidates = ", ".join(f"{each.id} ({each.state})" for each in still_open)
        raise UnusableValueError(f"several open sprints are called so (their ids: {candidates})")
    if found:
        raise UnusableValueError("that sprint is closed")
    listed = choices([each.name for each in metadata.open_sprints])
    raise UnusableValueError(f"there is no such sprint; open ones: {listed}" if listed else "there is no open sprint")
