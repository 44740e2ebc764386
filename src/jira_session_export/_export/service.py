"""What a host's endpoints call: framework-free, answering with the classes of `jira_session_export.api`."""

from collections.abc import Collection, Mapping, Sequence
from uuid import UUID

from anyio.lowlevel import checkpoint

from jira_session_export._adf import Conversion, ConversionOptions
from jira_session_export._arguments import RUNNER, STORE, TRACKER, require
from jira_session_export._export.conversion import Converter, may_hold_images
from jira_session_export._export.exporter import Exporter
from jira_session_export._export.ordering import dependency_order
from jira_session_export._export.pace import estimated_minutes
from jira_session_export._export.planning import Planner
from jira_session_export._export.ports import ExportRunner, ProjectSource
from jira_session_export._export.projects import ProjectReader
from jira_session_export._export.reports import (
    progress_percentage,
    read_results,
    read_status,
    retry_available,
    retry_is_early,
    validation_response,
)
from jira_session_export._export.runners import InProcessRunner
from jira_session_export._export.trial import try_conversion
from jira_session_export._journal import (
    CancelRequested,
    RunReleased,
    RunStarted,
    SessionState,
    SessionStatus,
    TicketState,
    TicketStatus,
)
from jira_session_export._mapping.metadata import ProjectMetadata
from jira_session_export._models import Session, Ticket
from jira_session_export._runtime import SYSTEM_RUNTIME, Runtime
from jira_session_export._settings import ExportSettings
from jira_session_export._storage.protocols import SessionStore
from jira_session_export._values import Requirements, utc
from jira_session_export.api import (
    AdfTestRequest,
    AdfTestResponse,
    AdfTestResult,
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
    ArchivedError,
    ExportRunningError,
    InputError,
    NothingToRetryError,
    NoTicketsError,
    NotStartedError,
    RetriesExhaustedError,
    RetryNeededError,
    RetryTooEarlyError,
    SessionNotFoundError,
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
    ) -> None:
        require("store", store, "acquire", STORE)
        require("tracker", tracker, "create_fields", TRACKER)
        require("runner", runner, "submit", RUNNER)
        if isinstance(runner, InProcessRunner):
            exporter = runner.exporter
            settings = settings or exporter.settings
            conversion = conversion or exporter.conversion
            _check_agreement(settings, conversion, exporter)
        self._store = store
        self._tracker = tracker
        self._runner = runner
        self.settings: ExportSettings = settings or ExportSettings()
        self._converter = Converter(conversion)
        self._runtime = runtime
        self._projects = projects or ProjectReader(tracker, settings=self.settings, runtime=runtime)
        self._owner = str(runtime.new_id())

    # -- start, retry, cancel ----------------------------------------------------------------------------------------

    async def start(
        self, session_id: UUID, *, ticket_ids: Collection[UUID] | None = None
    ) -> ExportStartResponse | ExportAlreadyRunningResponse:
        """Start the export, or say that it is running already; any number of calls at once start exactly one run.

        Args:
            ticket_ids: export these alone; the others become `skipped`. None: all that have no issue yet.

        Raises:
            NoTicketsError: there is nothing to export.
            DependencyError: dependencies form a cycle or name an unknown ticket.
            RetryNeededError: the last export failed.
            ArchivedError: the session was put away.
            AlreadyCompletedError: everything asked for is exported.
            JiraError: the pre-flight failed: credentials, project, permissions.
        """
        session = await self._store.session(session_id)
        selection = _selection(session, ticket_ids)
        # Any number of callers may be here at once. The state is read, decided upon, and taken by its token; a caller
        # that finds the token changed decides again, so exactly one starts and the others see it running.
        while True:
            state = await self._store.state(session_id)
            if state.status == SessionStatus.EXPORTING:
                return _already_running(state)
            _check_at_hand(state)
            if state.status == SessionStatus.EXPORT_FAILED:
                raise RetryNeededError(
                    "The last export of this session failed; retry it instead of starting another.",
                    session_id=session_id,
                )
            tickets = await self._open_tickets(session, selection)
            # A cancelled export may lack nothing but links.
            if not tickets and state.status != SessionStatus.CANCELLED:
                raise AlreadyCompletedError("Every ticket asked for has been exported already.", session_id=session_id)
            await self._preflight(session, tickets)
            entry = RunStarted(self._runtime.now(), self._runtime.new_id(), selection)
            if await self._begin(state, entry):
                break
        links = sum(len(ticket.depends_on) + len(ticket.links) for ticket in tickets)
        return ExportStartResponse(
            task_id=entry.task_id,
            session_id=session_id,
            total_tickets=len(tickets),
            estimated_duration_minutes=estimated_minutes(
                len(tickets), links, pause_seconds=self.settings.pause_seconds
            ),
            jira_project_key=session.project_key,
            started_at=entry.at,
        )

    async def retry(self, session_id: UUID) -> ExportRetryResponse:
        """Start a failed export again where it stopped; issues that exist are kept.

        Raises:
            ExportRunningError: it is running.
            NotStartedError, NothingToRetryError: it did not fail.
            ArchivedError: the session was put away.
            RetryTooEarlyError: Jira has asked to wait; the retry is not used up.
            RetriesExhaustedError: it failed once more than retries are allowed.
            JiraError: the pre-flight failed; the retry is not used up.
        """
        session = await self._store.session(session_id)
        while True:
            state = await self._store.state(session_id)
            self._check_retry(state)
            states = {ticket.ticket_id: ticket for ticket in await self._store.ticket_states(session_id)}
            skipped = {key for key, ticket in states.items() if ticket.status is TicketStatus.SKIPPED}
            selection = frozenset(states.keys() - skipped) if skipped else None
            await self._preflight(session, await self._open_tickets(session, selection))
            entry = RunStarted(self._runtime.now(), self._runtime.new_id(), selection, retry=True)
            if await self._begin(state, entry):
                break
        return ExportRetryResponse(
            task_id=entry.task_id,
            session_id=session_id,
            retry_attempt=state.retry_count,
            remaining_retries=self.settings.max_retries - state.retry_count,
            resuming_from_ticket_order=state.failed_at_ticket_order or _first_open(states.values()),
            preserved_successful_tickets=state.exported,
        )

    def _check_retry(self, state: SessionState) -> None:
        if state.status == SessionStatus.EXPORTING:
            raise ExportRunningError("An export of this session is running.", session_id=state.session_id)
        if state.started_at is None:
            raise NotStartedError("This session has not been exported yet.", session_id=state.session_id)
        if state.status != SessionStatus.EXPORT_FAILED:
            raise NothingToRetryError("The last export of this session did not fail.", session_id=state.session_id)
        _check_at_hand(state)
        now = self._runtime.now()
        if (moment := retry_is_early(state, now)) is not None:
            raise RetryTooEarlyError(
                f"Jira limits the requests and has asked to wait until {utc(moment)}.",
                session_id=state.session_id,
                retry_not_before=moment,
                retry_after=moment - now,
            )
        if not retry_available(state, self.settings):
            raise RetriesExhaustedError(
                session_id=state.session_id,
                retry_attempts_used=self.settings.max_retries,
                first_error_at=state.first_error_at,
            )

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
        return await read_status(self._store, session_id, self.settings, self._runtime)

    async def _begin(self, state: SessionState, entry: RunStarted) -> bool:
        """Record the start and submit the session; False when another caller was faster."""
        lease = await self._store.acquire(
            state.session_id,
            entry,
            expected_token=state.token,
            owner=self._owner,
            now=entry.at,
            lease_seconds=self.settings.lease_seconds,
        )
        if lease is None:
            return False
        # Given back at once, because the runner may execute it elsewhere. When the process dies before `submit`, the
        # session is `exporting` without a worker, and a sweep finds it.
        await self._store.append(lease, RunReleased(self._runtime.now(), 0.0))
        await self._runner.submit(state.session_id)
        return True

    async def _open_tickets(self, session: Session, selection: frozenset[UUID] | None) -> Sequence[Ticket]:
        """List the tickets that such a run would create, in order.

        Raises:
            DependencyError: as `dependency_order`.
        """
        exported = {state.ticket_id for state in await self._store.ticket_states(session.id) if state.issue is not None}
        return [
            ticket
            for ticket in dependency_order(session.tickets)
            if ticket.id not in exported and (selection is None or ticket.id in selection)
        ]

    async def _preflight(self, session: Session, tickets: Sequence[Ticket]) -> ProjectMetadata:
        conversion = self._converter.options
        return await self._projects.read(session.project_key, tickets, fresh=True, conversion=conversion)

    # -- looking -----------------------------------------------------------------------------------------------------

    async def status(self, session_id: UUID) -> StatusResponse:
        """Read how far the export is, that it is completed, or why it failed.

        Raises:
            NotStartedError: it was never started.
        """
        return await read_status(self._store, session_id, self.settings, self._runtime)

    async def results(self, session_id: UUID) -> ExportResultsResponse:
        """Read the issues made so far, and what to fix by hand."""
        return await read_results(self._store, session_id)

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
        session = await self._store.session(session_id)
        chosen = _chosen(session, request.ticket_ids)
        limits = (
            await self._projects.attaching(session.project_key)
            if request.include_attachments and any(ticket.attachments for ticket in chosen)
            else None
        )
        attachments = request.include_attachments
        results: list[AdfTestResult] = []
        for ticket in chosen:
            results.append(await try_conversion(ticket, self._converter, attachments=attachments, limits=limits))
            await checkpoint()  # others have their turn between two tickets
        passed = sum(result.status == "passed" for result in results)
        return AdfTestResponse(
            session_id=session_id,
            tickets_tested=len(results),
            all_passed=passed == len(results),
            passed=passed,
            failed=len(results) - passed,
            results=results,
        )

    def convert(self, ticket: Ticket) -> Conversion:
        """The ticket's description as an export converts it, for a preview; nothing is sent.

        Raises:
            DocumentTooLargeError: it is longer than the converter accepts.
        """
        return self._converter.ticket(ticket)

    async def plan(
        self, session: Session, *, only: Collection[UUID] | None = None, payloads: int | None = None
    ) -> ExportPlanResponse:
        """Plan an export: what it would send and leave for a person, without writing anything.

        Tickets that have been exported are left out. A session that is stored need not be as the store has it. It takes
        about a millisecond a ticket, and leaves the event loop to others after each.

        Args:
            only: plan these alone. None: all.
            payloads: how many issues keep their `payload`, which is most of what a plan weighs. None: all.

        Raises:
            DependencyError: as `start`.
            JiraError: as `start`.
        """
        tickets = dependency_order(session.tickets)
        if not tickets:
            raise NoTicketsError("The session has no tickets.")
        states, blocking = await self._as_stored(session)
        open_tickets = [ticket for ticket in tickets if (state := states.get(ticket.id)) is None or state.issue is None]
        if only is not None:
            chosen = frozenset(only)
            open_tickets = [ticket for ticket in open_tickets if ticket.id in chosen]
        project = await self._preflight(session, open_tickets)
        files = any(ticket.attachments or may_hold_images(ticket) for ticket in open_tickets)
        around = await self._projects.surroundings(open_tickets, files=files)
        planner = Planner(
            session, project, states=states, around=around, settings=self.settings, converter=self._converter
        )
        planned = await planner.plan(open_tickets, payloads=payloads)
        return ExportPlanResponse(
            session_id=session.id,
            project_key=session.project_key,
            total_tickets=len(planned),
            ready=not blocking and all(issue.error_message is None for issue in planned),
            blocking_issues=blocking,
            manual_fixes_predicted=sum(len(issue.manual_fixes) for issue in planned),
            issues=planned,
        )

    async def _as_stored(self, session: Session) -> tuple[Mapping[UUID, TicketState], list[str]]:
        """Where the session's tickets are, and why `start` would refuse the session; nothing where it is not stored."""
        try:
            state = await self._store.state(session.id)
        except SessionNotFoundError:
            return {}, []
        states = {each.ticket_id: each for each in await self._store.ticket_states(session.id)}
        blocking = []
        if state.status == SessionStatus.EXPORTING:
            blocking.append("An export of this session is running.")
        elif state.status == SessionStatus.EXPORT_FAILED:
            again = (
                "retry it instead of starting another" if retry_available(state, self.settings) else "no retry is left"
            )
            if (moment := retry_is_early(state, self._runtime.now())) is not None:
                again += f", at {utc(moment)} or later, as Jira asked"
            blocking.append(f"The last export of this session failed; {again}.")
        elif all(each.id in states and states[each.id].issue is not None for each in session.tickets):
            blocking.append("Every ticket of this session has been exported already.")
        return states, blocking


