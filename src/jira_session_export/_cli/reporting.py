"""The commands that say what is stored of exports; they need no Jira."""

from typing import Annotated

import typer

from jira_session_export._cli.app import app, examples, run
from jira_session_export._cli.options import (
    Database,
    FailOnFixes,
    Json,
    Newest,
    OutputFile,
    OutputFormat,
    ProjectKey,
    Quiet,
    SessionName,
    SessionPlace,
)
from jira_session_export._cli.output import ExitCode, Output, Report


@app.command(epilog=examples("status", "status backlog.json", "status --newest --json"))
def status(
    session: SessionPlace = None,
    database: Database = None,
    project: ProjectKey = None,
    name: SessionName = None,
    *,
    newest: Newest = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Say how far an export is, or why it stopped."""
    output = Output(as_json=json, quiet=quiet)

    async def work() -> ExitCode:
        from jira_session_export._cli.sessions import Wanted, find_session
        from jira_session_export._cli.state import open_reader, report

        place = await find_session(Wanted(session, database, project, name, newest), output)
        async with open_reader(place.database) as store:
            return await report(store, place.session_id, output, what=Report.STATUS)

    run(output, work)


@app.command(
    epilog=examples(
        "results", "results backlog.json --format csv", "results -o results.md", "results --json | jq .manual_fixes"
    )
)
def results(
    session: SessionPlace = None,
    database: Database = None,
    project: ProjectKey = None,
    name: SessionName = None,
    form: OutputFormat = None,
    file: OutputFile = None,
    *,
    label: Annotated[
        bool, typer.Option("--label", help="Print the session's label, a JQL that finds its issues, and their keys.")
    ] = False,
    newest: Newest = False,
    fail_on_fixes: FailOnFixes = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """List the issues an export has made so far, and what to fix by hand."""
    output = Output(as_json=json, quiet=quiet, form=form, file=file, fail_on_fixes=fail_on_fixes)

    async def work() -> ExitCode:
        from jira_session_export._cli.sessions import Wanted, find_session
        from jira_session_export._cli.state import open_reader, report

        place = await find_session(Wanted(session, database, project, name, newest), output)
        async with open_reader(place.database) as store:
            if label:
                from jira_session_export._cli.label import print_label

                return await print_label(store, place.state, output)
            return await report(store, place.session_id, output, what=Report.RESULTS)

    run(output, work)


@app.command(epilog=examples("sessions", "sessions backlog.json --format csv", "sessions --database URL --json"))
def sessions(
    place: Annotated[
        str | None,
        typer.Argument(metavar="FILE", help="A batch file or a state file; all state files of this folder by default."),
    ] = None,
    database: Database = None,
    project: ProjectKey = None,
    name: SessionName = None,
    form: OutputFormat = None,
    file: OutputFile = None,
    *,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """List the sessions that were exported from here: status, site, and what is left to fix."""
    output = Output(as_json=json, quiet=quiet, form=form, file=file)

    async def work() -> ExitCode:
        from jira_session_export._cli.listing import list_sessions
        from jira_session_export._cli.sessions import Wanted, find_sessions

        list_sessions(await find_sessions(Wanted(place, database, project, name)), output)
        return ExitCode.DONE

    run(output, work)
