"""The host with an event loop: starts exports in the background, shows their progress, and answers with the outcome."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from uuid import UUID

from jira_session_export import (
    ApiTokenAuth,
    ConversionOptions,
    ExportCompleted,
    ExportEvent,
    ExportFailedError,
    ExportSettings,
    HttpSettings,
    HttpTransport,
    JiraExport,
    Session,
)
from jira_session_export.api import ExportFailedResponse, ExportProgressMessage


@dataclass
class Host:
    """What the host keeps for as long as it runs."""

    jira: JiraExport
    completed: list[UUID]
    percentages: list[float] = field(default_factory=list)

    async def problems(self, session: Session) -> list[str]:
        """What must be corrected before the session can be exported."""
        validation = await self.jira.validate(session.project_key)
        plan = await self.jira.plan(session)
        return [*validation.blocking_issues, *(issue.error_message for issue in plan.issues if issue.error_message)]

    async def export_and_show(self, session: Session) -> dict[str, str]:
        """Export in the background and show each step; the issues' addresses by key."""
        session_id = await self.jira.start(session)
        async with aclosing(self.jira.watch(session_id)) as messages:
            async for message in messages:
                if isinstance(message, ExportProgressMessage):
                    self.percentages.append(message.progress_percentage)
        result = await self.jira.wait(session_id)
        return {issue.key: issue.url for issue in result.issues}

    async def outcome(self, session: Session) -> str:
        """Export and wait; for a person to read."""
        try:
            result = await self.jira.export(session)
        except ExportFailedError as error:
            status = await self.jira.service.status(session.id)
            assert isinstance(status, ExportFailedResponse)
            again = "try again" if error.retry_available else "give up"
            return f"{error.failure.code} at ticket {error.ticket_order}: {again}"
        return f"{len(result.issues)} issues, {len(result.manual_fixes)} to fix by hand"


@asynccontextmanager
async def open_host(base_url: str, store: str, transport: HttpTransport | None = None) -> AsyncIterator[Host]:
    """The host, open: its database, its Jira, and what earlier processes left to do."""
    completed: list[UUID] = []

    def note(event: ExportEvent) -> None:
        if isinstance(event, ExportCompleted):
            completed.append(event.session_id)

    async with JiraExport.open(
        base_url,
        ApiTokenAuth("host@example.com", "token"),
        store=store,
        settings=ExportSettings(pause_seconds=0, request_timeout_seconds=10),
        conversion=ConversionOptions(heading_offset=1),
        http=HttpSettings(timeout_seconds=10),
        sink=note,
        transport=transport,
    ) as jira:
        yield Host(jira, completed)
