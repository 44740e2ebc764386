"""The plan of an export as a whole: which tickets it would send, what stands against it, and what it comes to."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from jira_session_export._attachments.protocols import AttachmentOpener
from jira_session_export._attachments.reading import SessionFiles
from jira_session_export._export.adopting import EarlierIssues, key_order, preview_adoption
from jira_session_export._export.bulks import count_requests
from jira_session_export._export.content import read_session, read_states
from jira_session_export._export.conversion import Converter, may_hold_images
from jira_session_export._export.links import count_links
from jira_session_export._export.ordering import dependency_order
from jira_session_export._export.pace import estimated_minutes
from jira_session_export._export.planning import Planner
from jira_session_export._export.ports import ProjectSource
from jira_session_export._export.projects import ProjectReader
from jira_session_export._export.reports import planned_left_out, retry_available, retry_is_early
from jira_session_export._export.selecting import Selection, left_out_now, open_tickets, orphaned_by, select
from jira_session_export._invalid import checked_session
from jira_session_export._journal import SessionStatus, TicketState
from jira_session_export._mapping.metadata import ProjectMetadata
from jira_session_export._models import Session, Ticket
from jira_session_export._runtime import Runtime
from jira_session_export._settings import ExportSettings
from jira_session_export._slices import aside
from jira_session_export._storage.protocols import SessionStore
from jira_session_export._storage.records import may_have_issue
from jira_session_export._values import utc
from jira_session_export.api import ExportPlanResponse, PlannedIssue
from jira_session_export.errors import SessionNotFoundError


class ExportPlanner:
    """Plans exports without writing anything; see `ExportService.plan`.

    Args:
        store: where the sessions' tickets are.
        tracker: Jira, for the issues it has already of a session that this store has never exported.
        attachments: opens the files of tickets.
    """

    def __init__(
        self,
        store: SessionStore,
        tracker: ProjectSource,
        *,
        projects: ProjectReader,
        attachments: AttachmentOpener,
        settings: ExportSettings,
        converter: Converter,
        runtime: Runtime,
    ) -> None:
        self._store = store
        self._tracker = tracker
        self._projects = projects
        self._attachments = attachments
        self._settings = settings
        self._converter = converter
        self._runtime = runtime

    async def plan(
        self,
        session: Session | UUID,
        *,
        only: Collection[UUID] | None,
        skip: Collection[UUID],
        payloads: int | None,
    ) -> ExportPlanResponse:
        """Plan an export; see `ExportService.plan`."""
        session_id = session if isinstance(session, UUID) else session.id
        states, blocking, kept_out = await self._as_stored(session_id)
        if isinstance(session, Session):
            session = await aside(len(session.tickets), checked_session, session)
            states = await aside(len(session.tickets), _with_content, states, session)
        selection = await aside(len(states), select, states.values(), only=only, skip=skip, left_out=kept_out)
        if isinstance(session, UUID):
            session = await read_session(self._store, session, without=selection.absent)
        count = len(session.tickets)
        order = await aside(count, dependency_order, session.tickets, absent=selection.absent)
        tickets = await aside(count, open_tickets, order, states, selection)
        project = await self._projects.read(
            session.project_key, tickets, fresh=True, conversion=self._converter.options
        )
        orphaned = await aside(count, orphaned_by, selection, order, states, project, self._settings)
        selection = selection.without(orphaned)
        tickets = [ticket for ticket in tickets if ticket.id not in orphaned] if orphaned else tickets
        if not tickets and not blocking:
            which = "of this session" if only is None and not skip else "asked for"
            blocking = [f"Every ticket {which} has been exported already."]
        files = await aside(count, _may_have_files, tickets)
        around = await self._projects.surroundings(tickets, files=files)
        planner = await aside(
            count,
            Planner,
            session,
            project,
            states=states,
            around=around,
            files=SessionFiles(self._attachments, session.id),
            settings=self._settings,
            converter=self._converter,
            runtime=self._runtime,
        )
        planned = await planner.plan(tickets, payloads=payloads)
        earlier = await self._earlier(session, project, states)
        return await aside(
            count, self._planned, session, tickets, planned, states, selection, blocking=blocking, earlier=earlier
        )

    def _planned(
        self,
        session: Session,
        tickets: Sequence[Ticket],
        planned: Sequence[PlannedIssue],
        states: Mapping[UUID, TicketState],
        selection: Selection,
        *,
        blocking: Sequence[str],
        earlier: EarlierIssues,
    ) -> ExportPlanResponse:
        """The plan, with what it comes to. `planned`: of each of the tickets."""
        issues = [
            issue.model_copy(update={"adopts": key}) if (key := earlier.keys.get(issue.ticket_id)) else issue
            for issue in planned
        ]
        to_create = [
            ticket
            for ticket, issue in zip(tickets, issues, strict=True)
            if issue.adopts is None and issue.error_message is None
        ]
        requests = count_requests(to_create, states, self._settings.bulk_size)
        return ExportPlanResponse(
            session_id=session.id,
            project_key=session.project_key,
            total_tickets=len(issues),
            ready=not blocking and all(issue.error_message is None or issue.adopts for issue in issues),
            blocking_issues=list(blocking),
            manual_fixes_predicted=sum(len(issue.manual_fixes) for issue in issues),
            issues=issues,
            left_out=planned_left_out(states.values(), session, selection),
            issues_in_jira=sorted(earlier.found, key=key_order),
            adoption_note=earlier.note_for(tickets),
            create_requests=requests,
            estimated_duration_minutes=(
                estimated_minutes(len(to_create), requests, count_links(tickets), self._settings) if issues else 0
            ),
        )

    async def _earlier(
        self, session: Session, project: ProjectMetadata, states: Mapping[UUID, TicketState]
    ) -> EarlierIssues:
        if await aside(len(states), _was_exported, states):
            return EarlierIssues({}, {}, (), None)
        return await preview_adoption(
            self._tracker, project_key=project.project.key, session_id=session.id, settings=self._settings
        )

    async def _as_stored(self, session_id: UUID) -> tuple[dict[UUID, TicketState], list[str], frozenset[UUID]]:
        """Where the session's tickets are, why `start` would refuse the session, and which a retry leaves out.

        Nothing where it is not stored.
        """
        try:
            state = await self._store.state(session_id)
        except SessionNotFoundError:
            return {}, [], frozenset()
        states = await read_states(self._store, session_id)
        left_out = await aside(len(states), left_out_now, states.values())
        if state.status == SessionStatus.EXPORTING:
            return states, ["An export of this session is running."], left_out
        if state.status == SessionStatus.EXPORT_FAILED:
            again = (
                "retry it instead of starting another"
                if retry_available(state, self._settings)
                else "no retry is left, until an administrator releases the session"
            )
            if (moment := retry_is_early(state, self._runtime.now())) is not None:
                again += f", at {utc(moment)} or later, as Jira asked"
            return states, [f"The last export of this session failed; {again}."], left_out
        return states, [], frozenset()


def _with_content(states: Mapping[UUID, TicketState], session: Session) -> dict[UUID, TicketState]:
    """The states of a session's tickets as they are once it is stored."""
    known = {
        ticket.id: replace(
            states.get(ticket.id) or TicketState(ticket.id, ticket.order, ticket.title),
            order=ticket.order,
            title=ticket.title,
            removed=False,
        )
        for ticket in session.tickets
    }
    gone = {key: replace(state, removed=True) for key, state in states.items() if key not in known}
    return known | {key: state for key, state in gone.items() if may_have_issue(state)}


def _was_exported(states: Mapping[UUID, TicketState]) -> bool:
    return any(state.attempt or state.issue is not None for state in states.values())


def _may_have_files(tickets: Sequence[Ticket]) -> bool:
    return any(ticket.attachments or may_hold_images(ticket) for ticket in tickets)
