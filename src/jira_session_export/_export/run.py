"""One session's run in one worker, under one lease: ticket after ticket, then the links, then the end."""

import logging
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
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
from jira_session_export._export.events import (
    EventSink,
    Phase,
    WaitReason,
)
from jira_session_export._export.fenced import FencedJournal
from jira_session_export._export.finishing import Finisher
from jira_session_export._export.held_up import FilePolicy, held_up
from jira_session_export._export.latest import LatestTickets
from jira_session_export._export.links import WantedLink, link_fix, wanted_links
from jira_session_export._export.pending import Preparer
from jira_session_export._export.ports import IssueTracker, encoder_of, patient
from jira_session_export._export.projects import ProjectReader
from jira_session_export._export.stopping import StopRequested
from jira_session_export._export.telling import Teller
from jira_session_export._export.verifying import Verifier
from jira_session_export._export.work import TicketOutline, content_of, outline, read_in_order
from jira_session_export._jira.dispatch import JiraWait
from jira_session_export._journal import (
    Lease,
    RunCancelled,
    RunCompleted,
    RunFailed,
    RunReleased,
    RunWaiting,
    Step,
    StepRecorded,
    TicketState,
    TicketStatus,
)
from jira_session_export._mapping.draft import IssueDraft
from jira_session_export._mapping.metadata import ProjectMetadata
from jira_session_export._models import Ticket
from jira_session_export._printable import one_line
from jira_session_export._runtime import Runtime, sleep_until
from jira_session_export._settings import ExportSettings
from jira_session_export._slices import aside
from jira_session_export._storage.protocols import SessionStore
from jira_session_export._values import Failure, ManualFix, StepKind, utc
from jira_session_export._wording import counted
from jira_session_export.errors import (
    AuthenticationError,
    InputError,
    JiraSessionExportError,
    LeaseLostError,
    PermissionDeniedError,
    RateLimitedError,
    RefusedError,
    StoreUnavailableError,
    TicketError,
    WorkerCrashedError,
)

logger = logging.getLogger("jira_session_export.run")

