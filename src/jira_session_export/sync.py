"""The same without `async`: for Django, Flask, Celery and scripts.

`JiraExport` here has the methods of `jira_session_export.JiraExport`, each of which waits for its answer. An event loop
in a thread of its own does the work, so one object serves any number of threads and calls.

    from jira_session_export import ApiTokenAuth
    from jira_session_export.sync import JiraExport

    jira = JiraExport.open(base_url, ApiTokenAuth(email, token), store="sqlite:///exports.db")

    def view(session_id):
        result = jira.export(session_id)
"""

import asyncio
import atexit
import os
import threading
from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from functools import partial
from types import TracebackType
from typing import Any, Final, Self, TypeVar
from uuid import UUID
from weakref import WeakSet

from anyio.from_thread import BlockingPortal, start_blocking_portal

from jira_session_export import _jira_export as asynchronous
from jira_session_export._adf import Conversion, ConversionOptions
from jira_session_export._attachments.protocols import AttachmentOpener
from jira_session_export._envconfig import JiraSettings
from jira_session_export._export.cleanup import CleanupReport
from jira_session_export._export.ending import RELEASE_SECONDS
from jira_session_export._export.events import EventSink
from jira_session_export._export.in_transaction import InTransaction as AsyncInTransaction
from jira_session_export._export.outcomes import OutcomeObserver
from jira_session_export._export.ports import ExportRunner
from jira_session_export._export.result import ExportResult
from jira_session_export._jira import ApiTokenAuth, BearerAuth, HttpSettings, HttpTransport, OAuth2Auth
from jira_session_export._jira.http import DEFAULT_HTTP_SETTINGS
from jira_session_export._jira_export import POLL_SECONDS
from jira_session_export._journal import SessionState
from jira_session_export._models import Session, Ticket
from jira_session_export._runtime import SYSTEM_RUNTIME, Runtime
from jira_session_export._settings import ExportSettings
from jira_session_export._storage.protocols import SessionStore
from jira_session_export.api import (
    AdfTestRequest,
    AdfTestResponse,
    ExportAlreadyRunningResponse,
    ExportMessage,
    ExportPlanResponse,
    ExportResultsResponse,
    ExportRetryResponse,
    ExportStartResponse,
    ProjectValidationRequest,
    ProjectValidationResponse,
    StatusResponse,
)

__all__ = ["ExportService", "InTransaction", "JiraExport"]

T = TypeVar("T")
_END: Final = object()


@dataclass(frozen=True, slots=True)
class _Opened:
    """An open `JiraExport` and the event loop it lives in."""

    jira: asynchronous.JiraExport
    portal: BlockingPortal
    loop: asyncio.AbstractEventLoop
    stack: ExitStack

    def call(self, function: Callable[..., Awaitable[T]], /, *args: object, **kwargs: object) -> T:
        """Run `function` in the event loop and wait for what it returns."""
        try:
            future = self.portal.start_task_soon(partial(function, *args, **kwargs))
        except RuntimeError as exc:
            problem = "This JiraExport is closed, or was called by a sink, in the thread of its event loop."
            raise RuntimeError(problem) from exc
        try:
            return future.result()
        except CancelledError:
            raise RuntimeError("This JiraExport was closed while the call waited.") from None
        except BaseException:
            future.cancel()  # Ctrl-C or a time limit in this thread: nobody waits for it any more
            raise

    def stop(self) -> None:
        """Have the runs hand over, without waiting for them."""
        with suppress(RuntimeError):  # closed in the meantime
            self.loop.call_soon_threadsafe(self.jira.stop)