def _check_at_hand(state: SessionState) -> None:
    if state.archived_at is not None:
        raise ArchivedError("This session has been put into the archive.", session_id=state.session_id)


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


def _selection(session: Session, ticket_ids: Collection[UUID] | None) -> frozenset[UUID] | None:
    if not session.tickets:
        raise NoTicketsError("The session has no tickets.")
    if ticket_ids is None:
        return None
    _chosen(session, ticket_ids)
    if not ticket_ids:
        raise NoTicketsError("No tickets were chosen.")
    return frozenset(ticket_ids)


def _chosen(session: Session, ticket_ids: Collection[UUID]) -> Sequence[Ticket]:
    by_id = {ticket.id: ticket for ticket in session.tickets}
    unknown = [str(ticket_id) for ticket_id in ticket_ids if ticket_id not in by_id]
    if unknown:
        raise InputError(f"Not in this session: {', '.join(unknown)}.")
    return [by_id[ticket_id] for ticket_id in ticket_ids] or sorted(session.tickets, key=lambda ticket: ticket.order)


def _first_open(states: Collection[TicketState]) -> int:
    """Return the order where a run that failed at no ticket goes on: the first without an issue, or after the last."""
    wanted = [state for state in states if state.status is not TicketStatus.SKIPPED]
    return min((state.order for state in wanted if state.issue is None), default=len(states) + 1)


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
