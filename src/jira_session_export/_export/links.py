"""Which issue links a session wants, and how Jira takes them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from jira_session_export._jira.wire import LinkType
from jira_session_export._journal import TicketState
from jira_session_export._models import Ticket
from jira_session_export._values import ManualFix, ManualFixKind, StepKind
from jira_session_export.errors import RefusedError


@dataclass(frozen=True, slots=True)
class WantedLink:
    """One issue link, as "`inward_key` blocks `outward_key`".

    Attributes:
        ticket_id: the ticket that asked for it, where it is recorded.
        target: what makes it unique for that ticket.
        type_name: None when Jira has no such link type.
        asked_for: in the ticket's words.
    """

    ticket_id: UUID
    target: str
    type_name: str | None
    inward_key: str
    outward_key: str
    asked_for: str


def wanted_links(
    tickets: Sequence[Ticket], states: Mapping[UUID, TicketState], link_types: Sequence[LinkType], depends_on_type: str
) -> Iterator[WantedLink]:
    """The links still to make, in the tickets' order, each once; those to tickets without an issue wait."""
    for ticket in tickets:
        state = states[ticket.id]
        if state.issue is None:
            continue
        planned: set[str] = set()
        for type_name, other, source_is_other in _wishes(ticket, depends_on_type):
            other_key = _key(other, states)
            if other_key is None:
                continue
            name, reversed_by_phrase = _link_type(type_name, link_types)
            target = f"{type_name} {'<' if source_is_other else '>'} {other_key}"
            if target in planned or not state.lacks(StepKind.LINK, target):
                continue
            planned.add(target)
            ends = (state.issue.key, other_key)
            inward, outward = ends[::-1] if source_is_other != reversed_by_phrase else ends
            yield WantedLink(ticket.id, target, name, inward, outward, f"{type_name} {other_key}")


def _wishes(ticket: Ticket, depends_on_type: str) -> Iterator[tuple[str, UUID | str, bool]]:
    for dependency in ticket.depends_on:
        yield depends_on_type, dependency, True  # what is depended on blocks the ticket
    for link in ticket.links:
        yield link.type, link.to, False


def _key(other: UUID | str, states: Mapping[UUID, TicketState]) -> str | None:
    if isinstance(other, str):
        return other
    issue = states[other].issue
    return issue.key if issue else None


def _link_type(wanted: str, link_types: Sequence[LinkType]) -> tuple[str | None, bool]:
    """Name of the link type, and whether `wanted` is its inward phrase (`is blocked by`), which turns the link."""
    folded = wanted.casefold()
    for link_type in link_types:
        if folded in {link_type.name.casefold(), link_type.outward.casefold()}:
            return link_type.name, False
    for link_type in link_types:
        if folded == link_type.inward.casefold():
            return link_type.name, True
    return None, False


def link_fix(link: WantedLink, exc: RefusedError | None) -> ManualFix:
    """What to do about a link that could not be made."""
    reason = exc.user_message if exc else "Jira has no such issue link type."
    return ManualFix(
        ManualFixKind.LINK_FAILED,
        field="links",
        asked_for=link.asked_for,
        done_instead=f"not linked: {reason}",
        recommended_action=f"Link {link.inward_key} and {link.outward_key} by hand.",
    )