class JiraExport:
    """Exports sessions to one Jira site and keeps their state in one store; see `jira_session_export.JiraExport`.

    Make one for each process, at module level if you like, or use it in a `with` block. It opens at its first call,
    and closes at the end of the block, by `close`, or when the process exits. Any thread may call it. A process
    that was forked from one that uses it (gunicorn with `preload_app`, Celery) opens its own at its first call there.
    Fork while nothing is exported: Python's own locks, such as those of open log files, are copied as they are.

    Exports run in a thread of this process. A `sink` is called in that thread.
    """

    def __init__(self, make: Callable[[], asynchronous.JiraExport]) -> None:
        self._make = make
        self._made: asynchronous.JiraExport | None = make()  # what is wrong with the arguments shows at once
        self._opened: _Opened | None = None
        self._closed = False
        self._stopped = False
        self._lock = threading.Lock()
        self.settings: ExportSettings = self._made.settings
        self.service: ExportService = ExportService(self)
        _ALL.add(self)

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
        """Jira and a store; nothing is connected to before the first call.

        Arguments and errors are those of `jira_session_export.JiraExport.open`.
        """
        return cls(
            partial(
                asynchronous.JiraExport.open,
                base_url,
                auth,
                store=store,
                settings=settings,
                conversion=conversion,
                sink=sink,
                observers=observers,
                runner=runner,
                resume=resume,
                attachments=attachments,
                runtime=runtime,
                http=http,
                transport=transport,
            )
        )

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
        """As `open`, with what the environment says: see `jira_session_export.JiraExport.from_env`."""
        return cls(
            partial(
                asynchronous.JiraExport.from_env,
                account=account,
                store=store,
                settings=settings,
                conversion=conversion,
                sink=sink,
                observers=observers,
                runner=runner,
                resume=resume,
                attachments=attachments,
                runtime=runtime,
                http=http,
                transport=transport,
            )
        )

    def __enter__(self) -> Self:
        self._open()
        return self

    def __exit__(
        self, exc_type: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"sync.{self._opened.jira!r}" if self._opened else "sync.JiraExport(not open in this process)"

    def close(self) -> None:
        """Have running exports hand over, and close what was opened; harmless when that was done before."""
        with self._lock:
            opened, self._opened, self._closed = self._opened, None, True
        if opened is not None:
            opened.stack.close()

    # -- exporting -------------------------------------------------------------------------------------------------

    def export(
        self, session: Session | UUID, *, only: Collection[UUID] | None = None, skip: Collection[UUID] = ()
    ) -> ExportResult:
        """See `jira_session_export.JiraExport.export`."""
        opened = self._open()
        return opened.call(opened.jira.export, session, only=only, skip=skip)

    def start(
        self, session: Session | UUID, *, only: Collection[UUID] | None = None, skip: Collection[UUID] = ()
    ) -> UUID:
        """See `jira_session_export.JiraExport.start`."""
        opened = self._open()
        return opened.call(opened.jira.start, session, only=only, skip=skip)

    def retry(
        self, session_id: UUID, *, only: Collection[UUID] | None = None, skip: Collection[UUID] = ()
    ) -> ExportResult:
        """See `jira_session_export.JiraExport.retry`."""
        opened = self._open()
        return opened.call(opened.jira.retry, session_id, only=only, skip=skip)

    def release(self, session_id: UUID, *, by: str) -> None:
        """See `jira_session_export.JiraExport.release`."""
        opened = self._open()
        return opened.call(opened.jira.release, session_id, by=by)

    def wait(self, session_id: UUID) -> ExportResult:
        """See `jira_session_export.JiraExport.wait`."""
        opened = self._open()
        return opened.call(opened.jira.wait, session_id)

    def execute(self, session_id: UUID) -> SessionState:
        """See `jira_session_export.JiraExport.execute`.

        What is raised in the calling thread meanwhile, such as Ctrl-C, SystemExit by a handler of SIGTERM, or Celery's
        SoftTimeLimitExceeded, leaves this call once the run has handed over, at the latest after `grace_seconds`.
        """
        opened = self._open()
        ended = threading.Event()

        async def run() -> SessionState:
            try:
                return await opened.jira.execute(session_id)
            finally:
                ended.set()

        try:
            return opened.call(run)
        except BaseException:
            ended.wait(self.settings.grace_seconds + RELEASE_SECONDS)
            raise

    def sweep(self) -> Sequence[UUID]:
        """See `jira_session_export.JiraExport.sweep`."""
        opened = self._open()
        return opened.call(opened.jira.sweep)

    def keep_sweeping(self, *, every: float = 5.0) -> None:
        """See `jira_session_export.JiraExport.keep_sweeping`."""
        opened = self._open()
        return opened.call(opened.jira.keep_sweeping, every=every)

    def stop(self) -> None:
        """See `jira_session_export.JiraExport.stop`. It does not wait, and a handler of signals may call it."""
        # No lock is taken and nothing is waited for: the handler runs in a thread that may be doing either.
        self._stopped = True
        if (opened := self._opened) is not None:
            opened.stop()

    def result(self, session_id: UUID) -> ExportResult:
        """See `jira_session_export.JiraExport.result`."""
        opened = self._open()
        return opened.call(opened.jira.result, session_id)

    def watch(self, session_id: UUID, *, poll_seconds: float = POLL_SECONDS) -> Iterator[ExportMessage]:
        """See `jira_session_export.JiraExport.watch`; use it in a `for` loop."""
        opened = self._open()
        messages = opened.portal.call(partial(opened.jira.watch, session_id, poll_seconds=poll_seconds))
        try:
            while (message := opened.call(_next, messages)) is not _END:
                yield message
        finally:
            with suppress(RuntimeError):  # closed in the meantime
                opened.call(messages.aclose)

    def cleanup(
        self,
        session: Session | UUID,
        *,
        by: str = "",
        dry_run: bool = True,
        project_key: str | None = None,
        forget_missing: bool = False,
    ) -> CleanupReport:
        """See `jira_session_export.JiraExport.cleanup`."""
        opened = self._open()
        return opened.call(
            opened.jira.cleanup,
            session,
            by=by,
            dry_run=dry_run,
            project_key=project_key,
            forget_missing=forget_missing,
        )

    # -- before an export ------------------------------------------------------------------------------------------

    def put(self, session: Session) -> UUID:
        """See `jira_session_export.JiraExport.put`."""
        opened = self._open()
        return opened.call(opened.jira.put, session)

    def in_transaction(self, connection: Any) -> "InTransaction":
        """See `jira_session_export.JiraExport.in_transaction`.

        Args:
            connection: a synchronous one, of SQLAlchemy or psycopg. Another thread uses it while a method is called;
                SQLite's must allow that, as those of SQLAlchemy's engines on files do.
        """
        return InTransaction(self, connection)

    def adopt(self, session: Session | UUID) -> SessionState:
        """See `jira_session_export.JiraExport.adopt`."""
        opened = self._open()
        return opened.call(opened.jira.adopt, session)

    def observers_told(self) -> None:
        """See `jira_session_export.JiraExport.observers_told`."""
        opened = self._open()
        opened.call(opened.jira.observers_told)

    def plan(
        self, session: Session | UUID, *, only: Collection[UUID] | None = None, skip: Collection[UUID] = ()
    ) -> ExportPlanResponse:
        """See `jira_session_export.JiraExport.plan`."""
        opened = self._open()
        return opened.call(opened.jira.plan, session, only=only, skip=skip)

    def validate(
        self,
        project_key: str,
        *,
        requires_assignee: bool | None = None,
        requires_sprint_assignment: bool | None = None,
        requires_priority_levels: bool | None = None,
    ) -> ProjectValidationResponse:
        """See `jira_session_export.JiraExport.validate`."""
        opened = self._open()
        return opened.call(
            opened.jira.validate,
            project_key,
            requires_assignee=requires_assignee,
            requires_sprint_assignment=requires_sprint_assignment,
            requires_priority_levels=requires_priority_levels,
        )

    # -- inside ----------------------------------------------------------------------------------------------------

    def _open(self) -> _Opened:
        if (opened := self._opened) is not None:
            return opened
        with self._lock:
            if self._closed:
                raise RuntimeError("This JiraExport is closed; make another one.")
            if self._opened is None:
                made, self._made = self._made, None
                self._opened = _start(made or self._make())
                if self._stopped:  # before it was opened, or meanwhile
                    self._opened.stop()
            return self._opened

    def _forget(self) -> None:
        """Start again in a forked process: the event loop's thread and its locks stayed in the parent."""
        if self._opened is not None:
            _INHERITED.append(self._opened)
        self._lock = threading.Lock()
        self._opened = self._made = None


async def _in_transaction(jira: asynchronous.JiraExport, connection: Any) -> AsyncInTransaction:
    return jira.in_transaction(connection)


class InTransaction:
    """The steps that begin an export, in a transaction of the host's; made by `JiraExport.in_transaction`."""

    def __init__(self, jira: JiraExport, connection: Any) -> None:
        self._opened = jira._open()  # noqa: SLF001 -- the two are one thing
        self._joined = self._opened.call(_in_transaction, self._opened.jira, connection)

    def put(self, session: Session) -> UUID:
        """Store a session, or new content for one that is there."""
        return self._opened.call(self._joined.put, session)

    def start(
        self,
        session: Session | UUID,
        *,
        only: Collection[UUID] | None = None,
        skip: Collection[UUID] = (),
        priority: int = 0,
    ) -> ExportStartResponse | ExportAlreadyRunningResponse:
        """Start an export, and queue it where the queue lies in this database."""
        return self._opened.call(self._joined.start, session, only=only, skip=skip, priority=priority)

    def retry(
        self,
        session_id: UUID,
        *,
        only: Collection[UUID] | None = None,
        skip: Collection[UUID] = (),
        priority: int = 0,
    ) -> ExportRetryResponse:
        """Start a failed export again."""
        return self._opened.call(self._joined.retry, session_id, only=only, skip=skip, priority=priority)

    def committed(self) -> None:
        """Hand what was started to the runner, where that could not be done in the transaction; call it after yours."""
        self._opened.call(self._joined.committed)


class ExportService:
    """The use cases one by one; see `jira_session_export.ExportService`. It is `JiraExport.service`."""

    def __init__(self, jira: JiraExport) -> None:
        self._jira = jira

    def start(
        self,
        session_id: UUID,
        *,
        only: Collection[UUID] | None = None,
        skip: Collection[UUID] = (),
        priority: int = 0,
    ) -> ExportStartResponse | ExportAlreadyRunningResponse:
        """See `jira_session_export.ExportService.start`."""
        opened = self._jira._open()  # noqa: SLF001 -- the two are one thing
        return opened.call(opened.jira.service.start, session_id, only=only, skip=skip, priority=priority)

    def retry(
        self,
        session_id: UUID,
        *,
        only: Collection[UUID] | None = None,
        skip: Collection[UUID] = (),
        priority: int = 0,
    ) -> ExportRetryResponse:
        """See `jira_session_export.ExportService.retry`."""
        opened = self._jira._open()  # noqa: SLF001 -- the two are one thing
        return opened.call(opened.jira.service.retry, session_id, only=only, skip=skip, priority=priority)

    def release(self, session_id: UUID, *, by: str) -> StatusResponse:
        """See `jira_session_export.ExportService.release`."""
        opened = self._jira._open()  # noqa: SLF001 -- the two are one thing
        return opened.call(opened.jira.service.release, session_id, by=by)

    def cancel(self, session_id: UUID) -> StatusResponse:
        """See `jira_session_export.ExportService.cancel`."""
        opened = self._jira._open()  # noqa: SLF001 -- the two are one thing
        return opened.call(opened.jira.service.cancel, session_id)

    def status(self, session_id: UUID) -> StatusResponse:
        """See `jira_session_export.ExportService.status`."""
        opened = self._jira._open()  # noqa: SLF001 -- the two are one thing
        return opened.call(opened.jira.service.status, session_id)

    def status_of(self, state: SessionState) -> StatusResponse:
        """See `jira_session_export.ExportService.status_of`."""
        opened = self._jira._open()  # noqa: SLF001 -- the two are one thing
        return opened.call(opened.jira.service.status_of, state)

    def results(self, session_id: UUID, *, offset: int = 0, limit: int | None = None) -> ExportResultsResponse:
        """See `jira_session_export.ExportService.results`."""
        opened = self._jira._open()  # noqa: SLF001 -- the two are one thing
        return opened.call(opened.jira.service.results, session_id, offset=offset, limit=limit)

    def validate_project(self, request: ProjectValidationRequest) -> ProjectValidationResponse:
        """See `jira_session_export.ExportService.validate_project`."""
        opened = self._jira._open()  # noqa: SLF001 -- the two are one thing
        return opened.call(opened.jira.service.validate_project, request)

    def test_conversion(self, session_id: UUID, request: AdfTestRequest) -> AdfTestResponse:
        """See `jira_session_export.ExportService.test_conversion`."""
        opened = self._jira._open()  # noqa: SLF001 -- the two are one thing
        return opened.call(opened.jira.service.test_conversion, session_id, request)

    def convert(self, ticket: Ticket) -> Conversion:
        """See `jira_session_export.ExportService.convert`."""
        return self._jira._open().jira.service.convert(ticket)  # noqa: SLF001 -- the two are one thing

    def plan(
        self,
        session: Session | UUID,
        *,
        only: Collection[UUID] | None = None,
        skip: Collection[UUID] = (),
        payloads: int | None = None,
    ) -> ExportPlanResponse:
        """See `jira_session_export.ExportService.plan`."""
        opened = self._jira._open()  # noqa: SLF001 -- the two are one thing
        return opened.call(opened.jira.service.plan, session, only=only, skip=skip, payloads=payloads)


def _start(jira: asynchronous.JiraExport) -> _Opened:
    with ExitStack() as stack:
        # asyncio: the SQLAlchemy store runs on nothing else.
        portal = stack.enter_context(start_blocking_portal("asyncio", name="jira-session-export"))
        # Calls of other threads that still wait end here instead of holding up the end of the event loop.
        stack.callback(portal.call, portal.stop, True)  # noqa: FBT003 -- cancel_remaining, positional for `call`
        stack.enter_context(portal.wrap_async_context_manager(jira))
        return _Opened(jira, portal, portal.call(asyncio.get_running_loop), stack.pop_all())


async def _next(messages: Any) -> Any:
    return await anext(messages, _END)


_ALL: WeakSet[JiraExport] = WeakSet()
_INHERITED: list[_Opened] = []
"""What a forked process has got from the other one: kept, because closing it would disturb that one's connections."""


@atexit.register
def _close_all() -> None:
    for jira in tuple(_ALL):
        jira.close()


def _forget_all() -> None:
    for jira in tuple(_ALL):
        jira._forget()  # noqa: SLF001 -- the module's own


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_forget_all)
