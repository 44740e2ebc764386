"""What users write; never run, only type-checked."""

from pathlib import Path
from typing import Any, assert_type
from uuid import UUID

from jira_session_export import (
    ApiTokenAuth,
    Conversion,
    CreatedIssue,
    EventHub,
    ExportedIssue,
    Exporter,
    ExportEvent,
    ExportFailedError,
    ExportResult,
    ExportRunner,
    ExportService,
    ExportSettings,
    ExportStore,
    InMemoryStore,
    InProcessRunner,
    IssueTracker,
    JiraClient,
    JiraExport,
    Session,
    SessionStore,
    Ticket,
    check_adf,
    convert_html,
    export_settings,
    html_to_adf,
    load_batch,
    markdown_to_adf,
    sync,
)
from jira_session_export.api import (
    ExportAlreadyRunningResponse,
    ExportMessage,
    ExportStartResponse,
    StatusResponse,
)
from jira_session_export.storage.sqlalchemy import SqlAlchemyStore


def convert() -> None:
    assert_type(html_to_adf("<p>x"), dict[str, Any])
    assert_type(markdown_to_adf("# x"), dict[str, Any])
    assert_type(convert_html("<p>x"), Conversion)
    assert not check_adf(html_to_adf("<p>x"))


async def export(path: Path) -> None:
    session = load_batch(path)
    assert_type(session, Session)
    assert_type(session.tickets, tuple[Ticket, ...])
    settings = export_settings(pause_seconds=0.5)
    assert_type(settings, ExportSettings)
    hub = EventHub()
    async with JiraClient("https://your-site.atlassian.net", ApiTokenAuth("me@example.com", "token")) as client:
        store = InMemoryStore()
        await store.put(session)
        exporter = Exporter(client, store, settings=settings, sink=hub)
        async with InProcessRunner(exporter) as runner:
            service = ExportService(store, client, runner, settings=settings)
            started = await service.start(session.id)
            assert_type(started, ExportStartResponse | ExportAlreadyRunningResponse)
            with hub.listen(session.id) as listener:
                async for event in listener:
                    assert_type(event, ExportEvent)


async def embed(path: Path) -> None:
    auth = ApiTokenAuth("me@example.com", "token")
    async with JiraExport.open("https://your-site.atlassian.net", auth, store="sqlite:///exports.db") as jira:
        assert_type(jira, JiraExport)
        try:
            result = await jira.export(load_batch(path), only=[UUID(int=1)])
        except ExportFailedError as error:
            assert_type(error.ticket_order, int | None)
        else:
            assert_type(result, ExportResult)
            assert_type(result.issues, tuple[ExportedIssue, ...])
            assert_type(result.manual_fixes[0].recommended_action, str)
        async for message in jira.watch(await jira.start(UUID(int=1))):
            assert_type(message, ExportMessage)


def embed_synchronously(path: Path) -> None:
    with sync.JiraExport.from_env(store=InMemoryStore()) as jira:
        assert_type(jira, sync.JiraExport)
        assert_type(jira.export(load_batch(path)), ExportResult)
        assert_type(jira.service.status(UUID(int=1)), StatusResponse)
        for message in jira.watch(UUID(int=1)):
            assert_type(message, ExportMessage)


async def shapes(client: JiraClient, memory: InMemoryStore, database: SqlAlchemyStore, runner: InProcessRunner) -> None:
    tracker: IssueTracker = client
    stores: list[SessionStore] = [memory, database]
    states: list[ExportStore] = [memory, database]
    runners: list[ExportRunner] = [runner]
    assert_type(await tracker.create_issue({"fields": {}}), CreatedIssue)
    await runners[0].submit(UUID(int=1))
    assert stores
    assert states
