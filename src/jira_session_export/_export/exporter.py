"""Runs sessions: takes the lease of one, works through it, and stops all on request."""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from socket import gethostname
from uuid import UUID

from jira_session_export._adf import ConversionOptions
from jira_session_export._arguments import OPENER, STORAGE, STORE, TRACKER, require
from jira_session_export._attachments.addresses import KeepsAttachments
from jira_session_export._attachments.files import LocalFiles
from jira_session_export._attachments.protocols import AttachmentOpener
from jira_session_export._attachments.reading import SessionFiles
from jira_session_export._export.conversion import Converter
from jira_session_export._export.events import EventSink, ExportEvent
from jira_session_export._export.held_up import FilePolicy, rests_until
from jira_session_export._export.hub import guarded
from jira_session_export._export.ports import IssueTracker
from jira_session_export._export.projects import ProjectReader
from jira_session_export._export.run import Run
from jira_session_export._export.signs_of_life import SignsOfLife
from jira_session_export._export.turns import in_turn, may_run, of_site, to_make_room
from jira_session_export._jira import JiraClient
from jira_session_export._jira.exchange import IN_SESSION
from jira_session_export._jira.ratelimit import LimitStore
from jira_session_export._journal import Lease, RunResumed, RunStarted, SessionState, SessionStatus
from jira_session_export._runtime import SYSTEM_RUNTIME, Runtime
from jira_session_export._settings import ExportSettings
from jira_session_export._storage.protocols import QueuedSession, SessionQueue, SessionStore, VersionedStore
from jira_session_export.errors import AlreadyStartedError, ExportRunningError, SettingsError

logger = logging.getLogger("jira_session_export.exporter")

OTHER_SITE_SECONDS = 60.0
"""How long a session for another site has waited before it is told: the workers for that site come first."""


