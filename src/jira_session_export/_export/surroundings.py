"""What tickets refer to outside their session: issues in Jira, and whether files can be attached."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from jira_session_export._export.attaching import Attaching
from jira_session_export._jira.wire import Issue
from jira_session_export._models import Ticket


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What tickets refer to outside their session, as Jira has it.

    Attributes:
        issues: key → the issue, None when Jira shows none of that key; keys that could not be asked for are missing.
        attaching: whether, and how large, files can be attached; None when nobody asked.
    """

    issues: Mapping[str, Issue | None] = field(default_factory=dict)
    attaching: Attaching | None = None


def keys_named(tickets: Sequence[Ticket]) -> tuple[str, ...]:
    """The keys of the issues in Jira that tickets name as parent or as the end of a link, each once."""
    keys: dict[str, None] = {}
    for ticket in tickets:
        named = (ticket.parent, *(link.to for link in ticket.links))
        keys.update((each, None) for each in named if isinstance(each, str))
    return tuple(keys)
