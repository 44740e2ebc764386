"""What a host's endpoints call: framework-free, answering with the classes of `jira_session_export.api`."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from jira_session_export._adf import Conversion, ConversionOptions
from jira_session_export._arguments import RUNNER, STORE, TRACKER, require
from jira_session_export._attachments.files import LocalFiles
from jira_session_export._attachments.protocols import AttachmentOpener
from jira_session_export._export.admission import Admission
from jira_session_export._export.bulks import count_requests
from jira_session_export._export.comparisons import Comparisons, read_changes
from jira_session_export._export.content import read_session, read_states
from jira_session_export._export.conversion import Converter
from jira_session_export._export.exporter import Exporter
from jira_session_export._export.links import count_links
from jira_session_export._export.ordering import dependency_order
from jira_session_export._export.pace import estimated_minutes
from jira_session_export._export.plans import ExportPlanner
from jira_session_export._export.ports import ExportRunner, ProjectSource
from jira_session_export._export.projects import ProjectReader
from jira_session_export._export.releasing import release
from jira_session_export._export.reports import (
    progress_percentage,
    read_results,
    status_of,
    validation_response,
)
from jira_session_export._export.runners import InProcessRunner
from jira_session_export._export.selecting import (
    Selection,
    open_tickets,
    orphaned_by,
    select,
    select_again,
)
from jira_session_export._export.starting import About, Starter, Taking
from jira_session_export._export.trial import Trial
from jira_session_export._jira import JiraClient
from jira_session_export._journal import (
    NOBODY,
    CancelRequested,
    RunStarted,
    SessionState,
    SessionStatus,
    TicketState,
)
from jira_session_export._mapping.metadata import ProjectMetadata
from jira_session_export._models import Session, Ticket
from jira_session_export._runtime import SYSTEM_RUNTIME, Runtime
from jira_session_export._settings import ExportSettings
from jira_session_export._slices import aside
from jira_session_export._storage.protocols import SessionStore
from jira_session_export._values import Requirements
from jira_session_export.api import (
    AdfTestRequest,
    AdfTestResponse,
    ExportAlreadyRunningResponse,
    ExportPlanResponse,
    ExportResultsResponse,
    ExportRetryResponse,
    ExportStartResponse,
    ProjectValidationRequest,
    ProjectValidationResponse,
    StatusResponse,
)
from jira_session_export.errors import (
    AlreadyCompletedError,
    NoTicketsError,
    SettingsError,
)


class ExportService:
    """The use cases of an export.

    Every method raises `SessionNotFoundError` for an unknown session and `StoreUnavailableError` when the database does
    not answer; those that ask Jira raise `JiraError`.

    Args:
        store: tickets and export state.
        tracker: Jira, for what is checked before an export starts.
        runner: gets the sessions that are to be run.
        settings: how exports behave. None: as the runner's exporter has it, where the runner is an `InProcessRunner`;
            else the defaults.
        conversion: how texts are converted, with the rules for it; None as for `settings`.
        projects: what is known of projects; share it with the `Exporter` to read it once.
        attachments: opens the files of tickets, for plans and trials; None as for `settings`.

    Raises:
        SettingsError: the runner's exporter has other settings, or converts otherwise.
        TypeError: an argument is of another kind; two may be swapped.
    """

    def __init__(
        self,
        store: SessionStore,
        tracker: ProjectSource,
        runner: ExportRunner,
        *,
        settings: ExportSettings | None = None,
        conversion: ConversionOptions | None = None,
        runtime: Runtime = SYSTEM_RUNTIME,
        projects: ProjectReader | None = None,
        attachments: AttachmentOpener | None = None,
    ) -> None:
        require("store", store, "acquire", STORE)
        require("tracker", tracker, "create_fields", TRACKER)
        require("runner", runner, "submit", RUNNER)
        if isinstance(runner, InProcessRunner):
            exporter = runner.exporter
            settings = settings or exporter.settings
            conversion = conversion or exporter.conversion
            attachments = attachments or exporter.attachments
            _check_agreement(settings, conversion, exporter)
        self._store = store
        self._site = tracker.base_url if isinstance(tracker, JiraClient) else ""
        self._runner = runner
        self._comparisons = Comparisons(store)
        self._starter = Starter(store, runner)
        self.settings: ExportSettings = settings or ExportSettings()
        self._converter = Converter(conversion)
        self._runtime = runtime
        self._projects = projects or ProjectReader(tracker, settings=self.settings, runtime=runtime)
        self._admission = Admission(self.settings, runtime)
        attachments = attachments or LocalFiles()
        self._planner = ExportPlanner(
            store,
            tracker,
            projects=self._projects,
            attachments=attachments,
            settings=self.settings,
            converter=self._converter,
            runtime=runtime,
        )
        self._trial = Trial(
            store, projects=self._projects, attachments=attachments, converter=self._converter, runtime=runtime
        )

    # -- start, retry, cancel ----------------------------------------------------------------------------------------

    async def start(
        self,
        session_id: UUID,
        *,
        only: Collection[UUID] | None = None,
        skip: Collection[UUID] = (),
        priority: int = 0,
    ) -> ExportStartResponse | ExportAlreadyRunningResponse:
        """Start the export, or say that it is running already; any number of calls at once start exactly one run.

        Tickets that are left out become `skipped`. A later start that does not leave them out exports them.

        Args:
            only: export these alone. None: all that have no issue yet.
            skip: leave these out. A sub-task whose parent is left out is left out with it; another child is created
                without its parent, with a manual fix; links to a ticket that is left out wait until it is exported.
            priority: for the runner's queue: a session with more is taken up sooner.

        Raises:
            NoTicketsError: there is nothing to export.
            DependencyError: dependencies form a cycle or name an unknown ticket.
            TicketError: a ticket that is not left out is none, for example because its title is blank.
            RetryNeededError: the last export failed.
            ArchivedError: the session was put away.
            AlreadyCompletedError: everything asked for is exported.
            ExportRunningError: it is running with other tickets, or its issues are being deleted.
            JiraError: the pre-flight failed: credentials, project, permissions.
        """
        # Any number of callers may be here at once. The state is read, decided upon, and taken by its token; a caller
        # that finds the token changed decides again, so exactly one starts and the others see it running.
        while True:
            state = await self._store.state(session_id)
            states = await read_states(self._store, session_id)
            count = len(states)
            selection = await aside(count, select, states.values(), only=only, skip=skip)
            runs_with = self._admission.runs_with
            if state.status == SessionStatus.EXPORTING and await aside(count, runs_with, state, states, selection):
                return _already_running(state)
            self._admission.check_start(state)
            session, tickets, selection = await self._prepared(session_id, states, selection, state.status)
            entry = RunStarted(
                self._runtime.now(), self._runtime.new_id(), selection.only, left_out=selection.skip, site=self._site
            )
            if await self._begin(state, entry, priority):
                break
        requests = await aside(count, count_requests, tickets, states, self.settings.bulk_size)
        links = await aside(len(tickets), count_links, tickets)
        return ExportStartResponse(
            task_id=entry.task_id,
            session_id=session_id,
            total_tickets=len(tickets),
            estimated_duration_minutes=estimated_minutes(len(tickets), requests, links, self.settings),
            jira_project_key=session.project_key,
            started_at=entry.at,
            tickets_left_out=await aside(count, _left_out, states, entry),
        )

    async def retry(
        self,
        session_id: UUID,
        *,
        only: Collection[UUID] | None = None,
        skip: Collection[UUID] = (),
        priority: int = 0,
    ) -> ExportRetryResponse:
        """Start a failed export again where it stopped; issues that exist are kept.

        What an earlier start left out stays left out, unless `only` names it.

        Args:
            only, skip: as of `start`; leave out the ticket that makes the export fail.
            priority: as of `start`.

        Raises:
            ExportRunningError: it is running.
            NotStartedError, NothingToRetryError: it did not fail.
            ArchivedError: the session was put away.
            RetryTooEarlyError: Jira has asked to wait; the retry is not used up.
            RetriesExhaustedError: it failed once more than retries are allowed; see `release`.
            NoTicketsError, DependencyError, TicketError: as `start`.
            JiraError: the pre-flight failed; the retry is not used up.
        """
        while True:
            state = await self._store.state(session_id)
            self._admission.check_retry(state)
            states = await read_states(self._store, session_id)
            selection = await aside(len(states), select_again, states, only=only, skip=skip)
            _, _, selection = await self._prepared(session_id, states, selection, state.status)
            entry = RunStarted(
                self._runtime.now(),
                self._runtime.new_id(),
                selection.only,
                retry=True,
                left_out=selection.skip,
                site=self._site,
            )
            if await self._begin(state, entry, priority):
                break
        return ExportRetryResponse(
            task_id=entry.task_id,
            session_id=session_id,
            retry_attempt=state.retry_count,
            remaining_retries=self.settings.max_retries - state.retry_count,
            resuming_from_ticket_order=await aside(len(states), _resuming_from, state, states, entry),
            preserved_successful_tickets=state.exported,
            tickets_left_out=await aside(len(states), _left_out, states, entry),
        )

    async def release(self, session_id: UUID, *, by: str) -> StatusResponse:
        """Let a session that has used up its retries be retried again, as often as after its first failure.

        For an administrator who knows, or has removed, what made it fail. The audit trail says who it was.

        Args:
            by: who releases it, as the host names people.

        Raises:
            NothingToReleaseError: it has not failed, or a retry is left.
        """
        await release(self._store, session_id, self.settings, by=by, runtime=self._runtime)
        return await self.status_of(await self._store.state(session_id))

    async def cancel(self, session_id: UUID) -> StatusResponse:
        """Ask a running export to stop between two steps; it can be started again and goes on.

        Raises:
            NotStartedError: it was never started.
        """
        state = await self._store.state(session_id)
        if state.status == SessionStatus.EXPORTING:
            await self._store.request_cancel(session_id, CancelRequested(self._runtime.now()))
            if isinstance(self._runner, InProcessRunner):
                self._runner.exporter.cancel(session_id)  # it may be in the middle of a long wait
            await self._runner.submit(session_id)  # nobody may be working on it: then a worker ends it
        return await self.status_of(await self._store.state(session_id))

    async def _begin(self, state: SessionState, entry: RunStarted, priority: int) -> bool:
        """Record the start and submit the session; False when another caller was faster."""
        # Nobody holds it until a worker takes it up, because the runner may execute it elsewhere.
        taking = Taking(expected_token=state.token, owner=NOBODY, now=entry.at, lease_seconds=0)
        about = About(owner=state.owner, site=self._site, priority=priority)
        return await self._starter.begin(state.session_id, entry, taking, about)

    async def _prepared(
        self, session_id: UUID, states: Mapping[UUID, TicketState], selection: Selection, status: str
    ) -> tuple[Session, Sequence[Ticket], Selection]:
        """The session, the tickets that such a run would create, in order, and what is left out in the end.

        Raises:
            AlreadyCompletedError: it would create none; a cancelled or failed export may lack nothing but links.
            NoTicketsError, DependencyError, TicketError, JiraError: as `start`.
        """
        session = await read_session(self._store, session_id, without=selection.absent)
        count = len(session.tickets)
        order = await aside(count, dependency_order, session.tickets, absent=selection.absent)
        tickets = await aside(count, open_tickets, order, states, selection)
        if not tickets and status not in {SessionStatus.CANCELLED, SessionStatus.EXPORT_FAILED}:
            raise await self._already_completed(session_id, states)
        project = await self._preflight(session, tickets)
        orphaned = await aside(count, orphaned_by, selection, order, states, project, self.settings)
        if not orphaned:
            return session, tickets, selection
        tickets = [ticket for ticket in tickets if ticket.id not in orphaned]
        if not tickets:
            raise NoTicketsError(
                "Every ticket asked for is left out, because its parent is.",
                recovery_actions=["Export the parents as well."],
            )
        return session, tickets, selection.without(orphaned)

    async def _already_completed(self, session_id: UUID, states: Mapping[UUID, TicketState]) -> AlreadyCompletedError:
        changes = [change.kind for change in (await read_changes(self._store, session_id, [*states.values()])).values()]
        return AlreadyCompletedError(
            "Every ticket asked for has been exported already.",
            session_id=session_id,
            tickets_edited=changes.count("edited"),
            tickets_removed=changes.count("removed"),
        )

    async def _preflight(self, session: Session, tickets: Sequence[Ticket]) -> ProjectMetadata:
        conversion = self._converter.options
        return await self._projects.read(session.project_key, tickets, fresh=True, conversion=conversion)

    # -- looking -----------------------------------------------------------------------------------------------------

    async def status(self, session_id: UUID) -> StatusResponse:
        """Read how far the export is, that it is completed, or why it failed.

        Raises:
            NotStartedError: it was never started.
        """
        return await self.status_of(await self._store.state(session_id))

    async def status_of(self, state: SessionState) -> StatusResponse:
        """The same, from the session's state, for an endpoint that has just read it: to see whose session it is.

        While the session is exporting, nothing more is read; nor afterwards, when the store numbers its content
        (`SessionState.content_version`) and neither that nor the state has changed since the last time.

        Raises:
            NotStartedError: it was never started.
        """
        return await status_of(self._store, state, self.settings, self._comparisons, self._runtime)

    async def results(self, session_id: UUID, *, offset: int = 0, limit: int | None = None) -> ExportResultsResponse:
        """Read the issues made so far, and what to fix by hand.

        Args:
            offset, limit: the part that is wanted of the issues and of the manual fixes; `tickets_edited` and
                `tickets_removed` count those of the part. A store that is a `SessionCatalog` reads no more than that,
                unless tickets were left out. By default all.

        Raises:
            ValueError: `offset` or `limit` is negative.
        """
        return await read_results(self._store, session_id, offset=offset, limit=limit)

    # -- before an export --------------------------------------------------------------------------------------------

    async def validate_project(self, request: ProjectValidationRequest) -> ProjectValidationResponse:
        """Check whether the account can export to a project; the answer has its sprints, people and priorities."""
        wanted = Requirements(**request.user_requirements.model_dump())
        return validation_response(await self._projects.validate(request.project_key, wanted))

    async def test_conversion(self, session_id: UUID, request: AdfTestRequest) -> AdfTestResponse:
        """Convert descriptions as they are now, and check that attachments could be uploaded, without uploading.

        Raises:
            InputError: a ticket asked for is not in the session.
        """
        return await self._trial.of_session(session_id, request)

    def convert(self, ticket: Ticket) -> Conversion:
        """The ticket's description as an export converts it, for a preview; nothing is sent.

        Raises:
            DocumentTooLargeError: it is longer than the converter accepts.
        """
        return self._converter.ticket(ticket)

    async def plan(
        self,
        session: Session | UUID,
        *,
        only: Collection[UUID] | None = None,
        skip: Collection[UUID] = (),
        payloads: int | None = None,
    ) -> ExportPlanResponse:
        """Plan an export: what it would send and leave for a person, without writing anything.

        Tickets that have been exported are not planned. A session that is stored need not be as the store has it. Of a
        session that this store has never exported, Jira is asked for the issues it has of it already: an export adopts
        them. It takes about a millisecond a ticket, and leaves the event loop to others after each.

        Args:
            session: the session, or the id of one that the store has.
            only, skip: as of `start`.
            payloads: how many issues keep their `payload`, which is most of what a plan weighs. None: all.

        Raises:
            NoTicketsError, DependencyError, TicketError, JiraError: as `start`.
        """
        return await self._planner.plan(session, only=only, skip=skip, payloads=payloads)


def _check_agreement(settings: ExportSettings, conversion: ConversionOptions | None, exporter: Exporter) -> None:
    """Two halves that differ would plan one thing and do another, or promise retries that the other refuses."""
    theirs = exporter.settings.model_dump()
    differing = [
        f"{name} {value!r} and {theirs[name]!r}"
        for name, value in settings.model_dump().items()
        if value != theirs[name]
    ]
    if conversion != exporter.conversion:
        differing.append("conversion")
    if differing:
        raise SettingsError(
            f"The service and its runner's exporter have different settings: {', '.join(differing)}.",
            recovery_actions=["Give them to the exporter alone, or use JiraExport, which has them in one place."],
        )


def _left_out(states: Mapping[UUID, TicketState], entry: RunStarted) -> int:
    return sum(state.issue is None and not entry.takes(key) for key, state in states.items())


def _resuming_from(state: SessionState, states: Mapping[UUID, TicketState], entry: RunStarted) -> int:
    """Return the order of the ticket a retry goes on at: where it stopped, unless that ticket is left out now."""
    wanted = [ticket for key, ticket in states.items() if ticket.issue is not None or entry.takes(key)]
    stopped_at = state.failed_at_ticket_order
    if stopped_at and any(ticket.order == stopped_at for ticket in wanted):
        return stopped_at
    return min((ticket.order for ticket in wanted if ticket.issue is None), default=len(states) + 1)


def _already_running(state: SessionState) -> ExportAlreadyRunningResponse:
    assert state.task_id is not None  # noqa: S101 -- set with the status
    assert state.started_at is not None  # noqa: S101 -- set with the status
    return ExportAlreadyRunningResponse(
        task_id=state.task_id,
        session_id=state.session_id,
        progress_percentage=progress_percentage(state),
        current_ticket_title=state.current_title or "",
        started_at=state.started_at,
    )
