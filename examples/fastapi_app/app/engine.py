"""The parts the endpoints work with, opened once and wired together."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from app.files import looked_after, private_files, remove_forgotten
from app.longwork import LongWork
from app.plans import PlanStore
from app.ratelimit import PollingLimit
from app.settings import ServiceSettings
from app.updates import SessionUpdates
from jira_session_export import ExportRunner, JiraExport, JiraSettings, Runtime
from jira_session_export.errors import SettingsError
from jira_session_export.storage.attachments import AttachmentStorage
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore
from jira_session_export.testing import FakeJira

if TYPE_CHECKING:
    from procrastinate import App

logger = logging.getLogger("jira_session_export.service")

DEMO_INDEX_SETTLE_SECONDS = 2.0
"""The demo's Jira finds an issue as soon as it exists, so nobody need wait for its index."""


@dataclass(frozen=True, slots=True)
class Engine:
    """What the endpoints work with.

    Attributes:
        jira: exports, in this process or by a queue.
        queue: the queue that workers take exports from; None when they run in this process.
        store: what `jira` keeps its state in.
        plans: the last dry run of each session.
        work: what takes long.
        polling: how often a session's status may be asked for.
        updates: what the page follows a session by.
        jira_url: the site that issues are created in.
        demo: whether that site is the demo's.
    """

    settings: ServiceSettings
    jira: JiraExport
    queue: "App | None"
    store: SqlAlchemyStore
    plans: PlanStore
    work: LongWork
    polling: PollingLimit
    updates: SessionUpdates
    jira_url: str
    demo: bool


@asynccontextmanager
async def open_engine(settings: ServiceSettings, runtime: Runtime) -> AsyncIterator[Engine]:
    """Everything open and running; leaving it hands running exports over, and the next start goes on with them.

    Raises:
        StoreUnavailableError: the database does not answer.
    """
    async with AsyncExitStack() as stack:
        stack.enter_context(private_files(settings.data_dir))
        # Opened here, because the endpoints ask the store for more than an export needs.
        store = await stack.enter_async_context(
            SqlAlchemyStore.open(settings.database_url, pool_size=settings.export.pool_size)
        )
        await store.migrate()
        await remove_forgotten(settings.uploads, store)
        export, account = settings.export, settings.jira
        if account is None:
            account = await stack.enter_async_context(_demo_jira(settings))
            export = export.model_copy(update={"index_settle_seconds": DEMO_INDEX_SETTLE_SECONDS})
        polling = await stack.enter_async_context(PollingLimit.open(settings.database_url, runtime))
        plans = await stack.enter_async_context(PlanStore.open(settings.database_url))
        queue, runner = await _runner(settings, stack)
        jira = await stack.enter_async_context(
            JiraExport.from_env(
                account=account,
                store=store,
                settings=export,
                runner=runner,
                attachments=settings.attachments,
                runtime=runtime,
            )
        )
        if isinstance(jira.attachments, AttachmentStorage):
            await stack.enter_async_context(looked_after(jira.attachments, store, runtime.now()))
        elif settings.runner != "in-process":
            logger.warning(
                "JSE_ATTACHMENTS is not set: only workers that have the folder %s can attach what is uploaded",
                settings.uploads,
                extra={"action": "attachments_here"},
            )
        updates = await stack.enter_async_context(SessionUpdates.open(jira, store))
        yield Engine(
            settings=settings,
            jira=jira,
            queue=queue,
            store=store,
            plans=plans,
            work=LongWork(),
            polling=polling,
            updates=updates,
            jira_url=account.base_url,
            demo=settings.jira is None,
        )


async def _runner(settings: ServiceSettings, stack: AsyncExitStack) -> tuple["App | None", ExportRunner | None]:
    """The queue, and what hands sessions to it; nothing when exports run in this process."""
    if settings.runner == "in-process":
        return None, None
    try:
        from jira_session_export.integrations.procrastinate import ProcrastinateRunner, open_queue  # noqa: PLC0415
    except ModuleNotFoundError as exc:
        raise SettingsError(
            f"JSE_RUNNER=procrastinate needs {exc.name}, which is not installed.",
            recovery_actions=["Install it: pip install 'jira-session-export[distributed]'"],
        ) from exc
    queue = await stack.enter_async_context(open_queue(settings.database_url))
    return queue, ProcrastinateRunner(queue, queue=settings.queue)


@asynccontextmanager
async def _demo_jira(settings: ServiceSettings) -> AsyncIterator[JiraSettings]:
    """A local Jira whose issues survive a restart; on another port when its own is taken."""
    async with AsyncExitStack() as stack:
        try:
            fake = FakeJira(state_file=settings.data_dir / "fake-jira")
        except OSError as exc:
            raise SettingsError(
                f"The demo mode runs in one process, and its local Jira cannot be opened: {exc}.",
                recovery_actions=[
                    "Start it with one worker process, and stop other services on the same JSE_DATA_DIR.",
                    "Or set JIRA_BASE_URL, JIRA_EMAIL and JIRA_API_TOKEN.",
                ],
            ) from exc
        try:
            url = await stack.enter_async_context(fake.serve(port=settings.demo_port))
        except OSError:
            url = await stack.enter_async_context(fake.serve())
        logger.warning(
            "Demo mode: JIRA_BASE_URL is not set, so issues go to a local Jira at %s",
            url,
            extra={"action": "demo_mode"},
        )
        yield JiraSettings(url, "demo@example.com", "demo-token")
