"""One session's run in one worker, under one lease: ticket after ticket, then the links, then the end."""

from collections import deque
from collections.abc import Mapping, Sequence
from functools import partial
from uuid import UUID

import anyio

from jira_session_export._adf import Conversion
from jira_session_export._attachments.reading import SessionFiles
from jira_session_export._export.adopting import Adopter
from jira_session_export._export.attaching import TicketFileError, check_files
from jira_session_export._export.bulks import next_bulk
from jira_session_export._export.content import read_ticket
from jira_session_export._export.conversion import Converter
from jira_session_export._export.creating import Creator
from jira_session_export._export.ending import Ending
from jira_session_export._export.events import (
    EventSink,
    Phase,
    WaitReason,
)
from jira_session_export._export.fenced import FencedJournal
from jira_session_export._export.finishing import Finisher
from jira_session_export._export.heartbeat import Heartbeat
from jira_session_export._export.held_up import FilePolicy
from jira_session_export._export.jira_waits import JiraWaits
from jira_session_export._export.latest import LatestTickets
from jira_session_export._export.links import count_links, make_link, wanted_links
from jira_session_export._export.pending import Preparer
from jira_session_export._export.ports import IssueTracker, encoder_of, patient
from jira_session_export._export.projects import ProjectReader
from jira_session_export._export.stopping import StopRequested, StopSwitch
from jira_session_export._export.telling import Teller
from jira_session_export._export.verifying import Verifier
from jira_session_export._export.work import TicketOutline, content_of, outline, read_in_order
from jira_session_export._journal import (
    Lease,
    StepRecorded,
    TicketStatus,
)
from jira_session_export._mapping.draft import IssueDraft
from jira_session_export._mapping.metadata import ProjectMetadata
from jira_session_export._models import Ticket
from jira_session_export._runtime import Runtime
from jira_session_export._settings import ExportSettings
from jira_session_export._slices import aside
from jira_session_export._storage.protocols import SessionStore
from jira_session_export._values import StepKind
from jira_session_export._wording import counted
from jira_session_export.errors import (
    InputError,
    JiraSessionExportError,
    LeaseLostError,
    StoreUnavailableError,
    WorkerCrashedError,
)


