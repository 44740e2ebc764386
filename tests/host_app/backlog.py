"""The host's own data: planned work, which it has exported to Jira."""

from collections.abc import Sequence
from dataclasses import dataclass

from jira_session_export import Session, Ticket, session_id_from, ticket_id_from


@dataclass(frozen=True)
class Story:
    """Something to be built. `after`: the title of the story that comes first."""

    title: str
    html: str = ""
    assignee: str | None = None
    after: str | None = None


def as_session(name: str, project_key: str, stories: Sequence[Story]) -> Session:
    """The stories as the export takes them; the same names always give the same ids."""
    session_id = session_id_from(name, project_key)
    return Session(
        id=session_id,
        project_key=project_key,
        name=name,
        tickets=tuple(
            Ticket(
                id=ticket_id_from(session_id, story.title),
                order=order,
                title=story.title,
                description_html=story.html or None,
                assignee=story.assignee,
                depends_on=(ticket_id_from(session_id, story.after),) if story.after else (),
            )
            for order, story in enumerate(stories, start=1)
        ),
    )
