"""Which issue links a session wants, and how Jira takes them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from jira_session_export._export.ports import IssueTracker
from jira_session_export._export.work import TicketOutline
from jira_session_export._journal import Step, TicketState
from jira_session_export._mapping.link_types import LINKING_OFF, find_link_way
from jira_session_export._mapping.metadata import ProjectMetadata
from jira_session_export._models import Ticket
from jira_session_export._values import ManualFix, ManualFixKind, StepKind
from jira_session_export.errors import AuthenticationError, PermissionDeniedError, RefusedError

TO_ITSELF = "an issue cannot be linked to itself"


@dataclass(frozen=True, slots=True)
class WantedLink:
    """One issue link, as "`inward_key` blocks `outward_key`".

    Attributes:
        ticket_id: the ticket that asked for it, where it is recorded.
        target: what makes it unique for that ticket.
        type_name: None when it cannot be made.
        sentence: what it says, type and direction included: `DEMO-1 blocks DEMO-2`.
        why_not: why it cannot be made; empty when it can.
    """

    ticket_id: UUID
    target: str
    type_name: str | None
    inward_key: str
    outward_key: str
    sentence: str
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class LinkWish:
    """A link as a ticket asks for it.

    `other`: a ticket of the session or an issue's key. `from_other`: whether the link starts there.
    """

    type_name: str
    other: UUID | str
    from_other: bool = False


def wanted_links(
    tickets: Sequence[Ticket | TicketOutline],
    states: Mapping[UUID, TicketState],
    project: ProjectMetadata,
    depends_on_type: str,
) -> Iterator[WantedLink]:
    """The links still to make, in the tickets' order; those to tickets without an issue wait.

    A relation is one link, however many tickets say it: that one depends on the other, and that the other blocks the
    one. The first to say it has it recorded.
    """
    said: set[tuple[str, frozenset[str] | tuple[str, str]]] = set()
    for ticket in tickets:
        state = states[ticket.id]
        if state.issue is None:
            continue
        for wish in link_wishes(ticket, depends_on_type):
            other_key = _key(wish.other, states)
            if other_key is None:
                continue
            way = find_link_way(wish.type_name, project)
            source, outcome = (other_key, state.issue.key) if wish.from_other else (state.issue.key, other_key)
            inward, outward = (outcome, source) if way.turned else (source, outcome)
            name = way.type.name if way.type is not None else None
            relation = (name or wish.type_name, frozenset((inward, outward)) if way.symmetric else (inward, outward))
            if relation in said:
                continue
            said.add(relation)
            target = f"{wish.type_name} {'<' if wish.from_other else '>'} {other_key}"
            if state.lacks(StepKind.LINK, target):
                sentence = way.sentence(source, wish.type_name, outcome)
                why_not = way.why_not or (TO_ITSELF if inward == outward else "")
                yield WantedLink(ticket.id, target, None if why_not else name, inward, outward, sentence, why_not)


def link_wishes(ticket: Ticket | TicketOutline, depends_on_type: str) -> Iterator[LinkWish]:
    """The links a ticket asks for, its dependencies first."""
    for dependency in ticket.depends_on:
        yield LinkWish(depends_on_type, dependency, from_other=True)  # what is depended on blocks the ticket
    for link in ticket.links:
        yield LinkWish(link.type, link.to)


def count_links(tickets: Iterable[Ticket]) -> int:
    """How many links the tickets ask for."""
    return sum(len(ticket.depends_on) + len(ticket.links) for ticket in tickets)


def _key(other: UUID | str, states: Mapping[UUID, TicketState]) -> str | None:
    if isinstance(other, str):
        return other
    state = states.get(other)
    return state.issue.key if state and state.issue else None


async def make_link(tracker: IssueTracker, link: WantedLink) -> tuple[Step, str | None]:
    """Make the link in Jira, or say what to do about it.

    Returns:
        The step to record, with a manual fix where the link could not be made, and the trace id of Jira's answer.

    Raises:
        JiraError: Jira did not answer, or the account may not do it.
    """
    if link.type_name is None:
        return Step(StepKind.LINK, link.target, done=False, manual_fix=link_fix(link.sentence, link.why_not)), None
    try:
        made = await tracker.create_link(link.type_name, inward_key=link.inward_key, outward_key=link.outward_key)
    except (AuthenticationError, PermissionDeniedError):
        raise
    except RefusedError as exc:
        return Step(StepKind.LINK, link.target, done=False, manual_fix=link_fix(link.sentence, exc)), exc.trace_id
    return Step(StepKind.LINK, link.target, done=True), made.trace_id


def link_fix(sentence: str, why: str | RefusedError) -> ManualFix:
    """What to do about a link that could not be made.

    Args:
        sentence: what it would have said, `DEMO-1 blocks DEMO-2`.
    """
    reason = why.user_message if isinstance(why, RefusedError) else why
    by_hand = f"Make the link by hand: {sentence}."
    if why == TO_ITSELF:
        by_hand = "Link the issue that was meant by hand."
    return ManualFix(
        ManualFixKind.LINK_FAILED,
        field="links",
        asked_for=sentence,
        done_instead=f"not linked: {reason}",
        recommended_action=f"Have issue linking switched on. {by_hand}" if why == LINKING_OFF else by_hand,
    )