LOOK_SECONDS = 2.0
"""How often a long wait is interrupted to see whether the export was cancelled elsewhere."""
TOLD_SECONDS = 5.0
"""A wait that Jira asks for is told of when it takes this long."""
UNTOLD_LIMIT_SECONDS = 60.0
"""How long a session rests when Jira goes on refusing requests without saying for how long."""
RELEASE_SECONDS = 5.0
"""How long a run that is being cancelled may take to hand over."""


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
        self._retry_count = retry_count
        self._only_adopt = only_adopt
        patience = (settings.longest_wait_seconds, self._wait_for_jira)
        self._tracker = tracker = patient(tracker, *patience)
        self._store = store
        self._projects = projects.asking(patient(projects.jira, *patience))
        self._files = files
        self._file_policy = file_policy
        self._settings = settings
        self._converter = converter
        self._runtime = runtime

        self._started = runtime.monotonic()
        self._teller = Teller(lease.session_id, settings=settings, runtime=runtime, sink=sink)
        self._journal = FencedJournal(
            store,
            lease,
            lease_seconds=settings.lease_seconds,
            patience_seconds=settings.store_patience_seconds,
            runtime=runtime,
            waiting=partial(self._teller.waiting, WaitReason.DATABASE),
        )
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
            checkpoint=self._checkpoint,
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
            checkpoint=self._checkpoint,
        )
        self._verifier = Verifier(
            tracker, self._journal, settings=settings, runtime=runtime, checkpoint=self._checkpoint
        )
        self._stop = StopRequested(cancelled=True) if cancelled else None
        self._waits: set[anyio.CancelScope] = set()
        self._lease_lost_told = False
        self._current: Ticket | TicketOutline | None = None
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
                tasks.start_soon(self._heartbeat, tasks.cancel_scope)
                try:
                    await self._work_and_record()
                except StoreUnavailableError as exc:  # kept, or the task group would wrap it in an exception group
                    unrecorded = exc
                tasks.cancel_scope.cancel()
        except anyio.get_cancelled_exc_class():
            if not self._finisher.upload_cut_off:  # else the next worker, which looks for it, comes too early
                await self._release()
            raise
        if unrecorded is not None:
            raise unrecorded

    async def _release(self) -> None:
        """Hand over while being cancelled."""
        try:
            with anyio.move_on_after(RELEASE_SECONDS, shield=True):
                if self._creator.unsent:
                    await self._journal.append(*self._creator.unsent)
                await self._journal.end(RunReleased(self._runtime.now(), self._seconds()))
        except StoreUnavailableError as exc:
            logger.warning(
                "The run of session %s could not be handed over: %s",
                self._session_id,
                one_line(str(exc)),
                extra=self._log("not_released"),
            )

    @property
    def session_id(self) -> UUID:
        """The session it works through."""
        return self._session_id

    def cancel(self) -> None:
        """End as cancelled at the next step."""
        self._request_stop(cancelled=True)

    def stop(self) -> None:
        """Hand over at the next step."""
        self._request_stop(cancelled=False)

    def _request_stop(self, *, cancelled: bool) -> None:
        self._stop = self._stop or StopRequested(cancelled=cancelled)
        self._journal.hurried = True
        for scope in self._waits:
            scope.cancel()

    # -- the way of a run --------------------------------------------------------------------------------------------

    async def _work_and_record(self) -> None:
        try:
            await self._work()
        except StopRequested as stop:
            ending = RunCancelled if stop.cancelled else RunReleased
            if await self._journal.end(ending(self._runtime.now(), self._seconds())):
                self._teller.stopped(cancelled=stop.cancelled)
        except LeaseLostError:
            self._warn_lease_lost()
        except StoreUnavailableError as exc:
            # No ticket's fault, and nothing a person has to decide: the next worker goes on.
            logger.warning(
                "Session %s is handed over because the database stays away: %s",
                self._session_id,
                one_line(str(exc)),
                extra=self._log("handed_over"),
            )
            await self._journal.end(RunReleased(self._runtime.now(), self._seconds()))
        except TicketFileError as exc:
            await self._hand_on_or_fail(exc)
        except JiraSessionExportError as exc:
            await self._fail(exc)
        except Exception as exc:
            ticket = f" at ticket {self._current.order}" if self._current else ""
            logger.exception(
                "The export of session %s failed%s for a reason nobody foresaw",
                self._session_id,
                ticket,
                extra=self._log("run_failed"),
            )
            await self._fail(
                JiraSessionExportError(
                    f"The export stopped because of an internal error ({type(exc).__name__}).",
                    recovery_actions=["Look into the log for the cause, then retry the export."],
                ),
                unforeseen=True,
            )

    async def _hand_on_or_fail(self, exc: TicketFileError) -> None:
        """Leave the session to a worker that can read the file, until nobody has been found for long enough."""
        try:
            state = await self._journal.read(lambda: self._store.state(self._session_id))
        except StoreUnavailableError:
            await self._journal.end(RunReleased(self._runtime.now(), self._seconds()))
            return
        held = held_up(state.held_up, exc, self._file_policy, self._runtime.now())
        if held is None:
            await self._fail(exc)
            return
        logger.warning(
            "Session %s is left to another worker: %s",
            self._session_id,
            one_line(exc.user_message),
            extra=self._log("handed_on"),
        )
        if await self._journal.end(RunReleased(self._runtime.now(), self._seconds(), held)):
            self._teller.stopped(cancelled=False)

    async def _work(self) -> None:
        await self._checkpoint()
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
            await self._checkpoint()
            self._teller.progress(Phase.LINKING, position, len(links))
            await self._link(link)
        if not await self._journal.end(RunCompleted(self._runtime.now(), self._seconds())):
            raise LeaseLostError("Another worker has taken this export over, or it has ended.")
        self._teller.ended(await self._journal.read(lambda: self._store.state(self._session_id)))

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
            checkpoint=self._checkpoint,
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
        self._teller.links_wanted = sum(len(ticket.depends_on) + len(ticket.links) for ticket in tickets)
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
            await self._checkpoint()
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
        await self._checkpoint()
        await self._pause_before_create()
        await self._checkpoint()
        title = bulk[0].title
        last = position + len(bulk) - 1
        self._teller.progress(Phase.CREATING, position, self._teller.total, title, last)
        # The latest edits count, so tickets are read again right before they are converted, unless there are none.
        ids = [known.id for known in bulk]
        tickets, problem = await self._journal.read(lambda: self._latest.read(ids))
        known_contents = zip(tickets, bulk, strict=False)
        if not self._latest.were_kept and any(content_of(each) != known.content for each, known in known_contents):
            project = await self._read_project(tickets)

        async def wait(seconds: float) -> None:
            self._teller.progress(Phase.WAITING, position, self._teller.total, title, last)
            await self._wait(seconds)
            await self._checkpoint()

        async def pause() -> None:
            await self._pause_before_create()
            await self._checkpoint()
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
        if seconds > 0 and self._stop is None:
            self._teller.waiting(WaitReason.PAUSE, seconds)
        await self._wait(seconds)

    async def _read_project(self, tickets: Sequence[Ticket]) -> ProjectMetadata:
        """What an export of `tickets` needs to know; reading changes nothing, so a stop cuts it off wherever it is."""
        project: ProjectMetadata | None = None
        with self._until_stopped():
            project = await self._projects.read(self._project_key, tickets, conversion=self._converter.options)
        await self._checkpoint()
        assert project is not None  # noqa: S101 -- only a stop cuts it off, and that has just been raised
        return project

    @contextmanager
    def _until_stopped(self) -> Iterator[None]:
        """Cut off what is awaited in the block as soon as the run is to stop."""
        with anyio.CancelScope() as scope:
            if self._stop is not None or self._journal.lost:
                scope.cancel()
            self._waits.add(scope)
            try:
                yield
            finally:
                self._waits.discard(scope)

    async def _wait(self, seconds: float, ready: anyio.Event | None = None) -> None:
        """Sleep, but no longer than until the run is to stop, or `ready` is set."""
        until = self._runtime.monotonic() + seconds
        while self._stop is None and not self._journal.lost and (left := until - self._runtime.monotonic()) > 0:
            with self._until_stopped():
                await sleep_until(self._runtime, min(left, LOOK_SECONDS), ready)
            if ready is not None and ready.is_set():
                return
            if left > LOOK_SECONDS:
                await self._look()

    async def _look(self) -> None:
        """Find out in the middle of a long wait whether somebody has cancelled the export, maybe in another process."""
        try:
            await self._journal.renew()
        except StoreUnavailableError:
            return  # it is asked again soon
        if self._journal.cancel_requested:
            self._request_stop(cancelled=True)

    async def _wait_for_jira(self, wait: JiraWait) -> None:
        """Wait before the next request, as Jira or the back-off wants it; a stop ends it at once."""
        if wait.seconds >= TOLD_SECONDS and wait.code == RateLimitedError.code:
            until = self._runtime.now() + timedelta(seconds=wait.seconds)
            title = self._current.title if self._current else ""
            logger.info(
                "Session %s waits %.0f s, until %s, as Jira asked (%s) before %s%s",
                self._session_id,
                wait.seconds,
                utc(until),
                wait.reason or "no reason given",
                wait.operation,
                f": {title}" if title else "",
                extra=self._log("jira_wait", seconds=wait.seconds, operation=wait.operation, reason=wait.reason),
            )
            await self._journal.append(RunWaiting(self._runtime.now(), until, wait.operation, wait.reason))
            self._teller.waiting(WaitReason.RATE_LIMIT, wait.seconds, title=title, detail=wait.reason or "")
        await self._wait(wait.seconds, wait.ready)
        await self._checkpoint()
        if wait.seconds >= TOLD_SECONDS:
            self._teller.progress_again()

    async def _checkpoint(self) -> None:
        if self._journal.cancel_requested:
            self._request_stop(cancelled=True)
        if self._stop is not None:
            raise self._stop
        await self._journal.check_lease()

    # -- links -------------------------------------------------------------------------------------------------------

    async def _link(self, link: WantedLink) -> None:
        fix: ManualFix | None = None
        trace_id: str | None
        if link.type_name is None:
            trace_id, fix = None, link_fix(link.sentence, link.why_not)
        else:
            try:
                made = await self._tracker.create_link(
                    link.type_name, inward_key=link.inward_key, outward_key=link.outward_key
                )
                trace_id = made.trace_id
            except (AuthenticationError, PermissionDeniedError):
                raise
            except RefusedError as exc:
                trace_id, fix = exc.trace_id, link_fix(link.sentence, exc)
        step = Step(StepKind.LINK, link.target, done=fix is None, manual_fix=fix)
        await self._journal.append(StepRecorded(self._runtime.now(), link.ticket_id, step, trace_id))

    # -- the end -----------------------------------------------------------------------------------------------------

    async def _fail(self, exc: JiraSessionExportError, *, unforeseen: bool = False) -> None:
        ticket: Ticket | TicketOutline | TicketState | None = self._current
        message = f"Ticket {ticket.order} ({ticket.title}): {exc.user_message}" if ticket else exc.user_message
        if ticket is None and isinstance(exc, TicketError):  # it names its ticket, as no ticket is in work
            ticket = self._journal.states.get(exc.ticket_id)
        failure = Failure(
            exc.category,
            exc.code,
            message,
            tuple(exc.recovery_actions),
            getattr(exc, "trace_id", None),
            retry_not_before=self._retry_not_before(exc),
        )
        if not unforeseen:  # that has been logged, with its traceback
            logger.warning(
                "The export of session %s failed (%s): %s",
                self._session_id,
                exc.code,
                one_line(message),
                extra=self._log("run_failed", code=exc.code, trace_id=failure.trace_id),
            )
        ticket_id = ticket.ticket_id if isinstance(ticket, TicketState) else ticket.id if ticket else None
        order = ticket.order if ticket else None
        if await self._journal.end(RunFailed(self._runtime.now(), self._seconds(), failure, ticket_id, order)):
            self._teller.failed(
                order,
                failure,
                retry_available=failure.retry_not_before is not None or self._retry_count < self._settings.max_retries,
            )

    def _retry_not_before(self, exc: JiraSessionExportError) -> datetime | None:
        """When a retry makes sense; None when that depends on what a person does."""
        if not isinstance(exc, RateLimitedError):
            return None
        return exc.retry_not_before or self._runtime.now() + timedelta(seconds=UNTOLD_LIMIT_SECONDS)

    async def _heartbeat(self, scope: anyio.CancelScope) -> None:
        while True:
            await self._runtime.sleep(self._settings.lease_seconds / 3)
            try:
                await self._journal.renew()
                if self._journal.cancel_requested:
                    self._request_stop(cancelled=True)
            except StoreUnavailableError:
                continue  # the next write finds out; the lease may still be ours
            except LeaseLostError:
                if self._journal.ending:
                    return
                self._warn_lease_lost()
                for wait in self._waits:
                    wait.cancel()
                # A create that is under way is heard out: its issue is to be told of. Nothing else is begun.
                await self._runtime.sleep(2 * self._settings.request_timeout_seconds)
                scope.cancel()
                return

    def _warn_lease_lost(self) -> None:
        if not self._lease_lost_told:
            self._lease_lost_told = True
            self._teller.lease_lost()
        logger.warning("Another worker has taken the session over: %s", self._session_id, extra=self._log("lease_lost"))

    def _seconds(self) -> float:
        return self._runtime.monotonic() - self._started

    def _log(self, action: str, **facts: object) -> dict[str, object]:
        return {"action": action, "session_id": str(self._session_id), **facts}


def _outlines(tickets: Sequence[Ticket]) -> Sequence[TicketOutline]:
    return [outline(ticket) for ticket in tickets]


def _positions(tickets: Sequence[TicketOutline]) -> Mapping[UUID, int]:
    return {ticket.id: position for position, ticket in enumerate(tickets, 1)}
