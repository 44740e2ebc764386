"""`jira-session-export release`: a session can be retried again. Needs no Jira."""

from jira_session_export._cli.output import ExitCode, Output
from jira_session_export._cli.sessions import Place
from jira_session_export._cli.state import check_database, open_store
from jira_session_export._envconfig import export_settings
from jira_session_export._export.releasing import release
from jira_session_export._export.reports import read_status
from jira_session_export._wording import counted


async def release_session(place: Place, by: str, output: Output) -> ExitCode:
    """Release the session, and say how it goes on."""
    settings = export_settings()
    check_database(place.database, writing=True)
    async with open_store(place.database) as store:
        await release(store, place.session_id, settings, by=by)
        status = await read_status(store, place.session_id, settings)
    if output.as_json:
        output.document(status)
    else:
        output.note(
            f"Released by {by}: the session has {counted(settings.max_retries, 'retry', 'retries')} again. "
            "Correct what made it fail, then run: jira-session-export retry (with --skip to leave out a ticket that "
            "cannot be corrected)."
        )
    return ExitCode.DONE
