"""`jira-session-export cancel`: asks a running export to stop, wherever it runs; needs no Jira."""

from typing import Any, cast
from uuid import UUID

from jira_session_export._cli.output import ExitCode, Output
from jira_session_export._cli.sessions import Place
from jira_session_export._cli.state import open_store
from jira_session_export._envconfig import export_settings
from jira_session_export._export.exporter import Exporter
from jira_session_export._export.service import ExportService
from jira_session_export._journal import SessionStatus
from jira_session_export._runtime import SYSTEM_RUNTIME


class NoJira:
    """In place of Jira: a run that was cancelled ends before it asks anything."""

    async def create_issue(self, *_: object, **__: object) -> Any:
        """Never called."""
        raise AssertionError("a cancelled run asks Jira nothing")

    create_fields = create_issue


class Nobody:
    """A runner that leaves the work to its caller."""

    async def submit(self, session_id: UUID, **_about: object) -> None:
        """Nothing: the caller looks whether somebody works on it."""


async def cancel_session(place: Place, output: Output) -> ExitCode:
    """Ask the worker of the session to stop; where there is none, end the run here."""
    settings = export_settings()
    async with open_store(place.database) as store:
        tracker = cast("Any", NoJira())
        service = ExportService(store, tracker, Nobody(), settings=settings)
        before = await store.state(place.session_id)
        if before.status != SessionStatus.EXPORTING:
            output.note("No export of this session is running, so there is nothing to cancel.")
        else:
            await service.cancel(place.session_id)
            state = await Exporter(tracker, store, settings=settings).execute(place.session_id)
            if state.status == SessionStatus.EXPORTING and state.lease_is_live(SYSTEM_RUNTIME.now()):
                output.note("The export stops after the step in work.")
            else:
                output.note("The export is cancelled.")
        if before.started_at is not None or output.as_json:
            output.status(await service.status(place.session_id))
    return ExitCode.DONE
