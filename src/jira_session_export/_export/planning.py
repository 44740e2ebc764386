"""What an export would send, without sending it, and what of it Jira would refuse as far as that can be known."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from jira_session_export._attachments.reading import SessionFiles
from jira_session_export._export.attaching import upload_problem
from jira_session_export._export.conversion import Converter
from jira_session_export._export.finishing import attachment_fix
from jira_session_export._export.links import link_fix, wanted_links
from jira_session_export._export.reports import describe
from jira_session_export._export.surroundings import Surroundings
from jira_session_export._export.uploads import Upload, uploads
from jira_session_export._fingerprint import fingerprint
from jira_session_export._jira.wire import IssueType
from jira_session_export._journal import TicketState
from jira_session_export._mapping.building import build_draft
from jira_session_export._mapping.metadata import ProjectMetadata, find_issue_type
from jira_session_export._mapping.wording import left_out
from jira_session_export._models import Session, Ticket
from jira_session_export._runtime import Runtime
from jira_session_export._settings import ExportSettings
from jira_session_export._slices import SharedLoop, aside, in_slices
from jira_session_export._values import CreatedIssue, ManualFix, ManualFixKind, Marker
from jira_session_export._wording import sentence
from jira_session_export.api import PlannedIssue
from jira_session_export.errors import InputError

IN_A_SLICE = 50
"""What takes some microseconds each is done so often before others have their turn."""


class Planner:
    """Plans the tickets of one session.

    Args:
        states: where the session's tickets are; empty before its first export.
        around: what its tickets refer to.
        files: reads its tickets' files.
    """

    def __init__(
        self,
        session: Session,
        project: ProjectMetadata,
        *,
        states: Mapping[UUID, TicketState],
        around: Surroundings,
        files: SessionFiles,
        settings: ExportSettings,
        converter: Converter,
        runtime: Runtime,
    ) -> None:
        self._session = session
        self._project = project
        self._states = states
        self._around = around
        self._files = files
        self._settings = settings
        self._converter = converter
        self._loop = SharedLoop(runtime)
        self._tickets = {ticket.id: ticket for ticket in session.tickets}
        self._planned: set[UUID] = set()

    async def plan(self, tickets: Sequence[Ticket], *, payloads: int | None = None) -> list[PlannedIssue]:
        """What would be sent for the tickets, in their order, and what it would leave for a person.

        Args:
            payloads: how many of the issues keep theirs; None: all.
        """
        self._planned = await aside(len(tickets), _ids, tickets)
        planned: list[PlannedIssue] = []
        for ticket in tickets:
            issue = await self._issue(ticket)
            light = payloads is not None and len(planned) >= payloads
            planned.append(issue.model_copy(update={"payload": None}) if light else issue)
            await self._loop.others_turn()
        cannot_be_sent = {issue.ticket_id for issue in planned if issue.error_message is not None}
        fixes = await self._link_fixes(cannot_be_sent)
        with_fixes = (
            issue.model_copy(update={"manual_fixes": [*issue.manual_fixes, *fixes[issue.ticket_id]]})
            if issue.ticket_id in fixes
            else issue
            for issue in planned
        )
        return await in_slices(with_fixes, size=IN_A_SLICE)

    async def _issue(self, ticket: Ticket) -> PlannedIssue:
        marker = Marker(str(self._session.id), str(ticket.id), 1, fingerprint(ticket))
        parent_problem = self._parent_problem(ticket)
        key = self._key(ticket.parent) if ticket.parent is not None else ""
        try:
            conversion = await self._converter.ticket_aside(ticket)
            draft = build_draft(
                ticket,
                conversion,
                self._project,
                settings=self._settings,
                marker=marker,
                # A parent that is a ticket will have an issue by then; here the ticket's id stands for its key.
                parent_key=None if ticket.parent is None or self._is_left_out(ticket.parent) else key,
                parent_name=self._name(ticket.parent),
                rich_text=self._converter.text,
            )
        except InputError as exc:
            return self._not_sent(ticket, exc.user_message)
        if parent_problem and "parent" in draft.required:
            return self._not_sent(ticket, sentence(f"Jira would not accept the parent: {parent_problem}"))
        embed_images = self._settings.embed_images
        files = uploads(ticket, conversion, draft.follow_ups, lambda _: "", embed_images=embed_images)
        fixes = list(draft.manual_fixes)
        if parent_problem and not any(fix.field == "parent" for fix in fixes):
            fixes.append(
                left_out(ManualFixKind.FIELD_VALUE_REJECTED, "parent", self._name(ticket.parent), parent_problem)
            )
        return PlannedIssue(
            ticket_id=ticket.id,
            order=ticket.order,
            title=ticket.title,
            payload=draft.payload(marker),
            manual_fixes=[describe(fix) for fix in (*fixes, *await self._file_fixes(files))],
            losses=[f"{loss.kind}: {loss.excerpt}" for loss in conversion.losses],
            attachments=[file.target for file in files],
        )

    def _not_sent(self, ticket: Ticket, why: str) -> PlannedIssue:
        return PlannedIssue(ticket_id=ticket.id, order=ticket.order, title=ticket.title, error_message=why)

    # -- parents -----------------------------------------------------------------------------------------------------

    def _parent_problem(self, ticket: Ticket) -> str:
        """Why Jira would refuse the parent; empty where nothing is known against it."""
        if ticket.parent is None or self._is_left_out(ticket.parent):
            return ""
        child = self._issue_type(ticket)
        if isinstance(ticket.parent, UUID):
            parent_ticket = self._tickets.get(ticket.parent)
            parent = self._issue_type(parent_ticket) if parent_ticket is not None else None
            return self._level_problem(child, parent, self._name(ticket.parent))
        found = self._around.issues.get(ticket.parent)
        if found is None:
            return _not_shown(ticket.parent) if ticket.parent in self._around.issues else ""
        shown = found.fields.get("issuetype")
        parent = IssueType.model_validate(shown) if isinstance(shown, Mapping) else None
        if child is not None and child.subtask and not found.key.startswith(f"{self._project.project.key}-"):
            return f"{found.key} belongs to another project, and a sub-task stays in its parent's"
        return self._level_problem(child, parent, found.key)

    def _is_left_out(self, other: UUID | str) -> bool:
        """Whether it is a ticket that will have no issue after the export."""
        return isinstance(other, UUID) and other not in self._planned and self._key(other) == str(other)

    def _issue_type(self, ticket: Ticket) -> IssueType | None:
        wanted = ticket.issue_type or self._settings.default_issue_type
        return find_issue_type(self._project.issue_types, wanted)

    @staticmethod
    def _level_problem(child: IssueType | None, parent: IssueType | None, name: str) -> str:
        """A parent stands one level above: an epic above a story, a story above a sub-task."""
        if child is None or parent is None or parent.hierarchy_level == child.hierarchy_level + 1:
            return ""
        return f"{name} is of the type {parent.name}, which is no parent for {child.name}"

    # -- links -------------------------------------------------------------------------------------------------------

    async def _link_fixes(self, cannot_be_sent: set[UUID]) -> Mapping[UUID, list[str]]:
        tickets = self._session.tickets
        after = await aside(len(tickets), self._states_after, cannot_be_sent)
        fixes: dict[UUID, list[str]] = {}
        wanted = wanted_links(tickets, after, self._project, self._settings.link_type)
        for link in await aside(len(tickets), list, wanted):
            unseen = [key for key in (link.inward_key, link.outward_key) if self._around.issues.get(key, key) is None]
            if link.why_not or unseen:
                fix = link_fix(link.sentence, link.why_not or _not_shown(unseen[0]))
                fixes.setdefault(link.ticket_id, []).append(describe(fix))
        return fixes

    def _states_after(self, cannot_be_sent: set[UUID]) -> Mapping[UUID, TicketState]:
        """Where the session's tickets are once all has been sent; names stand for keys that do not exist yet."""
        after: dict[UUID, TicketState] = {}
        for ticket in self._session.tickets:
            state = self._states.get(ticket.id) or TicketState(ticket.id, ticket.order, ticket.title)
            is_new = ticket.id in self._planned and ticket.id not in cannot_be_sent and state.issue is None
            after[ticket.id] = _with_issue(state, self._name(ticket.id)) if is_new else state
        return after

    def _key(self, other: UUID | str) -> str:
        issue = self._states[other].issue if isinstance(other, UUID) and other in self._states else None
        return issue.key if issue is not None else str(other)

    def _name(self, other: UUID | str | None) -> str:
        """What people call an issue: its key, or which ticket it will come from."""
        if isinstance(other, UUID) and (key := self._key(other)) != str(other):
            return key
        ticket = self._tickets.get(other) if isinstance(other, UUID) else None
        return f"ticket {ticket.order} ({ticket.title})" if ticket is not None else str(other)

    # -- files -------------------------------------------------------------------------------------------------------

    async def _file_fixes(self, files: Sequence[Upload]) -> list[ManualFix]:
        if (attaching := self._around.attaching) is None:
            return []
        return [
            attachment_fix(file, problem)
            for file in files
            if (problem := await upload_problem(file.content, self._files, attaching))
        ]


def _ids(tickets: Sequence[Ticket]) -> set[UUID]:
    return {ticket.id for ticket in tickets}


def _with_issue(state: TicketState, key: str) -> TicketState:
    return TicketState(state.ticket_id, state.order, state.title, issue=CreatedIssue("", key, ""), steps=state.steps)


def _not_shown(key: str) -> str:
    return f"Jira has no issue {key}, or hides it from the exporting account"
