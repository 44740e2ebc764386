"""Commands and their options; what they do is in the other modules of this package.

Each command imports what it needs when it is called: all of it together takes a second to import.
"""

from collections.abc import Awaitable, Callable
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn
from uuid import UUID

import anyio
import typer

from jira_session_export._cli.output import ExitCode, Output, Report, exit_code
from jira_session_export.errors import JiraSessionExportError

if TYPE_CHECKING:
    from jira_session_export._adf import ConversionOptions

app = typer.Typer(
    name="jira-session-export",
    help="Reviewed tickets become Jira issues: each exactly once, always valid.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

FILE_HELP = "A batch file (JSON, JSON Lines, YAML, CSV), or a folder of Markdown files."
File = Annotated[Path, typer.Argument(metavar="FILE", help=FILE_HELP)]
ProjectKey = Annotated[
    str | None, typer.Option("--project", metavar="KEY", help="Key of the Jira project; overrides the file's.")
]
SessionName = Annotated[
    str | None, typer.Option("--session", metavar="NAME", help="Name of the session; the file's by default.")
]
Database = Annotated[
    str | None,
    typer.Option("--database", metavar="URL", help="Database of the state; a SQLite file next to FILE by default."),
]
Pause = Annotated[
    float | None, typer.Option("--pause", metavar="SECONDS", min=0, help="Pause between two creates; 1.5 by default.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document, for scripts.")]


class Images(StrEnum):
    """What becomes of images on the web."""

    EXTERNAL = "external"
    LINK = "link"
    REMOVE = "remove"


BaseUrl = Annotated[
    str | None,
    typer.Option("--base-url", metavar="URL", help="What relative addresses in the texts are relative to."),
]
ImagesChoice = Annotated[
    Images, typer.Option("--images", help="Images on the web: shown from there, as links, or left out.")
]
HeadingOffset = Annotated[
    int, typer.Option("--heading-offset", metavar="N", min=-5, max=5, help="Added to the level of every heading.")
]


class Extra(StrEnum):
    """What Markdown may have beyond GitHub's; see the how-to on Markdown."""

    HARD_WRAPS = "hard-wraps"
    EMOJI = "emoji"
    CALLOUTS = "callouts"
    MENTIONS = "mentions"


MarkdownWith = Annotated[
    list[Extra] | None,
    typer.Option("--markdown-with", help="What Markdown has beyond GitHub's; may be given several times."),
]
SmartLinks = Annotated[
    list[str] | None,
    typer.Option("--smart-links", metavar="URL", help="A site whose bare addresses in Markdown become smart links."),
]


LineBreaks = Annotated[bool, typer.Option("--line-breaks", help="Line ends in the text of HTML are line breaks.")]


class Form(StrEnum):
    """What `convert` prints."""

    ADF = "adf"
    HTML = "html"
    TEXT = "text"


def _conversion(
    base_url: str | None,
    images: Images,
    heading_offset: int,
    extras: list[Extra] | None,
    sites: list[str] | None,
    *,
    line_breaks: bool,
) -> "ConversionOptions":
    from jira_session_export._adf import ConversionOptions, ImagePolicy
    from jira_session_export._adf.markdown_words import CALLOUTS, EMOJI_SHORTCODES

    extras = extras or []
    try:
        return ConversionOptions(
            base_url=base_url,
            image_policy=ImagePolicy(images),
            heading_offset=heading_offset,
            line_breaks=line_breaks,
            hard_wraps=Extra.HARD_WRAPS in extras,
            emoji_shortcodes=EMOJI_SHORTCODES if Extra.EMOJI in extras else {},
            callouts=CALLOUTS if Extra.CALLOUTS in extras else {},
            mentions=Extra.MENTIONS in extras,
            smart_link_sites=sites or (),
        )
    except ValueError as exc:
        raise typer.BadParameter(str(exc)) from exc


def _run(output: Output, work: Callable[[], Awaitable[ExitCode]]) -> NoReturn:
    """Do a command's work and leave; every foreseen error becomes one message and an exit code."""
    _leave(output, partial(anyio.run, work))


def _leave(output: Output, work: Callable[[], ExitCode]) -> NoReturn:
    try:
        code = work()
    except JiraSessionExportError as exc:
        output.error(exc)
        code = exit_code(exc)
    raise typer.Exit(code)


@app.command()
def demo(
    folder: Annotated[Path, typer.Option("--folder", help="Where the demo keeps its state.")] = Path(".demo"),
    *,
    fresh: Annotated[bool, typer.Option("--fresh", help="Forget what an earlier demo did.")] = False,
    pause: Pause = None,
    json: Json = False,
) -> None:
    """Export a shipped session of 87 tickets to a local Jira; no account needed. Run it again to go on."""
    from jira_session_export._cli.demo import run_demo

    output = Output(as_json=json)
    _run(output, lambda: run_demo(folder, fresh=fresh, pause=pause, output=output))


@app.command()
def export(
    file: File,
    project: ProjectKey = None,
    database: Database = None,
    session: SessionName = None,
    pause: Pause = None,
    base_url: BaseUrl = None,
    images: ImagesChoice = Images.EXTERNAL,
    heading_offset: HeadingOffset = 0,
    line_breaks: LineBreaks = False,
    markdown_with: MarkdownWith = None,
    smart_links: SmartLinks = None,
    *,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show what would be sent; write nothing.")] = False,
    json: Json = False,
) -> None:
    """Export a batch file to Jira (JIRA_BASE_URL, JIRA_EMAIL, JIRA_API_TOKEN, …); run it again to go on, it is safe."""
    output = Output(as_json=json)
    conversion = _conversion(base_url, images, heading_offset, markdown_with, smart_links, line_breaks=line_breaks)

    async def work() -> ExitCode:
        from jira_session_export._batch import load_batch
        from jira_session_export._cli.export import export_session, open_jira, plan_session
        from jira_session_export._cli.state import default_database
        from jira_session_export._envconfig import export_settings, jira_settings

        batch = load_batch(file, project_key=project, session_name=session)
        settings = export_settings(pause_seconds=pause)
        url = database or default_database(file)
        async with open_jira(jira_settings(), url, settings, output, conversion) as jira:
            if dry_run:
                return await plan_session(jira, batch, output)
            return await export_session(jira, batch, output)

    _run(output, work)


@app.command()
def adopt(
    file: File,
    project: ProjectKey = None,
    database: Database = None,
    session: SessionName = None,
    *,
    json: Json = False,
) -> None:
    """Take over the issues of an export whose state was lost; creates nothing. An export does it by itself, too."""
    output = Output(as_json=json)

    async def work() -> ExitCode:
        from jira_session_export._batch import load_batch
        from jira_session_export._cli.export import adopt_session, open_jira
        from jira_session_export._cli.state import default_database
        from jira_session_export._envconfig import export_settings, jira_settings

        batch = load_batch(file, project_key=project, session_name=session)
        async with open_jira(jira_settings(), database or default_database(file), export_settings(), output) as jira:
            return await adopt_session(jira, batch, output)

    _run(output, work)


SessionId = Annotated[str, typer.Argument(metavar="SESSION", help="Id of the session, or the batch file it came from.")]
DatabaseOfSession = Annotated[
    str | None, typer.Option("--database", metavar="URL", help="Database of the state; the file's own by default.")
]


def _locate(session: str, database: str | None, project: str | None, name: str | None) -> tuple[UUID, str]:
    """The session's id and database, from an id or from the batch file."""
    try:
        session_id = UUID(session)
    except ValueError:
        from jira_session_export._batch import load_batch
        from jira_session_export._cli.state import default_database

        batch = load_batch(Path(session), project_key=project, session_name=name)
        return batch.id, database or default_database(Path(session))
    if database is None:
        raise typer.BadParameter("a session named by its id needs --database")
    return session_id, database


@app.command()
def retry(
    session: SessionId,
    database: DatabaseOfSession = None,
    project: ProjectKey = None,
    name: SessionName = None,
    pause: Pause = None,
    base_url: BaseUrl = None,
    images: ImagesChoice = Images.EXTERNAL,
    heading_offset: HeadingOffset = 0,
    line_breaks: LineBreaks = False,
    markdown_with: MarkdownWith = None,
    smart_links: SmartLinks = None,
    *,
    json: Json = False,
) -> None:
    """Retry a failed export from the ticket it stopped at."""
    output = Output(as_json=json)
    conversion = _conversion(base_url, images, heading_offset, markdown_with, smart_links, line_breaks=line_breaks)

    async def work() -> ExitCode:
        from jira_session_export._cli.export import open_jira, run_session
        from jira_session_export._envconfig import export_settings, jira_settings

        session_id, url = _locate(session, database, project, name)
        settings = export_settings(pause_seconds=pause)
        async with open_jira(jira_settings(), url, settings, output, conversion) as jira:
            await jira.service.retry(session_id)
            return await run_session(jira, session_id, output)

    _run(output, work)


@app.command()
def status(
    session: SessionId,
    database: DatabaseOfSession = None,
    project: ProjectKey = None,
    name: SessionName = None,
    *,
    json: Json = False,
) -> None:
    """Say how far an export is, or why it stopped."""
    _report(lambda: _locate(session, database, project, name), Output(as_json=json), Report.STATUS)


@app.command()
def results(
    session: SessionId,
    database: DatabaseOfSession = None,
    project: ProjectKey = None,
    name: SessionName = None,
    *,
    json: Json = False,
) -> None:
    """List the issues an export has made so far, and what to fix by hand."""
    _report(lambda: _locate(session, database, project, name), Output(as_json=json), Report.RESULTS)


def _report(locate: Callable[[], tuple[UUID, str]], output: Output, what: Report) -> NoReturn:
    async def work() -> ExitCode:
        from jira_session_export._cli.state import open_reader, report

        session_id, url = locate()
        async with open_reader(url) as store:
            return await report(store, session_id, output, what=what)

    _run(output, work)


@app.command("validate-project")
def validate_project(
    project: Annotated[str, typer.Argument(metavar="KEY", help="Key of the Jira project.")],
    *,
    requires_sprint: Annotated[bool, typer.Option("--requires-sprint", help="Sprints must be assignable.")] = False,
    requires_assignee: Annotated[bool, typer.Option("--requires-assignee", help="Assignees must be settable.")] = False,
    requires_priority: Annotated[
        bool, typer.Option("--requires-priority", help="Priorities must be settable.")
    ] = False,
    json: Json = False,
) -> None:
    """Check that the account can export to a project, and list its sprints, people and priorities."""
    output = Output(as_json=json)

    async def work() -> ExitCode:
        from jira_session_export._cli.export import open_jira
        from jira_session_export._envconfig import export_settings, jira_settings

        async with open_jira(jira_settings(), "memory://", export_settings(), output) as jira:
            response = await jira.validate(
                project,
                # An option that is not given leaves it to the settings.
                requires_sprint_assignment=requires_sprint or None,
                requires_assignee=requires_assignee or None,
                requires_priority_levels=requires_priority or None,
            )
        if output.as_json:
            output.document(response)
        else:
            output.validation(response)
        return ExitCode.DONE if response.validation_status == "valid" else ExitCode.ADMINISTRATOR

    _run(output, work)


@app.command()
def convert(
    file: Annotated[
        Path | None, typer.Argument(metavar="FILE", help="HTML or Markdown; standard input by default.")
    ] = None,
    to: Annotated[Form, typer.Option("--to", help="What to print.")] = Form.ADF,
    base_url: BaseUrl = None,
    images: ImagesChoice = Images.EXTERNAL,
    heading_offset: HeadingOffset = 0,
    line_breaks: LineBreaks = False,
    markdown_with: MarkdownWith = None,
    smart_links: SmartLinks = None,
    *,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Read Markdown; taken from the file's name by default.")
    ] = False,
) -> None:
    """Convert one description to ADF, and say what could not be carried over."""
    output = Output()
    conversion = _conversion(base_url, images, heading_offset, markdown_with, smart_links, line_breaks=line_breaks)

    def work() -> ExitCode:
        from jira_session_export._cli.convert import convert_file

        convert_file(file, conversion, markdown=markdown, to=to, output=output)
        return ExitCode.DONE

    _leave(output, work)