class Run:
    """Works through one session. Whatever stops it, the store says how far it came.

    Args:
        only_adopt: take over what Jira has of the session, then end as cancelled.
        files: reads the session's files.
        file_policy: what to do when one cannot be read.
    """

    def __init__(
        self,
        lease: Lease,
        project_key: str,
        *,
        crashes: int,
        retry_count: int,
        cancelled: bool,
        only_adopt: bool = False,
        tracker: IssueTracker,
        store: SessionStore,
        projects: ProjectReader,
        files: SessionFiles,
        file_policy: FilePolicy,
        settings: ExportSettings,
        converter: Converter,
        runtime: Runtime,
        sink: EventSink,
    ) -> None:
        self._session_id = lease.session_id
        self._project_key = project_key
        self._crashes = crashes
        self._only_adopt = only_adopt
        self._store = store
        self._files = files
        self._file_policy = file_policy
        self._settings = settings
        self._converter = converter
        self._runtime = runtime

        self._current: Ticket | TicketOutline | None = None
        self._teller = Teller(lease.session_id, settings=settings, runtime=runtime, sink=sink)
        self._journal = FencedJournal(
            store,
            lease,
            lease_seconds=settings.lease_seconds,
            patience_seconds=settings.store_patience_seconds,
            runtime=runtime,
            waiting=partial(self._teller.waiting, WaitReason.DATABASE),
        )
        self._stop = StopSwitch(self._journal, runtime=runtime, cancelled=cancelled)
        self._ending = Ending(
            self._journal,
            self._teller,
            session_id=lease.session_id,
            retry_count=retry_count,
            store=store,
            file_policy=file_policy,
            settings=settings,
            runtime=runtime,
        )
        self._heartbeat = Heartbeat(
            self._journal, self._stop, settings=settings, runtime=runtime, lost=self._ending.lose_lease
        )
        waits = JiraWaits(
            self._journal,
            self._stop,
            self._teller,
            session_id=lease.session_id,
            runtime=runtime,
            title=lambda: self._current.title if self._current else "",
        )
        self._tracker = tracker = patient(tracker, settings.longest_wait_seconds, waits.wait)
        self._projects = projects.asking(patient(projects.jira, settings.longest_wait_seconds, waits.wait))
        self._preparer = Preparer(
            self._journal,
            session_id=lease.session_id,
            settings=settings,
            converter=converter,
            convert=self._convert,
            encoder=encoder_of(tracker),
        )
        self._creator = Creator(
            tracker,
            self._journal,
            session_id=lease.session_id,
            settings=settings,
            preparer=self._preparer,
            runtime=runtime,
            checkpoint=self._stop.checkpoint,
            wait_for_jira=waits.wait,
            orphaned=self._teller.orphaned,
            made=self._made,
        )
        self._finisher = Finisher(
            tracker,
            self._journal,
            files=files,
            file_policy=file_policy,
            settings=settings,
            converter=converter,
            runtime=runtime,
            checkpoint=self._stop.checkpoint,
        )
        self._verifier = Verifier(
            tracker, self._journal, settings=settings, runtime=runtime, checkpoint=self._stop.checkpoint
        )
        self._adoptions: set[UUID] = set()
        self._latest = LatestTickets(store, lease.session_id)

    # -- from outside ------------------------------------------------------------------------------------------------

    async def work(self) -> None:
        """Run until the end, and record it.

        Raises:
            StoreUnavailableError: the end could not be recorded; the session is resumed once the lease has run out.
        """
        unrecorded: StoreUnavailableError | None = None
        try:
            async with anyio.create_task_group() as tasks:
                tasks.start_soon(self._heartbeat.beat, tasks.cancel_scope)
                try:
                    await self._work_and_record()
                except StoreUnavailableError as exc:  # kept, or the task group would wrap it in an exception group
                    unrecorded = exc
                tasks.cancel_scope.cancel()
        except anyio.get_cancelled_exc_class():
            if not self._finisher.upload_cut_off:  # else the next worker, which looks for it, comes too early
                await self._ending.hand_over(self._creator.unsent)
            raise
        if unrecorded is not None:
            raise unrecorded

    @property
    def session_id(self) -> UUID:
        """The session it works through."""
        return self._session_id

    def cancel(self) -> None:
        """End as cancelled at the next step."""
        self._stop.request(cancelled=True)

    def stop(self) -> None:
        """Hand over at the next step."""
        self._stop.request(cancelled=False)

    # -- the way of a run --------------------------------------------------------------------------------------------

    async def _work_and_record(self) -> None:
        try:
            await self._work()
        except StopRequested as stop:
            await self._ending.stop(cancelled=stop.cancelled)
        except LeaseLostError:
            self._ending.lose_lease()
        except StoreUnavailableError as exc:
            await self._ending.hand_over_without_store(exc)
        except TicketFileError as exc:
            await self._ending.hand_on_or_fail(exc, self._current)
        except JiraSessionExportError as exc:
            await self._ending.fail(exc, self._current)
        except Exception as exc:  # noqa: BLE001 -- logged with its traceback, and recorded
            await self._ending.fail_unforeseen(exc, self._current)

    async def _work(self) -> None:
        await self._stop.checkpoint()
        if self._crashes >= self._settings.max_crashes:
            raise WorkerCrashedError(
                f"The worker of this session died {counted(self._crashes, 'time')} without getting further.",
                session_id=self._session_id,
            )
        await self._journal.load()
        tickets, project = await self._read_work()
        if self._only_adopt:
            raise StopRequested(cancelled=True)
        in_bulks = self._settings.bulk_size > 1
        positions = {} if in_bulks else await aside(len(tickets), _positions, tickets)
        waiting = deque(tickets)
        while waiting:
            bulk = next_bulk(waiting, self._journal.states, self._settings.bulk_size)
            self._current = bulk[0]
            if self._journal.states[bulk[0].id].issue is not None:
                await self._finish_earlier(bulk[0], project)
            else:
                # A bulk may leave tickets for a later one: by the place of its first ticket, progress would go back.
                position = self._teller.completed + 1 if in_bulks else positions[bulk[0].id]
                await self._create(position, bulk, project)
        self._current = None
        await self._verifier.verify()
        wanted = wanted_links(tickets, self._journal.states, project, self._settings.link_type)
        links = await aside(len(tickets), list, wanted)
        for position, link in enumerate(links, 1):
            await self._stop.checkpoint()
            self._teller.progress(Phase.LINKING, position, len(links))
            step, trace_id = await make_link(self._tracker, link)
            await self._journal.append(StepRecorded(self._runtime.now(), link.ticket_id, step, trace_id))
        await self._ending.complete()

    async def _read_work(self) -> tuple[Sequence[TicketOutline], ProjectMetadata]:
        """The tickets of this run, in the order of their creates, once everything Jira has of them is taken over.

        What they say is given up when this returns, but for the first of them.
        """
        states = self._journal.states
        version = await self._journal.read(self._latest.version)
        order = await self._journal.read(lambda: read_in_order(self._store, self._session_id, states))
        tickets = await aside(len(order), self._to_export, order)
        project = await self._read_project(tickets)
        adopter = Adopter(
            self._tracker,
            self._journal,
            session_id=self._session_id,
            project_key=project.project.key,
            settings=self._settings,
            runtime=self._runtime,
            converter=self._converter,
            checkpoint=self._stop.checkpoint,
            adopted=partial(self._tell_exported, adopted=True, earlier_state=True),
        )
        await adopter.adopt(order, project)
        tickets = await self._with_found(order, tickets, project)
        self._latest.keep((ticket for ticket in tickets if states[ticket.id].issue is None), version)
        return await aside(len(tickets), _outlines, tickets), project

    def _to_export(self, order: Sequence[Ticket]) -> list[Ticket]:
        """The tickets that are not left out, once they are counted."""
        states = self._journal.states
        tickets = [ticket for ticket in order if states[ticket.id].status is not TicketStatus.SKIPPED]
        self._teller.total = len(tickets)
        self._teller.completed = sum(states[ticket.id].issue is not None for ticket in tickets)
        self._teller.links_wanted = count_links(tickets)
        return tickets

    async def _with_found(
        self, order: Sequence[Ticket], tickets: list[Ticket], project: ProjectMetadata
    ) -> list[Ticket]:
        """The tickets of this run, with those left out whose issue exists although its record got lost.

        Their creates were announced before they were left out. An issue that is not found now is looked for again
        before the ticket is created.
        """
        states = self._journal.states
        unknown = [state for state in states.values() if state.status is TicketStatus.SKIPPED and state.intent_at]
        for state in unknown:
            await self._stop.checkpoint()
            await self._creator.look_for(state, project)
        found = {state.ticket_id for state in unknown if states[state.ticket_id].issue is not None}
        if not found:
            return tickets
        here = {ticket.id for ticket in tickets}
        tickets = [ticket for ticket in order if ticket.id in here or ticket.id in found]
        self._teller.total = len(tickets)
        self._teller.completed += len(found)
        return tickets

    def _tell_exported(self, ticket: Ticket, *, adopted: bool, earlier_state: bool = False) -> None:
        state = self._journal.states[ticket.id]
        self._teller.exported(state, ticket.title, adopted=adopted, earlier_state=earlier_state)

    async def _create(self, position: int, bulk: Sequence[TicketOutline], project: ProjectMetadata) -> None:
        """Create the issues of tickets with one request, and finish them one after the other.

        Args:
            position: the place of the first of them in the session.
        """
        await self._stop.checkpoint()
        await self._pause_before_create()
        await self._stop.checkpoint()
        title = bulk[0].title
        last = position + len(bulk) - 1
        self._teller.progress(Phase.CREATING, position, self._teller.total, title, last)
        # The latest edits count, so tickets are read again right before they are converted, unless there are none.
        ids = [known.id for known in bulk]
        latest = await self._journal.read(lambda: self._latest.read(ids))
        tickets, problem = latest.tickets, latest.problem
        known_contents = zip(tickets, bulk, strict=False)
        if not latest.as_at_start and any(content_of(each) != known.content for each, known in known_contents):
            project = await self._read_project(tickets)

        async def wait(seconds: float) -> None:
            self._teller.progress(Phase.WAITING, position, self._teller.total, title, last)
            await self._stop.sleep(seconds)
            await self._stop.checkpoint()

        async def pause() -> None:
            await self._pause_before_create()
            await self._stop.checkpoint()
            self._teller.progress_again()

        self._adoptions.clear()
        if tickets:
            try:
                refused = await self._creator.create(tickets, project, wait=wait, pause=pause)
            except JiraSessionExportError:
                self._current = self._creator.failed
                raise
            problem = refused or problem
        for ticket in tickets:
            if self._journal.states[ticket.id].issue is None:
                break
            adopted = ticket.id in self._adoptions
            if adopted or ticket.id in self._creator.sent:
                self._current = ticket
                await self._finish(ticket, project, look_first=adopted)
        if problem is not None:
            failed = (known for known in bulk if self._journal.states[known.id].issue is None)
            self._current = next(failed, bulk[-1])
            raise problem

    async def _convert(self, ticket: Ticket) -> Conversion:
        """Convert the description of a ticket that is to be created.

        Raises:
            InputError: it is too long, or a file cannot be read that the ticket needs.
        """
        conversion = await self._converter.ticket_aside(ticket)
        if self._file_policy.requires:
            await check_files(ticket, self._files, machine=self._file_policy.machine)
        return conversion

    def _made(self, ticket: Ticket, adopted: bool) -> None:
        if adopted:
            self._adoptions.add(ticket.id)
        self._tell_exported(ticket, adopted=adopted)

    async def _finish_earlier(self, known: TicketOutline, project: ProjectMetadata) -> None:
        """Do what an earlier run has left to do for a ticket."""
        if known.may_have_files or self._journal.states[known.id].follow_ups or self._settings.verify_after_create:
            ticket = await self._journal.read(lambda: read_ticket(self._store, self._session_id, known.id))
            if self._file_policy.requires:
                self._current = ticket
                steps = self._journal.states[known.id].steps
                attached = {step.target for step in steps if step.kind is StepKind.ATTACHMENT}
                await check_files(ticket, self._files, machine=self._file_policy.machine, attached=attached)
            await self._finish(ticket, project, look_first=True)

    async def _finish(self, ticket: Ticket, project: ProjectMetadata, *, look_first: bool) -> None:
        """Do what is left to do for a ticket whose issue is recorded."""
        issue = self._journal.states[ticket.id].issue
        assert issue is not None  # noqa: S101 -- see above
        sent = self._creator.sent.get(ticket.id)  # None when an earlier run has created the issue
        conversion = None if sent is None else sent.conversion
        await self._finisher.finish(ticket, issue, conversion, project, look_first=look_first)
        await self._verifier.expect(
            ticket, lambda: self._rebuilt(ticket, project) if sent is None else sent.draft, rebuilt=sent is None
        )

    def _rebuilt(self, ticket: Ticket, project: ProjectMetadata) -> IssueDraft | None:
        """What would be sent today for a ticket whose issue an earlier run made; None when nothing could be."""
        try:
            return self._preparer.draft(ticket, self._converter.ticket(ticket), project)
        except InputError:
            return None

    async def _pause_before_create(self) -> None:
        if self._creator.last_ended is None:
            return
        seconds = self._creator.last_ended + self._settings.pause_seconds - self._runtime.monotonic()
        if seconds > 0 and not self._stop.requested:
            self._teller.waiting(WaitReason.PAUSE, seconds)
        await self._stop.sleep(seconds)

    async def _read_project(self, tickets: Sequence[Ticket]) -> ProjectMetadata:
        """What an export of `tickets` needs to know; reading changes nothing, so a stop cuts it off wherever it is."""
        project: ProjectMetadata | None = None
        with self._stop.until_stopped():
            project = await self._projects.read(self._project_key, tickets, conversion=self._converter.options)
        await self._stop.checkpoint()
        assert project is not None  # noqa: S101 -- only a stop cuts it off, and that has just been raised
        return project


def _outlines(tickets: Sequence[Ticket]) -> Sequence[TicketOutline]:
    return [outline(ticket) for ticket in tickets]


def _positions(tickets: Sequence[TicketOutline]) -> Mapping[UUID, int]:
    return {ticket.id: position for position, ticket in enumerate(tickets, 1)}
