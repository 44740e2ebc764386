"""Which tickets of a session a run exports, and which are left out."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from jira_session_export._journal import TicketState, TicketStatus
from jira_session_export._mapping.metadata import ProjectMetadata, find_issue_type
from jira_session_export._models import Ticket
from jira_session_export._settings import ExportSettings
from jira_session_export.errors import InputError, NoTicketsError


@dataclass(frozen=True, slots=True)
class Selection:
    """Which tickets a run exports. An issue that exists is kept, whatever is selected.

    Attributes:
        only: these alone; None: all.
        skip: none of these.
        absent: tickets without an issue that are not exported; their rows need not be valid.
    """

    only: frozenset[UUID] | None
    skip: frozenset[UUID]
    absent: frozenset[UUID]

    def takes(self, ticket_id: UUID) -> bool:
        """Return whether the run exports this ticket."""
        return ticket_id not in self.skip and (self.only is None or ticket_id in self.only)

    def without(self, ticket_ids: Collection[UUID]) -> "Selection":
        """Return the selection with these left out as well."""
        more = frozenset(ticket_ids)
        return Selection(self.only, self.skip | more, self.absent | more)


def select(
    states: Collection[TicketState],
    *,
    only: Collection[UUID] | None = None,
    skip: Collection[UUID] = (),
    left_out: Collection[UUID] = (),
) -> Selection:
    """Return what to export of a session.

    Args:
        states: where its tickets are.
        only: export these alone; None: all.
        skip: leave these out.
        left_out: those that earlier runs left out, and that stay left out unless `only` names them.

    Raises:
        NoTicketsError: nothing is chosen.
        InputError: the session does not have such a ticket.
    """
    if not states:
        raise NoTicketsError("The session has no tickets.")
    known = {state.ticket_id for state in states}
    unknown = [str(ticket_id) for ticket_id in (*(only or ()), *skip) if ticket_id not in known]
    if unknown:
        raise InputError(f"Not in this session: {', '.join(unknown)}.")
    if only is not None and not only:
        raise NoTicketsError("No tickets were chosen.")
    # What the session's present content lacks is exported only where that is done already.
    gone = {state.ticket_id for state in states if state.removed and state.issue is None}
    dropped = frozenset(skip) | gone | (frozenset(left_out) if only is None else frozenset())
    chosen = None if only is None else frozenset(only)
    selection = Selection(chosen, dropped, frozenset())
    absent = {state.ticket_id for state in states if state.issue is None and not selection.takes(state.ticket_id)}
    if all(not selection.takes(ticket_id) for ticket_id in known):
        raise NoTicketsError("Every ticket of the session is left out.", recovery_actions=["Leave out fewer tickets."])
    # A ticket that is skipped by name need not be valid either when its issue exists.
    return Selection(chosen, dropped, frozenset(absent) | frozenset(skip))


def left_out_now(states: Collection[TicketState]) -> frozenset[UUID]:
    """Return the tickets that the last start left out."""
    return frozenset(state.ticket_id for state in states if state.status is TicketStatus.SKIPPED)


def select_again(
    states: Mapping[UUID, TicketState], *, only: Collection[UUID] | None, skip: Collection[UUID]
) -> Selection:
    """What a retry exports: what was left out before stays so, unless `only` names it."""
    return select(states.values(), only=only, skip=skip, left_out=left_out_now(states.values()))


def open_tickets(
    tickets: Sequence[Ticket], states: Mapping[UUID, TicketState], selection: Selection
) -> Sequence[Ticket]:
    """The tickets that are selected and have no issue, in their order."""
    return [
        ticket
        for ticket in tickets
        if selection.takes(ticket.id) and ((known := states.get(ticket.id)) is None or known.issue is None)
    ]


def orphaned_by(
    selection: Selection,
    tickets: Sequence[Ticket],
    states: Mapping[UUID, TicketState],
    project: ProjectMetadata,
    settings: ExportSettings,
) -> frozenset[UUID]:
    """Return the tickets that cannot be created because their parent is left out: sub-tasks, above all.

    An issue that only wants a parent is created without it, with a manual fix.

    Args:
        tickets: of the session, parents before their children.
    """
    orphaned: set[UUID] = set()
    for ticket in tickets:
        parent = ticket.parent
        if not isinstance(parent, UUID) or not selection.takes(ticket.id) or _has_issue(states, ticket.id):
            continue
        is_missing = (parent in orphaned or not selection.takes(parent)) and not _has_issue(states, parent)
        if is_missing and _needs_parent(ticket, project, settings):
            orphaned.add(ticket.id)
    return frozenset(orphaned)


def _has_issue(states: Mapping[UUID, TicketState], ticket_id: UUID) -> bool:
    state = states.get(ticket_id)
    return state is not None and state.issue is not None


def _needs_parent(ticket: Ticket, project: ProjectMetadata, settings: ExportSettings) -> bool:
    issue_type = find_issue_type(project.issue_types, ticket.issue_type or settings.default_issue_type)
    if issue_type is None:
        return False  # it cannot be created at all, which another message says
    screen = project.screen(issue_type.id)
    return issue_type.subtask or (screen is not None and "parent" in screen.required)