@app.command()
def load(
    file: File,
    database: Annotated[str, typer.Option("--database", metavar="URL", help="Database of the service.")],
    project: ProjectKey = None,
    session: SessionName = None,
    owner: Annotated[str | None, typer.Option("--owner", help="Caller of the service who may see it.")] = None,
    *,
    json: Json = False,
) -> None:
    """Put a batch file into a service's database and print the session's id."""
    output = Output(as_json=json)

    async def work() -> ExitCode:
        from jira_session_export._batch import load_batch
        from jira_session_export._cli.state import open_store

        batch = load_batch(file, project_key=project, session_name=session)
        if owner is not None:
            batch = batch.model_copy(update={"owner": owner})
        async with open_store(database) as store:
            await store.put(batch)
        if output.as_json:
            output.document(
                {"session_id": str(batch.id), "project_key": batch.project_key, "tickets": len(batch.tickets)}
            )
        else:
            typer.echo(batch.id)
        return ExitCode.DONE

    _run(output, work)


@app.command("fake-jira")
def fake_jira(
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="Port to listen on; 0 takes a free one.")
    ] = 8090,
    host: Annotated[str, typer.Option("--host", help="Address to listen on.")] = "127.0.0.1",
    project: Annotated[
        list[str] | None, typer.Option("--project", metavar="KEY", help="A project in addition to DEMO; repeatable.")
    ] = None,
    token: Annotated[
        list[str] | None, typer.Option("--token", help="A token to accept; any by default; repeatable.")
    ] = None,
    index_lag: Annotated[
        float, typer.Option("--index-lag", metavar="SECONDS", min=0, help="Lag of the search index.")
    ] = 0.0,
    state: Annotated[Path | None, typer.Option("--state", metavar="FILE", help="Keep the state in this file.")] = None,
    latency: Annotated[
        float, typer.Option("--latency", metavar="SECONDS", min=0, help="How long each request takes.")
    ] = 0.0,
    latency_per_issue: Annotated[
        float,
        typer.Option("--latency-per-issue", metavar="SECONDS", min=0, help="More for each issue of a bulk create."),
    ] = 0.0,
    burst: Annotated[
        list[str] | None,
        typer.Option("--burst", metavar="METHOD=N", help="Requests a second to one endpoint: POST=5; repeatable."),
    ] = None,
    quota: Annotated[
        int | None, typer.Option("--quota", metavar="N", min=1, help="Requests an hour, all together.")
    ] = None,
    issue_limits: Annotated[
        bool, typer.Option("--issue-limits", help="Limit the writes to one issue: 20 in 2 s, 100 in 30 s.")
    ] = False,
) -> None:
    """Serve a local Jira Cloud to develop and test against."""
    from jira_session_export._cli.fake_jira import read_bursts, serve_fake_jira
    from jira_session_export.testing import Latency, RateLimits

    _run(
        Output(),
        lambda: serve_fake_jira(
            host=host,
            port=port,
            projects=project or (),
            tokens=token,
            index_lag=index_lag,
            state=state,
            latency=Latency(latency, latency_per_issue),
            limits=RateLimits(per_issue_writes=issue_limits, burst=read_bursts(burst or ()), quota=quota),
        ),
    )