class Exporter:
    """Runs sessions that are `exporting`, any number at a time.

    Args:
        tracker: Jira, for example a `JiraClient`.
        store: tickets and export state.
        settings: how exports behave; the defaults when None.
        conversion: how texts are converted, with the rules for it; the defaults when None.
        projects: shares what is known of projects between runs; made when None.
        sink: called with each event once the store holds what it says; what it raises is logged.
        attachments: opens the files of tickets; by their paths on this machine when None.
        shared: processes on other machines run sessions of this store, too. Then a session whose files cannot be read
            here is handed on to them (`ExportSettings.attachment_patience_seconds`).
        machine: what this machine is called; its host name when None. All processes of a machine have the same files.

    Raises:
        TypeError: the tracker is none, or the store is none; they may be swapped.
    """

    def __init__(
        self,
        tracker: IssueTracker,
        store: SessionStore,
        *,
        settings: ExportSettings | None = None,
        conversion: ConversionOptions | None = None,
        runtime: Runtime = SYSTEM_RUNTIME,
        projects: ProjectReader | None = None,
        sink: EventSink | None = None,
        attachments: AttachmentOpener | None = None,
        shared: bool = False,
        machine: str | None = None,
    ) -> None:
        require("tracker", tracker, "create_issue", TRACKER)
        require("store", store, "acquire", STORE)
        if attachments is not None:
            require("attachments", attachments, "stat", OPENER)
            # Half of a storage would pass for an opener, and files would stay where no worker finds them.
            for method in ("check", "remove", "sessions") if hasattr(attachments, "put") else ():
                require("attachments", attachments, method, STORAGE)
        self.tracker = tracker
        self.store = store
        self.settings: ExportSettings = settings or ExportSettings()
        self.conversion: ConversionOptions | None = conversion
        self._converter = Converter(conversion)
        self.runtime = runtime
        self.projects: ProjectReader = projects or ProjectReader(tracker, settings=self.settings, runtime=runtime)
        self.sink: EventSink = guarded(sink or _nobody)
        self.attachments: AttachmentOpener = attachments or LocalFiles()
        self._in_database = store.attachments() if isinstance(store, KeepsAttachments) else None
        wanted = self.settings.requires_attachments
        self._file_policy = FilePolicy(
            requires=shared or attachments is not None if wanted is None else wanted,
            machine=machine or gethostname(),
            patience_seconds=self.settings.attachment_patience_seconds if shared else 0.0,
        )
        self._resting: dict[UUID, datetime] = {}
        self._other_sites: set[str] = set()
        if isinstance(tracker, JiraClient) and isinstance(store, LimitStore):
            tracker.share_limits(store)
        self.site: str = tracker.base_url if isinstance(tracker, JiraClient) else ""
        self._exporting: Sequence[QueuedSession] = ()
        self._owner = str(runtime.new_id())
        self._runs: set[Run] = set()
        self._signs_of_life = SignsOfLife(runtime, self.settings.lease_seconds)
        self.stopping: bool = False

    async def execute(self, session_id: UUID) -> SessionState:
        """Run the session until it completes, fails, is cancelled or handed over.

        Does nothing when the session is not `exporting` or another worker has it, when it is one of another Jira site,
        when its files could not be read on this machine a moment ago, or when the settings let no other session run
        now: then `unattended` names it as soon as it may.

        Returns:
            The session's state afterwards. A failed run is state, not an exception.

        Raises:
            SessionNotFoundError: there is no such session.
            StoreUnavailableError: the state could not be read, or the end of the run could not be recorded.
        """
        while True:
            state = await self.store.state(session_id)
            now = self.runtime.now()
            if self.stopping or state.status != SessionStatus.EXPORTING or self.is_held(state):
                return state
            if self._rests(state):
                return state
            if not await self._has_its_turn(state):
                return state
            # A lease may run on by a clock that was set back although nobody holds it.
            free_at = max(now, state.lease_expires_at or now)
            # A worker that hands over or ends gives the lease back. One that still has an expired lease has vanished.
            crashed = bool(state.lease_owner)
            lease = await self.store.acquire(
                session_id,
                RunResumed(now, crashed=crashed, first=not crashed and state.lease_expires_at is not None),
                expected_token=state.token,
                owner=self._owner,
                now=free_at,
                lease_seconds=self.settings.lease_seconds,
            )
            if lease is not None:
                if free_at > now:
                    await self.store.renew(lease, now=now, lease_seconds=self.settings.lease_seconds)
                break
            # The token has changed since the state was read, because another worker was faster: read again.
        run = self._run(lease, state, crashes=state.crash_count + crashed)
        await self._work(run)
        state = await self.store.state(session_id)
        self._rests(state)
        return state

    def _rests(self, state: SessionState) -> bool:
        """Whether the session is left to other machines for now."""
        until = rests_until(state, self._file_policy.machine, self.runtime.now())
        if until is None or state.status != SessionStatus.EXPORTING or state.cancel_requested:
            self._resting.pop(state.session_id, None)
            return False
        self._resting[state.session_id] = until
        return True

    def _resting_now(self) -> frozenset[UUID]:
        """The sessions that are left to other machines; those that were for long enough are forgotten."""
        now = self.runtime.now()
        self._resting = {key: until for key, until in self._resting.items() if until > now}
        return frozenset(self._resting)

    def is_held(self, state: SessionState) -> bool:
        """Return whether a worker has the session and may be alive, also where a clock was set."""
        return self._signs_of_life.is_held(state)

    async def unattended(self) -> Sequence[UUID]:
        """List the sessions that are exporting while no worker is at them; a sweep has `execute` called with each.

        They are those of this exporter's site that may run now, the one whose turn it is first: no owner waits because
        another one has many.

        Raises:
            StoreUnavailableError: the database did not answer.
        """
        resting = self._resting_now()
        found = [each for each in await self._signs_of_life.unattended(self.store) if each not in resting]
        self._exporting = ()
        if not found or not isinstance(self.store, SessionQueue):
            return found
        self._exporting = await self._queued(self.store, resting)
        free = set(found)
        held = {each.session_id for each in self._exporting if each.held}
        turns = [each.session_id for each in may_run(self._exporting, self.settings) if each.session_id in free]
        # Leases that look live although nobody has them are known to be none.
        return [*turns, *(each for each in found if each in held)]

    @property
    def waiting_sessions(self) -> int:
        """How many sessions of this site waited for a worker when `unattended` was asked last."""
        return sum(not each.held for each in self._exporting)

    @property
    def first_turns(self) -> frozenset[UUID]:
        """Of the sessions that `unattended` has just named, those whose owner has no other running or before it."""
        running = {each.owner for each in self._exporting if each.held}
        first: dict[str | None, UUID] = {}
        for each in in_turn(self._exporting):
            first.setdefault(each.owner, each.session_id)
        return frozenset(session_id for owner, session_id in first.items() if owner not in running)

    @property
    def is_full(self) -> bool:
        """Whether as many sessions ran as the settings let run at once, when `unattended` was asked last."""
        most = self.settings.sessions_at_once
        return most is not None and sum(each.held for each in self._exporting) >= most

    def make_room(self) -> None:
        """Have one run here hand over, if an owner with fewer sessions waits, as `unattended` has just seen.

        For a worker that has no place left. All workers come to the same run, so that only one hands over.
        """
        if (chosen := to_make_room(self._exporting, self.settings)) is not None:
            self.hand_over(chosen)

    async def _has_its_turn(self, state: SessionState) -> bool:
        if state.site and self.site and state.site != self.site:
            return False
        limits = self.settings.sessions_at_once, self.settings.sessions_at_once_per_owner
        if limits == (None, None) or state.cancel_requested or not isinstance(self.store, SessionQueue):
            return True
        exporting = await self._queued(self.store, self._resting_now())
        return any(each.session_id == state.session_id for each in may_run(exporting, self.settings))

    async def _queued(self, store: SessionQueue, resting: Collection[UUID]) -> Sequence[QueuedSession]:
        """The sessions of this site that wait or run, but for those that are left to other machines."""
        now = self.runtime.now()
        queued = await store.queued(now)
        self._tell_of_other_sites(queued, now)
        return of_site([each for each in queued if each.session_id not in resting], self.site)

    def _tell_of_other_sites(self, queued: Sequence[QueuedSession], now: datetime) -> None:
        """Say once of each other address that sessions wait for it: it may be this site, written in another way."""
        for each in queued:
            site, began = each.site, each.started_at
            if not site or not self.site or site == self.site or each.held or site in self._other_sites:
                continue
            if began is not None and now - began >= timedelta(seconds=OTHER_SITE_SECONDS):
                self._other_sites.add(site)
                logger.warning(
                    "Session %s waits for a worker that exports to %s; this process exports to %s",
                    each.session_id,
                    site,
                    self.site,
                    extra={"action": "other_site", "session_id": str(each.session_id)},
                )

    async def check_schema(self) -> None:
        """Refuse to go on with tables that a process of a newer version has changed, with a store that has any.

        Raises:
            NewerTablesError: the tables are newer than this version knows.
            StoreUnavailableError: the database did not answer.
        """
        if isinstance(self.store, VersionedStore):
            await self.store.check_schema()

    async def adopt(self, session_id: UUID) -> SessionState:
        """Take over what Jira has of a session whose state was lost, without creating anything.

        An export does the same before its first create. Issues are found by the session's label and proved by the
        marker; Jira's index may not show those of the last minutes yet (`index_settle_seconds`).

        Returns:
            The session's state afterwards: `cancelled`, with the tickets that have issues counted as exported. Start
            the export to go on.

        Raises:
            AlreadyStartedError: this store has exported the session, so it knows its issues.
            ExportRunningError: it is being exported.
            SettingsError: `marker_label` is empty, so there is nothing to look for.
            JiraError: Jira could not be asked.
            SessionNotFoundError, StoreUnavailableError: as `execute`.
        """
        if not self.settings.marker_label:
            raise SettingsError(
                "marker_label is empty, so the issues of a session carry no label to look for.",
                recovery_actions=["Set marker_label to what it was when the issues were created."],
            )
        while True:
            state = await self.store.state(session_id)
            if state.status == SessionStatus.EXPORTING:
                raise ExportRunningError("An export of this session is running.", session_id=session_id)
            if any(ticket.attempt for ticket in await self.store.ticket_states(session_id)):
                raise AlreadyStartedError(
                    "This store has exported the session itself, so it knows its issues.", session_id=session_id
                )
            now = self.runtime.now()
            lease = await self.store.acquire(
                session_id,
                RunStarted(now, self.runtime.new_id(), site=self.site),
                expected_token=state.token,
                owner=self._owner,
                now=now,
                lease_seconds=self.settings.lease_seconds,
            )
            if lease is not None:
                break
        await self._work(self._run(lease, state, only_adopt=True))
        return await self.store.state(session_id)

    def _run(self, lease: Lease, state: SessionState, *, crashes: int = 0, only_adopt: bool = False) -> Run:
        return Run(
            lease,
            state.project_key,
            crashes=crashes,
            retry_count=state.retry_count,
            cancelled=state.cancel_requested,
            only_adopt=only_adopt,
            tracker=self.tracker,
            store=self.store,
            projects=self.projects,
            files=SessionFiles(self.attachments, lease.session_id, database=self._in_database),
            file_policy=self._file_policy,
            settings=self.settings,
            converter=self._converter,
            runtime=self.runtime,
            sink=self.sink,
        )

    async def _work(self, run: Run) -> None:
        self._runs.add(run)
        of_session = IN_SESSION.set(run.session_id)
        if self.stopping:  # asked for while the lease was being taken
            run.stop()
        try:
            await run.work()
        finally:
            self._runs.discard(run)
            IN_SESSION.reset(of_session)

    def cancel(self, session_id: UUID) -> None:
        """Have the session's run, if there is one here, hear at once of a cancellation that the store has recorded."""
        for run in self._runs:
            if run.session_id == session_id:
                run.cancel()

    def hand_over(self, session_id: UUID) -> None:
        """Have the session's run, if there is one here, hand over at its next step."""
        for run in self._runs:
            if run.session_id == session_id:
                run.stop()

    def stop(self) -> None:
        """Ask all runs to hand over at their next step, and start no other."""
        self.stopping = True
        for run in self._runs:
            run.stop()


def _nobody(_event: ExportEvent) -> None:
    pass
