"""Stores and starts sessions in a transaction of the host's: with its commit all of it is there, else nothing."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

from jira_session_export._export.ports import ExportRunner, TransactionalRunner
from jira_session_export._export.service import ExportService
from jira_session_export._mapping.metadata import ProjectMetadata
from jira_session_export._models import Session, Ticket
from jira_session_export._storage.protocols import SessionStore
from jira_session_export.api import ExportAlreadyRunningResponse, ExportRetryResponse, ExportStartResponse


@runtime_checkable
class JoinableStore(Protocol):
    """A store that can write in a transaction of the host's."""

    def joined(self, connection: Any) -> SessionStore:
        """The same store, over a connection of the host's."""


class InTransaction:
    """The steps that begin an export, in a transaction of the host's; made by `JiraExport.in_transaction`.

    They may be called one after the other, not at once: a connection does one thing at a time.

    Attributes:
        store: the store, over the host's connection.
    """

    def __init__(
        self,
        store: SessionStore,
        runner: ExportRunner,
        about_services: Mapping[str, Any],
        put: Callable[[Session], Awaitable[UUID]],
    ) -> None:
        self.store: SessionStore = store
        self._runner = runner
        transactional = isinstance(runner, TransactionalRunner)
        self._later = _TransactionalLater(runner) if transactional else _Later()
        self._about_services = about_services
        self._put = put

    async def put(self, session: Session) -> UUID:
        """Store a session, or new content for one that is there; see `JiraExport.put`.

        Raises:
            InputError, SettingsError: as `JiraExport.put`.
            SettingsError: the connection is to another database, or in no transaction.
            StoreError: the database refused it or did not answer; roll back.
        """
        return await self._put(session)

    async def start(
        self,
        session: Session | UUID,
        *,
        only: Collection[UUID] | None = None,
        skip: Collection[UUID] = (),
        priority: int = 0,
    ) -> ExportStartResponse | ExportAlreadyRunningResponse:
        """Start an export, and queue it where the queue lies in this database.

        Jira is asked before anything is written, so that no lock is held meanwhile.

        Args:
            session: the session, stored first; or the id of one that the store has, or that this transaction has
                written.
            only, skip, priority: as of `ExportService.start`.

        Raises:
            JiraSessionExportError: as `ExportService.start` and `put`; nothing was started.
        """
        if isinstance(session, UUID):
            plain = ExportService(self.store, runner=self._later, **self._about_services)
            return await plain.start(session, only=only, skip=skip, priority=priority)
        service = _AlreadyAsked(self.store, runner=self._later, **self._about_services)
        wanted = [each for each in session.tickets if (only is None or each.id in only) and each.id not in skip]
        await service.ask(session, wanted)
        await self.put(session)
        return await service.start(session.id, only=only, skip=skip, priority=priority)

    async def retry(
        self,
        session_id: UUID,
        *,
        only: Collection[UUID] | None = None,
        skip: Collection[UUID] = (),
        priority: int = 0,
    ) -> ExportRetryResponse:
        """Start a failed export again; see `ExportService.retry`."""
        service = ExportService(self.store, runner=self._later, **self._about_services)
        return await service.retry(session_id, only=only, skip=skip, priority=priority)

    async def committed(self) -> None:
        """Hand what was started to the runner, where that could not be done in the transaction; call it after yours.

        Not needed with a queue in the same database. Without it, and after a crash in between, a sweep finds the
        session: within a third of the lease in this process.
        """
        for session_id, about in self._later.take():
            await self._runner.submit(session_id, **about)


class _AlreadyAsked(ExportService):
    """Starts a session for which Jira has been asked before it was stored."""

    _project: ProjectMetadata | None = None

    async def ask(self, session: Session, tickets: Sequence[Ticket]) -> None:
        """Make sure that these tickets of the session can be exported."""
        self._project = await super()._preflight(session, tickets)

    async def _preflight(self, session: Session, tickets: Sequence[Ticket]) -> ProjectMetadata:
        return self._project or await super()._preflight(session, tickets)


class _Later:
    """A runner that only notes what is to be submitted after the commit."""

    def __init__(self) -> None:
        self._noted: list[tuple[UUID, dict[str, Any]]] = []

    async def submit(self, session_id: UUID, **about: Any) -> None:
        """See `ExportRunner`."""
        self._noted.append((session_id, about))

    def take(self) -> Sequence[tuple[UUID, dict[str, Any]]]:
        """What was noted, and forget it."""
        noted, self._noted = self._noted, []
        return noted


class _TransactionalLater(_Later):
    """The same for a runner whose queue may lie in the database of the transaction; see `TransactionalRunner`."""

    def __init__(self, runner: Any) -> None:
        super().__init__()
        self._runner: TransactionalRunner = runner

    async def database(self) -> str | None:
        """See `TransactionalRunner`."""
        return await self._runner.database()

    def submit_within(self, connection: Any, session_id: UUID, **about: Any) -> None:
        """See `TransactionalRunner`."""
        self._runner.submit_within(connection, session_id, **about)
