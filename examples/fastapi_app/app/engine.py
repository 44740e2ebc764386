"""The parts the endpoints work with, opened once and wired together."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from app.files import private_files, remove_forgotten
from app.longwork import LongWork
from app.plans import PlanStore
from app.ratelimit import PollingLimit
from app.settings import ServiceSettings
from app.updates import SessionUpdates
from jira_session_export import JiraExport, JiraSettings, Runtime
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore
from jira_session_export.testing import FakeJira

logger = logging.getLogger("jira_session_export.service")

DEMO_INDEX_SETTLE_SECONDS = 2.0
"""The demo's Jira finds an issue as soon as it exists, so nobody need wait for its index."""


@dataclass(frozen=True, slots=True)
class Engine:
    """What the endpoints work with.

    Attributes:
        jira: exports, in this process.
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
        store = await stack.enter_async_context(SqlAlchemyStore.open(settings.database_url))
        await store.migrate()
        await remove_forgotten(settings.uploads, store)
        export, account = settings.export, settings.jira
        if account is None:
            account = await stack.enter_async_context(_demo_jira(settings))
            export = export.model_copy(update={"index_settle_seconds": DEMO_INDEX_SETTLE_SECONDS})
        polling = await stack.enter_async_context(PollingLimit.open(settings.database_url, runtime))
        plans = await stack.enter_async_context(PlanStore.open(settings.database_url))
        jira = await stack.enter_async_context(
            JiraExport.from_env(
                account=account,
                store=store,
                settings=export,
                runtime=runtime,
            )
        )
        updates = await stack.enter_async_context(SessionUpdates.open(jira, store))
        yield Engine(
            settings=settings,
            jira=jira,
            store=store,
            plans=plans,
            work=LongWork(),
            polling=polling,
            updates=updates,
            jira_url=account.base_url,
            demo=settings.jira is None,
        )


@asynccontextmanager
async def _demo_jira(settings: ServiceSettings) -> AsyncIterator[JiraSettings]:
    """A local Jira whose issues survive a restart; on another port when its own is taken."""
    async with AsyncExitStack() as stack:
        fake = FakeJira(state_file=settings.data_dir / "fake-jira")
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
