"""The parts the endpoints work with, opened once and wired together."""

import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

from app.ratelimit import PollingLimit
from app.settings import ServiceSettings
from jira_session_export import (
    ApiTokenAuth,
    EventHub,
    Exporter,
    ExportService,
    ExportSettings,
    HttpSettings,
    InProcessRunner,
    JiraClient,
    JiraSettings,
    ProjectReader,
    RetryPolicy,
    Runtime,
)
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore
from jira_session_export.testing import FakeJira

logger = logging.getLogger("jira_session_export.service")

DEMO_INDEX_SETTLE_SECONDS = 2.0
"""The demo's Jira finds an issue as soon as it exists, so nobody need wait for its index."""


@dataclass(frozen=True, slots=True)
class Engine:
    """What the endpoints work with.

    Attributes:
        hub: the events of the exports that run in this process.
        polling: how often a session's status may be asked for.
        jira_url: the site that issues are created in.
        demo: whether that site is the demo's.
    """

    settings: ServiceSettings
    export: ExportSettings
    runtime: Runtime
    store: SqlAlchemyStore
    client: JiraClient
    service: ExportService
    hub: EventHub
    polling: PollingLimit
    jira_url: str
    demo: bool


@asynccontextmanager
async def open_engine(settings: ServiceSettings, runtime: Runtime) -> AsyncIterator[Engine]:
    """Everything open and running; leaving it hands running exports over, and the next start goes on with them.

    Raises:
        StoreUnavailableError: the database does not answer.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    async with AsyncExitStack() as stack:
        store = await stack.enter_async_context(SqlAlchemyStore.open(settings.database_url))
        await store.migrate()
        export, jira = settings.export, settings.jira
        if jira is None:
            jira = await stack.enter_async_context(_demo_jira(settings))
            export = export.model_copy(update={"index_settle_seconds": DEMO_INDEX_SETTLE_SECONDS})
        client = await stack.enter_async_context(
            JiraClient(
                jira.base_url,
                ApiTokenAuth(jira.email, jira.api_token),
                runtime=runtime,
                http=HttpSettings(timeout_seconds=export.request_timeout_seconds),
            )
        )
        hub = EventHub()
        # A person waits for the answer to a start or a validation, so those are not patient; a run is.
        projects = ProjectReader(client.with_options(retry=RetryPolicy.interactive()), settings=export, runtime=runtime)
        exporter = Exporter(client, store, settings=export, runtime=runtime, sink=hub)
        polling = await stack.enter_async_context(PollingLimit.open(settings.database_url, runtime))
        runner = await stack.enter_async_context(InProcessRunner(exporter, sweep_seconds=export.lease_seconds / 3))
        service = ExportService(store, client, runner, settings=export, runtime=runtime, projects=projects)
        yield Engine(
            settings=settings,
            export=export,
            runtime=runtime,
            store=store,
            client=client,
            service=service,
            hub=hub,
            polling=polling,
            jira_url=jira.base_url,
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
