"""`JiraExport`: the one object a host opens. It makes the public parts, wires them and closes them in order."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Collection, Iterator, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, replace
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

import anyio
from anyio.lowlevel import RunVar

from jira_session_export._adf import ConversionOptions
from jira_session_export._arguments import STORE, TRACKER, require
from jira_session_export._attachments.addresses import open_attachments
from jira_session_export._attachments.protocols import AttachmentOpener
from jira_session_export._envconfig import (
    JiraSettings,
    attachments_address,
    database_url,
    export_settings,
    jira_settings,
)
from jira_session_export._export.cleanup import Cleaner, CleanupReport
from jira_session_export._export.events import EventSink, ExportEvent, IssueExported
from jira_session_export._export.executions import Executions
from jira_session_export._export.exporter import Exporter
from jira_session_export._export.hub import EventHub, guarded
from jira_session_export._export.in_transaction import InTransaction, JoinableStore
from jira_session_export._export.observers import outcome_observers
from jira_session_export._export.outcomes import OutcomeObserver, OutcomeTeller
from jira_session_export._export.ports import ExportRunner, IssueRemover, IssueTracker
from jira_session_export._export.reads import SharedReads
from jira_session_export._export.reports import read_results, retry_available
from jira_session_export._export.result import ExportResult, export_result
from jira_session_export._export.runners import InProcessRunner
from jira_session_export._export.service import ExportService
from jira_session_export._export.sweeping import Sweeper
from jira_session_export._export.watch import watch_together
from jira_session_export._jira import (
    ApiTokenAuth,
    BearerAuth,
    HttpSettings,
    HttpTransport,
    JiraClient,
    OAuth2Auth,
    RetryPolicy,
)
from jira_session_export._jira.configured import auth_from
from jira_session_export._jira.http import DEFAULT_HTTP_SETTINGS
from jira_session_export._journal import SessionState, SessionStatus
from jira_session_export._models import Session
from jira_session_export._runtime import SYSTEM_RUNTIME, Runtime, sleep_until
from jira_session_export._settings import ExportSettings
from jira_session_export._storage.addresses import open_store
from jira_session_export._storage.memory import InMemoryStore
from jira_session_export._storage.protocols import SessionStore
from jira_session_export.api import (
    ExportMessage,
    ExportPlanResponse,
    ProjectRequirements,
    ProjectValidationRequest,
    ProjectValidationResponse,
)
from jira_session_export.errors import (
    AlreadyCompletedError,
    ExportFailedError,
    ExportRunningError,
    ExportStoppedError,
    InputError,
    NothingToRetryError,
    NotStartedError,
    RetryNeededError,
    SessionNotFoundError,
    SettingsError,
)

if TYPE_CHECKING:
    from jira_session_export._storage.sqlalchemy import SqlAlchemyStore

POLL_SECONDS = 1.0
"""How often the store is asked about an export that runs in another process."""


@dataclass(frozen=True, slots=True)
class _SoFar:
    """What there was when a call began to wait."""

    exported: int
    adopted: int


class JiraExport:
    """Exports sessions to one Jira site, and keeps their state in one store.

    Open one for each process that exports, and keep it open as long as the process lives:

        async with JiraExport.open(base_url, ApiTokenAuth(email, token), store="sqlite:///exports.db") as jira:
            result = await jira.export(session)

    Entering the block brings the store's tables up to date, and goes on with what a crashed or stopped process left.
    Leaving it has running exports hand over at their next step, at the latest after the settings' `grace_seconds`; the
    next process that opens the store goes on with them. It belongs to the event loop it was entered in; programs
    without one use `jira_session_export.sync.JiraExport`.

    `open` and `from_env` make the parts. The constructor takes parts that the host has made and closes itself.

    Args:
        client: Jira, for example a `JiraClient`.
        store: tickets and export state, its tables up to date.
        settings: how exports behave, for every part; the defaults when None.
        conversion: how texts are converted, with the rules for it, for every part; the defaults when None.
        sink: called with each event, in addition to `hub`.
        observers: told what came of each export that ends in this process, for example a `Webhook`; they are given
            the settings' `grace_seconds` when this is left.
        runner: where exports run; tasks of this process when None. Another one is opened and closed by the host.
        resume: whether this process goes on with exports that crashed or stopped processes left in the store.
        attachments: opens the files of tickets; by their paths on this machine when None.

    Attributes:
        client: Jira.
        store: tickets and export state.
        settings: how exports behave.
        service: the use cases one by one, for endpoints: start, retry, cancel, status, results and more.
        exporter: does the work of one session; what a worker of a queue calls.
        hub: the events of exports that run in this process.
        attachments: opens the files of tickets, and keeps them where it is an `AttachmentStorage`.
        runtime: time, sleep, randomness and ids.

    Raises:
        TypeError: the client is no client or the store no store; they may be swapped.
    """

    def __init__(
        self,
        client: IssueTracker,
        store: SessionStore,
        *,
        settings: ExportSettings | None = None,
        conversion: ConversionOptions | None = None,
        sink: EventSink | None = None,
        observers: Sequence[OutcomeObserver] = (),
        runner: ExportRunner | None = None,
        resume: bool = True,
        attachments: AttachmentOpener | None = None,
        runtime: Runtime = SYSTEM_RUNTIME,
    ) -> None:
        require("client", client, "create_issue", TRACKER)
        require("store", store, "acquire", STORE)
        self.client = client
        self.store = store
        self.settings: ExportSettings = settings or ExportSettings()
        self.runtime = runtime
        self.hub: EventHub = EventHub()
        self._reads = SharedReads(store, runtime)
        self._sink = guarded(sink) if sink is not None else None
        self._adopted = Counter[UUID]()
        self._teller = OutcomeTeller(store, tuple(observers), grace_seconds=self.settings.grace_seconds)
        self._only_adopting: set[UUID] = set()
        self.exporter: Exporter = Exporter(
            client,
            store,
            settings=self.settings,
            conversion=conversion,
            runtime=runtime,
            sink=self._tell,
            attachments=attachments,
            shared=runner is not None,
        )
        self.attachments: AttachmentOpener = self.exporter.attachments
        self._own_runner: InProcessRunner | None = None
        if runner is None:
            # A process that vanishes keeps its sessions for one lease, so looking more often finds nothing more.
            runner = self._own_runner = InProcessRunner(
                self.exporter, resume=resume, sweep_seconds=self.settings.lease_seconds / 3
            )
        # A person waits for the answer to a start, a plan or a validation, so those give up soon. A run is patient.
        asked = client.with_options(retry=RetryPolicy.interactive()) if isinstance(client, JiraClient) else client
        self._about_services: dict[str, Any] = {
            "tracker": asked,
            "settings": self.settings,
            "conversion": conversion,
            "runtime": runtime,
            "projects": self.exporter.projects.asking(asked, soon=True),
            "attachments": self.attachments,
        }
        self.service: ExportService = ExportService(store, runner=runner, **self._about_services)
        self._runner = runner
        self._executions = Executions(self.exporter)
        self._sweeper = Sweeper(self.exporter, runner)
        self._owned_client: JiraClient | None = None
        self._owned_store: InMemoryStore | SqlAlchemyStore | None = None
        self._entered = False
        self._closing = anyio.Event()
        self._stopping = anyio.Event()
        self._waiting = 0
        self._nobody_waits = anyio.Event()
        self._stack = AsyncExitStack()
        self._is_open_here: RunVar[bool] = RunVar(f"jira_session_export.{id(self)}", default=False)

    @classmethod
    def open(
        cls,
        base_url: str,
        auth: ApiTokenAuth | OAuth2Auth | BearerAuth,
        *,
        store: str | SessionStore,
        settings: ExportSettings | None = None,
        conversion: ConversionOptions | None = None,
        sink: EventSink | None = None,
        observers: Sequence[OutcomeObserver] = (),
        runner: ExportRunner | None = None,
        resume: bool = True,
        attachments: str | AttachmentOpener | None = None,
        runtime: Runtime = SYSTEM_RUNTIME,
        http: HttpSettings = DEFAULT_HTTP_SETTINGS,
        transport: HttpTransport | None = None,
    ) -> Self:
        """Jira and a store, to be used as an async context manager; nothing is connected to before it is entered.

        Args:
            base_url: the site's address, for example `https://your-site.atlassian.net`.
            auth: how to sign in.
            store: where the state is kept: `sqlite:///exports.db`, `postgresql://user:password@host/database`, or
                `memory://`, which forgets everything with the process; its tables are brought up to date. Or a store
                that the host has opened, migrates and closes.
            attachments: where the files of tickets are: `file:///srv/files`, a folder that all machines share;
                `database`, in the store; `s3://bucket/prefix` (extra `s3`). Or what opens them. None: on this machine,
                by their paths.
            settings, conversion, sink, observers, runner, resume, runtime: as of the class.
            http: proxy and certificates; the time-out is the settings' `request_timeout_seconds`.
            transport: instead of the network, for tests (`FakeJira().transport`).

        Raises:
            SettingsError: an address cannot be read, or what it takes is not installed.
            TypeError: an argument is of another kind; two may be swapped.
        """
        require("base_url", base_url, "startswith", "the site's address, a string")
        require("auth", auth, "authorization", "a way to sign in, for example ApiTokenAuth(email, token)")
        settings = settings or ExportSettings()
        if http.timeout_seconds not in {settings.request_timeout_seconds, DEFAULT_HTTP_SETTINGS.timeout_seconds}:
            raise SettingsError(
                f"There are two time-outs: {http.timeout_seconds:g} s in `http`, "
                f"{settings.request_timeout_seconds:g} s in `settings`.",
                recovery_actions=["Give it as ExportSettings.request_timeout_seconds alone."],
            )
        opened = None
        if isinstance(store, str):
            store = opened = open_store(store, pool_size=settings.pool_size)
        if isinstance(attachments, str):
            attachments = open_attachments(attachments, store, runtime=runtime)
        client = JiraClient(
            base_url,
            auth,
            runtime=runtime,
            http=replace(http, timeout_seconds=settings.request_timeout_seconds),
            transport=transport,
        )
        self = cls(
            client,
            store,
            settings=settings,
            conversion=conversion,
            sink=sink,
            observers=observers,
            runner=runner,
            resume=resume,
            attachments=attachments,
            runtime=runtime,
        )
        self._owned_client = client
        self._owned_store = opened
        return self

    @classmethod
    def from_env(
        cls,
        *,
        account: JiraSettings | None = None,
        store: str | SessionStore | None = None,
        settings: ExportSettings | None = None,
        conversion: ConversionOptions | None = None,
        sink: EventSink | None = None,
        observers: Sequence[OutcomeObserver] | None = None,
        runner: ExportRunner | None = None,
        resume: bool = True,
        attachments: str | AttachmentOpener | None = None,
        runtime: Runtime = SYSTEM_RUNTIME,
        http: HttpSettings = DEFAULT_HTTP_SETTINGS,
        transport: HttpTransport | None = None,
    ) -> Self:
        """As `open`, with what the environment says.

        The `JIRA_` variables are the site and the way to sign in (see `jira_settings`), `JSE_DATABASE_URL` is the
        store, `JSE_<NAME>` are the settings; an argument goes before its variable.

        Args:
            account: site and way to sign in, as `jira_settings` gives them.
            observers: who is told of the end of exports; None: whom the environment names (`outcome_observers`).
            attachments: as of `open`; None: as `JSE_ATTACHMENTS` says.
            store, settings, conversion, sink, runner, resume, runtime, http, transport: as of `open`.

        Raises:
            SettingsError: a variable is missing or does not fit; the message names it.
        """
        account = account or jira_settings()
        return cls.open(
            account.base_url,
            auth_from(account),
            store=database_url() if store is None else store,
            settings=settings or export_settings(),
            conversion=conversion,
            sink=sink,
            observers=outcome_observers() if observers is None else observers,
            runner=runner,
            resume=resume,
            attachments=attachments_address() if attachments is None else attachments,
            runtime=runtime,
            http=replace(http, allow_plain_http=http.allow_plain_http or account.allow_http),
            transport=transport,
        )

    async def __aenter__(self) -> Self:
        if self._entered:
            raise RuntimeError("This JiraExport has been opened before; open another one.")
        self._entered = True
        async with AsyncExitStack() as stack:
            if self._owned_client is not None:
                await stack.enter_async_context(self._owned_client)
            if self._owned_store is not None:
                if not isinstance(self._owned_store, InMemoryStore):
                    _check_asyncio()
                await stack.enter_async_context(self._owned_store)
                await self._owned_store.migrate()
            # Left after the runner, whose last events it is to hear, and before the store, which it asks.
            await stack.enter_async_context(self._teller)
            stack.push_async_callback(self._told_who_waits)
            if self._own_runner is not None:
                await stack.enter_async_context(self._own_runner)
            stack.push_async_callback(self._executions.hand_over)
            self._is_open_here.set(True)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        self._is_open_here.set(False)
        self._closing.set()
        self._stopping.set()
        return await self._stack.__aexit__(exc_type, exc, traceback)

    def __repr__(self) -> str:
        return f"JiraExport({self.client!r}, {self.store!r})"

    # -- exporting -------------------------------------------------------------------------------------------------

    async def export(
        self, session: Session | UUID, *, only: Collection[UUID] | None = None, skip: Collection[UUID] = ()
    ) -> ExportResult:
        """Export a session and wait until it is done; `start`, then `wait`.

        It may be called any number of times, also after a failure, a crash or from several processes at once: issues
        that exist are never created again, and a session that is done gives its result at once. Cancelling the call
        ends the waiting, not the export; `service.cancel` cancels it.

        Args:
            session: the session, stored first; or the id of one that the store has.
            only: export these tickets alone. None: all that have no issue yet; of a failed export, those that were not
                left out.
            skip: leave these out. What is left out becomes `skipped`, and is exported by a later call that takes it.

        Raises:
            ExportFailedError: it failed; `error.failure` says why. Calling again retries where it stopped.
            ExportStoppedError: it was cancelled, or this process shuts down.
            RetriesExhaustedError: it failed once more than retries are allowed.
            InputError: the session cannot be exported as it is.
            JiraError: the check before the start failed: credentials, project, permissions. No retry is used up.
            SessionNotFoundError: the store has no session of that id.
            StoreUnavailableError: the database did not answer; what runs goes on, or is resumed once it does.
        """
        session_id = await self._stored(session)
        before = await self._so_far(session_id)
        if not await self._started(session_id, only, skip):
            return await self._result(session_id, before)
        return await self._waited_for(session_id, before)

    async def start(
        self, session: Session | UUID, *, only: Collection[UUID] | None = None, skip: Collection[UUID] = ()
    ) -> UUID:
        """Have a session exported soon, or go on with it; nothing happens when it runs or is done already.

        Returns:
            The session's id, for `watch`, `wait` and `service`.

        Raises:
            JiraSessionExportError: as `export`, without ExportFailedError and ExportStoppedError.
        """
        session_id = await self._stored(session)
        await self._started(session_id, only, skip)
        return session_id

    async def retry(
        self, session_id: UUID, *, only: Collection[UUID] | None = None, skip: Collection[UUID] = ()
    ) -> ExportResult:
        """Retry a failed export and wait until it is done; `export` does so by itself.

        Args:
            only, skip: as of `export`; leave out the ticket that makes the export fail.

        Raises:
            NotStartedError, NothingToRetryError, ExportRunningError: it did not fail.
            JiraSessionExportError: as `export`.
        """
        self._check_open()
        before = await self._so_far(session_id)
        await self.service.retry(session_id, only=only, skip=skip)
        return await self._waited_for(session_id, before)

    async def release(self, session_id: UUID, *, by: str) -> None:
        """Let a session that has used up its retries be retried again; see `ExportService.release`.

        Args:
            by: who releases it; the audit trail says so.

        Raises:
            NothingToReleaseError: it has not failed, or a retry is left.
            SessionNotFoundError, StoreUnavailableError: as `export`.
        """
        self._check_open()
        await self.service.release(session_id, by=by)

    async def wait(self, session_id: UUID) -> ExportResult:
        """Wait until an export that was started has ended, in this process or in another.

        Raises:
            NotStartedError: it was never started.
            JiraSessionExportError: as `export`.
        """
        self._check_open()
        return await self._waited_for(session_id, await self._so_far(session_id))

    async def execute(self, session_id: UUID) -> SessionState:
        """Run a session that was started, until it completes, fails, is cancelled or handed over; for a queue's task.

        It does nothing when the session does not run any more, when another worker has it, or when it is not its turn,
        so a task that comes twice, late or after a crash is harmless. Cancelling the call has the run hand over at its
        next step, at the latest after the settings' `grace_seconds`.

        Returns:
            The session's state afterwards. A failed export is state, not an exception; one that is still `exporting`
            goes on at another worker, or is queued by the next `sweep`.

        Raises:
            SessionNotFoundError: the store has no session of that id.
            StoreUnavailableError: the database did not answer.
        """
        self._check_open()
        return await self._executions.run(session_id)

    async def sweep(self) -> Sequence[UUID]:
        """Give the runner the sessions that nobody works on although they should run; once.

        They are those that were handed over or left by a worker that died, and those whose job got lost. One that may
        still be waiting in the queue is given to it again after 30 seconds, then after one minute, two, and so on,
        as long as the same `JiraExport` looks.

        Returns:
            Their ids.

        Raises:
            NewerTablesError: the tables are newer than this version knows.
            StoreUnavailableError: the database, or the queue, did not answer.
        """
        self._check_open()
        return await self._sweeper.once()

    async def keep_sweeping(self, *, every: float = 5.0) -> None:
        """Call `sweep` again and again, until this `JiraExport` is stopped or closed; what fails is logged.

        Args:
            every: seconds between two.

        Raises:
            NewerTablesError: the tables are newer than this version knows.
        """
        self._check_open()
        while not self._stopping.is_set():
            await self._sweeper.once_logged()
            await sleep_until(self.runtime, every, self._stopping)

    def stop(self) -> None:
        """Have all runs of this process hand over at their next step, and start no other; for a shutdown.

        What waits for them, such as `execute`, returns when they have.
        """
        self._stopping.set()
        self.exporter.stop()

    async def result(self, session_id: UUID) -> ExportResult:
        """The issues made so far, also of an export that runs, has failed, or was never started."""
        self._check_open()
        return await self._result(session_id, await self._so_far(session_id))

    def watch(self, session_id: UUID, *, poll_seconds: float = POLL_SECONDS) -> AsyncGenerator[ExportMessage, None]:
        """The session's present state at once, then each change, until the export is completed or has failed.

        A session that does not run, because it was not started yet or was cancelled, is waited for. Of an export that
        runs in another process, a store on PostgreSQL tells at once.

        Args:
            poll_seconds: how often another store is asked about an export that runs in another process.

        Raises:
            SessionNotFoundError: there is no such session.
            StoreUnavailableError: the database did not answer.
        """
        self._check_open()
        return watch_together(
            self.store,
            self.hub,
            session_id,
            self.settings,
            self.runtime,
            poll_seconds=poll_seconds,
            reads=self._reads,
        )

    async def cleanup(
        self,
        session: Session | UUID,
        *,
        by: str = "",
        dry_run: bool = True,
        project_key: str | None = None,
        forget_missing: bool = False,
    ) -> CleanupReport:
        """Find the issues of a session in Jira, and delete them when `dry_run` is off.

        Only issues whose marker says that they are this session's are deleted. Afterwards it can be exported anew.

        Args:
            session: the session, or its id; the store need not know it.
            by: who has it done, for the audit trail; needed when `dry_run` is off.
            project_key: of the project to search; that of the session by default.
            forget_missing: also forget issues that the store has and Jira does not show: you say that they are gone.

        Raises:
            InputError: `by` or `project_key` is needed, or the account may not delete issues.
            SettingsError: the client cannot delete issues.
            ExportRunningError: it is being exported.
            JiraError, StoreUnavailableError: as `export`; what was deleted before is recorded.
        """
        self._check_open()
        session_id = session if isinstance(session, UUID) else session.id
        if project_key is None:
            try:
                project_key = (
                    session.project_key
                    if isinstance(session, Session)
                    else (await self.store.state(session_id)).project_key
                )
            except SessionNotFoundError:
                raise InputError(
                    f"This store does not know session {session_id}, so it takes the key of its project.",
                    recovery_actions=["Give project_key, with the command by --project KEY."],
                ) from None
        if not isinstance(self.client, IssueRemover):
            raise SettingsError("This client cannot delete issues.", recovery_actions=["Use JiraClient."])
        cleaner = Cleaner(self.client, self.store, settings=self.settings, runtime=self.runtime)
        if dry_run:
            return await cleaner.find(session_id, project_key)
        if not by:
            raise InputError("Who deletes the issues is not said.", recovery_actions=["Give `by`, a name."])
        return await cleaner.clean_up(session_id, project_key, by=by, forget_missing=forget_missing)

    # -- before an export ------------------------------------------------------------------------------------------

    async def put(self, session: Session) -> UUID:
        """Store a session without exporting it, or new content for one that is there.

        Returns:
            The session's id.

        Raises:
            InputError: the store has another session of that id, of which issues exist.
            SettingsError: the store takes its sessions from the host.
        """
        self._check_open()
        return await self._put(session, self.store)

    async def _put(self, session: Session, store: SessionStore) -> UUID:
        await self._check_same_session(session, store)
        put = getattr(store, "put", None)
        if put is None:
            raise SettingsError(
                "This store takes its sessions from the host.",
                recovery_actions=["Give the id of a session that the store has, instead of a session."],
            )
        await put(session)
        return session.id

    def in_transaction(self, connection: Any) -> InTransaction:
        """Store and start sessions in a transaction of the host's own: with its commit all is there, else nothing.

            async with engine.begin() as connection:
                await connection.execute(...)
                await jira.in_transaction(connection).start(session)

        With the queue of `ProcrastinateRunner` in the same database the job is a part of the transaction, too. With
        another runner, call `committed` of what this returns, after the commit.

        Args:
            connection: as of `SqlAlchemyStore.joined`.

        Raises:
            SettingsError: the store cannot write through such a connection, or in no transaction but its own.
        """
        self._check_open()
        if not isinstance(self.store, JoinableStore):
            raise SettingsError(
                "This store cannot write in a transaction of yours.",
                recovery_actions=["Use a store on SQLite or PostgreSQL.", "Or call start after your commit."],
            )
        store = self.store.joined(connection)
        return InTransaction(store, self._runner, self._about_services, lambda session: self._put(session, store))

    async def adopt(self, session: Session | UUID) -> SessionState:
        """Take over what Jira has of a session whose state was lost, without creating anything.

        An export does the same by itself before its first create. Arguments, result and errors are those of
        `Exporter.adopt`; a session that is given is stored first.
        """
        session_id = await self._stored(session)
        self._only_adopting.add(session_id)
        try:
            return await self.exporter.adopt(session_id)
        finally:
            self._only_adopting.discard(session_id)

    async def observers_told(self) -> None:
        """Wait until the observers have been told of all exports that have ended so far in this process."""
        await self._teller.all_told()

    async def plan(
        self, session: Session | UUID, *, only: Collection[UUID] | None = None, skip: Collection[UUID] = ()
    ) -> ExportPlanResponse:
        """A dry run: what an export would send, lose and leave for a person. It writes nothing.

        Args:
            session: the session, or the id of one that the store has.
            only, skip: as of `export`.

        Raises:
            InputError: the session cannot be exported as it is.
            JiraError: Jira says no to the account or the project, or could not be asked.
            SessionNotFoundError: the store has no session of that id.
        """
        self._check_open()
        return await self.service.plan(session, only=only, skip=skip)

    async def validate(
        self,
        project_key: str,
        *,
        requires_assignee: bool | None = None,
        requires_sprint_assignment: bool | None = None,
        requires_priority_levels: bool | None = None,
    ) -> ProjectValidationResponse:
        """Whether the account can export to a project, with its sprints, people and priorities.

        Args:
            requires_assignee, requires_sprint_assignment, requires_priority_levels: what every ticket must be able to
                carry; None: as the settings of that name say.

        Raises:
            AuthenticationError: Jira does not accept the credentials.
            JiraError: Jira could not be asked.
        """
        self._check_open()
        settings = self.settings
        requirements = ProjectRequirements(
            requires_assignee=_or(requires_assignee, settings.requires_assignee),
            requires_sprint_assignment=_or(requires_sprint_assignment, settings.requires_sprint_assignment),
            requires_priority_levels=_or(requires_priority_levels, settings.requires_priority_levels),
        )
        return await self.service.validate_project(
            ProjectValidationRequest(project_key=project_key, user_requirements=requirements)
        )

    # -- inside ----------------------------------------------------------------------------------------------------

    def _check_open(self) -> None:
        if self._is_open_here.get():
            return
        if not self._entered:
            raise RuntimeError("This JiraExport is not open: use it as `async with JiraExport.open(...) as jira`.")
        raise RuntimeError(
            "This JiraExport is closed, or was opened in another event loop: open one in each, "
            "or use jira_session_export.sync.JiraExport, which any thread may call."
        )

    async def _stored(self, session: Session | UUID) -> UUID:
        self._check_open()
        return await self.put(session) if isinstance(session, Session) else session

    async def _check_same_session(self, session: Session, store: SessionStore) -> None:
        """Stop before another batch of the same name is taken for new content of a session that has issues."""
        try:
            kept = await store.ticket_states(session.id)
        except SessionNotFoundError:
            return
        titles = {ticket.id: ticket.title for ticket in session.tickets}
        exported = [ticket for ticket in kept if ticket.issue is not None]
        if exported and not any(titles.get(ticket.ticket_id) == ticket.title for ticket in exported):
            raise InputError(
                f"The store has another session {session.name!r} for project {session.project_key}, "
                "and none of its exported tickets is in this one.",
                recovery_actions=[
                    "Give this session a name or an id of its own, with the command by --session NAME.",
                    "If it is the same one with every title edited, put one title back, export, then edit it in Jira.",
                ],
            )

    async def _started(self, session_id: UUID, only: Collection[UUID] | None, skip: Collection[UUID]) -> bool:
        """Start or retry; False when all that was asked for is exported already."""
        while True:
            try:
                await self.service.start(session_id, only=only, skip=skip)
            except AlreadyCompletedError:
                return False
            except RetryNeededError:
                try:
                    await self.service.retry(session_id, only=only, skip=skip)
                except (ExportRunningError, NothingToRetryError):
                    continue  # somebody else was faster
            return True

    async def _waited_for(self, session_id: UUID, before: _SoFar) -> ExportResult:
        with self._waits():
            while True:
                if self._own_runner is not None:
                    await self._own_runner.wait(session_id)
                state = await self.store.state(session_id)
                if state.status != SessionStatus.EXPORTING:
                    break
                if self._closing.is_set():
                    raise ExportStoppedError(session_id=session_id, cancelled=False)
                if self._own_runner is not None and not self.exporter.is_held(state):
                    await self._own_runner.submit(session_id)  # its worker vanished; the lease decides who goes on
                await sleep_until(self.runtime, POLL_SECONDS, self._closing)
            self._raise_unless_completed(state)
            return await self._result(session_id, before)

    @contextmanager
    def _waits(self) -> Iterator[None]:
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1
            if not self._waiting:
                self._nobody_waits.set()

    async def _told_who_waits(self) -> None:
        """Let everybody who waits for an export read how it ended, before the store is closed."""
        if self._waiting:
            self._nobody_waits = anyio.Event()
            await self._nobody_waits.wait()

    def _raise_unless_completed(self, state: SessionState) -> None:
        match state.status:
            case SessionStatus.COMPLETED:
                return
            case SessionStatus.EXPORT_FAILED:
                assert state.failure is not None  # noqa: S101 -- set with the status
                raise ExportFailedError(
                    state.failure,
                    session_id=state.session_id,
                    ticket_order=state.failed_at_ticket_order,
                    retry_available=retry_available(state, self.settings),
                )
            case SessionStatus.CANCELLED:
                raise ExportStoppedError(session_id=state.session_id, cancelled=True)
            case _:
                raise NotStartedError("This session has not been exported yet.", session_id=state.session_id)

    async def _so_far(self, session_id: UUID) -> _SoFar:
        return _SoFar((await self.store.state(session_id)).exported, self._adopted[session_id])

    async def _result(self, session_id: UUID, before: _SoFar) -> ExportResult:
        return export_result(
            await read_results(self.store, session_id),
            exported_before=before.exported,
            adopted=self._adopted[session_id] - before.adopted,
        )

    def _tell(self, event: ExportEvent) -> None:
        self.hub(event)
        if isinstance(event, IssueExported) and event.adopted:
            self._adopted[event.session_id] += 1
        if event.session_id not in self._only_adopting:
            self._teller(event)
        if self._sink is not None:
            self._sink(event)


def _check_asyncio() -> None:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        raise SettingsError(
            "Stores on SQLite and PostgreSQL run on asyncio alone, and this is another event loop.",
            recovery_actions=["Run the program with asyncio, or give memory:// or a store of your own."],
        ) from None


def _or(value: bool | None, default: bool) -> bool:
    return default if value is None else value
