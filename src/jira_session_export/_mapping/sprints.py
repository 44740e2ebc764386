"""Sprints: the open sprint that an id or a name stands for."""

from typing import Any

from jira_session_export._mapping.metadata import OPEN_SPRINT_STATES, ProjectMetadata, sprint_id_of
from jira_session_export._mapping.values import Context, UnusableValueError, term_of
from jira_session_export._mapping.wording import choices


def to_sprint(value: Any, context: Context) -> int:
    """The id of an open sprint: Jira shows a list in this field, and takes one number."""
    return find_sprint(value, context.metadata)


def find_sprint(wanted: Any, metadata: ProjectMetadata) -> int:
    """The id of an open sprint, by id or name; digits are the id of an open sprint, else a name.

    An id that was not looked up is taken as it is, and Jira decides.

    Raises:
        UnusableValueError: there is none, it is closed, or several have that name.
    """
    wanted = wanted if isinstance(wanted, int) else term_of(wanted)
    sprint_id = sprint_id_of(wanted)
    by_id = metadata.sprint(sprint_id) if sprint_id is not None else None
    if by_id is not None and by_id.state in OPEN_SPRINT_STATES:
        return by_id.id
    named = metadata.sprints_named(str(wanted)) if isinstance(wanted, str) else ()
    if sprint_id is not None and not named and by_id is None and sprint_id not in metadata.asked_sprints:
        return sprint_id
    still_open = [each for each in named if each.state in OPEN_SPRINT_STATES]
    if len(still_open) == 1:
        return still_open[0].id
    if still_open:
        candidates = ", ".join(f"{each.id} ({each.state})" for each in still_open)
        raise UnusableValueError(f"several open sprints are called so (their ids: {candidates})")
    if named or by_id is not None:
        raise UnusableValueError("that sprint is closed")
    if sprint_id is None and metadata.boards_refused:
        raise UnusableValueError(
            f"the exporting account cannot read the project's boards: {metadata.boards_refused.rstrip('.')}",
            "Move the issue to the right sprint; in tickets, name sprints by id, or let the account read the boards.",
        )
    listed = choices([each.name for each in metadata.open_sprints]) if metadata.boards_read else ""
    if listed:
        raise UnusableValueError(f"there is no such sprint; open ones: {listed}")
    raise UnusableValueError("there is no open sprint" if metadata.boards_read else "there is no such sprint")
