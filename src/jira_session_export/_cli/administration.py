"""Commands for whoever looks after exports: they get a session out of a state that nothing else helps with."""

from typing import Annotated

import typer

from jira_session_export._cli.app import app, examples, run
from jira_session_export._cli.options import (
    Database,
    Json,
    Newest,
    ProjectKey,
    Quiet,
    SessionName,
    SessionPlace,
    SiteMoved,
)
from jira_session_export._cli.output import ExitCode, Output

By = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who does it, for the audit trail; you by default.")
]


def person(by: str | None) -> str:
    """Who does it: as said, else the name of the account that runs the command."""
    import getpass

    try:
        return by or getpass.getuser()
    except (OSError, KeyError):  # a container may run as a number without a name
        return "unknown"


@app.command(epilog=examples("release", "release backlog.json --by 'Maria Example'"))
def release(
    session: SessionPlace = None,
    database: Database = None,
    project: ProjectKey = None,
    name: SessionName = None,
    by: By = None,
    *,
    newest: Newest = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """Let a session that has used up its retries be retried again; the audit trail says who did it."""
    output = Output(as_json=json, quiet=quiet)

    async def work() -> ExitCode:
        from jira_session_export._cli.releasing import release_session
        from jira_session_export._cli.sessions import Wanted, find_session

        place = await find_session(Wanted(session, database, project, name, newest), output)
        return await release_session(place, person(by), output)

    run(output, work)


@app.command(
    epilog=examples(
        "cleanup",
        "cleanup backlog.json --yes",
        "cleanup 6f1c0e9e-… --project ABC --database sqlite:///new.db",
    )
)
def cleanup(
    session: SessionPlace = None,
    database: Database = None,
    project: ProjectKey = None,
    name: SessionName = None,
    by: By = None,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Delete without asking; nothing is deleted otherwise.")] = False,
    forget_missing: Annotated[
        bool,
        typer.Option(
            "--forget-missing",
            help="Also forget issues that Jira does not show: you say that they are gone, not hidden from the account.",
        ),
    ] = False,
    newest: Newest = False,
    site_moved: SiteMoved = False,
    quiet: Quiet = False,
    json: Json = False,
) -> None:
    """List the issues of one session in Jira, and delete them once you have typed its name; never any others."""
    output = Output(as_json=json, quiet=quiet)

    async def work() -> ExitCode:
        from jira_session_export._cli.cleaning import Asked, clean_session
        from jira_session_export._cli.sessions import Wanted

        wanted = Wanted(session, database, project, name, newest)
        asked = Asked(person(by), yes=yes, forget_missing=forget_missing, site_moved=site_moved)
        return await clean_session(wanted, asked, output)

    run(output, work)
